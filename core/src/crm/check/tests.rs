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
        .map(|(index, record)| {
            checker.check(index, record.as_bytes());
            checker.refused().pop().map(|(_, message)| message)
        })
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
fn two_names_of_one_field_are_told() {
    let both = r#"{"LastName":"L","Email":"a@x.test","email":"b@x.test"}"#;
    let one = r#"{"LastName":"L","email":"c@x.test"}"#;
    let other = r#"{"LastName":"L","Email":"d@x.test"}"#;
    let records = [other, one, other, one, both, other, both];
    let (messages, checked) = checked(Salesforce, PushKind::Contacts, &records);
    assert!(messages.iter().all(Option::is_none));
    let is_told = |problem: &&crate::report::CheckProblem| problem.code == FindingCode::SimilarName;
    let told = checked.problems.iter().filter(is_told);
    assert_eq!(
        told.map(|problem| problem.index).collect::<Vec<_>>(),
        [4, 6]
    );
    let mut findings = checked.findings.iter();
    let finding = findings.find(|finding| finding.code == FindingCode::SimilarName);
    assert_eq!(
        finding.unwrap().message,
        "'Email' and 'email' are one field to Salesforce, which keeps one of the values: leave one out"
    );
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

/// Values that are right in some fields and wrong in others.
const VALUES: [&str; 22] = [
    "null",
    "\"\"",
    "\"Ada\"",
    "\" Ada\"",
    "\"Ad\u{e9}\"",
    "\"A\\u00e9\\n\"",
    "\"ada@x.test\"",
    "\"ADA@x.test\"",
    "\"ida@x.test\"",
    "\"lead\"",
    "\"5550100.0\"",
    "\"+1 555 0100\"",
    "\"2026-01-31\"",
    "\"2026-01-31T10:00:00+00:00\"",
    "7",
    "5.5",
    "5550100.0",
    "true",
    "[]",
    "[{\"value\":\"ada@x.test\",\"email_address\":\"ada@x.test\"}]",
    "{\"id\":\"1234567890123456789\"}",
    "[\"a\",",
];

proptest::proptest! {
    /// Records of a few names in one order, each of which lacks some, has some twice or in another order.
    #[test]
    fn what_is_settled_at_once_is_what_a_close_look_settles(
        provider in proptest::sample::select(Provider::ALL),
        kind in proptest::sample::select(&[PushKind::Contacts, PushKind::Companies][..]),
        chosen in proptest::collection::vec(proptest::prelude::any::<proptest::sample::Index>(), 1..6),
        usual in proptest::collection::vec(0..VALUES.len() - 1, 10),
        has_unknown in proptest::bool::weighted(0.1),
        leaves_repeats in proptest::bool::weighted(0.2),
        separator in proptest::sample::select(&[":", ": ", " :"][..]),
        records in proptest::collection::vec(
            (proptest::collection::vec((0..8_u8, 0..VALUES.len()), 10), 0..8_u8),
            1..30,
        ),
    ) {
        let rules = Arc::new(Rules::new(provider, kind, &[]));
        let fields = rules.fields();
        // Those without which each record would have something to be told.
        let mut names: Vec<&str> = fields
            .iter()
            .filter(|field| field.is_required || field.is_identity)
            .chain(rules.any_of().first().and_then(|place| fields.get(*place)))
            .chain(chosen.iter().map(|index| index.get(fields)))
            .map(|field| &*field.slug)
            .collect();
        if has_unknown {
            names.push("no_such_field");
        }
        names.truncate(10);
        let records: Vec<String> = records
            .iter()
            .enumerate()
            .map(|(number, (values, order))| {
                let mut members: Vec<String> = names
                    .iter()
                    .zip(values.iter().zip(&usual))
                    .filter(|(_, ((fate, _), _))| *fate != 0)
                    .map(|(name, ((fate, other), usual))| {
                        let value = match (fate, name.to_lowercase().contains("email")) {
                            (1 | 2, _) => VALUES[*other].to_owned(),
                            (3, true) => format!("\"ada{}@x.test\"", number % 7),
                            (_, true) => format!("\"ada{number}@x.test\""),
                            (3..=5, _) => "\"Ada\"".to_owned(),
                            _ => VALUES[*usual].to_owned(),
                        };
                        format!("\"{name}\"{separator}{value}")
                    })
                    .collect();
                match order {
                    0 => members.reverse(),
                    1 => members.extend_from_within(..1.min(members.len())),
                    _ => {}
                }
                format!("{{{}}}", members.join(","))
            })
            .collect();
        let mut found = [true, false].map(|at_once| {
            let mut checker = Checker::new(Arc::clone(&rules));
            if leaves_repeats {
                checker.leave_repeats();
            }
            for (index, record) in records.iter().enumerate() {
                if at_once {
                    checker.check(index, record.as_bytes());
                } else {
                    checker.check_closely(index, record.as_bytes());
                }
            }
            let mut refused = checker.refused();
            refused.sort();
            format!("{refused:#?} {:#?}", checker.finish())
        });
        // The names are profiled in the order in which they came.
        let [at_once, closely] = &mut found;
        proptest::prop_assert_eq!(at_once, closely, "{:#?}", records);
    }
}

#[test]
fn records_of_one_header_are_settled_at_once() {
    let mut checker = Checker::new(Arc::new(Rules::new(Hubspot, PushKind::Contacts, &[])));
    for number in 0..10 {
        let record = format!(r#"{{"email":"ada{number}@x.test","firstname":"Ada","phone":null}}"#);
        checker.check(number, record.as_bytes());
    }
    assert_eq!(checker.plan.settled(), 9);
    let result = checker.finish();
    assert!(result.findings.is_empty());
    assert_eq!(result.profile[0].filled, 10);
    assert_eq!(result.profile[2].kinds.get("null"), Some(&10));
}
