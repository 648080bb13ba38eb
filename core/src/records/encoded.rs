//! Records as they travel: encoded once into one buffer, then only sliced.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use memchr::{memchr, memmem};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::error::{Error, Result};
use crate::records::identity::Identities;
use crate::records::json;
use crate::records::key::{Key, KeyFinder, NoKey};
use crate::records::objects::ObjectCheck;
use crate::records::shape::Shaper;

/// Encoded records: one buffer of JSON and where each record lies in it.
///
/// A record that can't be encoded keeps its place as a rejection, so that indexes stay those of
/// the input; it ends as `failed` with its message and is never sent.
#[derive(Default)]
pub struct Records {
    json: Vec<u8>,
    /// Text that was handed in whole and is not written on.
    shared: Option<Bytes>,
    slots: Vec<Slot>,
    is_shaped: bool,
    /// Whether their encoder has seen to what no object may be.
    has_sound_objects: bool,
    keys: Option<Keys>,
}

/// The key of each record, where that was asked for.
#[derive(Clone)]
struct Keys {
    of_records: Vec<std::result::Result<Key, NoKey>>,
    /// A field of the first record that lacks one of the key, spelled most like it.
    nearest: Option<String>,
}

enum Slot {
    Encoded {
        start: usize,
        end: usize,
    },
    /// It has JSON, and is not sent all the same.
    Refused {
        start: usize,
        end: usize,
        message: String,
    },
    /// It has no JSON.
    Rejected(String),
}

