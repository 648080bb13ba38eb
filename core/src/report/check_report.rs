//! What a check came to.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::findings::{Finding, FindingCode, FixKind, Severity};
use crate::names::{Provider, PushKind};
use crate::quote::quote;

/// Findings that a summary repeats.
const SUMMARY_FINDINGS: usize = 3;

/// A finding in one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CheckProblem {
    /// The record's place in the input, from 0.
    pub index: usize,
    /// What is wrong.
    pub code: FindingCode,
    /// What it means for the record.
    pub severity: Severity,
    /// The field, by its name on the way.
    pub field: Option<Arc<str>>,
    /// What is wrong and what to do, as a sentence.
    pub message: Arc<str>,
}

/// What the records hold in one field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FieldProfile {
    /// The field, by its name on the way.
    pub field: String,
    /// Whether the CRM has it.
    pub is_known: bool,
    /// Records that have a value in it which is neither null nor empty text.
    pub filled: usize,
    /// How many values of each kind it has: `text`, `integer`, `number`, `boolean`, `null`, `empty`, `list`,
    /// `object`.
    pub kinds: BTreeMap<String, usize>,
    /// The longest text, in characters.
    pub longest: usize,
}

/// What checking found; the records, the CRM and how it was asked are told beside it.
#[derive(Default)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct CheckedRecords {
    pub(crate) records: usize,
    pub(crate) records_with_errors: usize,
    pub(crate) records_with_warnings: usize,
    pub(crate) findings: Vec<Finding>,
    pub(crate) problems: Vec<CheckProblem>,
    pub(crate) problems_omitted: usize,
    pub(crate) profile: Vec<FieldProfile>,
}

/// What records would meet if they were pushed.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CheckReport {
    pub(crate) provider: Provider,
    pub(crate) kind: PushKind,
    pub(crate) records: usize,
    pub(crate) records_with_errors: usize,
    pub(crate) records_with_warnings: usize,
    pub(crate) findings: Vec<Finding>,
    pub(crate) problems: Vec<CheckProblem>,
    pub(crate) problems_omitted: usize,
    pub(crate) profile: Vec<FieldProfile>,
    pub(crate) fixed: BTreeMap<FixKind, usize>,
    pub(crate) requests: usize,
    pub(crate) seconds: f64,
    pub(crate) summary: String,
}

impl CheckReport {
    /// `requests` and `seconds` are what a push of the records without errors would take.
    pub(crate) fn new(
        provider: Provider,
        kind: PushKind,
        mut checked: CheckedRecords,
        fixed: BTreeMap<FixKind, usize>,
        requests: usize,
        seconds: f64,
    ) -> Self {
        checked
            .findings
            .sort_by_key(|finding| (finding.severity, std::cmp::Reverse(finding.count)));
        let mut report = Self {
            provider,
            kind,
            records: checked.records,
            records_with_errors: checked.records_with_errors,
            records_with_warnings: checked.records_with_warnings,
            findings: checked.findings,
            problems: checked.problems,
            problems_omitted: checked.problems_omitted,
            profile: checked.profile,
            fixed,
            requests,
            seconds,
            summary: String::new(),
        };
        report.summary = report.summarize();
        report
    }

    /// The CRM that the records were checked for.
    pub fn provider(&self) -> Provider {
        self.provider
    }

    /// What the records are.
    pub fn kind(&self) -> PushKind {
        self.kind
    }

    /// Whether no record has an error, and the source as a whole has none.
    pub fn ok(&self) -> bool {
        self.findings
            .iter()
            .all(|finding| finding.severity != Severity::Error)
    }

    /// Records that were checked.
    pub fn records(&self) -> usize {
        self.records
    }

    /// Records that the CRM would refuse.
    pub fn records_with_errors(&self) -> usize {
        self.records_with_errors
    }

    /// Records that the CRM would take, though not quite as they are meant.
    pub fn records_with_warnings(&self) -> usize {
        self.records_with_warnings
    }

    /// What was found, by kind and field: errors first, then the most frequent.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// What was found, record by record in the order of the input; see
    /// [`problems_omitted`](Self::problems_omitted).
    pub fn problems(&self) -> &[CheckProblem] {
        &self.problems
    }

    /// Findings that are not among [`problems`](Self::problems), which holds 100,000.
    pub fn problems_omitted(&self) -> usize {
        self.problems_omitted
    }

    /// What the records hold, field by field, in the order in which the fields were met.
    pub fn profile(&self) -> &[FieldProfile] {
        &self.profile
    }

    /// How many values `fix` made right, by kind.
    pub fn fixed(&self) -> &BTreeMap<FixKind, usize> {
        &self.fixed
    }

    /// Requests that a push of the records without errors would take.
    pub fn requests(&self) -> usize {
        self.requests
    }

    /// Seconds that the client's rate limit would give those requests, as far as it is known.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// The counts and the first findings, in one line.
    pub fn summary(&self) -> &str {
        &self.summary
    }

    fn summarize(&self) -> String {
        let mut summary = format!(
            "{} {} checked for {}: ",
            self.records, self.kind, self.provider
        );
        if self.findings.is_empty() {
            summary.push_str("nothing found");
            return summary;
        }
        // Writing to a String can't fail.
        let _ = write!(
            summary,
            "{} with errors, {} with warnings",
            self.records_with_errors, self.records_with_warnings
        );
        let mut separator = ": ";
        for finding in self.findings.iter().take(SUMMARY_FINDINGS) {
            let _ = write!(summary, "{separator}{} × {}", finding.count, finding.code);
            if let Some(field) = &finding.field {
                let _ = write!(summary, " in '{}'", quote(field.as_bytes()));
            }
            separator = "; ";
        }
        summary
    }
}

impl fmt::Debug for CheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values are customers' data: a debug print counts them and shows none.
        f.debug_struct("CheckReport")
            .field("provider", &self.provider)
            .field("kind", &self.kind)
            .field("records", &self.records)
            .field("records_with_errors", &self.records_with_errors)
            .field("records_with_warnings", &self.records_with_warnings)
            .finish_non_exhaustive()
    }
}
