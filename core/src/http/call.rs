//! One call of the service, tried until it has a fate: connections, rate limit and budget for repeats.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderMap;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::config::Config;
use crate::error::{DEADLINE, Error, ErrorKind, Result};
use crate::events::trace::{self, Instrument};
use crate::events::{Event, EventRing, LONG_WAIT, Listeners, Topics, WaitCause, operation_of};
use crate::http::answer::{self, Operation};
use crate::http::outlook::Outlook;
use crate::http::own_headers;
use crate::http::pace::{Notice, Pacer};
use crate::http::repeat::{self, Cause, Judgement, MAX_REQUESTED_WAIT, MAX_TRIES, RetryBudget};
use crate::http::request_body::Progress;
use crate::http::transport::{Answer, Attempt, Request, Transport};
use crate::report::PacingScope;

/// What all calls of a client share, and who hears of those that go through it.
#[derive(Clone)]
pub(crate) struct Caller {
    line: Arc<Line>,
    listeners: Listeners,
    /// The caller's own.
    headers: Option<Arc<HeaderMap>>,
    /// Stops the calls of no policy of their own.
    cancel: CancellationToken,
}

/// What all calls of a client share.
struct Line {
    transport: Transport,
    pacer: Arc<Pacer>,
    budget: RetryBudget,
}

impl Caller {
    pub(crate) fn new(config: Config) -> Result<Self> {
        let headers = config.headers.clone();
        config.store.check()?;
        let line = Line {
            pacer: Arc::new(Pacer::new(config.pacing, config.store.clone())),
            transport: Transport::new(config)?,
            budget: RetryBudget::new(),
        };
        Ok(Self {
            line: Arc::new(line),
            listeners: Listeners::default(),
            headers: (!headers.is_empty()).then(|| Arc::new(headers)),
            cancel: CancellationToken::new(),
        })
    }

    /// The same, whose calls are told to `ring`.
    pub(crate) fn told_to(&self, ring: Arc<EventRing>) -> Self {
        Self {
            line: Arc::clone(&self.line),
            listeners: Listeners::to(ring),
            ..self.clone()
        }
    }

    /// The same, whose calls outside of pushes are stopped by `cancel`.
    #[cfg(feature = "bindings")]
    pub(crate) fn stopped_by(&self, cancel: CancellationToken) -> Self {
        Self {
            cancel,
            ..self.clone()
        }
    }

    /// The rules for a call outside of pushes.
    pub(crate) fn policy(&self) -> Policy {
        Policy {
            cancel: self.cancel.clone(),
            ..Policy::default()
        }
    }

    /// The same, whose calls carry these headers too.
    pub(crate) fn with_headers<N: AsRef<str>, V: AsRef<str>>(
        &self,
        headers: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self> {
        let more = own_headers::read(headers)?;
        let mut all = self.headers.as_deref().cloned().unwrap_or_default();
        for (name, value) in &more {
            all.insert(name, value.clone());
        }
        Ok(Self {
            headers: Some(Arc::new(all)),
            ..self.clone()
        })
    }

    /// Who hears of the calls.
    pub(crate) fn listeners(&self) -> &Listeners {
        &self.listeners
    }

    /// Requests end in `simulation` from now on, instead of the network.
    #[cfg(test)]
    pub(crate) fn simulate(&mut self, simulation: Arc<dyn crate::http::transport::Simulation>) {
        Arc::get_mut(&mut self.line)
            .unwrap()
            .transport
            .simulate(simulation);
    }

    /// The time after which a silent request is given up.
    pub(crate) fn patience(&self) -> Duration {
        self.line.transport.patience()
    }

    /// How long the rate limit, as far as it is known, makes so many requests take.
    pub(crate) fn time_for(&self, requests: usize) -> Duration {
        self.line.pacer.time_for(requests)
    }

    /// Who shares the rate limit with this client now.
    pub(crate) fn pacing(&self) -> PacingScope {
        self.line.pacer.scope()
    }

    /// When the next requests may leave; `None` where nothing paces.
    pub(crate) fn outlook(&self, now: Instant) -> Option<Outlook> {
        self.line.pacer.outlook(now)
    }

    /// The service's address, `/api/v1` included.
    pub(crate) fn base_url(&self) -> &str {
        self.line.transport.base_url()
    }

    /// The first characters of the key, by which its owner knows it.
    pub(crate) fn key_start(&self) -> &str {
        self.line.transport.key_start()
    }

    /// Where the key was found, unless the caller gave it.
    pub(crate) fn key_place(&self) -> Option<&'static str> {
        self.line.transport.key_place()
    }

