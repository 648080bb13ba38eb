//! When may a request be repeated, and after which wait.

use std::sync::Mutex;
use std::time::Duration;

use reqwest::header::HeaderMap;

use crate::http::request_body::BodyProgress;
use crate::http::transport::{Answer, Attempt};
use crate::sync::lock;

/// Tries of one request, the first included, and without those that the service refused for its limit:
/// they had no effect and are bounded by time.
pub(crate) const MAX_TRIES: u32 = 5;
/// Longest wait that the service may ask for; beyond it the call ends and says when to resume.
pub(crate) const MAX_REQUESTED_WAIT: Duration = Duration::from_secs(120);
const TRANSIENT_BASE: Duration = Duration::from_millis(100);
const THROTTLE_BASE: Duration = Duration::from_secs(1);
const BACKOFF_CAP: Duration = Duration::from_secs(20);
const BUDGET: u32 = 500;
const REPEAT_COST: u32 = 14;
/// Causes in `X-Error-Code` of a 503 that the service gives before it takes anything up.
const NOT_TAKEN_UP: [&str; 1] = ["workspace_provisioning"];

/// Why a request is to be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The service refused it for the rate limit.
    RateLimit,
    /// Anything else that may pass.
    Fault,
}

/// What one try says about whether it had an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// 2xx: the body tells the rest.
    Answered,
    /// 2xx before the transport had taken the whole body: whatever was counted, it was not these records.
    Premature,
    /// Certainly without effect: any request may be repeated.
    NothingDone {
        cause: Cause,
        wait: Option<Duration>,
    },
    /// 413: without effect; the halves may pass.
    TooLarge,
    /// The service refuses this content, or, when fatal, any request like it; nothing was taken.
    Refused { fatal: bool },
    /// It may have had its effect: only an idempotent request may be repeated.
    Doubtful,
    /// A redirect: doubtful, and so would every further request be.
    Redirected,
}

pub(crate) fn judge(attempt: &Attempt) -> Judgement {
    match &attempt.outcome {
        Ok(answer) => judge_answer(answer, attempt.progress.taken()),
        // With a status the body was answered, so it was sent.
        Err(error) if error.status().is_none() && !attempt.progress.may_be_sent() => {
            Judgement::NothingDone {
                cause: Cause::Fault,
                wait: None,
            }
        }
        // Whatever its body would have said.
        Err(error) if error.status() == Some(429) => Judgement::NothingDone {
            cause: Cause::RateLimit,
            wait: None,
        },
        Err(_) => Judgement::Doubtful,
    }
}

fn judge_answer(answer: &Answer, taken: BodyProgress) -> Judgement {
    match answer.status {
        200..=299 if taken == BodyProgress::Part => Judgement::Premature,
        200..=299 => Judgement::Answered,
        300..=399 => Judgement::Redirected,
        413 => Judgement::TooLarge,
        // The limit is checked before the service touches a record.
        429 => Judgement::NothingDone {
            cause: Cause::RateLimit,
            wait: answer.requested_wait(),
        },
        503 if taken != BodyProgress::Whole || is_not_taken_up(&answer.headers) => {
            Judgement::NothingDone {
                cause: Cause::Fault,
                wait: answer.requested_wait(),
            }
        }
        // The service checks these before it touches a record.
        401..=404 => Judgement::Refused { fatal: true },
        // Of the request's form, whatever its records: refused where it is read.
        405..=407 | 410 | 411 | 414 | 415 | 417 | 421 | 426 | 431 => {
            Judgement::Refused { fatal: true }
        }
        408 => Judgement::Doubtful,
        400..=499 => Judgement::Refused { fatal: false },
        _ => Judgement::Doubtful,
    }
}

fn is_not_taken_up(headers: &HeaderMap) -> bool {
    headers
        .get("x-error-code")
        .and_then(|code| code.to_str().ok())
        .is_some_and(|code| NOT_TAKEN_UP.contains(&code.trim()))
}

/// Full jitter: anything from nothing to the doubled base, `tries` being those already made.
fn backoff(tries: u32, cause: Cause, random: f64) -> Duration {
    let base = match cause {
        Cause::RateLimit => THROTTLE_BASE,
        Cause::Fault => TRANSIENT_BASE,
    };
    let doubled = base.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1)));
    doubled.min(BACKOFF_CAP).mul_f64(random.clamp(0.0, 1.0))
}

/// The wait before the next try: never earlier than asked, and not all clients at the same moment.
/// `tries` are those already made that ended like this one.
pub(crate) fn wait(requested: Option<Duration>, tries: u32, cause: Cause, random: f64) -> Duration {
    let jitter = backoff(tries, cause, random);
    match requested {
        Some(wait) if cause == Cause::RateLimit => wait.saturating_add(spread(wait, tries, random)),
        Some(wait) => wait.saturating_add(jitter.min(wait / 10)),
        None => jitter,
    }
}

/// How long after a requested wait a refused call comes back. Told to wait for nothing, it still asks
/// ever less often.
fn spread(wait: Duration, refusals: u32, random: f64) -> Duration {
    let longest = if wait < THROTTLE_BASE {
        let doubled = 2_u32.saturating_pow(refusals.saturating_sub(1));
        TRANSIENT_BASE.saturating_mul(doubled).min(THROTTLE_BASE)
    } else {
        (wait / 10).clamp(THROTTLE_BASE, BACKOFF_CAP)
    };
    longest.mul_f64(random.clamp(0.0, 1.0))
}

