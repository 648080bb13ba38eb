//! The requests of a push, one line for each batch.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Most lines that a report holds.
pub(crate) const MOST_LINES: usize = 10_000;

/// A batch of a push and its requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RequestLine {
    /// The index of its first record.
    pub first_index: usize,
    /// How many records it had.
    pub records: usize,
    /// The status of the last answer; `None` where none came.
    pub status: Option<u16>,
    /// How often it was tried.
    pub attempts: u64,
    /// How long the last try took, in milliseconds.
    pub milliseconds: f64,
    /// The service's id of the last try.
    pub request_id: Option<Arc<str>>,
}

impl RequestLine {
    pub(crate) fn milliseconds_of(elapsed: Duration) -> f64 {
        elapsed.as_secs_f64() * 1e3
    }
}

/// Lines in the order in which the batches ended, no more than [`MOST_LINES`].
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    pub(crate) lines: Vec<RequestLine>,
    pub(crate) omitted: usize,
}

impl RequestLog {
    pub(crate) fn add(&mut self, line: RequestLine) {
        if self.lines.len() < MOST_LINES {
            self.lines.push(line);
        } else {
            self.omitted += 1;
        }
    }
}
