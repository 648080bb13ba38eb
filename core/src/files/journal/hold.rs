//! Who may write to a journal: one push at a time, by whatever name it opened the file.
//!
//! No single lock does that everywhere, so there are three:
//!
//! - A lock on the `-lock` file beside it. It works on all systems and before there is a database, but
//!   by name: whoever deletes the file or mounts the journal elsewhere gets another one.
//! - On Linux, a lock on the database's inode. There `flock` does not meet SQLite's own `fcntl` locks;
//!   on macOS and BSD they would shut each other out, and on Windows a lock bars others from reading.
//! - A list of what this process holds. Closing any descriptor of a file drops all `fcntl` locks that the
//!   process has on it, so the database is never opened beside SQLite while a push here uses it.
//!
//! Where the second is missing, `Journal::check_last_run` refuses a journal whose `-lock` file is not the
//! one of its last run. All locks end with their process, however that ends.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use super::file::{beside, signed};
use super::high_water;
use crate::error::{Error, ErrorKind, Result};
use crate::files::private_file::{self, OWNER_ONLY};
use crate::sync::lock;

const LOCK_TRIES: u32 = 5;
const LOCK_INTERVAL: Duration = Duration::from_millis(10);

/// The database files that pushes of this process use, with the process's id: a forked child inherits the
/// list, not the pushes.
static HELD: Mutex<Vec<(u32, FileKey)>> = Mutex::new(Vec::new());

fn held() -> MutexGuard<'static, Vec<(u32, FileKey)>> {
    lock(&HELD)
}

/// Tells files apart, whatever their names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileKey(
    #[cfg(unix)] (u64, u64),
    #[cfg(not(unix))] std::path::PathBuf,
);

impl FileKey {
    pub(super) fn at(path: &Path) -> io::Result<Self> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let metadata = fs::symlink_metadata(path)?;
            Ok(Self((metadata.dev(), metadata.ino())))
        }
        #[cfg(not(unix))]
        {
            fs::symlink_metadata(path)?;
            Ok(Self(path.to_owned()))
        }
    }
}

/// A journal's files, held by a push.
pub(super) struct Hold {
    /// Also has the number of the last batch.
    lock: File,
    /// Held for its lock, where it has one.
    database: Option<File>,
    key: Option<FileKey>,
}

impl Drop for Hold {
    fn drop(&mut self) {
        // Unlocked, not only closed: a child that this process forked meanwhile holds on to both.
        if let Some(database) = self.database.take() {
            let _ = database.unlock();
        }
        if let Some(key) = self.key.take() {
            let ours = (std::process::id(), key);
            held().retain(|held| *held != ours);
        }
        let _ = self.lock.unlock();
    }
}

