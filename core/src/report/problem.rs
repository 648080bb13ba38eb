//! Records that were not pushed, the messages that they came with, and how those are counted.

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

/// A record that was left out on purpose.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Skip {
    /// Its place in the caller's input, from 0.
    pub index: usize,
    /// Why, and which record stands for it.
    pub message: Arc<str>,
    /// The CRM's ids of the contacts that it has in place of this one; none where an earlier record of the push
    /// stands for it.
    #[serde(default)]
    pub existing: Vec<String>,
    /// The record as it would have been sent.
    pub record: Option<Box<RawValue>>,
}

/// A record that was read from its source and never left.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Unsent {
    pub(crate) index: usize,
    pub(crate) record: Box<RawValue>,
}

/// A record whose key was pushed before with other values.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Change {
    pub(crate) index: usize,
    pub(crate) record: Box<RawValue>,
}

/// Most changed records that are kept; more are only counted.
const MAX_CHANGES: usize = 100_000;
/// Bytes of changed records that are kept.
const MAX_CHANGE_BYTES: usize = 64 * 1024 * 1024;

/// The changed records of a push, as many as memory is given for.
#[derive(Default)]
pub(crate) struct Changes {
    pub(crate) count: usize,
    pub(crate) kept: Vec<Change>,
    bytes: usize,
}

impl Changes {
    pub(crate) fn keep(&mut self, index: usize, record: Option<Box<RawValue>>) {
        self.count += 1;
        let Some(record) = record else {
            return;
        };
        let bytes = self.bytes + record.get().len();
        if self.kept.len() < MAX_CHANGES && bytes <= MAX_CHANGE_BYTES {
            self.bytes = bytes;
            self.kept.push(Change { index, record });
        }
    }
}

/// How often a message came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MessageCount {
    /// [`Failed`](Outcome::Failed), [`Unknown`](Outcome::Unknown) or [`Skipped`](Outcome::Skipped).
    pub outcome: Outcome,
    /// The message of the [`Problem`]s or [`Skip`]s; where theirs names another record, without its index.
    pub message: Arc<str>,
    /// How many records had it.
    pub count: usize,
}

/// Messages beyond those that are counted one by one.
pub(crate) const OTHER_MESSAGES: &str = "(other messages)";
const SAME_IDENTITY: &str = "another record of this push has the same identity";
/// The message of a record that shares an identity with one that only the journal knows of.
pub(crate) const SENT_BEFORE: &str = "an earlier run of this journal has sent a record with the same identity under another primary key, or found it \
     in the CRM";
const EXISTS: &str = "the CRM has it already";
const IDS: &str = ": id ";
const SAME_KEY: &str = "another record of this push has the same primary key";
const INDEX: &str = ": index ";

/// The message of a record that shares an identity with the one at `first`.
pub(crate) fn same_identity_as(first: usize) -> Arc<str> {
    format!("{SAME_IDENTITY}{INDEX}{first}").into()
}

/// The message of a record that the CRM has already, by these ids.
pub(crate) fn there_already(ids: &[&str]) -> Arc<str> {
    format!("{EXISTS}{IDS}{}", ids.join(", ")).into()
}

/// The ids that such a message names.
pub(crate) fn existing_in(message: &str) -> Vec<String> {
    let ids = message.strip_prefix(EXISTS);
    let ids = ids.and_then(|rest| rest.strip_prefix(IDS));
    ids.map_or_else(Vec::new, |ids| ids.split(", ").map(str::to_owned).collect())
}

/// The message of a record that shares its primary key with the one at `first`.
pub(crate) fn same_key_as(first: usize) -> Arc<str> {
    format!("{SAME_KEY}{INDEX}{first}").into()
}

/// The message of a record in a report that holds the records at other indexes: `moved` gives the new index
/// of an old one.
pub(super) fn named_anew(message: &mut Arc<str>, moved: impl FnOnce(usize) -> Option<usize>) {
    let named = [SAME_IDENTITY, SAME_KEY].into_iter().find_map(|what| {
        let first = message.strip_prefix(what)?.strip_prefix(INDEX)?;
        Some((what, first.parse().ok()?))
    });
    if let Some((what, first)) = named
        && let Some(first) = moved(first)
    {
        *message = format!("{what}{INDEX}{first}").into();
    }
}

/// The message by which a record's is counted.
pub(crate) fn counted_as(message: &Arc<str>) -> Arc<str> {
    let mut same = [SAME_IDENTITY, SAME_KEY, EXISTS].into_iter();
    match same.find(|what| message.starts_with(what)) {
        Some(what) => what.into(),
        None => Arc::clone(message),
    }
}
