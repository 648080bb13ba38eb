//! graph8's own rows: to iterate, or as the source of a push.

use std::sync::{Arc, Mutex, PoisonError};

use graph8_crm::border::{self, EventRing, Reply, RowsOrder, RowsReading, Source, Topics};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::client::NativeClient;
use crate::encode;
use crate::events;
use crate::reply::{NativeReply, guarded, raised};
use crate::runtime::{self, NativeCall, OfEpoch};

/// Rows as they were asked for; each reading begins anew.
#[pyclass(frozen)]
pub(crate) struct NativeRows {
    client: Py<NativeClient>,
    kind: String,
    query: String,
    headers: Vec<(String, String)>,
    /// Made anew in a forked child.
    order: Mutex<OfEpoch<Arc<RowsOrder>>>,
}

impl NativeRows {
    /// Rows of `kind`; the inner error is a reply about an argument.
    pub(crate) fn new(
        client: &Bound<'_, NativeClient>,
        kind: String,
        query: &Bound<'_, PyDict>,
        headers: Vec<(String, String)>,
    ) -> PyResult<Result<Self, NativeReply>> {
        let query = match encode::text(query.as_any())? {
            Ok(json) => String::from_utf8_lossy(&json).into_owned(),
            Err(message) => return Ok(Err(Reply::unusable_argument(&message).into())),
        };
        let (core, _) = client.get().listened(client.py(), (0, headers.clone()))?;
        Ok(match RowsOrder::new(&core, &kind, &query) {
            Ok(order) => Ok(Self {
                client: client.clone().unbind(),
                kind,
                query,
                headers,
                order: Mutex::new(OfEpoch::new(Arc::new(order))),
            }),
            Err(error) => Err(error.into()),
        })
    }

    /// A source of all rows, from the first page on.
    pub(crate) fn source(&self, py: Python<'_>) -> PyResult<Source> {
        self.order(py).map(|order| order.source())
    }

    fn order(&self, py: Python<'_>) -> PyResult<Arc<RowsOrder>> {
        let (client, _) = self.client.get().listened(py, (0, self.headers.clone()))?;
        let mut order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(order) = order.get() {
            return Ok(Arc::clone(order));
        }
        let new = RowsOrder::new(&client, &self.kind, &self.query);
        let new = Arc::new(new.map_err(|error| raised(py, &error))?);
        *order = OfEpoch::new(Arc::clone(&new));
        Ok(new)
    }
}

#[pymethods]
impl NativeRows {
    /// A reading from the first page on.
    fn read(&self, py: Python<'_>, topics: u8) -> PyResult<NativeReading> {
        let (reading, events) = self.order(py)?.read_listened(Topics::from_bits(topics));
        let reading = Arc::new(tokio::sync::Mutex::new(reading));
        Ok(NativeReading {
            reading: OfEpoch::new(reading),
            events,
        })
    }

    /// JSON text of what the last reading came to.
    fn tally(&self) -> String {
        let order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        let order = order.get_unchecked();
        order.map_or_else(|| String::from("{}"), |order| order.tally())
    }
}

/// One reading of rows.
#[pyclass(frozen)]
pub(crate) struct NativeReading {
    reading: OfEpoch<Arc<tokio::sync::Mutex<RowsReading>>>,
    events: Option<Arc<EventRing>>,
}

impl NativeReading {
    fn reading(&self, py: Python<'_>) -> PyResult<Arc<tokio::sync::Mutex<RowsReading>>> {
        let reading = self.reading.get().map(Arc::clone);
        reading.ok_or_else(|| raised(py, &runtime::stranded()))
    }
}

#[pymethods]
impl NativeReading {
    /// The next rows: JSON text of a list, or of null at the end.
    fn next(&self, py: Python<'_>) -> PyResult<NativeReply> {
        let events = self.events.clone();
        let tell = |py: Python<'_>| events::tell(py, self.events.as_deref());
        runtime::wait_and_tell(py, next(self.reading(py)?, events), || false, tell)
    }

    #[pyo3(signature = (done: "typing.Callable[[NativeReply | BaseException], object]"))]
    fn next_async(&self, py: Python<'_>, done: Py<PyAny>) -> PyResult<NativeCall> {
        runtime::start(py, next(self.reading(py)?, self.events.clone()), done)
    }
}

async fn next(
    reading: Arc<tokio::sync::Mutex<RowsReading>>,
    events: Option<Arc<EventRing>>,
) -> NativeReply {
    let reply: NativeReply = reading.lock().await.next().await.into();
    reply.with_events(events.as_deref())
}

/// JSON text of where the fields of graph8's rows of a kind go in a CRM.
#[pyfunction]
pub(crate) fn graph8_fields(py: Python<'_>, provider: &str, kind: &str) -> PyResult<NativeReply> {
    guarded(py, || Ok(border::graph8_fields(provider, kind).into()))
}
