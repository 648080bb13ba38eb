//! A limit that hosts share by a Redis: its script has the log, by the rules of `log.rs` and `share.rs`, and
//! each client a copy of it without the others' details, which it goes on with alone when the store is away.
//!
//! A request asks once whether it may leave. What becomes of it is told beside that, or with the next one.

mod address;
mod connection;
mod script;
#[cfg(test)]
mod tests;

pub(crate) use address::Address;

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::ClientConfig;
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep, timeout};

use super::absence::{Absence, TRY_AGAIN};
use super::form;
use super::log::{Owner, SendLog, Slot, TRANSIT_GUARD, Window};
use super::notice::{Notice, Notices};
use super::part::KnownPart;
use crate::error::{Error, Result};
use crate::http::limits::LimitHeaders;
use crate::sync::lock;
use connection::{Unavailable, Wire};
use script::{ALONE, Note, Reply, Verdict};

/// For one call of a store that could be reached before.
const PATIENCE: Duration = Duration::from_millis(250);
/// For the first, before which nothing is known that a client could go on with.
const FIRST_PATIENCE: Duration = Duration::from_secs(5);
/// What teaches something is told after this time, if no request takes it along.
const TELLS_AFTER: Duration = Duration::from_millis(50);
/// The slots of all others, in a client's copy.
const OTHERS: Owner = 0;

/// One client's side of a shared limit.
pub(super) struct Remote {
    address: Address,
    tls: Option<Arc<ClientConfig>>,
    script: Arc<str>,
    keys: [String; 7],
    wire: tokio::sync::Mutex<Wire>,
    mirror: Mutex<Mirror>,
    tells_soon: AtomicBool,
}

/// What a client knows of the log.
struct Mirror {
    /// The others' slots as if they had gone out when this client heard of them.
    log: SendLog,
    owner: Owner,
    /// What the store has not been told of, and since when.
    notes: VecDeque<(Instant, Note)>,
    /// How many notes there were before these, told or dropped.
    notes_before: u64,
    /// The store, as it was seen last.
    seen: Option<Seen>,
    /// The number of the slot that is asked for: one whose answer is lost is not taken twice.
    asks: u64,
    absence: Option<Away>,
    part: KnownPart,
    /// A time here, and on the store's clock in microseconds.
    clock: Option<(Instant, u64)>,
    /// Of the next slot that is taken alone.
    next_alone: u64,
    notices: Notices,
}

struct Seen {
    epoch: String,
    at: Instant,
    /// Whether it ever knew all that was sent.
    was_certain: bool,
}

struct Away {
    absence: Absence,
    /// Whether the store answers, and only does not know all.
    is_reachable: bool,
}

impl Remote {
    pub(super) fn new(address: Address, tls: Option<Arc<ClientConfig>>, log: SendLog) -> Self {
        let key = |of: &str| format!("{}:{of}", address.key);
        Self {
            keys: [
                "state", "second", "minute", "numbers", "refused", "seen", "asked",
            ]
            .map(key),
            tls,
            script: script::text().into(),
            wire: tokio::sync::Mutex::default(),
            mirror: Mutex::new(Mirror {
                log,
                // Of the operating system: forked children begin with the same random numbers.
                owner: uuid::Uuid::new_v4().as_u64_pair().0 | 1,
                notes: VecDeque::new(),
                notes_before: 0,
                seen: None,
                asks: 1,
                absence: None,
                part: KnownPart::default(),
                clock: None,
                next_alone: ALONE,
                notices: Notices::default(),
            }),
            tells_soon: AtomicBool::new(false),
            address,
        }
    }

    /// The log, as far as it is known here.
    pub(super) fn with_log<T>(&self, look: impl FnOnce(&SendLog) -> T) -> T {
        look(&lock(&self.mirror).log)
    }

    /// Whether others share the log now.
    pub(super) fn is_shared(&self) -> bool {
        let mirror = lock(&self.mirror);
        !mirror
            .absence
            .as_ref()
            .is_some_and(|away| away.absence.is_alone)
    }

