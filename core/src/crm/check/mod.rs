//! Whether a CRM would take records, one after another, as they would travel.

#[cfg(test)]
mod agreement;
mod dates;
mod email;
mod names;
mod numbers;
mod scan;
mod seen;
mod tally;
#[cfg(test)]
mod tests;
mod values;

use std::collections::HashMap;
use std::sync::Arc;

use self::names::Names;
use self::scan::{Cursor, Value};
use self::seen::{Look, Seen};
use self::tally::{Detail, Tally};
use self::values::{Fault, is_plainly_right, judge, shown};
use super::facts::naming_fields;
use super::graph8::LeftOut;
use super::rules::{FieldRule, Kind, Rules, Treatment, crm_name};
use crate::names::PushKind;
use crate::quote::quote_exactly;
use crate::records::identity::name_hash;
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
    tally: Tally,
    /// The fields that a create needs, by place.
    required: Vec<usize>,
    /// By place of a field: the record that had a value in it last.
    filled: Vec<usize>,
    /// The number of the record at hand, from 1.
    record: usize,
    /// The first record of each identity.
    identities: Seen,
    /// The field that a message names as the one by which a record is known.
    identity_field: Option<Arc<str>>,
    is_identity_unique: bool,
    leaves_repeats: bool,
    /// Of the record at hand.
    faults: Vec<Found>,
    looks: Vec<Look>,
    scratch: Vec<u8>,
}

/// What is wrong in a record, before it is put in words.
struct Found {
    field: Arc<str>,
    fault: Fault,
    value: String,
}

impl Checker {
    pub(crate) fn new(rules: Arc<Rules>) -> Self {
        let fields = rules.fields();
        let required = places(fields, |field| field.is_required);
        let naming = naming_fields(rules.provider(), rules.kind());
        let identity_field = naming
            .identity
            .iter()
            .find_map(|path| rules.field(path.split(['.', '[']).next().unwrap_or(path)));
        let is_identity_unique = fields
            .iter()
            .any(|field| field.is_identity && field.is_unique);
        Self {
            names: Names::new(),
            tally: Tally::default(),
            required,
            filled: vec![0; fields.len()],
            record: 0,
            identities: Seen::new(),
            identity_field: identity_field.map(|field| Arc::from(&*field.slug)),
            is_identity_unique,
            leaves_repeats: false,
            faults: Vec::new(),
            looks: Vec::new(),
            scratch: Vec::new(),
            rules,
        }
    }

    /// Says nothing of records with the identity of an earlier one: the push has a rule for them.
    pub(crate) fn leave_repeats(&mut self) {
        self.leaves_repeats = true;
    }

    /// Judges the record; the first error's message when the CRM would refuse it.
    pub(crate) fn check(&mut self, index: usize, json: &[u8]) -> Option<String> {
        if let Some(message) = problem_as_object(json) {
            self.reject(index, &message);
            return Some(message);
        }
        self.begin();
        match self.members(json) {
            Some(false) => {}
            Some(true) => self.members_once(json),
            None => {
                let message = "the record is no JSON object";
                self.reject_begun(index, message);
                return Some(message.to_owned());
            }
        }
        let mut error = self.tell_faults(index);
        if self.rules.kind() != PushKind::Lists {
            self.miss(index, &mut error);
            self.identify(index, &mut error);
        }
        error.map(|message| message.as_ref().to_owned())
    }

    /// Counts a record that has no JSON.
    pub(crate) fn reject(&mut self, index: usize, message: &str) {
        self.begin();
        self.reject_begun(index, message);
    }

    /// Counts a finding that another stage made in a record, before or after the record was checked.
    pub(crate) fn note(&mut self, index: usize, left_out: &LeftOut) {
        let field = left_out.field.as_deref().map(Arc::from);
        let (severity, code) = (Severity::Warning, left_out.code);
        self.tally
            .add(index, severity, code, field.as_ref(), false, || Detail {
                message: left_out.message.clone(),
                hint: left_out.hint.clone(),
                value: left_out.value.clone(),
            });
    }

