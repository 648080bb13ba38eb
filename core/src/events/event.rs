//! One event, as it crosses to other languages.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use tokio::time::Instant;

use crate::error::ErrorKind;
use crate::names::{Provider, PushKind};
use crate::report::PacingScope;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Event {
    /// A request is over, with or without an answer.
    Request {
        operation: &'static str,
        provider: Option<Provider>,
        method: &'static str,
        /// Without its query, which may hold an e-mail address.
        url: String,
        /// From 1: how often this call has been tried.
        attempt: u32,
        status: Option<u16>,
        /// The kind of what went wrong where no trustworthy answer came.
        error: Option<ErrorKind>,
        /// Of the cause, for example `ECONNREFUSED`.
        code: Option<String>,
        milliseconds: f64,
        bytes_sent: u64,
        bytes_received: u64,
        request_id: Option<String>,
        ended_at: f64,
    },
    /// A call waits before its next try, or for the rate limit.
    Wait {
        operation: &'static str,
        provider: Option<Provider>,
        reason: WaitCause,
        /// The answer that made it wait.
        status: Option<u16>,
        request_id: Option<String>,
        seconds: f64,
        /// Seconds since 1970.
        until: f64,
    },
    /// Others share the rate limit no more, or again.
    Pacing {
        pacing: PacingScope,
        /// Where it is shared, without secrets.
        store: String,
        /// Why no more, as the end of a sentence that begins with the store.
        reason: Option<String>,
        /// Of how many clients this one has its part of the limit.
        clients: Option<usize>,
    },
    /// A push begins; with a journal it may go on where another run ended.
    PushStarted {
        provider: Provider,
        kind: PushKind,
        /// Records that earlier runs of the journal had settled.
        resumed: Option<usize>,
        started_at: f64,
    },
    /// A batch is over: what is in none of the counts was not taken, and may travel again.
    Batch {
        provider: Provider,
        kind: PushKind,
        /// The index of its first record.
        first_index: usize,
        #[serde(flatten)]
        counts: BatchCounts,
        request_id: Option<String>,
    },
    /// A push takes in no more, though records are left.
    Stop {
        provider: Provider,
        kind: PushKind,
        reason: ErrorKind,
        status: Option<u16>,
        request_id: Option<String>,
    },
    /// A push is over: the counts of its report.
    PushEnded {
        provider: Provider,
        kind: PushKind,
        records: usize,
        pushed: usize,
        skipped: usize,
        failed: usize,
        unknown: usize,
        not_sent: usize,
        /// Of those pushed and skipped; none where that was not asked for.
        added_to_list: Option<usize>,
        requests: u64,
        seconds: f64,
        /// The kind of what ended it early.
        error: Option<ErrorKind>,
        ended_at: f64,
    },
    /// Events that nobody took in time; the oldest are dropped.
    Lost { events: u64 },
}

/// The records of a batch, by what is known of them now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct BatchCounts {
    pub(crate) records: usize,
    pub(crate) pushed: usize,
    pub(crate) failed: usize,
    pub(crate) unknown: usize,
}

impl BatchCounts {
    /// What became known after `before`.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            records: self.records.saturating_sub(before.records),
            pushed: self.pushed.saturating_sub(before.pushed),
            failed: self.failed.saturating_sub(before.failed),
            unknown: self.unknown.saturating_sub(before.unknown),
        }
    }
}

/// Why a call waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WaitCause {
    /// The rate limit, as far as it is known, has no room.
    RateLimit,
    /// The service refused the call for its rate limit: 429.
    TooManyRequests,
    /// What failed without effect, or may be repeated, is tried again.
    Retry,
    /// The CRM's own rate limit keeps records back.
    CrmRateLimit,
}

impl Event {
    /// The moment now, in seconds since 1970.
    pub(crate) fn now() -> f64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0.0, |since| since.as_secs_f64())
    }

    /// A wait that lasts until then.
    pub(crate) fn wait(
        (operation, provider): (&'static str, Option<Provider>),
        reason: WaitCause,
        until: Instant,
        (status, request_id): (Option<u16>, Option<String>),
    ) -> Self {
        let left = until.saturating_duration_since(Instant::now());
        Self::Wait {
            operation,
            provider,
            reason,
            status,
            request_id,
            seconds: left.as_secs_f64(),
            until: Self::now() + left.as_secs_f64(),
        }
    }
}

/// Shorter waits are only told to those who hear of every request.
pub(crate) const LONG_WAIT: Duration = Duration::from_secs(1);

/// What a path below the base URL is for, and of which CRM.
pub(crate) fn operation_of(path: &str) -> (&'static str, Option<Provider>) {
    let below = path.rsplit_once("crm-syncs");
    let Some((_, rest)) = below else {
        return match path.rsplit('/').next() {
            Some("lookup-by-email") => ("find_contacts", None),
            Some("contacts") => ("graph8_contacts", None),
            Some("companies") => ("graph8_companies", None),
            _ => ("call", None),
        };
    };
    let mut parts = rest.trim_start_matches('/').split('/');
    let provider = parts.next().and_then(|name| name.parse().ok());
    let operation = match (parts.next(), parts.next()) {
        (None, _) => "list_syncs",
        (Some("fields"), _) => "fields",
        (Some("status"), _) => "status",
        (Some("contacts"), Some("push")) => "push_contacts",
        (Some("companies"), Some("push")) => "push_companies",
        (Some("lists"), Some("push")) => "push_lists",
        _ => "call",
    };
    (operation, provider)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_the_name_of_its_operation() {
        for (path, operation, provider) in [
            ("/api/v1/crm-syncs", "list_syncs", None),
            (
                "/api/v1/crm-syncs/zoho/fields",
                "fields",
                Some(Provider::Zoho),
            ),
            (
                "/api/v1/crm-syncs/hubspot/status",
                "status",
                Some(Provider::Hubspot),
            ),
            (
                "/x/api/v1/crm-syncs/hubspot/lists/push",
                "push_lists",
                Some(Provider::Hubspot),
            ),
            (
                "/api/v1/integrations/crm/connections/c1/batch/contacts/lookup-by-email",
                "find_contacts",
                None,
            ),
            ("/api/v1/companies", "graph8_companies", None),
        ] {
            assert_eq!(operation_of(path), (operation, provider), "{path}");
        }
    }
}
