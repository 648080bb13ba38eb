//! What values a CRM's fields take, as far as the CRM's own type names tell.

use serde_json::{Map, Value, json};

use crate::reads::{Field, FieldOption};

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

/// A JSON Schema (draft 2020-12) of a record with these fields: their types, and options and lengths
/// where the CRM tells them. Null is allowed where a field is not required. `additional_properties`:
/// whether fields beside these are allowed.
///
/// A field of options that the CRM would extend by itself is held to those that it has.
pub fn json_schema(fields: &[Field], additional_properties: bool) -> Value {
    let properties: Map<String, Value> = fields
        .iter()
        .map(|field| (field.slug.clone(), property(field)))
        .collect();
    let required: Vec<&str> = fields
        .iter()
        .filter(|field| field.required == Some(true))
        .map(|field| field.slug.as_str())
        .collect();
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": properties,
        "required": required,
    });
    if !additional_properties {
        schema["additionalProperties"] = json!(false);
    }
    schema
}

fn property(field: &Field) -> Value {
    let mut property = Map::new();
    let mut set = |key: &str, value: Value| property.insert(key.to_owned(), value);
    let title = field.label.as_ref().unwrap_or(&field.name);
    if !title.is_empty() {
        set("title", json!(title));
    }
    if let Some(own) = &field.field_type {
        set("description", json!(format!("CRM type: {own}")));
    }
    let kind = field.kind();
    let is_required = field.required == Some(true);
    let (name, format) = kind.json_type();
    if let Some(name) = name {
        let types = if is_required {
            json!(name)
        } else {
            json!([name, "null"])
        };
        set("type", types);
    }
    if let Some(format) = format {
        set("format", json!(format));
    }
    let options = field.options();
    if !options.is_empty() {
        let mut values: Vec<Value> = options.iter().map(|option| option.value.clone()).collect();
        match kind {
            FieldKind::List => {
                set("items", json!({ "enum": values }));
            }
            // Several of them, joined.
            FieldKind::Text | FieldKind::Any if field.is_multiple() => {
                set("pattern", json!(joined(&options)));
            }
            FieldKind::Text | FieldKind::Any => {
                if !is_required {
                    values.push(Value::Null);
                }
                set("enum", json!(values));
            }
            // A flag's options are its two values as text.
            _ => {}
        }
    }
    if matches!(kind, FieldKind::Text | FieldKind::Any)
        && let Some(length) = field.max_length()
    {
        set("maxLength", json!(length));
    }
    if field.is_read_only() {
        set("readOnly", json!(true));
    }
    Value::Object(property)
}

/// A pattern of options joined with `;`.
fn joined(options: &[FieldOption]) -> String {
    let each: Vec<String> = options
        .iter()
        .map(|option| escaped(&option.text()))
        .collect();
    let one = format!("(?:{})", each.join("|"));
    format!("^(?:;?{one}(?:;{one})*)?$")
}

/// A text as a regular expression that matches it alone, in ECMAScript and elsewhere.
fn escaped(text: &str) -> String {
    let mut pattern = String::new();
    for c in text.chars() {
        if r"\^$.*+?()[]{}|/".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
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
        let schema = json_schema(&fields, true);
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

    #[test]
    fn a_schema_keeps_what_the_crm_tells_of_options_lengths_and_read_only_fields() {
        let fields: Vec<Field> = serde_json::from_value(json!([
            {"slug": "Rating", "type": "picklist", "extra": {
                "length": 255,
                "picklistValues": [{"value": "Hot", "label": "Hot!", "active": true}],
            }},
            {"slug": "Tags__c", "type": "multipicklist", "required": true, "extra": {
                "picklistValues": [{"value": "A.1"}, {"value": "B"}],
            }},
            {"slug": "label", "type": "set", "extra": {"options": [{"id": 1, "label": "Hot"}]}},
            {"slug": "stage", "type": "enum", "required": true, "extra": {"options": [{"id": 7}]}},
            {"slug": "flag", "type": "bool", "extra": {"options": ["true", "false"]}},
            {"slug": "Id", "type": "id", "extra": {"createable": false, "length": 18}},
        ]))
        .unwrap();
        let schema = json_schema(&fields, false);
        assert_eq!(schema["additionalProperties"], json!(false));
        let of = |slug: &str, key: &str| schema["properties"][slug][key].clone();
        assert_eq!(of("Rating", "enum"), json!(["Hot", null]));
        assert_eq!(of("Rating", "maxLength"), json!(255));
        assert_eq!(
            of("Tags__c", "pattern"),
            json!(r"^(?:;?(?:A\.1|B)(?:;(?:A\.1|B))*)?$")
        );
        assert_eq!(of("label", "items"), json!({"enum": [1]}));
        assert_eq!(of("stage", "enum"), json!([7]));
        assert_eq!(of("flag", "enum"), Value::Null);
        assert_eq!(of("Id", "readOnly"), json!(true));
        let open = json_schema(&fields, true);
        assert_eq!(open.get("additionalProperties"), None);
    }
}
