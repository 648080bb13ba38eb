//! The journal: what was sent and what came of it, in an SQLite file that outlives the process.
//!
//! Before a batch leaves, its intent is durable: which records (indexes and hashes), the hash of its
//! body, its idempotency key. After the answer its outcome is. `docs/journal.md` has the schema.

mod file;
mod high_water;
mod hold;
mod intent;
mod keyed;
mod known_keys;
mod opening;
mod place;
mod replay;
mod schema;
mod status;
mod store;

pub(crate) use super::known::{Known, KnownKey, SentAddresses};
pub(crate) use intent::{Intent, record_hash};
pub(crate) use known_keys::KnownKeys;
pub(crate) use place::check_paths;
pub(crate) use replay::{Replay, unanswered};
pub(crate) use schema::Identity;
pub use status::{JournalStatus, journal_status};
pub(crate) use store::{Earlier, Exception, Journal};
