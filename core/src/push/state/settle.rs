//! What the end of a batch means for each of its records.

use std::sync::Arc;

use super::State;
use super::results::{Settlement, problem};
use crate::error::{Error, ErrorKind};
use crate::http::answer::Invalid;
use crate::http::call::{Ending, Trace};
use crate::push::claim::{Asked, Claim};
use crate::push::verdict::{self, Verdict};
use crate::records::batch::Batch;
use crate::report::{AskedAndDone, Outcome, Problem};

impl State {
    /// Settles a batch whose call is over.
    pub(crate) fn settle(&mut self, id: u64, ending: Ending<Claim>, trace: &Trace) {
        let Some(batch) = self.outbox.take(id) else {
            return;
        };
        self.results.count_traffic(trace);
        self.answers.over(batch.len());
        // An earlier try, part or run may have had its effect.
        let was_in_doubt = trace.had_doubt() || batch.was_open || batch.may_be_there;
        match ending {
            Ending::Answered { value, request_id } => {
                self.outbox.sizing.answered(batch.len(), trace.elapsed);
                self.answers.answered(batch.len(), trace.elapsed);
                self.settle_answered(&batch, &value, request_id, was_in_doubt);
            }
            Ending::Refused { error, fatal } => {
                self.stop.note_trusted();
                if was_in_doubt {
                    self.settle_in_doubt(&batch, &error);
                } else if fatal {
                    // Refused as a whole before any record was touched.
                    self.settle_untaken(&batch);
                } else {
                    self.settle_failed(&batch, &error);
                }
                if fatal {
                    self.end(error, true);
                }
            }
            Ending::TooLarge(error) => {
                if !was_in_doubt && batch.len() > 1 {
                    self.outbox.sizing.too_large(batch.byte_len());
                }
                self.settle_by_halves(&batch, &error, was_in_doubt);
            }
            Ending::Invalid { error, body } => {
                self.stop.note_trusted();
                self.settle_invalid(&batch, error, &body, was_in_doubt);
            }
            Ending::NotTaken(error) => {
                if was_in_doubt {
                    self.settle_in_doubt(&batch, &error);
                } else {
                    self.settle_untaken(&batch);
                }
                self.end(error, true);
            }
            Ending::Doubtful { error, ends_run } => {
                if error.kind() == ErrorKind::Timeout {
                    self.outbox.sizing.timed_out(batch.len());
                }
                self.settle_in_doubt(&batch, &error);
                if ends_run {
                    self.end(error, true);
                } else {
                    self.stop.count_unknown(error);
                }
            }
            Ending::Interrupted(error) => {
                if trace.is_in_doubt() || batch.was_open || batch.may_be_there {
                    self.settle_in_doubt(&batch, &error);
                } else {
                    self.settle_untaken(&batch);
                }
                let always = error.kind() == ErrorKind::Cancelled;
                self.end(error, always);
            }
        }
        self.results
            .correct_dead_letters(batch.records().map(|(index, _)| index));
        self.obey_stop_rules();
    }

    /// Counts memberships of requests that were answered, whatever becomes of their batch.
    pub(crate) fn count_members(&mut self, members: AskedAndDone) {
        self.results.count_members(members);
    }

    /// Batches whose carriers are gone without a word.
    pub(crate) fn settle_lost(&mut self, error: &Error) {
        for batch in self.outbox.take_all_in_flight() {
            self.settle_in_doubt(&batch, error);
        }
    }

    /// A batch that had no effect: its records are not sent, and free for another run.
    pub(super) fn settle_untaken(&mut self, batch: &Batch) {
        self.results.write_not_taken(batch.id);
        self.results.keep_unsent(batch.records());
    }

    /// A batch that may have had its effect. The journal keeps one that may be repeated open, so that the
    /// next run sends it again.
    pub(super) fn settle_in_doubt(&mut self, batch: &Batch, error: &Error) {
        let settlement = self.results.settle_all(batch, Outcome::Unknown, error);
        if self.target.kind.is_idempotent() {
            for (index, _) in batch.records() {
                self.results.note_doubt(index, batch.id);
            }
        } else {
            let request_id = error.request_id().map(str::to_owned);
            self.results.write_settled(settlement, request_id);
        }
    }

    /// A batch that was refused as a whole, for what is in it.
    fn settle_failed(&mut self, batch: &Batch, error: &Error) {
        let settlement = self.results.settle_all(batch, Outcome::Failed, error);
        let request_id = error.request_id().map(str::to_owned);
        self.results.write_settled(settlement, request_id);
    }

    /// A batch that was refused as a whole for something in it: the half without that will pass.
    fn settle_by_halves(&mut self, batch: &Batch, error: &Error, was_in_doubt: bool) {
        if was_in_doubt {
            return self.settle_in_doubt(batch, error);
        }
        let Some(halves) = batch.halves() else {
            return self.settle_failed(batch, error);
        };
        self.results.write_not_taken(batch.id);
        self.outbox.send_next(halves.into_iter());
    }

