//! Everything that needs a socket.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod connections;
mod contract;
mod faults;
#[cfg(unix)]
mod files;
mod graph8_rows;
mod hostile;
mod journal;
mod journal_damage;
#[cfg(unix)]
mod journal_names;
mod journal_steps;
mod keys;
mod looks;
mod once;
mod opentelemetry;
mod pattern;
mod refusals;
mod runs;
mod secrets;
mod stop;
mod suggestions;
mod wire;
