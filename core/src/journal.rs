//! The journal: what was sent and what came of it, in an SQLite file that outlives the process.
//!
//! Before a batch leaves, its intent is durable: which records (indexes and hashes), the hash of its
//! body, its idempotency key. After the answer its outcome is. `docs/journal.md` has the schema.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};

use crate::durable::{Durable, Safety};
use crate::error::{Error, ErrorKind, Result};
use crate::outcomes::Outcome;
use crate::provider::{Provider, PushKind};

mod file;
mod hold;
mod intent;
mod place;
mod replay;
mod status;

use file::{
    HEADER_BYTES, beside, check, check_header, connect, connect_to_read, create, has_log, now,
    signed, unusable,
};
use hold::Hold;
use intent::read_ranges;
pub(crate) use intent::{Intent, record_hash};
pub(crate) use place::check_paths;
pub(crate) use replay::{Known, Replay, unanswered};
pub use status::{JournalStatus, journal_status};

/// "g8j1": says that an SQLite file is a journal of ours, in this format.
const APPLICATION_ID: i64 = 0x6738_6a31;

const SCHEMA: &str = "
CREATE TABLE push (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    push_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    kind TEXT NOT NULL,
    base_url TEXT NOT NULL,
    provider_fields TEXT,
    started_at TEXT NOT NULL,
    runs INTEGER NOT NULL DEFAULT 0,
    finished_at TEXT,
    records INTEGER
);
CREATE TABLE batch (
    id INTEGER PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('intended', 'settled', 'not_taken')),
    records INTEGER NOT NULL,
    first_index INTEGER NOT NULL,
    last_index INTEGER NOT NULL,
    indexes TEXT NOT NULL,
    record_hashes BLOB NOT NULL,
    body_hash BLOB NOT NULL,
    idempotency_key TEXT NOT NULL,
    intended_at TEXT NOT NULL,
    settled_at TEXT,
    request_id TEXT
);
CREATE TABLE problem (
    record_index INTEGER PRIMARY KEY,
    batch INTEGER NOT NULL REFERENCES batch (id),
    outcome TEXT NOT NULL CHECK (outcome IN ('failed', 'unknown', 'not_sent', 'pushed')),
    message TEXT NOT NULL,
    request_id TEXT
);
";

/// A run that has begun and not ended by itself: one that goes on, or that was killed. Says by when its files
/// were made which files those were.
const OPEN_RUN: &str = "
CREATE TABLE IF NOT EXISTS open_run (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    journal_created INTEGER,
    lock_created INTEGER
)";

/// What a journal belongs to: another push must not use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) provider: Provider,
    pub(crate) kind: PushKind,
    pub(crate) base_url: String,
    pub(crate) provider_fields: Option<String>,
}

/// An open journal; no other process can open it meanwhile.
pub(crate) struct Journal {
    path: PathBuf,
    /// Closed before the locks go: SQLite still moves its log into the file.
    connection: Connection,
    hold: Hold,
    /// The batches whose intents are in this commit.
    intended: Vec<u64>,
    /// Batches whose intent this run has written, without an outcome so far.
    open: HashSet<u64>,
    has_begun: bool,
    safety: Safety,
}

impl Drop for Journal {
    fn drop(&mut self) {
        let is_ours = self.has_begun && self.hold.is_at(&self.path);
        if !is_ours || self.end_run().is_err() {
            // What has this name now may be another push's. And a log may go only with the file that has
            // all of it, under its own name.
            let _ = self
                .connection
                .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
        }
    }
}

/// A record's outcome beside `pushed`.
pub(crate) struct Exception {
    pub(crate) index: usize,
    pub(crate) outcome: Outcome,
    pub(crate) message: String,
    pub(crate) request_id: Option<String>,
}

/// A journal that is gone, but not without a trace, is not started anew.
fn check_nothing_left(path: &Path, hold: &mut Hold) -> Result<()> {
    let batches = hold.noted_batch();
    if batches == 0 && !has_log(path) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Storage,
        format!(
            "the journal {} is gone, but {batches} batches were written to it: put it back, or delete {} \
             and {} too to start anew",
            path.display(),
            beside(path, "-lock").display(),
            beside(path, "-wal").display()
        ),
    ))
}

fn last_batch(path: &Path, connection: &Connection) -> Result<u64> {
    let last: Option<i64> = connection
        .query_row("SELECT max(id) FROM batch", [], |row| row.get(0))
        .map_err(|error| unusable(path, &error))?;
    Ok(last.map_or(0, i64::unsigned_abs))
}

