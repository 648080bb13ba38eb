//! Pipedrive: a value has the JSON type of its field; e-mails and phones are lists of entries.

use super::{
    Fault, email, entries, is_moment, is_text, kept_blanks, length, member, members, option_list,
    other_option, shown, text_as_float,
};
use crate::crm::check::dates;
use crate::crm::check::numbers;
use crate::crm::rules::{FieldRule, Kind, Rules, Treatment};
use crate::records::json::scan::{Text, Value};
use crate::report::FindingCode;

pub(super) fn judge(rules: &Rules, rule: &FieldRule, value: Value<'_>) -> Option<Fault> {
    if value == Value::Null {
        return None;
    }
    match rule.kind {
        Kind::Text | Kind::LongText | Kind::Phone | Kind::Url | Kind::Domain | Kind::Email => {
            match value {
                Value::Text(text) => self::text(rule, &text.decoded()),
                _ => Some(wrong("text")),
            }
        }
        Kind::Emails | Kind::Entries => entry_list(rule, value),
        Kind::Integer | Kind::BigInteger | Kind::Reference => (!is_integer(value))
            .then(|| wrong(if rule.kind == Kind::Reference { "an id as a whole number" } else { "a whole number" })),
        Kind::Number => (!matches!(value, Value::Number(_))).then(|| wrong("a number")),
        Kind::Boolean => (!matches!(value, Value::Boolean(_))).then(|| wrong("true or false")),
        Kind::Date => (!is_text(value, |text| dates::is_date(text.bytes()))).then(|| {
            Fault::refused(
                FindingCode::BadDate,
                "is no date: Pipedrive takes YYYY-MM-DD",
            )
        }),
        Kind::DateTime => (!is_text(value, is_moment)).then(|| {
            Fault::refused(
                FindingCode::BadDate,
                "is no date and time: Pipedrive takes RFC 3339 with whole seconds, such as 2026-01-31T10:00:00Z",
            )
        }),
        Kind::Option => option(rule, value),
        Kind::Options => options(rule, value),
        Kind::Address => (!is_address(value)).then(|| wrong("an object of texts with 'value'")),
        Kind::Money => (!is_money(value)).then(|| wrong("an amount, or {\"amount\": 5, \"currency\": \"EUR\"}")),
        Kind::CustomFields => custom_fields(rules, value),
        Kind::Time | Kind::Related | Kind::Tags | Kind::Teams | Kind::File | Kind::Any => None,
    }
}

fn text(rule: &FieldRule, text: &Text<'_>) -> Option<Fault> {
    length(rule, text, Treatment::Refuses)
        .or_else(|| (rule.kind == Kind::Email).then(|| email(text, Treatment::Spoils))?)
        .or_else(|| text_as_float(rule, text))
        .or_else(|| kept_blanks(rule, text))
}

/// One address or phone as text, or a list of them or of `{value, primary, label}`.
fn entry_list(rule: &FieldRule, value: Value<'_>) -> Option<Fault> {
    match value {
        Value::Text(text) => entry(rule, &text.decoded()),
        Value::List(list) => worst(entries(list).filter_map(|value| {
            let fault = match value {
                Value::Text(text) => entry(rule, &text.decoded()),
                Value::Object(object) => object_entry(rule, object),
                _ => Some(wrong("an object with 'value' for each entry")),
            };
            fault.map(|fault| fault.of(value))
        })),
        _ => Some(wrong(
            "a list such as [{\"value\": \"…\", \"primary\": true}]",
        )),
    }
}

fn object_entry(rule: &FieldRule, object: &[u8]) -> Option<Fault> {
    let Some(Value::Text(text)) = member(object, "value") else {
        return Some(wrong("an object with a text as 'value' for each entry"));
    };
    if !matches!(member(object, "primary"), None | Some(Value::Boolean(_))) {
        return Some(wrong("true or false as 'primary'"));
    }
    if !matches!(member(object, "label"), None | Some(Value::Text(_))) {
        return Some(wrong("a text as 'label'"));
    }
    entry(rule, &text.decoded())
}

fn entry(rule: &FieldRule, text: &Text<'_>) -> Option<Fault> {
    if rule.kind == Kind::Emails && !text.bytes().is_empty() {
        return email(text, Treatment::Spoils);
    }
    kept_blanks(rule, text)
}

fn option(rule: &FieldRule, value: Value<'_>) -> Option<Fault> {
    if !is_by_id(rule) {
        return match value {
            Value::Text(text) => other_text(rule, &text.decoded()),
            _ => Some(no_option(rule)),
        };
    }
    match value {
        Value::Number(number)
            if numbers::digits(number).is_some_and(numbers::Digits::is_integer)
                && is_64_bit(number) =>
        {
            option_id(rule, number)
        }
        Value::Text(text) if rule.takes_text_ids => option_id(rule, text.decoded().bytes()),
        Value::Text(text) => {
            // A label, or the id as text.
            let text = text.decoded();
            Some(other_option(rule, &text.lossy()))
        }
        _ => Some(no_option(rule)),
    }
}

