//! The key shows nowhere: every log line, panic, error, report, journal and dead letter of these
//! tests is looked through, and the process's own memory after the last client is gone.

use std::error::Error as _;
use std::fs;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::{fmt, panic, process};

use graph8_crm::border::{ToJson, push_options};
use graph8_crm::{EntityType, Error, Provider, PushOptions};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpSocket};
use tracing_subscriber::fmt::format::FmtSpan;

use crate::journal::Stage;
use crate::wire::{ALL_PUSHED, ClosedPort, Peer, contacts, read_request, respond};

/// How every key of these tests begins.
const KEY_STARTS: [&str; 3] = ["g8_sbx_", "g8_test_", "g8_live_"];

/// The log lines with this request id are kept.
const KEPT: &str = "req_logged";
static LINES: Mutex<String> = Mutex::new(String::new());

fn kept() -> MutexGuard<'static, String> {
    LINES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on a key in a log line or in a panic ends the process.
pub(crate) fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Logs of reqwest and rustls, which use another crate for theirs, are bridged by init().
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(|| Watched)
            .init();
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            end_if_leaked("a panic", info.to_string().as_bytes());
            print(info);
        }));
    });
}

struct Watched;

impl Write for Watched {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        end_if_leaked("a log line", line);
        let text = String::from_utf8_lossy(line);
        if text.contains(KEPT) {
            kept().push_str(&text);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[expect(clippy::print_stderr, reason = "the last words of the process")]
fn end_if_leaked(place: &str, text: &[u8]) {
    if let Some(found) = leaked(text) {
        // A panic would be lost in a task of the runtime.
        eprintln!("the key is in {place}: {found}");
        process::abort();
    }
}

fn leaked(text: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    KEY_STARTS
        .iter()
        .any(|start| text.contains(start))
        .then(|| text.into_owned())
}

/// Nothing that a user may print or log holds the key.
pub(crate) fn check_shown(thing: &impl fmt::Debug) {
    let shown = format!("{thing:?} {thing:#?}");
    assert_eq!(leaked(shown.as_bytes()), None);
}

pub(crate) fn check_error(error: &Error) {
    check_shown(error);
    let shown = format!("{error} {} {}", error.to_json(), shown_causes(error));
    assert_eq!(leaked(shown.as_bytes()), None);
}

fn causes(error: &Error) -> Vec<&(dyn std::error::Error + 'static)> {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push(cause);
        next = cause.source();
    }
    causes
}

/// All that an error's causes show of themselves.
fn shown_causes(error: &Error) -> String {
    let show = |cause| format!("{cause} {cause:?} {cause:#?}\n");
    causes(error).into_iter().map(show).collect()
}

/// No file in this folder holds the key.
pub(crate) fn check_files(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if let Ok(content) = fs::read(entry.path()) {
            let found = leaked(&content).is_some();
            assert!(!found, "the key is in {}", entry.path().display());
        }
    }
}

#[test]
fn a_leak_would_be_seen() {
    assert_eq!(leaked(b"nothing"), None);
    assert!(leaked(b"\xff\0Bearer g8_sbx_demo\"").is_some());
}

