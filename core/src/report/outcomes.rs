//! One outcome per record, half a byte each.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::names::UnknownName;

/// What became of a record.
// Not non_exhaustive: that there are these five and no more is what the crate promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Outcome {
    /// The service answered that it was created, or the list change applied. Don't send it again.
    Pushed = 0,
    /// The service, the CRM or our own validation refused it; the message says why.
    Failed = 1,
    /// It was sent and no trustworthy answer came: look before you send it again.
    Unknown = 2,
    /// It never left; it is safe to send.
    NotSent = 3,
    /// Left out on purpose, because the caller asked for that: an earlier record of the push has the same
    /// [identity](crate::Unique). Don't send it again.
    Skipped = 4,
}

impl Outcome {
    /// Every one of them, by its code.
    pub const ALL: [Self; 5] = [
        Self::Pushed,
        Self::Failed,
        Self::Unknown,
        Self::NotSent,
        Self::Skipped,
    ];

    /// The name used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pushed => "pushed",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::NotSent => "not_sent",
            Self::Skipped => "skipped",
        }
    }
}

impl FromStr for Outcome {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL
            .into_iter()
            .find(|outcome| outcome.as_str() == name)
            .ok_or_else(|| {
                let known = Self::ALL.map(Self::as_str);
                UnknownName::new("outcome", name, &known)
            })
    }
}

/// The outcome of every record by its index in the input.
#[derive(Clone, Default)]
pub struct Outcomes {
    /// Records beyond are not sent: a source may claim any number that it was never asked for.
    packed: Vec<u8>,
    len: usize,
}

const PER_BYTE: usize = 2;
/// A byte of records that are not sent.
const UNSENT: u8 = Outcome::NotSent as u8 * BOTH;
/// What makes a byte of two equal outcomes of the code of one.
const BOTH: u8 = 0x11;

impl Outcomes {
    /// From [`as_packed`](Self::as_packed); codes beyond `len` are ignored, missing ones are
    /// [`NotSent`](Outcome::NotSent).
    pub(crate) fn from_packed(packed: Vec<u8>, len: usize) -> Self {
        let mut outcomes = Self { packed, len };
        outcomes.packed.truncate(len.div_ceil(PER_BYTE));
        // What is unused stands for records that are not sent, as new ones are.
        if len % PER_BYTE == 1
            && let Some(last) = outcomes.packed.get_mut(len / PER_BYTE)
        {
            *last = *last & 0x0f | UNSENT & 0xf0;
        }
        outcomes
    }

    /// How many records.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The outcome of the record at `index`.
    pub fn get(&self, index: usize) -> Option<Outcome> {
        if index >= self.len {
            return None;
        }
        let byte = self.packed.get(index / PER_BYTE).unwrap_or(&UNSENT);
        let outcome = Outcome::ALL.get(usize::from(byte >> shift(index) & 0x0f));
        Some(outcome.copied().unwrap_or(Outcome::NotSent))
    }

    /// The outcomes in the order of the input.
    pub fn iter(&self) -> impl Iterator<Item = Outcome> + '_ {
        (0..self.len).filter_map(|index| self.get(index))
    }

    /// Two outcomes per byte, the first in the lower four bits: 0 pushed, 1 failed, 2 unknown, 3 not
    /// sent, 4 skipped. Records beyond the last byte are not sent.
    pub fn as_packed(&self) -> &[u8] {
        &self.packed
    }

    /// Adds `count` records, all not sent.
    pub(crate) fn grow(&mut self, count: usize) {
        self.len += count;
    }

    /// Records from here on are not sent.
    pub(crate) fn held(&self) -> usize {
        self.len.min(self.packed.len().saturating_mul(PER_BYTE))
    }

    /// Holds a place for every record before `end`.
    fn hold(&mut self, end: usize) {
        let bytes = end.div_ceil(PER_BYTE);
        if self.packed.len() < bytes {
            self.packed.resize(bytes, UNSENT);
        }
    }

    pub(crate) fn set(&mut self, index: usize, outcome: Outcome) {
        if index >= self.len {
            return;
        }
        self.hold(index + 1);
        if let Some(byte) = self.packed.get_mut(index / PER_BYTE) {
            *byte = *byte & !(0x0f << shift(index)) | (outcome as u8) << shift(index);
        }
    }

    /// Sets so many records from `first` on that are all not sent; `None` when some are not, and
    /// nothing was set.
    pub(crate) fn set_unsent(
        &mut self,
        first: usize,
        count: usize,
        outcome: Outcome,
    ) -> Option<()> {
        let end = first.checked_add(count).filter(|end| *end <= self.len)?;
        self.hold(end);
        let is_unsent = |index| self.get(index) == Some(Outcome::NotSent);
        let (whole_from, whole_to) = (first.next_multiple_of(PER_BYTE), end - end % PER_BYTE);
        if whole_from >= whole_to {
            (first..end).all(is_unsent).then_some(())?;
            (first..end).for_each(|index| self.set(index, outcome));
            return Some(());
        }
        let (head, tail) = (first..whole_from, whole_to..end);
        let bytes = whole_from / PER_BYTE..whole_to / PER_BYTE;
        let are_unsent = head.clone().chain(tail.clone()).all(is_unsent)
            && self.packed[bytes.clone()]
                .iter()
                .all(|byte| *byte == UNSENT);
        are_unsent.then_some(())?;
        head.chain(tail).for_each(|index| self.set(index, outcome));
        self.packed[bytes].fill(outcome as u8 * BOTH);
        Some(())
    }

    /// Puts `other` behind; `None` when there is no memory for so many.
    pub(crate) fn append(&mut self, other: &Self) -> Option<()> {
        let first = self.len;
        self.len = first.checked_add(other.len)?;
        let held = other.held();
        if held > 0 {
            let bytes = (first + held).div_ceil(PER_BYTE);
            self.packed
                .try_reserve(bytes.saturating_sub(self.packed.len()))
                .ok()?;
        }
        for (position, outcome) in other.iter().take(held).enumerate() {
            self.set(first + position, outcome);
        }
        Some(())
    }
}

