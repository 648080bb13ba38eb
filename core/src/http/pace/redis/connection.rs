//! A connection to a Redis, and what is wrong where there is none.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::{AsyncStream, MultiplexedConnection};
use redis::{AsyncConnectionConfig, Cmd, ErrorKind, RedisConnectionInfo, RedisError, Value};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;

use super::address::Address;

/// For name server, TCP, TLS and password together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// For TLS alone: a server that does not speak it waits for more.
const TLS_TIMEOUT: Duration = Duration::from_secs(3);
/// Of what a store wrote no more is repeated.
const LONGEST_DETAIL: usize = 200;

/// Why a store can't be used now, as the end of a sentence that begins with its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unavailable(pub(super) String);

impl Unavailable {
    fn new(why: &str) -> Self {
        Self(why.to_owned())
    }

    pub(super) fn silent() -> Self {
        Self::new("does not answer in time")
    }
}

impl Unavailable {
    pub(super) fn new_of(error: &RedisError, address: &Address) -> Self {
        // Older versions wrap the cause in the script's own error.
        let detail = error.detail().unwrap_or_default();
        let is = |code: &str| error.code() == Some(code) || detail.contains(code);
        let its_words = || its_words(error, address);
        Self::new(
            if error.kind() == ErrorKind::AuthenticationFailed || is("WRONGPASS") {
                "refuses the user name or password"
            } else if is("NOAUTH") || is("unauthenticated") {
                "asks for a password: put it into the address, as redis://:password@host"
            } else if is("NOPERM") {
                return Self(format!(
                    "does not let this user do what it must: its access list needs +select, +evalsha, +script|load, \
                     ~graph8-crm:* and what the script does there, see docs/processes.md ({})",
                    its_words()
                ));
            } else if is("OOM") {
                "has no memory left"
            } else if is("READONLY") {
                "is a replica that takes no writes"
            } else if is("MISCONF") {
                "takes no writes, since it can't save to its disk"
            } else if is("LOADING") {
                "is still loading its data"
            } else if is("MOVED") || is("CROSSSLOT") || is("CLUSTERDOWN") {
                "is a node of a cluster that does not have the limit's keys: name one that does, or a single server"
            } else if is("BUSY") {
                "is busy with another script"
            } else if detail.contains("DB index") || detail.contains("SELECT is not allowed") {
                return Self(format!(
                    "has no database {}: put the number of one that it has at the end of the address, or none ({})",
                    address.database,
                    its_words()
                ));
            } else if error.is_connection_refusal() {
                "can't be reached: the connection was refused"
            } else if error.is_io_error() || error.is_connection_dropped() {
                "closed the connection"
            } else if error.code().is_some() {
                return Self(format!(
                    "answered with an error ({}): it must be Redis 5 or later, or Valkey",
                    its_words()
                ));
            } else {
                "gave an answer that is none of Redis's"
            },
        )
    }
}

/// The error in the store's own words, but for what it may repeat of what it was sent.
fn its_words(error: &RedisError, address: &Address) -> String {
    let code = error.code().unwrap_or_default();
    let detail = error.detail().unwrap_or_default();
    let detail = detail.split(", with args").next().unwrap_or_default();
    let secrets = [
        address.user.as_deref(),
        address.password.as_ref().map(|password| password.as_str()),
    ];
    let words = format!("{code} {detail}");
    let is_secret = |secret: &str| words.contains(secret);
    if secrets.into_iter().flatten().any(is_secret) {
        return "its message repeats the user name or password".to_owned();
    }
    let line = words.split(|c: char| c.is_control()).next();
    line.unwrap_or_default()
        .trim()
        .chars()
        .take(LONGEST_DETAIL)
        .collect()
}

impl From<std::io::Error> for Unavailable {
    fn from(error: std::io::Error) -> Self {
        Self(format!("can't be reached: {error}"))
    }
}

/// A connection over which the script is known.
pub(super) struct Open {
    connection: MultiplexedConnection,
    /// Its name in the store.
    script: String,
}

/// What there is of a connection; another one may be on its way.
#[derive(Default)]
pub(super) enum Wire {
    #[default]
    Closed,
    Opening(JoinHandle<Result<Open, Unavailable>>),
    Open(Open),
}

