//! A send log as bytes: what a file has of it. Numbers are little-endian, times nanoseconds of a clock that
//! all readers share.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::log::{MINUTE, SendLog, Slot, Told};
use crate::http::share::Share;

/// No time.
pub(super) const NEVER: i64 = i64::MIN;
/// No slot is kept for longer, whatever its time says: another clock wrote it.
const LONGEST_SLOT: Duration = Duration::from_secs(65);
/// As much for a hold after a 429.
const LONGEST_HOLD: Duration = Duration::from_secs(600);

/// One moment on both clocks: this process's own and that of the file.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    pub(super) own: Instant,
    /// Nanoseconds.
    pub(super) shared: i64,
}

impl Moment {
    fn to_shared(self, at: Instant) -> i64 {
        let nanos = |time: Duration| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX);
        if at >= self.own {
            self.shared.saturating_add(nanos(at - self.own))
        } else {
            self.shared.saturating_sub(nanos(self.own - at))
        }
    }

    fn to_own(self, at: i64) -> Option<Instant> {
        if at == NEVER {
            return None;
        }
        let apart = Duration::from_nanos(at.abs_diff(self.shared));
        let own = if at >= self.shared {
            self.own.checked_add(apart.min(LONGEST_HOLD))
        } else {
            self.own.checked_sub(apart)
        };
        // Before anything that this process's clock can say: long ago.
        Some(own.unwrap_or(self.own))
    }
}

/// Takes what `log` holds but its client's own cap.
pub(super) fn write(log: &SendLog, moment: Moment) -> Vec<u8> {
    let mut out = Writer {
        bytes: Vec::with_capacity(256 + 40 * (log.second.slots.len() + log.minute.slots.len())),
        moment,
    };
    out.number(log.next_slot);
    out.number(u64::from(log.told.per_second.unwrap_or(0)));
    out.number(u64::from(log.told.per_minute.unwrap_or(0)));
    out.number(log.shared_minute as u64);
    out.number(log.foreign.0 as u64);
    out.time(log.foreign.1);
    out.time(log.left_told);
    out.time(log.held_until);
    log.share.write(&mut out);
    for window in [&log.second, &log.minute] {
        out.number(window.slots.len() as u64);
        for slot in &window.slots {
            out.number(slot.id);
            out.number(slot.owner);
            out.number(u64::from(slot.was_refused));
            out.time(Some(slot.taken_at));
            out.time(slot.free_at);
        }
    }
    out.bytes
}

/// Puts into `log` what [`write`] wrote; `None`, and `log` as it was, where `bytes` are something else.
pub(super) fn read(bytes: &[u8], moment: Moment, log: &mut SendLog) -> Option<()> {
    let mut from = Reader { bytes, moment };
    let state = State::read(&mut from)?;
    let mut windows = [VecDeque::new(), VecDeque::new()];
    for slots in &mut windows {
        let count = from.number()?;
        for _ in 0..count {
            let id = from.number()?;
            if id >= state.next_slot || slots.back().is_some_and(|before: &Slot| before.id >= id) {
                return None;
            }
            let slot = Slot {
                id,
                owner: from.number()?,
                was_refused: from.number()? != 0,
                taken_at: from.moment()?.min(moment.own),
                free_at: from
                    .time()
                    .ok()?
                    .map(|at| at.min(moment.own + LONGEST_SLOT)),
            };
            slots.push_back(slot);
        }
    }
    if !from.bytes.is_empty() {
        return None;
    }
    let [second, minute] = windows;
    log.second.slots = second;
    log.minute.slots = minute;
    state.put_into(log);
    Some(())
}

/// As [`read`], of what a store tells that keeps the slots to itself; its times count from `now` on.
#[cfg(feature = "redis")]
pub(super) fn read_state(bytes: &[u8], now: Instant, log: &mut SendLog) -> Option<()> {
    let moment = Moment {
        own: now,
        shared: 0,
    };
    let mut from = Reader { bytes, moment };
    let state = State::read(&mut from)?;
    if !from.bytes.is_empty() {
        return None;
    }
    state.put_into(log);
    Some(())
}

/// All that a log holds but its slots and its client's own cap.
struct State {
    next_slot: u64,
    told: Told,
    shared_minute: usize,
    foreign: (usize, Option<Instant>),
    left_told: Option<Instant>,
    held_until: Option<Instant>,
    share: Share,
}

impl State {
    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let next_slot = from.number()?;
        let mut limit = || {
            Some(u32::try_from(from.number()?).ok()?)
                .map(|limit| Some(limit).filter(|limit| *limit > 0))
        };
        let state = Self {
            next_slot,
            told: Told {
                per_second: limit()?,
                per_minute: limit()?,
            },
            shared_minute: usize::try_from(from.number()?).ok()?,
            foreign: (usize::try_from(from.number()?).ok()?, from.time().ok()?),
            left_told: from.time().ok()?,
            held_until: from.time().ok()?,
            share: Share::read(from)?,
        };
        (state.foreign.0 <= state.shared_minute).then_some(state)
    }

    fn put_into(self, log: &mut SendLog) {
        log.next_slot = self.next_slot;
        log.told = self.told;
        log.shared_minute = self.shared_minute;
        log.foreign = self.foreign;
        log.left_told = self.left_told;
        log.held_until = self.held_until;
        log.share = self.share;
        log.set_limits();
    }
}

/// A log of which nothing is known but that there was one: nothing leaves before its minute is over.
pub(super) fn forgotten(log: &mut SendLog, now: Instant) {
    log.held_until = Some(now + MINUTE + Duration::from_secs(1));
}

pub(crate) struct Writer {
    bytes: Vec<u8>,
    moment: Moment,
}

impl Writer {
    pub(crate) fn number(&mut self, number: u64) {
        self.bytes.extend_from_slice(&number.to_le_bytes());
    }

    pub(crate) fn time(&mut self, at: Option<Instant>) {
        let at = at.map_or(NEVER, |at| self.moment.to_shared(at));
        self.bytes.extend_from_slice(&at.to_le_bytes());
    }
}

pub(crate) struct Reader<'b> {
    bytes: &'b [u8],
    moment: Moment,
}

impl Reader<'_> {
    fn eight(&mut self) -> Option<[u8; 8]> {
        let (first, rest) = self.bytes.split_first_chunk()?;
        self.bytes = rest;
        Some(*first)
    }

    pub(crate) fn number(&mut self) -> Option<u64> {
        self.eight().map(u64::from_le_bytes)
    }

    /// Of a number that is finite and not below zero.
    pub(crate) fn fraction(&mut self) -> Option<f64> {
        let number = f64::from_bits(self.number()?);
        (number.is_finite() && number >= 0.0).then_some(number)
    }

    pub(crate) fn flag(&mut self) -> Option<bool> {
        self.number().map(|number| number != 0)
    }

    /// A time that there need not be.
    pub(crate) fn time(&mut self) -> Result<Option<Instant>, Cut> {
        let at = self.eight().map(i64::from_le_bytes).ok_or(Cut)?;
        Ok(self.moment.to_own(at))
    }

    /// A time that there must be.
    pub(crate) fn moment(&mut self) -> Option<Instant> {
        self.time().ok().flatten()
    }
}

/// The bytes end too soon.
pub(crate) struct Cut;
