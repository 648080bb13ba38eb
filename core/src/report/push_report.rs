//! What a push came to.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::added_to_list::AddedToList;
use super::findings::{EXAMPLES, Finding, FixKind};
use super::list_members::AskedAndDone;
use super::outcomes::{Outcome, Outcomes};
use super::pacing::PacingScope;
use super::problem::{Change, Changes, MessageCount, Problem, Skip, Unsent, named_anew};
use super::request_log::{MOST_LINES, RequestLine, RequestLog};
use super::template::cut_between_words;
use crate::error::{Error, ErrorKind, Result};
use crate::names::{Provider, PushKind};

/// Messages that a summary repeats.
const SUMMARY_MESSAGES: usize = 3;
/// Longest message in a summary, in characters.
const SUMMARY_MESSAGE_LENGTH: usize = 120;

/// What became of every record of a push.
///
/// `pushed + skipped + failed + unknown + not_sent` is always the number of records handed in.
#[derive(Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PushReport {
    pub(crate) provider: Provider,
    pub(crate) kind: PushKind,
    pub(crate) records: usize,
    pub(crate) pushed: usize,
    #[serde(default)]
    pub(crate) skipped: usize,
    pub(crate) failed: usize,
    pub(crate) unknown: usize,
    pub(crate) not_sent: usize,
    #[serde(default)]
    pub(crate) pushed_before: usize,
    #[serde(default)]
    pub(crate) changed: usize,
    pub(crate) unread: usize,
    pub(crate) requests: u64,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
    #[serde(
        rename = "elapsed_seconds",
        serialize_with = "as_seconds",
        deserialize_with = "from_seconds"
    )]
    pub(crate) elapsed: Duration,
    pub(crate) problems: Vec<Problem>,
    pub(crate) problems_omitted: usize,
    #[serde(default)]
    pub(crate) skips: Vec<Skip>,
    #[serde(default)]
    pub(crate) skips_omitted: usize,
    pub(crate) messages: Vec<MessageCount>,
    pub(crate) unsent: Vec<Unsent>,
    #[serde(default)]
    pub(crate) changes: Vec<Change>,
    pub(crate) ended_early: Option<String>,
    #[serde(default)]
    pub(crate) list_members_to_add: Option<u64>,
    pub(crate) list_members_added: Option<u64>,
    #[serde(default)]
    pub(crate) list_members_to_remove: Option<u64>,
    pub(crate) list_members_removed: Option<u64>,
    #[serde(default)]
    pub(crate) added_to_list: Option<Box<AddedToList>>,
    #[serde(default)]
    pub(crate) warnings: Vec<Finding>,
    #[serde(default)]
    pub(crate) fixed: BTreeMap<FixKind, usize>,
    #[serde(default)]
    pub(crate) request_log: Vec<RequestLine>,
    #[serde(default)]
    pub(crate) request_log_omitted: usize,
    #[serde(default)]
    pub(crate) pacing: PacingScope,
    pub(crate) summary: String,
    #[serde(skip)]
    pub(crate) outcomes: Outcomes,
}

/// The ledger of a push that is over.
pub(crate) struct ClosedLedger {
    pub(crate) outcomes: Outcomes,
    /// By the outcome's code.
    pub(crate) counts: [usize; 5],
    /// In the order of the input.
    pub(crate) problems: Vec<Problem>,
    /// Failed and unknown records that are not in `problems`.
    pub(crate) problems_omitted: usize,
    /// In the order of the input.
    pub(crate) skips: Vec<Skip>,
    /// Skipped records that are not in `skips`.
    pub(crate) skips_omitted: usize,
    /// Most frequent first.
    pub(crate) messages: Vec<MessageCount>,
}

