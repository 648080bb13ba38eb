//! How far a push is, put together from all that know of it.

use std::time::Duration;

use tokio::time::Instant;

use super::forecast::{Rest, forecast};
use super::progress::{PushProgress, Wait, WaitReason, at_the_rate_of};
use super::shared::Shared;
use crate::report::Outcome;
use crate::sync::lock;

/// Requests per batch from which on the service, and no window of ours, sets the pace of a push that nothing paces.
const REPEATS: f64 = 1.1;

impl Shared {
    pub(super) fn progress(&self) -> PushProgress {
        let now = Instant::now();
        let elapsed = now.saturating_duration_since(self.started);
        let total = *lock(&self.total);
        let state = self.state();
        let settled = state.settled();
        let by_this_run = u32::try_from(settled - state.settled_before().min(settled));
        let records_per_second =
            f64::from(by_this_run.unwrap_or(u32::MAX)) / elapsed.as_secs_f64().max(0.001);
        let mut progress = PushProgress {
            records: state.read(),
            total,
            pushed: state.count(Outcome::Pushed),
            skipped: state.count(Outcome::Skipped),
            failed: state.count(Outcome::Failed),
            unknown: state.count(Outcome::Unknown),
            requests: state.traffic().requests,
            in_flight: state.in_flight(),
            bytes_sent: state.traffic().bytes_sent,
            batch_size: state.batch_size(),
            elapsed,
            records_per_second,
            pacing: self.caller.pacing(),
            waiting: self.waiting(state.in_flight(), now),
            left: None,
        };
        let rest = total
            .filter(|total| state.answered_batches() > 0 || settled >= *total)
            .map(|total| state.rest(total, |batch| self.activity.stage(batch, now)));
        drop(state);
        progress.left = rest.map(|rest| self.left(rest, &progress, now));
        progress
    }

    fn waiting(&self, in_flight: usize, now: Instant) -> Option<Wait> {
        let wait = |reason, until: Instant| Wait {
            reason,
            left: Some(until.saturating_duration_since(now)),
        };
        lock(&self.looks_from)
            .map(|from| wait(WaitReason::InDoubt, from))
            .or_else(|| {
                Some(wait(
                    WaitReason::SearchLag,
                    (*lock(&self.looks_again_from))?,
                ))
            })
            .or_else(|| self.activity.waiting(now))
            .or_else(|| {
                let until = self.paused_until().filter(|_| in_flight == 0)?;
                Some(wait(WaitReason::CrmRateLimit, until))
            })
    }

    /// Time left for `rest`, and for what may come behind it.
    fn left(&self, mut rest: Rest, progress: &PushProgress, now: Instant) -> Duration {
        let until = |moment: Instant| moment.saturating_duration_since(now);
        let total = progress.total.unwrap_or_default();
        let open = total.saturating_sub(
            progress.pushed + progress.skipped + progress.failed + progress.unknown,
        );
        let paused_until = *lock(&self.paused_until);
        rest.paused = paused_until.map_or(Duration::ZERO, until);
        rest.outlook = self.caller.outlook(now);
        // What the CRM or the service keeps back by limits of which nothing is known.
        let has_repeats = rest.requests_per_batch > REPEATS;
        let is_slowed_otherwise = paused_until.is_some() || (rest.outlook.is_none() && has_repeats);
        let has_more = rest.records > 0 || !rest.under_way.is_empty();
        let unread = total.saturating_sub(progress.records);
        let (source, chunk) = {
            let pace = lock(&self.source_pace);
            (pace.time_for(unread, progress.elapsed, now), pace.chunk)
        };
        // What a slow source gives last must leave, too.
        let by_source = source.map(|time| {
            let mut last = rest.clone();
            last.records = last.records.min(chunk);
            time.saturating_add(forecast(last))
        });
        let mut left = forecast(rest);
        if has_more && is_slowed_otherwise {
            left = left.max(at_the_rate_of(total - open, progress.elapsed, open));
        }
        if has_more {
            left = left.max(by_source.unwrap_or_default());
        }
        if progress.unknown > 0 && self.options.resolve_unknown.is_some() {
            let looks_from = self.search_is_sure_from(*lock(&self.doubt_since));
            left = left.max(looks_from.map_or(Duration::ZERO, until));
        }
        match self.interruptions().deadline {
            Some(deadline) => left.min(until(deadline)),
            None => left,
        }
    }
}
