//! A look at a journal without a push.

use std::path::Path;

use rusqlite::Connection;
use serde::Serialize;

use super::file::{HEADER_BYTES, check, check_header, connect_to_read, has_log, unusable};
use super::intent::read_ranges;
use super::{hold, place};
use crate::error::{Error, ErrorKind, Result};
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
        read(&connection, hold::is_held(path)).map_err(|error| unusable(path, &error))
    };
    (has_log, status())
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
    let pushed = outcomes
        .iter()
        .filter(|outcome| *outcome == Outcome::Pushed)
        .count();
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
                pushed,
                failed: failed_indexes.len(),
                unknown: unknown_indexes.len(),
                open_batches,
                unknown_indexes,
                failed_indexes,
            })
        },
    )
}
