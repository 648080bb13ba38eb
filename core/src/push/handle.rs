//! A push under way: records in, and a report at the end.

use std::fmt;
use std::sync::{Arc, Mutex, Weak};

use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::driver;
use super::intake::{Intake, Wanted};
use super::list_addition;
use super::options::PushOptions;
use super::progress::PushProgress;
use super::shared::Shared;
use super::target::Target;
use crate::error::{Error, ErrorKind, Result};
use crate::files::durable::Safety;
use crate::http::call::Caller;
use crate::names::PushKind;
#[cfg(feature = "arrow-ipc")]
use crate::records::RecordShape;
use crate::records::Records;
use crate::records::shape::Shaper;
use crate::report::{AddedToList, Noted, Outcome, Problem, PushReport};
use crate::sync::lock;

/// Whether a push wants more records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Flow {
    /// Feed on.
    Continue,
    /// The push has ended early; further records count as not sent.
    Ended,
}

/// Stops a push from elsewhere, its requests in flight included.
#[derive(Clone, Debug)]
pub struct CancelHandle(CancellationToken);

impl CancelHandle {
    /// Stops the push; what is in flight becomes unknown if any of it was sent.
    pub fn cancel(&self) {
        self.0.cancel();
    }
}

/// Stops a push from elsewhere so that nothing ends in doubt, for a process that is to end.
#[derive(Clone)]
pub struct StopHandle(Weak<Shared>);

impl StopHandle {
    /// Stops the push: no further request leaves, those under way may answer for as long as
    /// [`PushOptions::grace`] says, and what they leave unanswered then ends as after a
    /// [cancel](CancelHandle::cancel). All else is not sent. A second call changes nothing.
    ///
    /// [`Push::finish`] gives an error of the kind [`Stopped`](ErrorKind::Stopped) with the report, unless every
    /// record had been tried. With a journal, the next run sends what was not sent.
    pub fn stop(&self) {
        if let Some(shared) = self.0.upgrade() {
            shared.halt();
        }
    }
}

impl fmt::Debug for StopHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StopHandle").finish_non_exhaustive()
    }
}

/// What a push is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Its caller asked for it.
    Whole,
    /// It belongs to another, which alone is told of.
    Part,
    /// Its records are checked and go nowhere.
    Check,
}

/// A push under way: [`feed`](Self::feed) it records, then [`finish`](Self::finish) it.
///
/// Its requests go on in a task of their own from the first `feed` on. Its outcomes stay right however
/// it is used: a future of it may be dropped in the middle, and `finish` still reports every record.
/// Dropping the push itself cancels it.
pub struct Push {
    pub(super) shared: Arc<Shared>,
    driver: Mutex<Option<watch::Receiver<bool>>>,
    _cancel_on_drop: DropGuard,
}

impl Push {
    pub(crate) fn start(
        caller: Arc<Caller>,
        target: Arc<Target>,
        options: PushOptions,
    ) -> Result<Self> {
        options.check_for_push(target.kind)?;
        Self::open(caller, target, options, Role::Whole)
    }

    pub(super) fn open(
        caller: Arc<Caller>,
        target: Arc<Target>,
        options: PushOptions,
        role: Role,
    ) -> Result<Self> {
        let shared = Shared::open(caller, target, options, role)?;
        let cancel = shared.cancel.clone();
        shared.tell_of_start();
        Ok(Self {
            shared: Arc::new(shared),
            driver: Mutex::new(None),
            _cancel_on_drop: cancel.drop_guard(),
        })
    }

    /// A handle that stops this push from elsewhere.
    pub fn cancel_handle(&self) -> CancelHandle {
        CancelHandle(self.shared.cancel.clone())
    }

    /// A handle that stops this push from elsewhere and lets its requests in flight answer.
    pub fn stop_handle(&self) -> StopHandle {
        StopHandle(Arc::downgrade(&self.shared))
    }

    /// What its calls go through.
    pub(crate) fn caller(&self) -> &Caller {
        &self.shared.caller
    }

