//! An open journal: intents before a batch leaves, outcomes after its answer.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};

use super::file::{
    HEADER_BYTES, check, check_header, connect, connect_to_read, create, has_log, now, signed,
    unusable,
};
use super::hold::{self, Hold};
use super::intent::{Intent, read_ranges};
use super::keyed::{self, Settled, Which};
use super::known_keys::KnownKeys;
use super::opening::{check_last_run, check_loss, check_nothing_left, check_owner, last_batch};
use super::place;
use super::replay::{Replay, unanswered};
use super::schema::{Format, Identity, OPEN_RUN};
use crate::error::{Error, ErrorKind, Result};
use crate::files::durable::{Durable, Safety};
use crate::records::key::Key;
use crate::report::Outcome;

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
    /// `None` where records are known by their places.
    settled: Option<Settled>,
}

/// What earlier runs know.
pub(crate) enum Earlier {
    /// Of the records of one source, by their places.
    Places(Replay),
    /// Of records by their keys.
    Keys {
        known: KnownKeys,
        /// What their hashes are made with.
        salt: Vec<u8>,
        /// The hashes of addresses by which a look may tell what became of records in doubt.
        doubted_addresses: Vec<u64>,
    },
}

impl Drop for Journal {
    fn drop(&mut self) {
        let is_ours = self.has_begun && self.hold.is_at(&self.path);
        if is_ours && self.settled.is_some() {
            // Where that fails, the next run does it.
            let _ = self.tidy(Which::Settled, Safety::Process);
        }
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

impl Journal {
    /// Opens the journal of this push, or starts one where there is no file.
    pub(crate) fn open(path: &Path, identity: &Identity) -> Result<(Self, Earlier)> {
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
        let format = check_header(&path, &header, len)?;
        let has_log = has_log(&path);
        // Only looked at: what is refused is left as it is.
        let to_check = connect_to_read(&path, has_log)?;
        check(&path, &to_check)?;
        check_owner(&path, &to_check, format, identity)?;
        check_last_run(&path, &to_check, &hold, has_log)?;
        check_loss(&path, &to_check, format, &mut hold)?;
        drop(to_check);
        let mut journal = Self {
            connection: connect(&path)?,
            path,
            hold,
            intended: Vec::new(),
            open: HashSet::new(),
            has_begun: false,
            safety: Safety::Machine,
            settled: (format == Format::Keys).then(Settled::default),
        };
        journal.begin_run()?;
        let connection = connect_to_read(&journal.path, true)?;
        let earlier = match format {
            Format::Places => Earlier::Places(Replay::new(connection, &journal.path)?),
            Format::Keys => {
                let known = KnownKeys::new(connection, &journal.path)?;
                Earlier::Keys {
                    salt: journal.salt()?,
                    doubted_addresses: known.doubted_addresses()?,
                    known,
                }
            }
        };
        Ok((journal, earlier))
    }

    fn salt(&self) -> Result<Vec<u8>> {
        self.connection
            .query_row("SELECT salt FROM push", [], |row| row.get(0))
            .map_err(|error| unusable(&self.path, &error))
    }

    fn format(&self) -> Format {
        match self.settled {
            None => Format::Places,
            Some(_) => Format::Keys,
        }
    }

    /// The id that follows those used so far.
    pub(crate) fn next_batch_id(&self) -> Result<u64> {
        Ok(last_batch(&self.path, &self.connection, self.format())? + 1)
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
            if self.settled.is_some() {
                keyed::add_identities(&self.connection).map_err(|error| self.message(&error))?;
                self.execute(
                    "UPDATE push SET finished_at = NULL, records = NULL, failed = 0",
                    &[],
                )?;
                self.move_batches(Which::All)?;
            }
            self.execute(
                "INSERT OR REPLACE INTO open_run (id, journal_created, lock_created) VALUES (1, ?1, ?2)",
                params![created[0], created[1]],
            )?;
            self.commit()?;
            self.move_log()
        };
        begun().map_err(|message| Error::new(ErrorKind::Storage, message))?;
        self.has_begun = true;
        Ok(())
    }

    /// Moves batches into the tables of keys, within a write.
    fn move_batches(&mut self, which: Which) -> Result<(), String> {
        if let Some(settled) = &mut self.settled {
            settled.forget();
        }
        keyed::move_batches(&self.connection, which).map_err(|error| self.message(&error))
    }

    /// As [`move_batches`](Self::move_batches), as a write of its own.
    fn tidy(&mut self, which: Which, safety: Safety) -> Result<(), String> {
        self.begin(safety)?;
        let moved = self.move_batches(which).and_then(|()| self.commit());
        if moved.is_err() {
            self.roll_back();
        }
        moved
    }

    fn end_run(&mut self) -> Result<(), String> {
        self.execute("DELETE FROM open_run", &[])
    }

    /// Moves the log into the file, unless somebody reads an older state of it.
    fn move_log(&self) -> Result<(), String> {
        self.connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .map_err(|error| self.message(&error))
    }

    fn execute(&self, sql: &str, values: &[&dyn rusqlite::ToSql]) -> Result<(), String> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(values))
            .map(drop)
            .map_err(|error| self.message(&error))
    }

    fn message(&self, error: &rusqlite::Error) -> String {
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
        self.insert_batch(entry)?;
        if self.settled.is_none() {
            return Ok(());
        }
        self.execute(
            "UPDATE batch SET keys = ?2 WHERE id = ?1",
            params![signed(entry.batch), entry.keys],
        )?;
        keyed::note_addresses(&self.connection, entry.batch, &entry.addresses)
            .map_err(|error| self.message(&error))
    }

    /// A record was left out because another one of its run has its key.
    pub(crate) fn note_repeated(&self, key: &Key, record: u64) -> Result<(), String> {
        keyed::note_repeated(&self.connection, key, record).map_err(|error| self.message(&error))
    }

    fn insert_batch(&self, entry: &Intent) -> Result<(), String> {
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
            Err(error) => Err(self.message(&error)),
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
            .map_err(|error| self.message(&error))?;
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
        let records: Option<i64> = self
            .connection
            .prepare_cached(
                "UPDATE batch SET state = 'settled', settled_at = ?2, request_id = ?3 WHERE id = ?1
                 RETURNING records",
            )
            .and_then(|mut statement| {
                let values = params![signed(batch), now(), request_id];
                let mut rows = statement.query(values)?;
                let records = rows.next()?.map(|row| row.get(0)).transpose()?;
                // To its end, or the batch is not changed.
                while rows.next()?.is_some() {}
                Ok(records)
            })
            .map_err(|error| self.message(&error))?;
        let records = records.and_then(|records| usize::try_from(records).ok());
        let settled = self.settled.as_mut();
        if settled.is_some_and(|settled| settled.add(records.unwrap_or_default())) {
            self.move_batches(Which::Settled)?;
        }
        Ok(())
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
        if self.settled.is_some() {
            self.move_batches(Which::Settled)?;
            let key = keyed::doubted(&self.connection, batch, index)
                .map_err(|error| self.message(&error))?;
            return key.map_or(Ok(()), |key| self.resolve_key(&key, outcome));
        }
        let open: Option<String> = self
            .connection
            .query_row(
                "SELECT indexes FROM batch WHERE id = ?1 AND state = 'intended'",
                [signed(batch)],
                |row| row.get(0),
            )
            .optional()
            .map_err(|error| self.message(&error))?;
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

    /// As [`resolve`](Self::resolve), of a record that an earlier run has left in doubt.
    pub(crate) fn resolve_key(&mut self, key: &Key, outcome: Outcome) -> Result<(), String> {
        keyed::resolve(&self.connection, key, outcome == Outcome::Pushed)
            .map_err(|error| self.message(&error))
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
                .map_err(|error| self.message(&error))?;
            self.safety = safety;
        }
        self.execute("BEGIN IMMEDIATE", &[])
    }

    fn commit(&mut self) -> Result<(), String> {
        self.execute("COMMIT", &[])?;
        let batch = self.intended.drain(..).max();
        // What is noted must not outlive what it notes: a commit that is not synced is noted with the next one.
        let Some(batch) = batch.filter(|_| self.safety == Safety::Machine) else {
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
