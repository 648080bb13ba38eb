//! One request over reqwest, tried once: no hidden repeat, no redirect, a bounded answer.

use std::error::Error as StdError;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT, CONNECTION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Response};
use tokio::time::Instant;
use url::Url;

use crate::api_key::{ApiKey, KeySource};
use crate::config::Config;
use crate::error::{Error, ErrorKind, Result};
use crate::http::cause;
use crate::http::limits::LimitHeaders;
use crate::http::pace::{Pacing, SendMark};
use crate::http::request_body::{Progress, TrackedBody};
use crate::http::resolve::SystemResolver;
use crate::http::tls;

/// Largest answer that is read, in bytes after decompression.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;
/// Shorter than what servers commonly keep, so that a dead connection is rarely picked up.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(15);
const REQUEST_ID: &str = "x-request-id";
const MAX_REQUEST_ID_CHARS: usize = 200;
/// Port 0 stands for the URL's.
const THIS_MACHINE: [SocketAddr; 2] = [
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
    SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), 0),
];
/// The code of an error by which the time for a request as a whole ran out.
const TIMEOUT: &str = "TIMEOUT";
/// The code of an error by which the service was silent for too long.
const READ_TIMEOUT: &str = "READ_TIMEOUT";
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The connections of a client and what every request carries.
pub(crate) struct Transport {
    http: reqwest::Client,
    base_url: Url,
    api_key: ApiKey,
    /// Longest silence within a request, and longest time for one as a whole.
    patience: Duration,
    /// Longest time for a request as a whole.
    timeout: Duration,
    /// Whether a connection carries one request after the other.
    keeps_connections: bool,
    #[cfg(test)]
    simulation: Option<std::sync::Arc<dyn Simulation>>,
}

/// A service that tests put in place of the network.
#[cfg(test)]
pub(crate) trait Simulation: Send + Sync {
    fn answer<'a>(
        &'a self,
        request: &'a Request,
        body: Option<TrackedBody>,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<Answer>> + Send + 'a>>;
}

/// What is asked of the service.
pub(crate) struct Request {
    pub(crate) url: Url,
    /// `None` is a GET.
    pub(crate) post: Option<Post>,
}

impl Request {
    pub(crate) fn method(&self) -> &'static str {
        if self.post.is_some() { "POST" } else { "GET" }
    }

    /// Its URL without the query, which may hold an e-mail address.
    pub(crate) fn address(&self) -> Url {
        let mut url = self.url.clone();
        url.set_query(None);
        url
    }

    /// Bytes of its body.
    pub(crate) fn body_len(&self) -> u64 {
        let frames = self.post.iter().flat_map(|post| &post.frames);
        frames.map(|frame| frame.len() as u64).sum()
    }
}

/// The content of a POST.
pub(crate) struct Post {
    pub(crate) frames: Vec<Bytes>,
    /// The same on every try of the same content.
    pub(crate) idempotency_key: HeaderValue,
}

/// What the service answered, whatever the status.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// What the headers tell of the rate limit.
    pub(crate) limits: LimitHeaders,
    pub(crate) body: Vec<u8>,
    pub(crate) request_id: Option<String>,
    /// Where the key came from that the service saw.
    pub(crate) key_source: KeySource,
}

impl Answer {
    pub(crate) fn new(
        status: u16,
        headers: HeaderMap,
        body: Vec<u8>,
        request_id: Option<String>,
    ) -> Self {
        Self {
            status,
            limits: LimitHeaders::read(&headers),
            headers,
            body,
            request_id,
            key_source: KeySource::default(),
        }
    }

    /// The wait that it asks for.
    pub(crate) fn requested_wait(&self) -> Option<Duration> {
        self.limits.requested_wait(self.status)
    }
}

/// One try and how far it went.
pub(crate) struct Attempt {
    pub(crate) outcome: Result<Answer>,
    pub(crate) progress: Progress,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
    /// From when the request could leave to the end of its answer.
    pub(crate) elapsed: Duration,
}

