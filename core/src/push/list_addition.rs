//! Adding those that a push has pushed or skipped to a list: looked up by their e-mail addresses, then sent as changes
//! of the list. None of it changes an outcome.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use xxhash_rust::xxh3::xxh3_64;

use super::handle::{Push, Role};
use super::list_targets::only_list;
use super::options::{PushOptions, TargetList};
use super::shared::Shared;
use super::state::{Candidate, Candidates, FailedInARow, Standing, State, is_refused};
use super::target::Target;
use super::verdict::MemberErrors;
use crate::error::{Error, ErrorKind, Result};
use crate::http::call::Trace;
use crate::lookup::{find_lists, get_or_create_list};
use crate::names::PushKind;
use crate::option_names::spelled;
use crate::quote::counted;
use crate::records::list_change::ListChange;
use crate::report::{AddedToList, NotAddedReason, Outcome};
use crate::sync::lock;

/// Members of one change: so many are in doubt together when its answer does not come.
const MEMBERS: usize = 100;
/// Contacts that are looked up before those of them that were found are added.
const STEP: usize = 1_000;
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
const NO_ADDRESS: &str = "it has no e-mail address by itself by which it could be found in the CRM";
const CHANGED: &str =
    "the record has changed since it was pushed, so its e-mail address may be somebody else's";
const CHANGED_SKIPPED: &str = "the record has changed since an earlier run found it in the CRM, so its e-mail address may be somebody else's";
const ONLY_OLDER: &str =
    "the CRM finds only what had its e-mail address before the push: its search may lag behind";
const SHARED: &str =
    "several records that were sent have its e-mail address, and the CRM finds one contact with it";
const MAY_BE_OLDER: &str = "the CRM finds one contact with its e-mail address, which may be older: the look-up before the push failed";
const TOO_SOON: &str =
    "the push ended before it was sure that the CRM's search finds what was created";
const NOT_FOUND: &str = "the CRM does not find it by its e-mail address: its search may lag behind";

/// Why somebody is not in the list.
type Why = (NotAddedReason, Arc<str>);

/// Whether the list that the options name is there, before the first record leaves.
pub(super) enum FirstLook {
    Needed,
    UnderWay,
    /// The ids of the lists of that name, where they are known.
    Over(Option<Vec<String>>),
}

impl FirstLook {
    pub(super) fn of(options: &PushOptions) -> Self {
        match options.add_to_list {
            Some(TargetList::Name(_)) => Self::Needed,
            Some(TargetList::Id(_)) | None => Self::Over(None),
        }
    }
}

/// Looks for the list by its name; ends the push where it is known that nobody can be added.
pub(super) async fn look_first(shared: Arc<Shared>) {
    let mut ids = None;
    if let Some(TargetList::Name(name)) = &shared.options.add_to_list {
        let mut trace = Trace::default();
        let policy = || shared.policy(None);
        let found = find_lists(shared.asker(), name, policy, &mut trace).await;
        let mut state = shared.state();
        state.count_look(&trace);
        match found {
            Ok(found) => {
                let is_to_be_made = found.is_empty() && shared.options.create_list;
                if let Err(message) = only_list(name, &found)
                    && !is_to_be_made
                {
                    let message = format!("{}: {message}", spelled("add_to_list"));
                    state.end(Error::config(message), true);
                }
                ids = Some(found);
            }
            Err(error) => match shared.interruption() {
                Some(interruption) => {
                    let always = interruption.kind() == ErrorKind::Cancelled;
                    state.end(interruption.with_last_failure_of(error), always);
                }
                None if is_refused(&error) || state.has_ended() => state.end(error, true),
                // It is looked for once more at the end.
                None => {}
            },
        }
    }
    *lock(&shared.first_look) = FirstLook::Over(ids);
    shared.after_change();
}

