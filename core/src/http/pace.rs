//! Pacing: never more requests in any second or any minute than the service allows.
//!
//! A send log keeps one slot per request. A slot counts until it has certainly left the service's
//! window, fixed or sliding: a window after the answer, or a window and a guard for transit after the
//! request went out, whichever is earlier.
//!
//! Others may use the same account: a client that is refused keeps to a share of the limit (see
//! [`Share`]).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::http::limits::LimitHeaders;
use crate::http::outlook::{Lane, Outlook};
use crate::http::share::{Limits, Refusal, Share};
use crate::sync::lock;

/// Longest time that a request is taken to be under way before the service counts it.
const TRANSIT_GUARD: Duration = Duration::from_millis(80);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

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
    log: Option<Mutex<SendLog>>,
    /// One caller waits for a slot, the others for their turn, in order.
    turn: tokio::sync::Mutex<()>,
    changed: Notify,
}

impl Pacer {
    pub(crate) fn new(pacing: Pacing) -> Self {
        let log = match pacing {
            Pacing::Off => None,
            Pacing::Learned => Some(SendLog::new(RateLimit::DEFAULT, None)),
            Pacing::AtMost(limit) => Some(SendLog::new(limit, Some(limit))),
        };
        Self {
            log: log.map(Mutex::new),
            turn: tokio::sync::Mutex::new(()),
            changed: Notify::new(),
        }
    }

