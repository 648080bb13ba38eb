//! The headers of real exports against the fields of each CRM, as all languages run them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use graph8_crm::{EntityType, Fields, Provider, Suggestions};
use serde::Deserialize;
use serde_json::{Value, json};

/// What is expected of the names that are listed; the others have no field.
type ByName = BTreeMap<String, String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    source: String,
    entity_type: EntityType,
    names: Vec<String>,
    expected: BTreeMap<String, ByName>,
    #[serde(default)]
    reasons: BTreeMap<String, ByName>,
}

fn read<T: for<'de> Deserialize<'de>>(path: &str) -> T {
    let root: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = fs::read_to_string(root.join(path)).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn facts(provider: Provider, entity_type: EntityType) -> Vec<Value> {
    let facts: Value = read(&format!("facts/{provider}.json"));
    let fields = &facts["entities"][entity_type.as_str()]["fields"];
    fields.as_array().unwrap().clone()
}

/// The fields of a service that tells names and types, and nothing of what can be set.
fn fields(provider: Provider, entity_type: EntityType) -> Fields {
    let told: Vec<Value> = facts(provider, entity_type)
        .iter()
        .map(|field| json!({"slug": field["slug"], "name": field["name"], "type": field["type"]}))
        .collect();
    let saved = json!({"provider": provider, "entity_type": entity_type, "fields": told});
    Fields::from_json(&saved.to_string()).unwrap()
}

fn found(suggestions: &Suggestions) -> ByName {
    let found = suggestions.iter();
    found
        .filter_map(|found| Some((found.name.clone(), found.field.clone()?)))
        .collect()
}

#[test]
fn each_column_of_a_real_export_goes_where_each_crm_keeps_it() {
    let file: File = read("tests/contract/suggestions/headers.json");
    assert!(file.cases.len() >= 30);
    for case in &file.cases {
        for provider in Provider::ALL {
            let name = provider.as_str();
            let fields = fields(*provider, case.entity_type);
            let suggestions = fields.suggest(&case.names).unwrap();
            let given: Vec<&str> = suggestions.iter().map(|found| &*found.name).collect();
            assert_eq!(given, case.names);
            assert_eq!(
                found(&suggestions),
                case.expected[name],
                "{}: {name}",
                case.source
            );
            for (column, reason) in case.reasons.get(name).into_iter().flatten() {
                let found = suggestions.iter().find(|found| found.name == *column);
                assert_eq!(found.unwrap().reason, *reason, "{}: {name}", case.source);
            }
        }
    }
}

#[test]
fn no_field_is_given_twice_and_none_that_a_create_cannot_set() {
    for provider in Provider::ALL {
        for entity_type in EntityType::ALL {
            let facts = facts(*provider, *entity_type);
            let slugs: Vec<&str> = facts
                .iter()
                .filter_map(|field| field["slug"].as_str())
                .collect();
            let suggestions = fields(*provider, *entity_type).suggest(&slugs).unwrap();
            for (field, found) in facts.iter().zip(&suggestions) {
                let slug = field["slug"].as_str().unwrap();
                let is_read_only = field["read_only"] == true || slug == "id" || slug == "Id";
                // `Owner` is what any export calls a column of names.
                let is_lookup = field["type"].as_str().unwrap().ends_with("lookup");
                let is_any_word = is_lookup && !slug.contains('_');
                let expected = (!is_read_only && !is_any_word).then_some(slug);
                assert_eq!(
                    found.field.as_deref(),
                    expected,
                    "{provider} {entity_type} {slug}: {}",
                    found.reason
                );
            }
        }
    }
}

#[test]
fn a_custom_field_is_found_by_its_label() {
    let saved = json!({"provider": "salesforce", "entity_type": "contacts", "fields": [
        {"slug": "LinkedIn__c", "name": "LinkedIn Profile", "label": "LinkedIn Profile", "type": "url"},
        {"slug": "Shoe_Size__c", "name": "Shoe size", "label": "Shoe size", "type": "double"},
        {"slug": "Locked__c", "name": "Locked", "type": "boolean", "createable": false},
    ]});
    let fields = Fields::from_json(&saved.to_string()).unwrap();
    let suggestions = fields
        .suggest(["linkedin_url", "Shoe Size", "shoe sise", "Locked"])
        .unwrap();
    let reasons: Vec<_> = suggestions
        .iter()
        .map(|found| (found.field.as_deref(), found.reason.as_str()))
        .collect();
    assert_eq!(
        reasons,
        [
            (Some("LinkedIn__c"), "usual name for the LinkedIn page"),
            (Some("Shoe_Size__c"), "same label"),
            (
                None,
                "Shoe_Size__c is taken by 'Shoe Size', which fits it better"
            ),
            (None, "Locked__c cannot be set: Salesforce fills it itself"),
        ]
    );
    assert_eq!(suggestions.columns(), ["linkedin_url", "Shoe Size"]);
    assert_eq!(suggestions.rename().len(), 2);
    assert_eq!(
        fields
            .suggest(["shoe sise"])
            .unwrap()
            .first()
            .map(|found| found.reason.clone()),
        Some("nearest label".to_owned())
    );
}

#[test]
fn fields_that_do_not_say_whose_they_are_suggest_nothing_and_say_what_to_do() {
    let error = Fields::from(Vec::new()).suggest(["Email"]).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("client.fields(provider, entity_type)"),
        "{error}"
    );
}
