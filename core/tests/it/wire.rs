//! What only sockets show: how often a request was really sent, and what a broken peer does to it.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use graph8_crm::border::FeedPush;
use graph8_crm::{
    Client, ErrorKind, Flow, OnError, Outcome, Provider, Push, PushKind, PushOptions, RecordSource,
    Records,
};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;

use crate::secrets;

/// Only what hangs takes so long, however busy the machine.
const HANGS: Duration = Duration::from_secs(600);
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
        .connect_timeout(HANGS)
        .read_timeout(HANGS)
        .timeout(HANGS)
        .build()
        .unwrap()
}

/// A port at which nobody listens and which nobody else is given.
pub(crate) struct ClosedPort(TcpSocket);

impl ClosedPort {
    pub(crate) fn reserve() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        // Whoever asks for this very port may listen at it.
        socket.set_reuseaddr(true).unwrap();
        socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
        Self(socket)
    }

    pub(crate) fn number(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }
}

/// A peer that reads a request, says so, and never answers.
async fn silent() -> (Peer, Arc<Notify>) {
    let has_read = Arc::new(Notify::new());
    let reads = Arc::clone(&has_read);
    let peer = Peer::start(move |_, mut stream| {
        let reads = Arc::clone(&reads);
        async move {
            read_request(&mut stream).await;
            reads.notify_one();
            std::future::pending::<()>().await;
        }
    });
    (peer.await, has_read)
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
    let closed = ClosedPort::reserve();
    let error = client_of(&format!("http://127.0.0.1:{}", closed.number()))
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
            std::future::pending::<()>().await;
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
            std::future::pending::<()>().await;
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
    let (peer, has_read) = silent().await;
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
        has_read.notified().await;
        cancel.cancel();
    });
    let fed: Records = contacts(5).into_iter().collect();
    push.offer(fed);
    push.not_sent(7);
    let error = push.finish().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    let report = error.report().unwrap();
    assert_eq!(
        (report.unknown(), report.not_sent(), report.records()),
        (2, 10, 12)
    );
}

#[tokio::test]
async fn a_push_whose_finish_was_dropped_can_be_cancelled_and_still_reports() {
    let (peer, has_read) = silent().await;
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
    tokio::select! {
        ended = push.finish() => panic!("{ended:?}"),
        () = has_read.notified() => {}
    }
    push.cancel_handle().cancel();
    let error = push.finish().await.unwrap_err();
    let report = error.report().unwrap();
    assert_eq!((report.unknown(), report.not_sent()), (2, 3));
    assert_eq!(report.outcome(0), Some(Outcome::Unknown));
    assert_eq!(peer.connections(), 1);
}

#[tokio::test]
async fn a_deadline_ends_the_push_and_what_was_in_flight_is_unknown() {
    let (peer, has_read) = silent().await;
    let options = PushOptions {
        batch_size: 2.into(),
        concurrency: 1,
        deadline: Some(HANGS / 2),
        ..PushOptions::default()
    };
    let client = peer.client();
    let deadline = async {
        has_read.notified().await;
        tokio::time::pause();
        tokio::time::advance(HANGS / 2).await;
        tokio::time::resume();
    };
    let push = client.push_contacts(Provider::Hubspot, contacts(5), options);
    let (pushed, ()) = tokio::join!(push, deadline);
    let error = pushed.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    let report = error.report().unwrap();
    assert_eq!((report.unknown(), report.not_sent()), (2, 3));
}

const REFUSED: &str = r#"{"data":{"pushed_count":0,"failed_count":1,"errors":["no"]}}"#;

/// A push of which one record was refused, which ended it.
async fn ended_by_a_stop_rule() -> Push {
    let peer = Peer::start(|_, mut stream| async move {
        read_request(&mut stream).await;
        respond(&mut stream, "200 OK", "", REFUSED).await;
    })
    .await;
    let options = PushOptions {
        batch_size: 1.into(),
        on_error: OnError::Stop,
        ..PushOptions::default()
    };
    let push = push_with(&peer, options);
    let _ = push.feed(contacts(1).into_iter().collect()).await;
    push.ended().await;
    push
}

/// Reads requests and never answers.
async fn silent_peer() -> Peer {
    Peer::start(|_, mut stream| async move {
        read_request(&mut stream).await;
        std::future::pending::<()>().await;
    })
    .await
}

fn push_with(peer: &Peer, options: PushOptions) -> Push {
    peer.client()
        .start_push(Provider::Hubspot, PushKind::Contacts, options)
        .unwrap()
}

