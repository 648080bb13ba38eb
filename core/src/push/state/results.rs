//! What became of the records so far, and what of it must be written down.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::value::RawValue;

use super::dead_letters::DeadLetters;
use super::effects::{Effects, Entry};
use super::ledger::Ledger;
use crate::error::Error;
use crate::files::journal::{Exception, Intent};
use crate::http::call::Trace;
use crate::records::Run;
use crate::records::batch::Batch;
use crate::records::key::Key;
use crate::report::{AskedAndDone, ClosedLedger, Outcome, Problem, Unsent};

/// Requests and bytes of a push so far.
#[derive(Clone, Copy, Default)]
pub(crate) struct Traffic {
    pub(crate) requests: u64,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
}

pub(super) struct Results {
    ledger: Ledger,
    /// Records at the end of the source that were never read.
    unread: usize,
    unsent: BTreeMap<usize, Box<RawValue>>,
    traffic: Traffic,
    members: Option<AskedAndDone>,
    /// `None` without a dead-letter file.
    dead_letters: Option<DeadLetters>,
    /// The journal's batch of each record in doubt; `None` without a journal.
    doubted_in: Option<BTreeMap<usize, u64>>,
    effects: Effects,
}

/// The end of one batch, while it is put together: what the journal must know beside "pushed".
pub(super) struct Settlement {
    batch: u64,
    exceptions: Vec<Exception>,
}

impl Settlement {
    pub(super) fn of(batch: &Batch) -> Self {
        Self {
            batch: batch.id,
            exceptions: Vec::new(),
        }
    }
}