fn check_owner(path: &Path, connection: &Connection, identity: &Identity) -> Result<()> {
    let theirs = connection
        .query_row(
            "SELECT provider, kind, base_url, provider_fields FROM push",
            [],
            |row| {
                Ok([
                    Some(row.get::<_, String>(0)?),
                    Some(row.get(1)?),
                    Some(row.get(2)?),
                    row.get(3)?,
                ])
            },
        )
        .map_err(|error| unusable(path, &error))?;
    let ours = [
        Some(identity.provider.to_string()),
        Some(identity.kind.to_string()),
        Some(identity.base_url.clone()),
        identity.provider_fields.clone(),
    ];
    let names = ["provider", "kind of push", "base URL", "provider_fields"];
    for ((name, theirs), ours) in names.iter().zip(&theirs).zip(&ours) {
        if theirs != ours {
            let shown = |value: &Option<String>| {
                value
                    .as_ref()
                    .map_or("none".to_owned(), |value| format!("'{value}'"))
            };
            return Err(Error::config(format!(
                "the journal {} belongs to another push: its {name} is {}, not {}; use another file",
                path.display(),
                shown(theirs),
                shown(ours)
            )));
        }
    }
    Ok(())
}

/// A run that has not ended by itself goes on in its own files only. A copy of them may be older than what
/// was sent, and the original may go on as well.
fn check_last_run(path: &Path, connection: &Connection, hold: &Hold, has_log: bool) -> Result<()> {
    let open: Option<[Option<i64>; 2]> = connection
        .query_row(
            "SELECT journal_created, lock_created FROM open_run",
            [],
            |row| Ok([row.get(0)?, row.get(1)?]),
        )
        .optional()
        .or_else(|error| match error.sqlite_error_code() {
            // A journal that was begun before there was this table.
            Some(ErrorCode::Unknown) => Ok(None),
            _ => Err(unusable(path, &error)),
        })?;
    let Some([journal, lock]) = open else {
        return Ok(());
    };
    let is_same = |before: Option<i64>, now: Option<i64>| match (before, now) {
        (Some(before), Some(now)) => before == now,
        // The file system does not tell.
        _ => true,
    };
    let is_same_journal = is_same(journal, hold::created(std::fs::symlink_metadata(path)));
    // Its number then says whether anything is missing.
    let is_same_lock = is_same(lock, hold.lock_created());
    let (what, remedy) = if !is_same_journal && !is_same_lock {
        (
            "is a copy of one whose push was not over, and the original may know of more that was sent",
            "Go on with the original",
        )
    } else if !has_log && !is_same_lock {
        (
            "lacks its -wal file, which has what was written last",
            "Put that back beside it, under the journal's name",
        )
    } else if !hold.is_by_inode() && !is_same_lock {
        (
            "lacks the -lock file of its last run, so that nobody can tell whether that goes on",
            "Put that back beside it, under the journal's name",
        )
    } else {
        return Ok(());
    };
    Err(Error::new(
        ErrorKind::Storage,
        format!(
            "the journal {} {what}; nothing was changed. {remedy}. When you know that this file is complete \
             and no push uses it, have SQLite say so: DELETE FROM open_run",
            path.display()
        ),
    ))
}

/// The last batch is noted in the lock file as well: what SQLite has lost without noticing, such as a
/// `-wal` file that was not copied along, shows.
fn check_loss(path: &Path, connection: &Connection, hold: &mut Hold) -> Result<()> {
    let known = last_batch(path, connection)?;
    let noted = hold.noted_batch();
    if noted > known {
        return Err(Error::new(
            ErrorKind::Storage,
            format!(
                "the journal {} has lost its last {} batches: its -wal file is missing or damaged. \
                 Put it back; without it, nobody can tell which records were sent",
                path.display(),
                noted - known
            ),
        ));
    }
    Ok(())
}

impl Journal {
    /// Opens the journal of this push, or starts one where there is no file.
    pub(crate) fn open(path: &Path, identity: &Identity) -> Result<(Self, Replay)> {
        let path = place::resolve(path)?;
        let is_new = std::fs::symlink_metadata(&path).is_err();
        if !is_new {
            place::check(&path)?;
        }
        let mut hold = Hold::by_name(&path)?;
        if std::fs::symlink_metadata(&path).is_err() {
            check_nothing_left(&path, &mut hold)?;
            create(&path, identity)?;
        }
        let (header, len) = hold.take_file(&path, HEADER_BYTES)?;
        // Again: it may have got another name before it was locked.
        place::check(&path)?;
        check_header(&path, &header, len)?;
        let has_log = has_log(&path);
        // Only looked at: what is refused is left as it is.
        let to_check = connect_to_read(&path, has_log)?;
        check(&path, &to_check)?;
        check_owner(&path, &to_check, identity)?;
        check_last_run(&path, &to_check, &hold, has_log)?;
        check_loss(&path, &to_check, &mut hold)?;
        drop(to_check);
        let mut journal = Self {
            connection: connect(&path)?,
            path,
            hold,
            intended: Vec::new(),
            open: HashSet::new(),
            has_begun: false,
            safety: Safety::Machine,
        };
        journal.begin_run()?;
        let replay = Replay::new(connect_to_read(&journal.path, true)?, &journal.path)?;
        Ok((journal, replay))
    }

