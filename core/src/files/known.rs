//! What earlier runs of a journal know; a build without journals has the same words.

#![cfg_attr(
    not(feature = "journal"),
    expect(dead_code, reason = "only the true journal makes these")
)]

use crate::report::Outcome;

/// What became of a record in earlier runs.
#[derive(Debug)]
pub(crate) enum Known {
    Settled {
        batch: u64,
        outcome: Outcome,
        message: String,
        request_id: Option<String>,
    },
    /// It was about to leave in this batch, and no answer is known.
    Open(u64),
    /// It certainly had no effect.
    Free,
}

/// What earlier runs know of a key.
#[derive(Debug)]
pub(crate) enum KnownKey {
    /// It is in the CRM.
    There {
        /// The hash of the record that was pushed.
        record: u64,
        /// It was not pushed: the CRM had it already.
        is_skipped: bool,
    },
    /// It was sent and no trustworthy answer came.
    Doubt {
        /// The hash of the record that was sent.
        record: u64,
        message: String,
        request_id: Option<String>,
    },
}
