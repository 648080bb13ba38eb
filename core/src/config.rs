//! Settings of a client: every default, every environment name, every check.

use std::env;
use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue};
use url::{Host, Url};
use zeroize::Zeroizing;

use crate::api_key::{ApiKey, KeySource, credentials};
use crate::error::{Error, Result};
use crate::http::own_headers;
use crate::http::pace::{Identity, Pacing, RateLimit, RateLimitStore, Store};

/// The production service.
pub const DEFAULT_BASE_URL: &str = "https://be.graph8.com/api/v1";

const API_PATH: &str = "/api/v1";
const KEY_VARIABLES: [&str; 2] = ["G8_API_KEY", "GRAPH8_API_KEY"];
const URL_VARIABLES: [&str; 2] = ["G8_API_URL", "GRAPH8_BASE_URL"];
const STORE_VARIABLE: &str = "GRAPH8_RATE_LIMIT_STORE";
const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
// The service calls the CRM for each record of a batch: think 0.1 to 0.5 s a record, 100 records.
const DEFAULT_READ_TIMEOUT: Duration = Duration::from_secs(120);
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(180);

/// Collects the settings of a [`Client`](crate::Client); see each method for its default.
#[derive(Clone, Default)]
#[must_use = "a builder does nothing until build() is called"]
pub struct ClientBuilder {
    api_key: Option<Zeroizing<String>>,
    base_url: Option<String>,
    connect_timeout: Option<Duration>,
    read_timeout: Option<Duration>,
    timeout: Option<Duration>,
    proxy: Option<String>,
    ca_files: Vec<PathBuf>,
    ca_pems: Vec<Vec<u8>>,
    org_id: Option<String>,
    target_org_id: Option<String>,
    user_agent_suffix: Option<String>,
    allow_http: bool,
    http2: bool,
    pacing: Pacing,
    store: Option<RateLimitStore>,
    headers: Vec<(String, String)>,
    without_credentials: bool,
}

/// Settings that were checked.
pub(crate) struct Config {
    pub(crate) api_key: ApiKey,
    pub(crate) base_url: Url,
    pub(crate) connect_timeout: Duration,
    pub(crate) read_timeout: Duration,
    pub(crate) timeout: Duration,
    pub(crate) proxy: Option<reqwest::Proxy>,
    /// Names of this machine, which no name server is asked about.
    pub(crate) local_names: Vec<String>,
    pub(crate) ca_pems: Vec<Vec<u8>>,
    pub(crate) org_id: Option<HeaderValue>,
    pub(crate) target_org_id: Option<HeaderValue>,
    pub(crate) user_agent: HeaderValue,
    pub(crate) http2: bool,
    pub(crate) pacing: Pacing,
    pub(crate) store: Store,
    /// The caller's own.
    pub(crate) headers: HeaderMap,
}

impl ClientBuilder {
    /// The API key. Default: the environment's `G8_API_KEY`, else `GRAPH8_API_KEY`, else that of
    /// `~/.g8/credentials.json`; see [`credentials`](Self::credentials).
    /// Blanks around it and a pasted `Bearer ` are taken off. Never shown; wiped from this crate's
    /// memory with the last client, call or push that uses it.
    pub fn api_key(mut self, api_key: impl Into<String>) -> Self {
        self.api_key = Some(Zeroizing::new(api_key.into()));
        self
    }

