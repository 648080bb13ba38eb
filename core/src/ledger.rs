//! The law of accounts: every record that was handed in has exactly one outcome, by its index.

use serde::Serialize;

use crate::report::Problem;

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Outcome {
    /// The service answered that it was created, or the list change applied. Don't send it again.
    Pushed = 0,
    /// The service, the CRM or our own validation refused it; the message says why.
    Failed = 1,
    /// It was sent and no trustworthy answer came: look before you send it again.
    Unknown = 2,
    /// It never left; it is safe to send.
    NotSent = 3,
}

impl Outcome {
    /// The name used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pushed => "pushed",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::NotSent => "not_sent",
        }
    }
}

/// Outcomes by index. A record is `NotSent` from when it is handed in until it is settled, and
/// counts follow each change, so the four always sum to what was handed in.
#[derive(Default)]
pub(crate) struct Ledger {
    outcomes: Vec<u8>,
    counts: [usize; 4],
    problems: Vec<Problem>,
}

impl Ledger {
    /// Takes in `count` more records; returns the index of the first.
    pub(crate) fn admit(&mut self, count: usize) -> usize {
        let first = self.outcomes.len();
        self.outcomes.resize(first + count, Outcome::NotSent as u8);
        self.counts[Outcome::NotSent as usize] += count;
        first
    }

    pub(crate) fn settle(&mut self, index: usize, outcome: Outcome) {
        if let Some(entry) = self.outcomes.get_mut(index) {
            self.counts[usize::from(*entry)] -= 1;
            self.counts[outcome as usize] += 1;
            *entry = outcome as u8;
        }
    }

    pub(crate) fn settle_problem(&mut self, problem: Problem) {
        self.settle(problem.index, problem.outcome);
        self.problems.push(problem);
    }

    pub(crate) fn count(&self, outcome: Outcome) -> usize {
        self.counts[outcome as usize]
    }

    /// Outcomes by index, counts by outcome, and the problems in the order of the input.
    pub(crate) fn close(&mut self) -> (Vec<u8>, [usize; 4], Vec<Problem>) {
        let mut closed = std::mem::take(self);
        closed.problems.sort_by_key(|problem| problem.index);
        (closed.outcomes, closed.counts, closed.problems)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn counts_always_sum_to_what_was_handed_in(
            admitted in 0_usize..50,
            settled in proptest::collection::vec((0_usize..60, 0_usize..4), 0..200),
        ) {
            let all = [Outcome::Pushed, Outcome::Failed, Outcome::Unknown, Outcome::NotSent];
            let mut ledger = Ledger::default();
            ledger.admit(admitted);
            for (index, outcome) in settled {
                ledger.settle(index, all[outcome]);
            }
            let (outcomes, counts, _) = ledger.close();
            prop_assert_eq!(counts.iter().sum::<usize>(), admitted);
            for outcome in all {
                let of_outcome = outcomes.iter().filter(|entry| **entry == outcome as u8);
                prop_assert_eq!(of_outcome.count(), counts[outcome as usize]);
            }
        }
    }
}
