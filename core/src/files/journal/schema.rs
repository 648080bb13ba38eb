//! The tables of a journal, and whose journal it is.

use crate::names::{Provider, PushKind};

/// What a journal hangs on, which says what is in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// The places of records in their source.
    Places,
    /// The keys of records.
    Keys,
}

impl Format {
    pub(super) const ALL: [Self; 2] = [Self::Places, Self::Keys];

    /// "g8j1" and so on: says that an SQLite file is a journal of ours, in this format.
    pub(super) fn application_id(self) -> i64 {
        match self {
            Self::Places => 0x6738_6a31,
            // "g8j2" had other hashes of records: by these, each would seem changed.
            Self::Keys => 0x6738_6a33,
        }
    }
}

pub(super) const SCHEMA: &str = "
CREATE TABLE push (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    push_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    kind TEXT NOT NULL,
    base_url TEXT NOT NULL,
    provider_fields TEXT,
    started_at TEXT NOT NULL,
    runs INTEGER NOT NULL DEFAULT 0,
    finished_at TEXT,
    records INTEGER
);
CREATE TABLE batch (
    id INTEGER PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('intended', 'settled', 'not_taken')),
    records INTEGER NOT NULL,
    first_index INTEGER NOT NULL,
    last_index INTEGER NOT NULL,
    indexes TEXT NOT NULL,
    record_hashes BLOB NOT NULL,
    body_hash BLOB NOT NULL,
    idempotency_key TEXT NOT NULL,
    intended_at TEXT NOT NULL,
    settled_at TEXT,
    request_id TEXT
);
CREATE TABLE problem (
    record_index INTEGER PRIMARY KEY,
    batch INTEGER NOT NULL REFERENCES batch (id),
    outcome TEXT NOT NULL CHECK (outcome IN ('failed', 'unknown', 'not_sent', 'pushed', 'skipped')),
    message TEXT NOT NULL,
    request_id TEXT
);
";

/// A run that has begun and not ended by itself: one that goes on, or that was killed. Says by when its files
/// were made which files those were.
pub(super) const OPEN_RUN: &str = "
CREATE TABLE IF NOT EXISTS open_run (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    journal_created INTEGER,
    lock_created INTEGER
)";

/// What a journal belongs to: another push must not use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) provider: Provider,
    pub(crate) kind: PushKind,
    pub(crate) base_url: String,
    pub(crate) provider_fields: Option<String>,
    /// The names of the fields that are a record's key; none where records are known by their places.
    pub(crate) primary_key: Vec<String>,
}

impl Identity {
    pub(super) fn format(&self) -> Format {
        if self.primary_key.is_empty() {
            Format::Places
        } else {
            Format::Keys
        }
    }

    /// The names as the journal has them: a JSON array.
    pub(super) fn primary_key_json(&self) -> String {
        serde_json::json!(self.primary_key).to_string()
    }
}
