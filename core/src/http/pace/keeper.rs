//! A client's side of a send log that others may share: it brings the log up to date before each change and
//! writes it back after it.
//!
//! When the store can't be had for a second, the client goes on alone with what is certain: its part of the
//! limit, by the clients that were seen in the last minute. It asks again every five seconds.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use super::clock::Clock;
use super::file::{Locked, LogFile, Trouble};
use super::log::{Owner, SECOND, SendLog, Window};
use super::store::Store;
use crate::http::limits::LimitHeaders;
use crate::http::outlook::Outlook;

/// How long a request that wants to leave waits for the lock; each change takes a thousandth of it.
const PATIENCE: Duration = Duration::from_millis(50);
/// As much for what is only told, and can be told later.
const LITTLE_PATIENCE: Duration = Duration::from_millis(5);
/// Between two tries of a request that wants to leave.
const TRY_AGAIN: Duration = Duration::from_millis(20);
/// Nobody tells when another process gives a slot back.
const ASKS_AGAIN: Duration = Duration::from_millis(20);
/// Without the store for so long, the client goes on alone.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(1);
const LOOKS_AGAIN_AFTER: Duration = Duration::from_secs(5);
/// Those who wait for the same slot wake within this time, who had the most last.
const SPREAD: Duration = Duration::from_millis(4);
/// What a client alone keeps its requests apart, in parts of its share of a second: two of them may meet.
const ALONE_GAP: f64 = 1.1;

pub(super) struct Keeper {
    log: SendLog,
    owner: Owner,
    place: Place,
    /// What others have not been told of yet.
    is_behind: bool,
    /// Slots that got another number when the store came back.
    moved: HashMap<u64, u64>,
}

enum Place {
    /// Nobody shares the log.
    Alone,
    /// Not asked yet.
    Unopened(Store),
    File(Box<Open>),
}

struct Open {
    file: LogFile,
    /// Whether it could be had before.
    is_known: bool,
    trouble: Option<Since>,
}

/// The store can't be had.
struct Since {
    at: Instant,
    /// When to ask again.
    next_try: Instant,
    /// Of how many clients this is one.
    clients: usize,
    /// When the next request may leave by this client's own part.
    next_request: Instant,
    is_told: bool,
}

impl Keeper {
    pub(super) fn new(log: SendLog, store: Store) -> Self {
        Self {
            log,
            // Of the operating system: forked children begin with the same random numbers.
            owner: uuid::Uuid::new_v4().as_u64_pair().0,
            place: match store {
                Store::Alone => Place::Alone,
                store => Place::Unopened(store),
            },
            is_behind: false,
            moved: HashMap::new(),
        }
    }

    /// As a process would, on a clock that the test moves.
    #[cfg(test)]
    pub(super) fn at(log: SendLog, file: LogFile) -> Self {
        let mut keeper = Self::new(log, Store::Alone);
        keeper.open(file);
        keeper
    }

    fn open(&mut self, file: LogFile) {
        self.log.asks_again = ASKS_AGAIN;
        self.place = Place::File(Box::new(Open {
            file,
            is_known: false,
            trouble: None,
        }));
    }

    /// Opens the store that was asked for, once a request is to leave.
    fn open_when_asked(&mut self) {
        let Place::Unopened(store) = &self.place else {
            return;
        };
        let file = match store.clone() {
            Store::Alone => None,
            Store::File(path, identity) => Some(LogFile::at(path, identity, Clock::System)),
            Store::Host(identity) => match LogFile::of_host(identity, Clock::System) {
                Ok(file) => Some(file),
                Err(trouble) => {
                    tell_alone(None, &trouble);
                    None
                }
            },
        };
        match file {
            Some(file) => self.open(file),
            None => self.place = Place::Alone,
        }
    }

    /// Whether others share the log now.
    pub(super) fn is_shared(&self) -> bool {
        match &self.place {
            Place::Alone => false,
            Place::Unopened(_) => true,
            Place::File(open) => !open.trouble.as_ref().is_some_and(|since| since.is_told),
        }
    }

    pub(super) fn limits(&self) -> (usize, usize) {
        (self.log.second.limit, self.log.minute.limit)
    }

    /// As far as this client has seen the log.
    pub(super) fn outlook(&self, now: Instant) -> Outlook {
        self.log.outlook(now)
    }

