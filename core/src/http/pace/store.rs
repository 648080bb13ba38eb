//! Where a client's send log lives.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::clock::Clock;
use super::file::{Identity, LogFile, Trouble};
use super::log::SendLog;
use crate::error::{Error, Result};

/// Who shares a rate limit with a client: it is the organisation's, whoever uses it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RateLimitStore {
    /// All processes of this user on this host that use the same key and base URL, by a small file in the
    /// user's cache folder.
    #[default]
    Host,
    /// Nobody: the limit of this client and its clones.
    Alone,
    /// Who names the same place: `file:///path` for processes of one host.
    At(String),
}

impl From<&str> for RateLimitStore {
    /// `host`, `alone`, also as `false`, or else a place.
    fn from(text: &str) -> Self {
        match text.trim().to_ascii_lowercase().as_str() {
            "host" => Self::Host,
            "alone" | "false" => Self::Alone,
            _ => Self::At(text.trim().to_owned()),
        }
    }
}

impl From<String> for RateLimitStore {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

/// A place that was checked, and whose log it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Store {
    Alone,
    Host(Identity),
    File(PathBuf, Identity),
}

impl Store {
    pub(crate) fn new(store: &RateLimitStore, identity: Identity) -> Result<Self> {
        match store {
            RateLimitStore::Alone => Ok(Self::Alone),
            RateLimitStore::Host => Ok(Self::Host(identity)),
            RateLimitStore::At(place) => Ok(Self::File(path_of(place)?, identity)),
        }
    }
}

impl Store {
    /// Refuses a named place that can't be used. One that others have at the moment can.
    pub(crate) fn check(&self) -> Result<()> {
        let Self::File(path, identity) = self else {
            return Ok(());
        };
        let mut file = LogFile::at(path.clone(), *identity, Clock::System);
        match file.enter(&mut SendLog::new(None), Duration::ZERO) {
            Err(Trouble::Unusable(why)) => Err(Error::config(format!(
                "the rate limit store {} can't be used: {why}",
                path.display()
            ))),
            _ => Ok(()),
        }
    }
}

/// The place may hold a password, so it is not repeated in messages.
fn path_of(place: &str) -> Result<PathBuf> {
    let wrong = || {
        Error::config(
            "the rate limit store is no place that this version knows: leave it out for this host, or name a \
             file as file:///var/lib/app/rate-limit",
        )
    };
    let url = Url::parse(place).map_err(|_| wrong())?;
    if url.scheme() != "file" || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong());
    }
    url.to_file_path().map_err(|()| wrong())
}
