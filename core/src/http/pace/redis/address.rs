//! Where a Redis is, and under which name a limit is kept there.

use std::fmt;

use url::Url;
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::http::pace::file::Identity;

const PORT: u16 = 6_379;
/// Longer than any organisation's name.
const LONGEST_NAME: usize = 200;

/// A `redis://` or `rediss://` address that was checked. Shown without what it may hold of secrets.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) user: Option<String>,
    pub(super) password: Option<Zeroizing<String>>,
    pub(super) database: u32,
    has_tls: bool,
    /// What the keys in the store begin with.
    pub(super) key: String,
}

impl Address {
    /// `identity` names the limit where the address has no `?name=`.
    pub(crate) fn new(url: &Url, identity: Identity) -> Result<Self> {
        let wrong = |what: &str| {
            Error::config(format!(
                "the rate limit store's address {what}: it is redis://user:password@host:6379/0?name=acme, with \
                 rediss:// for TLS; all but the host may be left out"
            ))
        };
        let host = url.host_str().filter(|host| !host.is_empty());
        let host = host.ok_or_else(|| wrong("has no host"))?;
        let decoded = |text: &str| {
            percent_encoding::percent_decode_str(text)
                .decode_utf8()
                .map(std::borrow::Cow::into_owned)
                .map_err(|_| wrong("has a user name or password that is no UTF-8"))
        };
        let user = Some(url.username()).filter(|user| !user.is_empty());
        let path = url.path().trim_matches('/');
        let database = match path {
            "" => 0,
            path => path
                .parse()
                .map_err(|_| {
                    wrong(if path.contains('@') {
                        "names a database that is no number (a / in a user name or password is written %2F)"
                    } else {
                        "names a database that is no number"
                    })
                })?,
        };
        let mut name = None;
        for (option, value) in url.query_pairs() {
            if option != "name" || name.is_some() {
                return Err(wrong("has options other than one name"));
            }
            if value.is_empty() || value.len() > LONGEST_NAME {
                return Err(wrong("has a name that is empty or too long"));
            }
            name = Some(value.into_owned());
        }
        if url.fragment().is_some() {
            return Err(wrong("has a fragment, after a #"));
        }
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port().unwrap_or(PORT),
            user: user.map(decoded).transpose()?,
            password: url.password().map(decoded).transpose()?.map(Zeroizing::new),
            database,
            has_tls: url.scheme() == "rediss",
            // In braces: what belongs together is on one node wherever keys are spread by them.
            key: format!(
                "graph8-crm:rate-limit:{{{}}}",
                name.map_or_else(|| identity.to_hex(), |name| without_braces(&name))
            ),
        })
    }
}

/// Another name for each name; a brace in it would end, or make empty, what keys are spread by.
fn without_braces(name: &str) -> String {
    name.replace('%', "%25")
        .replace('{', "%7B")
        .replace('}', "%7D")
}

impl Address {
    pub(crate) fn has_tls(&self) -> bool {
        self.has_tls
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.has_tls { "rediss" } else { "redis" };
        let (open, close) = if self.host.contains(':') {
            ("[", "]")
        } else {
            ("", "")
        };
        write!(f, "{scheme}://{open}{}{close}:{}", self.host, self.port)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}