    /// The address of `path`, which is below the base URL and has no leading slash.
    pub(crate) fn url(&self, path: &str) -> Url {
        self.line.transport.url(path)
    }

    /// Makes a call that reads, repeated as often as may help; errors tell `call`.
    pub(crate) async fn read<T>(
        &self,
        call: &str,
        request: &Request,
        policy: Policy,
        read: impl Fn(&Answer) -> Result<T>,
    ) -> Result<T> {
        self.read_traced(call, request, policy, &mut Trace::default(), read)
            .await
    }

    /// As [`read`](Self::read); `trace` learns what it took.
    pub(crate) async fn read_traced<T>(
        &self,
        call: &str,
        request: &Request,
        policy: Policy,
        trace: &mut Trace,
        read: impl Fn(&Answer) -> Result<T>,
    ) -> Result<T> {
        let policy = Policy {
            may_repeat_in_doubt: true,
            ..policy
        };
        let before_send = async || Ok(());
        match self
            .perform(request, &policy, trace, read, before_send)
            .await
        {
            Ending::Answered { value, .. } => Ok(value),
            Ending::Refused { error, .. }
            | Ending::Invalid { error, .. }
            | Ending::TooLarge(error)
            | Ending::NotTaken(error)
            | Ending::Doubtful { error, .. }
            | Ending::Interrupted(error) => Err(error.in_context(call)),
        }
    }

    /// Sends `request` until it has a fate, within the repetition rules. `before_send` runs once, when
    /// the first try may leave.
    #[expect(clippy::too_many_lines, reason = "the course of a call in its order")]
    pub(crate) async fn perform<T>(
        &self,
        request: &Request,
        policy: &Policy,
        trace: &mut Trace,
        read: impl Fn(&Answer) -> Result<T>,
        before_send: impl AsyncFnOnce() -> Result<()>,
    ) -> Ending<T> {
        let Line {
            transport,
            pacer,
            budget,
        } = &*self.line;
        let mut before_send = Some(before_send);
        let mut has_paid = false;
        let mut tries = 0;
        let mut refusals = 0;
        let mut last = None;
        loop {
            if let Some(error) = policy.interruption() {
                return Ending::Interrupted(error.after(last));
            }
            let permit = tokio::select! {
                permit = pacer.acquire(|until| {
                    policy.note(Phase::Pacing { until });
                    if let Some(until) = until {
                        self.tell_of_wait(request, WaitCause::RateLimit, until, None);
                    }
                }) => permit,
                error = policy.kept_back() => return Ending::Interrupted(error.after(last)),
            };
            self.tell_of_store();
            let mut permit = match permit {
                Ok(permit) => permit,
                Err(error) => return Ending::NotTaken(error),
            };
            if let Some(before_send) = before_send.take()
                && let Err(error) = before_send().await
            {
                return Ending::NotTaken(error);
            }
            tries += 1;
            policy.note(Phase::Asking);
            permit.leaves();
            let span = trace::request_span(request, tries);
            let started = Instant::now();
            let sending = transport.send(
                request,
                self.headers.as_deref(),
                &mut trace.live,
                permit.mark(),
            );
            let attempt = tokio::select! {
                attempt = sending.instrument(span.clone()) => attempt,
                error = policy.interrupted() => {
                    let attempt = trace.dropped(request, &error, started);
                    trace::record(&span, &attempt);
                    trace.count(&attempt);
                    self.tell_of_request(request, &attempt, tries);
                    return Ending::Interrupted(error.after(last));
                }
            };
            trace::record(&span, &attempt);
            trace.count(&attempt);
            self.tell_of_request(request, &attempt, tries);
            match &attempt.outcome {
                Err(_) if request.post.is_some() && !attempt.progress.may_be_sent() => {
                    permit.unused();
                }
                Err(_) => permit.over(None),
                Ok(answer) => permit.over(Some((answer.status, &answer.limits))),
            }
            let (error, cause, requested_wait) = match decide(attempt, policy, trace, &read) {
                Decision::Retry { error, cause, wait } => (error, cause, wait),
                Decision::Done(ending) => {
                    if matches!(ending, Ending::Answered { .. }) {
                        if has_paid {
                            budget.refund();
                        } else {
                            budget.earn();
                        }
                    }
                    return ending;
                }
            };
            let throttled = cause == Cause::RateLimit;
            let may_repeat = policy.may_repeat_in_doubt || !trace.doubted;
            let now = Instant::now();
            let requested_wait = requested_wait.filter(|_| may_repeat);
            if let Some(error) = policy.too_late(&error, cause, requested_wait, now) {
                return Ending::Interrupted(error);
            }
            // A deadline bounds the waits by itself.
            let is_bounded = policy.deadline.is_some();
            let long_wait = requested_wait.filter(|wait| !is_bounded && *wait > MAX_REQUESTED_WAIT);
            refusals += u32::from(throttled);
            let has_tries = if throttled {
                policy.waits_for_the_limit || refusals < MAX_TRIES
            } else {
                tries - refusals < MAX_TRIES
            };
            if !may_repeat || long_wait.is_some() || !has_tries || !throttled && !budget.pay() {
                return trace.given_up(after_tries(error, tries, long_wait));
            }
            has_paid = !throttled;
            let paced = if throttled {
                permit.refused(requested_wait).await
            } else {
                drop(permit);
                None
            };
            let until = paced.unwrap_or_else(|| {
                let made = if throttled {
                    refusals
                } else {
                    tries - refusals
                };
                let wait = repeat::wait(requested_wait, made, cause, fastrand::f64());
                now.checked_add(wait).or(policy.deadline).unwrap_or(now)
            });
            let reason = if throttled {
                WaitCause::TooManyRequests
            } else {
                WaitCause::Retry
            };
            self.tell_of_wait(request, reason, until, Some(&error));
            policy.note(Phase::Waiting { until });
            tokio::select! {
                () = tokio::time::sleep_until(until) => {}
                stopped = policy.kept_back() => {
                    return Ending::Interrupted(stopped.after(Some(error)));
                }
            }
            last = Some(error);
        }
    }
}

