//! Idempotency keys: one for each batch, the same on every try of it. A pattern of the contract
//! can't compare two requests.

use std::collections::HashSet;

use graph8_crm::{Client, OnUnknown, Provider, PushOptions, PushReport};
use graph8_sandbox::{Sandbox, SandboxOptions};
use serde_json::{Value, json};

/// Pushes `count` contacts after queueing `faults`; the report and the keys of the requests.
async fn keys(faults: &[Value], count: usize, options: PushOptions) -> (PushReport, Vec<String>) {
    let sandbox = Sandbox::start(SandboxOptions::default()).unwrap();
    for fault in faults {
        let command = json!({"do": "fail_next", "fault": fault});
        sandbox.command_json(&command.to_string()).unwrap();
    }
    crate::secrets::watch();
    let client = Client::builder()
        .api_key("g8_sbx_demo")
        .base_url(sandbox.url())
        .build()
        .unwrap();
    let contacts = (0..count).map(|number| json!({"email": format!("p{number}@example.com")}));
    let report = client
        .push_contacts(Provider::Hubspot, contacts, options)
        .await
        .unwrap();
    let seen = sandbox.command_json(r#"{"do": "requests"}"#).unwrap();
    let seen: Vec<Value> = serde_json::from_str(&seen).unwrap();
    let keys = seen
        .iter()
        .map(|request| request["headers"]["idempotency-key"].as_str().unwrap())
        .map(str::to_owned)
        .collect();
    (report, keys)
}

fn distinct(keys: &[String]) -> usize {
    keys.iter().collect::<HashSet<_>>().len()
}

#[tokio::test]
async fn each_batch_has_a_key_of_its_own() {
    let options = PushOptions {
        batch_size: 2.into(),
        concurrency: 1,
        ..PushOptions::default()
    };
    let (report, keys) = keys(&[], 10, options).await;
    assert_eq!((report.pushed(), keys.len(), distinct(&keys)), (10, 5, 5));
}

#[tokio::test]
async fn every_try_of_a_batch_has_the_same_key() {
    let throttled = json!({"kind": "status", "status": 429, "headers": {"Retry-After": "0"}});
    let provisioning = json!({"kind": "status", "status": 503, "headers": {"X-Error-Code": "workspace_provisioning"}});
    let (report, keys) = keys(&[throttled, provisioning], 2, PushOptions::default()).await;
    assert_eq!((report.pushed(), keys.len(), distinct(&keys)), (2, 3, 1));
}

#[tokio::test]
async fn a_repeat_in_doubt_has_the_same_key() {
    let options = PushOptions {
        on_unknown: OnUnknown::Retry,
        ..PushOptions::default()
    };
    let (report, keys) = keys(&[json!({"kind": "status", "status": 500})], 2, options).await;
    assert_eq!((report.pushed(), keys.len(), distinct(&keys)), (2, 2, 1));
}

#[tokio::test]
async fn halves_of_a_batch_have_keys_of_their_own() {
    let too_large = json!({"kind": "status", "status": 413});
    let (report, keys) = keys(&[too_large], 4, PushOptions::default()).await;
    assert_eq!((report.pushed(), keys.len(), distinct(&keys)), (4, 3, 3));
}