impl Transport {
    pub(crate) fn new(config: Config) -> Result<Self> {
        let is_loopback = config.is_loopback();
        let tls = tls::client_config(&config)?;
        let keeps_connections = keeps_connections(&config);
        let mut headers = default_headers(
            config.api_key.header()?,
            config.org_id,
            config.target_org_id,
        );
        if config.http2 && !keeps_connections {
            // For a server that speaks HTTP/1.1 after all; HTTP/2 has no such header and drops it.
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        let mut builder = reqwest::Client::builder()
            .user_agent(config.user_agent)
            .default_headers(headers)
            .connect_timeout(config.connect_timeout)
            .read_timeout(config.read_timeout)
            .timeout(config.timeout)
            .pool_idle_timeout(POOL_IDLE_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .dns_resolver(SystemResolver)
            .referer(false)
            .tls_backend_preconfigured(tls);
        if !config.http2 {
            builder = builder.http1_only();
            if !keeps_connections {
                builder = builder.pool_max_idle_per_host(0);
            }
        }
        for name in &config.local_names {
            // Plain HTTP is allowed for them, so no name server may send the key elsewhere.
            builder = builder.resolve_to_addrs(name, &THIS_MACHINE);
        }
        if let Some(proxy) = config.proxy {
            builder = builder.proxy(proxy);
        } else if is_loopback {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|error| {
            let error = error.without_url();
            Error::config(format!(
                "the HTTP client can't be set up: {}",
                causes(&error)
            ))
            .with_source(error)
        })?;
        Ok(Self {
            http,
            base_url: config.base_url,
            api_key: config.api_key,
            patience: config.read_timeout.min(config.timeout),
            timeout: config.timeout,
            keeps_connections,
            #[cfg(test)]
            simulation: None,
        })
    }

    #[cfg(test)]
    pub(crate) fn simulate(&mut self, simulation: std::sync::Arc<dyn Simulation>) {
        self.simulation = Some(simulation);
    }

    /// The time after which a silent request is given up.
    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    pub(crate) fn base_url(&self) -> &str {
        self.base_url.as_str()
    }

    /// The first characters of the key, by which its owner knows it.
    pub(crate) fn key_start(&self) -> &str {
        self.api_key.start()
    }

    /// Where the key was found, unless the caller gave it.
    pub(crate) fn key_place(&self) -> Option<&'static str> {
        self.api_key.source().place()
    }

    /// The address of `path`, which is below the base URL and has no leading slash.
    pub(crate) fn url(&self, path: &str) -> Url {
        let mut url = self.base_url.clone();
        url.set_path(&format!("{}/{path}", self.base_url.path()));
        url
    }

    /// Tries `request` once. `live` sees the body's progress while the request is under way, so
    /// that a caller who drops this future still knows whether anything was sent; `mark` hears when
    /// it goes out.
    pub(crate) async fn send(
        &self,
        request: &Request,
        own_headers: Option<&HeaderMap>,
        live: &mut Progress,
        mark: SendMark,
    ) -> Attempt {
        let started = Instant::now();
        let body = request
            .post
            .as_ref()
            .map(|post| TrackedBody::new(post.frames.iter().cloned(), mark));
        let body_len = body.as_ref().map_or(0, TrackedBody::len);
        let progress = body
            .as_ref()
            .map_or_else(Progress::default, TrackedBody::progress);
        *live = progress.clone();

        let mut bytes_received = 0;
        let outcome = self
            .exchange(request, own_headers, body, &mut bytes_received)
            .await;
        let bytes_sent = if progress.may_be_sent() { body_len } else { 0 };
        #[cfg(feature = "tracing")]
        let (status, request_id) = match &outcome {
            Ok(answer) => (Some(answer.status), answer.request_id.as_deref()),
            Err(error) => (error.status(), error.request_id()),
        };
        #[cfg(feature = "tracing")]
        tracing::debug!(
            method = request.method(),
            path = request.url.path(),
            status,
            elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            bytes_sent,
            bytes_received,
            request_id,
            error = outcome.as_ref().err().map(Error::message),
            "request"
        );
        Attempt {
            outcome,
            progress,
            bytes_sent,
            bytes_received,
            elapsed: started.elapsed(),
        }
    }
}

impl Transport {
    async fn exchange(
        &self,
        request: &Request,
        own_headers: Option<&HeaderMap>,
        body: Option<TrackedBody>,
        bytes_received: &mut u64,
    ) -> Result<Answer> {
        #[cfg(test)]
        if let Some(simulation) = &self.simulation {
            return simulation.answer(request, body).await;
        }
        if self.keeps_connections {
            // Nobody may have looked at the sockets since the last call. A task of a tokio runtime goes
            // on after this only when the sockets' events were taken in, and a connection with bytes
            // that nobody asked for, or without a peer, then ends before it carries anything.
            tokio::task::yield_now().await;
        }
        let method = if request.post.is_some() {
            Method::POST
        } else {
            Method::GET
        };
        let started = Instant::now();
        let mut builder = self.http.request(method, request.url.clone());
        if let Some(headers) = own_headers {
            builder = builder.headers(headers.clone());
        }
        if let (Some(post), Some(body)) = (&request.post, body) {
            builder = builder
                .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
                .header(IDEMPOTENCY_KEY, post.idempotency_key.clone())
                .body(reqwest::Body::wrap(body));
        }
        match builder.send().await {
            Ok(response) => {
                self.read(response, started, &request.url, bytes_received)
                    .await
            }
            Err(error) => {
                let is_over = started.elapsed() >= self.timeout;
                Err(unanswered(error, &request.url, is_over))
            }
        }
    }

