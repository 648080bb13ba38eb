//! Records that wait for their batch.

use std::collections::{HashSet, VecDeque};

use crate::push::sizing::Sizing;
use crate::records::Run;
use crate::records::identity::Identities;
use crate::short_hash::ShortHash;

/// So many batches' worth of records is read at most in search of records that may travel together.
const LOOKAHEAD: usize = 10;

/// Two lanes: records without an identity travel apart, so that one of them that fails does not put the
/// others in doubt.
#[derive(Default)]
pub(crate) struct Queue {
    named: Lane,
    nameless: Lane,
    /// Changes of lists: an id and a name may be of one list, which they then must reach in their order.
    are_changes: bool,
}

/// Records in the order of the input.
#[derive(Default)]
struct Lane {
    runs: VecDeque<Run>,
    records: usize,
    bytes: usize,
    /// Too few of those that wait may travel together.
    ran_short: bool,
}

impl Queue {
    pub(crate) fn of_changes(are_changes: bool) -> Self {
        Self {
            are_changes,
            ..Self::default()
        }
    }

    pub(crate) fn push(&mut self, run: Run, is_nameable: bool) {
        let lane = if is_nameable {
            &mut self.named
        } else {
            &mut self.nameless
        };
        lane.put_last(run);
    }

    /// The next batch's records, no two of one identity: an error that names it would leave both in
    /// doubt. Less than a full batch only when `is_last`, or when too many share an identity.
    pub(crate) fn cut(&mut self, sizing: &Sizing, is_last: bool) -> Option<Vec<Run>> {
        let are_changes = self.are_changes;
        [&mut self.named, &mut self.nameless]
            .into_iter()
            .find_map(|lane| lane.cut(sizing, is_last, are_changes))
    }

    /// As the last [`cut`](Self::cut), of the records that come before the one at `index`.
    pub(crate) fn cut_before(&mut self, index: usize, sizing: &Sizing) -> Option<Vec<Run>> {
        let are_changes = self.are_changes;
        [&mut self.named, &mut self.nameless]
            .into_iter()
            .find_map(|lane| lane.cut_before(index, sizing, are_changes))
    }

