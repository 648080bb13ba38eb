//! What comes over a connection after its request was answered: it is never the next request's.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use graph8_crm::{Client, ClientBuilder, ListChange, Provider, PushOptions, PushReport};

use crate::secrets;
use crate::wire::{Peer, contacts, read_request, respond};

/// Names nobody and fits one record: taken for true it would be a wrong outcome.
const STRAY: &str = r#"{"data":{"pushed_count":0,"failed_count":1,"errors":[]}}"#;
/// One record created, or one member added.
const DONE: &str =
    r#"{"data":{"pushed_count":1,"failed_count":0,"added":1,"removed":0,"errors":[]}}"#;
const NO_SYNCS: &str = r#"{"data":[]}"#;

fn builder(url: &str) -> ClientBuilder {
    secrets::watch();
    Client::builder().api_key("g8_test_canary").base_url(url)
}

async fn push(client: &Client) -> PushReport {
    client
        .push_contacts(Provider::Hubspot, contacts(1), PushOptions::default())
        .await
        .unwrap()
}

/// A service that says what nobody asked for as soon as a second request comes over a connection:
/// the moment at which nothing tells it from the answer.
async fn service() -> (Peer, Arc<AtomicUsize>) {
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&connections);
    let peer = Peer::start(move |number, mut stream| {
        counter.store(number + 1, Ordering::SeqCst);
        async move {
            let mut is_reused = false;
            while let Some(request) = read_request(&mut stream).await {
                if is_reused {
                    respond(&mut stream, "200 OK", "", STRAY).await;
                }
                is_reused = true;
                let body = if request.starts_with(b"GET") {
                    NO_SYNCS
                } else {
                    DONE
                };
                respond(&mut stream, "200 OK", "", body).await;
            }
        }
    })
    .await;
    (peer, connections)
}

#[tokio::test]
async fn a_late_second_answer_finds_no_other_request_on_its_connection() {
    type Call = fn(&Client) -> Pin<Box<dyn Future<Output = ()> + '_>>;
    let create: Call = |client| {
        Box::pin(async {
            assert_eq!(push(client).await.pushed(), 1);
        })
    };
    let change: Call = |client| {
        Box::pin(async {
            let changes = [ListChange::new("1").add(["a"])];
            let pushed = client.push_lists(Provider::Hubspot, changes, PushOptions::default());
            assert_eq!(pushed.await.unwrap().pushed(), 1);
        })
    };
    let read: Call = |client| {
        Box::pin(async {
            assert!(client.list_syncs().await.unwrap().is_empty());
        })
    };
    // Over this port a client that offers HTTP/2 speaks HTTP/1.1 as well.
    for http2 in [false, true] {
        for first in [create, change, read] {
            for second in [create, change, read] {
                let (peer, connections) = service().await;
                let client = builder(peer.url()).http2(http2).build().unwrap();
                first(&client).await;
                second(&client).await;
                assert_eq!(connections.load(Ordering::SeqCst), 2);
            }
        }
    }
}

#[tokio::test]
async fn batches_of_one_push_have_connections_of_their_own() {
    let (peer, connections) = service().await;
    let client = builder(peer.url()).build().unwrap();
    let options = PushOptions {
        batch_size: 1.into(),
        concurrency: 2,
        ..PushOptions::default()
    };
    let report = client
        .push_contacts(Provider::Hubspot, contacts(8), options)
        .await
        .unwrap();
    assert_eq!(
        (report.pushed(), connections.load(Ordering::SeqCst)),
        (8, 8)
    );
}

#[tokio::test]
async fn a_late_second_answer_over_tls_finds_no_other_request_even_without_a_rate_limit() {
    let service = graph8_hostile::start().unwrap();
    let url = format!("{}/stray_when_reused", service.ports["tls_good"]);
    for http2 in [false, true] {
        let client = builder(&url)
            .ca_pem(service.authority_pem.as_bytes())
            .unpaced()
            .http2(http2)
            .build()
            .unwrap();
        for _ in 0..3 {
            let report = client
                .push_contacts(Provider::Hubspot, contacts(2), PushOptions::default())
                .await
                .unwrap();
            assert_eq!(report.pushed(), 2, "{report:?}");
        }
    }
}

/// Without a rate limit connections to this machine are kept. Here nobody drives the runtime while
/// the answer comes that nobody asked for, or the hang-up.
#[cfg(target_os = "linux")]
mod unattended {
    use std::fs;
    use std::io::{Read, Write};
    use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use graph8_crm::Outcome;

    use super::{DONE, STRAY, builder, push};

    #[test]
    fn a_kept_connection_is_looked_at_before_it_carries_a_request() {
        for behind_the_answer in [Some(STRAY), None] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let url = format!("http://{}", listener.local_addr().unwrap());
            let (go_on, may_go_on) = mpsc::channel();
            let (arrived, has_arrived) = mpsc::channel();
            let service = thread::spawn(move || {
                let (mut first, client) = listener.accept().unwrap();
                answer_one(&mut first);
                may_go_on.recv().unwrap();
                match behind_the_answer {
                    Some(body) => write(&first, body),
                    None => first.shutdown(Shutdown::Write).unwrap(),
                }
                wait_until_received(client, first.local_addr().unwrap());
                arrived.send(()).unwrap();
                let (mut second, _) = listener.accept().unwrap();
                answer_one(&mut second);
                // The client has left the first connection, or reset it.
                assert_eq!(first.read(&mut [0; 1]).unwrap_or(0), 0);
            });
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let client = builder(&url).unpaced().build().unwrap();
            assert_eq!(runtime.block_on(push(&client)).pushed(), 1);
            go_on.send(()).unwrap();
            has_arrived.recv().unwrap();
            let report = runtime.block_on(push(&client));
            assert_eq!(report.outcome(0), Some(Outcome::Pushed), "{report:?}");
            drop((client, runtime));
            service.join().unwrap();
        }
    }

    fn answer_one(stream: &mut TcpStream) {
        let mut request = Vec::new();
        while !request.ends_with(b"]}") {
            let mut part = [0; 1024];
            let read = stream.read(&mut part).unwrap();
            assert_ne!(read, 0, "the client hung up");
            request.extend_from_slice(&part[..read]);
        }
        write(stream, DONE);
    }

    fn write(mut stream: &TcpStream, body: &str) {
        let length = body.len();
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}");
        stream.write_all(answer.as_bytes()).unwrap();
    }

    /// Waits until the client's half of a connection holds what nobody has read yet, or the hang-up.
    fn wait_until_received(client: SocketAddr, service: SocketAddr) {
        const CLOSE_WAIT: &str = "08";
        let ports = [client, service].map(|address| format!(":{:04X}", address.port()));
        loop {
            let connections = fs::read_to_string("/proc/net/tcp").unwrap();
            for connection in connections.lines() {
                let [_, local, remote, state, queues, ..] =
                    connection.split_whitespace().collect::<Vec<_>>()[..]
                else {
                    continue;
                };
                let is_it = local.ends_with(&ports[0]) && remote.ends_with(&ports[1]);
                let (_, unread) = queues.split_once(':').unwrap_or_default();
                if is_it && (state == CLOSE_WAIT || unread.contains(|digit| digit != '0')) {
                    return;
                }
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}
