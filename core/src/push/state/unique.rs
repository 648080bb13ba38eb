//! Which record of a push was the first of each identity.

use std::collections::HashMap;

use crate::push::options::Unique;
use crate::records::Run;
use crate::records::identity::Identities;
use crate::report::Outcome;

/// The first record of each identity, so that no other travels. Records that an earlier run of the journal
/// has sent come before all others.
pub(super) struct Firsts {
    unique: Unique,
    /// Records that the journal does not know, until all that it knows were noted; with whether they are
    /// nameable.
    held: Vec<(Run, bool)>,
    /// Index of the record, by the hash of its identity. Among ten million identities the odds are one to
    /// 300,000 that any two share their hash.
    by_identity: HashMap<u64, usize>,
}

/// A record that shares an identity with an earlier one.
pub(super) struct Repeated {
    /// The index of the earlier one; `None` when only the journal knows of it.
    pub(super) first: Option<usize>,
    pub(super) outcome: Outcome,
}

impl Firsts {
    pub(super) fn new(unique: Unique) -> Self {
        Self {
            unique,
            held: Vec::new(),
            by_identity: HashMap::new(),
        }
    }

    /// Notes the records at the head of `run` that repeat no identity: how many, and what the next one repeats.
    /// `is_known` tells whether an earlier run has sent another record of it.
    pub(super) fn claim(
        &mut self,
        run: &Run,
        is_known: impl Fn(&Identities) -> bool,
    ) -> (usize, Option<Repeated>) {
        for (position, identities) in run.identities().enumerate() {
            let first = self.first_of(identities);
            if first.is_some() || is_known(identities) {
                let outcome = match self.unique {
                    Unique::First => Outcome::Skipped,
                    Unique::Error => Outcome::Failed,
                };
                return (position, Some(Repeated { first, outcome }));
            }
            self.note(run.first_index() + position, identities);
        }
        (run.len(), None)
    }

    /// Notes records that travelled in an earlier run.
    pub(super) fn note_sent(&mut self, run: &Run) {
        for (position, identities) in run.identities().enumerate() {
            self.note(run.first_index() + position, identities);
        }
    }

    pub(super) fn hold(&mut self, run: Run, is_nameable: bool) {
        self.held.push((run, is_nameable));
    }

    pub(super) fn take_held(&mut self) -> Vec<(Run, bool)> {
        std::mem::take(&mut self.held)
    }

    /// None of these records was sent: the journal is of another source.
    pub(super) fn forget(&mut self) {
        self.held.clear();
        self.by_identity.clear();
    }

    fn first_of(&self, identities: &Identities) -> Option<usize> {
        let firsts = identities.hashes().iter();
        firsts
            .filter_map(|hash| self.by_identity.get(hash).copied())
            .min()
    }

    fn note(&mut self, index: usize, identities: &Identities) {
        for hash in identities.hashes() {
            self.by_identity.entry(*hash).or_insert(index);
        }
    }
}
