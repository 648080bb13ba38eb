//! A push under way: encoded records in, its report out.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use graph8_crm::{
    CancelHandle, Client, Flow, Push, PushOptions, RecordShape, RecordSource, Shaper,
};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFloat, PyList, PyString};

use crate::encode::{self, SpareEncoder};
use crate::reply::NativeReply;
use crate::runtime::{self, NativeCall, OfProcess};
use crate::source::{self, Handed};

/// Shortest time between two snapshots for a listener.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

/// A push under way. Its core half is shared, so that a report can be had after the task that fed it
/// was cancelled.
#[pyclass(frozen)]
pub(crate) struct NativePush {
    running: OfProcess<Arc<Running>>,
    cancel: CancelHandle,
    fed: AtomicUsize,
    listener: Mutex<Option<Listener>>,
    shape: RecordShape,
    encoder: SpareEncoder,
    has_journal: bool,
}

struct Running {
    push: Push,
    /// Whether the records that were never fed have been counted.
    is_counted: AtomicBool,
    /// What is read in Rust; locked while it is.
    source: tokio::sync::Mutex<Option<Box<dyn RecordSource>>>,
    /// The end, kept for a caller who was interrupted while it came.
    reply: tokio::sync::Mutex<Option<NativeReply>>,
}

struct Listener {
    callable: Py<PyAny>,
    told: Instant,
}

impl NativePush {
    /// Starts a push, which uses and leaves behind the client's `encoder` when its records keep their
    /// shape; the inner error is a reply about an argument.
    pub(crate) fn start(
        client: &Client,
        encoder: &SpareEncoder,
        provider: &str,
        kind: &str,
        options: &Bound<'_, PyDict>,
        source: Option<Handed<'_>>,
        total: usize,
    ) -> PyResult<Result<Self, NativeReply>> {
        let py = options.py();
        let options = match read(options)? {
            Ok(options) => options,
            Err(reply) => return Ok(Err(reply)),
        };
        let shape = options.shape.clone();
        let encoder = if shape.is_plain() {
            encoder.clone()
        } else {
            SpareEncoder::default()
        };
        let shaper = || (!shape.is_plain()).then(|| Shaper::new(&shape));
        let source = match source {
            None => None,
            Some(handed) => match source::open(&handed, shaper(), total)? {
                Ok(source) => source,
                Err(error) => return Ok(Err(error.into())),
            },
        };
        let has_journal = options.journal.is_some();
        let has_files = has_journal || options.dead_letter.is_some();
        let start = || client.start_push(provider.parse()?, kind.parse()?, options);
        // Released only where it opens files: each release is a chance for other threads to come first.
        let started = if has_files { py.detach(start) } else { start() };
        Ok(started.map_err(NativeReply::from).map(|push| Self {
            cancel: push.cancel_handle(),
            running: OfProcess::new(Arc::new(Running {
                push,
                is_counted: AtomicBool::new(false),
                source: tokio::sync::Mutex::new(source),
                reply: tokio::sync::Mutex::new(None),
            })),
            fed: AtomicUsize::new(0),
            listener: Mutex::new(None),
            shape,
            encoder,
            has_journal,
        }))
    }

    fn running(&self) -> PyResult<Arc<Running>> {
        self.running.get().cloned().ok_or_else(|| {
            PyRuntimeError::new_err("this push runs in the parent process: start another one here")
        })
    }

    fn shaper(&self) -> Option<Shaper> {
        (!self.shape.is_plain()).then(|| Shaper::new(&self.shape))
    }

    /// Encodes a chunk and hands it over; its records have the indexes that follow those fed before.
    fn take_in(&self, py: Python<'_>, running: &Running, chunk: &Fed<'_>) -> PyResult<()> {
        let encoded = self.encoder.with(
            || self.shaper(),
            |encoder| {
                let base = self.fed.load(Ordering::Acquire);
                match chunk {
                    Fed::Records(records) => encoder.records(records, base),
                    Fed::Rows(names, columns) => encoder.rows(names, columns, base),
                }
            },
        )?;
        self.fed.fetch_add(encoded.len(), Ordering::AcqRel);
        if self.has_journal {
            // Released: it may be read.
            py.detach(|| running.push.offer(encoded));
        } else {
            running.push.offer(encoded);
        }
        Ok(())
    }

