//! A change of one list's members.

use std::collections::HashSet;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};

use super::list_change_form::fault;
use crate::option_names::spelled;
use crate::quote::{is_blank, quote};
use crate::records::identity::{bare_address, composed, fold};

/// Adds members to one list of the CRM and removes others, by the CRM's own ids or by e-mail addresses.
///
/// Ids are strings; integers are taken as well. Applying the same change twice has no further
/// effect. Names and addresses are looked up in the CRM before the change travels; a change of which one fits
/// nothing, or several, fails as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ListChange {
    /// The list's id in the CRM; none where `list_name` names the list.
    #[serde(
        default,
        deserialize_with = "maybe_id",
        skip_serializing_if = "Option::is_none"
    )]
    pub list_id: Option<String>,
    /// The list's name in the CRM, which must be the name of one list.
    #[serde(
        default,
        deserialize_with = "maybe_name",
        skip_serializing_if = "Option::is_none"
    )]
    pub list_name: Option<String>,
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
    /// E-mail addresses of the contacts to add, each of one contact.
    #[serde(
        default,
        deserialize_with = "emails",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub add_emails: Vec<String>,
    /// E-mail addresses of the contacts to remove, each of one contact.
    #[serde(
        default,
        deserialize_with = "emails",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub remove_emails: Vec<String>,
}

impl ListChange {
    /// A change of the list `list_id` that does nothing yet.
    pub fn new(list_id: impl ToString) -> Self {
        Self {
            list_id: Some(list_id.to_string()),
            ..Self::default()
        }
    }

