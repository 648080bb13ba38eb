//! A push under way: encoded records in, its report out.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use graph8_crm::{CancelHandle, Client, Flow, Push, PushOptions, Records};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyList;
use serde_json::value::RawValue;
use tokio::sync::Mutex;

use crate::client::seconds;
use crate::encode;
use crate::reply::NativeReply;
use crate::runtime::{self, NativeCall, OfProcess};

/// A push's arguments as Python gave them.
pub(crate) struct RawOptions<'a, 'py> {
    pub(crate) batch_size: Option<i64>,
    pub(crate) on_unknown: Option<&'a str>,
    pub(crate) provider_fields: Option<&'a Bound<'py, PyAny>>,
    pub(crate) deadline: Option<f64>,
    pub(crate) max_consecutive_unknown: Option<i64>,
}

/// A push under way. Its core half is behind a lock, so that a report can be had after the task
/// that fed it was cancelled.
#[pyclass(frozen)]
pub(crate) struct NativePush {
    running: OfProcess<Arc<Mutex<Running>>>,
    cancel: CancelHandle,
    fed: AtomicUsize,
}

struct Running {
    push: Push,
    /// The end, kept for a caller who was interrupted while it came.
    reply: Option<NativeReply>,
}

impl NativePush {
    /// Starts a push; the inner error is a reply about an argument.
    pub(crate) fn start(
        client: &Client,
        provider: &str,
        kind: &str,
        options: RawOptions<'_, '_>,
    ) -> PyResult<Result<Self, NativeReply>> {
        let options = match options.read()? {
            Ok(options) => options,
            Err(reply) => return Ok(Err(reply)),
        };
        let started = || client.start_push(provider.parse()?, kind.parse()?, options);
        Ok(started().map_err(NativeReply::from).map(|push| Self {
            cancel: push.cancel_handle(),
            running: OfProcess::new(Arc::new(Mutex::new(Running { push, reply: None }))),
            fed: AtomicUsize::new(0),
        }))
    }

    fn running(&self) -> PyResult<Arc<Mutex<Running>>> {
        self.running.get().cloned().ok_or_else(|| {
            PyRuntimeError::new_err("this push runs in the parent process: start another one here")
        })
    }

    /// Encodes a chunk; its records have the indexes that follow those fed before.
    fn take_in(&self, records: &Bound<'_, PyList>) -> PyResult<Records> {
        let encoded = encode::records(records, self.fed.load(Ordering::Acquire))?;
        self.fed.fetch_add(encoded.len(), Ordering::AcqRel);
        Ok(encoded)
    }
}

#[pymethods]
impl NativePush {
    /// How many records were fed so far.
    #[getter]
    fn fed(&self) -> usize {
        self.fed.load(Ordering::Acquire)
    }

    /// Encodes and feeds a chunk; false when the push has ended and wants no more.
    #[pyo3(signature = (records: "list[typing.Any]"))]
    fn feed(&self, py: Python<'_>, records: &Bound<'_, PyList>) -> PyResult<bool> {
        let running = self.running()?;
        let records = self.take_in(records)?;
        runtime::wait(py, feed(running, records), || {
            self.cancel.cancel();
            true
        })
    }

    #[pyo3(signature = (records: "list[typing.Any]", done: "typing.Callable[[bool | BaseException], object]"))]
    fn feed_async(
        &self,
        py: Python<'_>,
        records: &Bound<'_, PyList>,
        done: Py<PyAny>,
    ) -> PyResult<NativeCall> {
        let running = self.running()?;
        let records = self.take_in(records)?;
        runtime::start(py, feed(running, records), done)
    }

    /// Counts `not_sent` records of the source that were never fed, sends what waits, and gives the
    /// report. Called again it gives the same reply.
    fn finish(&self, py: Python<'_>, not_sent: usize) -> PyResult<NativeReply> {
        runtime::wait(py, finish(self.running()?, not_sent), || {
            self.cancel.cancel();
            true
        })
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

    /// Stops the request in flight; `finish` then returns at once.
    fn cancel(&self) {
        self.cancel.cancel();
    }
}

async fn feed(running: Arc<Mutex<Running>>, records: Records) -> bool {
    running.lock().await.push.feed(records).await == Flow::Continue
}

async fn finish(running: Arc<Mutex<Running>>, not_sent: usize) -> NativeReply {
    let mut running = running.lock().await;
    if let Some(reply) = &running.reply {
        return reply.clone();
    }
    running.push.not_sent(not_sent);
    let reply = NativeReply::from(running.push.finish().await);
    running.reply = Some(reply.clone());
    reply
}

impl RawOptions<'_, '_> {
    /// The core's options, with its defaults where nothing was given.
    fn read(self) -> PyResult<Result<PushOptions, NativeReply>> {
        let mut options = PushOptions::default();
        match self.deadline_of_core() {
            Ok(deadline) => options.deadline = deadline,
            Err(message) => return Ok(Err(NativeReply::unusable_argument(&message))),
        }
        if let Some(size) = self.batch_size {
            match usize::try_from(size) {
                Ok(size) => options.batch_size = size,
                Err(_) => return Ok(Err(negative("batch_size", size))),
            }
        }
        if let Some(count) = self.max_consecutive_unknown {
            match u32::try_from(count) {
                Ok(count) => options.max_consecutive_unknown = count,
                Err(_) => return Ok(Err(negative("max_consecutive_unknown", count))),
            }
        }
        if let Some(name) = self.on_unknown {
            match name.parse() {
                Ok(on_unknown) => options.on_unknown = on_unknown,
                Err(error) => return Ok(Err(NativeReply::from(error))),
            }
        }
        if let Some(fields) = self.provider_fields {
            match encode::text(fields)?.and_then(as_raw_json) {
                Ok(fields) => options.provider_fields = Some(fields),
                Err(message) => {
                    let message = format!("provider_fields: {message}");
                    return Ok(Err(NativeReply::unusable_argument(&message)));
                }
            }
        }
        Ok(Ok(options))
    }

    fn deadline_of_core(&self) -> Result<Option<std::time::Duration>, String> {
        seconds("deadline", self.deadline)
    }
}

fn as_raw_json(json: Vec<u8>) -> Result<Box<RawValue>, String> {
    let json = String::from_utf8(json).map_err(|error| error.to_string())?;
    RawValue::from_string(json).map_err(|error| error.to_string())
}

fn negative(name: &str, value: i64) -> NativeReply {
    NativeReply::unusable_argument(&format!("{name} is {value}: use a number in range"))
}
