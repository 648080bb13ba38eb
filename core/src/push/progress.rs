//! Snapshots of a push under way.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use serde::{Serialize, Serializer};
use tokio::time::Instant;

use super::forecast::Stage;
use crate::http::call::Phase;
use crate::report::PacingScope;
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
    /// Who shares the rate limit with this push at the moment; [`PacingScope::Alone`] also while the store that it
    /// is shared by can't be had.
    pub pacing: PacingScope,
    /// Set when every request waits.
    pub waiting: Option<Wait>,
    /// Time left, where the total is known and a batch was answered: by the rate limits, the size of batches
    /// and how long answers take.
    #[serde(rename = "seconds_left", serialize_with = "as_seconds")]
    pub left: Option<Duration>,
}

/// What each request of a push does at the moment, by its batch.
#[derive(Default)]
pub(crate) struct Activity(Mutex<HashMap<u64, (Phase, Instant)>>);

impl Activity {
    pub(crate) fn note(&self, batch: u64, phase: Phase) {
        lock(&self.0).insert(batch, (phase, Instant::now()));
    }

    /// How far a batch is.
    pub(crate) fn stage(&self, batch: u64, now: Instant) -> Stage {
        let (phase, since) = match lock(&self.0).get(&batch) {
            Some(noted) => *noted,
            None => return Stage::Waiting(Duration::ZERO),
        };
        match phase {
            Phase::Asking => Stage::Asking(now.saturating_duration_since(since)),
            // The pacer's windows say when.
            Phase::Pacing { .. } => Stage::Waiting(Duration::ZERO),
            Phase::Waiting { until } => Stage::Waiting(until.saturating_duration_since(now)),
        }
    }

    pub(crate) fn over(&self, batch: u64) {
        lock(&self.0).remove(&batch);
    }

    /// The wait that ends first, when nothing but waiting goes on.
    pub(crate) fn waiting(&self, now: Instant) -> Option<Wait> {
        let phase = lock(&self.0);
        let waits: Option<Vec<Wait>> = phase
            .values()
            .map(|(phase, _)| {
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

/// A source is what a push waits for when it does for more than such a part of its time.
const SLOW_SOURCE: u32 = 5;

/// How fast the source is, and how long the push waited for it while requests could have left.
#[derive(Default)]
pub(crate) struct SourcePace {
    waits_since: Option<Instant>,
    waited: Duration,
    /// When the first records came and the last ones, and how many there were by then.
    first: Option<(Instant, usize)>,
    last: Option<(Instant, usize)>,
    /// How many came at once.
    pub(crate) chunk: usize,
}

impl SourcePace {
    /// The source has given so many records by now.
    pub(crate) fn note_read(&mut self, records: usize) {
        let now = (Instant::now(), records);
        self.first.get_or_insert(now);
        self.chunk = records - self.last.map_or(0, |(_, before)| before).min(records);
        self.last = Some(now);
    }

    pub(crate) fn note_wait(&mut self, is_waiting: bool) {
        let now = Instant::now();
        match (is_waiting, self.waits_since) {
            (true, None) => self.waits_since = Some(now),
            (false, Some(since)) => {
                self.waited += now.saturating_duration_since(since);
                self.waits_since = None;
            }
            _ => {}
        }
    }

    /// How long it takes to give so many more records, where the push waits for it for a good part of its time,
    /// `elapsed`.
    pub(crate) fn time_for(
        &self,
        unread: usize,
        elapsed: Duration,
        now: Instant,
    ) -> Option<Duration> {
        let since = |moment| now.saturating_duration_since(moment);
        let waited = self.waited + self.waits_since.map(since).unwrap_or_default();
        let ((first, before), (last, by_then)) = (self.first?, self.last?);
        let (time, records) = (
            last.saturating_duration_since(first),
            by_then - before.min(by_then),
        );
        (waited > elapsed / SLOW_SOURCE && records > 0)
            .then(|| at_the_rate_of(records, time, unread).saturating_sub(since(last)))
    }
}

/// Time for `rest` things, of which `done` took `time`.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
pub(crate) fn at_the_rate_of(done: usize, time: Duration, rest: usize) -> Duration {
    let seconds = time.as_secs_f64() * rest as f64 / (done.max(1) as f64);
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

#[expect(clippy::ref_option, reason = "the signature that serde asks for")]
fn as_seconds<S: Serializer>(left: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    left.map(|left| left.as_secs_f64()).serialize(serializer)
}

fn whole_seconds<S: Serializer>(elapsed: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(elapsed.as_secs_f64())
}
