//! A field of a CRM's entity, as the customer's CRM has it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::reads::tolerant::{flag, text, text_or_empty};

/// A field of a CRM's entity, custom ones included.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Field {
    /// The name that people read.
    #[serde(default, deserialize_with = "text_or_empty")]
    pub name: String,
    /// The key to use in records.
    #[serde(default, deserialize_with = "text_or_empty")]
    pub slug: String,
    /// The CRM's own type name.
    #[serde(default, rename = "type", deserialize_with = "text")]
    pub field_type: Option<String>,
    /// Whether a create must have it.
    #[serde(default, deserialize_with = "flag")]
    pub required: Option<bool>,
    /// The label in the CRM's interface.
    #[serde(default, deserialize_with = "text")]
    pub label: Option<String>,
    /// Keys that this version does not know.
    #[serde(default)]
    pub extra: Map<String, Value>,
}
