//! What the caller's side and the driver's side of a push share.

use std::collections::HashMap;
use std::future::pending;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, Weak};
use std::time::Duration;

use serde_json::value::RawValue;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::handle::Role;
use super::list_addition::FirstLook;
use super::list_targets::ListTargets;
use super::options::PushOptions;
use super::preparation::Preparation;
use super::progress::{Activity, SourcePace};
use super::state::{Effects, Resumed, State};
use super::target::Target;
use crate::crm::rules::Rules;
use crate::error::{Error, ErrorKind, Result};
use crate::events::trace::{self, Span};
use crate::events::{Event, Topics};
use crate::files::dead_letter::{self, DeadLetter};
use crate::files::durable::{Durable, Safety, Writer, Written};
use crate::files::journal::{Earlier, Identity, Journal};
use crate::http::call::{Caller, Grace, Policy};
use crate::report::{Finding, FindingCode, PushReport, RequestLog, Severity};
use crate::sync::lock;

/// A push without its caller.
pub(super) struct Shared {
    pub(super) caller: Arc<Caller>,
    pub(super) target: Arc<Target>,
    pub(super) options: Arc<PushOptions>,
    pub(super) preparation: Preparation,
    pub(super) started: Instant,
    pub(super) state: Mutex<State>,
    pub(super) activity: Activity,
    pub(super) source_pace: Mutex<SourcePace>,
    pub(super) span: Span,
    pub(super) requests: Mutex<RequestLog>,
    /// Stops everything at once.
    pub(super) cancel: CancellationToken,
    /// Keeps back what has not left yet, once the push has ended.
    pub(super) stop: CancellationToken,
    /// The caller wants no further request to leave.
    pub(super) halted: CancellationToken,
    /// Until when those under way may answer then; none where that is beyond all clocks.
    pub(super) grace_until: OnceLock<Option<Instant>>,
    /// Stops those under way when that is over.
    pub(super) grace: Grace,
    /// The report is made.
    pub(super) finished: CancellationToken,
    /// There may be something to do for the driver.
    pub(super) work: Notify,
    /// There may be room for more records.
    pub(super) room: Notify,
    pub(super) journal: Option<Writer<Journal>>,
    pub(super) dead_letter: Option<Writer<DeadLetter>>,
    /// Said of a journal of keys that was not there.
    pub(super) new_journal: Option<Finding>,
    pub(super) total: Mutex<Option<usize>>,
    /// No batch leaves, or left, before: the CRM's own rate limit is reached.
    pub(super) paused_until: Mutex<Option<Instant>>,
    /// When the last batch left that ended in doubt.
    pub(super) doubt_since: Mutex<Option<Instant>>,
    /// When the last records were created.
    pub(super) created_at: Mutex<Option<Instant>>,
    /// When records in doubt will be looked for.
    pub(super) looks_from: Mutex<Option<Instant>>,
    /// When contacts that the CRM does not find yet will be looked up once more.
    pub(super) looks_again_from: Mutex<Option<Instant>>,
    /// Whether they were.
    pub(super) has_looked: Mutex<bool>,
    /// What names and addresses of list changes are in the CRM.
    pub(super) list_targets: Mutex<ListTargets>,
    /// Whether the list to add contacts to is there.
    pub(super) first_look: Mutex<FirstLook>,
    /// The push under way that belongs to this one.
    part: Mutex<Weak<Self>>,
    role: Role,
}

impl Shared {
    pub(super) fn open(
        caller: Arc<Caller>,
        target: Arc<Target>,
        options: PushOptions,
        role: Role,
    ) -> Result<Self> {
        options.check(target.provider, target.kind)?;
        let mut preparation = Preparation::new(&target, &options)?;
        let options = Arc::new(options);
        let dead_letter = options
            .dead_letter
            .as_deref()
            .map(|path| writer(DeadLetter::open(path)?))
            .transpose()?;
        let (journal, resumed) = match &options.journal {
            None => (None, None),
            Some(path) => {
                let (writer, resumed) = open_journal(path, caller.base_url(), &target, &options)?;
                (Some(writer), Some(resumed))
            }
        };
        let mut new_journal = None;
        let primary_key = &options.shape.primary_key;
        match resumed.as_ref().map(|resumed| &resumed.earlier) {
            Some(Earlier::Keys { salt, .. }) => {
                preparation.find_keys(primary_key, salt);
                let is_new = resumed
                    .as_ref()
                    .is_some_and(|resumed| !resumed.is_later_run);
                new_journal = options
                    .journal
                    .as_deref()
                    .filter(|_| is_new)
                    .map(told_as_new);
            }
            _ if !primary_key.is_empty() => {
                let salt = uuid::Uuid::new_v4();
                preparation.find_keys(primary_key, salt.as_bytes());
                preparation.check_keys(primary_key);
            }
            _ => {}
        }
        let state = State::new(
            Arc::clone(&target),
            Arc::clone(&options),
            caller.patience(),
            resumed,
        );
        let span = trace::push_span(target.provider, target.kind);
        let first_look = Mutex::new(FirstLook::of(&options));
        let grace = Grace {
            length: options.grace,
            over: CancellationToken::new(),
        };
        Ok(Self {
            preparation,
            caller,
            target,
            options,
            started: Instant::now(),
            state: Mutex::new(state),
            activity: Activity::default(),
            source_pace: Mutex::default(),
            span,
            requests: Mutex::default(),
            cancel: CancellationToken::new(),
            stop: CancellationToken::new(),
            halted: CancellationToken::new(),
            grace_until: OnceLock::new(),
            grace,
            finished: CancellationToken::new(),
            work: Notify::new(),
            room: Notify::new(),
            journal,
            dead_letter,
            new_journal,
            total: Mutex::new(None),
            paused_until: Mutex::new(None),
            doubt_since: Mutex::new(None),
            created_at: Mutex::new(None),
            looks_from: Mutex::new(None),
            looks_again_from: Mutex::new(None),
            has_looked: Mutex::new(false),
            list_targets: Mutex::default(),
            first_look,
            part: Mutex::default(),
            role,
        })
    }