    /// Waits until one more request may leave; `waiting` hears until when, as far as that is known.
    pub(crate) async fn acquire(self: &Arc<Self>, waiting: impl Fn(Option<Instant>)) -> Permit {
        if self.log.is_none() {
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
            let Some(taken) = self.with_log(|log| log.take(Instant::now())) else {
                return Permit(None);
            };
            match taken {
                Ok(slot) => {
                    return Permit(Some(Held {
                        pacer: Arc::clone(self),
                        slot,
                        oldest: self.with_log(|log| log.oldest(slot)).unwrap_or(slot),
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

    fn with_log<T>(&self, work: impl FnOnce(&mut SendLog) -> T) -> Option<T> {
        Some(work(&mut lock(self.log.as_ref()?)))
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
            pacer.with_log(|log| log.sent(*slot, Instant::now()));
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
            held.pacer.with_log(|log| {
                let now = Instant::now();
                log.answered(held.slot, now);
                if let Some((status, limits)) = answer {
                    if status != 429 {
                        log.share.taken();
                    }
                    log.learn(limits, held.oldest, now);
                }
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
            .with_log(|log| log.refused(held.slot, wait, now))?;
        held.pacer.changed.notify_waiters();
        Some(back)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        match self.stage {
            Stage::Taken => {
                self.pacer.with_log(|log| log.give_back(self.slot));
                self.pacer.changed.notify_waiters();
            }
            // Abandoned under way: it may arrive yet, so the guard counts from now.
            Stage::Sent => {
                self.pacer
                    .with_log(|log| log.sent(self.slot, Instant::now()));
            }
            Stage::Over => {}
        }
    }
}

/// The slots of the last second and minute, oldest first.
struct SendLog {
    cap: Option<RateLimit>,
    second: Window,
    minute: Window,
    next_slot: u64,
    /// The account's limit per minute as the service told it, whatever our own cap.
    shared_minute: usize,
    /// Requests of others on the same account in this minute, and until when they count.
    foreign: (usize, Option<Instant>),
    /// When the service last told that something is left of the minute.
    left_told: Option<Instant>,
    held_until: Option<Instant>,
    share: Share,
}

pub(crate) fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

struct Window {
    length: Duration,
    limit: usize,
    slots: VecDeque<Slot>,
}

struct Slot {
    id: u64,
    /// Refused for the limit: some services count that too, but it is no part of the share.
    was_refused: bool,
    /// `None` while the request has not gone out.
    free_at: Option<Instant>,
}

impl SendLog {
    fn new(limit: RateLimit, cap: Option<RateLimit>) -> Self {
        let window = |length, limit: u32| Window {
            length,
            limit: (limit as usize).max(1),
            slots: VecDeque::new(),
        };
        Self {
            cap,
            second: window(SECOND, limit.per_second),
            minute: window(MINUTE, limit.per_minute),
            next_slot: 0,
            shared_minute: usize::MAX,
            foreign: (0, None),
            left_told: None,
            held_until: None,
            share: Share::default(),
        }
    }

    fn limits(&self) -> Limits {
        Limits {
            per_second: number(self.second.limit),
            per_minute: number(self.minute.limit),
        }
    }

    fn refused(&mut self, slot: u64, wait: Option<Duration>, now: Instant) -> Instant {
        if let Some(slot) = self.minute.find(slot) {
            slot.was_refused = true;
        }
        self.minute.forget(now);
        let refusal = Refusal {
            slot,
            next_slot: self.next_slot,
            taken: number(self.minute.taken_from(self.share.counted_from()).count()),
            wait,
            at: now,
        };
        let limits = self.limits();
        let back = self.share.refused(&refusal, limits, fastrand::f64());
        let back = self.held_until.map_or(back, |held| held.max(back));
        self.held_until = Some(back);
        back
    }

    fn outlook(&self, now: Instant) -> Outlook {
        let (foreign, until) = self.foreign;
        let others = until.is_some_and(|until| until > now) && self.share.believes_what_is_told();
        let share = self.share.outlook(self.limits(), now);
        let own = [
            others.then(|| self.shared_minute.saturating_sub(foreign)),
            share.and_then(|(most, _)| most),
        ];
        let mut minute = self.minute.outlook(now);
        for most in own.into_iter().flatten() {
            minute.limit = minute.limit.min(most.max(1));
        }
        let spacing = share.map(|(_, spacing)| spacing);
        let mut outlook = Outlook::new(self.second.outlook(now), minute, self.next_slot, spacing);
        if let Some(until) = self.held_until {
            outlook.hold(until.saturating_duration_since(now));
        }
        outlook
    }

    /// Takes a slot, or tells when to ask again.
    fn take(&mut self, now: Instant) -> Result<u64, Instant> {
        if let Some(until) = self.held_until {
            if until > now {
                return Err(until);
            }
            self.held_until = None;
        }
        let own_minute = self.share.most(self.limits(), now)?;
        let left = self.share.left_of_second(self.next_slot, self.second.limit);
        let second = self.second.room(now, self.second.limit - left).err();
        let minute = self.minute.room(now, self.minute.limit).err();
        let own = own_minute.and_then(|most| {
            let from = self.share.counted_from();
            self.minute.room_of_taken(most, from).err()
        });
        let left = self.left_by_others(now).err();
        if let Some(until) = second
            .into_iter()
            .chain(minute)
            .chain(own)
            .chain(left)
            .max()
        {
            // A slot whose request has not gone out yet frees itself with a notice.
            return Err(until.unwrap_or(now + SECOND));
        }
        let limits = self.limits();
        self.share.used(limits, now);
        let id = self.next_slot;
        self.next_slot += 1;
        for window in [&mut self.second, &mut self.minute] {
            window.slots.push_back(Slot {
                id,
                was_refused: false,
                free_at: None,
            });
        }
        Ok(id)
    }

    /// Whether the others on the account, as far as they are known, leave room in the minute; else when
    /// to ask again.
    fn left_by_others(&mut self, now: Instant) -> Result<(), Option<Instant>> {
        if self.foreign.1.is_some_and(|until| until <= now) || !self.share.believes_what_is_told() {
            self.foreign = (0, None);
        }
        let (foreign, foreign_until) = self.foreign;
        let Err(until) = self.minute.room(now, self.shared_minute - foreign) else {
            return Ok(());
        };
        if self.minute.slots.len() < foreign {
            // They leave this client less than a fair share.
            let limits = self.limits();
            self.share.meets_others(self.next_slot, limits, now);
            return Ok(());
        }
        Err(match until {
            None => foreign_until,
            Some(until) => Some(foreign_until.map_or(until, |other| until.min(other))),
        })
    }

    fn oldest(&self, slot: u64) -> u64 {
        self.minute.slots.front().map_or(slot, |front| front.id)
    }

    fn sent(&mut self, id: u64, now: Instant) {
        for window in [&mut self.second, &mut self.minute] {
            let free_at = now + window.length + TRANSIT_GUARD;
            if let Some(slot) = window.find(id) {
                slot.free_at = Some(free_at);
            }
        }
    }

    fn answered(&mut self, id: u64, now: Instant) {
        if let Some(slot) = self.second.find(id) {
            // Not earlier than the guard: another client finds room there.
            slot.free_at.get_or_insert(now + SECOND);
        }
        if let Some(slot) = self.minute.find(id) {
            let free_at = now + MINUTE;
            slot.free_at = Some(slot.free_at.map_or(free_at, |guarded| guarded.min(free_at)));
        }
    }

    fn give_back(&mut self, id: u64) {
        for window in [&mut self.second, &mut self.minute] {
            window.slots.retain(|slot| slot.id != id);
        }
    }

    /// `oldest` is the oldest slot that counted when the answered request left.
    fn learn(&mut self, told: &LimitHeaders, oldest: u64, now: Instant) {
        let bounded = |told: u32, cap: Option<u32>| cap.map_or(told, |cap| told.min(cap)).max(1);
        if let Some(limit) = told.per_second {
            self.second.limit = bounded(limit, self.cap.map(|cap| cap.per_second)) as usize;
        }
        if let Some(limit) = told.per_minute {
            self.minute.limit = bounded(limit, self.cap.map(|cap| cap.per_minute)) as usize;
        }
        if let (Some(limit), Some(remaining)) = (told.per_minute, told.remaining) {
            if remaining > 0 {
                self.left_told = Some(now);
            } else if self.left_told.is_none_or(|told| now - told > MINUTE) {
                // Answered and yet nothing left, again and again: the header doesn't count.
                return;
            }
            let used = limit.saturating_sub(remaining) as usize;
            // At most this many of them can be ours, whenever the service counted.
            let ours = usize::try_from(self.next_slot - oldest).unwrap_or(usize::MAX);
            let foreign = used.saturating_sub(ours);
            let until = now + told.reset.unwrap_or(MINUTE).min(MINUTE);
            self.shared_minute = (limit as usize).max(foreign);
            self.foreign = (foreign, (foreign > 0).then_some(until));
        }
    }
}

impl Window {
    /// Whether fewer than `limit` slots count; else when enough of them are free, as far as that is known.
    fn room(&mut self, now: Instant, limit: usize) -> Result<(), Option<Instant>> {
        self.forget(now);
        match self.slots.len().checked_sub(limit) {
            None => Ok(()),
            Some(surplus) => Err(self.slots.get(surplus).and_then(|slot| slot.free_at)),
        }
    }

    fn outlook(&self, now: Instant) -> Lane {
        let length = self.length + TRANSIT_GUARD;
        let free_at = self.slots.iter().map(|slot| match slot.free_at {
            Some(free_at) => free_at.saturating_duration_since(now),
            None => length,
        });
        Lane {
            length,
            limit: self.limit,
            free_at: free_at.collect(),
        }
    }

    /// As [`room`](Self::room), of what the service took from the slot `first` on.
    fn room_of_taken(&self, limit: usize, first: u64) -> Result<(), Option<Instant>> {
        match self.taken_from(first).count().checked_sub(limit) {
            None => Ok(()),
            Some(surplus) => Err(self
                .taken_from(first)
                .nth(surplus)
                .and_then(|slot| slot.free_at)),
        }
    }

    /// Also what is under way.
    fn taken_from(&self, first: u64) -> impl Iterator<Item = &Slot> {
        let place = self.slots.partition_point(|slot| slot.id < first);
        self.slots.range(place..).filter(|slot| !slot.was_refused)
    }

    fn forget(&mut self, now: Instant) {
        while self
            .slots
            .front()
            .is_some_and(|slot| slot.free_at.is_some_and(|free_at| free_at <= now))
        {
            self.slots.pop_front();
        }
    }

    fn find(&mut self, id: u64) -> Option<&mut Slot> {
        let place = self.slots.binary_search_by_key(&id, |slot| slot.id).ok()?;
        self.slots.get_mut(place)
    }
}