    /// A 422: nothing of the request was taken, so what it does not refuse travels again.
    fn settle_invalid(&mut self, batch: &Batch, error: Error, body: &[u8], was_in_doubt: bool) {
        if was_in_doubt {
            return self.settle_in_doubt(batch, &error);
        }
        match Invalid::read(body, batch.len()) {
            Invalid::Call => {
                self.settle_untaken(batch);
                self.end(error, true);
            }
            Invalid::Untold => self.settle_by_halves(batch, &error, false),
            Invalid::Records(refused) => {
                let request_id: Option<Arc<str>> = error.request_id().map(Arc::from);
                let mut refused = refused.into_iter().peekable();
                let mut others = Vec::new();
                let mut settlement = Settlement::of(batch);
                for (position, (index, json)) in batch.records().enumerate() {
                    if let Some((_, message)) = refused.next_if(|(place, _)| *place == position) {
                        let message = format!("the service refuses the record: {message}");
                        let problem = problem(
                            index,
                            Outcome::Failed,
                            &message.into(),
                            Some(json),
                            request_id.clone(),
                        );
                        self.results.settle(&mut settlement, problem);
                    } else {
                        others.push(position);
                        let message = "refused together with another record";
                        self.results.set_free(&mut settlement, index, message);
                    }
                }
                let request_id = error.request_id().map(str::to_owned);
                self.results.write_settled(settlement, request_id);
                self.send_again(batch, &others);
            }
        }
    }

    fn settle_answered(
        &mut self,
        batch: &Batch,
        claim: &Claim,
        request_id: Option<String>,
        was_in_doubt: bool,
    ) {
        let mut settlement = Settlement::of(batch);
        if claim.is_all_pushed(batch.len()) {
            self.results.settle_all_pushed(batch);
            self.stop.note_trusted();
            self.crm_pause.came_through(batch.id);
            return self.results.write_settled(settlement, request_id);
        }
        let asked = Asked::new(batch.sent(), self.target.naming, self.target.kind);
        let shared_id: Option<Arc<str>> = request_id.as_deref().map(Arc::from);
        let may_be_there = was_in_doubt && !self.target.kind.is_idempotent();
        let mut all_unknown = true;
        let mut held_back = Vec::new();
        let mut last_message = None;
        self.note_list_errors(batch, &asked, claim);
        let verdicts = verdict::settle(&asked, claim);
        for (position, ((index, json), verdict)) in batch.records().zip(verdicts).enumerate() {
            let (outcome, message, retryable) = match verdict {
                Verdict::Pushed => {
                    all_unknown = false;
                    self.results.settle_pushed(index);
                    continue;
                }
                Verdict::HeldBack(message) if !was_in_doubt => {
                    all_unknown = false;
                    held_back.push(position);
                    self.results.set_free(&mut settlement, index, &message);
                    last_message = Some(message);
                    continue;
                }
                Verdict::Failed { message, .. } | Verdict::HeldBack(message) if may_be_there => (
                    Outcome::Unknown,
                    format!("refused on the repeat, after a try without an answer: {message}"),
                    false,
                ),
                Verdict::Failed { message, retryable } => {
                    all_unknown = false;
                    (Outcome::Failed, message, retryable)
                }
                Verdict::HeldBack(message) | Verdict::Unknown(message) => {
                    (Outcome::Unknown, message, false)
                }
            };
            let problem = Problem {
                retryable,
                ..problem(
                    index,
                    outcome,
                    &message.into(),
                    Some(json),
                    shared_id.clone(),
                )
            };
            self.results.settle(&mut settlement, problem);
        }
        self.results.write_settled(settlement, request_id.clone());
        if all_unknown {
            let error = Error::new(
                ErrorKind::InvalidAnswer,
                "the answer can't be matched to the records sent",
            );
            self.stop.count_unknown(error.with_request_id(request_id));
        } else {
            self.stop.note_trusted();
        }
        match last_message {
            Some(message) => self.hold_back(batch, &held_back, message),
            None => self.crm_pause.came_through(batch.id),
        }
    }

    /// Sends records of a batch again, as one without the others.
    pub(super) fn send_again(&mut self, batch: &Batch, positions: &[usize]) {
        if !positions.is_empty() {
            self.outbox
                .send_next(std::iter::once(batch.only(positions)));
        }
    }

    /// The CRM's own rate limit kept it from taking these records: they wait and are sent again.
    fn hold_back(&mut self, batch: &Batch, positions: &[usize], message: String) {
        let next_batch_id = self.outbox.next_batch_id();
        let pause = self.crm_pause.hold_back(batch.id, next_batch_id, message);
        self.send_again(batch, positions);
        match pause {
            Ok(Some(pause)) => self.results.pause(pause),
            Ok(None) => {}
            Err(error) => self.end(error, true),
        }
    }
}
