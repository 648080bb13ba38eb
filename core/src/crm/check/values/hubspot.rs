//! HubSpot: every value is text in the end, so numbers and flags may be text; a list never is.

use super::{
    Fault, email, has_outer_blanks, kept_blanks, length, number_as_float, other_option,
    text_as_float,
};
use crate::crm::check::dates;
use crate::crm::check::numbers;
use crate::crm::rules::{FieldRule, Kind, Treatment};
use crate::records::json::scan::{Text, Value};
use crate::report::FindingCode;

const DAY: i64 = 86_400_000;

pub(super) fn judge(rule: &FieldRule, value: Value<'_>) -> Option<Fault> {
    match value {
        Value::Null => None,
        Value::List(_) => Some(Fault::refused(
            FindingCode::WrongType,
            match rule.kind {
                Kind::Option | Kind::Options => {
                    "is a list: HubSpot takes several options as one text, joined by ';'"
                }
                _ => "is a list: HubSpot takes one value here",
            },
        )),
        Value::Object(_) => Some(Fault::refused(
            FindingCode::WrongType,
            "is an object: HubSpot takes text, numbers and flags",
        )),
        Value::Boolean(flag) => boolean(rule, flag),
        Value::Number(number) => self::number(rule, number),
        // It clears the field.
        Value::Text(text) if text.is_empty() => None,
        Value::Text(text) => self::text(rule, &text.decoded()),
    }
}

fn boolean(rule: &FieldRule, flag: bool) -> Option<Fault> {
    match rule.kind {
        Kind::Option | Kind::Options => option(rule, if flag { "true" } else { "false" }),
        Kind::Email => Some(Fault::refused(
            FindingCode::InvalidEmail,
            "is no e-mail address",
        )),
        Kind::Number | Kind::Integer => Some(no_number()),
        Kind::Date => Some(no_date()),
        Kind::DateTime => Some(no_datetime()),
        _ => None,
    }
}

fn number(rule: &FieldRule, number: &[u8]) -> Option<Fault> {
    match rule.kind {
        Kind::Number | Kind::Integer => has_exponent(number).then(no_number),
        Kind::Boolean => Some(no_flag()),
        Kind::Date => (!is_midnight(number)).then(no_date),
        Kind::DateTime => numbers::whole(number).is_none().then(no_datetime),
        Kind::Option | Kind::Options => option(rule, &String::from_utf8_lossy(number)),
        Kind::Email => Some(Fault::refused(
            FindingCode::InvalidEmail,
            "is no e-mail address",
        )),
        _ => number_as_float(number),
    }
}

fn text(rule: &FieldRule, text: &Text<'_>) -> Option<Fault> {
    let bytes = text.bytes();
    match rule.kind {
        Kind::Email => {
            length(rule, text, Treatment::Refuses).or_else(|| email(text, Treatment::Refuses))
        }
        Kind::Number | Kind::Integer => outer_blanks(text).or_else(|| {
            numbers::digits(&numbers::completed(bytes))
                .is_none_or(|digits| digits.has_exponent)
                .then(no_number)
        }),
        Kind::Boolean => {
            outer_blanks(text).or_else(|| (!matches!(bytes, b"true" | b"false")).then(no_flag))
        }
        Kind::Date => outer_blanks(text).or_else(|| {
            let is_day = match dates::moment(bytes) {
                Some(moment) => moment
                    .time
                    .is_none_or(|time| time.has_t && time.offset.is_some() && time.is_midnight()),
                None => is_midnight(bytes),
            };
            (!is_day).then(no_date)
        }),
        Kind::DateTime => outer_blanks(text).or_else(|| {
            let is_moment = match dates::moment(bytes) {
                Some(moment) => moment
                    .time
                    .is_some_and(|time| time.has_t && time.offset.is_some()),
                None => numbers::whole(bytes).is_some(),
            };
            (!is_moment).then(no_datetime)
        }),
        Kind::Option | Kind::Options if rule.choices.has(bytes) => None,
        Kind::Option | Kind::Options => outer_blanks(text).or_else(|| option(rule, &text.lossy())),
        Kind::Phone if !rule.type_name.eq_ignore_ascii_case("string") => outer_blanks(text)
            .or_else(|| length(rule, text, Treatment::Refuses))
            .or_else(|| text_as_float(rule, text)),
        _ => length(rule, text, Treatment::Refuses)
            .or_else(|| text_as_float(rule, text))
            .or_else(|| kept_blanks(rule, text)),
    }
}

fn option(rule: &FieldRule, text: &str) -> Option<Fault> {
    if rule.choices.is_empty() || rule.choices.has(text.as_bytes()) {
        return None;
    }
    if rule.kind == Kind::Option {
        return Some(other_option(rule, text));
    }
    // A ';' in front adds to what the record has.
    text.split(';')
        .filter(|part| !part.is_empty())
        .find(|part| !rule.choices.has(part.as_bytes()))
        .map(|part| other_option(rule, part))
}

fn outer_blanks(text: &Text<'_>) -> Option<Fault> {
    let is_outer = if text.is_ascii() {
        has_outer_blanks(text)
    } else {
        let lossy = text.lossy();
        lossy.trim().len() < lossy.len()
    };
    is_outer.then(|| {
        Fault::refused(
            FindingCode::SurroundingBlanks,
            "has blanks around it: take them off",
        )
    })
}

/// HubSpot reads a number's text as the service writes it anew: very large and very small ones get an exponent.
fn has_exponent(number: &[u8]) -> bool {
    // As many digits as every whole number of 64 bits may have.
    const EXACT: usize = 18;
    if number.len() <= EXACT && number.iter().all(u8::is_ascii_digit) {
        return false;
    }
    serde_json::from_slice::<serde_json::Number>(number)
        .map_or(true, |number| number.to_string().contains(['e', 'E']))
}

fn is_midnight(milliseconds: &[u8]) -> bool {
    numbers::whole(milliseconds).is_some_and(|milliseconds| milliseconds.rem_euclid(DAY) == 0)
}

fn no_number() -> Fault {
    Fault::refused(
        FindingCode::WrongType,
        "is no number: HubSpot takes digits with '.' as the decimal point, without an exponent",
    )
}

fn no_flag() -> Fault {
    Fault::refused(FindingCode::WrongType, "is neither true nor false")
}

fn no_date() -> Fault {
    Fault::refused(
        FindingCode::BadDate,
        "is no date: HubSpot takes YYYY-MM-DD, or the milliseconds of midnight UTC",
    )
}

fn no_datetime() -> Fault {
    Fault::refused(
        FindingCode::BadDate,
        "is no date and time: HubSpot takes ISO 8601 with a zone, or milliseconds since 1970",
    )
}
