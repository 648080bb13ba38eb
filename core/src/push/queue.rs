//! Records that wait for their batch.

use std::collections::VecDeque;

use crate::batch::BatchRecord;
use crate::sizing::Sizing;

/// Two lanes: records that no error can name travel apart, so that one of them that fails does not
/// put the others in doubt.
#[derive(Default)]
pub(crate) struct Queue {
    named: Lane,
    nameless: Lane,
}

#[derive(Default)]
struct Lane {
    records: VecDeque<BatchRecord>,
    bytes: usize,
}

impl Queue {
    pub(crate) fn push(&mut self, record: BatchRecord, is_nameable: bool) {
        let lane = if is_nameable {
            &mut self.named
        } else {
            &mut self.nameless
        };
        lane.bytes += record.encoded.json().len();
        lane.records.push_back(record);
    }

    /// The next batch's records; less than a full one only when `is_last`.
    pub(crate) fn cut(&mut self, sizing: &Sizing, is_last: bool) -> Option<Vec<BatchRecord>> {
        [&mut self.named, &mut self.nameless]
            .into_iter()
            .find_map(|lane| lane.cut(sizing, is_last))
    }

    /// Whether so many records or bytes wait that a source should.
    pub(crate) fn is_full(&self, sizing: &Sizing) -> bool {
        [&self.named, &self.nameless].into_iter().any(|lane| {
            lane.records.len() >= sizing.records().saturating_mul(2)
                || lane.bytes >= sizing.bytes().saturating_mul(2)
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.named.records.is_empty() && self.nameless.records.is_empty()
    }

    pub(crate) fn drain(&mut self) -> impl Iterator<Item = BatchRecord> + use<> {
        let queue = std::mem::take(self);
        queue
            .named
            .records
            .into_iter()
            .chain(queue.nameless.records)
    }
}

impl Lane {
    fn cut(&mut self, sizing: &Sizing, is_last: bool) -> Option<Vec<BatchRecord>> {
        let is_full = self.records.len() >= sizing.records() || self.bytes >= sizing.bytes();
        if self.records.is_empty() || !(is_full || is_last) {
            return None;
        }
        let mut bytes = 0;
        let fitting = self
            .records
            .iter()
            .take(sizing.records())
            .take_while(|record| {
                bytes += record.encoded.json().len();
                bytes <= sizing.bytes()
            })
            .count()
            .max(1);
        let records: Vec<BatchRecord> = self.records.drain(..fitting).collect();
        self.bytes -= records
            .iter()
            .map(|record| record.encoded.json().len())
            .sum::<usize>();
        Some(records)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::records::Records;
    use crate::sizing::BatchSize;

    proptest! {
        /// Batches partition the input: each record in exactly one, in order within its lane.
        #[test]
        fn batches_partition_the_input(
            lengths in proptest::collection::vec((0_usize..40, any::<bool>()), 0..80),
            size in 1_usize..12,
            bytes in 1_usize..120,
        ) {
            let sizing = Sizing::new(BatchSize::Fixed(size), bytes, Duration::from_secs(1));
            let records: Records = lengths.iter().map(|(length, _)| "x".repeat(*length)).collect();
            let mut queue = Queue::default();
            for (index, (slot, (_, named))) in records.into_encoded().zip(&lengths).enumerate() {
                queue.push(BatchRecord { index, encoded: slot.unwrap() }, *named);
            }
            let mut seen = Vec::new();
            while let Some(batch) = queue.cut(&sizing, true) {
                let total: usize = batch.iter().map(|record| record.encoded.json().len()).sum();
                prop_assert!(batch.len() == 1 || (batch.len() <= size && total <= bytes));
                prop_assert!(batch.is_sorted_by_key(|record| record.index));
                prop_assert!(batch.iter().all(|record| lengths[record.index].1 == lengths[batch[0].index].1));
                seen.extend(batch.iter().map(|record| record.index));
            }
            prop_assert!(queue.is_empty());
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..lengths.len()).collect::<Vec<_>>());
        }
    }
}
