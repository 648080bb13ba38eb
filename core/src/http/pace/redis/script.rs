//! The script that applies the rules within Redis, and what it answers.

use std::fmt::Write as _;
use std::time::Duration;

use redis::Value;

use crate::http::pace::RateLimit;
use crate::http::pace::form::NEVER;
use crate::http::pace::log::{LEASE, MINUTE, SECOND, TRANSIT_GUARD};
use crate::http::pace::part::Part;
use crate::http::share;

/// Slots of a client alone have numbers from here on, in the store too: exact as a double, and no store counts
/// so far.
pub(super) const ALONE: u64 = 1 << 52;
/// What is added to the time at which a slot was taken, as long as its request has not gone out.
const UNSENT: u64 = 1 << 52;
/// What Rust's `usize::MAX` stands for among doubles.
const UNBOUNDED: u64 = 1 << 53;
/// Nobody tells a client when another gives a slot back.
const ASKS_AGAIN: Duration = Duration::from_millis(20);
/// As long as sends that a store lost may count at the service.
const FORGOTTEN: Duration = Duration::from_secs(62);
/// After this time each client has asked again for a store that came back.
const RETURN: Duration = Duration::from_secs(6);
/// A clock that goes back by more is another clock.
const CLOCK_STEP: Duration = Duration::from_secs(1);
/// What nobody used for so long is deleted.
const KEPT_MS: u64 = 60 * 60 * 1_000;

/// Redis's own clock, in microseconds.
const CLOCK: &str = "local time = redis.call('TIME')\nlocal now = time[1] * 1000000 + time[2]\n";

/// The whole script; `clock` sets `now`.
fn with_clock(clock: &str) -> String {
    let mut text = clock.to_owned();
    let mut constant = |name: &str, value: f64| {
        // As many digits as a double needs.
        let _ = writeln!(text, "local {name} = {value:e}");
    };
    for (name, count) in [
        ("ALONE", ALONE),
        ("UNSENT", UNSENT),
        ("UNBOUNDED", UNBOUNDED),
        ("KEPT", KEPT_MS),
        ("DEFAULT_SECOND", RateLimit::DEFAULT.per_second.into()),
        ("DEFAULT_MINUTE", RateLimit::DEFAULT.per_minute.into()),
    ] {
        constant(name, double(count));
    }
    for (name, time) in [
        ("SECOND", SECOND),
        ("MINUTE", MINUTE),
        ("GUARD", TRANSIT_GUARD),
        ("LEASE", LEASE),
        ("ASKS_AGAIN", ASKS_AGAIN),
        ("FORGOTTEN", FORGOTTEN),
        ("RETURN", RETURN),
        ("CLOCK_STEP", CLOCK_STEP),
    ]
    .into_iter()
    .chain(share::TIMES)
    {
        constant(name, time.as_secs_f64() * 1e6);
    }
    for (name, number) in share::NUMBERS {
        constant(name, number);
    }
    let _ = writeln!(text, "local NEVER = {NEVER}");
    text.push_str(include_str!("script.lua"));
    text
}

/// For Redis.
pub(super) fn text() -> String {
    with_clock(CLOCK)
}

/// For tests, which set the clock: as the first argument.
#[cfg(test)]
pub(super) fn with_given_clock() -> String {
    with_clock("local now = tonumber(table.remove(ARGV, 1))\n")
}

#[expect(
    clippy::cast_precision_loss,
    reason = "powers of two, and small counts"
)]
fn double(count: u64) -> f64 {
    count as f64
}

/// What a client tells of a slot.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Note {
    Sent(u64),
    Abandoned(u64),
    /// Its slot is free.
    Unused(u64),
    Over {
        slot: u64,
        /// 0 without an answer.
        status: u16,
        oldest: u64,
        per_second: Option<u32>,
        per_minute: Option<u32>,
        remaining: Option<u32>,
        reset: Option<Duration>,
    },
    Refused {
        slot: u64,
        wait: Option<Duration>,
        random: f64,
    },
    /// All of its slots follow whose requests have not gone out.
    Anew,
    /// A slot of this client, and when it is free in both windows: what the store may have lost.
    Kept {
        slot: u64,
        second: Option<Duration>,
        minute: Option<Duration>,
    },
    /// What a client learned that was alone.
    Limits {
        per_second: Option<u32>,
        per_minute: Option<u32>,
        held: Option<Duration>,
    },
}

/// Longer than any wait that counts.
const LONGEST: Duration = Duration::from_secs(1_000_000);

