//! What only sockets show: how often a request was really sent, and what a broken peer does to it.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use graph8_crm::{Client, ErrorKind, Flow, Outcome, Provider, PushKind, PushOptions, Records};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::secrets;

pub(crate) const ALL_PUSHED: &str = r#"{"data":{"pushed_count":1,"failed_count":0,"errors":[]}}"#;

/// A server that hands each connection to `serve` and counts them.
pub(crate) struct Peer {
    url: String,
    connections: Arc<AtomicUsize>,
}

impl Peer {
    pub(crate) async fn start<F, S>(serve: S) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
        S: Fn(usize, TcpStream) -> F + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = counter.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(number, stream));
            }
        });
        Self { url, connections }
    }

    pub(crate) fn client(&self) -> Client {
        client_of(&self.url)
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn client_of(url: &str) -> Client {
    secrets::watch();
    Client::builder()
        .api_key("g8_test_canary")
        .base_url(url)
        .timeout(Duration::from_secs(5))
        .build()
        .unwrap()
}

pub(crate) fn contacts(count: usize) -> Vec<Value> {
    (0..count)
        .map(|number| json!({"email": format!("person{number}@example.com")}))
        .collect()
}

/// Reads one whole request; `None` when the client closed.
pub(crate) async fn read_request(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut request = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        if let Some(head) = request.windows(4).position(|window| window == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&request[..head]).to_lowercase();
            let length: usize = text
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |length| length.trim().parse().unwrap());
            if request.len() >= head + 4 + length {
                return Some(request);
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => request.extend_from_slice(&buffer[..read]),
        }
    }
}

pub(crate) async fn respond(stream: &mut TcpStream, status: &str, headers: &str, body: &str) {
    let answer = format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    // The client may be gone already; the tests look at what it says of that.
    let _ = stream.write_all(answer.as_bytes()).await;
}

#[tokio::test]
async fn a_refused_connection_is_tried_five_times_and_leaves_all_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = client_of(&url)
        .push_contacts(Provider::Hubspot, contacts(3), PushOptions::default())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
    let report = error.report().unwrap();
    assert_eq!((report.not_sent(), report.requests()), (3, 5));
    assert_eq!(report.bytes_sent(), 0);
}

#[tokio::test]
async fn a_create_whose_connection_breaks_after_it_was_sent_is_sent_once_and_unknown() {
    let peer = Peer::start(|_, mut stream| async move {
        read_request(&mut stream).await;
    })
    .await;
    let report = peer
        .client()
        .push_contacts(Provider::Hubspot, contacts(2), PushOptions::default())
        .await
        .unwrap();
    assert_eq!((report.unknown(), report.requests()), (2, 1));
    assert_eq!(peer.connections(), 1);
}

#[tokio::test]
async fn a_413_while_the_body_is_still_written_splits_the_batch() {
    let peer = Peer::start(|number, mut stream| async move {
        if number == 0 {
            let mut some = [0; 1024];
            let _ = stream.read(&mut some).await;
            respond(
                &mut stream,
                "413 Payload Too Large",
                "Connection: close\r\n",
                "",
            )
            .await;
            // Keeps the connection open so that the answer is not lost in a reset.
            tokio::time::sleep(Duration::from_secs(2)).await;
            return;
        }
        while read_request(&mut stream).await.is_some() {
            respond(&mut stream, "200 OK", "", ALL_PUSHED).await;
        }
    })
    .await;
    let large = "x".repeat(8 * 1024 * 1024);
    let records = [
        json!({"email": "a@b.test", "note": large}),
        json!({"email": "c@d.test"}),
    ];
    let options = PushOptions {
        batch_bytes: usize::MAX,
        ..PushOptions::default()
    };
    let report = peer
        .client()
        .push_contacts(Provider::Hubspot, records, options)
        .await
        .unwrap();
    assert_eq!((report.pushed(), report.requests()), (2, 3));
}

#[tokio::test]
async fn a_503_before_the_body_was_taken_is_repeated() {
    let peer = Peer::start(|number, mut stream| async move {
        if number == 0 {
            let mut some = [0; 1024];
            let _ = stream.read(&mut some).await;
            respond(
                &mut stream,
                "503 Service Unavailable",
                "Connection: close\r\n",
                "",
            )
            .await;
            tokio::time::sleep(Duration::from_secs(2)).await;
            return;
        }
        while read_request(&mut stream).await.is_some() {
            respond(&mut stream, "200 OK", "", ALL_PUSHED).await;
        }
    })
    .await;
    // Two frames of one chunk each: the transport has not taken the second when the answer comes.
    let push = peer
        .client()
        .start_push(
            Provider::Hubspot,
            PushKind::Contacts,
            PushOptions::default(),
        )
        .unwrap();
    let large = "x".repeat(16 * 1024 * 1024);
    let fed = [json!({"email": "a@b.test", "note": large})]
        .into_iter()
        .collect();
    assert_eq!(push.feed(fed).await, Flow::Continue);
    let report = push.finish().await.unwrap();
    assert_eq!((report.pushed(), report.requests()), (1, 2));
}

