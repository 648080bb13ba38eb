//! The share of a rate limit that a client takes while others use the same account, found without
//! knowing of them: from what the service refuses.
//!
//! A client that is refused twice within two minutes goes down to a small share and doubles it until it is
//! refused again. All that meet on an account do so at the same time and stop together, so their shares
//! are alike. From then on a client takes no more in a minute than its share, which grows slowly and is
//! cut at each refusal, the more the larger it is. Rates were chosen in simulations of 2 to 39 clients
//! for few refusals, even shares and full use within three minutes.

use std::time::Duration;

use tokio::time::Instant;

use crate::http::outlook::{Spacing, left_free};
use crate::http::pace::{Reader, Writer};

const MINUTE: Duration = Duration::from_secs(60);
/// Where a search begins, as a part of the limit.
const FIRST: f64 = 0.05;
/// A search doubles the share in this time, up to [`HALFWAY`]; then it adds [`SEARCH_GROWTH`] per minute.
const DOUBLING: Duration = Duration::from_secs(12);
const HALFWAY: f64 = 0.4;
const SEARCH_GROWTH: f64 = 0.6;
/// Growth per minute of a share found less than a minute ago, and of it times its square: what was found
/// is too small, since the minute still held what was taken before the search.
const NEW_GROWTH: f64 = 0.08;
const NEW_GROWTH_OF_SQUARE: f64 = 3.0;
/// What it grows per minute later on; twice that after each minute without a refusal.
const GROWTH: f64 = 0.005;
const MOST_DOUBLINGS: f64 = 6.0;
const LEAST: f64 = 0.01;
/// Part of what was taken in the last minute that a refusal costs, and the more for a larger share.
const CUT: f64 = 0.015;
const CUT_OF_SHARE: f64 = 0.2;
/// What remains of a share after a second refusal in a row.
const SECOND_CUT: f64 = 0.85;
const SEARCH_CUT: f64 = 0.7;
/// Times the share of a second's limit that a client uses: all who search press on the second together,
/// which tells them sooner than the minute does; later on, bursts that meet must fit in.
const SEARCH_PACE: f64 = 1.25;
const PACE: f64 = 0.6;
/// A wait so long is for the minute: one for the second is at most 1 s, or 2 s where it is rounded.
const MINUTES_WAIT: Duration = Duration::from_millis(2_500);
const NO_WAIT_TOLD: Duration = Duration::from_secs(1);
const LONGEST_PATIENCE: Duration = Duration::from_secs(12);
const LONGEST_SPREAD: Duration = Duration::from_secs(10);

/// Times the share of a minute's limit that requests are spread over.
const MINUTE_PACE: f64 = 0.95;

/// For a store that applies the same rules.
#[cfg(feature = "redis")]
pub(crate) const TIMES: [(&str, Duration); 5] = [
    ("DOUBLING", DOUBLING),
    ("MINUTES_WAIT", MINUTES_WAIT),
    ("NO_WAIT_TOLD", NO_WAIT_TOLD),
    ("LONGEST_PATIENCE", LONGEST_PATIENCE),
    ("LONGEST_SPREAD", LONGEST_SPREAD),
];
/// As much.
#[cfg(feature = "redis")]
pub(crate) const NUMBERS: [(&str, f64); 15] = [
    ("FIRST", FIRST),
    ("HALFWAY", HALFWAY),
    ("SEARCH_GROWTH", SEARCH_GROWTH),
    ("NEW_GROWTH", NEW_GROWTH),
    ("NEW_GROWTH_OF_SQUARE", NEW_GROWTH_OF_SQUARE),
    ("GROWTH", GROWTH),
    ("MOST_DOUBLINGS", MOST_DOUBLINGS),
    ("LEAST", LEAST),
    ("CUT", CUT),
    ("CUT_OF_SHARE", CUT_OF_SHARE),
    ("SECOND_CUT", SECOND_CUT),
    ("SEARCH_CUT", SEARCH_CUT),
    ("SEARCH_PACE", SEARCH_PACE),
    ("PACE", PACE),
    ("MINUTE_PACE", MINUTE_PACE),
];

/// The limits that a share is one of.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) per_second: f64,
    pub(crate) per_minute: f64,
}

/// One request that the service refused for its limit.
pub(crate) struct Refusal {
    pub(crate) slot: u64,
    /// The slot that the next request will have.
    pub(crate) next_slot: u64,
    /// Requests from [`Share::counted_from`] on that the service took in the last minute.
    pub(crate) taken: f64,
    pub(crate) wait: Option<Duration>,
    pub(crate) at: Instant,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Share {
    part: Option<Part>,
    /// A refusal of a client that has the whole limit.
    refused_at: Option<Instant>,
    /// Refusals since the service took a request.
    in_a_row: u32,
    /// Requests before this slot left before the last refusal was known: theirs tells nothing new.
    known_from: u64,
    /// The service told of others that were then never met: what it tells is not believed.
    doubts_what_is_told: bool,
}

/// What a share rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// The service told of others, and has refused nothing since.
    Told,
    Refused,
}

