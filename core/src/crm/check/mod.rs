//! Whether a CRM would take records, one after another, as they would travel.

#[cfg(test)]
mod agreement;
mod dates;
mod email;
mod identities;
mod members;
mod names;
mod numbers;
mod plan;
mod seen;
#[cfg(test)]
mod speed;
mod tally;
mod telling;
#[cfg(test)]
mod tests;
mod values;

use std::sync::Arc;

use self::identities::Pending;
use self::names::Names;
use self::plan::Plan;
use self::seen::Seen;
use self::tally::{Detail, Tally};
use self::telling::Found;
use self::values::judge;
use super::facts::naming_fields;
use super::graph8::LeftOut;
use super::rules::{FieldRule, Rules, crm_name};
use crate::names::PushKind;
use crate::records::json::scan::Value;
use crate::records::problem_as_object;
use crate::report::{CheckedRecords, Finding, FindingCode, Severity};

/// Whether a value, given as its JSON, has a fault in its field.
pub(crate) fn has_fault(rules: &Rules, rule: &FieldRule, json: &[u8]) -> bool {
    Value::read(json).is_some_and(|value| judge(rules, rule, value).is_some())
}

/// Judges records and keeps count.
pub(crate) struct Checker {
    rules: Arc<Rules>,
    names: Names,
    /// What settles most records.
    plan: Plan,
    tally: Tally,
    /// The fields that a create needs, by place.
    required: Vec<usize>,
    /// By place of a field: the record that had a value in it last.
    filled: Vec<usize>,
    /// The number of the record at hand, from 1.
    record: usize,
    /// The first record of each identity.
    identities: Seen,
    /// Of the records before, in their order.
    pending: Vec<Pending>,
    /// Records that the CRM would refuse, and why.
    refused: Vec<(usize, String)>,
    /// The field that a message names as the one by which a record is known.
    identity_field: Option<Arc<str>>,
    is_identity_unique: bool,
    leaves_repeats: bool,
    /// Of the record at hand.
    faults: Vec<Found>,
    /// Of its identities.
    hashes: Vec<u64>,
    /// Its names, in their order.
    order: Vec<usize>,
    scratch: Vec<u8>,
}

impl Checker {
    pub(crate) fn new(rules: Arc<Rules>) -> Self {
        let fields = rules.fields();
        let required = places(fields, |field| field.is_required);
        let naming = naming_fields(rules.provider(), rules.kind());
        let identity_field = naming
            .identity
            .paths
            .iter()
            .find_map(|path| rules.field(path.split(['.', '[']).next().unwrap_or(path)));
        let is_identity_unique = fields
            .iter()
            .any(|field| field.is_identity && field.is_unique);
        Self {
            names: Names::new(),
            plan: Plan::new(identity_field.is_some()),
            tally: Tally::default(),
            required,
            filled: vec![0; fields.len()],
            record: 0,
            identities: Seen::new(),
            pending: Vec::new(),
            refused: Vec::new(),
            identity_field: identity_field.map(|field| Arc::from(&*field.slug)),
            is_identity_unique,
            leaves_repeats: false,
            faults: Vec::new(),
            hashes: Vec::new(),
            order: Vec::new(),
            scratch: Vec::new(),
            rules,
        }
    }

    /// Says nothing of records with the identity of an earlier one: the push has a rule for them.
    pub(crate) fn leave_repeats(&mut self) {
        self.leaves_repeats = true;
    }

    /// Judges a record; whether the CRM would refuse it is told by [`refused`](Self::refused).
    pub(crate) fn check(&mut self, index: usize, json: &[u8]) {
        let (hashes, scratch) = (&mut self.hashes, &mut self.scratch);
        if self.plan.settle(json, &self.rules, hashes, scratch) {
            self.record += 1;
            self.tally.records += 1;
            self.identify(index);
        } else {
            self.check_closely(index, json);
        }
    }

    /// The records so far that the CRM would refuse, each with the message of its first error; told once.
    pub(crate) fn refused(&mut self) -> Vec<(usize, String)> {
        self.compare_identities();
        std::mem::take(&mut self.refused)
    }

