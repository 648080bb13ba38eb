//! Records that leave together, and the body that carries them.

use bytes::Bytes;
use reqwest::header::HeaderValue;
use uuid::Uuid;

use crate::records::Run;

/// The records of one request. Its key belongs to exactly this content: the halves of a split batch
/// have keys of their own.
pub(crate) struct Batch {
    /// Unique within the push, and within its journal.
    pub(crate) id: u64,
    runs: Vec<Run>,
    len: usize,
    pub(crate) idempotency_key: HeaderValue,
    /// Whether an earlier run may have sent it.
    pub(crate) was_open: bool,
}

impl Batch {
    pub(crate) fn new(id: u64, runs: Vec<Run>) -> Self {
        Self::with_key(id, runs, &Uuid::new_v4().hyphenated().to_string())
    }

    fn with_key(id: u64, runs: Vec<Run>, key: &str) -> Self {
        Self {
            id,
            len: runs.iter().map(Run::len).sum(),
            runs,
            idempotency_key: HeaderValue::try_from(key)
                .unwrap_or_else(|_| HeaderValue::from_static("invalid")),
            was_open: false,
        }
    }

    /// A batch of an earlier run, with the key that it had there.
    pub(crate) fn reopened(id: u64, runs: Vec<Run>, key: &str) -> Self {
        Self {
            was_open: true,
            ..Self::with_key(id, runs, key)
        }
    }

    /// How many records.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// The records' places in the input, and their JSON.
    pub(crate) fn records(&self) -> impl Iterator<Item = (usize, &[u8])> {
        self.runs.iter().flat_map(Run::records)
    }

    /// The records of both halves, the first one not smaller; `None` for a batch of one.
    pub(crate) fn halves(&self) -> Option<[Vec<Run>; 2]> {
        if self.len < 2 {
            return None;
        }
        let mut left = self.len.div_ceil(2);
        let (mut first, mut second) = (Vec::new(), Vec::new());
        for run in &self.runs {
            let mut rest = run.clone();
            if left > 0 {
                let head = rest.split_to(left);
                left -= head.len();
                first.push(head);
            }
            if rest.len() > 0 {
                second.push(rest);
            }
        }
        Some([first, second])
    }

    /// Size of the records in bytes.
    pub(crate) fn byte_len(&self) -> usize {
        self.runs.iter().map(Run::byte_len).sum()
    }

    /// The request's body as frames; each run is a slice of its chunk.
    pub(crate) fn frames(&self, provider_fields: Option<&str>) -> Vec<Bytes> {
        let mut frames = Vec::with_capacity(2 * self.runs.len() + 1);
        frames.push(Bytes::from_static(b"{\"records\":["));
        for (position, run) in self.runs.iter().enumerate() {
            if position > 0 {
                frames.push(Bytes::from_static(b","));
            }
            frames.push(run.json());
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
        let chunk = records.into_chunk();
        let mut runs: Vec<Run> = Vec::new();
        for (position, slot) in chunk.records().enumerate() {
            let is_taken = runs
                .last_mut()
                .is_some_and(|run| run.extend(&chunk, position));
            if slot.is_ok() && !is_taken {
                runs.push(Run::of(&chunk, position, position));
            }
        }
        Batch::new(1, runs)
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
        let [first, second] = whole.halves().unwrap().map(|runs| Batch::new(2, runs));
        assert_eq!(body(&first, None), r#"{"records":[1,2]}"#);
        assert_eq!(body(&second, None), r#"{"records":[3]}"#);
        let keys = [&whole, &first, &second].map(|batch| batch.idempotency_key.clone());
        assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2]);
        assert!(second.halves().is_none());
    }
}
