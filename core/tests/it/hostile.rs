//! Answers that no HTTP library would send: the outcome, the count of requests, the time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use graph8_crm::{Client, OnUnknown, Provider, PushOptions, PushReport};
use graph8_hostile::Service;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::secrets;

/// More would slow each other down beyond their time-outs.
const SIDE_BY_SIDE: usize = 8;

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

fn client(service: &Service, case: &str) -> Client {
    secrets::watch();
    Client::builder()
        .api_key("g8_test_canary")
        .base_url(service.base_url(case))
        .ca_pem(service.authority_pem.as_bytes())
        .rate_limit(None)
        .read_timeout(Duration::from_secs(1))
        .timeout(Duration::from_secs(3))
        .build()
        .unwrap()
}

async fn check(service: &Service, case: Case) -> Vec<String> {
    let mut differences = Vec::new();
    let mut differs = |what: &str, expected: &dyn std::fmt::Debug, actual: &dyn std::fmt::Debug| {
        differences.push(format!("{}: {what}: {expected:?} is {actual:?}", case.name));
    };
    let started = Instant::now();
    let (letters, words) = push(service, &case).await;
    if letters != case.push {
        differs("push", &case.push, &(letters, &words));
    }
    if let Some(says) = &case.says
        && !words.contains(says)
    {
        differs("says", says, &words);
    }
    let seen = seen(&service.url, &case.name).await;
    if seen != case.requests {
        differs("requests", &case.requests, &seen);
    }
    let read = match client(service, &case.name).list_syncs().await {
        Ok(_) => "ok".to_owned(),
        Err(error) => {
            secrets::check_error(&error);
            error.kind().as_str().to_owned()
        }
    };
    if read != case.read {
        differs("read", &case.read, &read);
    }
    if started.elapsed() > Duration::from_secs(20) {
        differs("time", &"20 s", &started.elapsed());
    }
    differences
}

async fn push(service: &Service, case: &Case) -> (String, String) {
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
    let pushed = client(service, &case.name)
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

/// How many whole requests the service has seen.
async fn seen(url: &str, case: &str) -> usize {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://"))
        .await
        .unwrap();
    let request = format!("GET /_seen/{case} HTTP/1.1\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    usize::try_from(body["requests"].as_u64().unwrap()).unwrap()
}

/// Two pushes over one client, so that a kept connection is taken up again.
#[tokio::test]
async fn a_kept_connection_brings_neither_a_strange_answer_nor_a_second_create() {
    let service = graph8_hostile::start().unwrap();
    for (case, second) in [
        ("stray_answer", "pp"),
        ("idle_then_gone", "pp"),
        ("gone_when_reused", "uu"),
    ] {
        let client = client(&service, case);
        let mut letters = Vec::new();
        for number in 0..2 {
            let contacts =
                [0, 1].map(|part| json!({"email": format!("{number}{part}@example.com")}));
            let pushed = client
                .push_contacts(Provider::Hubspot, contacts, PushOptions::default())
                .await;
            let report = pushed.unwrap_or_else(|error| error.into_report().unwrap());
            letters.push(letters_of(&report));
            // Long enough for what comes behind the answer, and for the hang-up of an idle connection.
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        assert_eq!(letters, ["pp", second], "{case}");
        assert_eq!(seen(&service.url, case).await, 2, "{case}");
    }
}

fn letters_of(report: &PushReport) -> String {
    report
        .outcomes()
        .iter()
        .map(|outcome| char::from(b"pfun"[outcome as usize]))
        .collect()
}
