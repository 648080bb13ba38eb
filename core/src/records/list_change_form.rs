//! What is wrong with the form of a list change.

use serde_json::Value;

use crate::names::nearest;
use crate::option_names::spelled;
use crate::quote::quote;

/// The fields of a change, by the names that a caller may use.
const FIELDS: [(&str, Form); 8] = [
    ("list_id", Form::Id),
    ("list_name", Form::Name),
    ("add", Form::Ids),
    ("remove", Form::Ids),
    ("add_emails", Form::Emails),
    ("remove_emails", Form::Emails),
    // The service's own.
    ("add_contact_ids", Form::Ids),
    ("remove_contact_ids", Form::Ids),
];
const OWN: usize = 6;

#[derive(Clone, Copy)]
enum Form {
    Id,
    Name,
    Ids,
    Emails,
}

/// Says what is wrong with JSON that is no list change; `error` is what its reader found.
pub(super) fn fault(json: &[u8], error: &serde_json::Error) -> String {
    let change = match serde_json::from_slice(json) {
        Ok(Value::Object(change)) => change,
        Ok(other) => {
            return format!(
                "not a list change, which is an object: it is {}",
                shown(&other)
            );
        }
        Err(_) => return format!("not a list change: {error}"),
    };
    let faults = change.iter().filter_map(|(name, value)| {
        let known = FIELDS.iter().find(|(known, _)| known == name);
        match known {
            None => Some(unknown(name)),
            Some((name, form)) => form.fault(&spelled(name), value),
        }
    });
    let first = faults.into_iter().next();
    first.unwrap_or_else(|| format!("not a list change: {error}"))
}

fn unknown(name: &str) -> String {
    let known: Vec<_> = FIELDS
        .iter()
        .take(OWN)
        .map(|(known, _)| spelled(known))
        .collect();
    let hint = nearest(name, known.iter().map(AsRef::as_ref))
        .map(|nearest| format!("; did you mean '{nearest}'?"));
    format!(
        "a list change has no field '{}': use {}{}",
        quote(name.as_bytes()),
        known.join(", "),
        hint.unwrap_or_default()
    )
}

impl Form {
    fn fault(self, name: &str, value: &Value) -> Option<String> {
        const ID: &str = "an id, which is a string or an integer";
        let is_id = |value: &Value| value.is_string() || value.is_i64() || value.is_u64();
        let (wanted, of_each) = match self {
            Self::Id if !is_id(value) => (ID, None),
            Self::Name if !value.is_string() => ("the list's name, which is a string", None),
            Self::Ids => ("a list of ids", Some(ID)),
            Self::Emails => (
                "a list of e-mail addresses",
                Some("an e-mail address, which is a string"),
            ),
            Self::Id | Self::Name => return None,
        };
        let wrong = |place: &str, value: &Value, wanted: &str| {
            Some(format!("{name}{place} is {}: use {wanted}", shown(value)))
        };
        match (value, of_each) {
            (Value::Null, _) => None,
            (Value::Array(values), Some(of_each)) => {
                let fits = |value: &Value| match self {
                    Self::Emails => value.is_string(),
                    _ => is_id(value),
                };
                let position = values.iter().position(|value| !fits(value))?;
                wrong(&format!("[{position}]"), values.get(position)?, of_each)
            }
            _ => wrong("", value, wanted),
        }
    }
}

fn shown(value: &Value) -> String {
    quote(value.to_string().as_bytes())
}
