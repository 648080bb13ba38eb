//! The task that carries a push's batches, several at a time.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::list_addition;
use super::list_targets;
use super::looks;
use super::shared::Shared;
use super::state::Entry;
use crate::crm::facts::most_list_members;
use crate::error::{Error, ErrorKind, Result};
use crate::events::trace::Instrument;
use crate::events::{BatchCounts, Event, Topics, WaitCause};
use crate::files::durable::Safety;
use crate::files::journal::{Intent, Journal};
use crate::http::answer;
use crate::http::call::{Ending, Policy, Trace};
use crate::http::transport::{Answer, Post, Request};
use crate::names::PushKind;
use crate::push::claim::{Asked, Claim};
use crate::records::batch::{Batch, frames};
use crate::report::{AskedAndDone, RequestLine};
use crate::sync::lock;

/// Starts the driver on the current runtime; what it returns turns true when the push is drained.
pub(super) fn start(shared: Arc<Shared>) -> watch::Receiver<bool> {
    let (done, is_done) = watch::channel(false);
    tokio::spawn(async move {
        drive(&shared).await;
        // There may be no receiver.
        let _ = done.send(true);
    });
    is_done
}

async fn drive(shared: &Arc<Shared>) {
    let mut carriers = JoinSet::new();
    let policy = shared.policy(None);
    let mut is_on = true;
    loop {
        let work = shared.work.notified();
        if shared.looks_for_list() {
            let span = shared.span.clone();
            carriers.spawn(list_addition::look_first(Arc::clone(shared)).instrument(span));
        }
        while let Some(question) = shared.next_question() {
            let span = shared.span.clone();
            carriers.spawn(looks::ask(Arc::clone(shared), question).instrument(span));
        }
        while let Some(batch) = shared.next_batch() {
            let span = shared.span.clone();
            carriers.spawn(carry_on(Arc::clone(shared), batch).instrument(span));
        }
        if carriers.is_empty() && shared.state().wants_no_carrier() {
            break;
        }
        let paused_until = shared.paused_until();
        let end_of_pause = async {
            match paused_until {
                Some(until) => sleep_until(until).await,
                None => pending().await,
            }
        };
        tokio::select! {
            () = end_of_pause => {}
            Some(carrier) = carriers.join_next() => if carrier.is_err() {
                shared.end(lost());
            },
            error = policy.interrupted(), if is_on => {
                is_on = false;
                let always = error.kind() == ErrorKind::Cancelled;
                shared.state().end(error, always);
                shared.after_change();
            }
            () = shared.grace_is_over(), if !shared.grace.over.is_cancelled() => {
                shared.state().outlast_grace(shared.options.grace);
                shared.grace.over.cancel();
            }
            () = work => {}
        }
    }
    let effects = {
        let mut state = shared.state();
        state.settle_lost(&lost());
        state.take_effects()
    };
    drop(shared.write(Safety::Process, effects));
}

pub(super) fn lost() -> Error {
    Error::new(
        ErrorKind::Internal,
        "an internal error ended a request; please report it",
    )
}

/// Carries a batch, and one after another as long as there are more.
async fn carry_on(shared: Arc<Shared>, first: Arc<Batch>) {
    let mut next = Some(first);
    while let Some(batch) = next {
        carry(&shared, batch).await;
        next = shared.next_batch();
    }
}

/// Sends one batch until it has a fate, and writes that down.
async fn carry(shared: &Arc<Shared>, batch: Arc<Batch>) {
    if !list_targets::resolve(shared, &batch).await {
        return;
    }
    let mut trace = Trace::default();
    let mut answered = None;
    let ending = shared.send(&batch, &mut trace, &mut answered).await;
    shared.activity.over(batch.id);
    let is_interrupted = matches!(ending, Ending::Interrupted(_));
    let (effects, counts) = {
        let mut state = shared.state();
        if let Some(members) = answered {
            state.count_members(members);
        }
        let before = state.counts();
        state.settle(batch.id, ending, &trace);
        let counts = state.counts().since(before);
        if counts.pushed > 0 {
            *lock(&shared.created_at) = Some(Instant::now());
        }
        if counts.unknown > 0 {
            let now = Instant::now();
            let tried = (!is_interrupted).then(|| now.checked_sub(trace.elapsed));
            shared.note_doubt(tried.flatten().unwrap_or(now));
        }
        (state.take_effects(), counts)
    };
    shared.note_requests(&batch, &trace);
    shared.tell_of_batch(&batch, counts, &trace);
    if let Some(pause) = effects.pause {
        shared.pause(pause);
    }
    let written = shared.write(Safety::Process, effects);
    shared.after_change();
    // The journal's outcomes may lag: without one, the batch is in doubt after a crash.
    if shared.dead_letter.is_some()
        && let Err(error) = written.durable().await
    {
        shared.end(error);
    }
}

