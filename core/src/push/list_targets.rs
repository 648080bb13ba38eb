//! Which list a name is and which contacts e-mail addresses are: looked up before changes of lists travel.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;

use super::shared::Shared;
use super::state::{FailedInARow, LaterChange, Resolution};
use crate::error::{Error, Result};
use crate::files::durable::Safety;
use crate::http::call::Trace;
use crate::lookup::{find_lists, get_or_create_list};
use crate::names::PushKind;
use crate::option_names::spelled;
use crate::quote::quote;
use crate::records::batch::Batch;
use crate::records::identity::fold;
use crate::records::list_change::ListChange;
use crate::report::Outcome;
use crate::sync::lock;

/// Addresses that are remembered from one batch to the next.
const MOST_REMEMBERED: usize = 100_000;
/// Addresses that a message names.
const MOST_NAMED: usize = 3;

/// What this push has learned from the CRM. Another push asks anew.
#[derive(Default)]
pub(super) struct ListTargets {
    lists: HashMap<String, Vec<String>>,
    /// Ids by folded address.
    contacts: HashMap<String, Vec<String>>,
    /// Lists that this push has made, by folded name.
    made: HashMap<String, String>,
}

/// Finds what the changes of a batch name. False when the batch is no longer to be sent: what of it can travel
/// then waits as batches of its own.
pub(super) async fn resolve(shared: &Arc<Shared>, batch: &Batch) -> bool {
    let changes: Vec<ListChange> = match shared.target.kind {
        PushKind::Lists => batch
            .sent()
            .filter_map(|json| ListChange::from_json(json).ok())
            .collect(),
        _ => return true,
    };
    if changes.len() != batch.len() {
        return true;
    }
    let later = shared.state().later_changes(batch, &changes);
    let needs_looks = changes.iter().any(ListChange::needs_looks);
    if !needs_looks && later.is_empty() {
        return true;
    }
    let failure = shared.look_for(batch.id, &changes, &later).await;
    shared.activity.over(batch.id);
    let interruption = shared.interruption();
    let indexes = batch.records().map(|(index, _)| index);
    let (resolution, resolved) = shared.resolved(indexes.zip(&changes), &later, failure);
    if resolution.is_whole() && interruption.is_none() {
        if needs_looks {
            batch.resolve(resolved);
        }
        return true;
    }
    let effects = {
        let mut state = shared.state();
        state.settle_resolution(batch.id, resolution, interruption);
        state.take_effects()
    };
    drop(shared.write(Safety::Process, effects));
    shared.after_change();
    false
}

impl Shared {
    /// Asks for what is not known yet; gives the first error, if there is one.
    async fn look_for(
        self: &Arc<Self>,
        batch: u64,
        changes: &[ListChange],
        later: &[Arc<LaterChange>],
    ) -> Option<Error> {
        let later = later.iter().map(|later| &later.change);
        let (names, emails) = self.unknown_targets(changes.iter().chain(later));
        let mut failed = FailedInARow::default();
        for name in names {
            if failed.are_too_many() {
                break;
            }
            let mut trace = Trace::default();
            let policy = || self.policy(Some(batch));
            let found = find_lists(self.asker(), &name, policy, &mut trace).await;
            self.state().count_look(&trace);
            if let Some(ids) = failed.take(found) {
                lock(&self.list_targets).lists.insert(name, ids);
            }
        }
        let found = self.look_up_all(&emails, Some(batch), &mut failed).await;
        lock(&self.list_targets).contacts.extend(found);
        if self.options.create_list {
            self.make_lists(batch, changes, &mut failed).await;
        }
        failed.first().cloned()
    }

    /// Makes the lists that the CRM does not have, for changes with which nothing else is wrong.
    async fn make_lists(
        self: &Arc<Self>,
        batch: u64,
        changes: &[ListChange],
        failed: &mut FailedInARow,
    ) {
        let names = lock(&self.list_targets).to_be_made(changes);
        for name in names {
            let known = lock(&self.list_targets).made.get(&fold(&name)).cloned();
            let made = if known.is_some() || failed.are_too_many() {
                known
            } else {
                let mut trace = Trace::default();
                let policy = || self.policy(Some(batch));
                let made = get_or_create_list(self.asker(), &name, policy, &mut trace).await;
                self.state().count_look(&trace);
                failed.take(made)
            };
            let mut targets = lock(&self.list_targets);
            match made {
                Some(id) => {
                    targets.made.insert(fold(&name), id.clone());
                    targets.lists.insert(name, vec![id]);
                }
                // As if it had not been looked for: the change is not sent.
                None => drop(targets.lists.remove(&name)),
            }
        }
    }

