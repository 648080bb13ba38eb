//! What a push must write down, and how long it must wait.

use std::time::Duration;

use crate::files::journal::{Exception, Intent};
use crate::records::key::Key;
use crate::report::Outcome;

/// What must be written to the files of a push.
#[derive(Default)]
pub(crate) struct Effects {
    /// Lines for the dead-letter file.
    pub(crate) dead_letters: Vec<u8>,
    pub(crate) journal: Vec<Entry>,
    /// How long no batch may leave: the CRM's own rate limit is reached.
    pub(crate) pause: Option<Duration>,
}

/// An entry of the journal, beside a batch's intent.
pub(crate) enum Entry {
    Settled {
        batch: u64,
        request_id: Option<String>,
        exceptions: Vec<Exception>,
    },
    /// Records that were left out before they could leave.
    LeftOut {
        batch: u64,
        intent: Box<Intent>,
        exceptions: Vec<Exception>,
    },
    NotTaken(u64),
    Resolved {
        batch: u64,
        index: usize,
        outcome: Outcome,
        message: String,
    },
    /// As `Resolved`, of a record that an earlier run has left in doubt.
    ResolvedKey {
        key: Key,
        outcome: Outcome,
    },
    /// A record was left out because another one of its run has its key.
    Repeated {
        key: Key,
        record: u64,
    },
    Finished {
        records: usize,
    },
}
