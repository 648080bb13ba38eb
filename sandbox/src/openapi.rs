//! The OpenAPI document of the operations.

use std::sync::LazyLock;

use serde_json::Value;

/// Written by hand: tests compare its paths, methods, parameters and statuses with what is served.
#[expect(clippy::expect_used, reason = "the text is compiled in")]
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../openapi.json")).expect("the document is JSON")
});

pub fn document() -> &'static Value {
    &DOCUMENT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_has_this_version() {
        assert_eq!(document()["info"]["version"], env!("CARGO_PKG_VERSION"));
    }
}