impl Note {
    /// As arguments of the script; `waited` is how long ago it was.
    pub(super) fn write(&self, waited: Duration, out: &mut Vec<String>) {
        let micros = |time: Duration| time.min(LONGEST).as_micros().to_string();
        let time = |time: Option<Duration>| time.map_or_else(|| "-1".to_owned(), micros);
        let left = |free: Option<Duration>| time(free.map(|free| free.saturating_sub(waited)));
        let count = |count: Option<u32>| count.map_or_else(|| "-1".to_owned(), |n| n.to_string());
        match self {
            Self::Sent(slot) => {
                out.extend(["sent".to_owned(), slot.to_string(), micros(waited)]);
            }
            Self::Abandoned(slot) => {
                out.extend(["abandoned".to_owned(), slot.to_string(), micros(waited)]);
            }
            Self::Unused(slot) => out.extend(["unused".to_owned(), slot.to_string()]),
            Self::Over {
                slot,
                status,
                oldest,
                per_second,
                per_minute,
                remaining,
                reset,
            } => out.extend([
                "over".to_owned(),
                slot.to_string(),
                micros(waited),
                status.to_string(),
                oldest.to_string(),
                count(*per_second),
                count(*per_minute),
                count(*remaining),
                time(*reset),
            ]),
            Self::Refused { slot, wait, random } => out.extend([
                "refused".to_owned(),
                slot.to_string(),
                time(*wait),
                random.to_string(),
            ]),
            Self::Anew => out.push("anew".to_owned()),
            Self::Kept {
                slot,
                second,
                minute,
            } => out.extend([
                "kept".to_owned(),
                slot.to_string(),
                left(*second),
                left(*minute),
            ]),
            Self::Limits {
                per_second,
                per_minute,
                held,
            } => out.extend([
                "limits".to_owned(),
                count(*per_second),
                count(*per_minute),
                left(*held),
            ]),
        }
    }
}

/// What the script answers.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) verdict: Verdict,
    /// Of this life of the store.
    pub(super) epoch: String,
    /// Seen in the last minute, and the place of this one among them.
    pub(super) part: Part,
    /// The store's clock, in microseconds.
    pub(super) now: u64,
    /// Slots that count in the minute.
    pub(super) count: usize,
    /// The oldest of them.
    pub(super) oldest: u64,
    /// When what was refused may come back.
    pub(super) back: Option<Duration>,
    /// The log without its slots, as [`form`](crate::http::pace::form) has it.
    pub(super) form: Vec<u8>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing was asked.
    Told,
    Slot(u64),
    /// To ask again after.
    Wait(Duration),
    /// The store does not know all that was sent, for so long.
    Unsure(Duration),
}

impl Reply {
    /// `None` where this is no answer of the script.
    pub(super) fn read(value: Value) -> Option<Self> {
        let Value::Array(fields) = value else {
            return None;
        };
        let [
            kind,
            value,
            epoch,
            clients,
            rank,
            now,
            count,
            oldest,
            back,
            form,
        ] = fields.try_into().ok()?;
        let number = number(&value)?;
        let micros = |number: i64| Duration::from_micros(number.max(0).unsigned_abs());
        let verdict = match text_of(&kind)? {
            "told" => Verdict::Told,
            "slot" => Verdict::Slot(u64::try_from(number).ok()?),
            "wait" => Verdict::Wait(micros(number)),
            "unsure" => Verdict::Unsure(micros(number)),
            _ => return None,
        };
        let back = self::number(&back)?;
        let Value::BulkString(form) = form else {
            return None;
        };
        Some(Self {
            verdict,
            epoch: text_of(&epoch)?.to_owned(),
            part: Part {
                clients: usize::try_from(self::number(&clients)?)
                    .ok()
                    .filter(|clients| *clients > 0)?,
                rank: usize::try_from(self::number(&rank)?).ok()?,
            },
            now: u64::try_from(self::number(&now)?).ok()?,
            count: usize::try_from(self::number(&count)?).ok()?,
            oldest: u64::try_from(self::number(&oldest)?).ok()?,
            back: (back >= 0).then(|| micros(back)),
            form,
        })
    }
}

fn text_of(value: &Value) -> Option<&str> {
    match value {
        Value::BulkString(bytes) => std::str::from_utf8(bytes).ok(),
        Value::SimpleString(text) => Some(text),
        _ => None,
    }
}

fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(*number),
        value => text_of(value)?.parse().ok(),
    }
}