    /// Gives the listener a snapshot, unless it had one just now.
    fn tell(&self, py: Python<'_>) -> PyResult<()> {
        let due = {
            let mut listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner);
            match &mut *listener {
                Some(listener) if listener.told.elapsed() >= PROGRESS_INTERVAL => {
                    listener.told = Instant::now();
                    Some(listener.callable.clone_ref(py))
                }
                _ => None,
            }
        };
        if let Some(callable) = due {
            callable.call1(py, (self.progress()?,))?;
        }
        Ok(())
    }

    /// Waits for `work`; Ctrl-C cancels the push, and then its end is awaited.
    fn wait<T, F>(&self, py: Python<'_>, work: F) -> PyResult<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let interrupt = || {
            self.cancel.cancel();
            true
        };
        runtime::wait_and_tell(py, work, interrupt, |py| self.tell(py))
    }
}

#[pymethods]
impl NativePush {
    /// How many records were fed so far.
    #[getter]
    fn fed(&self) -> usize {
        self.fed.load(Ordering::Acquire)
    }

    /// Says how many records the source holds, for the snapshots.
    fn expect_total(&self, records: usize) -> PyResult<()> {
        self.running()?.push.expect_total(records);
        Ok(())
    }

    /// Has `listener` called with a snapshot's JSON text while a call of this push waits.
    #[pyo3(signature = (listener: "typing.Callable[[str], object]"))]
    fn listen(&self, listener: Py<PyAny>) {
        *self.listener.lock().unwrap_or_else(PoisonError::into_inner) = Some(Listener {
            callable: listener,
            told: Instant::now(),
        });
    }

    /// JSON text of a snapshot.
    fn progress(&self) -> PyResult<String> {
        let progress = self.running()?.push.progress();
        serde_json::to_string(&progress).map_err(|error| PyRuntimeError::new_err(error.to_string()))
    }

    /// Encodes and feeds a chunk; false when `ready` must be waited for before the next.
    #[pyo3(signature = (records: "list[typing.Any] | tuple[list[str], list[list[typing.Any]]]"))]
    fn feed(&self, py: Python<'_>, records: Fed<'_>) -> PyResult<bool> {
        let running = self.running()?;
        self.take_in(py, &running, &records)?;
        Ok(running.push.has_room())
    }

    /// Feeds all records of a source at once, drains, closes the books and gives the report.
    #[pyo3(signature = (records: "list[typing.Any]"))]
    fn run(&self, py: Python<'_>, records: Bound<'_, PyList>) -> PyResult<NativeReply> {
        let running = self.running()?;
        self.take_in(py, &running, &Fed::Records(records))?;
        self.wait(py, finish(running, 0))
    }

    #[pyo3(signature = (records: "list[typing.Any]", done: "typing.Callable[[NativeReply | BaseException], object]"))]
    fn run_async(
        &self,
        py: Python<'_>,
        records: Bound<'_, PyList>,
        done: Py<PyAny>,
    ) -> PyResult<NativeCall> {
        let running = self.running()?;
        self.take_in(py, &running, &Fed::Records(records))?;
        runtime::start(py, finish(running, 0), done)
    }

    /// Waits until there is room for more; false when the push has ended and wants no more.
    fn ready(&self, py: Python<'_>) -> PyResult<bool> {
        self.wait(py, ready(self.running()?))
    }

    #[pyo3(signature = (done: "typing.Callable[[bool | BaseException], object]"))]
    fn ready_async(&self, py: Python<'_>, done: Py<PyAny>) -> PyResult<NativeCall> {
        runtime::start(py, ready(self.running()?), done)
    }

    /// Feeds all of the push's own source; the reply has an error when that can't be read on.
    fn feed_source(&self, py: Python<'_>) -> PyResult<NativeReply> {
        self.wait(py, feed_source(self.running()?))
    }

    #[pyo3(signature = (done: "typing.Callable[[NativeReply | BaseException], object]"))]
    fn feed_source_async(&self, py: Python<'_>, done: Py<PyAny>) -> PyResult<NativeCall> {
        runtime::start(py, feed_source(self.running()?), done)
    }

