//! The course of a push whose records come from another language: feed, drain, resolve, finish.

use std::future::Future;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(feature = "arrow-ipc")]
use arrow_array::{RecordBatch, RecordBatchIterator};
use tokio::sync;

use super::bytes::{Bytes, Found};
use super::reply::Reply;
use super::rows::RowsReading;
use super::source::{Reader, Source};
use crate::client::Client;
use crate::error::{Error, Result};
use crate::push::{CancelHandle, CheckOptions, Flow, Push, PushOptions, StopHandle};
use crate::reads::Graph8Rows;
#[cfg(feature = "arrow-ipc")]
use crate::records::ArrowRecords;
use crate::records::Records;
use crate::records::shape::Shaper;
use crate::sync::lock;

/// A push under way, whose end can be had more than once.
pub struct Course {
    push: Push,
    is_check: bool,
    /// What bytes are fed through.
    bytes: Mutex<Bytes>,
    /// What is read in Rust; locked while it is, unless it may hang.
    source: sync::Mutex<Option<Source>>,
    /// The source may give nothing for ever: it is not waited for when the push has ended.
    may_hang: AtomicBool,
    /// Whether the records that were never fed have been counted.
    is_counted: AtomicBool,
    /// The end, kept for a caller who was interrupted while it came.
    reply: sync::Mutex<Option<Reply>>,
}

impl Course {
    /// Starts a push.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) for a wrong name or option, [`Storage`](crate::ErrorKind::Storage) for
    /// a file that can't be used.
    pub fn start(
        client: &Client,
        provider: &str,
        kind: &str,
        options: PushOptions,
        source: Option<Source>,
    ) -> Result<Self> {
        let push = client.start_push(provider.parse()?, kind.parse()?, options)?;
        Ok(Self::of(push, source, false))
    }

    /// Starts a check; its course is that of a push, and its end a result.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) for a wrong name or option.
    pub fn start_check(
        client: &Client,
        provider: &str,
        kind: &str,
        options: CheckOptions,
        source: Option<Source>,
    ) -> Result<Self> {
        let check = client.start_check(provider.parse()?, kind.parse()?, options)?;
        Ok(Self::of(check.0, source, true))
    }

    fn of(push: Push, source: Option<Source>, is_check: bool) -> Self {
        Self {
            push,
            is_check,
            bytes: Mutex::default(),
            may_hang: AtomicBool::new(source.as_ref().is_some_and(|source| source.may_hang)),
            source: sync::Mutex::new(source),
            is_counted: AtomicBool::new(false),
            reply: sync::Mutex::default(),
        }
    }

    /// Shapes records as the options ask for; `None` where they keep all fields and names.
    pub fn shaper(&self) -> Option<Shaper> {
        self.push.shaper()
    }

    /// The push.
    pub fn push(&self) -> &Push {
        &self.push
    }

    /// Stops the push from elsewhere.
    pub fn cancel_handle(&self) -> CancelHandle {
        self.push.cancel_handle()
    }

    /// Stops the push from elsewhere and lets its requests in flight answer.
    pub fn stop_handle(&self) -> StopHandle {
        self.push.stop_handle()
    }

    /// Takes in records and waits for room for more; false when the push has ended.
    pub async fn feed(&self, records: Records) -> bool {
        self.push.feed(records).await == Flow::Continue
    }

    /// Takes in bytes as they come, NDJSON text or Arrow's stream or file format; `is_end` says that no more
    /// do. The result says whether the push wants more.
    pub async fn feed_bytes(&self, bytes: &[u8], is_end: bool) -> Reply {
        let found = lock(&self.bytes).take(bytes, is_end);
        match found {
            Err(error) => error.into(),
            Ok(Found::Records(found)) => {
                let mut wants_more = true;
                for records in found {
                    if !records.is_empty() {
                        wants_more = self.feed(records).await;
                    }
                }
                Reply::result(&wants_more)
            }
            #[cfg(feature = "arrow-ipc")]
            Ok(Found::Batches {
                schema,
                batches,
                end,
            }) => {
                // A schema alone is judged, too, before a table without rows ends.
                let none = schema.map(RecordBatch::new_empty);
                let mut wants_more = Ok(Flow::Continue);
                for batch in none.into_iter().chain(batches) {
                    wants_more = self.feed_table(batch).await;
                    if wants_more.is_err() {
                        break;
                    }
                }
                reply_of(wants_more.and_then(|flow| end.map(|()| flow)))
            }
        }
    }

