//! Salesforce.

use std::sync::LazyLock;

use fastrand::Rng;
use serde_json::{Value, json};

use super::crm::Treatment::Refuse;
use super::crm::{Crm, FieldRules, ListRules, Messages};
use super::native::labelled;
use super::verdict::{Verdict, is_too_long, unknown_option};
use crate::facts::{Facts, Field};
use crate::forms::{Moment, digits, is_date, is_integer};
use crate::ids::IdKind;
use crate::rules::is_email;

const INVALID_REFERENCE: &str = "invalid cross reference id";
const CHECK_CHARACTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

pub static CRM: Crm = Crm {
    name: "salesforce",
    facts: LazyLock::new(|| Facts::parse(include_str!("../../../facts/salesforce.json"))),
    next_id,
    takes_own_ids: false,
    contact_identifier: None,
    // The standard rules of new orgs, which match names with another value.
    unique_together: |entity, _| match entity {
        "contacts" => &["LastName", "Email"],
        "companies" => &["Name", "Website"],
        _ => &[],
    },
    fields: FieldRules {
        types_before_required: true,
        ignores_case: true,
        unknown: |_| Refuse,
        read_only: Refuse,
        value,
        relation,
        custom_fields: None,
    },
    describe,
    lists: ListRules {
        unknown_list: |id| refusal_of_id("Campaign", id),
        already_member: Some("Already a campaign member."),
        unknown_contact: |id| Some(refusal_of_id("Contact", id)),
        not_a_member: |_, _| None,
        stops_at_refusal: false,
    },
    messages: Messages {
        missing_required: |message, _| message,
        duplicate: |message, _, _| message,
    },
};

/// `Account` beside `AccountId`, `Parent__r` beside `Parent__c`.
fn relation(slug: &str) -> Option<String> {
    if let Some(custom) = slug.strip_suffix("__c") {
        return Some(format!("{custom}__r"));
    }
    let name = slug.strip_suffix("Id")?;
    (!name.is_empty()).then(|| name.to_owned())
}

/// What becomes of a value. The parser reads each JSON type for its own kind of field only.
fn value(field: &Field, value: &Value) -> Verdict {
    let kept = || Verdict::Kept(value.clone());
    match (field.field_type.as_str(), value) {
        ("boolean", Value::Bool(_)) => kept(),
        ("boolean", _) => unreadable(field, value),
        (_, Value::Null) => Verdict::Absent,
        ("int" | "long", _) if is_integer(value) => in_range(field, value),
        ("double" | "currency" | "percent", Value::Number(_)) => in_range(field, value),
        ("date", Value::String(text)) if is_date(text) => kept(),
        ("datetime", Value::String(text))
            if Moment::parse(text).is_some_and(|moment| moment.offset.is_some()) =>
        {
            kept()
        }
        ("time", Value::String(text)) if Moment::parse(&format!("2000-01-01T{text}")).is_some() => {
            kept()
        }
        ("int" | "long" | "double" | "currency" | "percent" | "date" | "datetime" | "time", _) => {
            unreadable(field, value)
        }
        ("address" | "location" | "base64" | "anyType", _) => kept(),
        (_, Value::String(text)) => text_value(field, text),
        _ => unreadable(field, value),
    }
}

/// A text that the parser has read.
fn text_value(field: &Field, text: &str) -> Verdict {
    if text.is_empty() {
        return Verdict::Absent;
    }
    let refused = |name: &str, max: usize| {
        let fill = [
            ("Label", field.display_name()),
            ("value", text),
            ("max", &max.to_string()),
        ];
        Verdict::Refused(CRM.facts.message(name, "", &fill))
    };
    let kept = Value::String(text.to_owned());
    match field.field_type.as_str() {
        "email" if !is_email(text) => return refused("invalid_email", 0),
        "reference" | "id" if !is_id(field, text) => return refused("bad_reference", 0),
        _ => {}
    }
    if let Some(limit) = is_too_long(field, text) {
        return refused("too_long", limit);
    }
    let several = field.field_type == "multipicklist";
    let choices = text.split(|character| several && character == ';');
    match unknown_option(field, choices) {
        Some(unknown) => {
            let fill = [("Label", field.display_name()), ("value", unknown)];
            let message = CRM.facts.message("invalid_option", "", &fill);
            // Standard picklists are not restricted.
            if field.restricted {
                Verdict::Refused(message)
            } else {
                Verdict::kept_though(&kept, message)
            }
        }
        None => Verdict::Kept(kept),
    }
}

