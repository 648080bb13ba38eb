//! Adding those that a push has pushed or skipped to a list: looked up by their e-mail addresses, then sent as changes
//! of the list. None of it changes an outcome.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::handle::{Flow, Push};
use super::looks::MOST_FAILED_LOOKS;
use super::options::{PushOptions, TargetList};
use super::shared::Shared;
use super::state::{Candidates, State, is_refused};
use super::target::Target;
use super::verdict::MemberErrors;
use crate::error::{Error, ErrorKind, Result};
use crate::http::call::{Policy, Trace};
use crate::lookup::{Asker, MOST_EMAILS, find_lists, get_or_create_list, look_up};
use crate::names::PushKind;
use crate::quote::quote;
use crate::records::Records;
use crate::records::list_change::ListChange;
use crate::report::{AddedToList, NotAddedReason, Outcome};
use crate::sync::lock;

/// Members of one change: so many are in doubt together when its answer does not come.
const MEMBERS: usize = 100;
/// Changes that are handed over before the push waits for the service.
const CHUNK: usize = 100;
/// Pauses before contacts that the CRM does not find yet are looked up once more: its search lags behind what it
/// holds.
const PAUSES: [Duration; 6] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(16),
];

const ENDED: &str = "the push ended early, so nobody was added to the list";

/// Why somebody is not in the list.
type Why = (NotAddedReason, Arc<str>);

/// Adds those that were pushed or skipped to the list that the options name; `None` where they name none, or it was
/// done.
pub(super) async fn add(shared: &Arc<Shared>) -> Option<AddedToList> {
    let list = shared.options.add_to_list.clone()?;
    let (candidates, has_ended) = {
        let mut state = shared.state();
        (state.take_candidates()?, state.has_ended())
    };
    let mut adding = Adding {
        shared,
        told: told_of(&list),
    };
    let interruption = shared.interruption();
    if has_ended || interruption.is_some() {
        let why = interruption.map_or_else(|| ENDED.to_owned(), |error| ended_by(&error));
        return Some(all_unsent(&list, &candidates, &why));
    }
    if candidates.records.is_empty() {
        return Some(adding.told);
    }
    let list_id = match adding.list_id(&list).await {
        Ok(id) => id,
        Err((reason, message)) => {
            for candidate in &candidates.records {
                adding
                    .told
                    .note(candidate.index, reason, Arc::clone(&message));
            }
            adding.told.ended_early = Some(message.to_string());
            return Some(adding.told);
        }
    };
    adding.told.list_id = Some(list_id.clone());
    let found = adding.look_up(&candidates).await;
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut ids: Vec<String> = Vec::new();
    let mut fates = Vec::with_capacity(candidates.records.len());
    for candidate in &candidates.records {
        let address = candidates.members.address(candidate.index);
        fates.push(match found.of(&candidate.ids, address) {
            Ok(id) => Ok(*places.entry(id).or_insert_with(|| {
                ids.push(id.to_owned());
                ids.len() - 1
            })),
            Err(why) => Err(why),
        });
    }
    let outcomes = adding.send(&list_id, &ids).await;
    for (candidate, fate) in candidates.records.iter().zip(fates) {
        let why = match fate {
            Ok(place) => outcomes.get(place).cloned().flatten(),
            Err(why) => Some(why),
        };
        match why {
            None => adding.told.added += 1,
            Some((reason, message)) => adding.told.note(candidate.index, reason, message),
        }
    }
    Some(adding.told)
}

/// What is told where nobody can be added any more.
pub(super) fn none(state: &mut State, options: &PushOptions, why: &str) -> Option<AddedToList> {
    let list = options.add_to_list.as_ref()?;
    let candidates = state.take_candidates()?;
    Some(all_unsent(list, &candidates, &format!("{ENDED}: {why}")))
}

fn ended_by(error: &Error) -> String {
    format!("{ENDED}: {}", error.message())
}

fn told_of(list: &TargetList) -> AddedToList {
    let mut told = AddedToList::default();
    match list {
        TargetList::Id(id) => told.list_id = Some(id.clone()),
        TargetList::Name(name) => told.list_name = Some(name.clone()),
    }
    told
}

