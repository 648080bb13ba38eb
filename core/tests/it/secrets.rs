//! The key shows nowhere: every log line, panic, error, report, journal and dead letter of these
//! tests is looked through, and the process's own memory after the last client is gone.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::{fmt, panic, process};

use graph8_crm::{EntityType, Error, Provider, PushOptions};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::journal::Stage;
use crate::wire::{ALL_PUSHED, Peer, contacts, read_request, respond};

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
    let shown = format!("{error} {}", error.to_json());
    assert_eq!(leaked(shown.as_bytes()), None);
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
        "method=POST",
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
            let options = json!({"journal": stage.file(""), "dead_letter": stage.file(".ndjson")});
            let options = PushOptions::from_json(&options.to_string()).unwrap();
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
