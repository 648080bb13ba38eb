//! What a journal must be before a push may use it: whole, of this push, and not a copy.

use std::path::Path;

use rusqlite::{Connection, ErrorCode, OptionalExtension};

use super::file::{beside, has_log, unusable};
use super::hold::{self, Hold};
use super::schema::{Format, Identity};
use crate::error::{Error, ErrorKind, Result};
use crate::names::PushKind;

/// A journal that is gone, but not without a trace, is not started anew.
pub(super) fn check_nothing_left(path: &Path, hold: &mut Hold) -> Result<()> {
    let batches = hold.noted_batch();
    if batches == 0 && !has_log(path) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Storage,
        format!(
            "the journal {} is gone, but {batches} batches were written to it: put it back, or delete {} \
             and {} too to start anew",
            path.display(),
            beside(path, "-lock").display(),
            beside(path, "-wal").display()
        ),
    ))
}

pub(super) fn last_batch(path: &Path, connection: &Connection, format: Format) -> Result<u64> {
    let query = match format {
        Format::Places => "SELECT max(id) FROM batch",
        // Most batches are gone.
        Format::Keys => {
            "SELECT max(last_batch, (SELECT coalesce(max(id), 0) FROM batch)) FROM push"
        }
    };
    let last: Option<i64> = connection
        .query_row(query, [], |row| row.get(0))
        .map_err(|error| unusable(path, &error))?;
    Ok(last.map_or(0, i64::unsigned_abs))
}

pub(super) fn check_owner(
    path: &Path,
    connection: &Connection,
    format: Format,
    identity: &Identity,
) -> Result<()> {
    check_key(path, connection, format, identity)?;
    let theirs = connection
        .query_row(
            "SELECT provider, kind, base_url, provider_fields FROM push",
            [],
            |row| {
                Ok([
                    Some(row.get::<_, String>(0)?),
                    Some(row.get(1)?),
                    Some(row.get(2)?),
                    row.get(3)?,
                ])
            },
        )
        .map_err(|error| unusable(path, &error))?;
    let ours = [
        Some(identity.provider.to_string()),
        Some(identity.kind.to_string()),
        Some(identity.base_url.clone()),
        identity.provider_fields.clone(),
    ];
    let names = ["provider", "kind of push", "base URL", "provider_fields"];
    for ((name, theirs), ours) in names.iter().zip(&theirs).zip(&ours) {
        if theirs != ours {
            let shown = |value: &Option<String>| {
                value
                    .as_ref()
                    .map_or("none".to_owned(), |value| format!("'{value}'"))
            };
            return Err(Error::config(format!(
                "the journal {} belongs to another push: its {name} is {}, not {}; use another file",
                path.display(),
                shown(theirs),
                shown(ours)
            )));
        }
    }
    Ok(())
}

/// A journal knows records by their keys or by their places, and by the same keys in all runs.
fn check_key(
    path: &Path,
    connection: &Connection,
    format: Format,
    identity: &Identity,
) -> Result<()> {
    let ours = identity.primary_key_json();
    let theirs = match format {
        Format::Places => String::from("[]"),
        Format::Keys => connection
            .query_row("SELECT primary_key FROM push", [], |row| row.get(0))
            .map_err(|error| unusable(path, &error))?,
    };
    if theirs == ours {
        return Ok(());
    }
    let path = path.display();
    Err(Error::config(match (format, identity.format()) {
        (Format::Keys, _) if identity.kind == PushKind::Lists => format!(
            "the journal {path} knows records by their keys, and a change of a list has none: use another file"
        ),
        (Format::Places, _) => format!(
            "the journal {path} knows records by their places in one source, and primary_key is {ours}: use \
             another file, or leave primary_key out to go on with the push that it belongs to"
        ),
        (_, Format::Places) => format!(
            "the journal {path} knows records by their keys: set primary_key to {theirs}, or use another file"
        ),
        _ => format!(
            "the journal {path} knows records by primary_key {theirs}, not {ours}: by another key each would \
             seem new and be sent again. Use {theirs}, or another file"
        ),
    }))
}

/// A run that has not ended by itself goes on in its own files only. A copy of them may be older than what
/// was sent, and the original may go on as well.
pub(super) fn check_last_run(
    path: &Path,
    connection: &Connection,
    hold: &Hold,
    has_log: bool,
) -> Result<()> {
    let open: Option<[Option<i64>; 2]> = connection
        .query_row(
            "SELECT journal_created, lock_created FROM open_run",
            [],
            |row| Ok([row.get(0)?, row.get(1)?]),
        )
        .optional()
        .or_else(|error| match error.sqlite_error_code() {
            // A journal that was begun before there was this table.
            Some(ErrorCode::Unknown) => Ok(None),
            _ => Err(unusable(path, &error)),
        })?;
    let Some([journal, lock]) = open else {
        return Ok(());
    };
    let is_same = |before: Option<i64>, now: Option<i64>| match (before, now) {
        (Some(before), Some(now)) => before == now,
        // The file system does not tell.
        _ => true,
    };
    let is_same_journal = is_same(journal, hold::created(std::fs::symlink_metadata(path)));
    // Its number then says whether anything is missing.
    let is_same_lock = is_same(lock, hold.lock_created());
    let (what, remedy) = if !is_same_journal && !is_same_lock {
        (
            "is a copy of one whose push was not over, and the original may know of more that was sent",
            "Go on with the original",
        )
    } else if !has_log && !is_same_lock {
        (
            "lacks its -wal file, which has what was written last",
            "Put that back beside it, under the journal's name",
        )
    } else if !hold.is_by_inode() && !is_same_lock {
        (
            "lacks the -lock file of its last run, so that nobody can tell whether that goes on",
            "Put that back beside it, under the journal's name",
        )
    } else {
        return Ok(());
    };
    Err(Error::new(
        ErrorKind::Storage,
        format!(
            "the journal {} {what}; nothing was changed. {remedy}. When you know that this file is complete \
             and no push uses it, have SQLite say so: DELETE FROM open_run",
            path.display()
        ),
    ))
}

/// The last batch is noted in the lock file as well, and with it: what SQLite has lost without noticing, such as
/// a `-wal` file that was not copied along, or what an older backup lacks, shows.
pub(super) fn check_loss(
    path: &Path,
    connection: &Connection,
    format: Format,
    hold: &mut Hold,
) -> Result<()> {
    let known = last_batch(path, connection, format)?;
    let noted = hold.noted_batch();
    if noted > known {
        return Err(Error::new(
            ErrorKind::Storage,
            format!(
                "the journal {} has lost its last {} batches: its -wal file is missing or damaged, or an older \
                 backup was put in its place. Put back the newest files; without them, nobody can tell which \
                 records were sent, and what was pushed since would be pushed again. To go on from this state all \
                 the same, delete {}",
                path.display(),
                noted - known,
                beside(path, "-lock").display()
            ),
        ));
    }
    Ok(())
}