/// What a report holds beside the ledger.
pub(crate) struct Circumstances {
    pub(crate) provider: Provider,
    pub(crate) kind: PushKind,
    pub(crate) unread: usize,
    pub(crate) requests: u64,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
    pub(crate) elapsed: Duration,
    pub(crate) unsent: Vec<Unsent>,
    pub(crate) ended_early: Option<String>,
    pub(crate) list_members: Option<AskedAndDone>,
    pub(crate) added_to_list: Option<AddedToList>,
    pub(crate) noted: Noted,
    /// Pushed by earlier runs.
    pub(crate) pushed_before: usize,
    pub(crate) changes: Changes,
}

/// What was noted of a push's records before they left.
#[derive(Default)]
pub(crate) struct Noted {
    /// Most frequent first.
    pub(crate) warnings: Vec<Finding>,
    pub(crate) fixed: BTreeMap<FixKind, usize>,
    pub(crate) requests: RequestLog,
    pub(crate) pacing: PacingScope,
}

impl PushReport {
    pub(crate) fn new(ledger: ClosedLedger, circumstances: Circumstances) -> Self {
        let [pushed, failed, unknown, not_sent, skipped] = ledger.counts;
        let mut report = Self {
            provider: circumstances.provider,
            kind: circumstances.kind,
            records: ledger.outcomes.len(),
            pushed,
            skipped,
            failed,
            unknown,
            not_sent,
            pushed_before: circumstances.pushed_before,
            changed: circumstances.changes.count,
            unread: circumstances.unread,
            requests: circumstances.requests,
            bytes_sent: circumstances.bytes_sent,
            bytes_received: circumstances.bytes_received,
            elapsed: circumstances.elapsed,
            problems: ledger.problems,
            problems_omitted: ledger.problems_omitted,
            skips: ledger.skips,
            skips_omitted: ledger.skips_omitted,
            messages: ledger.messages,
            unsent: circumstances.unsent,
            changes: circumstances.changes.kept,
            ended_early: circumstances.ended_early,
            list_members_to_add: circumstances
                .list_members
                .map(|members| members.asked.added),
            list_members_added: circumstances.list_members.map(|members| members.done.added),
            list_members_to_remove: circumstances
                .list_members
                .map(|members| members.asked.removed),
            list_members_removed: circumstances
                .list_members
                .map(|members| members.done.removed),
            added_to_list: circumstances.added_to_list.map(Box::new),
            warnings: circumstances.noted.warnings,
            fixed: circumstances.noted.fixed,
            request_log: circumstances.noted.requests.lines,
            request_log_omitted: circumstances.noted.requests.omitted,
            pacing: circumstances.noted.pacing,
            summary: String::new(),
            outcomes: ledger.outcomes,
        };
        report.summary = report.summarize();
        report
    }

    /// The CRM that was pushed into.
    pub fn provider(&self) -> Provider {
        self.provider
    }

    /// What was pushed.
    pub fn kind(&self) -> PushKind {
        self.kind
    }

    /// Records handed in.
    pub fn records(&self) -> usize {
        self.records
    }

    /// Records created, or list changes applied.
    pub fn pushed(&self) -> usize {
        self.pushed
    }

    /// Records left out on purpose; see [`skips`](Self::skips).
    pub fn skipped(&self) -> usize {
        self.skipped
    }

    /// Records refused.
    pub fn failed(&self) -> usize {
        self.failed
    }

    /// Records sent without a trustworthy answer.
    pub fn unknown(&self) -> usize {
        self.unknown
    }

    /// Records that had no effect through no fault of their own: they never left, or their request was
    /// refused as a whole before any record was touched (401, 402, 403, 404, 429). Send them again.
    pub fn not_sent(&self) -> usize {
        self.not_sent
    }

    /// Of the pushed records, those that earlier runs of the journal pushed: they were not sent again.
    pub fn pushed_before(&self) -> usize {
        self.pushed_before
    }

    /// Records that are others than those that the journal knows as pushed under their keys; see
    /// [`changed_records`](Self::changed_records). They were not sent, since the service can't update records, and
    /// count as pushed before; with [`OnChange::Push`](crate::OnChange::Push) they were created once more.
    pub fn changed(&self) -> usize {
        self.changed
    }

