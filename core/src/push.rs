//! A push: records in, batches out, every record's outcome in the ledger.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::value::RawValue;
use tokio_util::sync::CancellationToken;

use crate::accounts::{self, Claim, Members, Verdict};
use crate::answer;
use crate::batch::{Batch, BatchRecord};
use crate::client::{Client, Ending, Policy, Trace};
use crate::error::{Error, ErrorKind, Result};
use crate::identity::identifying_paths;
use crate::ledger::{Ledger, Outcome};
use crate::list_change::ListChange;
use crate::provider::{Provider, PushKind};
use crate::records::{Encoded, Records};
use crate::report::{Problem, PushReport};
use crate::transport::{Answer, Post, Request};

/// Most records of one request; graph8's neighbouring batch endpoints take no more either.
pub const MAX_BATCH_SIZE: usize = 100;

/// What to do with a batch that was sent and got no trustworthy answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnUnknown {
    /// Report its records as unknown.
    #[default]
    Report,
    /// Send it again with the same idempotency key, at the risk of duplicates.
    Retry,
}

impl FromStr for OnUnknown {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "report" => Ok(Self::Report),
            "retry" => Ok(Self::Retry),
            _ => Err(Error::config(format!(
                "on_unknown is '{}': use report or retry",
                answer::quote(name.as_bytes())
            ))),
        }
    }
}

/// How a push goes.
#[derive(Clone, Debug)]
pub struct PushOptions {
    /// Records a request, 1 to [`MAX_BATCH_SIZE`]. Default: 100.
    pub batch_size: usize,
    /// What to do in doubt. Default: report it. List changes are idempotent and always repeated.
    pub on_unknown: OnUnknown,
    /// An object handed through to the service untouched as `provider_fields`. Default: none.
    pub provider_fields: Option<Box<RawValue>>,
    /// Longest time for the push as a whole. Default: none.
    pub deadline: Option<Duration>,
    /// So many batches in a row without a trustworthy answer end the push; 0 never does.
    /// Default: 3.
    pub max_consecutive_unknown: u32,
}

impl Default for PushOptions {
    fn default() -> Self {
        Self {
            batch_size: MAX_BATCH_SIZE,
            on_unknown: OnUnknown::Report,
            provider_fields: None,
            deadline: None,
            max_consecutive_unknown: 3,
        }
    }
}

impl PushOptions {
    fn check(&self, kind: PushKind) -> Result<()> {
        if !(1..=MAX_BATCH_SIZE).contains(&self.batch_size) {
            return Err(Error::config(format!(
                "batch_size is {}: use 1 to {MAX_BATCH_SIZE}",
                self.batch_size
            )));
        }
        if let Some(fields) = &self.provider_fields {
            if kind == PushKind::Lists {
                return Err(Error::config(
                    "provider_fields goes with contacts and companies, not with lists",
                ));
            }
            if !fields.get().starts_with('{') {
                return Err(Error::config(
                    "provider_fields is not an object of field names",
                ));
            }
        }
        Ok(())
    }
}

/// Whether a push wants more records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Flow {
    /// Feed on.
    Continue,
    /// The push has ended early; further records count as not sent.
    Ended,
}

/// Stops a push from elsewhere, the request in flight included.
#[derive(Clone, Debug)]
pub struct CancelHandle(CancellationToken);

impl CancelHandle {
    /// Stops the push; what is in flight becomes unknown if any of it was sent.
    pub fn cancel(&self) {
        self.0.cancel();
    }
}

/// A push under way: [`feed`](Self::feed) it records, then [`finish`](Self::finish) it.
///
/// Its books stay right however it is used: a future of it that is dropped in the middle leaves
/// the records in flight unknown or not sent, and `finish` still reports them.
pub struct Push {
    client: Client,
    provider: Provider,
    kind: PushKind,
    options: PushOptions,
    cancel: CancellationToken,
    started: Instant,
    ledger: Ledger,
    /// Valid records that wait for a batch to be full.
    waiting: VecDeque<BatchRecord>,
    /// Batches on their way: the front one may be in flight, the others are halves of a split.
    leaving: VecDeque<Batch>,
    trace: Trace,
    traffic: Traffic,
    consecutive_unknown: u32,
    members: Option<Members>,
    ended: Option<End>,
}