    /// The service's address, with or without `/api/v1`. `localhost` and names that end in `.localhost`
    /// are this machine, whatever a name server says. Default: the environment's `G8_API_URL`, else
    /// `GRAPH8_BASE_URL`, else, with the key of `~/.g8/credentials.json`, that file's, else
    /// [`DEFAULT_BASE_URL`].
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = Some(base_url.into());
        self
    }

    /// Whether a key that is neither given nor in the environment is taken from the credentials file of
    /// graph8's own tools, `~/.g8/credentials.json`, and the address with it. A file that others than its
    /// owner may read is an error. Default: yes.
    pub fn credentials(mut self, credentials: bool) -> Self {
        self.without_credentials = !credentials;
        self
    }

    /// One more header on every request, for example for a gateway or a trace. What this client itself sends
    /// can't be replaced. Default: none.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Longest time to open a connection, TLS included. Default: 10 s.
    pub fn connect_timeout(mut self, connect_timeout: Duration) -> Self {
        self.connect_timeout = Some(connect_timeout);
        self
    }

    /// Longest silence of the service within a request. Default: 120 s, since the service calls
    /// the CRM for each record of a batch before it answers.
    pub fn read_timeout(mut self, read_timeout: Duration) -> Self {
        self.read_timeout = Some(read_timeout);
        self
    }

    /// Longest time for one request as a whole. Default: 180 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// A proxy's address, `http://` or `https://`, with user and password if it needs them. One on
    /// another machine is refused for an `http://` base URL on this machine: it would see the key in clear
    /// text, and look for the service on itself. [`allow_http`](Self::allow_http) allows that too.
    /// Default: the environment's (`HTTPS_PROXY`, `NO_PROXY` and so on), never for loopback.
    pub fn proxy(mut self, proxy: impl Into<String>) -> Self {
        self.proxy = Some(proxy.into());
        self
    }

    /// A PEM file of root certificates to trust beside the platform's and Mozilla's.
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_files.push(path.into());
        self
    }

    /// PEM text of root certificates to trust beside the platform's and Mozilla's.
    pub fn ca_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.ca_pems.push(pem.into());
        self
    }

    /// Sent as `X-Org-Id`; the service answers 403 when the key belongs to another. Default: none.
    pub fn org_id(mut self, org_id: impl Into<String>) -> Self {
        self.org_id = Some(org_id.into());
        self
    }

    /// Sent as `X-Target-Org-Id`; for agency keys only. Default: none.
    pub fn target_org_id(mut self, target_org_id: impl Into<String>) -> Self {
        self.target_org_id = Some(target_org_id.into());
        self
    }

    /// Words after ours in the User-Agent, for example `my-app/1.2`. Default: none.
    pub fn user_agent_suffix(mut self, suffix: impl Into<String>) -> Self {
        self.user_agent_suffix = Some(suffix.into());
        self
    }

    /// Allow plain `http://` to a host that is not loopback: the key then travels in clear text.
    /// Default: no.
    pub fn allow_http(mut self, allow_http: bool) -> Self {
        self.allow_http = allow_http;
        self
    }

    /// Offer HTTP/2. Default: no, since one dead HTTP/2 connection makes the outcome of every
    /// request in flight unknown.
    pub fn http2(mut self, http2: bool) -> Self {
        self.http2 = http2;
        self
    }

    /// Never more requests than this in any second and any minute, fewer where the service's headers
    /// say less. Default: from [`RateLimit::DEFAULT`] on whatever the headers say. All calls of a client
    /// and its clones share one limit.
    pub fn rate_limit(mut self, rate_limit: RateLimit) -> Self {
        self.pacing = Pacing::AtMost(rate_limit);
        self
    }

    /// Hold no request back: only the service's own 429 slows them down. Connections to `http://` on
    /// this machine are then kept, which has a price: an answer that comes late or twice is taken for
    /// that of the next request.
    pub fn unpaced(mut self) -> Self {
        self.pacing = Pacing::Off;
        self
    }

    /// Who shares the rate limit, which is the organisation's, with this client. Default: the environment's
    /// `GRAPH8_RATE_LIMIT_STORE` (a place, `host` or `alone`), else [`RateLimitStore::Host`]: all processes of
    /// this user on this host. A named file that can't be used is refused by [`build`](Self::build); a Redis that
    /// the first request can't reach is that request's [`ErrorKind::Config`](crate::ErrorKind::Config).
    pub fn rate_limit_store(mut self, store: impl Into<RateLimitStore>) -> Self {
        self.store = Some(store.into());
        self
    }

    pub(crate) fn check(self) -> Result<Config> {
        let found = find_key(self.api_key, !self.without_credentials)?;
        let base_url = self
            .base_url
            .or_else(|| from_environment(URL_VARIABLES).map(|(_, url)| url))
            .or(found.base_url)
            .unwrap_or_else(|| DEFAULT_BASE_URL.to_owned());
        let mut ca_pems = self.ca_pems;
        for path in self.ca_files {
            let pem = fs::read(&path).map_err(|error| {
                Error::config(format!(
                    "can't read the CA file {}: {error}",
                    path.display()
                ))
                .with_source(error)
            })?;
            ca_pems.push(pem);
        }
        let base_url = check_base_url(&base_url, self.allow_http)?;
        let proxy = self.proxy.as_deref().map(check_proxy).transpose()?;
        if let Some(proxy) = &proxy
            && !self.allow_http
        {
            check_proxy_is_near(proxy, &base_url)?;
        }
        let local_names = [Some(&base_url), proxy.as_ref()]
            .into_iter()
            .flatten()
            .filter_map(local_name)
            .collect();
        let headers = self.headers.iter().map(|(name, value)| (name, value));
        let headers = own_headers::read(headers)?;
        let api_key = ApiKey::parse(&found.key)?.found_in(found.source);
        let store = self.store.or_else(store_of_environment).unwrap_or_default();
        let store = match self.pacing {
            Pacing::Off => Store::Alone,
            _ => Store::new(
                &store,
                Identity::new(base_url.as_str(), &api_key.fingerprint()),
                &ca_pems,
            )?,
        };
        Ok(Config {
            headers,
            api_key,
            base_url,
            connect_timeout: duration(
                "connect_timeout",
                self.connect_timeout,
                DEFAULT_CONNECT_TIMEOUT,
            )?,
            read_timeout: duration("read_timeout", self.read_timeout, DEFAULT_READ_TIMEOUT)?,
            timeout: duration("timeout", self.timeout, DEFAULT_TIMEOUT)?,
            proxy: proxy.map(make_proxy).transpose()?,
            local_names,
            ca_pems,
            org_id: header("org_id", self.org_id)?,
            target_org_id: header("target_org_id", self.target_org_id)?,
            user_agent: user_agent(self.user_agent_suffix)?,
            http2: self.http2,
            pacing: check_pacing(self.pacing)?,
            store,
        })
    }
}

