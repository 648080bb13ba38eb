use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const KINDS: [PushKind; 2] = [PushKind::Contacts, PushKind::Companies];

/// Stands for the fields that no CRM has a place for.
const OWN: &str = "(own)";

/// Code, field and message of what was left out.
type Left = (FindingCode, String, String);

fn form(provider: Provider, kind: PushKind, rename: &[(&str, &str)]) -> Graph8Form {
    let own = |(from, to): &(&str, &str)| ((*from).to_owned(), (*to).to_owned());
    Graph8Form::new(provider, kind, &rename.iter().map(own).collect()).unwrap()
}

fn rewritten(form: &Graph8Form, row: &str) -> Result<(Value, Vec<Left>), String> {
    let (mut json, mut left) = (Vec::new(), Vec::new());
    form.rewrite(row.as_bytes(), &mut json, &mut |note| {
        left.push((
            note.code,
            note.field.unwrap_or_else(|| OWN.to_owned()),
            note.message,
        ));
    })?;
    Ok((serde_json::from_slice(&json).unwrap(), left))
}

fn record(form: &Graph8Form, row: &Value) -> Value {
    rewritten(form, &row.to_string()).unwrap().0
}

fn left_out(form: &Graph8Form, row: &Value) -> Vec<(FindingCode, String)> {
    let (_, left) = rewritten(form, &row.to_string()).unwrap();
    left.into_iter()
        .map(|(code, field, _)| (code, field))
        .collect()
}

fn contact() -> Value {
    json!({
        "id": 7, "first_name": "Ada", "last_name": "Lovelace", "work_email": "ada@example.com",
        "direct_phone": "+1 555 0100", "mobile_phone": "+1 555 0101", "job_title": "Countess",
        "job_department": "Research", "seniority_level": "c_suite",
        "linkedin_url": "https://linkedin.test/in/ada", "city": "London", "state": "", "country": "UK",
        "company_id": 9, "owner_id": null, "owner_name": "Grace", "custom_fields": {"udo_x": "y", "udo_y": null},
    })
}

fn company() -> Value {
    json!({
        "id": "c1", "name": "Acme", "description": "Anvils", "domain": "acme.test",
        "website": "https://www.acme.test/", "industry": "Oil & Energy", "employee_count": "1,200",
        "revenue": "1,500,000.50", "founded_year": 1949, "city": "Berlin", "state": "BE",
        "country": "Germany", "linkedin_url": "https://linkedin.test/company/acme",
        "linkedin_followers": 12, "logo_url": "https://acme.test/logo.png", "owner_id": null,
        "owner_name": null, "custom_fields": {},
    })
}

#[test]
fn names_of_graph8_are_bare() {
    for provider in Provider::ALL {
        for kind in KINDS {
            for row in graph8_fields(*provider, kind) {
                assert_eq!(bare(row.name), row.name);
            }
        }
    }
}

