//! A journal of keys: what it knows of a record hangs on the record's primary key, not on its place.
//!
//! Batches are written down as in any journal. Once there are many settled ones, what they came to is moved into a
//! table of all keys, in the order of the keys: one by one, each key would change a page of its own.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::file::signed;
use super::intent::{HASH_BYTES, read_ranges};
use super::replay::unanswered;
use crate::files::known::SentAddresses;
use crate::records::key::{KEY_BYTES, Key};
use crate::report::Outcome;

/// Settled records that wait to be moved. A page of the table is written once for all of its keys among them.
#[cfg(not(test))]
const MOST_SETTLED: usize = 131_072;
/// Simulated pushes have few records.
#[cfg(test)]
const MOST_SETTLED: usize = 16;

/// What a journal of keys has beside the tables of all journals.
pub(super) const KEYED_SCHEMA: &str = "
ALTER TABLE push ADD COLUMN primary_key TEXT NOT NULL DEFAULT '[]';
ALTER TABLE push ADD COLUMN salt BLOB NOT NULL DEFAULT x'';
ALTER TABLE push ADD COLUMN last_batch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE push ADD COLUMN failed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batch ADD COLUMN keys BLOB NOT NULL DEFAULT x'';
ALTER TABLE batch ADD COLUMN addresses BLOB NOT NULL DEFAULT x'';
ALTER TABLE batch ADD COLUMN identities BLOB NOT NULL DEFAULT x'';
CREATE TABLE known (
    key BLOB PRIMARY KEY,
    record INTEGER NOT NULL,
    is_skipped INTEGER NOT NULL,
    identities BLOB NOT NULL DEFAULT x''
) WITHOUT ROWID;
CREATE TABLE doubt (
    key BLOB PRIMARY KEY,
    record INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    record_index INTEGER NOT NULL,
    intended_at TEXT NOT NULL,
    message TEXT NOT NULL,
    request_id TEXT,
    address INTEGER NOT NULL,
    identities BLOB NOT NULL DEFAULT x''
) WITHOUT ROWID;
CREATE TABLE repeated (
    key BLOB NOT NULL,
    record INTEGER NOT NULL,
    PRIMARY KEY (key, record)
) WITHOUT ROWID;
CREATE TABLE shared (address INTEGER PRIMARY KEY) WITHOUT ROWID;
";

/// Gives a journal that was begun before there were identities the columns for them.
pub(super) fn add_identities(connection: &Connection) -> rusqlite::Result<()> {
    for table in ["batch", "known", "doubt"] {
        let query = format!("SELECT 1 FROM pragma_table_info('{table}') WHERE name = 'identities'");
        if !exists(connection, &query)? {
            connection.execute_batch(&format!(
                "ALTER TABLE {table} ADD COLUMN identities BLOB NOT NULL DEFAULT x''"
            ))?;
        }
    }
    Ok(())
}

/// Counts what waits to be moved.
#[derive(Default)]
pub(super) struct Settled {
    records: usize,
}

impl Settled {
    /// Whether so many more are enough to be moved together.
    pub(super) fn add(&mut self, records: usize) -> bool {
        self.records += records;
        self.records >= MOST_SETTLED
    }

    pub(super) fn forget(&mut self) {
        self.records = 0;
    }
}

/// Which batches are moved.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Settled,
    /// Also those whose answers an earlier run did not see: their records are in doubt.
    All,
}

/// What a batch came to for one key.
enum Fate {
    There {
        record: u64,
        is_skipped: bool,
        identities: Vec<u8>,
    },
    Doubt(Box<Doubt>),
    /// It may be sent again.
    Free,
    Failed,
}

struct Doubt {
    record: u64,
    batch: i64,
    index: usize,
    intended_at: String,
    message: String,
    request_id: Option<String>,
    address: u64,
    identities: Vec<u8>,
}

struct Problem {
    outcome: Outcome,
    message: String,
    request_id: Option<String>,
}

/// The CRM has what was pushed under the key before as well: its identities stay known.
const KNOWN_BEFORE: &str = "ON CONFLICT (key) DO UPDATE SET
    record = excluded.record,
    is_skipped = excluded.is_skipped,
    identities = CASE WHEN instr(identities, excluded.identities) > 0 THEN identities
                      ELSE CAST(identities || excluded.identities AS BLOB) END";