impl Hold {
    /// Takes the lock file, which need not be there yet.
    pub(super) fn by_name(path: &Path) -> Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        #[cfg(windows)]
        // Nobody may delete it while it is locked.
        std::os::windows::fs::OpenOptionsExt::share_mode(&mut options, 1 | 2);
        // Who shares the journal on purpose shares its lock.
        let mode = fs::symlink_metadata(path)
            .map_or(OWNER_ONLY, |metadata| private_file::mode_of(&metadata));
        let lock = private_file::open_or_create(&options, &beside(path, "-lock"), mode)
            .map_err(|error| failed(path, &error))?;
        match try_lock(&lock) {
            Ok(()) => Ok(Self {
                lock,
                database: None,
                key: None,
            }),
            Err(TryLockError::WouldBlock) => Err(in_use(path)),
            Err(TryLockError::Error(error)) => Err(failed(path, &error)),
        }
    }

    /// Takes the database itself; gives what the file begins with, and its length.
    pub(super) fn take_file(&mut self, path: &Path, bytes: u64) -> Result<(Vec<u8>, u64)> {
        let failed = |error: io::Error| failed(path, &error);
        let key = FileKey::at(path).map_err(failed)?;
        {
            let ours = (std::process::id(), key.clone());
            let mut held = held();
            if held.contains(&ours) {
                return Err(in_use(path));
            }
            held.push(ours);
        }
        self.key = Some(key);
        let file = private_file::open(OpenOptions::new().read(true), path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        private_file::warn_if_shared(path, &metadata);
        let mut begins = Vec::new();
        (&file)
            .take(bytes)
            .read_to_end(&mut begins)
            .map_err(failed)?;
        if cfg!(target_os = "linux") {
            match try_lock(&file) {
                Ok(()) => self.database = Some(file),
                Err(TryLockError::WouldBlock) => return Err(in_use(path)),
                // A file system without such locks.
                Err(TryLockError::Error(_)) => {}
            }
        }
        Ok((begins, metadata.len()))
    }

    /// Whether nobody else can hold the file, by whatever name.
    pub(super) fn is_by_inode(&self) -> bool {
        self.database.is_some()
    }

    /// Whether the path still leads to the file that is held.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        FileKey::at(path).is_ok_and(|key| self.key.as_ref() == Some(&key))
    }

    /// When the lock file was made; a file deleted and made anew is another one.
    pub(super) fn lock_created(&self) -> Option<i64> {
        created(self.lock.metadata())
    }

    /// The number of the last batch; 0 for a new file, or of a process that ended before its first batch.
    pub(super) fn noted_batch(&mut self) -> u64 {
        let mut noted = [0; 8];
        let read = self
            .lock
            .seek(SeekFrom::Start(0))
            .and_then(|_| self.lock.read_exact(&mut noted));
        let written = read.map_or(0, |()| u64::from_le_bytes(noted));
        written.max(high_water::read(&self.lock))
    }

    /// Not synced: after a crash of the machine an older number is still a lower bound.
    pub(super) fn note_batch(&mut self, batch: u64) -> io::Result<()> {
        self.lock.seek(SeekFrom::Start(0))?;
        self.lock.write_all(&batch.to_le_bytes())?;
        high_water::note(&self.lock, batch);
        Ok(())
    }
}

/// When a file was made, in nanoseconds, where the file system keeps that. A copy has a time of its own.
pub(super) fn created(metadata: io::Result<fs::Metadata>) -> Option<i64> {
    let created = metadata.and_then(|metadata| metadata.created()).ok()?;
    let since = created.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(signed(u64::try_from(since.as_nanos()).ok()?))
}

fn try_lock(file: &File) -> Result<(), TryLockError> {
    let mut locked = file.try_lock();
    for _ in 0..LOCK_TRIES {
        if !matches!(locked, Err(TryLockError::WouldBlock)) {
            break;
        }
        // Somebody may only be looking at the journal's status.
        std::thread::sleep(LOCK_INTERVAL);
        locked = file.try_lock();
    }
    locked
}

/// Whether a push uses the journal, here or in another process.
pub(super) fn is_held(path: &Path) -> bool {
    let is_locked = |path: &Path| {
        let Ok(file) = private_file::open(OpenOptions::new().read(true), path) else {
            return false;
        };
        let locked = file.try_lock_shared();
        // Not left to the file's end: a child that is forked meanwhile would hold on to it.
        let _ = file.unlock();
        matches!(locked, Err(TryLockError::WouldBlock))
    };
    // A push can't begin here in between and have SQLite's locks dropped when this closes the file.
    let held = held();
    if is_held_here(path, &held) || is_locked(&beside(path, "-lock")) {
        return true;
    }
    cfg!(target_os = "linux") && is_locked(path)
}

/// What the file begins with, and its length, unless a push of this process uses it: that push has looked.
pub(super) fn read_head(path: &Path, bytes: u64) -> io::Result<Option<(Vec<u8>, u64)>> {
    let held = held();
    if is_held_here(path, &held) {
        return Ok(None);
    }
    let file = private_file::open(OpenOptions::new().read(true), path)?;
    let len = file.metadata()?.len();
    let mut begins = Vec::new();
    file.take(bytes).read_to_end(&mut begins)?;
    Ok(Some((begins, len)))
}

fn is_held_here(path: &Path, held: &[(u32, FileKey)]) -> bool {
    FileKey::at(path).is_ok_and(|key| held.contains(&(std::process::id(), key)))
}

fn in_use(path: &Path) -> Error {
    Error::new(
        ErrorKind::Storage,
        format!(
            "the journal {} is in use by another push, or held open by a process that was forked from one: \
             wait for it to end",
            path.display()
        ),
    )
}

fn failed(path: &Path, error: &io::Error) -> Error {
    Error::new(
        ErrorKind::Storage,
        format!("can't lock the journal {}: {error}", path.display()),
    )
}
