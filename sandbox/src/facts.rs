//! A CRM's fields, identities and messages, as data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What is known of one CRM.
#[derive(Debug, Deserialize)]
pub struct Facts {
    pub identifier_field: BTreeMap<String, String>,
    pub identifier_fallbacks: BTreeMap<String, Vec<String>>,
    pub required_enforced: bool,
    pub required_on_create: BTreeMap<String, Required>,
    pub errors: BTreeMap<String, String>,
    pub entities: BTreeMap<String, Entity>,
}

impl Facts {
    #[expect(
        clippy::expect_used,
        reason = "the texts are compiled in, and a test parses all"
    )]
    pub fn parse(text: &str) -> Self {
        serde_json::from_str(text).expect("facts are as their types say")
    }

    /// The CRM's message of that name, or `own` where it has none, with each `{name}` filled in.
    pub fn message(&self, name: &str, own: &str, fill: &[(&str, &str)]) -> String {
        let template = self.errors.get(name).map_or(own, String::as_str);
        let mut message = template.to_owned();
        for (place, value) in fill {
            message = message.replace(&format!("{{{place}}}"), value);
        }
        message
    }
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
#[expect(
    clippy::struct_excessive_bools,
    reason = "the facts have them one by one"
)]
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
    /// The control in the CRM's interface, by HubSpot's name for it: `checkbox` takes several options.
    #[serde(
        default,
        rename = "field_type",
        skip_serializing_if = "Option::is_none"
    )]
    pub control: Option<String>,
    /// Whether it takes several options.
    #[serde(default)]
    pub multi: bool,
    /// Whether it cannot be set.
    #[serde(default)]
    pub read_only: bool,
    /// Longest value, in characters.
    #[serde(default)]
    pub max_length: Option<usize>,
    /// Stored values of a picklist.
    #[serde(default)]
    pub options: Option<Vec<String>>,
    /// Whether it takes no other options than those, at the CRMs that elsewhere store any text.
    #[serde(default)]
    pub restricted: bool,
    /// What the interface shows for each of the options, where it is not the same.
    #[serde(default)]
    pub option_labels: Option<Vec<String>>,
    /// Most digits of a number, before its point.
    #[serde(default)]
    pub digits: Option<usize>,
    /// Most digits of a number.
    #[serde(default)]
    pub precision: Option<usize>,
    /// How many of those stand after its point.
    #[serde(default)]
    pub scale: Option<usize>,
    /// The objects that its ids name.
    #[serde(default)]
    pub references: Vec<String>,
    /// The JSON of its values, where the type does not tell.
    #[serde(default)]
    pub json: Option<String>,
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

    /// Whether its value is an array.
    pub fn is_array(&self) -> bool {
        self.shape.as_deref() == Some("array")
    }
}
