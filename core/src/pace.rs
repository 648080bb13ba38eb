//! Pacing: never more requests in any second or any minute than the service allows.
//!
//! A send log keeps one slot a request. A slot counts until it has certainly left the service's
//! window, fixed or sliding: a window after the answer, or a window and a guard for transit after the
//! request went out, whichever is earlier.
//!
//! Others may use the same account. A client that was refused spaces its requests evenly and keeps
//! to a share of the limit: cut at a refusal, grown back while there is none (see [`Share`]).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::header::{DATE, HeaderMap};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::repeat::MAX_REQUESTED_WAIT;

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

    /// The service refused the request of `slot` for the limit, which is the account's: no other
    /// request leaves before the wait it asked for, and fewer do from then on.
    pub(crate) fn refused(&self, slot: Option<u64>, wait: Duration) {
        let Some(slot) = slot else { return };
        self.with_log(|log| log.refused(slot, wait, Instant::now()));
    }

    /// The service took a request.
    pub(crate) fn taken(&self) {
        self.with_log(|log| {
            if let Some(share) = &mut log.share {
                share.in_a_row = 0;
            }
        });
    }

    fn with_log<T>(&self, work: impl FnOnce(&mut SendLog) -> T) -> Option<T> {
        let mut log: MutexGuard<'_, SendLog> = self
            .log
            .as_ref()?
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Some(work(&mut log))
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

    pub(crate) fn slot(&self) -> Option<u64> {
        self.0.as_ref().map(|held| held.slot)
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
    pub(crate) fn over(&mut self, headers: Option<&HeaderMap>) {
        if let Some(held) = &mut self.0 {
            held.stage = Stage::Over;
            held.pacer.with_log(|log| {
                let now = Instant::now();
                log.answered(held.slot, now);
                if let Some(told) = headers.and_then(Told::read) {
                    log.learn(&told, held.oldest, now);
                }
            });
            held.pacer.changed.notify_waiters();
        }
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

/// What an answer's headers tell of the limits.
struct Told {
    per_second: Option<u32>,
    per_minute: Option<u32>,
    /// Left in the minute.
    remaining: Option<u32>,
    /// From now until the minute starts anew.
    reset: Option<Duration>,
}

impl Told {
    fn read(headers: &HeaderMap) -> Option<Self> {
        let number =
            |name: &str| -> Option<u64> { headers.get(name)?.to_str().ok()?.trim().parse().ok() };
        let count = |name| number(name).map(|value| u32::try_from(value).unwrap_or(u32::MAX));
        // An answer came, so the limit can't be 0.
        let limit = |name| count(name).filter(|limit| *limit > 0);
        let per_minute = limit("x-ratelimit-limit-minute");
        let clock = headers
            .get(DATE)
            .and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok())
            .unwrap_or_else(std::time::SystemTime::now);
        let told = Self {
            per_second: limit("x-ratelimit-limit-second"),
            per_minute,
            remaining: count("x-ratelimit-remaining")
                .filter(|left| per_minute.is_none_or(|limit| *left <= limit)),
            reset: number("x-ratelimit-reset").and_then(|reset| {
                std::time::UNIX_EPOCH
                    .checked_add(Duration::from_secs(reset))?
                    .duration_since(clock)
                    .ok()
            }),
        };
        (told.per_second.is_some() || told.per_minute.is_some() || told.remaining.is_some())
            .then_some(told)
    }
}

/// The slots of the last second and minute, oldest first.
struct SendLog {
    cap: Option<RateLimit>,
    second: Window,
    minute: Window,
    next_slot: u64,
    /// The account's limit a minute as the service told it, whatever our own cap.
    shared_minute: usize,
    /// Requests of others on the same account in this minute, and until when they count.
    foreign: (usize, Option<Instant>),
    /// When the service last told that something is left of the minute.
    left_told: Option<Instant>,
    held_until: Option<Instant>,
    /// Set from the first refusal until the client has the whole limit again.
    share: Option<Share>,
}

/// What a client takes of a limit that others use too, without knowing of them.
///
/// Each refusal cuts the share in proportion, and time without one adds the same to every share,
/// faster the longer there was none: shares grow alike and settle a little above what the service
/// allows. Even gaps keep the sum of all clients from exceeding a second where the minute is enough.
struct Share {
    /// Requests a minute, up to `grown_at`.
    rate: f64,
    grown_at: Instant,
    refused_at: Instant,
    cut_at: Instant,
    /// What the service took in the minute before it.
    known: f64,
    /// Requests that left before the last cut say nothing of the share after it.
    cut_slot: u64,
    /// When the next request is due, and when it may leave.
    due: Instant,
    next: Instant,
    /// Refusals since the service took one.
    in_a_row: u32,
}

/// What a refusal leaves of a rate that the service took far less of.
const ROUGH_CUT: f64 = 0.7;
/// Parts of what the service took in the last minute that a client with [`USUAL`] gives up at a refusal,
/// and after [`RECOVERY`]; the larger the share, the more.
const CUT: f64 = 0.1;
const LASTING_CUT: f64 = 0.03;
const RECOVERY: Duration = Duration::from_secs(30);
/// Part of the limit by which a client with [`USUAL`] grows in the first minute without a refusal; the
/// smaller the share, the more.
const GROWTH: f64 = 0.0035;
/// The part of the limit for which the numbers above are meant.
const USUAL: f64 = 0.1;
/// Least share of the limit.
const LEAST: f64 = 0.01;

pub(crate) fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

impl Share {
    fn gap(&self) -> Duration {
        MINUTE.div_f64(self.rate)
    }

    fn grow(&mut self, limit: f64, now: Instant) {
        // The integral of 1 + minutes^3.
        let grown = |at: Instant| {
            let minutes = at.saturating_duration_since(self.refused_at).as_secs_f64() / 60.0;
            minutes + minutes.powi(4) / 4.0
        };
        let scale = (USUAL * limit / self.rate).sqrt().clamp(0.5, 4.0);
        self.rate += GROWTH * limit * scale * (grown(now) - grown(self.grown_at));
        let ramp = (now - self.cut_at).div_duration_f64(RECOVERY).min(1.0);
        let scale = (self.known / limit / USUAL).sqrt();
        let (low, high) = (CUT * scale, LASTING_CUT * scale);
        self.rate = self
            .rate
            .max(self.known * (1.0 - low - (high - low) * ramp).max(0.7));
        self.grown_at = now;
    }
}

struct Window {
    length: Duration,
    limit: usize,
    slots: VecDeque<Slot>,
}

struct Slot {
    id: u64,
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
            share: None,
        }
    }

    fn refused(&mut self, slot: u64, wait: Duration, now: Instant) {
        if let Some(slot) = self.minute.find(slot) {
            slot.was_refused = true;
        }
        self.minute.forget(now);
        let limit = number(self.minute.limit);
        let taken = number(self.minute.taken());
        let is_first = self.share.is_none();
        let share = self.share.get_or_insert(Share {
            rate: limit,
            grown_at: now,
            refused_at: now,
            cut_at: now,
            known: 0.0,
            cut_slot: 0,
            due: now,
            next: now,
            in_a_row: 0,
        });
        share.in_a_row += 1;
        share.grow(limit, now);
        share.refused_at = now;
        if is_first || slot >= share.cut_slot && now - share.cut_at >= SECOND {
            let cut = share.rate * ROUGH_CUT;
            // More than the rate is a burst of before.
            share.known = taken.min(share.rate.max(share.known));
            share.rate = cut.max(limit * LEAST).max(1.0);
            share.cut_at = now;
            share.grow(limit, now);
            share.cut_slot = self.next_slot;
        }
        // All who were refused come back then: spread over one gap, they come as evenly as they leave.
        let until = now + wait.min(MAX_REQUESTED_WAIT);
        self.held_until = self.held_until.max(Some(until));
        // Where the minute is used up, each further try is one too many.
        let spread = share.gap().max(SECOND) * share.in_a_row.min(6);
        share.next = share.next.max(until + spread.mul_f64(fastrand::f64()));
    }

    /// Takes a slot, or tells when to ask again.
    fn take(&mut self, now: Instant) -> Result<u64, Instant> {
        if let Some(until) = self.held_until {
            if until > now {
                return Err(until);
            }
            self.held_until = None;
        }
        if self.foreign.1.is_some_and(|until| until <= now) {
            self.foreign = (0, None);
        }
        let limit = number(self.minute.limit);
        if let Some(share) = &mut self.share {
            share.grow(limit, now);
            if share.rate >= limit {
                self.share = None;
            } else {
                if share.next > now {
                    return Err(share.next);
                }
                // The others' part is in the share already.
                self.foreign = (0, None);
            }
        }
        let (foreign, foreign_until) = self.foreign;
        let minute = self.minute.limit.min(self.shared_minute - foreign);
        let second = self.second.room(now, self.second.limit).err();
        let minute = self
            .minute
            .room(now, minute)
            .err()
            .map(|until| match until {
                None => foreign_until,
                Some(until) => Some(foreign_until.map_or(until, |other| until.min(other))),
            });
        if let Some(until) = second.into_iter().chain(minute).max() {
            // A slot whose request has not gone out yet frees itself with a notice.
            return Err(until.unwrap_or(now + SECOND));
        }
        let id = self.next_slot;
        self.next_slot += 1;
        for window in [&mut self.second, &mut self.minute] {
            window.slots.push_back(Slot {
                id,
                was_refused: false,
                free_at: None,
            });
        }
        if let Some(share) = &mut self.share {
            // What came late is made up for, but never as a burst.
            let gap = share.gap();
            let earliest = now.checked_sub(gap.mul_f64(2.0)).unwrap_or(now);
            share.due = share.due.max(earliest) + gap;
            share.next = share.due.max(now + gap.mul_f64(0.6));
        }
        Ok(id)
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
        for window in [&mut self.second, &mut self.minute] {
            let free_at = now + window.length;
            if let Some(slot) = window.find(id) {
                slot.free_at = Some(slot.free_at.map_or(free_at, |guarded| guarded.min(free_at)));
            }
        }
    }

    fn give_back(&mut self, id: u64) {
        for window in [&mut self.second, &mut self.minute] {
            window.slots.retain(|slot| slot.id != id);
        }
    }

    /// `oldest` is the oldest slot that counted when the answered request left.
    fn learn(&mut self, told: &Told, oldest: u64, now: Instant) {
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
    /// Whether fewer than `limit` slots count; else when the first of them is free, as far as that
    /// is known.
    fn room(&mut self, now: Instant, limit: usize) -> Result<(), Option<Instant>> {
        self.forget(now);
        if self.slots.len() < limit {
            return Ok(());
        }
        Err(self.slots.front().and_then(|slot| slot.free_at))
    }

    /// Requests that the service took.
    fn taken(&self) -> usize {
        let taken = |slot: &&Slot| !slot.was_refused && slot.free_at.is_some();
        self.slots.iter().filter(taken).count()
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