    async fn read(
        &self,
        mut response: Response,
        started: Instant,
        url: &Url,
        bytes_received: &mut u64,
    ) -> Result<Answer> {
        let status = response.status().as_u16();
        let mut headers = std::mem::take(response.headers_mut());
        self.hide_key_in(&mut headers);
        let request_id = headers
            .get(REQUEST_ID)
            .and_then(|value| value.to_str().ok())
            .map(|id| id.chars().take(MAX_REQUEST_ID_CHARS).collect::<String>());
        let mut body = Vec::new();
        let broken = loop {
            match response.chunk().await {
                Ok(Some(chunk)) => {
                    *bytes_received += chunk.len() as u64;
                    if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                        break Some(Error::new(
                            ErrorKind::InvalidAnswer,
                            format!(
                                "the answer is larger than {} MiB and was refused",
                                MAX_ANSWER_BYTES / 1024 / 1024
                            ),
                        ));
                    }
                    body.extend_from_slice(&chunk);
                }
                Ok(None) => break None,
                Err(error) if error.is_timeout() => {
                    let (code, message) = if started.elapsed() >= self.timeout {
                        let message = "the time-out for the request as a whole ran out in the middle of the \
                                       service's answer";
                        (TIMEOUT, message)
                    } else {
                        let message = "the service stopped in the middle of its answer and the time-out ran out";
                        (READ_TIMEOUT, message)
                    };
                    break Some(
                        Error::new(ErrorKind::Timeout, message)
                            .with_cause(Some(code), url.host_str())
                            .with_source(error.without_url()),
                    );
                }
                Err(error) => {
                    let message = format!(
                        "the answer broke off or can't be decoded: {}",
                        causes(&error)
                    );
                    break Some(
                        Error::new(ErrorKind::InvalidAnswer, message)
                            .with_cause(None, url.host_str())
                            .with_source(error.without_url()),
                    );
                }
            }
        };
        if let Some(error) = broken {
            return Err(error.with_status(status).with_request_id(request_id));
        }
        if let Some(hidden) = self.api_key.hidden_in(&body) {
            body = hidden;
        }
        let mut answer = Answer::new(status, headers, body, request_id);
        answer.key_source = self.api_key.source();
        Ok(answer)
    }

