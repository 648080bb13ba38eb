//! How a push goes on from an earlier run of its journal.

use std::collections::{BTreeMap, HashMap};

use serde_json::value::RawValue;

use crate::error::{Error, Result};
use crate::files::journal::{Earlier, Intent, Known, Replay, record_hash};
use crate::records::Run;
use crate::records::batch::Batch;
use crate::report::Outcome;

/// What an earlier run left behind.
pub(crate) struct Resumed {
    pub(crate) earlier: Earlier,
    /// Whether there was an earlier run.
    pub(crate) is_later_run: bool,
    pub(crate) next_batch_id: u64,
    pub(crate) push_id: String,
    /// What the dead-letter file says of its records.
    pub(crate) told: HashMap<usize, Outcome>,
}

#[derive(Default)]
pub(super) struct Resume {
    replay: Option<Replay>,
    /// Records of batches that an earlier run left open, until each batch is whole.
    reopened: BTreeMap<u64, Vec<Run>>,
    /// Records settled by earlier runs, by their outcome's code.
    settled_before: [usize; 5],
}

/// A batch that an earlier run left open, once all its records were read.
pub(super) struct Reopened {
    pub(super) batch: Batch,
    /// Whether it would be the same request.
    pub(super) is_same: bool,
}

impl Resume {
    pub(super) fn new(replay: Option<Replay>) -> Self {
        Self {
            replay,
            ..Self::default()
        }
    }

    /// The first index that the journal does not know.
    pub(super) fn end(&self) -> usize {
        self.replay.as_ref().map_or(0, Replay::end)
    }

    /// Reads what the journal knows of the records before `end`.
    pub(super) fn load_through(&mut self, end: usize) -> Result<()> {
        self.replay
            .as_mut()
            .map_or(Ok(()), |replay| replay.load_through(end))
    }

    /// What the journal knows of a record; `None` is one that our own check refused. An error says that it
    /// is another record.
    pub(super) fn known(&mut self, index: usize, record: Option<&[u8]>) -> Result<Option<Known>> {
        let Some(replay) = &mut self.replay else {
            return Ok(None);
        };
        match record {
            Some(record) => replay.take(index, record_hash(record)),
            None => replay.take_refused(index),
        }
    }

    /// What the journal knows of a record, whatever that is now.
    pub(super) fn known_unchecked(&mut self, index: usize) -> Option<Known> {
        self.replay.as_mut()?.take_unchecked(index)
    }

    /// Says what is wrong with a source of so many records.
    pub(super) fn missing(&self, records: usize) -> Option<Error> {
        self.replay.as_ref()?.missing(records)
    }

    /// Collects a batch that an earlier run left open.
    pub(super) fn collect(
        &mut self,
        id: u64,
        record: Run,
        provider_fields: Option<&RawValue>,
    ) -> Option<Reopened> {
        let records = self.reopened.entry(id).or_default();
        records.push(record);
        let open = self.replay.as_mut()?.open_batch(id)?;
        if records.len() < open.records {
            return None;
        }
        let records = self.reopened.remove(&id)?;
        let batch = Batch::reopened(id, records, &open.idempotency_key);
        let fields = provider_fields.map(RawValue::get);
        let is_same = Intent::of(&batch, fields).body_hash == open.body_hash;
        Some(Reopened { batch, is_same })
    }

    /// Batches that an earlier run left open and that are not whole.
    pub(super) fn take_collected(&mut self) -> BTreeMap<u64, Vec<Run>> {
        std::mem::take(&mut self.reopened)
    }

    pub(super) fn count_settled(&mut self, outcome: Outcome) {
        self.count_all_settled(outcome, 1);
    }

    /// Counts so many records that were settled by earlier runs.
    pub(super) fn count_all_settled(&mut self, outcome: Outcome, records: usize) {
        self.settled_before[outcome as usize] += records;
    }

    pub(super) fn settled(&self, outcome: Outcome) -> usize {
        self.settled_before[outcome as usize]
    }

    pub(super) fn all_settled(&self) -> usize {
        self.settled_before.iter().sum()
    }

    /// The journal is of another source.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// The journal is needed no more.
    pub(super) fn close(&mut self) {
        self.replay = None;
    }

    /// Leaves the journal's file open: its handle may be somebody else's.
    pub(super) fn leak(&mut self) {
        std::mem::forget(self.replay.take());
    }
}
