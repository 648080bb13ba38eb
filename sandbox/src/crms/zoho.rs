//! Zoho CRM. Its messages name neither field nor value, its details name the field.

use std::sync::LazyLock;

use fastrand::Rng;
use serde_json::{Value, json};

use super::crm::Treatment::Swallow;
use super::crm::{Crm, FieldRules, ListRules, Messages};
use super::native::labelled;
use super::verdict::{Verdict, is_too_long, unknown_option};
use crate::facts::{Facts, Field};
use crate::forms::{Moment, digits, is_date, is_integer};
use crate::ids::IdKind;
use crate::rules::is_email;

const UNKNOWN_CONTACT: &str = "INVALID_DATA: the related id given seems to be invalid";
/// Most digits of a whole number whose field has no limit of its own.
const INTEGER_DIGITS: usize = 9;
const BIGINT_DIGITS: usize = 18;
const CURRENCY_DIGITS: usize = 16;
const CURRENCY_DECIMALS: usize = 9;

pub static CRM: Crm = Crm {
    name: "zoho",
    facts: LazyLock::new(|| Facts::parse(include_str!("../../../facts/zoho.json"))),
    next_id,
    takes_own_ids: false,
    contact_identifier: None,
    unique_together: |entity, strict| match entity {
        "contacts" if strict => &["Email"],
        _ => &[],
    },
    fields: FieldRules {
        types_before_required: false,
        ignores_case: false,
        unknown: |_| Swallow,
        read_only: Swallow,
        value,
        relation: |_| None,
        custom_fields: None,
    },
    describe,
    lists: ListRules {
        unknown_list: |_| "INVALID_DATA: the id given seems to be invalid".to_owned(),
        already_member: None,
        unknown_contact: |_| Some(UNKNOWN_CONTACT.to_owned()),
        not_a_member: |_, is_known| (!is_known).then(|| UNKNOWN_CONTACT.to_owned()),
        stops_at_refusal: false,
    },
    messages: Messages {
        missing_required: |message, slugs| format!("MANDATORY_NOT_FOUND: {message} ({slugs})"),
        duplicate: |message, slugs, id| {
            format!("DUPLICATE_DATA: {message} (api_name: {slugs}, id: {id})")
        },
    },
};

fn next_id(kind: IdKind, number: u64, _: &mut Rng) -> String {
    let block = match kind {
        IdKind::Contact => 2_105_000,
        IdKind::Company => 3_106_000,
        IdKind::List => 987_000,
    };
    format!("5725767{:012}", block + number)
}

/// What becomes of a value. Types are those of the JSON: no text is read as a number or a flag.
fn value(field: &Field, value: &Value) -> Verdict {
    if value.is_null() {
        return Verdict::Absent;
    }
    let kept = Verdict::Kept(value.clone());
    let text = value.as_str();
    match field.field_type.as_str() {
        _ if field.json.as_deref() == Some("array") => tags(field, value),
        "integer" if is_integer(value) => within(field, value, INTEGER_DIGITS),
        "bigint" if is_integer(value) || text.is_some_and(is_digits) => {
            within(field, value, BIGINT_DIGITS)
        }
        "currency" if value.is_number() && digits(value).1 > CURRENCY_DECIMALS => {
            refused(field, "wrong_type", "decimal_place: 9")
        }
        "currency" if value.is_number() => within(field, value, CURRENCY_DIGITS),
        "double" | "percent" if value.is_number() => kept,
        "boolean" if value.is_boolean() => kept,
        "date" if text.is_some_and(is_date) => kept,
        "datetime" if text.and_then(Moment::parse).is_some_and(is_in_form) => kept,
        "lookup" | "ownerlookup" | "userlookup" => look_up(field, value),
        "multiselectpicklist" => several(field, value),
        "integer" | "bigint" | "currency" | "double" | "percent" | "boolean" | "date"
        | "datetime" => wrong_type(field),
        "text" | "textarea" | "email" | "phone" | "website" | "picklist" => match text {
            Some(text) => text_value(field, text),
            None => wrong_type(field),
        },
        _ => kept,
    }
}

