//! Records on their way out: those that wait for a batch, batches that wait, batches under way.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::queue::Queue;
use crate::names::PushKind;
use crate::push::forecast::Fill;
use crate::push::options::PushOptions;
use crate::push::sizing::Sizing;
use crate::records::Run;
use crate::records::batch::Batch;

pub(super) struct Outbox {
    queue: Queue,
    /// Records that an earlier run has left in doubt and that are sent again.
    again: Queue,
    /// Parts of batches that travel again, and batches of an earlier run: they leave first.
    ready: VecDeque<Batch>,
    in_flight: HashMap<u64, Arc<Batch>>,
    next_batch_id: u64,
    /// Requests at a time.
    concurrency: usize,
    /// What came first in the source leaves first, also when an earlier run has sent what came later.
    keeps_order: bool,
    pub(super) sizing: Sizing,
    fill: Fill,
}

impl Outbox {
    pub(super) fn new(
        options: &PushOptions,
        kind: PushKind,
        patience: Duration,
        next_batch_id: u64,
    ) -> Self {
        // Changes of one list must arrive in their order, so those go one by one.
        let keeps_order = kind == PushKind::Lists;
        let concurrency = if keeps_order { 1 } else { options.concurrency };
        Self {
            queue: Queue::of_changes(keeps_order),
            again: Queue::default(),
            ready: VecDeque::new(),
            in_flight: HashMap::new(),
            next_batch_id,
            concurrency,
            keeps_order,
            sizing: Sizing::new(options.batch_size, options.batch_bytes, patience),
            fill: Fill::default(),
        }
    }

    pub(super) fn concurrency(&self) -> usize {
        self.concurrency
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    pub(super) fn fill(&self) -> Fill {
        self.fill
    }

    /// The batches under way: their ids, and how many records each has.
    pub(super) fn under_way(&self) -> impl Iterator<Item = (u64, usize)> {
        self.in_flight.iter().map(|(id, batch)| (*id, batch.len()))
    }

    pub(super) fn next_batch_id(&self) -> u64 {
        self.next_batch_id
    }

    /// Whether the source may go on: until a batch waits for each request and one more.
    pub(super) fn has_room(&self) -> bool {
        !self.queue.holds_batches(self.concurrency + 1, &self.sizing)
    }

    /// Whether a source that waits should go on: not at each batch that leaves, since waking it costs
    /// more than a batch.
    pub(super) fn wants_more(&self) -> bool {
        let enough = self.concurrency.div_ceil(2);
        !self.queue.holds_batches(enough, &self.sizing)
    }

    /// Whether nothing waits to leave.
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.again.is_empty() && self.ready.is_empty()
    }

    pub(super) fn add(&mut self, run: Run, is_nameable: bool) {
        self.queue.push(run, is_nameable);
    }

    /// Records that may be in the CRM and are sent all the same.
    pub(super) fn add_again(&mut self, run: Run, is_nameable: bool) {
        self.again.push(run, is_nameable);
    }

    /// A batch of an earlier run, to be sent again under its own id.
    pub(super) fn add_reopened(&mut self, batch: Batch) {
        // In the order in which they left first.
        let place = self.ready.partition_point(|other| other.id < batch.id);
        self.ready.insert(place, batch);
    }

    /// Parts of a batch leave next, each as a batch of its own.
    pub(super) fn send_next(&mut self, parts: impl DoubleEndedIterator<Item = Vec<Run>>) {
        for part in parts.rev() {
            let batch = self.new_batch(part);
            self.ready.push_front(batch);
        }
    }

    /// The next batch, if fewer than `most` are under way.
    pub(super) fn next(&mut self, most: usize, input_is_over: bool) -> Option<Arc<Batch>> {
        if self.in_flight.len() >= most {
            return None;
        }
        let reopened = self.ready.front().filter(|batch| batch.was_open);
        let reopened = reopened
            .filter(|_| self.keeps_order)
            .map(Batch::first_index);
        let older = reopened.and_then(|index| self.queue.cut_before(index, &self.sizing));
        let batch = if let Some(records) = older {
            self.new_batch(records)
        } else if let Some(batch) = self.ready.pop_front() {
            batch
        } else if let Some(records) = self.again.cut(&self.sizing, input_is_over) {
            Batch::again(self.new_id(), records)
        } else {
            let records = self.queue.cut(&self.sizing, input_is_over)?;
            if !input_is_over {
                // The last ones are as they happen to be.
                let len = records.iter().map(Run::len).sum();
                self.fill.note(len, self.sizing.records());
            }
            self.new_batch(records)
        };
        let batch = Arc::new(batch);
        self.in_flight.insert(batch.id, Arc::clone(&batch));
        Some(batch)
    }

    /// A batch is under way no longer.
    pub(super) fn take(&mut self, id: u64) -> Option<Arc<Batch>> {
        self.in_flight.remove(&id)
    }

    pub(super) fn take_all_in_flight(&mut self) -> impl Iterator<Item = Arc<Batch>> + use<> {
        std::mem::take(&mut self.in_flight).into_values()
    }

    /// Whatever waits leaves no more.
    pub(super) fn take_waiting(&mut self) -> (Vec<Run>, VecDeque<Batch>) {
        (
            self.queue.drain().collect(),
            std::mem::take(&mut self.ready),
        )
    }

    /// Whether a whole batch waits.
    pub(super) fn holds_a_batch(&self) -> bool {
        self.queue.holds_batches(1, &self.sizing)
    }

    /// Of what waits, the records that may be in the CRM leave no more.
    pub(super) fn take_again(&mut self) -> impl Iterator<Item = Run> + use<> {
        self.again.drain()
    }

    fn new_id(&mut self) -> u64 {
        let id = self.next_batch_id;
        self.next_batch_id += 1;
        id
    }

    pub(super) fn new_batch(&mut self, records: Vec<Run>) -> Batch {
        Batch::new(self.new_id(), records)
    }
}
