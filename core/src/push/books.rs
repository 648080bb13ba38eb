//! The books of a push: which records wait, which are under way, what became of the others. A state
//! machine without sockets, files or clocks; what must be written down comes out as [`Effects`].

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;
use uuid::Uuid;

use crate::error::{Error, ErrorKind, Result};
use crate::files::dead_letter;
use crate::files::journal::{self, Exception, Known, Replay};
use crate::names::{Provider, PushKind};
use crate::push::intake::{Intake, Refused, ValidRun};
use crate::push::ledger::Ledger;
use crate::push::options::{OnUnknown, PushOptions};
use crate::push::queue::Queue;
use crate::push::settle::CrmPause;
use crate::push::sizing::Sizing;
use crate::records::Run;
use crate::records::batch::Batch;
use crate::report::AskedAndDone;
use crate::report::Outcome;
use crate::report::{Circumstances, Problem, PushReport, Unsent};

/// What must be written to the files of a push.
#[derive(Default)]
pub(crate) struct Effects {
    /// Lines for the dead-letter file.
    pub(crate) dead_letters: Vec<u8>,
    pub(crate) journal: Vec<Entry>,
    /// How long no batch may leave: the CRM's own rate limit is reached.
    pub(crate) pause: Option<Duration>,
}

/// An entry of the journal, beside a batch's intent.
pub(crate) enum Entry {
    Settled {
        batch: u64,
        request_id: Option<String>,
        exceptions: Vec<Exception>,
    },
    NotTaken(u64),
    Resolved {
        batch: u64,
        index: usize,
        outcome: Outcome,
        message: String,
    },
    Finished {
        records: usize,
    },
}

/// The books of one push.
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that do not hang together"
)]
pub(crate) struct Books {
    pub(super) provider: Provider,
    pub(super) kind: PushKind,
    pub(super) options: Arc<PushOptions>,
    push_id: OnceCell<String>,
    pub(super) ledger: Ledger,
    pub(super) queue: Queue,
    /// Halves of split batches, and batches of an earlier run: they leave first.
    pub(super) ready: VecDeque<Batch>,
    pub(super) in_flight: HashMap<u64, Arc<Batch>>,
    pub(super) next_batch_id: u64,
    pub(super) sizing: Sizing,
    pub(super) consecutive_unknown: u32,
    pub(super) traffic: Traffic,
    pub(super) members: Option<AskedAndDone>,
    pub(super) crm_pause: CrmPause,
    pub(super) unread: usize,
    pub(super) unsent: BTreeMap<usize, Box<RawValue>>,
    pub(super) input_is_over: bool,
    /// The source may hold more than was counted.
    pub(super) source_is_left: bool,
    pub(super) ended: Option<End>,
    pub(super) replay: Option<Replay>,
    /// Records of batches that an earlier run left open, until each batch is whole.
    pub(super) reopened: BTreeMap<u64, Vec<Run>>,
    /// Records settled by earlier runs, by their outcome's code.
    pub(super) settled_before: [usize; 4],
    /// The journal's batches of records in doubt.
    pub(super) doubted_in: BTreeMap<usize, u64>,
    pub(super) is_journaled: bool,
    /// What the dead-letter file says of the records that earlier runs wrote lines for.
    pub(super) told: HashMap<usize, Outcome>,
    pub(super) is_closed: bool,
    pub(super) effects: Effects,
    pub(super) exceptions: Vec<Exception>,
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Traffic {
    pub(crate) requests: u64,
    pub(crate) bytes_sent: u64,
    pub(super) bytes_received: u64,
}

/// Why no further batch leaves.
pub(super) struct End {
    error: Error,
    /// Raise it even when every record was tried.
    always: bool,
    /// The journal is of another source: what it knows is not about these records.
    source_differs: bool,
}

/// How a push goes on from an earlier run.
pub(crate) struct Resumed {
    pub(crate) replay: Replay,
    pub(crate) next_batch_id: u64,
    pub(crate) push_id: String,
    /// What the dead-letter file says of its records.
    pub(crate) told: HashMap<usize, Outcome>,
}

impl Books {
    pub(crate) fn new(
        provider: Provider,
        kind: PushKind,
        options: Arc<PushOptions>,
        patience: Duration,
        resumed: Option<Resumed>,
    ) -> Self {
        let sizing = Sizing::new(options.batch_size, options.batch_bytes, patience);
        let (replay, next_batch_id, push_id, told) = match resumed {
            None => (None, 1, OnceCell::new(), HashMap::new()),
            Some(resumed) => (
                Some(resumed.replay),
                resumed.next_batch_id,
                OnceCell::from(resumed.push_id),
                resumed.told,
            ),
        };
        Self {
            provider,
            kind,
            doubted_in: BTreeMap::new(),
            is_journaled: replay.is_some(),
            told,
            is_closed: false,
            options,
            push_id,
            ledger: Ledger::default(),
            queue: Queue::default(),
            ready: VecDeque::new(),
            in_flight: HashMap::new(),
            next_batch_id,
            sizing,
            consecutive_unknown: 0,
            traffic: Traffic::default(),
            members: None,
            crm_pause: CrmPause::default(),
            unread: 0,
            unsent: BTreeMap::new(),
            input_is_over: false,
            source_is_left: false,
            ended: None,
            replay,
            reopened: BTreeMap::new(),
            settled_before: [0; 4],
            effects: Effects::default(),
            exceptions: Vec::new(),
        }
    }

