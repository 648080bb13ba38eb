//! When the next requests may leave, as far as the limits are known now.

use std::collections::VecDeque;
use std::time::Duration;

/// The pacer's windows, copied at one moment; times count from there.
#[derive(Clone)]
pub(crate) struct Outlook {
    second: Lane,
    minute: Lane,
    next_slot: u64,
    /// Whether every other second keeps a place free for a new client.
    leaves_room: bool,
    /// Between two requests.
    gap: Duration,
    not_before: Duration,
}

/// One window: when each place that counts will be free.
#[derive(Clone)]
pub(crate) struct Lane {
    pub(crate) length: Duration,
    pub(crate) limit: usize,
    pub(crate) free_at: VecDeque<Duration>,
}

/// What a client that keeps to a share of the limit adds.
#[derive(Clone, Copy, Default)]
pub(crate) struct Spacing {
    pub(crate) gap: Duration,
    pub(crate) not_before: Duration,
}

/// Requests that a client which knows of no others leaves free in the second of this slot.
pub(crate) fn left_free(next_slot: u64, limit: usize) -> usize {
    let seconds = next_slot / (limit.max(1) as u64);
    usize::from(limit >= 5 && seconds % 2 == 1)
}

impl Outlook {
    /// `spacing` is that of a client that knows of others.
    pub(crate) fn new(
        second: Lane,
        minute: Lane,
        next_slot: u64,
        spacing: Option<Spacing>,
    ) -> Self {
        let leaves_room = spacing.is_none();
        let spacing = spacing.unwrap_or_default();
        Self {
            second,
            minute,
            next_slot,
            leaves_room,
            gap: spacing.gap,
            not_before: spacing.not_before,
        }
    }

    /// Nothing leaves before.
    pub(crate) fn hold(&mut self, until: Duration) {
        self.not_before = self.not_before.max(until);
    }

    /// Requests after which its course repeats itself.
    pub(crate) fn cycle(&self) -> usize {
        self.minute.limit
    }

    /// When one more request leaves that may from `from` on, after all that were asked for before.
    pub(crate) fn leave(&mut self, from: Duration) -> Duration {
        let left = if self.leaves_room {
            left_free(self.next_slot, self.second.limit)
        } else {
            0
        };
        let second = self.second.room_at(self.second.limit - left);
        let minute = self.minute.room_at(self.minute.limit);
        let at = from.max(self.not_before).max(second).max(minute);
        self.next_slot += 1;
        self.not_before = at + self.gap;
        self.second.take(at);
        self.minute.take(at);
        at
    }
}

impl Lane {
    fn room_at(&self, limit: usize) -> Duration {
        let surplus = self.free_at.len().checked_sub(limit);
        surplus
            .and_then(|surplus| self.free_at.get(surplus))
            .copied()
            .unwrap_or_default()
    }

    fn take(&mut self, at: Duration) {
        self.free_at.push_back(at + self.length);
        while self.free_at.len() > self.limit {
            self.free_at.pop_front();
        }
    }
}