/// Adds those that were pushed or skipped to the list that the options name; `None` where they name none, or it was
/// done.
pub(super) async fn add(shared: &Arc<Shared>) -> Option<AddedToList> {
    let list = shared.options.add_to_list.clone()?;
    let (candidates, has_ended) = {
        let mut state = shared.state();
        (state.take_candidates()?, state.has_ended())
    };
    let interruption = shared.interruption_at_the_end();
    if has_ended || interruption.is_some() {
        let why = match &interruption {
            Some(error) => format!("{ENDED}: {}", error.message()),
            None => ENDED.to_owned(),
        };
        let told = all_unsent(&list, &candidates, &why);
        if let Some(undone) = undone(&told, &shared.options) {
            insist(shared, interruption, &told, &undone);
        }
        return Some(told);
    }
    let mut adding = Adding {
        shared,
        told: told_of(&list),
        found: HashMap::new(),
        addresses: Addresses::of(&candidates),
        sent: HashMap::new(),
        failed_looks: FailedInARow::default(),
        ended: None,
        interruption: OnceLock::new(),
    };
    if candidates.records.is_empty() {
        return Some(adding.told);
    }
    if let Err((reason, message)) = adding.find_list().await {
        for candidate in &candidates.records {
            let message = Arc::clone(&message);
            adding.told.note(candidate.index, reason, message);
        }
        adding.told.ended_early = Some(message.to_string());
    } else {
        adding.add_all(&candidates).await;
        adding.tell(&candidates);
    }
    let Adding {
        mut told,
        interruption,
        ..
    } = adding;
    let interruption = interruption.into_inner();
    if let Some(error) = interruption.or_else(|| shared.interruption_at_the_end())
        && let Some(undone) = undone(&told, &shared.options)
    {
        let why = || format!("{undone}: {}", error.message());
        told.ended_early.get_or_insert_with(why);
        insist(shared, Some(error), &told, &undone);
    }
    Some(told)
}

/// What keeps contacts from the list is an error, though every record was tried.
fn insist(shared: &Shared, interruption: Option<Error>, told: &AddedToList, undone: &str) {
    {
        let mut state = shared.state();
        if let Some(error) = interruption {
            state.end(error, false);
        }
        if told.unknown > 0 && shared.grace.over.is_cancelled() {
            let grace = shared.options.grace.as_secs_f64();
            let context = format!("no answer came within the grace of {grace} s");
            state.explain_end(&context);
        }
        state.insist_on_end(undone);
    }
    shared.after_change();
}

/// What is left to do, if anything. A further run does it, unless it would create the contacts once more.
fn undone(told: &AddedToList, options: &PushOptions) -> Option<String> {
    let may_run_again = options.journal.is_some() || options.skip_existing;
    let were = |count: usize| if count == 1 { "was" } else { "were" };
    let (unsent, in_doubt) = (told.not_sent, told.unknown);
    if unsent + in_doubt == 0 {
        return None;
    }
    let unsent = (unsent > 0).then(|| {
        let (contacts, were) = (counted(unsent, "contact"), were(unsent));
        let then = if may_run_again {
            ", which a further run does"
        } else {
            ": add them by their e-mail addresses, since a further push would create them again"
        };
        format!("{contacts} {were} not added to the list{then}")
    });
    let in_doubt = (in_doubt > 0).then(|| {
        let (contacts, were) = (counted(in_doubt, "contact"), were(in_doubt));
        let then = if may_run_again {
            ": a further run adds what is not"
        } else {
            ""
        };
        format!("{contacts} {were} sent to the list without an answer and may be in it{then}")
    });
    let parts: Vec<String> = [unsent, in_doubt].into_iter().flatten().collect();
    Some(parts.join(", and "))
}

/// What is told where nobody can be added any more.
pub(super) fn none(state: &mut State, options: &PushOptions, why: &str) -> Option<AddedToList> {
    let list = options.add_to_list.as_ref()?;
    let candidates = state.take_candidates()?;
    Some(all_unsent(list, &candidates, &format!("{ENDED}: {why}")))
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
    /// The CRM's ids by e-mail address, as far as it was asked.
    found: HashMap<String, Vec<String>>,
    addresses: Addresses<'a>,
    /// By the ids of contacts that were to be added: why they are not in the list, if they are not.
    sent: HashMap<String, Option<Why>>,
    failed_looks: FailedInARow,
    /// Why nobody is added any more.
    ended: Option<Arc<str>>,
    /// What has cut it short, as far as a call has met it.
    interruption: OnceLock<Error>,
}

/// How the contact of an address is told from others that have it.
#[derive(Clone, Copy, PartialEq)]
enum Told {
    /// What a look finds is it, but for those that were there before.
    Apart,
    /// An earlier run has sent it: it is found alone at first where the CRM's search lags and an older one is there.
    Earlier,
    NotLookedUp,
    Shared,
}

