//! A change of one list's members.

use std::collections::HashSet;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};

use crate::quote::is_blank;

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

    /// Changes that add up to this one, each of at most so many members and so many bytes of JSON.
    pub(crate) fn parts(&self, most_members: usize, most_bytes: usize) -> Vec<Self> {
        /// Quotes and comma, and what the change has around its ids.
        const AROUND_ID: usize = 3;
        const AROUND_IDS: usize = 100;
        let mut parts = vec![Self::new(&self.list_id)];
        let (mut members, mut bytes) = (0, AROUND_IDS + self.list_id.len());
        let mut place = |id: &String, is_added: bool| {
            let size = id.len() + AROUND_ID;
            if members > 0 && (members >= most_members || bytes + size > most_bytes) {
                parts.push(Self::new(&self.list_id));
                (members, bytes) = (0, AROUND_IDS + self.list_id.len());
            }
            (members, bytes) = (members + 1, bytes + size);
            if let Some(part) = parts.last_mut() {
                let ids = if is_added {
                    &mut part.add
                } else {
                    &mut part.remove
                };
                ids.push(id.clone());
            }
        };
        self.add.iter().for_each(|id| place(id, true));
        self.remove.iter().for_each(|id| place(id, false));
        parts
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
                Ok(Id(id.trim_matches(is_blank).to_owned()))
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
    fn blanks_around_ids_are_taken_off() {
        assert_eq!(
            normalised("{\"list_id\": \" 7\\n\", \"add\": [\"1 \", \"\u{a0}2\u{200b}\"]}"),
            r#"{"list_id":"7","add_contact_ids":["1","2"],"remove_contact_ids":[]}"#
        );
    }

    #[test]
    fn parts_add_up_to_the_change_and_keep_within_members_and_bytes() {
        let change = ListChange::new("7").add(0..250).remove(300..310);
        for (members, bytes) in [(100, 1 << 20), (1_000, 500), (1_000, 1 << 20), (1, 1)] {
            let parts = change.parts(members, bytes);
            let mut whole = ListChange::new("7");
            for part in parts {
                let size = serde_json::to_vec(&part).unwrap().len();
                let ids = part.add.len() + part.remove.len();
                assert!(
                    ids == 1 || (ids <= members && size <= bytes),
                    "{ids} {size}"
                );
                whole = whole.add(part.add).remove(part.remove);
            }
            assert_eq!(whole, change);
        }
    }

    #[test]
    fn refuses_empty_ids_overlaps_floats_and_typos() {
        for (json, message) in [
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
            assert!(error.contains(message), "{json}: {error}");
        }
    }
}
