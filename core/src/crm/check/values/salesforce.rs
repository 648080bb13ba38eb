//! Salesforce: a value has the JSON type of its field, text is never cut.

use super::{Fault, email, has_outer_blanks, kept_blanks, length, other_option};
use crate::crm::check::dates;
use crate::crm::check::numbers;
use crate::crm::rules::{FieldRule, Kind, Treatment};
use crate::records::json::scan::{Text, Value};
use crate::report::FindingCode;

/// What ids of these records begin with.
const PREFIXES: [(&str, &str); 5] = [
    ("Account", "001"),
    ("Contact", "003"),
    ("User", "005"),
    ("Opportunity", "006"),
    ("Lead", "00Q"),
];

pub(super) fn judge(rule: &FieldRule, value: Value<'_>) -> Option<Fault> {
    match rule.kind {
        Kind::Boolean => (!matches!(value, Value::Boolean(_))).then(|| wrong("true or false")),
        _ if value == Value::Null => None,
        Kind::Integer | Kind::Number => number(rule, value),
        Kind::Related => (!matches!(value, Value::Object(_))).then(|| wrong("an object")),
        Kind::Any
        | Kind::Address
        | Kind::Money
        | Kind::Tags
        | Kind::Teams
        | Kind::File
        | Kind::CustomFields => None,
        Kind::Text
        | Kind::LongText
        | Kind::Phone
        | Kind::Email
        | Kind::Domain
        | Kind::Url
        | Kind::Emails
        | Kind::Entries
        | Kind::BigInteger
        | Kind::Date
        | Kind::DateTime
        | Kind::Time
        | Kind::Option
        | Kind::Options
        | Kind::Reference => match value {
            Value::Text(text) => self::text(rule, &text.decoded()),
            Value::List(_) if rule.kind == Kind::Options => Some(Fault::refused(
                FindingCode::WrongType,
                "is a list: Salesforce takes several options as one text, joined by ';'",
            )),
            _ => Some(wrong("text")),
        },
    }
}

fn number(rule: &FieldRule, value: Value<'_>) -> Option<Fault> {
    let expected = if rule.kind == Kind::Integer {
        "a whole number"
    } else {
        "a number"
    };
    let Value::Number(text) = value else {
        return Some(wrong(expected));
    };
    let digits = numbers::digits(text)?;
    if rule.kind == Kind::Integer && !digits.is_integer() {
        return Some(wrong(expected));
    }
    let most = rule.max_digits?;
    (digits.before > most).then(|| {
        Fault::refused(
            FindingCode::WrongType,
            format!("is out of range: the field takes {most} digits before the point"),
        )
    })
}

fn text(rule: &FieldRule, text: &Text<'_>) -> Option<Fault> {
    let bytes = text.bytes();
    match rule.kind {
        Kind::Email if bytes.is_empty() => None,
        Kind::Email => {
            email(text, Treatment::Refuses).or_else(|| length(rule, text, Treatment::Refuses))
        }
        Kind::Date if bytes.is_empty() || !dates::is_date(bytes) => Some(Fault::refused(
            FindingCode::BadDate,
            "is no date: Salesforce takes YYYY-MM-DD",
        )),
        Kind::DateTime
            if dates::moment(bytes)
                .and_then(|moment| moment.time)
                .is_none_or(|time| time.offset.is_none() || !time.has_t) =>
        {
            Some(Fault::refused(
                FindingCode::BadDate,
                "is no date and time: Salesforce takes ISO 8601 with a zone, such as 2026-01-31T10:00:00Z",
            ))
        }
        Kind::Time if !dates::is_time(bytes) => Some(wrong("a time such as 09:30:00Z")),
        Kind::Date | Kind::DateTime | Kind::Time => None,
        Kind::Reference => reference(rule, bytes),
        Kind::Option | Kind::Options => {
            length(rule, text, Treatment::Refuses).or_else(|| option(rule, text))
        }
        _ => length(rule, text, Treatment::Refuses).or_else(|| kept_blanks(rule, text)),
    }
}

fn option(rule: &FieldRule, text: &Text<'_>) -> Option<Fault> {
    if rule.choices.is_empty() || text.bytes().is_empty() || rule.choices.has(text.bytes()) {
        return None;
    }
    let shown = text.lossy();
    if rule.kind == Kind::Options {
        return shown
            .split(';')
            .find(|part| !rule.choices.has(part.as_bytes()))
            .map(|part| other_option(rule, part));
    }
    if has_outer_blanks(text) && rule.choices.has(shown.trim().as_bytes()) {
        return kept_blanks(rule, text).map(|fault| Fault {
            treatment: rule.on_other_choice,
            ..fault
        });
    }
    Some(other_option(rule, &shown))
}

fn reference(rule: &FieldRule, id: &[u8]) -> Option<Fault> {
    if id.is_empty() {
        return None;
    }
    let (own, check) = id.split_at_checked(15).unwrap_or((id, &[]));
    // The last three of eighteen tell which of the others are capitals.
    let is_id = own.len() == 15
        && own.iter().all(u8::is_ascii_alphanumeric)
        && matches!(check.len(), 0 | 3)
        && check
            .iter()
            .all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'5'));
    let wanted: Vec<&str> = PREFIXES
        .iter()
        .filter(|(name, _)| rule.references.iter().any(|found| **found == **name))
        .map(|(_, prefix)| *prefix)
        .collect();
    let is_other_kind = wanted.len() == rule.references.len()
        && !wanted.is_empty()
        && !wanted
            .iter()
            .any(|prefix| id.starts_with(prefix.as_bytes()));
    (!is_id || is_other_kind).then(|| {
        let of = rule.references.join(" or ");
        Fault::refused(
            FindingCode::WrongType,
            if of.is_empty() {
                "is no record id: Salesforce's have 15 or 18 letters and digits".to_owned()
            } else {
                format!("is no id of {of}: Salesforce's have 15 or 18 letters and digits")
            },
        )
    })
}

fn wrong(expected: &str) -> Fault {
    Fault::refused(
        FindingCode::WrongType,
        format!("is of the wrong type: Salesforce takes {expected} here"),
    )
}