/// What is known of addresses, by their hashes; of those that are in none of these, contacts are told apart.
#[derive(Default)]
struct Addresses<'a> {
    earlier: HashSet<u64>,
    not_looked_up: HashSet<u64>,
    shared: HashSet<u64>,
    /// Contacts that were there before the push.
    older: HashMap<u64, &'a [String]>,
}

impl<'a> Addresses<'a> {
    fn of(candidates: &'a Candidates) -> Self {
        let mut known = Self::default();
        let (mut pushed, mut apart) = (HashSet::new(), HashSet::new());
        let has_others = |candidate: &Candidate| !matches!(candidate.standing, Standing::Beside(_));
        let has_others = candidates.records.iter().any(has_others);
        for candidate in &candidates.records {
            let Some(address) = candidates.address(candidate) else {
                continue;
            };
            let hash = xxh3_64(address.as_bytes());
            match &candidate.standing {
                Standing::Beside(older) => {
                    if !older.is_empty() {
                        known.older.insert(hash, older);
                    }
                    if has_others {
                        apart.insert(hash);
                    }
                }
                Standing::Untold => drop(known.not_looked_up.insert(hash)),
                Standing::Shared => drop(known.shared.insert(hash)),
                Standing::Earlier => drop(known.earlier.insert(hash)),
            }
            if candidate.is_pushed && !pushed.insert(hash) {
                known.shared.insert(hash);
            }
        }
        // Those that were left out beside one of these are that one.
        known.earlier.retain(|hash| !apart.contains(hash));
        known
    }

    fn told(&self, address: &str) -> Told {
        let hash = xxh3_64(address.as_bytes());
        if self.shared.contains(&hash) {
            Told::Shared
        } else if self.not_looked_up.contains(&hash) {
            Told::NotLookedUp
        } else if self.earlier.contains(&hash) {
            Told::Earlier
        } else {
            Told::Apart
        }
    }

    /// Of the contacts that have the address, those that were not there before.
    fn new_of<'b>(&self, address: &str, found: &'b [String]) -> Vec<&'b str> {
        let hash = xxh3_64(address.as_bytes());
        let older = self.older.get(&hash).copied().unwrap_or_default();
        let found = found.iter().filter(|id| !older.contains(id));
        found.map(String::as_str).collect()
    }
}

/// What became of the changes of one round.
struct Round {
    outcomes: Vec<Option<Outcome>>,
    /// Why those that failed or are unknown did.
    messages: HashMap<usize, Arc<str>>,
    errors: HashMap<usize, MemberErrors>,
    /// Why some were not sent.
    ended: Option<Arc<str>>,
    new_members: u64,
}

