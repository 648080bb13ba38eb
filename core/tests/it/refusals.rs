//! A request that is refused as a whole refuses no record: mended, the push goes on with all of them.

use graph8_crm::{Outcome, Provider, PushOptions, PushReport};
use serde_json::{Value, json};

use crate::journal::Stage;

const BATCHES: usize = 6;
const SIZE: usize = 5;
const RUNS: usize = 3;

/// Pushes while all requests after the first `skip` are refused.
async fn refused(stage: &Stage, status: u16, skip: usize, records: &[Value]) -> PushReport {
    let fault = json!({"kind": "status", "status": status, "body": {"detail": "no"}});
    stage.fail_next(json!({"fault": fault, "skip": skip, "count": 1000}));
    let error = stage.push(records).await.unwrap_err();
    assert_eq!(error.status(), Some(status));
    stage.command(json!({"do": "clear_faults"}));
    error.into_report().unwrap()
}

async fn loses_nothing(status: u16, skip: usize, concurrency: usize, has_journal: bool) {
    let mut stage = Stage::new();
    let dead_letter = stage.folder.join("dead.ndjson");
    stage.options =
        json!({"batch_size": SIZE, "concurrency": concurrency, "dead_letter": dead_letter});
    if has_journal {
        stage.options["journal"] = json!(stage.file(""));
    }
    let all: Vec<Value> = (0..BATCHES * SIZE)
        .map(|number| json!({"name": format!("Person {number}")}))
        .collect();
    let mut records = all.clone();
    for run in 0..RUNS {
        let passing = if run == 0 { skip } else { 0 };
        let report = refused(&stage, status, passing, &records).await;
        let counts = [report.pushed(), report.failed(), report.unknown()];
        let pushed = if has_journal || run == 0 { skip } else { 0 };
        assert_eq!(counts, [pushed * SIZE, 0, 0], "{status}");
        if !has_journal {
            let mut outcomes = report.outcomes().iter();
            records.retain(|_| outcomes.next() == Some(Outcome::NotSent));
        }
    }
    assert_eq!(stage.held().len(), skip * SIZE);
    let report = stage.push(&records).await.unwrap();
    assert_eq!(report.pushed(), records.len());
    let held = stage.held();
    assert!(held.values().all(|&times| times == 1));
    assert_eq!(held.len(), all.len());
    assert_eq!(std::fs::read(dead_letter).unwrap(), b"");
}

#[tokio::test]
async fn a_push_refused_three_times_loses_nothing() {
    for status in [401, 402, 403, 404] {
        for skip in [0, 3, BATCHES - 1] {
            for concurrency in [1, 4] {
                for has_journal in [false, true] {
                    loses_nothing(status, skip, concurrency, has_journal).await;
                }
            }
        }
    }
}

#[tokio::test]
async fn an_endless_source_is_left_when_its_push_has_ended() {
    let stage = Stage::new();
    let fault = json!({"kind": "status", "status": 401, "body": null});
    stage.fail_next(json!({"fault": fault, "count": 1000}));
    let endless = (0_u64..).map(|number| json!({"name": format!("Person {number}")}));
    let options = PushOptions::default();
    let client = stage.client();
    let pushed = client.push_contacts(Provider::Pipedrive, endless, options);
    let report = pushed.await.unwrap_err().into_report().unwrap();
    assert_eq!((report.pushed(), report.unread()), (0, 0));
    assert_eq!(report.not_sent(), report.records());
}
