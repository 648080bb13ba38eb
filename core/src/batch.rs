//! Records that leave together, and the body that carries them.

use bytes::Bytes;
use reqwest::header::HeaderValue;
use uuid::Uuid;

use crate::records::Encoded;

/// A record with its index in the caller's input.
#[derive(Clone)]
pub(crate) struct BatchRecord {
    pub(crate) index: usize,
    pub(crate) encoded: Encoded,
}

/// The records of one request. Its key belongs to exactly this content: the halves of a split batch
/// have keys of their own.
pub(crate) struct Batch {
    /// Unique within the push, and within its journal.
    pub(crate) id: u64,
    pub(crate) records: Vec<BatchRecord>,
    pub(crate) idempotency_key: HeaderValue,
    /// Whether an earlier run may have sent it.
    pub(crate) was_open: bool,
}

impl Batch {
    pub(crate) fn new(id: u64, records: Vec<BatchRecord>) -> Self {
        Self::with_key(id, records, &Uuid::new_v4().hyphenated().to_string())
    }

    fn with_key(id: u64, records: Vec<BatchRecord>, key: &str) -> Self {
        Self {
            id,
            records,
            idempotency_key: HeaderValue::try_from(key)
                .unwrap_or_else(|_| HeaderValue::from_static("invalid")),
            was_open: false,
        }
    }

    /// A batch of an earlier run, with the key that it had there.
    pub(crate) fn reopened(id: u64, records: Vec<BatchRecord>, key: &str) -> Self {
        Self {
            was_open: true,
            ..Self::with_key(id, records, key)
        }
    }

    /// The records of both halves, the first one not smaller; `None` for a batch of one.
    pub(crate) fn halves(&self) -> Option<[Vec<BatchRecord>; 2]> {
        if self.records.len() < 2 {
            return None;
        }
        let (first, second) = self.records.split_at(self.records.len().div_ceil(2));
        Some([first.to_vec(), second.to_vec()])
    }

    /// Size of the records in bytes.
    pub(crate) fn byte_len(&self) -> usize {
        self.records
            .iter()
            .map(|record| record.encoded.json().len())
            .sum()
    }

    /// The request's body as frames; runs of neighbouring records are slices of their chunk.
    pub(crate) fn frames(&self, provider_fields: Option<&str>) -> Vec<Bytes> {
        let mut frames = vec![Bytes::from_static(b"{\"records\":[")];
        let mut records = self.records.iter().map(|record| &record.encoded).peekable();
        while let Some(first) = records.next() {
            let mut last = first;
            while let Some(next) = records.next_if(|next| last.is_followed_by(next)) {
                last = next;
            }
            frames.push(first.through(last));
            if records.peek().is_some() {
                frames.push(Bytes::from_static(b","));
            }
        }
        frames.push(match provider_fields {
            None => Bytes::from_static(b"]}"),
            Some(fields) => Bytes::from(format!("],\"provider_fields\":{fields}}}")),
        });
        frames
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Records;

    fn batch(records: Records) -> Batch {
        let records = records
            .into_encoded()
            .enumerate()
            .filter_map(|(index, slot)| slot.ok().map(|encoded| BatchRecord { index, encoded }))
            .collect();
        Batch::new(1, records)
    }

    fn body(batch: &Batch, provider_fields: Option<&str>) -> String {
        String::from_utf8(batch.frames(provider_fields).concat()).unwrap()
    }

    #[test]
    fn neighbours_travel_as_one_slice() {
        let batch = batch([1, 2, 3].into_iter().collect());
        assert_eq!(batch.frames(None).len(), 3);
        assert_eq!(body(&batch, None), r#"{"records":[1,2,3]}"#);
    }

    #[test]
    fn gaps_and_provider_fields_keep_the_body_valid() {
        let mut records: Records = [1, 2].into_iter().collect();
        records.reject("no");
        records.push(&3);
        records.reject_at(1, "no");
        assert_eq!(
            body(&batch(records), Some(r#"{"a":1}"#)),
            r#"{"records":[1,3],"provider_fields":{"a":1}}"#
        );
    }

    #[test]
    fn halves_have_all_records_and_every_batch_its_own_key() {
        let whole = batch([1, 2, 3].into_iter().collect());
        let [first, second] = whole
            .halves()
            .unwrap()
            .map(|records| Batch::new(2, records));
        assert_eq!(body(&first, None), r#"{"records":[1,2]}"#);
        assert_eq!(body(&second, None), r#"{"records":[3]}"#);
        let keys = [&whole, &first, &second].map(|batch| batch.idempotency_key.clone());
        assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2]);
        assert!(second.halves().is_none());
    }
}