    /// The id that follows those used so far.
    pub(crate) fn next_batch_id(&self) -> Result<u64> {
        Ok(last_batch(&self.path, &self.connection)? + 1)
    }

    /// Whether an earlier run has used it.
    pub(crate) fn is_resumed(&self) -> Result<bool> {
        self.connection
            .query_row("SELECT runs > 1 FROM push", [], |row| row.get(0))
            .map_err(|error| unusable(&self.path, &error))
    }

    /// Names the push in a dead-letter file, the same in each run.
    pub(crate) fn push_id(&self) -> Result<String> {
        self.connection
            .query_row("SELECT push_id FROM push", [], |row| row.get(0))
            .map_err(|error| unusable(&self.path, &error))
    }

    /// Notes that a run is open, in the file itself: so says a copy of it that lacks its log.
    fn begin_run(&mut self) -> Result<()> {
        let created = [
            hold::created(std::fs::symlink_metadata(&self.path)),
            self.hold.lock_created(),
        ];
        let mut begun = || -> Result<(), String> {
            self.begin(Safety::Machine)?;
            self.execute(OPEN_RUN, &[])?;
            self.execute("UPDATE push SET runs = runs + 1", &[])?;
            self.execute(
                "INSERT OR REPLACE INTO open_run (id, journal_created, lock_created) VALUES (1, ?1, ?2)",
                params![created[0], created[1]],
            )?;
            self.commit()?;
            self.move_log()
        };
        begun().map_err(|words| Error::new(ErrorKind::Storage, words))?;
        self.has_begun = true;
        Ok(())
    }

    fn end_run(&mut self) -> Result<(), String> {
        self.execute("DELETE FROM open_run", &[])
    }

    /// Moves the log into the file, unless somebody reads an older state of it.
    fn move_log(&self) -> Result<(), String> {
        self.connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .map_err(|error| self.words(&error))
    }

