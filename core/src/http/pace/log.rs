//! The send log: which requests count in the service's windows, and when the next one may leave.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::RateLimit;
use crate::http::limits::LimitHeaders;
use crate::http::outlook::{Lane, Outlook};
use crate::http::share::{Limits, Refusal, Share};

/// Longest time that a request is taken to be under way before the service counts it.
pub(super) const TRANSIT_GUARD: Duration = Duration::from_millis(80);
pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const MINUTE: Duration = Duration::from_secs(60);

/// After this time a request whose client said no more of it counts as gone out, or as never made: the
/// process that took its slot may be gone.
pub(super) const LEASE: Duration = Duration::from_secs(62);

/// Those who wait for the same slot wake within this time, who had the most last.
const SPREAD: Duration = Duration::from_millis(4);

/// A client among those that share a log.
pub(super) type Owner = u64;

/// The slots of the last second and minute, oldest first.
#[derive(Clone)]
pub(super) struct SendLog {
    /// The client's own, whatever the service tells.
    pub(super) cap: Option<RateLimit>,
    /// What the service told last.
    pub(super) told: Told,
    pub(super) second: Window,
    pub(super) minute: Window,
    pub(super) next_slot: u64,
    /// The account's limit per minute as the service told it, whatever our own cap.
    pub(super) shared_minute: usize,
    /// Requests of others on the same account in this minute, and until when they count.
    pub(super) foreign: (usize, Option<Instant>),
    /// When the service last told that something is left of the minute.
    pub(super) left_told: Option<Instant>,
    pub(super) held_until: Option<Instant>,
    pub(super) share: Share,
    /// After which time to ask for room that nobody knows the time of.
    pub(super) asks_again: Duration,
}

/// The limits that the service told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) per_second: Option<u32>,
    pub(super) per_minute: Option<u32>,
}

pub(crate) fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[derive(Clone, Default)]
pub(super) struct Window {
    pub(super) length: Duration,
    pub(super) limit: usize,
    pub(super) slots: VecDeque<Slot>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) id: u64,
    pub(super) owner: Owner,
    /// Refused for the limit: some services count that too, but it is no part of the share.
    pub(super) was_refused: bool,
    pub(super) taken_at: Instant,
    /// `None` while the request has not gone out.
    pub(super) free_at: Option<Instant>,
}

impl SendLog {
    pub(super) fn new(cap: Option<RateLimit>) -> Self {
        let window = |length| Window {
            length,
            ..Window::default()
        };
        let mut log = Self {
            cap,
            told: Told::default(),
            second: window(SECOND),
            minute: window(MINUTE),
            next_slot: 0,
            shared_minute: usize::MAX,
            foreign: (0, None),
            left_told: None,
            held_until: None,
            share: Share::default(),
            asks_again: SECOND,
        };
        log.set_limits();
        log
    }

    /// What was told holds, below the client's own cap.
    pub(super) fn set_limits(&mut self) {
        let limit = |told: Option<u32>, of: fn(&RateLimit) -> u32| {
            let cap = self.cap.as_ref().map(of);
            let start = cap.unwrap_or_else(|| of(&RateLimit::DEFAULT));
            let limit = told.unwrap_or(start).min(cap.unwrap_or(u32::MAX));
            limit.max(1) as usize
        };
        let per_second = limit(self.told.per_second, |limit| limit.per_second);
        let per_minute = limit(self.told.per_minute, |limit| limit.per_minute);
        self.second.limit = per_second;
        self.minute.limit = per_minute;
    }

    fn limits(&self) -> Limits {
        Limits {
            per_second: number(self.second.limit),
            per_minute: number(self.minute.limit),
        }
    }

    pub(super) fn refused(&mut self, slot: u64, wait: Option<Duration>, now: Instant) -> Instant {
        self.refused_at_random(slot, wait, fastrand::f64(), now)
    }

    /// `random` says where in the time over which those who were refused spread.
    pub(super) fn refused_at_random(
        &mut self,
        slot: u64,
        wait: Option<Duration>,
        random: f64,
        now: Instant,
    ) -> Instant {
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
        let back = self.share.refused(&refusal, limits, random);
        let back = self.held_until.map_or(back, |held| held.max(back));
        self.held_until = Some(back);
        back
    }