impl Config {
    /// Whether any connection may need a certificate checked: a proxy may speak TLS as well.
    pub(crate) fn uses_tls(&self) -> bool {
        let is_plain = self.base_url.scheme() == "http" && self.is_loopback();
        !is_plain || self.proxy.is_some() || !self.ca_pems.is_empty()
    }

    /// Whether the service runs on this machine; the environment's proxy is not for it.
    pub(crate) fn is_loopback(&self) -> bool {
        is_loopback(&self.base_url)
    }
}

/// The names of all settings; `rate_limit` is how requests are paced.
#[cfg(feature = "bindings")]
pub(crate) fn setting_names() -> Vec<&'static str> {
    // A further setting doesn't compile until it is named here.
    let ClientBuilder {
        api_key: _,
        base_url: _,
        connect_timeout: _,
        read_timeout: _,
        timeout: _,
        proxy: _,
        ca_files: _,
        ca_pems: _,
        org_id: _,
        target_org_id: _,
        user_agent_suffix: _,
        allow_http: _,
        http2: _,
        pacing: _,
        store: _,
        headers: _,
        without_credentials: _,
    } = ClientBuilder::default();
    vec![
        "api_key",
        "base_url",
        "connect_timeout",
        "read_timeout",
        "timeout",
        "proxy",
        "ca_file",
        "ca_pem",
        "org_id",
        "target_org_id",
        "user_agent_suffix",
        "allow_http",
        "http2",
        "rate_limit",
        "rate_limit_store",
        "headers",
        "credentials",
    ]
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Key and proxy may hold secrets; the base URL is shown only once it was checked.
        f.debug_struct("ClientBuilder")
            .field("api_key", &self.api_key.as_ref().map(|_| "***"))
            .field("connect_timeout", &self.connect_timeout)
            .field("read_timeout", &self.read_timeout)
            .field("timeout", &self.timeout)
            .field("allow_http", &self.allow_http)
            .field("http2", &self.http2)
            .field("pacing", &self.pacing)
            .finish_non_exhaustive()
    }
}

fn store_of_environment() -> Option<RateLimitStore> {
    let text = env::var(STORE_VARIABLE).ok()?;
    (!text.trim().is_empty()).then(|| RateLimitStore::from(text))
}

/// A key, where it was found, and the address that goes with it.
struct Found {
    key: Zeroizing<String>,
    source: KeySource,
    base_url: Option<String>,
}

