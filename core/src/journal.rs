//! The journal: what was sent and what came of it, in an SQLite file that outlives the process.
//!
//! Before a batch leaves, its intent is durable: which records (indexes and hashes), the hash of its
//! body, its idempotency key. After the answer its outcome is. `docs/journal.md` has the schema.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};

use crate::durable::{Durable, Safety};
use crate::error::{Error, ErrorKind, Result};
use crate::outcomes::Outcome;
use crate::provider::{Provider, PushKind};

mod file;
mod intent;
mod replay;
mod status;

use file::{
    beside, check, check_header, connect, create, lock, lock_path, noted_batch, now, signed,
    unusable,
};
use intent::read_ranges;
pub(crate) use intent::{Intent, record_hash};
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
    connection: Connection,
    /// Held for its lock, and for the number of the last batch.
    lock: File,
    /// The last batch of this commit.
    intended: Option<u64>,
    safety: Safety,
}

impl Drop for Journal {
    fn drop(&mut self) {
        // A child that this process forks meanwhile would hold on to the lock otherwise.
        let _ = self.lock.unlock();
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
fn check_nothing_left(path: &Path, lock: &mut File) -> Result<()> {
    let batches = noted_batch(lock);
    let log = beside(path, "-wal");
    if batches == 0 && !log.exists() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Storage,
        format!(
            "the journal {} is gone, but {batches} batches were written to it: put it back, or delete {} \
             and {} too to start anew",
            path.display(),
            lock_path(path).display(),
            log.display()
        ),
    ))
}

impl Journal {
    /// Opens the journal of this push, or starts one where there is no file.
    pub(crate) fn open(path: &Path, identity: &Identity) -> Result<(Self, Replay)> {
        let mut lock = lock(path)?;
        if path.exists() {
            check_header(path)?;
        } else {
            check_nothing_left(path, &mut lock)?;
            create(path, identity)?;
        }
        // Only looked at: what is no journal is left as it is.
        let to_check = connect(path, true)?;
        check(path, &to_check)?;
        let connection = connect(path, false)?;
        let mut journal = Self {
            path: path.to_owned(),
            connection,
            lock,
            intended: None,
            safety: Safety::Machine,
        };
        journal.check_owner(identity)?;
        journal.check_loss()?;
        journal.start_run()?;
        let replay = Replay::new(connect(path, true)?, path)?;
        Ok((journal, replay))
    }

    /// The id that follows those used so far.
    pub(crate) fn next_batch_id(&self) -> Result<u64> {
        let last: Option<i64> = self
            .connection
            .query_row("SELECT max(id) FROM batch", [], |row| row.get(0))
            .map_err(|error| unusable(&self.path, &error))?;
        Ok(last.map_or(1, |last| last.unsigned_abs() + 1))
    }

    /// Names the push in a dead-letter file, the same in each run.
    pub(crate) fn push_id(&self) -> Result<String> {
        self.connection
            .query_row("SELECT push_id FROM push", [], |row| row.get(0))
            .map_err(|error| unusable(&self.path, &error))
    }

    fn check_owner(&self, identity: &Identity) -> Result<()> {
        let theirs = self
            .connection
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
            .map_err(|error| unusable(&self.path, &error))?;
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
                    self.path.display(),
                    shown(theirs),
                    shown(ours)
                )));
            }
        }
        Ok(())
    }

    /// The last batch is noted in the lock file as well: what SQLite has lost without noticing, such
    /// as a `-wal` file that was not copied along, shows.
    fn check_loss(&mut self) -> Result<()> {
        let known = self.next_batch_id()? - 1;
        let noted = noted_batch(&mut self.lock);
        if noted > known {
            return Err(Error::new(
                ErrorKind::Storage,
                format!(
                    "the journal {} has lost its last {} batches: its -wal file is missing or damaged. \
                     Put it back; without it, nobody can tell which records were sent",
                    self.path.display(),
                    noted - known
                ),
            ));
        }
        Ok(())
    }

    fn start_run(&mut self) -> Result<()> {
        let mut started = || -> Result<(), String> {
            self.begin(Safety::Machine)?;
            self.execute("UPDATE push SET runs = runs + 1", &[])?;
            self.commit()
        };
        started().map_err(|words| Error::new(ErrorKind::Storage, words))
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
        self.intended = self.intended.max(Some(entry.batch));
        self.execute(
            "INSERT INTO batch (id, state, records, first_index, last_index, indexes, record_hashes,
                                body_hash, idempotency_key, intended_at)
             VALUES (?1, 'intended', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (id) DO NOTHING",
            params![
                signed(entry.batch),
                signed(entry.records as u64),
                signed(entry.first as u64),
                signed(entry.last as u64),
                entry.indexes,
                entry.record_hashes,
                entry.body_hash,
                entry.idempotency_key,
                now(),
            ],
        )
    }

    /// The batch certainly had no effect: its records may be sent in others.
    pub(crate) fn not_taken(&self, batch: u64) -> Result<(), String> {
        self.execute(
            "UPDATE batch SET state = 'not_taken', settled_at = ?2 WHERE id = ?1",
            params![signed(batch), now()],
        )
    }

    /// The batch's fate: all its records are pushed but for the exceptions.
    pub(crate) fn settle(
        &self,
        batch: u64,
        request_id: Option<&str>,
        exceptions: &[Exception],
    ) -> Result<(), String> {
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
        &self,
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
        let Some(batch) = self.intended.take() else {
            return Ok(());
        };
        // Not synced: after a crash of the machine an older number is still a lower bound.
        self.lock
            .seek(SeekFrom::Start(0))
            .and_then(|_| self.lock.write_all(&batch.to_le_bytes()))
            .map_err(|error| {
                format!(
                    "can't write beside the journal {}: {error}",
                    self.path.display()
                )
            })
    }

    fn roll_back(&mut self) {
        self.intended = None;
        // SQLite may have rolled back by itself; then there is nothing left to undo.
        let _ = self.execute("ROLLBACK", &[]);
    }
}
