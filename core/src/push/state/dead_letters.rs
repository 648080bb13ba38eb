//! Lines of the dead-letter file; the last one of a record is its outcome.

use std::collections::HashMap;

use serde_json::value::RawValue;

use crate::files::dead_letter;
use crate::report::{Outcome, Problem};

pub(super) struct DeadLetters {
    /// Names this push in the file.
    push_id: String,
    /// What the file says of the records that earlier runs wrote lines for.
    told: HashMap<usize, Outcome>,
}

impl DeadLetters {
    pub(super) fn new(push_id: String, told: HashMap<usize, Outcome>) -> Self {
        Self { push_id, told }
    }

    pub(super) fn add(&mut self, problem: &Problem, lines: &mut Vec<u8>) {
        lines.extend(dead_letter::line(&self.push_id, problem));
        if let Some(told) = self.told.get_mut(&problem.index) {
            *told = problem.outcome;
        }
    }

    /// Adds a line where the last one, of an earlier run, has another outcome.
    pub(super) fn correct(
        &mut self,
        index: usize,
        outcome: Outcome,
        record: Option<&RawValue>,
        lines: &mut Vec<u8>,
    ) {
        if self.told.get(&index).is_none_or(|told| *told == outcome) {
            return;
        }
        let corrected = Problem {
            index,
            outcome,
            message: format!("{} in a later run of this push", outcome.as_str()).into(),
            record: record.map(RawValue::to_owned),
            request_id: None,
            retryable: false,
        };
        self.add(&corrected, lines);
    }

    /// The records that earlier runs wrote lines for.
    pub(super) fn told_of(&self) -> Vec<usize> {
        let mut indexes: Vec<usize> = self.told.keys().copied().collect();
        indexes.sort_unstable();
        indexes
    }

    /// The lines of earlier runs are about another source's records.
    pub(super) fn forget(&mut self) {
        self.told.clear();
    }
}