    /// Names this push in a dead-letter file; most have none.
    pub(super) fn push_id(&self) -> &str {
        self.push_id.get_or_init(|| Uuid::new_v4().to_string())
    }

    /// Nothing is written before the source was seen to be the journal's.
    pub(crate) fn take_effects(&mut self) -> Effects {
        if self.is_held_back() && !self.has_ended() {
            return Effects::default();
        }
        std::mem::take(&mut self.effects)
    }

    pub(crate) fn count(&self, outcome: Outcome) -> usize {
        self.ledger.count(outcome)
    }

    /// Records handed in so far, those that were never read left out.
    pub(crate) fn read(&self) -> usize {
        self.ledger.len() - self.unread
    }

    pub(crate) fn settled_before(&self) -> usize {
        self.settled_before.iter().sum()
    }

    pub(crate) fn traffic(&self) -> Traffic {
        self.traffic
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    pub(crate) fn batch_size(&self) -> usize {
        self.sizing.records()
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    /// Whether the push has ended with an error even if every record was tried.
    pub(crate) fn ended_for_sure(&self) -> bool {
        self.ended.as_ref().is_some_and(|end| end.always)
    }

    /// Whether the source may go on: until a batch waits for each request and one more.
    pub(crate) fn has_room(&self) -> bool {
        let most = self.concurrency() + 1;
        self.is_held_back() || !self.queue.holds_batches(most, &self.sizing)
    }

    /// Whether a source that waits should go on: not at each batch that leaves, since waking it costs
    /// more than a batch.
    pub(crate) fn wants_more(&self) -> bool {
        let enough = self.concurrency().div_ceil(2);
        self.is_held_back() || !self.queue.holds_batches(enough, &self.sizing)
    }

    /// Nothing leaves before the source was seen to be the journal's.
    fn is_held_back(&self) -> bool {
        self.replay
            .as_ref()
            .is_some_and(|replay| self.ledger.len() < replay.end())
    }

    /// Whether nothing is under way and nothing more will be.
    pub(crate) fn is_drained(&self) -> bool {
        let is_done = self.input_is_over && self.queue.is_empty() && self.ready.is_empty();
        self.in_flight.is_empty() && (self.has_ended() || is_done)
    }

    /// Whether no batch will leave any more.
    pub(crate) fn wants_no_carrier(&self) -> bool {
        self.has_ended() || self.is_drained()
    }

    /// Takes in records in the order of the source.
    pub(crate) fn take_in(&mut self, intake: Intake) {
        if self.is_closed {
            // A source that nobody waited for any more has given something after all.
            return;
        }
        let first = self.ledger.admit(intake.len);
        if self.source_differs() {
            self.unread += intake.len;
            return;
        }
        self.load_replay();
        // In the order of the source: a journal names the first record that differs.
        let mut refused = intake.refused.into_iter().peekable();
        for ValidRun {
            mut run,
            is_nameable,
        } in intake.valid
        {
            while let Some(refused) = refused.next_if(|next| next.position < run.first_index()) {
                self.take_in_refused(first, &refused);
            }
            run.shift(first);
            let known = self.replay.as_ref().map_or(0, Replay::end);
            while run.len() > 0 && run.first_index() < known {
                self.take_in_known(run.split_to(1), is_nameable);
            }
            if self.has_ended() {
                self.keep_all_unsent(run.records());
            } else if run.len() > 0 {
                self.queue.push(run, is_nameable);
            }
        }
        for refused in refused {
            self.take_in_refused(first, &refused);
        }
        if self.source_differs() {
            self.forget_journal();
        }
        self.obey_stop_rules();
    }

    /// None of these records was sent, whatever the journal says of another source's.
    fn forget_journal(&mut self) {
        self.replay = None;
        self.unread = self.ledger.len();
        self.ledger = Ledger::default();
        self.ledger.admit(self.unread);
        self.settled_before = [0; 4];
        drop(self.queue.drain());
        self.ready.clear();
        self.reopened.clear();
        self.doubted_in.clear();
        self.unsent.clear();
        self.told.clear();
        self.exceptions.clear();
        self.effects = Effects::default();
    }

    fn load_replay(&mut self) {
        let end = self.ledger.len();
        if let Some(replay) = &mut self.replay
            && let Err(error) = replay.load_through(end)
        {
            self.end(error, true);
        }
    }

    /// What the journal knows of the record; an error ends the push.
    fn known(&mut self, index: usize, record: Option<&[u8]>) -> Option<Known> {
        let replay = self.replay.as_mut()?;
        if index >= replay.end() {
            return None;
        }
        let hash = record.map(journal::record_hash);
        let known = match (&self.ended, hash) {
            (None, Some(hash)) => replay.take(index, hash),
            // It ended before: nothing is sent any more, so nothing needs to be the same.
            (Some(_), _) => Ok(replay.take_unchecked(index)),
            (None, None) => replay.take_refused(index),
        };
        match known {
            Ok(known) => known,
            Err(error) => {
                self.end_as_source_differs(error);
                self.replay.as_mut()?.take_unchecked(index)
            }
        }
    }

    /// Our own validation refused it: it never leaves.
    fn take_in_refused(&mut self, first: usize, refused: &Refused) {
        let index = first + refused.position;
        let record = refused.json.as_deref();
        let message = refused.message.as_str().into();
        match self.known(index, None) {
            Some(known) => self.settle_known(index, record, known),
            None => self.settle_problem(index, Outcome::Failed, &message, record, None),
        }
        self.exceptions.clear();
    }

    /// Takes in one record that the journal may know.
    fn take_in_known(&mut self, record: Run, is_nameable: bool) {
        for (index, json) in record.records() {
            match self.known(index, Some(json)) {
                None | Some(Known::Free) => {}
                Some(Known::Open(batch)) if !self.has_ended() => {
                    return self.reopen(batch, record.clone());
                }
                Some(known) => return self.settle_known(index, Some(json), known),
            }
        }
        if self.has_ended() {
            self.keep_all_unsent(record.records());
        } else {
            self.queue.push(record, is_nameable);
        }
    }

    fn settle_known(&mut self, index: usize, record: Option<&[u8]>, known: Known) {
        match known {
            Known::Free => return,
            Known::Open(batch) => {
                let message = journal::unanswered();
                self.doubted_in.insert(index, batch);
                self.settle_quietly(
                    index,
                    Outcome::Unknown,
                    &message.message().into(),
                    record,
                    None,
                );
            }
            Known::Settled {
                batch,
                outcome,
                message,
                request_id,
            } => {
                let request_id = request_id.map(Arc::from);
                if outcome == Outcome::Unknown {
                    self.doubted_in.insert(index, batch);
                }
                self.settle_quietly(index, outcome, &message.into(), record, request_id);
            }
        }
        self.note_settled_before(index);
    }

    fn note_settled_before(&mut self, index: usize) {
        if let Some(outcome) = self.ledger.outcome(index) {
            self.settled_before[outcome as usize] += 1;
        }
    }

    /// Collects an earlier run's batch; whole, it is sent again where that may be, else in doubt.
    fn reopen(&mut self, id: u64, record: Run) {
        let records = self.reopened.entry(id).or_default();
        records.push(record);
        let Some(open) = self
            .replay
            .as_mut()
            .and_then(|replay| replay.open_batch(id))
        else {
            return;
        };
        if records.len() < open.records {
            return;
        }
        let records = std::mem::take(records);
        let batch = Batch::reopened(id, records, &open.idempotency_key);
        let fields = self.options.provider_fields.as_deref().map(RawValue::get);
        let is_same = journal::Intent::of(&batch, fields).body_hash == open.body_hash;
        self.reopened.remove(&id);
        if self.may_repeat_in_doubt() && is_same {
            self.ready.push_back(batch);
        } else {
            self.settle_all(&batch, Outcome::Unknown, &journal::unanswered());
            for (index, _) in batch.records() {
                self.note_settled_before(index);
            }
            self.write_settled(id, None);
        }
    }

    /// Counts records of the source that were never read.
    pub(crate) fn leave_unread(&mut self, count: usize) {
        let first = self.ledger.admit(count);
        self.unread += count;
        self.load_replay();
        let end = self
            .replay
            .as_ref()
            .map_or(0, Replay::end)
            .min(first + count);
        for index in first..end {
            if let Some(known) = self
                .replay
                .as_mut()
                .and_then(|replay| replay.take_unchecked(index))
            {
                self.unread -= usize::from(!matches!(known, Known::Free));
                self.settle_known(index, None, known);
            }
        }
    }

    /// Leaves the journal alone from now on, without closing it: its handle may be somebody else's.
    pub(crate) fn lose_journal(&mut self) {
        std::mem::forget(self.replay.take());
        self.is_journaled = false;
    }

    /// The source was not read to its end.
    pub(crate) fn leave_source(&mut self) {
        self.source_is_left = true;
    }

    /// The caller's cancel or the deadline came before the source's end was told.
    pub(crate) fn interrupt_input(&mut self, error: Error) {
        if !self.input_is_over {
            let always = error.kind() == ErrorKind::Cancelled;
            self.end(error, always);
        }
    }

    /// The source has no more.
    pub(crate) fn end_input(&mut self) {
        self.input_is_over = true;
        if self.has_ended() {
            return;
        }
        if let Some(error) = self
            .replay
            .as_ref()
            .and_then(|replay| replay.missing(self.ledger.len()))
        {
            self.end_as_source_differs(error);
            self.forget_journal();
        }
    }

    /// Requests at a time. Changes of one list must arrive in their order, so those go one by one.
    pub(crate) fn concurrency(&self) -> usize {
        match self.kind {
            PushKind::Lists => 1,
            PushKind::Contacts | PushKind::Companies => self.options.concurrency,
        }
    }

    pub(crate) fn may_repeat_in_doubt(&self) -> bool {
        self.kind.is_idempotent() || self.options.on_unknown == OnUnknown::Retry
    }

    /// The next batch that may leave now.
    pub(crate) fn next_batch(&mut self) -> Option<Arc<Batch>> {
        // A service that does not answer any more, or a CRM at its limit, is asked with one request at a time.
        let allowed = if self.consecutive_unknown > 0 || self.crm_pause.message.is_some() {
            1
        } else {
            self.concurrency()
        };
        if self.has_ended() || self.is_held_back() || self.in_flight.len() >= allowed {
            return None;
        }
        let batch = if let Some(batch) = self.ready.pop_front() {
            batch
        } else {
            let records = self.queue.cut(&self.sizing, self.input_is_over)?;
            self.new_batch(records)
        };
        let batch = Arc::new(batch);
        self.in_flight.insert(batch.id, Arc::clone(&batch));
        Some(batch)
    }

    pub(super) fn new_batch(&mut self, records: Vec<Run>) -> Batch {
        let id = self.next_batch_id;
        self.next_batch_id += 1;
        Batch::new(id, records)
    }

    /// The unknown records with their messages, as far as they were kept.
    pub(crate) fn unknown(&self) -> Vec<Problem> {
        self.ledger.unknown().cloned().collect()
    }

    /// A look into the CRM has ended the doubt about a record: it is there, or it is not and may be
    /// sent. False when the record was not in doubt.
    pub(crate) fn resolve(&mut self, index: usize, is_there: bool) -> bool {
        let (outcome, message) = if is_there {
            (Outcome::Pushed, "found in the CRM")
        } else {
            (Outcome::NotSent, "not found in the CRM")
        };
        let Some(problem) = self.ledger.resolve(index, outcome) else {
            return false;
        };
        if self.options.dead_letter.is_some() {
            let resolved = Problem {
                outcome,
                message: message.into(),
                ..problem.clone()
            };
            let line = dead_letter::line(self.push_id(), &resolved);
            self.effects.dead_letters.extend(line);
            self.note_told(index, outcome);
        }
        if let Some(batch) = self.doubted_in.remove(&index) {
            self.effects.journal.push(Entry::Resolved {
                batch,
                index,
                outcome,
                message: message.to_owned(),
            });
        }
        if let (false, Some(record)) = (is_there, problem.record) {
            self.unsent.insert(index, record);
        }
        true
    }

    pub(crate) fn end(&mut self, error: Error, always: bool) {
        if self.ended.is_none() {
            self.ended = Some(End {
                error,
                always,
                source_differs: false,
            });
        }
    }

    fn end_as_source_differs(&mut self, error: Error) {
        self.ended.get_or_insert(End {
            error,
            always: true,
            source_differs: true,
        });
    }

    fn source_differs(&self) -> bool {
        self.ended.as_ref().is_some_and(|end| end.source_differs)
    }

    /// Closes the books; a second time they are empty.
    pub(crate) fn close(&mut self, elapsed: Duration) -> Result<PushReport> {
        self.abandon_what_waits();
        self.correct_all_dead_letters();
        let all_tried = self.ledger.count(Outcome::NotSent) == 0;
        // Batches in doubt at the very end leave nothing that could have gone on.
        let is_all = all_tried && !self.source_is_left;
        let ended = self.ended.take().filter(|end| end.always || !is_all);
        if ended.is_none() && is_all && self.is_journaled && !self.is_closed {
            self.effects.journal.push(Entry::Finished {
                records: self.ledger.len(),
            });
        }
        self.is_closed = true;
        self.replay = None;
        let report = PushReport::new(
            self.ledger.close(),
            Circumstances {
                provider: self.provider,
                kind: self.kind,
                unread: std::mem::take(&mut self.unread),
                requests: self.traffic.requests,
                bytes_sent: self.traffic.bytes_sent,
                bytes_received: self.traffic.bytes_received,
                elapsed,
                unsent: std::mem::take(&mut self.unsent)
                    .into_iter()
                    .map(|(index, record)| Unsent { index, record })
                    .collect(),
                ended_early: ended.as_ref().map(|end| end.error.message().to_owned()),
                list_members: self.members,
            },
        );
        let Some(end) = ended else {
            return Ok(report);
        };
        let error = match self.crm_pause.message.take() {
            Some(message) if end.error.kind() == ErrorKind::Timeout => {
                end.error.in_context(&format!(
                    "the rate limit of {} itself held records back ('{message}') until",
                    self.provider
                ))
            }
            _ => end.error,
        };
        let how_far = if end.source_differs {
            "did not begin".to_owned()
        } else {
            let tried = report.records - report.not_sent;
            format!("ended after {tried} of {} records", report.records)
        };
        let call = format!("push of {} to {} {how_far}", self.kind, self.provider);
        Err(error.in_context(&call).with_report(report))
    }

    /// Nothing of what waits leaves any more.
    pub(crate) fn abandon_what_waits(&mut self) {
        for run in self.queue.drain() {
            self.keep_all_unsent(run.records());
        }
        let open = std::mem::take(&mut self.reopened);
        for (batch, runs) in open {
            self.abandon_open(batch, runs.iter().flat_map(Run::records));
        }
        for batch in std::mem::take(&mut self.ready) {
            if batch.was_open {
                self.abandon_open(batch.id, batch.records());
            } else {
                self.keep_all_unsent(batch.records());
            }
        }
        self.exceptions.clear();
    }

    /// The journal keeps the batch open, so the next run will decide.
    fn abandon_open<'a>(&mut self, batch: u64, records: impl Iterator<Item = (usize, &'a [u8])>) {
        let message = journal::unanswered();
        let message: Arc<str> = message.message().into();
        for (index, json) in records {
            self.doubted_in.insert(index, batch);
            self.settle_problem(index, Outcome::Unknown, &message, Some(json), None);
        }
    }
}