impl Caller {
    /// Tells what happened to the store of the rate limit, to whoever calls first.
    fn tell_of_store(&self) {
        for notice in self.line.pacer.notices() {
            self.listeners.tell(Topics::WAITS, || match notice {
                Notice::Alone {
                    store,
                    why,
                    clients,
                } => Event::Pacing {
                    pacing: PacingScope::Alone,
                    store,
                    reason: Some(why),
                    clients: Some(clients),
                },
                Notice::Shared { store } => Event::Pacing {
                    pacing: self.pacing(),
                    store,
                    reason: None,
                    clients: None,
                },
            });
        }
    }

    fn tell_of_request(&self, request: &Request, attempt: &Attempt, tries: u32) {
        self.listeners.tell(Topics::REQUESTS, || {
            let (operation, provider) = operation_of(request.url.path());
            let (status, request_id, error) = match &attempt.outcome {
                Ok(answer) => (Some(answer.status), answer.request_id.clone(), None),
                Err(error) => (
                    error.status(),
                    error.request_id().map(str::to_owned),
                    Some(error),
                ),
            };
            Event::Request {
                operation,
                provider,
                method: request.method(),
                url: request.address().into(),
                attempt: tries,
                status,
                error: error.map(Error::kind),
                code: error.and_then(Error::code).map(str::to_owned),
                milliseconds: attempt.elapsed.as_secs_f64() * 1e3,
                bytes_sent: attempt.bytes_sent,
                bytes_received: attempt.bytes_received,
                request_id,
                ended_at: Event::now(),
            }
        });
    }

    fn tell_of_wait(
        &self,
        request: &Request,
        reason: WaitCause,
        until: Instant,
        refusal: Option<&Error>,
    ) {
        let is_long = until.saturating_duration_since(Instant::now()) > LONG_WAIT;
        let topic = if is_long || reason == WaitCause::TooManyRequests {
            Topics::WAITS
        } else {
            Topics::REQUESTS
        };
        self.listeners.tell(topic, || {
            let status = refusal.and_then(Error::status);
            let request_id = refusal.and_then(Error::request_id).map(str::to_owned);
            let operation = operation_of(request.url.path());
            Event::wait(operation, reason, until, (status, request_id))
        });
    }
}

/// What a try comes to.
enum Decision<T> {
    Done(Ending<T>),
    /// Another try may help, if the rules allow one.
    Retry {
        error: Error,
        cause: Cause,
        wait: Option<Duration>,
    },
}