    /// The names, and the folded addresses, that were not asked for yet.
    fn unknown_targets<'a>(
        &self,
        changes: impl Iterator<Item = &'a ListChange> + Clone,
    ) -> (Vec<String>, Vec<String>) {
        let mut known = lock(&self.list_targets);
        if known.contacts.len() > MOST_REMEMBERED {
            known.contacts.clear();
        }
        let mut seen = HashSet::new();
        let names = changes
            .clone()
            .filter_map(|change| change.list_name.as_ref());
        let names = names.filter(|name| !known.lists.contains_key(*name) && seen.insert(*name));
        let names = names.cloned().collect();
        let mut seen = HashSet::new();
        let emails = changes.flat_map(ListChange::emails).map(fold);
        let emails = emails
            .filter(|email| !known.contacts.contains_key(email) && seen.insert(email.clone()))
            .collect();
        (names, emails)
    }

    /// What becomes of each change, with its index, and how those travel that can.
    fn resolved<'a>(
        &self,
        changes: impl Iterator<Item = (usize, &'a ListChange)>,
        later: &[Arc<LaterChange>],
        failure: Option<Error>,
    ) -> (Resolution, Vec<Bytes>) {
        let known = lock(&self.list_targets);
        let mut resolution = Resolution::default();
        let mut resolved = Vec::new();
        let mut lists = HashSet::new();
        for (position, (index, change)) in changes.enumerate() {
            let resolved_change = match known.resolve(change, self.options.create_list) {
                Resolved::Ready(change) => {
                    let later = later.iter().filter(|later| later.index > index);
                    known.unless_undoing(change, later.map(|later| &**later))
                }
                other => other,
            };
            match resolved_change {
                Resolved::Ready(change) if lists.insert(change.list_id.clone()) => {
                    resolution.ready.push(position);
                    resolved.push(serde_json::to_vec(&change).unwrap_or_default().into());
                }
                // Two changes of one list never travel together, whatever they call it.
                Resolved::Ready(_) => resolution.later.push(position),
                Resolved::Wrong(message) => resolution.wrong.push((position, message)),
                Resolved::NotLookedUp => resolution.not_looked_up.push(position),
            }
        }
        let is_felt = !resolution.not_looked_up.is_empty();
        resolution.failure = failure.filter(|_| is_felt);
        (resolution, resolved)
    }
}

/// What a change is by the CRM's ids.
#[derive(Debug, PartialEq)]
enum Resolved {
    Ready(ListChange),
    Wrong(String),
    NotLookedUp,
}

impl ListTargets {
    /// The names of lists that the CRM does not have, of changes with which nothing else is wrong.
    fn to_be_made(&self, changes: &[ListChange]) -> Vec<String> {
        let mut seen = HashSet::new();
        let names = changes.iter().filter_map(|change| {
            let name = change.list_name.as_ref()?;
            let is_missing = self.lists.get(name).is_some_and(Vec::is_empty);
            let is_right = || matches!(self.members(change), Resolved::Ready(_));
            (is_missing && is_right() && seen.insert(name)).then(|| name.clone())
        });
        names.collect()
    }

    /// `makes_lists`: a list that is missing is one that was not made, since more was wrong with its changes.
    fn resolve(&self, change: &ListChange, makes_lists: bool) -> Resolved {
        let list_id = match &change.list_name {
            None => change.list_id.clone(),
            Some(name) => match self.lists.get(name) {
                None => return Resolved::NotLookedUp,
                Some(ids) => match only_list(name, ids) {
                    Ok(id) => Some(id),
                    Err(_) if ids.is_empty() && makes_lists => None,
                    Err(message) => return Resolved::Wrong(message),
                },
            },
        };
        match self.members(change) {
            Resolved::Ready(_) if list_id.is_none() => Resolved::NotLookedUp,
            Resolved::Ready(change) => Resolved::Ready(ListChange {
                list_id,
                list_name: None,
                ..change
            }),
            other => other,
        }
    }