    pub(super) fn notices(&self) -> Vec<Notice> {
        lock(&self.mirror).notices.take()
    }

    /// Takes a slot, with the oldest that counted then; or tells when to ask again. An error where the store
    /// could not be reached yet.
    pub(super) async fn take(self: &Arc<Self>) -> Result<Result<(u64, u64), Instant>> {
        let patience = {
            let mut mirror = lock(&self.mirror);
            let now = Instant::now();
            if mirror
                .absence
                .as_ref()
                .is_some_and(|away| now < away.absence.next_try)
            {
                return Ok(mirror.take_alone(now));
            }
            if mirror.seen.is_some() {
                PATIENCE
            } else {
                FIRST_PATIENCE
            }
        };
        let reply = self.call(true, patience).await;
        let mut mirror = lock(&self.mirror);
        let now = Instant::now();
        match reply {
            Err(why) if mirror.seen.is_none() => Err(Error::config(format!(
                "the rate limit store {} {}: no request leaves without it; check rate_limit_store, or leave it out",
                self.address, why.0
            ))),
            Err(why) => {
                self.note_trouble(&mut mirror, &why, now);
                Ok(mirror.take_alone(now))
            }
            Ok(reply) => match reply.verdict {
                Verdict::Slot(slot) => Ok(Ok((slot, reply.oldest))),
                Verdict::Wait(wait) => {
                    let spread = mirror
                        .log
                        .spread(mirror.owner, reply.count, reply.part.clients);
                    Ok(Err(now + wait + spread))
                }
                Verdict::Unsure(wait) if mirror.absence.is_none() => Ok(Err(now + wait)),
                Verdict::Unsure(_) | Verdict::Told => Ok(mirror.take_alone(now)),
            },
        }
    }

    pub(super) fn sent(self: &Arc<Self>, slot: u64) {
        let now = Instant::now();
        let tells = {
            let mut mirror = lock(&self.mirror);
            let owner = mirror.owner;
            mirror.log.sent(slot, owner, now);
            mirror.note(Note::Sent(slot), now)
        };
        self.tell(tells, Duration::ZERO);
    }

    pub(super) fn abandoned(self: &Arc<Self>, slot: u64) {
        let now = Instant::now();
        let tells = {
            let mut mirror = lock(&self.mirror);
            mirror.log.abandoned(slot, now);
            mirror.note(Note::Abandoned(slot), now)
        };
        self.tell(tells, Duration::ZERO);
    }

    pub(super) fn give_back(self: &Arc<Self>, slot: u64) {
        let tells = {
            let mut mirror = lock(&self.mirror);
            mirror.log.give_back(slot);
            mirror.note(Note::Unused(slot), Instant::now())
        };
        self.tell(tells, Duration::ZERO);
    }

    pub(super) fn over(
        self: &Arc<Self>,
        slot: u64,
        oldest: u64,
        answer: Option<(u16, &LimitHeaders)>,
    ) {
        let now = Instant::now();
        let tells = {
            let mut mirror = lock(&self.mirror);
            let before = (mirror.log.told, mirror.log.foreign.0);
            mirror.log.answered(slot, now);
            let limits = answer.map(|(_, limits)| limits);
            if let Some((status, limits)) = answer {
                if status != 429 {
                    mirror.log.share.taken();
                }
                mirror.log.learn(limits, oldest, now);
            }
            let is_new =
                before != (mirror.log.told, mirror.log.foreign.0) || mirror.log.share.is_part();
            let is_reachable = mirror.note(
                Note::Over {
                    slot,
                    status: answer.map_or(0, |(status, _)| status),
                    oldest,
                    per_second: limits.and_then(|limits| limits.per_second),
                    per_minute: limits.and_then(|limits| limits.per_minute),
                    remaining: limits.and_then(|limits| limits.remaining),
                    reset: limits.and_then(|limits| limits.reset),
                },
                now,
            );
            // Else the next request takes it along.
            is_reachable && is_new
        };
        self.tell(tells, TELLS_AFTER);
    }

