//! A send log in a file, by which all processes of a host are one client.
//!
//! The log stands in it twice. Whoever changes it does so under the file's lock and writes the older copy,
//! so that one which was killed half-way leaves the other. No handle is kept between two changes: a forked
//! child, or a program that closes all handles, meets none of ours.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant as StdInstant, SystemTime, UNIX_EPOCH};

use ring::digest::{SHA256, digest};
use xxhash_rust::xxh3::xxh3_64;

use super::clock::Clock;
use super::form;
use super::log::SendLog;
use crate::files::private_file::{self, OWNER_ONLY};

/// The format, and its version: others are refused.
const MAGIC: &[u8; 24] = b"graph8-crm rate limit 1\n";
/// Magic, identity and host.
const HEAD: usize = MAGIC.len() + 2 * 16;
/// Where the copies begin; the space between is never written, and so takes none.
const COPIES: [u64; 2] = [4_096, 4_096 + LONGEST_COPY];
const LONGEST_COPY: u64 = 1 << 20;
/// Before each copy: its length, its number, when it was written, and a checksum of it all.
const COPY_HEAD: usize = 4 * 8;
/// Written less long ago, a file of another host is in use there.
const IN_USE: Duration = Duration::from_secs(120);
/// Files that nobody has used for so long are deleted from the user's folder.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);
/// Opening and locking take turns when another process deletes the file in between.
const TRIES: usize = 3;
const LOCK_PAUSE: Duration = Duration::from_micros(200);

/// Whose requests a log counts: those of a key at a base URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity([u8; 16]);

impl Identity {
    pub(crate) fn new(base_url: &str, key_fingerprint: &[u8]) -> Self {
        Self(hash(&[base_url.as_bytes(), key_fingerprint]))
    }
}

#[cfg(feature = "redis")]
impl Identity {
    pub(super) fn to_hex(self) -> String {
        hex(&self.0)
    }
}

fn hash(parts: &[&[u8]]) -> [u8; 16] {
    let mut all = Vec::new();
    for part in parts {
        all.extend_from_slice(&part.len().to_le_bytes());
        all.extend_from_slice(part);
    }
    let mut short = [0; 16];
    for (to, from) in short.iter_mut().zip(digest(&SHA256, &all).as_ref()) {
        *to = *from;
    }
    short
}

/// Why the file can't be used now.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Another process has it, and may be stopped.
    Busy,
    /// What is wrong with it, as the end of a sentence that begins with its path.
    Unusable(String),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Unusable(error.to_string())
    }
}

/// Where the log of an identity is.
#[derive(Clone, Debug)]
pub(super) struct LogFile {
    path: PathBuf,
    identity: Identity,
    /// By its clock's start: after another one, and on another host, its times mean nothing.
    host: [u8; 16],
    clock: Clock,
    /// In the user's own folder, beside others of ours.
    is_ours: bool,
    /// The copy that was last read or written.
    seen: Option<(u64, u64)>,
}

/// The file, locked.
pub(super) struct Locked {
    file: File,
    /// Where the newest whole copy is, and what stands before it.
    newest: Option<(usize, CopyHead)>,
}

#[derive(Clone, Copy)]
struct CopyHead {
    length: u64,
    number: u64,
    /// Milliseconds since 1970.
    written: u64,
    sum: u64,
}

impl LogFile {
    /// In the user's folder, for all processes of this user on this host.
    pub(super) fn of_host(identity: Identity, clock: Clock) -> Result<Self, Trouble> {
        let host = host();
        let name = hex(&hash(&[&identity.0, &host]));
        let mut trouble = Trouble::Unusable("there is no folder for it".to_owned());
        for folder in folders() {
            match make_private_folder(&folder) {
                Ok(()) => {
                    return Ok(Self {
                        path: folder.join(format!("rate-limit-{name}")),
                        identity,
                        host,
                        clock,
                        is_ours: true,
                        seen: None,
                    });
                }
                Err(error) => trouble = Trouble::from(error),
            }
        }
        Err(trouble)
    }