    /// What the CRM takes, for a push that checks or repairs its records.
    pub(super) async fn rules(&self) -> Result<Arc<Rules>> {
        if let Some(fields) = &self.options.fields {
            let Target { provider, kind, .. } = *self.target;
            return Ok(Arc::new(Rules::new(provider, kind, fields)));
        }
        // Without an effect, so that a stop need not wait for its answer.
        let grace = Grace {
            length: Duration::ZERO,
            over: self.halted.clone(),
        };
        let policy = Policy {
            grace,
            ..self.interruptions()
        };
        self.target.rules(&self.caller, policy).await
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// To be called after each change of the state.
    pub(super) fn after_change(&self) {
        let (has_ended, error) = {
            let mut state = self.state();
            (state.has_ended(), state.end_to_tell())
        };
        if has_ended {
            self.stop.cancel();
        }
        if let Some(error) = error {
            self.tell_of_stop(&error);
        }
        self.room.notify_waiters();
        self.work.notify_waiters();
    }

    pub(super) fn is_check(&self) -> bool {
        self.role == Role::Check
    }

    /// Tells those who listen to the push.
    pub(super) fn tell(&self, topics: Topics, event: impl FnOnce() -> Event) {
        if self.role == Role::Whole {
            self.caller.listeners().tell(topics, event);
        }
    }

    /// Whether nothing may leave yet, since it is not known whether the list to add contacts to is there.
    pub(super) fn awaits_list(&self) -> bool {
        !matches!(*lock(&self.first_look), FirstLook::Over(_))
    }

    /// Whether that list is to be looked for now; true once.
    pub(super) fn looks_for_list(&self) -> bool {
        let is_needed = matches!(*lock(&self.first_look), FirstLook::Needed);
        let is_due = is_needed && self.state().has_work();
        if is_due {
            *lock(&self.first_look) = FirstLook::UnderWay;
        }
        is_due
    }

    pub(super) fn tell_of_start(&self) {
        self.tell(Topics::PUSHES, || Event::PushStarted {
            provider: self.target.provider,
            kind: self.target.kind,
            resumed: Some(self.state().settled_before()).filter(|settled| *settled > 0),
            started_at: Event::now(),
        });
    }

    pub(super) fn tell_of_end(&self, report: &Result<PushReport>) {
        self.tell(Topics::PUSHES, || {
            let error = report.as_ref().err();
            let report = match report {
                Ok(report) => Some(report),
                Err(error) => error.report(),
            };
            let count = |of: fn(&PushReport) -> usize| report.map_or(0, of);
            Event::PushEnded {
                provider: self.target.provider,
                kind: self.target.kind,
                records: count(PushReport::records),
                pushed: count(PushReport::pushed),
                skipped: count(PushReport::skipped),
                failed: count(PushReport::failed),
                unknown: count(PushReport::unknown),
                not_sent: count(PushReport::not_sent),
                added_to_list: report
                    .and_then(PushReport::added_to_list)
                    .map(|added| added.added),
                requests: report.map_or(0, PushReport::requests),
                seconds: self.started.elapsed().as_secs_f64(),
                error: error.map(Error::kind),
                ended_at: Event::now(),
            }
        });
    }

    fn tell_of_stop(&self, error: &Error) {
        self.tell(Topics::TROUBLE, || Event::Stop {
            provider: self.target.provider,
            kind: self.target.kind,
            reason: error.kind(),
            status: error.status(),
            request_id: error.request_id().map(str::to_owned),
        });
    }

    /// Lets no further request leave.
    pub(super) fn halt(&self) {
        self.halt_until(Instant::now().checked_add(self.options.grace));
    }

    /// Lets no further request leave, and those under way answer `until` then.
    fn halt_until(&self, until: Option<Instant>) {
        if self.finished.is_cancelled() {
            return;
        }
        let until = *self.grace_until.get_or_init(|| until);
        self.state().end(halted(), false);
        self.halted.cancel();
        self.after_change();
        let part = lock(&self.part).upgrade();
        if let Some(part) = part {
            part.halt_until(until);
        }
    }

    /// Halts `part`, a push that belongs to this one, with this one.
    pub(super) fn halt_with_it(&self, part: &Arc<Self>) {
        *lock(&self.part) = Arc::downgrade(part);
        // That may have been before.
        if self.halted.is_cancelled() {
            part.halt_until(self.grace_until.get().copied().flatten());
        }
    }

    /// Waits until the caller has stopped the push and the grace of the requests under way is over.
    pub(super) async fn grace_is_over(&self) {
        self.halted.cancelled().await;
        match self.grace_until.get() {
            Some(Some(until)) => sleep_until(*until).await,
            _ => pending().await,
        }
    }

    /// Does what follows the batches; what it has under way is stopped when the grace of the caller's stop is over.
    pub(super) async fn within_grace<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        tokio::select! {
            done = &mut work => return done,
            () = self.grace_is_over() => self.grace.over.cancel(),
        }
        work.await
    }