/// `[1, 2]`, and what an older version of the API takes: `"1,2"`.
fn options(rule: &FieldRule, value: Value<'_>) -> Option<Fault> {
    match value {
        Value::List(list) => worst(entries(list).filter_map(|entry| {
            let fault = match entry {
                Value::Number(number) => {
                    let whole = number.strip_suffix(b".0").unwrap_or(number);
                    if is_64_bit(whole) {
                        option_id(rule, whole)
                    } else {
                        Some(no_option(rule))
                    }
                }
                Value::Text(text) => option_id(rule, text.decoded().bytes()),
                _ => Some(no_option(rule)),
            };
            fault.map(|fault| fault.of(entry))
        })),
        Value::Text(text) => worst(
            text.decoded()
                .bytes()
                .split(|byte| *byte == b',')
                .filter_map(|id| option_id(rule, id)),
        ),
        _ => Some(wrong("a list of options by their ids")),
    }
}

fn option_id(rule: &FieldRule, id: &[u8]) -> Option<Fault> {
    let is_right = if rule.choices.is_empty() {
        !id.is_empty() && id.iter().all(u8::is_ascii_digit)
    } else {
        rule.choices.has(id)
    };
    (!is_right).then(|| other_option(rule, &String::from_utf8_lossy(id)))
}

/// Whether it is a whole number of 64 bits: larger ones are read as floats, and no id is one.
fn is_64_bit(number: &[u8]) -> bool {
    std::str::from_utf8(number)
        .is_ok_and(|text| text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok())
}

fn other_text(rule: &FieldRule, text: &Text<'_>) -> Option<Fault> {
    (!rule.choices.has(text.bytes())).then(|| other_option(rule, &text.lossy()))
}

fn no_option(rule: &FieldRule) -> Fault {
    Fault::refused(
        FindingCode::InvalidOption,
        if rule.choices.is_empty() {
            "is no option: the field takes the id of one".to_owned()
        } else {
            format!("is no option: the field takes {}", option_list(rule))
        },
    )
}

/// Whether the options are known by numbers.
fn is_by_id(rule: &FieldRule) -> bool {
    rule.choices
        .iter()
        .all(|choice| choice.value.bytes().all(|byte| byte.is_ascii_digit()))
}

fn custom_fields(rules: &Rules, value: Value<'_>) -> Option<Fault> {
    let Value::Object(object) = value else {
        return Some(wrong("an object of values by field key"));
    };
    let faults = members(object).filter_map(|(name, value)| {
        let name = name.lossy().into_owned();
        let rule = rules.field(&name).filter(|rule| is_custom(rule));
        let mut fault = match rule {
            Some(rule) => judge(rules, rule, value)?,
            None => Fault {
                hint: rules.nearest(&name).map(str::to_owned),
                ..Fault::refused(
                    FindingCode::UnknownField,
                    "is for no custom field that Pipedrive has: the keys are 40 hexadecimal digits",
                )
            },
        };
        fault.inside = Some(name);
        fault.value.get_or_insert_with(|| shown(value));
        Some(fault)
    });
    worst(faults)
}

fn is_custom(rule: &FieldRule) -> bool {
    crate::crm::rules::is_pipedrive_hash(&rule.slug)
}

/// The first fault that refuses the record, else the first.
fn worst(mut faults: impl Iterator<Item = Fault>) -> Option<Fault> {
    let first = faults.next()?;
    if first.treatment == Treatment::Refuses {
        return Some(first);
    }
    Some(
        faults
            .find(|fault| fault.treatment == Treatment::Refuses)
            .unwrap_or(first),
    )
}

fn is_integer(value: Value<'_>) -> bool {
    matches!(value, Value::Number(text) if numbers::digits(text).is_some_and(numbers::Digits::is_whole))
}

fn is_address(value: Value<'_>) -> bool {
    matches!(value, Value::Object(object) if members(object)
        .all(|(_, part)| matches!(part, Value::Text(_) | Value::Null)))
}

fn is_money(value: Value<'_>) -> bool {
    match value {
        Value::Number(_) => true,
        Value::Object(object) => ["amount", "value"]
            .iter()
            .any(|name| matches!(member(object, name), Some(Value::Number(_)))),
        _ => false,
    }
}

fn wrong(expected: &str) -> Fault {
    Fault::refused(
        FindingCode::WrongType,
        format!("is of the wrong type: Pipedrive takes {expected} here"),
    )
}
