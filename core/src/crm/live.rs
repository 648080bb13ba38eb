//! What a customer's fields say of themselves, whatever shape the CRM gives it.

use serde_json::{Map, Value};

use super::rules::Kind;
use crate::names::Provider;

/// The kind of value of a type by the CRM's own name; further keys may tell what the name does not.
pub(crate) fn kind(provider: Provider, type_name: &str, extra: &Map<String, Value>) -> Kind {
    let input = text(extra, &["fieldType", "field_type", "input", "ui_type"]).unwrap_or_default();
    kind_of(provider, type_name, input)
}

/// `input` is what the CRM's interface shows for the field, where it is told.
pub(crate) fn kind_of(provider: Provider, type_name: &str, input: &str) -> Kind {
    let name = type_name.trim().to_ascii_lowercase();
    match provider {
        Provider::Hubspot => hubspot(&name, &input.to_ascii_lowercase()),
        Provider::Salesforce => salesforce(&name),
        Provider::Pipedrive => pipedrive(&name),
        Provider::Zoho => zoho(&name),
        Provider::Sugarcrm => sugarcrm(&name),
    }
}

fn hubspot(name: &str, input: &str) -> Kind {
    match (name, input) {
        ("string", "textarea" | "html") => Kind::LongText,
        ("string", "phonenumber") | ("phone_number", _) => Kind::Phone,
        ("string", _) => Kind::Text,
        ("number", _) => Kind::Number,
        ("bool" | "boolean", _) => Kind::Boolean,
        ("date", _) => Kind::Date,
        ("datetime", _) => Kind::DateTime,
        ("enumeration", "select" | "radio" | "booleancheckbox") => Kind::Option,
        // Several are joined by `;`, so a list of one is what it says.
        ("enumeration", _) => Kind::Options,
        _ => Kind::Any,
    }
}

fn salesforce(name: &str) -> Kind {
    match name {
        "string" | "encryptedstring" => Kind::Text,
        "textarea" => Kind::LongText,
        "phone" => Kind::Phone,
        "email" => Kind::Email,
        "url" => Kind::Url,
        "picklist" | "combobox" => Kind::Option,
        "multipicklist" => Kind::Options,
        "reference" | "id" => Kind::Reference,
        "boolean" => Kind::Boolean,
        "double" | "currency" | "percent" => Kind::Number,
        "int" | "long" => Kind::Integer,
        "date" => Kind::Date,
        "datetime" => Kind::DateTime,
        "time" => Kind::Time,
        _ => Kind::Any,
    }
}

fn pipedrive(name: &str) -> Kind {
    match name {
        "varchar" | "varchar_auto" | "varchar_options" => Kind::Text,
        "text" => Kind::LongText,
        "phone" => Kind::Phone,
        "int" => Kind::Integer,
        "double" => Kind::Number,
        "boolean" => Kind::Boolean,
        "date" => Kind::Date,
        "time" => Kind::Time,
        "enum" | "visible_to" => Kind::Option,
        "set" => Kind::Options,
        "org" | "user" | "people" | "deal" | "lead" | "project" | "stage" | "activity" => {
            Kind::Reference
        }
        "address" => Kind::Address,
        "monetary" => Kind::Money,
        _ => Kind::Any,
    }
}

fn zoho(name: &str) -> Kind {
    match name {
        "text" => Kind::Text,
        "textarea" => Kind::LongText,
        "phone" => Kind::Phone,
        "email" => Kind::Email,
        "website" => Kind::Url,
        "picklist" => Kind::Option,
        "multiselectpicklist" => Kind::Options,
        "integer" => Kind::Integer,
        "bigint" => Kind::BigInteger,
        "double" | "currency" | "percent" | "decimal" => Kind::Number,
        "boolean" => Kind::Boolean,
        "date" => Kind::Date,
        "datetime" => Kind::DateTime,
        "lookup" | "ownerlookup" | "userlookup" => Kind::Reference,
        _ => Kind::Any,
    }
}

fn sugarcrm(name: &str) -> Kind {
    match name {
        "varchar" | "name" | "fullname" | "username" | "relate" => Kind::Text,
        "text" => Kind::LongText,
        "phone" => Kind::Phone,
        "url" => Kind::Url,
        "enum" | "radioenum" => Kind::Option,
        "multienum" => Kind::Options,
        "id" | "assigned_user_name" | "currency_id" => Kind::Reference,
        "bool" => Kind::Boolean,
        "int" | "ulong" => Kind::Integer,
        "currency" | "decimal" | "float" => Kind::Number,
        "date" => Kind::Date,
        "datetime" | "datetimecombo" => Kind::DateTime,
        "tag" => Kind::Tags,
        "image" | "file" => Kind::File,
        _ => Kind::Any,
    }
}

/// Whether the CRM takes the options alone.
pub(crate) fn is_closed_list(extra: &Map<String, Value>) -> bool {
    flag(
        extra,
        &["restrictedPicklist", "restricted_picklist", "restricted"],
    ) == Some(true)
}

/// Most characters of a value, or digits of Zoho's numbers.
pub(crate) fn length(extra: &Map<String, Value>) -> Option<usize> {
    number(
        extra,
        &["length", "len", "max_length", "maxLength", "maximum_length"],
    )
}

/// Whether it can't be set.
pub(crate) fn is_read_only(extra: &Map<String, Value>) -> Option<bool> {
    let told = flag(
        extra,
        &[
            "read_only",
            "readonly",
            "readOnly",
            "readOnlyValue",
            "calculated",
        ],
    );
    let creatable = flag(extra, &["createable", "creatable"]);
    let nested = match extra.get("modificationMetadata") {
        Some(Value::Object(metadata)) => flag(metadata, &["readOnlyValue"]),
        _ => None,
    };
    match (told, creatable, nested) {
        (None, None, None) => None,
        _ => Some(told == Some(true) || creatable == Some(false) || nested == Some(true)),
    }
}

/// Whether no two records may have the same value.
pub(crate) fn is_unique(extra: &Map<String, Value>) -> Option<bool> {
    match extra.get("unique") {
        // Zoho says how it compares, or nothing.
        Some(Value::Object(how)) => Some(!how.is_empty()),
        _ => flag(extra, &["unique", "hasUniqueValue"]),
    }
}

/// The kinds of record whose id it takes.
pub(crate) fn references(extra: &Map<String, Value>) -> Option<Vec<Box<str>>> {
    match extra
        .get("referenceTo")
        .or_else(|| extra.get("references"))?
    {
        Value::Array(names) => Some(
            names
                .iter()
                .filter_map(|name| name.as_str().map(Box::from))
                .collect(),
        ),
        Value::String(name) => Some(vec![name.as_str().into()]),
        _ => None,
    }
}

/// The first of `names` that holds a number above zero.
pub(crate) fn number(extra: &Map<String, Value>, names: &[&str]) -> Option<usize> {
    names
        .iter()
        .find_map(|name| match extra.get(*name)? {
            Value::Number(number) => usize::try_from(number.as_u64()?).ok(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        })
        .filter(|number| *number > 0)
}

/// The first of `names` that holds a flag.
pub(crate) fn flag(extra: &Map<String, Value>, names: &[&str]) -> Option<bool> {
    names.iter().find_map(|name| match extra.get(*name)? {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => text.trim().to_ascii_lowercase().parse().ok(),
        Value::Number(number) => number.as_u64().map(|number| number != 0),
        _ => None,
    })
}

fn text<'a>(extra: &'a Map<String, Value>, names: &[&str]) -> Option<&'a str> {
    names
        .iter()
        .find_map(|name| extra.get(*name).and_then(Value::as_str))
}
