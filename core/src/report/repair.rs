//! A report whose records were tried again: the retry's outcomes in place of the old ones.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::problem::{
    Change, MessageCount, OTHER_MESSAGES, Problem, Skip, Unsent, counted_as, named_anew,
};
use super::push_report::{PushReport, both, merge_warnings};
use crate::error::{Error, Result};
use crate::report::Outcome;

/// Which records of a report were tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetryOf {
    /// Those of this outcome, as [`records_of`](PushReport::records_of) gives them; of those not sent also
    /// the ones that were never read.
    Outcome(Outcome),
    /// Those at these indexes, in the order of the retry.
    Indexes(Vec<usize>),
}

impl From<Outcome> for RetryOf {
    fn from(outcome: Outcome) -> Self {
        Self::Outcome(outcome)
    }
}

impl From<Vec<usize>> for RetryOf {
    fn from(indexes: Vec<usize>) -> Self {
        Self::Indexes(indexes)
    }
}

impl From<&[usize]> for RetryOf {
    fn from(indexes: &[usize]) -> Self {
        Self::Indexes(indexes.to_vec())
    }
}

impl<const N: usize> From<[usize; N]> for RetryOf {
    fn from(indexes: [usize; N]) -> Self {
        Self::Indexes(indexes.to_vec())
    }
}

