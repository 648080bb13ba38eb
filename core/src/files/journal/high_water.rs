//! The number of the last batch, kept with the lock file itself and not in it: a backup that is copied over the
//! journal's files brings their contents back, and leaves this.
//!
//! It is in the *name* of an extended attribute. Programs that copy attributes as well set those of the backup, but
//! take no other away, so that the highest stays. Where the file system or the system has none, there is none.

use std::fs::File;

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
mod attributes {
    pub(super) fn names(_: &super::File) -> Vec<String> {
        Vec::new()
    }

    pub(super) fn set(_: &super::File, _: &str) -> bool {
        false
    }

    pub(super) fn remove(_: &super::File, _: &str) {}
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
mod attributes {
    use rustix::fs::{XattrFlags, flistxattr, fremovexattr, fsetxattr};

    /// Those of other programs are few.
    const MOST_BYTES: usize = 65_536;

    pub(super) fn names(file: &super::File) -> Vec<String> {
        let mut names = vec![0_u8; MOST_BYTES];
        let len = flistxattr(file, &mut names[..]).unwrap_or_default();
        let names = names[..len].split(|byte| *byte == 0);
        names
            .filter_map(|name| Some(str::from_utf8(name).ok()?.to_owned()))
            .collect()
    }

    pub(super) fn set(file: &super::File, name: &str) -> bool {
        fsetxattr(file, name, b"", XattrFlags::empty()).is_ok()
    }

    pub(super) fn remove(file: &super::File, name: &str) {
        // What stays is lower than what was set.
        let _ = fremovexattr(file, name);
    }
}

/// Linux lets users name those below `user.` only.
const PREFIX: &str = "user.graph8-crm.batch.";

/// The highest number that was noted; 0 where there is none.
pub(super) fn read(lock: &File) -> u64 {
    noted(lock)
        .map(|(batch, _)| batch)
        .max()
        .unwrap_or_default()
}

/// Notes a number; lower ones go.
pub(super) fn note(lock: &File, batch: u64) {
    let is_set = attributes::set(lock, &format!("{PREFIX}{batch}"));
    if is_set {
        for (_, name) in noted(lock).filter(|(noted, _)| *noted < batch) {
            attributes::remove(lock, &name);
        }
    }
}

fn noted(lock: &File) -> impl Iterator<Item = (u64, String)> {
    let names = attributes::names(lock).into_iter();
    names.filter_map(|name| Some((name.strip_prefix(PREFIX)?.parse().ok()?, name)))
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::io::Write;

    use super::*;

    #[test]
    fn the_highest_number_stays_whatever_is_written_over_the_file() {
        let name = format!("graph8-high-water-{:x}", fastrand::u64(..));
        let path = std::env::temp_dir().join(name);
        let file = File::create_new(&path).unwrap();
        assert_eq!(read(&file), 0);
        note(&file, 9);
        note(&file, 100);
        // Where the file system has no attributes, nothing is noted.
        if attributes::set(&file, &format!("{PREFIX}100")) {
            assert_eq!(noted(&file).count(), 1);
            let mut again = OpenOptions::new()
                .write(true)
                .truncate(true)
                .open(&path)
                .unwrap();
            again.write_all(b"older").unwrap();
            // A copy that brings attributes along.
            attributes::set(&again, &format!("{PREFIX}9"));
            attributes::set(&again, "user.another");
            assert_eq!(read(&file), 100);
            note(&file, 101);
            assert_eq!(
                noted(&file).map(|(batch, _)| batch).collect::<Vec<_>>(),
                [101]
            );
        }
        std::fs::remove_file(path).unwrap();
    }
}
