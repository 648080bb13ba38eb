//! A batch as the journal writes it down before it leaves.

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use crate::files::known::SentAddresses;
use crate::records::batch::Batch;
use crate::records::{Run, content_hash};

/// Bytes of one record's hash.
pub(super) const HASH_BYTES: usize = 8;

/// Identifies a record's bytes: XXH3, 64 bits.
pub(crate) fn record_hash(json: &[u8]) -> u64 {
    xxh3_64(json)
}

/// What is written before a batch leaves.
pub(crate) struct Intent {
    pub(super) batch: u64,
    pub(super) records: usize,
    pub(super) first: usize,
    pub(super) last: usize,
    pub(super) indexes: String,
    pub(super) record_hashes: Vec<u8>,
    pub(crate) body_hash: Vec<u8>,
    pub(super) idempotency_key: String,
    /// The records' keys one after the other, where they have any.
    pub(super) keys: Vec<u8>,
    pub(super) addresses: SentAddresses,
    /// An earlier run has written it down already.
    pub(super) is_reopened: bool,
}

impl Intent {
    pub(crate) fn of(batch: &Batch, provider_fields: Option<&str>) -> Self {
        let keys: Vec<u8> = batch
            .runs()
            .iter()
            .flat_map(Run::keys)
            .flatten()
            .flat_map(|key| *key.as_bytes())
            .collect();
        // By its place a record is the same byte for byte, by its key when it says the same.
        let hash = if keys.is_empty() {
            record_hash
        } else {
            content_hash
        };
        let record_hashes: Vec<u8> = batch
            .records()
            .flat_map(|(_, json)| hash(json).to_le_bytes())
            .collect();
        let last_of = |run: &Run| run.first_index() + run.len() - 1;
        Self {
            batch: batch.id,
            records: batch.len(),
            first: batch
                .runs()
                .iter()
                .map(Run::first_index)
                .min()
                .unwrap_or_default(),
            last: batch.runs().iter().map(last_of).max().unwrap_or_default(),
            indexes: ranges(batch.runs()),
            body_hash: body_hash(&record_hashes, provider_fields),
            record_hashes,
            idempotency_key: batch
                .idempotency_key
                .to_str()
                .unwrap_or_default()
                .to_owned(),
            keys,
            addresses: SentAddresses::default(),
            is_reopened: batch.was_open,
        }
    }

    /// With what is known of the e-mail addresses of its records.
    pub(crate) fn with_addresses(self, addresses: SentAddresses) -> Self {
        Self { addresses, ..self }
    }
}

/// Identifies a request's body: XXH3, 128 bits, big-endian, of its records' hashes and of
/// `provider_fields`.
fn body_hash(record_hashes: &[u8], provider_fields: Option<&str>) -> Vec<u8> {
    let mut hash = Xxh3::new();
    hash.update(record_hashes);
    hash.update(provider_fields.unwrap_or_default().as_bytes());
    hash.digest128().to_be_bytes().to_vec()
}

/// Indexes in the order of the batch, such as `0-41,43-99`.
fn ranges(runs: &[Run]) -> String {
    let mut text = String::new();
    for run in runs {
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(&run.first_index().to_string());
        if run.len() > 1 {
            text.push('-');
            text.push_str(&(run.first_index() + run.len() - 1).to_string());
        }
    }
    text
}

/// More than any batch has; a damaged file must not take all memory.
const MOST_INDEXES: usize = 1_000_000;
/// A higher one is a damage as well: at two bits a record this is 1 GiB.
const HIGHEST_INDEX: usize = 1 << 32;

/// The indexes that [`ranges`] wrote; `None` for any other text.
pub(super) fn read_ranges(text: &str) -> Option<Vec<usize>> {
    let mut indexes = Vec::new();
    for range in text.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last) = (first.parse::<usize>().ok()?, last.parse::<usize>().ok()?);
        let is_long = || last - first > MOST_INDEXES.saturating_sub(indexes.len());
        if last < first || last > HIGHEST_INDEX || is_long() {
            return None;
        }
        indexes.extend(first..=last);
    }
    Some(indexes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::records::Records;

    proptest! {
        #[test]
        fn indexes_are_read_as_they_were_written(first in 0_usize..500, kept in proptest::collection::vec(any::<bool>(), 1..60)) {
            let chunk = kept.iter().collect::<Records>().into_chunk();
            let mut runs: Vec<Run> = Vec::new();
            let mut expected = Vec::new();
            for (position, _) in kept.iter().enumerate().filter(|(position, kept)| *position == 0 || **kept) {
                expected.push(first + position);
                if !runs.last_mut().is_some_and(|run| run.extend(&chunk, position)) {
                    runs.push(Run::of(&chunk, position, first + position));
                }
            }
            prop_assert_eq!(read_ranges(&ranges(&runs)), Some(expected));
        }
    }

    #[test]
    fn other_texts_are_no_indexes() {
        for text in ["", "a", "3-1", "1,", "0-99999999999", "0-999999,0-999999"] {
            assert_eq!(read_ranges(text), None, "{text}");
        }
    }
}
