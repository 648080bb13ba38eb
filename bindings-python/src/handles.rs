//! Which process this is, and whether its file handles are still those that it opened.
//!
//! A forked child shares its parent's handles. A program may also close all handles that it does not
//! know, as daemons do: the numbers of ours then belong to nobody, or to files of the program's own.
//! What depends on handles belongs to an epoch, and is neither used nor closed in a later one.

use std::process;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

pub(crate) use sentinel::{next_number, occupy};

/// A process, from its beginning or the last time that its handles were closed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Epoch(usize);

/// Most epochs of a process and its ancestors.
pub(crate) const MOST_EPOCHS: usize = 256;

struct Began {
    pid: u32,
    is_over: AtomicBool,
    sentinel: Option<sentinel::Sentinel>,
}

// Without a lock: a fork may come while another thread would hold it.
static EPOCHS: [OnceLock<Began>; MOST_EPOCHS] = [const { OnceLock::new() }; MOST_EPOCHS];
static LAST: AtomicUsize = AtomicUsize::new(0);

impl Epoch {
    /// The epoch of now.
    pub(crate) fn current() -> Self {
        loop {
            let last = LAST.load(Ordering::Acquire);
            let Some(slot) = EPOCHS.get(last) else {
                return Self(last);
            };
            let began = slot.get_or_init(|| Began {
                pid: process::id(),
                is_over: AtomicBool::new(false),
                sentinel: sentinel::Sentinel::new(),
            });
            if began.goes_on() {
                return Self(last);
            }
            // Another thread may have come first, and only one of them may count.
            let _ = LAST.compare_exchange(last, last + 1, Ordering::AcqRel, Ordering::Acquire);
        }
    }

    /// Whether it is the epoch of now.
    pub(crate) fn goes_on(self) -> bool {
        self.began().is_some_and(Began::goes_on)
    }

    /// Whether it was one of this process.
    pub(crate) fn is_of_this_process(self) -> bool {
        self.began().is_some_and(|began| began.pid == process::id())
    }

    /// Ends it: what depends on its handles was seen to fail.
    pub(crate) fn end(self) {
        if let Some(began) = self.began() {
            began.is_over.store(true, Ordering::Release);
        }
    }

    /// Below [`MOST_EPOCHS`], unless those are used up.
    pub(crate) fn index(self) -> usize {
        self.0
    }

    fn began(self) -> Option<&'static Began> {
        EPOCHS.get(self.0)?.get()
    }
}

impl Began {
    fn goes_on(&self) -> bool {
        self.pid == process::id()
            && !self.is_over.load(Ordering::Acquire)
            && self
                .sentinel
                .as_ref()
                .is_none_or(sentinel::Sentinel::is_there)
    }
}

#[cfg(unix)]
mod sentinel {
    use std::fs::File;
    use std::io;
    use std::mem::ManuallyDrop;
    use std::os::fd::{AsRawFd, IntoRawFd, OwnedFd};
    use std::os::unix::fs::MetadataExt;

    /// A handle that nobody knows of: it is gone only when all are closed.
    pub(super) struct Sentinel {
        /// Never closed: its number may belong to somebody else by then.
        file: ManuallyDrop<File>,
        identity: (u64, u64),
    }

    impl Sentinel {
        /// None when no handle is to be had, and then nothing is noticed.
        pub(super) fn new() -> Option<Self> {
            let (reader, _) = io::pipe().ok()?;
            let file = ManuallyDrop::new(File::from(OwnedFd::from(reader)));
            let identity = identity(&file)?;
            Some(Self { file, identity })
        }

        pub(super) fn is_there(&self) -> bool {
            identity(&self.file) == Some(self.identity)
        }
    }

    /// The lowest number that no handle has.
    pub(crate) fn next_number() -> i32 {
        io::pipe().map_or(0, |(reader, _)| reader.as_raw_fd())
    }

    /// Gives handles of no use to all free numbers below `end`, so that whoever still uses or closes these
    /// numbers meets no file of others.
    pub(crate) fn occupy(end: i32) {
        while let Ok((reader, writer)) = io::pipe() {
            let lower = reader.into_raw_fd();
            if lower.max(writer.into_raw_fd()) >= end {
                return;
            }
        }
    }

    fn identity(file: &File) -> Option<(u64, u64)> {
        let metadata = file.metadata().ok()?;
        Some((metadata.dev(), metadata.ino()))
    }
}

#[cfg(not(unix))]
mod sentinel {
    /// Elsewhere no program closes handles that it does not know.
    pub(super) struct Sentinel;

    impl Sentinel {
        pub(super) fn new() -> Option<Self> {
            None
        }

        pub(super) fn is_there(&self) -> bool {
            true
        }
    }

    pub(crate) fn next_number() -> i32 {
        0
    }

    pub(crate) fn occupy(_end: i32) {}
}