    /// Feeds the rows of a table; the result says whether the push wants more.
    #[cfg(feature = "arrow-ipc")]
    pub async fn feed_batch(&self, batch: RecordBatch) -> Reply {
        reply_of(self.feed_table(batch).await)
    }

    #[cfg(feature = "arrow-ipc")]
    async fn feed_table(&self, batch: RecordBatch) -> Result<Flow> {
        let schema = batch.schema();
        let is_empty = batch.num_rows() == 0;
        let reader = RecordBatchIterator::new([Ok(batch)], schema);
        // Refuses columns even where no row has them.
        let mut records = ArrowRecords::new(reader, self.push.shape())?;
        if is_empty {
            return Ok(Flow::Continue);
        }
        self.push.feed_from(&mut records).await
    }

    /// Feeds all of the source, by `reading`, which runs [`read_source`](Self::read_source) where it may
    /// block. One that may hang is left behind when the push ends. Without a blocking source, `reading` is not
    /// begun.
    pub async fn feed_source(&self, reading: impl Future<Output = Reply>) -> Reply {
        if let Some(mut rows) = self.take_rows().await {
            return reply_of(Box::pin(rows.feed(&self.push)).await);
        }
        tokio::select! {
            biased;
            reply = reading => reply,
            () = self.push.ended(), if self.may_hang.load(Ordering::Acquire) => {
                self.push.leave_source();
                Reply::result(&false)
            }
        }
    }

    /// Feeds graph8's own rows in place of the source; as [`feed_source`](Self::feed_source).
    pub async fn feed_rows(&self, rows: RowsReading) -> Reply {
        let RowsReading(mut rows) = rows;
        reply_of(Box::pin(rows.feed(&self.push)).await)
    }

    /// Has [`feed_source`](Self::feed_source) read `source` next, which follows what was fed before. While
    /// one is still read, after a cancel, there is none to follow.
    pub fn follow_with(&self, source: Source) {
        if let Ok(mut next) = self.source.try_lock() {
            self.may_hang.store(source.may_hang, Ordering::Release);
            *next = Some(source);
        }
    }

    async fn take_rows(&self) -> Option<Box<Graph8Rows>> {
        let mut source = self.source.lock().await;
        match source.take()? {
            Source {
                reader: Reader::Rows(rows),
                ..
            } => Some(rows),
            blocking => {
                *source = Some(blocking);
                None
            }
        }
    }

    /// Feeds the source until it or the push ends; the result says whether the push wants more.
    pub async fn read_source(&self) -> Reply {
        let mut reading = self.source.lock().await;
        let Some(mut source) = reading.take() else {
            return Reply::result(&true);
        };
        if source.may_hang {
            drop(reading);
        }
        reply_of(match &mut source.reader {
            Reader::Blocking(records) => self.push.feed_from(&mut **records).await,
            Reader::Rows(rows) => Box::pin(rows.feed(&self.push)).await,
        })
    }

    /// Counts `not_sent` records of the source that were never fed (at the first call), and sends what
    /// waits; the result is the list of the records in doubt.
    pub async fn drain(&self, not_sent: usize) -> Reply {
        self.end_input(not_sent).await;
        self.push.drain().await;
        Reply::result(&self.push.unknown())
    }

