//! Records that come from the source, and what an earlier run knows of them.

use std::sync::Arc;

use super::State;
use super::results::problem;
use super::resume::Reopened;
use super::unique::{Firsts, Repeated};
use crate::error::Error;
use crate::files::journal::{Known, unanswered};
use crate::push::intake::{Intake, Refused, ValidRun};
use crate::records::Run;
use crate::report::{Outcome, Problem, SENT_BEFORE, same_identity_as};

impl State {
    /// Takes in records in the order of the source.
    pub(crate) fn take_in(&mut self, intake: Intake) {
        if self.is_closed {
            // A source that nobody waited for any more has given something after all.
            return;
        }
        let first = self.results.admit(intake.len);
        if let Some(members) = &mut self.members {
            members.add(first, &intake.addresses);
        }
        if self.stop.source_differs() {
            self.results.count_unread(intake.len);
            return;
        }
        self.load_replay();
        // In the order of the source: a journal names the first record that differs.
        let mut refused = intake.refused.into_iter().peekable();
        for ValidRun {
            mut run,
            is_nameable,
        } in intake.valid
        {
            while let Some(refused) = refused.next_if(|next| next.position < run.first_index()) {
                self.take_in_refused(first, &refused);
            }
            run.shift(first);
            if self.keyed.is_some() {
                self.take_in_keyed(run, is_nameable);
                continue;
            }
            let known = self.resume.end();
            while run.len() > 0 && run.first_index() < known {
                self.take_in_known(run.split_to(1), is_nameable);
            }
            if run.len() > 0 {
                self.release_held();
                self.take_in_unknown(run, is_nameable);
            }
        }
        for refused in refused {
            self.take_in_refused(first, &refused);
        }
        if self.stop.source_differs() {
            self.forget_journal();
        } else if !self.is_held_back() {
            self.release_held();
        }
        self.obey_stop_rules();
    }

    /// Takes in records that the journal does not know.
    pub(super) fn take_in_unknown(&mut self, run: Run, is_nameable: bool) {
        self.keep_firsts(run, is_nameable, true, Self::take_in_new);
    }

    /// Leaves out records whose identity an earlier one has; the others are taken in by `take_in`. Those that are
    /// not new have been sent under their own keys before, so what earlier runs know is about themselves.
    pub(super) fn keep_firsts(
        &mut self,
        mut run: Run,
        is_nameable: bool,
        are_new: bool,
        take_in: impl Fn(&mut Self, Run, bool),
    ) {
        while run.len() > 0 {
            let Some(firsts) = &mut self.firsts else {
                return take_in(self, run, is_nameable);
            };
            let keyed = self.keyed.as_ref().filter(|_| are_new);
            let (free, repeated) = firsts.claim(&run, |identities| {
                keyed.is_some_and(|keyed| keyed.identities.has_one_of(identities))
            });
            take_in(self, run.split_to(free), is_nameable);
            if let Some(repeated) = repeated {
                self.take_in_repeated(&run.split_to(1), &repeated);
            }
        }
    }

    /// Another record has the same identity and came first: this one never leaves.
    fn take_in_repeated(&mut self, record: &Run, repeated: &Repeated) {
        let message = match repeated.first {
            Some(first) => same_identity_as(first),
            None => SENT_BEFORE.into(),
        };
        for (index, json) in record.records() {
            let problem = problem(index, repeated.outcome, &message, Some(json), None);
            self.results.settle_alone(problem);
            if index < self.resume.end() {
                // As the earlier run has found.
                self.note_settled_before(index);
            }
        }
    }

    pub(super) fn take_in_new(&mut self, run: Run, is_nameable: bool) {
        if self.has_ended() {
            self.results.keep_unsent(run.records());
        } else if run.len() > 0 {
            self.add_to_outbox(run, is_nameable);
        }
    }

    /// Takes in one record that the journal may know.
    fn take_in_known(&mut self, record: Run, is_nameable: bool) {
        for (index, json) in record.records() {
            match self.known(index, Some(json)) {
                None | Some(Known::Free) => self.note_waiting_change(json),
                Some(known) => {
                    match &known {
                        Known::Settled { outcome, .. } => {
                            self.note_sent_change(index, json, *outcome);
                        }
                        Known::Open(_) => self.note_waiting_change(json),
                        Known::Free => {}
                    }
                    if let Some(firsts) = &mut self.firsts {
                        firsts.note_sent(&record);
                    }
                    self.note_addresses_of(&record);
                    return match known {
                        Known::Open(batch) if !self.has_ended() => {
                            self.reopen(batch, record.clone());
                        }
                        known => self.settle_known(index, Some(json), known),
                    };
                }
            }
        }
        match &mut self.firsts {
            // A record that was sent before may have its identity.
            Some(firsts) => firsts.hold(record, is_nameable),
            None => self.take_in_new(record, is_nameable),
        }
    }

