//! The state of a push: which records wait, which are under way, what became of the others. Without
//! sockets, files or clocks; what must be written down comes out as [`Effects`].

mod close;
mod crm_pause;
mod dead_letters;
mod doubted_addresses;
mod effects;
mod failed_looks;
mod held_changes;
mod keyed;
mod known_identities;
mod later_changes;
mod ledger;
mod list_members;
mod list_targets;
mod look_ups;
mod outbox;
mod queue;
mod results;
mod resume;
mod settle;
mod stop;
mod take_in;
mod unique;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use self::crm_pause::CrmPause;
use self::dead_letters::DeadLetters;
use self::doubted_addresses::DoubtedAddresses;
pub(crate) use self::effects::{Effects, Entry};
use self::failed_looks::FailedLooks;
pub(crate) use self::failed_looks::{FailedInARow, is_refused};
use self::keyed::Keyed;
use self::known_identities::KnownIdentities;
pub(crate) use self::later_changes::LaterChange;
use self::later_changes::LaterChanges;
pub(crate) use self::list_members::{Candidate, Candidates, Standing};
use self::list_members::{ListErrors, Members};
pub(crate) use self::list_targets::Resolution;
use self::look_ups::LookUps;
pub(crate) use self::look_ups::{Doubt, LookedUp, Question};
use self::outbox::Outbox;
use self::results::{Results, Traffic};
use self::resume::Resume;
pub(crate) use self::resume::Resumed;
use self::stop::{Settled, Stop};
use self::unique::Firsts;
use crate::error::{Error, ErrorKind};
use crate::events::BatchCounts;
use crate::files::journal::Earlier;
use crate::push::forecast::{AnswerTimes, Rest, Stage, UnderWay};
use crate::push::options::{OnUnknown, PushOptions};
use crate::push::target::Target;
use crate::quote::counted;
use crate::records::batch::Batch;
use crate::report::{Outcome, Problem};

/// The state of one push.
pub(crate) struct State {
    target: Arc<Target>,
    options: Arc<PushOptions>,
    outbox: Outbox,
    results: Results,
    resume: Resume,
    stop: Stop,
    crm_pause: CrmPause,
    /// `None` when records are not known by keys.
    keyed: Option<Keyed>,
    /// `None` when all records travel, whatever their identities.
    firsts: Option<Firsts>,
    /// `None` when records travel whether the CRM has them or not.
    look_ups: Option<LookUps>,
    failed_looks: FailedLooks,
    answers: AnswerTimes,
    /// `None` when nobody is to be added to a list.
    members: Option<Members>,
    /// Of changes of lists, what older ones must not undo.
    later_changes: LaterChanges,
    /// What was said of the members of a list, by change; `None` when nobody asks for that.
    list_errors: Option<ListErrors>,
    input: Input,
    is_closed: bool,
}

/// What is known of the source's end.
#[derive(Default)]
struct Input {
    is_over: bool,
    /// The source may hold more than was counted.
    is_left: bool,
    /// Why the source could not be read on.
    failure: Option<String>,
}

/// Of `all`, as many as `of` are of `out_of`.
fn part(all: usize, of: usize, out_of: usize) -> usize {
    match out_of {
        0 => all,
        _ => all.saturating_mul(of.min(out_of)).div_ceil(out_of),
    }
}