#[tokio::test]
async fn a_connection_that_closes_between_batches_loses_and_doubles_nothing() {
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&seen);
    let peer = Peer::start(move |_, mut stream| {
        let counter = Arc::clone(&counter);
        async move {
            // One answer without "Connection: close", then the connection is gone all the same.
            if read_request(&mut stream).await.is_some() {
                counter.fetch_add(1, Ordering::SeqCst);
                respond(&mut stream, "200 OK", "", ALL_PUSHED).await;
            }
        }
    })
    .await;
    let options = PushOptions {
        batch_size: 1.into(),
        concurrency: 1,
        max_consecutive_unknown: 0,
        ..PushOptions::default()
    };
    let report = peer
        .client()
        .push_contacts(Provider::Hubspot, contacts(50), options)
        .await
        .unwrap();
    assert_eq!(report.pushed() + report.unknown(), 50, "{report:?}");
    assert_eq!(
        report.pushed(),
        seen.load(Ordering::SeqCst),
        "a request was sent twice or lost"
    );
}

#[tokio::test]
async fn a_redirect_is_an_error_that_names_its_target_and_is_not_followed() {
    let target = Peer::start(|_, _| async {}).await;
    let location = format!("Location: {}/elsewhere\r\n", target.url);
    let peer = Peer::start(move |_, mut stream| {
        let location = location.clone();
        async move {
            while read_request(&mut stream).await.is_some() {
                respond(&mut stream, "307 Temporary Redirect", &location, "").await;
            }
        }
    })
    .await;
    let error = peer.client().list_syncs().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidAnswer);
    assert!(error.message().contains("/elsewhere"), "{error}");
    assert_eq!((peer.connections(), target.connections()), (1, 0));
}

#[tokio::test]
async fn an_endless_answer_is_refused_while_it_streams_in() {
    let peer = Peer::start(|_, mut stream| async move {
        read_request(&mut stream).await;
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let _ = stream.write_all(head.as_bytes()).await;
        let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
        while stream.write_all(chunk.as_bytes()).await.is_ok() {}
    })
    .await;
    let report = peer
        .client()
        .push_contacts(Provider::Hubspot, contacts(1), PushOptions::default())
        .await
        .unwrap();
    assert_eq!(report.unknown(), 1);
    assert!(
        report.problems()[0].message.contains("16 MiB"),
        "{report:?}"
    );
    assert!(report.bytes_received() <= 17 * 1024 * 1024);
}

#[tokio::test]
async fn cancelling_stops_the_request_in_flight_and_reports() {
    let peer = Peer::start(|_, mut stream| async move {
        read_request(&mut stream).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
    })
    .await;
    let options = PushOptions {
        batch_size: 2.into(),
        concurrency: 1,
        ..PushOptions::default()
    };
    let push = peer
        .client()
        .start_push(Provider::Hubspot, PushKind::Contacts, options)
        .unwrap();
    let cancel = push.cancel_handle();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(200)).await;
        cancel.cancel();
    });
    let started = Instant::now();
    let fed: Records = contacts(5).into_iter().collect();
    push.offer(fed);
    push.not_sent(7);
    let error = push.finish().await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(2));
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    let report = error.report().unwrap();
    assert_eq!(
        (report.unknown(), report.not_sent(), report.records()),
        (2, 10, 12)
    );
}

#[tokio::test]
async fn a_push_whose_finish_was_dropped_can_be_cancelled_and_still_reports() {
    let peer = Peer::start(|_, mut stream| async move {
        read_request(&mut stream).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
    })
    .await;
    let options = PushOptions {
        batch_size: 2.into(),
        concurrency: 1,
        ..PushOptions::default()
    };
    let push = peer
        .client()
        .start_push(Provider::Hubspot, PushKind::Contacts, options)
        .unwrap();
    let fed: Records = contacts(5).into_iter().collect();
    push.offer(fed);
    let dropped = tokio::time::timeout(Duration::from_millis(300), push.finish()).await;
    assert!(dropped.is_err());
    push.cancel_handle().cancel();
    let error = push.finish().await.unwrap_err();
    let report = error.report().unwrap();
    assert_eq!((report.unknown(), report.not_sent()), (2, 3));
    assert_eq!(report.outcome(0), Some(Outcome::Unknown));
    assert_eq!(peer.connections(), 1);
}

#[tokio::test]
async fn a_deadline_ends_the_push_and_what_was_in_flight_is_unknown() {
    let peer = Peer::start(|_, mut stream| async move {
        read_request(&mut stream).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
    })
    .await;
    let options = PushOptions {
        batch_size: 2.into(),
        concurrency: 1,
        deadline: Some(Duration::from_millis(200)),
        ..PushOptions::default()
    };
    let error = peer
        .client()
        .push_contacts(Provider::Hubspot, contacts(5), options)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    let report = error.report().unwrap();
    assert_eq!((report.unknown(), report.not_sent()), (2, 3));
}

#[tokio::test]
async fn a_create_repeated_on_request_that_is_then_refused_stays_unknown() {
    let peer = Peer::start(|number, mut stream| async move {
        while read_request(&mut stream).await.is_some() {
            if number == 0 {
                return;
            }
            let body = r#"{"data":{"pushed_count":0,"failed_count":1,"errors":[{"record":"person0@example.com","error":"Contact already exists"}]}}"#;
            respond(&mut stream, "200 OK", "", body).await;
        }
    })
    .await;
    let options = PushOptions {
        on_unknown: graph8_crm::OnUnknown::Retry,
        ..PushOptions::default()
    };
    let report = peer
        .client()
        .push_contacts(Provider::Hubspot, contacts(1), options)
        .await
        .unwrap();
    assert_eq!(
        (report.unknown(), report.failed(), report.requests()),
        (1, 0, 2)
    );
    assert!(report.problems()[0].message.contains("already exists"));
}
