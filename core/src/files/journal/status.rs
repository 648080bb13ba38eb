//! A look at a journal without a push.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::Connection;
use serde::Serialize;

use super::file::{HEADER_BYTES, check, check_header, connect_to_read, has_log, signed, unusable};
use super::intent::read_ranges;
use super::{hold, keyed, place};
use crate::error::{Error, ErrorKind, Result};
use crate::records::key::Key;
use crate::report::{Outcome, Outcomes};

/// What a journal tells of its push so far.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct JournalStatus {
    /// The CRM that is pushed into.
    pub provider: String,
    /// What is pushed.
    pub kind: String,
    /// The service's address.
    pub base_url: String,
    /// When the first run began, RFC 3339.
    pub started_at: String,
    /// When every record had been tried, RFC 3339; `None` before.
    pub finished_at: Option<String>,
    /// How many runs there were.
    pub runs: u64,
    /// Whether a push uses the journal now.
    pub in_use: bool,
    /// Records of the whole source, known once the push has finished.
    pub records: Option<usize>,
    /// Records created, or list changes applied.
    pub pushed: usize,
    /// Records that were left out: the CRM had them already.
    pub skipped: usize,
    /// Records that the service or the CRM refused.
    pub failed: usize,
    /// Records sent without a trustworthy answer, those of open batches included.
    pub unknown: usize,
    /// Batches that were about to leave and whose answer is not known.
    pub open_batches: usize,
    /// The unknown records' places in the input, ascending.
    pub unknown_indexes: Vec<usize>,
    /// The failed records' places in the input, ascending.
    pub failed_indexes: Vec<usize>,
    /// Of a journal of keys: the fields that are a record's key. Then `pushed` counts the keys that were pushed,
    /// `skipped` those that the CRM had, `unknown` those in doubt, `failed` what failed in the last run, and records have no places.
    pub primary_key: Option<Vec<String>>,
    /// Of a journal of keys: how many it knows.
    pub keys: Option<usize>,
}

/// A push may begin, and make its log, while the file is read without one.
const TRIES: u32 = 10;

/// Reads a journal, also while a push uses it, and also where nothing can be written.
///
/// # Errors
///
/// [`Storage`](ErrorKind::Storage) when there is no sound journal or it can't be read,
/// [`Config`](ErrorKind::Config) when the path is empty.
pub fn journal_status(path: impl AsRef<Path>) -> Result<JournalStatus> {
    let path = place::resolve(path.as_ref())?;
    if std::fs::symlink_metadata(&path).is_err() {
        return Err(Error::new(
            ErrorKind::Storage,
            format!("there is no journal {}", path.display()),
        ));
    }
    place::check(&path)?;
    let mut outcome = look(&path);
    for _ in 1..TRIES {
        if has_log(&path) == outcome.0 {
            break;
        }
        outcome = look(&path);
    }
    outcome.1
}

/// Reads the journal as it is now; the first of the pair says whether it had a log then.
fn look(path: &Path) -> (bool, Result<JournalStatus>) {
    let has_log = has_log(path);
    let status = || {
        let head = hold::read_head(path, HEADER_BYTES).map_err(|error| {
            Error::new(
                ErrorKind::Storage,
                format!("the journal {} can't be read: {error}", path.display()),
            )
        })?;
        if let Some((header, len)) = head {
            check_header(path, &header, len)?;
        }
        let connection = connect_to_read(path, has_log)?;
        check(path, &connection)?;
        let in_use = hold::is_held(path);
        let is_keyed = keyed::exists(&connection, IS_KEYED);
        is_keyed
            .and_then(|is_keyed| {
                if is_keyed {
                    read_keyed(&connection, in_use)
                } else {
                    read(&connection, in_use)
                }
            })
            .map_err(|error| unusable(path, &error))
    };
    (has_log, status())
}

const IS_KEYED: &str = "SELECT 1 FROM sqlite_schema WHERE name = 'known'";