#[derive(Default)]
struct Traffic {
    requests: u64,
    bytes_sent: u64,
    bytes_received: u64,
}

/// Why no further batch leaves.
struct End {
    error: Error,
    /// Raise it even when every record was tried.
    always: bool,
}

impl Push {
    pub(crate) fn start(
        client: Client,
        provider: Provider,
        kind: PushKind,
        options: PushOptions,
    ) -> Result<Self> {
        options.check(kind)?;
        Ok(Self {
            client,
            provider,
            kind,
            options,
            cancel: CancellationToken::new(),
            started: Instant::now(),
            ledger: Ledger::default(),
            waiting: VecDeque::new(),
            leaving: VecDeque::new(),
            trace: Trace::default(),
            traffic: Traffic::default(),
            consecutive_unknown: 0,
            members: None,
            ended: None,
        })
    }

    /// A handle that stops this push from elsewhere.
    pub fn cancel_handle(&self) -> CancelHandle {
        CancelHandle(self.cancel.clone())
    }

    /// Takes in a chunk of records and sends every batch that is full.
    pub async fn feed(&mut self, records: Records) -> Flow {
        self.settle_abandoned();
        let first = self.ledger.admit(records.len());
        for (position, slot) in records.into_encoded().enumerate() {
            let index = first + position;
            match slot {
                Err(message) => self.settle_refused(index, &message, None),
                Ok(original) => match self.check(original.clone()) {
                    Ok(encoded) => self.waiting.push_back(BatchRecord { index, encoded }),
                    Err(message) => self.settle_refused(index, &message, Some(&original)),
                },
            }
        }
        self.send_waiting(self.options.batch_size).await
    }

    /// Counts records of the source that were never fed because the push had ended.
    pub fn not_sent(&mut self, count: usize) {
        self.ledger.admit(count);
    }

    /// Sends what waits and closes the books. A second call gives an empty report.
    ///
    /// # Errors
    ///
    /// What ended the push before every record was tried; its [report](Error::report) says what
    /// became of each.
    pub async fn finish(&mut self) -> Result<PushReport> {
        self.settle_abandoned();
        // What this returns is in self.ended as well.
        let _ = self.send_waiting(1).await;
        let all_tried = self.ledger.count(Outcome::NotSent) == 0;
        // Batches in doubt at the very end leave nothing that could have gone on.
        let ended = self.ended.take().filter(|end| end.always || !all_tried);
        let report = self.close(ended.as_ref());
        let Some(end) = ended else {
            return Ok(report);
        };
        let call = format!(
            "push of {} to {} ended after {} of {} records",
            self.kind,
            self.provider,
            report.records - report.not_sent,
            report.records
        );
        Err(end.error.in_context(&call).with_report(report))
    }

    /// A list change is rewritten in the service's form; contacts and companies pass as they are.
    fn check(&self, encoded: Encoded) -> std::result::Result<Encoded, String> {
        if self.kind != PushKind::Lists {
            return match encoded.problem_as_object() {
                Some(problem) => Err(problem),
                None => Ok(encoded),
            };
        }
        let change = ListChange::from_json(encoded.json())?;
        let mut rewritten = Records::new();
        rewritten.push(&change);
        rewritten
            .into_encoded()
            .next()
            .unwrap_or_else(|| Err("the list change can't be encoded".to_owned()))
    }

    /// Sends batches while at least `least` records wait.
    async fn send_waiting(&mut self, least: usize) -> Flow {
        while self.ended.is_none() {
            if self.leaving.is_empty() {
                if self.waiting.len() < least {
                    return Flow::Continue;
                }
                let size = self.options.batch_size.min(self.waiting.len());
                if size == 0 {
                    return Flow::Continue;
                }
                let records = self.waiting.drain(..size).collect();
                self.leaving.push_back(Batch::new(records));
            }
            self.send_front().await;
        }
        self.waiting.clear();
        self.leaving.clear();
        Flow::Ended
    }