    /// What it carries.
    pub(crate) fn kind(&self) -> PushKind {
        self.shared.target.kind
    }

    /// Says how many records the source holds in all, for [`progress`](Self::progress) alone.
    pub(crate) fn expect_total(&self, records: usize) {
        *lock(&self.shared.total) = Some(records);
    }

    /// Takes in a chunk of records and waits until there is room for more. Cancel-safe: the records
    /// are taken in at the first poll.
    pub async fn feed(&self, records: Records) -> Flow {
        self.offer(records);
        self.ready().await
    }

    /// Takes in a chunk of records at once; wait for [`ready`](Self::ready) before the next.
    pub(crate) fn offer(&self, records: Records) {
        drop(self.offer_and_reuse(records));
    }

    /// As [`offer`](Self::offer); gives back memory that the next chunk can be written into, which is in the
    /// processor's caches now.
    pub(crate) fn offer_and_reuse(&self, records: Records) -> Option<Records> {
        let records = self.shared.preparation.prepare(records)?;
        self.take_in(records)
    }

    /// Takes in records that are as they travel; gives back their memory when nobody reads them any more.
    fn take_in(&self, records: Records) -> Option<Records> {
        if self.shared.is_check() {
            let count = records.len();
            self.shared.preparation.count(count, count, 0);
            return Some(records.emptied());
        }
        // Outside the lock, which the answers need.
        let intake = self.intake(records);
        let effects = {
            let mut state = self.shared.state();
            state.take_in(intake);
            lock(&self.shared.source_pace).note_read(state.read());
            state.take_effects()
        };
        // Waited for by ready(), through a write behind them.
        drop(self.shared.write(Safety::Process, effects));
        self.shared.after_change();
        None
    }

    fn intake(&self, records: Records) -> Intake {
        let target = &self.shared.target;
        let options = &self.shared.options;
        let wanted = Wanted {
            exact_identities: options.unique.is_some() || !options.shape.primary_key.is_empty(),
            addresses_in: options.add_to_list.as_ref().map(|_| target.naming.identity),
            primary_key: &options.shape.primary_key,
        };
        let intake = Intake::of(records, target.kind, &target.identities, &wanted);
        let valid = intake.valid.iter();
        let nameable = valid.clone().filter(|valid| valid.is_nameable);
        let nameable = nameable.map(|valid| valid.run.len()).sum();
        let sendable = valid.map(|valid| valid.run.len()).sum();
        self.shared
            .preparation
            .count(intake.len, sendable, nameable);
        intake
    }

    /// Takes in what waits for the customer's fields, once those are known; without them the push ends.
    async fn prepare_waiting(&self) {
        let preparation = &self.shared.preparation;
        if !preparation.is_waiting() {
            return;
        }
        let waited = match self.shared.rules().await {
            Ok(rules) => preparation.begin(&rules),
            Err(error) => {
                self.shared.end(error);
                preparation.give_up()
            }
        };
        for records in waited {
            drop(self.take_in(records));
        }
    }

    /// Shapes records as the options ask for, for whoever encodes them; `None` where they keep all fields and
    /// names.
    pub(crate) fn shaper(&self) -> Option<Shaper> {
        self.shared.preparation.source_shaper()
    }

    /// The shape that records are to have.
    #[cfg(feature = "arrow-ipc")]
    pub(crate) fn shape(&self) -> &RecordShape {
        &self.shared.options.shape
    }

    /// Whether records that were shaped by [`shaper`](Self::shaper) are as they travel.
    #[cfg(feature = "bindings")]
    pub(crate) fn is_shaped_at_source(&self) -> bool {
        !self.shared.preparation.has_key()
    }

