//! Single values in the form of an entry or a look-up.

use super::blanks::cleaned;
use super::fixes::Fixes;
use crate::quote::is_blank;
use crate::records::json;
use crate::report::FixKind;

/// Whether a text is one address alone: several in one text are somebody's to tell apart.
fn is_one_address(text: &str) -> bool {
    let is_part = |character: char| !is_blank(character) && !";,<>()".contains(character);
    text.matches('@').count() == 1
        && text.chars().all(is_part)
        && !text.starts_with('@')
        && !text.ends_with('@')
}

/// SugarCRM's form of an e-mail address.
pub(super) fn write_email_entry(text: &str, is_primary: bool, out: &mut Vec<u8>) -> Option<()> {
    let cleaned = cleaned(text);
    let text = cleaned.as_deref().unwrap_or(text);
    if !is_one_address(text) {
        return None;
    }
    out.extend_from_slice(br#"{"email_address":"#);
    json::write_str(out, text);
    out.extend_from_slice(if is_primary {
        br#","primary_address":true}"#
    } else {
        br#","primary_address":false}"#
    });
    Some(())
}

/// Zoho's form of an id, which has 18 or 19 digits.
pub(super) fn write_lookup(id: &str, out: &mut Vec<u8>) -> Option<Fixes> {
    if !matches!(id.len(), 18 | 19) || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    out.extend_from_slice(br#"{"id":"#);
    json::write_str(out, id);
    out.push(b'}');
    Some(Fixes::of(FixKind::ListForm))
}

pub(super) fn write_tag(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"name":"#);
    json::write_str(out, text);
    out.push(b'}');
}