    /// Of those that never left, the ones at the end of the input that were not even read.
    pub fn unread(&self) -> usize {
        self.unread
    }

    /// Requests made, repeats included; of a push that went on from a journal those of this run, while its
    /// records are those of all runs.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// The batches of this run in the order in which they ended, each with its requests; 10,000 at most, see
    /// [`request_log_omitted`](Self::request_log_omitted).
    pub fn request_log(&self) -> &[RequestLine] {
        &self.request_log
    }

    /// Batches that are not in [`request_log`](Self::request_log): the logs and traces have them.
    pub fn request_log_omitted(&self) -> usize {
        self.request_log_omitted
    }

    /// With whom the push shared the rate limit.
    pub fn pacing(&self) -> PacingScope {
        self.pacing
    }

    /// Bytes of request bodies handed to the network, repeats included; of this run.
    pub fn bytes_sent(&self) -> u64 {
        self.bytes_sent
    }

    /// Bytes of answer bodies, after decompression; of this run.
    pub fn bytes_received(&self) -> u64 {
        self.bytes_received
    }

    /// From the start of this run of the push to its report.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// The failed and unknown records, in the order of the input; see
    /// [`problems_omitted`](Self::problems_omitted).
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Failed and unknown records that are not among [`problems`](Self::problems): it holds 100,000
    /// records or 64 MiB of them. All are in the dead-letter file, where one was asked for.
    pub fn problems_omitted(&self) -> usize {
        self.problems_omitted
    }

    /// The skipped records, in the order of the input; see [`skips_omitted`](Self::skips_omitted).
    pub fn skips(&self) -> &[Skip] {
        &self.skips
    }

    /// Skipped records that are not among [`skips`](Self::skips): it holds 100,000 records or 64 MiB of
    /// them.
    pub fn skips_omitted(&self) -> usize {
        self.skips_omitted
    }

    /// How often each message came, the most frequent first; omitted problems and skips are counted too.
    pub fn messages(&self) -> &[MessageCount] {
        &self.messages
    }

    /// Why the push stopped before every record was tried, as a sentence.
    pub fn ended_early(&self) -> Option<&str> {
        self.ended_early.as_deref()
    }

    /// Of a list push: contacts that the answered requests of this run asked to add.
    pub fn list_members_to_add(&self) -> Option<u64> {
        self.list_members_to_add
    }

    /// Of a list push: contacts that the answered requests of this run asked to remove.
    pub fn list_members_to_remove(&self) -> Option<u64> {
        self.list_members_to_remove
    }

    /// Of a list push: memberships that the service says it added. Fewer than
    /// [asked for](Self::list_members_to_add) when some contacts were members before or the CRM does not
    /// know them.
    pub fn list_members_added(&self) -> Option<u64> {
        self.list_members_added
    }

    /// Of a list push: memberships that the service says it removed.
    pub fn list_members_removed(&self) -> Option<u64> {
        self.list_members_removed
    }

    /// What became of the pushed and skipped contacts that were [to be added to a
    /// list](crate::PushOptions::add_to_list); `None` where that was not asked for.
    pub fn added_to_list(&self) -> Option<&AddedToList> {
        self.added_to_list.as_deref()
    }

    /// What is probably not meant though nothing was refused for it: of all records together, such as that none
    /// has an e-mail, and with `check` of each. By kind and field, the most frequent first.
    pub fn warnings(&self) -> &[Finding] {
        &self.warnings
    }

    /// How many values `fix` made right, by kind; of this run.
    pub fn fixed(&self) -> &BTreeMap<FixKind, usize> {
        &self.fixed
    }

    /// The outcome of the record at `index` of the input.
    pub fn outcome(&self, index: usize) -> Option<Outcome> {
        self.outcomes.get(index)
    }

    /// The outcome of every record.
    pub fn outcomes(&self) -> &Outcomes {
        &self.outcomes
    }

