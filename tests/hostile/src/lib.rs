//! A service over raw sockets that answers as no HTTP library would.
//!
//! The first part of a base URL's path names the case: `http://127.0.0.1:PORT/<case>`. What a case
//! does stands in `answers.rs`, what a client must make of it in `cases.json`. `GET /_seen/<case>`
//! tells how many connections and whole requests came.

mod answers;
mod peer;

use std::collections::HashMap;
use std::io;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use peer::Peer;

/// What a client must make of each case.
pub const CASES: &str = include_str!("../cases.json");

#[derive(Clone, Copy, Default)]
struct Seen {
    connections: usize,
    /// Read to the last byte of the body before they were answered.
    requests: usize,
}

type AllSeen = Arc<Mutex<HashMap<String, Seen>>>;

fn lock(seen: &AllSeen) -> MutexGuard<'_, HashMap<String, Seen>> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts it on a port of its own, until the process ends; gives its URL.
///
/// # Errors
///
/// When no port can be opened.
pub fn start() -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let seen = AllSeen::default();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let seen = Arc::clone(&seen);
            // A client that hangs up ends its thread, whatever that was about to say.
            thread::spawn(move || serve(Peer::new(stream), &seen));
        }
    });
    Ok(url)
}

fn serve(mut peer: Peer, seen: &AllSeen) -> io::Result<()> {
    let mut number = 0;
    while peer.read_head()? {
        let case = peer.case().to_owned();
        if case == "_seen" {
            let of = peer.path_part(1).to_owned();
            let seen = lock(seen).get(&of).copied().unwrap_or_default();
            let body = format!(
                r#"{{"connections":{},"requests":{}}}"#,
                seen.connections, seen.requests
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
        answers::play(&case, &mut peer, tries, number, || {
            lock(seen).entry(case.clone()).or_default().requests += 1;
        })?;
    }
    Ok(())
}
