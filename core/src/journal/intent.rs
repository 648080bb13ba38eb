//! A batch as the journal writes it down before it leaves.

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use crate::batch::{Batch, BatchRecord};

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
    pub(super) body_hash: Vec<u8>,
    pub(super) idempotency_key: String,
}

impl Intent {
    pub(crate) fn of(batch: &Batch, provider_fields: Option<&str>) -> Self {
        let indexes = || batch.records.iter().map(|record| record.index);
        Self {
            batch: batch.id,
            records: batch.records.len(),
            first: indexes().min().unwrap_or_default(),
            last: indexes().max().unwrap_or_default(),
            indexes: ranges(&batch.records),
            record_hashes: batch
                .records
                .iter()
                .flat_map(|record| record_hash(record.encoded.json()).to_le_bytes())
                .collect(),
            body_hash: body_hash(batch, provider_fields),
            idempotency_key: batch
                .idempotency_key
                .to_str()
                .unwrap_or_default()
                .to_owned(),
        }
    }
}

/// XXH3, 128 bits, big-endian, of the request's body.
pub(crate) fn body_hash(batch: &Batch, provider_fields: Option<&str>) -> Vec<u8> {
    let mut hash = Xxh3::new();
    for frame in batch.frames(provider_fields) {
        hash.update(&frame);
    }
    hash.digest128().to_be_bytes().to_vec()
}

/// Indexes in the order of the batch, such as `0-41,43-99`.
fn ranges(records: &[BatchRecord]) -> String {
    let mut text = String::new();
    let mut records = records.iter().map(|record| record.index).peekable();
    while let Some(first) = records.next() {
        let mut last = first;
        while let Some(next) = records.next_if(|next| *next == last + 1) {
            last = next;
        }
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(&first.to_string());
        if last > first {
            text.push('-');
            text.push_str(&last.to_string());
        }
    }
    text
}

/// The indexes that [`ranges`] wrote; `None` for any other text.
pub(super) fn read_ranges(text: &str) -> Option<Vec<usize>> {
    let mut indexes = Vec::new();
    for range in text.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last) = (first.parse::<usize>().ok()?, last.parse::<usize>().ok()?);
        if last < first || last - first > 1_000_000 {
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
        fn indexes_are_read_as_they_were_written(indexes in proptest::collection::btree_set(0_usize..500, 1..60)) {
            let records: Vec<BatchRecord> = indexes
                .iter()
                .zip(indexes.iter().collect::<Records>().into_encoded())
                .map(|(index, slot)| BatchRecord { index: *index, encoded: slot.unwrap() })
                .collect();
            let text = ranges(&records);
            prop_assert_eq!(read_ranges(&text), Some(indexes.into_iter().collect()));
        }
    }

    #[test]
    fn other_texts_are_no_indexes() {
        for text in ["", "a", "3-1", "1,", "0-99999999999"] {
            assert_eq!(read_ranges(text), None, "{text}");
        }
    }
}
