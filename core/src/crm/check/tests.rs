//! Each finding in each CRM.

use serde_json::{Value, json};

use super::*;
use crate::names::Provider::{self, Hubspot, Pipedrive, Salesforce, Sugarcrm, Zoho};
use crate::report::Severity::{Error, Warning};

fn checked(
    provider: Provider,
    kind: PushKind,
    records: &[&str],
) -> (Vec<Option<String>>, CheckedRecords) {
    let mut checker = Checker::new(Arc::new(Rules::new(provider, kind, &[])));
    let messages = records
        .iter()
        .enumerate()
        .map(|(index, record)| checker.check(index, record.as_bytes()))
        .collect();
    (messages, checker.finish())
}

/// A contact that its CRM takes.
fn good(provider: Provider) -> Value {
    match provider {
        Hubspot => json!({"email": "ada@x.test"}),
        Salesforce => json!({"LastName": "Lovelace", "Email": "ada@x.test"}),
        Pipedrive => json!({"name": "Ada", "emails": [{"value": "ada@x.test"}]}),
        Zoho => json!({"Last_Name": "Lovelace", "Email": "ada@x.test"}),
        Sugarcrm => json!({"last_name": "Lovelace", "email1": "ada@x.test"}),
    }
}

/// What is found in a good contact with one value changed.
fn found(provider: Provider, field: &str, value: Value) -> Vec<(FindingCode, Severity)> {
    let mut record = good(provider);
    record[field] = value;
    let (messages, checked) = checked(provider, PushKind::Contacts, &[&record.to_string()]);
    let has_error = checked
        .problems
        .iter()
        .any(|problem| problem.severity == Error);
    assert_eq!(messages[0].is_some(), has_error, "{record}");
    checked
        .problems
        .iter()
        .map(|problem| (problem.code, problem.severity))
        .collect()
}

