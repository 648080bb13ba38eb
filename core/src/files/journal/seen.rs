//! Which keys a run has met, and where: a key that comes twice must not be sent twice.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::file::signed;
use crate::error::{Error, ErrorKind, Result};
use crate::records::key::Key;

/// Keys that are held in memory with their indexes; more go into a file that has no name and is gone with the
/// process.
#[cfg(not(test))]
const MOST_RECENT: usize = 65_536;
/// Simulated pushes have few records.
#[cfg(test)]
const MOST_RECENT: usize = 8;
/// Pages of that file that are kept in memory, in KiB.
const CACHE_KIB: i64 = 4 * 1024;

/// The keys met so far. Beyond a few megabytes it takes two bytes of memory for a key.
#[derive(Default)]
pub(crate) struct Seen {
    recent: HashMap<Key, usize>,
    filters: Vec<Filter>,
    older: Option<Connection>,
}

impl Seen {
    /// Notes where a key was met; gives the index of the first record that had it, if this is another one.
    pub(crate) fn note(&mut self, key: Key, index: usize) -> Result<Option<usize>> {
        if let Some(first) = self.recent.get(&key) {
            return Ok(Some(*first));
        }
        if self.filters.iter().any(|filter| filter.may_have(&key))
            && let Some(first) = self.find_older(&key).map_err(|error| unusable(&error))?
        {
            return Ok(Some(first));
        }
        if self.recent.len() >= MOST_RECENT {
            self.put_away().map_err(|error| unusable(&error))?;
        }
        self.recent.insert(key, index);
        Ok(None)
    }

    fn find_older(&self, key: &Key) -> rusqlite::Result<Option<usize>> {
        let Some(older) = &self.older else {
            return Ok(None);
        };
        let first: Option<i64> = older
            .prepare_cached("SELECT first FROM seen WHERE key = ?1")?
            .query_row([key.as_bytes()], |row| row.get(0))
            .optional()?;
        Ok(first.and_then(|first| usize::try_from(first).ok()))
    }

    /// Moves what is recent into the file, in the order of the keys: each page is then written once.
    fn put_away(&mut self) -> rusqlite::Result<()> {
        let connection = match &mut self.older {
            Some(connection) => connection,
            none => none.insert(nameless_file()?),
        };
        let mut keys: Vec<(Key, usize)> = self.recent.drain().collect();
        keys.sort_unstable();
        let transaction = connection.transaction()?;
        {
            let mut insert =
                transaction.prepare_cached("INSERT INTO seen (key, first) VALUES (?1, ?2)")?;
            for (key, first) in &keys {
                insert.execute(params![key.as_bytes(), signed(*first as u64)])?;
            }
        }
        transaction.commit()?;
        for (key, _) in &keys {
            if self.filters.last().is_none_or(Filter::is_full) {
                let room = self.filters.last().map_or(4 * MOST_RECENT, |last| 2 * last.room);
                self.filters.push(Filter::new(room));
            }
            if let Some(filter) = self.filters.last_mut() {
                filter.add(key);
            }
        }
        Ok(())
    }
}

fn nameless_file() -> rusqlite::Result<Connection> {
    let connection = Connection::open("")?;
    connection.pragma_update(None, "page_size", 8_192)?;
    connection.query_row("PRAGMA journal_mode = OFF", [], |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.execute_batch(
        "CREATE TABLE seen (key BLOB PRIMARY KEY, first INTEGER NOT NULL) WITHOUT ROWID",
    )?;
    Ok(connection)
}

fn unusable(error: &rusqlite::Error) -> Error {
    Error::new(
        ErrorKind::Storage,
        format!(
            "the keys of this push are kept in a temporary file, which can't be used: {error}; make room \
             there, or set TMPDIR (SQLITE_TMPDIR) to a folder that has it"
        ),
    )
}

/// Bits of a filter for a key: about one in a hundred that it has not seems to be there.
const BITS_PER_KEY: usize = 12;
const BLOCK_BITS: usize = 512;
/// Bits that a key sets in its block.
const BITS_SET: usize = 7;

/// A Bloom filter whose bits of one key lie in one line of the processor's cache.
struct Filter {
    blocks: Vec<[u64; BLOCK_BITS / 64]>,
    room: usize,
    keys: usize,
}

impl Filter {
    fn new(room: usize) -> Self {
        let blocks = (room * BITS_PER_KEY).div_ceil(BLOCK_BITS).max(1);
        Self {
            blocks: vec![[0; BLOCK_BITS / 64]; blocks],
            room,
            keys: 0,
        }
    }

    fn is_full(&self) -> bool {
        self.keys >= self.room
    }

    fn add(&mut self, key: &Key) {
        let (place, bits) = self.place(key);
        for bit in bits {
            self.blocks[place][bit / 64] |= 1 << (bit % 64);
        }
        self.keys += 1;
    }

    fn may_have(&self, key: &Key) -> bool {
        let (place, mut bits) = self.place(key);
        bits.all(|bit| self.blocks[place][bit / 64] >> (bit % 64) & 1 == 1)
    }

    /// The key's block, and its bits there. A key is a hash already.
    #[expect(clippy::cast_possible_truncation, reason = "a place below the number of blocks")]
    fn place(&self, key: &Key) -> (usize, impl Iterator<Item = usize> + use<>) {
        let bits = u128::from_le_bytes(*key.as_bytes());
        let (low, high) = (bits as u64, (bits >> 64) as u64);
        let place = (u128::from(low) * self.blocks.len() as u128 >> 64) as usize;
        let bits = (0..BITS_SET).map(move |number| (high >> (9 * number)) as usize % BLOCK_BITS);
        (place, bits)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::records::key::KeyFinder;

    fn key(number: usize) -> Key {
        let finder = KeyFinder::new(&["id".to_owned()], b"salt");
        finder.find(format!("{{\"id\":{number}}}").as_bytes()).unwrap()
    }

    proptest! {
        /// In memory or in the file, a key is found again with the index of its first record.
        #[test]
        fn each_key_is_met_first_where_it_was(numbers in proptest::collection::vec(0_usize..60, 0..200)) {
            let mut seen = Seen::default();
            let mut firsts = HashMap::new();
            for (index, number) in numbers.into_iter().enumerate() {
                let first = *firsts.entry(number).or_insert(index);
                let expected = (first != index).then_some(first);
                prop_assert_eq!(seen.note(key(number), index).unwrap(), expected);
            }
        }
    }

    #[test]
    fn a_full_filter_lets_few_others_through() {
        let mut filter = Filter::new(20_000);
        (0..20_000).for_each(|number| filter.add(&key(number)));
        assert!((0..20_000).all(|number| filter.may_have(&key(number))));
        let others = (20_000..40_000).filter(|number| filter.may_have(&key(*number)));
        let others = others.count();
        assert!(others < 400, "{others}");
    }
}
