//! Zoho: a value has the JSON type of its field; look-ups are objects with an id.

use super::{
    Fault, email, entries, is_moment, is_text, kept_blanks, length, member, other_option,
    text_as_float,
};
use crate::crm::check::dates;
use crate::crm::check::numbers;
use crate::crm::rules::{FieldRule, Kind, Treatment};
use crate::records::json::scan::{Text, Value};
use crate::report::FindingCode;

/// Digits of a `bigint`.
const MAX_BIG_INTEGER: usize = 18;

pub(super) fn judge(rule: &FieldRule, value: Value<'_>) -> Option<Fault> {
    if value == Value::Null {
        return None;
    }
    match rule.kind {
        Kind::Text
        | Kind::LongText
        | Kind::Phone
        | Kind::Url
        | Kind::Domain
        | Kind::Email
        | Kind::Emails
        | Kind::Entries
        | Kind::Time => match value {
            Value::Text(text) => self::text(rule, &text.decoded()),
            _ => Some(wrong("text")),
        },
        Kind::Integer => number(rule, value, "a whole number"),
        Kind::Number | Kind::Money => number(rule, value, "a number"),
        Kind::BigInteger => big_integer(rule, value),
        Kind::Boolean => (!matches!(value, Value::Boolean(_))).then(|| wrong("true or false")),
        Kind::Date => (!is_text(value, |text| dates::is_date(text.bytes()))).then(|| {
            Fault::refused(FindingCode::BadDate, "is no date: Zoho takes YYYY-MM-DD")
        }),
        Kind::DateTime => (!is_text(value, is_moment)).then(|| {
            Fault::refused(
                FindingCode::BadDate,
                "is no date and time: Zoho takes ISO 8601 with an offset and without a fraction, such as 2026-01-31T10:00:00+00:00",
            )
        }),
        Kind::Option => match value {
            Value::Text(text) => option(rule, &text.decoded()),
            _ => Some(wrong("text")),
        },
        Kind::Options => match value {
            Value::List(list) => entries(list)
                .find_map(|entry| match entry {
                    Value::Text(text) => option(rule, &text.decoded()),
                    _ => Some(wrong("a list of texts")),
                }
                .map(|fault| fault.of(entry))),
            _ => Some(wrong("a list of options")),
        },
        Kind::Reference => reference(value),
        Kind::Tags => match value {
            Value::List(list) => entries(list)
                .find(|entry| !has_name(*entry))
                .map(|entry| wrong("a list of {\"name\": …}").of(entry)),
            _ => Some(wrong("a list of {\"name\": …}")),
        },
        Kind::Related | Kind::Address | Kind::CustomFields | Kind::Teams | Kind::File | Kind::Any => {
            None
        }
    }
}

fn text(rule: &FieldRule, text: &Text<'_>) -> Option<Fault> {
    if rule.kind == Kind::Email && !text.bytes().is_empty() {
        return email(text, Treatment::Refuses).or_else(|| length(rule, text, Treatment::Refuses));
    }
    length(rule, text, Treatment::Refuses)
        .or_else(|| text_as_float(rule, text))
        .or_else(|| kept_blanks(rule, text))
}

fn number(rule: &FieldRule, value: Value<'_>, expected: &str) -> Option<Fault> {
    let Value::Number(text) = value else {
        return Some(wrong(expected));
    };
    let digits = numbers::digits(text)?;
    if rule.kind == Kind::Integer && !digits.is_integer() {
        return Some(wrong(expected));
    }
    if let Some(most) = rule.max_decimals
        && digits.behind > most
    {
        return Some(Fault::refused(
            FindingCode::TooLong,
            format!("has {} decimals: the field takes {most}", digits.behind),
        ));
    }
    let most = rule.max_digits?;
    (digits.before > most).then(|| {
        Fault::refused(
            FindingCode::TooLong,
            format!("has {} digits: the field takes {most}", digits.before),
        )
    })
}

fn big_integer(rule: &FieldRule, value: Value<'_>) -> Option<Fault> {
    let is_right = match value {
        Value::Number(text) => numbers::digits(text).is_some_and(numbers::Digits::is_integer),
        Value::Text(text) => {
            let text = text.decoded();
            !text.bytes().is_empty() && text.bytes().iter().all(u8::is_ascii_digit)
        }
        _ => false,
    };
    if !is_right {
        return Some(wrong("a whole number as text"));
    }
    let length = match value {
        Value::Number(number) => number.len(),
        Value::Text(text) => text.length(),
        _ => 0,
    };
    let most = rule.max_digits.unwrap_or(MAX_BIG_INTEGER);
    (length > most).then(|| {
        Fault::refused(
            FindingCode::TooLong,
            format!("has {length} digits: the field takes {most}"),
        )
    })
}

fn has_name(entry: Value<'_>) -> bool {
    matches!(entry, Value::Object(object) if ["name", "id"]
        .iter()
        .any(|name| matches!(member(object, name), Some(Value::Text(_)))))
}

fn reference(value: Value<'_>) -> Option<Fault> {
    let is_right = match value {
        Value::Object(object) => {
            matches!(member(object, "id"), Some(Value::Text(id)) if is_id(&id.decoded()))
        }
        _ => false,
    };
    (!is_right).then(|| wrong("{\"id\": \"…\"} with an id of 18 or 19 digits as text"))
}

fn is_id(text: &Text<'_>) -> bool {
    matches!(text.bytes().len(), 18 | 19) && text.bytes().iter().all(u8::is_ascii_digit)
}

fn option(rule: &FieldRule, text: &Text<'_>) -> Option<Fault> {
    if rule.choices.is_empty() || text.bytes().is_empty() || rule.choices.has(text.bytes()) {
        return None;
    }
    Some(other_option(rule, &text.lossy()))
}

fn wrong(expected: &str) -> Fault {
    Fault::refused(
        FindingCode::WrongType,
        format!("is of the wrong type: Zoho takes {expected} here"),
    )
}