impl State {
    pub(crate) fn new(
        target: Arc<Target>,
        options: Arc<PushOptions>,
        patience: Duration,
        resumed: Option<Resumed>,
    ) -> Self {
        let has_journal = resumed.is_some();
        let (earlier, next_batch_id, push_id, told) = match resumed {
            None => (None, 1, None, HashMap::new()),
            Some(resumed) => (
                Some(resumed.earlier),
                resumed.next_batch_id,
                Some(resumed.push_id),
                resumed.told,
            ),
        };
        let (replay, keyed) = match earlier {
            None => (None, None),
            Some(Earlier::Places(replay)) => (Some(replay), None),
            Some(Earlier::Keys {
                known,
                salt,
                doubted_addresses,
            }) => {
                let is_wanted = options.unique.is_some() || options.tells_new_from_old();
                let identities = KnownIdentities::new(salt.clone(), is_wanted);
                let addresses = DoubtedAddresses::new(salt, doubted_addresses);
                let keyed = Keyed::new(known, identities, addresses, options.on_change);
                (None, Some(keyed))
            }
        };
        let dead_letters = options.dead_letter.is_some().then(|| {
            let push_id = push_id.unwrap_or_else(|| Uuid::new_v4().to_string());
            DeadLetters::new(push_id, told)
        });
        Self {
            outbox: Outbox::new(&options, target.kind, patience, next_batch_id),
            results: Results::new(dead_letters, has_journal),
            resume: Resume::new(replay),
            stop: Stop::new(&options),
            crm_pause: CrmPause::new(target.provider),
            keyed,
            firsts: options.unique.map(Firsts::new),
            look_ups: LookUps::new(&options, target.provider, target.naming.identity),
            failed_looks: FailedLooks::default(),
            answers: AnswerTimes::default(),
            members: options.add_to_list.is_some().then(Members::default),
            later_changes: LaterChanges::default(),
            list_errors: None,
            input: Input::default(),
            is_closed: false,
            target,
            options,
        }
    }

    /// Nothing is written before the source was seen to be the journal's.
    pub(crate) fn take_effects(&mut self) -> Effects {
        if self.is_held_back() && !self.has_ended() {
            return Effects::default();
        }
        self.results.take_effects()
    }

    pub(crate) fn count(&self, outcome: Outcome) -> usize {
        self.results.count(outcome)
    }

    /// What is known of all records so far; `records` of it means nothing.
    pub(crate) fn counts(&self) -> BatchCounts {
        BatchCounts {
            records: 0,
            pushed: self.count(Outcome::Pushed),
            failed: self.count(Outcome::Failed),
            unknown: self.count(Outcome::Unknown),
        }
    }

    /// What has ended the push, for the first who asks.
    pub(crate) fn end_to_tell(&mut self) -> Option<Error> {
        self.stop.end_to_tell()
    }

    /// Records handed in so far, those that were never read left out.
    pub(crate) fn read(&self) -> usize {
        self.results.read()
    }

    pub(crate) fn settled_before(&self) -> usize {
        self.resume.all_settled()
    }

    pub(crate) fn traffic(&self) -> Traffic {
        self.results.traffic()
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.outbox.in_flight() + self.look_ups.as_ref().map_or(0, LookUps::in_flight)
    }

    pub(crate) fn batch_size(&self) -> usize {
        self.outbox.sizing.records()
    }

    /// Whether no further batch leaves: it ended early, or the report is made.
    pub(crate) fn has_ended(&self) -> bool {
        self.stop.has_ended() || self.is_closed
    }

    /// Whether the push has ended with an error even if every record was tried.
    pub(crate) fn has_ended_for_sure(&self) -> bool {
        self.stop.has_ended_for_sure()
    }

    /// Whether the source may go on.
    pub(crate) fn has_room(&self) -> bool {
        let has_room = || self.look_ups.as_ref().is_none_or(LookUps::has_room);
        self.is_held_back() || (self.outbox.has_room() && has_room())
    }

    /// Whether a source that waits should go on.
    pub(crate) fn wants_more(&self) -> bool {
        let wants_more = match &self.look_ups {
            // They fill the outbox as it empties.
            Some(look_ups) => look_ups.wants_more() && self.outbox.has_room(),
            None => self.outbox.wants_more(),
        };
        self.is_held_back() || wants_more
    }

    /// Nothing leaves before the source was seen to be the journal's.
    fn is_held_back(&self) -> bool {
        self.results.len() < self.resume.end()
    }

    /// Whether nothing is under way and nothing more will be.
    pub(crate) fn is_drained(&self) -> bool {
        let is_done = self.all_is_known() && self.outbox.is_empty();
        self.in_flight() == 0 && (self.has_ended() || is_done)
    }