    /// The counts and the most frequent messages, in one line.
    pub fn summary(&self) -> &str {
        &self.summary
    }

    /// The records of one outcome as they were encoded, in the order of the input, for another try.
    /// Records that could not be encoded have no such form and are left out.
    ///
    /// # Errors
    ///
    /// [`Config`](ErrorKind::Config) when the report does not hold all of them: pushed records are
    /// never kept, some [problems](Self::problems_omitted) or [skips](Self::skips_omitted) may be
    /// omitted, and records that were never read are still with their source.
    pub fn records_of(&self, outcome: Outcome) -> Result<Vec<&RawValue>> {
        let missing = match outcome {
            Outcome::Pushed => {
                return Err(Error::config("a report keeps no pushed records"));
            }
            Outcome::NotSent if self.unread > 0 => Some(format!(
                "{} records were never read from their source: they are its last ones, from index {} on",
                self.unread,
                self.records - self.unread
            )),
            Outcome::Failed | Outcome::Unknown if self.problems_omitted > 0 => Some(format!(
                "{} failed or unknown records were too many to keep: ask for a dead-letter file to have them all",
                self.problems_omitted
            )),
            Outcome::Skipped if self.skips_omitted > 0 => Some(format!(
                "{} skipped records were too many to keep",
                self.skips_omitted
            )),
            _ => None,
        };
        if let Some(missing) = missing {
            return Err(Error::config(missing));
        }
        if outcome == Outcome::NotSent {
            return Ok(self.unsent.iter().map(|unsent| &*unsent.record).collect());
        }
        if outcome == Outcome::Skipped {
            let records = self.skips.iter().filter_map(|skip| skip.record.as_deref());
            return Ok(records.collect());
        }
        Ok(self
            .problems
            .iter()
            .filter(|problem| problem.outcome == outcome)
            .filter_map(|problem| problem.record.as_deref())
            .collect())
    }

    /// The [changed](Self::changed) records as they would travel, in the order of the input.
    ///
    /// # Errors
    ///
    /// [`Config`](ErrorKind::Config) when the report does not hold all of them: it keeps 100,000 records or 64 MiB.
    pub fn changed_records(&self) -> Result<Vec<&RawValue>> {
        if self.changes.len() < self.changed {
            return Err(Error::config(format!(
                "{} changed records were too many to keep",
                self.changed - self.changes.len()
            )));
        }
        Ok(self.changes.iter().map(|change| &*change.record).collect())
    }

    /// An error when any record was neither pushed nor skipped, with this report on it.
    ///
    /// # Errors
    ///
    /// [`NotAllPushed`](ErrorKind::NotAllPushed).
    pub fn into_result(self) -> Result<Self> {
        if self.pushed + self.skipped == self.records {
            return Ok(self);
        }
        Err(Error::new(ErrorKind::NotAllPushed, self.summary.clone()).with_report(self))
    }

