//! The texts in a value.

use serde_json::{Map, Value};

/// A value's texts: itself, or those inside an array of entries.
pub fn addresses(value: &Value) -> Vec<String> {
    match value {
        Value::Array(entries) => entries.iter().flat_map(addresses).collect(),
        Value::Object(entry) => ["value", "email_address"]
            .iter()
            .filter_map(|key| entry.get(*key))
            .map(plain)
            .collect(),
        Value::Null => Vec::new(),
        other => vec![plain(other)],
    }
}

/// The e-mail addresses of a contact, the first and further ones.
pub fn emails_of(fields: &Map<String, Value>) -> Vec<String> {
    let named = fields
        .iter()
        .filter(|(slug, _)| slug.to_lowercase().contains("email"));
    let texts = named.flat_map(|(_, value)| addresses(value));
    texts
        .flat_map(|text| text.split(';').map(str::to_owned).collect::<Vec<_>>())
        .filter(|text| text.contains('@'))
        .collect()
}

/// A string as it is, any other value as JSON.
pub fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether a CRM takes a value as not given.
pub fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(entries) => entries.is_empty(),
        _ => false,
    }
}
