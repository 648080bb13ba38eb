//! Records that a journal knows by their keys, whatever their places in the source.

use std::collections::{BTreeMap, BTreeSet};

use super::State;
use super::results::{problem, raw};
use super::take_in::in_doubt;
use crate::error::Result;
use crate::files::journal::{KnownKey, KnownKeys, record_hash, unanswered};
use crate::files::seen::Seen;
use crate::push::options::OnChange;
use crate::records::Run;
use crate::records::key::Key;
use crate::report::{Changes, Outcome, same_key_as};

/// What is known of keys.
pub(super) struct Keyed {
    /// `None` once nothing is looked up any more.
    known: Option<KnownKeys>,
    seen: Seen,
    on_change: OnChange,
    changes: Changes,
    /// The keys of records that earlier runs have left in doubt.
    doubted: BTreeMap<usize, Key>,
    /// Those of them that are others by now than what was sent.
    changed_doubts: BTreeSet<usize>,
}

const CHANGED_DOUBT: &str =
    "the record has changed since it was sent, so its fields do not tell what to look for";

/// What becomes of a record, by its key.
enum Fate {
    /// It is sent.
    New,
    /// It is there as it is.
    Pushed,
    /// As the earlier run says.
    Skipped,
    /// Another record was pushed under its key.
    Changed { is_skipped: bool },
    Doubt {
        key: Key,
        /// The source has another record under its key by now.
        is_changed: bool,
        message: String,
        request_id: Option<String>,
    },
    /// The record at this index has the same key.
    Repeats(usize),
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
    pub(super) fn new(known: KnownKeys, on_change: OnChange) -> Self {
        Self {
            known: Some(known),
            seen: Seen::default(),
            on_change,
            changes: Changes::default(),
            doubted: BTreeMap::new(),
            changed_doubts: BTreeSet::new(),
        }
    }

    /// What becomes of each record of a run.
    fn fates(&mut self, run: &Run) -> Result<Vec<Fate>> {
        let Some(known) = &mut self.known else {
            return Ok(run.records().map(|_| Fate::New).collect());
        };
        // Each has one: what has none was refused.
        let keys: Vec<Key> = run.keys().flatten().collect();
        let mut found = known.look_up(&keys)?.into_iter();
        let mut fates = Vec::with_capacity(keys.len());
        for ((index, json), key) in run.records().zip(keys) {
            let found = found.next().flatten();
            fates.push(if let Some(first) = self.seen.note(key, index)? {
                Fate::Repeats(first)
            } else {
                match found {
                    None => Fate::New,
                    Some(KnownKey::Doubt {
                        record,
                        message,
                        request_id,
                    }) => Fate::Doubt {
                        key,
                        is_changed: record != record_hash(json),
                        message,
                        request_id,
                    },
                    Some(KnownKey::There { record, is_skipped }) => {
                        match (record == record_hash(json), is_skipped) {
                            (false, is_skipped) => Fate::Changed { is_skipped },
                            (true, true) => Fate::Skipped,
                            (true, false) => Fate::Pushed,
                        }
                    }
                }
            });
        }
        Ok(fates)
    }

    /// The key of a record that an earlier run has left in doubt, asked for once.
    pub(super) fn doubted(&mut self, index: usize) -> Option<Key> {
        self.doubted.remove(&index)
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
        std::mem::take(&mut self.changes)
    }
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
            Fate::Changed { is_skipped } => self.take_in_changed(run, is_nameable, *is_skipped),
            Fate::Doubt {
                key,
                is_changed,
                message,
                request_id,
            } => {
                self.note_identities(&run);
                if let Some(keyed) = &mut self.keyed {
                    keyed.doubted.insert(run.first_index(), *key);
                    if *is_changed {
                        keyed.changed_doubts.insert(run.first_index());
                    }
                }
                if self.may_repeat_in_doubt() && !self.has_ended() {
                    return self.outbox.add_again(run, is_nameable);
                }
                if *is_changed {
                    self.note_changed(&run);
                }
                let message = match is_changed {
                    true => format!("{message}; {CHANGED_DOUBT}").into(),
                    false => message.as_str().into(),
                };
                let request_id = request_id.as_deref();
                for (index, json) in run.records() {
                    let request_id = request_id.map(Into::into);
                    let doubt = problem(index, Outcome::Unknown, &message, Some(json), request_id);
                    self.results.settle_alone(doubt);
                }
                self.resume.count_all_settled(Outcome::Unknown, run.len());
            }
            Fate::Repeats(first) => {
                let message = same_key_as(*first);
                for (index, json) in run.records() {
                    let twin = problem(index, Outcome::Failed, &message, Some(json), None);
                    self.results.settle_alone(twin);
                }
            }
        }
    }

    fn take_in_changed(&mut self, run: Run, is_nameable: bool, is_skipped: bool) {
        let Some(keyed) = &mut self.keyed else {
            return;
        };
        for (index, json) in run.records() {
            keyed.changes.keep(index, raw(json));
        }
        if keyed.on_change == OnChange::Push {
            return self.take_in_unknown(run, is_nameable);
        }
        self.note_changed(&run);
        if is_skipped {
            return self.settle_skipped_before(&run);
        }
        self.settle_pushed_before(&run);
    }

    fn settle_pushed_before(&mut self, run: &Run) {
        self.note_identities(run);
        self.results.settle_run_pushed(run);
        self.resume.count_all_settled(Outcome::Pushed, run.len());
    }

    fn settle_skipped_before(&mut self, run: &Run) {
        self.note_identities(run);
        let message = "an earlier run of this journal found it in the CRM".into();
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