    fn execute(&self, sql: &str, values: &[&dyn rusqlite::ToSql]) -> Result<(), String> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(values))
            .map(drop)
            .map_err(|error| self.words(&error))
    }

    fn words(&self, error: &rusqlite::Error) -> String {
        format!(
            "can't write the journal {}: {error}; what it holds stays readable",
            self.path.display()
        )
    }

    /// The batch may leave once this is durable.
    pub(crate) fn intend(&mut self, entry: &Intent) -> Result<(), String> {
        if !self.hold.is_at(&self.path) {
            return Err(format!(
                "the journal {} was moved, deleted or replaced while this push used it; no further batch \
                 leaves. Put back the file that was there and run the push again",
                self.path.display()
            ));
        }
        if entry.is_reopened {
            self.check_reopened(entry)?;
        } else {
            self.insert(entry)?;
        }
        self.open.insert(entry.batch);
        self.intended.push(entry.batch);
        Ok(())
    }

    fn insert(&self, entry: &Intent) -> Result<(), String> {
        let inserted = self
            .connection
            .prepare_cached(
                "INSERT INTO batch (id, state, records, first_index, last_index, indexes, record_hashes,
                                    body_hash, idempotency_key, intended_at)
                 VALUES (?1, 'intended', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )
            .and_then(|mut statement| {
                statement.execute(params![
                    signed(entry.batch),
                    signed(entry.records as u64),
                    signed(entry.first as u64),
                    signed(entry.last as u64),
                    entry.indexes,
                    entry.record_hashes,
                    entry.body_hash,
                    entry.idempotency_key,
                    now(),
                ])
            });
        match inserted {
            Ok(_) => Ok(()),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                Err(self.taken(entry.batch))
            }
            Err(error) => Err(self.words(&error)),
        }
    }

    /// A batch that an earlier run left open is written down already: that one, and nothing else.
    fn check_reopened(&self, entry: &Intent) -> Result<(), String> {
        let is_there = self
            .connection
            .prepare_cached(
                "SELECT 1 FROM batch
                 WHERE id = ?1 AND state = 'intended' AND body_hash = ?2 AND idempotency_key = ?3",
            )
            .and_then(|mut statement| {
                statement.exists(params![
                    signed(entry.batch),
                    entry.body_hash,
                    entry.idempotency_key
                ])
            })
            .map_err(|error| self.words(&error))?;
        if is_there {
            Ok(())
        } else {
            Err(self.taken(entry.batch))
        }
    }

    fn taken(&self, batch: u64) -> String {
        format!(
            "the journal {} has another batch {batch} already: another program has written to it. This batch \
             was not sent",
            self.path.display()
        )
    }

    /// The batch certainly had no effect: its records may be sent in others. One that this run has not
    /// written down stays as it is.
    pub(crate) fn not_taken(&mut self, batch: u64) -> Result<(), String> {
        if !self.open.remove(&batch) {
            return Ok(());
        }
        self.execute(
            "UPDATE batch SET state = 'not_taken', settled_at = ?2 WHERE id = ?1",
            params![signed(batch), now()],
        )
    }

    /// The batch's fate: all its records are pushed but for the exceptions.
    pub(crate) fn settle(
        &mut self,
        batch: u64,
        request_id: Option<&str>,
        exceptions: &[Exception],
    ) -> Result<(), String> {
        self.open.remove(&batch);
        for exception in exceptions {
            self.except(batch, exception)?;
        }
        self.execute(
            "UPDATE batch SET state = 'settled', settled_at = ?2, request_id = ?3 WHERE id = ?1",
            params![signed(batch), now(), request_id],
        )
    }

    fn except(&self, batch: u64, exception: &Exception) -> Result<(), String> {
        self.execute(
            "INSERT INTO problem (record_index, batch, outcome, message, request_id)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (record_index) DO UPDATE SET batch = excluded.batch,
                outcome = excluded.outcome, message = excluded.message,
                request_id = excluded.request_id",
            params![
                signed(exception.index as u64),
                signed(batch),
                exception.outcome.as_str(),
                exception.message,
                exception.request_id,
            ],
        )
    }

    /// A record's doubt was resolved by a look into the CRM. An open batch is settled by that: its
    /// other records are unknown.
    pub(crate) fn resolve(
        &mut self,
        batch: u64,
        index: usize,
        outcome: Outcome,
        message: &str,
    ) -> Result<(), String> {
        let open: Option<String> = self
            .connection
            .query_row(
                "SELECT indexes FROM batch WHERE id = ?1 AND state = 'intended'",
                [signed(batch)],
                |row| row.get(0),
            )
            .optional()
            .map_err(|error| self.words(&error))?;
        if let Some(indexes) = open {
            let unknown = |index| Exception {
                index,
                outcome: Outcome::Unknown,
                message: unanswered().message().to_owned(),
                request_id: None,
            };
            let others: Vec<Exception> = read_ranges(&indexes)
                .unwrap_or_default()
                .into_iter()
                .map(unknown)
                .collect();
            self.settle(batch, None, &others)?;
        }
        self.except(
            batch,
            &Exception {
                index,
                outcome,
                message: message.to_owned(),
                request_id: None,
            },
        )
    }

    /// Every record of the source has been tried.
    pub(crate) fn finish(&self, records: usize) -> Result<(), String> {
        self.execute(
            "UPDATE push SET finished_at = ?1, records = ?2",
            params![now(), signed(records as u64)],
        )
    }
}

impl Durable for Journal {
    fn begin(&mut self, safety: Safety) -> Result<(), String> {
        if safety != self.safety {
            let mode = match safety {
                Safety::Process => "NORMAL",
                Safety::Machine => "FULL",
            };
            self.connection
                .pragma_update(None, "synchronous", mode)
                .map_err(|error| self.words(&error))?;
            self.safety = safety;
        }
        self.execute("BEGIN IMMEDIATE", &[])
    }

    fn commit(&mut self) -> Result<(), String> {
        self.execute("COMMIT", &[])?;
        let Some(batch) = self.intended.drain(..).max() else {
            return Ok(());
        };
        self.hold.note_batch(batch).map_err(|error| {
            format!(
                "can't write beside the journal {}: {error}",
                self.path.display()
            )
        })
    }

    fn attempt(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<(), String>,
    ) -> Result<Result<(), String>, String> {
        self.execute("SAVEPOINT one", &[])?;
        let outcome = write(self);
        // A full disk may have undone all: then what follows would be no part of the whole.
        if let Err(error) = &outcome
            && self.connection.is_autocommit()
        {
            return Err(error.clone());
        }
        if outcome.is_err() {
            self.execute("ROLLBACK TO one", &[])?;
        }
        self.execute("RELEASE one", &[])?;
        Ok(outcome)
    }

    fn roll_back(&mut self) {
        for batch in self.intended.drain(..) {
            self.open.remove(&batch);
        }
        // SQLite may have rolled back by itself; then there is nothing left to undo.
        let _ = self.execute("ROLLBACK", &[]);
    }
}
