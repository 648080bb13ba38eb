//! The looks into the CRM of a push: at records before they leave, and at those in doubt at the end.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::driver;
use super::shared::{Shared, halted};
use super::state::{Doubt, FailedInARow, LookedUp, Question};
use crate::error::Error;
use crate::files::durable::Safety;
use crate::http::call::{Policy, Trace};
use crate::lookup::{Asker, MOST_EMAILS, look_up};
use crate::sync::lock;

/// Asks the CRM which records it has, and settles what it tells.
pub(super) async fn ask(shared: Arc<Shared>, question: Question) {
    let mut trace = Trace::default();
    let policy = || shared.policy(Some(question.id));
    let found = look_up(shared.asker(), &question.emails, policy, &mut trace).await;
    shared.activity.over(question.id);
    let looked_up = match (found, shared.interruption()) {
        (Ok(ids), _) => LookedUp::Found(ids),
        (Err(error), Some(interruption)) => {
            LookedUp::Interrupted(interruption.with_last_failure_of(error))
        }
        (Err(error), None) => LookedUp::Failed(error),
    };
    let effects = {
        let mut state = shared.state();
        state.settle_question(question.id, looked_up, &trace);
        state.take_effects()
    };
    drop(shared.write(Safety::Process, effects));
    shared.after_change();
}

impl Shared {
    pub(super) fn asker(&self) -> Asker<'_> {
        Asker {
            caller: &self.caller,
            connections: &self.target.connections,
            provider: self.target.provider,
        }
    }

    /// The rules for a look-up once nothing is sent any more.
    pub(super) fn policy_at_the_end(&self) -> Policy {
        Policy {
            waits_for_the_limit: true,
            stop: self.halted.clone(),
            ..self.interruptions()
        }
    }

    /// Why nothing more is asked or sent once all batches are over: the push is stopped, cancelled or out of time.
    pub(super) fn interruption_at_the_end(&self) -> Option<Error> {
        let stopped = || self.halted.is_cancelled().then(halted);
        self.interruption().or_else(stopped)
    }

    /// Looks up any number of e-mail addresses, several requests at a time, until too many fail; gives the CRM's ids
    /// by address. `batch` is what waits for them; none once nothing is sent any more.
    pub(super) async fn look_up_all(
        self: &Arc<Self>,
        emails: &[String],
        batch: Option<u64>,
        failed: &mut FailedInARow,
    ) -> HashMap<String, Vec<String>> {
        let mut found = HashMap::new();
        let mut looks = JoinSet::new();
        let mut waiting = emails.chunks(MOST_EMAILS);
        loop {
            while !failed.are_too_many()
                && looks.len() < self.options.concurrency
                && let Some(emails) = waiting.next()
            {
                let (shared, emails) = (Arc::clone(self), emails.to_vec());
                looks.spawn(async move {
                    let mut trace = Trace::default();
                    let policy = || match batch {
                        Some(_) => shared.policy(batch),
                        None => shared.policy_at_the_end(),
                    };
                    let looked = look_up(shared.asker(), &emails, policy, &mut trace).await;
                    shared.state().count_look(&trace);
                    looked.map(|ids| (emails, ids))
                });
            }
            let Some(look) = looks.join_next().await else {
                return found;
            };
            let looked = look.unwrap_or_else(|_| Err(driver::lost()));
            if let Some((emails, ids)) = failed.take(looked) {
                found.extend(emails.into_iter().zip(ids));
            }
        }
    }

    /// The next question that may be asked; a source that waits hears when there is room again.
    pub(super) fn next_question(&self) -> Option<Question> {
        if self.awaits_list() {
            return None;
        }
        let (question, wants_more) = {
            let mut state = self.state();
            (state.next_question(), state.wants_more())
        };
        // Also when there is no question: records without an address leave room behind.
        if wants_more {
            self.room.notify_waiters();
        }
        question
    }

    /// A batch that left at `since` ended in doubt.
    pub(super) fn note_doubt(&self, since: Instant) {
        let mut known = lock(&self.doubt_since);
        *known = (*known).max(Some(since));
    }

    /// When the service can no longer be at work on records, the last of which left at `since`, and the CRM's search
    /// finds those that it has created.
    pub(super) fn search_is_sure_from(&self, since: Option<Instant>) -> Option<Instant> {
        let after = self.options.resolve_unknown_after;
        let after = after.unwrap_or_else(|| self.caller.patience() * 2);
        // Those of an earlier run are older than this one.
        since.unwrap_or(self.started).checked_add(after)
    }

    /// Looks for the records in doubt, once the service can no longer be at work on them.
    pub(super) async fn look_for_doubts(&self) {
        if self.options.resolve_unknown.is_none() || *lock(&self.has_looked) {
            return;
        }
        let doubts = self.state().doubts();
        if doubts.is_empty() || self.halted.is_cancelled() || self.interruption().is_some() {
            return;
        }
        let since = *lock(&self.doubt_since);
        if let Some(until) = self.search_is_sure_from(since) {
            let policy = self.interruptions();
            *lock(&self.looks_from) = Some(until);
            tokio::select! {
                () = sleep_until(until) => {}
                _ = policy.interrupted() => {}
                () = self.halted.cancelled() => {}
            }
            *lock(&self.looks_from) = None;
        }
        let mut failed = FailedInARow::default();
        for doubts in in_questions(doubts) {
            if self.halted.is_cancelled() || self.interruption().is_some() {
                break;
            }
            if let (true, Some(error)) = (failed.are_too_many(), failed.first()) {
                self.state().note_failed_looks(&doubts, error.message());
                continue;
            }
            let mut emails: Vec<String> = Vec::new();
            emails.extend(doubts.iter().flat_map(|doubt| doubt.emails.iter().cloned()));
            emails.sort_unstable();
            emails.dedup();
            let mut trace = Trace::default();
            let policy = || self.policy_at_the_end();
            let found = look_up(self.asker(), &emails, policy, &mut trace).await;
            let was_cut = self.interruption_at_the_end().is_some();
            let effects = {
                let mut state = self.state();
                if let Some(ids) = failed.take(found) {
                    let ids_of = |doubt: &Doubt| {
                        let places = doubt.emails.iter();
                        let places = places.filter_map(|email| emails.binary_search(email).ok());
                        let mut found: Vec<String> = places
                            .filter_map(|place| ids.get(place))
                            .flatten()
                            .cloned()
                            .collect();
                        found.dedup();
                        found
                    };
                    let found = doubts.into_iter().map(|doubt| {
                        let ids = ids_of(&doubt);
                        (doubt, ids)
                    });
                    state.settle_doubts(found.collect(), &trace);
                } else {
                    state.count_look(&trace);
                    if let (false, Some(error)) = (was_cut, failed.first()) {
                        state.note_failed_looks(&doubts, error.message());
                    }
                }
                state.take_effects()
            };
            drop(self.write(Safety::Process, effects));
        }
        *lock(&self.has_looked) = true;
    }
}

/// As many in each as one request may ask for.
fn in_questions(doubts: Vec<Doubt>) -> Vec<Vec<Doubt>> {
    let mut questions: Vec<Vec<Doubt>> = Vec::new();
    let mut emails = MOST_EMAILS;
    for doubt in doubts {
        emails += doubt.emails.len();
        match questions.last_mut() {
            Some(question) if emails <= MOST_EMAILS => question.push(doubt),
            _ => {
                emails = doubt.emails.len();
                questions.push(vec![doubt]);
            }
        }
    }
    questions
}