/// The field's most digits before the point.
fn in_range(field: &Field, value: &Value) -> Verdict {
    let precision = field.precision;
    let most = precision.map(|precision| precision - field.scale.unwrap_or(0));
    if most
        .or(field.digits)
        .is_some_and(|most| digits(value).0 > most)
    {
        let fill = [
            ("Label", field.display_name()),
            ("value", &value.to_string()),
        ];
        return Verdict::Refused(CRM.facts.message("number_out_of_range", "", &fill));
    }
    Verdict::Kept(value.clone())
}

/// The template names a text; for the other types the parser's own names are put in.
fn unreadable(field: &Field, value: &Value) -> Verdict {
    let (token, shown) = match value {
        Value::String(text) => ("VALUE_STRING", text.clone()),
        Value::Null => ("VALUE_NULL", "null".to_owned()),
        Value::Bool(true) => ("VALUE_TRUE", "true".to_owned()),
        Value::Bool(false) => ("VALUE_FALSE", "false".to_owned()),
        Value::Number(number) if number.is_f64() => ("VALUE_NUMBER_FLOAT", number.to_string()),
        Value::Number(number) => ("VALUE_NUMBER_INT", number.to_string()),
        Value::Array(_) => ("START_ARRAY", String::new()),
        Value::Object(_) => ("START_OBJECT", String::new()),
    };
    let fill = [
        ("type", field.field_type.as_str()),
        ("value", &shown),
        ("line", "1"),
        ("column", "1"),
    ];
    let message = CRM.facts.message("wrong_type", "", &fill);
    Verdict::Unreadable(message.replacen("VALUE_STRING", token, 1))
}

/// Whether it has the form of an id of the objects that the field refers to.
fn is_id(field: &Field, text: &str) -> bool {
    let prefixes: Option<Vec<&str>> = field
        .references
        .iter()
        .map(|object| match object.as_str() {
            "Account" => Some("001"),
            "Contact" => Some("003"),
            "Lead" => Some("00Q"),
            "Opportunity" => Some("006"),
            "User" => Some("005"),
            "Campaign" => Some("701"),
            _ => None,
        })
        .collect();
    let prefixes = prefixes.unwrap_or_default();
    let (own, check) = text.split_at_checked(15).unwrap_or((text, ""));
    own.len() == 15
        && own.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && matches!(check.len(), 0 | 3)
        && check.bytes().all(|byte| CHECK_CHARACTERS.contains(&byte))
        && (prefixes.is_empty() || prefixes.iter().any(|prefix| own.starts_with(prefix)))
}

/// The field as Salesforce describes it.
fn describe(field: &Field) -> Value {
    let values: Vec<Value> = labelled(field)
        .into_iter()
        .map(|(label, value)| json!({"active": true, "defaultValue": false, "label": label, "value": value}))
        .collect();
    json!({
        "length": field.max_length.unwrap_or(0),
        "digits": field.digits.unwrap_or(0),
        "precision": field.precision.unwrap_or(0),
        "scale": field.scale.unwrap_or(0),
        "picklistValues": values,
        "restrictedPicklist": field.restricted,
        "referenceTo": field.references,
        "nillable": !field.required,
        "createable": !field.read_only,
        "updateable": !field.read_only,
        "unique": field.unique,
    })
}

/// Malformed ids are told from unknown ones.
fn refusal_of_id(object: &str, id: &str) -> String {
    if matches!(id.len(), 15 | 18) && id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        INVALID_REFERENCE.to_owned()
    } else {
        format!("{object} ID: id value of incorrect type: {id}")
    }
}

fn next_id(kind: IdKind, number: u64, _: &mut Rng) -> String {
    let prefix = match kind {
        IdKind::Contact => "003",
        IdKind::Company => "001",
        IdKind::List => "701",
    };
    let mut id = format!("{prefix}D000000{:0>5}", base62(number));
    let suffix = check_characters(&id);
    id.push_str(&suffix);
    id
}

fn base62(mut number: u64) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut digits = Vec::new();
    while number > 0 {
        digits.push(char::from(
            DIGITS[usize::try_from(number % 62).unwrap_or_default()],
        ));
        number /= 62;
    }
    digits.iter().rev().collect()
}

/// For each of the three groups of five characters: bit i is set when character i is A-Z.
fn check_characters(id: &str) -> String {
    id.as_bytes()
        .chunks(5)
        .map(|group| {
            let bits = group
                .iter()
                .enumerate()
                .filter(|(_, character)| character.is_ascii_uppercase())
                .fold(0_usize, |bits, (place, _)| bits | 1 << place);
            char::from(CHECK_CHARACTERS[bits])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn salesforce_check_characters_reproduce_known_ids() {
        assert_eq!(check_characters("001D000000IRFma"), "IAH");
        assert_eq!(check_characters("003g5000002Dp5O"), "AAS");
    }
}
