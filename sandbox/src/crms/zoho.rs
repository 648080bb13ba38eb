//! Zoho CRM. Its messages name neither field nor value, its details name the field.

use std::sync::LazyLock;

use fastrand::Rng;
use serde_json::Value;

use super::crm::Treatment::{Refuse, Swallow};
use super::crm::{Crm, FieldRules, InvalidEmail, ListRules, Messages};
use crate::facts::Facts;
use crate::ids::IdKind;

const UNKNOWN_CONTACT: &str = "INVALID_DATA: the related id given seems to be invalid";

pub static CRM: Crm = Crm {
    name: "zoho",
    facts: LazyLock::new(|| Facts::parse(include_str!("../../../facts/zoho.json"))),
    next_id,
    takes_own_ids: false,
    contact_identifier: None,
    unique_together: |entity, strict| match entity {
        "contacts" if strict => &["Email"],
        _ => &[],
    },
    fields: FieldRules {
        types_before_required: false,
        unknown: |_| Swallow,
        read_only: Swallow,
        unknown_option: Swallow,
        too_long: Refuse,
        max_length: None,
        max_bytes: |_| None,
        wrong_type: |_, _| None,
        invalid_email: |_| InvalidEmail::Refuse,
        ignores_email: |_, _| false,
        stored: Value::clone,
    },
    lists: ListRules {
        unknown_list: |_| "INVALID_DATA: the id given seems to be invalid".to_owned(),
        already_member: None,
        unknown_contact: |_| Some(UNKNOWN_CONTACT.to_owned()),
        not_a_member: |_, is_known| (!is_known).then(|| UNKNOWN_CONTACT.to_owned()),
        stops_at_refusal: false,
    },
    messages: Messages {
        wrong_type: |_| "wrong_type",
        missing_required: |message, slugs| format!("MANDATORY_NOT_FOUND: {message} ({slugs})"),
        invalid_value: |message, slug, details| {
            format!("INVALID_DATA: {message} (api_name: {slug}, {details})")
        },
        duplicate: |message, slugs, id| {
            format!("DUPLICATE_DATA: {message} (api_name: {slugs}, id: {id})")
        },
    },
};

fn next_id(kind: IdKind, number: u64, _: &mut Rng) -> String {
    let block = match kind {
        IdKind::Contact => 2_105_000,
        IdKind::Company => 3_106_000,
        IdKind::List => 987_000,
    };
    format!("5725767{:012}", block + number)
}
