//! The time in which a client is without the store that it shares a limit by: it waits for a second, then goes on
//! alone with what is certain, its part of the limit by the clients that were seen last, and asks again every five
//! seconds.

use std::time::Duration;

use tokio::time::Instant;

use super::log::{Owner, SECOND, SendLog};
use super::part::Part;

/// Between two tries of a request that wants to leave.
pub(super) const TRY_AGAIN: Duration = Duration::from_millis(20);
/// Without the store for so long, the client goes on alone.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(1);
const LOOKS_AGAIN_AFTER: Duration = Duration::from_secs(5);

pub(super) struct Absence {
    began: Instant,
    /// When to ask again.
    pub(super) next_try: Instant,
    /// Not before that the next request may leave.
    next_turn: Instant,
    /// Whether the client goes on alone.
    pub(super) is_alone: bool,
}

impl Absence {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            began: now,
            next_try: now,
            next_turn: now,
            is_alone: false,
        }
    }

    /// The store could not be had; returns whether the client goes on alone from now on.
    pub(super) fn failed(&mut self, now: Instant) -> bool {
        if now.saturating_duration_since(self.began) < GIVEN_UP_AFTER {
            self.next_try = now + TRY_AGAIN;
            return false;
        }
        self.next_try = now + LOOKS_AGAIN_AFTER;
        !std::mem::replace(&mut self.is_alone, true)
    }

    /// The store can be had, but doesn't know all that was sent until then; returns whether the client goes on
    /// alone from now on.
    #[cfg(feature = "redis")]
    pub(super) fn until(&mut self, until: Instant, now: Instant) -> bool {
        self.next_try = until.min(now + LOOKS_AGAIN_AFTER);
        !std::mem::replace(&mut self.is_alone, true)
    }

    /// The store is back, but others are away yet: each request asks it again.
    pub(super) fn is_over_soon(&mut self, now: Instant) {
        self.next_try = now;
    }

    /// Takes a slot of this client's own part. `shared` are nanoseconds of the clock that all clients share, now.
    pub(super) fn take(
        &mut self,
        log: &mut SendLog,
        owner: Owner,
        part: Part,
        shared: i64,
        now: Instant,
    ) -> Result<u64, Instant> {
        if !self.is_alone {
            return Err(self.next_try);
        }
        let most = (log.minute.limit / part.clients).max(1);
        if let Err(until) = log.minute.room_of(owner, most, now) {
            return Err(until.unwrap_or(now + SECOND));
        }
        let next_turn = part.turn(log, shared, now)?;
        if self.next_turn > now {
            return Err(self.next_turn);
        }
        let slot = log.take(owner, now)?;
        self.next_turn = next_turn;
        Ok(slot)
    }
}
