//! Options joined by `;`.

use super::fixes::Fixes;
use super::members::Walk;
use super::number::Number;
use super::options::{Choice, Options};
use super::texts::{read_text, to_text};
use crate::quote::is_blank;
use crate::records::json;
use crate::report::FixKind;

/// A list as options joined by `;`.
pub(super) fn join(options: &Options, list: &[u8], out: &mut Vec<u8>) -> Option<Fixes> {
    let mut fixes = Fixes::of(FixKind::ListJoined);
    let mut joined = String::new();
    let mut walk = Walk::array(list)?;
    let mut is_empty = true;
    while let Some(part) = walk.entry() {
        let entry = list.get(part)?;
        let text = match entry.first()? {
            b'"' => read_text(entry)?,
            b'-' | b'0'..=b'9' => {
                let digits = std::str::from_utf8(entry).ok()?;
                to_text(Number::parse(digits)?, digits)?
            }
            _ => return None,
        };
        let value = match options.choose(&text) {
            Choice::Value => &text,
            Choice::Means(value) => {
                if text.trim_matches(is_blank) != value {
                    fixes = fixes.and(Fixes::of(FixKind::OptionLabel));
                }
                value
            }
            Choice::Unknown => text.trim_matches(is_blank),
        };
        if value.contains(';') || value.is_empty() {
            return None;
        }
        if !is_empty {
            joined.push(';');
        }
        joined.push_str(value);
        is_empty = false;
    }
    if is_empty {
        return None;
    }
    json::write_str(out, &joined);
    Some(fixes)
}

/// `a; b` as `a;b`, labels as values.
pub(super) fn mend_joined(options: &Options, text: &str, out: &mut Vec<u8>) -> Option<Fixes> {
    if options.is_empty() || options.choose(text) == Choice::Value {
        return None;
    }
    let mut fixes = Fixes::NONE;
    let mut joined = String::with_capacity(text.len());
    for (place, part) in text.split(';').enumerate() {
        if place > 0 {
            joined.push(';');
        }
        joined.push_str(match options.choose(part) {
            Choice::Means(value) if !value.contains(';') => {
                let is_same = part.trim_matches(is_blank) == value;
                let kind = if is_same {
                    FixKind::Blanks
                } else {
                    FixKind::OptionLabel
                };
                fixes = fixes.and(Fixes::of(kind));
                value
            }
            _ => part,
        });
    }
    json::write_str(out, &joined);
    (!fixes.is_none()).then_some(fixes)
}