fn all_unsent(list: &TargetList, candidates: &Candidates, why: &str) -> AddedToList {
    let mut told = told_of(list);
    let message: Arc<str> = why.into();
    for candidate in &candidates.records {
        told.note(
            candidate.index,
            NotAddedReason::NotSent,
            Arc::clone(&message),
        );
    }
    told.ended_early = Some(why.to_owned());
    told
}

struct Adding<'a> {
    shared: &'a Arc<Shared>,
    told: AddedToList,
}

/// What the CRM told of e-mail addresses.
#[derive(Default)]
struct Found {
    ids: HashMap<String, Vec<String>>,
    /// Why the others were not looked up.
    failure: Option<Arc<str>>,
}

impl Found {
    /// The one contact that a record is, by ids that are known already or by its address.
    fn of<'a>(
        &'a self,
        known: &'a [String],
        address: Option<&str>,
    ) -> std::result::Result<&'a str, Why> {
        let ids = match (known, address) {
            ([], None) => {
                let message = "it has no e-mail address by which it could be found in the CRM";
                return Err((NotAddedReason::NotFound, message.into()));
            }
            ([], Some(address)) => {
                let not_asked = || {
                    let why = self.failure.clone().unwrap_or_else(|| ENDED.into());
                    (NotAddedReason::NotSent, why)
                };
                self.ids.get(address).ok_or_else(not_asked)?
            }
            (known, _) => known,
        };
        match ids {
            [id] => Ok(id),
            [] => Err((
                NotAddedReason::NotFound,
                "the CRM does not find it by its e-mail address: its search may lag behind".into(),
            )),
            several => Err((
                NotAddedReason::Ambiguous,
                format!(
                    "{} contacts of the CRM have its e-mail address: {}",
                    several.len(),
                    several.join(", ")
                )
                .into(),
            )),
        }
    }
}

/// What became of the changes of one round.
struct Round {
    outcomes: Vec<Option<Outcome>>,
    /// Why those that failed or are unknown did.
    messages: HashMap<usize, Arc<str>>,
    errors: HashMap<usize, MemberErrors>,
    /// Why some were not sent.
    ended: Option<String>,
    new_members: u64,
}

