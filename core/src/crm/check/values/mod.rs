//! Whether a CRM takes a value for a field. Each CRM's rules stand in a file of their own.

mod hubspot;
mod pipedrive;
mod salesforce;
mod sugarcrm;
mod zoho;

use std::borrow::Cow;

use super::dates;
use super::email::is_email;
use super::numbers::{self, Digits};
use crate::crm::rules::{FieldRule, Kind, Rules, Treatment};
use crate::names::Provider;
use crate::quote::{is_blank, quote_exactly};
use crate::records::json::scan::{Cursor, Text, Value};
use crate::report::FindingCode;

/// Longest value that a message repeats, in characters.
const SHOWN: usize = 80;

/// What is wrong with a value.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) code: FindingCode,
    pub(super) treatment: Treatment,
    /// How the sentence goes on after field and value.
    pub(super) why: Cow<'static, str>,
    /// A field inside the value that is at fault.
    pub(super) inside: Option<String>,
    /// The value that is at fault, shortened, where it is not the whole one.
    pub(super) value: Option<String>,
    /// The field that was probably meant.
    pub(super) hint: Option<String>,
}

impl Fault {
    fn new(code: FindingCode, treatment: Treatment, why: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            treatment,
            why: why.into(),
            inside: None,
            value: None,
            hint: None,
        }
    }

    fn refused(code: FindingCode, why: impl Into<Cow<'static, str>>) -> Self {
        Self::new(code, Treatment::Refuses, why)
    }

    fn spoilt(code: FindingCode, why: impl Into<Cow<'static, str>>) -> Self {
        Self::new(code, Treatment::Spoils, why)
    }

    /// The same, of a value inside.
    fn of(mut self, value: Value<'_>) -> Self {
        self.value.get_or_insert_with(|| shown(value));
        self
    }
}

/// What is wrong with a value for a field, if anything is. A null has been seen to before, but for fields
/// that do not take it.
pub(super) fn judge(rules: &Rules, rule: &FieldRule, value: Value<'_>) -> Option<Fault> {
    match rules.provider() {
        Provider::Hubspot => hubspot::judge(rule, value),
        Provider::Salesforce => salesforce::judge(rule, value),
        Provider::Pipedrive => pipedrive::judge(rules, rule, value),
        Provider::Zoho => zoho::judge(rule, value),
        Provider::Sugarcrm => sugarcrm::judge(rule, value),
    }
}

/// A value for a message.
pub(super) fn shown(value: Value<'_>) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Boolean(flag) => flag.to_string(),
        Value::Number(text) | Value::List(text) | Value::Object(text) => {
            shortened(&String::from_utf8_lossy(text))
        }
        Value::Text(text) => format!("\"{}\"", shortened(&text.decoded().lossy())),
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", quote_exactly(text.get(..end).unwrap_or_default())),
        None => quote_exactly(text),
    }
}

/// Whether the text begins or ends with something that shows nothing.
fn has_outer_blanks(text: &Text<'_>) -> bool {
    let is_outer =
        |byte: Option<&u8>| byte.is_some_and(|byte| matches!(byte, b'\t'..=b'\r' | b' '));
    if text.is_ascii() {
        return is_outer(text.bytes().first()) || is_outer(text.bytes().last());
    }
    let text = text.lossy();
    text.starts_with(is_blank) || text.ends_with(is_blank)
}

/// The text without what shows nothing, if it has any of that around or in it.
fn without_blanks(text: &Text<'_>) -> Option<String> {
    let text = text.lossy();
    let bare: String = text
        .trim_matches(is_blank)
        .chars()
        .filter(|character| *character == ' ' || !is_blank(*character))
        .collect();
    (bare != *text).then_some(bare)
}

/// What is wrong with an address.
fn email(text: &Text<'_>, treatment: Treatment) -> Option<Fault> {
    if is_email(text.bytes(), text.is_ascii()) {
        return None;
    }
    let is_blank_only =
        without_blanks(text).is_some_and(|bare| is_email(bare.as_bytes(), bare.is_ascii()));
    Some(if is_blank_only {
        Fault::new(
            FindingCode::SurroundingBlanks,
            treatment,
            "has blanks or characters that show nothing in an e-mail address: take them out",
        )
    } else {
        Fault::new(
            FindingCode::InvalidEmail,
            treatment,
            "is no e-mail address: it takes the form name@example.com",
        )
    })
}