#[tokio::test]
async fn the_bytes_of_requests_dropped_on_their_way_are_counted() {
    let arrived = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&arrived);
    let peer = Peer::start(move |_, mut stream| {
        let counter = Arc::clone(&counter);
        async move {
            read_request(&mut stream).await;
            counter.fetch_add(1, Ordering::SeqCst);
            std::future::pending::<()>().await;
        }
    })
    .await;
    let options = PushOptions {
        batch_size: 10.into(),
        concurrency: 4,
        ..PushOptions::default()
    };
    let push = push_with(&peer, options);
    let records = contacts(40);
    let least: usize = records.iter().map(|record| record.to_string().len()).sum();
    push.offer(records.into_iter().collect());
    let cancel = push.cancel_handle();
    let (finished, ()) = tokio::join!(push.finish(), async {
        while arrived.load(Ordering::SeqCst) < 4 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        cancel.cancel();
    });
    let error = finished.unwrap_err();
    let report = error.report().unwrap();
    assert_eq!((report.requests(), report.unknown()), (4, 40));
    assert!(report.bytes_sent() >= least as u64, "{report:?}");
}

#[tokio::test]
async fn a_deadline_ends_a_push_that_waits_for_its_source() {
    let peer = silent_peer().await;
    let options = PushOptions {
        deadline: Some(Duration::from_millis(50)),
        ..PushOptions::default()
    };
    // Nothing was ever fed.
    let push = push_with(&peer, options);
    push.ended().await;
    push.interrupted().await;
    push.leave_source();
    let error = push.finish().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.report().unwrap().ended_early().is_some());
}

#[tokio::test]
async fn a_fatal_answer_ends_a_push_that_waits_for_its_source() {
    let peer = Peer::start(|_, mut stream| async move {
        read_request(&mut stream).await;
        respond(&mut stream, "401 Unauthorized", "", r#"{"detail":"no"}"#).await;
    })
    .await;
    let push = push_with(&peer, PushOptions::default());
    let _ = push.feed(contacts(100).into_iter().collect()).await;
    push.ended().await;
    assert!(!push.is_interrupted());
    push.leave_source();
    let error = push.finish().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
}

#[tokio::test]
async fn a_stop_rule_is_an_error_when_the_source_was_left() {
    for is_left in [false, true] {
        let push = ended_by_a_stop_rule().await;
        if is_left {
            push.leave_source();
        }
        let ended = push.finish().await;
        assert_eq!(ended.is_err(), is_left, "{ended:?}");
    }
}

#[tokio::test]
async fn a_push_cancelled_before_it_began_says_so() {
    let peer = silent_peer().await;
    let push = push_with(&peer, PushOptions::default());
    push.cancel_handle().cancel();
    push.ended().await;
    push.not_sent(250);
    let error = push.finish().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    let report = error.report().unwrap();
    assert_eq!((report.records(), report.not_sent()), (250, 250));
    assert_eq!(report.ended_early(), Some("cancelled by the caller"));
    assert_eq!(peer.connections(), 0);
}

/// As many chunks of one record as it says, like a file that does not know how many it holds.
struct Chunks(usize);

impl RecordSource for Chunks {
    fn next(&mut self) -> graph8_crm::Result<Option<Records>> {
        let chunk = (self.0 > 0).then(|| contacts(1).into_iter().collect());
        self.0 = self.0.saturating_sub(1);
        Ok(chunk)
    }
}

#[tokio::test]
async fn a_source_is_asked_for_its_end_where_a_stop_rule_ended_the_push() {
    for is_cancelled in [false, true] {
        let push = ended_by_a_stop_rule().await;
        if is_cancelled {
            push.cancel_handle().cancel();
        }
        let mut source = Chunks(3);
        assert_eq!(push.feed_from(&mut source).await.unwrap(), Flow::Ended);
        assert_eq!(source.0, if is_cancelled { 2 } else { 1 });
        let error = push.finish().await.unwrap_err();
        let report = error.report().unwrap();
        assert_eq!(
            (report.failed(), report.not_sent()),
            (1, 2 - usize::from(is_cancelled))
        );
    }
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

#[tokio::test]
async fn a_traceparent_travels_with_every_request_of_a_push() {
    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&seen);
    let peer = Peer::start(move |_, mut stream| {
        let counter = Arc::clone(&counter);
        async move {
            while let Some(request) = read_request(&mut stream).await {
                let text = String::from_utf8_lossy(&request).to_lowercase();
                assert_eq!(text.matches("\r\ntraceparent: ").count(), 1, "{text}");
                assert!(text.contains(&format!("\r\ntraceparent: {PARENT}\r\n")));
                counter.fetch_add(1, Ordering::SeqCst);
                respond(&mut stream, "200 OK", "", ALL_PUSHED).await;
            }
        }
    });
    let client = peer.await.client();
    let client = client.with_headers([("traceparent", PARENT)]).unwrap();
    let options = PushOptions {
        batch_size: graph8_crm::BatchSize::Fixed(1),
        ..PushOptions::default()
    };
    let report = client
        .push_contacts(Provider::Hubspot, contacts(3), options)
        .await
        .unwrap();
    assert_eq!((report.pushed(), seen.load(Ordering::SeqCst)), (3, 3));
}
