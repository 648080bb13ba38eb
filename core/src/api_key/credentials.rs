//! The credentials file of graph8's own tools: a key and an address, for its owner alone.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::files::private_file;

/// The file as people know it.
pub(crate) const SHOWN: &str = "~/.g8/credentials.json";
const FOLDER: &str = ".g8";
const NAME: &str = "credentials.json";
/// Bytes; a larger file is another one.
const LARGEST: u64 = 64 * 1024;

/// What the file has.
#[derive(Deserialize)]
pub(crate) struct Credentials {
    #[serde(deserialize_with = "wiped_at_the_end")]
    pub(crate) api_key: Zeroizing<String>,
    #[serde(default)]
    pub(crate) api_url: Option<String>,
}

fn wiped_at_the_end<'de, D: Deserializer<'de>>(text: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(text).map(Zeroizing::new)
}

/// What the user's file has; `None` where there is no such file.
///
/// # Errors
///
/// A [`Config`](crate::ErrorKind::Config) error for a file that others may read, or that has no key.
pub(crate) fn read() -> Result<Option<Credentials>> {
    match home() {
        Some(home) => read_below(&home),
        None => Ok(None),
    }
}

#[cfg(not(test))]
fn home() -> Option<PathBuf> {
    std::env::home_dir().filter(|home| home.is_absolute())
}

/// No test depends on whose machine it runs on.
#[cfg(test)]
fn home() -> Option<PathBuf> {
    None
}

fn read_below(home: &Path) -> Result<Option<Credentials>> {
    let file = match private_file::open_to_read(&home.join(FOLDER).join(NAME)) {
        Ok(file) => file,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => {
            let message = format!("can't read {SHOWN}: {error}");
            return Err(Error::config(message).with_source(error));
        }
    };
    let text = contents(file)?;
    // The parser's own message may repeat what it found; and a list would do for it as well.
    let credentials = serde_json::from_slice::<Credentials>(&text)
        .ok()
        .filter(|_| text.trim_ascii_start().starts_with(b"{"))
        .ok_or_else(|| {
            Error::config(format!(
                "{SHOWN} is not an object with a text api_key, and maybe a text api_url: log in with graph8's \
                 tools again, or pass the key"
            ))
        })?;
    if credentials.api_key.trim().is_empty() {
        return Err(Error::config(format!(
            "the api_key in {SHOWN} is empty: log in with graph8's tools again, or pass the key"
        )));
    }
    Ok(Some(credentials))
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn contents(file: File) -> Result<Zeroizing<Vec<u8>>> {
    let unreadable =
        |error: io::Error| Error::config(format!("can't read {SHOWN}: {error}")).with_source(error);
    let metadata = file.metadata().map_err(unreadable)?;
    if is_open_to_others(&metadata) {
        return Err(Error::config(format!(
            "{SHOWN} may be read or written by others than its owner: chmod 600 {SHOWN}"
        )));
    }
    if metadata.len() > LARGEST {
        return Err(Error::config(format!(
            "{SHOWN} has {} bytes, which are no credentials: log in with graph8's tools again, or pass the key",
            metadata.len()
        )));
    }
    // Never grown, so that no copy of the key stays behind.
    let mut text = Zeroizing::new(Vec::with_capacity(usize::try_from(LARGEST).unwrap_or(0)));
    file.take(LARGEST)
        .read_to_end(&mut text)
        .map_err(unreadable)?;
    Ok(text)
}

#[cfg(unix)]
fn is_open_to_others(metadata: &Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0
}

/// Elsewhere, a user's folder is that user's.
#[cfg(not(unix))]
fn is_open_to_others(_: &Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A home of the test's own.
    struct Home(PathBuf);

    impl Home {
        fn new() -> Self {
            let path = std::env::temp_dir().join(format!("graph8-home-{}", fastrand::u64(..)));
            fs::create_dir(&path).unwrap();
            Self(path)
        }

        fn path(&self) -> &Path {
            &self.0
        }
    }

    impl Drop for Home {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn home_with(text: &str) -> Home {
        let home = Home::new();
        fs::create_dir(home.path().join(FOLDER)).unwrap();
        let options = fs::OpenOptions::new().write(true).clone();
        let path = home.path().join(FOLDER).join(NAME);
        let mut file = private_file::create(&options, &path, private_file::OWNER_ONLY).unwrap();
        io::Write::write_all(&mut file, text.as_bytes()).unwrap();
        home
    }

    #[test]
    fn key_and_address_are_read_and_more_does_not_matter() {
        let home = home_with(
            r#"{"api_key": " g8_live_1\n", "api_url": "https://x.example", "org": {"a": 1}}"#,
        );
        let found = read_below(home.path()).unwrap().unwrap();
        assert_eq!(found.api_key.as_str(), " g8_live_1\n");
        assert_eq!(found.api_url.as_deref(), Some("https://x.example"));
        let bare = home_with(r#"{"api_key": "g8_live_1", "api_url": null}"#);
        assert!(read_below(bare.path()).unwrap().unwrap().api_url.is_none());
    }

    #[test]
    fn there_need_be_no_file_and_no_folder() {
        let home = Home::new();
        assert!(read_below(home.path()).unwrap().is_none());
        fs::write(home.path().join(FOLDER), "").unwrap();
        assert!(read_below(home.path()).unwrap().is_none());
    }

    #[test]
    fn what_is_no_credentials_is_refused_without_repeating_it() {
        for text in [
            "",
            "canary",
            "[\"canary\"]",
            "{}",
            r#"{"api_url": "canary"}"#,
            r#"{"api_key": 5}"#,
            r#"{"api_key": {"canary": 1}}"#,
            r#"{"api_key": " "}"#,
            r#"{"api_key": "g8_canary", "api_url": ["canary"]}"#,
            &" ".repeat(70_000),
        ] {
            let home = home_with(text);
            let error = read_below(home.path()).err().unwrap();
            assert!(error.message().contains(SHOWN), "{error}");
            assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let home = home_with(r#"{"api_key": "g8_live_1"}"#);
        let path = home.path().join(FOLDER).join(NAME);
        for mode in [0o640, 0o604, 0o620, 0o666] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = read_below(home.path()).err().unwrap();
            assert!(error.message().contains("chmod 600"), "{error}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        assert!(read_below(home.path()).unwrap().is_some());
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        let error = read_below(home.path()).err().unwrap();
        assert!(error.message().contains("a folder"), "{error}");
    }
}
