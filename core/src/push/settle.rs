//! What the end of a batch means for each of its records.

use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;

use super::books::{Books, Entry};
use super::options::OnError;
use crate::crm::facts::naming_fields;
use crate::error::{Error, ErrorKind};
use crate::files::dead_letter;
use crate::files::journal::Exception;
use crate::http::answer::Invalid;
use crate::http::call::{Ending, Trace};
use crate::http::repeat::MAX_REQUESTED_WAIT;
use crate::push::verdict::{self, Asked, Claim, Verdict};
use crate::records::batch::Batch;
use crate::report::Outcome;
use crate::report::Problem;

/// The first wait when the CRM's own rate limit is reached; it doubles as long as nothing gets through.
const FIRST_PAUSE: Duration = Duration::from_secs(10);

/// How a push waits for the CRM's own rate limit.
#[derive(Default)]
pub(super) struct CrmPause {
    /// Pauses in a row.
    level: u32,
    /// The first batch that left, or will leave, after the newest pause.
    first_batch: u64,
    /// The CRM's own words, as long as it holds records back.
    pub(super) message: Option<String>,
}

impl Books {
    /// Settles a batch whose call is over.
    pub(crate) fn settle(&mut self, id: u64, ending: Ending<Claim>, trace: &Trace) {
        let Some(batch) = self.in_flight.remove(&id) else {
            return;
        };
        self.traffic.requests += trace.requests;
        self.traffic.bytes_sent += trace.bytes_sent;
        self.traffic.bytes_received += trace.bytes_received;
        // An earlier try, part or run may have had its effect.
        let was_in_doubt = trace.had_doubt() || batch.was_open;
        match ending {
            Ending::Answered { value, request_id } => {
                self.sizing.answered(batch.len(), trace.elapsed);
                self.settle_answered(&batch, &value, request_id, was_in_doubt);
            }
            Ending::Refused { error, fatal } => {
                self.consecutive_unknown = 0;
                if was_in_doubt {
                    self.settle_in_doubt(&batch, &error);
                } else if fatal {
                    // Refused as a whole before any record was touched.
                    self.settle_untaken(&batch);
                } else {
                    self.settle_all(&batch, Outcome::Failed, &error);
                    self.write_settled(id, error.request_id().map(str::to_owned));
                }
                if fatal {
                    self.end(error, true);
                }
            }
            Ending::TooLarge(error) => {
                if !was_in_doubt && batch.len() > 1 {
                    self.sizing.too_large(batch.byte_len());
                }
                self.settle_by_halves(&batch, &error, was_in_doubt);
            }
            Ending::Invalid { error, body } => {
                self.consecutive_unknown = 0;
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
                    self.sizing.timed_out(batch.len());
                }
                self.settle_in_doubt(&batch, &error);
                if ends_run {
                    self.end(error, true);
                } else {
                    self.count_unknown(error);
                }
            }
            Ending::Interrupted(error) => {
                if trace.is_in_doubt() || batch.was_open {
                    self.settle_in_doubt(&batch, &error);
                } else {
                    self.settle_untaken(&batch);
                }
                let always = error.kind() == ErrorKind::Cancelled;
                self.end(error, always);
            }
        }
        self.correct_dead_letters(batch.records().map(|(index, _)| index));
        self.obey_stop_rules();
    }

    /// Batches whose carriers are gone without a word.
    pub(crate) fn settle_lost(&mut self, error: &Error) {
        for (_, batch) in std::mem::take(&mut self.in_flight) {
            self.settle_in_doubt(&batch, error);
        }
    }

    /// A batch that had no effect: its records are not sent, and free for another run.
    fn settle_untaken(&mut self, batch: &Batch) {
        self.effects.journal.push(Entry::NotTaken(batch.id));
        self.keep_all_unsent(batch.records());
    }

    /// A batch that may have had its effect. The journal keeps one that may be repeated open, so that the
    /// next run sends it again.
    fn settle_in_doubt(&mut self, batch: &Batch, error: &Error) {
        self.settle_all(batch, Outcome::Unknown, error);
        if self.kind.is_idempotent() {
            self.exceptions.clear();
            for (index, _) in batch.records() {
                self.doubted_in.insert(index, batch.id);
            }
        } else {
            self.write_settled(batch.id, error.request_id().map(str::to_owned));
        }
    }

    /// A batch that was refused as a whole for something in it: the half without that will pass.
    fn settle_by_halves(&mut self, batch: &Batch, error: &Error, was_in_doubt: bool) {
        if was_in_doubt {
            return self.settle_in_doubt(batch, error);
        }
        let Some(halves) = batch.halves() else {
            self.settle_all(batch, Outcome::Failed, error);
            return self.write_settled(batch.id, error.request_id().map(str::to_owned));
        };
        self.effects.journal.push(Entry::NotTaken(batch.id));
        for half in halves.into_iter().rev() {
            let half = self.new_batch(half);
            self.ready.push_front(half);
        }
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
                        self.note_problem(problem);
                    } else {
                        others.push(position);
                        self.set_free(index, "refused together with another record");
                    }
                }
                self.write_settled(batch.id, error.request_id().map(str::to_owned));
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
        if let Some(members) = claim.members {
            self.members = Some(self.members.unwrap_or_default().and(members));
        }
        if claim.is_all_pushed(batch.len()) {
            for run in batch.runs() {
                self.ledger
                    .settle_run(run.first_index(), run.len(), Outcome::Pushed);
            }
            self.consecutive_unknown = 0;
            self.end_crm_pause(batch);
            return self.write_settled(batch.id, request_id);
        }
        let asked = Asked::new(
            batch.records().map(|(_, json)| json),
            naming_fields(self.provider, self.kind),
            self.kind,
        );
        let shared_id: Option<Arc<str>> = request_id.as_deref().map(Arc::from);
        let may_be_there = was_in_doubt && !self.kind.is_idempotent();
        let mut all_unknown = true;
        let mut held_back = Vec::new();
        let mut last_message = None;
        let verdicts = verdict::settle(&asked, claim);
        for (position, ((index, json), verdict)) in batch.records().zip(verdicts).enumerate() {
            let (outcome, message, retryable) = match verdict {
                Verdict::Pushed => {
                    all_unknown = false;
                    self.ledger.settle(index, Outcome::Pushed);
                    continue;
                }
                Verdict::HeldBack(message) if !was_in_doubt => {
                    all_unknown = false;
                    held_back.push(position);
                    self.set_free(index, &message);
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
            self.note_problem(problem);
        }
        self.write_settled(batch.id, request_id.clone());
        if all_unknown {
            let error = Error::new(
                ErrorKind::InvalidAnswer,
                "the answer can't be matched to the records sent",
            );
            self.count_unknown(error.with_request_id(request_id));
        } else {
            self.consecutive_unknown = 0;
        }
        match last_message {
            Some(message) => self.hold_back(batch, &held_back, message),
            None => self.end_crm_pause(batch),
        }
    }

    /// Sends records of a batch again, as one without the others.
    fn send_again(&mut self, batch: &Batch, positions: &[usize]) {
        if !positions.is_empty() {
            let again = self.new_batch(batch.only(positions));
            self.ready.push_front(again);
        }
    }

    /// The CRM's own rate limit kept it from taking these records: they wait and are sent again.
    fn hold_back(&mut self, batch: &Batch, positions: &[usize], message: String) {
        let is_of_this_pause = batch.id < self.crm_pause.first_batch;
        if !is_of_this_pause {
            self.crm_pause.level += 1;
            self.crm_pause.first_batch = self.next_batch_id;
        }
        self.send_again(batch, positions);
        let factor = 2_u32.saturating_pow(self.crm_pause.level - 1);
        let pause = FIRST_PAUSE.saturating_mul(factor);
        if pause > MAX_REQUESTED_WAIT {
            let error = Error::new(
                ErrorKind::RateLimited,
                format!(
                    "the rate limit of {} itself is reached, and waiting did not help: {message}",
                    self.provider
                ),
            );
            self.end(error, true);
        } else if !is_of_this_pause {
            self.effects.pause = Some(pause);
        }
        self.crm_pause.message = Some(message);
    }

    /// A batch came through that left after the newest pause.
    fn end_crm_pause(&mut self, batch: &Batch) {
        if batch.id >= self.crm_pause.first_batch {
            self.crm_pause.level = 0;
            self.crm_pause.message = None;
        }
    }

    fn count_unknown(&mut self, error: Error) {
        self.consecutive_unknown += 1;
        if self.consecutive_unknown == self.options.max_consecutive_unknown {
            let context = format!(
                "{} batches in a row got no trustworthy answer",
                self.consecutive_unknown
            );
            self.end(error.in_context(&context), false);
        }
    }

    pub(super) fn obey_stop_rules(&mut self) {
        if self.has_ended() {
            return;
        }
        // What ended an earlier run must not end this one as well.
        let of_this_run = |outcome: Outcome| {
            self.count(outcome)
                .saturating_sub(self.settled_before[outcome as usize])
        };
        let [pushed, failed, unknown] =
            [Outcome::Pushed, Outcome::Failed, Outcome::Unknown].map(of_this_run);
        if self.options.on_error == OnError::Stop && failed + unknown > 0 {
            let words =
                format!("{failed} records failed and {unknown} are unknown (on_error is stop)");
            self.end(Error::new(ErrorKind::Stopped, words), false);
        } else if let Some(most) = self.options.max_failures {
            let tried = pushed + failed + unknown;
            if most.are_exceeded(failed, tried) {
                let words =
                    format!("{failed} of {tried} records failed, more than max_failures allows");
                self.end(Error::new(ErrorKind::Stopped, words), false);
            }
        }
    }

    pub(super) fn settle_all(&mut self, batch: &Batch, outcome: Outcome, error: &Error) {
        let message: Arc<str> = error.message().into();
        let request_id: Option<Arc<str>> = error.request_id().map(Arc::from);
        for (index, json) in batch.records() {
            let problem = problem(index, outcome, &message, Some(json), request_id.clone());
            self.note_problem(problem);
        }
    }

    pub(super) fn settle_problem(
        &mut self,
        index: usize,
        outcome: Outcome,
        message: &Arc<str>,
        record: Option<&[u8]>,
        request_id: Option<Arc<str>>,
    ) {
        self.note_problem(problem(index, outcome, message, record, request_id));
    }

    fn note_problem(&mut self, problem: Problem) {
        if self.options.dead_letter.is_some() {
            let line = dead_letter::line(self.push_id(), &problem);
            self.effects.dead_letters.extend(line);
            self.note_told(problem.index, problem.outcome);
        }
        if self.is_journaled {
            self.exceptions.push(Exception {
                index: problem.index,
                outcome: problem.outcome,
                message: problem.message.to_string(),
                request_id: problem.request_id.as_deref().map(str::to_owned),
            });
        }
        self.ledger.settle_problem(problem);
    }

    /// Of a settled batch, a record that certainly was not taken and may be sent in another.
    fn set_free(&mut self, index: usize, message: &str) {
        if self.is_journaled {
            self.exceptions.push(Exception {
                index,
                outcome: Outcome::NotSent,
                message: message.to_owned(),
                request_id: None,
            });
        }
    }

    /// What an earlier run has written down already.
    pub(super) fn settle_quietly(
        &mut self,
        index: usize,
        outcome: Outcome,
        message: &Arc<str>,
        record: Option<&[u8]>,
        request_id: Option<Arc<str>>,
    ) {
        if outcome == Outcome::Pushed {
            self.ledger.settle(index, outcome);
        } else {
            self.ledger
                .settle_problem(problem(index, outcome, message, record, request_id));
        }
    }

    pub(super) fn write_settled(&mut self, batch: u64, request_id: Option<String>) {
        let exceptions = std::mem::take(&mut self.exceptions);
        if self.is_journaled {
            for exception in &exceptions {
                if exception.outcome == Outcome::Unknown {
                    self.doubted_in.insert(exception.index, batch);
                }
            }
            self.effects.journal.push(Entry::Settled {
                batch,
                request_id,
                exceptions,
            });
        }
    }

    pub(super) fn keep_unsent(&mut self, index: usize, json: &[u8]) {
        if let Some(json) = raw(json) {
            self.unsent.insert(index, json);
        }
    }

    pub(super) fn keep_all_unsent<'a>(&mut self, records: impl Iterator<Item = (usize, &'a [u8])>) {
        for (index, json) in records {
            self.keep_unsent(index, json);
        }
    }
}

fn problem(
    index: usize,
    outcome: Outcome,
    message: &Arc<str>,
    record: Option<&[u8]>,
    request_id: Option<Arc<str>>,
) -> Problem {
    Problem {
        index,
        outcome,
        message: Arc::clone(message),
        record: record.and_then(raw),
        request_id,
        retryable: false,
    }
}

fn raw(json: &[u8]) -> Option<Box<RawValue>> {
    let json = std::str::from_utf8(json).ok()?;
    RawValue::from_string(json.to_owned()).ok()
}