/// With an offset and whole seconds.
fn is_in_form(moment: Moment) -> bool {
    moment.has_seconds
        && !moment.has_fraction
        && moment.offset.is_some_and(|offset| offset.is_extended)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn text_value(field: &Field, text: &str) -> Verdict {
    if text.is_empty() {
        return Verdict::Absent;
    }
    if field.is_email() && !is_email(text) {
        return refused(field, "invalid_email", "expected_data_type: email");
    }
    if let Some(limit) = is_too_long(field, text) {
        return refused(field, "too_long", &format!("maximum_length: {limit}"));
    }
    let kept = Value::String(text.to_owned());
    match unknown_option(field, std::iter::once(text)) {
        Some(unknown) => not_an_option(field, &kept, unknown),
        None => Verdict::Kept(kept),
    }
}

fn several(field: &Field, value: &Value) -> Verdict {
    let choices = value.as_array().and_then(|choices| {
        choices
            .iter()
            .map(Value::as_str)
            .collect::<Option<Vec<_>>>()
    });
    let Some(choices) = choices else {
        return wrong_type(field);
    };
    match unknown_option(field, choices.into_iter()) {
        Some(unknown) => not_an_option(field, value, unknown),
        None => Verdict::Kept(value.clone()),
    }
}

/// Stored, unless the list is locked.
fn not_an_option(field: &Field, value: &Value, unknown: &str) -> Verdict {
    if field.restricted {
        return refused(field, "invalid_option", "expected_data_type: picklist");
    }
    let slug = &field.slug;
    Verdict::kept_though(value, format!("{unknown} is not in the list of {slug}"))
}

/// Tags by name or id.
fn tags(field: &Field, value: &Value) -> Verdict {
    let is_tag = |tag: &Value| {
        ["name", "id"]
            .iter()
            .any(|key| tag.get(key).is_some_and(Value::is_string))
    };
    match value.as_array() {
        Some(tags) if tags.iter().all(is_tag) => Verdict::Kept(value.clone()),
        _ => wrong_type(field),
    }
}

/// `{id}`. That a bare name or id is taken for some look-ups is not confirmed, so here it is not.
fn look_up(field: &Field, value: &Value) -> Verdict {
    let Some(id) = value.get("id").and_then(Value::as_str) else {
        return refused(field, "wrong_type", "expected_data_type: jsonobject");
    };
    if matches!(id.len(), 18 | 19) && is_digits(id) && !id.starts_with('0') {
        Verdict::Kept(value.clone())
    } else {
        refused(field, "bad_reference", "expected_data_type: bigint")
    }
}

/// At most the field's own count of digits before the point, or the usual one.
fn within(field: &Field, value: &Value, usual: usize) -> Verdict {
    let most = field.digits.unwrap_or(usual);
    let count = value.as_str().map_or_else(|| digits(value).0, str::len);
    if count > most {
        refused(field, "too_long", &format!("maximum_length: {most}"))
    } else {
        Verdict::Kept(value.clone())
    }
}

fn wrong_type(field: &Field) -> Verdict {
    let details = format!("expected_data_type: {}", field.field_type);
    refused(field, "wrong_type", &details)
}

fn refused(field: &Field, name: &str, details: &str) -> Verdict {
    let message = CRM.facts.message(name, "", &[]);
    Verdict::Refused(format!(
        "INVALID_DATA: {message} (api_name: {}, {details})",
        field.slug
    ))
}

/// The field as Zoho describes it.
fn describe(field: &Field) -> Value {
    let values: Vec<Value> = labelled(field)
        .into_iter()
        .map(|(label, value)| json!({"display_value": label, "actual_value": value}))
        .collect();
    json!({
        "api_name": field.slug,
        "data_type": field.field_type,
        "length": field.max_length.or(field.digits),
        "pick_list_values": values,
        "json_type": field.json,
        "system_mandatory": field.required,
        "read_only": field.read_only,
        "unique": if field.unique { json!({"casesensitive": ""}) } else { json!({}) },
    })
}
