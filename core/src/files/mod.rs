//! Files that a push writes: its journal and its dead letters.

pub(crate) mod dead_letter;
pub(crate) mod durable;
#[cfg_attr(not(feature = "journal"), path = "no_journal.rs")]
pub(crate) mod journal;
mod known;
pub(crate) mod private_file;
pub(crate) mod seen;

pub use dead_letter::read_dead_letter;
#[cfg(feature = "journal")]
pub use journal::{JournalStatus, journal_status};
