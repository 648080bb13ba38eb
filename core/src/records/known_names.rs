//! Names of fields as they came before: nearly all records of a source have the same, in the same order.

use super::json::scan::Opening;

/// More names are not kept: a source of so many has new ones in each record.
const MOST: usize = 1_000;

/// The order of an object's names among the known ones. Names of ascending places are different ones.
pub(super) struct Order {
    /// The place behind that of the name before.
    pub(super) next: usize,
    pub(super) is_ascending: bool,
}

impl Order {
    pub(super) fn new() -> Self {
        Self {
            next: 0,
            is_ascending: true,
        }
    }

    /// Notes the place of the next name; none where it has no place.
    pub(super) fn note(&mut self, place: Option<usize>) {
        self.is_ascending &= place.is_some_and(|place| place >= self.next);
        self.next = place.map_or(self.next, |place| place + 1);
    }
}

/// Names in the order in which they were first seen.
#[derive(Default)]
pub(super) struct KnownNames(Vec<KnownName>);

struct KnownName {
    raw: Box<[u8]>,
    /// In its quotes, and with the colon.
    opening: Opening,
}

impl KnownNames {
    /// The name at a place, as it stands in front of a value.
    #[inline]
    pub(super) fn opening(&self, place: usize) -> Option<&Opening> {
        self.0.get(place).map(|known| &known.opening)
    }

    /// The place of a name without escapes, from `next` on first: a record that leaves fields out goes on a few places
    /// further. `None` for one too many.
    #[inline(never)]
    pub(super) fn place(&mut self, raw: &[u8], next: usize) -> Option<usize> {
        if next >= MOST {
            return None;
        }
        let is_it = |known: &KnownName| *known.raw == *raw;
        let (before, after) = self.0.split_at(next.min(self.0.len()));
        let ahead = after.iter().position(is_it).map(|ahead| next + ahead);
        ahead
            .or_else(|| before.iter().position(is_it))
            .or_else(|| self.add(raw))
    }

    fn add(&mut self, raw: &[u8]) -> Option<usize> {
        // Never fewer: places must not change while an object is looked at.
        if self.0.len() == MOST {
            return None;
        }
        self.0.push(KnownName {
            raw: raw.into(),
            opening: Opening::new(&[b"\"", raw, b"\":"].concat()),
        });
        Some(self.0.len() - 1)
    }
}
