//! Changes of lists that earlier runs have sent, and older ones that are still to be sent: an older one must not undo
//! a later one.

use std::collections::HashMap;
use std::sync::Arc;

use super::State;
use crate::names::PushKind;
use crate::records::batch::Batch;
use crate::records::identity::fold;
use crate::records::list_change::ListChange;
use crate::report::Outcome;

/// A change that may have had its effect.
pub(crate) struct LaterChange {
    pub(crate) index: usize,
    pub(crate) change: ListChange,
    /// `Pushed`; `Unknown`; or `Failed`, which an answer may say of a change of which it has taken a part.
    pub(crate) outcome: Outcome,
}

/// Whether a change adds members, and whether it removes some.
#[derive(Clone, Copy, Default)]
struct Sides {
    adds: bool,
    removes: bool,
}

impl Sides {
    fn of(change: &ListChange) -> Self {
        Self {
            adds: !change.add.is_empty() || !change.add_emails.is_empty(),
            removes: !change.remove.is_empty() || !change.remove_emails.is_empty(),
        }
    }

    fn and(self, other: Self) -> Self {
        Self {
            adds: self.adds || other.adds,
            removes: self.removes || other.removes,
        }
    }

    fn may_undo(self, later: Self) -> bool {
        (self.adds && later.removes) || (self.removes && later.adds)
    }
}

/// Lists that changes name in one way, by their ids or by their folded names.
#[derive(Default)]
struct Lists {
    each: HashMap<String, Sides>,
    all: Sides,
}

impl Lists {
    fn add(&mut self, list: String, sides: Sides) {
        let of_list = self.each.entry(list).or_default();
        *of_list = of_list.and(sides);
        self.all = self.all.and(sides);
    }

    fn sides(&self, list: &str) -> Sides {
        self.each.get(list).copied().unwrap_or_default()
    }
}

#[derive(Default)]
pub(super) struct LaterChanges {
    /// Lists of changes that are to be sent.
    by_id: Lists,
    by_name: Lists,
    /// What those may undo.
    sent: Vec<Arc<LaterChange>>,
    /// The highest index of those.
    last: usize,
}

impl LaterChanges {
    /// Notes a change that is to be sent, in the order of the source.
    fn note_waiting(&mut self, json: &[u8]) {
        let Ok(change) = ListChange::from_json(json) else {
            return;
        };
        let sides = Sides::of(&change);
        match (change.list_id, change.list_name) {
            (Some(id), _) => self.by_id.add(id, sides),
            (None, Some(name)) => self.by_name.add(fold(&name), sides),
            (None, None) => {}
        }
    }

    /// Notes a change that may have had its effect, if one that is to be sent may undo it.
    fn note_sent(&mut self, index: usize, json: &[u8], outcome: Outcome) {
        if self.by_id.each.is_empty() && self.by_name.each.is_empty() {
            return;
        }
        let Ok(change) = ListChange::from_json(json) else {
            return;
        };
        // A name may be that of a list that the other names by its id.
        let waiting = match (&change.list_id, &change.list_name) {
            (Some(id), _) => self.by_id.sides(id).and(self.by_name.all),
            (None, Some(name)) => self.by_name.sides(&fold(name)).and(self.by_id.all),
            (None, None) => return,
        };
        if waiting.may_undo(Sides::of(&change)) {
            self.last = self.last.max(index);
            self.sent.push(Arc::new(LaterChange {
                index,
                change,
                outcome,
            }));
        }
    }

    /// Those that came after a change and that it may undo, as far as their texts tell.
    fn after(&self, index: usize, change: &ListChange) -> impl Iterator<Item = &Arc<LaterChange>> {
        let sent = if index < self.last {
            &self.sent[..]
        } else {
            &[]
        };
        sent.iter().filter(move |later| {
            later.index > index
                && may_be_one_list(change, &later.change)
                && may_share_a_member(change, &later.change)
        })
    }
}

fn may_be_one_list(one: &ListChange, other: &ListChange) -> bool {
    match (&one.list_id, &other.list_id) {
        (Some(one), Some(other)) => one == other,
        (None, None) => {
            let names = [&one.list_name, &other.list_name];
            let [one, other] = names.map(|name| name.as_deref().map(fold));
            one == other
        }
        _ => true,
    }
}

/// Whether one adds a contact that the other removes. An address may be anybody's.
fn may_share_a_member(one: &ListChange, other: &ListChange) -> bool {
    let may_meet = |ids: (&[String], &[String]), emails: (&[String], &[String])| {
        let is_one = !ids.0.is_empty() || !emails.0.is_empty();
        let is_other = !ids.1.is_empty() || !emails.1.is_empty();
        let has_emails = !emails.0.is_empty() || !emails.1.is_empty();
        (is_one && is_other && has_emails) || ids.0.iter().any(|id| ids.1.contains(id))
    };
    may_meet(
        (&one.add, &other.remove),
        (&one.add_emails, &other.remove_emails),
    ) || may_meet(
        (&one.remove, &other.add),
        (&one.remove_emails, &other.add_emails),
    )
}

impl State {
    /// A change that the journal knows is to be sent.
    pub(super) fn note_waiting_change(&mut self, json: &[u8]) {
        if self.target.kind == PushKind::Lists {
            self.later_changes.note_waiting(json);
        }
    }

    /// A change may have had its effect, in an earlier run or in this one.
    pub(super) fn note_sent_change(&mut self, index: usize, json: &[u8], outcome: Outcome) {
        if self.target.kind == PushKind::Lists {
            self.later_changes.note_sent(index, json, outcome);
        }
    }

    /// What the changes of a batch, which are these, may undo.
    pub(crate) fn later_changes(
        &self,
        batch: &Batch,
        changes: &[ListChange],
    ) -> Vec<Arc<LaterChange>> {
        let mut found: Vec<&Arc<LaterChange>> = Vec::new();
        for ((index, _), change) in batch.records().zip(changes) {
            found.extend(self.later_changes.after(index, change));
        }
        found.sort_unstable_by_key(|later| later.index);
        found.dedup_by_key(|later| later.index);
        found.into_iter().cloned().collect()
    }
}
