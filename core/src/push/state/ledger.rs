//! Every record that was handed in has exactly one outcome, by its index.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::report::{
    ClosedLedger, MessageCount, OTHER_MESSAGES, Outcome, Outcomes, Problem, Skip, counted_as,
    existing_in,
};

/// Problems that are kept with message and record; more are only counted. Skipped records as well.
const MAX_PROBLEMS: usize = 100_000;
/// Bytes of records kept with problems; and with skipped ones.
const MAX_PROBLEM_BYTES: usize = 64 * 1024 * 1024;
/// Different messages that are counted; more are counted together.
const MAX_MESSAGES: usize = 1_000;

/// Outcomes by index. A record is `NotSent` from when it is handed in until it is settled, and
/// counts follow each change, so they always sum to what was handed in.
#[derive(Default)]
pub(crate) struct Ledger {
    outcomes: Outcomes,
    counts: [usize; 5],
    problems: Kept,
    skips: Kept,
    messages: BTreeMap<(Outcome, Arc<str>), usize>,
}

/// Records with their messages, as many as memory is given for.
#[derive(Default)]
struct Kept {
    by_index: BTreeMap<usize, Problem>,
    bytes: usize,
    omitted: usize,
}

impl Kept {
    fn keep(&mut self, problem: Problem) {
        let bytes = problem
            .record
            .as_ref()
            .map_or(0, |record| record.get().len());
        if self.by_index.len() >= MAX_PROBLEMS || self.bytes + bytes > MAX_PROBLEM_BYTES {
            self.omitted += 1;
            return;
        }
        self.bytes += bytes;
        self.by_index.insert(problem.index, problem);
    }
}

impl Ledger {
    /// Takes in `count` more records; returns the index of the first.
    pub(crate) fn admit(&mut self, count: usize) -> usize {
        let first = self.outcomes.len();
        self.outcomes.grow(count);
        self.counts[Outcome::NotSent as usize] += count;
        first
    }

    pub(crate) fn outcome(&self, index: usize) -> Option<Outcome> {
        self.outcomes.get(index)
    }

    /// Records handed in so far.
    pub(crate) fn len(&self) -> usize {
        self.outcomes.len()
    }

    pub(crate) fn settle(&mut self, index: usize, outcome: Outcome) {
        if let Some(before) = self.outcomes.get(index) {
            self.counts[before as usize] -= 1;
            self.counts[outcome as usize] += 1;
            self.outcomes.set(index, outcome);
        }
    }

    /// Settles so many records from `first` on.
    pub(crate) fn settle_run(&mut self, first: usize, count: usize, outcome: Outcome) {
        if self.outcomes.set_unsent(first, count, outcome).is_some() {
            self.counts[Outcome::NotSent as usize] -= count;
            self.counts[outcome as usize] += count;
        } else {
            (first..first + count).for_each(|index| self.settle(index, outcome));
        }
    }

    /// Settles a record that failed, is in doubt or was skipped.
    pub(crate) fn settle_problem(&mut self, problem: Problem) {
        self.settle(problem.index, problem.outcome);
        self.count_message(problem.outcome, &problem.message);
        if problem.outcome == Outcome::Skipped {
            self.skips.keep(problem);
        } else {
            self.problems.keep(problem);
        }
    }

