//! Which contacts of a push are in the list that they were to be added to.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::push_report::both;

/// Contacts that are not in the list which are kept with their messages; more are only counted.
const MAX_PROBLEMS: usize = 100_000;

/// What became of the pushed and skipped contacts of a push that were to be added to a list.
///
/// `added + not_found + ambiguous + failed + unknown + not_sent` is always the number of pushed and skipped records.
/// None of it changes a contact's own outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AddedToList {
    /// The list's id in the CRM; `None` when it was not found, or was to be made for nobody.
    pub list_id: Option<String>,
    /// The list's name, where it was named.
    pub list_name: Option<String>,
    /// Records whose contact is in the list now, those that were in it before among them.
    pub added: usize,
    /// Memberships that the service counts as new. Some CRMs' answers count those that were there before, too.
    pub new_members: u64,
    /// Records whose contact the CRM does not find by its e-mail address, that have none by itself, or that have
    /// changed since an earlier run pushed them.
    pub not_found: usize,
    /// Records whose e-mail address several contacts have.
    pub ambiguous: usize,
    /// Records whose contact was refused.
    pub failed: usize,
    /// Records whose contact was sent to the list without a trustworthy answer. To add it again does no harm.
    pub unknown: usize,
    /// Records whose contact never left for the list.
    pub not_sent: usize,
    /// The records that are not added, in the order of the input; see `problems_omitted`.
    pub problems: Vec<NotAdded>,
    /// Records that are not added and not in `problems`, which holds 100,000.
    pub problems_omitted: usize,
    /// Why not every contact was tried, as a sentence.
    pub ended_early: Option<String>,
}

/// A pushed or skipped record whose contact is not known to be in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NotAdded {
    /// Its place in the caller's input, from 0.
    pub index: usize,
    /// Why, in a word.
    pub reason: NotAddedReason,
    /// Why, in a sentence.
    pub message: Arc<str>,
}

/// Why a record's contact is not known to be in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NotAddedReason {
    /// The CRM does not find it by its e-mail address, it has none by itself, or it has changed since an earlier
    /// run pushed it.
    NotFound,
    /// Several contacts have its e-mail address.
    Ambiguous,
    /// It was refused, or there is no such list.
    Failed,
    /// It was sent without a trustworthy answer.
    Unknown,
    /// It never left.
    NotSent,
}

impl NotAddedReason {
    /// Every one of them.
    #[cfg(feature = "bindings")]
    pub(crate) const ALL: [Self; 5] = [
        Self::NotFound,
        Self::Ambiguous,
        Self::Failed,
        Self::Unknown,
        Self::NotSent,
    ];
}

impl AddedToList {
    fn count_mut(&mut self, reason: NotAddedReason) -> &mut usize {
        match reason {
            NotAddedReason::NotFound => &mut self.not_found,
            NotAddedReason::Ambiguous => &mut self.ambiguous,
            NotAddedReason::Failed => &mut self.failed,
            NotAddedReason::Unknown => &mut self.unknown,
            NotAddedReason::NotSent => &mut self.not_sent,
        }
    }

    /// Counts a record that is not added; in the order of the input.
    pub(crate) fn note(&mut self, index: usize, reason: NotAddedReason, message: Arc<str>) {
        *self.count_mut(reason) += 1;
        if self.problems.len() >= MAX_PROBLEMS {
            self.problems_omitted += 1;
            return;
        }
        self.problems.push(NotAdded {
            index,
            reason,
            message,
        });
    }

    /// Pushed and skipped records.
    pub(crate) fn records(&self) -> usize {
        let not_added = [
            self.not_found,
            self.ambiguous,
            self.failed,
            self.unknown,
            self.not_sent,
        ];
        self.added + not_added.iter().sum::<usize>()
    }

    /// Both as one; `place` gives the index here of a record there.
    pub(super) fn merge(&mut self, other: Self, place: impl Fn(usize) -> usize) {
        if self.list_id != other.list_id || self.list_name != other.list_name {
            // Of several lists there is no one id.
            self.list_id = self
                .list_id
                .take()
                .filter(|id| other.list_id.as_ref() == Some(id));
            self.list_name = self
                .list_name
                .take()
                .filter(|name| other.list_name.as_ref() == Some(name));
        }
        self.added += other.added;
        self.new_members += other.new_members;
        self.not_found += other.not_found;
        self.ambiguous += other.ambiguous;
        self.failed += other.failed;
        self.unknown += other.unknown;
        self.not_sent += other.not_sent;
        self.problems_omitted += other.problems_omitted;
        let problems = other.problems.into_iter();
        self.problems.extend(problems.map(|problem| NotAdded {
            index: place(problem.index),
            ..problem
        }));
        self.problems.sort_by_key(|problem| problem.index);
        self.ended_early = both(self.ended_early.take(), other.ended_early);
    }

    /// Takes out records of which a retry tells: those of `skipped` that were among them.
    pub(super) fn forget(&mut self, replaced: &HashSet<usize>, skipped: usize) {
        let mut gone = Vec::new();
        self.problems.retain(|problem| {
            let is_gone = replaced.contains(&problem.index);
            gone.extend(is_gone.then_some(problem.reason));
            !is_gone
        });
        for reason in &gone {
            let count = self.count_mut(*reason);
            *count = count.saturating_sub(1);
        }
        self.added = self
            .added
            .saturating_sub(skipped.saturating_sub(gone.len()));
    }
}

impl fmt::Display for AddedToList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} in the list", self.added, self.records())?;
        match (&self.list_name, &self.list_id) {
            (Some(name), _) => write!(f, " '{}'", crate::quote::quote(name.as_bytes())),
            (None, Some(id)) => write!(f, " {id}"),
            (None, None) => Ok(()),
        }
    }
}
