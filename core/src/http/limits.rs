//! What the headers of an answer tell of the rate limit, whatever is written there.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

const PER_SECOND: &str = "x-ratelimit-limit-second";
const PER_MINUTE: &str = "x-ratelimit-limit-minute";
const REMAINING: &str = "x-ratelimit-remaining";
const RESET: &str = "x-ratelimit-reset";
/// A later reset is in milliseconds: in seconds it were the year 5138.
const LATEST_RESET: f64 = 99_999_999_999.0;

/// Nonsense counts as not told: a limit below 1 can't be, since an answer came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LimitHeaders {
    pub(crate) per_second: Option<u32>,
    pub(crate) per_minute: Option<u32>,
    /// Left in the minute.
    pub(crate) remaining: Option<u32>,
    /// From now until the minute starts anew.
    pub(crate) reset: Option<Duration>,
    /// The wait that `Retry-After` asks for.
    pub(crate) retry_after: Option<Duration>,
}

impl LimitHeaders {
    /// Dates are read by the service's own clock.
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
        let date = |text: &str| httpdate::parse_http_date(text).ok();
        let now = text(DATE.as_str())
            .and_then(date)
            .unwrap_or_else(SystemTime::now);
        let from_now = |at: SystemTime| at.duration_since(now).ok();
        let limit = |name| {
            let limit = least(headers, name)?;
            Some(whole(limit)).filter(|limit| *limit > 0)
        };
        let per_minute = limit(PER_MINUTE);
        Self {
            per_second: limit(PER_SECOND),
            per_minute,
            remaining: least(headers, REMAINING)
                .map(whole)
                .filter(|left| per_minute.is_none_or(|limit| *left <= limit)),
            // A past reset is none.
            reset: least(headers, RESET).and_then(|reset| {
                let seconds = if reset > LATEST_RESET {
                    reset / 1_000.0
                } else {
                    reset
                };
                let since = Duration::try_from_secs_f64(seconds).ok()?;
                from_now(UNIX_EPOCH.checked_add(since)?)
            }),
            retry_after: text(RETRY_AFTER.as_str()).and_then(|text| {
                if let Ok(seconds) = text.parse::<f64>() {
                    let wait = Duration::try_from_secs_f64(seconds.max(0.0));
                    return Some(wait.unwrap_or(Duration::MAX));
                }
                date(text).map(|at| from_now(at).unwrap_or_default())
            }),
        }
    }

    /// The wait that a 429 or 503 asks for: `Retry-After`, else the reset where a 429 says that the
    /// minute is used up.
    pub(crate) fn requested_wait(&self, status: u16) -> Option<Duration> {
        // The reset goes with every answer and is the minute's: what else is short passes sooner.
        let minute = self
            .reset
            .filter(|_| status == 429 && self.remaining == Some(0));
        matches!(status, 429 | 503)
            .then(|| self.retry_after.or(minute))
            .flatten()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, and is not negative"
)]
fn whole(number: f64) -> u32 {
    number as u32
}

/// The least of the numbers in a header that may stand there twice or list several (`50, 50;w=1`).
fn least(headers: &HeaderMap, name: &str) -> Option<f64> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|part| part.split(';').next()?.trim().parse().ok())
        .filter(|number: &f64| number.is_finite() && *number >= 0.0)
        .min_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn read(headers: &[(&'static str, &'static str)]) -> LimitHeaders {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        LimitHeaders::read(&map)
    }

    #[test]
    fn limits_that_can_not_be_are_not_told() {
        for limit in ["0", "0.5", "-1", "-0.5", "nan", "inf", "many", "", "0x10"] {
            let told = read(&[(PER_SECOND, limit), (PER_MINUTE, limit)]);
            assert_eq!((told.per_second, told.per_minute), (None, None), "{limit}");
        }
        // One window's nonsense is not the other's.
        let told = read(&[(PER_SECOND, "0"), (PER_MINUTE, "300")]);
        assert_eq!((told.per_second, told.per_minute), (None, Some(300)));
    }

    #[test]
    fn of_fractions_the_whole_requests_count() {
        let told = read(&[(PER_SECOND, "1.5"), (PER_MINUTE, "99.9")]);
        assert_eq!((told.per_second, told.per_minute), (Some(1), Some(99)));
        assert_eq!(read(&[(REMAINING, "0.9")]).remaining, Some(0));
        assert_eq!(read(&[(PER_SECOND, "1e30")]).per_second, Some(u32::MAX));
    }

    #[test]
    fn of_several_values_the_least_counts() {
        let twice = read(&[(PER_SECOND, "50"), (PER_SECOND, "10")]);
        assert_eq!(twice.per_second, Some(10));
        assert_eq!(
            read(&[(PER_MINUTE, "1000, 200;w=60, 0x1")]).per_minute,
            Some(200)
        );
    }

    #[test]
    fn more_left_than_is_allowed_is_not_told() {
        assert_eq!(
            read(&[(PER_MINUTE, "200"), (REMAINING, "201")]).remaining,
            None
        );
        assert_eq!(read(&[(REMAINING, "201")]).remaining, Some(201));
        assert_eq!(read(&[(REMAINING, "-1")]).remaining, None);
    }

    #[test]
    fn a_reset_is_ahead_of_the_services_clock_in_seconds_or_milliseconds() {
        let at = |reset| {
            read(&[
                (DATE.as_str(), "Sun, 29 Nov 2026 00:00:00 GMT"),
                (RESET, reset),
            ])
            .reset
        };
        assert_eq!(at("1795910430"), Some(Duration::from_secs(30)));
        assert_eq!(at("1795910430000"), Some(Duration::from_secs(30)));
        for reset in ["1795910399", "0", "-5", "nan", "1e300", "30"] {
            assert_eq!(at(reset), None, "{reset}");
        }
    }
}
