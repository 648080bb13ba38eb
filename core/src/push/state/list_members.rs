//! Who of a push is to be added to a list, and what an answer says of the members of one.

use std::collections::{HashMap, HashSet};

use super::State;
use super::keyed::FOUND_BEFORE;
use super::look_ups::Before;
use super::results::Traffic;
use crate::crm::facts::refuses_same_address;
use crate::push::claim::{Asked, Claim};
use crate::push::verdict::{MemberErrors, member_errors};
use crate::records::Run;
use crate::records::batch::Batch;
use crate::report::{Outcome, PushReport, existing_in};

/// The e-mail addresses of records, one behind the other.
#[derive(Default)]
pub(crate) struct Members {
    text: String,
    /// Where the address of each record ends; it is empty where the record has none.
    ends: Vec<usize>,
    /// Records that are others by now than what an earlier run has sent.
    changed: HashSet<usize>,
}

impl Members {
    /// Takes the addresses of a chunk whose first record has the index `first`.
    pub(super) fn add(&mut self, first: usize, addresses: &[(usize, String)]) {
        for (position, address) in addresses {
            self.ends.resize(first + position, self.text.len());
            self.text.push_str(address);
            self.ends.push(self.text.len());
        }
    }

    /// The address of a record, if it has one.
    fn address(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)?;
        let start = match index.checked_sub(1) {
            None => 0,
            Some(before) => *self.ends.get(before)?,
        };
        self.text
            .get(start..end)
            .filter(|address| !address.is_empty())
    }
}

/// A record whose contact is to be added.
pub(crate) struct Candidate {
    pub(crate) index: usize,
    /// The CRM's ids of the contact, as far as they are known.
    pub(crate) ids: Vec<String>,
    /// The record is another by now than what was sent, so its address is not known.
    pub(crate) is_changed: bool,
    /// It was pushed, not skipped.
    pub(crate) is_pushed: bool,
    pub(crate) standing: Standing,
}

/// How a record's contact is told from an older one of its address.
pub(crate) enum Standing {
    /// It is what a look finds beside these, which were there before.
    Beside(Vec<String>),
    /// Nobody looked before it was sent.
    Untold,
    /// Another record of the push has its address.
    Shared,
    /// An earlier run has sent it, long ago once the CRM's search can't lag behind any more.
    Earlier,
}

/// The records whose contacts are to be added, in the order of the source.
pub(crate) struct Candidates {
    members: Members,
    pub(crate) records: Vec<Candidate>,
}

impl Candidates {
    /// The e-mail address that was sent, as far as it is known.
    pub(crate) fn address(&self, candidate: &Candidate) -> Option<&str> {
        self.members
            .address(candidate.index)
            .filter(|_| !candidate.is_changed)
    }
}

/// What was said of the members of a list, by the index of the change.
pub(super) type ListErrors = HashMap<usize, MemberErrors>;

impl State {
    /// The pushed and the skipped records, asked for once.
    pub(crate) fn take_candidates(&mut self) -> Option<Candidates> {
        if self.is_closed {
            return None;
        }
        let members = self.members.take()?;
        let refuses_second = refuses_same_address(self.target.provider);
        let (results, mut look_ups) = (&self.results, self.look_ups.as_mut());
        let identities = self.keyed.as_ref().map(|keyed| &keyed.identities);
        let candidate = |index| {
            let is_pushed = match results.outcome(index)? {
                Outcome::Pushed => true,
                Outcome::Skipped => false,
                Outcome::Failed | Outcome::Unknown | Outcome::NotSent => return None,
            };
            let message = results.skip_message(index).filter(|_| !is_pushed);
            let address = members.address(index).unwrap_or_default();
            let is_of_earlier_run = || identities.is_some_and(|known| known.has_address(address));
            let before = look_ups.as_mut().map(|looks| looks.before(index, address));
            let standing = match before {
                _ if refuses_second || message == Some(FOUND_BEFORE) => {
                    Standing::Beside(Vec::new())
                }
                Some(Before::Had(_)) if is_of_earlier_run() => Standing::Shared,
                Some(Before::Had(ids)) => Standing::Beside(ids),
                Some(Before::Shared) => Standing::Shared,
                Some(Before::NotLookedUp) => Standing::Untold,
                Some(Before::NotSent) | None => Standing::Earlier,
            };
            Some(Candidate {
                index,
                ids: message.map(existing_in).unwrap_or_default(),
                is_changed: members.changed.contains(&index),
                is_pushed,
                standing,
            })
        };
        let records = (0..self.results.len()).filter_map(candidate).collect();
        Some(Candidates { members, records })
    }

    /// What an earlier run has sent of these records was another.
    pub(super) fn note_changed(&mut self, run: &Run) {
        if let Some(members) = &mut self.members {
            members
                .changed
                .extend(run.records().map(|(index, _)| index));
        }
    }

    /// From now on what answers say of the members of a list is kept.
    pub(crate) fn keep_list_errors(&mut self) {
        self.list_errors = Some(ListErrors::new());
    }

    pub(crate) fn take_list_errors(&mut self) -> HashMap<usize, MemberErrors> {
        self.list_errors.take().unwrap_or_default()
    }

    pub(super) fn note_list_errors(&mut self, batch: &Batch, asked: &Asked<'_>, claim: &Claim) {
        if let Some(errors) = &mut self.list_errors
            && batch.len() == 1
        {
            errors.insert(batch.first_index(), member_errors(asked, claim));
        }
    }

    /// Counts what a push took that belongs to this one.
    pub(crate) fn count_efforts_of(&mut self, report: &PushReport) {
        self.results.add_traffic(Traffic {
            requests: report.requests(),
            bytes_sent: report.bytes_sent(),
            bytes_received: report.bytes_received(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_is_found_by_the_index_of_its_record() {
        let mut members = Members::default();
        members.add(0, &[(1, "a@x.test".to_owned())]);
        members.add(3, &[]);
        members.add(5, &[(0, "b@x.test".to_owned()), (2, "c@x.test".to_owned())]);
        let found: Vec<Option<&str>> = (0..9).map(|index| members.address(index)).collect();
        let mut expected = vec![None; 9];
        expected[1] = Some("a@x.test");
        expected[5] = Some("b@x.test");
        expected[7] = Some("c@x.test");
        assert_eq!(found, expected);
    }
}