/// What all calls of a client may spend on repeats; successes give it back.
pub(crate) struct RetryBudget(Mutex<u32>);

impl RetryBudget {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(BUDGET))
    }

    /// Takes the price of one repeat; false when the budget can't pay it.
    pub(crate) fn pay(&self) -> bool {
        let mut left = lock(&self.0);
        if *left < REPEAT_COST {
            return false;
        }
        *left -= REPEAT_COST;
        true
    }

    /// Gives back what the last repeat cost: it succeeded.
    pub(crate) fn refund(&self) {
        self.add(REPEAT_COST);
    }

    /// Adds a little for a success that cost no repeat.
    pub(crate) fn earn(&self) {
        self.add(1);
    }

    fn add(&self, tokens: u32) {
        let mut left = lock(&self.0);
        *left = (*left + tokens).min(BUDGET);
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn answer(status: u16, headers: &[(&'static str, &'static str)]) -> Answer {
        let named = headers.iter().map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        });
        Answer::new(status, named.collect(), Vec::new(), None)
    }

    #[test]
    fn each_status_has_the_judgement_of_the_table() {
        let sent = |status| judge_answer(&answer(status, &[]), BodyProgress::Whole);
        assert_eq!(sent(200), Judgement::Answered);
        for status in [500, 502, 503, 504, 408] {
            assert_eq!(sent(status), Judgement::Doubtful, "{status}");
        }
        for status in [401, 402, 403, 404, 405, 407, 410, 415, 431] {
            assert_eq!(sent(status), Judgement::Refused { fatal: true }, "{status}");
        }
        for status in [400, 409, 422] {
            assert_eq!(
                sent(status),
                Judgement::Refused { fatal: false },
                "{status}"
            );
        }
        assert_eq!(sent(413), Judgement::TooLarge);
        assert_eq!(sent(307), Judgement::Redirected);
    }

    #[test]
    fn a_429_did_nothing() {
        let did_nothing = |wait| Judgement::NothingDone {
            cause: Cause::RateLimit,
            wait,
        };
        let judged = judge_answer(&answer(429, &[("retry-after", "3")]), BodyProgress::Whole);
        assert_eq!(judged, did_nothing(Some(Duration::from_secs(3))));
        assert_eq!(
            judge_answer(&answer(429, &[]), BodyProgress::Whole),
            did_nothing(None)
        );
    }

    #[test]
    fn a_503_did_nothing_only_when_named_or_early() {
        let named = answer(503, &[("x-error-code", "workspace_provisioning")]);
        let nothing = Judgement::NothingDone {
            cause: Cause::Fault,
            wait: None,
        };
        assert_eq!(judge_answer(&named, BodyProgress::Whole), nothing);
        assert_eq!(judge_answer(&answer(503, &[]), BodyProgress::Part), nothing);
        let other = answer(503, &[("x-error-code", "database_down")]);
        assert_eq!(
            judge_answer(&other, BodyProgress::Whole),
            Judgement::Doubtful
        );
    }

    #[test]
    fn what_comes_before_the_body_was_taken_is_no_success_and_did_nothing() {
        assert_eq!(
            judge_answer(&answer(200, &[]), BodyProgress::Part),
            Judgement::Premature
        );
        // A read has no body.
        assert_eq!(
            judge_answer(&answer(200, &[]), BodyProgress::Nothing),
            Judgement::Answered
        );
        assert_eq!(
            judge_answer(&answer(429, &[]), BodyProgress::Part),
            Judgement::NothingDone {
                cause: Cause::RateLimit,
                wait: None
            }
        );
    }

    #[test]
    fn retry_after_dates_are_read_by_the_services_clock() {
        let dated = answer(
            429,
            &[
                ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
                ("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT"),
            ],
        );
        assert_eq!(dated.requested_wait(), Some(Duration::from_secs(30)));
    }

    #[test]
    fn the_minutes_reset_counts_only_when_the_minute_is_used_up() {
        let limited = |status, remaining| {
            let date = ("date", "Thu, 01 Jan 1970 00:01:00 GMT");
            let reset = ("x-ratelimit-reset", "90");
            answer(status, &[date, reset, ("x-ratelimit-remaining", remaining)]).requested_wait()
        };
        assert_eq!(limited(429, "0"), Some(Duration::from_secs(30)));
        assert_eq!(limited(429, "7"), None);
        assert_eq!(limited(503, "0"), None);
        assert_eq!(limited(404, "0"), None);
    }

    #[test]
    fn an_absurd_wait_is_long_and_not_none() {
        let absurd = answer(429, &[("retry-after", "1e300")]);
        assert_eq!(absurd.requested_wait(), Some(Duration::MAX));
    }

    #[test]
    fn backoff_doubles_up_to_its_cap() {
        let longest: Vec<u64> = (1..=9)
            .map(|tries| u64::try_from(backoff(tries, Cause::Fault, 1.0).as_millis()).unwrap())
            .collect();
        assert_eq!(
            longest,
            [100, 200, 400, 800, 1600, 3200, 6400, 12800, 20000]
        );
        assert_eq!(backoff(1, Cause::RateLimit, 1.0), Duration::from_secs(1));
        assert_eq!(backoff(3, Cause::RateLimit, 0.0), Duration::ZERO);
    }

    #[test]
    fn the_budget_pays_35_transient_repeats_and_no_more() {
        let budget = RetryBudget::new();
        let paid = (0..100).filter(|_| budget.pay()).count();
        assert_eq!(paid, 35); // 500 / 14
        budget.refund();
        assert!(budget.pay());
    }
}
