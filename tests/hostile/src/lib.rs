//! A service over raw sockets that answers as no HTTP library would.
//!
//! The first part of a base URL's path names the case: `http://127.0.0.1:PORT/<case>`. What a case
//! does stands in `answers.rs`, what a client must make of it in `cases.json`. Cases named `tls_*`
//! have ports of their own. `GET /_seen/<case>` tells how many connections and whole requests came, and
//! how many of the connections the client has closed.

mod answers;
mod peer;
mod tls;

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use peer::Peer;

/// What a client must make of each case.
pub const CASES: &str = include_str!("../cases.json");

/// A running service.
pub struct Service {
    /// Where it tells what it has seen.
    pub url: String,
    /// Where the cases with a port of their own are; all others are below `url`.
    pub ports: BTreeMap<&'static str, String>,
    /// The root certificate that a client is to trust.
    pub authority_pem: String,
}

#[derive(Clone, Copy, Default)]
struct Seen {
    connections: usize,
    /// Read to the last byte of the body before they were answered.
    requests: usize,
    /// Connections that have ended, as both sides know.
    ended: usize,
}

type AllSeen = Arc<Mutex<HashMap<String, Seen>>>;

fn lock(seen: &AllSeen) -> MutexGuard<'_, HashMap<String, Seen>> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts it on ports of its own, until the process ends.
///
/// # Errors
///
/// When no port can be opened or no certificate be made.
pub fn start() -> io::Result<Service> {
    answers::prepare();
    let seen = AllSeen::default();
    let certificates = tls::certificates()?;
    let plain = listen(&seen, None)?;
    let trusted = listen(&seen, Some(certificates.good))?;
    let mut ports = BTreeMap::new();
    for (case, config) in [
        ("tls_wrong_name", certificates.wrong_name),
        ("tls_expired", certificates.expired),
        ("tls_not_yet_valid", certificates.not_yet_valid),
        ("tls_untrusted", certificates.untrusted),
    ] {
        ports.insert(case, format!("https://{}", listen(&seen, Some(config))?));
    }
    for case in ["tls_good", "tls_cut"] {
        ports.insert(case, format!("https://{trusted}"));
    }
    ports.insert("tls_to_plain", format!("https://{plain}"));
    ports.insert("tls_missing", format!("http://{trusted}"));
    Ok(Service {
        url: format!("http://{plain}"),
        ports,
        authority_pem: certificates.authority_pem,
    })
}

impl Service {
    /// The base URL for a client of `case`.
    #[must_use]
    pub fn base_url(&self, case: &str) -> String {
        let port = self.ports.get(case).unwrap_or(&self.url);
        format!("{port}/{case}")
    }
}

/// Serves on a port of its own; gives its address.
fn listen(seen: &AllSeen, config: Option<Arc<ServerConfig>>) -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?.to_string();
    let seen = Arc::clone(seen);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let seen = Arc::clone(&seen);
            let config = config.clone();
            // A client that hangs up ends its thread, whatever that was about to say.
            thread::spawn(move || serve(accept(stream, config)?, &seen));
        }
    });
    Ok(address)
}

fn accept(stream: TcpStream, config: Option<Arc<ServerConfig>>) -> io::Result<Peer> {
    // What is written leaves at once, as the cases mean it, and not when the client has acknowledged
    // what came before.
    stream.set_nodelay(true)?;
    Ok(match config {
        None => Peer::new(stream),
        Some(config) => {
            let connection = ServerConnection::new(config).map_err(io::Error::other)?;
            Peer::new(StreamOwned::new(connection, stream))
        }
    })
}

fn serve(mut peer: Peer, seen: &AllSeen) -> io::Result<()> {
    let mut last = String::new();
    let served = answer_all(&mut peer, seen, &mut last);
    drop(peer);
    lock(seen).entry(last).or_default().ended += 1;
    served
}

/// Answers until the client, or what is to be played, ends the connection; notes the `last` case.
fn answer_all(peer: &mut Peer, seen: &AllSeen, last: &mut String) -> io::Result<()> {
    let mut number = 0;
    while peer.read_head()? {
        let case = peer.case().to_owned();
        last.clone_from(&case);
        if case == "_seen" {
            let of = peer.path_part(1).to_owned();
            let seen = lock(seen).get(&of).copied().unwrap_or_default();
            let body = format!(
                r#"{{"connections":{},"requests":{},"ended":{}}}"#,
                seen.connections, seen.requests, seen.ended
            );
            peer.answer("200 OK", "", &body)?;
            continue;
        }
        let tries = {
            let mut seen = lock(seen);
            let seen = seen.entry(case.clone()).or_default();
            seen.connections += usize::from(number == 0);
            seen.connections
        };
        number += 1;
        answers::play(&case, peer, tries, number, || {
            lock(seen).entry(case.clone()).or_default().requests += 1;
        })?;
    }
    Ok(())
}