    /// The change, which has ids, unless it would undo one of those that came later.
    fn unless_undoing<'a>(
        &self,
        change: ListChange,
        later: impl Iterator<Item = &'a LaterChange>,
    ) -> Resolved {
        for later in later {
            let sides = [
                (
                    &change.add,
                    &later.change.remove,
                    &later.change.remove_emails,
                ),
                (&change.remove, &later.change.add, &later.change.add_emails),
            ];
            let lists = match (&later.change.list_id, &later.change.list_name) {
                (Some(id), _) => std::slice::from_ref(id),
                (None, Some(name)) => match self.lists.get(name) {
                    Some(ids) => ids,
                    None => return Resolved::NotLookedUp,
                },
                (None, None) => continue,
            };
            let mut contacts = Vec::new();
            for email in later.change.emails() {
                match self.contacts.get(&fold(email)) {
                    Some(ids) => contacts.push(&ids[..]),
                    None => return Resolved::NotLookedUp,
                }
            }
            let fits = lists.len() == 1 && contacts.iter().all(|ids| ids.len() == 1);
            if later.outcome == Outcome::Failed && !fits {
                // For that it was not sent.
                continue;
            }
            let is_list = |id: &String| lists.contains(id) || lists.is_empty();
            if !change.list_id.as_ref().is_some_and(is_list) {
                continue;
            }
            for (place, (ours, theirs, emails)) in sides.into_iter().enumerate() {
                let mut there: Vec<&String> = theirs.iter().collect();
                let mut is_untold = false;
                for ids in emails
                    .iter()
                    .filter_map(|email| self.contacts.get(&fold(email)))
                {
                    is_untold |= ids.is_empty();
                    there.extend(ids);
                }
                let shared = ours.iter().find(|id| there.contains(id));
                if shared.is_some() || (is_untold && !ours.is_empty()) {
                    let message = undoing(&change, shared, later.outcome, place == 0);
                    return Resolved::Wrong(message);
                }
            }
        }
        Resolved::Ready(change)
    }

    /// The change with the ids of its members.
    fn members(&self, change: &ListChange) -> Resolved {
        let mut resolved = ListChange {
            list_id: change.list_id.clone(),
            list_name: change.list_name.clone(),
            add: change.add.clone(),
            remove: change.remove.clone(),
            ..ListChange::default()
        };
        let mut unfit = Unfit::default();
        let sides = [
            (&change.add_emails, &mut resolved.add),
            (&change.remove_emails, &mut resolved.remove),
        ];
        for (emails, ids) in sides {
            let mut there: HashSet<String> = ids.iter().cloned().collect();
            for email in emails {
                match self.contacts.get(&fold(email)).map(|ids| &ids[..]) {
                    None => return Resolved::NotLookedUp,
                    Some([]) => unfit.absent.push(email),
                    Some([id]) if there.insert(id.clone()) => ids.push(id.clone()),
                    Some([_]) => {}
                    Some(several) => unfit.ambiguous.push((email, several)),
                }
            }
        }
        if let Some(message) = unfit.message(&change.list(), change.emails().count()) {
            return Resolved::Wrong(message);
        }
        match resolved.check() {
            Ok(()) => Resolved::Ready(resolved),
            Err(message) => Resolved::Wrong(message),
        }
    }
}

/// Why a change is not sent that would undo a later one; of the contact `shared`, if that is known.
fn undoing(change: &ListChange, shared: Option<&String>, outcome: Outcome, adds: bool) -> String {
    let has = if outcome == Outcome::Pushed {
        "has"
    } else {
        "may have"
    };
    let done = if adds { "removed" } else { "added" };
    let whom = match shared {
        Some(id) => format!("contact {}, whom", quote(id.as_bytes())),
        None => "a contact whom the CRM does not find any more and whom".to_owned(),
    };
    let would = if adds { "add again" } else { "remove again" };
    let would = if shared.is_some() {
        format!("would {would}")
    } else {
        format!("may {would}")
    };
    format!(
        "a later change of list {} {has} {done} {whom} this one {would}; push what of it still holds",
        change.list()
    )
}

/// The one list of a name, by the ids of those that have it; else what to say.
pub(super) fn only_list(name: &str, ids: &[String]) -> Result<String, String> {
    let named = quote(name.as_bytes());
    match ids {
        [id] => Ok(id.clone()),
        [] => Err(format!(
            "no list of the CRM has the name '{named}': check the name, or have it made with {}",
            spelled("create_list")
        )),
        several => Err(format!(
            "{} lists of the CRM have the name '{named}': pass the {} of one of them ({})",
            several.len(),
            spelled("list_id"),
            several.join(", ")
        )),
    }
}

/// Addresses that do not fit one contact.
#[derive(Default)]
struct Unfit<'a> {
    absent: Vec<&'a str>,
    ambiguous: Vec<(&'a str, &'a [String])>,
}