fn decide<T>(
    attempt: Attempt,
    policy: &Policy,
    trace: &mut Trace,
    read: impl Fn(&Answer) -> Result<T>,
) -> Decision<T> {
    let again = |error, cause, wait| Decision::Retry { error, cause, wait };
    let judgement = repeat::judge(&attempt);
    let answer = match attempt.outcome {
        Ok(answer) => answer,
        Err(error) => {
            let cause = if let Judgement::NothingDone { cause, .. } = judgement {
                trace.nothing_done();
                cause
            } else {
                trace.doubted = true;
                Cause::Fault
            };
            if !error.retryable() && cause == Cause::Fault {
                return Decision::Done(trace.given_up(error));
            }
            return again(error, cause, None);
        }
    };
    if judgement == Judgement::Answered {
        return match read(&answer) {
            Ok(value) => Decision::Done(Ending::Answered {
                value,
                request_id: answer.request_id,
            }),
            Err(error) => {
                trace.doubted = true;
                again(error, Cause::Fault, None)
            }
        };
    }
    let error = if judgement == Judgement::Premature {
        answer::invalid(
            &answer,
            "the service answered before it had the whole request",
        )
    } else {
        answer::refusal(&answer, policy.operation)
    };
    match judgement {
        Judgement::TooLarge => Decision::Done(Ending::TooLarge(error)),
        Judgement::Refused { .. } if answer.status == 422 => Decision::Done(Ending::Invalid {
            error,
            body: answer.body,
        }),
        Judgement::Refused { fatal } => Decision::Done(Ending::Refused { error, fatal }),
        Judgement::Redirected => {
            trace.doubted = true;
            Decision::Done(Ending::Doubtful {
                error,
                ends_run: true,
            })
        }
        Judgement::NothingDone { cause, wait } => {
            trace.nothing_done();
            again(error, cause, wait)
        }
        Judgement::Answered | Judgement::Premature | Judgement::Doubtful => {
            trace.doubted = true;
            if !error.retryable() {
                return Decision::Done(trace.given_up(error));
            }
            let wait = error.retry_after();
            again(error, Cause::Fault, wait)
        }
    }
}

fn after_tries(error: Error, tries: u32, long_wait: Option<Duration>) -> Error {
    if let Some(wait) = long_wait {
        return error.in_context(&format!(
            "the service asks to wait {} s, more than the {} s that we wait",
            wait.as_secs(),
            MAX_REQUESTED_WAIT.as_secs()
        ));
    }
    if tries > 1 {
        return error.in_context(&format!("tried {tries} times"));
    }
    error
}

/// What a call does at the moment.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Phase {
    /// It waits for the rate limit, as far as that is known until then.
    Pacing { until: Option<Instant> },
    /// It waits for its next try.
    Waiting { until: Instant },
    /// It is under way.
    Asking,
}

/// What one call may do.
#[derive(Default)]
pub(crate) struct Policy {
    /// Whether to repeat what may have had its effect.
    pub(crate) may_repeat_in_doubt: bool,
    /// Whether to wait for the rate limit however often it refuses the call.
    pub(crate) waits_for_the_limit: bool,
    pub(crate) operation: Operation,
    /// Stops the call at once.
    pub(crate) cancel: CancellationToken,
    /// Does so, too, some time after the caller's stop.
    pub(crate) grace: Grace,
    /// Keeps tries back that have not left yet.
    pub(crate) stop: CancellationToken,
    pub(crate) deadline: Option<Instant>,
    /// Hears of each phase.
    pub(crate) listener: Option<Box<dyn Fn(Phase) + Send + Sync>>,
}

/// How long what is under way may go on after its caller's stop.
#[derive(Clone, Default)]
pub(crate) struct Grace {
    pub(crate) length: Duration,
    /// It is over.
    pub(crate) over: CancellationToken,
}

impl Grace {
    fn outlasted(&self) -> Error {
        let message = format!(
            "the caller stopped the push, and the grace of {} s was over before there was an answer",
            self.length.as_secs_f64()
        );
        Error::new(ErrorKind::Stopped, message)
    }
}

impl Policy {
    fn note(&self, phase: Phase) {
        if let Some(listener) = &self.listener {
            listener(phase);
        }
    }

    pub(crate) fn interruption(&self) -> Option<Error> {
        if self.cancel.is_cancelled() {
            return Some(cancelled());
        }
        if self.grace.over.is_cancelled() {
            return Some(self.grace.outlasted());
        }
        if self.stop.is_cancelled() {
            return Some(stopped());
        }
        self.lateness()
    }

    fn lateness(&self) -> Option<Error> {
        self.deadline
            .filter(|deadline| Instant::now() >= *deadline)
            .map(|_| out_of_time())
    }

    /// What ends a call that is to wait beyond the deadline: it can't go on before.
    fn too_late(
        &self,
        refusal: &Error,
        cause: Cause,
        wait: Option<Duration>,
        now: Instant,
    ) -> Option<Error> {
        let wait = wait?;
        let left = self.deadline?.saturating_duration_since(now);
        (wait > left).then(|| {
            let what = match cause {
                Cause::RateLimit => " for its rate limit",
                Cause::Fault => "",
            };
            let message = format!(
                "the service asks to wait {} s{what}, and the deadline of the push is in {} s",
                seconds(wait),
                seconds(left)
            );
            Error::new(ErrorKind::Timeout, message)
                .with_cause(Some(DEADLINE), None)
                .with_retry_after(Some(wait))
                .after(Some(refusal.clone()))
        })
    }