    /// The service refused the request for the limit: when to come back.
    pub(super) async fn refused(self: &Arc<Self>, slot: u64, wait: Option<Duration>) -> Instant {
        let random = fastrand::f64();
        let is_reachable =
            lock(&self.mirror).note(Note::Refused { slot, wait, random }, Instant::now());
        if is_reachable {
            match self.call(false, PATIENCE).await {
                Ok(Reply {
                    back: Some(back), ..
                }) => return Instant::now() + back,
                // Another call told it.
                Ok(_) => {
                    let now = Instant::now();
                    if let Some(held) = lock(&self.mirror).log.held_until.filter(|held| *held > now)
                    {
                        return held;
                    }
                }
                Err(why) => self.note_trouble(&mut lock(&self.mirror), &why, Instant::now()),
            }
        }
        lock(&self.mirror).log.refused(slot, wait, Instant::now())
    }

    /// Tells what there is to tell after this time, without waiting for it.
    fn tell(self: &Arc<Self>, tells: bool, after: Duration) {
        if !tells || !after.is_zero() && self.tells_soon.swap(true, Ordering::AcqRel) {
            return;
        }
        // Without a runtime the next request takes it along.
        let Ok(runtime) = Handle::try_current() else {
            self.tells_soon.store(false, Ordering::Release);
            return;
        };
        let remote = Arc::clone(self);
        runtime.spawn(async move {
            if !after.is_zero() {
                sleep(after).await;
                remote.tells_soon.store(false, Ordering::Release);
            }
            if !lock(&remote.mirror).has_news() {
                return;
            }
            if let Err(why) = remote.call(false, PATIENCE).await {
                remote.note_trouble(&mut lock(&remote.mirror), &why, Instant::now());
            }
        });
    }

    fn note_trouble(&self, mirror: &mut Mirror, why: &Unavailable, now: Instant) {
        // It is told of all slots anew once it is back.
        mirror.notes_were_told(u64::MAX);
        if mirror.seen.is_none() {
            return;
        }
        let away = mirror.absence.get_or_insert_with(|| Away {
            absence: Absence::new(now),
            is_reachable: false,
        });
        away.is_reachable = false;
        if away.absence.failed(now) {
            mirror.notices.put(Notice::Alone {
                store: self.address.to_string(),
                why: why.0.clone(),
                clients: mirror.part.get().clients,
            });
        }
    }

    /// One round trip: tells what there is to tell, and asks for a slot if need be.
    async fn call(self: &Arc<Self>, asks: bool, patience: Duration) -> Result<Reply, Unavailable> {
        timeout(patience, self.call_at_leisure(asks))
            .await
            .unwrap_or_else(|_| Err(Unavailable::silent()))
    }

    async fn call_at_leisure(&self, asks: bool) -> Result<Reply, Unavailable> {
        let mut wire = self.wire.lock().await;
        loop {
            let opening = wire.open(&self.address, self.tls.as_ref(), &self.script);
            let (mut open, is_new) = opening.await?;
            let asked_at = Instant::now();
            let (arguments, told) = lock(&self.mirror).arguments(asks, is_new, asked_at);
            match open.run(&self.script, &self.keys, &arguments).await {
                Ok(value) => {
                    let reply = Reply::read(value).ok_or_else(|| {
                        Unavailable("gave an answer that is none of ours".to_owned())
                    })?;
                    let mut mirror = lock(&self.mirror);
                    mirror.notes_were_told(told);
                    let now = Instant::now();
                    // Half of the way there and back ago.
                    mirror.clock = Some((asked_at + (now - asked_at) / 2, reply.now));
                    let is_log = mirror.hear(&reply, &self.address, now);
                    is_log.ok_or_else(|| {
                        Unavailable("gave an answer that is none of ours".to_owned())
                    })?;
                    *wire = Wire::Open(open);
                    return Ok(reply);
                }
                // Idle connections are closed by many.
                Err(error) if !is_new && (error.is_io_error() || error.is_connection_dropped()) => {
                }
                Err(error) => return Err(Unavailable::new_of(&error, &self.address)),
            }
        }
    }
}