/// Moves what batches came to into the tables of keys, and forgets the batches.
pub(super) fn move_batches(connection: &Connection, which: Which) -> rusqlite::Result<()> {
    let condition = match which {
        Which::Settled => "state != 'intended'",
        Which::All => "true",
    };
    let fates = fates(connection, condition)?;
    let failed = fates
        .iter()
        .filter(|(_, fate)| matches!(fate, Fate::Failed));
    let failed = failed.count();
    {
        let mut know = connection.prepare_cached(&format!(
            "INSERT INTO known (key, record, is_skipped, identities) VALUES (?1, ?2, ?3, ?4) {KNOWN_BEFORE}"
        ))?;
        let mut doubt = connection.prepare_cached(
            "INSERT OR REPLACE INTO doubt
                (key, record, batch, record_index, intended_at, message, request_id, address, identities)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        let has_doubts = exists(connection, "SELECT 1 FROM doubt")?;
        let mut resolve = connection.prepare_cached("DELETE FROM doubt WHERE key = ?1")?;
        let has_repeated = exists(connection, "SELECT 1 FROM repeated")?;
        let mut is_it =
            connection.prepare_cached("DELETE FROM repeated WHERE key = ?1 AND record = ?2")?;
        for (key, fate) in &fates {
            match fate {
                Fate::There {
                    record,
                    is_skipped,
                    identities,
                } => {
                    know.execute(params![
                        key.as_bytes(),
                        stored(*record),
                        is_skipped,
                        identities
                    ])?;
                    if has_repeated {
                        is_it.execute(params![key.as_bytes(), stored(*record)])?;
                    }
                    if has_doubts {
                        resolve.execute([key.as_bytes()])?;
                    }
                }
                Fate::Doubt(of) => {
                    doubt.execute(params![
                        key.as_bytes(),
                        stored(of.record),
                        of.batch,
                        signed(of.index as u64),
                        of.intended_at,
                        of.message,
                        of.request_id,
                        stored(of.address),
                        of.identities
                    ])?;
                }
                Fate::Free | Fate::Failed => {}
            }
        }
    }
    connection.execute(
        "UPDATE push SET failed = failed + ?1,
            last_batch = max(last_batch, (SELECT coalesce(max(id), 0) FROM batch))",
        [signed(failed as u64)],
    )?;
    connection.execute_batch(&format!(
        "UPDATE doubt SET address = 0 WHERE address IN (SELECT address FROM shared);
         DELETE FROM problem WHERE batch IN (SELECT id FROM batch WHERE {condition});
         DELETE FROM batch WHERE {condition};"
    ))?;
    if which == Which::All {
        // No batch is left whose records could share them.
        connection.execute("DELETE FROM shared", [])?;
    }
    Ok(())
}

/// The fate of each key, by the last batch that had it; in the order of the keys.
fn fates(connection: &Connection, condition: &str) -> rusqlite::Result<Vec<(Key, Fate)>> {
    let mut problems = connection.prepare_cached(
        "SELECT record_index, outcome, message, request_id FROM problem WHERE batch = ?1",
    )?;
    let mut batches = connection.prepare(&format!(
        "SELECT id, state, indexes, record_hashes, keys, intended_at, addresses, identities FROM batch
         WHERE {condition} AND state != 'not_taken' ORDER BY id"
    ))?;
    let mut fates = Vec::new();
    let mut rows = batches.query([])?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let is_settled = row.get::<_, String>(1)? == "settled";
        let (indexes, hashes, keys) = parts(row.get(2)?, row.get(3)?, row.get(4)?)?;
        let intended_at: String = row.get(5)?;
        let addresses: Vec<u8> = row.get(6)?;
        let mut addresses = addresses.as_chunks::<HASH_BYTES>().0.iter();
        let identities: Vec<u8> = row.get(7)?;
        let mut identities = OfRecords(&identities);
        let mut exceptions = if is_settled {
            read_problems(&mut problems, id)?
        } else {
            HashMap::new()
        };
        for ((index, record), key) in indexes.into_iter().zip(hashes).zip(keys) {
            let address = addresses.next().map_or(0, |hash| u64::from_le_bytes(*hash));
            let identities = identities.next().unwrap_or_default().to_vec();
            let doubt = |message, request_id, identities| {
                Fate::Doubt(Box::new(Doubt {
                    record,
                    batch: id,
                    index,
                    intended_at: intended_at.clone(),
                    message,
                    request_id,
                    address,
                    identities,
                }))
            };
            let there = |is_skipped, identities| Fate::There {
                record,
                is_skipped,
                identities,
            };
            let fate = match exceptions.remove(&index) {
                None if !is_settled => doubt(unanswered().message().to_owned(), None, identities),
                None => there(false, identities),
                Some(problem) => match problem.outcome {
                    Outcome::Pushed => there(false, identities),
                    Outcome::Skipped => there(true, identities),
                    Outcome::Failed => Fate::Failed,
                    Outcome::Unknown => doubt(problem.message, problem.request_id, identities),
                    Outcome::NotSent => Fate::Free,
                },
            };
            fates.push((key, fate));
        }
    }
    // Batches of one key stay in their order, and the last of them is the first here.
    fates.reverse();
    fates.sort_by_key(|(key, _)| *key);
    fates.dedup_by_key(|(key, _)| *key);
    Ok(fates)
}

/// The indexes, record hashes and keys of a batch, which are as many.
pub(super) fn parts(
    indexes: String,
    hashes: Vec<u8>,
    keys: Vec<u8>,
) -> rusqlite::Result<(Vec<usize>, Vec<u64>, Vec<Key>)> {
    let (hashes, _) = hashes.as_chunks::<HASH_BYTES>();
    let (keys, _) = keys.as_chunks::<KEY_BYTES>();
    let indexes = read_ranges(&indexes)
        .filter(|indexes| indexes.len() == hashes.len() && indexes.len() == keys.len())
        .ok_or(rusqlite::Error::InvalidQuery)?;
    let hashes = hashes.iter().map(|hash| u64::from_le_bytes(*hash));
    let keys = keys.iter().map(|key| Key::from_bytes(*key));
    Ok((indexes, hashes.collect(), keys.collect()))
}

