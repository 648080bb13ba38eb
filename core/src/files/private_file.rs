//! Files that hold customers' data: made for their owner alone, and opened only where the path leads
//! to a regular file, never through a symbolic link at its end.

use std::collections::HashSet;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::error::{Error, Result};
use crate::sync::lock;

/// Read and write, for the owner.
pub(crate) const OWNER_ONLY: u32 = 0o600;
/// Opening and creating take turns when another process deletes the file in between.
const TRIES: u32 = 10;

/// Refuses what can't be a path, before any file is made.
pub(crate) fn check_path(file: &str, path: &Path) -> Result<()> {
    let bytes = path.as_os_str().as_encoded_bytes();
    let wrong = if bytes.iter().all(u8::is_ascii_whitespace) {
        "is empty"
    } else if bytes.contains(&0) {
        "has a NUL character in it"
    } else {
        return Ok(());
    };
    Err(Error::config(format!(
        "the path of the {file} {wrong}: name a file, or leave it out"
    )))
}

/// Opens the file, or makes it with this mode. `options` says whether to read, write or append.
pub(crate) fn open_or_create(options: &OpenOptions, path: &Path, mode: u32) -> io::Result<File> {
    let mut outcome = Err(io::ErrorKind::NotFound.into());
    for _ in 0..TRIES {
        outcome = open(options, path);
        if !is(&outcome, io::ErrorKind::NotFound) {
            return outcome;
        }
        outcome = create(options, path, mode);
        if !is(&outcome, io::ErrorKind::AlreadyExists) {
            return outcome;
        }
    }
    outcome
}

fn is(outcome: &io::Result<File>, kind: io::ErrorKind) -> bool {
    outcome.as_ref().is_err_and(|error| error.kind() == kind)
}

/// Makes a file that is not there yet; a symbolic link in its place is not followed.
pub(crate) fn create(options: &OpenOptions, path: &Path, mode: u32) -> io::Result<File> {
    let mut options = options.clone();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    options.create_new(true).open(path)
}

/// Opens a regular file, without following a symbolic link at the end of the path.
pub(crate) fn open(options: &OpenOptions, path: &Path) -> io::Result<File> {
    // Opening a device may already do something, so the path is looked at before.
    check_regular(&fs::symlink_metadata(path)?)?;
    open_checked(options, path, no_follow())
}

/// Opens a regular file to read it; a symbolic link may lead to it.
pub(crate) fn open_to_read(path: &Path) -> io::Result<File> {
    check_regular(&fs::metadata(path)?)?;
    open_checked(OpenOptions::new().read(true), path, 0)
}

/// Another file may have taken the place of the one that was looked at.
fn open_checked(options: &OpenOptions, path: &Path, flags: i32) -> io::Result<File> {
    let mut options = options.clone();
    #[cfg(unix)]
    // A named pipe would wait for its other end.
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags | libc::O_NONBLOCK);
    #[cfg(not(unix))]
    let _ = flags;
    let file = options.open(path)?;
    check_regular(&file.metadata()?)?;
    Ok(file)
}

#[cfg(unix)]
fn no_follow() -> i32 {
    libc::O_NOFOLLOW
}

#[cfg(not(unix))]
fn no_follow() -> i32 {
    0
}

/// Only a regular file keeps what is written to it.
pub(crate) fn check_regular(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "it is {}, not a regular file",
        kind_of(metadata)
    )))
}

fn kind_of(metadata: &Metadata) -> &'static str {
    if metadata.is_dir() {
        return "a folder";
    }
    if metadata.is_symlink() {
        return "a symbolic link (give the path that it leads to)";
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let kind = metadata.file_type();
        if kind.is_fifo() {
            return "a named pipe";
        }
        if kind.is_socket() {
            return "a socket";
        }
    }
    "a device"
}

/// Whether both are names of one file.
pub(crate) fn is_same_file(one: &Path, other: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let identity = |path| fs::metadata(path).map(|found| (found.dev(), found.ino()));
        matches!((identity(one), identity(other)), (Ok(one), Ok(other)) if one == other)
    }
    #[cfg(not(unix))]
    {
        matches!((fs::canonicalize(one), fs::canonicalize(other)), (Ok(one), Ok(other)) if one == other)
    }
}

/// The permissions of a file for those who come with it.
pub(crate) fn mode_of(metadata: &Metadata) -> u32 {
    #[cfg(unix)]
    {
        std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        OWNER_ONLY
    }
}

/// Warns, once per file, when others than the owner may read or write it. It may be meant so.
pub(crate) fn warn_if_shared(path: &Path, metadata: &Metadata) {
    static WARNED: Mutex<Option<HashSet<PathBuf>>> = Mutex::new(None);
    let mode = mode_of(metadata);
    if mode | OWNER_ONLY == OWNER_ONLY {
        return;
    }
    let mut warned = lock(&WARNED);
    if warned.get_or_insert_default().insert(path.to_owned()) {
        #[cfg(feature = "tracing")]
        tracing::warn!(
            path = %path.display(),
            mode = format_args!("{mode:03o}"),
            "others than its owner can open this file of customers' data: chmod 600 it unless that is meant"
        );
    }
}
