//! Every type of every CRM: what it takes, what it swallows and what it refuses.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Rules;
use crate::crms::Provider;
use crate::facts::Field;

/// The cases of one type; a name after the type's own tells apart those of one type.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    /// The type, where it is not the first word of the name.
    #[serde(default, rename = "type")]
    field_type: Option<String>,
    /// What the field has beside its type.
    #[serde(default)]
    field: Map<String, Value>,
    taken: Vec<Value>,
    /// Each with what is stored, or null for what is dropped.
    #[serde(default)]
    swallowed: Vec<(Value, Value)>,
    #[serde(default)]
    refused: Vec<Value>,
}

fn table() -> BTreeMap<String, BTreeMap<String, Cases>> {
    serde_json::from_str(include_str!("values.json")).unwrap()
}

fn type_of<'a>(name: &'a str, cases: &'a Cases) -> &'a str {
    let first = name.split(' ').next().unwrap_or(name);
    cases.field_type.as_deref().unwrap_or(first)
}

/// What is stored of a value in a custom field with those facts; nothing when it is dropped.
fn stored(provider: Provider, field: &Field, value: &Value, strict: bool) -> Result<Value, String> {
    let crm = provider.crm();
    let rules = Rules {
        crm,
        entity: &crm.facts.entities["contacts"],
        entity_name: "contacts",
        custom: std::slice::from_ref(field),
        strict,
    };
    let mut record = match provider {
        Provider::HubSpot => json!({"firstname": "A"}),
        Provider::Salesforce => json!({"LastName": "A"}),
        Provider::Pipedrive => json!({"name": "A"}),
        Provider::Zoho => json!({"Last_Name": "A"}),
        Provider::SugarCrm => json!({"last_name": "A"}),
    };
    let value = match value.as_str() {
        Some("<65536>") => json!("x".repeat(65_536)),
        _ => value.clone(),
    };
    record[&field.slug] = value;
    let stored = rules.check(record.as_object().unwrap())?;
    Ok(stored.get(&field.slug).cloned().unwrap_or_default())
}

#[test]
fn each_type_takes_swallows_and_refuses_what_the_facts_say() {
    let table = table();
    for &provider in Provider::ALL {
        for (name, cases) in &table[provider.name()] {
            let mut field = Value::Object(cases.field.clone());
            field["slug"] = json!("judged");
            field["type"] = json!(type_of(name, cases));
            let field: Field = serde_json::from_value(field).unwrap();
            let judge = |value: &Value, strict| stored(provider, &field, value, strict);
            for value in &cases.taken {
                for strict in [false, true] {
                    let outcome = judge(value, strict);
                    assert!(outcome.is_ok(), "{provider:?} {name} {value}: {outcome:?}");
                }
            }
            for (value, expected) in &cases.swallowed {
                let outcome = judge(value, false);
                assert_eq!(
                    outcome.as_ref(),
                    Ok(expected),
                    "{provider:?} {name} {value}"
                );
                let outcome = judge(value, true);
                assert!(
                    outcome.is_err(),
                    "{provider:?} {name} {value}, strict: {outcome:?}"
                );
            }
            for value in &cases.refused {
                for strict in [false, true] {
                    let outcome = judge(value, strict);
                    assert!(outcome.is_err(), "{provider:?} {name} {value}: {outcome:?}");
                }
                let message = judge(value, false).unwrap_err();
                let is_filled = !message.is_empty()
                    && !message.contains("{key}")
                    && !message.contains("{value}");
                assert!(is_filled, "{provider:?} {name} {value}: {message}");
            }
        }
    }
}

#[test]
fn each_type_that_a_create_can_set_has_its_cases() {
    let table = table();
    for &provider in Provider::ALL {
        let cases = &table[provider.name()];
        let known: BTreeSet<&str> = cases
            .iter()
            .map(|(name, cases)| type_of(name, cases))
            .collect();
        for entity in provider.crm().facts.entities.values() {
            for field in entity.fields.iter().filter(|field| !field.read_only) {
                let field_type = field.field_type.as_str();
                assert!(
                    known.contains(field_type),
                    "{provider:?}: no case for {field_type}"
                );
            }
        }
        for (name, cases) in cases {
            let untaken = cases.refused.len() + cases.swallowed.len();
            assert!(
                !cases.taken.is_empty() && untaken > 0,
                "{provider:?} {name}"
            );
        }
    }
}

#[test]
fn custom_fields_of_pipedrive_stand_at_the_top_or_in_their_own_member() {
    let hash = "0123456789abcdef0123456789abcdef01234567";
    let field: Field = serde_json::from_value(json!({"slug": hash, "type": "int"})).unwrap();
    let crm = Provider::Pipedrive.crm();
    let rules = Rules {
        crm,
        entity: &crm.facts.entities["contacts"],
        entity_name: "contacts",
        custom: std::slice::from_ref(&field),
        strict: false,
    };
    let check = |record: Value| rules.check(record.as_object().unwrap()).map(Value::Object);
    let expected = json!({"name": "A", hash: 5});
    assert_eq!(
        check(json!({"name": "A", "custom_fields": {hash: 5}})),
        Ok(expected.clone())
    );
    assert_eq!(check(json!({"name": "A", hash: 5})), Ok(expected));
    assert!(check(json!({"name": "A", "custom_fields": null})).is_ok());
    for custom in [
        json!({hash: "5"}),
        json!({"f".repeat(40): 5}),
        json!({"name": "B"}),
        json!([hash]),
        json!(""),
    ] {
        let outcome = check(json!({"name": "A", "custom_fields": custom}));
        assert!(outcome.is_err(), "{custom}: {outcome:?}");
    }
}

#[test]
fn only_salesforce_reads_names_in_any_case() {
    for (provider, record, is_taken) in [
        (
            Provider::Salesforce,
            json!({"lastname": "A", "EMAIL": "a@b.co"}),
            true,
        ),
        (
            Provider::HubSpot,
            json!({"email": "a@b.co", "FirstName": "A"}),
            false,
        ),
        (Provider::Zoho, json!({"last_name": "A"}), false),
        (Provider::Pipedrive, json!({"Name": "A"}), false),
        (
            Provider::SugarCrm,
            json!({"last_name": "A", "Title": "B"}),
            false,
        ),
    ] {
        let crm = provider.crm();
        let rules = Rules {
            crm,
            entity: &crm.facts.entities["contacts"],
            entity_name: "contacts",
            custom: &[],
            strict: true,
        };
        let outcome = rules.check(record.as_object().unwrap());
        assert_eq!(outcome.is_ok(), is_taken, "{provider:?}: {outcome:?}");
    }
    let crm = Provider::Salesforce.crm();
    let record = json!({"lastname": "A", "eMail": "a@b.co"});
    let record = record.as_object().unwrap();
    assert_eq!(super::identity(crm, "contacts", record), "a@b.co");
}
