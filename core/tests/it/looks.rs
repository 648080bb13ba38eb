//! Pushes that look into the CRM, over several runs of a journal.

use graph8_crm::Outcome;
use serde_json::{Value, json};

use crate::runs::Runs;

fn requests_to(runs: &Runs, path: &str) -> usize {
    let requests = runs.command(&json!({"do": "requests"}));
    let requests = requests.as_array().unwrap().iter();
    requests
        .filter(|request| request["path"].as_str().unwrap().ends_with(path))
        .count()
}

fn contacts(count: usize) -> Vec<Value> {
    let contact = |number| json!({"email": format!("p{number}@x.test")});
    (0..count).map(contact).collect()
}

#[tokio::test]
async fn skipped_contacts_stay_so_in_the_next_run_of_a_journal() {
    let runs = Runs::new();
    let records = contacts(150);
    runs.command(
        &json!({"do": "add_contacts", "provider": "hubspot", "records": [records[3], records[120]]}),
    );
    // The second look-up fails, whatever is tried.
    runs.command(
        &json!({"do": "fail_next", "operation": "find_contacts", "skip": 1, "count": 5,
        "fault": {"kind": "status", "status": 500}}),
    );
    let options = json!({"skip_existing": true});
    let first = runs.push(&records, &options).await;
    assert_eq!(
        (first.pushed(), first.skipped(), first.not_sent()),
        (99, 1, 50)
    );
    let reason = first.ended_early().unwrap();
    assert!(
        reason.starts_with("50 records could not be looked up"),
        "{reason}"
    );
    assert_eq!(requests_to(&runs, "lookup-by-email"), 6);

    let second = runs.push(&records, &options).await;
    assert_eq!(
        (second.pushed(), second.skipped(), second.not_sent()),
        (148, 2, 0)
    );
    let existing: Vec<(usize, &[String])> = second
        .skips()
        .iter()
        .map(|skip| (skip.index, &skip.existing[..]))
        .collect();
    assert_eq!(
        existing,
        [
            (3, &["512345678001".to_owned()][..]),
            (120, &["512345678002".to_owned()][..])
        ]
    );
    // Only those that were not sent are asked for again.
    assert_eq!(requests_to(&runs, "lookup-by-email"), 7);
    assert_eq!(runs.held(), 150);
}

#[tokio::test]
async fn a_doubt_of_an_earlier_run_is_ended_by_what_is_not_there_alone() {
    let runs = Runs::new();
    let records = contacts(2);
    let fault =
        |fault: Value| json!({"do": "fail_next", "operation": "push_contacts", "fault": fault});
    runs.command(&fault(json!({"kind": "close_after_write"})));
    runs.command(&fault(json!({"kind": "status", "status": 500})));
    let options = json!({"skip_existing": true, "batch_size": 1});
    let first = runs.push(&records, &options).await;
    assert_eq!(first.unknown(), 2);

    let looking = json!({"skip_existing": true, "batch_size": 1, "resolve_unknown": "lookup", "resolve_unknown_after": 0});
    let second = runs.push(&records, &looking).await;
    let outcomes: Vec<Outcome> = second.outcomes().iter().collect();
    // This run had not looked before that record left.
    assert_eq!(outcomes, [Outcome::Unknown, Outcome::NotSent]);
    assert!(second.problems()[0].message.contains("may be older"));

    let third = runs.push(&records, &looking).await;
    let outcomes: Vec<Outcome> = third.outcomes().iter().collect();
    assert_eq!(outcomes, [Outcome::Unknown, Outcome::Pushed]);
    assert_eq!(runs.held(), 2);
}
