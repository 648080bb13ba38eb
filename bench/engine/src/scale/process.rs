//! What this process holds, as Linux tells it.

use std::fs;

use crate::Result;

#[derive(Clone, Copy)]
pub(super) struct Held {
    /// KiB of resident memory.
    pub(super) memory: u64,
    /// KiB of resident memory at its peak.
    pub(super) peak: u64,
    pub(super) threads: u64,
    /// Open files and sockets.
    pub(super) handles: u64,
}

impl Held {
    pub(super) fn now() -> Result<Self> {
        let status = fs::read_to_string("/proc/self/status")?;
        let value = |name: &str| -> Result<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|line| line.split_whitespace().next());
            Ok(number.ok_or("no such line in /proc/self/status")?.parse()?)
        };
        Ok(Self {
            memory: value("VmRSS:")?,
            peak: value("VmHWM:")?,
            threads: value("Threads:")?,
            // Without the one by which they are counted.
            handles: fs::read_dir("/proc/self/fd")?.count() as u64 - 1,
        })
    }
}

pub(super) fn sockets() -> Result<u64> {
    let mut count = 0;
    for handle in fs::read_dir("/proc/self/fd")? {
        // One that is closed meanwhile is none.
        let target = fs::read_link(handle?.path()).unwrap_or_default();
        count += u64::from(target.to_string_lossy().starts_with("socket:"));
    }
    Ok(count)
}
