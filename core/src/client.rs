//! The client: a cheap handle on connections and on the budget for repeats.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use url::Url;

use crate::config::ClientBuilder;
use crate::error::Result;
#[cfg(feature = "bindings")]
use crate::events::EventRing;
use crate::http::answer::Operation;
use crate::http::call::{Caller, Policy};
use crate::http::transport::{Answer, Request};
use crate::lookup::Connections;
use crate::names::{EntityType, Provider, PushKind};
use crate::push::{Check, CheckOptions, Flow, Push, PushOptions, Target, Targets};
use crate::reads::Field;
use crate::records::Records;
use crate::report::{CheckReport, PushReport};

/// Records of an iterator that are encoded before the push waits for the service.
const CHUNK: usize = 1_000;

/// Talks to graph8. Clones share connections, the rate limit and the budget for repeats.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    caller: Arc<Caller>,
    connections: Arc<Connections>,
    targets: Arc<Targets>,
}

impl Client {
    /// Starts with every default; see [`ClientBuilder`].
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// A client whose requests end in `simulation` instead of the network.
    #[cfg(test)]
    pub(crate) fn simulated(
        builder: ClientBuilder,
        simulation: Arc<dyn crate::http::transport::Simulation>,
    ) -> Self {
        let mut client = builder.build().unwrap();
        let inner = Arc::get_mut(&mut client.inner).unwrap();
        Arc::get_mut(&mut inner.caller)
            .unwrap()
            .simulate(simulation);
        client
    }

    /// The same client, whose calls and pushes are told to `ring`.
    #[cfg(feature = "bindings")]
    pub(crate) fn told_to(&self, ring: Arc<EventRing>) -> Self {
        self.through(self.inner.caller.told_to(ring))
    }

