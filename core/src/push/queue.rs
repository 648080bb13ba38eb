//! Records that wait for their batch.

use std::collections::VecDeque;

use crate::records::Run;
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
    runs: VecDeque<Run>,
    records: usize,
    bytes: usize,
}

impl Queue {
    pub(crate) fn push(&mut self, run: Run, is_nameable: bool) {
        let lane = if is_nameable {
            &mut self.named
        } else {
            &mut self.nameless
        };
        lane.records += run.len();
        lane.bytes += run.byte_len();
        lane.runs.push_back(run);
    }

    /// The next batch's records; less than a full one only when `is_last`.
    pub(crate) fn cut(&mut self, sizing: &Sizing, is_last: bool) -> Option<Vec<Run>> {
        [&mut self.named, &mut self.nameless]
            .into_iter()
            .find_map(|lane| lane.cut(sizing, is_last))
    }

    /// Whether so many records or bytes wait as fill this many batches.
    pub(crate) fn holds_batches(&self, batches: usize, sizing: &Sizing) -> bool {
        [&self.named, &self.nameless].into_iter().any(|lane| {
            lane.records >= sizing.records().saturating_mul(batches)
                || lane.bytes >= sizing.bytes().saturating_mul(batches)
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.named.runs.is_empty() && self.nameless.runs.is_empty()
    }

    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Run> + use<> {
        let queue = std::mem::take(self);
        queue.named.runs.into_iter().chain(queue.nameless.runs)
    }
}

impl Lane {
    fn cut(&mut self, sizing: &Sizing, is_last: bool) -> Option<Vec<Run>> {
        let is_full = self.records >= sizing.records() || self.bytes >= sizing.bytes();
        if self.runs.is_empty() || !(is_full || is_last) {
            return None;
        }
        let (mut records, mut bytes) = (sizing.records(), sizing.bytes());
        let mut batch: Vec<Run> = Vec::new();
        while let Some(run) = self.runs.front_mut() {
            let mut fitting = run.fitting(bytes).min(records);
            if batch.is_empty() {
                // A record that is larger than any batch travels alone.
                fitting = fitting.max(1);
            }
            if fitting == 0 {
                break;
            }
            let head = run.split_to(fitting);
            let is_whole = run.len() == 0;
            records -= head.len();
            // The comma before the next run counts too.
            bytes = bytes.saturating_sub(head.byte_len() + 1);
            self.records -= head.len();
            // What is cut off a run leaves with its comma.
            self.bytes -= head.byte_len() + usize::from(!is_whole);
            batch.push(head);
            if !is_whole {
                break;
            }
            self.runs.pop_front();
        }
        Some(batch)
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
            lengths in proptest::collection::vec((0_usize..40, any::<bool>(), any::<bool>()), 0..80),
            size in 1_usize..12,
            bytes in 1_usize..120,
        ) {
            let sizing = Sizing::new(BatchSize::Fixed(size), bytes, Duration::from_secs(1));
            let mut queue = Queue::default();
            let mut chunk = Records::new();
            let mut fed = 0;
            for (index, (length, _, ends_chunk)) in lengths.iter().enumerate() {
                chunk.push(&"x".repeat(*length));
                if *ends_chunk || index + 1 == lengths.len() {
                    let whole = std::mem::take(&mut chunk).into_chunk();
                    let mut runs: Vec<Run> = Vec::new();
                    for position in 0..whole.records().len() {
                        let is_same = position > 0 && lengths[fed + position].1 == lengths[fed + position - 1].1;
                        if !is_same || !runs.last_mut().unwrap().extend(&whole, position) {
                            runs.push(Run::of(&whole, position, fed + position));
                        }
                    }
                    for run in runs {
                        let is_nameable = lengths[run.first_index()].1;
                        queue.push(run, is_nameable);
                    }
                    fed = index + 1;
                }
            }
            let mut seen = Vec::new();
            while let Some(batch) = queue.cut(&sizing, true) {
                let records: Vec<(usize, usize)> = batch
                    .iter()
                    .flat_map(Run::records)
                    .map(|(index, json)| (index, json.len()))
                    .collect();
                let total: usize = records.iter().map(|(_, length)| length + 1).sum::<usize>() - 1;
                prop_assert!(records.len() == 1 || (records.len() <= size && total <= bytes));
                prop_assert!(records.is_sorted());
                prop_assert!(records.iter().all(|(index, _)| lengths[*index].1 == lengths[records[0].0].1));
                prop_assert!(records.iter().all(|(index, length)| *length == lengths[*index].0 + 2));
                seen.extend(records.iter().map(|(index, _)| *index));
            }
            prop_assert!(queue.is_empty() && queue.named.bytes + queue.nameless.bytes == 0);
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..lengths.len()).collect::<Vec<_>>());
        }
    }
}
