//! What values a CRM's fields take, as far as the CRM's own type names tell.

use serde_json::{Map, Value, json};

use crate::reads::Field;

/// The kind of value that a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldKind {
    /// Text, options of a list and ids included.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// A day, as text such as `2026-01-31`.
    Date,
    /// A moment, as text such as `2026-01-31T10:00:00+00:00`.
    DateTime,
    /// Several values.
    List,
    /// An object, such as a record of another entity by its id.
    Object,
    /// What the type's name does not tell.
    Any,
}

impl FieldKind {
    /// By the CRM's own type name; CRMs that mean different things by a name get [`Any`](Self::Any).
    pub fn of_type(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "string" | "text" | "textarea" | "varchar" | "email" | "phone" | "phone_number"
            | "url" | "website" | "picklist" | "enumeration" | "name" | "id" | "reference"
            | "relate" | "username" | "bigint" => Self::Text,
            "int" | "integer" => Self::Integer,
            "number" | "double" | "float" | "decimal" | "currency" | "percent" => Self::Number,
            "bool" | "boolean" => Self::Boolean,
            "date" => Self::Date,
            "datetime" => Self::DateTime,
            "set" | "multienum" | "multiselectpicklist" | "tag" => Self::List,
            "lookup" | "ownerlookup" => Self::Object,
            _ => Self::Any,
        }
    }

    /// The name used in JSON, for example `datetime`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::List => "list",
            Self::Object => "object",
            Self::Any => "any",
        }
    }

    /// Type and format of JSON Schema.
    const fn json_type(self) -> (Option<&'static str>, Option<&'static str>) {
        match self {
            Self::Integer => (Some("integer"), None),
            Self::Number => (Some("number"), None),
            Self::Boolean => (Some("boolean"), None),
            Self::Date => (Some("string"), Some("date")),
            // A moment has no format: it may come without a zone, which "date-time" does not allow.
            Self::Text | Self::DateTime => (Some("string"), None),
            Self::List => (Some("array"), None),
            Self::Object => (Some("object"), None),
            Self::Any => (None, None),
        }
    }
}

impl Field {
    /// The kind of value that it takes.
    pub fn kind(&self) -> FieldKind {
        self.field_type
            .as_deref()
            .map_or(FieldKind::Any, FieldKind::of_type)
    }
}

/// A JSON Schema (draft 2020-12) of a record with these fields. Null is allowed where a field is not
/// required; fields beside these are allowed.
pub fn json_schema(fields: &[Field]) -> Value {
    let mut properties = Map::new();
    for field in fields {
        let mut property = Map::new();
        let title = field.label.as_ref().unwrap_or(&field.name);
        if !title.is_empty() {
            property.insert("title".to_owned(), json!(title));
        }
        if let Some(own) = &field.field_type {
            property.insert("description".to_owned(), json!(format!("CRM type: {own}")));
        }
        let (name, format) = field.kind().json_type();
        if let Some(name) = name {
            let is_required = field.required == Some(true);
            let types = if is_required {
                json!(name)
            } else {
                json!([name, "null"])
            };
            property.insert("type".to_owned(), types);
        }
        if let Some(format) = format {
            property.insert("format".to_owned(), json!(format));
        }
        properties.insert(field.slug.clone(), Value::Object(property));
    }
    let required: Vec<&str> = fields
        .iter()
        .filter(|field| field.required == Some(true))
        .map(|field| field.slug.as_str())
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": properties,
        "required": required,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_has_each_field_with_its_kind() {
        let fields: Vec<Field> = serde_json::from_value(json!([
            {"name": "Last Name", "slug": "LastName", "type": "String", "required": true},
            {"name": "Birthdate", "slug": "Birthdate", "type": "date", "label": "Born"},
            {"name": "Score", "slug": "score__c", "type": "galaxy"},
        ]))
        .unwrap();
        let schema = json_schema(&fields);
        assert_eq!(schema["required"], json!(["LastName"]));
        assert_eq!(
            schema["properties"],
            json!({
                "LastName": {"title": "Last Name", "description": "CRM type: String", "type": "string"},
                "Birthdate": {
                    "title": "Born", "description": "CRM type: date",
                    "type": ["string", "null"], "format": "date",
                },
                "score__c": {"title": "Score", "description": "CRM type: galaxy"},
            })
        );
    }
}
