//! A push: records in, batches out, every record's outcome in the books.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::value::RawValue;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::client::Client;
use crate::dead_letter::{self, DeadLetter};
use crate::durable::{Safety, Writer, Written};
use crate::error::{Error, ErrorKind, Result};
use crate::journal::{Identity, Journal};
use crate::outcomes::Outcome;
use crate::provider::{Provider, PushKind};
use crate::records::Records;
use crate::report::{Problem, PushReport};

mod books;
mod corrections;
mod driver;
mod intake;
mod options;
mod progress;
mod queue;
mod settle;
#[cfg(test)]
mod simulated;
mod source;
mod target;

use books::{Books, Effects, Resumed};
use intake::Intake;
pub use options::{MAX_BATCH_SIZE, MAX_CONCURRENCY, MaxFailures, OnError, OnUnknown, PushOptions};
use progress::Activity;
pub use progress::{PushProgress, Wait, WaitReason};
pub use source::RecordSource;
pub(crate) use target::{Target, Targets};

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

/// A push under way: [`feed`](Self::feed) it records, then [`finish`](Self::finish) it.
///
/// Its requests go on in a task of their own from the first `feed` on. Its books stay right however
/// it is used: a future of it may be dropped in the middle, and `finish` still reports every record.
/// Dropping the push itself cancels it.
pub struct Push {
    shared: Arc<Shared>,
    driver: Mutex<Option<watch::Receiver<bool>>>,
    _cancel_on_drop: DropGuard,
}

/// What the caller's side and the driver's side of a push share.
struct Shared {
    client: Client,
    provider: Provider,
    kind: PushKind,
    target: Arc<Target>,
    options: Arc<PushOptions>,
    started: Instant,
    books: Mutex<Books>,
    activity: Activity,
    /// Stops everything at once.
    cancel: CancellationToken,
    /// Keeps back what has not left yet, once the push has ended.
    stop: CancellationToken,
    /// The report is made.
    finished: CancellationToken,
    /// There may be something to do for the driver.
    work: Notify,
    /// There may be room for more records.
    room: Notify,
    journal: Option<Writer<Journal>>,
    dead_letter: Option<Writer<DeadLetter>>,
    total: Mutex<Option<usize>>,
    /// No batch leaves before: the CRM's own rate limit is reached.
    paused_until: Mutex<Option<Instant>>,
}

impl Push {
    pub(crate) fn start(
        client: Client,
        provider: Provider,
        kind: PushKind,
        options: PushOptions,
    ) -> Result<Self> {
        options.check(kind)?;
        let options = Arc::new(options);
        let dead_letter = options
            .dead_letter
            .as_deref()
            .map(|path| writer(DeadLetter::open(path)?))
            .transpose()?;
        let (journal, resumed) = match &options.journal {
            None => (None, None),
            Some(path) => {
                let (writer, resumed) = open_journal(path, &client, provider, kind, &options)?;
                (Some(writer), Some(resumed))
            }
        };
        let patience = client.patience();
        let books = Books::new(provider, kind, Arc::clone(&options), patience, resumed);
        let cancel = CancellationToken::new();
        Ok(Self {
            shared: Arc::new(Shared {
                target: client.target(provider, kind),
                client,
                provider,
                kind,
                options,
                started: Instant::now(),
                books: Mutex::new(books),
                activity: Activity::default(),
                cancel: cancel.clone(),
                stop: CancellationToken::new(),
                finished: CancellationToken::new(),
                work: Notify::new(),
                room: Notify::new(),
                journal,
                dead_letter,
                total: Mutex::new(None),
                paused_until: Mutex::new(None),
            }),
            driver: Mutex::new(None),
            _cancel_on_drop: cancel.drop_guard(),
        })
    }

    /// A handle that stops this push from elsewhere.
    pub fn cancel_handle(&self) -> CancelHandle {
        CancelHandle(self.shared.cancel.clone())
    }

    /// Says how many records the source holds in all, for [`progress`](Self::progress) alone.
    pub fn expect_total(&self, records: usize) {
        *lock(&self.shared.total) = Some(records);
    }

    /// Takes in a chunk of records and waits until there is room for more. Cancel-safe: the records
    /// are taken in at the first poll.
    pub async fn feed(&self, records: Records) -> Flow {
        self.offer(records);
        self.ready().await
    }

    /// Takes in a chunk of records at once; wait for [`ready`](Self::ready) before the next.
    pub fn offer(&self, records: Records) {
        // Outside the lock, which the answers need.
        let intake = Intake::of(records, self.shared.kind, &self.shared.target.identities);
        let effects = {
            let mut books = self.shared.books();
            books.take_in(intake);
            books.take_effects()
        };
        // Waited for by ready(), through a write behind them.
        drop(self.shared.write(Safety::Process, effects));
        self.shared.after_change();
    }