    /// A change of the list of that name that does nothing yet.
    pub fn named(list_name: impl Into<String>) -> Self {
        Self {
            list_name: Some(list_name.into()),
            ..Self::default()
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

    /// Adds the contacts with these e-mail addresses to the list.
    #[must_use]
    pub fn add_emails<I: IntoIterator<Item: Into<String>>>(mut self, emails: I) -> Self {
        self.add_emails.extend(emails.into_iter().map(Into::into));
        self
    }

    /// Removes the contacts with these e-mail addresses from the list.
    #[must_use]
    pub fn remove_emails<I: IntoIterator<Item: Into<String>>>(mut self, emails: I) -> Self {
        self.remove_emails
            .extend(emails.into_iter().map(Into::into));
        self
    }

    /// Reads a change as a caller wrote it and checks it; the error is a sentence about it.
    pub(crate) fn from_json(json: &[u8]) -> Result<Self, String> {
        // A list of the members' values would be read as well.
        if json.trim_ascii_start().first() == Some(&b'[') {
            return Err("not a list change, which is an object: it is a list".to_owned());
        }
        let change: Self = serde_json::from_slice(json).map_err(|error| fault(json, &error))?;
        change.check()?;
        Ok(change)
    }

    /// Whether it must be looked up in the CRM by what its list and its members are.
    pub(crate) fn needs_looks(&self) -> bool {
        self.list_name.is_some() || self.emails().next().is_some()
    }

    /// The addresses that it names, as they were given.
    pub(crate) fn emails(&self) -> impl Iterator<Item = &str> {
        let emails = self.add_emails.iter().chain(&self.remove_emails);
        emails.map(String::as_str)
    }

    /// How a message names the list.
    pub(crate) fn list(&self) -> String {
        match (&self.list_id, &self.list_name) {
            (None, Some(name)) => format!("'{}'", quote(name.as_bytes())),
            (id, _) => id.clone().unwrap_or_default(),
        }
    }

    /// Changes that add up to this one, each of at most so many members and so many bytes of JSON.
    pub(crate) fn parts(&self, most_members: usize, most_bytes: usize) -> Vec<Self> {
        /// Quotes and comma, and what the change has around its ids.
        const AROUND_ID: usize = 3;
        const AROUND_IDS: usize = 100;
        let list_id = self.list_id.as_deref().unwrap_or_default();
        let mut parts = vec![Self::new(list_id)];
        let (mut members, mut bytes) = (0, AROUND_IDS + list_id.len());
        let mut place = |id: &String, is_added: bool| {
            let size = id.len() + AROUND_ID;
            if members > 0 && (members >= most_members || bytes + size > most_bytes) {
                parts.push(Self::new(list_id));
                (members, bytes) = (0, AROUND_IDS + list_id.len());
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

    /// What is wrong with it, as a sentence.
    pub(crate) fn check(&self) -> Result<(), String> {
        let (list_id, list_name) = (spelled("list_id"), spelled("list_name"));
        match (&self.list_id, &self.list_name) {
            (Some(_), Some(_)) => {
                return Err(format!(
                    "has both {list_id} and {list_name}: pass one of them"
                ));
            }
            (None, None) => {
                return Err(format!(
                    "has no {list_id}: pass the list's id in the CRM, or {list_name}"
                ));
            }
            (Some(id), None) if id.trim().is_empty() => {
                return Err(format!("{list_id} is empty: pass the list's id in the CRM"));
            }
            (None, Some(name)) if name.is_empty() => {
                return Err(format!(
                    "{list_name} is empty: pass the list's name in the CRM"
                ));
            }
            _ => {}
        }
        let list = self.list();
        for (name, ids) in [("add", &self.add), ("remove", &self.remove)] {
            if let Some(position) = ids.iter().position(|id| id.trim().is_empty()) {
                return Err(format!("{name}[{position}] of list {list} is empty"));
            }
        }
        let emails = [
            ("add_emails", &self.add_emails),
            ("remove_emails", &self.remove_emails),
        ];
        for (name, emails) in emails {
            let is_wrong = |email: &String| bare_address(email).is_none();
            if let Some(position) = emails.iter().position(is_wrong) {
                return Err(format!(
                    "{}[{position}] of list {list} is '{}', which is no e-mail address by itself, such as \
                     ada@example.com",
                    spelled(name),
                    quote(emails.get(position).map_or("", String::as_str).as_bytes())
                ));
            }
        }
        if self.add.is_empty() && self.remove.is_empty() && self.emails().next().is_none() {
            return Err(format!(
                "list {list} gets no change: add and remove are empty"
            ));
        }
        let added: HashSet<&String> = self.add.iter().collect();
        if let Some(both) = self.remove.iter().find(|id| added.contains(id)) {
            return Err(format!(
                "contact {both} is both added to and removed from list {list}: choose one"
            ));
        }
        let added: HashSet<String> = self.add_emails.iter().map(|email| fold(email)).collect();
        let both = |email: &&String| added.contains(&fold(email));
        if let Some(both) = self.remove_emails.iter().find(both) {
            return Err(format!(
                "{} is both added to and removed from list {list}: choose one",
                quote(both.as_bytes())
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

fn maybe_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let id: Option<Id> = Option::deserialize(deserializer)?;
    Ok(id.map(|id| id.0))
}

fn maybe_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let name: Option<String> = Option::deserialize(deserializer)?;
    Ok(name.map(|name| composed(name.trim_matches(is_blank)).into_owned()))
}

fn emails<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let emails: Option<Vec<String>> = Option::deserialize(deserializer)?;
    let emails = emails.unwrap_or_default().into_iter();
    Ok(emails
        .map(|email| email.trim_matches(is_blank).to_owned())
        .collect())
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
    fn names_and_addresses_stay_as_given_and_ids_alone_are_written_as_ever() {
        assert_eq!(
            normalised(r#"{"list_name": " VIP ", "add_emails": ["Ada@x.test "], "list_id": null}"#),
            r#"{"list_name":"VIP","add_contact_ids":[],"remove_contact_ids":[],"add_emails":["Ada@x.test"]}"#
        );
        let decomposed = normalised(r#"{"list_name": "Cafe\u0301", "add": [1]}"#);
        assert_eq!(
            decomposed,
            normalised(r#"{"list_name": "Caf\u00e9", "add": [1]}"#)
        );
        let change = ListChange::named("VIP").add_emails(["a@x.test"]);
        assert!(change.needs_looks() && !ListChange::new(7).add(["1"]).needs_looks());
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
            (r#"{"add": ["1"]}"#, "has no list_id"),
            (
                r#"{"list_id": null, "list_name": null, "add": ["1"]}"#,
                "has no list_id",
            ),
            (
                r#"{"list_id": "7", "list_name": "VIP", "add": ["1"]}"#,
                "has both list_id and list_name",
            ),
            (r#"{"list_name": " ", "add": ["1"]}"#, "list_name is empty"),
            (
                r#"{"list_name": 7, "add": ["1"]}"#,
                "list_name is 7: use the list's name",
            ),
            (
                r#"{"list_name": "VIP", "add_emails": ["a@x.test", "b"]}"#,
                "add_emails[1] of list 'VIP' is 'b'",
            ),
            (
                r#"{"list_name": "VIP", "add_email": ["a@x.test"]}"#,
                "a list change has no field 'add_email': use list_id, list_name, add, remove, add_emails, \
                 remove_emails; did you mean 'add_emails'?",
            ),
            (
                r#"{"list_name": "VIP", "add_emails": ["a@x.test"], "remove_emails": [" A@X.test"]}"#,
                "both added",
            ),
            (
                r#"{"list_name": "VIP", "add_emails": ["Ada <a@x.test>"]}"#,
                "add_emails[0] of list 'VIP' is 'Ada <a@x.test>', which is no e-mail address by itself",
            ),
            (
                r#"{"list_name": "VIP", "add_emails": "a@x.test"}"#,
                r#"add_emails is "a@x.test": use a list of e-mail addresses"#,
            ),
            (
                r#"{"list_name": "VIP", "remove_emails": ["a@x.test", 7]}"#,
                "remove_emails[1] is 7: use an e-mail address, which is a string",
            ),
            (
                r#"{"list_id": "7", "add": "12"}"#,
                r#"add is "12": use a list of ids"#,
            ),
            (
                r#"{"list_id": "7", "add_contact_ids": [1, 1.5]}"#,
                "add_contact_ids[1] is 1.5: use an id",
            ),
            (r#"{"list_id": 1.5, "add": ["1"]}"#, "string or an integer"),
            (r#"{"list_id": "7", "ad": ["1"]}"#, "no field 'ad'"),
            ("5", "which is an object: it is 5"),
            ("[]", "not a list change"),
            (r#" ["7", null, ["1"]]"#, "it is a list"),
        ] {
            let error = ListChange::from_json(json.as_bytes()).unwrap_err();
            assert!(error.contains(message), "{json}: {error}");
        }
    }
}
