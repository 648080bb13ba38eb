//! What the end of a batch means for each of its records.

use std::sync::Arc;

use serde_json::value::RawValue;

use super::books::{Books, Entry};
use super::options::OnError;
use crate::accounts::{self, Claim, Verdict};
use crate::batch::Batch;
use crate::client::{Ending, Trace};
use crate::dead_letter;
use crate::error::{Error, ErrorKind};
use crate::identity::identifying_paths;
use crate::journal::Exception;
use crate::outcomes::Outcome;
use crate::report::Problem;

impl Books {
    /// Settles a batch whose call is over.
    pub(crate) fn settle(&mut self, id: u64, ending: Ending<Claim>, trace: &Trace) {
        let Some(batch) = self.in_flight.remove(&id) else {
            return;
        };
        self.traffic.requests += trace.requests;
        self.traffic.bytes_sent += trace.bytes_sent;
        self.traffic.bytes_received += trace.bytes_received;
        let may_be_there_twice = !self.kind.is_idempotent();
        // An earlier try or an earlier run may have created the records.
        let was_in_doubt = (trace.had_doubt() || batch.was_open) && may_be_there_twice;
        match ending {
            Ending::Answered { value, request_id } => {
                self.sizing.answered(batch.len(), trace.elapsed);
                self.settle_answered(&batch, &value, request_id.as_deref(), was_in_doubt);
                self.write_settled(id, request_id);
            }
            Ending::Refused { error, fatal } => {
                let outcome = if was_in_doubt {
                    Outcome::Unknown
                } else {
                    Outcome::Failed
                };
                self.settle_all(&batch, outcome, &error);
                self.write_settled(id, error.request_id().map(str::to_owned));
                self.consecutive_unknown = 0;
                if fatal {
                    self.end(error, true);
                }
            }
            Ending::TooLarge(error) => self.settle_too_large(&batch, &error, was_in_doubt),
            Ending::NotTaken(error) => {
                self.settle_untaken(&batch, &error, was_in_doubt);
                self.end(error, true);
            }
            Ending::Doubtful { error, ends_run } => {
                if error.kind() == ErrorKind::Timeout {
                    self.sizing.timed_out(batch.len());
                }
                self.settle_all(&batch, Outcome::Unknown, &error);
                self.write_settled(id, error.request_id().map(str::to_owned));
                if ends_run {
                    self.end(error, true);
                } else {
                    self.count_unknown(error);
                }
            }
            Ending::Interrupted(error) => {
                let is_in_doubt = trace.is_in_doubt() || (batch.was_open && may_be_there_twice);
                self.settle_untaken(&batch, &error, is_in_doubt);
                if is_in_doubt && self.kind.is_idempotent() {
                    // The journal keeps it open: the next run sends it again.
                    self.effects.journal.pop();
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
        for (id, batch) in std::mem::take(&mut self.in_flight) {
            self.settle_all(&batch, Outcome::Unknown, error);
            self.write_settled(id, None);
        }
    }

    fn settle_too_large(&mut self, batch: &Batch, error: &Error, was_in_doubt: bool) {
        let halves = batch.halves().filter(|_| !was_in_doubt);
        let Some(halves) = halves else {
            let outcome = if was_in_doubt {
                Outcome::Unknown
            } else {
                Outcome::Failed
            };
            self.settle_all(batch, outcome, error);
            self.write_settled(batch.id, error.request_id().map(str::to_owned));
            return;
        };
        self.sizing.too_large(batch.byte_len());
        self.effects.journal.push(Entry::NotTaken(batch.id));
        for half in halves.into_iter().rev() {
            let half = self.new_batch(half);
            self.ready.push_front(half);
        }
    }

    /// A batch that had no effect in this run: not sent, unless an earlier try leaves it in doubt.
    fn settle_untaken(&mut self, batch: &Batch, error: &Error, is_in_doubt: bool) {
        if is_in_doubt {
            self.settle_all(batch, Outcome::Unknown, error);
            self.write_settled(batch.id, error.request_id().map(str::to_owned));
            return;
        }
        self.effects.journal.push(Entry::NotTaken(batch.id));
        self.keep_all_unsent(batch.records());
    }

    fn settle_answered(
        &mut self,
        batch: &Batch,
        claim: &Claim,
        request_id: Option<&str>,
        was_in_doubt: bool,
    ) {
        let paths = identifying_paths(self.provider, self.kind);
        self.add_members(claim);
        if claim.is_all_pushed(batch.len()) {
            for run in batch.runs() {
                self.ledger
                    .settle_run(run.first_index(), run.len(), Outcome::Pushed);
            }
            self.consecutive_unknown = 0;
            return;
        }
        let records: Vec<&[u8]> = batch.records().map(|(_, json)| json).collect();
        let request_id: Option<Arc<str>> = request_id.map(Arc::from);
        let mut all_unknown = true;
        let verdicts = accounts::settle(&records, paths, claim);
        for ((index, json), verdict) in batch.records().zip(verdicts) {
            let (outcome, message) = match verdict {
                Verdict::Pushed => {
                    all_unknown = false;
                    self.ledger.settle(index, Outcome::Pushed);
                    continue;
                }
                Verdict::Failed(message) if was_in_doubt => (
                    Outcome::Unknown,
                    format!("refused on the repeat, after a try without an answer: {message}"),
                ),
                Verdict::Failed(message) => {
                    all_unknown = false;
                    (Outcome::Failed, message)
                }
                Verdict::Unknown(message) => (Outcome::Unknown, message),
            };
            self.settle_problem(
                index,
                outcome,
                &message.into(),
                Some(json),
                request_id.clone(),
            );
        }
        if all_unknown {
            let error = Error::new(
                ErrorKind::InvalidAnswer,
                "the answer can't be matched to the records sent",
            );
            self.count_unknown(error.with_request_id(request_id.map(|id| id.to_string())));
        } else {
            self.consecutive_unknown = 0;
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
            self.settle_problem(index, outcome, &message, Some(json), request_id.clone());
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
        let problem = problem(index, outcome, message, record, request_id);
        if self.options.dead_letter.is_some() {
            let line = dead_letter::line(self.push_id(), &problem);
            self.effects.dead_letters.extend(line);
            self.note_told(index, outcome);
        }
        if self.is_journaled {
            self.exceptions.push(Exception {
                index,
                outcome,
                message: message.to_string(),
                request_id: problem.request_id.as_deref().map(str::to_owned),
            });
        }
        self.ledger.settle_problem(problem);
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

    fn add_members(&mut self, claim: &Claim) {
        if let Some(members) = claim.members {
            let sum = self.members.get_or_insert_default();
            sum.added = sum.added.saturating_add(members.added);
            sum.removed = sum.removed.saturating_add(members.removed);
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
    }
}

fn raw(json: &[u8]) -> Option<Box<RawValue>> {
    let json = std::str::from_utf8(json).ok()?;
    RawValue::from_string(json.to_owned()).ok()
}