    /// Judges a record of which anything may be wrong.
    fn check_closely(&mut self, index: usize, json: &[u8]) {
        if let Some(message) = problem_as_object(json) {
            self.reject(index, &message);
            self.refused.push((index, message));
            return;
        }
        self.begin();
        match self.members(json) {
            Some(false) => self.plan.learn(&self.order, &mut self.names, &self.rules),
            Some(true) => self.members_once(json),
            None => {
                let message = "the record is no JSON object";
                self.reject_begun(index, message);
                self.refused.push((index, message.to_owned()));
                return;
            }
        }
        let mut error = self.tell_faults(index);
        self.tell_doubled(index);
        if self.rules.kind() != PushKind::Lists {
            self.miss(index, &mut error);
            if self.hashes.is_empty() {
                self.tell_nameless(index);
            } else if error.is_none() {
                // A record that the CRM refuses leaves its name to the next one.
                self.identify(index);
            }
        }
        if let Some(message) = error {
            self.refused.push((index, message.as_ref().to_owned()));
        }
    }

    /// Counts a record that has no JSON.
    pub(crate) fn reject(&mut self, index: usize, message: &str) {
        self.begin();
        self.reject_begun(index, message);
    }

    /// Counts a finding that another stage made in a record, before or after the record was checked.
    pub(crate) fn note(&mut self, index: usize, left_out: &LeftOut) {
        self.compare_identities();
        let field = left_out.field.as_deref().map(Arc::from);
        let (severity, code) = (Severity::Warning, left_out.code);
        self.tally
            .add(index, severity, code, field.as_ref(), false, || Detail {
                message: left_out.message.clone(),
                hint: left_out.hint.clone(),
                value: left_out.value.clone(),
            });
    }

    /// Counts an error that another stage found in a record which was checked.
    pub(crate) fn note_error(&mut self, index: usize, code: FindingCode, message: &str) {
        self.compare_identities();
        self.tally
            .add(index, Severity::Error, code, None, false, || Detail {
                message: message.to_owned(),
                hint: None,
                value: None,
            });
    }

    /// What was found so far: errors first, then the most frequent. Identities since the last look at who is
    /// refused are not among it.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let mut findings = self.tally.findings();
        for finding in &mut findings {
            let is_whole = finding.code == FindingCode::NoIdentity
                && finding.count == self.tally.records
                && finding.count > 1;
            if is_whole && let Some(field) = &finding.field {
                finding.message = format!(
                    "no record has a value in '{field}': {} names records by it in its errors",
                    self.crm()
                );
            }
        }
        findings
    }

    /// What all the records came to.
    pub(crate) fn finish(mut self) -> CheckedRecords {
        self.compare_identities();
        self.plan.count_in(&mut self.names);
        let findings = self.findings();
        let profile = self.names.profile();
        let (records, records_with_errors, records_with_warnings) = (
            self.tally.records,
            self.tally.with_errors(),
            self.tally.with_warnings(),
        );
        let (problems, problems_omitted) = self.tally.into_problems();
        CheckedRecords {
            records,
            records_with_errors,
            records_with_warnings,
            findings,
            problems,
            problems_omitted,
            profile,
        }
    }

    fn begin(&mut self) {
        // Findings are told in the order of the records.
        self.compare_identities();
        self.record += 1;
        self.tally.records += 1;
        self.faults.clear();
        self.hashes.clear();
        self.order.clear();
    }

    fn reject_begun(&mut self, index: usize, message: &str) {
        self.faults.clear();
        self.tally.add(
            index,
            Severity::Error,
            FindingCode::NotARecord,
            None,
            false,
            || Detail {
                message: message.to_owned(),
                hint: None,
                value: None,
            },
        );
    }

    fn crm(&self) -> &'static str {
        crm_name(self.rules.provider())
    }
}

fn places(fields: &[FieldRule], is_wanted: impl Fn(&FieldRule) -> bool) -> Vec<usize> {
    fields
        .iter()
        .enumerate()
        .filter(|(_, field)| is_wanted(field))
        .map(|(place, _)| place)
        .collect()
}
