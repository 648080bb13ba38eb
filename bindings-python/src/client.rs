//! The client: settings in, one core client per process.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use graph8_crm::border::{self, EventRing, Read, Settings, Topics};
use graph8_crm::{Client, ClientBuilder, RateLimit, RateLimitStore};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::encode::SpareEncoder;
use crate::events;
use crate::push::{NativePush, Purpose};
use crate::reply::{NativeReply, guarded, raised};
use crate::rows::NativeRows;
use crate::runtime::{self, NativeCall, OfEpoch};
use crate::source::SourceInput;

/// The topics of events that a call tells of, and the headers that it carries beside the client's.
pub(crate) type How = (u8, Vec<(String, String)>);

/// Settings, and the core client that this process made of them.
#[pyclass(frozen)]
pub(crate) struct NativeClient {
    state: Mutex<State>,
    /// For the pushes whose records keep their shape: these mostly have the same field names.
    encoder: SpareEncoder,
}

enum State {
    Open {
        builder: Box<ClientBuilder>,
        client: OfEpoch<Client>,
    },
    Closed,
}

#[pymethods]
impl NativeClient {
    /// Checks the settings; gives a client, or a reply that says what is wrong with them.
    #[staticmethod]
    #[expect(
        clippy::too_many_arguments,
        reason = "the same names on both sides of the border"
    )]
    #[pyo3(signature = (*, api_key, base_url, connect_timeout, read_timeout, timeout, proxy, ca_file, ca_pem, org_id, target_org_id, user_agent_suffix, allow_http, http2, rate_limit, rate_limit_store, headers, credentials) -> "NativeClient | NativeReply")]
    fn build(
        py: Python<'_>,
        api_key: Option<String>,
        base_url: Option<String>,
        connect_timeout: Option<f64>,
        read_timeout: Option<f64>,
        timeout: Option<f64>,
        proxy: Option<String>,
        ca_file: Option<String>,
        ca_pem: Option<String>,
        org_id: Option<String>,
        target_org_id: Option<String>,
        user_agent_suffix: Option<String>,
        allow_http: Option<bool>,
        http2: Option<bool>,
        rate_limit: Option<RawRateLimit>,
        rate_limit_store: Option<RawRateLimitStore>,
        headers: Option<Vec<(String, String)>>,
        credentials: Option<bool>,
    ) -> PyResult<Py<PyAny>> {
        let mut settings = Settings::new();
        let timeouts = [
            ("connect_timeout", connect_timeout),
            ("read_timeout", read_timeout),
            ("timeout", timeout),
        ];
        if let Err(error) = settings.set_timeouts(("seconds", 1.0), timeouts) {
            return Ok(Py::new(py, NativeReply::from(error))?.into_any());
        }
        settings.set(api_key, ClientBuilder::api_key);
        settings.set(base_url, ClientBuilder::base_url);
        settings.set(proxy, ClientBuilder::proxy);
        settings.set(ca_file.map(PathBuf::from), ClientBuilder::ca_file);
        settings.set(ca_pem, ClientBuilder::ca_pem);
        settings.set(org_id, ClientBuilder::org_id);
        settings.set(target_org_id, ClientBuilder::target_org_id);
        settings.set(user_agent_suffix, ClientBuilder::user_agent_suffix);
        settings.set(allow_http, ClientBuilder::allow_http);
        settings.set(http2, ClientBuilder::http2);
        settings.set(rate_limit, |builder, limit| match limit {
            RawRateLimit::Switch(true) => builder,
            RawRateLimit::Switch(false) => builder.unpaced(),
            RawRateLimit::AtMost(per_second, per_minute) => builder.rate_limit(RateLimit {
                per_second,
                per_minute,
            }),
        });
        settings.set(rate_limit_store, |builder, store| {
            builder.rate_limit_store(match store {
                RawRateLimitStore::Switch(true) => RateLimitStore::Host,
                RawRateLimitStore::Switch(false) => RateLimitStore::Alone,
                RawRateLimitStore::At(place) => place.into(),
            })
        });
        settings.set(headers, border::with_headers);
        settings.set(credentials, ClientBuilder::credentials);
        let builder = settings.into_builder();
        // Released: it reads files and certificates.
        match guarded(py, || Ok(py.detach(|| builder.clone().build())))? {
            Ok(client) => {
                let state = Mutex::new(State::Open {
                    builder: Box::new(builder),
                    client: OfEpoch::new(client),
                });
                let encoder = SpareEncoder::default();
                Ok(Py::new(py, Self { state, encoder })?.into_any())
            }
            Err(error) => Ok(Py::new(py, NativeReply::from(error))?.into_any()),
        }
    }

    /// The service's address, `/api/v1` included.
    #[getter]
    fn base_url(&self, py: Python<'_>) -> PyResult<String> {
        self.client(py).map(|client| client.base_url().to_owned())
    }

    /// The first characters of the API key: eleven at most.
    #[getter]
    fn key_start(&self, py: Python<'_>) -> PyResult<String> {
        self.client(py).map(|client| client.key_start().to_owned())
    }

    /// Where the key was found, unless it was given.
    #[getter]
    fn key_place(&self, py: Python<'_>) -> PyResult<Option<String>> {
        let client = self.client(py)?;
        Ok(client.key_place().map(str::to_owned))
    }

    /// Lets go of the connections; the client can't be used any more.
    fn close(&self, py: Python<'_>) {
        // Released: closing sockets is a matter of the operating system.
        py.detach(|| *self.lock() = State::Closed);
    }

    #[pyo3(signature = (how: "tuple[int, list[tuple[str, str]]]"))]
    fn list_syncs(&self, py: Python<'_>, how: How) -> PyResult<NativeReply> {
        self.read(py, Read::ListSyncs, how)
    }

    #[pyo3(signature = (how: "tuple[int, list[tuple[str, str]]]", done: "typing.Callable[[NativeReply | BaseException], object]"))]
    fn list_syncs_async(&self, py: Python<'_>, how: How, done: Py<PyAny>) -> PyResult<NativeCall> {
        self.read_async(py, Read::ListSyncs, how, done)
    }

    #[pyo3(signature = (provider, entity_type, how: "tuple[int, list[tuple[str, str]]]"))]
    fn fields(
        &self,
        py: Python<'_>,
        provider: String,
        entity_type: String,
        how: How,
    ) -> PyResult<NativeReply> {
        let read = Read::Fields {
            provider,
            entity_type,
        };
        self.read(py, read, how)
    }

    #[pyo3(signature = (provider, entity_type, how: "tuple[int, list[tuple[str, str]]]", done: "typing.Callable[[NativeReply | BaseException], object]"))]
    fn fields_async(
        &self,
        py: Python<'_>,
        provider: String,
        entity_type: String,
        how: How,
        done: Py<PyAny>,
    ) -> PyResult<NativeCall> {
        let read = Read::Fields {
            provider,
            entity_type,
        };
        self.read_async(py, read, how, done)
    }

    #[pyo3(signature = (provider, emails, how: "tuple[int, list[tuple[str, str]]]"))]
    fn find_contacts(
        &self,
        py: Python<'_>,
        provider: String,
        emails: Vec<String>,
        how: How,
    ) -> PyResult<NativeReply> {
        self.read(py, Read::FindContacts { provider, emails }, how)
    }

    #[pyo3(signature = (provider, emails, how: "tuple[int, list[tuple[str, str]]]", done: "typing.Callable[[NativeReply | BaseException], object]"))]
    fn find_contacts_async(
        &self,
        py: Python<'_>,
        provider: String,
        emails: Vec<String>,
        how: How,
        done: Py<PyAny>,
    ) -> PyResult<NativeCall> {
        self.read_async(py, Read::FindContacts { provider, emails }, how, done)
    }

    #[pyo3(signature = (provider, how: "tuple[int, list[tuple[str, str]]]"))]
    fn status(&self, py: Python<'_>, provider: String, how: How) -> PyResult<NativeReply> {
        self.read(py, Read::Status { provider }, how)
    }

    #[pyo3(signature = (provider, how: "tuple[int, list[tuple[str, str]]]", done: "typing.Callable[[NativeReply | BaseException], object]"))]
    fn status_async(
        &self,
        py: Python<'_>,
        provider: String,
        how: How,
        done: Py<PyAny>,
    ) -> PyResult<NativeCall> {
        self.read_async(py, Read::Status { provider }, how, done)
    }

    /// graph8's own rows of a kind; or a reply that says which argument is wrong. `query` has the names and
    /// values of the core's query.
    #[pyo3(signature = (kind, query: "dict[str, typing.Any]", headers: "list[tuple[str, str]]") -> "NativeRows | NativeReply")]
    fn graph8_rows(
        slf: &Bound<'_, Self>,
        kind: String,
        query: &Bound<'_, PyDict>,
        headers: Vec<(String, String)>,
    ) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        match guarded(py, || NativeRows::new(slf, kind, query, headers))? {
            Ok(rows) => Ok(Py::new(py, rows)?.into_any()),
            Err(reply) => Ok(Py::new(py, reply)?.into_any()),
        }
    }

    /// Starts a push to be fed; or a reply that says which argument is wrong. `options` has the names
    /// and values of the core's options.
    ///
    /// `source` is an Arrow capsule, a pair of them or a path, read in Rust, or the columns' names of rows
    /// that will be fed; `total` is how many records it holds, if that is known.
    #[pyo3(signature = (provider, kind, options: "dict[str, typing.Any]", how: "tuple[int, list[tuple[str, str]]]", source: "typing.Any"=None, total=0) -> "NativePush | NativeReply")]
    #[expect(
        clippy::too_many_arguments,
        reason = "positions of one call from Python, which are quicker than names"
    )]
    fn start_push(
        &self,
        py: Python<'_>,
        provider: &str,
        kind: &str,
        options: &Bound<'_, PyDict>,
        how: How,
        source: Option<SourceInput<'_>>,
        total: usize,
    ) -> PyResult<Py<PyAny>> {
        let asked = (Purpose::Push, provider, kind);
        self.start(py, asked, options, (source, total), how)
    }

    /// Starts a check, as `start_push` a push; it ends with a result, JSON text of what was found.
    #[pyo3(signature = (provider, kind, options: "dict[str, typing.Any]", how: "tuple[int, list[tuple[str, str]]]", source: "typing.Any"=None, total=0) -> "NativePush | NativeReply")]
    #[expect(
        clippy::too_many_arguments,
        reason = "positions of one call from Python, which are quicker than names"
    )]
    fn start_check(
        &self,
        py: Python<'_>,
        provider: &str,
        kind: &str,
        options: &Bound<'_, PyDict>,
        how: How,
        source: Option<SourceInput<'_>>,
        total: usize,
    ) -> PyResult<Py<PyAny>> {
        let asked = (Purpose::Check, provider, kind);
        self.start(py, asked, options, (source, total), how)
    }
}