    /// Both reports as one, as if `next`'s records had followed this one's in the input. For a report of
    /// the same records tried again there is [`merge_retry`](Self::merge_retry).
    ///
    /// # Errors
    ///
    /// [`Config`](ErrorKind::Config) when they are of different CRMs or kinds, or too long to be held
    /// as one.
    pub fn merge(mut self, mut next: Self) -> Result<Self> {
        self.check_same_target(&next)?;
        let first = self.records;
        if self.outcomes.append(&next.outcomes).is_none() {
            return Err(Error::config(format!(
                "reports of {first} and {} records are too long to be one",
                next.records
            )));
        }
        self.records += next.records;
        self.pushed += next.pushed;
        self.skipped += next.skipped;
        self.failed += next.failed;
        self.unknown += next.unknown;
        self.not_sent += next.not_sent;
        self.unread += next.unread;
        self.pushed_before += next.pushed_before;
        self.changed += next.changed;
        self.add_efforts(&next);
        self.add_requests(&mut next, |index| index + first);
        self.changes
            .extend(next.changes.into_iter().map(|change| Change {
                index: change.index + first,
                ..change
            }));
        self.problems
            .extend(next.problems.into_iter().map(|mut problem| {
                problem.index += first;
                named_anew(&mut problem.message, |index| index.checked_add(first));
                problem
            }));
        self.problems_omitted += next.problems_omitted;
        self.skips.extend(next.skips.into_iter().map(|mut skip| {
            skip.index += first;
            named_anew(&mut skip.message, |index| index.checked_add(first));
            skip
        }));
        self.skips_omitted += next.skips_omitted;
        self.add_messages(next.messages);
        self.unsent
            .extend(next.unsent.into_iter().map(|mut unsent| {
                unsent.index += first;
                unsent
            }));
        self.add_to_list_of(next.added_to_list.take(), |index| index + first);
        self.ended_early = both(self.ended_early, next.ended_early);
        merge_warnings(&mut self.warnings, next.warnings, |index| {
            index.checked_add(first)
        });
        self.summary = self.summarize();
        Ok(self)
    }

    pub(super) fn count_mut(&mut self, outcome: Outcome) -> &mut usize {
        match outcome {
            Outcome::Pushed => &mut self.pushed,
            Outcome::Skipped => &mut self.skipped,
            Outcome::Failed => &mut self.failed,
            Outcome::Unknown => &mut self.unknown,
            Outcome::NotSent => &mut self.not_sent,
        }
    }

    pub(super) fn check_same_target(&self, other: &Self) -> Result<()> {
        if (self.provider, self.kind) == (other.provider, other.kind) {
            return Ok(());
        }
        Err(Error::config(format!(
            "a report of {} to {} can't be merged with one of {} to {}",
            self.kind, self.provider, other.kind, other.provider
        )))
    }

    /// Adds what the other push took and did: requests, bytes, time, members of lists, values made right.
    pub(super) fn add_efforts(&mut self, other: &Self) {
        self.requests += other.requests;
        self.bytes_sent += other.bytes_sent;
        self.bytes_received += other.bytes_received;
        self.elapsed += other.elapsed;
        self.pacing = self.pacing.both(other.pacing);
        self.list_members_to_add = sum(self.list_members_to_add, other.list_members_to_add);
        self.list_members_to_remove =
            sum(self.list_members_to_remove, other.list_members_to_remove);
        self.list_members_added = sum(self.list_members_added, other.list_members_added);
        self.list_members_removed = sum(self.list_members_removed, other.list_members_removed);
        for (kind, count) in &other.fixed {
            *self.fixed.entry(*kind).or_default() += count;
        }
    }

    /// Adds what another report says of a list; `place` gives the index here of its records.
    pub(super) fn add_to_list_of(
        &mut self,
        theirs: Option<Box<AddedToList>>,
        place: impl Fn(usize) -> usize,
    ) {
        match (&mut self.added_to_list, theirs) {
            (Some(ours), Some(theirs)) => ours.merge(*theirs, place),
            (none @ None, Some(mut theirs)) => {
                for problem in &mut theirs.problems {
                    problem.index = place(problem.index);
                }
                *none = Some(theirs);
            }
            (_, None) => {}
        }
    }

    /// Adds the lines of another report; `place` gives the index here of its records.
    pub(super) fn add_requests(&mut self, other: &mut Self, place: impl Fn(usize) -> usize) {
        self.request_log_omitted += other.request_log_omitted;
        for mut line in std::mem::take(&mut other.request_log) {
            if self.request_log.len() >= MOST_LINES {
                self.request_log_omitted += 1;
                continue;
            }
            line.first_index = place(line.first_index);
            self.request_log.push(line);
        }
    }

    pub(super) fn add_messages(&mut self, more: Vec<MessageCount>) {
        for theirs in more {
            let ours = self
                .messages
                .iter_mut()
                .find(|ours| ours.outcome == theirs.outcome && ours.message == theirs.message);
            match ours {
                Some(ours) => ours.count += theirs.count,
                None => self.messages.push(theirs),
            }
        }
        self.messages
            .sort_by_key(|entry| std::cmp::Reverse(entry.count));
    }