#[tokio::test]
async fn an_error_tells_its_cause_without_key_and_records() {
    watch();
    let closed = ClosedPort::reserve();
    let base_url = format!("http://127.0.0.1:{}", closed.number());
    let client = graph8_crm::Client::builder()
        .api_key("g8_test_canary")
        .base_url(base_url)
        .build()
        .unwrap();
    let records = [json!({"email": "canary@example.com"})];
    let error = client
        .push_contacts(Provider::Hubspot, records, PushOptions::default())
        .await
        .unwrap_err();
    check_error(&error);
    let error = error.clone();
    let refused = causes(&error)
        .into_iter()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::ConnectionRefused);
    let shown = shown_causes(&error);
    assert!(refused, "{shown}");
    for secret in ["canary", "crm-syncs", "g8_"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

/// Options of a push that keeps a journal and dead letters there.
fn with_files(stage: &Stage) -> PushOptions {
    let options = json!({"journal": stage.file(""), "dead_letter": stage.file(".ndjson")});
    push_options(&options.to_string()).unwrap()
}

#[tokio::test]
async fn logs_tell_of_each_request() {
    watch();
    let peer = Peer::start(|_, mut stream| async move {
        while read_request(&mut stream).await.is_some() {
            let headers = format!("X-Request-Id: {KEPT}\r\n");
            respond(&mut stream, "200 OK", &headers, ALL_PUSHED).await;
        }
    })
    .await;
    peer.client()
        .push_contacts(Provider::Hubspot, contacts(1), PushOptions::default())
        .await
        .unwrap();
    let line = kept().clone();
    for part in [
        "method=\"POST\"",
        "status=200",
        "elapsed_ms=",
        "bytes_sent=",
        "bytes_received=",
        "/hubspot/contacts/push",
    ] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
}

/// A service that says the whole request back, key included, wherever words may be.
async fn echoing(status: &'static str, body: fn(&str) -> String) -> Peer {
    Peer::start(move |_, mut stream| async move {
        while let Some(request) = read_request(&mut stream).await {
            let head = String::from_utf8_lossy(&request).into_owned();
            let key = head
                .lines()
                .find_map(|line| line.strip_prefix("authorization: "))
                .unwrap()
                .to_owned();
            let body = body(&key);
            let answer = format!(
                "HTTP/1.1 {status}\r\nx-request-id: {key}\r\nretry-after: {key}\r\n\
                 content-length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    })
    .await
}

#[tokio::test]
async fn a_service_that_repeats_the_key_does_not_bring_it_into_errors() {
    let bodies: [fn(&str) -> String; 4] = [
        |key| json!({"detail": format!("bad key {key}")}).to_string(),
        |key| json!({"detail": {"code": key, "message": key, key: [key]}}).to_string(),
        |key| format!("<html>{key} is not allowed, {key}</html>"),
        |key| format!("{key}{key}"),
    ];
    for status in ["400 Bad Request", "401 Unauthorized", "500 Oh", "200 OK"] {
        for body in bodies {
            let peer = echoing(status, body).await;
            let client = peer.client();
            check_error(&client.list_syncs().await.unwrap_err());
            let fields = client.fields(Provider::Zoho, EntityType::Contacts).await;
            check_error(&fields.unwrap_err());
            // Looks through its journal and dead letters when it goes.
            let stage = Stage::without_sandbox("");
            let options = with_files(&stage);
            let pushed = client
                .push_contacts(Provider::Hubspot, contacts(1), options)
                .await;
            assert!(stage.file(".ndjson").exists());
            match pushed {
                Ok(report) => {
                    check_shown(&report);
                    assert_eq!(leaked(report.to_json().as_bytes()), None);
                }
                Err(error) => {
                    check_error(&error);
                    let report = error.into_report().unwrap();
                    assert_eq!(leaked(report.to_json().as_bytes()), None);
                }
            }
        }
    }
}

#[tokio::test]
async fn a_service_that_repeats_the_key_does_not_bring_it_into_reports() {
    let peer = echoing("200 OK", |key| {
        json!({"data": {"pushed_count": 0, "failed_count": 1,
            "errors": [{"record_index": 0, "error": format!("CRM says: no {key}")}]}})
        .to_string()
    })
    .await;
    let report = peer
        .client()
        .push_contacts(Provider::Hubspot, contacts(1), PushOptions::default())
        .await
        .unwrap();
    assert_eq!(leaked(report.to_json().as_bytes()), None);
    let problem = &report.problems()[0];
    assert!(problem.message.contains("***"), "{}", problem.message);
}

/// A text as the content of a JSON string, each character in an escape.
type Escape = fn(&str) -> String;

fn each(text: &str, escape: impl Fn(usize, char) -> String) -> String {
    let characters = text.chars().enumerate();
    characters
        .map(|(place, character)| escape(place, character))
        .collect()
}

fn json_content(text: &str) -> String {
    let json = serde_json::to_string(text).unwrap();
    json[1..json.len() - 1].to_owned()
}

const ESCAPES: [(&str, Escape); 14] = [
    ("as JSON must", json_content),
    ("small hex", |key| {
        each(key, |_, c| format!("\\u{:04x}", u32::from(c)))
    }),
    ("great hex", |key| {
        each(key, |_, c| format!("\\u{:04X}", u32::from(c)))
    }),
    ("slashes", |key| json_content(key).replace('/', "\\/")),
    ("the first", |key| {
        each(key, |place, c| match place {
            0 => format!("\\u{:04X}", u32::from(c)),
            _ => json_content(&c.to_string()),
        })
    }),
    ("every other", |key| {
        each(key, |place, c| match (place % 2, c) {
            (0, _) => format!("\\u{:04X}", u32::from(c)),
            (_, '/') => "\\/".to_owned(),
            _ => json_content(&c.to_string()),
        })
    }),
    ("JSON in JSON", |key| json_content(&json_content(key))),
    ("JSON in JSON in JSON", |key| {
        json_content(&json_content(&each(key, |_, c| {
            format!("\\u{:04x}", u32::from(c))
        })))
    }),
    ("a URL", |key| {
        each(key, |_, c| format!("%{:02X}", u32::from(c)))
    }),
    ("a URL, partly", |key| {
        each(key, |_, c| match c {
            'a'..='z' | '0'..='9' | '_' => c.to_string(),
            _ => format!("%{:02x}", u32::from(c)),
        })
    }),
    ("HTML, hex", |key| {
        each(key, |_, c| format!("&#x{:x};", u32::from(c)))
    }),
    ("HTML, decimal", |key| {
        each(key, |_, c| format!("&#{};", u32::from(c)))
    }),
    ("HTML, named", |key| {
        let html = key
            .replace('&', "&amp;")
            .replace('"', "&quot;")
            .replace('<', "&lt;");
        json_content(&html)
    }),
    ("HTML in the JSON of others", |key| {
        each(key, |_, c| format!("\\u0026#x{:x};", u32::from(c)))
    }),
];

const AWKWARD_KEYS: [&str; 4] = [
    "g8_test_Sc4nary",
    "g8_test_a/b+c==",
    "g8_test_\"q\"\\\\b\\/<&>",
    "g8_test_%41&amp;\\u0053",
];

/// Neither the text nor a string of the JSON in it has the key or what was said of it.
fn assert_hidden(key: &str, said: &str, shown: &str) {
    fn strings(value: &serde_json::Value, into: &mut Vec<String>) {
        match value {
            serde_json::Value::String(text) => into.push(text.clone()),
            serde_json::Value::Array(values) => {
                for value in values {
                    strings(value, into);
                }
            }
            serde_json::Value::Object(members) => {
                for (name, value) in members {
                    into.push(name.clone());
                    strings(value, into);
                }
            }
            _ => {}
        }
    }
    let mut texts = vec![shown.to_owned()];
    for line in shown.lines() {
        if let Ok(value) = serde_json::from_str(line) {
            strings(&value, &mut texts);
        }
    }
    for text in texts {
        assert!(!text.contains(key) && !text.contains(said), "{text}");
    }
}

async fn check_escaped(name: &str, key: &str, said: &str) {
    let bodies = [
        (422, format!(r#"{{"detail": "bad key {said}"}}"#)),
        (
            400,
            format!(
                r#"{{"error": {{"code": "{said}", "message": "x {said} y", "request_id": "{said}", "{said}": ["{said}"]}}}}"#
            ),
        ),
        (500, format!("<html><b>{said}</b> is not allowed</html>")),
        (500, format!("no {said} here")),
        (200, format!(r#"{{"data": {{"pushed_count": "{said}"}}}}"#)),
        (
            200,
            format!(
                r#"{{"data": {{"pushed_count": 0, "failed_count": 1, "errors": [{{"error": "no {said}"}}]}}}}"#
            ),
        ),
        (
            200,
            format!(
                r#"{{"data": {{"pushed_count": 0, "failed_count": 1, "errors": ["no {said}"]}}}}"#
            ),
        ),
    ];
    for (status, body) in bodies {
        let answer = body.clone();
        let header = said.to_owned();
        let peer = Peer::start(move |_, mut stream| {
            let (answer, header) = (answer.clone(), header.clone());
            async move {
                while read_request(&mut stream).await.is_some() {
                    let headers = format!("x-request-id: {header}\r\nx-error-code: {header}\r\n");
                    respond(&mut stream, &format!("{status} So"), &headers, &answer).await;
                }
            }
        })
        .await;
        let client = graph8_crm::Client::builder()
            .api_key(key)
            .base_url(peer.url())
            .unpaced()
            .build()
            .unwrap();
        let stage = Stage::without_sandbox("");
        let options = with_files(&stage);
        let pushed = client
            .push_contacts(Provider::Hubspot, contacts(1), options)
            .await;
        let mut shown = Vec::new();
        let report = match pushed {
            Ok(report) => report,
            Err(error) => {
                shown.extend([format!("{error} {error:?}"), error.to_json()]);
                shown.push(error.code().unwrap_or_default().to_owned());
                shown.push(error.request_id().unwrap_or_default().to_owned());
                error.into_report().unwrap()
            }
        };
        shown.push(report.to_json());
        shown.push(format!("{report:?}"));
        shown.push(fs::read_to_string(stage.file(".ndjson")).unwrap());
        shown.push(String::from_utf8_lossy(&fs::read(stage.file("")).unwrap()).into_owned());
        if (400..500).contains(&status) {
            // Reads are repeated after other answers, which takes its time.
            let error = client.list_syncs().await.unwrap_err();
            shown.extend([format!("{error} {error:?}"), error.to_json()]);
        }
        for shown in &shown {
            assert_hidden(key, said, shown);
        }
        assert!(shown.concat().contains("***"), "{name}: {body}: {shown:?}");
    }
}

#[tokio::test]
async fn a_service_that_repeats_the_key_escaped_does_not_bring_it_anywhere() {
    watch();
    for key in AWKWARD_KEYS {
        for (name, escape) in ESCAPES {
            let said = escape(key);
            check_escaped(name, key, &said).await;
        }
    }
}

#[tokio::test]
async fn records_that_look_like_the_key_stay_the_callers_own() {
    let peer = echoing("200 OK", |key| {
        json!({"data": {"pushed_count": 0, "failed_count": 1, "errors": [format!("no {key}")]}})
            .to_string()
    })
    .await;
    let record = json!({"email": "p@x.test", "note": "g8\u{5f}test_canary"});
    let pushed = peer
        .client()
        .push_contacts(Provider::Hubspot, [&record], PushOptions::default())
        .await;
    let report = pushed.unwrap();
    let kept = report.problems()[0].record.as_deref().unwrap();
    assert_eq!(kept.get(), record.to_string());
    assert!(report.problems()[0].message.contains("***"));
}

/// Listens at an address of this machine and holds the other family's port of the same number: a peer of
/// another test that was given that one would be asked first.
fn listen_alone(address: &str) -> Option<(TcpListener, Option<TcpSocket>)> {
    let bound = |address: &str, port: u16| {
        let address: SocketAddr = format!("{address}:{port}").parse().unwrap();
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4(),
            SocketAddr::V6(_) => TcpSocket::new_v6(),
        }?;
        socket.bind(address)?;
        io::Result::Ok(socket)
    };
    let other = if address == "[::1]" {
        "127.0.0.1"
    } else {
        "[::1]"
    };
    bound(address, 0).ok()?;
    let has_other = bound(other, 0).is_ok();
    loop {
        let socket = bound(address, 0).unwrap();
        let port = socket.local_addr().unwrap().port();
        let held = bound(other, port).ok();
        if held.is_some() || !has_other {
            return Some((socket.listen(1).unwrap(), held));
        }
    }
}

/// No name server knows these names, and none is asked.
#[tokio::test]
async fn names_of_this_machine_are_never_looked_up() {
    for name in [
        "localhost",
        "a.localhost",
        "b.c.LocalHost",
        "graph8.com.localhost",
    ] {
        for family in ["127.0.0.1", "[::1]"] {
            let Some((listener, _other)) = listen_alone(family) else {
                // A machine without IPv6.
                continue;
            };
            let port = listener.local_addr().unwrap().port();
            let serving = tokio::spawn(async move {
                let (mut stream, _) = listener.accept().await.unwrap();
                read_request(&mut stream).await.unwrap();
                respond(&mut stream, "200 OK", "", ALL_PUSHED).await;
            });
            let client = graph8_crm::Client::builder()
                .api_key("g8_test_canary")
                .base_url(format!("http://{name}:{port}"))
                .build()
                .unwrap();
            let pushed =
                client.push_contacts(Provider::Hubspot, contacts(1), PushOptions::default());
            assert_eq!(pushed.await.unwrap().pushed(), 1, "{name} {family}");
            serving.await.unwrap();
        }
    }
}

#[cfg(target_os = "linux")]
mod memory {
    use std::fs::{self, File};
    use std::os::unix::fs::FileExt;

    use graph8_crm::Client;

    const CHUNK: usize = 1 << 20;
    const MASK: u8 = 0x55;
    /// Characters that other tests do not fill memory with: each of them found is looked at.
    const RARE: &[u8] = b"!$&+;<>?@^`|~";

    /// A key that stands in memory only where the client puts it.
    struct Secret {
        masked: Vec<u8>,
    }

    impl Secret {
        fn new() -> Self {
            let masked = (0..48).map(|_| RARE[fastrand::usize(..RARE.len())] ^ MASK);
            Self {
                masked: masked.collect(),
            }
        }

        fn key(&self) -> String {
            let mut key = String::with_capacity(self.masked.len());
            key.extend(self.masked.iter().map(|byte| char::from(byte ^ MASK)));
            key
        }

        /// The second half tells: an allocator writes over the beginning of what was freed.
        fn tail(&self) -> &[u8] {
            &self.masked[self.masked.len() / 2..]
        }

        fn tail_is_at(&self, memory: &[u8]) -> bool {
            memory.len() >= self.tail().len()
                && memory.iter().zip(self.tail()).all(|(a, b)| a ^ b == MASK)
        }

        /// How often it stands in the memory of this process.
        fn count(&self) -> usize {
            let memory = File::open("/proc/self/mem").unwrap();
            let mut buffer = vec![0; CHUNK + self.masked.len()];
            let mut count = 0;
            for line in fs::read_to_string("/proc/self/maps").unwrap().lines() {
                let (range, rest) = line.split_once(' ').unwrap();
                if !rest.starts_with("rw") {
                    continue;
                }
                let (start, end) = range.split_once('-').unwrap();
                let mut start = u64::from_str_radix(start, 16).unwrap();
                let end = u64::from_str_radix(end, 16).unwrap();
                while start < end {
                    let wanted = buffer.len().min(usize::try_from(end - start).unwrap());
                    let Ok(read) = memory.read_at(&mut buffer[..wanted], start) else {
                        break;
                    };
                    count += memchr::memchr_iter(self.tail()[0] ^ MASK, &buffer[..read])
                        .filter(|&place| self.tail_is_at(&buffer[place..read]))
                        .count();
                    start += CHUNK as u64;
                }
            }
            // What was read must not be found the next time.
            buffer.fill(0);
            count
        }
    }

    #[test]
    fn the_key_is_wiped_with_the_last_client() {
        // Only buffers of the HTTP library that carried it in a request are beyond our reach.
        let secret = Secret::new();
        assert_eq!(secret.count(), 0);
        let client = Client::builder().api_key(secret.key()).build().unwrap();
        let other = client.clone();
        drop(client);
        assert!(secret.count() > 0, "the search finds what is there");
        drop(other);
        assert_eq!(secret.count(), 0);
        drop(Client::builder().api_key(secret.key()));
        assert_eq!(secret.count(), 0);
        let refused = Client::builder().api_key(secret.key()).base_url("ftp://x");
        refused.build().unwrap_err();
        assert_eq!(secret.count(), 0);
    }
}
