//! The client: settings in, one core client per process.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use graph8_crm::border::{Read, Settings};
use graph8_crm::{Client, ClientBuilder, RateLimit};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::encode::SpareEncoder;
use crate::push::{NativePush, Purpose};
use crate::reply::{NativeReply, guarded};
use crate::rows::NativeRows;
use crate::runtime::{self, NativeCall, OfEpoch};
use crate::source::SourceInput;

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
    #[pyo3(signature = (*, api_key, base_url, connect_timeout, read_timeout, timeout, proxy, ca_file, ca_pem, org_id, target_org_id, user_agent_suffix, allow_http, http2, rate_limit) -> "NativeClient | NativeReply")]
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

    /// Lets go of the connections; the client can't be used any more.
    fn close(&self, py: Python<'_>) {
        // Released: closing sockets is a matter of the operating system.
        py.detach(|| *self.lock() = State::Closed);
    }

    fn list_syncs(&self, py: Python<'_>) -> PyResult<NativeReply> {
        runtime::wait(py, reply(Read::ListSyncs, self.client(py)?), || false)
    }

    #[pyo3(signature = (done: "typing.Callable[[NativeReply | BaseException], object]"))]
    fn list_syncs_async(&self, py: Python<'_>, done: Py<PyAny>) -> PyResult<NativeCall> {
        runtime::start(py, reply(Read::ListSyncs, self.client(py)?), done)
    }

    fn fields(
        &self,
        py: Python<'_>,
        provider: String,
        entity_type: String,
    ) -> PyResult<NativeReply> {
        let read = Read::Fields {
            provider,
            entity_type,
        };
        runtime::wait(py, reply(read, self.client(py)?), || false)
    }

    #[pyo3(signature = (provider, entity_type, done: "typing.Callable[[NativeReply | BaseException], object]"))]
    fn fields_async(
        &self,
        py: Python<'_>,
        provider: String,
        entity_type: String,
        done: Py<PyAny>,
    ) -> PyResult<NativeCall> {
        let read = Read::Fields {
            provider,
            entity_type,
        };
        runtime::start(py, reply(read, self.client(py)?), done)
    }

    fn find_contacts(
        &self,
        py: Python<'_>,
        provider: String,
        emails: Vec<String>,
    ) -> PyResult<NativeReply> {
        let read = Read::FindContacts { provider, emails };
        runtime::wait(py, reply(read, self.client(py)?), || false)
    }

    #[pyo3(signature = (provider, emails, done: "typing.Callable[[NativeReply | BaseException], object]"))]
    fn find_contacts_async(
        &self,
        py: Python<'_>,
        provider: String,
        emails: Vec<String>,
        done: Py<PyAny>,
    ) -> PyResult<NativeCall> {
        let read = Read::FindContacts { provider, emails };
        runtime::start(py, reply(read, self.client(py)?), done)
    }

    fn status(&self, py: Python<'_>, provider: String) -> PyResult<NativeReply> {
        runtime::wait(
            py,
            reply(Read::Status { provider }, self.client(py)?),
            || false,
        )
    }

    #[pyo3(signature = (provider, done: "typing.Callable[[NativeReply | BaseException], object]"))]
    fn status_async(
        &self,
        py: Python<'_>,
        provider: String,
        done: Py<PyAny>,
    ) -> PyResult<NativeCall> {
        runtime::start(py, reply(Read::Status { provider }, self.client(py)?), done)
    }

    /// graph8's own rows of a kind; or a reply that says which argument is wrong. `query` has the names and
    /// values of the core's query.
    #[pyo3(signature = (kind, query: "dict[str, typing.Any]") -> "NativeRows | NativeReply")]
    fn graph8_rows(
        slf: &Bound<'_, Self>,
        kind: String,
        query: &Bound<'_, PyDict>,
    ) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        match guarded(py, || NativeRows::new(slf, kind, query))? {
            Ok(rows) => Ok(Py::new(py, rows)?.into_any()),
            Err(reply) => Ok(Py::new(py, reply)?.into_any()),
        }
    }

    /// Starts a push to be fed; or a reply that says which argument is wrong. `options` has the names
    /// and values of the core's options.
    ///
    /// `source` is an Arrow capsule, a pair of them or a path, read in Rust, or the columns' names of rows
    /// that will be fed; `total` is how many records it holds, if that is known.
    #[pyo3(signature = (provider, kind, options: "dict[str, typing.Any]", source: "typing.Any"=None, total=0) -> "NativePush | NativeReply")]
    fn start_push(
        &self,
        py: Python<'_>,
        provider: &str,
        kind: &str,
        options: &Bound<'_, PyDict>,
        source: Option<SourceInput<'_>>,
        total: usize,
    ) -> PyResult<Py<PyAny>> {
        let asked = (Purpose::Push, provider, kind);
        self.start(py, asked, options, source, total)
    }

    /// Starts a check, as `start_push` a push; it ends with a result, JSON text of what was found.
    #[pyo3(signature = (provider, kind, options: "dict[str, typing.Any]", source: "typing.Any"=None, total=0) -> "NativePush | NativeReply")]
    fn start_check(
        &self,
        py: Python<'_>,
        provider: &str,
        kind: &str,
        options: &Bound<'_, PyDict>,
        source: Option<SourceInput<'_>>,
        total: usize,
    ) -> PyResult<Py<PyAny>> {
        let asked = (Purpose::Check, provider, kind);
        self.start(py, asked, options, source, total)
    }
}

impl NativeClient {
    fn start(
        &self,
        py: Python<'_>,
        asked: (Purpose, &str, &str),
        options: &Bound<'_, PyDict>,
        source: Option<SourceInput<'_>>,
        total: usize,
    ) -> PyResult<Py<PyAny>> {
        let client = self.client(py)?;
        let start = || NativePush::start(&client, &self.encoder, asked, options, source, total);
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

async fn reply(read: Read, client: Client) -> NativeReply {
    read.run(client).await.into()
}
