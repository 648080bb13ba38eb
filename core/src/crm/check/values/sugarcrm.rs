//! SugarCRM: it refuses bad dates, numbers out of range and e-mails inside `email`; the rest it cuts, drops or
//! stores as it is.

use super::{
    Fault, email, entries, kept_blanks, length, member, number_as_float, other_option,
    text_as_float,
};
use crate::crm::check::dates;
use crate::crm::check::numbers;
use crate::crm::rules::{FieldRule, Kind, Treatment};
use crate::records::json::scan::{Text, Value};
use crate::report::FindingCode;

/// Bytes of a text field.
const MAX_LONG_TEXT: usize = 65_535;

pub(super) fn judge(rule: &FieldRule, value: Value<'_>) -> Option<Fault> {
    if value == Value::Null {
        return None;
    }
    if matches!(value, Value::Text(text) if text.is_empty()) {
        return None;
    }
    match rule.kind {
        Kind::Emails => emails(value),
        Kind::Email => match value {
            Value::Text(text) => address(&text.decoded(), Treatment::Spoils),
            _ => Some(dropped("text")),
        },
        Kind::Date | Kind::DateTime => date(rule, value),
        Kind::Integer | Kind::BigInteger => integer(value),
        Kind::Number | Kind::Money => match value {
            Value::Number(_) => None,
            Value::Text(text) => {
                let text = text.decoded();
                numbers::digits(unsigned(&numbers::completed(text.bytes())))
                    .is_none()
                    .then(|| dropped("a number"))
            }
            _ => Some(dropped("a number")),
        },
        Kind::Boolean => (!is_flag(value)).then(|| dropped("true or false")),
        Kind::Options => match value {
            Value::List(list) => entries(list).find_map(|entry| match entry {
                Value::Text(text) => option(rule, &text.decoded()).map(|fault| fault.of(entry)),
                _ => Some(dropped("a list of texts").of(entry)),
            }),
            _ => Some(dropped("a list of options")),
        },
        Kind::Option => match value {
            Value::Text(text) => option(rule, &text.decoded()),
            Value::Number(number) => option_bytes(rule, number),
            Value::Boolean(flag) => option_bytes(rule, if flag { b"true" } else { b"false" }),
            _ => Some(dropped("text")),
        },
        Kind::Tags => tags(value),
        Kind::Teams => teams(value),
        Kind::File => Some(Fault::spoilt(
            FindingCode::WrongType,
            "is for a file, which SugarCRM takes by a call of its own: it is dropped",
        )),
        Kind::Text
        | Kind::LongText
        | Kind::Phone
        | Kind::Url
        | Kind::Domain
        | Kind::Entries
        | Kind::Time
        | Kind::Reference => match value {
            Value::Text(text) => self::text(rule, &text.decoded()),
            Value::Number(number) => {
                number_length(rule, number).or_else(|| number_as_float(number))
            }
            Value::Boolean(_) => None,
            _ => Some(dropped("text")),
        },
        Kind::Related | Kind::Address | Kind::CustomFields | Kind::Any => None,
    }
}

fn tags(value: Value<'_>) -> Option<Fault> {
    let expected = "a list of names or of {\"name\": …}";
    let Value::List(list) = value else {
        return Some(dropped(expected));
    };
    entries(list)
        .find(|entry| match entry {
            Value::Text(_) => false,
            Value::Object(object) => !matches!(member(object, "name"), Some(Value::Text(_))),
            _ => true,
        })
        .map(|entry| dropped(expected).of(entry))
}

fn teams(value: Value<'_>) -> Option<Fault> {
    let expected = "a list of {\"id\": …}";
    let Value::List(list) = value else {
        return Some(dropped(expected));
    };
    entries(list)
        .find(|entry| match entry {
            Value::Text(_) => false,
            Value::Object(object) => !matches!(member(object, "id"), Some(Value::Text(_))),
            _ => true,
        })
        .map(|entry| dropped(expected).of(entry))
}

fn text(rule: &FieldRule, text: &Text<'_>) -> Option<Fault> {
    if rule.kind == Kind::LongText && text.bytes().len() > MAX_LONG_TEXT {
        return Some(Fault::refused(
            FindingCode::TooLong,
            format!(
                "has {} bytes: SugarCRM takes {MAX_LONG_TEXT}",
                text.bytes().len()
            ),
        ));
    }
    length(rule, text, Treatment::Spoils)
        .or_else(|| text_as_float(rule, text))
        .or_else(|| kept_blanks(rule, text))
}

/// A number is cut like the text that it becomes.
fn number_length(rule: &FieldRule, number: &[u8]) -> Option<Fault> {
    let most = rule.max_length.filter(|most| number.len() > *most)?;
    Some(Fault::spoilt(
        FindingCode::TooLong,
        format!(
            "has {} digits: it is cut to the field's {most}",
            number.len()
        ),
    ))
}

