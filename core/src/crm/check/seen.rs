//! The first record of each identity.
//!
//! With millions of records, waiting for memory is what takes the time. So a record costs one place of memory that
//! is nowhere near, which is asked for together with those of other records; all else is written in order.

/// Slots of an empty table.
const FIRST_SIZE: usize = 1 << 10;

/// Hashes and the record that had each first.
pub(super) struct Seen {
    /// Half of a hash, and its place in `entries` from 1; zero where it is free.
    slots: Vec<u64>,
    entries: Vec<(u64, usize)>,
    /// A hash's slot is in its highest bits.
    shift: u32,
}

/// A place where a hash may be.
#[derive(Clone, Copy)]
struct Look {
    hash: u64,
    slot: usize,
    content: u64,
}

impl Seen {
    pub(super) fn new() -> Self {
        Self {
            slots: vec![0; FIRST_SIZE],
            entries: Vec::new(),
            shift: u64::BITS - FIRST_SIZE.trailing_zeros(),
        }
    }

    /// Asks memory for the slots of hashes that are looked up next: these loads wait together.
    pub(super) fn warm(&self, hashes: impl Iterator<Item = u64>) {
        let touched = hashes.fold(0, |touched, hash| touched ^ self.look(hash).content);
        std::hint::black_box(touched);
    }

    fn look(&self, hash: u64) -> Look {
        let slot = usize::try_from(hash >> self.shift).unwrap_or(0);
        Look {
            hash,
            slot,
            content: self.slots.get(slot).copied().unwrap_or(0),
        }
    }

    /// The earlier record with that hash; else this one is the first.
    pub(super) fn first_or_insert(&mut self, hash: u64, record: usize) -> Option<usize> {
        let mut look = self.look(hash);
        while look.content != 0 {
            if let Some((found, first)) = self.entry(look)
                && found == look.hash
            {
                return Some(first);
            }
            self.go_on(&mut look);
        }
        self.entries.push((look.hash, record));
        self.put(look, self.entries.len());
        if self.entries.len() * 4 > self.slots.len() * 3 {
            self.grow();
        }
        None
    }

    /// The entry of the look's slot if half of its hash is the same.
    fn entry(&self, look: Look) -> Option<(u64, usize)> {
        if look.content >> 32 != look.hash & HALF {
            return None;
        }
        let place = usize::try_from(look.content & HALF).ok()?;
        self.entries.get(place.checked_sub(1)?).copied()
    }

    fn go_on(&self, look: &mut Look) {
        look.slot = (look.slot + 1) & (self.slots.len() - 1);
        look.content = self.slots.get(look.slot).copied().unwrap_or(0);
    }

    /// Puts the entry that is `place` from 1 into the look's slot, which is free. Beyond four billion it is
    /// forgotten: that many are never told apart.
    fn put(&mut self, look: Look, place: usize) {
        if let (Some(slot), Ok(place)) = (self.slots.get_mut(look.slot), u32::try_from(place)) {
            *slot = (look.hash & HALF) << 32 | u64::from(place);
        }
    }

    fn grow(&mut self) {
        self.slots = vec![0; self.slots.len() * 2];
        self.shift -= 1;
        for place in 0..self.entries.len() {
            let Some((hash, _)) = self.entries.get(place).copied() else {
                return;
            };
            let mut look = self.look(hash);
            while look.content != 0 {
                self.go_on(&mut look);
            }
            self.put(look, place + 1);
        }
    }
}

const HALF: u64 = 0xffff_ffff;

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_first_record_of_a_hash_is_kept(
            hashes in proptest::collection::vec(
                prop_oneof![any::<u64>(), 0_u64..4, (0_u64..4).prop_map(|low| u64::MAX - low)],
                0..3000,
            ),
        ) {
            let mut seen = Seen::new();
            let mut expected: HashMap<u64, usize> = HashMap::new();
            for (record, hash) in hashes.into_iter().enumerate() {
                let first = expected.get(&hash).copied();
                prop_assert_eq!(seen.first_or_insert(hash, record), first);
                expected.entry(hash).or_insert(record);
            }
        }
    }
}
