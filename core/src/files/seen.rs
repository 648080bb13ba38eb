//! Which keys a run has met, and where: a key that comes twice must not be sent twice.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};

use super::private_file::{self, OWNER_ONLY};
use crate::error::{Error, ErrorKind, Result};
use crate::records::key::{KEY_BYTES, Key};

/// Keys that are held in memory with their indexes; more go into a file that nobody else sees and that is gone
/// with the process.
#[cfg(not(test))]
const MOST_RECENT: usize = 65_536;
/// Simulated pushes have few records.
#[cfg(test)]
const MOST_RECENT: usize = 8;

/// A key and the index of its record.
const ENTRY_BYTES: usize = KEY_BYTES + size_of::<u64>();

/// The keys met so far. Beyond a few megabytes it takes two bytes of memory for a key.
#[derive(Default)]
pub(crate) struct Seen {
    recent: HashMap<Key, usize>,
    older: Vec<Sorted>,
    file: Option<File>,
}

/// Keys that were put away together, in their order.
struct Sorted {
    filter: Filter,
    /// The place of its first entry in the file.
    start: u64,
    len: u64,
}

impl Seen {
    /// Notes where a key was met; gives the index of the first record that had it, if this is another one.
    pub(crate) fn note(&mut self, key: Key, index: usize) -> Result<Option<usize>> {
        if let Some(first) = self.recent.get(&key) {
            return Ok(Some(*first));
        }
        if let Some(first) = self.find_older(&key).map_err(|error| unusable(&error))? {
            return Ok(Some(first));
        }
        if self.recent.len() >= MOST_RECENT {
            self.put_away().map_err(|error| unusable(&error))?;
        }
        self.recent.insert(key, index);
        Ok(None)
    }

    fn find_older(&self, key: &Key) -> io::Result<Option<usize>> {
        let Some(file) = &self.file else {
            return Ok(None);
        };
        let may_have = self.older.iter().filter(|keys| keys.filter.may_have(key));
        for keys in may_have {
            if let Some(first) = keys.find(file, key)? {
                return Ok(Some(first));
            }
        }
        Ok(None)
    }

    fn put_away(&mut self) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(hidden_file()?),
        };
        let mut keys: Vec<(Key, usize)> = self.recent.drain().collect();
        keys.sort_unstable();
        let mut filter = Filter::new(keys.len());
        let mut entries = Vec::with_capacity(keys.len() * ENTRY_BYTES);
        for (key, index) in &keys {
            filter.add(key);
            entries.extend_from_slice(key.as_bytes());
            entries.extend_from_slice(&(*index as u64).to_le_bytes());
        }
        let start = self.older.last().map_or(0, |last| last.start + last.len);
        file.seek(SeekFrom::Start(start * ENTRY_BYTES as u64))?;
        file.write_all(&entries)?;
        self.older.push(Sorted {
            filter,
            start,
            len: keys.len() as u64,
        });
        Ok(())
    }
}

impl Sorted {
    /// The index that was put away with the key, if it is one of these.
    fn find(&self, mut file: &File, key: &Key) -> io::Result<Option<usize>> {
        let (mut from, mut to) = (0, self.len);
        while from < to {
            let middle = from + (to - from) / 2;
            let mut entry = [0; ENTRY_BYTES];
            file.seek(SeekFrom::Start((self.start + middle) * ENTRY_BYTES as u64))?;
            file.read_exact(&mut entry)?;
            let (found, index) = entry.split_at(KEY_BYTES);
            match found.cmp(key.as_bytes()) {
                std::cmp::Ordering::Less => from = middle + 1,
                std::cmp::Ordering::Greater => to = middle,
                std::cmp::Ordering::Equal => {
                    let mut bytes = [0; size_of::<u64>()];
                    bytes.copy_from_slice(index);
                    return Ok(usize::try_from(u64::from_le_bytes(bytes)).ok());
                }
            }
        }
        Ok(None)
    }
}

/// A file without a name, or one that goes when it is closed.
fn hidden_file() -> io::Result<File> {
    let name = format!("graph8-crm-{}", uuid::Uuid::new_v4().simple());
    let path = std::env::temp_dir().join(name);
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(windows)]
    // FILE_FLAG_DELETE_ON_CLOSE
    std::os::windows::fs::OpenOptionsExt::custom_flags(&mut options, 0x0400_0000);
    let file = private_file::create(&options, &path, OWNER_ONLY)?;
    if cfg!(unix) {
        fs::remove_file(&path)?;
    }
    Ok(file)
}

fn unusable(error: &io::Error) -> Error {
    Error::new(
        ErrorKind::Storage,
        format!(
            "the keys of this push are kept in a temporary file in {}, which can't be used: {error}; make \
             room there, or name another folder by TMPDIR (TEMP on Windows)",
            std::env::temp_dir().display()
        ),
    )
}

/// Bits of a filter for a key: about one in three hundred that it has not seems to be there.
const BITS_PER_KEY: usize = 16;
const BLOCK_BITS: usize = 512;
/// Bits that a key sets in its block.
const BITS_SET: usize = 7;

/// A Bloom filter whose bits of one key lie in one line of the processor's cache.
struct Filter {
    blocks: Vec<[u64; BLOCK_BITS / 64]>,
}

impl Filter {
    fn new(room: usize) -> Self {
        let blocks = (room * BITS_PER_KEY).div_ceil(BLOCK_BITS).max(1);
        Self {
            blocks: vec![[0; BLOCK_BITS / 64]; blocks],
        }
    }

    fn add(&mut self, key: &Key) {
        let (place, bits) = self.place(key);
        for bit in bits {
            self.blocks[place][bit / 64] |= 1 << (bit % 64);
        }
    }

    fn may_have(&self, key: &Key) -> bool {
        let (place, mut bits) = self.place(key);
        bits.all(|bit| self.blocks[place][bit / 64] >> (bit % 64) & 1 == 1)
    }

    /// The key's block, and its bits there. A key is a hash already.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a place below the number of blocks"
    )]
    fn place(&self, key: &Key) -> (usize, impl Iterator<Item = usize> + use<>) {
        let bits = u128::from_le_bytes(*key.as_bytes());
        let (low, high) = (bits as u64, (bits >> 64) as u64);
        let place = ((u128::from(low) * self.blocks.len() as u128) >> 64) as usize;
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
        finder
            .find(format!("{{\"id\":{number}}}").as_bytes(), true)
            .unwrap()
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
    fn a_filter_lets_few_others_through() {
        let mut filter = Filter::new(20_000);
        (0..20_000).for_each(|number| filter.add(&key(number)));
        assert!((0..20_000).all(|number| filter.may_have(&key(number))));
        let others = (20_000..40_000).filter(|number| filter.may_have(&key(*number)));
        let others = others.count();
        assert!(others < 150, "{others}");
    }
}
