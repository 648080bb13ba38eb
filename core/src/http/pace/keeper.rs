//! A client's side of a send log that others may share: it brings the log up to date before each change and
//! writes it back after it.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

use super::absence::{Absence, TRY_AGAIN};
use super::clock::Clock;
use super::file::{Locked, LogFile, Trouble};
use super::log::{Owner, SendLog, Window};
use super::notice::{Notice, Notices};
use super::part::Part;
use super::store::Store;
use crate::http::limits::LimitHeaders;

/// How long a request that wants to leave waits for the lock; each change takes a thousandth of it.
const PATIENCE: Duration = Duration::from_millis(50);
/// As much for what is only told, and can be told later.
const LITTLE_PATIENCE: Duration = Duration::from_millis(5);
/// Nobody tells when another process gives a slot back.
const ASKS_AGAIN: Duration = Duration::from_millis(20);
pub(super) struct Keeper {
    log: SendLog,
    owner: Owner,
    place: Place,
    /// What others have not been told of yet.
    is_behind: bool,
    /// Slots that got another number when the store came back.
    moved: HashMap<u64, u64>,
    notices: Notices,
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
    absence: Option<Absence>,
    /// Whether only others are away yet.
    is_back: bool,
    /// As many clients there are at least, as far as the cause of the absence tells.
    least: usize,
}

