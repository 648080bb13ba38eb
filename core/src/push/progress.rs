//! Snapshots of a push under way.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use serde::{Serialize, Serializer};
use tokio::time::Instant;

use crate::http::call::Phase;
use crate::sync::lock;

/// Why no request of a push is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WaitReason {
    /// The rate limit has no room for another request.
    RateLimit,
    /// A request that failed without effect is tried again.
    Retry,
    /// The CRM's own rate limit keeps records back.
    CrmRateLimit,
    /// Records in doubt will be looked for when the service can no longer be at work on them.
    InDoubt,
    /// Contacts that were just created are not found yet, to be added to a list: the CRM's search lags.
    SearchLag,
}

impl WaitReason {
    /// Every one of them.
    #[cfg(feature = "bindings")]
    pub(crate) const ALL: [Self; 5] = [
        Self::RateLimit,
        Self::Retry,
        Self::CrmRateLimit,
        Self::InDoubt,
        Self::SearchLag,
    ];
}

/// A wait of all requests of a push.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Wait {
    /// Why.
    pub reason: WaitReason,
    /// How much longer, as far as that is known.
    #[serde(rename = "seconds", serialize_with = "as_seconds")]
    pub left: Option<Duration>,
}

/// How far a push is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PushProgress {
    /// Records read from the source so far.
    pub records: usize,
    /// Records of the whole source, where that is known.
    pub total: Option<usize>,
    /// Records created, or list changes applied.
    pub pushed: usize,
    /// Records left out on purpose.
    pub skipped: usize,
    /// Records refused.
    pub failed: usize,
    /// Records sent without a trustworthy answer.
    pub unknown: usize,
    /// Requests whose fate is known, repeats included.
    pub requests: u64,
    /// Requests under way or waiting to leave.
    pub in_flight: usize,
    /// Bytes of request bodies handed to the network, repeats included.
    pub bytes_sent: u64,
    /// Records per request at the moment.
    pub batch_size: usize,
    /// Since the push began.
    #[serde(rename = "elapsed_seconds", serialize_with = "whole_seconds")]
    pub elapsed: Duration,
    /// Records settled per second by this run, on average.
    pub records_per_second: f64,
    /// Set when every request waits.
    pub waiting: Option<Wait>,
    /// Time left at this rate, where the total is known.
    #[serde(rename = "seconds_left", serialize_with = "as_seconds")]
    pub left: Option<Duration>,
}

/// What each request of a push does at the moment, by its batch.
#[derive(Default)]
pub(crate) struct Activity(Mutex<HashMap<u64, Phase>>);

impl Activity {
    pub(crate) fn note(&self, batch: u64, phase: Phase) {
        lock(&self.0).insert(batch, phase);
    }

    pub(crate) fn over(&self, batch: u64) {
        lock(&self.0).remove(&batch);
    }

    /// The wait that ends first, when nothing but waiting goes on.
    pub(crate) fn waiting(&self, now: Instant) -> Option<Wait> {
        let phase = lock(&self.0);
        let waits: Option<Vec<Wait>> = phase
            .values()
            .map(|phase| {
                let (reason, until) = match phase {
                    Phase::Asking => return None,
                    Phase::Pacing { until } => (WaitReason::RateLimit, *until),
                    Phase::Waiting { until } => (WaitReason::Retry, Some(*until)),
                };
                let left = until.map(|until| until.saturating_duration_since(now));
                Some(Wait { reason, left })
            })
            .collect();
        waits?
            .into_iter()
            .min_by_key(|wait| wait.left.unwrap_or(Duration::MAX))
    }
}

/// Time left for the rest at the rate so far.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
pub(crate) fn left(total: usize, settled: usize, records_per_second: f64) -> Option<Duration> {
    (records_per_second > 0.0)
        .then(|| total.saturating_sub(settled) as f64 / records_per_second)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}

#[expect(clippy::ref_option, reason = "the signature that serde asks for")]
fn as_seconds<S: Serializer>(left: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    left.map(|left| left.as_secs_f64()).serialize(serializer)
}

fn whole_seconds<S: Serializer>(elapsed: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(elapsed.as_secs_f64())
}