impl PartialEq for Outcomes {
    fn eq(&self, other: &Self) -> bool {
        let common = self.packed.len().min(other.packed.len());
        let (ours, our_rest) = self.packed.split_at(common);
        let (theirs, their_rest) = other.packed.split_at(common);
        self.len == other.len
            && ours == theirs
            && our_rest
                .iter()
                .chain(their_rest)
                .all(|byte| *byte == UNSENT)
    }
}

impl Eq for Outcomes {}

const fn shift(index: usize) -> u32 {
    if index.is_multiple_of(PER_BYTE) { 0 } else { 4 }
}

impl fmt::Debug for Outcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outcomes of {} records", self.len)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_run_is_set_like_its_records(len in 0_usize..60, first in 0_usize..60, count in 0_usize..60, code in 0_usize..5, taken in proptest::option::of(0_usize..60)) {
            let mut one_by_one = Outcomes::default();
            one_by_one.grow(len);
            if let Some(taken) = taken {
                one_by_one.set(taken, Outcome::Failed);
            }
            let before = one_by_one.clone();
            let mut at_once = one_by_one.clone();
            let is_free = first + count <= len
                && (first..first + count).all(|index| before.get(index) == Some(Outcome::NotSent));
            let was_set = at_once.set_unsent(first, count, Outcome::ALL[code]).is_some();
            prop_assert_eq!(was_set, is_free);
            if was_set {
                (first..first + count).for_each(|index| one_by_one.set(index, Outcome::ALL[code]));
                prop_assert_eq!(at_once, one_by_one);
            } else {
                prop_assert_eq!(at_once, before);
            }
        }

        #[test]
        fn packed_outcomes_are_those_that_were_set(codes in proptest::collection::vec(0_usize..5, 0..70), cut in 0_usize..70) {
            let cut = cut.min(codes.len());
            let of = |codes: &[usize]| {
                let mut outcomes = Outcomes::default();
                outcomes.grow(codes.len());
                for (index, code) in codes.iter().enumerate() {
                    outcomes.set(index, Outcome::ALL[*code]);
                }
                outcomes
            };
            let whole = of(&codes);
            let expected: Vec<Outcome> = codes.iter().map(|code| Outcome::ALL[*code]).collect();
            prop_assert_eq!(whole.iter().collect::<Vec<_>>(), expected);
            let mut joined = of(&codes[..cut]);
            joined.append(&of(&codes[cut..])).unwrap();
            prop_assert_eq!(&joined, &whole);
            let again = Outcomes::from_packed(whole.as_packed().to_vec(), whole.len());
            prop_assert_eq!(again, whole);
        }

        #[test]
        fn records_that_were_never_read_take_no_memory(codes in proptest::collection::vec(0_usize..5, 0..20), unread in 0..=usize::MAX / 4) {
            let mut outcomes = Outcomes::default();
            outcomes.grow(codes.len());
            for (index, code) in codes.iter().enumerate() {
                outcomes.set(index, Outcome::ALL[*code]);
            }
            outcomes.grow(unread);
            prop_assert!(outcomes.as_packed().len() <= codes.len());
            prop_assert_eq!(outcomes.len(), codes.len() + unread);
            prop_assert!(unread == 0 || outcomes.get(codes.len() + unread - 1) == Some(Outcome::NotSent));
            prop_assert_eq!(outcomes.get(codes.len() + unread), None);
            let before = outcomes.clone();
            prop_assert_eq!(outcomes.append(&Outcomes::default()), Some(()));
            prop_assert_eq!(&outcomes, &before);
            if unread > 1 << 60 {
                let mut one = Outcomes::default();
                one.grow(1);
                one.set(0, Outcome::Pushed);
                prop_assert_eq!(outcomes.append(&one), None);
            }
        }
    }
}