impl Adding<'_> {
    fn policy(&self) -> Policy {
        Policy {
            waits_for_the_limit: true,
            ..self.shared.interruptions()
        }
    }

    async fn list_id(&self, list: &TargetList) -> std::result::Result<String, Why> {
        let name = match list {
            TargetList::Id(id) => return Ok(id.clone()),
            TargetList::Name(name) => name,
        };
        let shared = self.shared;
        let asker = Asker {
            caller: &shared.caller,
            connections: &shared.target.connections,
            provider: shared.target.provider,
        };
        let mut trace = Trace::default();
        let mut found = find_lists(asker, name, || self.policy(), &mut trace).await;
        if matches!(&found, Ok(lists) if lists.is_empty()) && shared.options.create_list {
            let made = get_or_create_list(asker, name, || self.policy(), &mut trace).await;
            found = made.map(|id| vec![id]);
        }
        shared.state().count_look(&trace);
        let named = quote(name.as_bytes());
        let message = match found.as_deref() {
            Ok([id]) => return Ok(id.clone()),
            Ok([]) => format!(
                "no list of the CRM has the name '{named}': check the name, or have it made with create_list"
            ),
            Ok(ids) => format!(
                "{} lists of the CRM have the name '{named}': pass the id of one of them ({})",
                ids.len(),
                ids.join(", ")
            ),
            Err(error) => {
                let error = shared.interruption().unwrap_or_else(|| error.clone());
                return Err((NotAddedReason::NotSent, error.message().into()));
            }
        };
        Err((NotAddedReason::Failed, message.into()))
    }

    /// Looks up those whose ids are not known, more than once where they are not found.
    async fn look_up(&self, candidates: &Candidates) -> Found {
        let mut found = Found::default();
        let mut seen = HashSet::new();
        let unknown = candidates.records.iter();
        let unknown = unknown.filter(|candidate| candidate.ids.is_empty());
        let addresses = unknown.filter_map(|of| candidates.members.address(of.index));
        let mut waiting: Vec<String> = addresses
            .filter(|address| seen.insert(*address))
            .map(str::to_owned)
            .collect();
        let mut pauses = PAUSES.into_iter();
        loop {
            self.look_once(&waiting, &mut found).await;
            let is_missing = |address: &String| found.ids.get(address).is_some_and(Vec::is_empty);
            waiting.retain(is_missing);
            let pause = pauses.next().filter(|_| !waiting.is_empty());
            let (Some(pause), None) = (pause, &found.failure) else {
                return found;
            };
            let until = Instant::now() + pause;
            *lock(&self.shared.looks_again_from) = Some(until);
            let policy = self.shared.interruptions();
            let is_interrupted = tokio::select! {
                () = sleep_until(until) => false,
                _ = policy.interrupted() => true,
            };
            *lock(&self.shared.looks_again_from) = None;
            if is_interrupted {
                return found;
            }
        }
    }

    async fn look_once(&self, addresses: &[String], found: &mut Found) {
        let mut looks = JoinSet::new();
        let mut waiting = addresses.chunks(MOST_EMAILS);
        let mut failed = 0;
        loop {
            while failed < MOST_FAILED_LOOKS
                && looks.len() < self.shared.options.concurrency
                && let Some(addresses) = waiting.next()
            {
                let (shared, addresses) = (Arc::clone(self.shared), addresses.to_vec());
                looks.spawn(async move {
                    let mut trace = Trace::default();
                    let policy = || Policy {
                        waits_for_the_limit: true,
                        ..shared.interruptions()
                    };
                    let target = &shared.target;
                    let ids = look_up(
                        &shared.caller,
                        &target.connections,
                        target.provider,
                        &addresses,
                        policy,
                        &mut trace,
                    );
                    let ids = ids.await;
                    shared.state().count_look(&trace);
                    (addresses, ids)
                });
            }
            let error = match looks.join_next().await {
                None => return,
                Some(Ok((addresses, Ok(ids)))) => {
                    failed = 0;
                    found.ids.extend(addresses.into_iter().zip(ids));
                    continue;
                }
                Some(Ok((_, Err(error)))) => error,
                Some(Err(_)) => super::driver::lost(),
            };
            failed += 1;
            // The next would be refused, or not be understood, as well.
            let is_last = is_refused(&error) || error.kind() == ErrorKind::InvalidAnswer;
            if is_last || self.shared.interruption().is_some() {
                failed = MOST_FAILED_LOOKS;
            }
            let error = self.shared.interruption().unwrap_or(error);
            found.failure.get_or_insert_with(|| error.message().into());
        }
    }

    /// Adds the contacts of these ids; gives why each is not in the list, if it is not.
    async fn send(&mut self, list_id: &str, ids: &[String]) -> Vec<Option<Why>> {
        let mut outcomes: Vec<Option<Why>> = vec![None; ids.len()];
        let all: Vec<usize> = (0..ids.len()).collect();
        let mut waiting: Vec<Vec<usize>> = all.chunks(MEMBERS).map(<[usize]>::to_vec).collect();
        while !waiting.is_empty() {
            let changes = waiting.iter().map(|places| {
                let members = places.iter().filter_map(|place| ids.get(*place));
                ListChange::new(list_id).add(members)
            });
            let round = match self.round(changes.collect()).await {
                Ok(round) => round,
                Err(error) => Round {
                    outcomes: Vec::new(),
                    messages: HashMap::new(),
                    errors: HashMap::new(),
                    ended: Some(error.message().to_owned()),
                    new_members: 0,
                },
            };
            self.told.new_members += round.new_members;
            if let Some(ended) = &round.ended {
                self.told.ended_early.get_or_insert_with(|| ended.clone());
            }
            let mut again = Vec::new();
            for (change, places) in waiting.iter().enumerate() {
                let mut settle = |places: &[usize], reason, message: &Arc<str>| {
                    for place in places {
                        if let Some(outcome) = outcomes.get_mut(*place) {
                            *outcome = Some((reason, Arc::clone(message)));
                        }
                    }
                };
                let message = round.messages.get(&change);
                let message = message.cloned().unwrap_or_else(|| ENDED.into());
                match round.outcomes.get(change).copied().flatten() {
                    Some(Outcome::Pushed | Outcome::Skipped) => {}
                    Some(Outcome::Unknown) => settle(places, NotAddedReason::Unknown, &message),
                    Some(Outcome::Failed) => {
                        let errors = round.errors.get(&change);
                        let left = refused(places, ids, errors, |place, own| {
                            let message = own.unwrap_or(&message);
                            settle(&[place], NotAddedReason::Failed, message);
                        });
                        again.extend(left);
                    }
                    Some(Outcome::NotSent) | None => {
                        let why = round.ended.as_deref().unwrap_or(ENDED).into();
                        settle(places, NotAddedReason::NotSent, &why);
                    }
                }
            }
            waiting = again;
        }
        outcomes
    }

    /// Sends changes of the list, one after the other.
    async fn round(&self, changes: Vec<ListChange>) -> Result<Round> {
        let shared = self.shared;
        let caller = &shared.caller;
        let target = Target::new(
            shared.target.provider,
            PushKind::Lists,
            &shared.target.connections,
            |path| caller.url(path),
        );
        let options = PushOptions {
            batch_bytes: shared.options.batch_bytes,
            max_consecutive_unknown: shared.options.max_consecutive_unknown,
            ..PushOptions::default()
        };
        let push = Push::start(Arc::clone(caller), Arc::new(target), options)?;
        push.shared.state().keep_list_errors();
        let count = changes.len();
        let sent = async {
            let mut changes = changes.into_iter();
            loop {
                let records: Records = changes.by_ref().take(CHUNK).collect();
                if records.is_empty() {
                    break;
                }
                if push.feed(records).await == Flow::Ended {
                    push.not_sent(changes.len());
                    break;
                }
            }
            push.drain().await;
            let errors = push.shared.state().take_list_errors();
            (push.close(None).await, errors)
        };
        let mut sent = std::pin::pin!(sent);
        let policy = shared.interruptions();
        let (report, errors) = tokio::select! {
            sent = &mut sent => sent,
            _ = policy.interrupted() => {
                push.cancel_handle().cancel();
                sent.await
            }
        };
        let (report, ended) = match report {
            Ok(report) => (report, None),
            Err(error) => {
                let cause = shared.interruption().unwrap_or_else(|| error.clone());
                match error.report() {
                    Some(report) => (report.clone(), Some(cause.message().to_owned())),
                    None => return Err(cause),
                }
            }
        };
        shared.state().count_efforts_of(&report);
        let problems = report.problems().iter();
        Ok(Round {
            outcomes: (0..count).map(|change| report.outcome(change)).collect(),
            messages: problems
                .map(|problem| (problem.index, Arc::clone(&problem.message)))
                .collect(),
            errors,
            ended,
            new_members: report.list_members_added().unwrap_or(0),
        })
    }
}

