//! Pipedrive.

use std::sync::LazyLock;

use serde_json::Value;

use super::crm::Treatment::{self, Refuse, Swallow};
use super::crm::{Crm, FieldRules, InvalidEmail, ListRules, Messages};
use crate::facts::Facts;
use crate::kind::Kind;

const UNKNOWN_CONTACT: &str = "Entity was not found";

pub static CRM: Crm = Crm {
    name: "pipedrive",
    facts: LazyLock::new(|| Facts::parse(include_str!("../../../facts/pipedrive.json"))),
    next_id: |_, number, _| number.to_string(),
    takes_own_ids: false,
    contact_identifier: Some("emails"),
    unique_together: |_, _| &[],
    fields: FieldRules {
        types_before_required: false,
        unknown: unknown_field,
        read_only: Swallow,
        unknown_option: Refuse,
        too_long: Refuse,
        max_length: None,
        max_bytes: |_| None,
        wrong_type: |_, _| None,
        invalid_email: |_| InvalidEmail::Store,
        ignores_email: |_, _| false,
        stored: Value::clone,
    },
    lists: ListRules {
        unknown_list: |id| format!("label {id} is not an option"),
        already_member: None,
        unknown_contact: |_| Some(UNKNOWN_CONTACT.to_owned()),
        not_a_member: |_, is_known| (!is_known).then(|| UNKNOWN_CONTACT.to_owned()),
        stops_at_refusal: false,
    },
    messages: Messages {
        wrong_type: |kind| match kind {
            Kind::DateTime => "wrong_type_datetime",
            _ => "wrong_type",
        },
        missing_required: |message, _| message,
        invalid_value: |message, _, _| message,
        duplicate: |message, _, _| message,
    },
};

/// Only what has the form of a custom field's key is refused.
fn unknown_field(slug: &str) -> Treatment {
    if slug.len() == 40 && slug.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Refuse
    } else {
        Swallow
    }
}