    /// Counts `not_sent` records of the source that were never fed (at the first call), and sends what
    /// waits. Gives JSON text of the records in doubt.
    fn drain(&self, py: Python<'_>, not_sent: usize) -> PyResult<String> {
        self.wait(py, drain(self.running()?, not_sent))
    }

    #[pyo3(signature = (not_sent, done: "typing.Callable[[str | BaseException], object]"))]
    fn drain_async(
        &self,
        py: Python<'_>,
        not_sent: usize,
        done: Py<PyAny>,
    ) -> PyResult<NativeCall> {
        runtime::start(py, drain(self.running()?, not_sent), done)
    }

    /// Ends the doubt about a record.
    fn resolve(&self, index: usize, is_there: bool) -> PyResult<bool> {
        Ok(self.running()?.push.resolve(index, is_there))
    }

    /// Drains, if that was not done, closes the books and gives the report. Called again it gives the
    /// same reply.
    fn finish(&self, py: Python<'_>, not_sent: usize) -> PyResult<NativeReply> {
        self.wait(py, finish(self.running()?, not_sent))
    }

    #[pyo3(signature = (not_sent, done: "typing.Callable[[NativeReply | BaseException], object]"))]
    fn finish_async(
        &self,
        py: Python<'_>,
        not_sent: usize,
        done: Py<PyAny>,
    ) -> PyResult<NativeCall> {
        runtime::start(py, finish(self.running()?, not_sent), done)
    }

    /// Stops the requests in flight; the other calls then return at once.
    fn cancel(&self) {
        self.cancel.cancel();
    }
}

/// A chunk as Python hands it over.
#[derive(FromPyObject)]
enum Fed<'py> {
    Records(Bound<'py, PyList>),
    /// Names of the columns, and the columns.
    Rows(Vec<Bound<'py, PyString>>, Vec<Bound<'py, PyList>>),
}

async fn ready(running: Arc<Running>) -> bool {
    running.push.ready().await == Flow::Continue
}

async fn feed_source(running: Arc<Running>) -> NativeReply {
    // A source may block for as long as a query takes.
    let fed = runtime::aside(feed_all(running)).await;
    fed.unwrap_or_else(|| NativeReply::unusable_argument("the source can't be read: it panicked"))
}

async fn feed_all(running: Arc<Running>) -> NativeReply {
    let mut source = running.source.lock().await;
    match source.take() {
        None => NativeReply::default(),
        Some(mut source) => running
            .push
            .feed_from(&mut *source)
            .await
            .map_or_else(NativeReply::from, |_| NativeReply::default()),
    }
}

impl Running {
    /// Nothing more is fed.
    async fn end_input(&self, not_sent: usize) {
        // After a cancel the source may be read still, until it is asked for the next chunk.
        drop(self.source.lock().await);
        if !self.is_counted.swap(true, Ordering::AcqRel) {
            self.push.not_sent(not_sent);
        }
    }
}

async fn drain(running: Arc<Running>, not_sent: usize) -> String {
    running.end_input(not_sent).await;
    running.push.drain().await;
    serde_json::to_string(&running.push.unknown()).unwrap_or_else(|_| String::from("[]"))
}

async fn finish(running: Arc<Running>, not_sent: usize) -> NativeReply {
    running.end_input(not_sent).await;
    let mut reply = running.reply.lock().await;
    if reply.is_none() {
        *reply = Some(NativeReply::from(running.push.finish().await));
    }
    reply.clone().unwrap_or_default()
}

/// The core's options, with its defaults where nothing was given.
fn read(given: &Bound<'_, PyDict>) -> PyResult<Result<PushOptions, NativeReply>> {
    if given.is_empty() {
        return Ok(Ok(PushOptions::default()));
    }
    for (name, value) in given {
        if let Ok(number) = value.cast::<PyFloat>()
            && !number.value().is_finite()
        {
            let message = format!("{name} is {value}: use a finite number");
            return Ok(Err(NativeReply::unusable_argument(&message)));
        }
    }
    let json = match encode::text(given.as_any())? {
        Ok(json) => String::from_utf8_lossy(&json).into_owned(),
        Err(message) => return Ok(Err(NativeReply::unusable_argument(&message))),
    };
    Ok(PushOptions::from_json(&json).map_err(NativeReply::from))
}
