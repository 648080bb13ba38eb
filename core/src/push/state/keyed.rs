//! Records that a journal knows by their keys, whatever their places in the source.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;

use super::State;
use super::doubted_addresses::DoubtedAddresses;
use super::held_changes::HeldChanges;
use super::known_identities::KnownIdentities;
use super::results::{problem, raw};
use super::take_in::in_doubt;
use crate::error::Result;
use crate::files::journal::{KnownKey, KnownKeys, unanswered};
use crate::files::seen::Seen;
use crate::push::intake::Refused;
use crate::push::options::OnChange;
use crate::records::key::Key;
use crate::records::{Run, content_hash};
use crate::report::{Changes, Outcome, same_key_as};

/// What is known of keys.
pub(super) struct Keyed {
    /// `None` once nothing is looked up any more.
    known: Option<KnownKeys>,
    seen: Seen,
    on_change: OnChange,
    changes: Changes,
    /// Changed records that are to be created once more.
    pub(super) held: HeldChanges,
    pub(super) identities: KnownIdentities,
    pub(super) addresses: DoubtedAddresses,
    /// The keys of records that earlier runs have left in doubt.
    doubted: BTreeMap<usize, Key>,
    /// Those of them that are others by now than what was sent.
    changed_doubts: BTreeSet<usize>,
    /// Records sent, by this run or an earlier one, under a key under which another was pushed before; with whether
    /// today's record differs from that.
    pushed_before: BTreeMap<usize, bool>,
}

const CHANGED_DOUBT: &str =
    "the record has changed since it was sent, so its fields do not tell what to look for";

pub(super) const FOUND_BEFORE: &str = "an earlier run of this journal found it in the CRM";

/// What becomes of a record, by its key.
enum Fate {
    /// It is sent.
    New,
    /// It is there as it is.
    Pushed,
    /// As the earlier run says.
    Skipped,
    /// Another record is there under its key.
    Changed {
        is_skipped: bool,
        /// It came beside that one in an earlier run.
        is_repeated: bool,
    },
    Doubt(FormerDoubt),
    /// Another record of this run has the same key.
    Repeats {
        first: usize,
        key: Key,
        /// The journal has it as the one that was pushed, or as one that was left out.
        is_known: bool,
    },
}

/// What an earlier run has left in doubt.
struct FormerDoubt {
    key: Key,
    /// The source has another record under its key by now.
    is_changed: bool,
    message: String,
    request_id: Option<String>,
    /// The hash of its address, if a look may tell what became of it; else 0.
    address: u64,
    /// Of a record that was pushed under the key before: whether today's differs from it.
    differs_from_before: Option<bool>,
}

impl Fate {
    /// Whether records of both may be settled together.
    fn is_as(&self, other: &Self) -> bool {
        matches!(
            (self, other),
            (Self::New, Self::New) | (Self::Pushed, Self::Pushed)
        )
    }
}

impl Keyed {
    pub(super) fn new(
        known: KnownKeys,
        identities: KnownIdentities,
        addresses: DoubtedAddresses,
        on_change: OnChange,
    ) -> Self {
        Self {
            identities,
            addresses,
            held: HeldChanges::default(),
            known: Some(known),
            seen: Seen::default(),
            on_change,
            changes: Changes::default(),
            doubted: BTreeMap::new(),
            changed_doubts: BTreeSet::new(),
            pushed_before: BTreeMap::new(),
        }
    }

    /// What becomes of each record of a run.
    fn fates(&mut self, run: &Run) -> Result<Vec<Fate>> {
        let Some(known) = &mut self.known else {
            return Ok(run.records().map(|_| Fate::New).collect());
        };
        self.identities.load(known)?;
        // Each has one: what has none was refused.
        let keys: Vec<Key> = run.keys().flatten().collect();
        let mut found = known.look_up(&keys)?.into_iter();
        let mut fates = Vec::with_capacity(keys.len());
        for ((index, json), key) in run.records().zip(keys) {
            let found = found.next().flatten();
            fates.push(match self.seen.note(key, index)? {
                Some(first) => Fate::Repeats {
                    first,
                    key,
                    is_known: is_known(found.as_ref(), json),
                },
                None => found.map_or(Fate::New, |found| fate_of(found, key, json)),
            });
        }
        Ok(fates)
    }