    /// The same client, whose calls and pushes carry these headers too: `traceparent`, for example.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) for a header that this client itself sends, or one that can't be sent.
    pub fn with_headers<N: AsRef<str>, V: AsRef<str>>(
        &self,
        headers: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self> {
        Ok(self.through(self.inner.caller.with_headers(headers)?))
    }

    /// The same client with another caller.
    pub(crate) fn through(&self, caller: Caller) -> Self {
        let inner = Inner {
            caller: Arc::new(caller),
            connections: Arc::clone(&self.inner.connections),
            targets: Arc::clone(&self.inner.targets),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The service's address, `/api/v1` included.
    pub fn base_url(&self) -> &str {
        self.inner.caller.base_url()
    }

    /// The first characters of the API key, by which its owner knows it: eleven at most, and no more than a
    /// third of the key.
    pub fn key_start(&self) -> &str {
        self.inner.caller.key_start()
    }

    /// Where the API key was found: the name of a variable of the environment, or `~/.g8/credentials.json`;
    /// `None` where it was [given](ClientBuilder::api_key).
    pub fn key_place(&self) -> Option<&str> {
        self.inner.caller.key_place()
    }

    /// The address of `path`, which is below the base URL and has no leading slash.
    pub(crate) fn url(&self, path: &str) -> Url {
        self.inner.caller.url(path)
    }

    /// Creates contacts in a CRM. Records are anything that serializes to an object of the CRM's
    /// own field names.
    ///
    /// # Errors
    ///
    /// Only when the push ended early; the error then carries the [report](crate::Error::report).
    pub async fn push_contacts<R: Serialize>(
        &self,
        provider: Provider,
        records: impl IntoIterator<Item = R>,
        options: PushOptions,
    ) -> Result<PushReport> {
        self.push_all(provider, PushKind::Contacts, records, options)
            .await
    }

    /// Creates companies in a CRM; otherwise as [`push_contacts`](Self::push_contacts).
    pub async fn push_companies<R: Serialize>(
        &self,
        provider: Provider,
        records: impl IntoIterator<Item = R>,
        options: PushOptions,
    ) -> Result<PushReport> {
        self.push_all(provider, PushKind::Companies, records, options)
            .await
    }

    /// Applies changes of list memberships, usually [`ListChange`](crate::ListChange)s; otherwise
    /// as [`push_contacts`](Self::push_contacts).
    pub async fn push_lists<R: Serialize>(
        &self,
        provider: Provider,
        changes: impl IntoIterator<Item = R>,
        options: PushOptions,
    ) -> Result<PushReport> {
        self.push_all(provider, PushKind::Lists, changes, options)
            .await
    }

    /// Starts a push whose records are fed in chunks.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) for an option out of range.
    pub fn start_push(
        &self,
        provider: Provider,
        kind: PushKind,
        options: PushOptions,
    ) -> Result<Push> {
        let (caller, target) = self.target(provider, kind);
        Push::start(caller, target, options)
    }

    /// Says what contacts or companies would meet if they were pushed: nothing is sent but one request for the
    /// CRM's fields, unless the options have them or this client has asked in the last five minutes.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) for changes of lists, or a wrong option; what the request for the
    /// fields met.
    pub async fn check<R: Serialize>(
        &self,
        provider: Provider,
        kind: PushKind,
        records: impl IntoIterator<Item = R>,
        options: CheckOptions,
    ) -> Result<CheckReport> {
        let check = self.start_check(provider, kind, options)?;
        let mut records = records.into_iter();
        loop {
            let chunk: Records = records.by_ref().take(CHUNK).collect();
            if chunk.is_empty() || check.feed(chunk).await == Flow::Ended {
                return check.finish().await;
            }
        }
    }

    /// Starts a check whose records are fed in chunks.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) for changes of lists, or a wrong option.
    pub fn start_check(
        &self,
        provider: Provider,
        kind: PushKind,
        options: CheckOptions,
    ) -> Result<Check> {
        let (caller, target) = self.target(provider, kind);
        Check::start(caller, target, options)
    }

    /// Checks and repairs go by these fields for the next five minutes.
    pub(crate) fn remember_fields(
        &self,
        provider: Provider,
        entity_type: EntityType,
        fields: &[Field],
    ) {
        let kind = match entity_type {
            EntityType::Contacts => PushKind::Contacts,
            EntityType::Companies => PushKind::Companies,
            EntityType::Leads | EntityType::Deals => return,
        };
        self.target(provider, kind).1.remember(fields);
    }

    fn target(&self, provider: Provider, kind: PushKind) -> (Arc<Caller>, Arc<Target>) {
        let Inner {
            caller,
            connections,
            targets,
        } = &*self.inner;
        let target = targets.get(provider, kind, connections, |path| caller.url(path));
        (Arc::clone(caller), target)
    }

    async fn push_all<R: Serialize>(
        &self,
        provider: Provider,
        kind: PushKind,
        records: impl IntoIterator<Item = R>,
        options: PushOptions,
    ) -> Result<PushReport> {
        let push = self.start_push(provider, kind, options)?;
        let mut records = records.into_iter();
        loop {
            let chunk: Records = records.by_ref().take(CHUNK).collect();
            if chunk.is_empty() {
                return push.finish().await;
            }
            if push.feed(chunk).await == Flow::Ended {
                match records.size_hint() {
                    (left, Some(most)) if left == most => push.not_sent(left),
                    // To count them could take for ever.
                    _ => push.leave_source(),
                }
                return push.finish().await;
            }
        }
    }

    /// What this client's calls go through.
    pub(crate) fn caller(&self) -> &Caller {
        &self.inner.caller
    }

    /// By which ids graph8 knows the organisation's CRMs.
    pub(crate) fn connections(&self) -> &Connections {
        &self.inner.connections
    }

    /// Makes a call that reads, repeated as often as may help.
    pub(crate) async fn read<T>(
        &self,
        call: &str,
        operation: Operation,
        request: &Request,
        read: impl Fn(&Answer) -> Result<T>,
    ) -> Result<T> {
        let policy = Policy {
            operation,
            ..self.caller().policy()
        };
        self.caller().read(call, request, policy, read).await
    }
}

impl ClientBuilder {
    /// Checks the settings and makes the client; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config), whose message names the setting that is wrong.
    pub fn build(self) -> Result<Client> {
        let inner = Inner {
            caller: Arc::new(Caller::new(self.check()?)?),
            connections: Arc::default(),
            targets: Arc::default(),
        };
        Ok(Client {
            inner: Arc::new(inner),
        })
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.base_url())
            .finish_non_exhaustive()
    }
}
