//! Rules of standard and of live fields.

use serde_json::{Map, Value, json};

use super::*;

fn live(fields: Value) -> Vec<Field> {
    let fields: Vec<Map<String, Value>> = serde_json::from_value(fields).unwrap();
    fields
        .into_iter()
        .map(|mut field| {
            let known = ["name", "slug", "type", "required", "label"];
            let extra: Map<String, Value> = field
                .iter()
                .filter(|(name, _)| !known.contains(&name.as_str()))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            field.insert("extra".to_owned(), Value::Object(extra));
            serde_json::from_value(Value::Object(field)).unwrap()
        })
        .collect()
}

fn rules(provider: Provider, fields: Value) -> Rules {
    Rules::new(provider, PushKind::Contacts, &live(fields))
}

#[test]
fn names_are_exact_but_in_salesforce() {
    let salesforce = rules(Provider::Salesforce, json!([]));
    assert_eq!(&*salesforce.field("LASTNAME").unwrap().slug, "LastName");
    for (provider, name) in [
        (Provider::Hubspot, "Email"),
        (Provider::Pipedrive, "Name"),
        (Provider::Zoho, "email"),
        (Provider::Sugarcrm, "Last_Name"),
    ] {
        let rules = rules(provider, json!([]));
        assert!(rules.field(name).is_none(), "{provider}");
        assert!(rules.similar(name).is_some(), "{provider}");
    }
}

#[test]
fn similar_names_differ_by_case_blanks_and_a_mark() {
    let hubspot = rules(Provider::Hubspot, json!([]));
    for name in [
        "Email",
        " email",
        "\u{feff}email",
        "\u{ef}\u{bb}\u{bf}email",
        "First Name",
    ] {
        assert!(hubspot.similar(name).is_some(), "{name:?}");
    }
    for name in ["email", "e-mail", "mail", ""] {
        assert_eq!(hubspot.similar(name), None, "{name:?}");
    }
    let salesforce = rules(Provider::Salesforce, json!([]));
    assert_eq!(salesforce.similar("email"), None);
    assert_eq!(salesforce.similar("email "), Some("Email"));
}

#[test]
fn the_nearest_name_is_found_by_slug_and_label() {
    let hubspot = rules(Provider::Hubspot, json!([]));
    assert_eq!(hubspot.nearest("jobtitl"), Some("jobtitle"));
    assert_eq!(hubspot.nearest("e-mail"), Some("email"));
    assert_eq!(hubspot.nearest("Mobile Phone Number"), Some("mobilephone"));
    assert_eq!(hubspot.nearest("first_name"), Some("firstname"));
    assert_eq!(hubspot.nearest("qqqq"), None);
    let zoho = rules(Provider::Zoho, json!([]));
    assert_eq!(zoho.nearest("lastname"), Some("Last_Name"));
}

#[test]
fn live_fields_win_over_facts() {
    let rules = rules(
        Provider::Hubspot,
        json!([
            {"slug": "email", "type": "string"},
            {"slug": "jobtitle", "type": "enumeration", "fieldType": "select", "required": true,
             "options": [{"label": "Boss", "value": "boss"}, {"label": "Hand", "value": "hand"}]},
            {"slug": "score", "type": "number", "label": "Score"},
        ]),
    );
    assert_eq!(rules.field("email").unwrap().kind, Kind::Email);
    let title = rules.field("jobtitle").unwrap();
    assert_eq!(title.kind, Kind::Option);
    assert!(title.is_required);
    assert!(title.choices.has(b"boss"));
    assert_eq!(&*title.choices.labelled("Hand").unwrap().value, "hand");
    assert_eq!(rules.field("score").unwrap().kind, Kind::Number);
    assert!(rules.field("lastname").is_none(), "not among the live ones");
}

#[test]
fn lengths_and_options_come_in_each_crms_shape() {
    let salesforce = rules(
        Provider::Salesforce,
        json!([
            {"slug": "Tier__c", "type": "picklist", "length": 40, "restrictedPicklist": true,
             "picklistValues": [{"value": "A", "label": "First", "active": true},
                                {"value": "B", "active": false}]},
            {"slug": "Owner__c", "type": "reference", "referenceTo": ["User"], "createable": false},
        ]),
    );
    let tier = salesforce.field("tier__c").unwrap();
    assert_eq!(tier.max_length, Some(40));
    assert_eq!(tier.on_other_choice, Treatment::Refuses);
    assert!(tier.choices.has(b"A") && !tier.choices.has(b"B"));
    assert!(salesforce.field("Owner__c").unwrap().is_read_only);

    let zoho = rules(
        Provider::Zoho,
        json!([{"slug": "Grade", "type": "picklist", "length": "120",
                "pick_list_values": [{"display_value": "Top", "actual_value": "top"}]}]),
    );
    assert!(zoho.field("Grade").unwrap().choices.has(b"top"));

    let pipedrive = rules(
        Provider::Pipedrive,
        json!([{"slug": "0123456789abcdef0123456789abcdef01234567", "type": "enum",
                "options": [{"id": 7, "label": "Seven"}]}]),
    );
    let field = pipedrive
        .field("0123456789abcdef0123456789abcdef01234567")
        .unwrap();
    assert!(field.choices.has(b"7"));

    let sugar = rules(
        Provider::Sugarcrm,
        json!([{"slug": "tier_c", "type": "enum", "len": 50, "options": {"a": "First", "": ""}},
               {"slug": "kind_c", "type": "enum", "options": "kind_dom"}]),
    );
    assert!(sugar.field("tier_c").unwrap().choices.has(b"a"));
    assert!(sugar.field("kind_c").unwrap().choices.is_empty());
}

#[test]
fn a_requirement_of_the_crm_itself_stays() {
    let pipedrive = rules(
        Provider::Pipedrive,
        json!([{"slug": "name", "type": "varchar", "required": false},
               {"slug": "email", "type": "varchar"}]),
    );
    assert!(pipedrive.field("name").unwrap().is_required);
    assert!(pipedrive.field("emails").unwrap().is_implied);
    let salesforce = rules(
        Provider::Salesforce,
        json!([{"slug": "LastName", "type": "string", "required": true},
               {"slug": "DoNotCall", "type": "boolean", "required": true}]),
    );
    let do_not_call = salesforce.field("DoNotCall").unwrap();
    assert!(!do_not_call.is_required, "Salesforce fills it");
}