impl Adding<'_> {
    /// Finds the list, if it is there.
    async fn find_list(&mut self) -> Result<(), Why> {
        let Some(name) = &self.told.list_name else {
            return Ok(());
        };
        let shared = self.shared;
        let known = match &*lock(&shared.first_look) {
            FirstLook::Over(ids) => ids.clone(),
            FirstLook::Needed | FirstLook::UnderWay => None,
        };
        let ids = if let Some(ids) = known {
            ids
        } else {
            let mut trace = Trace::default();
            let policy = || shared.policy_at_the_end();
            let found = find_lists(shared.asker(), name, policy, &mut trace).await;
            shared.state().count_look(&trace);
            found.map_err(|error| (NotAddedReason::NotSent, self.cause(&error)))?
        };
        match only_list(name, &ids) {
            Ok(id) => self.told.list_id = Some(id),
            // It is made for the first contact that is found.
            Err(_) if ids.is_empty() && shared.options.create_list => {}
            Err(message) => return Err((NotAddedReason::Failed, message.into())),
        }
        Ok(())
    }

    /// The list's id; makes the list where it is not there.
    async fn list_id(&mut self) -> Result<String, Arc<str>> {
        if let Some(id) = &self.told.list_id {
            return Ok(id.clone());
        }
        let shared = self.shared;
        let name = self.told.list_name.as_deref().unwrap_or_default();
        let mut trace = Trace::default();
        let policy = || shared.policy_at_the_end();
        let made = get_or_create_list(shared.asker(), name, policy, &mut trace).await;
        shared.state().count_look(&trace);
        let id = made.map_err(|error| self.cause(&error))?;
        Ok(self.told.list_id.insert(id).clone())
    }

    /// What went wrong: where the push was interrupted, that, with what the call had met before.
    fn cause(&self, error: &Error) -> Arc<str> {
        let asks_too_much = error.is_about_long_wait().then(|| error.clone());
        let interruption = asks_too_much.or_else(|| {
            let interruption = self.shared.interruption_at_the_end()?;
            Some(interruption.with_last_failure_of(error.clone()))
        });
        match interruption {
            Some(interruption) => self.interrupted(interruption),
            None => error.message().into(),
        }
    }

    /// Keeps what has cut it short; gives what is told of that.
    fn interrupted(&self, error: Error) -> Arc<str> {
        self.interruption.get_or_init(|| error).message().into()
    }

    /// Adds all: those of earlier runs last, since a search that lags may find an older contact of their addresses
    /// alone.
    async fn add_all(&mut self, candidates: &Candidates) {
        let may_be_now = |candidate: &&Candidate| {
            let address = candidates
                .address(candidate)
                .filter(|_| candidate.ids.is_empty());
            address.is_none_or(|address| self.addresses.told(address) != Told::Earlier)
        };
        let (now, later): (Vec<_>, Vec<_>) = candidates.records.iter().partition(may_be_now);
        self.add_those(candidates, now).await;
        if later.is_empty() || self.ended.is_some() {
            return;
        }
        let since = *lock(&self.shared.created_at);
        if let Some(until) = self.shared.search_is_sure_from(since)
            && let Some(error) = self.wait(until).await
        {
            return self.end(format!("{TOO_SOON}: {}", error.message()).into());
        }
        self.add_those(candidates, later).await;
    }

    /// Waits; gives what interrupted that.
    async fn wait(&self, until: Instant) -> Option<Error> {
        *lock(&self.shared.looks_again_from) = Some(until);
        let policy = self.shared.interruptions();
        let interruption = tokio::select! {
            () = sleep_until(until) => None,
            error = policy.interrupted() => Some(error),
            () = self.shared.halted.cancelled() => self.shared.interruption_at_the_end(),
        };
        *lock(&self.shared.looks_again_from) = None;
        interruption
    }

    /// Adds those that are found, and looks again for the others.
    async fn add_those(&mut self, candidates: &Candidates, mut waiting: Vec<&Candidate>) {
        let mut pauses = PAUSES.into_iter();
        loop {
            for step in waiting.chunks(STEP) {
                self.look_up(candidates, step).await;
                self.send_found(candidates, step).await;
                if self.ended.is_some() {
                    return;
                }
            }
            let is_missing = |address: &str| {
                let found = self.found.get(address);
                found.is_some_and(|ids| self.addresses.new_of(address, ids).is_empty())
            };
            waiting
                .retain(|of| of.ids.is_empty() && candidates.address(of).is_some_and(is_missing));
            let pause = pauses.next().filter(|_| !waiting.is_empty());
            let (Some(pause), None) = (pause, self.failed_looks.first()) else {
                return;
            };
            if let Some(error) = self.wait(Instant::now() + pause).await {
                let why = self.interrupted(error);
                return self.end(why);
            }
        }
    }

    /// Looks up those that were not found so far and whose ids are not known.
    async fn look_up(&mut self, candidates: &Candidates, step: &[&Candidate]) {
        let unknown = step.iter().filter(|candidate| candidate.ids.is_empty());
        let addresses = unknown.filter_map(|candidate| candidates.address(candidate));
        let is_open = |address: &&str| {
            let found = self.found.get(*address);
            found.is_none_or(|ids| self.addresses.new_of(address, ids).is_empty())
        };
        let mut seen = HashSet::new();
        let addresses = addresses.filter(is_open);
        let addresses = addresses.filter(|address| seen.insert(*address));
        let addresses: Vec<String> = addresses.map(str::to_owned).collect();
        let looks = self
            .shared
            .look_up_all(&addresses, None, &mut self.failed_looks);
        let found = looks.await;
        self.found.extend(found);
    }

    /// Adds the contacts that are known by now and were not added yet.
    async fn send_found(&mut self, candidates: &Candidates, step: &[&Candidate]) {
        let mut seen = HashSet::new();
        let found = step.iter().filter_map(|of| self.id_of(candidates, of).ok());
        let new = found.filter(|id| !self.sent.contains_key(*id) && seen.insert(*id));
        let new: Vec<String> = new.map(str::to_owned).collect();
        if new.is_empty() {
            return;
        }
        if let Some(error) = self.shared.interruption_at_the_end() {
            let why = self.interrupted(error);
            return self.end(why);
        }
        match self.list_id().await {
            Ok(list_id) => self.send(&list_id, &new).await,
            Err(why) => self.end(why),
        }
    }

    fn end(&mut self, why: Arc<str>) {
        let ended = &mut self.told.ended_early;
        ended.get_or_insert_with(|| why.to_string());
        self.ended.get_or_insert(why);
    }

    /// The one contact that a record is, by ids that are known already or by its address.
    fn id_of<'a>(
        &'a self,
        candidates: &Candidates,
        candidate: &'a Candidate,
    ) -> Result<&'a str, Why> {
        let missing = |message: &str| Err((NotAddedReason::NotFound, message.into()));
        let ambiguous = |message: String| Err((NotAddedReason::Ambiguous, message.into()));
        let one_of = |ids: &[&'a str]| match ids {
            [id] => Ok(*id),
            several => ambiguous(format!(
                "{} contacts of the CRM have its e-mail address: {}",
                several.len(),
                several.join(", ")
            )),
        };
        if !candidate.ids.is_empty() {
            let known: Vec<&str> = candidate.ids.iter().map(String::as_str).collect();
            return one_of(&known);
        }
        if candidate.is_changed && candidate.is_pushed {
            return missing(CHANGED);
        } else if candidate.is_changed {
            return missing(CHANGED_SKIPPED);
        }
        let Some(address) = candidates.address(candidate) else {
            return missing(NO_ADDRESS);
        };
        let not_looked_up = || (NotAddedReason::NotSent, self.why_not_looked_up());
        let found = self.found.get(address).ok_or_else(not_looked_up)?;
        let new = self.addresses.new_of(address, found);
        if let (true, Some(error)) = (new.is_empty(), self.interruption.get()) {
            // It would have been looked for again.
            return Err((NotAddedReason::NotSent, error.message().into()));
        }
        match (new.as_slice(), self.addresses.told(address)) {
            ([], _) if found.is_empty() => missing(NOT_FOUND),
            ([], _) => missing(&format!("{ONLY_OLDER}: {}", found.join(", "))),
            ([id], Told::Shared) => ambiguous(format!("{SHARED}: {id}")),
            ([id], Told::NotLookedUp) => ambiguous(format!("{MAY_BE_OLDER}: {id}")),
            (ids, _) => one_of(ids),
        }
    }

    fn why_not_looked_up(&self) -> Arc<str> {
        match (&self.ended, self.failed_looks.first()) {
            (Some(why), _) => Arc::clone(why),
            (None, Some(error)) => self.cause(error),
            (None, None) => ENDED.into(),
        }
    }

    /// Adds the contacts of these ids, and keeps why each is not in the list, if it is not.
    async fn send(&mut self, list_id: &str, ids: &[String]) {
        let mut waiting: Vec<Vec<String>> = ids.chunks(MEMBERS).map(<[String]>::to_vec).collect();
        while !waiting.is_empty() {
            let round = self.round(list_id, &waiting).await;
            self.told.new_members += round.new_members;
            if let Some(ended) = &round.ended {
                self.end(Arc::clone(ended));
            }
            let mut again = Vec::new();
            for (change, members) in waiting.iter().enumerate() {
                let message = round.messages.get(&change);
                let message = message.cloned().unwrap_or_else(|| ENDED.into());
                let mut note = |member: &str, why| drop(self.sent.insert(member.to_owned(), why));
                let mut all = |why: Option<Why>| {
                    for member in members {
                        note(member, why.clone());
                    }
                };
                match round.outcomes.get(change).copied().flatten() {
                    Some(Outcome::Pushed | Outcome::Skipped) => all(None),
                    Some(Outcome::Unknown) => all(Some((NotAddedReason::Unknown, message))),
                    Some(Outcome::Failed) => {
                        let Refused { out, left } = refused(members, round.errors.get(&change));
                        all(None);
                        for (member, own) in out {
                            let message = own.unwrap_or_else(|| Arc::clone(&message));
                            note(member, Some((NotAddedReason::Failed, message)));
                        }
                        again.extend(left);
                    }
                    Some(Outcome::NotSent) | None => again.push(members.clone()),
                }
            }
            let Some(ended) = &self.ended else {
                waiting = again;
                continue;
            };
            for member in again.into_iter().flatten() {
                let why = (NotAddedReason::NotSent, Arc::clone(ended));
                self.sent.insert(member, Some(why));
            }
            return;
        }
    }

    /// Sends changes of the list, one after the other.
    async fn round(&self, list_id: &str, changes: &[Vec<String>]) -> Round {
        let none_sent = |error: &Error| Round {
            outcomes: Vec::new(),
            messages: HashMap::new(),
            errors: HashMap::new(),
            ended: Some(self.cause(error)),
            new_members: 0,
        };
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
            grace: shared.options.grace,
            deadline: shared
                .deadline()
                .map(|deadline| deadline.saturating_duration_since(Instant::now())),
            ..PushOptions::default()
        };
        let push = match Push::open(Arc::clone(caller), Arc::new(target), options, Role::Part) {
            Ok(push) => push,
            Err(error) => return none_sent(&error),
        };
        shared.halt_with_it(&push.shared);
        push.shared.state().keep_list_errors();
        let members = changes.iter();
        push.offer(
            members
                .map(|members| ListChange::new(list_id).add(members))
                .collect(),
        );
        let sent = async {
            push.drain().await;
            let errors = push.shared.state().take_list_errors();
            (push.close(None).await, errors)
        };
        let mut sent = std::pin::pin!(sent);
        let (report, errors) = tokio::select! {
            sent = &mut sent => sent,
            () = shared.cancel.cancelled() => {
                push.cancel_handle().cancel();
                sent.await
            }
        };
        let (report, ended) = match report {
            Ok(report) => (report, None),
            Err(error) => {
                let cause = self.cause(&error);
                match error.report() {
                    Some(report) => (report.clone(), Some(cause)),
                    None => return none_sent(&error),
                }
            }
        };
        shared.state().count_efforts_of(&report);
        let problems = report.problems().iter();
        let count = changes.len();
        // What was not sent would otherwise be sent again and again.
        let is_left = report.not_sent() > 0;
        let ended = ended.or_else(|| is_left.then(|| ENDED.into()));
        Round {
            outcomes: (0..count).map(|change| report.outcome(change)).collect(),
            messages: problems
                .map(|problem| (problem.index, Arc::clone(&problem.message)))
                .collect(),
            errors,
            ended,
            new_members: report.list_members_added().unwrap_or(0),
        }
    }

    /// Says what became of each.
    fn tell(&mut self, candidates: &Candidates) {
        let mut told = std::mem::take(&mut self.told);
        if let Some(error) = self.failed_looks.first() {
            let why = self.cause(error);
            told.ended_early.get_or_insert_with(|| why.to_string());
        }
        for candidate in &candidates.records {
            let why = match self.id_of(candidates, candidate) {
                Err(why) => Some(why),
                Ok(id) => self.sent.get(id).cloned().unwrap_or_else(|| {
                    let why = self.ended.clone().unwrap_or_else(|| ENDED.into());
                    Some((NotAddedReason::NotSent, why))
                }),
            };
            match why {
                None => told.added += 1,
                Some((reason, message)) => told.note(candidate.index, reason, message),
            }
        }
        self.told = told;
    }
}

/// Members of a change that failed.
struct Refused<'a> {
    /// Those that were refused, with their own messages where there are any.
    out: Vec<(&'a str, Option<Arc<str>>)>,
    /// Changes of the others that are to be sent again, where they are not in the list. Each has fewer members than
    /// the one that failed.
    left: Vec<Vec<String>>,
}

fn refused<'a>(members: &'a [String], errors: Option<&MemberErrors>) -> Refused<'a> {
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
    let is_alone = members.len() == 1;
    let mut out = Vec::new();
    let mut left = Vec::new();
    for member in members {
        let own = named.get(member.as_str());
        if own.is_some() || is_about_the_list || is_alone {
            out.push((member.as_str(), own.cloned()));
        } else if !others_are_in {
            left.push(member.clone());
        }
    }
    let left = match left.len() {
        0 => Vec::new(),
        some if some < members.len() => vec![left],
        // It names nobody: whom it is about is found by halves.
        all => left
            .chunks(all.div_ceil(2))
            .map(<[String]>::to_vec)
            .collect(),
    };
    Refused { out, left }
}