/// Reads a journal of keys.
fn read_keyed(connection: &Connection, in_use: bool) -> rusqlite::Result<JournalStatus> {
    let count = |query: &str| -> rusqlite::Result<usize> {
        let count: i64 = connection.query_row(query, [], |row| row.get(0))?;
        Ok(usize::try_from(count).unwrap_or_default())
    };
    let latest = Latest::read(connection)?;
    let there = count("SELECT count(*) FROM known")?;
    let skipped = count("SELECT count(*) FROM known WHERE is_skipped")?;
    let doubted = count("SELECT count(*) FROM doubt")?;
    let both = "SELECT count(*) FROM doubt WHERE key IN (SELECT key FROM known)";
    let (primary_key, failed): (String, i64) =
        connection.query_row("SELECT primary_key, failed FROM push", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let keys = there + doubted - count(both)? + latest.new;
    let status = of_push(connection, in_use)?;
    Ok(JournalStatus {
        pushed: there - skipped + latest.pushed,
        skipped: skipped + latest.skipped,
        failed: usize::try_from(failed).unwrap_or_default() + latest.failed,
        unknown: (doubted + latest.unknown).saturating_sub(latest.resolved),
        open_batches: latest.open_batches,
        primary_key: serde_json::from_str(&primary_key).ok(),
        keys: Some(keys),
        ..status
    })
}

/// What the batches tell that were not moved into the tables of keys.
#[derive(Default)]
struct Latest {
    /// Keys that were not there before.
    pushed: usize,
    skipped: usize,
    failed: usize,
    unknown: usize,
    /// Keys that were in doubt and are not.
    resolved: usize,
    /// Keys that neither table has.
    new: usize,
    open_batches: usize,
}

impl Latest {
    fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let mut latest = Self::default();
        let mut outcomes: HashMap<Key, Outcome> = HashMap::new();
        let mut problems =
            connection.prepare("SELECT record_index, outcome FROM problem WHERE batch = ?1")?;
        let mut batches = connection.prepare(
            "SELECT id, state, indexes, record_hashes, keys FROM batch WHERE state != 'not_taken'
             ORDER BY id",
        )?;
        let mut rows = batches.query([])?;
        while let Some(row) = rows.next()? {
            let is_settled = row.get::<_, String>(1)? == "settled";
            latest.open_batches += usize::from(!is_settled);
            let mut exceptions: HashMap<i64, String> = problems
                .query_map([row.get::<_, i64>(0)?], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })?
                .collect::<rusqlite::Result<_>>()?;
            let (indexes, _, keys) = keyed::parts(row.get(2)?, row.get(3)?, row.get(4)?)?;
            for (index, key) in indexes.into_iter().zip(keys) {
                let exception = exceptions.remove(&signed(index as u64));
                let outcome = match exception {
                    _ if !is_settled => Outcome::Unknown,
                    None => Outcome::Pushed,
                    Some(name) => name.parse().unwrap_or(Outcome::Unknown),
                };
                outcomes.insert(key, outcome);
            }
        }
        let mut is_known = connection.prepare("SELECT 1 FROM known WHERE key = ?1")?;
        let mut is_doubted = connection.prepare("SELECT 1 FROM doubt WHERE key = ?1")?;
        for (key, outcome) in outcomes {
            let known = is_known.exists([key.as_bytes()])?;
            let doubted = is_doubted.exists([key.as_bytes()])?;
            match outcome {
                Outcome::Pushed | Outcome::Skipped => {
                    let count = match outcome {
                        Outcome::Skipped => &mut latest.skipped,
                        _ => &mut latest.pushed,
                    };
                    *count += usize::from(!known);
                    latest.resolved += usize::from(doubted);
                    latest.new += usize::from(!known && !doubted);
                }
                Outcome::Unknown => {
                    latest.unknown += usize::from(!doubted);
                    latest.new += usize::from(!known && !doubted);
                }
                Outcome::Failed => latest.failed += 1,
                Outcome::NotSent => {}
            }
        }
        Ok(latest)
    }
}

fn read(connection: &Connection, in_use: bool) -> rusqlite::Result<JournalStatus> {
    let mut outcomes = Outcomes::default();
    let mut open_batches = 0;
    let mut problems =
        connection.prepare("SELECT record_index, outcome FROM problem WHERE batch = ?1")?;
    let mut batches = connection.prepare(
        "SELECT id, state, last_index, indexes FROM batch WHERE state != 'not_taken' ORDER BY id",
    )?;
    let mut rows = batches.query([])?;
    while let Some(row) = rows.next()? {
        let is_settled = row.get::<_, String>(1)? == "settled";
        let last: i64 = row.get(2)?;
        let needed = usize::try_from(last).unwrap_or_default() + 1;
        if needed > outcomes.len() {
            outcomes.grow(needed - outcomes.len());
        }
        open_batches += usize::from(!is_settled);
        let whole = if is_settled {
            Outcome::Pushed
        } else {
            Outcome::Unknown
        };
        let indexes =
            read_ranges(&row.get::<_, String>(3)?).ok_or(rusqlite::Error::InvalidQuery)?;
        for index in indexes {
            outcomes.set(index, whole);
        }
        let mut exceptions = problems.query([row.get::<_, i64>(0)?])?;
        while let Some(exception) = exceptions.next()? {
            let name: String = exception.get(1)?;
            let index: i64 = exception.get(0)?;
            if let Some(outcome) = Outcome::ALL
                .into_iter()
                .find(|known| known.as_str() == name)
            {
                outcomes.set(usize::try_from(index).unwrap_or(usize::MAX), outcome);
            }
        }
    }
    let places = |wanted: Outcome| -> Vec<usize> {
        outcomes
            .iter()
            .enumerate()
            .filter_map(|(index, outcome)| (outcome == wanted).then_some(index))
            .collect()
    };
    let (unknown_indexes, failed_indexes) = (places(Outcome::Unknown), places(Outcome::Failed));
    let count = |wanted: Outcome| outcomes.iter().filter(|outcome| *outcome == wanted).count();
    Ok(JournalStatus {
        pushed: count(Outcome::Pushed),
        skipped: count(Outcome::Skipped),
        failed: failed_indexes.len(),
        unknown: unknown_indexes.len(),
        open_batches,
        unknown_indexes,
        failed_indexes,
        ..of_push(connection, in_use)?
    })
}

/// What the journal tells of its push as a whole, without counts.
fn of_push(connection: &Connection, in_use: bool) -> rusqlite::Result<JournalStatus> {
    connection.query_row(
        "SELECT provider, kind, base_url, started_at, finished_at, runs, records FROM push",
        [],
        |row| {
            Ok(JournalStatus {
                provider: row.get(0)?,
                kind: row.get(1)?,
                base_url: row.get(2)?,
                started_at: row.get(3)?,
                finished_at: row.get(4)?,
                runs: row.get::<_, i64>(5)?.unsigned_abs(),
                in_use,
                records: row
                    .get::<_, Option<i64>>(6)?
                    .and_then(|records| usize::try_from(records).ok()),
                pushed: 0,
                skipped: 0,
                failed: 0,
                unknown: 0,
                open_batches: 0,
                unknown_indexes: Vec::new(),
                failed_indexes: Vec::new(),
                primary_key: None,
                keys: None,
            })
        },
    )
}