    /// What becomes of a record that our own check refuses; `None` where that is the end of it.
    fn fate_of_refused(&mut self, index: usize, key: Key, json: &[u8]) -> Result<Option<Fate>> {
        let Some(known) = &mut self.known else {
            return Ok(None);
        };
        let Some(found) = known.look_up(&[key])?.pop().flatten() else {
            return Ok(None);
        };
        if self.seen.note(key, index)?.is_some() {
            return Ok(None);
        }
        let fate = fate_of(found, key, json);
        Ok(Some(fate).filter(|fate| !self.pushes(fate)))
    }

    /// Whether a changed record is to be created once more.
    fn pushes(&self, fate: &Fate) -> bool {
        let may_be = matches!(
            fate,
            Fate::Changed {
                is_skipped: false,
                is_repeated: false
            }
        );
        may_be && self.on_change != OnChange::Report
    }

    fn note_doubt(&mut self, index: usize, doubt: &FormerDoubt) {
        self.doubted.insert(index, doubt.key);
        if let Some(differs) = doubt.differs_from_before {
            self.pushed_before.insert(index, differs);
        }
    }

    /// The doubt about a record is over; gives its key, if an earlier run has left it in doubt.
    pub(super) fn end_doubt(
        &mut self,
        index: usize,
        is_there: bool,
        record: Option<Box<RawValue>>,
    ) -> Option<Key> {
        let key = self.doubted.remove(&index)?;
        let is_changed = if is_there {
            self.is_changed_doubt(index)
        } else {
            self.pushed_before.get(&index) == Some(&true)
        };
        if is_changed {
            self.changes.keep(index, record);
        }
        Some(key)
    }

    /// Whether a record was pushed under this one's key before the one that is in doubt.
    pub(super) fn was_pushed_before(&self, index: usize) -> bool {
        self.pushed_before.contains_key(&index)
    }

    /// Whether what was sent under the record's key, and is in doubt, was another record.
    pub(super) fn is_changed_doubt(&self, index: usize) -> bool {
        self.changed_doubts.contains(&index)
    }

    /// Leaves the files open: their handles may be somebody else's.
    pub(super) fn leak(&mut self) {
        std::mem::forget(std::mem::take(&mut self.seen));
        std::mem::forget(self.known.take());
    }

    /// Nothing is looked up any more; gives what had changed.
    pub(super) fn close(&mut self) -> Changes {
        self.known = None;
        let mut changes = std::mem::take(&mut self.changes);
        // What a look has ended came later.
        changes.kept.sort_by_key(|change| change.index);
        changes
    }
}

/// What becomes of a record by what is known of its key.
fn fate_of(found: KnownKey, key: Key, json: &[u8]) -> Fate {
    let hash = content_hash(json);
    match found {
        KnownKey::Doubt {
            record,
            before,
            message,
            request_id,
            address,
        } => Fate::Doubt(FormerDoubt {
            key,
            is_changed: record != hash,
            differs_from_before: before.map(|before| before != hash),
            message,
            request_id,
            address,
        }),
        KnownKey::There {
            record,
            is_skipped,
            repeated,
        } => match (record == hash, is_skipped) {
            (true, true) => Fate::Skipped,
            (true, false) => Fate::Pushed,
            (false, is_skipped) => Fate::Changed {
                is_skipped,
                is_repeated: repeated.contains(&hash),
            },
        },
    }
}

fn is_known(found: Option<&KnownKey>, json: &[u8]) -> bool {
    let Some(KnownKey::There {
        record, repeated, ..
    }) = found
    else {
        return false;
    };
    let hash = content_hash(json);
    *record == hash || repeated.contains(&hash)
}

impl State {
    /// Takes in records in the order of the source, each by what is known of its key.
    pub(super) fn take_in_keyed(&mut self, mut run: Run, is_nameable: bool) {
        let Some(keyed) = &mut self.keyed else {
            return;
        };
        let fates = match keyed.fates(&run) {
            Ok(fates) => fates,
            Err(error) => {
                self.end(error, true);
                return self.take_in_unknown(run, is_nameable);
            }
        };
        for alike in fates.chunk_by(Fate::is_as) {
            let part = run.split_to(alike.len());
            if let Some(fate) = alike.first() {
                self.take_in_by_fate(part, is_nameable, fate);
            }
        }
    }