    /// Waits until there is room for more records.
    pub(crate) async fn ready(&self) -> Flow {
        self.drive();
        self.prepare_waiting().await;
        if let Err(error) = self.shared.flush_dead_letters().await {
            self.shared.end(error);
        }
        let mut is_waiting = false;
        loop {
            let room = self.shared.room.notified();
            {
                let state = self.shared.state();
                if state.has_ended() {
                    return Flow::Ended;
                }
                if state.wants_more() || (!is_waiting && state.has_room()) {
                    return Flow::Continue;
                }
            }
            is_waiting = true;
            room.await;
        }
    }

    /// Whether there is room for more records now, without waiting.
    pub(crate) fn has_room(&self) -> bool {
        let is_driven = lock(&self.driver).is_some();
        if self.shared.preparation.is_waiting() {
            return false;
        }
        let state = self.shared.state();
        is_driven && self.shared.dead_letter.is_none() && !state.has_ended() && state.has_room()
    }

    /// Waits until the push wants nothing more from its source: it ended early, was cancelled or ran
    /// out of time, or it is finished. For a caller whose source may keep it waiting.
    pub async fn ended(&self) {
        // It is the driver that looks at the deadline.
        drop(self.drive());
        tokio::select! {
            () = self.shared.stop.cancelled() => {}
            () = self.shared.cancel.cancelled() => {}
            () = self.shared.finished.cancelled() => {}
        }
    }

    /// Waits until the push is stopped by its caller, cancelled, out of time or finished. For a caller who looks
    /// for the [`unknown`](Self::unknown) records, which is of use after an early end, too.
    pub async fn interrupted(&self) {
        let policy = self.shared.interruptions();
        tokio::select! {
            _ = policy.interrupted() => {}
            () = self.shared.halted.cancelled() => {}
            () = self.shared.finished.cancelled() => {}
        }
    }

    /// Whether the push wants nothing more from its source; see [`ended`](Self::ended).
    pub fn has_ended(&self) -> bool {
        self.shared.stop.is_cancelled() || self.is_interrupted()
    }

    /// Whether the push was stopped by its caller, cancelled or is out of time.
    pub fn is_interrupted(&self) -> bool {
        self.shared.halted.is_cancelled() || self.shared.interruption().is_some()
    }

    /// Counts records of the source that were never fed because the push had ended.
    pub(crate) fn not_sent(&self, count: usize) {
        self.shared.state().leave_unread(count);
    }

    /// Says that the source may hold more records than were counted: what ended the push early is
    /// then an error even when every record fed was tried.
    pub(crate) fn leave_source(&self) {
        self.shared.state().leave_source();
    }

    /// Says that the source can't be read on, and why, for the report's
    /// [`ended_early`](PushReport::ended_early). What it gave before is sent all the same.
    pub(crate) fn source_failed(&self, why: &str) {
        self.shared.state().source_failed(why);
    }

    /// Sends what waits and waits for every answer; the source has no more.
    pub async fn drain(&self) {
        self.prepare_waiting().await;
        let interruption = self.shared.interruption();
        let effects = {
            let mut state = self.shared.state();
            if let Some(error) = interruption {
                state.interrupt_input(error);
            }
            state.end_input();
            state.take_effects()
        };
        drop(self.shared.write(Safety::Process, effects));
        self.shared.after_change();
        let mut is_done = self.drive();
        let was_lost = is_done.wait_for(|is_done| *is_done).await.is_err();
        let effects = {
            let mut state = self.shared.state();
            if was_lost {
                // It panicked, or its runtime was shut down.
                state.end(driver::lost(), true);
                state.settle_lost(&driver::lost());
            }
            state.abandon_what_waits();
            state.take_effects()
        };
        drop(self.shared.write(Safety::Process, effects));
        let looking = Box::pin(self.shared.look_for_doubts());
        self.shared.within_grace(looking).await;
    }

    /// After [`drain`](Self::drain): the records whose outcome is unknown, to look for them in the
    /// CRM.
    pub fn unknown(&self) -> Vec<Problem> {
        self.shared.state().unknown()
    }