    /// Whether no more records will come to the outbox.
    fn all_is_known(&self) -> bool {
        self.input.is_over && self.look_ups.as_ref().is_none_or(LookUps::is_empty)
    }

    /// Whether there is something that may leave.
    pub(crate) fn has_work(&self) -> bool {
        let waits =
            !self.outbox.is_empty() || self.look_ups.as_ref().is_some_and(|of| !of.is_empty());
        waits && !self.has_ended() && !self.is_held_back()
    }

    /// Whether no batch will leave any more.
    pub(crate) fn wants_no_carrier(&self) -> bool {
        self.has_ended() || self.is_drained()
    }

    pub(crate) fn may_repeat_in_doubt(&self) -> bool {
        self.target.kind.is_idempotent() || self.options.on_unknown == OnUnknown::Retry
    }

    /// The next batch that may leave now.
    pub(crate) fn next_batch(&mut self) -> Option<Arc<Batch>> {
        if self.has_ended() || self.is_held_back() {
            return None;
        }
        let is_last = self.all_is_known();
        let batch = self.outbox.next(self.most_in_flight(), is_last)?;
        if batch.was_open {
            for (index, json) in batch.records() {
                self.note_sent_change(index, json, Outcome::Unknown);
            }
        }
        Some(batch)
    }

    /// A service that does not answer any more, or a CRM at its limit, is asked with one request at a time.
    fn most_in_flight(&self) -> usize {
        if self.stop.is_in_doubt() || self.crm_pause.holds_records_back() {
            1
        } else {
            self.outbox.concurrency()
        }
    }

    /// Whether batches would leave if the source had given more.
    pub(crate) fn waits_for_source(&self) -> bool {
        !self.has_ended()
            && !self.input.is_over
            && self.outbox.in_flight() < self.most_in_flight()
            && !self.outbox.holds_a_batch()
    }

    /// What is left of the push, out of a source of `total` records, as far as the state knows it; `stage` tells
    /// how far a batch is.
    pub(crate) fn rest(&self, total: usize, stage: impl Fn(u64) -> Stage) -> Rest {
        let under_way: Vec<UnderWay> = self
            .outbox
            .under_way()
            .map(|(id, records)| UnderWay {
                records,
                stage: stage(id),
            })
            .collect();
        let in_flight: usize = under_way.iter().map(|batch| batch.records).sum();
        let read = self.read();
        let waiting = (read - self.settled().min(read)).saturating_sub(in_flight);
        let unread = total.saturating_sub(read);
        let records = if self.has_ended() {
            0
        } else {
            waiting
                + part(
                    unread,
                    self.answers.records + in_flight + waiting,
                    self.looked_at(),
                )
        };
        let traffic = self.traffic().requests;
        let batches = u64::try_from(self.answers.batches).unwrap_or(u64::MAX);
        Rest {
            under_way,
            most: self.most_in_flight(),
            records,
            growth: self.outbox.sizing.growth(),
            fill: self.outbox.fill(),
            answers: self.answers,
            requests_per_batch: if batches == 0 {
                1.0
            } else {
                Duration::from_secs(traffic).div_duration_f64(Duration::from_secs(batches))
            },
            paused: Duration::ZERO,
            outlook: None,
        }
    }

    /// Records with an outcome, as far as they were read.
    pub(crate) fn settled(&self) -> usize {
        [
            Outcome::Pushed,
            Outcome::Skipped,
            Outcome::Failed,
            Outcome::Unknown,
        ]
        .map(|outcome| self.count(outcome))
        .iter()
        .sum()
    }

    /// Records read that tell how many of those to come will travel: not those that a journal of places has at
    /// the source's beginning.
    fn looked_at(&self) -> usize {
        let before = match &self.keyed {
            Some(_) => 0,
            None => self.settled_before(),
        };
        self.read().saturating_sub(before)
    }

