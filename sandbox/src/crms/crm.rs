//! What a CRM does in its own way.

use std::sync::LazyLock;

use fastrand::Rng;
use serde_json::Value;

use crate::facts::{Facts, Field};
use crate::ids::IdKind;
use crate::kind::Kind;

/// One CRM. No place has a default, so that a new CRM fills in each.
pub struct Crm {
    /// Its name in the service's paths.
    pub name: &'static str,
    /// Its fields, identities and messages.
    pub facts: LazyLock<Facts>,
    /// The id of a new record or list; the number counts those of its kind from 1.
    pub next_id: fn(IdKind, u64, &mut Rng) -> String,
    /// Whether a record may bring its own id.
    pub takes_own_ids: bool,
    /// Another field that identifies a contact, beside the one in its facts.
    pub contact_identifier: Option<&'static str>,
    /// The fields of an entity that no two records may share all of; the flag is for `strict`.
    pub unique_together: fn(&str, bool) -> &'static [&'static str],
    pub fields: FieldRules,
    pub lists: ListRules,
    pub messages: Messages,
}

/// What a CRM does with something that it could refuse.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    Refuse,
    /// The field is dropped, or the value is stored as it is or cut; nobody is told.
    Swallow,
}

/// What a CRM does with an address that is not one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum InvalidEmail {
    Refuse,
    Drop,
    Store,
}

/// What a CRM does with the fields of a record.
pub struct FieldRules {
    /// Whether it parses names and types before it looks for required fields.
    pub types_before_required: bool,
    /// By the field's key.
    pub unknown: fn(&str) -> Treatment,
    pub read_only: Treatment,
    pub unknown_option: Treatment,
    pub too_long: Treatment,
    /// Longest text of a field whose facts name no limit, in characters.
    pub max_length: Option<usize>,
    /// Longest text of a field that is measured in bytes instead.
    pub max_bytes: fn(&Field) -> Option<usize>,
    /// What it stores for a value of the wrong type; `None`: it refuses the value.
    pub wrong_type: fn(Kind, &Value) -> Option<Value>,
    pub invalid_email: fn(&Field) -> InvalidEmail,
    /// Whether it silently ignores such a value of an e-mail field.
    pub ignores_email: fn(&Field, &Value) -> bool,
    /// A valid value as it is read back.
    pub stored: fn(&Value) -> Value,
}

/// What a CRM answers to a change of a list's members.
pub struct ListRules {
    /// The refusal of a list id that it does not know.
    pub unknown_list: fn(&str) -> String,
    /// The refusal of a contact that is a member already; `None`: it ignores it.
    pub already_member: Option<&'static str>,
    /// The refusal to add a contact id that it does not know; `None`: it ignores it.
    pub unknown_contact: fn(&str) -> Option<String>,
    /// The refusal to remove a contact that is no member, by its id and whether it is known;
    /// `None`: it ignores it.
    pub not_a_member: fn(&str, bool) -> Option<String>,
    /// Whether the first contact that it refuses to add ends the change.
    pub stops_at_refusal: bool,
}

/// How a CRM completes its messages.
pub struct Messages {
    /// The name of the message for a value of the wrong type, in its facts.
    pub wrong_type: fn(Kind) -> &'static str,
    /// By the message and the missing fields.
    pub missing_required: fn(String, &str) -> String,
    /// By the message, the field and what is wrong.
    pub invalid_value: fn(String, &str, &str) -> String,
    /// By the message, the fields that must be unique and the id of the record that exists.
    pub duplicate: fn(String, &str, &str) -> String,
}
