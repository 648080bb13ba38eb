//! Where a journal is, whatever name it was given by.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::file::{beside, remove_drafts};
use super::hold::FileKey;
use crate::error::{Error, ErrorKind, Result};
use crate::files::private_file::{check_path, check_regular};

/// The journal's path without symbolic links: its `-wal`, `-shm` and `-lock` are beside the file itself,
/// not beside a link to it.
pub(super) fn resolve(path: &Path) -> Result<PathBuf> {
    check_path("journal", path)?;
    match fs::canonicalize(path) {
        Ok(real) => Ok(without_prefix(real)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => resolve_new(path),
        Err(error) => Err(failed(path, &error)),
    }
}

/// Refuses what can't be a journal's path before any file is made: also when the dead letters would go into
/// one of its files.
pub(crate) fn check_paths(path: &Path, dead_letter: Option<&Path>) -> Result<()> {
    let path = resolve(path)?;
    if fs::symlink_metadata(&path).is_ok() {
        check(&path)?;
    }
    let Some(dead_letter) = dead_letter else {
        return Ok(());
    };
    // Where the dead-letter file can't be used either, opening it says so.
    let Ok(dead_letter) = resolve(dead_letter) else {
        return Ok(());
    };
    for suffix in ["", "-wal", "-shm", "-lock"] {
        if dead_letter == beside(&path, suffix) {
            return Err(Error::config(format!(
                "the dead-letter file {} is a file of the journal {}: name another one",
                dead_letter.display(),
                path.display()
            )));
        }
    }
    Ok(())
}

/// Of a file that is not there yet, the folder is.
fn resolve_new(path: &Path) -> Result<PathBuf> {
    if fs::symlink_metadata(path).is_ok() {
        return Err(failed(
            path,
            &"it is a symbolic link to a file that is not there: put that back, or give the path of the file \
              itself to start anew",
        ));
    }
    let path = std::path::absolute(path).map_err(|error| failed(path, &error))?;
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(failed(&path, &"it names no file"));
    };
    let folder = fs::canonicalize(folder).map_err(|error| {
        failed(
            &path,
            &format!("its folder {} can't be used: {error}", folder.display()),
        )
    })?;
    Ok(without_prefix(folder).join(name))
}

/// Windows gives resolved paths in a form that not every program takes.
fn without_prefix(path: PathBuf) -> PathBuf {
    #[cfg(windows)]
    if let Some(rest) = path.to_str().and_then(|text| text.strip_prefix(r"\\?\"))
        && rest.as_bytes().get(1) == Some(&b':')
    {
        return PathBuf::from(rest);
    }
    path
}

/// Refuses what SQLite could not keep safe; `path` is a resolved one.
pub(super) fn check(path: &Path) -> Result<()> {
    let failed_to = |error: io::Error| failed(path, &error);
    let metadata = fs::symlink_metadata(path).map_err(failed_to)?;
    check_regular(&metadata).map_err(failed_to)?;
    if names(path).map_err(failed_to)? > 1 {
        // Its draft, if the process ended between giving it its name and taking that one away.
        let key = FileKey::at(path).map_err(failed_to)?;
        let is_same = |draft: &Path| FileKey::at(draft).is_ok_and(|draft| draft == key);
        remove_drafts(path, is_same).map_err(failed_to)?;
    }
    if names(path).map_err(failed_to)? > 1 {
        return Err(failed(
            path,
            &"the file has more than one name (hard links), and what was written last is found by only one of \
              them: delete the others",
        ));
    }
    Ok(())
}

/// How many names the file has.
#[cfg(unix)]
fn names(path: &Path) -> io::Result<u64> {
    Ok(std::os::unix::fs::MetadataExt::nlink(
        &fs::symlink_metadata(path)?,
    ))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it may fail")]
fn names(_: &Path) -> io::Result<u64> {
    Ok(1)
}

fn failed(path: &Path, why: &dyn std::fmt::Display) -> Error {
    Error::new(
        ErrorKind::Storage,
        format!("the journal {} can't be used: {why}", path.display()),
    )
}
