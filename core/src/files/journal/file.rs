//! The journal's file: made whole or not at all, and checked.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, params};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::keyed::KEYED_SCHEMA;
use super::schema::{Format, Identity, SCHEMA};
use crate::error::{Error, ErrorKind, Result};
use crate::files::private_file::{self, OWNER_ONLY};

/// A batch of a thousand records fits into two pages.
const PAGE_BYTES: i64 = 8_192;
/// A look-up of a key reads a page, and most of a page it does not need.
const KEYED_PAGE_BYTES: i64 = 4_096;
/// Pages of the write-ahead log that are moved into the database at a time.
const CHECKPOINT_PAGES: i64 = 4_000;

const DRAFT: &str = "-new-";

/// Removes drafts of this journal, those that `which` picks.
pub(super) fn remove_drafts(path: &Path, which: impl Fn(&Path) -> bool) -> std::io::Result<()> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Ok(());
    };
    let mut prefix = name.as_encoded_bytes().to_vec();
    prefix.extend_from_slice(DRAFT.as_bytes());
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let is_draft = entry.file_name().as_encoded_bytes().starts_with(&prefix);
        if is_draft && which(&entry.path()) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

pub(super) fn create(path: &Path, identity: &Identity) -> Result<()> {
    let failed = |error: &dyn std::fmt::Display| {
        Error::new(
            ErrorKind::Storage,
            format!("can't create the journal {}: {error}", path.display()),
        )
    };
    // Left behind by processes that ended before they had sent anything.
    remove_drafts(path, |_| true).map_err(|error| failed(&error))?;
    let draft = beside(path, &format!("{DRAFT}{}", uuid::Uuid::new_v4().simple()));
    // SQLite gives the file's permissions to those beside it.
    private_file::create(OpenOptions::new().write(true), &draft, OWNER_ONLY)
        .map_err(|error| failed(&error))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OPEN_FLAGS;
    let connection = Connection::open_with_flags(&draft, flags).map_err(|error| failed(&error))?;
    // No file of its own for what may be undone: the draft as a whole is.
    connection
        .query_row("PRAGMA journal_mode = MEMORY", [], |_| Ok(()))
        .and_then(|()| {
            let bytes = match identity.format() {
                Format::Places => PAGE_BYTES,
                Format::Keys => KEYED_PAGE_BYTES,
            };
            connection.pragma_update(None, "page_size", bytes)
        })
        .and_then(|()| connection.execute_batch(SCHEMA))
        .and_then(|()| {
            let id = identity.format().application_id();
            connection.pragma_update(None, "application_id", id)
        })
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
        .and_then(|_| match identity.format() {
            Format::Places => Ok(()),
            Format::Keys => make_keyed(&connection, identity),
        })
        .map_err(|error| failed(&error))?;
    connection.close().map_err(|(_, error)| failed(&error))?;
    // Whole from the first moment on: a file that is there was written to its end. And never in the place
    // of another, as a new name would be.
    match std::fs::hard_link(&draft, path) {
        Ok(()) => std::fs::remove_file(&draft),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Err(error),
        // A file system without further names.
        Err(_) => std::fs::rename(&draft, path),
    }
    .map_err(|error| failed(&error))?;
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

fn make_keyed(connection: &Connection, identity: &Identity) -> rusqlite::Result<()> {
    connection.execute_batch(KEYED_SCHEMA)?;
    // 244 random bits.
    let salt = [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()].map(uuid::Uuid::into_bytes);
    connection.execute(
        "UPDATE push SET primary_key = ?1, salt = ?2",
        params![identity.primary_key_json(), salt.as_flattened()],
    )?;
    Ok(())
}

const OPEN_FLAGS: OpenFlags =
    OpenFlags::SQLITE_OPEN_NO_MUTEX.union(OpenFlags::SQLITE_OPEN_NOFOLLOW);
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The push's own connection.
pub(super) fn connect(path: &Path) -> Result<Connection> {
    let failed = |error: rusqlite::Error| unusable(path, &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OPEN_FLAGS;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
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
    Ok(connection)
}

/// A connection that changes nothing; without the log it needs no folder that can be written. It never
/// takes the log away from a push that it does not know of.
pub(super) fn connect_to_read(path: &Path, with_log: bool) -> Result<Connection> {
    let failed = |error: rusqlite::Error| unusable(path, &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OPEN_FLAGS;
    let connection = if with_log {
        Connection::open_with_flags(path, flags)
    } else {
        // Otherwise SQLite would make an empty log.
        let flags = flags | OpenFlags::SQLITE_OPEN_URI;
        Connection::open_with_flags(immutable(path), flags)
    }
    .map_err(failed)?;
    connection
        .busy_timeout(BUSY_TIMEOUT)
        .and_then(|()| connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true))
        .map_err(failed)?;
    Ok(connection)
}

/// The path as a URI that has SQLite read the file without locks and logs.
fn immutable(path: &Path) -> String {
    let mut uri = String::from("file:");
    let bytes = path.as_os_str().as_encoded_bytes();
    if cfg!(windows) {
        uri.push_str("///");
    }
    for byte in bytes {
        match byte {
            b'\\' if cfg!(windows) => uri.push('/'),
            b'/' | b'-' | b'_' | b'.' | b':' => uri.push(char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(*byte)),
            // Writing to a String can't fail.
            byte => drop(write!(uri, "%{byte:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    uri
}

/// Whether a write-ahead log has something that the file may lack.
pub(super) fn has_log(path: &Path) -> bool {
    std::fs::metadata(beside(path, "-wal")).is_ok_and(|log| log.len() > 0)
}

/// Where an SQLite file has its page size and its application id.
const PAGE_SIZE_AT: std::ops::Range<usize> = 16..18;
const APPLICATION_ID_AT: std::ops::Range<usize> = 68..72;
pub(super) const HEADER_BYTES: u64 = 100;

/// Whether the file begins and ends as a journal does. SQLite is not asked before: it would write to
/// some files that are none.
pub(super) fn check_header(path: &Path, header: &[u8], len: u64) -> Result<Format> {
    if len == 0 {
        return Err(not_ours(path, "an empty file and no journal"));
    }
    if (header.len() as u64) < HEADER_BYTES || !header.starts_with(b"SQLite format 3\0") {
        return Err(not_ours(path, "not a database and no journal"));
    }
    let theirs = &header[APPLICATION_ID_AT];
    let ids = Format::ALL.map(|format| (format, format.application_id().to_be_bytes()));
    let format = ids.iter().find(|(_, id)| theirs == &id[4..]);
    let is_later = || ids.iter().any(|(_, id)| theirs[..3] == id[4..7]);
    if format.is_none() && is_later() {
        return Err(Error::new(
            ErrorKind::Storage,
            format!(
                "the journal {} is of another version of graph8-crm; nothing was changed. Go on with that \
                 version, or use another file",
                path.display()
            ),
        ));
    }
    let Some((format, _)) = format else {
        return Err(not_ours(
            path,
            "an SQLite file, but no journal of graph8-crm",
        ));
    };
    let page = u64::from(u16::from_be_bytes([
        header[PAGE_SIZE_AT.start],
        header[PAGE_SIZE_AT.start + 1],
    ]));
    // With a write-ahead log, the last page may lack its end until the log is played back.
    let is_cut = page == 0 || !len.is_multiple_of(page);
    if is_cut && !has_log(path) {
        return Err(not_ours(path, "a journal that was cut off"));
    }
    Ok(*format)
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
    let advice = match error.sqlite_error_code() {
        Some(
            ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied
            | ErrorCode::ReadOnly
            | ErrorCode::SystemIoFailure,
        ) => {
            "nothing was changed, and the journal may well be sound. Look at the permissions of the file, of \
             those beside it and of their folder (with a -wal file, reading needs the -shm file or a folder \
             that can be written), and at the process's limit of open files (ulimit -n)"
        }
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::FileLockingProtocolFailed,
        ) => {
            "nothing was changed, and the journal may well be sound. Another program has it open, or a push of \
             this process whose file handles were closed, or it is on a network file system: close that \
             program, start this one anew, or use a local disk"
        }
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) | None => {
            "nothing was changed. Put back a sound copy"
        }
        _ => "nothing was changed, and the journal may well be sound",
    };
    Error::new(
        ErrorKind::Storage,
        format!(
            "the journal {} can't be read: {error}; {advice}",
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

pub(super) fn now() -> String {
    OffsetDateTime::from(SystemTime::now())
        .format(&Rfc3339)
        .unwrap_or_default()
}

/// SQLite's integers are signed.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
