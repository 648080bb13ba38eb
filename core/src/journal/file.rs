//! The journal's file: made whole or not at all, checked, and locked against other processes.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{APPLICATION_ID, Identity, SCHEMA};
use crate::error::{Error, ErrorKind, Result};

/// A batch of a thousand records fits into two pages.
const PAGE_BYTES: i64 = 8_192;
/// Pages of the write-ahead log that are moved into the database at a time.
const CHECKPOINT_PAGES: i64 = 4_000;

pub(super) fn create(path: &Path, identity: &Identity) -> Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push("-new");
    let draft = PathBuf::from(draft);
    // Left behind by a process that ended before it had sent anything.
    let _ = std::fs::remove_file(&draft);
    let failed = |error: &dyn std::fmt::Display| {
        Error::new(
            ErrorKind::Storage,
            format!("can't create the journal {}: {error}", path.display()),
        )
    };
    let connection = Connection::open(&draft).map_err(|error| failed(&error))?;
    connection
        .pragma_update(None, "page_size", PAGE_BYTES)
        .and_then(|()| connection.execute_batch(SCHEMA))
        .and_then(|()| connection.pragma_update(None, "application_id", APPLICATION_ID))
        .and_then(|()| {
            connection.execute(
                "INSERT INTO push (id, push_id, provider, kind, base_url, provider_fields, started_at)
                 VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    uuid::Uuid::new_v4().to_string(),
                    identity.provider.as_str(),
                    identity.kind.as_str(),
                    identity.base_url,
                    identity.provider_fields,
                    now(),
                ],
            )
        })
        .map_err(|error| failed(&error))?;
    connection.close().map_err(|(_, error)| failed(&error))?;
    // Whole from the first moment on: a file that is there was written to its end.
    std::fs::rename(&draft, path).map_err(|error| failed(&error))?;
    if let Ok(folder) = File::open(
        path.parent()
            .filter(|parent| !parent.as_os_str().is_empty())
            .unwrap_or(Path::new(".")),
    ) {
        // Where folders can't be synced, the rename is as durable as it gets.
        let _ = folder.sync_all();
    }
    Ok(())
}

pub(super) fn connect(path: &Path, to_read: bool) -> Result<Connection> {
    let failed = |error: rusqlite::Error| unusable(path, &error);
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(failed)?;
    connection
        .busy_timeout(std::time::Duration::from_secs(5))
        .map_err(failed)?;
    if to_read {
        connection
            .pragma_update(None, "query_only", true)
            .map_err(failed)?;
    } else {
        let mode: String = connection
            .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
            .map_err(failed)?;
        if !mode.eq_ignore_ascii_case("wal") {
            return Err(Error::new(
                ErrorKind::Storage,
                format!(
                    "the file system of the journal {} takes no write-ahead log: use a local disk",
                    path.display()
                ),
            ));
        }
        connection
            .pragma_update(None, "synchronous", "FULL")
            .and_then(|()| connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES))
            .map_err(failed)?;
    }
    Ok(connection)
}

/// Whether the file is a sound journal of a format that we know.
pub(super) fn check(path: &Path, connection: &Connection) -> Result<()> {
    let failed = |error: rusqlite::Error| unusable(path, &error);
    let not_ours = |what: &str| {
        Error::new(
            ErrorKind::Storage,
            format!(
                "{} is {what}; nothing was changed. Use another file, or put back the journal that was there",
                path.display()
            ),
        )
    };
    let application: i64 = connection
        .query_row("PRAGMA application_id", [], |row| row.get(0))
        .map_err(failed)?;
    if application != APPLICATION_ID {
        let size = std::fs::metadata(path).map_or(0, |data| data.len());
        return Err(not_ours(if size == 0 {
            "an empty file and no journal"
        } else {
            "an SQLite file, but no journal of graph8-crm"
        }));
    }
    let sound: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(failed)?;
    if sound != "ok" {
        return Err(not_ours(&format!("a damaged journal ({sound})")));
    }
    let owner: Option<i64> = connection
        .query_row("SELECT id FROM push", [], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    if owner.is_none() {
        return Err(not_ours("a journal without the push that it belongs to"));
    }
    Ok(())
}

pub(super) fn unusable(path: &Path, error: &rusqlite::Error) -> Error {
    Error::new(
        ErrorKind::Storage,
        format!(
            "the journal {} can't be read: {error}; nothing was changed. Put back a sound copy, or use another file",
            path.display()
        ),
    )
}

pub(super) fn lock_path(path: &Path) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push("-lock");
    PathBuf::from(beside)
}

/// Takes the journal for this process; the lock goes with the process, however that ends.
pub(super) fn lock(path: &Path) -> Result<File> {
    let failed = |error: &dyn std::fmt::Display| {
        Error::new(
            ErrorKind::Storage,
            format!("can't lock the journal {}: {error}", path.display()),
        )
    };
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(lock_path(path))
        .map_err(|error| failed(&error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(Error::new(
            ErrorKind::Storage,
            format!(
                "the journal {} is in use by another push: wait for it to end, or use another file",
                path.display()
            ),
        )),
        Err(std::fs::TryLockError::Error(error)) => Err(failed(&error)),
    }
}

pub(super) fn noted_batch(lock: &mut File) -> u64 {
    let mut noted = [0; 8];
    match lock
        .seek(SeekFrom::Start(0))
        .and_then(|_| lock.read_exact(&mut noted))
    {
        Ok(()) => u64::from_le_bytes(noted),
        // New, or from a process that ended before its first batch.
        Err(_) => 0,
    }
}

pub(super) fn now() -> String {
    OffsetDateTime::from(SystemTime::now())
        .format(&Rfc3339)
        .unwrap_or_default()
}

/// SQLite's integers are signed.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