fn emails(value: Value<'_>) -> Option<Fault> {
    let Value::List(list) = value else {
        return Some(dropped("a list such as [{\"email_address\": \"…\"}]"));
    };
    let mut spoilt = None;
    for entry in entries(list) {
        let Value::Object(object) = entry else {
            spoilt.get_or_insert_with(|| dropped("an object for each entry").of(entry));
            continue;
        };
        let value = member(object, "email_address");
        let fault = match value {
            Some(Value::Text(text)) => address(&text.decoded(), Treatment::Refuses),
            None | Some(Value::Null) => Some(Fault::spoilt(
                FindingCode::WrongType,
                "has no 'email_address': SugarCRM leaves the entry out",
            )),
            Some(_) => Some(Fault::refused(
                FindingCode::InvalidEmail,
                "is no e-mail address: it takes text",
            )),
        };
        match fault {
            Some(fault) if fault.treatment == Treatment::Refuses => {
                return Some(fault.of(value.unwrap_or(entry)));
            }
            Some(fault) => {
                spoilt.get_or_insert_with(|| fault.of(value.unwrap_or(entry)));
            }
            None => {}
        }
    }
    spoilt
}

/// An address; blanks around it are taken off.
fn address(text: &Text<'_>, treatment: Treatment) -> Option<Fault> {
    let fault = email(text, treatment)?;
    let lossy = text.lossy();
    let trimmed = lossy.trim_matches([' ', '\t', '\n', '\r', '\0', '\u{b}']);
    if super::is_email(trimmed.as_bytes(), trimmed.is_ascii()) {
        return Some(Fault::spoilt(
            FindingCode::SurroundingBlanks,
            "has blanks around it, which SugarCRM takes off",
        ));
    }
    Some(fault)
}

fn date(rule: &FieldRule, value: Value<'_>) -> Option<Fault> {
    let is_right = match value {
        Value::Text(text) => {
            let text = text.decoded();
            text.bytes().is_empty()
                || match (rule.kind, dates::moment(text.bytes())) {
                    (Kind::Date, Some(moment)) => moment.time.is_none(),
                    (_, Some(moment)) => moment
                        .time
                        .is_some_and(|time| time.has_t && time.offset.is_some()),
                    (_, None) => false,
                }
        }
        _ => false,
    };
    (!is_right).then(|| {
        Fault::refused(
            FindingCode::BadDate,
            if rule.kind == Kind::Date {
                "is no date: SugarCRM takes YYYY-MM-DD"
            } else {
                "is no date and time: SugarCRM takes ISO 8601 with an offset, such as 2026-01-31T10:00:00+00:00"
            },
        )
    })
}

fn integer(value: Value<'_>) -> Option<Fault> {
    let text = match value {
        Value::Number(number) => number.to_vec(),
        Value::Text(text) => text.decoded().bytes().to_vec(),
        _ => return Some(zero()),
    };
    if text.is_empty() {
        return None;
    }
    let Some(digits) = numbers::digits(unsigned(&numbers::completed(&text))) else {
        return Some(zero());
    };
    let number: f64 = String::from_utf8_lossy(&text).parse().unwrap_or(f64::MAX);
    if !(f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&number) {
        return Some(Fault::refused(
            FindingCode::WrongType,
            "is out of range: SugarCRM takes -2147483648 to 2147483647",
        ));
    }
    (!digits.is_whole()).then(|| {
        Fault::spoilt(
            FindingCode::WrongType,
            "is no whole number: SugarCRM cuts it to one",
        )
    })
}

/// PHP takes a number with its sign.
fn unsigned(number: &[u8]) -> &[u8] {
    number.strip_prefix(b"+").unwrap_or(number)
}

fn is_flag(value: Value<'_>) -> bool {
    match value {
        Value::Boolean(_) => true,
        Value::Number(number) => matches!(number, b"0" | b"1"),
        Value::Text(text) => matches!(text.decoded().bytes(), b"0" | b"1" | b"true" | b"false"),
        _ => false,
    }
}

fn option(rule: &FieldRule, text: &Text<'_>) -> Option<Fault> {
    option_bytes(rule, text.bytes()).or_else(|| length(rule, text, Treatment::Spoils))
}

fn option_bytes(rule: &FieldRule, value: &[u8]) -> Option<Fault> {
    if rule.choices.is_empty() || value.is_empty() || rule.choices.has(value) {
        return None;
    }
    Some(other_option(rule, &String::from_utf8_lossy(value)))
}

fn zero() -> Fault {
    Fault::spoilt(
        FindingCode::WrongType,
        "is no whole number: SugarCRM stores 0",
    )
}

fn dropped(expected: &str) -> Fault {
    Fault::spoilt(
        FindingCode::WrongType,
        format!("is of the wrong type: SugarCRM takes {expected} here and drops the rest"),
    )
}