    /// Waits until there is room for more records.
    pub async fn ready(&self) -> Flow {
        self.drive();
        if let Err(error) = self.shared.flush_dead_letters().await {
            self.shared.end(error);
        }
        let mut is_waiting = false;
        loop {
            let room = self.shared.room.notified();
            {
                let books = self.shared.books();
                if books.has_ended() {
                    return Flow::Ended;
                }
                if books.wants_more() || (!is_waiting && books.has_room()) {
                    return Flow::Continue;
                }
            }
            is_waiting = true;
            room.await;
        }
    }

    /// Whether there is room for more records now, without waiting.
    pub fn has_room(&self) -> bool {
        let is_driven = lock(&self.driver).is_some();
        let books = self.shared.books();
        is_driven && self.shared.dead_letter.is_none() && !books.has_ended() && books.has_room()
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

    /// Waits until the push is cancelled, out of time or finished. For a caller who looks for the
    /// [`unknown`](Self::unknown) records, which is of use after an early end, too.
    pub async fn interrupted(&self) {
        let policy = self.shared.interruptions();
        tokio::select! {
            _ = policy.interrupted() => {}
            () = self.shared.finished.cancelled() => {}
        }
    }

    /// Whether the push wants nothing more from its source; see [`ended`](Self::ended).
    pub fn has_ended(&self) -> bool {
        self.shared.stop.is_cancelled() || self.is_interrupted()
    }

    /// Whether the push was cancelled or is out of time.
    pub fn is_interrupted(&self) -> bool {
        self.shared.interruption().is_some()
    }

    /// Counts records of the source that were never fed because the push had ended.
    pub fn not_sent(&self, count: usize) {
        self.shared.books().leave_unread(count);
    }

    /// Says that the source may hold more records than were counted: what ended the push early is
    /// then an error even when every record fed was tried.
    pub fn leave_source(&self) {
        self.shared.books().leave_source();
    }

    /// Sends what waits and waits for every answer; the source has no more.
    pub async fn drain(&self) {
        let interruption = self.shared.interruption();
        let effects = {
            let mut books = self.shared.books();
            if let Some(error) = interruption {
                books.interrupt_input(error);
            }
            books.end_input();
            books.take_effects()
        };
        drop(self.shared.write(Safety::Process, effects));
        self.shared.after_change();
        let mut is_done = self.drive();
        let was_lost = is_done.wait_for(|is_done| *is_done).await.is_err();
        let effects = {
            let mut books = self.shared.books();
            if was_lost {
                // It panicked, or its runtime was shut down.
                books.end(driver::lost(), true);
                books.settle_lost(&driver::lost());
            }
            books.abandon_what_waits();
            books.take_effects()
        };
        drop(self.shared.write(Safety::Process, effects));
    }

    /// After [`drain`](Self::drain): the records whose outcome is unknown, to look for them in the
    /// CRM.
    pub fn unknown(&self) -> Vec<Problem> {
        self.shared.books().unknown()
    }

    /// Ends the doubt about a record: it is in the CRM and counts as pushed, or it is not and counts
    /// as not sent. False when the record was not in doubt.
    pub fn resolve(&self, index: usize, is_there: bool) -> bool {
        let mut books = self.shared.books();
        let was_in_doubt = books.resolve(index, is_there);
        let effects = books.take_effects();
        drop(books);
        drop(self.shared.write(Safety::Process, effects));
        was_in_doubt
    }

    /// Sends what waits, waits for every answer and closes the books. A second call gives an empty
    /// report.
    ///
    /// # Errors
    ///
    /// What ended the push before every record was tried; its [report](Error::report) says what
    /// became of each.
    pub async fn finish(&self) -> Result<PushReport> {
        self.drain().await;
        let (report, effects) = {
            let mut books = self.shared.books();
            let report = books.close(self.shared.started.elapsed());
            (report, books.take_effects())
        };
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

    /// Closes the books at once, for a caller whose runtime or file handles are gone: what was under way
    /// is unknown, what waited was not sent, and neither were `not_sent` more records of the source.
    /// Neither the runtime nor a file is touched. The error has the report.
    pub fn abandon(&self, not_sent: usize, error: Error) -> Error {
        let mut books = self.shared.books();
        books.lose_journal();
        books.leave_unread(not_sent);
        books.settle_lost(&error);
        books.end(error.clone(), true);
        match books.close(self.shared.started.elapsed()) {
            Ok(report) => error.with_report(report),
            Err(ended) => ended,
        }
    }

    /// How far the push is.
    pub fn progress(&self) -> PushProgress {
        self.shared.progress()
    }

    /// Starts the driver if need be; the receiver turns true when it is done.
    fn drive(&self) -> watch::Receiver<bool> {
        lock(&self.driver)
            .get_or_insert_with(|| driver::start(Arc::clone(&self.shared)))
            .clone()
    }
}

impl Shared {
    fn books(&self) -> MutexGuard<'_, Books> {
        lock(&self.books)
    }

    /// To be called after each change of the books.
    fn after_change(&self) {
        if self.books().has_ended() {
            self.stop.cancel();
        }
        self.room.notify_waiters();
        self.work.notify_waiters();
    }

    fn end(&self, error: Error) {
        self.books().end(error, true);
        self.after_change();
    }

    /// Hands effects to the files' threads, in order. The journal's outcomes need not outlive the
    /// machine at once: without one, a batch is merely in doubt.
    fn write(&self, safety: Safety, effects: Effects) -> Writes {
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
    async fn flush_dead_letters(&self) -> Result<()> {
        match &self.dead_letter {
            None => Ok(()),
            Some(file) => {
                Writes([None, Some(file.write(Safety::Process, |_| Ok(())))])
                    .durable()
                    .await
            }
        }
    }

    fn progress(&self) -> PushProgress {
        let now = Instant::now();
        let elapsed = now.saturating_duration_since(self.started);
        let total = *lock(&self.total);
        let books = self.books();
        let [pushed, failed, unknown] = [Outcome::Pushed, Outcome::Failed, Outcome::Unknown]
            .map(|outcome| books.count(outcome));
        let settled = pushed + failed + unknown;
        let by_this_run = u32::try_from(settled - books.settled_before().min(settled));
        let records_per_second =
            f64::from(by_this_run.unwrap_or(u32::MAX)) / elapsed.as_secs_f64().max(0.001);
        PushProgress {
            records: books.read(),
            total,
            pushed,
            failed,
            unknown,
            requests: books.traffic().requests,
            in_flight: books.in_flight(),
            bytes_sent: books.traffic().bytes_sent,
            batch_size: books.batch_size(),
            elapsed,
            records_per_second,
            waiting: self.activity.waiting(now).or_else(|| {
                let until = self.paused_until()?;
                (books.in_flight() == 0).then(|| Wait {
                    reason: WaitReason::CrmRateLimit,
                    left: Some(until.saturating_duration_since(now)),
                })
            }),
            left: total.and_then(|total| progress::left(total, settled, records_per_second)),
        }
    }
}

/// Writes whose end nobody has waited for yet.
struct Writes([Option<Written>; 2]);

impl Writes {
    async fn durable(self) -> Result<()> {
        for written in self.0.into_iter().flatten() {
            written
                .durable()
                .await
                .map_err(|words| Error::new(ErrorKind::Storage, words))?;
        }
        Ok(())
    }
}

fn open_journal(
    path: &std::path::Path,
    client: &Client,
    provider: Provider,
    kind: PushKind,
    options: &PushOptions,
) -> Result<(Writer<Journal>, Resumed)> {
    let identity = Identity {
        provider,
        kind,
        base_url: client.base_url().to_owned(),
        provider_fields: options
            .provider_fields
            .as_deref()
            .map(|fields| RawValue::get(fields).to_owned()),
    };
    let (journal, replay) = Journal::open(path, &identity)?;
    let push_id = journal.push_id()?;
    let told = match &options.dead_letter {
        Some(file) if journal.is_resumed()? => dead_letter::told(file, &push_id)?,
        _ => HashMap::new(),
    };
    let resumed = Resumed {
        replay,
        next_batch_id: journal.next_batch_id()?,
        push_id,
        told,
    };
    Ok((writer(journal)?, resumed))
}

fn writer<T: crate::durable::Durable>(file: T) -> Result<Writer<T>> {
    Writer::start(file).map_err(|error| {
        Error::new(
            ErrorKind::Storage,
            format!("no thread can be started for the files of the push: {error}"),
        )
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Push {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let books = self.shared.books();
        f.debug_struct("Push")
            .field("provider", &self.shared.provider)
            .field("kind", &self.shared.kind)
            .field("pushed", &books.count(Outcome::Pushed))
            .field("failed", &books.count(Outcome::Failed))
            .field("unknown", &books.count(Outcome::Unknown))
            .field("not_sent", &books.count(Outcome::NotSent))
            .finish_non_exhaustive()
    }
}
