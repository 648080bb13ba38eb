//! The journal at each step of a batch: killed there, run again, resolved.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use graph8_crm::border::FeedPush;
use graph8_crm::{Flow, Outcome, Provider, Push, PushReport};
use graph8_sandbox::{Sandbox, SandboxOptions};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::journal::{Stage, contacts, mixed_contacts, name_of, places};
use crate::wire::ClosedPort;

/// A request that is never answered: before its effect, or after it.
fn stuck(effect_first: bool) -> Value {
    json!({"fault": {"kind": "hold", "after_write": effect_first}})
}

fn answer(status: u16, effect_first: bool) -> Value {
    json!({"fault": {"kind": "status", "status": status, "after_write": effect_first,
        "body": {"detail": "by the test"}}})
}

/// The first fault hits the second request, the others those behind it.
fn plan(stage: &Stage, faults: &[Value]) {
    for (place, fault) in faults.iter().enumerate() {
        let mut fault = fault.clone();
        fault["skip"] = json!(u8::from(place == 0));
        stage.fail_next(fault);
    }
}

fn have_come(stage: &Stage) -> usize {
    let requests = stage.requests().into_iter();
    requests
        .filter(|request| !request["body"].is_null())
        .count()
}

/// The records in doubt, and whether the CRM holds them.
fn doubts(stage: &Stage, report: &PushReport, records: &[Value]) -> BTreeMap<usize, bool> {
    let held = stage.held();
    places(report, Outcome::Unknown)
        .into_iter()
        .map(|index| (index, held.contains_key(&name_of(&records[index]))))
        .collect()
}

fn all(indexes: Range<usize>, are_held: bool) -> BTreeMap<usize, bool> {
    indexes.map(|index| (index, are_held)).collect()
}

/// The doubts that are left when the faults hit a push of five batches from its second on, it is killed
/// once so many requests have come, and goes on.
async fn doubts_after(faults: &[Value], requests: usize) -> (PushReport, BTreeMap<usize, bool>) {
    let (stage, records) = (Stage::in_order(), contacts(100));
    plan(&stage, faults);
    stage
        .kill_when(&records, |stage| have_come(stage) == requests)
        .await;
    let report = stage.push(&records).await.unwrap();
    stage.assert_true(&report, &records);
    assert_eq!(report.not_sent(), 0);
    let doubts = doubts(&stage, &report, &records);
    (report, doubts)
}

#[tokio::test]
async fn killed_before_the_request_has_its_effect_its_batch_alone_is_in_doubt() {
    let (_, doubts) = doubts_after(&[stuck(false)], 2).await;
    assert_eq!(doubts, all(20..40, false));
}

#[tokio::test]
async fn killed_after_the_effect_and_before_the_answer_its_batch_is_not_sent_again() {
    let (_, doubts) = doubts_after(&[stuck(true)], 2).await;
    assert_eq!(doubts, all(20..40, true));
}

#[tokio::test]
async fn a_doubt_from_before_the_kill_stays_beside_the_one_of_the_kill() {
    let close = json!({"fault": {"kind": "close_after_write"}});
    let (_, doubts) = doubts_after(&[close, stuck(false)], 3).await;
    let mut expected = all(20..40, true);
    expected.extend(all(40..60, false));
    assert_eq!(doubts, expected);
}

#[tokio::test]
async fn a_refusal_from_before_the_kill_stays_one_in_the_same_words() {
    let (report, doubts) = doubts_after(&[answer(400, false), stuck(false)], 3).await;
    assert_eq!(doubts, all(40..60, false));
    assert_eq!(
        places(&report, Outcome::Failed),
        (20..40).collect::<Vec<_>>()
    );
    let refused = &report.problems()[0];
    assert!(refused.message.contains("by the test"), "{refused:?}");
    assert!(refused.request_id.is_some());
}

