//! Where a client's send log lives.

use std::fmt;
use std::fs;
use std::path::PathBuf;
#[cfg(feature = "redis")]
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "redis")]
use rustls::ClientConfig;
use url::Url;

use super::clock::Clock;
use super::file::{Identity, LogFile, Trouble};
use super::log::SendLog;
#[cfg(feature = "redis")]
use super::redis::Address;
use crate::error::{Error, Result};
#[cfg(feature = "redis")]
use crate::http::tls;

/// Who shares a rate limit with a client: it is the organisation's, whoever uses it.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RateLimitStore {
    /// All processes of this user on this host that use the same key and base URL, by a small file in the
    /// user's cache folder.
    #[default]
    Host,
    /// Nobody: the limit of this client and its clones.
    Alone,
    /// Who names the same place: `file:///path` for processes of one host; with the crate's feature `redis`
    /// `redis://user:password@host:6379/0` for several hosts, `rediss://` with TLS, by Redis 5 or later, or
    /// Valkey. There those share a limit that use the same key and base URL, or the same `?name=acme`.
    At(String),
}

impl fmt::Debug for RateLimitStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host => f.write_str("Host"),
            Self::Alone => f.write_str("Alone"),
            // A place may hold a password.
            Self::At(place) => {
                let scheme = place.split_once(':').map_or("", |(scheme, _)| scheme);
                write!(f, "At(\"{scheme}:…\")")
            }
        }
    }
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
#[derive(Clone, Debug)]
pub(crate) enum Store {
    Alone,
    Host(Identity),
    File(PathBuf, Identity),
    #[cfg(feature = "redis")]
    Redis(Box<Address>, Tls),
}

/// How a store is spoken to, where it is by TLS.
#[cfg(feature = "redis")]
#[derive(Clone)]
pub(crate) struct Tls(pub(super) Option<Arc<ClientConfig>>);

#[cfg(feature = "redis")]
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Tls" } else { "Plain" })
    }
}

impl Store {
    /// `ca_pems` are trusted beside the platform's roots.
    pub(crate) fn new(
        store: &RateLimitStore,
        identity: Identity,
        ca_pems: &[Vec<u8>],
    ) -> Result<Self> {
        match store {
            RateLimitStore::Alone => Ok(Self::Alone),
            RateLimitStore::Host => Ok(Self::Host(identity)),
            RateLimitStore::At(place) => Self::at(place, identity, ca_pems),
        }
    }

    /// The place may hold a password, so it is not repeated in messages.
    fn at(place: &str, identity: Identity, ca_pems: &[Vec<u8>]) -> Result<Self> {
        let scheme = place.split_once(':').map_or("", |(scheme, _)| scheme);
        let is_of_redis = ["redis", "rediss"]
            .iter()
            .any(|of| scheme.eq_ignore_ascii_case(of));
        let url = Url::parse(place).map_err(|error| {
            if is_of_redis {
                unreadable(error)
            } else {
                unknown()
            }
        })?;
        match url.scheme() {
            // A URL of this scheme is read as if the slash were there.
            "file" if place[scheme.len()..].starts_with(":/") => {
                Ok(Self::File(path_of(&url)?, identity))
            }
            "redis" | "rediss" => Self::redis(&url, identity, ca_pems),
            _ => Err(unknown()),
        }
    }

    #[cfg(feature = "redis")]
    fn redis(url: &Url, identity: Identity, ca_pems: &[Vec<u8>]) -> Result<Self> {
        let address = Address::new(url, identity)?;
        let tls = address
            .has_tls()
            .then(|| tls::store_config(ca_pems).map(Arc::new))
            .transpose()?;
        Ok(Self::Redis(Box::new(address), Tls(tls)))
    }

    #[cfg(not(feature = "redis"))]
    fn redis(_: &Url, _: Identity, _: &[Vec<u8>]) -> Result<Self> {
        Err(Error::config(
            "a rate limit store redis:// needs the feature `redis` of the crate graph8-crm: switch it on, or name a \
             file as file:///var/lib/app/rate-limit",
        ))
    }

    /// Refuses a named place that can't be used. One that others have at the moment can; a Redis is asked with
    /// the first request.
    pub(crate) fn check(&self) -> Result<()> {
        let Self::File(path, identity) = self else {
            return Ok(());
        };
        let was_there = path.symlink_metadata().is_ok();
        let mut file = LogFile::at(path.clone(), *identity, Clock::System);
        let mut log = SendLog::new(None);
        let why = match file.enter(&mut log, Duration::ZERO) {
            Err(Trouble::Unusable(why)) => why,
            Ok(locked) if locked.is_without_log() => match file.leave(locked, &log) {
                Err(Trouble::Unusable(why)) => {
                    if !was_there {
                        // Nothing came into it, as on a full disk.
                        let _ = fs::remove_file(path);
                    }
                    why
                }
                _ => return Ok(()),
            },
            _ => return Ok(()),
        };
        Err(Error::config(format!(
            "the rate limit store {} can't be used: {why}",
            path.display()
        )))
    }
}

fn unknown() -> Error {
    Error::config(
        "the rate limit store is no place that this version knows: leave it out for this host, or name a file by its \
         whole path as file:///var/lib/app/rate-limit, or a Redis as redis://host:6379",
    )
}

/// `error` repeats nothing of the address.
fn unreadable(error: url::ParseError) -> Error {
    Error::config(format!(
        "the rate limit store's address can't be read ({error}): it is redis://user:password@host:6379/0?name=acme, \
         with a port up to 65535; in a user name or password write % as %25, / as %2F, : as %3A, ? as %3F, # as %23 and \
         @ as %40"
    ))
}

fn path_of(url: &Url) -> Result<PathBuf> {
    if url.query().is_some() || url.fragment().is_some() {
        return Err(unknown());
    }
    url.to_file_path().map_err(|()| unknown())
}