impl Results {
    pub(super) fn new(dead_letters: Option<DeadLetters>, has_journal: bool) -> Self {
        Self {
            ledger: Ledger::default(),
            unread: 0,
            unsent: BTreeMap::new(),
            traffic: Traffic::default(),
            members: None,
            dead_letters,
            doubted_in: has_journal.then(BTreeMap::new),
            effects: Effects::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.ledger.len()
    }

    pub(super) fn count(&self, outcome: Outcome) -> usize {
        self.ledger.count(outcome)
    }

    pub(super) fn outcome(&self, index: usize) -> Option<Outcome> {
        self.ledger.outcome(index)
    }

    /// Records handed in, those that were never read left out.
    pub(super) fn read(&self) -> usize {
        self.ledger.len() - self.unread
    }

    pub(super) fn traffic(&self) -> Traffic {
        self.traffic
    }

    pub(super) fn has_journal(&self) -> bool {
        self.doubted_in.is_some()
    }

    /// Leaves the journal alone from now on.
    pub(super) fn lose_journal(&mut self) {
        self.doubted_in = None;
    }

    pub(super) fn take_effects(&mut self) -> Effects {
        std::mem::take(&mut self.effects)
    }

    pub(super) fn pause(&mut self, pause: std::time::Duration) {
        self.effects.pause = Some(pause);
    }

    /// Takes in `count` more records; returns the index of the first.
    pub(super) fn admit(&mut self, count: usize) -> usize {
        self.ledger.admit(count)
    }

    pub(super) fn count_unread(&mut self, count: usize) {
        self.unread += count;
    }

    /// A record that nobody read has an outcome of an earlier run.
    pub(super) fn is_known_unread(&mut self) {
        self.unread -= 1;
    }

    pub(super) fn count_traffic(&mut self, trace: &Trace) {
        self.traffic.requests += trace.requests;
        self.traffic.bytes_sent += trace.bytes_sent;
        self.traffic.bytes_received += trace.bytes_received;
    }

    pub(super) fn add_traffic(&mut self, more: Traffic) {
        self.traffic.requests += more.requests;
        self.traffic.bytes_sent += more.bytes_sent;
        self.traffic.bytes_received += more.bytes_received;
    }

    pub(super) fn count_members(&mut self, members: AskedAndDone) {
        self.members = Some(self.members.unwrap_or_default().and(members));
    }

    pub(super) fn members(&self) -> Option<AskedAndDone> {
        self.members
    }

    /// None of these records was sent, whatever the journal says of another source's.
    pub(super) fn forget(&mut self) {
        self.unread = self.ledger.len();
        self.ledger = Ledger::default();
        self.ledger.admit(self.unread);
        self.unsent.clear();
        if let Some(doubted_in) = &mut self.doubted_in {
            doubted_in.clear();
        }
        if let Some(dead_letters) = &mut self.dead_letters {
            dead_letters.forget();
        }
        self.effects = Effects::default();
    }

    pub(super) fn settle_pushed(&mut self, index: usize) {
        self.ledger.settle(index, Outcome::Pushed);
    }

    pub(super) fn settle_all_pushed(&mut self, batch: &Batch) {
        for run in batch.runs() {
            self.settle_run_pushed(run);
        }
    }

    pub(super) fn settle_run_pushed(&mut self, run: &Run) {
        self.ledger
            .settle_run(run.first_index(), run.len(), Outcome::Pushed);
    }

    /// The journal learns what became of a key that an earlier run has left in doubt.
    pub(super) fn write_resolved_key(&mut self, key: Key, outcome: Outcome) {
        if self.has_journal() {
            self.effects
                .journal
                .push(Entry::ResolvedKey { key, outcome });
        }
    }

    /// The journal learns which record was left out because another one of its run has its key.
    pub(super) fn write_repeated(&mut self, key: Key, record: u64) {
        if self.has_journal() {
            self.effects.journal.push(Entry::Repeated { key, record });
        }
    }

    /// A record that was refused, skipped or is in doubt, outside of any batch's end.
    pub(super) fn settle_alone(&mut self, problem: Problem) {
        if let Some(dead_letters) = &mut self.dead_letters
            && problem.outcome != Outcome::Skipped
        {
            dead_letters.add(&problem, &mut self.effects.dead_letters);
        }
        self.ledger.settle_problem(problem);
    }

    /// A record of a batch that was refused or is in doubt.
    pub(super) fn settle(&mut self, settlement: &mut Settlement, problem: Problem) {
        if self.has_journal() {
            settlement.exceptions.push(Exception {
                index: problem.index,
                outcome: problem.outcome,
                message: problem.message.to_string(),
                request_id: problem.request_id.as_deref().map(str::to_owned),
            });
        }
        self.settle_alone(problem);
    }

    /// Of a settled batch, a record that certainly was not taken and may be sent in another.
    pub(super) fn set_free(&self, settlement: &mut Settlement, index: usize, message: &str) {
        if self.has_journal() {
            settlement.exceptions.push(Exception {
                index,
                outcome: Outcome::NotSent,
                message: message.to_owned(),
                request_id: None,
            });
        }
    }

    /// All records of a batch.
    pub(super) fn settle_all(
        &mut self,
        batch: &Batch,
        outcome: Outcome,
        error: &Error,
    ) -> Settlement {
        let mut settlement = Settlement::of(batch);
        let message: Arc<str> = error.message().into();
        let request_id: Option<Arc<str>> = error.request_id().map(Arc::from);
        for (index, json) in batch.records() {
            let problem = problem(index, outcome, &message, Some(json), request_id.clone());
            self.settle(&mut settlement, problem);
        }
        settlement
    }

    /// What an earlier run has written down already.
    pub(super) fn settle_as_before(&mut self, problem: Problem) {
        if problem.outcome == Outcome::Pushed {
            self.ledger.settle(problem.index, problem.outcome);
        } else {
            self.ledger.settle_problem(problem);
        }
    }

    /// The journal learns of a batch's end.
    pub(super) fn write_settled(&mut self, settlement: Settlement, request_id: Option<String>) {
        let Settlement { batch, exceptions } = settlement;
        let Some(doubted_in) = &mut self.doubted_in else {
            return;
        };
        for exception in &exceptions {
            if exception.outcome == Outcome::Unknown {
                doubted_in.insert(exception.index, batch);
            }
        }
        self.effects.journal.push(Entry::Settled {
            batch,
            request_id,
            exceptions,
        });
    }

    /// Records that were left out.
    pub(super) fn write_left_out(&mut self, intent: Intent, settlement: Settlement) {
        let Settlement { batch, exceptions } = settlement;
        self.effects.journal.push(Entry::LeftOut {
            batch,
            intent: Box::new(intent),
            exceptions,
        });
    }

    /// A batch that had no effect, or whose parts travel again.
    pub(super) fn write_not_taken(&mut self, batch: u64) {
        self.effects.journal.push(Entry::NotTaken(batch));
    }

    pub(super) fn write_finished(&mut self) {
        self.effects.journal.push(Entry::Finished {
            records: self.ledger.len(),
        });
    }

    /// Which of the journal's batches has the record, whose outcome is not known.
    pub(super) fn note_doubt(&mut self, index: usize, batch: u64) {
        if let Some(doubted_in) = &mut self.doubted_in {
            doubted_in.insert(index, batch);
        }
    }

    pub(super) fn keep_unsent<'a>(&mut self, records: impl Iterator<Item = (usize, &'a [u8])>) {
        self.unsent
            .extend(records.filter_map(|(index, json)| Some((index, raw(json)?))));
    }

    /// The unknown records, as far as they were kept.
    pub(super) fn doubted(&self) -> impl Iterator<Item = &Problem> {
        self.ledger.unknown()
    }

    /// The message of a skipped record, as far as it was kept.
    pub(super) fn skip_message(&self, index: usize) -> Option<&str> {
        self.ledger.skip_message(index)
    }

    /// A record in doubt is in the CRM, but not certainly by this push.
    pub(super) fn note_maybe_older(&mut self, index: usize, ids: &[String]) {
        self.ledger.reword(index, |message| {
            format!(
                "{message}; it is there, and may be older: {}",
                ids.join(", ")
            )
        });
    }

    /// A record in doubt could not be looked for.
    pub(super) fn note_failed_look(&mut self, index: usize, why: &str) {
        self.ledger.reword(index, |message| {
            format!("{message}; it could not be looked for in the CRM: {why}")
        });
    }

    /// The unknown records with their messages, as far as they were kept.
    pub(super) fn unknown(&self) -> Vec<Problem> {
        self.ledger.unknown().cloned().collect()
    }

    /// Ends the doubt about a record, whose outcome is `told` where what was sent came to `outcome`; gives what it
    /// was, `None` when there was none.
    pub(super) fn resolve(
        &mut self,
        index: usize,
        outcome: Outcome,
        told: Outcome,
        message: &str,
    ) -> Option<Problem> {
        let problem = self.ledger.resolve(index, told)?;
        if let Some(dead_letters) = &mut self.dead_letters {
            let resolved = Problem {
                outcome: told,
                message: message.into(),
                ..problem.clone()
            };
            dead_letters.add(&resolved, &mut self.effects.dead_letters);
        }
        if let Some(doubted_in) = &mut self.doubted_in
            && let Some(batch) = doubted_in.remove(&index)
        {
            self.effects.journal.push(Entry::Resolved {
                batch,
                index,
                outcome,
                message: message.to_owned(),
            });
        }
        if let (Outcome::NotSent, Some(record)) = (told, &problem.record) {
            self.unsent.insert(index, record.clone());
        }
        Some(problem)
    }

    /// Adds a line for each of these records whose last line, of an earlier run, has another outcome.
    pub(super) fn correct_dead_letters(&mut self, indexes: impl Iterator<Item = usize>) {
        let read = self.read();
        let Some(dead_letters) = &mut self.dead_letters else {
            return;
        };
        for index in indexes {
            // Nothing new is known of a record that this run did not read.
            let outcome = self
                .ledger
                .outcome(index)
                .filter(|outcome| *outcome != Outcome::NotSent || index < read);
            if let Some(outcome) = outcome {
                let record = self.unsent.get(&index).map(|record| &**record);
                dead_letters.correct(index, outcome, record, &mut self.effects.dead_letters);
            }
        }
    }

    /// As [`correct_dead_letters`](Self::correct_dead_letters), of all records that had a line.
    pub(super) fn correct_all_dead_letters(&mut self) {
        let indexes = self.dead_letters.as_ref().map(DeadLetters::told_of);
        self.correct_dead_letters(indexes.into_iter().flatten());
    }

    /// Hands over what the report needs and starts anew.
    pub(super) fn close(&mut self) -> (ClosedLedger, Vec<Unsent>, usize) {
        let unsent = std::mem::take(&mut self.unsent)
            .into_iter()
            .map(|(index, record)| Unsent { index, record })
            .collect();
        let unread = std::mem::take(&mut self.unread);
        (self.ledger.close(), unsent, unread)
    }
}

pub(super) fn problem(
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

pub(super) fn raw(json: &[u8]) -> Option<Box<RawValue>> {
    let json = std::str::from_utf8(json).ok()?;
    RawValue::from_string(json.to_owned()).ok()
}