impl Mirror {
    /// Of this client's own part.
    fn take_alone(&mut self, now: Instant) -> Result<(u64, u64), Instant> {
        let Some(away) = &mut self.absence else {
            return Err(now + TRY_AGAIN);
        };
        let (part, shared) = (self.part.get(), shared(self.clock, now));
        let log = &mut self.log;
        let next_slot = std::mem::replace(&mut log.next_slot, self.next_alone);
        let taken = away.absence.take(log, self.owner, part, shared, now);
        self.next_alone = log.next_slot;
        log.next_slot = next_slot;
        taken.map(|slot| (slot, log.oldest(slot)))
    }

    /// Whether there is anything to tell, and somebody to hear it.
    fn has_news(&self) -> bool {
        !self.notes.is_empty() && self.is_reachable()
    }

    fn is_reachable(&self) -> bool {
        let away = self.absence.as_ref();
        self.seen.is_some() && away.is_none_or(|away| away.is_reachable)
    }

    /// Returns whether the store can be told.
    fn note(&mut self, note: Note, now: Instant) -> bool {
        let is_reachable = self.is_reachable();
        if is_reachable {
            self.notes.push_back((now, note));
        }
        is_reachable
    }

    /// Of the script, with how many notes there will have been once these are told.
    fn arguments(&mut self, asks: bool, is_new: bool, now: Instant) -> (Vec<String>, u64) {
        if is_new {
            self.note_all(now);
        }
        let cap = |of: fn(&super::RateLimit) -> u32| self.log.cap.as_ref().map_or(0, of);
        // What is older than any slot is no knowledge.
        let seen = self
            .seen
            .as_ref()
            .filter(|seen| now.saturating_duration_since(seen.at) < super::MINUTE);
        let away = self.absence.as_ref();
        let among = away
            .filter(|away| away.absence.is_alone && !away.is_reachable)
            .map_or(0, |_| self.part.get().clients);
        let mut arguments = vec![
            self.owner.to_string(),
            cap(|cap| cap.per_second).to_string(),
            cap(|cap| cap.per_minute).to_string(),
            seen.map_or_else(String::new, |seen| seen.epoch.clone()),
            self.log.next_slot.to_string(),
            among.to_string(),
            if asks { self.asks } else { 0 }.to_string(),
        ];
        for (at, note) in &self.notes {
            note.write(now.saturating_duration_since(*at), &mut arguments);
        }
        (arguments, self.notes_before + self.notes.len() as u64)
    }

    /// All up to that number.
    fn notes_were_told(&mut self, number: u64) {
        while self.notes_before < number && self.notes.pop_front().is_some() {
            self.notes_before += 1;
        }
    }

    /// What the store may have missed, or lost, while there was no connection to it.
    fn note_all(&mut self, now: Instant) {
        if self.seen.is_none() {
            return;
        }
        self.log.minute.forget(now);
        self.log.end_leases(now);
        let left = |free_at: Instant| free_at.saturating_duration_since(now);
        let mut all = vec![(now, Note::Anew)];
        for slot in &self.log.minute.slots {
            if slot.owner != self.owner {
                continue;
            }
            let second = self
                .log
                .second
                .slots
                .iter()
                .find(|other| other.id == slot.id);
            all.push((
                now,
                Note::Kept {
                    slot: slot.id,
                    second: second.map_or(Some(Duration::ZERO), |slot| slot.free_at.map(left)),
                    minute: slot.free_at.map(left),
                },
            ));
        }
        if self.absence.is_some() {
            let told = self.log.told;
            all.push((
                now,
                Note::Limits {
                    per_second: told.per_second,
                    per_minute: told.per_minute,
                    held: self.log.held_until.map(left),
                },
            ));
        }
        for note in all.into_iter().rev() {
            self.notes.push_front(note);
        }
    }