impl Slot {
    fn read<'a>(&'a self, json: &'a [u8]) -> std::result::Result<&'a [u8], &'a str> {
        match self {
            Self::Encoded { start, end } => Ok(&json[*start..*end]),
            Self::Refused { message, .. } | Self::Rejected(message) => Err(message),
        }
    }
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
            shared: None,
            slots: Vec::with_capacity(records),
            ..Self::default()
        }
    }

    /// Its memory without its records, to be filled again.
    #[must_use]
    pub(crate) fn emptied(mut self) -> Self {
        self.json.clear();
        self.slots.clear();
        Self {
            json: self.json,
            slots: self.slots,
            ..Self::default()
        }
    }

    /// Encodes anything that serde can; a failure rejects that record only.
    pub fn push<T: Serialize + ?Sized>(&mut self, record: &T) {
        self.push_with(|buffer| {
            json::to_writer(buffer, record).map_err(|error| format!("can't be encoded: {error}"))
        });
    }

    /// Lets `encode` append one JSON value; on `Err` what it wrote is cut off again and the record
    /// is rejected with that message.
    pub fn push_with(
        &mut self,
        encode: impl FnOnce(&mut Vec<u8>) -> std::result::Result<(), String>,
    ) {
        if let Some(shared) = self.shared.take() {
            self.json = shared.into();
        }
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
    pub(crate) fn reject_at(&mut self, position: usize, message: impl Into<String>) {
        if let Some(slot) = self.slots.get_mut(position) {
            *slot = Slot::Rejected(message.into());
        }
    }

    /// Refuses the record at `position`, which keeps its JSON; beyond the end it does nothing.
    pub(crate) fn refuse_at(&mut self, position: usize, message: String) {
        if let Some(slot) = self.slots.get_mut(position)
            && let Slot::Encoded { start, end } = *slot
        {
            *slot = Slot::Refused {
                start,
                end,
                message,
            };
        }
    }

    /// The records in order; `Err` says why one is not sent.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = std::result::Result<&[u8], &str>> {
        let json = self.shared.as_deref().unwrap_or(&self.json);
        self.slots.iter().map(|slot| slot.read(json))
    }

    /// The same records, each rewritten by what appends it anew; `Err` rejects it.
    #[must_use]
    pub(crate) fn rewritten(
        &self,
        mut rewrite: impl FnMut(usize, &[u8], &mut Vec<u8>) -> std::result::Result<(), String>,
    ) -> Self {
        let mut records = Self::with_capacity(self.len(), self.byte_len());
        records.is_shaped = self.is_shaped;
        records.has_sound_objects = self.has_sound_objects;
        records.keys.clone_from(&self.keys);
        for (position, slot) in self.iter().enumerate() {
            match slot {
                Ok(record) => records.push_with(|json| rewrite(position, record, json)),
                Err(message) => records.reject(message),
            }
        }
        records
    }

    /// Takes the text of a JSON array and finds the records in it without parsing them into
    /// values.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) when the text is not a JSON array.
    pub fn from_json_array(json: impl Into<Bytes>) -> Result<Self> {
        let json = json.into();
        let found: Vec<&RawValue> = serde_json::from_slice(&json)
            .map_err(|error| Error::config(format!("the records are not a JSON array: {error}")))?;
        let base = json.as_ptr().addr();
        let may_be_torn = ["\\ud", "\\uD"]
            .iter()
            .any(|escape| memmem::find(&json, escape.as_bytes()).is_some());
        let slots = found
            .iter()
            .map(|record| {
                if may_be_torn && let Some(message) = lone_surrogate(record.get().as_bytes()) {
                    return Slot::Rejected(message.to_owned());
                }
                let start = record.get().as_ptr().addr() - base;
                Slot::Encoded {
                    start,
                    end: start + record.get().len(),
                }
            })
            .collect();
        Ok(Self {
            shared: Some(json),
            slots,
            ..Self::default()
        })
    }

    /// Says that no object has a name twice or lies too deep, so that nobody need look.
    pub(crate) fn mark_sound(&mut self) {
        self.has_sound_objects = true;
    }

    /// Rejects the records of which an object has a name twice or lies too deep. They have no form in which they
    /// could be sent again: who reads one takes one of the two fields.
    pub(crate) fn check_objects(&mut self, check: &mut ObjectCheck) {
        if std::mem::replace(&mut self.has_sound_objects, true) {
            return;
        }
        let json = self.shared.as_deref().unwrap_or(&self.json);
        for slot in &mut self.slots {
            if let Slot::Encoded { start, end } = *slot
                && let Some(message) = check.problem(&json[start..end])
            {
                *slot = Slot::Rejected(message);
            }
        }
    }

    /// Notes the key of each record, which it may lose on its way.
    /// `at_source` is what has left out fields of them already.
    pub(crate) fn note_keys(&mut self, finder: &KeyFinder, at_source: Option<&Shaper>) {
        let mut nearest = None;
        let mut is_first = true;
        let keys = self.iter().map(|slot| match slot {
            Ok(record) => finder
                .find(record, self.has_sound_objects)
                .inspect_err(|missing| {
                    if std::mem::take(&mut is_first) {
                        nearest = finder.nearest(record, *missing, at_source);
                    }
                }),
            // It is not sent.
            Err(_) => Err(NoKey::Null(0)),
        });
        let of_records = keys.collect();
        self.keys = Some(Keys {
            of_records,
            nearest,
        });
    }

    /// The key of the record at `position`, or why it has none; `None` where keys were not noted.
    pub(crate) fn key(&self, position: usize) -> Option<std::result::Result<Key, NoKey>> {
        self.keys.as_ref()?.of_records.get(position).copied()
    }

    /// What a record has in place of a field of the key that it lacks.
    pub(crate) fn nearest_to_key(&self) -> Option<&str> {
        self.keys.as_ref()?.nearest.as_deref()
    }

    /// Says that the records have the shape that the push asks for.
    pub(crate) fn mark_shaped(&mut self) {
        self.is_shaped = true;
    }

    pub(crate) fn is_shaped(&self) -> bool {
        self.is_shaped
    }

    /// The same records in another shape.
    #[must_use]
    pub(crate) fn shaped(&self, shaper: &Shaper) -> Self {
        let mut records = self.rewritten(|_, record, json| shaper.rewrite(record, json));
        records.mark_shaped();
        records
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
        self.shared.as_ref().map_or(self.json.len(), Bytes::len)
    }

    pub(crate) fn into_chunk(self) -> Arc<Chunk> {
        Arc::new(Chunk {
            json: self.shared.unwrap_or_else(|| Bytes::from(self.json)),
            slots: self.slots,
            keys: self.keys,
            identities: OnceLock::new(),
        })
    }
}

/// Records as they were handed in, shared by the batches that carry them.
pub(crate) struct Chunk {
    json: Bytes,
    slots: Vec<Slot>,
    keys: Option<Keys>,
    identities: OnceLock<Box<[Identities]>>,
}

impl Chunk {
    /// The records in order; `Err` says why one is not sent.
    pub(crate) fn records(
        &self,
    ) -> impl ExactSizeIterator<Item = std::result::Result<&[u8], &str>> {
        self.slots.iter().map(|slot| slot.read(&self.json))
    }

    /// The JSON of the record at `position`, if it has any.
    pub(crate) fn record(&self, position: usize) -> Option<&[u8]> {
        match self.slots.get(position)? {
            Slot::Encoded { start, end } | Slot::Refused { start, end, .. } => {
                self.json.get(*start..*end)
            }
            Slot::Rejected(_) => None,
        }
    }

    /// The key of the record at `position`, if keys were noted and it has one.
    pub(crate) fn key(&self, position: usize) -> Option<Key> {
        self.keys.as_ref()?.of_records.get(position)?.ok()
    }