/// The first key that there is. The file's address goes with the file's key alone: another one may be of
/// another service.
fn find_key(given: Option<Zeroizing<String>>, may_read_file: bool) -> Result<Found> {
    let found = |key, source| Found {
        key,
        source,
        base_url: None,
    };
    if let Some(key) = given {
        return Ok(found(key, KeySource::Given));
    }
    if let Some((name, key)) = from_environment(KEY_VARIABLES) {
        return Ok(found(Zeroizing::new(key), KeySource::Environment(name)));
    }
    let file = if may_read_file {
        credentials::read()?
    } else {
        None
    };
    Ok(file.map_or_else(
        || found(Zeroizing::default(), KeySource::Given),
        |file| Found {
            key: file.api_key,
            source: KeySource::File,
            base_url: file.api_url.filter(|url| !url.trim().is_empty()),
        },
    ))
}

/// The first of these variables that says something.
fn from_environment(names: [&'static str; 2]) -> Option<(&'static str, String)> {
    names
        .into_iter()
        .filter_map(|name| Some((name, env::var(name).ok()?)))
        .find(|(_, value)| !value.trim().is_empty())
}

fn check_base_url(text: &str, allow_http: bool) -> Result<Url> {
    let trimmed = text.trim();
    // The text may hold a password, so it is not repeated in the message before it was checked.
    let url = Url::parse(trimmed).map_err(|error| {
        Error::config(format!(
            "the base URL is not a URL ({error}): it looks like {DEFAULT_BASE_URL}"
        ))
    })?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err(Error::config(format!(
            "the base URL has the scheme '{}': use https",
            url.scheme()
        )));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::config(
            "the base URL holds a user or password: take them out and pass the key as api_key",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Error::config(
            "the base URL has a query or a fragment: leave out all from '?' or '#' on",
        ));
    }
    if url.scheme() == "http" && !allow_http && !is_loopback(&url) {
        return Err(Error::config(format!(
            "the base URL {url} would send the key in clear text: use https, or set allow_http if you mean it"
        )));
    }
    let path = url.path().trim_end_matches('/');
    let path = path
        .strip_suffix(API_PATH)
        .unwrap_or(path)
        .trim_end_matches('/');
    let full_path = format!("{path}{API_PATH}");
    let mut url = url;
    url.set_path(&full_path);
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        // The transport resolves these names by itself.
        Some(Host::Domain(_)) => local_name(url).is_some(),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The host, where it is a name that always means this machine (RFC 6761).
fn local_name(url: &Url) -> Option<String> {
    match url.host() {
        Some(Host::Domain(name)) if name == "localhost" || name.ends_with(".localhost") => {
            Some(name.to_owned())
        }
        _ => None,
    }
}

fn check_proxy(text: &str) -> Result<Url> {
    let url = Url::parse(text.trim()).map_err(|_| refused_proxy())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refused_proxy());
    }
    Ok(url)
}

/// The parser's own message may repeat the address and a password in it.
fn refused_proxy() -> Error {
    Error::config("the proxy is not an http:// or https:// address: it looks like http://host:3128")
}

/// To a proxy, a request for plain HTTP goes with its headers in clear text.
fn check_proxy_is_near(proxy: &Url, base_url: &Url) -> Result<()> {
    if base_url.scheme() != "http" || is_loopback(proxy) {
        return Ok(());
    }
    Err(Error::config(format!(
        "the proxy is on another machine and would get the key in clear text, while {base_url} is on this \
         one: leave the proxy out, or set allow_http if you mean it"
    )))
}

fn make_proxy(url: Url) -> Result<reqwest::Proxy> {
    reqwest::Proxy::all(url).map_err(|_| refused_proxy())
}

fn duration(name: &str, value: Option<Duration>, default: Duration) -> Result<Duration> {
    match value {
        Some(zero) if zero.is_zero() => Err(Error::config(format!(
            "{name} is zero: it must be longer than that, in seconds (default {} s)",
            default.as_secs()
        ))),
        Some(value) => Ok(value),
        None => Ok(default),
    }
}

fn check_pacing(pacing: Pacing) -> Result<Pacing> {
    match pacing {
        Pacing::AtMost(RateLimit { per_second: 0, .. } | RateLimit { per_minute: 0, .. }) => {
            Err(Error::config(
                "rate_limit allows no request at all: use at least 1 per second and 1 per minute",
            ))
        }
        pacing => Ok(pacing),
    }
}

