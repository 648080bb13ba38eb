//! The shapes that an answer may have: none is documented, all are plausible.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::folded;
use crate::accounts::{List, Record};
use crate::rules::emails_of;

/// The shape of an answer's `data`, with a key for the ids of its own each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// `{"items": [{"id": …}]}`
    #[default]
    Items,
    /// `{"a@x": {"hs_object_id": …}, "b@x": null}`, for contacts by e-mail.
    ByEmail,
    /// `{"results": [{"crm_id": …}]}`
    Results,
    /// `[{"contact_id": …}]`
    Bare,
    /// Something that tells neither who is there nor who is not.
    Unrecognisable,
}

impl Shape {
    fn id_key(self) -> &'static str {
        match self {
            Self::Items | Self::Unrecognisable => "id",
            Self::ByEmail => "hs_object_id",
            Self::Results => "crm_id",
            Self::Bare => "contact_id",
        }
    }

    /// Contacts that were found by these addresses.
    pub fn contacts(self, emails: &[String], found: &[&Record]) -> Value {
        if self == Self::ByEmail && !emails.is_empty() {
            let entry = |email: &String| {
                let is_it = |record: &&&Record| {
                    let addresses = emails_of(&record.fields);
                    let mut addresses = addresses.iter().map(|address| folded(address));
                    addresses.any(|address| address == folded(email))
                };
                let records: Vec<Value> = found
                    .iter()
                    .filter(is_it)
                    .map(|record| self.contact(record))
                    .collect();
                let entry = match &records[..] {
                    [] => Value::Null,
                    [one] => one.clone(),
                    several => json!(several),
                };
                (email.clone(), entry)
            };
            return Value::Object(emails.iter().map(entry).collect());
        }
        self.items(found.iter().map(|record| self.contact(record)).collect())
    }

    fn contact(self, record: &Record) -> Value {
        let mut contact: Map<String, Value> = record.fields.clone();
        contact.insert(self.id_key().to_owned(), json!(record.id));
        Value::Object(contact)
    }

    /// A list as an item.
    pub fn list(self, list: &List) -> Value {
        let key = match self {
            Self::Results => "list_id",
            _ => "id",
        };
        json!({key: list.id, "name": list.name, "size": list.members.len()})
    }

    /// The items of a page.
    pub fn items(self, items: Vec<Value>) -> Value {
        match self {
            Self::Items | Self::ByEmail => json!({"items": items}),
            Self::Results => json!({"results": items, "total": items.len()}),
            Self::Bare => json!(items),
            Self::Unrecognisable => json!({"status": "done", "matches": items.len()}),
        }
    }

    /// A list that was there or was made.
    pub fn got_list(self, list: Option<Value>, is_new: bool) -> Value {
        match (self, list) {
            (Self::Items, Some(mut list)) => {
                list["created"] = json!(is_new);
                list
            }
            (Self::ByEmail | Self::Results, list) => json!({"list": list, "created": is_new}),
            (Self::Bare, list) => json!([list]),
            (Self::Items | Self::Unrecognisable, _) => json!({"status": "done"}),
        }
    }
}