impl Shared {
    /// Sends a batch until it has a fate; one of large list changes in several rounds, of which `answered`
    /// has the members so far.
    async fn send(
        self: &Arc<Self>,
        batch: &Batch,
        trace: &mut Trace,
        answered: &mut Option<AskedAndDone>,
    ) -> Ending<Claim> {
        let fields = self.options.provider_fields.as_deref().map(RawValue::get);
        let rounds = if self.target.kind == PushKind::Lists {
            batch.rounds(
                most_list_members(self.target.provider),
                self.options.batch_bytes,
            )
        } else {
            None
        };
        let Some(rounds) = rounds else {
            let post = Post {
                frames: batch.frames(fields),
                idempotency_key: batch.key(),
            };
            let records = batch.sent();
            let intend = async || self.intend(batch).await;
            let ending = self.post(batch.id, 0, post, records, trace, intend).await;
            if let Ending::Answered { value, .. } = &ending {
                *answered = value.members;
            }
            return ending;
        };
        let mut sum: Option<Claim> = None;
        let last = rounds.len() - 1;
        for (number, records) in rounds.iter().enumerate() {
            let post = Post {
                frames: frames(records.iter().cloned(), fields),
                idempotency_key: batch.key_of_round(number),
            };
            let records = records.iter().map(|json| &json[..]);
            let intend = async || match number {
                0 => self.intend(batch).await,
                // The intent is the whole batch's.
                _ => Ok(()),
            };
            let ending = self.post(batch.id, number, post, records, trace, intend);
            match ending.await {
                Ending::Answered { value, request_id } => {
                    let value = match sum.take() {
                        None => value,
                        Some(before) => before.and(value),
                    };
                    *answered = value.members;
                    if number == last {
                        return Ending::Answered { value, request_id };
                    }
                    sum = Some(value);
                    trace.note_effect();
                }
                ended => return ended,
            }
        }
        Ending::NotTaken(lost())
    }

