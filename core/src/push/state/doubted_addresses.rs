//! The e-mail addresses by which a look into the CRM may tell what became of records that earlier runs of a journal
//! of keys have left in doubt.

use std::collections::{BTreeMap, HashMap};

use xxhash_rust::xxh3::Xxh3;

use super::State;
use super::look_ups::{all_addresses, emails_in};
use crate::files::journal::SentAddresses;
use crate::records::batch::Batch;
use crate::records::identity::texts;

/// Hashes under the journal's salt; 0 is none.
pub(super) struct DoubtedAddresses {
    salt: Vec<u8>,
    /// Whether a record that was sent since has it.
    is_shared: HashMap<u64, bool>,
    /// Those of this run's records, by index.
    of_records: BTreeMap<usize, u64>,
}

impl DoubtedAddresses {
    pub(super) fn new(salt: Vec<u8>, of_doubts: Vec<u64>) -> Self {
        let is_shared = of_doubts.into_iter().map(|address| (address, false));
        Self {
            salt,
            is_shared: is_shared.collect(),
            of_records: BTreeMap::new(),
        }
    }

    fn hash(&self, address: &str) -> u64 {
        let mut hash = Xxh3::new();
        hash.update(&self.salt);
        hash.update(address.as_bytes());
        hash.digest().max(1)
    }

    /// A record that an earlier run has left in doubt.
    pub(super) fn note(&mut self, index: usize, address: u64) {
        if address != 0 {
            self.of_records.insert(index, address);
        }
    }

    /// Another record is sent: if it has the address of one in doubt, a look can't tell the two apart any more.
    fn share(&mut self, address: u64) -> bool {
        let is_shared = self.is_shared.get_mut(&address);
        is_shared.is_some_and(|is_shared| {
            *is_shared = true;
            true
        })
    }

    /// Whether what the CRM has under this address is the record that an earlier run has left in doubt.
    pub(super) fn tell_of(&self, index: usize, email: &str) -> bool {
        let address = self.hash(email);
        self.of_records.get(&index) == Some(&address)
            && self.is_shared.get(&address) == Some(&false)
    }
}

impl State {
    /// What a journal of keys must know of the records of a batch that is about to leave.
    pub(crate) fn addresses_of(&mut self, batch: &Batch) -> Option<SentAddresses> {
        let mut sent = self.identities_of(batch)?;
        let keyed = self.keyed.as_mut()?;
        let known = &mut keyed.addresses;
        let looks = self
            .look_ups
            .as_ref()
            .filter(|looks| looks.notes_addresses());
        if looks.is_none() && known.is_shared.is_empty() {
            return Some(sent);
        }
        for (index, json) in batch.records() {
            let texts = texts(json);
            for address in all_addresses(&texts) {
                let hash = known.hash(&address);
                if known.share(hash) || looks.is_some_and(|looks| looks.is_repeated(&address)) {
                    sent.shared.push(hash);
                }
            }
            let Some(looks) = looks else {
                continue;
            };
            let emails = emails_in(&texts, self.target.naming.identity);
            sent.absent.push(match emails.as_slice() {
                [email]
                    if looks.was_absent(index, &emails) && !keyed.identities.has_address(email) =>
                {
                    known.hash(email)
                }
                _ => 0,
            });
        }
        Some(sent)
    }
}