/// Who of a change that failed was refused, with their own messages where there are any; gives the changes that are to
/// be sent again without them. Each has fewer members than this one.
fn refused(
    places: &[usize],
    ids: &[String],
    errors: Option<&MemberErrors>,
    mut settle: impl FnMut(usize, Option<&Arc<str>>),
) -> Vec<Vec<usize>> {
    let named: HashMap<&str, Arc<str>> = errors
        .map(|errors| {
            let refused = errors.refused.iter();
            refused
                .map(|(id, message)| (id.as_str(), Arc::from(message.as_str())))
                .collect()
        })
        .unwrap_or_default();
    let others_are_in = errors.is_some_and(|errors| errors.others_are_in);
    let is_about_the_list = errors.is_some_and(|errors| errors.names_the_list);
    let is_alone = places.len() == 1;
    let mut left = Vec::new();
    for place in places {
        let own = ids.get(*place).and_then(|id| named.get(id.as_str()));
        if own.is_some() || is_about_the_list || is_alone {
            settle(*place, own);
        } else if !others_are_in {
            left.push(*place);
        }
    }
    if left.is_empty() {
        return Vec::new();
    }
    if left.len() < places.len() {
        return vec![left];
    }
    // It names nobody: whom it is about is found by halves.
    left.chunks(left.len().div_ceil(2))
        .map(<[usize]>::to_vec)
        .collect()
}
