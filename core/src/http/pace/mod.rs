//! Pacing: never more requests in any second or any minute than the service allows.
//!
//! A send log keeps one slot per request. A slot counts until it has certainly left the service's
//! window, fixed or sliding: a window after the answer, or a window and a guard for transit after the
//! request went out, whichever is earlier.
//!
//! Others may use the same account: a client that is refused keeps to a share of the limit (see
//! [`Share`]).

mod clock;
mod file;
mod form;
mod keeper;
mod log;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use file::Identity;
pub(crate) use form::{Reader, Writer};
pub(crate) use log::number;
pub use store::RateLimitStore;
pub(crate) use store::Store;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::http::limits::LimitHeaders;
use crate::http::outlook::Outlook;
use crate::sync::lock;
use keeper::Keeper;
use log::{MINUTE, SECOND, SendLog};

/// Requests that may reach the service in any second and in any minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests in any one second, at least 1.
    pub per_second: u32,
    /// Requests in any one minute, at least 1.
    pub per_minute: u32,
}

impl RateLimit {
    /// What graph8's oldest page documents, and so what every account has.
    pub const DEFAULT: Self = Self {
        per_second: 10,
        per_minute: 200,
    };
}

/// How a client paces its requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Pacing {
    /// From [`RateLimit::DEFAULT`] on by what the service's headers say.
    #[default]
    Learned,
    /// Never more than this, and less where the headers say less.
    AtMost(RateLimit),
    Off,
}

/// Shared by all calls of a client.
pub(crate) struct Pacer {
    keeper: Option<Mutex<Keeper>>,
    /// One caller waits for a slot, the others for their turn, in order.
    turn: tokio::sync::Mutex<()>,
    changed: Notify,
}

impl Pacer {
    /// `store` is where the log lives that this client's requests go into.
    pub(crate) fn new(pacing: Pacing, store: Store) -> Self {
        let cap = match pacing {
            Pacing::Off => None,
            Pacing::Learned => Some(None),
            Pacing::AtMost(limit) => Some(Some(limit)),
        };
        Self {
            keeper: cap.map(|cap| Mutex::new(Keeper::new(SendLog::new(cap), store))),
            turn: tokio::sync::Mutex::new(()),
            changed: Notify::new(),
        }
    }

    #[cfg(test)]
    fn of(keeper: Keeper) -> Self {
        Self {
            keeper: Some(Mutex::new(keeper)),
            turn: tokio::sync::Mutex::new(()),
            changed: Notify::new(),
        }
    }

    /// Whether the processes of this host share the limit with this client now.
    pub(crate) fn is_shared(&self) -> bool {
        let keeper = self.keeper.as_ref();
        keeper.is_some_and(|keeper| lock(keeper).is_shared())
    }

    /// Waits until one more request may leave; `waiting` hears until when, as far as that is known.
    pub(crate) async fn acquire(self: &Arc<Self>, waiting: impl Fn(Option<Instant>)) -> Permit {
        if self.keeper.is_none() {
            return Permit(None);
        }
        let _turn = if let Ok(turn) = self.turn.try_lock() {
            turn
        } else {
            waiting(None);
            self.turn.lock().await
        };
        loop {
            let changed = self.changed.notified();
            let Some(taken) = self.with_keeper(|keeper| keeper.take(Instant::now())) else {
                return Permit(None);
            };
            match taken {
                Ok((slot, oldest)) => {
                    return Permit(Some(Held {
                        pacer: Arc::clone(self),
                        slot,
                        oldest,
                        stage: Stage::Taken,
                    }));
                }
                Err(until) => {
                    waiting(Some(until));
                    tokio::select! {
                        () = tokio::time::sleep_until(until) => {}
                        () = changed => {}
                    }
                }
            }
        }
    }

    /// How long so many requests take at the limit, as far as it is known, when nothing else is sent.
    pub(crate) fn time_for(&self, requests: usize) -> Duration {
        let limits = self.with_keeper(|keeper| keeper.limits());
        let Some((per_second, per_minute)) = limits else {
            return Duration::ZERO;
        };
        // The first requests of each window leave at once.
        let before = requests.saturating_sub(1);
        let windows = |length: Duration, limit: usize, requests: usize| {
            length.saturating_mul(u32::try_from(requests / limit).unwrap_or(u32::MAX))
        };
        windows(MINUTE, per_minute, before) + windows(SECOND, per_second, before % per_minute)
    }

    /// When the next requests may leave; `None` where nothing paces.
    pub(crate) fn outlook(&self, now: Instant) -> Option<Outlook> {
        self.with_keeper(|keeper| keeper.outlook(now))
    }

    fn with_keeper<T>(&self, work: impl FnOnce(&mut Keeper) -> T) -> Option<T> {
        Some(work(&mut lock(self.keeper.as_ref()?)))
    }
}

/// Leave to send one request. Dropped before anything was sent, it gives its slot back.
pub(crate) struct Permit(Option<Held>);

struct Held {
    pacer: Arc<Pacer>,
    slot: u64,
    /// The oldest slot that counted when this one was taken.
    oldest: u64,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Taken,
    Sent,
    Over,
}

/// Notes that a request goes out; for the body, which knows when.
#[derive(Clone)]
pub(crate) struct SendMark(Option<(Arc<Pacer>, u64)>);

impl SendMark {
    pub(crate) fn sent(&self) {
        if let Some((pacer, slot)) = &self.0 {
            pacer.with_keeper(|keeper| keeper.sent(*slot, Instant::now()));
        }
    }
}

impl Permit {
    pub(crate) fn mark(&self) -> SendMark {
        SendMark(
            self.0
                .as_ref()
                .map(|held| (Arc::clone(&held.pacer), held.slot)),
        )
    }

    /// The request may be on its way from now on.
    pub(crate) fn leaves(&mut self) {
        if let Some(held) = &mut self.0 {
            held.stage = Stage::Sent;
        }
    }

    /// The service can't have seen the request: its slot is free at once.
    pub(crate) fn unused(&mut self) {
        if let Some(held) = &mut self.0 {
            held.stage = Stage::Taken;
        }
    }

    /// The try is over; an answer's headers tell the limits and what is left of them.
    pub(crate) fn over(&mut self, answer: Option<(u16, &LimitHeaders)>) {
        if let Some(held) = &mut self.0 {
            held.stage = Stage::Over;
            held.pacer.with_keeper(|keeper| {
                keeper.over(held.slot, held.oldest, answer, Instant::now());
            });
            held.pacer.changed.notify_waiters();
        }
    }

    /// The service refused the request for the limit, which is the account's: no other leaves before
    /// what this returns, and fewer do from then on. `None` where nothing paces.
    pub(crate) fn refused(self, wait: Option<Duration>) -> Option<Instant> {
        let held = self.0?;
        let now = Instant::now();
        let back = held
            .pacer
            .with_keeper(|keeper| keeper.refused(held.slot, wait, now))?;
        held.pacer.changed.notify_waiters();
        Some(back)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        match self.stage {
            Stage::Taken => {
                self.pacer.with_keeper(|keeper| keeper.give_back(self.slot));
                self.pacer.changed.notify_waiters();
            }
            // Abandoned under way: it may arrive yet, so the guard counts from now.
            Stage::Sent => {
                self.pacer
                    .with_keeper(|keeper| keeper.abandoned(self.slot, Instant::now()));
            }
            Stage::Over => {}
        }
    }
}
