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
    let draft = beside(path, "-new");
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

/// Where an SQLite file has its page size and its application id.
const PAGE_SIZE_AT: std::ops::Range<usize> = 16..18;
const APPLICATION_ID_AT: std::ops::Range<usize> = 68..72;
const HEADER_BYTES: usize = 100;

/// Whether the file begins and ends as a journal does. SQLite is not asked before: it would write to
/// some files that are none.
pub(super) fn check_header(path: &Path) -> Result<()> {
    let read = || {
        let mut header = Vec::new();
        let file = File::open(path)?;
        let len = file.metadata()?.len();
        file.take(HEADER_BYTES as u64).read_to_end(&mut header)?;
        std::io::Result::Ok((header, len))
    };
    let (header, len) = read().map_err(|error| {
        Error::new(
            ErrorKind::Storage,
            format!("the journal {} can't be read: {error}", path.display()),
        )
    })?;
    if len == 0 {
        return Err(not_ours(path, "an empty file and no journal"));
    }
    if header.len() < HEADER_BYTES || !header.starts_with(b"SQLite format 3\0") {
        return Err(not_ours(path, "not a database and no journal"));
    }
    if header[APPLICATION_ID_AT] != APPLICATION_ID.to_be_bytes()[4..] {
        return Err(not_ours(
            path,
            "an SQLite file, but no journal of graph8-crm",
        ));
    }
    let page = u64::from(u16::from_be_bytes([
        header[PAGE_SIZE_AT.start],
        header[PAGE_SIZE_AT.start + 1],
    ]));
    // With a write-ahead log, the last page may lack its end until the log is played back.
    let is_cut = page == 0 || len % page != 0;
    if is_cut && !beside(path, "-wal").exists() {
        return Err(not_ours(path, "a journal that was cut off"));
    }
    Ok(())
}

fn not_ours(path: &Path, what: &str) -> Error {
    Error::new(
        ErrorKind::Storage,
        format!(
            "{} is {what}; nothing was changed. Use another file, or put back the journal that was there",
            path.display()
        ),
    )
}

/// Whether the file is a sound journal of a format that we know.
pub(super) fn check(path: &Path, connection: &Connection) -> Result<()> {
    let failed = |error: rusqlite::Error| unusable(path, &error);
    let sound: String = connection
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(failed)?;
    if sound != "ok" {
        return Err(not_ours(path, &format!("a damaged journal ({sound})")));
    }
    let owner: Option<i64> = connection
        .query_row("SELECT id FROM push", [], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    if owner.is_none() {
        return Err(not_ours(
            path,
            "a journal without the push that it belongs to",
        ));
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

/// A file that goes with the journal.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

pub(super) fn lock_path(path: &Path) -> PathBuf {
    beside(path, "-lock")
}

const LOCK_TRIES: u32 = 5;
const LOCK_INTERVAL: std::time::Duration = std::time::Duration::from_millis(10);

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
    let mut locked = file.try_lock();
    for _ in 0..LOCK_TRIES {
        if locked.is_ok() {
            break;
        }
        // Somebody may only be looking at the journal's status.
        std::thread::sleep(LOCK_INTERVAL);
        locked = file.try_lock();
    }
    match locked {
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