    /// As [`interrupted`](Self::interrupted), for a call of which nothing is under way.
    pub(crate) async fn kept_back(&self) -> Error {
        tokio::select! {
            error = self.interrupted() => error,
            // A push ends by these, too, and its driver may see them first.
            () = self.stop.cancelled() => if self.cancel.is_cancelled() {
                cancelled()
            } else {
                self.lateness().unwrap_or_else(stopped)
            },
        }
    }

    pub(crate) async fn interrupted(&self) -> Error {
        let deadline = async {
            match self.deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.cancel.cancelled() => cancelled(),
            () = self.grace.over.cancelled() => self.grace.outlasted(),
            () = deadline => out_of_time(),
        }
    }
}

fn cancelled() -> Error {
    Error::new(ErrorKind::Cancelled, "cancelled by the caller")
}

fn stopped() -> Error {
    Error::new(
        ErrorKind::Stopped,
        "the push ended before this could be sent",
    )
}

fn out_of_time() -> Error {
    Error::new(ErrorKind::Timeout, "the deadline of the push ran out")
        .with_cause(Some(DEADLINE), None)
}

/// A time as it is told: to the millisecond where that counts.
fn seconds(time: Duration) -> f64 {
    if time >= Duration::from_secs(10) {
        return time.as_secs_f64().round();
    }
    (time.as_secs_f64() * 1e3).round() / 1e3
}

/// What is known of a call while it runs, kept outside its future so that dropping that loses
/// nothing.
#[derive(Default)]
pub(crate) struct Trace {
    live: Progress,
    /// Whether a try may have had its effect without a trustworthy answer.
    doubted: bool,
    pub(crate) requests: u64,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
    /// Of the last try's answer.
    pub(crate) status: Option<u16>,
    pub(crate) request_id: Option<String>,
    /// How long the last try took.
    pub(crate) elapsed: Duration,
}

impl Trace {
    /// Whether the request may have had an effect that no answer told of.
    pub(crate) fn is_in_doubt(&self) -> bool {
        self.doubted || self.live.may_be_sent()
    }

    /// A part of the call had its effect, whatever becomes of the others.
    pub(crate) fn note_effect(&mut self) {
        self.doubted = true;
    }

    /// Whether an earlier try may have had its effect.
    pub(crate) fn had_doubt(&self) -> bool {
        self.doubted
    }

    fn count(&mut self, attempt: &Attempt) {
        self.requests += 1;
        self.bytes_sent += attempt.bytes_sent;
        self.bytes_received += attempt.bytes_received;
        self.elapsed = attempt.elapsed;
        (self.status, self.request_id) = match &attempt.outcome {
            Ok(answer) => (Some(answer.status), answer.request_id.clone()),
            Err(error) => (error.status(), error.request_id().map(str::to_owned)),
        };
    }

    /// A try that was dropped on its way.
    fn dropped(&self, request: &Request, error: &Error, started: Instant) -> Attempt {
        let is_sent = self.live.may_be_sent();
        Attempt {
            outcome: Err(error.clone()),
            progress: self.live.clone(),
            bytes_sent: if is_sent { request.body_len() } else { 0 },
            bytes_received: 0,
            elapsed: started.elapsed(),
        }
    }

    fn nothing_done(&mut self) {
        self.live = Progress::default();
    }

    fn given_up<T>(&self, error: Error) -> Ending<T> {
        if self.doubted {
            Ending::Doubtful {
                error,
                ends_run: false,
            }
        } else {
            Ending::NotTaken(error)
        }
    }
}

/// The fate of a call.
pub(crate) enum Ending<T> {
    Answered {
        value: T,
        request_id: Option<String>,
    },
    /// The service refuses it; when fatal, every further call like it too.
    Refused {
        error: Error,
        fatal: bool,
    },
    TooLarge(Error),
    /// 422: refused before anything of it was taken; its body may say what is wrong.
    Invalid {
        error: Error,
        body: Vec<u8>,
    },
    /// Certainly without effect, and no further try may help now.
    NotTaken(Error),
    /// It may have had its effect.
    Doubtful {
        error: Error,
        ends_run: bool,
    },
    /// Cancelled or out of time; the trace knows whether it is in doubt.
    Interrupted(Error),
}
