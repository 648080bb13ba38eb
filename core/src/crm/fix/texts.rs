//! Texts, and the numbers, flags and days that they stand for.

use std::borrow::Cow;

use super::blanks::cleaned;
use super::fixes::Fixes;
use super::moment::{Moment, is_day};
use super::number::Number;
use super::target::Form;
use crate::records::json;
use crate::report::FixKind;

/// Whether one line of text is seen to need no mending without being decoded: it has no escapes and
/// neither begins nor ends with anything but letters, digits and signs of ASCII.
pub(super) fn is_plain(form: Form, json: &[u8]) -> bool {
    let is_seen = |byte: &u8| (b'!'..=b'~').contains(byte);
    form == Form::Line
        && matches!(json, [b'"', first, .., last, b'"'] if is_seen(first) && is_seen(last))
        && memchr::memchr(b'\\', json).is_none()
}

/// The text of a JSON string.
pub(super) fn read_text(json: &[u8]) -> Option<Cow<'_, str>> {
    let inner = json.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    if memchr::memchr(b'\\', inner).is_none() {
        return Some(Cow::Borrowed(std::str::from_utf8(inner).ok()?));
    }
    serde_json::from_slice(json).ok().map(Cow::Owned)
}

/// The digits that people would write; `None` for a number that needs an exponent.
pub(super) fn to_text<'a>(number: Number<'_>, digits: &'a str) -> Option<Cow<'a, str>> {
    match number.to_whole() {
        Some(whole) if !number.is_integer() => Some(Cow::Owned(whole.to_string())),
        _ => number
            .without_zeros(digits)
            .or_else(|| number.is_plain().then_some(digits))
            .map(Cow::Borrowed),
    }
}

pub(super) fn flag(text: &str) -> Option<&'static str> {
    if text.eq_ignore_ascii_case("true") || text == "1" {
        Some("true")
    } else if text.eq_ignore_ascii_case("false") || text == "0" {
        Some("false")
    } else {
        None
    }
}

/// The text without blanks around it, where it has some.
pub(super) fn write_trimmed(text: &str, trimmed: &str, out: &mut Vec<u8>) -> Option<Fixes> {
    if trimmed.len() == text.len() {
        return None;
    }
    json::write_str(out, trimmed);
    Some(Fixes::of(FixKind::Blanks))
}

/// `5550100.0` as text, as a table's column of numbers leaves it.
pub(super) fn mend_phone(text: &str, cleaned: &str, out: &mut Vec<u8>) -> Option<Fixes> {
    let float = Number::parse(cleaned).filter(|number| number.is_plain() && !number.is_integer());
    let whole = float.and_then(|number| match number.to_whole() {
        Some(whole) => Some(Cow::Owned(whole.to_string())),
        None => number.without_zeros(cleaned).map(Cow::Borrowed),
    });
    match whole {
        Some(whole) => {
            json::write_str(out, &whole);
            Some(Fixes::of(FixKind::WholeFloat))
        }
        None => write_trimmed(text, cleaned, out),
    }
}

/// Digits as text, in a field of numbers.
pub(super) fn mend_digits(trimmed: &str, form: Form, out: &mut Vec<u8>) -> Option<Fixes> {
    let number = Number::parse(trimmed)?;
    if form == Form::Integer {
        if number.may_be_grouped() {
            return None;
        }
        json::write_int(out, number.to_whole()?);
    } else if number.is_exact() {
        out.extend_from_slice(trimmed.as_bytes());
    } else {
        return None;
    }
    Some(Fixes::of(FixKind::NumberFromText))
}

pub(super) fn mend_day(text: &str, trimmed: &str, out: &mut Vec<u8>) -> Option<Fixes> {
    if is_day(trimmed) {
        return write_trimmed(text, trimmed, out);
    }
    let mut day = String::new();
    Moment::parse(trimmed)?.write_day(&mut day);
    json::write_str(out, &day);
    Some(Fixes::of(FixKind::Date))
}

/// A number in a field of text.
pub(super) fn write_as_text(number: Number<'_>, digits: &str, out: &mut Vec<u8>) -> Option<Fixes> {
    json::write_str(out, &to_text(number, digits)?);
    let is_whole = number.to_whole().is_some() || number.without_zeros(digits).is_some();
    let is_float = !number.is_integer() && is_whole;
    Some(Fixes::of(if is_float {
        FixKind::WholeFloat
    } else {
        FixKind::TextFromNumber
    }))
}

pub(super) fn write_cleaned(text: &str, out: &mut Vec<u8>) -> Option<Fixes> {
    json::write_str(out, &cleaned(text)?);
    Some(Fixes::of(FixKind::Blanks))
}
