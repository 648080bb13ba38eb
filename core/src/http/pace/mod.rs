//! Pacing: never more requests in any second or any minute than the service allows.
//!
//! A send log keeps one slot per request. A slot counts until it has certainly left the service's
//! window, fixed or sliding: a window after the answer, or a window and a guard for transit after the
//! request went out, whichever is earlier.
//!
//! Others may use the same account: a client that is refused keeps to a share of the limit (see
//! [`Share`]).

mod absence;
mod clock;
mod file;
mod form;
mod keeper;
mod log;
mod notice;
mod part;
mod presence;
#[cfg(feature = "redis")]
mod redis;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use file::Identity;
pub(crate) use form::{Reader, Writer};
pub(crate) use log::number;
pub(crate) use notice::Notice;
pub use store::RateLimitStore;
pub(crate) use store::Store;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

#[cfg(feature = "redis")]
use self::redis::Remote;
use crate::error::Result;
use crate::http::limits::LimitHeaders;
use crate::http::outlook::Outlook;
use crate::report::PacingScope;
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
    side: Option<Side>,
    scope: PacingScope,
    /// One caller waits for a slot, the others for their turn, in order.
    turn: tokio::sync::Mutex<()>,
    changed: Notify,
}

/// This client's side of the log.
enum Side {
    Local(Box<Mutex<Keeper>>),
    #[cfg(feature = "redis")]
    Remote(Arc<Remote>),
}

impl Pacer {
    /// `store` is where the log lives that this client's requests go into.
    pub(crate) fn new(pacing: Pacing, store: Store) -> Self {
        let log = match pacing {
            Pacing::Off => return Self::with(None, PacingScope::Alone),
            Pacing::Learned => SendLog::new(None),
            Pacing::AtMost(limit) => SendLog::new(Some(limit)),
        };
        let scope = match &store {
            Store::Alone => PacingScope::Alone,
            Store::Host(_) | Store::File(..) => PacingScope::Host,
            #[cfg(feature = "redis")]
            Store::Redis(..) => PacingScope::Shared,
        };
        let side = match store {
            #[cfg(feature = "redis")]
            Store::Redis(address, tls) => Side::Remote(Arc::new(Remote::new(*address, tls.0, log))),
            store => Side::Local(Box::new(Mutex::new(Keeper::new(log, store)))),
        };
        Self::with(Some(side), scope)
    }

    fn with(side: Option<Side>, scope: PacingScope) -> Self {
        Self {
            side,
            scope,
            turn: tokio::sync::Mutex::new(()),
            changed: Notify::new(),
        }
    }

    #[cfg(test)]
    fn of(keeper: Keeper) -> Self {
        Self::with(
            Some(Side::Local(Box::new(Mutex::new(keeper)))),
            PacingScope::Host,
        )
    }

    /// Who shares the limit with this client now.
    pub(crate) fn scope(&self) -> PacingScope {
        let is_shared = match &self.side {
            None => false,
            Some(Side::Local(keeper)) => lock(keeper).is_shared(),
            #[cfg(feature = "redis")]
            Some(Side::Remote(remote)) => remote.is_shared(),
        };
        if is_shared {
            self.scope
        } else {
            PacingScope::Alone
        }
    }

    /// What happened to the store that nobody has heard of yet.
    pub(crate) fn notices(&self) -> Vec<Notice> {
        match &self.side {
            None => Vec::new(),
            Some(Side::Local(keeper)) => lock(keeper).notices(),
            #[cfg(feature = "redis")]
            Some(Side::Remote(remote)) => remote.notices(),
        }
    }

    /// Waits until one more request may leave; `waiting` hears until when, as far as that is known. An error
    /// where a store was named that can't be reached.
    pub(crate) async fn acquire(
        self: &Arc<Self>,
        waiting: impl Fn(Option<Instant>),
    ) -> Result<Permit> {
        let Some(side) = &self.side else {
            return Ok(Permit(None));
        };
        let _turn = if let Ok(turn) = self.turn.try_lock() {
            turn
        } else {
            waiting(None);
            self.turn.lock().await
        };
        loop {
            let changed = self.changed.notified();
            let taken = match side {
                Side::Local(keeper) => lock(keeper).take(Instant::now()),
                #[cfg(feature = "redis")]
                Side::Remote(remote) => remote.take().await?,
            };
            match taken {
                Ok((slot, oldest)) => {
                    return Ok(Permit(Some(Held {
                        pacer: Arc::clone(self),
                        slot,
                        oldest,
                        stage: Stage::Taken,
                    })));
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
        let limits = self.with_log(|log| (log.second.limit, log.minute.limit));
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
        self.with_log(|log| log.outlook(now))
    }

    /// As far as this client has seen the log.
    fn with_log<T>(&self, look: impl FnOnce(&SendLog) -> T) -> Option<T> {
        match self.side.as_ref()? {
            Side::Local(keeper) => Some(look(lock(keeper).log())),
            #[cfg(feature = "redis")]
            Side::Remote(remote) => Some(remote.with_log(look)),
        }
    }

    fn sent(&self, slot: u64) {
        match &self.side {
            None => {}
            Some(Side::Local(keeper)) => lock(keeper).sent(slot, Instant::now()),
            #[cfg(feature = "redis")]
            Some(Side::Remote(remote)) => remote.sent(slot),
        }
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
            pacer.sent(*slot);
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
            match &held.pacer.side {
                None => {}
                Some(Side::Local(keeper)) => {
                    lock(keeper).over(held.slot, held.oldest, answer, Instant::now());
                }
                #[cfg(feature = "redis")]
                Some(Side::Remote(remote)) => remote.over(held.slot, held.oldest, answer),
            }
            held.pacer.changed.notify_waiters();
        }
    }

    /// The service refused the request for the limit, which is the account's: no other leaves before
    /// what this returns, and fewer do from then on. `None` where nothing paces.
    #[cfg_attr(
        not(feature = "redis"),
        expect(clippy::unused_async, reason = "a store elsewhere is asked")
    )]
    pub(crate) async fn refused(self, wait: Option<Duration>) -> Option<Instant> {
        let held = self.0?;
        let back = match held.pacer.side.as_ref()? {
            Side::Local(keeper) => lock(keeper).refused(held.slot, wait, Instant::now()),
            #[cfg(feature = "redis")]
            Side::Remote(remote) => remote.refused(held.slot, wait).await,
        };
        held.pacer.changed.notify_waiters();
        Some(back)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        match (self.stage, &self.pacer.side) {
            (Stage::Over, _) | (_, None) => return,
            (Stage::Taken, Some(Side::Local(keeper))) => lock(keeper).give_back(self.slot),
            // Abandoned under way: it may arrive yet, so the guard counts from now.
            (Stage::Sent, Some(Side::Local(keeper))) => {
                lock(keeper).abandoned(self.slot, Instant::now());
            }
            #[cfg(feature = "redis")]
            (Stage::Taken, Some(Side::Remote(remote))) => remote.give_back(self.slot),
            #[cfg(feature = "redis")]
            (Stage::Sent, Some(Side::Remote(remote))) => remote.abandoned(self.slot),
        }
        if self.stage == Stage::Taken {
            self.pacer.changed.notify_waiters();
        }
    }
}