fn read_problems(
    problems: &mut rusqlite::Statement<'_>,
    batch: i64,
) -> rusqlite::Result<HashMap<usize, Problem>> {
    let mut found = HashMap::new();
    let mut rows = problems.query([batch])?;
    while let Some(row) = rows.next()? {
        let name: String = row.get(1)?;
        let index = usize::try_from(row.get::<_, i64>(0)?);
        let problem = Problem {
            outcome: name.parse().map_err(|_| rusqlite::Error::InvalidQuery)?,
            message: row.get(2)?,
            request_id: row.get(3)?,
        };
        found.insert(index.map_err(|_| rusqlite::Error::InvalidQuery)?, problem);
    }
    Ok(found)
}

/// Hashes of each record of a batch, as bytes: how many there are in two bytes, then those.
struct OfRecords<'a>(&'a [u8]);

impl<'a> Iterator for OfRecords<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<Self::Item> {
        let (count, rest) = self.0.split_first_chunk::<2>()?;
        let bytes = usize::from(u16::from_le_bytes(*count)) * HASH_BYTES;
        let (hashes, rest) = rest.split_at_checked(bytes)?;
        self.0 = rest;
        Some(hashes)
    }
}

/// What [`OfRecords`] reads.
fn of_records(identities: &[Vec<u64>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for hashes in identities {
        let count = u16::try_from(hashes.len()).unwrap_or(u16::MAX);
        bytes.extend_from_slice(&count.to_le_bytes());
        let hashes = hashes.iter().take(count.into());
        bytes.extend(hashes.flat_map(|hash| hash.to_le_bytes()));
    }
    bytes
}

/// Writes down what is known of the identities and the addresses of a batch's records.
pub(super) fn note_addresses(
    connection: &Connection,
    batch: u64,
    addresses: &SentAddresses,
) -> rusqlite::Result<()> {
    if addresses.identities.iter().any(|hashes| !hashes.is_empty()) {
        connection
            .prepare_cached("UPDATE batch SET identities = ?2 WHERE id = ?1")?
            .execute(params![signed(batch), of_records(&addresses.identities)])?;
    }
    if addresses.absent.iter().any(|address| *address != 0) {
        let absent = addresses.absent.iter();
        let absent: Vec<u8> = absent.flat_map(|address| address.to_le_bytes()).collect();
        connection
            .prepare_cached("UPDATE batch SET addresses = ?2 WHERE id = ?1")?
            .execute(params![signed(batch), absent])?;
    }
    let mut share = connection.prepare_cached("INSERT OR IGNORE INTO shared VALUES (?1)")?;
    for address in &addresses.shared {
        share.execute([stored(*address)])?;
    }
    Ok(())
}

/// A record was left out because another one has its key: it is never the one that was pushed.
pub(super) fn note_repeated(
    connection: &Connection,
    key: &Key,
    record: u64,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO repeated (key, record) VALUES (?1, ?2)")?
        .execute(params![key.as_bytes(), stored(record)])?;
    Ok(())
}

/// Ends the doubt about a key: its record is in the CRM, or it is not and may be sent.
pub(super) fn resolve(connection: &Connection, key: &Key, is_there: bool) -> rusqlite::Result<()> {
    if is_there {
        connection.execute(
            &format!(
                "INSERT INTO known (key, record, is_skipped, identities)
                 SELECT key, record, 0, identities FROM doubt WHERE key = ?1 {KNOWN_BEFORE}"
            ),
            [key.as_bytes()],
        )?;
    }
    connection.execute("DELETE FROM doubt WHERE key = ?1", [key.as_bytes()])?;
    Ok(())
}

/// The key that this run has written down as in doubt.
pub(super) fn doubted(
    connection: &Connection,
    batch: u64,
    index: usize,
) -> rusqlite::Result<Option<Key>> {
    connection
        .query_row(
            "SELECT key FROM doubt WHERE batch = ?1 AND record_index = ?2",
            params![signed(batch), signed(index as u64)],
            |row| row.get::<_, [u8; KEY_BYTES]>(0),
        )
        .optional()
        .map(|key| key.map(Key::from_bytes))
}

pub(super) fn exists(connection: &Connection, query: &str) -> rusqlite::Result<bool> {
    connection.prepare(query)?.exists([])
}

/// SQLite's integers are signed.
#[expect(clippy::cast_possible_wrap, reason = "the same bits come back")]
pub(super) fn stored(hash: u64) -> i64 {
    hash as i64
}

#[expect(clippy::cast_sign_loss, reason = "the same bits went in")]
pub(super) fn loaded(hash: i64) -> u64 {
    hash as u64
}