impl NativeClient {
    /// The core client as one call uses it, whose events of these topics go to the ring.
    pub(crate) fn listened(
        &self,
        py: Python<'_>,
        how: How,
    ) -> PyResult<(Client, Option<Arc<EventRing>>)> {
        let client = self.client(py)?;
        let (topics, headers) = how;
        border::for_one_call(&client, Topics::from_bits(topics), &headers)
            .map_err(|error| raised(py, &error))
    }

    fn read(&self, py: Python<'_>, read: Read, how: How) -> PyResult<NativeReply> {
        let (client, ring) = self.listened(py, how)?;
        let tell = |py: Python<'_>| events::tell(py, ring.as_deref());
        let call = reply(read, client, ring.clone());
        runtime::wait_and_tell(py, call, || false, tell)
    }

    fn read_async(
        &self,
        py: Python<'_>,
        read: Read,
        how: How,
        done: Py<PyAny>,
    ) -> PyResult<NativeCall> {
        let (client, ring) = self.listened(py, how)?;
        runtime::start(py, reply(read, client, ring), done)
    }

    fn start(
        &self,
        py: Python<'_>,
        asked: (Purpose, &str, &str),
        options: &Bound<'_, PyDict>,
        source: (Option<SourceInput<'_>>, usize),
        how: How,
    ) -> PyResult<Py<PyAny>> {
        let client = self.listened(py, how)?;
        let start = || NativePush::start(client, &self.encoder, asked, options, source);
        match guarded(py, start)? {
            Ok(push) => Ok(Py::new(py, push)?.into_any()),
            Err(reply) => Ok(Py::new(py, reply)?.into_any()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The core client of this process; a forked child makes its own of the same settings.
    pub(crate) fn client(&self, py: Python<'_>) -> PyResult<Client> {
        if let Ok(state) = self.state.try_lock()
            && let State::Open { client, .. } = &*state
            && let Some(client) = client.get()
        {
            return Ok(client.clone());
        }
        // Released: another thread may hold the lock while it builds or closes.
        let client = py.detach(|| match &mut *self.lock() {
            State::Closed => None,
            State::Open { builder, client } => {
                if client.get().is_none() {
                    match builder.as_ref().clone().build() {
                        Ok(built) => *client = OfEpoch::new(built),
                        Err(error) => return Some(Err(error)),
                    }
                }
                client.get().cloned().map(Ok)
            }
        });
        match client {
            Some(Ok(client)) => Ok(client),
            Some(Err(error)) => Err(PyRuntimeError::new_err(format!(
                "the client can't be set up anew in this process: {error}"
            ))),
            None => Err(PyRuntimeError::new_err(
                "the client is closed: make a new one, or call before close()",
            )),
        }
    }
}

/// On or off, or requests per second and per minute.
#[derive(FromPyObject)]
enum RawRateLimit {
    AtMost(u32, u32),
    Switch(bool),
}

/// This host or this process, or a place.
#[derive(FromPyObject)]
enum RawRateLimitStore {
    Switch(bool),
    At(String),
}

/// The end of a read, with the events that nobody has heard of yet.
async fn reply(read: Read, client: Client, ring: Option<Arc<EventRing>>) -> NativeReply {
    let reply: NativeReply = read.run(client).await.into();
    reply.with_events(ring.as_deref())
}
