//! Rate windows, judged strictly at arrival.

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// Limits of the organisation.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// How the windows count. Default: fixed.
    #[serde(default)]
    pub window: Window,
    /// Requests in any one second.
    pub per_second: usize,
    /// Requests in any one minute.
    pub per_minute: usize,
}

/// How a window counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// Whole seconds and minutes.
    #[default]
    Fixed,
    /// The last second and minute before each request.
    Sliding,
}

/// Counts requests against a limit.
pub struct Limiter {
    limit: RateLimit,
    epoch: Instant,
    taken: VecDeque<Duration>,
    refused: u64,
}

/// How full the windows are.
#[derive(Debug, Serialize)]
pub struct Usage {
    #[serde(flatten)]
    limit: RateLimit,
    in_second: usize,
    in_minute: usize,
    /// Until the minute's window has a place again, or a fixed one starts anew.
    minute_ends_ms: u64,
    /// Requests that were answered with 429.
    refused: u64,
}

/// What the limiter says of one request.
pub struct Ruling {
    pub allowed: bool,
    pub retry_after: Duration,
    pub headers: [(&'static str, String); 4],
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

impl Limiter {
    pub fn new(limit: RateLimit) -> Self {
        Self {
            limit,
            epoch: Instant::now(),
            taken: VecDeque::new(),
            refused: 0,
        }
    }

    pub fn usage(&self, at: Instant) -> Usage {
        let now = at.saturating_duration_since(self.epoch);
        let (in_second, _) = self.window(now, SECOND);
        let (in_minute, ends) = self.window(now, MINUTE);
        Usage {
            limit: self.limit,
            in_second,
            in_minute,
            minute_ends_ms: u64::try_from(ends.as_millis()).unwrap_or(u64::MAX),
            refused: self.refused,
        }
    }

    pub fn judge(&mut self, arrived: Instant) -> Ruling {
        let now = arrived.saturating_duration_since(self.epoch);
        while self
            .taken
            .front()
            .is_some_and(|taken| now.saturating_sub(*taken) >= MINUTE)
        {
            self.taken.pop_front();
        }
        let (second, second_ends) = self.window(now, SECOND);
        let (minute, minute_ends) = self.window(now, MINUTE);
        let allowed = second < self.limit.per_second && minute < self.limit.per_minute;
        let ends = if minute >= self.limit.per_minute {
            minute_ends
        } else {
            second_ends
        };
        if allowed {
            self.taken.push_back(now);
        } else {
            self.refused += 1;
        }
        let used = minute + usize::from(allowed);
        let reset = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            + minute_ends;
        Ruling {
            allowed,
            retry_after: ends,
            headers: [
                (
                    "x-ratelimit-limit-second",
                    self.limit.per_second.to_string(),
                ),
                (
                    "x-ratelimit-limit-minute",
                    self.limit.per_minute.to_string(),
                ),
                (
                    "x-ratelimit-remaining",
                    self.limit.per_minute.saturating_sub(used).to_string(),
                ),
                (
                    "x-ratelimit-reset",
                    (reset.as_secs() + u64::from(reset.subsec_nanos() > 0)).to_string(),
                ),
            ],
        }
    }

    /// Requests in the current window, and how long until one more place is free.
    fn window(&self, now: Duration, length: Duration) -> (usize, Duration) {
        let start = match self.limit.window {
            Window::Fixed => {
                Duration::from_secs(now.as_secs() / length.as_secs() * length.as_secs())
            }
            Window::Sliding => (now + Duration::from_nanos(1)).saturating_sub(length),
        };
        let inside = self.taken.iter().filter(|taken| **taken >= start);
        let ends = match self.limit.window {
            Window::Fixed => (start + length).saturating_sub(now),
            Window::Sliding => inside.clone().next().map_or(Duration::ZERO, |oldest| {
                (*oldest + length).saturating_sub(now)
            }),
        };
        (inside.count(), ends)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(window: Window) -> Limiter {
        Limiter::new(RateLimit {
            window,
            per_second: 2,
            per_minute: 100,
        })
    }

    fn allowed(limiter: &mut Limiter, at_ms: &[u64]) -> Vec<bool> {
        let epoch = limiter.epoch;
        at_ms
            .iter()
            .map(|ms| limiter.judge(epoch + Duration::from_millis(*ms)).allowed)
            .collect()
    }

    #[test]
    fn a_fixed_window_starts_anew_at_the_second() {
        let seen = allowed(
            &mut limiter(Window::Fixed),
            &[900, 950, 990, 1000, 1010, 1020],
        );
        assert_eq!(seen, [true, true, false, true, true, false]);
    }

    #[test]
    fn the_usage_is_of_the_windows_that_are_open() {
        let mut limiter = limiter(Window::Fixed);
        allowed(&mut limiter, &[100, 200, 300, 1100]);
        let usage = limiter.usage(limiter.epoch + Duration::from_millis(1200));
        assert_eq!((usage.in_second, usage.in_minute), (1, 3));
        assert_eq!((usage.refused, usage.minute_ends_ms), (1, 58_800));
        let usage = limiter.usage(limiter.epoch + Duration::from_mins(2));
        assert_eq!((usage.in_second, usage.in_minute), (0, 0));
    }

    #[test]
    fn a_sliding_window_looks_back_a_second() {
        let seen = allowed(
            &mut limiter(Window::Sliding),
            &[900, 950, 1000, 1899, 1900, 1949, 1950],
        );
        assert_eq!(seen, [true, true, false, false, true, false, true]);
    }
}