    pub(super) fn at(path: PathBuf, identity: Identity, clock: Clock) -> Self {
        Self {
            path,
            identity,
            host: host(),
            clock,
            is_ours: false,
            seen: None,
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Locks the file, waiting so long for it at most, and brings `log` up to its state.
    pub(super) fn enter(
        &mut self,
        log: &mut SendLog,
        patience: Duration,
    ) -> Result<Locked, Trouble> {
        let mut file = self.open_locked(patience)?;
        let is_new = self.check_head(&mut file)?;
        let copies = [0, 1].map(|place| read_head(&mut file, place).map(|head| (place, head)));
        let mut found: Vec<(usize, CopyHead)> = copies.into_iter().flatten().collect();
        found.sort_unstable_by_key(|(_, head)| std::cmp::Reverse(head.number));
        let moment = self.clock.moment();
        for (place, head) in found {
            let newest = Some((place, head));
            if self.seen == Some((head.number, head.sum)) {
                return Ok(Locked { file, newest });
            }
            if let Some(bytes) = read_copy(&mut file, place, head)
                && form::read(&bytes, moment, log).is_some()
            {
                self.seen = Some((head.number, head.sum));
                return Ok(Locked { file, newest });
            }
        }
        // Emptied or damaged: what this process knows of it goes on.
        if !is_new && self.seen.is_none() {
            form::forgotten(log, moment.own);
        }
        Ok(Locked { file, newest: None })
    }

    /// Writes `log`, and lets others have the file.
    pub(super) fn leave(&mut self, locked: Locked, log: &SendLog) -> Result<(), Trouble> {
        let Locked { mut file, newest } = locked;
        let moment = self.clock.moment();
        let copy = form::write(log, moment);
        let place = newest.map_or(0, |(place, _)| 1 - place);
        let before = newest
            .map(|(_, head)| head.number)
            .or(self.seen.map(|(number, _)| number));
        let number = before.unwrap_or(0) + 1;
        if (copy.len() + COPY_HEAD) as u64 > LONGEST_COPY {
            return Err(Trouble::Unusable(
                "it has no room for so many requests per minute".to_owned(),
            ));
        }
        let mut bytes = Vec::with_capacity(COPY_HEAD + copy.len());
        for part in [copy.len() as u64, number, now_in_ms()] {
            bytes.extend_from_slice(&part.to_le_bytes());
        }
        let sum = checksum(&bytes, &copy);
        bytes.extend_from_slice(&sum.to_le_bytes());
        bytes.extend_from_slice(&copy);
        file.seek(SeekFrom::Start(COPIES[place]))?;
        file.write_all(&bytes)?;
        self.seen = Some((number, sum));
        Ok(())
    }

    fn open_locked(&self, patience: Duration) -> Result<File, Trouble> {
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        for _ in 0..TRIES {
            let file = private_file::open_or_create(&options, &self.path, OWNER_ONLY)?;
            if self.is_ours {
                check_owner(&file)?;
            }
            lock_within(&file, patience)?;
            if !is_deleted(&file)? {
                return Ok(file);
            }
        }
        Err(Trouble::Busy)
    }

    /// Whether the file had nothing in it. Refuses what is another's.
    fn check_head(&self, file: &mut File) -> Result<bool, Trouble> {
        let mut head = Vec::new();
        Read::by_ref(file)
            .take(HEAD as u64)
            .read_to_end(&mut head)?;
        let mut ours = MAGIC.to_vec();
        ours.extend_from_slice(&self.identity.0);
        ours.extend_from_slice(&self.host);
        if head == ours {
            // No copy was ever written.
            return Ok(file.metadata()?.len() <= HEAD as u64);
        }
        // Its maker may have been killed before it had written all of it.
        let is_new = head.is_empty();
        if ours.starts_with(&head) || head.iter().all(|byte| *byte == 0) && head.len() == HEAD {
            self.begin(file, &ours)?;
            return Ok(is_new);
        }
        if !head.starts_with(MAGIC) {
            return Err(Trouble::Unusable(
                "it is not a file of rate limits that this version of graph8-crm wrote".to_owned(),
            ));
        }
        if head.get(MAGIC.len()..MAGIC.len() + 16) != Some(&self.identity.0[..]) {
            return Err(Trouble::Unusable(
                "it belongs to another API key or base URL: each needs a file of its own"
                    .to_owned(),
            ));
        }
        let last = [0, 1].map(|place| read_head(file, place).map(|head| head.written));
        let age = now_in_ms().saturating_sub(last.into_iter().flatten().max().unwrap_or(0));
        if Duration::from_millis(age) < IN_USE {
            return Err(Trouble::Unusable(
                "another host uses it: a file is for the processes of one host".to_owned(),
            ));
        }
        // Of the time before this host was started anew.
        self.begin(file, &ours)?;
        Ok(true)
    }

    fn begin(&self, file: &mut File, head: &[u8]) -> io::Result<()> {
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(head)?;
        if self.is_ours {
            delete_stale(&self.path);
        }
        Ok(())
    }
}

fn lock_within(file: &File, patience: Duration) -> Result<(), Trouble> {
    let began = StdInstant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error.into()),
            Err(TryLockError::WouldBlock) if began.elapsed() >= patience => {
                return Err(Trouble::Busy);
            }
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
        }
    }
}

