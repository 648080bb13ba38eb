//! The five CRMs' fields, identities and messages, as data; each parsed when first asked for.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

/// The CRMs, in the service's order.
pub const PROVIDERS: [&str; 5] = ["hubspot", "salesforce", "pipedrive", "zoho", "sugarcrm"];

/// What is known of one CRM.
#[derive(Debug, Deserialize)]
pub struct Facts {
    pub provider: String,
    pub identifier_field: BTreeMap<String, String>,
    pub identifier_fallbacks: BTreeMap<String, Vec<String>>,
    pub required_enforced: bool,
    pub required_on_create: BTreeMap<String, Required>,
    pub errors: BTreeMap<String, String>,
    pub entities: BTreeMap<String, Entity>,
}

/// Fields that a create must have.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Required {
    pub all_of: Vec<String>,
    pub any_of: Vec<String>,
}

/// One kind of record.
#[derive(Debug, Deserialize)]
pub struct Entity {
    pub native_object: String,
    pub label: String,
    pub fields: Vec<Field>,
}

/// One field, standard or custom.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Field {
    /// The key in records.
    pub slug: String,
    /// The name that people read.
    #[serde(default)]
    pub name: Option<String>,
    /// The label in the interface, where it differs from the name.
    #[serde(default)]
    pub label: Option<String>,
    /// The CRM's own type name.
    #[serde(rename = "type")]
    pub field_type: String,
    /// Whether a create must have it.
    #[serde(default)]
    pub required: bool,
    /// Whether it can be set.
    #[serde(default)]
    pub read_only: bool,
    /// Longest value, in characters.
    #[serde(default)]
    pub max_length: Option<usize>,
    /// Stored values of a picklist.
    #[serde(default)]
    pub options: Option<Vec<String>>,
    /// Whether no two records may share a value.
    #[serde(default)]
    pub unique: bool,
    /// `email` for addresses.
    #[serde(default)]
    pub format: Option<String>,
    /// `array` or `object` for composite values.
    #[serde(default)]
    pub shape: Option<String>,
    /// Another spelling that the CRM takes on write.
    #[serde(default)]
    pub write_slug: Option<String>,
}

impl Field {
    /// The name, or the slug of a field without one.
    pub fn display_name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.slug)
    }

    /// Whether its values are e-mail addresses.
    pub fn is_email(&self) -> bool {
        self.format.as_deref() == Some("email") || self.field_type == "email"
    }
}

/// The facts of `provider`, or `None` for a name that is none of [`PROVIDERS`].
pub fn of(provider: &str) -> Option<&'static Facts> {
    static PARSED: [OnceLock<Option<Facts>>; 5] = [const { OnceLock::new() }; 5];
    const TEXTS: [&str; 5] = [
        include_str!("../../facts/hubspot.json"),
        include_str!("../../facts/salesforce.json"),
        include_str!("../../facts/pipedrive.json"),
        include_str!("../../facts/zoho.json"),
        include_str!("../../facts/sugarcrm.json"),
    ];
    let place = PROVIDERS.iter().position(|known| *known == provider)?;
    // The tests parse all five, so None here stands for an unknown provider only.
    PARSED[place]
        .get_or_init(|| serde_json::from_str(TEXTS[place]).ok())
        .as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_five_parse_and_have_contacts_and_companies() {
        for provider in PROVIDERS {
            let facts = of(provider).expect(provider);
            assert!(facts.entities["contacts"].fields.len() > 30, "{provider}");
            assert!(facts.entities["companies"].fields.len() > 30, "{provider}");
        }
    }
}
