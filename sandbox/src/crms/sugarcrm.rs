//! SugarCRM, which swallows nearly everything.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::crm::Treatment::Swallow;
use super::crm::{Crm, FieldRules, ListRules, Messages};
use super::native::labelled;
use super::verdict::{Verdict, unknown_option};
use crate::facts::{Facts, Field};
use crate::forms::{Moment, is_date};
use crate::ids;
use crate::rules::is_email;

/// Longest value of a text field, in bytes.
const TEXT_MAX_BYTES: usize = 65_535;
/// Longest id that a client may send, in characters.
const ID_MAX_LENGTH: usize = 36;
const UNKNOWN_CONTACT: &str = "Could not find the related bean";

pub static CRM: Crm = Crm {
    name: "sugarcrm",
    facts: LazyLock::new(|| Facts::parse(include_str!("../../../facts/sugarcrm.json"))),
    next_id: |_, _, rng| ids::uuid(rng),
    takes_own_ids: true,
    contact_identifier: Some("email"),
    unique_together: |_, _| &[],
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
        unknown_list: |_| "Not allowed to perform action \"save\" on this record".to_owned(),
        already_member: None,
        unknown_contact: |_| Some(UNKNOWN_CONTACT.to_owned()),
        not_a_member: |_, _| Some(UNKNOWN_CONTACT.to_owned()),
        // The contacts before it stay linked.
        stops_at_refusal: true,
    },
    messages: Messages {
        missing_required: |message, _| message,
        duplicate: |message, _, _| message,
    },
};

/// What becomes of a value: only dates, long texts, large integers and e-mail entries are refused.
fn value(field: &Field, value: &Value) -> Verdict {
    let is_empty = value.as_str().is_some_and(str::is_empty);
    if value.is_null() || is_empty {
        return Verdict::Absent;
    }
    let field_type = field.field_type.as_str();
    match field_type {
        _ if field.is_email() && field.is_array() => entries(field, value),
        // The facts' note on e-mails names this one too.
        _ if field.is_email() || field.slug == "email2" => flat_email(field, value),
        "bool" => flag(field, value),
        "int" => integer(field, value),
        "currency" | "decimal" | "float" | "double" => number(field, value),
        "date" if value.as_str().is_some_and(is_date) => Verdict::Kept(value.clone()),
        "datetime" | "datetimecombo" if value.as_str().is_some_and(is_time) => {
            Verdict::Kept(value.clone())
        }
        "date" | "datetime" | "datetimecombo" => {
            let shown = text_of(value);
            let fill = [("field", field.slug.as_str()), ("value", &shown)];
            Verdict::Refused(CRM.facts.message("wrong_type", "", &fill))
        }
        "multienum" => keys(field, value),
        "tag" => list(field, value, "name"),
        "relate" if field.slug == "team_name" => list(field, value, "id"),
        "image" => Verdict::dropped(format!("{} is uploaded by a call of its own", field.slug)),
        _ => text_value(field, value),
    }
}

fn is_time(text: &str) -> bool {
    Moment::parse(text).is_some_and(|moment| moment.offset.is_some())
}

fn text_of(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn text_value(field: &Field, value: &Value) -> Verdict {
    if value.is_array() || value.is_object() {
        return Verdict::kept_though(value, format!("{} is no text", field.slug));
    }
    let text = text_of(value);
    if field.field_type == "text" {
        if text.len() > TEXT_MAX_BYTES {
            let fill = [("field", field.slug.as_str())];
            return Verdict::Refused(CRM.facts.message("too_long_text", "", &fill));
        }
        return Verdict::Kept(value.clone());
    }
    let is_id = field.field_type == "id" || field.slug.ends_with("_id");
    let limit = field.max_length.or(is_id.then_some(ID_MAX_LENGTH));
    if let Some(limit) = limit.filter(|limit| text.chars().count() > *limit) {
        let cut = Value::String(text.chars().take(limit).collect());
        let wrong = format!("{} is longer than {limit} characters", field.slug);
        return Verdict::Swallowed(Some(cut), wrong);
    }
    match unknown_option(field, std::iter::once(text.as_str())) {
        Some(unknown) => {
            Verdict::kept_though(value, format!("{unknown} is no key of {}", field.slug))
        }
        None => Verdict::Kept(value.clone()),
    }
}

/// Of the texts only those that stand for true or false in every version.
fn flag(field: &Field, value: &Value) -> Verdict {
    let is_flag = match value {
        Value::Bool(_) => true,
        Value::String(text) => matches!(text.as_str(), "true" | "false" | "1" | "0"),
        Value::Number(number) => matches!(number.as_i64(), Some(0 | 1)),
        _ => false,
    };
    if is_flag {
        Verdict::Kept(value.clone())
    } else {
        Verdict::kept_though(value, format!("{} is neither true nor false", field.slug))
    }
}

/// What is no number becomes 0, and a fraction is cut off.
fn integer(field: &Field, value: &Value) -> Verdict {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    };
    let Some(number) = number else {
        let wrong = format!("{} is no whole number", field.slug);
        return Verdict::Swallowed(Some(Value::from(0)), wrong);
    };
    if !(f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&number) {
        let fill = [("field", field.slug.as_str())];
        return Verdict::Refused(CRM.facts.message("number_out_of_range", "", &fill));
    }
    if number.fract() == 0.0 {
        Verdict::Kept(value.clone())
    } else {
        let wrong = format!("{} is no whole number", field.slug);
        Verdict::Swallowed(Some(Value::from(number.trunc())), wrong)
    }
}