impl Wire {
    /// The connection, and whether it is a new one. It is put back by who could use it: what was given up within
    /// a call has an answer under way.
    pub(super) async fn open(
        &mut self,
        address: &Address,
        tls: Option<&Arc<ClientConfig>>,
        script: &Arc<str>,
    ) -> Result<(Open, bool), Unavailable> {
        match std::mem::take(self) {
            Self::Open(open) => return Ok((open, false)),
            Self::Opening(opening) if !opening.is_finished() => *self = Self::Opening(opening),
            Self::Opening(opening) => return opened(opening.await).map(|open| (open, true)),
            Self::Closed => {
                let (address, tls) = (address.clone(), tls.cloned());
                let script = Arc::clone(script);
                *self = Self::Opening(tokio::spawn(async move {
                    let opening = open(&address, tls, &script);
                    tokio::time::timeout(CONNECT_TIMEOUT, opening)
                        .await
                        .unwrap_or_else(|_| Err(Unavailable::silent()))
                }));
            }
        }
        let Self::Opening(opening) = self else {
            return Err(Unavailable::silent());
        };
        // Goes on when nobody waits for it any more.
        let result = opened(opening.await);
        *self = Self::Closed;
        result.map(|open| (open, true))
    }
}

fn opened(
    result: Result<Result<Open, Unavailable>, tokio::task::JoinError>,
) -> Result<Open, Unavailable> {
    // Its runtime is gone.
    result.unwrap_or_else(|_| Err(Unavailable::silent()))
}

async fn open(
    address: &Address,
    tls: Option<Arc<ClientConfig>>,
    script: &str,
) -> Result<Open, Unavailable> {
    let stream = TcpStream::connect((address.host.as_str(), address.port)).await?;
    stream.set_nodelay(true)?;
    let Some(tls) = tls else {
        return start(address, Box::pin(stream), script).await;
    };
    let name = ServerName::try_from(address.host.clone())
        .map_err(|_| Unavailable::new("has a host name that no certificate can have"))?;
    let handshake = TlsConnector::from(tls).connect(name, stream);
    let stream = tokio::time::timeout(TLS_TIMEOUT, handshake)
        .await
        .map_err(|_| {
            Unavailable::new(
                "does not answer in TLS: where it has none, write redis:// instead of rediss://",
            )
        })?
        .map_err(|error| Unavailable(format!("does not speak TLS with us: {error}")))?;
    start(address, Box::pin(stream), script).await
}

async fn start(
    address: &Address,
    // One type for both: its code is there once.
    stream: Pin<Box<dyn AsyncStream + Send + Sync>>,
    script: &str,
) -> Result<Open, Unavailable> {
    let mut info = RedisConnectionInfo::default()
        .set_skip_set_lib_name()
        .set_db(address.database.into());
    if let Some(user) = &address.user {
        info = info.set_username(user);
    }
    if let Some(password) = &address.password {
        info = info.set_password(password.as_str());
    }
    // Who asks has a timeout of its own.
    let config = AsyncConnectionConfig::new().set_response_timeout(None);
    let (mut connection, driver) =
        MultiplexedConnection::new_with_config(&info, stream, config)
            .await
            .map_err(|error| {
                let is_closed = error.is_io_error() || error.is_connection_dropped();
                if is_closed && !address.has_tls() {
                    Unavailable::new(
                        "closed the connection: where it speaks TLS, write rediss:// instead of redis://",
                    )
                } else {
                    Unavailable::new_of(&error, address)
                }
            })?;
    tokio::spawn(driver);
    let script = load(&mut connection, script)
        .await
        .map_err(|error| Unavailable::new_of(&error, address))?;
    Ok(Open { connection, script })
}

async fn load(connection: &mut MultiplexedConnection, script: &str) -> Result<String, RedisError> {
    redis::cmd("SCRIPT")
        .arg("LOAD")
        .arg(script)
        .query_async(connection)
        .await
}

impl Open {
    /// Runs the script; `text` is for a store that forgot it.
    pub(super) async fn run(
        &mut self,
        text: &str,
        keys: &[String],
        arguments: &[String],
    ) -> Result<Value, RedisError> {
        let command = self.command(keys, arguments);
        match self.send(&command).await {
            Err(error) if error.code() == Some("NOSCRIPT") => {
                self.script = load(&mut self.connection, text).await?;
                let command = self.command(keys, arguments);
                self.send(&command).await
            }
            result => result,
        }
    }

    async fn send(&mut self, command: &Cmd) -> Result<Value, RedisError> {
        let value = self.connection.send_packed_command(command).await?;
        value.extract_error()
    }

    fn command(&self, keys: &[String], arguments: &[String]) -> Cmd {
        let mut command = redis::cmd("EVALSHA");
        command
            .arg(&self.script)
            .arg(keys.len())
            .arg(keys)
            .arg(arguments);
        command
    }
}
