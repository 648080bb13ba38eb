//! HubSpot.

use std::sync::LazyLock;

use fastrand::Rng;
use serde_json::{Value, json};

use super::crm::Treatment::Refuse;
use super::crm::{Crm, FieldRules, ListRules, Messages};
use super::native::labelled;
use super::verdict::{Verdict, unknown_option};
use crate::facts::{Facts, Field};
use crate::forms::{Moment, epoch_ms, is_date, is_midnight, is_plain_number};
use crate::ids::IdKind;
use crate::rules::is_email;

/// Longest value of a text property, in characters.
const MAX_LENGTH: usize = 65_536;

pub static CRM: Crm = Crm {
    name: "hubspot",
    facts: LazyLock::new(|| Facts::parse(include_str!("../../../facts/hubspot.json"))),
    next_id,
    takes_own_ids: false,
    contact_identifier: None,
    unique_together: |entity, _| match entity {
        "contacts" => &["email"],
        _ => &[],
    },
    fields: FieldRules {
        types_before_required: false,
        ignores_case: false,
        unknown: |_| Refuse,
        read_only: Refuse,
        value,
        relation: |_| None,
        custom_fields: None,
    },
    describe,
    lists: ListRules {
        unknown_list: |id| format!("List {id} does not exist"),
        already_member: None,
        // Only listed as missing in an answer that graph8 does not hand on.
        unknown_contact: |_| None,
        not_a_member: |_, _| None,
        stops_at_refusal: false,
    },
    messages: Messages {
        missing_required: |message, slugs| format!("{message} ({slugs})"),
        duplicate: |message, _, _| message,
    },
};

fn next_id(kind: IdKind, number: u64, _: &mut Rng) -> String {
    match kind {
        IdKind::Contact | IdKind::Company => (512_345_678_000 + number).to_string(),
        IdKind::List => number.to_string(),
    }
}

/// What becomes of a value. Each is read back as a string.
fn value(field: &Field, value: &Value) -> Verdict {
    let text = match value {
        Value::Null => return Verdict::Absent,
        Value::String(text) if text.is_empty() => return Verdict::Absent,
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        // The words are ours.
        Value::Array(_) | Value::Object(_) => {
            return Verdict::Refused(format!(
                "Cannot deserialize the value of \"{}\": a string, number or boolean expected",
                field.slug
            ));
        }
    };
    let refused = |name: &str| {
        let options = field.options.as_deref().unwrap_or_default().join(", ");
        let fill = [
            ("value", text.as_str()),
            ("options", &options),
            ("property", &field.slug),
        ];
        Verdict::Refused(CRM.facts.message(name, "", &fill))
    };
    if field.is_email() && !is_email(&text) {
        return refused("invalid_email");
    }
    let field_type = field.field_type.as_str();
    if field_type != "string" && text.trim() != text {
        return refused("whitespace");
    }
    match field_type {
        // What 5.55e-17 is refused for holds for numbers in JSON too: they are read as text.
        "number" if value.is_boolean() || !is_plain_number(&text) => refused("wrong_type_number"),
        "bool" if !matches!(text.as_str(), "true" | "false") => refused("wrong_type_boolean"),
        "date" if !is_date_value(value, &text) => refused("wrong_type_date"),
        "datetime" if !is_datetime_value(value, &text) => refused("wrong_type"),
        "enumeration" => match unknown_option(field, choices(field, &text)) {
            Some(unknown) => Verdict::Refused(CRM.facts.message(
                "invalid_option",
                "",
                &[
                    ("value", unknown),
                    (
                        "options",
                        &field.options.as_deref().unwrap_or_default().join(", "),
                    ),
                ],
            )),
            None => Verdict::Kept(Value::String(text)),
        },
        _ => {
            let limit = field.max_length.unwrap_or(MAX_LENGTH);
            if text.chars().count() > limit {
                let fill = [
                    ("property", field.slug.as_str()),
                    ("max", &limit.to_string()),
                ];
                return Verdict::Refused(CRM.facts.message("too_long", "", &fill));
            }
            Verdict::Kept(Value::String(text))
        }
    }
}

/// A day, or its first millisecond in UTC.
fn is_date_value(value: &Value, text: &str) -> bool {
    is_date(text)
        || epoch_ms(value).is_some_and(is_midnight)
        || Moment::parse(text).is_some_and(|moment| moment.is_midnight_utc())
}

fn is_datetime_value(value: &Value, text: &str) -> bool {
    epoch_ms(value).is_some() || Moment::parse(text).is_some_and(|moment| moment.offset.is_some())
}

/// The options that a text chooses. One `;` before the first adds to those that are there.
fn choices<'a>(field: &Field, text: &'a str) -> impl Iterator<Item = &'a str> {
    let takes_several = field.multi || field.control.as_deref() == Some("checkbox");
    let several = text.split(';').filter(|choice| !choice.is_empty());
    let one = (!takes_several).then_some(text);
    one.into_iter()
        .chain(several.filter(move |_| takes_several))
}

/// The property as HubSpot describes it.
fn describe(field: &Field) -> Value {
    let options: Vec<Value> = labelled(field)
        .into_iter()
        .map(|(label, value)| json!({"label": label, "value": value, "hidden": false}))
        .collect();
    json!({
        "fieldType": field.control,
        "options": options,
        "hasUniqueValue": field.unique,
        "modificationMetadata": {"readOnlyValue": field.read_only},
    })
}