#[test]
fn a_good_record_has_no_finding() {
    for &provider in Provider::ALL {
        let (messages, checked) =
            checked(provider, PushKind::Contacts, &[&good(provider).to_string()]);
        assert_eq!(messages, [None], "{provider}");
        assert!(
            checked.findings.is_empty(),
            "{provider}: {:?}",
            checked.findings
        );
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn each_code_has_the_severity_of_what_the_crm_does() {
    use FindingCode::*;
    let long = "x".repeat(70_000);
    for (provider, field, value, code, severity) in [
        (Hubspot, "jobtitel", json!("x"), UnknownField, Error),
        (Salesforce, "Titel", json!("x"), UnknownField, Error),
        (Pipedrive, "titel", json!("x"), UnknownField, Warning),
        (
            Pipedrive,
            "0123456789abcdef0123456789abcdef01234567",
            json!("x"),
            UnknownField,
            Error,
        ),
        (Zoho, "Titel", json!("x"), UnknownField, Warning),
        (Sugarcrm, "titel", json!("x"), UnknownField, Warning),
        (Salesforce, "LastName", json!(""), MissingRequired, Error),
        (Hubspot, "email", json!(null), MissingRequired, Error),
        (Pipedrive, "name", json!(""), MissingRequired, Error),
        (Zoho, "Last_Name", json!(null), MissingRequired, Error),
        (Sugarcrm, "last_name", json!(""), MissingRequired, Warning),
        (Hubspot, "jobtitle", json!(["a"]), WrongType, Error),
        (Salesforce, "DoNotCall", json!("yes"), WrongType, Error),
        (Pipedrive, "org_id", json!("12"), WrongType, Error),
        (Zoho, "Phone", json!(5_550_100), WrongType, Error),
        (Sugarcrm, "email", json!("ada@x.test"), WrongType, Warning),
        (Hubspot, "closedate", json!("soon"), BadDate, Error),
        (
            Salesforce,
            "Birthdate",
            json!("2026-01-31T00:00:00Z"),
            BadDate,
            Error,
        ),
        (
            Pipedrive,
            "add_time",
            json!("2026-01-31T10:00:00.5Z"),
            BadDate,
            Error,
        ),
        (Zoho, "Date_of_Birth", json!("31.01.2026"), BadDate, Error),
        (Sugarcrm, "birthdate", json!("soon"), BadDate, Error),
        (Hubspot, "email", json!("ada"), InvalidEmail, Error),
        (Salesforce, "Email", json!("ada"), InvalidEmail, Error),
        (
            Pipedrive,
            "emails",
            json!([{"value": "ada"}]),
            InvalidEmail,
            Warning,
        ),
        (Zoho, "Email", json!("ada"), InvalidEmail, Error),
        (Sugarcrm, "email1", json!("ada"), InvalidEmail, Warning),
        (
            Sugarcrm,
            "email",
            json!([{"email_address": "ada"}]),
            InvalidEmail,
            Error,
        ),
        (
            Hubspot,
            "lifecyclestage",
            json!("nobody"),
            InvalidOption,
            Error,
        ),
        (
            Salesforce,
            "LeadSource",
            json!("Nobody"),
            InvalidOption,
            Warning,
        ),
        (Pipedrive, "label_ids", json!([99]), InvalidOption, Error),
        (Zoho, "Lead_Source", json!("Nobody"), InvalidOption, Warning),
        (
            Sugarcrm,
            "lead_source",
            json!("Nobody"),
            InvalidOption,
            Warning,
        ),
        (Hubspot, "jobtitle", json!(long), TooLong, Error),
        (
            Salesforce,
            "FirstName",
            json!("é".repeat(41)),
            TooLong,
            Error,
        ),
        (Pipedrive, "name", json!("x".repeat(256)), TooLong, Error),
        (Zoho, "First_Name", json!("x".repeat(41)), TooLong, Error),
        (Sugarcrm, "title", json!("x".repeat(101)), TooLong, Warning),
        (Hubspot, "createdate", json!("2026-01-31"), ReadOnly, Error),
        (
            Salesforce,
            "Id",
            json!("003g5000002Dp5OAAS"),
            ReadOnly,
            Error,
        ),
        (Pipedrive, "first_name", json!("Ada"), ReadOnly, Warning),
        (Zoho, "Full_Name", json!("Ada"), ReadOnly, Warning),
        (Sugarcrm, "full_name", json!("Ada"), ReadOnly, Warning),
        (
            Hubspot,
            "lifecyclestage",
            json!("lead "),
            SurroundingBlanks,
            Error,
        ),
        (
            Salesforce,
            "Email",
            json!("ada\u{200b}@x.test"),
            SurroundingBlanks,
            Error,
        ),
        (Pipedrive, "name", json!(" Ada"), SurroundingBlanks, Warning),
        (
            Zoho,
            "Email",
            json!("\u{a0}ada@x.test"),
            SurroundingBlanks,
            Error,
        ),
        (
            Sugarcrm,
            "email1",
            json!(" ada@x.test"),
            SurroundingBlanks,
            Warning,
        ),
        (Hubspot, "phone", json!(5_550_100.0), NumberAsFloat, Warning),
        (Hubspot, "phone", json!("5550100.0"), NumberAsFloat, Warning),
        (Zoho, "Phone", json!("5550100.0"), NumberAsFloat, Warning),
        (
            Sugarcrm,
            "phone_work",
            json!(5_550_100.0),
            NumberAsFloat,
            Warning,
        ),
    ] {
        let found = found(provider, field, value);
        assert!(
            found.contains(&(code, severity)),
            "{provider} {field}: {found:?}"
        );
    }
}

#[test]
fn lengths_count_characters() {
    assert!(found(Salesforce, "FirstName", json!("é".repeat(40))).is_empty());
}

#[test]
fn a_name_that_is_almost_a_fields_is_told() {
    for (provider, name) in [
        (Hubspot, "JobTitle"),
        (Zoho, " Title"),
        (Sugarcrm, "\u{feff}title"),
    ] {
        let found = found(provider, name, json!("x"));
        assert!(
            found.contains(&(FindingCode::SimilarName, Warning)),
            "{provider}: {found:?}"
        );
    }
    assert!(found(Salesforce, "TITLE", json!("x")).is_empty());
}

#[test]
fn messages_say_what_where_and_what_was_meant() {
    let records = [
        r#"{"email":"a@x.test","jobtitel":"x"}"#,
        r#"{"email":"nobody"}"#,
        r#"{"phone":"1"}"#,
    ];
    let (messages, checked) = checked(Hubspot, PushKind::Contacts, &records);
    assert_eq!(
        messages,
        [
            Some("'jobtitel' is no field of a HubSpot contact: did you mean 'jobtitle'?".to_owned()),
            Some("'email': \"nobody\" is no e-mail address: it takes the form name@example.com".to_owned()),
            Some("one of 'email', 'firstname', 'lastname' is needed: HubSpot refuses a contact with none of them".to_owned()),
        ]
    );
    assert_eq!((checked.records, checked.records_with_errors), (3, 3));
    assert_eq!(checked.findings[0].examples[0].index, 0);
    assert_eq!(
        checked
            .findings
            .iter()
            .filter(|finding| finding.hint.is_some())
            .count(),
        1
    );
}

#[test]
fn a_repeated_identity_is_an_error_only_where_duplicates_are_refused() {
    let records = [
        r#"{"email":"ada@x.test"}"#,
        r#"{"email":" ADA@x.test"}"#,
        r#"{"email":"Ada@x.test"}"#,
    ];
    let (messages, checked) = checked(Hubspot, PushKind::Contacts, &records);
    assert!(messages[0].is_none());
    assert_eq!(
        messages[2].as_deref(),
        Some("has the same 'email' as record 0: HubSpot refuses a second one")
    );
    // The blank is the second one's error: it would not be sent.
    assert_eq!(
        checked
            .problems
            .iter()
            .filter(|problem| problem.code == FindingCode::RepeatedIdentity)
            .count(),
        1
    );

    let records = [
        r#"{"LastName":"A","Email":"ada@x.test"}"#,
        r#"{"LastName":"B","email":"ADA@x.test"}"#,
    ];
    let (messages, checked) = self::checked(Salesforce, PushKind::Contacts, &records);
    assert_eq!(messages, [None, None]);
    assert_eq!(checked.findings[0].code, FindingCode::RepeatedIdentity);
    assert_eq!(checked.records_with_warnings, 1);
}

#[test]
fn no_identity_in_any_record_is_said_of_the_source() {
    let records = [r#"{"firstname":"Ada"}"#, r#"{"firstname":"Ida"}"#];
    let (_, checked) = checked(Hubspot, PushKind::Contacts, &records);
    assert_eq!(checked.findings[0].code, FindingCode::NoIdentity);
    assert!(
        checked.findings[0]
            .message
            .starts_with("no record has a value in 'email'")
    );
}

#[test]
fn of_a_name_that_stands_twice_the_last_counts() {
    let (messages, _) = checked(
        Hubspot,
        PushKind::Contacts,
        &[
            r#"{"email":"never","email":"ada@x.test"}"#,
            r#"{"email":"ida@x.test","email":"never"}"#,
        ],
    );
    assert!(messages[0].is_none() && messages[1].is_some());
}

#[test]
fn fields_are_profiled() {
    let records = [
        r#"{"email":"ada@x.test","own":5,"phone":null}"#,
        r#"{"email":"","own":1.5}"#,
    ];
    let (_, checked) = checked(Hubspot, PushKind::Contacts, &records);
    let email = &checked.profile[0];
    assert_eq!(
        (email.field.as_str(), email.filled, email.longest),
        ("email", 1, 10)
    );
    assert_eq!(email.kinds.get("empty"), Some(&1));
    assert!(!checked.profile[1].is_known);
    assert_eq!(checked.profile[1].kinds.get("number"), Some(&1));
}

#[test]
fn what_is_no_object_is_no_record() {
    let (messages, checked) = checked(Hubspot, PushKind::Contacts, &["[1]", "{}", "7"]);
    assert!(messages.iter().all(Option::is_some));
    assert!(
        checked
            .problems
            .iter()
            .all(|problem| problem.code == FindingCode::NotARecord)
    );
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_judged_without_a_panic(
        bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..80),
        text in "[{}\\[\\]\",:a-c0-9\\\\u. ]{0,60}",
    ) {
        for &provider in Provider::ALL {
            let mut checker = Checker::new(Arc::new(Rules::new(provider, PushKind::Contacts, &[])));
            checker.check(0, &bytes);
            checker.check(1, text.as_bytes());
            checker.check(2, format!("{{\"email\":{text}}}").as_bytes());
            let mut inside = b"{\"name\":\"".to_vec();
            inside.extend_from_slice(&bytes);
            checker.check(3, &inside);
            checker.finish();
        }
    }
}