    /// Sends the front batch of `leaving` until it has a fate, then settles its records.
    async fn send_front(&mut self) {
        let Some(batch) = self.leaving.front() else {
            return;
        };
        let fields = self.options.provider_fields.as_deref().map(RawValue::get);
        let request = Request {
            path: format!("crm-syncs/{}/{}/push", self.provider, self.kind),
            query: None,
            post: Some(Post {
                frames: batch.frames(fields),
                idempotency_key: batch.idempotency_key.clone(),
            }),
        };
        let policy = Policy {
            may_repeat_in_doubt: self.kind.is_idempotent()
                || self.options.on_unknown == OnUnknown::Retry,
            of_fields: false,
            cancel: self.cancel.clone(),
            deadline: self
                .options
                .deadline
                .and_then(|deadline| self.started.checked_add(deadline)),
        };
        let paths = identifying_paths(self.provider, self.kind);
        let of_lists = self.kind == PushKind::Lists;
        let read = |answer: &Answer| read_claim(answer, of_lists, paths);
        self.trace = Trace::default();
        let ending = self
            .client
            .perform(&request, &policy, &mut self.trace, read)
            .await;
        let trace = std::mem::take(&mut self.trace);
        self.add_traffic(&trace);
        if let Some(batch) = self.leaving.pop_front() {
            self.settle_batch(batch, ending, &trace);
        }
    }

    fn settle_batch(&mut self, batch: Batch, ending: Ending<Claim>, trace: &Trace) {
        let repeated_create = trace.had_doubt() && !self.kind.is_idempotent();
        match ending {
            Ending::Answered { value, request_id } => {
                self.settle_answered(&batch, &value, request_id.as_deref(), repeated_create);
            }
            Ending::Refused { error, fatal } => {
                let outcome = if repeated_create {
                    Outcome::Unknown
                } else {
                    Outcome::Failed
                };
                self.settle_all(&batch, outcome, &error);
                self.consecutive_unknown = 0;
                if fatal {
                    self.end(error, true);
                }
            }
            Ending::TooLarge(error) => {
                if repeated_create {
                    self.settle_all(&batch, Outcome::Unknown, &error);
                } else if batch.records.len() > 1 {
                    if let Some((first, second)) = batch.split() {
                        self.leaving.push_front(second);
                        self.leaving.push_front(first);
                    }
                } else {
                    self.settle_all(&batch, Outcome::Failed, &error);
                }
            }
            Ending::NotTaken(error) => self.end(error, true),
            Ending::Doubtful { error, ends_run } => {
                self.settle_all(&batch, Outcome::Unknown, &error);
                if ends_run {
                    self.end(error, true);
                } else {
                    self.count_unknown(error);
                }
            }
            Ending::Interrupted(error) => {
                if trace.is_in_doubt() {
                    self.settle_all(&batch, Outcome::Unknown, &error);
                }
                let always = error.kind() == ErrorKind::Cancelled;
                self.end(error, always);
            }
        }
    }

    fn settle_answered(
        &mut self,
        batch: &Batch,
        claim: &Claim,
        request_id: Option<&str>,
        repeated_create: bool,
    ) {
        let paths = identifying_paths(self.provider, self.kind);
        let records: Vec<&[u8]> = batch
            .records
            .iter()
            .map(|record| record.encoded.json())
            .collect();
        let request_id: Option<Arc<str>> = request_id.map(Arc::from);
        let mut all_unknown = true;
        for (record, verdict) in batch
            .records
            .iter()
            .zip(accounts::settle(&records, paths, claim))
        {
            let (outcome, message) = match verdict {
                Verdict::Pushed => {
                    all_unknown = false;
                    self.ledger.settle(record.index, Outcome::Pushed);
                    continue;
                }
                Verdict::Failed(message) if repeated_create => (
                    Outcome::Unknown,
                    format!("refused on the repeat, after a try without an answer: {message}"),
                ),
                Verdict::Failed(message) => {
                    all_unknown = false;
                    (Outcome::Failed, message)
                }
                Verdict::Unknown(message) => (Outcome::Unknown, message),
            };
            self.settle_problem(
                record.index,
                outcome,
                &message.into(),
                Some(&record.encoded),
                request_id.clone(),
            );
        }
        if let Some(members) = claim.members {
            let sum = self.members.get_or_insert_default();
            sum.added = sum.added.saturating_add(members.added);
            sum.removed = sum.removed.saturating_add(members.removed);
        }
        if all_unknown {
            let error = Error::new(
                ErrorKind::InvalidAnswer,
                "the answer can't be matched to the records sent",
            );
            self.count_unknown(error.with_request_id(request_id.map(|id| id.to_string())));
        } else {
            self.consecutive_unknown = 0;
        }
    }

