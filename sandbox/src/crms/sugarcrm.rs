//! SugarCRM, which swallows nearly everything.

use std::sync::LazyLock;

use serde_json::Value;

use super::crm::Treatment::Swallow;
use super::crm::{Crm, FieldRules, InvalidEmail, ListRules, Messages};
use crate::facts::{Facts, Field};
use crate::ids;
use crate::kind::Kind;

/// Longest value of a text field, in bytes.
const TEXT_MAX_BYTES: usize = 65_535;
const UNKNOWN_CONTACT: &str = "Could not find the related bean";

pub static CRM: Crm = Crm {
    name: "sugarcrm",
    facts: LazyLock::new(|| Facts::parse(include_str!("../../../facts/sugarcrm.json"))),
    next_id: |_, _, rng| ids::uuid(rng),
    takes_own_ids: true,
    contact_identifier: Some("email"),
    unique_together: |_, _| &[],
    fields: FieldRules {
        types_before_required: false,
        unknown: |_| Swallow,
        read_only: Swallow,
        unknown_option: Swallow,
        too_long: Swallow,
        max_length: None,
        max_bytes: |field| (field.field_type == "text").then_some(TEXT_MAX_BYTES),
        wrong_type,
        invalid_email,
        // A plain string where the array belongs.
        ignores_email: |field, value| field.is_array() && !value.is_array(),
        stored: Value::clone,
    },
    lists: ListRules {
        unknown_list: |_| "Not allowed to perform action \"save\" on this record".to_owned(),
        already_member: None,
        unknown_contact: |_| Some(UNKNOWN_CONTACT.to_owned()),
        not_a_member: |_, _| Some(UNKNOWN_CONTACT.to_owned()),
        // The contacts before it stay linked.
        stops_at_refusal: true,
    },
    messages: Messages {
        wrong_type: |_| "wrong_type",
        missing_required: |message, _| message,
        invalid_value: |message, _, _| message,
        duplicate: |message, _, _| message,
    },
};

/// Only dates are refused, and integers become 0.
fn wrong_type(kind: Kind, value: &Value) -> Option<Value> {
    match kind {
        Kind::Date | Kind::DateTime => None,
        Kind::Integer => Some(Value::from(0)),
        Kind::Text | Kind::Number | Kind::Boolean | Kind::Option | Kind::Other => {
            Some(value.clone())
        }
    }
}

/// The array of addresses is checked; the flat field drops what is not one.
fn invalid_email(field: &Field) -> InvalidEmail {
    if field.is_array() {
        InvalidEmail::Refuse
    } else {
        InvalidEmail::Drop
    }
}
