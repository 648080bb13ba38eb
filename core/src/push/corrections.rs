//! Lines of earlier runs in the dead-letter file that are not true any more.

use super::books::Books;
use crate::files::dead_letter;
use crate::report::Outcome;
use crate::report::Problem;

impl Books {
    /// Adds a line for each of these records whose last line, of an earlier run, has another outcome.
    pub(super) fn correct_dead_letters(&mut self, indexes: impl Iterator<Item = usize>) {
        if self.told.is_empty() {
            return;
        }
        for index in indexes {
            let (Some(told), Some(outcome)) = (self.told.get(&index), self.ledger.outcome(index))
            else {
                continue;
            };
            // Nothing new is known of a record that this run did not read.
            if *told == outcome || (outcome == Outcome::NotSent && index >= self.read()) {
                continue;
            }
            let corrected = Problem {
                index,
                outcome,
                message: format!("{} in a later run of this push", outcome.as_str()).into(),
                record: self.unsent.get(&index).cloned(),
                request_id: None,
                retryable: false,
            };
            let line = dead_letter::line(self.push_id(), &corrected);
            self.effects.dead_letters.extend(line);
            self.note_told(index, outcome);
        }
    }

    /// As [`correct_dead_letters`](Self::correct_dead_letters), of all records that had a line.
    pub(super) fn correct_all_dead_letters(&mut self) {
        let mut indexes: Vec<usize> = self.told.keys().copied().collect();
        indexes.sort_unstable();
        self.correct_dead_letters(indexes.into_iter());
    }

    /// To be called for each further line.
    pub(super) fn note_told(&mut self, index: usize, outcome: Outcome) {
        if let Some(told) = self.told.get_mut(&index) {
            *told = outcome;
        }
    }
}