    pub(super) fn outlook(&self, now: Instant) -> Outlook {
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
    pub(super) fn take(&mut self, owner: Owner, now: Instant) -> Result<u64, Instant> {
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
            return Err(until.unwrap_or(now + self.asks_again));
        }
        let limits = self.limits();
        self.share.used(limits, now);
        let id = self.next_slot;
        self.next_slot += 1;
        for window in [&mut self.second, &mut self.minute] {
            window.slots.push_back(Slot {
                id,
                owner,
                was_refused: false,
                taken_at: now,
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

    pub(super) fn oldest(&self, slot: u64) -> u64 {
        self.minute.slots.front().map_or(slot, |front| front.id)
    }

    pub(super) fn sent(&mut self, id: u64, owner: Owner, now: Instant) {
        for window in [&mut self.second, &mut self.minute] {
            let free_at = Some(now + window.length + TRANSIT_GUARD);
            if let Some(slot) = window.find(id) {
                slot.free_at = free_at;
            } else {
                // Its lease was over.
                window.insert(Slot {
                    id,
                    owner,
                    was_refused: false,
                    taken_at: now,
                    free_at,
                });
            }
        }
    }

    /// The client no longer waits for the answer of what went out: it may arrive yet.
    pub(super) fn abandoned(&mut self, id: u64, now: Instant) {
        for window in [&mut self.second, &mut self.minute] {
            let free_at = Some(now + window.length + TRANSIT_GUARD);
            if let Some(slot) = window.find(id) {
                slot.free_at = free_at;
            }
        }
    }

    /// Slots of which nobody said more in time are free. For a log that others share.
    pub(super) fn end_leases(&mut self, now: Instant) {
        for window in [&mut self.second, &mut self.minute] {
            window.slots.retain(|slot| {
                slot.free_at.is_some() || now.saturating_duration_since(slot.taken_at) < LEASE
            });
        }
    }

    /// Who took slots in the last minute.
    pub(super) fn owners(&self) -> usize {
        let owners = self.minute.slots.iter().map(|slot| slot.owner);
        owners.collect::<std::collections::BTreeSet<_>>().len()
    }

    /// How much later than the others `owner` wakes, by its part of the slots that count.
    pub(super) fn spread(&self, owner: Owner, slots: usize, owners: usize) -> Duration {
        let own = self.minute.slots.iter().filter(|slot| slot.owner == owner);
        let own = own.count();
        if own >= slots {
            return Duration::ZERO;
        }
        let part = number(own * owners) / number(slots);
        SPREAD.mul_f64(part.min(2.0) * fastrand::f64())
    }

    pub(super) fn answered(&mut self, id: u64, now: Instant) {
        if let Some(slot) = self.second.find(id) {
            // Not earlier than the guard: another client finds room there.
            slot.free_at.get_or_insert(now + SECOND);
        }
        if let Some(slot) = self.minute.find(id) {
            let free_at = now + MINUTE;
            slot.free_at = Some(slot.free_at.map_or(free_at, |guarded| guarded.min(free_at)));
        }
    }

    pub(super) fn give_back(&mut self, id: u64) {
        for window in [&mut self.second, &mut self.minute] {
            window.slots.retain(|slot| slot.id != id);
        }
    }

    /// `oldest` is the oldest slot that counted when the answered request left.
    pub(super) fn learn(&mut self, told: &LimitHeaders, oldest: u64, now: Instant) {
        self.told.per_second = told.per_second.or(self.told.per_second);
        self.told.per_minute = told.per_minute.or(self.told.per_minute);
        self.set_limits();
        if let (Some(limit), Some(remaining)) = (told.per_minute, told.remaining) {
            if remaining > 0 {
                self.left_told = Some(now);
            } else if self.left_told.is_none_or(|told| now - told > MINUTE) {
                // Answered and yet nothing left, again and again: the header doesn't count.
                return;
            }
            let used = limit.saturating_sub(remaining) as usize;
            // At most this many of them can be ours, whenever the service counted.
            let ours = usize::try_from(self.next_slot.saturating_sub(oldest)).unwrap_or(usize::MAX);
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
        room_among(self.slots.iter(), limit)
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
        room_among(self.taken_from(first), limit)
    }

    /// As [`room`](Self::room), of one client's slots.
    pub(super) fn room_of(
        &mut self,
        owner: Owner,
        limit: usize,
        now: Instant,
    ) -> Result<(), Option<Instant>> {
        self.forget(now);
        room_among(self.slots.iter().filter(|slot| slot.owner == owner), limit)
    }

    /// Also what is under way.
    fn taken_from(&self, first: u64) -> impl Iterator<Item = &Slot> {
        let place = self.slots.partition_point(|slot| slot.id < first);
        self.slots.range(place..).filter(|slot| !slot.was_refused)
    }

    pub(super) fn forget(&mut self, now: Instant) {
        // Each by itself: one that does not leave for long keeps no other.
        self.slots
            .retain(|slot| slot.free_at.is_none_or(|free_at| free_at > now));
    }

    pub(super) fn insert(&mut self, slot: Slot) {
        let place = self.slots.partition_point(|other| other.id < slot.id);
        self.slots.insert(place, slot);
    }

    pub(super) fn find(&mut self, id: u64) -> Option<&mut Slot> {
        let place = self.slots.binary_search_by_key(&id, |slot| slot.id).ok()?;
        self.slots.get_mut(place)
    }
}

/// Whether there are fewer than `limit`; else when there will be.
fn room_among<'s>(
    slots: impl Iterator<Item = &'s Slot>,
    limit: usize,
) -> Result<(), Option<Instant>> {
    let mut free: Vec<Option<Instant>> = slots.map(|slot| slot.free_at).collect();
    let Some(surplus) = free.len().checked_sub(limit) else {
        return Ok(());
    };
    // Nobody knows when what has not gone out is free: last.
    free.sort_unstable_by_key(|free_at| (free_at.is_none(), *free_at));
    Err(free.get(surplus).copied().flatten())
}