    /// Ends the doubt about a record: it is in the CRM and counts as pushed, or it is not and counts
    /// as not sent. False when the record was not in doubt.
    pub fn resolve(&self, index: usize, is_there: bool) -> bool {
        let mut state = self.shared.state();
        let was_in_doubt = state.resolve(index, is_there);
        let effects = state.take_effects();
        drop(state);
        drop(self.shared.write(Safety::Process, effects));
        was_in_doubt
    }

    /// Sends what waits, waits for every answer and closes the state. A second call gives an empty
    /// report.
    ///
    /// # Errors
    ///
    /// What ended the push before every record was tried; its [report](Error::report) says what
    /// became of each.
    pub async fn finish(&self) -> Result<PushReport> {
        self.drain().await;
        let adding = Box::pin(list_addition::add(&self.shared));
        let added = self.shared.within_grace(adding).await;
        self.close(added).await
    }

    /// Closes the state of a push that is drained.
    pub(super) async fn close(&self, added: Option<AddedToList>) -> Result<PushReport> {
        let (report, effects) = {
            let mut state = self.shared.state();
            if let Some(error) = self.shared.interruption()
                && error.kind() == ErrorKind::Cancelled
            {
                state.interrupt_looks(error);
            }
            let report = state.close(self.shared.started.elapsed(), self.noted(), added);
            (report, state.take_effects())
        };
        self.shared.tell_of_end(&report);
        let written = self.shared.write(Safety::Machine, effects).durable().await;
        // Lines of before may still be on their way.
        let written = written.and(self.shared.flush_dead_letters().await);
        if let Some(journal) = &self.shared.journal {
            // So that another run can open it when this has returned.
            journal.close().await;
        }
        self.shared.finished.cancel();
        match (written, report) {
            (Ok(()), report) => report,
            (Err(error), Ok(report)) => Err(error.with_report(report)),
            // What ended the push says more.
            (Err(_), Err(error)) => Err(error),
        }
    }

    /// Makes the report at once, for a caller whose runtime or file handles are gone: what was under way
    /// is unknown, what waited was not sent, and neither were `not_sent` more records of the source.
    /// Neither the runtime nor a file is touched. The error has the report.
    pub(crate) fn abandon(&self, not_sent: usize, error: Error) -> Error {
        let waiting = self.shared.preparation.give_up().into_iter();
        let waiting: Vec<Intake> = waiting.map(|records| self.intake(records)).collect();
        let mut state = self.shared.state();
        state.lose_journal();
        state.settle_lost(&error);
        state.end(error.clone(), true);
        for intake in waiting {
            state.take_in(intake);
        }
        state.leave_unread(not_sent);
        let added = list_addition::none(&mut state, &self.shared.options, error.message());
        match state.close(self.shared.started.elapsed(), self.noted(), added) {
            Ok(report) => error.with_report(report),
            Err(ended) => ended,
        }
    }

    fn noted(&self) -> Noted {
        let mut warnings = self.shared.preparation.warnings();
        warnings.extend(self.shared.new_journal.clone());
        Noted {
            warnings,
            fixed: self.shared.preparation.fixed(),
            requests: std::mem::take(&mut *lock(&self.shared.requests)),
            pacing: self.shared.caller.pacing(),
        }
    }

    /// How far the push is.
    pub fn progress(&self) -> PushProgress {
        self.shared.progress()
    }

    /// Starts the driver if need be; the receiver turns true when it is done.
    pub(super) fn drive(&self) -> watch::Receiver<bool> {
        lock(&self.driver)
            .get_or_insert_with(|| driver::start(Arc::clone(&self.shared)))
            .clone()
    }
}

impl fmt::Debug for Push {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.shared.state();
        f.debug_struct("Push")
            .field("provider", &self.shared.target.provider)
            .field("kind", &self.shared.target.kind)
            .field("pushed", &state.count(Outcome::Pushed))
            .field("skipped", &state.count(Outcome::Skipped))
            .field("failed", &state.count(Outcome::Failed))
            .field("unknown", &state.count(Outcome::Unknown))
            .field("not_sent", &state.count(Outcome::NotSent))
            .finish_non_exhaustive()
    }
}