#[test]
fn a_contact_takes_the_form_of_each_crm() {
    for (provider, expected) in [
        (
            Provider::Hubspot,
            json!({
                "firstname": "Ada", "lastname": "Lovelace", "email": "ada@example.com",
                "phone": "+1 555 0100", "mobilephone": "+1 555 0101", "jobtitle": "Countess",
                "job_function": "Research", "seniority": "c_suite",
                "hs_linkedin_url": "https://linkedin.test/in/ada", "city": "London", "country": "UK",
            }),
        ),
        (
            Provider::Salesforce,
            json!({
                "FirstName": "Ada", "LastName": "Lovelace", "Email": "ada@example.com",
                "Phone": "+1 555 0100", "MobilePhone": "+1 555 0101", "Title": "Countess",
                "Department": "Research", "MailingCity": "London", "MailingCountry": "UK",
            }),
        ),
        (
            Provider::Pipedrive,
            json!({
                "name": "Ada Lovelace",
                "emails": [{"value": "ada@example.com", "primary": true, "label": "work"}],
                "phones": [
                    {"value": "+1 555 0100", "primary": true, "label": "work"},
                    {"value": "+1 555 0101", "primary": false, "label": "mobile"},
                ],
            }),
        ),
        (
            Provider::Zoho,
            json!({
                "First_Name": "Ada", "Last_Name": "Lovelace", "Email": "ada@example.com",
                "Phone": "+1 555 0100", "Mobile": "+1 555 0101", "Title": "Countess",
                "Department": "Research", "Mailing_City": "London", "Mailing_Country": "UK",
            }),
        ),
        (
            Provider::Sugarcrm,
            json!({
                "first_name": "Ada", "last_name": "Lovelace",
                "email": [{"email_address": "ada@example.com", "primary_address": true}],
                "phone_work": "+1 555 0100", "phone_mobile": "+1 555 0101", "title": "Countess",
                "department": "Research", "primary_address_city": "London",
                "primary_address_country": "UK",
            }),
        ),
    ] {
        let form = form(provider, PushKind::Contacts, &[]);
        assert_eq!(record(&form, &contact()), expected, "{provider}");
        let left = left_out(&form, &contact());
        for field in [OWN, "custom_fields.udo_x"] {
            let of_field = left.iter().filter(|(_, name)| name == field).count();
            assert_eq!(of_field, 1, "{provider} {field}");
        }
        // What is empty is nothing that is lost.
        for field in ["state", "owner_id", "custom_fields", "custom_fields.udo_y"] {
            assert!(
                left.iter().all(|(_, name)| name != field),
                "{provider} {field}"
            );
        }
    }
}

#[test]
fn a_company_takes_the_form_of_each_crm() {
    for (provider, expected) in [
        (
            Provider::Hubspot,
            json!({
                "name": "Acme", "description": "Anvils", "website": "https://www.acme.test/",
                "domain": "acme.test", "industry": "OIL_ENERGY", "numberofemployees": 1200,
                "annualrevenue": 1_500_000.5, "founded_year": "1949", "city": "Berlin", "state": "BE",
                "country": "Germany", "linkedin_company_page": "https://linkedin.test/company/acme",
                "hs_logo_url": "https://acme.test/logo.png",
            }),
        ),
        (
            Provider::Salesforce,
            json!({
                "Name": "Acme", "Description": "Anvils", "Website": "https://www.acme.test/",
                "Industry": "Oil & Energy", "NumberOfEmployees": 1200, "AnnualRevenue": 1_500_000.5,
                "BillingCity": "Berlin", "BillingState": "BE", "BillingCountry": "Germany",
            }),
        ),
        (
            Provider::Pipedrive,
            json!({
                "name": "Acme", "website": "https://www.acme.test/", "employee_count": 1200,
                "annual_revenue": 1_500_000.5, "linkedin": "https://linkedin.test/company/acme",
                "address": {
                    "value": "Berlin, BE, Germany", "locality": "Berlin", "admin_area_level_1": "BE",
                    "country": "Germany",
                },
            }),
        ),
        (
            Provider::Zoho,
            json!({
                "Account_Name": "Acme", "Description": "Anvils", "Website": "https://www.acme.test/",
                "Industry": "Oil & Energy", "Employees": 1200, "Annual_Revenue": 1_500_000.5,
                "Billing_City": "Berlin", "Billing_State": "BE", "Billing_Country": "Germany",
            }),
        ),
        (
            Provider::Sugarcrm,
            json!({
                "name": "Acme", "description": "Anvils", "website": "https://www.acme.test/",
                "industry": "Oil & Energy", "employees": "1,200", "annual_revenue": "1,500,000.50",
                "billing_address_city": "Berlin", "billing_address_state": "BE",
                "billing_address_country": "Germany",
            }),
        ),
    ] {
        let form = form(provider, PushKind::Companies, &[]);
        assert_eq!(record(&form, &company()), expected, "{provider}");
        let left = left_out(&form, &company());
        assert!(left.contains(&(FindingCode::LeftOut, OWN.to_owned())));
        // The website has it.
        assert!(left.iter().all(|(_, name)| name != "domain"), "{provider}");
    }
}

