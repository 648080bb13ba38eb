//! Answers that no HTTP library would send: the outcome and the count of requests.

use std::sync::Arc;
use std::time::Duration;

use graph8_crm::{Client, OnUnknown, Provider, PushOptions, PushReport};
use graph8_hostile::Service;
use serde::Deserialize;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::secrets;

const SIDE_BY_SIDE: usize = 8;
/// Only what hangs takes so long, however busy the machine.
const HANGS: Duration = Duration::from_secs(600);
/// Time-outs that are to run out, in seconds. On a busy machine a short one is over before the
/// request has left: then the next is tried.
const SHORT: [u64; 4] = [1, 4, 16, 64];

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// A letter for each of the two records; the outcome of a push.
    push: String,
    /// Whole requests of that push that the service has seen, at most.
    requests: usize,
    /// `ok`, or the kind of the error of `list_syncs`.
    read: String,
    /// What a message of the push says.
    says: Option<String>,
    /// Bytes in the first record, where what matters is a body that takes long to write.
    #[serde(default)]
    padding: usize,
    /// Whether the answer never ends, so that the client has to give it up.
    #[serde(default)]
    times_out: bool,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_hostile_answer_ends_in_the_right_outcome() {
    let service = Arc::new(graph8_hostile::start().unwrap());
    let turns = Arc::new(Semaphore::new(SIDE_BY_SIDE));
    let mut running = JoinSet::new();
    for case in cases().filter(|case| case.padding == 0) {
        let (service, turns) = (Arc::clone(&service), Arc::clone(&turns));
        running.spawn(async move {
            let _turn = turns.acquire().await;
            check(&service, case).await
        });
    }
    let differences: Vec<String> = running.join_all().await.into_iter().flatten().collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// One after the other: a debug build takes its time to encode such a body, and the others would wait.
#[tokio::test]
async fn each_hostile_answer_to_a_body_that_is_still_written_ends_in_the_right_outcome() {
    let service = graph8_hostile::start().unwrap();
    let mut differences = Vec::new();
    for case in cases().filter(|case| case.padding > 0) {
        differences.extend(check(&service, case).await);
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn cases() -> impl Iterator<Item = Case> {
    serde_json::from_str::<Vec<Case>>(graph8_hostile::CASES)
        .unwrap()
        .into_iter()
}

fn client(service: &Service, case: &str, patience: Duration) -> Client {
    secrets::watch();
    Client::builder()
        .api_key("g8_test_canary")
        .base_url(service.base_url(case))
        .ca_pem(service.authority_pem.as_bytes())
        .unpaced()
        .connect_timeout(patience)
        .read_timeout(patience)
        .timeout(patience)
        .build()
        .unwrap()
}

async fn check(service: &Service, case: Case) -> Vec<String> {
    if !case.times_out {
        return differences(service, &case, HANGS).await;
    }
    let mut found = Vec::new();
    for seconds in SHORT {
        found = differences(service, &case, Duration::from_secs(seconds)).await;
        if found.is_empty() {
            break;
        }
    }
    found
}

async fn differences(service: &Service, case: &Case, patience: Duration) -> Vec<String> {
    let mut differences = Vec::new();
    let mut differs = |what: &str, expected: &dyn std::fmt::Debug, actual: &dyn std::fmt::Debug| {
        differences.push(format!("{}: {what}: {expected:?} is {actual:?}", case.name));
    };
    let before = seen(&service.url, &case.name).await.requests;
    let (letters, words) = push(service, case, patience).await;
    if letters != case.push {
        differs("push", &case.push, &(letters, &words));
    }
    if let Some(says) = &case.says
        && !words.contains(says)
    {
        differs("says", says, &words);
    }
    let requests = seen(&service.url, &case.name).await.requests - before;
    if requests != case.requests {
        differs("requests", &case.requests, &requests);
    }
    let read = match client(service, &case.name, patience).list_syncs().await {
        Ok(_) => "ok".to_owned(),
        Err(error) => {
            secrets::check_error(&error);
            error.kind().as_str().to_owned()
        }
    };
    if read != case.read {
        differs("read", &case.read, &read);
    }
    differences
}

async fn push(service: &Service, case: &Case, patience: Duration) -> (String, String) {
    let contacts = [
        json!({"email": "a@example.com", "note": "x".repeat(case.padding)}),
        json!({"email": "b@example.com"}),
    ];
    let options = PushOptions {
        on_unknown: OnUnknown::Report,
        // Both in one request, whatever their size.
        batch_bytes: usize::MAX,
        ..PushOptions::default()
    };
    let pushed = client(service, &case.name, patience)
        .push_contacts(Provider::Hubspot, contacts, options)
        .await;
    let (report, words) = match pushed {
        Ok(report) => (report, String::new()),
        Err(error) => {
            secrets::check_error(&error);
            let words = error.to_string();
            (error.into_report().unwrap(), words)
        }
    };
    secrets::check_shown(&report);
    let letters = report
        .outcomes()
        .iter()
        .map(|outcome| char::from(b"pfun"[outcome as usize]));
    let messages = report
        .problems()
        .iter()
        .map(|problem| problem.message.to_string());
    (
        letters.collect(),
        messages.chain([words]).collect::<Vec<_>>().join(" | "),
    )
}

#[derive(Deserialize)]
struct Seen {
    /// Whole ones.
    requests: usize,
    /// Connections that both sides have closed.
    ended: usize,
}

/// What the service has seen of a case.
async fn seen(url: &str, case: &str) -> Seen {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://"))
        .await
        .unwrap();
    let request = format!("GET /_seen/{case} HTTP/1.1\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}

/// Two pushes over one client, so that a kept connection is taken up again.
#[tokio::test]
async fn a_kept_connection_brings_neither_a_strange_answer_nor_a_second_create() {
    let service = graph8_hostile::start().unwrap();
    // What comes behind the answer, or the hang-up, ends the connection before it is taken up again.
    for (case, second, ended_before) in [
        ("stray_answer", "pp", 1),
        ("idle_then_gone", "pp", 1),
        ("gone_when_reused", "uu", 0),
    ] {
        let client = client(&service, case, HANGS);
        let mut letters = Vec::new();
        for number in 0..2 {
            let contacts =
                [0, 1].map(|part| json!({"email": format!("{number}{part}@example.com")}));
            let pushed = client
                .push_contacts(Provider::Hubspot, contacts, PushOptions::default())
                .await;
            let report = pushed.unwrap_or_else(|error| error.into_report().unwrap());
            letters.push(letters_of(&report));
            while seen(&service.url, case).await.ended < ended_before {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        assert_eq!(letters, ["pp", second], "{case}");
        assert_eq!(seen(&service.url, case).await.requests, 2, "{case}");
    }
}

fn letters_of(report: &PushReport) -> String {
    report
        .outcomes()
        .iter()
        .map(|outcome| char::from(b"pfun"[outcome as usize]))
        .collect()
}