    /// Of the service's headers, some end up in errors.
    fn hide_key_in(&self, headers: &mut HeaderMap) {
        for value in headers.values_mut() {
            if let Some(hidden) = self.api_key.hidden_in(value.as_bytes())
                && let Ok(hidden) = HeaderValue::from_bytes(&hidden)
            {
                *value = hidden;
            }
        }
    }
}

/// Whether a connection of HTTP/1.1 may carry a second request.
///
/// An answer has no name there. One that comes late or twice is taken by the next request on its
/// connection, at a moment when nothing tells it from the true one. On a connection of its own no
/// request can meet it, nor a peer that hangs up just then. At the pace of a rate limit a handshake
/// costs nothing that anybody notices. It would where nothing holds requests back and the service
/// is on this machine: only there connections are kept.
fn keeps_connections(config: &Config) -> bool {
    config.pacing == Pacing::Off
        && config.is_loopback()
        && config.base_url.scheme() == "http"
        && config.proxy.is_none()
}

fn default_headers(
    authorization: HeaderValue,
    org_id: Option<HeaderValue>,
    target_org_id: Option<HeaderValue>,
) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(reqwest::header::AUTHORIZATION, authorization);
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(org_id) = org_id {
        headers.insert("x-org-id", org_id);
    }
    if let Some(target_org_id) = target_org_id {
        headers.insert("x-target-org-id", target_org_id);
    }
    headers
}

/// `is_over` says that the time for the request as a whole is.
fn unanswered(error: reqwest::Error, url: &Url, is_over: bool) -> Error {
    let error = error.without_url();
    let host = url.host_str();
    let to = host.map_or_else(String::new, |host| format!(" to {host}"));
    if error.is_timeout() {
        let (code, message) = if error.is_connect() {
            let message = format!(
                "no connection{to} within the connect time-out: check the address, the network and the proxy"
            );
            ("CONNECT_TIMEOUT", message)
        } else {
            let code = if is_over { TIMEOUT } else { READ_TIMEOUT };
            (code, "no answer within the time-out".to_owned())
        };
        return Error::new(ErrorKind::Timeout, message)
            .with_cause(Some(code), host)
            .with_source(error);
    }
    if tls::refused_certificate(&error) {
        let message = format!(
            "the server's certificate is not to be trusted: {}: check the base URL, this machine's \
             clock and, where a proxy signs anew, its root certificate as ca_file or ca_pem",
            causes(&error)
        );
        return Error::new(ErrorKind::Connection, message)
            .with_cause(Some("CERTIFICATE_REFUSED"), host)
            .with_retryable(false)
            .with_source(error);
    }
    let code = cause::code_of(&error);
    let message = if error.is_connect() {
        format!("no connection{to}: {}{}", causes(&error), hint(&error))
    } else {
        format!("the connection broke before an answer: {}", causes(&error))
    };
    Error::new(ErrorKind::Connection, message)
        .with_cause(code, host)
        .with_source(error)
}

/// What to do about a connection that this process had no handle for.
fn hint(error: &dyn StdError) -> &'static str {
    /// ENFILE and EMFILE.
    const TOO_MANY_FILES: [i32; 2] = [23, 24];
    let mut cause = error.source();
    while let Some(error) = cause {
        let code = error.downcast_ref().and_then(io::Error::raw_os_error);
        if cfg!(unix) && code.is_some_and(|code| TOO_MANY_FILES.contains(&code)) {
            return ": raise the limit of open files (ulimit -n), or send fewer requests at a time";
        }
        cause = error.source();
    }
    ""
}

/// An error's causes, outermost first, each said once.
fn causes(error: &dyn StdError) -> String {
    let mut message: Vec<String> = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !message.iter().any(|said| said.contains(&text)) {
            message.push(text);
        }
        cause = error.source();
    }
    if message.is_empty() {
        message.push(error.to_string());
    }
    message.join(": ")
}
