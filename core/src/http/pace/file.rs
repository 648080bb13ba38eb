//! A send log in a file, by which all processes of a host are one client.
//!
//! The log stands in it twice. Whoever changes it does so under the file's lock and writes the older copy,
//! so that one which was killed half-way leaves the other. No handle is kept between two changes: a forked
//! child, or a program that closes all handles, meets none of ours. Before the copies stands who uses the file,
//! see `presence.rs`.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant as StdInstant, SystemTime, UNIX_EPOCH};

use ring::digest::{SHA256, digest};
use xxhash_rust::xxh3::xxh3_64;

use super::clock::Clock;
use super::form::{self, Moment};
use super::log::SendLog;
use super::presence::{self, Presence};
use crate::files::private_file::{self, OWNER_ONLY};

/// The format, and its version: others are refused.
const MAGIC: &[u8; 24] = b"graph8-crm rate limit 2\n";
/// Magic, identity and host, and their checksum.
const HEAD: usize = MAGIC.len() + 2 * 16 + 8;
/// The head, and who uses the file.
const FIRST_PAGE: usize = HEAD + presence::LENGTH;
/// Where the copies begin: the two of a log that is short, and the two of a long one.
pub(super) const COPIES: [u64; 4] = [
    FIRST_PAGE as u64,
    FIRST_PAGE as u64 + SHORT_COPY,
    FIRST_PAGE as u64 + 2 * SHORT_COPY,
    FIRST_PAGE as u64 + 2 * SHORT_COPY + LONGEST_COPY,
];
/// For up to 400 requests per minute.
const SHORT_COPY: u64 = 1 << 14;
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
    pub(super) presence: Presence,
    #[cfg(test)]
    pub(super) is_disk_full: bool,
}

/// The file, locked.
pub(super) struct Locked {
    file: File,
    /// Whether it is to be written from its beginning on.
    begins: bool,
    /// Where the newest whole copy is, and what stands before it.
    newest: Option<(usize, CopyHead)>,
}

impl Locked {
    /// Whether others would find no log in it.
    pub(super) fn is_without_log(&self) -> bool {
        self.newest.is_none()
    }
}