#[derive(Clone, Debug, PartialEq)]
struct Part {
    /// Of the limit.
    size: f64,
    is_searching: bool,
    origin: Origin,
    began: Instant,
    /// Whether there was no refusal after the first minute yet.
    is_new: bool,
    /// Earlier requests count for nothing: the client had the whole limit.
    from_slot: u64,
    grown_at: Instant,
    calm_since: Instant,
    /// When the next request may leave.
    next: Instant,
}

impl Share {
    /// The slot from which on requests count for the share.
    pub(crate) fn counted_from(&self) -> u64 {
        self.part.as_ref().map_or(0, |part| part.from_slot)
    }

    /// Requests of a second that a client leaves free while it knows of no others: one of every other
    /// second. A new client gets through there, and this one is refused in the next second and so knows.
    pub(crate) fn left_of_second(&self, next_slot: u64, limit: usize) -> usize {
        match self.part {
            None => left_free(next_slot, limit),
            Some(_) => 0,
        }
    }

    /// For a client that knows of others: requests of a minute that are its share, as far as that is settled,
    /// and how they are spaced.
    pub(crate) fn outlook(&self, limits: Limits, now: Instant) -> Option<(Option<usize>, Spacing)> {
        let part = self.part.as_ref()?;
        let most = (!part.is_searching).then(|| whole(part.size * limits.per_minute).max(1));
        let spacing = Spacing {
            gap: part.gap(limits),
            not_before: part.next.saturating_duration_since(now),
        };
        Some((most, spacing))
    }

    /// Requests that the client may make in a minute, where that is settled; else when to ask again.
    pub(crate) fn most(&mut self, limits: Limits, now: Instant) -> Result<Option<usize>, Instant> {
        let Some(part) = &mut self.part else {
            return Ok(None);
        };
        part.grow(limits, now);
        if part.size >= 1.0 {
            self.doubts_what_is_told |= part.origin == Origin::Told;
            self.refused_at = None;
            self.part = None;
            return Ok(None);
        }
        if part.next > now {
            return Err(part.next);
        }
        Ok((!part.is_searching).then(|| whole(part.size * limits.per_minute).max(1)))
    }

    /// A request leaves.
    pub(crate) fn used(&mut self, limits: Limits, now: Instant) {
        if let Some(part) = &mut self.part {
            part.next = now + part.gap(limits);
        }
    }

    /// Whether the client has less than the whole limit.
    pub(crate) fn is_part(&self) -> bool {
        self.part.is_some()
    }

    /// For a file, by which several processes are one client.
    pub(crate) fn write(&self, out: &mut Writer) {
        out.time(self.refused_at);
        out.number(u64::from(self.in_a_row));
        out.number(self.known_from);
        out.number(u64::from(self.doubts_what_is_told));
        out.number(u64::from(self.part.is_some()));
        let Some(part) = &self.part else {
            return;
        };
        out.number(part.size.to_bits());
        out.number(u64::from(part.is_searching));
        out.number(u64::from(part.origin == Origin::Told));
        out.number(u64::from(part.is_new));
        out.number(part.from_slot);
        for at in [part.began, part.grown_at, part.calm_since, part.next] {
            out.time(Some(at));
        }
    }

    /// What [`write`](Self::write) wrote.
    pub(crate) fn read(from: &mut Reader<'_>) -> Option<Self> {
        let mut share = Self {
            part: None,
            refused_at: from.time().ok()?,
            in_a_row: u32::try_from(from.number()?).ok()?,
            known_from: from.number()?,
            doubts_what_is_told: from.flag()?,
        };
        if from.flag()? {
            share.part = Some(Part {
                size: from.fraction()?.max(LEAST),
                is_searching: from.flag()?,
                origin: if from.flag()? {
                    Origin::Told
                } else {
                    Origin::Refused
                },
                is_new: from.flag()?,
                from_slot: from.number()?,
                began: from.moment()?,
                grown_at: from.moment()?,
                calm_since: from.moment()?,
                next: from.moment()?,
            });
        }
        Some(share)
    }

    /// The service took a request.
    pub(crate) fn taken(&mut self) {
        self.in_a_row = 0;
    }

    /// Whether what the service tells of others counts.
    pub(crate) fn believes_what_is_told(&self) -> bool {
        self.part.is_none() && !self.doubts_what_is_told
    }

    /// The service tells that others use most of the limit.
    pub(crate) fn meets_others(&mut self, next_slot: u64, limits: Limits, now: Instant) {
        self.known_from = next_slot;
        self.part = Some(Part::new(next_slot, Origin::Told, limits, now));
    }

