//! Salesforce.

use std::sync::LazyLock;

use fastrand::Rng;
use serde_json::Value;

use super::crm::Treatment::{Refuse, Swallow};
use super::crm::{Crm, FieldRules, InvalidEmail, ListRules, Messages};
use crate::facts::Facts;
use crate::ids::IdKind;

const INVALID_REFERENCE: &str = "invalid cross reference id";
const CHECK_CHARACTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

pub static CRM: Crm = Crm {
    name: "salesforce",
    facts: LazyLock::new(|| Facts::parse(include_str!("../../../facts/salesforce.json"))),
    next_id,
    takes_own_ids: false,
    contact_identifier: None,
    // The standard rules of new orgs, which match names with another value.
    unique_together: |entity, _| match entity {
        "contacts" => &["LastName", "Email"],
        "companies" => &["Name", "Website"],
        _ => &[],
    },
    fields: FieldRules {
        types_before_required: true,
        unknown: |_| Refuse,
        read_only: Refuse,
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
        unknown_list: |id| refusal_of_id("Campaign", id),
        already_member: Some("Already a campaign member."),
        unknown_contact: |id| Some(refusal_of_id("Contact", id)),
        not_a_member: |_, _| None,
        stops_at_refusal: false,
    },
    messages: Messages {
        wrong_type: |_| "wrong_type",
        missing_required: |message, _| message,
        invalid_value: |message, _, _| message,
        duplicate: |message, _, _| message,
    },
};

/// Malformed ids are told from unknown ones.
fn refusal_of_id(object: &str, id: &str) -> String {
    if matches!(id.len(), 15 | 18) && id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        INVALID_REFERENCE.to_owned()
    } else {
        format!("{object} ID: id value of incorrect type: {id}")
    }
}

fn next_id(kind: IdKind, number: u64, _: &mut Rng) -> String {
    let prefix = match kind {
        IdKind::Contact => "003",
        IdKind::Company => "001",
        IdKind::List => "701",
    };
    let mut id = format!("{prefix}D000000{:0>5}", base62(number));
    let suffix = check_characters(&id);
    id.push_str(&suffix);
    id
}

fn base62(mut number: u64) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut digits = Vec::new();
    while number > 0 {
        digits.push(char::from(
            DIGITS[usize::try_from(number % 62).unwrap_or_default()],
        ));
        number /= 62;
    }
    digits.iter().rev().collect()
}

/// For each of the three groups of five characters: bit i is set when character i is A-Z.
fn check_characters(id: &str) -> String {
    id.as_bytes()
        .chunks(5)
        .map(|group| {
            let bits = group
                .iter()
                .enumerate()
                .filter(|(_, character)| character.is_ascii_uppercase())
                .fold(0_usize, |bits, (place, _)| bits | 1 << place);
            char::from(CHECK_CHARACTERS[bits])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn salesforce_check_characters_reproduce_known_ids() {
        assert_eq!(check_characters("001D000000IRFma"), "IAH");
        assert_eq!(check_characters("003g5000002Dp5O"), "AAS");
    }
}
