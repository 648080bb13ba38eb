//! What a CRM does in its own way.

use std::sync::LazyLock;

use fastrand::Rng;
use serde_json::Value;

use super::verdict::Verdict;
use crate::facts::{Facts, Field};
use crate::ids::IdKind;

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
    /// What its own metadata say of a field, beside name, type, label and whether it is required.
    pub describe: fn(&Field) -> Value,
    pub lists: ListRules,
    pub messages: Messages,
}

/// What a CRM does with something that it could refuse.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    Refuse,
    /// The field is dropped; nobody is told.
    Swallow,
}

/// What a CRM does with the fields of a record.
pub struct FieldRules {
    /// Whether it parses names and types before it looks for required fields.
    pub types_before_required: bool,
    /// Whether two names that differ only by case are one.
    pub ignores_case: bool,
    /// By the field's key.
    pub unknown: fn(&str) -> Treatment,
    pub read_only: Treatment,
    /// What becomes of a field's value.
    pub value: fn(&Field, &Value) -> Verdict,
    /// The name under which a record may name the other one by a field of that, by the key of the field that
    /// takes its id.
    pub relation: fn(&str) -> Option<String>,
    /// The member in which a record may have its custom fields.
    pub custom_fields: Option<&'static str>,
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
    /// By the message and the missing fields.
    pub missing_required: fn(String, &str) -> String,
    /// By the message, the fields that must be unique and the id of the record that exists.
    pub duplicate: fn(String, &str, &str) -> String,
}