    fn take_in_by_fate(&mut self, run: Run, is_nameable: bool, fate: &Fate) {
        match fate {
            Fate::New => self.take_in_unknown(run, is_nameable),
            Fate::Pushed => self.settle_pushed_before(&run),
            Fate::Skipped => self.settle_skipped_before(&run),
            Fate::Changed { is_skipped, .. } => {
                let Some(keyed) = &mut self.keyed else {
                    return;
                };
                for (index, json) in run.records() {
                    keyed.changes.keep(index, raw(json));
                    if keyed.pushes(fate) {
                        keyed.pushed_before.insert(index, true);
                    }
                }
                match keyed.on_change {
                    OnChange::PushAll if keyed.pushes(fate) => {
                        self.keep_firsts(run, is_nameable, false, Self::take_in_new);
                    }
                    OnChange::Push if keyed.pushes(fate) => self.hold_changed(run, is_nameable),
                    _ => {
                        self.note_changed(&run);
                        if *is_skipped {
                            self.settle_skipped_before(&run);
                        } else {
                            self.settle_pushed_before(&run);
                        }
                    }
                }
            }
            Fate::Doubt(doubt) => {
                if self.may_repeat_in_doubt() && !self.has_ended() {
                    self.note_identities(&run);
                    if let Some(keyed) = &mut self.keyed {
                        keyed.note_doubt(run.first_index(), doubt);
                    }
                    return self.outbox.add_again(run, is_nameable);
                }
                self.settle_in_doubt_before(&run, doubt);
            }
            Fate::Repeats {
                first,
                key,
                is_known,
            } => {
                let message = same_key_as(*first);
                for (index, json) in run.records() {
                    let twin = problem(index, Outcome::Failed, &message, Some(json), None);
                    self.results.settle_alone(twin);
                    if !is_known {
                        self.results.write_repeated(*key, content_hash(json));
                    }
                }
            }
        }
    }

    /// Takes in a record that our own check refuses, and whose key an earlier run has pushed or left in doubt: it is
    /// what it was. False for any other, which fails.
    pub(super) fn take_in_refused_key(&mut self, index: usize, refused: &Refused) -> bool {
        let (Some(keyed), Some(key), Some(json)) = (&mut self.keyed, refused.key, &refused.json)
        else {
            return false;
        };
        let fate = match keyed.fate_of_refused(index, key, json) {
            Ok(Some(fate)) => fate,
            Ok(None) => return false,
            Err(error) => {
                self.end(error, true);
                return false;
            }
        };
        let identities = self.target.identities.find_exactly(json);
        let run = Run::alone(index, json, Some(key), identities);
        match &fate {
            // It can't be sent again.
            Fate::Doubt(doubt) => self.settle_in_doubt_before(&run, doubt),
            fate => self.take_in_by_fate(run, false, fate),
        }
        true
    }

    fn settle_in_doubt_before(&mut self, run: &Run, doubt: &FormerDoubt) {
        self.note_identities(run);
        if let Some(keyed) = &mut self.keyed {
            keyed.note_doubt(run.first_index(), doubt);
            keyed.addresses.note(run.first_index(), doubt.address);
            if doubt.is_changed {
                keyed.changed_doubts.insert(run.first_index());
            }
        }
        if doubt.is_changed {
            self.note_changed(run);
        }
        let message = if doubt.is_changed {
            format!("{}; {CHANGED_DOUBT}", doubt.message).into()
        } else {
            doubt.message.as_str().into()
        };
        for (index, json) in run.records() {
            let request_id = doubt.request_id.as_deref().map(Into::into);
            let doubt = problem(index, Outcome::Unknown, &message, Some(json), request_id);
            self.results.settle_alone(doubt);
        }
        self.resume.count_all_settled(Outcome::Unknown, run.len());
    }

    fn settle_pushed_before(&mut self, run: &Run) {
        if let Some(keyed) = &mut self.keyed {
            keyed.held.note_met(run.len());
        }
        self.note_identities(run);
        self.results.settle_run_pushed(run);
        self.resume.count_all_settled(Outcome::Pushed, run.len());
    }

    fn settle_skipped_before(&mut self, run: &Run) {
        self.note_identities(run);
        let message = FOUND_BEFORE.into();
        for (index, json) in run.records() {
            let skipped = problem(index, Outcome::Skipped, &message, Some(json), None);
            self.results.settle_alone(skipped);
        }
        self.resume.count_all_settled(Outcome::Skipped, run.len());
    }

    /// Other records of these identities are not the first, nor alone.
    fn note_identities(&mut self, run: &Run) {
        self.note_addresses_of(run);
        if let Some(firsts) = &mut self.firsts {
            firsts.note_sent(run);
        }
    }

    /// Records that an earlier run has left in doubt and that were not sent again.
    pub(super) fn leave_in_doubt(&mut self, run: &Run) {
        let error = unanswered();
        for (index, json) in run.records() {
            self.results
                .settle_alone(in_doubt(index, Some(json), &error));
        }
        self.resume.count_all_settled(Outcome::Unknown, run.len());
    }
}