impl Open {
    fn part(&self) -> Part {
        self.file.presence.part.get().among(self.least)
    }
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
            notices: Notices::default(),
        }
    }

    /// As a process would, on a clock that the test moves.
    #[cfg(test)]
    pub(super) fn at(log: SendLog, file: LogFile) -> Self {
        let mut keeper = Self::new(log, Store::Alone);
        keeper.open(file);
        keeper
    }

    #[cfg(test)]
    pub(super) fn disk_is_full(&mut self, is_full: bool) {
        if let Place::File(open) = &mut self.place {
            open.file.is_disk_full = is_full;
        }
    }

    fn open(&mut self, mut file: LogFile) {
        file.presence.client = Some(self.owner);
        self.log.asks_again = ASKS_AGAIN;
        self.place = Place::File(Box::new(Open {
            file,
            is_known: false,
            absence: None,
            is_back: false,
            least: 1,
        }));
    }

    /// Opens the store that was asked for, once a request is to leave.
    fn open_when_asked(&mut self) {
        let Place::Unopened(store) = &self.place else {
            return;
        };
        let file = match store.clone() {
            // A Redis has a side of its own.
            #[cfg(feature = "redis")]
            Store::Redis(..) => None,
            Store::Alone => None,
            Store::File(path, identity) => Some(LogFile::at(path, identity, Clock::System)),
            Store::Host(identity) => match LogFile::of_host(identity, Clock::System) {
                Ok(file) => Some(file),
                Err(trouble) => {
                    self.notices.put(alone(None, &trouble, 1));
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
            Place::File(open) => !open
                .absence
                .as_ref()
                .is_some_and(|absence| absence.is_alone),
        }
    }

    /// As far as this client has seen it.
    pub(super) fn log(&self) -> &SendLog {
        &self.log
    }

    pub(super) fn notices(&mut self) -> Vec<Notice> {
        self.notices.take()
    }

    /// Takes a slot, with the oldest that counted then; or tells when to ask again.
    pub(super) fn take(&mut self, now: Instant) -> Result<(u64, u64), Instant> {
        self.open_when_asked();
        let taken = match self.enter(PATIENCE, now) {
            Entered::Alone => self.log.take(self.owner, now),
            Entered::Shared(locked) => {
                self.log.end_leases(now);
                let taken = if self.waits_for_others() {
                    self.take_alone(now)
                } else {
                    self.log.take(self.owner, now)
                };
                let is_news = taken.is_ok() || self.is_behind || self.log.share.is_part();
                if !is_news && !self.is_away() && !locked.is_without_log() {
                    // Nothing that another would not find by itself.
                    taken.map_err(|until| until + self.spread())
                } else if self.leave(locked, now) {
                    taken.map_err(|until| until + self.spread())
                } else {
                    // Nobody was told of the slot.
                    if let Ok(slot) = taken {
                        self.log.give_back(slot);
                    }
                    self.take_alone(now)
                }
            }
            Entered::Not => self.take_alone(now),
        };
        taken.map(|slot| (slot, self.log.oldest(slot)))
    }

    pub(super) fn sent(&mut self, slot: u64, now: Instant) {
        self.change(now, |log, owner, moved| {
            // The request goes out after the wait for the lock, not before it.
            log.sent(resolved(moved, slot), owner, Instant::now());
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
            .absence
            .as_ref()
            .is_some_and(|absence| now < absence.next_try)
        {
            return Entered::Not;
        }
        let before = self.is_behind.then(|| self.log.clone());
        open.file.presence.is_away = open.absence.is_some() && !open.is_back;
        match open.file.enter(&mut self.log, patience) {
            Ok(locked) => {
                if let Some(before) = before {
                    rejoin(&before, &mut self.log, self.owner, &mut self.moved);
                }
                open.is_known = true;
                Entered::Shared(locked)
            }
            Err(trouble @ Trouble::Unusable(_)) if !open.is_known => {
                self.notices.put(alone(Some(open.file.path()), &trouble, 1));
                self.place = Place::Alone;
                Entered::Alone
            }
            Err(trouble) => {
                self.note(&trouble, now);
                Entered::Not
            }
        }
    }

    /// Whether the store could not be had the last time.
    fn is_away(&self) -> bool {
        matches!(&self.place, Place::File(open) if open.absence.is_some())
    }

    /// Whether the store is back, but not all who share it.
    fn waits_for_others(&self) -> bool {
        matches!(&self.place, Place::File(open) if open.file.presence.others_are_away
            && open.absence.as_ref().is_some_and(|absence| absence.is_alone))
    }

    /// Whether the store has the change.
    fn leave(&mut self, locked: Locked, now: Instant) -> bool {
        let Place::File(open) = &mut self.place else {
            return true;
        };
        match open.file.leave(locked, &self.log) {
            Ok(()) => {
                self.is_behind = false;
                // Not before: what can be read may be on a full disk.
                if let Some(absence) = &mut open.absence
                    && absence.is_alone
                    && open.file.presence.others_are_away
                {
                    absence.is_over_soon(now);
                    open.is_back = true;
                    return true;
                }
                open.is_back = false;
                if open.absence.take().is_some_and(|absence| absence.is_alone) {
                    self.notices.put(Notice::Shared {
                        store: open.file.path().display().to_string(),
                    });
                }
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
        open.is_back = false;
        // Whoever has the lock is one more.
        open.least = match trouble {
            Trouble::Busy => 2,
            Trouble::Unusable(_) => 1,
        };
        let absence = open.absence.get_or_insert_with(|| Absence::new(now));
        if absence.failed(now) {
            let clients = open.part().clients;
            self.notices
                .put(alone(Some(open.file.path()), trouble, clients));
        }
    }

    /// Takes a slot of this client's own part while the store can't be had.
    fn take_alone(&mut self, now: Instant) -> Result<u64, Instant> {
        let Place::File(open) = &mut self.place else {
            return self.log.take(self.owner, now);
        };
        let part = open.part();
        let Some(absence) = &mut open.absence else {
            return Err(now + TRY_AGAIN);
        };
        let shared = open.file.moment().shared;
        let slot = absence.take(&mut self.log, self.owner, part, shared, now)?;
        self.is_behind = true;
        Ok(slot)
    }

    /// How much later than the others this client wakes.
    fn spread(&self) -> Duration {
        self.log
            .spread(self.owner, self.log.minute.slots.len(), self.log.owners())
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

fn alone(path: Option<&Path>, trouble: &Trouble, clients: usize) -> Notice {
    Notice::Alone {
        store: path.map_or_else(
            || "the file in the user's cache folder".to_owned(),
            |path| path.display().to_string(),
        ),
        why: match trouble {
            Trouble::Busy => "is locked by another process for a second".to_owned(),
            Trouble::Unusable(why) => format!("can't be used: {why}"),
        },
        clients,
    }
}