    /// Takes a slot, with the oldest that counted then; or tells when to ask again.
    pub(super) fn take(&mut self, now: Instant) -> Result<(u64, u64), Instant> {
        self.open_when_asked();
        let taken = match self.enter(PATIENCE, now) {
            Entered::Alone => self.log.take(self.owner, now),
            Entered::Shared(locked) => {
                self.log.end_leases(now);
                let taken = self.log.take(self.owner, now);
                if taken.is_err() && !self.is_behind && !self.log.share.is_part() {
                    // Nothing that another would not find by itself.
                    return taken
                        .map(|slot| (slot, slot))
                        .map_err(|until| until + self.spread());
                }
                if !self.leave(locked, now) {
                    // Nobody was told of the slot.
                    if let Ok(slot) = taken {
                        self.log.give_back(slot);
                    }
                    return Err(now + TRY_AGAIN);
                }
                taken.map_err(|until| until + self.spread())
            }
            Entered::Not => self.take_alone(now),
        };
        taken.map(|slot| (slot, self.log.oldest(slot)))
    }

    pub(super) fn sent(&mut self, slot: u64, now: Instant) {
        self.change(now, |log, owner, moved| {
            log.sent(resolved(moved, slot), owner, now);
        });
    }

    pub(super) fn abandoned(&mut self, slot: u64, now: Instant) {
        self.change(now, |log, _, moved| {
            log.abandoned(resolved(moved, slot), now);
            moved.remove(&slot);
        });
    }

    pub(super) fn give_back(&mut self, slot: u64) {
        self.change(Instant::now(), |log, _, moved| {
            log.give_back(resolved(moved, slot));
            moved.remove(&slot);
        });
    }

    pub(super) fn over(
        &mut self,
        slot: u64,
        oldest: u64,
        answer: Option<(u16, &LimitHeaders)>,
        now: Instant,
    ) {
        self.change(now, |log, _, moved| {
            log.answered(resolved(moved, slot), now);
            if let Some((status, limits)) = answer {
                if status != 429 {
                    log.share.taken();
                }
                log.learn(limits, oldest, now);
            }
        });
    }

    pub(super) fn refused(&mut self, slot: u64, wait: Option<Duration>, now: Instant) -> Instant {
        self.change(now, |log, _, moved| {
            log.refused(resolved(moved, slot), wait, now)
        })
    }

    /// Changes the log, and the store if it can be had; else that hears of it later.
    fn change<T>(
        &mut self,
        now: Instant,
        work: impl FnOnce(&mut SendLog, Owner, &mut HashMap<u64, u64>) -> T,
    ) -> T {
        let entered = self.enter(LITTLE_PATIENCE, now);
        let value = work(&mut self.log, self.owner, &mut self.moved);
        match entered {
            Entered::Alone => {}
            Entered::Shared(locked) => {
                self.leave(locked, now);
            }
            Entered::Not => self.is_behind = true,
        }
        value
    }

    fn enter(&mut self, patience: Duration, now: Instant) -> Entered {
        let Place::File(open) = &mut self.place else {
            return Entered::Alone;
        };
        if open
            .trouble
            .as_ref()
            .is_some_and(|since| now < since.next_try)
        {
            return Entered::Not;
        }
        let before = self.is_behind.then(|| self.log.clone());
        match open.file.enter(&mut self.log, patience) {
            Ok(locked) => {
                if let Some(before) = before {
                    rejoin(&before, &mut self.log, self.owner, &mut self.moved);
                }
                open.trouble = None;
                open.is_known = true;
                Entered::Shared(locked)
            }
            Err(trouble @ Trouble::Unusable(_)) if !open.is_known => {
                tell_alone(Some(open.file.path()), &trouble);
                self.place = Place::Alone;
                Entered::Alone
            }
            Err(trouble) => {
                self.note(&trouble, now);
                Entered::Not
            }
        }
    }

    /// Whether the store has the change.
    fn leave(&mut self, locked: Locked, now: Instant) -> bool {
        let Place::File(open) = &mut self.place else {
            return true;
        };
        match open.file.leave(locked, &self.log) {
            Ok(()) => {
                self.is_behind = false;
                true
            }
            Err(trouble) => {
                self.is_behind = true;
                self.note(&trouble, now);
                false
            }
        }
    }

