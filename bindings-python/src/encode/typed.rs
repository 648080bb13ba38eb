//! The kinds of value that the fields of typed records take.

/// The message about a value of another kind than its field takes, by the first byte of its JSON.
pub(super) fn problem(kind: &str, first: u8) -> Option<String> {
    let found = match first {
        b'n' => return None,
        b'"' => "text",
        b't' | b'f' => "true or false",
        b'[' => "a list",
        b'{' => "an object",
        _ => "a number",
    };
    let (wanted, advice) = match kind {
        "text" => ("text", "a str"),
        "date" => ("text", "a date, or a str such as 2026-01-31"),
        "datetime" => (
            "text",
            "a datetime, or a str such as 2026-01-31T10:00:00+00:00",
        ),
        "integer" => ("a number", "an int"),
        "number" => ("a number", "an int, float or Decimal"),
        "boolean" => ("true or false", "a bool"),
        "list" => ("a list", "a list"),
        _ => return None,
    };
    (found != wanted).then(|| format!("is {found}; pass {advice}"))
}
