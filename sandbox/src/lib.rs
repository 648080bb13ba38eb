//! A local graph8 with five CRMs behind it: for tests, demos and rehearsals.
//!
//! It answers as the service does, keeps what was created, enforces rate windows, and injects
//! faults on demand, deterministically for a seed.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

mod accounts;
mod api;
mod command_line;
mod commands;
mod crms;
mod exchange;
mod facts;
mod faults;
mod faulty_body;
mod forms;
mod graph8;
mod guard;
mod holds;
mod ids;
mod keys;
mod lists;
mod openapi;
mod options;
mod page;
mod rate;
mod reply;
mod request_log;
mod route;
mod rules;
mod server;
mod siblings;
mod state;
mod view;

pub use accounts::{Connection, Description};
pub use command_line::{CommandLine, Ended, Started};
pub use commands::Command;
pub use facts::Field;
pub use faults::{Fault, Planned};
pub use graph8::{Paging, Row, RowKind, RowOrder};
pub use keys::KeyState;
pub use options::SandboxOptions;
pub use rate::{RateLimit, Window};
pub use siblings::{Shape, Siblings};

/// A key that every sandbox takes.
pub const API_KEY: &str = "g8_sbx_demo";

/// A running sandbox; dropping it stops it.
pub struct Sandbox {
    url: String,
    shared: state::Shared,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// Starts a sandbox in a thread of its own; it listens when this returns.
    ///
    /// # Errors
    ///
    /// When the port is taken, or no thread or socket is available.
    pub fn start(options: SandboxOptions) -> io::Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let url = format!("http://{}", listener.local_addr()?);
        let shared = state::Shared::new(options);
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let served = shared.clone();
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let thread = std::thread::Builder::new()
            .name("graph8-sandbox".to_owned())
            .spawn(move || {
                runtime.block_on(server::serve(listener, served, stopped));
                runtime.shutdown_timeout(Duration::ZERO);
            })?;
        Ok(Self {
            url,
            shared,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The address to use as a client's base URL; a browser finds the sandbox's page there.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Carries out a command; the error says why it cannot be done.
    pub fn command(&self, command: Command) -> Result<Value, String> {
        command.run(&mut self.shared.lock())
    }

    /// The same in JSON text; see [`Command`] for the forms, tagged by `do`.
    pub fn command_json(&self, command: &str) -> Result<String, String> {
        let command: Command =
            serde_json::from_str(command).map_err(|error| format!("no such command: {error}"))?;
        self.command(command).map(|value| value.to_string())
    }

    /// Stops listening and drops every connection; a second call does nothing.
    pub fn stop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in it was printed there; there is nothing left to stop.
            let _ = thread.join();
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop();
    }
}
