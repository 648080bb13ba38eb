//! What a journal of keys knows of the records that a source gives today.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension};

use super::file::unusable;
use super::intent::HASH_BYTES;
use super::keyed::{exists, loaded};
use crate::error::Result;
use crate::files::known::KnownKey;
use crate::records::key::Key;

/// Most memory for pages of the table, in KiB: those of a million keys.
const CACHE_KIB: i64 = 40 * 1024;

/// Looks keys up. What it holds in memory does not grow with the journal.
pub(crate) struct KnownKeys {
    path: PathBuf,
    connection: Connection,
    /// Whether earlier runs have left anything in the two tables.
    has_known: bool,
    has_doubts: bool,
    has_repeated: bool,
}

impl KnownKeys {
    pub(super) fn new(connection: Connection, path: &Path) -> Result<Self> {
        let failed = |error: rusqlite::Error| unusable(path, &error);
        connection
            .pragma_update(None, "cache_size", -CACHE_KIB)
            .map_err(failed)?;
        Ok(Self {
            has_known: exists(&connection, "SELECT 1 FROM known").map_err(failed)?,
            has_doubts: exists(&connection, "SELECT 1 FROM doubt").map_err(failed)?,
            has_repeated: exists(&connection, "SELECT 1 FROM repeated").map_err(failed)?,
            path: path.to_owned(),
            connection,
        })
    }

    /// What earlier runs know of each of these keys.
    pub(crate) fn look_up(&mut self, keys: &[Key]) -> Result<Vec<Option<KnownKey>>> {
        if !self.has_known && !self.has_doubts {
            return Ok(keys.iter().map(|_| None).collect());
        }
        self.read(keys)
            .map_err(|error| unusable(&self.path, &error))
    }

    /// The addresses by which a look may tell what became of records in doubt.
    pub(super) fn doubted_addresses(&self) -> Result<Vec<u64>> {
        let read = || -> rusqlite::Result<Vec<u64>> {
            let mut addresses = self
                .connection
                .prepare("SELECT address FROM doubt WHERE address != 0")?;
            let addresses = addresses.query_map([], |row| row.get(0).map(loaded))?;
            addresses.collect()
        };
        read().map_err(|error| unusable(&self.path, &error))
    }

    /// The identities of all records that are in the CRM or in doubt, ascending.
    pub(crate) fn identities(&self) -> Result<Vec<u64>> {
        let read = || -> rusqlite::Result<Vec<u64>> {
            let mut rows = self.connection.prepare(
                "SELECT identities FROM known WHERE identities != x''
                 UNION ALL SELECT identities FROM doubt WHERE identities != x''",
            )?;
            let mut rows = rows.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let hashes = row.get_ref(0)?.as_blob()?;
                let hashes = hashes.as_chunks::<HASH_BYTES>().0.iter();
                found.extend(hashes.map(|hash| u64::from_le_bytes(*hash)));
            }
            found.sort_unstable();
            found.dedup();
            Ok(found)
        };
        read().map_err(|error| unusable(&self.path, &error))
    }

    fn read(&mut self, keys: &[Key]) -> rusqlite::Result<Vec<Option<KnownKey>>> {
        // One look at the file for all of them, not one for each.
        let transaction = self.connection.transaction()?;
        let mut found: Vec<Option<KnownKey>> = keys.iter().map(|_| None).collect();
        // In the order of the table, neighbours share what leads to their pages.
        let mut places: Vec<usize> = (0..keys.len()).collect();
        places.sort_unstable_by_key(|place| keys[*place]);
        {
            let mut known = transaction
                .prepare_cached("SELECT record, is_skipped FROM known WHERE key = ?1")?;
            let mut doubt = transaction.prepare_cached(
                "SELECT record, message, request_id, address,
                    (SELECT record FROM known WHERE known.key = doubt.key AND NOT is_skipped)
                 FROM doubt WHERE key = ?1",
            )?;
            let mut repeated =
                transaction.prepare_cached("SELECT record FROM repeated WHERE key = ?1")?;
            for place in places {
                let key = &keys[place];
                let mut what = None;
                // A key that was pushed may have been sent again, and be in doubt for that.
                if self.has_doubts {
                    what = doubt
                        .query_row([key.as_bytes()], |row| {
                            Ok(KnownKey::Doubt {
                                record: loaded(row.get(0)?),
                                message: row.get(1)?,
                                request_id: row.get(2)?,
                                address: loaded(row.get(3)?),
                                before: row.get::<_, Option<i64>>(4)?.map(loaded),
                            })
                        })
                        .optional()?;
                }
                if what.is_none() && self.has_known {
                    what = known
                        .query_row([key.as_bytes()], |row| {
                            Ok(KnownKey::There {
                                record: loaded(row.get(0)?),
                                is_skipped: row.get(1)?,
                                repeated: Vec::new(),
                            })
                        })
                        .optional()?;
                }
                if self.has_repeated
                    && let Some(KnownKey::There {
                        repeated: of_key, ..
                    }) = &mut what
                {
                    let rows =
                        repeated.query_map([key.as_bytes()], |row| row.get(0).map(loaded))?;
                    *of_key = rows.collect::<rusqlite::Result<_>>()?;
                }
                found[place] = what;
            }
        }
        transaction.commit()?;
        Ok(found)
    }
}