/// What a file is by its first bytes.
#[derive(PartialEq, Eq)]
enum Beginning {
    Ours,
    /// There was nothing in it, or nothing that means anything any more.
    New,
    Damaged,
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
        // Another version's file is another one.
        let name = hex(&hash(&[MAGIC, &identity.0, &host]));
        let mut trouble = Trouble::Unusable("there is no folder for it".to_owned());
        for folder in folders() {
            match make_private_folder(&folder) {
                Ok(()) => {
                    let path = folder.join(format!("rate-limit-{name}"));
                    return Ok(Self {
                        is_ours: true,
                        ..Self::at(path, identity, clock)
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
            presence: Presence::default(),
            #[cfg(test)]
            is_disk_full: false,
        }
    }

    pub(super) fn moment(&self) -> Moment {
        self.clock.moment()
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
        let page = read_page(&mut file)?;
        let beginning = self.judge(&page, &mut file)?;
        let moment = self.clock.moment();
        if beginning == Beginning::Ours {
            self.look(&mut file, &page, moment);
        } else if self.seen.is_none() && beginning == Beginning::Damaged {
            form::forgotten(log, moment.own);
        }
        let begins = beginning != Beginning::Ours;
        if begins {
            return Ok(Locked {
                file,
                begins,
                newest: None,
            });
        }
        let mut found: Vec<(usize, CopyHead)> = (0..COPIES.len())
            .filter_map(|place| read_head(&mut file, place).map(|head| (place, head)))
            .collect();
        found.sort_unstable_by_key(|(_, head)| std::cmp::Reverse(head.number));
        for (place, head) in found {
            let locked = |file| Locked {
                file,
                begins,
                newest: Some((place, head)),
            };
            if self.seen == Some((head.number, head.sum)) {
                return Ok(locked(file));
            }
            if let Some(bytes) = read_copy(&mut file, place, head)
                && form::read(&bytes, moment, log).is_some()
            {
                self.seen = Some((head.number, head.sum));
                return Ok(locked(file));
            }
        }
        // Damaged: what this process knows of it goes on.
        if self.seen.is_none() {
            form::forgotten(log, moment.own);
        }
        Ok(Locked {
            file,
            begins,
            newest: None,
        })
    }

    /// Writes `log`, and lets others have the file.
    pub(super) fn leave(&mut self, locked: Locked, log: &SendLog) -> Result<(), Trouble> {
        #[cfg(test)]
        if self.is_disk_full {
            return Err(io::Error::from(io::ErrorKind::StorageFull).into());
        }
        let Locked {
            mut file,
            begins,
            newest,
        } = locked;
        let moment = self.clock.moment();
        if begins {
            self.begin(&mut file, moment)?;
        }
        let copy = form::write(log, moment);
        let length = (copy.len() + COPY_HEAD) as u64;
        if length > LONGEST_COPY {
            return Err(Trouble::Unusable(
                "it has no room for so many requests per minute".to_owned(),
            ));
        }
        let short = newest.map_or(0, |(place, _)| 1 - place % 2);
        let place = if length <= SHORT_COPY {
            short
        } else {
            2 + short
        };
        let before = newest
            .map(|(_, head)| head.number)
            .or(self.seen.map(|(number, _)| number));
        let number = before.unwrap_or(0) + 1;
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

    /// Who else is there, and that this client is.
    fn look(&mut self, file: &mut File, page: &[u8], moment: Moment) {
        let here = &mut self.presence;
        let (Some(client), Some(table)) = (here.client, page.get(HEAD..)) else {
            return;
        };
        let found = presence::look(table, client, here.is_away, moment.shared);
        here.part.hear(found.part, moment.own);
        here.others_are_away = found.others_are_away;
        if let Some((at, entry)) = found.entry {
            // What can't be written is known at least here.
            let _ = file
                .seek(SeekFrom::Start((HEAD + at) as u64))
                .and_then(|_| file.write_all(&entry));
        }
    }

    fn open_locked(&mut self, patience: Duration) -> Result<File, Trouble> {
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        for _ in 0..TRIES {
            let mut file = private_file::open_or_create(&options, &self.path, OWNER_ONLY)?;
            if self.is_ours {
                check_owner(&file)?;
            }
            if let Err(trouble) = lock_within(&file, patience) {
                if let Ok(page) = read_page(&mut file)
                    && page.starts_with(&self.head())
                {
                    self.look(&mut file, &page, self.clock.moment());
                }
                return Err(trouble);
            }
            if !is_deleted(&file)? {
                return Ok(file);
            }
        }
        Err(Trouble::Busy)
    }

    fn head(&self) -> Vec<u8> {
        let mut head = MAGIC.to_vec();
        head.extend_from_slice(&self.identity.0);
        head.extend_from_slice(&self.host);
        head.extend_from_slice(&xxh3_64(&head).to_le_bytes());
        head
    }

    /// Refuses what is another's.
    fn judge(&self, page: &[u8], file: &mut File) -> Result<Beginning, Trouble> {
        let ours = self.head();
        let head = page.get(..HEAD).unwrap_or(page);
        if head == ours {
            return Ok(Beginning::Ours);
        }
        if head.is_empty() {
            return Ok(Beginning::New);
        }
        let is_cut = MAGIC.starts_with(head) || head.len() == HEAD && head.iter().all(|b| *b == 0);
        // But for some of its first bytes.
        let is_ours = head.get(MAGIC.len()..) == ours.get(MAGIC.len()..);
        if !head.starts_with(MAGIC) && !is_cut && !is_ours {
            return Err(Trouble::Unusable(
                "it is not a file of rate limits that this version of graph8-crm wrote".to_owned(),
            ));
        }
        let (known, sum) = head.split_at(head.len().min(HEAD - 8));
        if is_cut || is_ours || xxh3_64(known).to_le_bytes() != *sum {
            return Ok(Beginning::Damaged);
        }
        if known.get(MAGIC.len()..MAGIC.len() + 16) != Some(&self.identity.0[..]) {
            return Err(Trouble::Unusable(
                "it belongs to another API key or base URL: each needs a file of its own"
                    .to_owned(),
            ));
        }
        let last = (0..COPIES.len()).filter_map(|place| read_head(file, place));
        let last = last.map(|head| head.written).max();
        let age = now_in_ms().saturating_sub(last.unwrap_or(0));
        if Duration::from_millis(age) < IN_USE {
            return Err(Trouble::Unusable(
                "another host uses it: a file is for the processes of one host".to_owned(),
            ));
        }
        // Of the time before this host was started anew.
        Ok(Beginning::New)
    }

    /// Writes all that stands before the copies, and nothing after it.
    fn begin(&mut self, file: &mut File, moment: Moment) -> io::Result<()> {
        let mut page = self.head();
        page.resize(FIRST_PAGE, 0);
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&page)?;
        self.look(file, &page, moment);
        if self.is_ours {
            delete_stale(&self.path);
        }
        Ok(())
    }
}

/// The beginning of the file, as far as there is one.
fn read_page(file: &mut File) -> io::Result<Vec<u8>> {
    let mut page = Vec::with_capacity(FIRST_PAGE);
    file.seek(SeekFrom::Start(0))?;
    Read::by_ref(file)
        .take(FIRST_PAGE as u64)
        .read_to_end(&mut page)?;
    Ok(page)
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
