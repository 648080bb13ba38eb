//! Changes of lists whose names and addresses were looked up: what fits nothing fails, the others go on.

use super::State;
use super::results::{Settlement, problem};
use crate::error::{Error, ErrorKind};
use crate::files::journal::{Intent, unanswered};
use crate::records::batch::Batch;
use crate::report::Outcome;

/// What became of the changes of a batch, by their positions, which ascend.
#[derive(Default)]
pub(crate) struct Resolution {
    pub(crate) ready: Vec<usize>,
    /// Ready as well, but of the same list as one before.
    pub(crate) later: Vec<usize>,
    /// They name what fits nothing, or several, or would undo a later change that went through: with the message.
    pub(crate) wrong: Vec<(usize, String)>,
    pub(crate) not_looked_up: Vec<usize>,
    /// Why those were not looked up.
    pub(crate) failure: Option<Error>,
}

impl Resolution {
    /// Whether the batch can travel as it is.
    pub(crate) fn is_whole(&self) -> bool {
        self.later.is_empty() && self.wrong.is_empty() && self.not_looked_up.is_empty()
    }
}

impl State {
    /// Settles what of a batch can't travel; the rest leaves next.
    pub(crate) fn settle_resolution(
        &mut self,
        id: u64,
        resolution: Resolution,
        interruption: Option<Error>,
    ) {
        let Some(batch) = self.outbox.take(id) else {
            return;
        };
        let is_stopped = interruption.is_some() || self.has_ended();
        if is_stopped || (batch.was_open && resolution.failure.is_some()) {
            if batch.was_open {
                // The journal keeps it open, so the next run will decide.
                self.settle_in_doubt(&batch, &unanswered());
            } else {
                self.results.keep_unsent(batch.records());
            }
            if let Some(error) = interruption {
                let always = error.kind() == ErrorKind::Cancelled;
                self.end(error, always);
            }
        } else {
            self.settle_wrong(&batch, &resolution.wrong);
            let not_looked_up = batch.only(&resolution.not_looked_up);
            for run in &not_looked_up {
                self.results.keep_unsent(run.records());
            }
            let parts = [resolution.later, resolution.ready];
            for positions in &parts {
                self.send_again(&batch, positions);
            }
        }
        match resolution.failure {
            Some(error) => self.note_failed_look(error, resolution.not_looked_up.len()),
            None => self.failed_looks.in_a_row = 0,
        }
        self.results
            .correct_dead_letters(batch.records().map(|(index, _)| index));
        self.obey_stop_rules();
    }

    fn settle_wrong(&mut self, batch: &Batch, wrong: &[(usize, String)]) {
        if wrong.is_empty() {
            return;
        }
        let positions: Vec<usize> = wrong.iter().map(|(position, _)| *position).collect();
        // A batch that never leaves, so that the journal has these records.
        let left_out = self.outbox.new_batch(batch.only(&positions));
        let mut settlement = Settlement::of(if batch.was_open { batch } else { &left_out });
        for ((index, json), (_, message)) in left_out.records().zip(wrong) {
            let (outcome, message) = if batch.was_open {
                let message = format!("{}; not sent again: {message}", unanswered().message());
                (Outcome::Unknown, message.into())
            } else {
                (Outcome::Failed, message.as_str().into())
            };
            let problem = problem(index, outcome, &message, Some(json), None);
            self.results.settle(&mut settlement, problem);
        }
        if batch.was_open {
            let message = "an earlier run may have sent it; it is sent again";
            for (position, (index, _)) in batch.records().enumerate() {
                if positions.binary_search(&position).is_err() {
                    self.results.set_free(&mut settlement, index, message);
                }
            }
            self.results.write_settled(settlement, None);
        } else if self.results.has_journal() {
            let intent = Intent::of(&left_out, None);
            self.results.write_left_out(intent, settlement);
        }
    }
}
