//! Files of a push, read for another language.

use std::path::PathBuf;

use super::reply::Reply;
use crate::files;
use crate::report::Outcome;

/// What a journal tells.
pub fn journal_status(path: impl Into<PathBuf>) -> Reply {
    Reply::of(&files::journal_status(path.into()))
}

/// The records of a dead-letter file whose outcome is one of those named.
pub fn read_dead_letter(path: impl Into<PathBuf>, outcomes: &[String]) -> Reply {
    let outcomes: Result<Vec<Outcome>, _> = outcomes.iter().map(|name| name.parse()).collect();
    let records = outcomes
        .map_err(Into::into)
        .and_then(|outcomes| files::read_dead_letter(path.into(), &outcomes));
    Reply::of(&records)
}
