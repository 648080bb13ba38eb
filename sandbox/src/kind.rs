//! The kinds of fields, and which values each takes.

use serde_json::Value;

/// What the values of a field are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    Integer,
    Boolean,
    Date,
    DateTime,
    Option,
    Other,
}

impl Kind {
    /// The kind behind a CRM's own type name.
    pub fn of(field_type: &str) -> Self {
        match field_type {
            "string" | "varchar" | "text" | "textarea" | "name" | "phone" | "phone_number"
            | "url" | "website" | "id" | "reference" | "username" => Self::Text,
            "number" | "double" | "currency" | "percent" | "float" | "decimal" => Self::Number,
            "int" | "integer" | "bigint" => Self::Integer,
            "bool" | "boolean" => Self::Boolean,
            "date" => Self::Date,
            "datetime" => Self::DateTime,
            "enumeration"
            | "picklist"
            | "enum"
            | "set"
            | "multienum"
            | "multipicklist"
            | "multiselectpicklist" => Self::Option,
            _ => Self::Other,
        }
    }

    pub fn takes(self, value: &Value) -> bool {
        let text = value.as_str();
        match self {
            Self::Other => true,
            Self::Text => {
                matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_))
                    || value.is_array()
            }
            Self::Option => !value.is_object(),
            Self::Number => {
                value.is_number()
                    || text.is_some_and(|text| text.parse::<f64>().is_ok_and(f64::is_finite))
            }
            Self::Integer => {
                value.as_i64().is_some() || text.is_some_and(|text| text.parse::<i64>().is_ok())
            }
            Self::Boolean => value.is_boolean() || matches!(text, Some("true" | "false")),
            Self::Date => {
                value.is_i64() || text.is_some_and(|text| is_date(text) || is_datetime(text))
            }
            Self::DateTime => {
                value.is_i64()
                    || text.is_some_and(|text| {
                        is_datetime(text) || is_date(text) || text.parse::<i64>().is_ok()
                    })
            }
        }
    }
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |part: &str, digits: usize, most: u32| {
        part.len() == digits
            && part
                .parse::<u32>()
                .is_ok_and(|number| (1..=most).contains(&number))
    };
    matches!(parts[..], [year, month, day] if number(year, 4, 9999) && number(month, 2, 12) && number(day, 2, 31))
}

fn is_datetime(text: &str) -> bool {
    let Some((date, time)) = text.split_once(['T', ' ']) else {
        return false;
    };
    let clock: String = time
        .chars()
        .take_while(|character| character.is_ascii_digit() || *character == ':')
        .collect();
    is_date(date) && clock.split(':').count() >= 2
}
