//! Records that leave together, and the body that carries them.

use std::sync::OnceLock;

use bytes::Bytes;
use reqwest::header::HeaderValue;
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64;

use crate::records::Run;
use crate::records::list_change::ListChange;

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
    /// The records as they travel, where that is not as they were given: list changes whose names and addresses
    /// were looked up.
    resolved: OnceLock<Vec<Bytes>>,
    /// Whether earlier batches may have created its records.
    pub(crate) may_be_there: bool,
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
            resolved: OnceLock::new(),
            may_be_there: false,
        }
    }

    /// A batch of an earlier run, with the key that it had there.
    pub(crate) fn reopened(id: u64, runs: Vec<Run>, key: &str) -> Self {
        Self {
            was_open: true,
            ..Self::with_key(id, runs, key)
        }
    }

    /// A batch of records that an earlier one has left in doubt.
    pub(crate) fn again(id: u64, runs: Vec<Run>) -> Self {
        Self {
            may_be_there: true,
            ..Self::new(id, runs)
        }
    }

    /// How many records.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The index of its first record in the input.
    pub(crate) fn first_index(&self) -> usize {
        self.runs.first().map_or(0, Run::first_index)
    }

    pub(crate) fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// The records' places in the input, and their JSON.
    pub(crate) fn records(&self) -> impl Iterator<Item = (usize, &[u8])> {
        self.runs.iter().flat_map(Run::records)
    }

    /// The records' JSON as it travels.
    pub(crate) fn sent(&self) -> impl Iterator<Item = &[u8]> {
        let resolved = self.resolved.get();
        let given = resolved.is_none().then(|| self.records());
        let given = given.into_iter().flatten().map(|(_, json)| json);
        given.chain(resolved.into_iter().flatten().map(|json| &json[..]))
    }

    /// Says how the records travel, each in its place.
    pub(crate) fn resolve(&self, records: Vec<Bytes>) {
        // They are found once.
        let _ = self.resolved.set(records);
    }

    /// The key of its request, which belongs to what travels: a name that fits another list in another run makes
    /// another request.
    pub(crate) fn key(&self) -> HeaderValue {
        let Some(resolved) = self.resolved.get() else {
            return self.idempotency_key.clone();
        };
        let hash = xxh3_64(&resolved.concat());
        with_suffix(&self.idempotency_key, &format!("{hash:016x}"))
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

    /// The records at these positions of the batch, which ascend.
    pub(crate) fn only(&self, positions: &[usize]) -> Vec<Run> {
        let mut kept: Vec<Run> = Vec::new();
        let mut wanted = positions.iter().copied().peekable();
        let mut first = 0;
        for run in &self.runs {
            let mut rest = run.clone();
            while let Some(position) = wanted.next_if(|position| *position < first + rest.len()) {
                let skipped = rest.split_to(position - first).len();
                // Neighbours stay together.
                let mut len = 1;
                while len < rest.len() && wanted.next_if_eq(&(position + len)).is_some() {
                    len += 1;
                }
                kept.push(rest.split_to(len));
                first += skipped + len;
            }
            first += rest.len();
        }
        kept
    }

    /// Size of the records in bytes.
    pub(crate) fn byte_len(&self) -> usize {
        self.runs.iter().map(Run::byte_len).sum()
    }

    /// The request's body as frames; each run is a slice of its chunk.
    pub(crate) fn frames(&self, provider_fields: Option<&str>) -> Vec<Bytes> {
        match self.resolved.get() {
            None => frames(self.runs.iter().map(Run::json), provider_fields),
            Some(records) => frames(records.iter().cloned(), provider_fields),
        }
    }

    /// The key of one round's request; the same in another run.
    pub(crate) fn key_of_round(&self, round: usize) -> HeaderValue {
        with_suffix(&self.key(), &round.to_string())
    }

    /// Splits a batch of list changes that the CRM takes in several calls: each round carries the next
    /// part of every change that has one. `None` when one request will do.
    pub(crate) fn rounds(&self, most_members: usize, most_bytes: usize) -> Option<Vec<Vec<Bytes>>> {
        let changes = self.sent().map(ListChange::from_json);
        let parts: Vec<Vec<ListChange>> = changes
            .map(|change| change.map(|change| change.parts(most_members, most_bytes)))
            .collect::<Result<_, _>>()
            .ok()?;
        let rounds = parts
            .iter()
            .map(Vec::len)
            .max()
            .filter(|rounds| *rounds > 1)?;
        let round = |number: usize| {
            let parts = parts.iter().filter_map(|parts| parts.get(number));
            parts
                .filter_map(|part| serde_json::to_vec(part).ok())
                .map(Bytes::from)
                .collect()
        };
        Some((0..rounds).map(round).collect())
    }
}

fn with_suffix(key: &HeaderValue, suffix: &str) -> HeaderValue {
    let text = key.to_str().unwrap_or_default();
    HeaderValue::try_from(format!("{text}-{suffix}")).unwrap_or_else(|_| key.clone())
}

/// The body of a request that carries these records.
pub(crate) fn frames(
    records: impl Iterator<Item = Bytes>,
    provider_fields: Option<&str>,
) -> Vec<Bytes> {
    let mut frames = vec![Bytes::from_static(b"{\"records\":[")];
    for (position, records) in records.enumerate() {
        if position > 0 {
            frames.push(Bytes::from_static(b","));
        }
        frames.push(records);
    }
    frames.push(match provider_fields {
        None => Bytes::from_static(b"]}"),
        Some(fields) => Bytes::from(format!("],\"provider_fields\":{fields}}}")),
    });
    frames
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
    fn some_records_of_a_batch_are_picked_by_their_positions() {
        let whole = batch((0..6).collect());
        for positions in [
            &[0, 1, 3][..],
            &[5],
            &[0, 2, 4, 5],
            &[],
            &[0, 1, 2, 3, 4, 5],
        ] {
            let picked = Batch::new(2, whole.only(positions));
            let indexes: Vec<usize> = picked.records().map(|(index, _)| index).collect();
            assert_eq!(indexes, positions);
        }
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