    /// How many answers there were.
    pub(crate) fn answered_batches(&self) -> usize {
        self.answers.batches
    }

    /// The unknown records with their messages, as far as they were kept.
    pub(crate) fn unknown(&self) -> Vec<Problem> {
        self.results.unknown()
    }

    /// A look into the CRM has ended the doubt about a record: it is there, or it is not and may be
    /// sent. False when the record was not in doubt.
    pub(crate) fn resolve(&mut self, index: usize, is_there: bool) -> bool {
        let (outcome, message) = if is_there {
            (Outcome::Pushed, "found in the CRM")
        } else {
            (Outcome::NotSent, "not found in the CRM")
        };
        // What was sent is not there, and what an earlier run pushed under its key is.
        let before = self.keyed.as_ref().filter(|_| !is_there);
        let was_pushed = before.is_some_and(|keyed| keyed.was_pushed_before(index));
        let (told, message) = if was_pushed {
            let message = "not found in the CRM, which has what was pushed under its key before";
            (Outcome::Pushed, message)
        } else {
            (outcome, message)
        };
        let Some(problem) = self.results.resolve(index, outcome, told, message) else {
            return false;
        };
        if was_pushed {
            self.resume.count_settled(Outcome::Pushed);
        }
        if let Some(keyed) = &mut self.keyed
            && let Some(key) = keyed.end_doubt(index, is_there, problem.record)
        {
            self.results.write_resolved_key(key, outcome);
        }
        true
    }

    /// Ends the push; `always` makes it an error even when every record was tried.
    pub(crate) fn end(&mut self, error: Error, always: bool) {
        self.stop.end(error, always);
    }

    /// What has ended the push is an error even though every record was tried, since more was to be done.
    pub(crate) fn insist_on_end(&mut self, undone: &str) {
        self.stop.insist(undone);
    }

    /// Says more of what has ended the push.
    pub(crate) fn explain_end(&mut self, context: &str) {
        self.stop.explain(context);
    }

    /// Requests were still under way when the `grace` of the caller's stop was over.
    pub(crate) fn outlast_grace(&mut self, grace: Duration) {
        let requests = self.in_flight();
        if requests > 0 {
            let context = format!(
                "{} had no answer within the grace of {} s",
                counted(requests, "request"),
                grace.as_secs_f64()
            );
            self.stop.explain(&context);
        }
    }

    /// Leaves the journal alone from now on, without closing it: its handle may be somebody else's.
    pub(crate) fn lose_journal(&mut self) {
        self.resume.leak();
        if let Some(keyed) = &mut self.keyed {
            keyed.leak();
        }
        self.results.lose_journal();
    }

    /// The source was not read to its end.
    pub(crate) fn leave_source(&mut self) {
        self.input.is_left = true;
    }

    /// The source can't be read on; what it gave before is sent all the same.
    pub(crate) fn source_failed(&mut self, why: &str) {
        self.input.is_left = true;
        self.input.failure.get_or_insert_with(|| why.to_owned());
    }

    /// The caller's cancel or the deadline came before the source's end was told.
    pub(crate) fn interrupt_input(&mut self, error: Error) {
        if !self.input.is_over {
            let always = error.kind() == ErrorKind::Cancelled;
            self.end(error, always);
        }
    }

    /// The caller's cancel came while records in doubt were looked for.
    pub(crate) fn interrupt_looks(&mut self, error: Error) {
        if !self.is_closed && self.count(Outcome::Unknown) > 0 {
            self.end(error, true);
        }
    }

    fn obey_stop_rules(&mut self) {
        // What ended an earlier run must not end this one as well.
        let of_this_run = |outcome| {
            self.results
                .count(outcome)
                .saturating_sub(self.resume.settled(outcome))
        };
        self.stop.check(Settled {
            pushed: of_this_run(Outcome::Pushed),
            failed: of_this_run(Outcome::Failed),
            unknown: of_this_run(Outcome::Unknown),
        });
    }
}
