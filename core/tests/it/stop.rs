//! A push that its caller stops while requests are under way.

use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;

use graph8_crm::border::{FeedPush, Topics, for_one_call};
use graph8_crm::{
    BatchSize, Client, ErrorKind, ListChange, Provider, Push, PushKind, PushOptions, Records,
    TargetList,
};
use graph8_sandbox::{Sandbox, SandboxOptions};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::task::yield_now;

use crate::wire::{Peer, contacts, read_request, respond};

fn command(sandbox: &Sandbox, command: &Value) -> Value {
    serde_json::from_str(&sandbox.command_json(&command.to_string()).unwrap()).unwrap()
}

/// A push of so many contacts, offered at once. Not waited for: there is no room before an answer.
fn start(sandbox: &Sandbox, options: PushOptions, count: usize) -> Push {
    let client = Client::builder()
        .api_key("g8_sbx_demo")
        .base_url(sandbox.url())
        .build()
        .unwrap();
    let push = client
        .start_push(Provider::Hubspot, PushKind::Contacts, options)
        .unwrap();
    let mut records = Records::new();
    for record in contacts(count) {
        records.push(&record);
    }
    push.offer(records);
    push
}

async fn until_held(sandbox: &Sandbox, requests: u32) {
    while command(sandbox, &json!({"do": "held"})) != json!(requests) {
        yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_lets_requests_under_way_answer_and_sends_nothing_else() {
    let sandbox = Sandbox::start(SandboxOptions::default()).unwrap();
    let hold = json!({"do": "fail_next", "count": 20, "fault": {"kind": "hold"}});
    command(&sandbox, &hold);
    crate::secrets::watch();
    let options = PushOptions {
        batch_size: BatchSize::Fixed(10),
        concurrency: 3,
        ..PushOptions::default()
    };
    let push = start(&sandbox, options, 100);
    let stop = push.stop_handle();
    let finishing = tokio::spawn(async move { push.finish().await });
    until_held(&sandbox, 3).await;
    stop.stop();
    command(&sandbox, &json!({"do": "release"}));
    let error = finishing.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    let report = error.report().unwrap();
    assert_eq!(
        (report.pushed(), report.unknown(), report.not_sent()),
        (30, 0, 70),
        "{error}"
    );
    let query = json!({"do": "records", "provider": "hubspot", "entity": "contacts"});
    assert_eq!(command(&sandbox, &query).as_array().unwrap().len(), 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_in_a_wait_for_the_next_try_tells_that_and_the_last_failure() {
    let sandbox = Sandbox::start(SandboxOptions::default()).unwrap();
    let fault = json!({
        "kind": "status",
        "status": 503,
        "headers": {"x-error-code": "workspace_provisioning", "Retry-After": "100"}
    });
    command(&sandbox, &json!({"do": "fail_next", "fault": fault}));
    let push = start(&sandbox, PushOptions::default(), 1);
    let stop = push.stop_handle();
    let finishing = tokio::spawn(async move { push.finish().await });
    while command(&sandbox, &json!({"do": "requests"}))[0]["status"] != json!(503) {
        yield_now().await;
    }
    stop.stop();
    let error = finishing.await.unwrap().unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::Stopped, Some(503))
    );
    assert!(error.last_failure().unwrap().contains("503"), "{error}");
    let message = "stopped by the caller: what had not left by then was not sent: a request waited for its next try, \
                   and the last try failed: ";
    assert!(error.message().contains(message), "{error}");
    assert_eq!(error.report().unwrap().not_sent(), 1);
}

/// Where the requests of `operation` of a push that adds to a list wait for an answer: stops it there.
async fn stopped_at(operation: &str, grace: Duration, released: bool) -> graph8_crm::Error {
    let sandbox = Sandbox::start(SandboxOptions::default()).unwrap();
    let list = json!({"do": "add_list", "provider": "hubspot", "id": "7", "name": "VIP"});
    command(&sandbox, &list);
    let hold = json!({"do": "fail_next", "operation": operation, "fault": {"kind": "hold"}});
    command(&sandbox, &hold);
    let options = PushOptions {
        add_to_list: Some(TargetList::Id("7".to_owned())),
        grace,
        ..PushOptions::default()
    };
    let push = start(&sandbox, options, 150);
    let stop = push.stop_handle();
    let finishing = tokio::spawn(async move { push.finish().await });
    until_held(&sandbox, 1).await;
    stop.stop();
    if released {
        command(&sandbox, &json!({"do": "release"}));
    }
    let error = finishing.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped, "{error}");
    assert_eq!(error.report().unwrap().pushed(), 150);
    let lists = command(&sandbox, &json!({"do": "lists", "provider": "hubspot"}));
    let mut list = lists.as_array().unwrap().iter();
    let list = list.find(|list| list["id"] == "7").unwrap();
    let members = list["members"].as_array().unwrap().len();
    let added = error.report().unwrap().added_to_list().unwrap();
    assert!(
        members >= added.added && members <= added.added + added.unknown,
        "{lists} {added:?}"
    );
    error
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_lets_the_change_of_a_list_under_way_answer() {
    const LONG: Duration = Duration::from_secs(600);
    let error = stopped_at("push_lists", LONG, true).await;
    let added = error.report().unwrap().added_to_list().unwrap();
    assert_eq!((added.added, added.unknown, added.not_sent), (100, 0, 50));
    let error = stopped_at("find_contacts", LONG, true).await;
    let added = error.report().unwrap().added_to_list().unwrap();
    assert_eq!((added.added, added.unknown, added.not_sent), (0, 0, 150));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_a_list_without_an_answer_within_the_grace_is_in_doubt() {
    let short = Duration::from_millis(20);
    let error = stopped_at("push_lists", short, false).await;
    let added = error.report().unwrap().added_to_list().unwrap();
    assert_eq!((added.added, added.unknown, added.not_sent), (0, 100, 50));
    let message = "the grace of 0.02 s was over before there was an answer";
    assert!(added.problems[0].message.contains(message), "{added:?}");
    let error = stopped_at("find_contacts", short, false).await;
    let added = error.report().unwrap().added_to_list().unwrap();
    assert_eq!((added.added, added.unknown, added.not_sent), (0, 0, 150));
}

/// Salesforce takes 200 members per call, so the first change of lists takes three.
#[tokio::test]
async fn a_large_change_under_way_is_ended() {
    let (first, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let added = Arc::new(Mutex::new(Vec::new()));
    let peer = {
        let (first, go, added) = (Arc::clone(&first), Arc::clone(&go), Arc::clone(&added));
        Peer::start(move |_, mut stream| {
            let (first, go, added) = (Arc::clone(&first), Arc::clone(&go), Arc::clone(&added));
            async move {
                while let Some(request) = read_request(&mut stream).await {
                    let body = request
                        .windows(4)
                        .position(|end| end == b"\r\n\r\n")
                        .unwrap();
                    let body: Value = serde_json::from_slice(&request[body + 4..]).unwrap();
                    let ids = body["records"][0]["add_contact_ids"].as_array().unwrap();
                    let count = ids.len();
                    let is_first = added.lock().unwrap().is_empty();
                    added.lock().unwrap().push(count);
                    if is_first {
                        first.notify_one();
                        go.notified().await;
                    }
                    let answer = json!({"data": {"added": count, "removed": 0, "errors": []}});
                    respond(&mut stream, "200 OK", "", &answer.to_string()).await;
                }
            }
        })
        .await
    };
    let push = peer
        .client()
        .start_push(
            Provider::Salesforce,
            PushKind::Lists,
            PushOptions {
                batch_size: BatchSize::Fixed(1),
                ..PushOptions::default()
            },
        )
        .unwrap();
    let mut changes = Records::new();
    for list in ["7A", "7B"] {
        let members = (0..450).map(|number| format!("003{number}"));
        changes.push(&ListChange::new(list).add(members));
    }
    push.offer(changes);
    let stop = push.stop_handle();
    let finishing = tokio::spawn(async move { push.finish().await });
    first.notified().await;
    stop.stop();
    go.notify_one();
    let error = finishing.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    let report = error.report().unwrap();
    assert_eq!(
        (report.pushed(), report.unknown(), report.not_sent()),
        (1, 0, 1),
        "{error}"
    );
    assert_eq!(added.lock().unwrap().iter().sum::<usize>(), 450);
    assert!(added.lock().unwrap().len() >= 3);
}

/// Whoever changes a push looks whether it has ended; only one of them is to tell.
#[tokio::test]
async fn an_end_that_many_threads_see_is_told_once() {
    const THREADS: usize = 8;
    let client = Client::builder().api_key("g8_test_key").build().unwrap();
    for _ in 0..200 {
        let (client, ring) = for_one_call(&client, Topics::TROUBLE, &[]).unwrap();
        let options = PushOptions::default();
        let push = client
            .start_push(Provider::Hubspot, PushKind::Contacts, options)
            .unwrap();
        let together = Barrier::new(THREADS);
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    let stop = push.stop_handle();
                    together.wait();
                    stop.stop();
                });
            }
        });
        let events: Vec<Value> = serde_json::from_str(&ring.unwrap().take().unwrap()).unwrap();
        assert_eq!(events.len(), 1, "{events:?}");
        assert_eq!(events[0]["event"], "stop");
    }
}
