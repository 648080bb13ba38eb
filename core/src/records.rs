//! Records as they travel: encoded once into one buffer, then only sliced.

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::error::{Error, Result};

/// Encoded records: one buffer of JSON and where each record lies in it.
///
/// A record that can't be encoded keeps its place as a rejection, so that indexes stay those of
/// the input; it ends as `failed` with its message and is never sent.
#[derive(Default)]
pub struct Records {
    json: Vec<u8>,
    slots: Vec<Slot>,
}

enum Slot {
    Encoded { start: usize, end: usize },
    Rejected(String),
}

impl Records {
    /// An empty buffer.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty buffer with room for so many records and bytes of JSON.
    pub fn with_capacity(records: usize, bytes: usize) -> Self {
        Self {
            json: Vec::with_capacity(bytes),
            slots: Vec::with_capacity(records),
        }
    }

    /// Encodes anything that serde can; a failure rejects that record only.
    pub fn push<T: Serialize + ?Sized>(&mut self, record: &T) {
        self.push_with(|json| {
            serde_json::to_writer(json, record)
                .map_err(|error| format!("can't be encoded: {error}"))
        });
    }

    /// Lets `encode` append one JSON value; on `Err` what it wrote is cut off again and the record
    /// is rejected with that message.
    pub fn push_with(
        &mut self,
        encode: impl FnOnce(&mut Vec<u8>) -> std::result::Result<(), String>,
    ) {
        let before = self.json.len();
        if !self.json.is_empty() {
            self.json.push(b',');
        }
        let start = self.json.len();
        match encode(&mut self.json) {
            Ok(()) => self.slots.push(Slot::Encoded {
                start,
                end: self.json.len(),
            }),
            Err(message) => {
                self.json.truncate(before);
                self.reject(message);
            }
        }
    }

    /// Gives the next record a place without content: it ends as `failed`.
    pub fn reject(&mut self, message: impl Into<String>) {
        self.slots.push(Slot::Rejected(message.into()));
    }

    /// Turns the record at `position` of this buffer into a rejection; beyond the end it does
    /// nothing.
    pub fn reject_at(&mut self, position: usize, message: impl Into<String>) {
        if let Some(slot) = self.slots.get_mut(position) {
            *slot = Slot::Rejected(message.into());
        }
    }

    /// Takes the text of a JSON array and finds the records in it without parsing them into
    /// values.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) when the text is not a JSON array.
    pub fn from_json_array(json: Vec<u8>) -> Result<Self> {
        let found: Vec<&RawValue> = serde_json::from_slice(&json)
            .map_err(|error| Error::config(format!("the records are not a JSON array: {error}")))?;
        let base = json.as_ptr().addr();
        let slots = found
            .iter()
            .map(|record| {
                let start = record.get().as_ptr().addr() - base;
                Slot::Encoded {
                    start,
                    end: start + record.get().len(),
                }
            })
            .collect();
        Ok(Self { json, slots })
    }

    /// How many records, rejected ones included.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Size of the encoded JSON in bytes.
    pub fn byte_len(&self) -> usize {
        self.json.len()
    }

    /// The encoded records in order, each with its position or the reason why it has none.
    pub(crate) fn into_encoded(self) -> impl Iterator<Item = std::result::Result<Encoded, String>> {
        let chunk = Bytes::from(self.json);
        self.slots.into_iter().map(move |slot| match slot {
            Slot::Encoded { start, end } => Ok(Encoded {
                chunk: chunk.clone(),
                start,
                end,
            }),
            Slot::Rejected(message) => Err(message),
        })
    }
}

impl<T: Serialize> Extend<T> for Records {
    fn extend<I: IntoIterator<Item = T>>(&mut self, records: I) {
        for record in records {
            self.push(&record);
        }
    }
}

impl<T: Serialize> FromIterator<T> for Records {
    fn from_iter<I: IntoIterator<Item = T>>(records: I) -> Self {
        let mut encoded = Self::new();
        encoded.extend(records);
        encoded
    }
}

/// One record's place in its chunk.
#[derive(Clone)]
pub(crate) struct Encoded {
    chunk: Bytes,
    start: usize,
    end: usize,
}

impl Encoded {
    pub(crate) fn json(&self) -> &[u8] {
        &self.chunk[self.start..self.end]
    }

    /// The slice of the chunk from this record through `last`, when only commas lie between.
    pub(crate) fn through(&self, last: &Self) -> Bytes {
        self.chunk.slice(self.start..last.end)
    }

    /// Whether `next` follows in the same chunk after a lone comma.
    pub(crate) fn is_followed_by(&self, next: &Self) -> bool {
        self.chunk.as_ptr() == next.chunk.as_ptr()
            && next.start == self.end + 1
            && self.chunk.get(self.end) == Some(&b',')
    }

    /// Why the record can't be pushed as a contact or company, if it can't.
    pub(crate) fn problem_as_object(&self) -> Option<String> {
        let json = self.json();
        if json.first() != Some(&b'{') {
            let shown = crate::answer::quote(&json[..json.len().min(80)]);
            return Some(format!(
                "not an object of field names and values but {shown}: pass one object per record"
            ));
        }
        let is_empty = json[1..].iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'}');
        is_empty.then(|| "the record has no fields".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(records: Records) -> Vec<std::result::Result<String, String>> {
        records
            .into_encoded()
            .map(|slot| slot.map(|encoded| String::from_utf8_lossy(encoded.json()).into_owned()))
            .collect()
    }

    #[test]
    fn a_failed_encoding_leaves_no_bytes_behind() {
        let mut records = Records::new();
        records.push(&1);
        records.push_with(|json| {
            json.extend_from_slice(b"{\"half");
            Err("no".to_owned())
        });
        records.push(&2);
        assert_eq!(records.byte_len(), 3);
        assert_eq!(
            texts(records),
            [Ok("1".into()), Err("no".into()), Ok("2".into())]
        );
    }

    #[test]
    fn finds_records_in_pretty_printed_arrays() {
        let records =
            Records::from_json_array(b" [ {\"a\": 1} ,\n {\"b\":[1,2]}, null ] ".to_vec()).unwrap();
        assert_eq!(
            texts(records),
            [
                Ok("{\"a\": 1}".into()),
                Ok("{\"b\":[1,2]}".into()),
                Ok("null".into())
            ]
        );
    }

    #[test]
    fn refuses_what_is_not_an_array() {
        assert!(Records::from_json_array(b"{}".to_vec()).is_err());
        assert!(Records::from_json_array(b"[{]".to_vec()).is_err());
    }
}