#[tokio::test]
async fn killed_in_half_a_split_batch_that_half_alone_is_in_doubt() {
    let (_, doubts) = doubts_after(&[answer(413, false), stuck(true)], 3).await;
    assert_eq!(doubts, all(20..30, true));
    let twice = [answer(413, false), answer(413, false), stuck(false)];
    let (_, doubts) = doubts_after(&twice, 4).await;
    assert_eq!(doubts, all(20..25, false));
}

#[tokio::test]
async fn killed_while_a_batch_waits_for_its_next_try_it_is_in_doubt() {
    let mut limited = answer(429, false);
    limited["fault"]["headers"] = json!({"retry-after": "60"});
    let (_, doubts) = doubts_after(&[limited], 2).await;
    assert_eq!(doubts, all(20..40, false));
}

#[tokio::test]
async fn killed_before_a_request_could_leave_its_batch_is_in_doubt_and_the_rest_is_pushed() {
    let closed = ClosedPort::reserve();
    let port = closed.number();
    let mut stage = Stage::without_sandbox(&format!("http://127.0.0.1:{port}"));
    let records = contacts(200);
    let is_open = |stage: &Stage| stage.file("").exists() && stage.status().open_batches == 4;
    stage.kill_when(&records, is_open).await;
    let options = SandboxOptions {
        port,
        ..SandboxOptions::default()
    };
    stage.sandbox = Some(Sandbox::start(options).unwrap());
    let report = stage.push(&records).await.unwrap();
    stage.assert_true(&report, &records);
    assert_eq!(doubts(&stage, &report, &records), all(0..80, false));
}

#[tokio::test]
async fn killed_before_the_answer_is_written_down_its_batch_is_in_doubt_and_no_other_has_left() {
    let (stage, records) = (Stage::in_order(), contacts(100));
    plan(&stage, &[stuck(false)]);
    let running = stage.spawn(&records);
    while stage.command(json!({"do": "held"})) == 0 {
        sleep(Duration::from_millis(2)).await;
    }
    let journal = rusqlite::Connection::open(stage.file("")).unwrap();
    journal.execute_batch("BEGIN IMMEDIATE").unwrap();
    stage.command(json!({"do": "release"}));
    while stage.requests()[1]["status"].is_null() {
        sleep(Duration::from_millis(2)).await;
    }
    sleep(Duration::from_millis(100)).await;
    assert_eq!(have_come(&stage), 2, "one left without a durable intent");
    running.kill();
    drop(journal);
    let report = stage.push(&records).await.unwrap();
    stage.assert_true(&report, &records);
    assert_eq!(doubts(&stage, &report, &records), all(20..40, true));
}

#[tokio::test]
async fn a_finished_push_run_again_sends_nothing_and_reports_the_same() {
    let (stage, mut records) = (Stage::in_order(), mixed_contacts(200));
    records[7] = json!("no object");
    plan(&stage, &[answer(502, true), answer(422, false)]);
    let first = stage.push(&records).await.unwrap();
    let sent = stage.requests().len();
    assert_eq!(first.unknown(), 20, "{}", first.summary());
    for run in 2..4 {
        let again = stage.push(&records).await.unwrap();
        assert_eq!((again.requests(), stage.requests().len()), (0, sent));
        assert_eq!(again.outcomes(), first.outcomes());
        assert_eq!(again.messages(), first.messages());
        let told = [&first, &again].map(|report| json!(report.problems()));
        assert_eq!(told[0], told[1]);
        assert_eq!(stage.status().runs, run);
    }
}

/// Looks for each unknown record in the CRM and tells the push.
fn look_up(stage: &Stage, push: &Push, records: &[Value]) -> usize {
    let held = stage.held();
    let unknown = push.unknown();
    for problem in &unknown {
        let is_there = held.contains_key(&name_of(&records[problem.index]));
        assert!(push.resolve(problem.index, is_there));
        assert!(!push.resolve(problem.index, is_there), "resolved twice");
    }
    unknown.len()
}

fn start(stage: &Stage) -> Push {
    stage
        .client()
        .start_push(Provider::Pipedrive, stage.kind, stage.push_options())
        .unwrap()
}

