//! What a journal knows of the records that come out of their source again.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};

use super::file::{signed, unusable};
use super::intent::{HASH_BYTES, read_ranges};
use crate::error::{Error, ErrorKind, Result};
use crate::files::known::Known;
use crate::report::Outcome;

/// A batch of which only the intent is known.
pub(crate) struct OpenBatch {
    pub(crate) idempotency_key: String,
    pub(crate) body_hash: Vec<u8>,
    pub(crate) records: usize,
}

/// Reads a journal in step with the source: beyond 16 bytes a batch, what it holds in memory does not
/// grow with it.
pub(crate) struct Replay {
    path: PathBuf,
    connection: Connection,
    /// One beyond the highest index that the journal knows.
    end: usize,
    /// First index and id of each batch that was not loaded yet, the next one last.
    unloaded: Vec<(i64, i64)>,
    problems_from: usize,
    records: HashMap<usize, Entry>,
    problems: BTreeMap<usize, Problem>,
    open: HashMap<u64, OpenBatch>,
}

struct Entry {
    batch: u64,
    hash: u64,
    is_settled: bool,
}

struct Problem {
    batch: u64,
    outcome: Outcome,
    message: String,
    request_id: Option<String>,
}

impl Replay {
    pub(super) fn new(connection: Connection, path: &Path) -> Result<Self> {
        let end: Option<i64> = connection
            .query_row(
                "SELECT max(last_index) FROM batch WHERE state != 'not_taken'",
                [],
                |row| row.get(0),
            )
            .map_err(|error| unusable(path, &error))?;
        let unloaded = unloaded(&connection).map_err(|error| unusable(path, &error))?;
        Ok(Self {
            path: path.to_owned(),
            connection,
            end: end.map_or(0, |last| index(last) + 1),
            unloaded,
            problems_from: 0,
            records: HashMap::new(),
            problems: BTreeMap::new(),
            open: HashMap::new(),
        })
    }

    /// One beyond the highest index that the journal knows.
    pub(crate) fn end(&self) -> usize {
        self.end
    }

    /// Whether the record at `index` is the one that was sent, and what became of it; `None` when
    /// the journal does not know it.
    ///
    /// # Errors
    ///
    /// When it is another record, or the journal can't be read.
    pub(crate) fn take(&mut self, index: usize, hash: u64) -> Result<Option<Known>> {
        match self.records.get(&index) {
            Some(entry) if entry.hash != hash => Err(self.differs(index)),
            _ => Ok(self.take_unchecked(index)),
        }
    }

    /// As [`take`](Self::take), of a record that can't be sent now.
    ///
    /// # Errors
    ///
    /// When the journal knows it: what was sent before is another record.
    pub(crate) fn take_refused(&self, index: usize) -> Result<Option<Known>> {
        match self.records.get(&index) {
            Some(_) => Err(self.differs(index)),
            None => Ok(None),
        }
    }

    fn differs(&self, index: usize) -> Error {
        Error::config(format!(
            "the source differs from the journal {} at index {index}: it must give the same records in \
             the same order as before, and options that change records, such as rename, fix and check, \
             must be as before; nothing was sent now (not_sent), and what earlier runs did stands in the \
             journal alone. Use another journal for another source",
            self.path.display()
        ))
    }

    /// What became of the record at `index`, whatever the source gives.
    pub(crate) fn take_unchecked(&mut self, index: usize) -> Option<Known> {
        let entry = self.records.remove(&index)?;
        let problem = self
            .problems
            .remove(&index)
            .filter(|problem| problem.batch == entry.batch);
        Some(match problem {
            Some(Problem {
                outcome: Outcome::NotSent,
                ..
            }) => Known::Free,
            Some(problem) => Known::Settled {
                batch: entry.batch,
                outcome: problem.outcome,
                message: problem.message,
                request_id: problem.request_id,
            },
            None if entry.is_settled => Known::Settled {
                batch: entry.batch,
                outcome: Outcome::Pushed,
                message: String::new(),
                request_id: None,
            },
            None => Known::Open(entry.batch),
        })
    }

