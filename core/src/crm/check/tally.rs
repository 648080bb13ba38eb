//! What was found so far: counted by kind and field, with examples, and record by record.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::report::{CheckProblem, EXAMPLES, Example, Finding, FindingCode, Severity};

/// Most findings that are kept record by record.
const MAX_PROBLEMS: usize = 100_000;
/// Most kinds of finding; those beyond are counted together by code.
const MAX_KINDS: usize = 10_000;

/// A finding in words.
pub(super) struct Detail {
    pub(super) message: String,
    pub(super) hint: Option<String>,
    pub(super) value: Option<String>,
}

/// Last, whether it stands for the fields beyond those that are told apart.
type Kind = (Severity, FindingCode, Option<Arc<str>>, bool);

struct Counted {
    count: usize,
    message: Arc<str>,
    hint: Option<String>,
    examples: Vec<Example>,
}

#[derive(Default)]
pub(super) struct Tally {
    pub(super) records: usize,
    with_errors: usize,
    with_warnings: usize,
    current: Option<Current>,
    kinds: BTreeMap<Kind, Counted>,
    problems: Vec<CheckProblem>,
    omitted: usize,
}

/// The record that findings come in for.
#[derive(Clone, Copy)]
struct Current {
    index: usize,
    has_error: bool,
    has_warning: bool,
}

impl Tally {
    /// Counts a finding of a record; `detail` is asked only where it is kept. The message, where it was made.
    pub(super) fn add(
        &mut self,
        index: usize,
        severity: Severity,
        code: FindingCode,
        field: Option<&Arc<str>>,
        needs_message: bool,
        detail: impl FnOnce() -> Detail,
    ) -> Option<Arc<str>> {
        if self.current.is_none_or(|current| current.index != index) {
            self.close();
            self.current = Some(Current {
                index,
                has_error: false,
                has_warning: false,
            });
        }
        if let Some(current) = &mut self.current {
            match severity {
                Severity::Error => current.has_error = true,
                _ => current.has_warning = true,
            }
        }
        let is_full = self.problems.len() >= MAX_PROBLEMS;
        let mut kind = (severity, code, field.cloned(), false);
        if self.kinds.len() >= MAX_KINDS && !self.kinds.contains_key(&kind) {
            kind = (severity, code, None, true);
        }
        if is_full {
            self.omitted += 1;
            if let Some(counted) = self.kinds.get_mut(&kind)
                && counted.examples.len() >= EXAMPLES
                && !needs_message
            {
                counted.count += 1;
                return None;
            }
        }
        let detail = detail();
        let message: Arc<str> = detail.message.into();
        if !is_full {
            self.problems.push(CheckProblem {
                index,
                code,
                severity,
                field: field.cloned(),
                message: Arc::clone(&message),
            });
        }
        let is_beyond = kind.3;
        let counted = self.kinds.entry(kind).or_insert_with(|| Counted {
            count: 0,
            message: if is_beyond {
                beyond(code).into()
            } else {
                Arc::clone(&message)
            },
            hint: detail.hint.filter(|_| !is_beyond),
            examples: Vec::new(),
        });
        counted.count += 1;
        if counted.examples.len() < EXAMPLES {
            counted.examples.push(Example {
                index,
                value: detail.value,
            });
        }
        Some(message)
    }

    fn close(&mut self) {
        let (errors, warnings) = self.open();
        self.with_errors += errors;
        self.with_warnings += warnings;
        self.current = None;
    }

    /// Errors and warnings of the record that findings still come in for.
    fn open(&self) -> (usize, usize) {
        self.current.map_or((0, 0), |current| {
            (
                usize::from(current.has_error),
                usize::from(current.has_warning && !current.has_error),
            )
        })
    }

    pub(super) fn with_errors(&self) -> usize {
        self.with_errors + self.open().0
    }

    pub(super) fn with_warnings(&self) -> usize {
        self.with_warnings + self.open().1
    }

    /// What was found by kind: errors first, then the most frequent.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self
            .kinds
            .iter()
            .map(|((severity, code, field, _), counted)| Finding {
                code: *code,
                severity: *severity,
                field: field.as_deref().map(str::to_owned),
                count: counted.count,
                message: counted.message.as_ref().to_owned(),
                hint: counted.hint.clone(),
                examples: counted.examples.clone(),
            })
            .collect();
        findings.sort_by_key(|finding| (finding.severity, std::cmp::Reverse(finding.count)));
        findings
    }

    /// Record by record, and how many are not among them.
    pub(super) fn into_problems(self) -> (Vec<CheckProblem>, usize) {
        let mut problems = self.problems;
        // Another stage may have found something in a record after the ones behind it were checked.
        problems.sort_by_key(|problem| problem.index);
        (problems, self.omitted)
    }
}

fn beyond(code: FindingCode) -> String {
    format!(
        "'{code}' in other fields: there are more than {MAX_KINDS} kinds of finding, and those of this code \
         that came after them are counted here together. Are the names of the fields what was meant?"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_beyond_the_most_that_are_told_apart_are_counted_together_in_words_of_their_own() {
        let mut tally = Tally::default();
        for number in 0..MAX_KINDS + 3 {
            let field: Arc<str> = format!("field{number}").into();
            let (severity, code) = (Severity::Warning, FindingCode::UnknownField);
            tally.add(number, severity, code, Some(&field), false, || Detail {
                message: format!("'{field}' is no field"),
                hint: Some("near".to_owned()),
                value: None,
            });
        }
        let findings = tally.findings();
        assert_eq!(findings.len(), MAX_KINDS + 1);
        let beyond = findings.iter().find(|finding| finding.field.is_none());
        let beyond = beyond.unwrap();
        assert_eq!((beyond.count, beyond.hint.as_deref()), (3, None));
        assert!(
            beyond.message.contains("more than 10000 kinds"),
            "{}",
            beyond.message
        );
        assert!(!beyond.message.contains("field1000"), "{}", beyond.message);
    }
}