/// A run that resolves all doubts, half of which are found.
async fn run_and_resolve(stage: &Stage, records: &[Value]) {
    let push = start(stage);
    let _ = push.feed(records.iter().collect()).await;
    push.drain().await;
    assert_eq!(look_up(stage, &push, records), 40);
    let report = push.finish().await.unwrap();
    assert_eq!((report.unknown(), report.not_sent()), (0, 20));
    stage.assert_true(&report, records);
}

/// The next run sends what was not found, and the one after it nothing.
async fn finish_resolved(stage: &Stage, records: &[Value]) {
    let sent = stage.requests().len();
    for requests in [1, 0] {
        let report = stage.push(records).await.unwrap();
        assert_eq!(report.pushed(), records.len(), "{}", report.summary());
        assert_eq!(report.requests(), requests);
        stage.assert_true(&report, records);
        assert_eq!(stage.requests().len(), sent + 1);
    }
}

#[tokio::test]
async fn doubts_resolved_in_their_own_run_are_remembered() {
    let (stage, records) = (Stage::in_order(), contacts(100));
    plan(&stage, &[answer(502, true), answer(502, false)]);
    run_and_resolve(&stage, &records).await;
    finish_resolved(&stage, &records).await;
}

#[tokio::test]
async fn doubts_of_a_killed_run_that_the_next_one_resolves_are_remembered() {
    let (mut stage, records) = (Stage::new(), contacts(100));
    stage.options["concurrency"] = json!(2);
    plan(&stage, &[stuck(true), stuck(false)]);
    stage
        .kill_when(&records, |stage| have_come(stage) == 3)
        .await;
    run_and_resolve(&stage, &records).await;
    finish_resolved(&stage, &records).await;
}

/// A run that ends before anything leaves: what is in doubt is still told and may be resolved.
async fn cancelled_run(stage: &Stage, records: &[Value]) -> Push {
    let push = start(stage);
    push.cancel_handle().cancel();
    while push.ready().await == Flow::Continue {
        sleep(Duration::from_millis(1)).await;
    }
    push.offer(records.iter().collect());
    push.drain().await;
    push
}

#[tokio::test]
async fn doubts_of_batches_that_interleave_are_remembered_as_resolved_in_a_cancelled_run() {
    let (stage, records) = (Stage::new(), mixed_contacts(300));
    let mut late = stuck(true);
    late["skip"] = json!(11);
    late["count"] = json!(100);
    stage.fail_next(late);
    stage
        .kill_when(&records, |stage| have_come(stage) == 15)
        .await;
    let doubts = stage.status().unknown;
    let push = cancelled_run(&stage, &records).await;
    assert_eq!(look_up(&stage, &push, &records), doubts);
    assert!(push.finish().await.is_err());
    assert_eq!(stage.status().unknown, 0);
    stage.command(json!({"do": "reset"}));
    let report = stage.push(&records).await.unwrap();
    assert_eq!(report.unknown(), 0, "{}", report.summary());
}

#[tokio::test]
async fn a_batch_of_which_some_doubts_were_resolved_in_a_cancelled_run_still_tells_of_the_others() {
    let (stage, records) = (Stage::in_order(), contacts(100));
    plan(&stage, &[stuck(false)]);
    stage
        .kill_when(&records, |stage| have_come(stage) == 2)
        .await;
    let push = cancelled_run(&stage, &records).await;
    assert_eq!(push.unknown().len(), 20);
    assert!(push.resolve(20, false));
    assert!(push.finish().await.is_err());

    let push = start(&stage);
    let _ = push.feed(records.iter().collect()).await;
    push.drain().await;
    let told: Vec<usize> = push.unknown().iter().map(|problem| problem.index).collect();
    let report = push.finish().await.unwrap();
    assert_eq!(
        places(&report, Outcome::Unknown),
        (21..40).collect::<Vec<_>>()
    );
    assert_eq!(told, places(&report, Outcome::Unknown));
    stage.assert_true(&report, &records);
}