    fn note(&mut self, trouble: &Trouble, now: Instant) {
        let Place::File(open) = &mut self.place else {
            return;
        };
        // Whoever has the lock is one more.
        let least = match trouble {
            Trouble::Busy => 2,
            Trouble::Unusable(_) => 1,
        };
        let clients = self.log.owners().max(least);
        let since = open.trouble.get_or_insert(Since {
            at: now,
            next_try: now,
            clients,
            next_request: now,
            is_told: false,
        });
        if now - since.at < GIVEN_UP_AFTER {
            since.next_try = now + TRY_AGAIN;
            return;
        }
        since.next_try = now + LOOKS_AGAIN_AFTER;
        if !since.is_told {
            since.is_told = true;
            tell_alone(Some(open.file.path()), trouble);
        }
    }

    /// Takes a slot of this client's own part while the store can't be had.
    fn take_alone(&mut self, now: Instant) -> Result<u64, Instant> {
        let Place::File(open) = &mut self.place else {
            return self.log.take(self.owner, now);
        };
        let Some(since) = &mut open.trouble else {
            return Err(now + TRY_AGAIN);
        };
        if !since.is_told {
            return Err(since.next_try);
        }
        if since.next_request > now {
            return Err(since.next_request);
        }
        let most = (self.log.minute.limit / since.clients).max(1);
        if let Err(until) = self.log.minute.room_of(self.owner, most) {
            return Err(until.unwrap_or(now + SECOND));
        }
        let gap = SECOND.mul_f64(
            ALONE_GAP * super::number(since.clients) / super::number(self.log.second.limit),
        );
        let slot = self.log.take(self.owner, now)?;
        since.next_request = now + gap;
        self.is_behind = true;
        Ok(slot)
    }

    /// How much later than the others this client wakes.
    fn spread(&self) -> Duration {
        let slots = &self.log.minute.slots;
        let own = slots.iter().filter(|slot| slot.owner == self.owner).count();
        if own == slots.len() {
            return Duration::ZERO;
        }
        let part = super::number(own * self.log.owners()) / super::number(slots.len());
        SPREAD.mul_f64(part.min(2.0) * fastrand::f64())
    }
}

enum Entered {
    /// There is nobody to share with.
    Alone,
    Shared(Locked),
    /// The store can't be had.
    Not,
}

fn resolved(moved: &HashMap<u64, u64>, slot: u64) -> u64 {
    moved.get(&slot).copied().unwrap_or(slot)
}

/// Brings what this client did while it was without the store into the log that others went on with.
fn rejoin(before: &SendLog, log: &mut SendLog, owner: Owner, moved: &mut HashMap<u64, u64>) {
    let oldest = log.oldest(log.next_slot);
    moved.retain(|_, now| *now >= oldest);
    log.next_slot = log.next_slot.max(before.next_slot);
    let windows = [
        (&before.second, &mut log.second),
        (&before.minute, &mut log.minute),
    ];
    let mut anew: HashMap<u64, u64> = HashMap::new();
    for (before, window) in windows {
        give_back_what_is_gone(before, window, owner);
        for slot in before.slots.iter().filter(|slot| slot.owner == owner) {
            match window.find(slot.id) {
                Some(known) if known.owner == owner => *known = *slot,
                _ => {
                    let id = *anew.entry(slot.id).or_insert_with(|| {
                        log.next_slot += 1;
                        log.next_slot - 1
                    });
                    window.insert(super::log::Slot { id, ..*slot });
                }
            }
        }
    }
    for now in moved.values_mut() {
        *now = anew.get(now).copied().unwrap_or(*now);
    }
    for (old, new) in anew {
        moved.entry(old).or_insert(new);
    }
    log.held_until = log.held_until.max(before.held_until);
    log.told.per_second = log.told.per_second.or(before.told.per_second);
    log.told.per_minute = log.told.per_minute.or(before.told.per_minute);
    log.set_limits();
}

fn give_back_what_is_gone(before: &Window, window: &mut Window, owner: Owner) {
    window
        .slots
        .retain(|slot| slot.owner != owner || before.slots.iter().any(|own| own.id == slot.id));
}

fn tell_alone(path: Option<&std::path::Path>, trouble: &Trouble) {
    let why = match trouble {
        Trouble::Busy => "another process has had its lock for a second",
        Trouble::Unusable(why) => why,
    };
    #[cfg(feature = "tracing")]
    tracing::warn!(
        path = path.map(|path| tracing::field::display(path.display())),
        "the rate limit is not shared with other processes of this host now, so this client keeps to its part \
         of it: {why}"
    );
    #[cfg(not(feature = "tracing"))]
    let _ = (path, why);
}