    /// Why the record at `position` has no key, if keys were noted and it has none.
    pub(crate) fn no_key(&self, position: usize) -> Option<NoKey> {
        self.keys.as_ref()?.of_records.get(position)?.err()
    }

    /// What a record has in place of a field of the key that it lacks.
    pub(crate) fn nearest_to_key(&self) -> Option<&str> {
        self.keys.as_ref()?.nearest.as_deref()
    }

    /// Touches the beginning of every record. They are looked at one by one afterwards, and each look
    /// would wait for memory; these loads wait together.
    pub(crate) fn warm(&self) {
        let touched = self.slots.iter().fold(0, |touched, slot| match slot {
            Slot::Encoded { start, .. } => touched ^ self.json.get(*start).copied().unwrap_or(0),
            Slot::Refused { .. } | Slot::Rejected(_) => touched,
        });
        std::hint::black_box(touched);
    }

    /// Notes the identities of all records, in order; only the first time counts.
    pub(crate) fn identify(&self, identities: Box<[Identities]>) {
        let _ = self.identities.set(identities);
    }

    fn span(&self, position: usize) -> (usize, usize) {
        match self.slots.get(position) {
            Some(Slot::Encoded { start, end }) => (*start, *end),
            _ => (0, 0),
        }
    }

    /// Whether only a comma lies between the record at `position` and the next.
    fn is_joined_to_next(&self, position: usize) -> bool {
        let (_, end) = self.span(position);
        let (next, _) = self.span(position + 1);
        next == end + 1 && self.json.get(end) == Some(&b',')
    }
}

/// Encoded records that are neighbours, both in the input and in their chunk's text.
#[derive(Clone)]
pub(crate) struct Run {
    chunk: Arc<Chunk>,
    first_slot: usize,
    first_index: usize,
    len: usize,
}

impl Run {
    /// One record of a chunk, by its position there; `index` is its place in the input.
    pub(crate) fn of(chunk: &Arc<Chunk>, position: usize, index: usize) -> Self {
        Self {
            chunk: Arc::clone(chunk),
            first_slot: position,
            first_index: index,
            len: 1,
        }
    }

    /// Takes the record at `position` of `chunk` in as well, if it is the next neighbour.
    pub(crate) fn extend(&mut self, chunk: &Arc<Chunk>, position: usize) -> bool {
        let is_neighbour = Arc::ptr_eq(&self.chunk, chunk)
            && position == self.first_slot + self.len
            && chunk.is_joined_to_next(position - 1);
        self.len += usize::from(is_neighbour);
        is_neighbour
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The first record's place in the input.
    pub(crate) fn first_index(&self) -> usize {
        self.first_index
    }

    /// The records' places in the input, and their JSON.
    pub(crate) fn records(&self) -> impl ExactSizeIterator<Item = (usize, &[u8])> {
        (0..self.len).map(|offset| {
            let (start, end) = self.chunk.span(self.first_slot + offset);
            (self.first_index + offset, &self.chunk.json[start..end])
        })
    }

    /// The records' identities; none where they were not noted.
    pub(crate) fn identities(&self) -> impl Iterator<Item = &Identities> {
        let noted = self.chunk.identities.get();
        (self.first_slot..self.first_slot + self.len).map(move |slot| {
            noted
                .and_then(|noted| noted.get(slot))
                .unwrap_or(&Identities::None)
        })
    }

    /// The records' keys; none where they were not noted.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Option<Key>> {
        let noted = self.chunk.keys.as_ref();
        (self.first_slot..self.first_slot + self.len)
            .map(move |slot| noted.and_then(|noted| noted.of_records.get(slot)?.ok()))
    }

    /// The text of all records, commas included.
    pub(crate) fn json(&self) -> Bytes {
        let (start, end) = self.text_span(self.len);
        self.chunk.json.slice(start..end)
    }

    /// Size of the text in bytes.
    pub(crate) fn byte_len(&self) -> usize {
        let (start, end) = self.text_span(self.len);
        end - start
    }

    /// How many records from the first one on fit into so many bytes.
    pub(crate) fn fitting(&self, bytes: usize) -> usize {
        let (start, _) = self.chunk.span(self.first_slot);
        self.chunk.slots[self.first_slot..self.first_slot + self.len].partition_point(
            |slot| matches!(slot, Slot::Encoded { end, .. } if end - start <= bytes),
        )
    }

    /// Moves the run to so many places later in the input.
    pub(crate) fn shift(&mut self, places: usize) {
        self.first_index += places;
    }