    /// The unknown records that were kept.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = &Problem> {
        self.problems
            .by_index
            .values()
            .filter(|problem| problem.outcome == Outcome::Unknown)
    }

    /// The message of a skipped record that was kept.
    pub(crate) fn skip_message(&self, index: usize) -> Option<&str> {
        let skipped = self.skips.by_index.get(&index)?;
        Some(&skipped.message)
    }

    /// Ends the doubt about a record; `None` when there was none.
    pub(crate) fn resolve(&mut self, index: usize, outcome: Outcome) -> Option<Problem> {
        if self.outcomes.get(index) != Some(Outcome::Unknown) {
            return None;
        }
        let problem = self.problems.by_index.remove(&index)?;
        if let Some(count) = self
            .messages
            .get_mut(&(Outcome::Unknown, counted_as(&problem.message)))
        {
            *count = count.saturating_sub(1);
        }
        self.settle(index, outcome);
        Some(problem)
    }

    /// Gives the message of a kept record in doubt anew.
    pub(crate) fn reword(&mut self, index: usize, reword: impl FnOnce(&str) -> String) {
        let Some(mut problem) = self.problems.by_index.remove(&index) else {
            return;
        };
        let key = (problem.outcome, counted_as(&problem.message));
        if let Some(count) = self.messages.get_mut(&key) {
            *count = count.saturating_sub(1);
        }
        problem.message = reword(&problem.message).into();
        self.count_message(problem.outcome, &problem.message);
        self.problems.by_index.insert(index, problem);
    }

    pub(crate) fn count(&self, outcome: Outcome) -> usize {
        self.counts[outcome as usize]
    }

    fn count_message(&mut self, outcome: Outcome, message: &Arc<str>) {
        let key = (outcome, counted_as(message));
        if self.messages.len() >= MAX_MESSAGES && !self.messages.contains_key(&key) {
            *self
                .messages
                .entry((outcome, OTHER_MESSAGES.into()))
                .or_default() += 1;
        } else {
            *self.messages.entry(key).or_default() += 1;
        }
    }

    /// Hands everything over and starts anew.
    pub(crate) fn close(&mut self) -> ClosedLedger {
        let closed = std::mem::take(self);
        let mut messages: Vec<MessageCount> = closed
            .messages
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|((outcome, message), count)| MessageCount {
                outcome,
                message,
                count,
            })
            .collect();
        messages.sort_by_key(|entry| std::cmp::Reverse(entry.count));
        ClosedLedger {
            outcomes: closed.outcomes,
            counts: closed.counts,
            problems: closed.problems.by_index.into_values().collect(),
            problems_omitted: closed.problems.omitted,
            skips: closed.skips.by_index.into_values().map(skip).collect(),
            skips_omitted: closed.skips.omitted,
            messages,
        }
    }
}

fn skip(skipped: Problem) -> Skip {
    Skip {
        index: skipped.index,
        existing: existing_in(&skipped.message),
        message: skipped.message,
        record: skipped.record,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn problem(index: usize, outcome: Outcome, message: &str) -> Problem {
        Problem {
            index,
            outcome,
            message: message.into(),
            record: None,
            request_id: None,
            retryable: false,
        }
    }

    proptest! {
        #[test]
        fn counts_always_sum_to_what_was_handed_in(
            admitted in 0_usize..50,
            settled in proptest::collection::vec((0_usize..60, 0_usize..5), 0..200),
        ) {
            let mut ledger = Ledger::default();
            ledger.admit(admitted);
            for (index, outcome) in settled {
                ledger.settle(index, Outcome::ALL[outcome]);
            }
            let closed = ledger.close();
            prop_assert_eq!(closed.counts.iter().sum::<usize>(), admitted);
            for outcome in Outcome::ALL {
                let of_outcome = closed.outcomes.iter().filter(|entry| *entry == outcome);
                prop_assert_eq!(of_outcome.count(), closed.counts[outcome as usize]);
            }
        }
    }

    #[test]
    fn beyond_the_cap_problems_are_counted_and_not_kept() {
        let mut ledger = Ledger::default();
        ledger.admit(MAX_PROBLEMS + 2);
        for index in 0..MAX_PROBLEMS + 2 {
            ledger.settle_problem(problem(index, Outcome::Failed, "no"));
        }
        let closed = ledger.close();
        assert_eq!(closed.counts[Outcome::Failed as usize], MAX_PROBLEMS + 2);
        assert_eq!(
            (closed.problems.len(), closed.problems_omitted),
            (MAX_PROBLEMS, 2)
        );
        assert_eq!(closed.messages[0].count, MAX_PROBLEMS + 2);
    }

    #[test]
    fn a_resolved_doubt_leaves_no_problem_and_only_doubts_can_be_resolved() {
        let mut ledger = Ledger::default();
        ledger.admit(2);
        ledger.settle_problem(problem(0, Outcome::Unknown, "time-out"));
        ledger.settle_problem(problem(1, Outcome::Failed, "no"));
        assert!(ledger.resolve(0, Outcome::Pushed).is_some());
        assert!(ledger.resolve(1, Outcome::Pushed).is_none());
        let closed = ledger.close();
        assert_eq!(closed.counts, [1, 1, 0, 0, 0]);
        assert_eq!((closed.problems.len(), closed.messages.len()), (1, 1));
    }
}