fn header(name: &str, value: Option<String>) -> Result<Option<HeaderValue>> {
    value
        .map(|value| {
            let value = value.trim();
            if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(Error::config(format!(
                    "{name} is empty or has a blank, a line break or a character outside ASCII"
                )));
            }
            HeaderValue::from_str(value)
                .map_err(|_| Error::config(format!("{name} can't be sent as a header")))
        })
        .transpose()
}

fn user_agent(suffix: Option<String>) -> Result<HeaderValue> {
    let ours = concat!("graph8-crm/", env!("CARGO_PKG_VERSION"));
    let text = match suffix.as_deref().map(str::trim) {
        None | Some("") => ours.to_owned(),
        Some(suffix) => format!("{ours} {suffix}"),
    };
    if !text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Err(Error::config(
            "user_agent_suffix has a line break or a character outside ASCII",
        ));
    }
    HeaderValue::from_str(&text)
        .map_err(|_| Error::config("user_agent_suffix can't be sent as a header"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Client;

    #[test]
    fn base_url_ends_in_the_api_path_however_it_is_given() {
        for given in [
            "https://be.graph8.com",
            "https://be.graph8.com/",
            "https://be.graph8.com/api/v1",
            " https://be.graph8.com/api/v1// ",
        ] {
            let url = check_base_url(given, false).unwrap();
            assert_eq!(url.as_str(), DEFAULT_BASE_URL, "{given}");
        }
        let below = check_base_url("https://gateway.example/graph8/api/v1/", false).unwrap();
        assert_eq!(below.as_str(), "https://gateway.example/graph8/api/v1");
    }

    #[test]
    fn plain_http_is_for_loopback_only() {
        assert!(check_base_url("http://127.0.0.1:8000", false).is_ok());
        assert!(check_base_url("http://localhost:8000", false).is_ok());
        assert!(check_base_url("http://[::1]:8000", false).is_ok());
        assert!(check_base_url("http://example.com", true).is_ok());
        let error = check_base_url("http://example.com", false).unwrap_err();
        assert!(error.message().contains("clear text"), "{error}");
    }

    #[test]
    fn a_base_url_with_user_info_is_refused_without_repeating_it() {
        let error = check_base_url("https://me:hunter2@example.com", false).unwrap_err();
        assert!(!error.message().contains("hunter2"), "{error}");
    }

    #[test]
    fn debug_shows_no_secret() {
        let builder = Client::builder()
            .api_key("g8_live_canary")
            .proxy("http://user:canary@proxy.example:3128");
        assert!(!format!("{builder:?}").contains("canary"));
        assert!(!format!("{:?}", builder.build().unwrap()).contains("canary"));
    }

    #[test]
    fn plain_http_on_this_machine_goes_through_no_proxy_elsewhere() {
        let build = |base_url: &str, proxy: &str| {
            let builder = Client::builder().api_key("g8_live_1");
            builder.base_url(base_url).proxy(proxy)
        };
        let here = [
            "http://127.0.0.1:1",
            "http://localhost",
            "http://a.localhost",
            "http://[::1]:1",
        ];
        let elsewhere = [
            "http://user:canary@proxy.example:3128",
            "https://proxy.example",
            "http://10.0.0.1:3128",
            "http://0.0.0.0:3128",
            "http://[::ffff:127.0.0.1]:3128",
            "http://localhost.example",
            "http://notlocalhost",
        ];
        for base_url in here {
            for proxy in elsewhere {
                let error = build(base_url, proxy).build().unwrap_err();
                assert!(error.message().contains("clear text"), "{proxy}: {error}");
                assert!(!error.message().contains("canary"), "{error}");
                assert!(build(base_url, proxy).allow_http(true).build().is_ok());
                assert!(build("https://be.graph8.com", proxy).build().is_ok());
            }
            for proxy in here {
                assert!(build(base_url, proxy).build().is_ok(), "{proxy}");
            }
        }
    }

    #[test]
    fn a_proxy_without_scheme_is_refused_without_its_password() {
        let error = check_proxy("user:canary@proxy:3128").unwrap_err();
        assert!(!error.message().contains("canary"), "{error}");
    }
}
