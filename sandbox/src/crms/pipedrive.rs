//! Pipedrive.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::crm::Treatment::{self, Refuse, Swallow};
use super::crm::{Crm, FieldRules, ListRules, Messages};
use super::native::labelled;
use super::verdict::{Verdict, is_too_long, unknown_option};
use crate::facts::{Facts, Field};
use crate::forms::{Moment, is_date, is_whole};
use crate::rules::is_email;

const UNKNOWN_CONTACT: &str = "Entity was not found";

pub static CRM: Crm = Crm {
    name: "pipedrive",
    facts: LazyLock::new(|| Facts::parse(include_str!("../../../facts/pipedrive.json"))),
    next_id: |_, number, _| number.to_string(),
    takes_own_ids: false,
    contact_identifier: Some("emails"),
    unique_together: |_, _| &[],
    fields: FieldRules {
        types_before_required: false,
        ignores_case: false,
        unknown: unknown_field,
        read_only: Swallow,
        value,
        relation: |_| None,
        custom_fields: Some("custom_fields"),
    },
    describe,
    lists: ListRules {
        unknown_list: |id| format!("label {id} is not an option"),
        already_member: None,
        unknown_contact: |_| Some(UNKNOWN_CONTACT.to_owned()),
        not_a_member: |_, is_known| (!is_known).then(|| UNKNOWN_CONTACT.to_owned()),
        stops_at_refusal: false,
    },
    messages: Messages {
        missing_required: |message, _| message,
        duplicate: |message, _, _| message,
    },
};

/// Only what has the form of a custom field's key is refused.
fn unknown_field(slug: &str) -> Treatment {
    if slug.len() == 40 && slug.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Refuse
    } else {
        Swallow
    }
}

/// What becomes of a value. Types are those of the schema: no text is read as a number or a flag.
fn value(field: &Field, value: &Value) -> Verdict {
    if value.is_null() {
        return Verdict::Absent;
    }
    let kept = Verdict::Kept(value.clone());
    let is_integer = is_whole(value);
    match field.field_type.as_str() {
        "set" => options(field, value),
        "enum" | "status" => option(field, value),
        // With a list of its own, and ids otherwise.
        "visible_to" if is_integer => option(field, value),
        _ if field.is_array() => entries(field, value),
        "address" => address(field, value),
        "monetary" => {
            let amount = value.get("value").or_else(|| value.get("amount"));
            if amount.unwrap_or(value).is_number() {
                kept
            } else {
                wrong_type(field)
            }
        }
        "double" if value.is_number() => kept,
        "int" | "user" | "org" | "people" | "deal" | "stage" | "picture" if is_integer => kept,
        "boolean" if value.is_boolean() => kept,
        "date" => date(field, value),
        "varchar" | "varchar_options" | "varchar_auto" | "text" | "phone" if value.is_string() => {
            text_value(field, value.as_str().unwrap_or_default())
        }
        "double" | "int" | "user" | "org" | "people" | "deal" | "stage" | "picture" | "boolean"
        | "visible_to" | "varchar" | "varchar_options" | "varchar_auto" | "text" | "phone" => {
            wrong_type(field)
        }
        _ => kept,
    }
}

fn wrong_type(field: &Field) -> Verdict {
    let fill = [("key", field.slug.as_str()), ("type", &field.field_type)];
    Verdict::Refused(CRM.facts.message("wrong_type", "", &fill))
}

fn text_value(field: &Field, text: &str) -> Verdict {
    if text.is_empty() {
        return Verdict::Absent;
    }
    if let Some(limit) = is_too_long(field, text) {
        let fill = [("key", field.slug.as_str()), ("max", &limit.to_string())];
        return Verdict::Refused(CRM.facts.message("too_long", "", &fill));
    }
    let kept = Value::String(text.to_owned());
    if field.is_email() && !is_email(text) {
        // Its form is not looked at, as far as is known.
        return Verdict::kept_though(&kept, format!("{text} is no e-mail address"));
    }
    Verdict::Kept(kept)
}

