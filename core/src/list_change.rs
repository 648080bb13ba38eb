//! A change of one list's members.

use std::collections::HashSet;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};

/// Adds members to one list of the CRM and removes others, all by the CRM's own ids.
///
/// Ids are strings; integers are taken as well. Applying the same change twice has no further
/// effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListChange {
    /// The list's id in the CRM.
    #[serde(deserialize_with = "id")]
    pub list_id: String,
    /// Ids of the contacts to add.
    #[serde(
        default,
        rename = "add_contact_ids",
        alias = "add",
        deserialize_with = "ids"
    )]
    pub add: Vec<String>,
    /// Ids of the contacts to remove.
    #[serde(
        default,
        rename = "remove_contact_ids",
        alias = "remove",
        deserialize_with = "ids"
    )]
    pub remove: Vec<String>,
}

impl ListChange {
    /// A change of the list `list_id` that does nothing yet.
    pub fn new(list_id: impl ToString) -> Self {
        Self {
            list_id: list_id.to_string(),
            add: Vec::new(),
            remove: Vec::new(),
        }
    }

    /// Adds these contacts to the list.
    #[expect(clippy::should_implement_trait, reason = "the field's own word")]
    #[must_use]
    pub fn add<I: IntoIterator<Item: ToString>>(mut self, contact_ids: I) -> Self {
        self.add
            .extend(contact_ids.into_iter().map(|id| id.to_string()));
        self
    }

    /// Removes these contacts from the list.
    #[must_use]
    pub fn remove<I: IntoIterator<Item: ToString>>(mut self, contact_ids: I) -> Self {
        self.remove
            .extend(contact_ids.into_iter().map(|id| id.to_string()));
        self
    }

    /// Reads a change as a caller wrote it and checks it; the error is a sentence about it.
    pub(crate) fn from_json(json: &[u8]) -> Result<Self, String> {
        let change: Self = serde_json::from_slice(json)
            .map_err(|error| format!("not a list change of list_id, add and remove: {error}"))?;
        change.check()?;
        Ok(change)
    }

    fn check(&self) -> Result<(), String> {
        if self.list_id.trim().is_empty() {
            return Err("list_id is empty: pass the list's id in the CRM".to_owned());
        }
        for (name, ids) in [("add", &self.add), ("remove", &self.remove)] {
            if let Some(position) = ids.iter().position(|id| id.trim().is_empty()) {
                return Err(format!(
                    "{name}[{position}] of list {} is empty",
                    self.list_id
                ));
            }
        }
        if self.add.is_empty() && self.remove.is_empty() {
            return Err(format!(
                "list {} gets no change: add and remove are empty",
                self.list_id
            ));
        }
        let added: HashSet<&String> = self.add.iter().collect();
        if let Some(both) = self.remove.iter().find(|id| added.contains(id)) {
            return Err(format!(
                "contact {both} is both added to and removed from list {}: choose one",
                self.list_id
            ));
        }
        Ok(())
    }
}

struct Id(String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IdVisitor;
        impl Visitor<'_> for IdVisitor {
            type Value = Id;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an id, as a string or an integer")
            }

            fn visit_str<E: de::Error>(self, id: &str) -> Result<Id, E> {
                Ok(Id(id.to_owned()))
            }

            fn visit_u64<E: de::Error>(self, id: u64) -> Result<Id, E> {
                Ok(Id(id.to_string()))
            }

            fn visit_i64<E: de::Error>(self, id: i64) -> Result<Id, E> {
                Ok(Id(id.to_string()))
            }
        }
        deserializer.deserialize_any(IdVisitor)
    }
}

fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Id::deserialize(deserializer).map(|id| id.0)
}

fn ids<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let ids: Option<Vec<Id>> = Option::deserialize(deserializer)?;
    Ok(ids.unwrap_or_default().into_iter().map(|id| id.0).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normalised(json: &str) -> String {
        serde_json::to_string(&ListChange::from_json(json.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn integers_become_strings_and_short_names_the_services() {
        assert_eq!(
            normalised(r#"{"list_id": 7, "add": [5725767000002105043, "2"]}"#),
            r#"{"list_id":"7","add_contact_ids":["5725767000002105043","2"],"remove_contact_ids":[]}"#
        );
    }

    #[test]
    fn refuses_empty_ids_overlaps_floats_and_typos() {
        for (json, words) in [
            (r#"{"list_id": " ", "add": ["1"]}"#, "list_id is empty"),
            (r#"{"list_id": "7", "add": ["1", ""]}"#, "add[1]"),
            (
                r#"{"list_id": "7", "add": ["1"], "remove": [1]}"#,
                "both added",
            ),
            (r#"{"list_id": "7"}"#, "no change"),
            (r#"{"list_id": 1.5, "add": ["1"]}"#, "string or an integer"),
            (r#"{"list_id": "7", "ad": ["1"]}"#, "unknown field `ad`"),
            ("[]", "not a list change"),
        ] {
            let error = ListChange::from_json(json.as_bytes()).unwrap_err();
            assert!(error.contains(words), "{json}: {error}");
        }
    }
}
