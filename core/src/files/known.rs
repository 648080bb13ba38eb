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
        /// The hashes of other records that came with its key beside it, and were left out for that.
        repeated: Vec<u64>,
    },
    /// It was sent and no trustworthy answer came.
    Doubt {
        /// The hash of the record that was sent.
        record: u64,
        /// The hash of another record, or of this one, that is in the CRM under the key all the same.
        before: Option<u64>,
        message: String,
        request_id: Option<String>,
        /// The hash of its e-mail address, if the CRM did not have that before the record was sent, and no other
        /// record with it was sent since; else 0.
        address: u64,
    },
}

/// What a journal of keys must know of the identities and the e-mail addresses of a batch, so that a look into the CRM
/// can tell later what its records came to, and no later run sends the same person under another key. Hashes under the
/// journal's salt.
#[derive(Default)]
pub(crate) struct SentAddresses {
    /// Of each record its address, if the CRM did not have that and no other record has it; else 0. Empty where nobody
    /// looked.
    pub(crate) absent: Vec<u64>,
    /// Those that other records have as well.
    pub(crate) shared: Vec<u64>,
    /// Of each record what names it, and the addresses in its other fields.
    pub(crate) identities: Vec<Vec<u64>>,
}