/// What stands before a copy; `None` where nothing was written yet.
fn read_head(file: &mut File, place: usize) -> Option<CopyHead> {
    file.seek(SeekFrom::Start(*COPIES.get(place)?)).ok()?;
    let mut bytes = [0; COPY_HEAD];
    file.read_exact(&mut bytes).ok()?;
    let mut numbers = bytes
        .chunks_exact(8)
        .filter_map(|part| part.try_into().ok().map(u64::from_le_bytes));
    let head = CopyHead {
        length: numbers.next()?,
        number: numbers.next()?,
        written: numbers.next()?,
        sum: numbers.next()?,
    };
    (head.number > 0 && head.length <= LONGEST_COPY).then_some(head)
}

fn read_copy(file: &mut File, place: usize, head: CopyHead) -> Option<Vec<u8>> {
    let begins = COPIES.get(place)? + COPY_HEAD as u64;
    file.seek(SeekFrom::Start(begins)).ok()?;
    let mut copy = vec![0; usize::try_from(head.length).ok()?];
    file.read_exact(&mut copy).ok()?;
    let mut before = Vec::with_capacity(COPY_HEAD);
    for part in [head.length, head.number, head.written] {
        before.extend_from_slice(&part.to_le_bytes());
    }
    (checksum(&before, &copy) == head.sum).then_some(copy)
}

fn checksum(head: &[u8], copy: &[u8]) -> u64 {
    xxh3_64(copy) ^ xxh3_64(head).rotate_left(1)
}

fn now_in_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What tells this start of this host from others.
fn host() -> [u8; 16] {
    let boot = fs::read("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    hash(&[&boot])
}

/// Where a user's files of this kind may be, the first that can be had: not those of a session, since a job
/// that runs without one is to find the same.
fn folders() -> Vec<PathBuf> {
    let variable = |name| {
        let path = PathBuf::from(std::env::var_os(name)?);
        path.is_absolute().then_some(path)
    };
    let cache = if cfg!(windows) {
        variable("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        variable("HOME").map(|home| home.join("Library/Caches"))
    } else {
        variable("XDG_CACHE_HOME").or_else(|| variable("HOME").map(|home| home.join(".cache")))
    };
    let temporary = std::env::temp_dir().join(format!("graph8-crm-{}", user()));
    cache
        .map(|cache| cache.join("graph8-crm"))
        .into_iter()
        .chain([temporary])
        .collect()
}

#[cfg(unix)]
fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
fn user() -> u32 {
    0
}

/// Makes the folder for its owner alone; refuses one that is another user's.
fn make_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    let found = fs::symlink_metadata(folder)?;
    if !found.is_dir() || !is_own(&found) {
        return Err(io::Error::other("its folder belongs to another user"));
    }
    #[cfg(unix)]
    if private_file::mode_of(&found) & 0o022 != 0 {
        return Err(io::Error::other("others may write into its folder"));
    }
    Ok(())
}

fn check_owner(file: &File) -> io::Result<()> {
    if is_own(&file.metadata()?) {
        return Ok(());
    }
    Err(io::Error::other("it belongs to another user"))
}

#[cfg(unix)]
fn is_deleted(file: &File) -> io::Result<bool> {
    Ok(std::os::unix::fs::MetadataExt::nlink(&file.metadata()?) == 0)
}

#[cfg(not(unix))]
fn is_deleted(_: &File) -> io::Result<bool> {
    Ok(false)
}

#[cfg(unix)]
fn is_own(found: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(found) == user()
}

#[cfg(not(unix))]
fn is_own(_: &fs::Metadata) -> bool {
    true
}

/// Deletes what no process of this host can use any more; other than this one's file.
fn delete_stale(ours: &Path) {
    let Some(Ok(files)) = ours.parent().map(fs::read_dir) else {
        return;
    };
    for file in files.flatten() {
        let is_log = file
            .file_name()
            .to_string_lossy()
            .starts_with("rate-limit-");
        let age = file
            .metadata()
            .and_then(|found| found.modified())
            .ok()
            .and_then(|modified| modified.elapsed().ok());
        if is_log && file.path() != ours && age.is_some_and(|age| age > STALE) {
            let _ = fs::remove_file(file.path());
        }
    }
}
