//! Python's texts as UTF-8. PyO3 trusts the handler that `codecs` has for 'strict' to give UTF-8 for a lone
//! surrogate, but a program may register any; so what PyO3 gives is looked at once more.

use graph8_crm::border::json;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::fault::{Encoded, Fault};

/// The text. To ask for it may run Python code: that handler.
#[inline]
pub(super) fn text<'a>(text: &'a Bound<'_, PyString>) -> Encoded<&'a str> {
    match text.to_str() {
        // Most are ASCII, which is quicker to see.
        Ok(text) if json::is_ascii(text.as_bytes()) || str::from_utf8(text.as_bytes()).is_ok() => {
            Ok(text)
        }
        Ok(_) => Err(not_utf8()),
        Err(_) => Err(lone_surrogate()),
    }
}

#[cold]
fn lone_surrogate() -> Fault {
    Fault::new(
        "has a lone surrogate, which is not Unicode; use text.encode('utf-8', 'replace').decode()",
    )
}

#[cold]
fn not_utf8() -> Fault {
    Fault::new("has bytes that are not UTF-8, from the handler registered as 'strict' with codecs")
}