    /// Takes over what the store says; `None` where that is nonsense.
    fn hear(&mut self, reply: &Reply, address: &Address, now: Instant) -> Option<()> {
        let known_next = self.log.next_slot;
        form::read_state(&reply.form, now, &mut self.log)?;
        for window in [&mut self.log.second, &mut self.log.minute] {
            window.forget(now);
        }
        self.log.end_leases(now);
        if let Verdict::Slot(id) = reply.verdict {
            self.asks += 1;
            let slot = Slot {
                id,
                owner: self.owner,
                was_refused: false,
                taken_at: now,
                free_at: None,
            };
            for window in [&mut self.log.second, &mut self.log.minute] {
                match window.find(id) {
                    // Of an earlier life of the store.
                    Some(other) => *other = slot,
                    None => window.insert(slot),
                }
            }
        }
        let is_same = self
            .seen
            .as_ref()
            .is_some_and(|seen| seen.epoch == reply.epoch);
        let first = if is_same {
            known_next
        } else {
            self.log.next_slot.saturating_sub(reply.count as u64)
        };
        let next = self.log.next_slot;
        for window in [&mut self.log.second, &mut self.log.minute] {
            add_others(window, first..next, now);
        }
        // Those that were given back.
        let slots = &mut self.log.minute.slots;
        while slots.len() > reply.count
            && let Some(at) = slots.iter().position(|slot| slot.owner == OTHERS)
        {
            slots.remove(at);
        }
        self.part.hear(reply.part, now);
        let knew = self.knows(now);
        self.seen = Some(Seen {
            epoch: reply.epoch.clone(),
            at: now,
            was_certain: matches!(reply.verdict, Verdict::Slot(_) | Verdict::Wait(_))
                || self.seen.as_ref().is_some_and(|seen| seen.was_certain),
        });
        match reply.verdict {
            Verdict::Unsure(left) if knew => self.go_on_alone(left, address, now),
            // Who has just come has no part yet.
            Verdict::Unsure(_) => self.absence = None,
            Verdict::Slot(_) | Verdict::Wait(_) => {
                if self
                    .absence
                    .take()
                    .is_some_and(|away| away.absence.is_alone)
                {
                    self.notices.put(Notice::Shared {
                        store: address.to_string(),
                    });
                }
            }
            Verdict::Told => {}
        }
        Some(())
    }

    /// Whether this client knows what was sent in the last minute.
    fn knows(&self, now: Instant) -> bool {
        let is_recent = |at: Instant| now.saturating_duration_since(at) < super::MINUTE;
        let seen = self.seen.as_ref().filter(|seen| seen.was_certain);
        seen.is_some_and(|seen| self.absence.is_some() || is_recent(seen.at))
    }

    fn go_on_alone(&mut self, left: Duration, address: &Address, now: Instant) {
        let away = self.absence.get_or_insert_with(|| Away {
            absence: Absence::new(now),
            is_reachable: true,
        });
        away.is_reachable = true;
        if away.absence.until(now + left, now) {
            self.notices.put(Notice::Alone {
                store: address.to_string(),
                why: "does not have all requests of the last minute: it was emptied, or gave way to a replica"
                    .to_owned(),
                clients: self.part.get().clients,
            });
        }
    }
}

/// Nanoseconds of the store's clock.
fn shared(clock: Option<(Instant, u64)>, now: Instant) -> i64 {
    let Some((at, store)) = clock else {
        return 0;
    };
    let nanos = |time: Duration| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX);
    nanos(Duration::from_micros(store)).saturating_add(nanos(now.saturating_duration_since(at)))
}

/// Puts in what others took meanwhile.
fn add_others(window: &mut Window, taken: Range<u64>, now: Instant) {
    // More can't count.
    let most = window.limit as u64 + 1;
    let first = taken.start.max(taken.end.saturating_sub(most));
    for id in first..taken.end {
        if window.find(id).is_none() {
            window.insert(Slot {
                id,
                owner: OTHERS,
                was_refused: false,
                taken_at: now,
                free_at: Some(now + window.length + TRANSIT_GUARD),
            });
        }
    }
}
