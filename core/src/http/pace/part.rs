//! A client's part of a limit of which nobody has the log at the moment: requests leave by turns on a clock that
//! all share, and each client has the turns of its rank.

use std::time::Duration;

use tokio::time::Instant;

use super::log::{MINUTE, SECOND, SendLog};
use super::number;

/// How much farther apart turns are than the limit asks for: no second holds more of them than the limit,
/// however long (up to the guard for transit) each request is under way, and however late it left.
const GAP: f64 = 1.12;
/// Who comes later than that waits for its next turn.
const LATEST: Duration = Duration::from_millis(20);

/// Of how many clients this is one, and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) clients: usize,
    /// Among the names of all, from 0.
    pub(super) rank: usize,
}

impl Part {
    /// Of at least so many clients.
    pub(super) fn among(self, least: usize) -> Self {
        Self {
            clients: self.clients.max(least),
            ..self
        }
    }

    /// When this client's next turn begins if one is now, else when to ask again. `shared` are nanoseconds of the
    /// clock that all share, now.
    pub(super) fn turn(self, log: &SendLog, shared: i64, now: Instant) -> Result<Instant, Instant> {
        let length = if self.clients > log.minute.limit {
            MINUTE.mul_f64(GAP / number(log.minute.limit))
        } else {
            SECOND.mul_f64(GAP / number(log.second.limit))
        };
        let nanos = |count: usize| {
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            i64::try_from(length.saturating_mul(count).as_nanos()).unwrap_or(i64::MAX)
        };
        let begins = nanos(self.rank);
        let round = nanos(self.clients).max(1);
        let since = shared.saturating_sub(begins).rem_euclid(round);
        let next = now + Duration::from_nanos(round.abs_diff(since));
        if since.unsigned_abs() <= u64::try_from(LATEST.as_nanos()).unwrap_or(u64::MAX) {
            Ok(next)
        } else {
            Err(next)
        }
    }
}

/// The part by the most clients that were known within a minute: a store that was emptied counts fewer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct KnownPart(Option<(Part, Instant)>);

impl KnownPart {
    pub(super) fn hear(&mut self, part: Part, now: Instant) {
        let is_less = |(known, at): (Part, Instant)| {
            part.clients < known.clients && now.saturating_duration_since(at) < MINUTE
        };
        if !self.0.is_some_and(is_less) {
            self.0 = Some((part, now));
        }
    }

    pub(super) fn get(self) -> Part {
        self.0.map_or(
            Part {
                clients: 1,
                rank: 0,
            },
            |(part, _)| part,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pace::RateLimit;

    /// Each as late, and as long under way, as makes the second fullest.
    #[test]
    fn turns_of_all_ranks_stay_within_the_limit() {
        let now = Instant::now();
        let nanos = |time: Duration| i64::try_from(time.as_nanos()).unwrap();
        for per_second in [1_u32, 2, 3, 5, 7, 10, 49, 50, 51, 100, 400] {
            for clients in [1, 2, 3, 9, 20] {
                let per_minute = 60 * per_second;
                let log = SendLog::new(Some(RateLimit {
                    per_second,
                    per_minute,
                }));
                let mut begins: Vec<i64> = Vec::new();
                for rank in 0..clients {
                    let mut at = Duration::ZERO;
                    while at < Duration::from_secs(10) {
                        let turn = Part { clients, rank }.turn(&log, nanos(at), now);
                        if turn.is_ok() {
                            begins.push(nanos(at));
                        }
                        at += turn.unwrap_or_else(|next| next) - now;
                    }
                }
                begins.sort_unstable();
                // Between the first, at its latest, and the last, at its earliest.
                let length = 1_000_000_000 + 80_000_000 + 20_000_000;
                for (place, first) in begins.iter().enumerate() {
                    let within = begins[place..]
                        .iter()
                        .take_while(|at| **at - first < length);
                    assert!(
                        within.count() <= per_second as usize,
                        "{per_second} {clients}"
                    );
                }
                let used = number(begins.len()) / (10.0 * f64::from(per_second));
                assert!(used > 0.85, "{per_second} {clients}: {used}");
            }
        }
    }

    #[test]
    fn more_clients_than_requests_per_minute_take_turns_in_it() {
        let now = Instant::now();
        let log = SendLog::new(Some(RateLimit {
            per_second: 10,
            per_minute: 20,
        }));
        let next = Part {
            clients: 40,
            rank: 0,
        }
        .turn(&log, 0, now)
        .unwrap();
        assert!(next - now >= 2 * MINUTE);
    }

    #[test]
    fn the_most_that_were_known_count_for_a_minute() {
        let now = Instant::now();
        let part = |clients, rank| Part { clients, rank };
        let mut known = KnownPart::default();
        assert_eq!(known.get(), part(1, 0));
        known.hear(part(9, 4), now);
        known.hear(part(1, 0), now + Duration::from_secs(59));
        assert_eq!(known.get(), part(9, 4));
        known.hear(part(10, 4), now + Duration::from_secs(59));
        assert_eq!(known.get(), part(10, 4));
        known.hear(part(2, 1), now + Duration::from_secs(120));
        assert_eq!(known.get(), part(2, 1));
    }
}