    /// Learns from a refusal, and says when to come back: not at the same moment as all who were refused.
    pub(crate) fn refused(&mut self, refusal: &Refusal, limits: Limits, random: f64) -> Instant {
        let now = refusal.at;
        if refusal.slot >= self.known_from {
            self.in_a_row += 1;
            self.known_from = refusal.next_slot;
            self.cut(refusal, limits);
        }
        self.doubts_what_is_told = false;
        let wait = refusal.wait.unwrap_or(NO_WAIT_TOLD).max(self.patience());
        let mut spread = self
            .part
            .as_ref()
            .map_or(NO_WAIT_TOLD, |part| part.gap(limits).min(LONGEST_SPREAD));
        if self.in_a_row > 1 {
            spread = spread.max(wait / 2);
        }
        let back = now
            .checked_add(wait)
            .and_then(|back| back.checked_add(spread.mul_f64(random)))
            .unwrap_or(now + MINUTE);
        if let Some(part) = &mut self.part {
            part.origin = Origin::Refused;
            part.next = back;
            part.grown_at = back;
            part.calm_since = back;
        }
        back
    }

    /// Where nothing is taken for long, each try is one refusal more.
    fn patience(&self) -> Duration {
        let seconds = match &self.part {
            Some(part) if part.is_searching && self.in_a_row > 4 => {
                2_u64.saturating_pow(self.in_a_row - 4).min(8)
            }
            Some(part) if !part.is_searching && self.in_a_row > 1 => {
                4_u64.saturating_pow(self.in_a_row - 1)
            }
            _ => 0,
        };
        Duration::from_secs(seconds).min(LONGEST_PATIENCE)
    }

    fn cut(&mut self, refusal: &Refusal, limits: Limits) {
        let now = refusal.at;
        let Some(part) = &mut self.part else {
            let is_second = self
                .refused_at
                .is_some_and(|before| now.saturating_duration_since(before) <= 2 * MINUTE);
            self.refused_at = Some(now);
            // One alone may have any cause.
            if is_second {
                self.part = Some(Part::new(refusal.next_slot, Origin::Refused, limits, now));
                self.in_a_row = 1;
            } else {
                self.in_a_row = 0;
            }
            return;
        };
        part.is_new &= now.saturating_duration_since(part.began) <= MINUTE;
        let most = part.size * limits.per_minute;
        let taken = refusal.taken;
        let kept = taken * (1.0 - CUT - CUT_OF_SHARE * taken / limits.per_minute);
        // What was taken says something once it is near to the share.
        let is_known = taken >= most / 2.0;
        let is_of_minute = refusal.wait.is_some_and(|wait| wait > MINUTES_WAIT);
        let cut = match (part.is_searching, is_known, self.in_a_row) {
            (true, true, 1) => {
                part.is_searching = false;
                if is_of_minute { most.min(kept) } else { most }
            }
            (true, _, 1) => most,
            (true, ..) => (most * SEARCH_CUT).max(most.min(FIRST * limits.per_minute)),
            (false, true, 1) => most.min(kept),
            (false, _, 2) => most * SECOND_CUT,
            (false, ..) => most,
        };
        part.size = (cut.max(1.0) / limits.per_minute).max(LEAST);
    }
}

impl Part {
    fn new(from_slot: u64, origin: Origin, limits: Limits, now: Instant) -> Self {
        Self {
            size: FIRST.max(1.0 / limits.per_minute),
            is_searching: true,
            origin,
            began: now,
            is_new: true,
            from_slot,
            grown_at: now,
            calm_since: now,
            next: now,
        }
    }

    /// Between two requests: even, so that the clients' bursts don't meet in one second.
    fn gap(&self, limits: Limits) -> Duration {
        let pace = if self.is_searching { SEARCH_PACE } else { PACE };
        let of_second = 1.0 / (pace * self.size * limits.per_second);
        let of_minute = MINUTE_PACE * 60.0 / (self.size * limits.per_minute);
        Duration::from_secs_f64(of_second.min(of_minute))
    }

    fn grow(&mut self, limits: Limits, now: Instant) {
        let passed = now.saturating_duration_since(self.grown_at);
        // Not while the client asks for nothing.
        let counted = passed.min(self.gap(limits) + Duration::from_secs(1));
        self.grown_at = self.grown_at.max(now);
        let minutes = counted.div_duration_f64(MINUTE);
        if self.is_searching && self.size < HALFWAY {
            self.size *= counted.div_duration_f64(DOUBLING).exp2();
        } else if self.is_searching {
            self.size += SEARCH_GROWTH * minutes;
        } else if self.is_new {
            self.size += (NEW_GROWTH + NEW_GROWTH_OF_SQUARE * self.size * self.size) * minutes;
        } else {
            let calm = now.saturating_duration_since(self.calm_since);
            let doublings = calm.div_duration_f64(MINUTE).min(MOST_DOUBLINGS);
            self.size += GROWTH * doublings.exp2() * minutes;
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, and is not negative"
)]
fn whole(number: f64) -> usize {
    number as usize
}