    /// Takes in what waited for the journal's records.
    pub(super) fn release_held(&mut self) {
        let held = self.firsts.as_mut().map(Firsts::take_held);
        for (run, is_nameable) in held.into_iter().flatten() {
            self.take_in_unknown(run, is_nameable);
        }
    }

    /// Our own validation refused it: it never leaves.
    fn take_in_refused(&mut self, first: usize, refused: &Refused) {
        let index = first + refused.position;
        let record = refused.json.as_deref();
        if self.take_in_refused_key(index, refused) {
            return;
        }
        if let Some(known) = self.known(index, None) {
            return self.settle_known(index, record, known);
        }
        let message = refused.message.as_str().into();
        let problem = problem(index, Outcome::Failed, &message, record, None);
        self.results.settle_alone(problem);
    }

    /// What the journal knows of the record; another record ends the push.
    fn known(&mut self, index: usize, record: Option<&[u8]>) -> Option<Known> {
        if self.has_ended() {
            // Nothing is sent any more, so nothing needs to be the same.
            return self.resume.known_unchecked(index);
        }
        match self.resume.known(index, record) {
            Ok(known) => known,
            Err(error) => {
                self.stop.end_as_source_differs(error);
                self.resume.known_unchecked(index)
            }
        }
    }

    fn settle_known(&mut self, index: usize, record: Option<&[u8]>, known: Known) {
        let problem = match known {
            Known::Free => return,
            Known::Open(batch) => {
                self.results.note_doubt(index, batch);
                in_doubt(index, record, &unanswered())
            }
            Known::Settled {
                batch,
                outcome,
                message,
                request_id,
            } => {
                if outcome == Outcome::Unknown {
                    self.results.note_doubt(index, batch);
                }
                let request_id = request_id.map(Arc::from);
                problem(index, outcome, &message.into(), record, request_id)
            }
        };
        self.results.settle_as_before(problem);
        self.note_settled_before(index);
    }

    fn note_settled_before(&mut self, index: usize) {
        if let Some(outcome) = self.results.outcome(index) {
            self.resume.count_settled(outcome);
        }
    }

    /// Collects an earlier run's batch; whole, it is sent again where that may be, else in doubt.
    fn reopen(&mut self, id: u64, record: Run) {
        let fields = self.options.provider_fields.as_deref();
        let Some(Reopened { batch, is_same }) = self.resume.collect(id, record, fields) else {
            return;
        };
        if self.may_repeat_in_doubt() && is_same {
            return self.outbox.add_reopened(batch);
        }
        let settlement = self
            .results
            .settle_all(&batch, Outcome::Unknown, &unanswered());
        for (index, _) in batch.records() {
            self.note_settled_before(index);
        }
        self.results.write_settled(settlement, None);
    }

    fn load_replay(&mut self) {
        if let Err(error) = self.resume.load_through(self.results.len()) {
            self.end(error, true);
        }
    }

    /// None of these records was sent, whatever the journal says of another source's.
    fn forget_journal(&mut self) {
        self.resume.forget();
        self.results.forget();
        drop(self.outbox.take_waiting());
        if let Some(look_ups) = &mut self.look_ups {
            look_ups.forget();
        }
        if let Some(firsts) = &mut self.firsts {
            firsts.forget();
        }
    }

    /// Counts records of the source that were never read.
    pub(crate) fn leave_unread(&mut self, count: usize) {
        let first = self.results.admit(count);
        self.results.count_unread(count);
        self.load_replay();
        let end = self.resume.end().min(first + count);
        for index in first..end {
            if let Some(known) = self.resume.known_unchecked(index) {
                if !matches!(known, Known::Free) {
                    self.results.is_known_unread();
                }
                self.settle_known(index, None, known);
            }
        }
    }

    /// The source has no more.
    pub(crate) fn end_input(&mut self) {
        self.input.is_over = true;
        if self.has_ended() {
            return;
        }
        if let Some(error) = self.resume.missing(self.results.len()) {
            self.stop.end_as_source_differs(error);
            self.forget_journal();
        }
        self.release_changed();
    }
}

/// A record of a batch whose answer an earlier run did not see.
pub(super) fn in_doubt(index: usize, record: Option<&[u8]>, error: &Error) -> Problem {
    problem(
        index,
        Outcome::Unknown,
        &error.message().into(),
        record,
        None,
    )
}