    /// Drains, if that was not done, and gives the report. Called again it gives the same reply.
    pub async fn finish(&self, not_sent: usize) -> Reply {
        self.end_input(not_sent).await;
        let mut reply = self.reply.lock().await;
        if reply.is_none() {
            *reply = Some(if self.is_check {
                Reply::of(&self.push.finish_check().await)
            } else {
                self.push.finish().await.into()
            });
        }
        reply.clone().unwrap_or_default()
    }

    /// The report of a push that can't go on, since its runtime or its file handles are gone.
    pub fn abandon(&self, not_sent: usize, error: Error) -> Reply {
        if let Ok(reply) = self.reply.try_lock()
            && let Some(reply) = &*reply
        {
            return reply.clone();
        }
        let is_counted = self.is_counted.swap(true, Ordering::AcqRel);
        let not_sent = if is_counted { 0 } else { not_sent };
        let reply = if self.is_check {
            Reply::from(error)
        } else {
            Reply::from(self.push.abandon(not_sent, error))
        };
        if let Ok(mut kept) = self.reply.try_lock() {
            *kept = Some(reply.clone());
        }
        reply
    }

    /// Nothing more is fed.
    async fn end_input(&self, not_sent: usize) {
        // After a cancel the source may be read still, until it is asked for the next chunk.
        let unread = self.source.lock().await.take();
        let left = unread.and_then(|source| source.reader.left()).unwrap_or(0);
        if !self.is_counted.swap(true, Ordering::AcqRel) {
            self.push.not_sent(not_sent + left);
        }
    }
}

/// Whether a push that was fed wants more.
fn reply_of(fed: Result<Flow>) -> Reply {
    Reply::of(&fed.map(|flow| flow == Flow::Continue))
}

/// Feeding a push step by step.
pub trait FeedPush {
    /// Takes in a chunk of records at once; wait for [`ready`](Self::ready) before the next.
    fn offer(&self, records: Records);
    /// As [`offer`](Self::offer), of records that have the shape of the push's options already, and of which no
    /// object has a name twice or lies too deep.
    /// Gives back memory that the next chunk can be written into, where it has some.
    fn offer_shaped(&self, records: Records) -> Option<Records>;
    /// Waits until there is room for more records.
    fn ready(&self) -> impl Future<Output = Flow> + Send;
    /// Whether there is room for more records now, without waiting.
    fn has_room(&self) -> bool;
    /// Counts records of the source that were never fed because the push had ended.
    fn not_sent(&self, count: usize);
    /// Says how many records the source holds in all, for snapshots alone.
    fn expect_total(&self, records: usize);
    /// Says that the source may hold more records than were counted.
    fn leave_source(&self);
    /// Says that the source can't be read on, and why.
    fn source_failed(&self, why: &str);
}

impl FeedPush for Push {
    fn offer(&self, records: Records) {
        Self::offer(self, records);
    }

    fn offer_shaped(&self, mut records: Records) -> Option<Records> {
        if self.is_shaped_at_source() {
            records.mark_shaped();
        }
        records.mark_sound();
        self.offer_and_reuse(records)
    }

    fn ready(&self) -> impl Future<Output = Flow> + Send {
        Self::ready(self)
    }

    fn has_room(&self) -> bool {
        Self::has_room(self)
    }

    fn not_sent(&self, count: usize) {
        Self::not_sent(self, count);
    }

    fn expect_total(&self, records: usize) {
        Self::expect_total(self, records);
    }

    fn leave_source(&self) {
        Self::leave_source(self);
    }

    fn source_failed(&self, why: &str) {
        Self::source_failed(self, why);
    }
}

/// What an encoder knows of the records of a chunk.
pub trait RejectRecord {
    /// Says that no object has a name twice or lies too deep, so that nobody need look.
    fn mark_sound(&mut self);
    /// Turns the record at `position` into a rejection; beyond the end it does nothing.
    fn reject_at(&mut self, position: usize, message: String);
}

impl RejectRecord for Records {
    fn mark_sound(&mut self) {
        Self::mark_sound(self);
    }

    fn reject_at(&mut self, position: usize, message: String) {
        Self::reject_at(self, position, message);
    }
}
