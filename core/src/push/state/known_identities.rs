//! The identities of records that earlier runs of a journal of keys have sent, or found in the CRM.

use std::collections::BTreeSet;

use memchr::{memchr, memchr_iter};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::State;
use super::look_ups::all_addresses;
use crate::error::Result;
use crate::files::journal::{KnownKeys, SentAddresses};
use crate::names::PushKind;
use crate::records::Run;
use crate::records::batch::Batch;
use crate::records::identity::{Identities, texts};

/// What a hash is of.
#[derive(Clone, Copy)]
enum Of {
    Identity = 1,
    /// An e-mail address in another field, by which a search may find the record as well.
    Address = 2,
}

/// Hashes under the journal's salt.
pub(super) struct KnownIdentities {
    salt: Vec<u8>,
    /// Whether anybody asks for those of earlier runs.
    is_wanted: bool,
    /// Those of earlier runs, ascending; `None` before they were read.
    earlier: Option<Vec<u64>>,
}

impl KnownIdentities {
    pub(super) fn new(salt: Vec<u8>, is_wanted: bool) -> Self {
        Self {
            salt,
            is_wanted,
            earlier: None,
        }
    }

    /// Reads those of earlier runs, once.
    pub(super) fn load(&mut self, known: &KnownKeys) -> Result<()> {
        if self.is_wanted && self.earlier.is_none() {
            self.earlier = Some(known.identities()?);
        }
        Ok(())
    }

    fn hash(&self, of: Of, hash: u64) -> u64 {
        let mut salted = Xxh3::new();
        salted.update(&self.salt);
        salted.update(&[of as u8]);
        salted.update(&hash.to_le_bytes());
        salted.digest()
    }

    fn is_earlier(&self, of: Of, hash: u64) -> bool {
        let earlier = self.earlier.as_deref().unwrap_or_default();
        !earlier.is_empty() && earlier.binary_search(&self.hash(of, hash)).is_ok()
    }

    /// Whether an earlier run has sent a record with one of these identities, or found it in the CRM.
    pub(super) fn has_one_of(&self, identities: &Identities) -> bool {
        let mut hashes = identities.hashes().iter();
        hashes.any(|hash| self.is_earlier(Of::Identity, *hash))
    }

    /// Whether a record that an earlier run has sent may be found by this folded address.
    pub(super) fn has_address(&self, address: &str) -> bool {
        let hash = xxh3_64(address.as_bytes());
        self.is_earlier(Of::Identity, hash) || self.is_earlier(Of::Address, hash)
    }

    /// What later runs must know of a record.
    fn of_record(&self, identities: &Identities, json: &[u8], has_addresses: bool) -> Vec<u64> {
        let own = identities.hashes();
        let mut hashes: BTreeSet<u64> = own
            .iter()
            .map(|hash| self.hash(Of::Identity, *hash))
            .collect();
        // Most records have one address, which is their identity.
        let is_plain =
            memchr(b'\\', json).is_none() && memchr_iter(b'@', json).count() <= own.len();
        if has_addresses && !is_plain {
            let addresses = all_addresses(&texts(json)).into_iter();
            let addresses = addresses.map(|address| xxh3_64(address.as_bytes()));
            let others = addresses.filter(|hash| !own.contains(hash));
            hashes.extend(others.map(|hash| self.hash(Of::Address, hash)));
        }
        hashes.into_iter().collect()
    }
}

impl State {
    /// What a journal of keys must know of the records of a batch that it writes down; `None` for other journals.
    pub(super) fn identities_of(&self, batch: &Batch) -> Option<SentAddresses> {
        let known = &self.keyed.as_ref()?.identities;
        let has_addresses = self.target.kind == PushKind::Contacts;
        let of_run = |run: &Run| -> Vec<Vec<u64>> {
            let records = run.identities().zip(run.records());
            records
                .map(|(identities, (_, json))| known.of_record(identities, json, has_addresses))
                .collect()
        };
        Some(SentAddresses {
            identities: batch.runs().iter().flat_map(of_run).collect(),
            ..SentAddresses::default()
        })
    }
}