    pub(super) fn summarize(&self) -> String {
        let mut summary = format!(
            "{} of {} {} pushed to {}",
            self.pushed, self.records, self.kind, self.provider
        );
        for (count, name) in [
            (self.skipped, "skipped"),
            (self.failed, "failed"),
            (self.unknown, "unknown"),
            (self.not_sent, "not sent"),
        ] {
            if count > 0 {
                // Writing to a String can't fail.
                let _ = write!(summary, ", {count} {name}");
            }
        }
        for (count, name) in [
            (self.pushed_before, "pushed before"),
            (self.changed, "changed since"),
        ] {
            if count > 0 {
                let _ = write!(summary, ", {count} {name}");
            }
        }
        for (asked, done, name) in [
            (self.list_members_to_add, self.list_members_added, "added"),
            (
                self.list_members_to_remove,
                self.list_members_removed,
                "removed",
            ),
        ] {
            if let (Some(asked @ 1..), Some(done)) = (asked, done) {
                let _ = write!(summary, ", {done} of {asked} members {name}");
            }
        }
        if let Some(added) = &self.added_to_list {
            let _ = write!(summary, ", {added}");
        }
        let mut separator = ": ";
        for entry in self.counted_groups().iter().take(SUMMARY_MESSAGES) {
            let message = cut_between_words(&entry.message, SUMMARY_MESSAGE_LENGTH);
            let _ = write!(summary, "{separator}{} × {message}", entry.count);
            separator = "; ";
        }
        summary
    }
}

/// What ended either push.
pub(super) fn both(ours: Option<String>, theirs: Option<String>) -> Option<String> {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => Some(format!("{ours}; {theirs}")),
        (ours, theirs) => ours.or(theirs),
    }
}

/// Puts the warnings of other records with ours; `moved` gives the index that a record has among ours.
pub(super) fn merge_warnings(
    ours: &mut Vec<Finding>,
    theirs: Vec<Finding>,
    moved: impl Fn(usize) -> Option<usize>,
) {
    for mut warning in theirs {
        warning.examples.retain_mut(|example| {
            let index = moved(example.index);
            example.index = index.unwrap_or_default();
            index.is_some()
        });
        let same = ours.iter_mut().find(|ours| {
            (ours.code, ours.severity, &ours.field)
                == (warning.code, warning.severity, &warning.field)
        });
        match same {
            Some(ours) => {
                ours.count += warning.count;
                ours.examples.append(&mut warning.examples);
                ours.examples.truncate(EXAMPLES);
            }
            None => ours.push(warning),
        }
    }
    ours.sort_by_key(|warning| std::cmp::Reverse(warning.count));
}

fn sum(ours: Option<u64>, theirs: Option<u64>) -> Option<u64> {
    match (ours, theirs) {
        (None, None) => None,
        _ => Some(ours.unwrap_or(0).saturating_add(theirs.unwrap_or(0))),
    }
}

impl fmt::Debug for PushReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Records are customers' data: a debug print counts them and shows none.
        f.debug_struct("PushReport")
            .field("provider", &self.provider)
            .field("kind", &self.kind)
            .field("records", &self.records)
            .field("pushed", &self.pushed)
            .field("skipped", &self.skipped)
            .field("failed", &self.failed)
            .field("unknown", &self.unknown)
            .field("not_sent", &self.not_sent)
            .field("requests", &self.requests)
            .field("ended_early", &self.ended_early)
            .finish_non_exhaustive()
    }
}

fn as_seconds<S: Serializer>(elapsed: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(elapsed.as_secs_f64())
}

fn from_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let seconds = f64::deserialize(deserializer)?;
    Duration::try_from_secs_f64(seconds).map_err(serde::de::Error::custom)
}