    /// What was found so far: errors first, then the most frequent.
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
    pub(crate) fn finish(self) -> CheckedRecords {
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
        self.record += 1;
        self.tally.records += 1;
        self.faults.clear();
        self.looks.clear();
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

    /// Judges each member; whether a name stands there twice.
    fn members(&mut self, json: &[u8]) -> Option<bool> {
        let mut cursor = Cursor::inside(json)?;
        self.names.begin();
        let mut is_repeated = false;
        loop {
            let place = self.names.read(&mut cursor, &self.rules)?;
            let value = cursor.value()?;
            let name = self.names.get_mut(place)?;
            if name.seen == self.record {
                is_repeated = true;
            } else {
                name.seen = self.record;
                let is_filled = name.count(&value);
                self.member(place, value, is_filled);
            }
            if !cursor.next()? {
                return Some(is_repeated);
            }
        }
    }

    /// Judges a record in which names stand twice: the last of each counts, as for JSON readers.
    fn members_once(&mut self, json: &[u8]) {
        self.faults.clear();
        self.looks.clear();
        self.filled.fill(0);
        let mut last: HashMap<usize, Value<'_>> = HashMap::new();
        let mut order = Vec::new();
        self.names.begin();
        let Some(mut cursor) = Cursor::inside(json) else {
            return;
        };
        while let Some(place) = self.names.read(&mut cursor, &self.rules) {
            let Some(value) = cursor.value() else { break };
            if last.insert(place, value).is_none() {
                order.push(place);
            }
            if cursor.next() != Some(true) {
                break;
            }
        }
        for place in order {
            if let Some(value) = last.get(&place) {
                let is_filled = !matches!(value, Value::Null)
                    && !matches!(value, Value::Text(text) if text.is_empty());
                self.member(place, *value, is_filled);
            }
        }
    }

    #[inline]
    fn member(&mut self, place: usize, value: Value<'_>, is_filled: bool) {
        let Some(name) = self.names.get_mut(place) else {
            return;
        };
        let Some((place, rule)) = name
            .place
            .and_then(|place| Some((place, self.rules.fields().get(place)?)))
        else {
            let Some(unknown) = &name.unknown else { return };
            self.faults.push(Found {
                field: Arc::clone(&name.text),
                fault: unknown_field(&self.rules, unknown),
                value: shown(value),
            });
            return;
        };
        if is_filled {
            if let Some(filled) = self.filled.get_mut(place) {
                *filled = self.record;
            }
            if rule.kind == Kind::CustomFields
                && let Value::Object(object) = value
            {
                for (inner, value) in values::members(object) {
                    let place = self.rules.place(&inner.lossy());
                    if let Some(filled) = place.and_then(|place| self.filled.get_mut(place))
                        && value != Value::Null
                    {
                        *filled = self.record;
                    }
                }
            }
            if rule.is_identity {
                look_for_identities(value, &self.identities, &mut self.looks, &mut self.scratch);
            }
        }
        let fault = if rule.is_read_only {
            Some(read_only(&self.rules))
        } else {
            match &value {
                Value::Text(text)
                    if text.plain().is_some_and(|text| {
                        is_plainly_right(self.rules.provider(), rule, text)
                    }) =>
                {
                    None
                }
                _ => judge(&self.rules, rule, value),
            }
        };
        if let Some(fault) = fault {
            self.faults.push(Found {
                field: Arc::clone(&name.text),
                fault,
                value: shown(value),
            });
        }
    }

    /// Counts the faults of the record's values; the message of the first that is an error.
    fn tell_faults(&mut self, index: usize) -> Option<Arc<str>> {
        let mut error = None;
        let crm = self.crm();
        let kind = self.rules.kind();
        for found in self.faults.drain(..) {
            let Some(severity) = severity(found.fault.treatment) else {
                continue;
            };
            let Found {
                field,
                fault,
                value,
            } = found;
            let field = match &fault.inside {
                Some(inside) => Arc::from(format!("{field}.{inside}")),
                None => field,
            };
            let is_first_error = severity == Severity::Error && error.is_none();
            let is_similar = fault.code == FindingCode::SimilarName;
            let code = if is_similar {
                FindingCode::UnknownField
            } else {
                fault.code
            };
            let hint = fault.hint.clone();
            let message =
                self.tally
                    .add(index, severity, code, Some(&field), is_first_error, || {
                        let value = fault.value.unwrap_or(value);
                        let name = quote_exactly(&field);
                        let meant = fault
                            .hint
                            .as_deref()
                            .map_or(String::new(), |hint| format!(": did you mean '{hint}'?"));
                        let message = if code == FindingCode::UnknownField {
                            format!("'{name}' {}{meant}", fault.why)
                        } else {
                            format!("'{name}': {value} {}{meant}", fault.why)
                        };
                        Detail {
                            message,
                            hint: fault.hint,
                            value: Some(value),
                        }
                    });
            if is_first_error {
                error = message;
            }
            if is_similar {
                let hint = hint.unwrap_or_default();
                self.tally.add(
                    index,
                    Severity::Warning,
                    FindingCode::SimilarName,
                    Some(&field),
                    false,
                    || Detail {
                        message: format!(
                            "'{}' differs from {crm}'s '{hint}' by letter case, blanks or a byte order mark alone: \
                             name it '{hint}', or no {} has a value there",
                            quote_exactly(&field),
                            noun(kind),
                        ),
                        hint: Some(hint.clone()),
                        value: None,
                    },
                );
            }
        }
        error
    }

    /// Fields that a create needs and the record lacks.
    fn miss(&mut self, index: usize, error: &mut Option<Arc<str>>) {
        let any_of = self.rules.any_of();
        let is_lacking = !any_of.is_empty() && !any_of.iter().any(|place| self.is_filled(*place));
        let has_all = self.required.iter().all(|place| self.is_filled(*place));
        if has_all && !is_lacking {
            return;
        }
        let rules = Arc::clone(&self.rules);
        for place in self.required.clone() {
            let Some(field) = rules.fields().get(place) else {
                continue;
            };
            if !self.is_filled(place) && !self.is_filled_by_another_name(&field.slug) {
                self.tell_missing(index, rules.on_missing(field), &[&*field.slug], error);
            }
        }
        if is_lacking {
            let slugs: Vec<&str> = rules
                .any_of()
                .iter()
                .filter_map(|place| rules.fields().get(*place))
                .map(|field| &*field.slug)
                .collect();
            self.tell_missing(index, Treatment::Refuses, &slugs, error);
        }
    }

    /// Whether the record has a value in the field at that place.
    fn is_filled(&self, place: usize) -> bool {
        self.filled.get(place) == Some(&self.record)
    }

    fn is_filled_by_another_name(&self, slug: &str) -> bool {
        self.rules
            .fields()
            .iter()
            .enumerate()
            .any(|(place, field)| {
                field.stands_for.as_deref() == Some(slug) && self.is_filled(place)
            })
    }

    fn tell_missing(
        &mut self,
        index: usize,
        treatment: Treatment,
        slugs: &[&str],
        error: &mut Option<Arc<str>>,
    ) {
        let Some(severity) = severity(treatment) else {
            return;
        };
        let field: Arc<str> = slugs.first().copied().unwrap_or_default().into();
        let crm = self.crm();
        let noun = noun(self.rules.kind());
        let needs_message = severity == Severity::Error && error.is_none();
        let message = self.tally.add(
            index,
            severity,
            FindingCode::MissingRequired,
            Some(&field),
            needs_message,
            || {
                let names: Vec<String> = slugs.iter().map(|slug| format!("'{slug}'")).collect();
                let message = match (names.as_slice(), severity) {
                    ([name], Severity::Error) => {
                        format!("{name} is missing: {crm} refuses a {noun} without it")
                    }
                    ([name], _) => {
                        format!("{name} is missing: {crm} stores the {noun} without it, though it is required")
                    }
                    (names, _) => format!(
                        "one of {} is needed: {crm} refuses a {noun} with none of them",
                        names.join(", ")
                    ),
                };
                Detail {
                    message,
                    hint: None,
                    value: None,
                }
            },
        );
        if needs_message {
            *error = message;
        }
    }

    /// Whether the record can be named, and whether an earlier one has the same name.
    fn identify(&mut self, index: usize, error: &mut Option<Arc<str>>) {
        if self.looks.is_empty() {
            self.tell_nameless(index);
            return;
        }
        // A record that the CRM refuses leaves its name to the next one.
        if error.is_some() || self.leaves_repeats {
            return;
        }
        let mut earlier = None;
        let mut is_first = true;
        for mut look in self.looks.drain(..) {
            // An insert may have taken the slot.
            if !is_first {
                look = self.identities.look(look.hash);
            }
            is_first = false;
            earlier = earlier.or(self.identities.first_or_insert(look, index));
        }
        let Some(first) = earlier else {
            return;
        };
        // Not before: an atomic operation waits until what was inserted has reached memory.
        let Some(field) = self.identity_field.clone() else {
            return;
        };
        let crm = self.crm();
        let is_refused = self.is_identity_unique;
        let severity = if is_refused {
            Severity::Error
        } else {
            Severity::Warning
        };
        let message = self.tally.add(
            index,
            severity,
            FindingCode::RepeatedIdentity,
            Some(&field),
            is_refused,
            || Detail {
                message: format!(
                    "has the same '{field}' as record {first}: {crm} {}",
                    if is_refused {
                        "refuses a second one"
                    } else {
                        "creates both"
                    }
                ),
                hint: None,
                value: None,
            },
        );
        if is_refused {
            *error = message;
        }
    }

    fn tell_nameless(&mut self, index: usize) {
        let Some(field) = self.identity_field.clone() else {
            return;
        };
        let crm = self.crm();
        self.tally.add(
            index,
            Severity::Warning,
            FindingCode::NoIdentity,
            Some(&field),
            false,
            || Detail {
                message: format!(
                    "has no value in '{field}': {crm}'s errors could not say that they mean this record"
                ),
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

fn severity(treatment: Treatment) -> Option<Severity> {
    match treatment {
        Treatment::Takes => None,
        Treatment::Spoils => Some(Severity::Warning),
        Treatment::Refuses => Some(Severity::Error),
    }
}

const fn noun(kind: PushKind) -> &'static str {
    match kind {
        PushKind::Contacts => "contact",
        PushKind::Companies => "company",
        PushKind::Lists => "list change",
    }
}

fn unknown_field(rules: &Rules, unknown: &names::Unknown) -> Fault {
    let crm = crm_name(rules.provider());
    let noun = noun(rules.kind());
    Fault {
        // Told apart when it is put in words.
        code: if unknown.is_similar {
            FindingCode::SimilarName
        } else {
            FindingCode::UnknownField
        },
        treatment: unknown.treatment,
        why: match unknown.treatment {
            Treatment::Refuses => format!("is no field of a {crm} {noun}").into(),
            _ => format!("is no field of a {crm} {noun}, and is dropped without a word").into(),
        },
        inside: None,
        value: None,
        hint: unknown.hint.clone(),
    }
}

fn read_only(rules: &Rules) -> Fault {
    let crm = crm_name(rules.provider());
    Fault {
        code: FindingCode::ReadOnly,
        treatment: rules.on_read_only(),
        why: match rules.on_read_only() {
            Treatment::Refuses => {
                format!("is for a field that can't be set: {crm} refuses the record").into()
            }
            _ => format!("is for a field that can't be set: {crm} leaves it out").into(),
        },
        inside: None,
        value: None,
        hint: None,
    }
}

/// The texts by which errors name a record: the value itself, or those of its entries.
fn look_for_identities(
    value: Value<'_>,
    seen: &Seen,
    looks: &mut Vec<Look>,
    scratch: &mut Vec<u8>,
) {
    let mut add = |value: Value<'_>| {
        if let Value::Text(text) = value
            && let Some(hash) = name_hash(text.decoded().bytes(), scratch)
            && !looks.iter().any(|look| look.hash == hash)
        {
            looks.push(seen.look(hash));
        }
    };
    match value {
        Value::List(list) => {
            for entry in values::entries(list) {
                match entry {
                    Value::Object(object) => {
                        for member in ["value", "email_address"] {
                            if let Some(value) = values::member(object, member) {
                                add(value);
                            }
                        }
                    }
                    other => add(other),
                }
            }
        }
        other => add(other),
    }
}

#[cfg(test)]
mod speed {
    use std::hint::black_box;

    use super::*;

    /// Nanoseconds that this thread has had a processor, whatever else the machine does.
    fn processor_time() -> u64 {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
        text.split(' ').next().unwrap().parse().unwrap()
    }

    /// `cargo test --release -p graph8-crm --lib -- --ignored --nocapture nanoseconds`
    #[test]
    #[ignore = "measures, and means something in a release build alone"]
    #[expect(clippy::print_stdout, reason = "it is asked for its figure")]
    fn nanoseconds_per_record() {
        let records: Vec<String> = (0..1_000_000)
            .map(|place| {
                format!(
                    r#"{{"email":"ada{place}@example.com","firstname":"Ada","lastname":"Lovelace","phone":"+1 555 0{place}","jobtitle":"Analyst","company":"Analytical Engines","city":"London","country":"United Kingdom","lifecyclestage":"lead","website":"https://example.com"}}"#
                )
            })
            .collect();
        for _ in 0..3 {
            let rules = Rules::new(crate::names::Provider::Hubspot, PushKind::Contacts, &[]);
            let mut checker = Checker::new(Arc::new(rules));
            let start = processor_time();
            for (index, record) in records.iter().enumerate() {
                black_box(checker.check(index, record.as_bytes()));
            }
            let taken = (processor_time() - start) / records.len() as u64;
            assert!(checker.findings().is_empty());
            println!("{taken} ns per record");
        }
    }
}