    /// Whether enough waits for this many batches.
    pub(crate) fn holds_batches(&self, batches: usize, sizing: &Sizing) -> bool {
        [&self.named, &self.nameless].into_iter().any(|lane| {
            let batches = if lane.ran_short {
                batches.max(LOOKAHEAD)
            } else {
                batches
            };
            lane.holds(batches, sizing)
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.named.runs.is_empty() && self.nameless.runs.is_empty()
    }

    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Run> + use<> {
        let queue = std::mem::replace(self, Self::of_changes(self.are_changes));
        queue.named.runs.into_iter().chain(queue.nameless.runs)
    }
}

impl Lane {
    fn put_last(&mut self, run: Run) {
        self.records += run.len();
        self.bytes += run.byte_len();
        self.runs.push_back(run);
    }

    fn put_first(&mut self, run: Run) {
        if run.len() > 0 {
            self.records += run.len();
            self.bytes += run.byte_len();
            self.runs.push_front(run);
        }
    }

    fn take_first(&mut self) -> Option<Run> {
        let run = self.runs.pop_front()?;
        self.records -= run.len();
        self.bytes -= run.byte_len();
        Some(run)
    }

    fn holds(&self, batches: usize, sizing: &Sizing) -> bool {
        self.records >= sizing.records().saturating_mul(batches)
            || self.bytes >= sizing.bytes().saturating_mul(batches)
    }

    fn cut_before(&mut self, index: usize, sizing: &Sizing, are_changes: bool) -> Option<Vec<Run>> {
        let mut before = Self::default();
        while let Some(mut run) = self.take_first() {
            let len = index.saturating_sub(run.first_index()).min(run.len());
            if len > 0 {
                before.put_last(run.split_to(len));
            }
            if run.len() > 0 {
                self.put_first(run);
                break;
            }
        }
        let cut = before.cut(sizing, true, are_changes);
        while let Some(run) = before.runs.pop_back() {
            self.put_first(run);
        }
        cut
    }

    fn cut(&mut self, sizing: &Sizing, is_last: bool, are_changes: bool) -> Option<Vec<Run>> {
        if self.runs.is_empty() || !(is_last || self.holds(1, sizing)) {
            return None;
        }
        let may_wait = !is_last && !self.holds(LOOKAHEAD, sizing);
        let mut draft = Draft::new(sizing);
        let mut kept_back: Vec<Run> = Vec::new();
        // Of changes: whether some of those name their lists by id, or by name.
        let mut kept_back_by = [false; 2];
        while !draft.is_full {
            let Some(mut run) = self.take_first() else {
                break;
            };
            if are_changes {
                let change = run.split_to(1);
                self.put_first(std::mem::replace(&mut run, change));
                let by = usize::from(is_by_name(&run));
                let may_be_of_one_list = kept_back_by[1 - by];
                if may_be_of_one_list || draft.take_from(&mut run) == Collision::Met {
                    kept_back_by[by] = true;
                    kept_back.push(run);
                } else {
                    self.put_first(run);
                }
                continue;
            }
            if draft.take_from(&mut run) == Collision::Met {
                kept_back.push(run.split_to(1));
            }
            self.put_first(run);
        }
        self.ran_short = !draft.is_full && !kept_back.is_empty();
        let is_postponed = self.ran_short && may_wait;
        if is_postponed {
            kept_back.append(&mut draft.runs);
            kept_back.sort_unstable_by_key(Run::first_index);
        }
        kept_back
            .into_iter()
            .rev()
            .for_each(|run| self.put_first(run));
        (!is_postponed).then_some(draft.runs)
    }
}

/// Whether a change, in the service's form, names its list by name and not by id.
fn is_by_name(change: &Run) -> bool {
    let mut records = change.records();
    records.any(|(_, json)| json.starts_with(b"{\"list_name\""))
}

/// Whether a record shares an identity with another of its batch.
#[derive(PartialEq)]
enum Collision {
    None,
    Met,
}

/// A batch while it is put together.
struct Draft {
    runs: Vec<Run>,
    records_left: usize,
    bytes_left: usize,
    claimed: HashSet<u64, ShortHash>,
    is_full: bool,
}

impl Draft {
    fn new(sizing: &Sizing) -> Self {
        Self {
            runs: Vec::new(),
            records_left: sizing.records(),
            bytes_left: sizing.bytes(),
            claimed: HashSet::with_capacity_and_hasher(sizing.records(), ShortHash::default()),
            is_full: false,
        }
    }

    /// Takes records off the head of `run`, as many as fit, up to the first that may not travel with
    /// those before it.
    fn take_from(&mut self, run: &mut Run) -> Collision {
        let mut fitting = run.fitting(self.bytes_left).min(self.records_left);
        if self.runs.is_empty() {
            // A record that is larger than any batch travels alone.
            fitting = fitting.max(1);
        }
        let claimed = &mut self.claimed;
        let free = run
            .identities()
            .take(fitting)
            .take_while(|identities| claim(claimed, identities))
            .count();
        if free > 0 {
            let head = run.split_to(free);
            self.records_left -= head.len();
            // The comma before the next run counts too.
            self.bytes_left = self.bytes_left.saturating_sub(head.byte_len() + 1);
            self.runs.push(head);
        }
        if free < fitting {
            return Collision::Met;
        }
        self.is_full = run.len() > 0 || self.records_left == 0;
        Collision::None
    }
}

/// Claims a record's identities for a batch; false when another record has one of them.
fn claim(claimed: &mut HashSet<u64, ShortHash>, identities: &Identities) -> bool {
    let hashes = identities.hashes();
    let is_free = !hashes.iter().any(|hash| claimed.contains(hash));
    if is_free {
        claimed.extend(hashes);
    }
    is_free
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::push::sizing::BatchSize;
    use crate::records::Records;

    fn sizing(records: usize, bytes: usize) -> Sizing {
        Sizing::new(BatchSize::Fixed(records), bytes, Duration::from_secs(1))
    }

    /// Records of the same letter share an identity; `_` has none.
    fn push(queue: &mut Queue, letters: &str, first: usize) {
        let mut records = Records::new();
        let mut identities = Vec::new();
        for letter in letters.chars() {
            records.push(&letter);
            identities.push(if letter == '_' {
                Identities::None
            } else {
                Identities::One(u64::from(letter))
            });
        }
        let chunk = records.into_chunk();
        chunk.identify(identities.into_boxed_slice());
        for (position, letter) in letters.chars().enumerate() {
            queue.push(Run::of(&chunk, position, first + position), letter != '_');
        }
    }

    fn cut(queue: &mut Queue, sizing: &Sizing, is_last: bool) -> Option<String> {
        let batch = queue.cut(sizing, is_last)?;
        let records = batch.iter().flat_map(Run::records);
        Some(records.map(|(_, json)| char::from(json[1])).collect())
    }

    #[test]
    fn records_of_one_identity_leave_one_after_another() {
        let mut queue = Queue::default();
        push(&mut queue, "aabcabd", 0);
        let sizing = sizing(3, 1_000);
        let batches: Vec<String> = std::iter::from_fn(|| cut(&mut queue, &sizing, true)).collect();
        assert_eq!(batches, ["abc", "abd", "a"]);
    }

    #[test]
    fn a_batch_waits_for_records_that_may_join_it_but_not_for_ever() {
        let mut queue = Queue::default();
        let sizing = sizing(3, 1_000);
        push(&mut queue, "aaab", 0);
        assert_eq!(cut(&mut queue, &sizing, false), None);
        assert!(!queue.holds_batches(1, &sizing));
        push(&mut queue, "c", 4);
        assert_eq!(cut(&mut queue, &sizing, false).as_deref(), Some("abc"));
        push(&mut queue, &"a".repeat(3 * LOOKAHEAD), 5);
        assert!(queue.holds_batches(1, &sizing));
        assert_eq!(cut(&mut queue, &sizing, false).as_deref(), Some("a"));
    }

    proptest! {
        /// Batches partition the input: each record in exactly one, in order within it, and no two records
        /// of an identity in one.
        #[test]
        fn batches_partition_the_input(
            records in proptest::collection::vec((0_usize..40, proptest::option::of(0_u64..60), any::<bool>()), 0..80),
            size in 1_usize..12,
            bytes in 1_usize..120,
        ) {
            let sizing = sizing(size, bytes);
            let mut queue = Queue::default();
            let mut seen: Vec<usize> = Vec::new();
            let mut cut = |queue: &mut Queue, is_last| {
                let Some(batch) = queue.cut(&sizing, is_last) else { return Ok(false) };
                let sent: Vec<(usize, usize)> = batch
                    .iter()
                    .flat_map(Run::records)
                    .map(|(index, json)| (index, json.len()))
                    .collect();
                let total: usize = sent.iter().map(|(_, length)| length + 1).sum::<usize>() - 1;
                prop_assert!(sent.len() == 1 || (sent.len() <= size && total <= bytes));
                prop_assert!(sent.is_sorted());
                prop_assert!(sent.iter().all(|(index, length)| *length == records[*index].0 + 2));
                let identities: Vec<Option<u64>> = sent.iter().map(|(index, _)| records[*index].1).collect();
                let named: HashSet<u64> = identities.iter().flatten().copied().collect();
                prop_assert!(named.len() == sent.len() || (named.is_empty() && identities.iter().all(Option::is_none)));
                seen.extend(sent.iter().map(|(index, _)| *index));
                Ok(true)
            };
            let mut fed = 0;
            while fed < records.len() {
                let end = (fed..records.len()).find(|index| records[*index].2).unwrap_or(records.len() - 1);
                let lengths = records[fed..=end].iter();
                let chunk = lengths.map(|(length, ..)| "x".repeat(*length)).collect::<Records>().into_chunk();
                chunk.identify(records[fed..=end].iter().map(|(_, identity, _)| identity.map_or(Identities::None, Identities::One)).collect());
                let mut runs: Vec<Run> = Vec::new();
                for position in 0..=end - fed {
                    let is_same = position > 0 && records[fed + position].1.is_some() == records[fed + position - 1].1.is_some();
                    if !is_same || !runs.last_mut().unwrap().extend(&chunk, position) {
                        runs.push(Run::of(&chunk, position, fed + position));
                    }
                }
                for run in runs {
                    let is_nameable = records[run.first_index()].1.is_some();
                    queue.push(run, is_nameable);
                }
                while cut(&mut queue, false)? {}
                fed = end + 1;
            }
            while cut(&mut queue, true)? {}
            prop_assert!(queue.is_empty() && queue.named.bytes + queue.nameless.bytes == 0);
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..records.len()).collect::<Vec<_>>());
        }
    }
}