impl Unfit<'_> {
    fn message(&self, list: &str, emails: usize) -> Option<String> {
        let absent = self.absent.iter();
        let absent = absent.map(|email| quote(email.as_bytes()));
        let ambiguous = self.ambiguous.iter();
        let ambiguous = ambiguous
            .map(|(email, ids)| format!("{} ({})", quote(email.as_bytes()), ids.join(", ")));
        let kinds = [
            ("no contact of the CRM has", named(absent)),
            ("several contacts have", named(ambiguous)),
        ];
        let told: Vec<String> = kinds
            .into_iter()
            .filter_map(|(what, named)| {
                let (count, named) = named?;
                Some(format!(
                    "{what} {count} of its {emails} e-mail addresses: {named}"
                ))
            })
            .collect();
        (!told.is_empty()).then(|| {
            format!(
                "nothing of the change of list {list} was sent, since {}",
                told.join("; ")
            )
        })
    }
}

/// How many there are, and the first of them.
fn named(texts: impl ExactSizeIterator<Item = String>) -> Option<(usize, String)> {
    let count = texts.len();
    let mut named = texts.take(MOST_NAMED).collect::<Vec<_>>().join(", ");
    if count > MOST_NAMED {
        named.push_str(" …");
    }
    (count > 0).then_some((count, named))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> ListTargets {
        let pairs = |pairs: &[(&str, &[&str])]| {
            let pairs = pairs.iter();
            pairs
                .map(|(key, ids)| {
                    (
                        (*key).to_owned(),
                        ids.iter().map(|id| (*id).to_owned()).collect(),
                    )
                })
                .collect()
        };
        ListTargets {
            lists: pairs(&[("VIP", &["7"]), ("Two", &["8", "9"]), ("None", &[])]),
            contacts: pairs(&[
                ("a@x.test", &["1"]),
                ("b@x.test", &["2"]),
                ("two@x.test", &["3", "4"]),
                ("no@x.test", &[]),
            ]),
            made: HashMap::new(),
        }
    }

    fn wrong(change: &ListChange) -> String {
        match known().resolve(change, false) {
            Resolved::Wrong(message) => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn names_and_addresses_become_ids_each_once() {
        let change = ListChange::named("VIP").add(["1", "5"]).add_emails([
            "A@x.test",
            "b@x.test",
            " B@X.test",
        ]);
        let ready = ListChange::new("7").add(["1", "5", "2"]);
        assert_eq!(known().resolve(&change, false), Resolved::Ready(ready));
    }

    #[test]
    fn what_fits_none_or_several_is_told() {
        assert!(wrong(&ListChange::named("None").add([1])).contains("no list of the CRM"));
        assert!(
            wrong(&ListChange::named("Two").add([1]))
                .contains("2 lists of the CRM have the name 'Two'")
        );
        let change = ListChange::new(7).add_emails(["a@x.test", "no@x.test", "two@x.test"]);
        assert_eq!(
            wrong(&change),
            "nothing of the change of list 7 was sent, since no contact of the CRM has 1 of its 3 e-mail addresses: \
             no@x.test; several contacts have 1 of its 3 e-mail addresses: two@x.test (3, 4)"
        );
        let change = ListChange::new(7).add([1]).remove_emails(["a@x.test"]);
        assert!(wrong(&change).contains("contact 1 is both added to and removed from"));
        let nobody = ListChange::named("None").add_emails(["no@x.test"]);
        assert!(wrong(&nobody).contains("no list of the CRM"));
        let change = ListChange::new(7).add_emails(["other@x.test"]);
        assert_eq!(known().resolve(&change, false), Resolved::NotLookedUp);
    }

    #[test]
    fn a_list_is_made_for_changes_with_which_nothing_else_is_wrong() {
        let known = known();
        let nobody = ListChange::named("None").add_emails(["no@x.test"]);
        let good = ListChange::named("None").add_emails(["a@x.test"]);
        let there = ListChange::named("VIP").add([1]);
        assert!(
            known
                .to_be_made(&[nobody.clone(), there.clone()])
                .is_empty()
        );
        assert_eq!(
            known.to_be_made(&[nobody.clone(), good.clone(), good.clone()]),
            ["None"]
        );
        let Resolved::Wrong(message) = known.resolve(&nobody, true) else {
            panic!("it is sent");
        };
        assert!(message.contains("no contact of the CRM has"), "{message}");
        // Its list could not be made.
        assert_eq!(known.resolve(&good, true), Resolved::NotLookedUp);
    }
}
