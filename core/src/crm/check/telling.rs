//! What was found in a record, in words.

use std::sync::Arc;

use super::Checker;
use super::names::Unknown;
use super::tally::Detail;
use super::values::Fault;
use crate::crm::rules::{Rules, Treatment, crm_name};
use crate::names::PushKind;
use crate::quote::quote_exactly;
use crate::report::{FindingCode, Severity};

/// What is wrong in a record, before it is put in words.
pub(super) struct Found {
    pub(super) field: Arc<str>,
    pub(super) fault: Fault,
    pub(super) value: String,
}

impl Checker {
    /// Counts the faults of the record's values; the message of the first that is an error.
    pub(super) fn tell_faults(&mut self, index: usize) -> Option<Arc<str>> {
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

    /// Says that two names of the record are one field, since the CRM minds no letter case.
    pub(super) fn tell_doubled(&mut self, index: usize) {
        let crm = self.crm();
        for (at, name) in self.order.iter().enumerate() {
            let Some((name, place)) = self
                .names
                .get(*name)
                .and_then(|name| Some((name, name.place?)))
            else {
                continue;
            };
            let earlier = self.order.iter().take(at);
            let mut earlier = earlier.filter_map(|other| self.names.get(*other));
            let Some(first) =
                earlier.find(|other| other.place == Some(place) && other.text != name.text)
            else {
                continue;
            };
            let (severity, code) = (Severity::Warning, FindingCode::SimilarName);
            self.tally
                .add(index, severity, code, Some(&name.text), false, || Detail {
                    message: format!(
                        "'{}' and '{}' are one field to {crm}, which keeps one of the values: leave one out",
                        quote_exactly(&first.text),
                        quote_exactly(&name.text),
                    ),
                    hint: Some(first.text.as_ref().to_owned()),
                    value: None,
                });
        }
    }

    /// Fields that a create needs and the record lacks.
    pub(super) fn miss(&mut self, index: usize, error: &mut Option<Arc<str>>) {
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

    /// Says that an earlier record has the same identity.
    pub(super) fn tell_repeated(&mut self, index: usize, first: usize) {
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
        if is_refused && let Some(message) = message {
            self.refused.push((index, message.as_ref().to_owned()));
        }
    }

    /// Says that errors can't name the record.
    pub(super) fn tell_nameless(&mut self, index: usize) {
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

pub(super) fn unknown_field(rules: &Rules, unknown: &Unknown) -> Fault {
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

pub(super) fn read_only(rules: &Rules) -> Fault {
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