    fn count_unknown(&mut self, error: Error) {
        self.consecutive_unknown += 1;
        if self.consecutive_unknown == self.options.max_consecutive_unknown {
            let context = format!(
                "{} batches in a row got no trustworthy answer",
                self.consecutive_unknown
            );
            self.end(error.in_context(&context), false);
        }
    }

    fn settle_all(&mut self, batch: &Batch, outcome: Outcome, error: &Error) {
        let message: Arc<str> = error.message().into();
        let request_id: Option<Arc<str>> = error.request_id().map(Arc::from);
        for record in &batch.records {
            self.settle_problem(
                record.index,
                outcome,
                &message,
                Some(&record.encoded),
                request_id.clone(),
            );
        }
    }

    /// Our own validation refused it: it never leaves.
    fn settle_refused(&mut self, index: usize, message: &str, record: Option<&Encoded>) {
        self.settle_problem(index, Outcome::Failed, &message.into(), record, None);
    }

    fn settle_problem(
        &mut self,
        index: usize,
        outcome: Outcome,
        message: &Arc<str>,
        record: Option<&Encoded>,
        request_id: Option<Arc<str>>,
    ) {
        let record = record
            .and_then(|record| std::str::from_utf8(record.json()).ok())
            .and_then(|json| RawValue::from_string(json.to_owned()).ok());
        self.ledger.settle_problem(Problem {
            index,
            outcome,
            message: Arc::clone(message),
            record,
            request_id,
        });
    }

    /// Settles what a dropped future left behind in the middle of a request.
    fn settle_abandoned(&mut self) {
        let trace = std::mem::take(&mut self.trace);
        if trace.is_in_doubt()
            && let Some(batch) = self.leaving.pop_front()
        {
            self.add_traffic(&trace);
            let error = Error::new(
                ErrorKind::Cancelled,
                "abandoned while the request was under way",
            );
            self.settle_all(&batch, Outcome::Unknown, &error);
            self.end(error, true);
        }
    }

    fn end(&mut self, error: Error, always: bool) {
        if self.ended.is_none() {
            self.ended = Some(End { error, always });
        }
    }

    fn add_traffic(&mut self, trace: &Trace) {
        self.traffic.requests += trace.requests;
        self.traffic.bytes_sent += trace.bytes_sent;
        self.traffic.bytes_received += trace.bytes_received;
    }

    fn close(&mut self, ended: Option<&End>) -> PushReport {
        let (outcomes, [pushed, failed, unknown, not_sent], problems) = self.ledger.close();
        PushReport {
            provider: self.provider,
            kind: self.kind,
            records: outcomes.len(),
            pushed,
            failed,
            unknown,
            not_sent,
            requests: self.traffic.requests,
            bytes_sent: self.traffic.bytes_sent,
            bytes_received: self.traffic.bytes_received,
            elapsed: self.started.elapsed(),
            problems,
            ended_early: ended.map(|end| end.error.message().to_owned()),
            list_members_added: self.members.map(|members| members.added),
            list_members_removed: self.members.map(|members| members.removed),
            outcomes,
        }
    }
}

impl fmt::Debug for Push {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Push")
            .field("provider", &self.provider)
            .field("kind", &self.kind)
            .field("pushed", &self.ledger.count(Outcome::Pushed))
            .field("failed", &self.ledger.count(Outcome::Failed))
            .field("unknown", &self.ledger.count(Outcome::Unknown))
            .field("not_sent", &self.ledger.count(Outcome::NotSent))
            .finish_non_exhaustive()
    }
}

fn read_claim(answer: &Answer, of_lists: bool, paths: &[&str]) -> Result<Claim> {
    let data = answer::read(answer)?;
    Claim::read(&data, of_lists, paths).map_err(|reason| {
        answer::invalid(answer, &format!("the answer can't be trusted: {reason}"))
    })
}