/// A day; or, where the field's facts say so, a time with whole seconds.
fn date(field: &Field, value: &Value) -> Verdict {
    let text = value.as_str().unwrap_or_default();
    if field.json.is_none() {
        return if is_date(text) {
            Verdict::Kept(value.clone())
        } else {
            wrong_type(field)
        };
    }
    let is_rfc_3339 = |moment: &Moment| {
        moment.has_seconds && moment.offset.is_some_and(|offset| offset.is_extended)
    };
    match Moment::parse(text).filter(is_rfc_3339) {
        Some(moment) if !moment.has_fraction => Verdict::Kept(value.clone()),
        _ => {
            let fill = [("key", field.slug.as_str())];
            Verdict::Refused(CRM.facts.message("wrong_type_datetime", "", &fill))
        }
    }
}

/// Addresses or numbers: one as text, or entries with `value`, `primary` and `label`.
fn entries(field: &Field, value: &Value) -> Verdict {
    let entries = match value {
        Value::String(text) => return text_value(field, text),
        Value::Array(entries) if entries.is_empty() => return Verdict::Absent,
        Value::Array(entries) => entries,
        _ => return wrong_type(field),
    };
    let mut wrong = None;
    for entry in entries {
        let text = match entry {
            Value::String(text) => text,
            Value::Object(members) => {
                let is_in_form = matches!(members.get("primary"), None | Some(Value::Bool(_)))
                    && matches!(members.get("label"), None | Some(Value::String(_)));
                match members.get("value") {
                    Some(Value::String(text)) if is_in_form => text,
                    _ => return wrong_type(field),
                }
            }
            _ => return wrong_type(field),
        };
        match text_value(field, text) {
            Verdict::Swallowed(_, message) => wrong = Some(message),
            Verdict::Refused(message) => return Verdict::Refused(message),
            _ => {}
        }
    }
    match wrong {
        Some(message) => Verdict::kept_though(value, message),
        None => Verdict::Kept(value.clone()),
    }
}

fn address(field: &Field, value: &Value) -> Verdict {
    match value.as_object() {
        Some(parts)
            if parts
                .values()
                .all(|part| part.is_string() || part.is_null()) =>
        {
            Verdict::Kept(value.clone())
        }
        _ => wrong_type(field),
    }
}

/// An option: its id, which is a number unless the CRM's own list has words.
fn option(field: &Field, value: &Value) -> Verdict {
    let choice = match value {
        Value::String(text) => text.clone(),
        Value::Number(_) if is_whole(value) => value.to_string(),
        _ => return wrong_type(field),
    };
    if choice.is_empty() || (field.options.is_none() && !is_number(&choice)) {
        return wrong_type(field);
    }
    let choice = choice.strip_suffix(".0").unwrap_or(&choice);
    match unknown_option(field, std::iter::once(choice)) {
        Some(unknown) => not_an_option(field, unknown),
        None => Verdict::Kept(value.clone()),
    }
}

/// Options: an array of ids, or ids joined with commas.
fn options(field: &Field, value: &Value) -> Verdict {
    match value {
        Value::Array(choices) => choices
            .iter()
            .map(|choice| option(field, choice))
            .find(|verdict| !matches!(verdict, Verdict::Kept(_)))
            .unwrap_or_else(|| Verdict::Kept(value.clone())),
        Value::String(text) => {
            let unknown = unknown_option(field, text.split(','));
            if let Some(unknown) = unknown {
                return not_an_option(field, unknown);
            }
            if field.options.is_none() && !text.split(',').all(is_number) {
                return wrong_type(field);
            }
            Verdict::Kept(value.clone())
        }
        _ => wrong_type(field),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn not_an_option(field: &Field, value: &str) -> Verdict {
    let fill = [("value", value), ("key", field.slug.as_str())];
    Verdict::Refused(CRM.facts.message("invalid_option", "", &fill))
}

/// The field as Pipedrive describes it: the ids of options are numbers, but for its own lists.
fn describe(field: &Field) -> Value {
    let options = field.options.as_ref().map(|_| {
        let options = labelled(field).into_iter().map(|(label, value)| {
            let id = value
                .parse::<u64>()
                .map_or_else(|_| json!(value), Value::from);
            json!({"id": id, "label": label})
        });
        options.collect::<Vec<_>>()
    });
    let mut native = json!({
        "key": field.slug,
        "field_type": field.field_type,
        "mandatory_flag": field.required,
        "bulk_edit_allowed": !field.read_only,
    });
    if let Some(options) = options {
        native["options"] = json!(options);
    }
    native
}
