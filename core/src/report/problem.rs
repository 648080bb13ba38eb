//! Records that were not pushed, and the messages that they came with.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::outcomes::Outcome;

/// A record that failed or whose outcome is unknown.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Problem {
    /// Its place in the caller's input, from 0.
    pub index: usize,
    /// [`Failed`](Outcome::Failed) or [`Unknown`](Outcome::Unknown).
    pub outcome: Outcome,
    /// Why, as the service or the CRM says it where they do.
    pub message: Arc<str>,
    /// The record as it was sent; `None` when it could not be encoded.
    pub record: Option<Box<RawValue>>,
    /// The service's id of the request that carried it.
    pub request_id: Option<Arc<str>>,
    /// Whether it may simply be sent again as it is: the CRM could not take it at that moment.
    #[serde(default)]
    pub retryable: bool,
}

/// A record that was read from its source and never left.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Unsent {
    pub(crate) index: usize,
    pub(crate) record: Box<RawValue>,
}

/// How often a message came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MessageCount {
    /// [`Failed`](Outcome::Failed) or [`Unknown`](Outcome::Unknown).
    pub outcome: Outcome,
    /// The message of the [`Problem`]s.
    pub message: Arc<str>,
    /// How many records had it.
    pub count: usize,
}