/// What is wrong with the length of a text.
fn length(rule: &FieldRule, text: &Text<'_>, treatment: Treatment) -> Option<Fault> {
    let most = rule.max_length?;
    // No text has more characters than bytes.
    if text.bytes().len() <= most {
        return None;
    }
    let length = text.length();
    (length > most).then(|| {
        let what = match treatment {
            Treatment::Refuses | Treatment::Takes => "the field takes",
            Treatment::Spoils => "it is cut to the field's",
        };
        Fault::new(
            FindingCode::TooLong,
            treatment,
            format!("has {length} characters: {what} {most}"),
        )
    })
}

/// Blanks around a text that the CRM keeps with it.
fn kept_blanks(rule: &FieldRule, text: &Text<'_>) -> Option<Fault> {
    let is_line = !matches!(rule.kind, Kind::LongText | Kind::Any);
    (is_line && has_outer_blanks(text)).then(|| {
        Fault::spoilt(
            FindingCode::SurroundingBlanks,
            "has blanks around it, which are stored with it",
        )
    })
}

/// A number such as `5550100.0` that stands for text.
fn number_as_float(text: &[u8]) -> Option<Fault> {
    numbers::digits(text)
        .is_some_and(Digits::is_whole_float)
        .then(|| {
            Fault::spoilt(
                FindingCode::NumberAsFloat,
                "is stored with its '.0': send it as text or as a whole number",
            )
        })
}

/// The same in text, where digits are meant.
fn text_as_float(rule: &FieldRule, text: &Text<'_>) -> Option<Fault> {
    if !matches!(rule.kind, Kind::Phone | Kind::Reference) || !text.bytes().ends_with(b".0") {
        return None;
    }
    number_as_float(text.bytes())
}

/// Each entry of a list.
pub(super) fn entries(list: &[u8]) -> impl Iterator<Item = Value<'_>> {
    let mut cursor = Cursor::inside(list).filter(|cursor| !cursor.is_at_end());
    std::iter::from_fn(move || {
        let value = cursor.as_mut()?.value();
        if cursor.as_mut().and_then(Cursor::next) != Some(true) {
            cursor = None;
        }
        value
    })
}

/// Each member of an object.
pub(super) fn members(object: &[u8]) -> impl Iterator<Item = (Text<'_>, Value<'_>)> {
    let mut cursor = Cursor::inside(object).filter(|cursor| !cursor.is_at_end());
    std::iter::from_fn(move || {
        let name = cursor.as_mut()?.name()?.decoded();
        let value = cursor.as_mut()?.value()?;
        if cursor.as_mut().and_then(Cursor::next) != Some(true) {
            cursor = None;
        }
        Some((name, value))
    })
}

/// The last member of that name, as JSON readers take it.
pub(super) fn member<'a>(object: &'a [u8], name: &str) -> Option<Value<'a>> {
    members(object)
        .filter(|(found, _)| found.bytes() == name.as_bytes())
        .map(|(_, value)| value)
        .last()
}

/// The options in a message.
fn option_list(rule: &FieldRule) -> String {
    const MOST: usize = 6;
    let mut names: Vec<String> = rule
        .choices
        .iter()
        .take(MOST)
        .map(|choice| format!("'{}'", shortened(&choice.value)))
        .collect();
    if rule.choices.iter().len() > MOST {
        names.push("…".to_owned());
    }
    names.join(", ")
}

/// A value that is none of the field's options.
fn other_option(rule: &FieldRule, value: &str) -> Fault {
    let meant = rule.choices.labelled(value).or_else(|| {
        rule.choices
            .iter()
            .find(|choice| choice.value.to_lowercase() == value.trim().to_lowercase())
    });
    let mut fault = Fault::new(
        FindingCode::InvalidOption,
        rule.on_other_choice,
        match meant {
            Some(choice) => format!("is no option: did you mean '{}'?", shortened(&choice.value)),
            None if rule.choices.is_empty() => "is no id of an option".to_owned(),
            None => format!("is no option: the field takes {}", option_list(rule)),
        },
    );
    if rule.has_default_choices {
        fault.why = format!(
            "{} by default (whether your CRM has other options is not told)",
            fault.why
        )
        .into();
    } else if rule.on_other_choice == Treatment::Spoils {
        fault.why = format!("{} (it is stored as it is)", fault.why).into();
    }
    fault
}

/// Whether it is text, and `is_right` says that it is the right one.
fn is_text(value: Value<'_>, is_right: impl FnOnce(&Text<'_>) -> bool) -> bool {
    matches!(value, Value::Text(text) if is_right(&text.decoded()))
}

/// Whether it is RFC 3339 with whole seconds, which Pipedrive and Zoho ask for.
fn is_moment(text: &Text<'_>) -> bool {
    dates::moment(text.bytes())
        .and_then(|moment| moment.time)
        .is_some_and(|time| time.is_rfc3339 && !time.has_fraction)
}