    pub(super) fn end(&self, error: Error) {
        self.state().end(error, true);
        self.after_change();
    }

    /// Hands effects to the files' threads, in order. The journal's outcomes need not outlive the
    /// machine at once: without one, a batch is merely in doubt.
    pub(super) fn write(&self, safety: Safety, effects: Effects) -> Writes {
        let Effects {
            journal: entries,
            dead_letters: lines,
            pause: _,
        } = effects;
        let journal = self.journal.as_ref().filter(|_| !entries.is_empty());
        let journal = journal.map(|journal| {
            journal.write(safety, move |journal| {
                entries.iter().try_for_each(|entry| entry.write(journal))
            })
        });
        let dead_letter = self.dead_letter.as_ref().filter(|_| !lines.is_empty());
        let dead_letter =
            dead_letter.map(|file| file.write(safety, move |file| file.append(&lines)));
        Writes([journal, dead_letter])
    }

    /// Waits until all lines so far are in the dead-letter file.
    pub(super) async fn flush_dead_letters(&self) -> Result<()> {
        match &self.dead_letter {
            None => Ok(()),
            Some(file) => {
                Writes([None, Some(file.write(Safety::Process, |_| Ok(())))])
                    .durable()
                    .await
            }
        }
    }
}

/// Why a push goes no further that its caller has stopped.
pub(super) fn halted() -> Error {
    Error::new(
        ErrorKind::Stopped,
        "stopped by the caller: what had not left by then was not sent",
    )
}

/// Writes whose end nobody has waited for yet.
pub(super) struct Writes([Option<Written>; 2]);

impl Writes {
    pub(super) async fn durable(self) -> Result<()> {
        for written in self.0.into_iter().flatten() {
            written
                .durable()
                .await
                .map_err(|message| Error::new(ErrorKind::Storage, message))?;
        }
        Ok(())
    }
}

fn open_journal(
    path: &Path,
    base_url: &str,
    target: &Target,
    options: &PushOptions,
) -> Result<(Writer<Journal>, Resumed)> {
    let identity = Identity {
        provider: target.provider,
        kind: target.kind,
        base_url: base_url.to_owned(),
        provider_fields: options
            .provider_fields
            .as_deref()
            .map(|fields| RawValue::get(fields).to_owned()),
        primary_key: options.shape.primary_key.clone(),
    };
    let (journal, earlier) = Journal::open(path, &identity)?;
    let is_resumed = journal.is_resumed()?;
    let push_id = match &earlier {
        Earlier::Places(_) => journal.push_id()?,
        // Indexes are of one run.
        Earlier::Keys { .. } => uuid::Uuid::new_v4().to_string(),
    };
    let told = match (&earlier, &options.dead_letter) {
        (Earlier::Places(_), Some(file)) if is_resumed => dead_letter::told(file, &push_id)?,
        _ => HashMap::new(),
    };
    let resumed = Resumed {
        earlier,
        is_later_run: is_resumed,
        next_batch_id: journal.next_batch_id()?,
        push_id,
        told,
    };
    Ok((writer(journal)?, resumed))
}

/// What is said, in the log and in the report, of a journal of keys that was not there.
fn told_as_new(path: &Path) -> Finding {
    let message = format!(
        "the journal {} was not there: it knows of no key, so every record counts as new and is sent. If an \
         earlier run has written one, put it back before the next",
        path.display()
    );
    #[cfg(feature = "tracing")]
    tracing::warn!("{message}");
    Finding {
        code: FindingCode::NewJournal,
        severity: Severity::Warning,
        field: None,
        count: 1,
        message,
        hint: None,
        examples: Vec::new(),
    }
}

fn writer<T: Durable>(file: T) -> Result<Writer<T>> {
    Writer::start(file).map_err(|error| {
        Error::new(
            ErrorKind::Storage,
            format!("no thread can be started for the files of the push: {error}"),
        )
    })
}