impl PushReport {
    /// This report with its records tried again: the records of `retry` were those that `of` names, in that
    /// order, and their outcomes take the place of the old ones. Requests, bytes, time, warnings and what was
    /// made right are added up. A report whose records are all pushed by now is as clean as one of a push that met no failure.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) when the reports are of different CRMs or kinds, when `retry` has
    /// not as many records as `of` names, or when `of` names a record twice, one that was pushed, or one that
    /// is not there.
    ///
    /// ```
    /// # use graph8_crm::{Client, Outcome, Provider, PushOptions, Result};
    /// # async fn run(client: Client, contacts: Vec<serde_json::Value>) -> Result<()> {
    /// let crm = Provider::Hubspot;
    /// let report = client.push_contacts(crm, contacts, PushOptions::default()).await?;
    /// let failed = report.records_of(Outcome::Failed)?;
    /// let retry = client.push_contacts(crm, failed, PushOptions::default()).await?;
    /// let report = report.merge_retry(retry, Outcome::Failed)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn merge_retry(self, retry: Self, of: impl Into<RetryOf>) -> Result<Self> {
        self.check_same_target(&retry)?;
        let places = self.places_of(of.into(), retry.records)?;
        Ok(Repair::new(self, retry, places).done())
    }

    /// The indexes that `of` names, which must be as many as the retry has records.
    fn places_of(&self, of: RetryOf, retried: usize) -> Result<Vec<usize>> {
        match of {
            RetryOf::Outcome(outcome) => self.places_of_outcome(outcome, retried),
            RetryOf::Indexes(indexes) => {
                if indexes.len() != retried {
                    return Err(Error::config(format!(
                        "the retry has {retried} records, and `of` names {}: name the index of each record \
                         of the retry",
                        indexes.len()
                    )));
                }
                self.check_places(&indexes)?;
                Ok(indexes)
            }
        }
    }

    fn places_of_outcome(&self, outcome: Outcome, retried: usize) -> Result<Vec<usize>> {
        let (count, name) = match outcome {
            Outcome::Pushed => {
                return Err(Error::config(
                    "pushed records are there: no retry can take their place",
                ));
            }
            Outcome::Skipped => (self.skipped, "skipped"),
            Outcome::Failed => (self.failed, "failed"),
            Outcome::Unknown => (self.unknown, "unknown"),
            Outcome::NotSent => (self.not_sent, "not sent"),
        };
        let formless: HashSet<usize> = self
            .problems
            .iter()
            .filter(|problem| problem.outcome == outcome && problem.record.is_none())
            .map(|problem| problem.index)
            .collect();
        if count.checked_sub(formless.len()) != Some(retried) {
            let left_out = match formless.len() {
                0 => String::new(),
                some => format!(
                    ", {some} of them without a form that could be sent, which records_of leaves out"
                ),
            };
            return Err(Error::config(format!(
                "the retry has {retried} records, and {count} of the report are {name}{left_out}: name \
                 the indexes of those that were tried again"
            )));
        }
        let mut places = Vec::new();
        places
            .try_reserve_exact(retried)
            .map_err(|_| Error::config(format!("there is no memory for {retried} records")))?;
        let end = if outcome == Outcome::NotSent {
            self.records
        } else {
            self.outcomes.held()
        };
        let all = (0..end).filter(|index| self.outcome(*index) == Some(outcome));
        places.extend(all.filter(|index| !formless.contains(index)).take(retried));
        Ok(places)
    }

    fn check_places(&self, indexes: &[usize]) -> Result<()> {
        let mut named = HashSet::with_capacity(indexes.len());
        for index in indexes {
            match self.outcome(*index) {
                None => {
                    return Err(Error::config(format!(
                        "`of` names index {index}, and the report has {} records",
                        self.records
                    )));
                }
                Some(Outcome::Pushed) => {
                    return Err(Error::config(format!(
                        "`of` names index {index}, which was pushed: no retry can take its place"
                    )));
                }
                Some(_) if !named.insert(index) => {
                    return Err(Error::config(format!("`of` names index {index} twice")));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}

/// A report while the outcomes of its retry are put into it.
struct Repair {
    report: PushReport,
    retry: PushReport,
    /// The index in the report of each record of the retry.
    places: Vec<usize>,
    replaced: HashSet<usize>,
}

impl Repair {
    fn new(report: PushReport, retry: PushReport, places: Vec<usize>) -> Self {
        Self {
            replaced: places.iter().copied().collect(),
            report,
            retry,
            places,
        }
    }

    fn done(mut self) -> PushReport {
        let replaced_by_outcome = self.count_replaced();
        self.forget_messages(&replaced_by_outcome);
        self.replace_details(&replaced_by_outcome);
        self.replace_ending(&replaced_by_outcome);
        self.replace_outcomes();
        self.add_changes();
        let warnings = std::mem::take(&mut self.retry.warnings);
        merge_warnings(&mut self.report.warnings, warnings, |index| {
            self.places.get(index).copied()
        });
        let messages = std::mem::take(&mut self.retry.messages);
        self.report.add_messages(messages);
        self.report.add_efforts(&self.retry);
        self.report.summary = self.report.summarize();
        self.report
    }

    /// How many records of each outcome are replaced.
    fn count_replaced(&self) -> HashMap<Outcome, usize> {
        let mut counts = HashMap::new();
        for outcome in self
            .places
            .iter()
            .filter_map(|index| self.report.outcome(*index))
        {
            *counts.entry(outcome).or_default() += 1;
        }
        counts
    }

    /// The report's problems and skipped records that are replaced, or those that stay, by outcome and
    /// message.
    fn counted(&self, is_replaced: bool) -> BTreeMap<(Outcome, Arc<str>), usize> {
        let problems = self.report.problems.iter();
        let problems = problems.map(|problem| (problem.index, problem.outcome, &problem.message));
        let skips = self.report.skips.iter();
        let skips = skips.map(|skip| (skip.index, Outcome::Skipped, &skip.message));
        let mut counts = BTreeMap::new();
        for (index, outcome, message) in problems.chain(skips) {
            if self.replaced.contains(&index) == is_replaced {
                *counts.entry((outcome, counted_as(message))).or_default() += 1;
            }
        }
        counts
    }

    /// Takes the messages of replaced records out of the report's. Of omitted ones they are not known: where
    /// such were replaced, those that stay are counted anew.
    fn forget_messages(&mut self, replaced: &HashMap<Outcome, usize>) {
        let (gone, staying) = (self.counted(true), self.counted(false));
        let of = |counts: &BTreeMap<(Outcome, Arc<str>), usize>, outcome| -> usize {
            let of_outcome = counts.iter().filter(|((of, _), _)| *of == outcome);
            of_outcome.map(|(_, count)| count).sum()
        };
        for (outcome, count) in [
            (Outcome::Failed, self.report.failed),
            (Outcome::Unknown, self.report.unknown),
            (Outcome::Skipped, self.report.skipped),
        ] {
            let replaced = replaced.get(&outcome).copied().unwrap_or_default();
            let messages = &mut self.report.messages;
            if of(&gone, outcome) == replaced {
                for ((_, message), count) in gone.iter().filter(|((of, _), _)| *of == outcome) {
                    forget(messages, outcome, message, *count);
                }
                continue;
            }
            messages.retain(|entry| entry.outcome != outcome);
            let known = staying.iter().filter(|((of, _), _)| *of == outcome);
            let mut anew: Vec<MessageCount> = known
                .map(|((_, message), count)| MessageCount {
                    outcome,
                    message: Arc::clone(message),
                    count: *count,
                })
                .collect();
            anew.push(MessageCount {
                outcome,
                message: OTHER_MESSAGES.into(),
                count: count
                    .saturating_sub(replaced)
                    .saturating_sub(of(&staying, outcome)),
            });
            self.report.add_messages(anew);
        }
        self.report.messages.retain(|entry| entry.count > 0);
    }

    /// Problems, skipped and unsent records of the retry in place of those of the report.
    fn replace_details(&mut self, replaced_by_outcome: &HashMap<Outcome, usize>) {
        let Self {
            report,
            retry,
            places,
            replaced,
        } = self;
        report.add_requests(retry, |position| {
            places.get(position).copied().unwrap_or(position)
        });
        let of = |outcomes: &[Outcome]| -> usize {
            let counts = outcomes.iter().filter_map(|of| replaced_by_outcome.get(of));
            counts.sum()
        };
        let at = (&**places, &*replaced);
        let count = of(&[Outcome::Failed, Outcome::Unknown]);
        let gone = replace(&mut report.problems, &mut retry.problems, at, count);
        report.problems_omitted = report.problems_omitted.saturating_sub(gone);
        report.problems_omitted += retry.problems_omitted;
        let count = of(&[Outcome::Skipped]);
        if let Some(added) = &mut report.added_to_list {
            added.forget(replaced, count);
        }
        report.add_to_list_of(retry.added_to_list.take(), |position| {
            places.get(position).copied().unwrap_or(position)
        });
        let gone = replace(&mut report.skips, &mut retry.skips, at, count);
        report.skips_omitted = report.skips_omitted.saturating_sub(gone) + retry.skips_omitted;
        let count = of(&[Outcome::NotSent]);
        let gone = replace(&mut report.unsent, &mut retry.unsent, at, count);
        report.unread = report.unread.saturating_sub(gone) + retry.unread;
    }

    /// Why a push ended is no news once all that it left was tried again.
    fn replace_ending(&mut self, replaced: &HashMap<Outcome, usize>) {
        let left = self.report.not_sent;
        let is_made_good = left > 0 && replaced.get(&Outcome::NotSent) == Some(&left);
        let before = self.report.ended_early.take().filter(|_| !is_made_good);
        self.report.ended_early = both(before, self.retry.ended_early.take());
    }

    /// What the retry says of its journal.
    fn add_changes(&mut self) {
        self.report.pushed_before += self.retry.pushed_before;
        let known: HashSet<usize> = self.report.changes.iter().map(|of| of.index).collect();
        let moved = self.retry.changes.drain(..).filter_map(|change| {
            let index = *self.places.get(change.index)?;
            (!known.contains(&index)).then_some(Change { index, ..change })
        });
        let before = self.report.changes.len();
        self.report.changes.extend(moved);
        self.report.changes.sort_by_key(|change| change.index);
        self.report.changed += self.report.changes.len() - before;
    }

    fn replace_outcomes(&mut self) {
        for (position, index) in self.places.iter().enumerate() {
            let (Some(before), Some(after)) =
                (self.report.outcome(*index), self.retry.outcome(position))
            else {
                continue;
            };
            let count = self.report.count_mut(before);
            *count = count.saturating_sub(1);
            *self.report.count_mut(after) += 1;
            self.report.outcomes.set(*index, after);
        }
    }
}

/// What a report holds of one record.
trait OfRecord {
    fn index(&self) -> usize;
    /// Its index, and its message if it has one.
    fn parts(&mut self) -> (&mut usize, Option<&mut Arc<str>>);
}

impl OfRecord for Problem {
    fn index(&self) -> usize {
        self.index
    }

    fn parts(&mut self) -> (&mut usize, Option<&mut Arc<str>>) {
        (&mut self.index, Some(&mut self.message))
    }
}

impl OfRecord for Skip {
    fn index(&self) -> usize {
        self.index
    }

    fn parts(&mut self) -> (&mut usize, Option<&mut Arc<str>>) {
        (&mut self.index, Some(&mut self.message))
    }
}

impl OfRecord for Unsent {
    fn index(&self) -> usize {
        self.index
    }

    fn parts(&mut self) -> (&mut usize, Option<&mut Arc<str>>) {
        (&mut self.index, None)
    }
}

/// Puts a retry's entries in place of a report's; gives how many of the `count` replaced records had none.
fn replace<T: OfRecord>(
    ours: &mut Vec<T>,
    theirs: &mut Vec<T>,
    (places, replaced): (&[usize], &HashSet<usize>),
    count: usize,
) -> usize {
    let before = ours.len();
    ours.retain(|entry| !replaced.contains(&entry.index()));
    let gone = before - ours.len();
    for mut entry in theirs.drain(..) {
        if let Some(place) = places.get(entry.index()) {
            let (index, message) = entry.parts();
            *index = *place;
            if let Some(message) = message {
                named_anew(message, |index| places.get(index).copied());
            }
            ours.push(entry);
        }
    }
    ours.sort_by_key(T::index);
    count.saturating_sub(gone)
}

/// Counts a message less often; one that was never counted by itself is among the others.
fn forget(messages: &mut [MessageCount], outcome: Outcome, message: &str, count: usize) {
    for wanted in [message, OTHER_MESSAGES] {
        let entry = messages
            .iter_mut()
            .find(|entry| entry.outcome == outcome && *entry.message == *wanted);
        if let Some(entry) = entry {
            entry.count = entry.count.saturating_sub(count);
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use proptest::sample::Index;
    use serde_json::value::RawValue;

    use super::*;
    use crate::error::ErrorKind;
    use crate::names::{Provider, PushKind};
    use crate::report::{Changes, Circumstances, ClosedLedger, Noted, Outcomes, same_identity_as};

    /// What became of a record.
    #[derive(Clone, Debug)]
    struct Fate {
        outcome: Outcome,
        message: usize,
        /// Whether the report has its message or, if it was not sent, its record.
        is_kept: bool,
    }

    fn raw() -> Box<RawValue> {
        RawValue::from_string("{}".to_owned()).unwrap()
    }

    fn report(fates: &[Fate]) -> PushReport {
        let mut outcomes = Outcomes::default();
        outcomes.grow(fates.len());
        let mut ledger = ClosedLedger {
            outcomes,
            counts: [0; 5],
            problems: Vec::new(),
            problems_omitted: 0,
            skips: Vec::new(),
            skips_omitted: 0,
            messages: Vec::new(),
        };
        let mut unsent = Vec::new();
        let mut unread = 0;
        let mut messages: BTreeMap<(Outcome, Arc<str>), usize> = BTreeMap::new();
        for (index, fate) in fates.iter().enumerate() {
            let outcome = fate.outcome;
            ledger.outcomes.set(index, outcome);
            ledger.counts[outcome as usize] += 1;
            let message: Arc<str> = format!("message {}", fate.message).into();
            let record = Some(raw());
            match (outcome, fate.is_kept) {
                (Outcome::Pushed, _) => continue,
                (Outcome::NotSent, true) => unsent.push(Unsent {
                    index,
                    record: raw(),
                }),
                (Outcome::NotSent, false) => unread += 1,
                (Outcome::Skipped, true) => ledger.skips.push(Skip {
                    index,
                    message: Arc::clone(&message),
                    existing: Vec::new(),
                    record,
                }),
                (Outcome::Skipped, false) => ledger.skips_omitted += 1,
                (_, true) => ledger.problems.push(Problem {
                    index,
                    outcome,
                    message: Arc::clone(&message),
                    record,
                    request_id: None,
                    retryable: false,
                }),
                (_, false) => ledger.problems_omitted += 1,
            }
            if outcome != Outcome::NotSent {
                *messages.entry((outcome, message)).or_default() += 1;
            }
        }
        let counted = messages.into_iter();
        let counted = counted.map(|((outcome, message), count)| MessageCount {
            outcome,
            message,
            count,
        });
        ledger.messages = counted.collect();
        let is_ended = ledger.counts[Outcome::NotSent as usize] > 0;
        let circumstances = Circumstances {
            provider: Provider::Zoho,
            kind: PushKind::Contacts,
            unread,
            requests: 2,
            bytes_sent: 30,
            bytes_received: 400,
            elapsed: Duration::from_secs(5),
            unsent,
            ended_early: is_ended.then(|| "it ended".to_owned()),
            list_members: None,
            added_to_list: None,
            noted: Noted::default(),
            pushed_before: 0,
            changes: Changes::default(),
        };
        PushReport::new(ledger, circumstances)
    }

    fn fates(most: usize) -> impl Strategy<Value = Vec<Fate>> {
        let fate = (0_usize..5, 0_usize..4, proptest::bool::weighted(0.8));
        let fate = fate.prop_map(|(code, message, is_kept)| Fate {
            outcome: Outcome::ALL[code],
            message,
            is_kept,
        });
        proptest::collection::vec(fate, 0..most)
    }

    fn counts(report: &PushReport) -> [usize; 8] {
        [
            report.records,
            report.pushed,
            report.skipped,
            report.failed,
            report.unknown,
            report.not_sent,
            report.unread,
            report.problems_omitted + report.skips_omitted,
        ]
    }

    fn messages(report: &PushReport) -> BTreeMap<(Outcome, &str), usize> {
        let messages = report.messages.iter();
        messages
            .map(|entry| ((entry.outcome, &*entry.message), entry.count))
            .collect()
    }

    fn details(report: &PushReport) -> Vec<(usize, Outcome, String)> {
        let problems = report.problems.iter();
        let problems =
            problems.map(|entry| (entry.index, entry.outcome, entry.message.to_string()));
        let skips = report.skips.iter();
        let skips = skips.map(|entry| (entry.index, Outcome::Skipped, entry.message.to_string()));
        let unsent = report.unsent.iter();
        let unsent = unsent.map(|entry| (entry.index, Outcome::NotSent, String::new()));
        problems.chain(skips).chain(unsent).collect()
    }

    proptest! {
        /// A repaired report is that of a push in which the records had met their new fates at once.
        #[test]
        fn a_repaired_report_is_as_if_the_retry_had_been_the_push(
            before in fates(40),
            after in fates(40),
            order in proptest::collection::vec(any::<Index>(), 40),
            by_outcome in proptest::option::of(1_usize..5),
        ) {
            let mut open: Vec<usize> = (0..before.len())
                .filter(|index| match by_outcome {
                    Some(code) => before[*index].outcome == Outcome::ALL[code],
                    None => before[*index].outcome != Outcome::Pushed,
                })
                .collect();
            if by_outcome.is_none() {
                for (place, other) in order.iter().enumerate().take(open.len()) {
                    let other = other.index(open.len());
                    open.swap(place, other);
                }
                open.truncate(after.len());
            }
            let after: Vec<Fate> = after.into_iter().cycle().take(open.len()).collect();
            if after.len() < open.len() {
                return Ok(());
            }
            let of = match by_outcome {
                Some(code) => RetryOf::Outcome(Outcome::ALL[code]),
                None => RetryOf::Indexes(open.clone()),
            };
            let old = report(&before);
            let merged = old.clone().merge_retry(report(&after), of).unwrap();

            let mut expected = before.clone();
            for (place, fate) in open.iter().zip(&after) {
                expected[*place] = fate.clone();
            }
            let expected = report(&expected);
            prop_assert_eq!(counts(&merged), counts(&expected));
            prop_assert_eq!(&merged.outcomes, &expected.outcomes);
            prop_assert_eq!(details(&merged), details(&expected));
            if before.iter().chain(&after).all(|fate| fate.is_kept) {
                prop_assert_eq!(messages(&merged), messages(&expected));
            }
            for outcome in Outcome::ALL {
                let sum = |report: &PushReport| -> usize {
                    let of_outcome = report.messages.iter().filter(|entry| entry.outcome == outcome);
                    of_outcome.map(|entry| entry.count).sum()
                };
                prop_assert_eq!(sum(&merged), sum(&expected));
            }
            prop_assert!(merged.messages.iter().all(|entry| entry.count > 0));
            prop_assert!(merged.messages.is_sorted_by_key(|entry| std::cmp::Reverse(entry.count)));
            prop_assert_eq!(merged.ended_early.is_some(), merged.not_sent > 0);
            prop_assert_eq!((merged.requests, merged.bytes_sent, merged.bytes_received), (4, 60, 800));
            prop_assert_eq!(merged.elapsed, Duration::from_secs(10));
            let is_clean = merged.pushed + merged.skipped == merged.records;
            prop_assert_eq!(merged.into_result().is_ok(), is_clean);
        }
    }

    fn fate(outcome: Outcome) -> Fate {
        Fate {
            outcome,
            message: 0,
            is_kept: true,
        }
    }

    fn refusal(report: &PushReport, retried: usize, of: impl Into<RetryOf>) -> String {
        let retry = self::report(&vec![fate(Outcome::Pushed); retried]);
        let error = report.clone().merge_retry(retry, of).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        error.message().to_owned()
    }

    #[test]
    fn a_retry_that_does_not_fit_is_refused_with_both_numbers() {
        use Outcome::{Failed, NotSent, Pushed, Unknown};
        let mut report = report(&[Failed, Pushed, Failed, NotSent].map(fate));
        assert_eq!(
            refusal(&report, 1, Failed),
            "the retry has 1 records, and 2 of the report are failed: name the indexes of those that were \
             tried again"
        );
        assert!(refusal(&report, 1, Unknown).contains("has 1 records, and 0 of the report"));
        assert!(refusal(&report, 1, Pushed).contains("pushed records are there"));
        assert_eq!(
            refusal(&report, 1, [0, 2]),
            "the retry has 1 records, and `of` names 2: name the index of each record of the retry"
        );
        assert_eq!(refusal(&report, 2, [2, 2]), "`of` names index 2 twice");
        assert_eq!(
            refusal(&report, 2, [2, 4]),
            "`of` names index 4, and the report has 4 records"
        );
        assert!(refusal(&report, 1, [1]).contains("index 1, which was pushed"));
        report.problems[0].record = None;
        assert!(refusal(&report, 2, Failed).contains("1 of them without a form"));
        let retry = self::report(&[fate(Pushed)]);
        let merged = report.merge_retry(retry, Failed).unwrap();
        let outcomes: Vec<Outcome> = merged.outcomes.iter().collect();
        assert_eq!(outcomes, [Failed, Pushed, Pushed, NotSent]);
    }

    #[test]
    fn a_message_that_names_another_record_names_it_by_its_new_index() {
        let old = report(&[
            fate(Outcome::Pushed),
            fate(Outcome::Failed),
            fate(Outcome::Failed),
        ]);
        let mut retry = report(&[fate(Outcome::Pushed), fate(Outcome::Skipped)]);
        retry.skips[0].message = same_identity_as(0);
        let merged = old
            .clone()
            .merge_retry(retry.clone(), Outcome::Failed)
            .unwrap();
        assert_eq!(merged.skips[0].message, same_identity_as(1));
        let merged = old.merge(retry).unwrap();
        assert_eq!(merged.skips[0].message, same_identity_as(3));
    }

    #[test]
    fn what_ended_a_source_stays_where_no_record_was_left() {
        let mut report = report(&[fate(Outcome::Failed)]);
        report.ended_early = Some("line 3 can't be read".to_owned());
        let retry = self::report(&[fate(Outcome::Pushed)]);
        let merged = report.merge_retry(retry, Outcome::Failed).unwrap();
        assert_eq!(merged.ended_early(), Some("line 3 can't be read"));
    }
}