    /// One record that is no part of a chunk; it has an index, a key and identities.
    pub(crate) fn alone(
        index: usize,
        json: &[u8],
        key: Option<Key>,
        identities: Identities,
    ) -> Self {
        let mut records = Records::with_capacity(1, json.len());
        records.push_with(|buffer| {
            buffer.extend_from_slice(json);
            Ok(())
        });
        records.keys = key.map(|key| Keys {
            of_records: vec![Ok(key)],
            nearest: None,
        });
        let chunk = records.into_chunk();
        chunk.identify(Box::new([identities]));
        Self::of(&chunk, 0, index)
    }

    /// The same records, each alone: those that wait for long do not keep their whole chunks.
    pub(crate) fn each_alone(&self) -> impl Iterator<Item = Self> {
        let parts = self.records().zip(self.keys()).zip(self.identities());
        parts.map(|(((index, json), key), identities)| {
            Self::alone(index, json, key, identities.clone())
        })
    }

    /// Takes the first `len` records off.
    pub(crate) fn split_to(&mut self, len: usize) -> Self {
        let len = len.min(self.len);
        let first = Self {
            chunk: Arc::clone(&self.chunk),
            len,
            ..*self
        };
        self.first_slot += len;
        self.first_index += len;
        self.len -= len;
        first
    }

    fn text_span(&self, len: usize) -> (usize, usize) {
        if len == 0 {
            return (0, 0);
        }
        let (start, _) = self.chunk.span(self.first_slot);
        let (_, end) = self.chunk.span(self.first_slot + len - 1);
        (start, end)
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

/// Why the JSON has an unpaired surrogate, if it has one: that is not Unicode, and the service would refuse
/// the whole request for it.
pub(crate) fn lone_surrogate(json: &[u8]) -> Option<&'static str> {
    let mut awaits_low = None;
    // In valid JSON a backslash stands in strings only.
    let mut from = 0;
    while let Some(found) = memchr(b'\\', &json[from..]) {
        let escape = from + found;
        let unit = json
            .get(escape + 2..escape + 6)
            .filter(|_| json[escape + 1] == b'u')
            .and_then(|digits| u16::from_str_radix(str::from_utf8(digits).ok()?, 16).ok());
        let is_low = unit.is_some_and(|unit| (0xDC00..0xE000).contains(&unit));
        if awaits_low.is_some_and(|place| place != escape) || is_low != (awaits_low == Some(escape))
        {
            return Some(TORN);
        }
        let is_high = unit.is_some_and(|unit| (0xD800..0xDC00).contains(&unit));
        awaits_low = is_high.then_some(escape + 6);
        from = escape + if unit.is_some() { 6 } else { 2 };
    }
    awaits_low.map(|_| TORN)
}

const TORN: &str =
    "has a lone surrogate, which is not Unicode: put U+FFFD or the whole character in its place";

/// Why a record can't be pushed as a contact or company, if it can't.
pub(crate) fn problem_as_object(json: &[u8]) -> Option<String> {
    if json.first() != Some(&b'{') {
        let shown = crate::quote::quote(&json[..json.len().min(80)]);
        return Some(format!(
            "not an object of field names and values but {shown}: pass one object per record"
        ));
    }
    let is_empty = json[1..].iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'}');
    is_empty.then(|| "the record has no fields".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(records: Records) -> Vec<std::result::Result<String, String>> {
        records
            .into_chunk()
            .records()
            .map(|slot| match slot {
                Ok(json) => Ok(String::from_utf8_lossy(json).into_owned()),
                Err(message) => Err(message.to_owned()),
            })
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
    fn an_array_that_was_taken_in_can_be_written_on() {
        let mut records = Records::from_json_array(&b"[1,2]"[..]).unwrap();
        records.push(&3);
        assert_eq!(texts(records), ["1", "2", "3"].map(|text| Ok(text.into())));
    }

    #[test]
    fn half_a_character_is_seen_wherever_it_stands() {
        for torn in [
            r#""\ud83d""#,
            r#""\uDC00""#,
            r#"{"a":"x\ud83d","b":"\ude00"}"#,
            r#""\ud83d\\ude00""#,
            r#""\ud83d\ud83d\ude00""#,
            r#""\\\ud83d""#,
        ] {
            assert!(lone_surrogate(torn.as_bytes()).is_some(), "{torn}");
            let records = Records::from_json_array(format!("[1,{torn}]").into_bytes()).unwrap();
            assert!(texts(records)[1].is_err());
        }
        for whole in [r#""\ud83d\uDE00""#, r#""\\ud83d""#, r#""\u00e9\n\"""#, "1"] {
            assert!(lone_surrogate(whole.as_bytes()).is_none(), "{whole}");
        }
    }

    #[test]
    fn refuses_what_is_not_an_array() {
        assert!(Records::from_json_array(b"{}".to_vec()).is_err());
        assert!(Records::from_json_array(b"[{]".to_vec()).is_err());
    }
}