    async fn post<'a>(
        self: &Arc<Self>,
        batch: u64,
        round: usize,
        post: Post,
        records: impl Iterator<Item = &'a [u8]>,
        trace: &mut Trace,
        intend: impl AsyncFnOnce() -> Result<()>,
    ) -> Ending<Claim> {
        let asked = Asked::new(records, self.target.naming, self.target.kind);
        let request = Request {
            url: self.target.url.clone(),
            post: Some(post),
        };
        let mut policy = self.policy(Some(batch));
        if round > 0 {
            // Half a change would be in doubt.
            policy.stop = CancellationToken::new();
        }
        let read = |answer: &Answer| read_claim(answer, &asked);
        self.caller
            .perform(&request, &policy, trace, read, intend)
            .await
    }

    fn note_requests(&self, batch: &Batch, trace: &Trace) {
        if trace.requests == 0 {
            return;
        }
        lock(&self.requests).add(RequestLine {
            first_index: batch.first_index(),
            records: batch.len(),
            status: trace.status,
            attempts: trace.requests,
            milliseconds: RequestLine::milliseconds_of(trace.elapsed),
            request_id: trace.request_id.as_deref().map(Into::into),
        });
    }

    fn tell_of_batch(&self, batch: &Batch, mut counts: BatchCounts, trace: &Trace) {
        counts.records = batch.len();
        let topic = if counts.unknown > 0 {
            Topics::BATCHES | Topics::TROUBLE
        } else {
            Topics::BATCHES
        };
        self.tell(topic, || Event::Batch {
            provider: self.target.provider,
            kind: self.target.kind,
            first_index: batch.first_index(),
            counts,
            request_id: trace.request_id.clone(),
        });
    }

    /// Lets no batch leave for a while.
    fn pause(&self, pause: Duration) {
        // Not all processes at the same moment.
        let until = Instant::now() + pause + pause.mul_f64(fastrand::f64() / 10.0);
        {
            let mut paused = lock(&self.paused_until);
            *paused = (*paused).max(Some(until));
        }
        self.caller.listeners().tell(Topics::WAITS, || {
            let of = (self.target.kind.operation(), Some(self.target.provider));
            Event::wait(of, WaitCause::CrmRateLimit, until, (None, None))
        });
    }

    /// Until when no batch may leave.
    pub(super) fn paused_until(&self) -> Option<Instant> {
        lock(&self.paused_until).filter(|until| *until > Instant::now())
    }

    /// The next batch that may leave; a source that waits hears when there is room again.
    fn next_batch(&self) -> Option<Arc<Batch>> {
        if self.paused_until().is_some() || self.awaits_list() {
            return None;
        }
        let (batch, wants_more) = {
            let mut state = self.state();
            let batch = state.next_batch();
            let waits = batch.is_none() && state.waits_for_source();
            lock(&self.source_pace).note_wait(waits);
            (batch, state.wants_more())
        };
        // Also when none leaves: records that share an identity wait for others to travel with.
        if wants_more {
            self.room.notify_waiters();
        }
        batch
    }

    /// Why the push may go no further, if it was cancelled, is out of time, or had its grace after a stop.
    pub(super) fn interruption(&self) -> Option<Error> {
        self.interruptions().interruption()
    }

    /// The rules for what an early end does not keep back.
    pub(super) fn interruptions(&self) -> Policy {
        Policy {
            cancel: self.cancel.clone(),
            grace: self.grace.clone(),
            deadline: self.deadline(),
            ..Policy::default()
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.options
            .deadline
            .and_then(|deadline| self.started.checked_add(deadline))
    }

    /// The rules for a batch's call, or for the time between calls.
    pub(super) fn policy(self: &Arc<Self>, batch: Option<u64>) -> Policy {
        let shared = Arc::clone(self);
        Policy {
            may_repeat_in_doubt: self.state().may_repeat_in_doubt(),
            waits_for_the_limit: true,
            stop: self.stop.clone(),
            listener: batch.map(|batch| -> Box<dyn Fn(_) + Send + Sync> {
                Box::new(move |doing| shared.activity.note(batch, doing))
            }),
            ..self.interruptions()
        }
    }

    /// Makes the batch's intent durable.
    async fn intend(&self, batch: &Batch) -> Result<()> {
        let Some(journal) = &self.journal else {
            return Ok(());
        };
        let fields = self.options.provider_fields.as_deref().map(RawValue::get);
        let intent = Intent::of(batch, fields);
        let intent = match self.state().addresses_of(batch) {
            Some(addresses) => intent.with_addresses(addresses),
            None => intent,
        };
        journal
            .write(Safety::Machine, move |journal| journal.intend(&intent))
            .durable()
            .await
            .map_err(|message| Error::new(ErrorKind::Storage, message))
    }
}

impl Entry {
    pub(super) fn write(&self, journal: &mut Journal) -> std::result::Result<(), String> {
        match self {
            Self::Settled {
                batch,
                request_id,
                exceptions,
            } => journal.settle(*batch, request_id.as_deref(), exceptions),
            Self::LeftOut {
                batch,
                intent,
                exceptions,
            } => {
                journal.intend(intent)?;
                journal.settle(*batch, None, exceptions)
            }
            Self::NotTaken(batch) => journal.not_taken(*batch),
            Self::Resolved {
                batch,
                index,
                outcome,
                message,
            } => journal.resolve(*batch, *index, *outcome, message),
            Self::ResolvedKey { key, outcome } => journal.resolve_key(key, *outcome),
            Self::Repeated { key, record } => journal.note_repeated(key, *record),
            Self::Finished { records } => journal.finish(*records),
        }
    }
}

fn read_claim(answer: &Answer, asked: &Asked<'_>) -> Result<Claim> {
    let data = answer::data(answer)?;
    Claim::read(&data, asked).map_err(|reason| {
        answer::invalid(answer, &format!("the answer can't be trusted: {reason}"))
    })
}
