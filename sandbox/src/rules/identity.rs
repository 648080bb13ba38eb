//! What names a record in an error.

use serde_json::{Map, Value};

use super::texts::addresses;
use crate::crms::Crm;

/// The first value by which a record is known, beginning with the identifying field.
pub fn identity(crm: &Crm, entity: &str, record: &Map<String, Value>) -> String {
    let field = crm.facts.identifier_field.get(entity);
    let other = crm.contact_identifier.filter(|_| entity == "contacts");
    let fallbacks = crm.facts.identifier_fallbacks.get(entity);
    field
        .map(String::as_str)
        .into_iter()
        .chain(other)
        .chain(fallbacks.into_iter().flatten().map(String::as_str))
        .filter_map(|slug| {
            let is_named = |name: &str| {
                name == slug || (crm.fields.ignores_case && name.eq_ignore_ascii_case(slug))
            };
            record.iter().find(|(name, _)| is_named(name))
        })
        .map(|(_, value)| value)
        .flat_map(addresses)
        .find(|text| !text.is_empty())
        .unwrap_or_default()
}
