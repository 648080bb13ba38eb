//! Stands in for the journal in a build without the feature `journal`: there is never one, so nothing of
//! this runs beyond [`check_paths`].

#![expect(dead_code, reason = "only the true journal makes and reads these")]

use std::convert::Infallible;
use std::path::Path;

use super::durable::{Durable, Safety};
pub(crate) use super::known::{Known, KnownKey, SentAddresses};
use crate::error::{Error, ErrorKind, Result};
use crate::names::{Provider, PushKind};
use crate::records::batch::Batch;
use crate::records::key::Key;
use crate::report::Outcome;

pub(crate) fn check_paths(_: &Path, _: Option<&Path>) -> Result<()> {
    Err(missing())
}

fn missing() -> Error {
    Error::config(
        "this build keeps no journals: turn the cargo feature 'journal' of graph8-crm on, or leave the \
         journal out",
    )
}

pub(crate) struct Identity {
    pub(crate) provider: Provider,
    pub(crate) kind: PushKind,
    pub(crate) base_url: String,
    pub(crate) provider_fields: Option<String>,
    pub(crate) primary_key: Vec<String>,
}

pub(crate) struct Intent {
    pub(crate) body_hash: Vec<u8>,
}

impl Intent {
    pub(crate) fn of(_: &Batch, _: Option<&str>) -> Self {
        Self {
            body_hash: Vec::new(),
        }
    }

    pub(crate) fn with_addresses(self, _: SentAddresses) -> Self {
        self
    }
}

pub(crate) fn record_hash(_: &[u8]) -> u64 {
    0
}

pub(crate) fn unanswered() -> Error {
    Error::new(ErrorKind::Connection, "no answer came")
}

pub(crate) struct Exception {
    pub(crate) index: usize,
    pub(crate) outcome: Outcome,
    pub(crate) message: String,
    pub(crate) request_id: Option<String>,
}

pub(crate) struct OpenBatch {
    pub(crate) idempotency_key: String,
    pub(crate) body_hash: Vec<u8>,
    pub(crate) records: usize,
}

pub(crate) struct Replay(Infallible);

impl Replay {
    pub(crate) fn end(&self) -> usize {
        match self.0 {}
    }

    pub(crate) fn take(&mut self, _: usize, _: u64) -> Result<Option<Known>> {
        match self.0 {}
    }

    pub(crate) fn take_refused(&self, _: usize) -> Result<Option<Known>> {
        match self.0 {}
    }

    pub(crate) fn take_unchecked(&mut self, _: usize) -> Option<Known> {
        match self.0 {}
    }

    pub(crate) fn open_batch(&mut self, _: u64) -> Option<&OpenBatch> {
        match self.0 {}
    }

    pub(crate) fn missing(&self, _: usize) -> Option<Error> {
        match self.0 {}
    }

    pub(crate) fn load_through(&mut self, _: usize) -> Result<()> {
        match self.0 {}
    }
}

/// The true one closes a file.
impl Drop for Replay {
    fn drop(&mut self) {}
}

pub(crate) struct KnownKeys(Infallible);

impl KnownKeys {
    pub(crate) fn look_up(&mut self, _: &[Key]) -> Result<Vec<Option<KnownKey>>> {
        match self.0 {}
    }

    pub(crate) fn identities(&self) -> Result<Vec<u64>> {
        match self.0 {}
    }
}

/// The true one closes a file.
impl Drop for KnownKeys {
    fn drop(&mut self) {}
}

pub(crate) enum Earlier {
    Places(Replay),
    Keys {
        known: KnownKeys,
        salt: Vec<u8>,
        doubted_addresses: Vec<u64>,
    },
}

pub(crate) struct Journal(Infallible);

impl Journal {
    pub(crate) fn open(_: &Path, _: &Identity) -> Result<(Self, Earlier)> {
        Err(missing())
    }

    pub(crate) fn next_batch_id(&self) -> Result<u64> {
        match self.0 {}
    }

    pub(crate) fn is_resumed(&self) -> Result<bool> {
        match self.0 {}
    }

    pub(crate) fn push_id(&self) -> Result<String> {
        match self.0 {}
    }

    pub(crate) fn intend(&mut self, _: &Intent) -> Result<(), String> {
        match self.0 {}
    }

    pub(crate) fn not_taken(&mut self, _: u64) -> Result<(), String> {
        match self.0 {}
    }

    pub(crate) fn settle(
        &mut self,
        _: u64,
        _: Option<&str>,
        _: &[Exception],
    ) -> Result<(), String> {
        match self.0 {}
    }

    pub(crate) fn resolve(&mut self, _: u64, _: usize, _: Outcome, _: &str) -> Result<(), String> {
        match self.0 {}
    }

    pub(crate) fn resolve_key(&mut self, _: &Key, _: Outcome) -> Result<(), String> {
        match self.0 {}
    }

    pub(crate) fn note_repeated(&self, _: &Key, _: u64) -> Result<(), String> {
        match self.0 {}
    }

    pub(crate) fn finish(&self, _: usize) -> Result<(), String> {
        match self.0 {}
    }
}

impl Durable for Journal {
    fn begin(&mut self, _: Safety) -> Result<(), String> {
        match self.0 {}
    }

    fn commit(&mut self) -> Result<(), String> {
        match self.0 {}
    }

    fn roll_back(&mut self) {
        match self.0 {}
    }

    fn attempt(
        &mut self,
        _: impl FnOnce(&mut Self) -> Result<(), String>,
    ) -> Result<Result<(), String>, String> {
        match self.0 {}
    }
}