    pub(crate) fn open_batch(&mut self, id: u64) -> Option<&OpenBatch> {
        self.open.get(&id)
    }

    /// The lowest known index that the source, now at its end after `records`, did not give.
    pub(crate) fn missing(&self, records: usize) -> Option<Error> {
        (records < self.end).then(|| {
            Error::config(format!(
                "the source differs from the journal {} at index {records}: it ended there, and records up \
                 to index {} were sent before; nothing was sent now. Use another journal for another source",
                self.path.display(),
                self.end - 1
            ))
        })
    }

    /// Loads what is known of the records below `end`.
    pub(crate) fn load_through(&mut self, end: usize) -> Result<()> {
        if self.problems_from < end.min(self.end) {
            self.load_batches(end)
                .and_then(|()| self.load_problems(end))
                .map_err(|error| unusable(&self.path, &error))?;
        }
        Ok(())
    }

    fn load_batches(&mut self, end: usize) -> rusqlite::Result<()> {
        let mut statement = self.connection.prepare_cached(
            "SELECT state, indexes, record_hashes, idempotency_key, body_hash FROM batch WHERE id = ?1",
        )?;
        while let Some((_, id)) = self
            .unloaded
            .pop_if(|(first_index, _)| *first_index < signed(end as u64))
        {
            let mut rows = statement.query([id])?;
            let Some(row) = rows.next()? else {
                continue;
            };
            let is_settled = row.get::<_, String>(0)? == "settled";
            let hashes: Vec<u8> = row.get(2)?;
            let indexes = read_ranges(&row.get::<_, String>(1)?)
                .filter(|indexes| indexes.len() * HASH_BYTES == hashes.len())
                .ok_or(rusqlite::Error::InvalidQuery)?;
            let batch = id.unsigned_abs();
            if !is_settled {
                self.open.insert(
                    batch,
                    OpenBatch {
                        idempotency_key: row.get(3)?,
                        body_hash: row.get(4)?,
                        records: indexes.len(),
                    },
                );
            }
            for (index, hash) in indexes.into_iter().zip(hashes.chunks_exact(HASH_BYTES)) {
                let mut bytes = [0; HASH_BYTES];
                bytes.copy_from_slice(hash);
                let entry = Entry {
                    batch,
                    hash: u64::from_le_bytes(bytes),
                    is_settled,
                };
                // A record that was set free and sent again: the later batch tells its fate.
                let newest = self
                    .records
                    .get(&index)
                    .is_none_or(|known| known.batch < batch);
                if newest {
                    self.records.insert(index, entry);
                }
            }
        }
        Ok(())
    }

    fn load_problems(&mut self, end: usize) -> rusqlite::Result<()> {
        let mut statement = self.connection.prepare_cached(
            "SELECT record_index, batch, outcome, message, request_id FROM problem
             WHERE record_index >= ?1 AND record_index < ?2",
        )?;
        let mut rows = statement.query(params![
            signed(self.problems_from as u64),
            signed(end as u64)
        ])?;
        while let Some(row) = rows.next()? {
            let name: String = row.get(2)?;
            let outcome = Outcome::ALL
                .into_iter()
                .find(|outcome| outcome.as_str() == name)
                .ok_or(rusqlite::Error::InvalidQuery)?;
            let problem = Problem {
                batch: row.get::<_, i64>(1)?.unsigned_abs(),
                outcome,
                message: row.get(3)?,
                request_id: row.get(4)?,
            };
            self.problems.insert(index(row.get(0)?), problem);
        }
        self.problems_from = end;
        Ok(())
    }
}

fn unloaded(connection: &Connection) -> rusqlite::Result<Vec<(i64, i64)>> {
    let mut statement =
        connection.prepare("SELECT first_index, id FROM batch WHERE state != 'not_taken'")?;
    let mut batches = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    batches.sort_unstable_by(|one, other| other.cmp(one));
    Ok(batches)
}

fn index(number: i64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX - 1)
}

/// An earlier run ended between the request and its answer.
pub(crate) fn unanswered() -> Error {
    Error::new(
        ErrorKind::Connection,
        "an earlier run of this push ended before the answer came",
    )
}
