//! The fields of a CRM's entity together, which may be kept as JSON.

use std::ops::Deref;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::names::{EntityType, Provider, nearest};
use crate::reads::Field;

/// Keys of a field that are not among its extra ones.
pub(super) const OWN_KEYS: [&str; 5] = ["name", "slug", "type", "required", "label"];

/// The fields of a CRM's entity, as the customer's CRM has them: a slice of [`Field`] that is also looked
/// up by name, and knows whose fields they are.
///
/// ```
/// # fn main() -> graph8_crm::Result<()> {
/// use graph8_crm::Fields;
///
/// // What client.fields(provider, entity_type) gives, kept by to_json.
/// let fields = Fields::from_json(
///     r#"{"provider": "salesforce", "entity_type": "contacts", "fields": [
///         {"slug": "Email", "name": "Email", "type": "email", "length": 80},
///         {"slug": "AccountId", "name": "Account ID", "type": "reference"}
///     ]}"#,
/// )?;
/// assert_eq!(fields.get("email").and_then(|field| field.max_length()), Some(80));
///
/// let found = fields.suggest(["Work Email", "Company"])?;
/// assert_eq!(found.columns(), ["Work Email"]);
/// assert_eq!(found.rename().get("Work Email").map(String::as_str), Some("Email"));
/// assert!(found[1].reason.contains("AccountId, which takes an id"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Fields {
    provider: Option<Provider>,
    entity_type: Option<EntityType>,
    #[serde(rename = "fields")]
    list: Vec<Field>,
}

impl Fields {
    /// The fields of that CRM's entity.
    pub fn new(provider: Provider, entity_type: EntityType, fields: Vec<Field>) -> Self {
        Self {
            provider: Some(provider),
            entity_type: Some(entity_type),
            list: fields,
        }
    }

    /// The CRM, when it is known.
    pub fn provider(&self) -> Option<Provider> {
        self.provider
    }

    /// What the fields are of, when it is known.
    pub fn entity_type(&self) -> Option<EntityType> {
        self.entity_type
    }

    /// The field that records have under this name; Salesforce's in any letter case.
    pub fn get(&self, name: &str) -> Option<&Field> {
        let exact = self.list.iter().find(|field| field.slug == name);
        let in_any_case = || {
            self.list
                .iter()
                .find(|field| field.slug.eq_ignore_ascii_case(name))
        };
        match self.provider {
            Some(Provider::Salesforce) => exact.or_else(in_any_case),
            _ => exact,
        }
    }

    /// The name that is nearest to one that no field has.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        nearest(name, self.list.iter().map(|field| field.slug.as_str()))
    }

    /// JSON text from which [`from_json`](Self::from_json) makes the same.
    pub fn to_json(&self) -> String {
        let Self {
            provider,
            entity_type,
            list,
        } = self;
        json!({"provider": provider, "entity_type": entity_type, "fields": list}).to_string()
    }

    /// Fields that were kept as JSON: what [`to_json`](Self::to_json) made in any language, or an answer
    /// of the service, which does not say whose they are.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) when the text is neither.
    pub fn from_json(text: &str) -> Result<Self> {
        let refused =
            |why: &str| Error::config(format!("this is no saved answer of fields: {why}"));
        let saved: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
            .map_err(|error| refused(&error.to_string()))?;
        let (provider, entity_type, list) = match saved {
            Value::Array(list) => (None, None, list),
            Value::Object(mut saved) => {
                if let Some(Value::Object(data)) = saved.remove("data") {
                    saved = data;
                }
                let provider = name_in(&saved, &["provider"])?;
                let entity_type = name_in(&saved, &["entity_type", "entityType"])?;
                match saved.remove("fields") {
                    Some(Value::Array(list)) => (provider, entity_type, list),
                    _ => return Err(refused("it has no list of fields")),
                }
            }
            _ => return Err(refused("it is neither an object nor a list")),
        };
        let list = list
            .into_iter()
            .enumerate()
            .map(|(number, field)| {
                read(field).ok_or_else(|| {
                    refused(&format!(
                        "entry {number} of its fields is no field with a slug"
                    ))
                })
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            provider,
            entity_type,
            list,
        })
    }
}