#[test]
fn text_that_is_no_number_is_left_out_where_the_crm_takes_one() {
    let row = json!({"name": "Acme", "employee_count": "51-200", "revenue": "$5M"});
    for provider in Provider::ALL.iter().copied() {
        let form = form(provider, PushKind::Companies, &[]);
        let left = left_out(&form, &row);
        if provider == Provider::Sugarcrm {
            assert_eq!(record(&form, &row)["employees"], "51-200");
            assert_eq!(left, []);
            continue;
        }
        assert_eq!(
            left,
            ["employee_count", "revenue"].map(|name| (FindingCode::NotANumber, name.to_owned()))
        );
        assert_eq!(
            record(&form, &row).as_object().unwrap().len(),
            1,
            "{provider}"
        );
    }
    let salesforce = form(Provider::Salesforce, PushKind::Companies, &[]);
    let (_, left) = rewritten(&salesforce, r#"{"employee_count":"1.5"}"#).unwrap();
    assert_eq!(
        left[0].2,
        "graph8's 'employee_count' is '1.5', and salesforce's 'NumberOfEmployees' takes a whole number: it is left out"
    );
}

#[test]
fn pipedrives_name_is_what_there_is_of_it() {
    let form = form(Provider::Pipedrive, PushKind::Contacts, &[]);
    for (row, name) in [
        (
            json!({"first_name": " Ada ", "last_name": "Lovelace"}),
            json!("Ada Lovelace"),
        ),
        (json!({"first_name": "Ada", "last_name": ""}), json!("Ada")),
        (json!({"last_name": "Lovelace"}), json!("Lovelace")),
        (json!({"first_name": "Ada", "last_name": 3}), json!("Ada 3")),
        (json!({"first_name": ["Ada"]}), json!(["Ada"])),
        (json!({"work_email": "a@b.test"}), Value::Null),
    ] {
        assert_eq!(record(&form, &row)["name"], name, "{row}");
    }
    let row = json!({"first_name": ["Ada"], "last_name": "Lovelace"});
    assert_eq!(record(&form, &row)["name"], "Lovelace");
    assert_eq!(
        left_out(&form, &row),
        [(FindingCode::LeftOut, "first_name".to_owned())]
    );
    let row = json!({"first_name": ["Ada"], "last_name": {"a": 1}});
    assert_eq!(record(&form, &row)["name"], json!(["Ada"]));
    assert_eq!(
        left_out(&form, &row),
        [(FindingCode::LeftOut, "last_name".to_owned())]
    );
    let row = json!({"mobile_phone": "1"});
    assert_eq!(
        record(&form, &row),
        json!({"phones": [{"value": "1", "primary": true, "label": "mobile"}]})
    );
}

#[test]
fn a_missing_name_stays_missing_and_nothing_else_is_made_up() {
    for provider in Provider::ALL.iter().copied() {
        for kind in KINDS {
            let form = form(provider, kind, &[]);
            let row =
                json!({"city": null, "name": "  ", "last_name": "\u{a0}", "custom_fields": null});
            assert_eq!(record(&form, &row), json!({}), "{provider} {kind}");
            assert_eq!(left_out(&form, &row), []);
        }
    }
}

#[test]
fn values_that_are_no_text_pass_as_they_are_and_numbers_become_text() {
    let form = form(Provider::Salesforce, PushKind::Contacts, &[]);
    let (record, _) = rewritten(
        &form,
        r#"{"direct_phone":5550100.0,"mobile_phone":5550100,"first_name":{"a":[1]},"last_name":true,"city":1.50}"#,
    )
    .unwrap();
    assert_eq!(
        record,
        json!({
            "Phone": "5550100", "MobilePhone": "5550100", "FirstName": {"a": [1]}, "LastName": true,
            "MailingCity": "1.50",
        })
    );
    let mut json = Vec::new();
    form.rewrite(b"[1]", &mut json, &mut |_| {}).unwrap();
    assert_eq!(json, b"[1]");
}

#[test]
fn a_website_stands_in_front_of_the_domain() {
    let form = form(Provider::Zoho, PushKind::Companies, &[]);
    let only = json!({"domain": "acme.test", "website": ""});
    assert_eq!(record(&form, &only), json!({"Website": "acme.test"}));
    let other = json!({"domain": "acme.test", "website": "acme.example"});
    assert_eq!(record(&form, &other), json!({"Website": "acme.example"}));
    assert_eq!(
        left_out(&form, &other),
        [(FindingCode::LeftOut, "domain".to_owned())]
    );
}

#[test]
fn rename_gives_fields_a_place() {
    let form = form(
        Provider::Salesforce,
        PushKind::Contacts,
        &[
            ("custom_fields.udo_x", "segment__c"),
            ("custom_fields.udo_n", "score__c"),
            ("seniority_level", "Seniority__c"),
            ("job_title", "Role__c"),
            ("extra", "Extra__c"),
            ("work_email", "Email"),
        ],
    );
    let row = json!({
        "work_email": "a@b.test", "job_title": "Countess", "seniority_level": "vp", "extra": 1.0,
        "custom_fields": {"udo_x": "gold", "udo_n": 7, "udo_z": 1}, "mystery": [0],
    });
    let (record, left) = rewritten(&form, &row.to_string()).unwrap();
    assert_eq!(
        record,
        json!({
            "Email": "a@b.test", "segment__c": "gold", "score__c": 7, "Seniority__c": "vp",
            "Role__c": "Countess", "Extra__c": 1.0,
        })
    );
    let names: Vec<&str> = left.iter().map(|(_, name, _)| name.as_str()).collect();
    assert_eq!(names, ["custom_fields.udo_z", "mystery"]);
    assert_eq!(
        left[1].2,
        "'mystery' is no field of graph8's contacts and is left out: give it a place with rename"
    );
    // As a table of columns has them.
    let (record, _) = rewritten(&form, r#"{"custom_fields.udo_x":"gold"}"#).unwrap();
    assert_eq!(record, json!({"segment__c": "gold"}));
}

#[test]
fn what_is_renamed_to_a_field_of_the_table_takes_its_form_and_comes_first() {
    let rename = [
        ("custom_fields.udo_staff", "numberofemployees"),
        ("custom_fields.udo_url", "website"),
    ];
    let hubspot = form(Provider::Hubspot, PushKind::Companies, &rename);
    let row = json!({"employee_count": "5", "custom_fields": {"udo_staff": "1,000"}});
    assert_eq!(record(&hubspot, &row), json!({"numberofemployees": 1000}));
    assert_eq!(
        left_out(&hubspot, &row),
        [(FindingCode::LeftOut, "employee_count".to_owned())]
    );
    // Without a value of its own it leaves the place to the table's.
    let row = json!({"employee_count": "5", "custom_fields": {"udo_staff": ""}});
    assert_eq!(record(&hubspot, &row), json!({"numberofemployees": 5}));

    let rename = [
        ("custom_fields.udo_mail", "emails"),
        ("job_title", "phones"),
    ];
    let pipedrive = form(Provider::Pipedrive, PushKind::Contacts, &rename);
    let row = json!({"work_email": "a@b.test", "job_title": "1", "custom_fields": {"udo_mail": "c@d.test"}});
    assert_eq!(
        record(&pipedrive, &row),
        json!({
            "emails": [
                {"value": "a@b.test", "primary": true, "label": "work"},
                {"value": "c@d.test", "primary": false, "label": "other"},
            ],
            "phones": [{"value": "1", "primary": true, "label": "other"}],
        })
    );
    let pipedrive = form(
        Provider::Pipedrive,
        PushKind::Contacts,
        &[("custom_fields.whole", "name")],
    );
    let row = json!({"first_name": "A", "last_name": "B", "custom_fields.whole": "Dr. C"});
    assert_eq!(record(&pipedrive, &row), json!({"name": "Dr. C"}));
    assert_eq!(left_out(&pipedrive, &row).len(), 2);
}

#[test]
fn two_renamed_fields_never_get_one_name() {
    let form = form(
        Provider::Zoho,
        PushKind::Contacts,
        &[("seniority_level", "Level"), ("job_title", "Level")],
    );
    let message = rewritten(&form, r#"{"seniority_level":"a","job_title":"b"}"#).unwrap_err();
    assert_eq!(
        message,
        "two of its fields would be 'Level': rename or leave out one"
    );
    assert!(rewritten(&form, r#"{"seniority_level":"a","job_title":""}"#).is_ok());
}

#[test]
fn custom_fields_can_travel_whole() {
    let form = form(
        Provider::Hubspot,
        PushKind::Contacts,
        &[("custom_fields", "notes")],
    );
    let row = json!({"custom_fields": {"udo_x": 1}});
    let (record, left) = rewritten(&form, &row.to_string()).unwrap();
    assert_eq!(record, json!({"notes": {"udo_x": 1}}));
    assert_eq!(left, []);
}

#[test]
fn repeated_members_count_once_and_the_last_one_wins() {
    let form = form(Provider::Hubspot, PushKind::Contacts, &[]);
    let (record, left) = rewritten(
        &form,
        r#"{"city":"a","city":"b","x":1,"x":2,"y":1,"y":null}"#,
    )
    .unwrap();
    assert_eq!(record, json!({"city": "b"}));
    assert_eq!(left.len(), 1);
}

#[test]
fn lists_and_empty_names_are_refused() {
    let none = BTreeMap::new();
    assert!(Graph8Form::new(Provider::Zoho, PushKind::Lists, &none).is_err());
    for (source, name) in [("", "a"), ("a", ""), ("custom_fields.", "a")] {
        let rename = BTreeMap::from([(source.to_owned(), name.to_owned())]);
        assert!(Graph8Form::new(Provider::Zoho, PushKind::Contacts, &rename).is_err());
    }
}

#[test]
fn the_table_names_each_field_once() {
    for provider in Provider::ALL.iter().copied() {
        for kind in KINDS {
            let mut names: Vec<&str> = graph8_fields(provider, kind)
                .iter()
                .map(|row| row.name)
                .collect();
            names.sort_unstable();
            let len = names.len();
            names.dedup();
            assert_eq!(names.len(), len);
        }
        assert!(graph8_fields(provider, PushKind::Lists).is_empty());
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        "[ 0-9,.eE+-]{0,8}".prop_map(Value::from),
        "(https?://)?(www\\.)?[a-zä.]{0,6}(:[0-9])?(/x)?".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::vec(("[a-z_\\\\\"é]{0,5}", inner), 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn any_name() -> impl Strategy<Value = String> {
    let mut known: Vec<String> = KINDS
        .iter()
        .flat_map(|kind| graph8_fields(Provider::Hubspot, *kind))
        .map(|row| row.name.to_owned())
        .collect();
    known.push("custom_fields.a".to_owned());
    prop_oneof![9 => proptest::sample::select(known), 1 => "\\PC{0,5}"]
}

proptest! {
    #[test]
    fn any_row_gives_an_object_of_nothing_empty(
        provider in proptest::sample::select(Provider::ALL),
        kind in proptest::sample::select(&KINDS[..]),
        row in proptest::collection::vec((any_name(), any_json()), 0..12),
        rename in proptest::collection::btree_map(any_name(), "[a-zA-Z]{1,6}|emails|name|address|website", 0..3),
    ) {
        prop_assume!(!rename.contains_key(""));
        let form = Graph8Form::new(provider, kind, &rename).unwrap();
        let members: Vec<String> = row
            .iter()
            .map(|(name, value)| format!("{} : {value}", Value::from(name.as_str())))
            .collect();
        let text = format!("{{ {} }}", members.join(" , "));
        if let Ok((record, left)) = rewritten(&form, &text) {
            let record = record.as_object().unwrap();
            let is_empty = |value: &Value| match value {
                Value::Null => true,
                Value::String(text) => text.trim().is_empty(),
                Value::Array(items) => items.is_empty(),
                Value::Object(members) => members.is_empty(),
                _ => false,
            };
            prop_assert!(!record.values().any(is_empty));
            let mut names: Vec<&String> = left.iter().map(|(_, name, _)| name).collect();
            names.sort_unstable();
            let count = names.len();
            names.dedup();
            prop_assert_eq!(names.len(), count);
        }
    }

    #[test]
    fn no_bytes_panic(row in proptest::collection::vec(any::<u8>(), 0..40)) {
        let form = form(Provider::Pipedrive, PushKind::Contacts, &[]);
        let text = [b"{".as_slice(), &row].concat();
        let _ = form.rewrite(&text, &mut Vec::new(), &mut |_| {});
    }
}
