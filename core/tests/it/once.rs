//! Each identity once, over all runs of a journal; and a report that is repaired until it is clean.

use std::error::Error;

use graph8_crm::border::FeedPush;
use graph8_crm::{
    Client, Outcome, Provider, PushKind, PushOptions, PushReport, Unique, read_dead_letter,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::runs::Runs;

fn runs() -> Runs {
    let mut runs = Runs::new();
    runs.usual["batch_size"] = json!(2);
    runs.usual["dead_letter"] = json!(runs.folder.join("dead_letter"));
    runs
}

fn person(number: usize) -> Value {
    json!({"email": format!("p{number}@x.co")})
}

fn letters(report: &PushReport) -> String {
    report
        .outcomes()
        .iter()
        .map(|outcome| char::from(b"pfuns"[outcome as usize]))
        .collect()
}

/// The service refuses the key from the second request on.
fn refuse_second_request(runs: &Runs) {
    for fault in [
        json!({"kind": "delay", "ms": 0}),
        json!({"kind": "status", "status": 401, "body": {"detail": "no"}}),
    ] {
        runs.command(&json!({"do": "fail_next", "operation": "push_contacts", "fault": fault}));
    }
}

#[tokio::test]
async fn each_run_of_a_journal_skips_the_same_records() {
    let runs = runs();
    let source: Vec<Value> = [0, 1, 0, 2, 1, 3, 2, 4].map(person).to_vec();
    let unique = json!({"unique": "first"});
    refuse_second_request(&runs);
    let first = runs.push(&source, &unique).await;
    assert_eq!(letters(&first), "ppsnsnsn");
    let second = runs.push(&source, &unique).await;
    assert_eq!(letters(&second), "ppspspsp");
    assert_eq!((second.requests(), runs.held()), (2, 5));
    let third = runs.push(&source, &unique).await;
    assert_eq!((letters(&third), third.requests()), (letters(&second), 0));
    let firsts: Vec<&str> = third.skips().iter().map(|skip| &*skip.message).collect();
    assert!(firsts[0].ends_with("index 0") && firsts[1].ends_with("index 1"));
    assert!(firsts[2].ends_with("index 3"));
    let all = [
        Outcome::Failed,
        Outcome::Unknown,
        Outcome::NotSent,
        Outcome::Skipped,
    ];
    let dead = read_dead_letter(runs.folder.join("dead_letter"), &all).unwrap();
    assert!(dead.is_empty(), "{dead:?}");
}

/// A record before it was refused by our own check in the first run, and mended for the second.
#[tokio::test]
async fn what_an_earlier_run_has_sent_comes_before_what_is_new() {
    for (unique, outcome) in [("first", 's'), ("error", 'f')] {
        let runs = runs();
        let mut source = vec![
            Value::Null,
            person(1),
            person(0),
            person(2),
            Value::Null,
            person(5),
            person(3),
        ];
        let options = json!({"unique": unique});
        let first = runs.push(&source, &options).await;
        assert_eq!(letters(&first), "fpppfpp");
        source[0] = person(0);
        source[4] = person(4);
        source.push(person(4));
        let second = runs.push(&source, &options).await;
        assert_eq!(
            letters(&second),
            format!("{outcome}ppppp p{outcome}").replace(' ', "")
        );
        assert_eq!((second.requests(), runs.held()), (1, 6));
        let messages = second.skips().iter().map(|skip| &*skip.message);
        let problems = second.problems().iter().map(|problem| &*problem.message);
        let messages: Vec<&str> = messages.chain(problems).collect();
        assert!(messages[0].ends_with("index 2"), "{messages:?}");
        assert!(messages[1].ends_with("index 4"), "{messages:?}");
        // A record that was skipped is none of another run's, so the source may change there.
        let third = runs.push(&source, &options).await;
        assert_eq!(letters(&third), letters(&second));
    }
}

/// The journal of a push that had sent both.
#[tokio::test]
async fn a_record_that_was_sent_stays_pushed_whatever_is_asked_for_later() {
    let runs = runs();
    let source = [
        json!({"email": "a@x.co"}),
        json!({"lastname": "B"}),
        json!({"lastname": "C"}),
    ];
    let first = runs.push(&source, &json!({})).await;
    assert_eq!(letters(&first), "ppp");
    let grown: Vec<Value> = source.into_iter().chain([person(1), person(1)]).collect();
    let second = runs.push(&grown, &json!({})).await;
    assert_eq!(letters(&second), "ppppf");
    let third = runs.push(&grown, &json!({"unique": "first"})).await;
    assert_eq!(letters(&third), "ppppf");
}

/// A source that ends within what the journal knows, and one that is cancelled there.
#[tokio::test]
async fn records_held_for_the_journal_are_accounted_for() {
    let runs = runs();
    let source: Vec<Value> = vec![Value::Null, person(1), person(2), person(3)];
    let unique = json!({"unique": "first"});
    assert_eq!(letters(&runs.push(&source, &unique).await), "fppp");
    let shorter = [person(0), person(1)];
    let differs = runs.push(&shorter, &unique).await;
    assert_eq!(letters(&differs), "nn");
    let mended = [person(9), person(1), person(2), person(3)];
    assert_eq!(letters(&runs.push(&mended, &unique).await), "pppp");
    assert_eq!(runs.held(), 4);
}

/// What was not read might be the first of an identity: what is new before it waits for the next run.
#[tokio::test]
async fn a_source_that_breaks_off_within_the_journal_sends_nothing_new() {
    let runs = runs();
    let source = [Value::Null, person(1), person(0), person(2)];
    let unique = json!({"unique": "first"});
    assert_eq!(letters(&runs.push(&source, &unique).await), "fppp");
    let options = runs.options(&unique);
    let push = runs
        .client
        .start_push(Provider::Hubspot, PushKind::Contacts, options)
        .unwrap();
    let _ = push
        .feed([person(0), person(1)].into_iter().collect())
        .await;
    push.source_failed("it broke off");
    push.not_sent(2);
    let report = push.finish().await.unwrap();
    assert_eq!((letters(&report).as_str(), report.requests()), ("nppp", 0));
    assert_eq!(report.records_of(Outcome::NotSent).unwrap().len(), 1);
    let mended = [person(0), person(1), person(0), person(2)];
    assert_eq!(letters(&runs.push(&mended, &unique).await), "sppp");
}

#[derive(Serialize, Deserialize)]
struct Person {
    email: String,
}

fn once() -> PushOptions {
    PushOptions {
        unique: Some(Unique::First),
        ..PushOptions::default()
    }
}

/// The recipe of docs/repair.md, line by line.
async fn repaired(
    client: &Client,
    crm: Provider,
    people: Vec<Person>,
) -> Result<PushReport, Box<dyn Error>> {
    let report = client.push_contacts(crm, &people, once()).await?;

    let mut rows = Vec::new();
    for record in report.records_of(Outcome::Failed)? {
        let mut row: Person = serde_json::from_str(record.get())?;
        row.email = row.email.replace(" at ", "@");
        rows.push(row);
    }
    let retry = client.push_contacts(crm, rows, once()).await?;

    let report = report.merge_retry(retry, Outcome::Failed)?.into_result()?;
    Ok(report)
}

#[tokio::test]
async fn a_push_is_mended_and_merged_until_it_is_clean() {
    let runs = runs();
    let people = ["ada@x.co", "bob at x.co", "Ada@x.co", "cyd at x.co"];
    let people = people.map(|email| Person {
        email: email.to_owned(),
    });
    let report = repaired(&runs.client, Provider::Hubspot, people.into())
        .await
        .unwrap();
    assert_eq!(letters(&report), "ppsp");
    assert_eq!((report.requests(), runs.held()), (2, 3));
    assert_eq!((report.problems().len(), report.messages().len()), (0, 1));
}

#[test]
fn the_recipe_in_the_docs_is_the_one_that_is_run() {
    let page = include_str!("../../../docs/repair.md");
    let block = page.split("```rust\n").nth(1).unwrap();
    let block = block.split("```").next().unwrap();
    let mut run = include_str!("once.rs").lines().map(str::trim);
    for line in block.lines().map(str::trim) {
        assert!(run.any(|own| own == line), "not run: {line}");
    }
}