fn number(field: &Field, value: &Value) -> Verdict {
    let is_number = match value {
        Value::Number(_) => true,
        Value::String(text) => text.parse().is_ok_and(f64::is_finite),
        _ => false,
    };
    if is_number {
        Verdict::Kept(value.clone())
    } else {
        let wrong = format!("{} is no number", field.slug);
        Verdict::Swallowed(Some(Value::from(0)), wrong)
    }
}

/// Keys of a list: an array of them.
fn keys(field: &Field, value: &Value) -> Verdict {
    let keys = value
        .as_array()
        .and_then(|keys| keys.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
    let Some(keys) = keys else {
        return Verdict::kept_though(value, format!("{} is no array of keys", field.slug));
    };
    match unknown_option(field, keys.into_iter()) {
        Some(unknown) => {
            Verdict::kept_though(value, format!("{unknown} is no key of {}", field.slug))
        }
        None => Verdict::Kept(value.clone()),
    }
}

/// An array of names, or of objects with that member.
fn list(field: &Field, value: &Value, member: &str) -> Verdict {
    let is_entry =
        |entry: &Value| entry.is_string() || entry.get(member).is_some_and(Value::is_string);
    match value.as_array() {
        Some(entries) if entries.iter().all(is_entry) => Verdict::Kept(value.clone()),
        _ => Verdict::dropped(format!("{} is no array of entries", field.slug)),
    }
}

/// The array of addresses is looked at; anything else is not.
fn entries(field: &Field, value: &Value) -> Verdict {
    let Some(entries) = value.as_array() else {
        return Verdict::dropped(format!("{} is not an array", field.slug));
    };
    if entries.is_empty() {
        return Verdict::Absent;
    }
    let (mut kept, mut wrong) = (Vec::new(), None);
    for entry in entries {
        let address = entry
            .get("email_address")
            .filter(|address| !address.is_null());
        let Some(address) = address.map(text_of) else {
            wrong = Some(format!("{} has an entry without an address", field.slug));
            continue;
        };
        let trimmed = address.trim();
        if !is_email(trimmed) {
            let message = CRM
                .facts
                .message("invalid_email", "", &[("value", &address)]);
            return Verdict::Refused(message);
        }
        if trimmed != address {
            wrong = Some(format!("{address:?} has blanks around it"));
        }
        let mut entry = entry.clone();
        entry["email_address"] = Value::from(trimmed);
        kept.push(entry);
    }
    let kept = Value::Array(kept);
    match wrong {
        Some(wrong) => Verdict::Swallowed(Some(kept), wrong),
        None => Verdict::Kept(kept),
    }
}

/// The flat field drops what is not an address.
fn flat_email(field: &Field, value: &Value) -> Verdict {
    let text = text_of(value);
    let trimmed = text.trim();
    if !is_email(trimmed) {
        let fill = [("value", text.as_str())];
        return Verdict::dropped(CRM.facts.message("invalid_email", "", &fill));
    }
    if trimmed != text {
        let wrong = format!("{} has blanks around it", field.slug);
        return Verdict::Swallowed(Some(Value::from(trimmed)), wrong);
    }
    Verdict::Kept(value.clone())
}

/// The field as SugarCRM describes it: what is not set is left out.
fn describe(field: &Field) -> Value {
    let mut native = json!({});
    if let Some(length) = field.max_length {
        native["len"] = json!(length);
    }
    if field.options.is_some() {
        let options = labelled(field).into_iter();
        let options: Map<String, Value> = options
            .map(|(label, value)| (value.to_owned(), json!(label)))
            .collect();
        native["options"] = json!(options);
    }
    if field.read_only {
        native["readonly"] = json!(true);
    }
    native
}