/// A field whose unknown keys stand in `extra` or beside the others.
fn read(field: Value) -> Option<Field> {
    let Value::Object(field) = field else {
        return None;
    };
    let (mut own, beside): (Map<String, Value>, Map<String, Value>) = field
        .into_iter()
        .partition(|(key, _)| OWN_KEYS.contains(&key.as_str()));
    let mut extra = Map::new();
    for (key, value) in beside {
        match (key.as_str(), value) {
            ("extra", Value::Object(saved)) => extra.extend(saved),
            (_, value) => {
                extra.insert(key, value);
            }
        }
    }
    if !own.contains_key("slug") {
        return None;
    }
    own.insert("extra".to_owned(), Value::Object(extra));
    serde_json::from_value(Value::Object(own)).ok()
}

fn name_in<T: std::str::FromStr<Err: Into<Error>>>(
    saved: &Map<String, Value>,
    keys: &[&str],
) -> Result<Option<T>> {
    let name = keys.iter().find_map(|key| saved.get(*key)?.as_str());
    name.map(|name| name.parse().map_err(Into::into))
        .transpose()
}

/// Fields of which is not known whose they are.
impl From<Vec<Field>> for Fields {
    fn from(fields: Vec<Field>) -> Self {
        Self {
            list: fields,
            ..Self::default()
        }
    }
}

impl Deref for Fields {
    type Target = [Field];

    fn deref(&self) -> &[Field] {
        &self.list
    }
}

impl IntoIterator for Fields {
    type Item = Field;
    type IntoIter = std::vec::IntoIter<Field>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

impl<'a> IntoIterator for &'a Fields {
    type Item = &'a Field;
    type IntoIter = std::slice::Iter<'a, Field>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::from_json(&value.to_string()).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAVED: &str = r#"{"provider": "salesforce", "entity_type": "contacts", "fields": [
        {"name": "Email", "slug": "Email", "type": "email", "extra": {"length": 80}},
        {"name": "Last Name", "slug": "LastName", "required": true, "createable": true}
    ]}"#;

    #[test]
    fn are_looked_up_by_name() {
        let fields = Fields::from_json(SAVED).unwrap();
        assert_eq!(
            fields.get("Email").map(|field| field.name.as_str()),
            Some("Email")
        );
        assert!(fields.get("EMAIL").is_some());
        assert!(fields.get("E-mail").is_none());
        assert_eq!(fields.nearest("Emial"), Some("Email"));
        assert_eq!(fields.len(), 2);
        let others = Fields::new(Provider::Zoho, EntityType::Contacts, fields.to_vec());
        assert!(others.get("EMAIL").is_none());
    }

    #[test]
    fn come_back_from_json_as_they_were() {
        let fields = Fields::from_json(SAVED).unwrap();
        assert_eq!(fields.provider(), Some(Provider::Salesforce));
        assert_eq!(fields.entity_type(), Some(EntityType::Contacts));
        assert_eq!(fields.first().and_then(Field::max_length), Some(80));
        let last = fields
            .last()
            .map(|field| field.extra.contains_key("createable"));
        assert_eq!(last, Some(true));
        assert_eq!(Fields::from_json(&fields.to_json()).unwrap(), fields);
        let answer = r#"{"data": {"fields": [{"slug": "a"}]}}"#;
        assert_eq!(Fields::from_json(answer).unwrap().provider(), None);
        assert_eq!(Fields::from_json(r#"[{"slug": "a"}]"#).unwrap().len(), 1);
    }

    #[test]
    fn what_is_no_saved_answer_is_refused_with_the_reason() {
        for (text, reason) in [
            ("", "EOF"),
            ("3", "neither"),
            ("{}", "no list of fields"),
            (r#"[{"name": "a"}]"#, "entry 0"),
            (r#"[{"slug": "a"}, 5]"#, "entry 1"),
            (
                r#"{"provider": "hubspott", "fields": []}"#,
                "did you mean 'hubspot'",
            ),
        ] {
            let error = Fields::from_json(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
