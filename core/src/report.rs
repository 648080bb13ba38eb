//! What a push came to.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::ledger::Outcome;
use crate::provider::{Provider, PushKind};

/// A record that failed or whose outcome is unknown.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Problem {
    /// Its place in the caller's input, from 0.
    pub index: usize,
    /// [`Failed`](Outcome::Failed) or [`Unknown`](Outcome::Unknown).
    pub outcome: Outcome,
    /// Why, in the words of the service or the CRM where they gave any.
    pub message: std::sync::Arc<str>,
    /// The record as it was sent; `None` when it could not be encoded.
    pub record: Option<Box<RawValue>>,
    /// The service's id of the request that carried it.
    pub request_id: Option<std::sync::Arc<str>>,
}

/// What became of every record of a push.
///
/// `pushed + failed + unknown + not_sent` is always the number of records handed in.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct PushReport {
    pub(crate) provider: Provider,
    pub(crate) kind: PushKind,
    pub(crate) records: usize,
    pub(crate) pushed: usize,
    pub(crate) failed: usize,
    pub(crate) unknown: usize,
    pub(crate) not_sent: usize,
    pub(crate) requests: u64,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
    #[serde(rename = "elapsed_seconds", serialize_with = "as_seconds")]
    pub(crate) elapsed: Duration,
    pub(crate) problems: Vec<Problem>,
    pub(crate) ended_early: Option<String>,
    pub(crate) list_members_added: Option<u64>,
    pub(crate) list_members_removed: Option<u64>,
    #[serde(skip)]
    pub(crate) outcomes: Vec<u8>,
}

impl PushReport {
    /// The CRM that was pushed into.
    pub fn provider(&self) -> Provider {
        self.provider
    }

    /// What was pushed.
    pub fn kind(&self) -> PushKind {
        self.kind
    }

    /// Records handed in.
    pub fn records(&self) -> usize {
        self.records
    }

    /// Records created, or list changes applied.
    pub fn pushed(&self) -> usize {
        self.pushed
    }

    /// Records refused.
    pub fn failed(&self) -> usize {
        self.failed
    }

    /// Records sent without a trustworthy answer.
    pub fn unknown(&self) -> usize {
        self.unknown
    }

    /// Records that never left.
    pub fn not_sent(&self) -> usize {
        self.not_sent
    }

    /// Requests made, repeats included.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// Bytes of request bodies handed to the network, repeats included.
    pub fn bytes_sent(&self) -> u64 {
        self.bytes_sent
    }

    /// Bytes of answer bodies, after decompression.
    pub fn bytes_received(&self) -> u64 {
        self.bytes_received
    }

    /// From the start of the push to its report.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// The failed and unknown records, in the order of the input.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Why the push stopped before every record was tried, in words.
    pub fn ended_early(&self) -> Option<&str> {
        self.ended_early.as_deref()
    }

    /// Of a list push: memberships that the service says it added.
    pub fn list_members_added(&self) -> Option<u64> {
        self.list_members_added
    }

    /// Of a list push: memberships that the service says it removed.
    pub fn list_members_removed(&self) -> Option<u64> {
        self.list_members_removed
    }

    /// The outcome of the record at `index` of the input.
    pub fn outcome(&self, index: usize) -> Option<Outcome> {
        match self.outcomes.get(index)? {
            0 => Some(Outcome::Pushed),
            1 => Some(Outcome::Failed),
            2 => Some(Outcome::Unknown),
            _ => Some(Outcome::NotSent),
        }
    }

    /// Outcomes by index, a byte each: 0 pushed, 1 failed, 2 unknown, 3 not sent.
    pub fn outcomes(&self) -> &[u8] {
        &self.outcomes
    }

    /// The report without [`outcomes`](Self::outcomes) as JSON text.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| String::from("{}"))
    }
}

impl fmt::Debug for PushReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Records are customers' data: a debug print counts them and shows none.
        f.debug_struct("PushReport")
            .field("provider", &self.provider)
            .field("kind", &self.kind)
            .field("records", &self.records)
            .field("pushed", &self.pushed)
            .field("failed", &self.failed)
            .field("unknown", &self.unknown)
            .field("not_sent", &self.not_sent)
            .field("requests", &self.requests)
            .field("ended_early", &self.ended_early)
            .finish_non_exhaustive()
    }
}

fn as_seconds<S: serde::Serializer>(elapsed: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(elapsed.as_secs_f64())
}
