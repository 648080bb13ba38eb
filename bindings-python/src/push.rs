//! A push under way: encoded records in, its report out.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use graph8_crm::border::{self, Course, EventRing, FeedPush, Reply, Source};
use graph8_crm::{
    CancelHandle, CheckOptions, Client, CsvOptions, Error, Flow, Nan, PushOptions, RecordShape,
    Records, StopHandle,
};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFloat, PyList, PyString};

use crate::encode::{self, ColumnInput, SpareEncoder};
use crate::events;
use crate::reply::{NativeReply, guarded, raised};
use crate::runtime::{self, NativeCall, OfEpoch};
use crate::source::{self, SourceInput, Standing};

/// Shortest time between two snapshots for a listener.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

/// A push under way. Its core half is shared, so that a report can be had after the task that fed it
/// was cancelled.
#[pyclass(frozen)]
pub(crate) struct NativePush {
    course: OfEpoch<Arc<Course>>,
    cancel: CancelHandle,
    stop: StopHandle,
    /// Tells whether the caller wants the push stopped.
    is_stop_set: OnceLock<Py<PyAny>>,
    fed: Arc<AtomicUsize>,
    shape: RecordShape,
    listener: Mutex<Option<Listener>>,
    encoder: SpareEncoder,
    /// Memory for the next chunk.
    emptied: Mutex<Option<Records>>,
    has_journal: bool,
    /// `None` where nobody listens.
    events: Option<Arc<EventRing>>,
}

/// What records are fed for.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Push,
    Check,
}

/// The core's options.
enum Options {
    Push(Box<PushOptions>),
    Check(CheckOptions),
}

impl Options {
    fn shape(&self) -> &RecordShape {
        match self {
            Self::Push(options) => &options.shape,
            Self::Check(options) => &options.shape,
        }
    }
}

struct Listener {
    callable: Py<PyAny>,
    told: Instant,
}

impl NativePush {
    /// Starts a push or a check, which uses and leaves behind the client's `encoder` when its records keep
    /// their shape; the inner error is a reply about an argument.
    pub(crate) fn start(
        (client, events): (Client, Option<Arc<EventRing>>),
        encoder: &SpareEncoder,
        (purpose, provider, kind): (Purpose, &str, &str),
        options: &Bound<'_, PyDict>,
        (source, total): (Option<SourceInput<'_>>, usize),
    ) -> PyResult<Result<Self, NativeReply>> {
        let py = options.py();
        let (options, csv) = match read(purpose, options)? {
            Ok(read) => read,
            Err(reply) => return Ok(Err(reply)),
        };
        let shape = options.shape().clone();
        let encoder = if shape.is_plain() {
            encoder.clone()
        } else {
            SpareEncoder::default()
        };
        let fed = Arc::default();
        let source = match source {
            None => match Source::no_file(&csv) {
                Ok(()) => None,
                Err(error) => return Ok(Err(error.into())),
            },
            Some(input) => {
                let standing = Standing {
                    total,
                    fed: Arc::clone(&fed),
                    is_one_of_many: false,
                };
                match source::open(py, &input, &shape, &csv, standing)? {
                    Ok(source) => source,
                    Err(error) => return Ok(Err(error.into())),
                }
            }
        };
        let (has_journal, has_files) = match &options {
            Options::Push(options) => {
                let has_journal = options.journal.is_some();
                (has_journal, has_journal || options.dead_letter.is_some())
            }
            Options::Check(_) => (false, false),
        };
        let start = || match options {
            Options::Push(options) => Course::start(&client, provider, kind, *options, source),
            Options::Check(options) => {
                Course::start_check(&client, provider, kind, options, source)
            }
        };
        // Released only where it opens files: each release is a chance for other threads to come first.
        let started = if has_files { py.detach(start) } else { start() };
        Ok(started.map_err(NativeReply::from).map(|course| Self {
            cancel: course.cancel_handle(),
            stop: course.stop_handle(),
            is_stop_set: OnceLock::new(),
            course: OfEpoch::new(Arc::new(course)),
            fed,
            shape,
            listener: Mutex::new(None),
            encoder,
            emptied: Mutex::default(),
            has_journal,
            events,
        }))
    }

    fn course(&self, py: Python<'_>) -> PyResult<Arc<Course>> {
        match self.course.get() {
            Some(course) => Ok(Arc::clone(course)),
            None if self.course.get_even_stranded().is_some() => {
                Err(raised(py, &runtime::stranded()))
            }
            None => Err(of_the_parent()),
        }
    }

    /// The report of a push that can't go on: its handles are gone, or no runtime can be had.
    fn abandoned(&self, not_sent: usize, error: Error) -> PyResult<NativeReply> {
        let course = self.course.get_even_stranded().ok_or_else(of_the_parent)?;
        Ok(course.abandon(not_sent, error).into())
    }

    /// Encodes a chunk and hands it over; its records have the indexes that follow those fed before.
    fn take_in(&self, py: Python<'_>, course: &Course, chunk: &Chunk<'_>) -> PyResult<()> {
        guarded(py, || self.encode_and_offer(py, course, chunk))
    }

    fn encode_and_offer(&self, py: Python<'_>, course: &Course, chunk: &Chunk<'_>) -> PyResult<()> {
        let encoded = self.encoder.with(
            || course.shaper(),
            |encoder| {
                let base = self.fed.load(Ordering::Acquire);
                let emptied = self
                    .emptied
                    .try_lock()
                    .ok()
                    .and_then(|mut kept| kept.take());
                match chunk {
                    Chunk::Records(records) => encoder.records(records, base, emptied),
                    Chunk::Rows(names, columns, rows) => {
                        encoder.rows((names, columns, *rows), base, emptied)
                    }
                }
            },
        )?;
        self.fed.fetch_add(encoded.len(), Ordering::AcqRel);
        let emptied = if self.has_journal {
            // Released: it may be read.
            py.detach(|| course.push().offer_shaped(encoded))
        } else {
            course.push().offer_shaped(encoded)
        };
        if let Ok(mut kept) = self.emptied.try_lock() {
            *kept = emptied;
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
            callable.call1(py, (self.progress(py)?,))?;
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
        let waited = runtime::wait_and_tell(py, work, interrupt, |py| {
            self.look_for_stop(py)?;
            self.tell_events(py)?;
            self.tell(py)
        })?;
        self.tell_events(py)?;
        Ok(waited)
    }

    /// Stops the push if its caller wants that by now.
    fn look_for_stop(&self, py: Python<'_>) -> PyResult<()> {
        if let Some(is_set) = self.is_stop_set.get()
            && is_set.bind(py).call0()?.is_truthy()?
        {
            self.stop();
        }
        Ok(())
    }

    /// Tells of what has happened; in a forked child nothing has.
    fn tell_events(&self, py: Python<'_>) -> PyResult<()> {
        events::tell(py, self.ring())
    }

    /// What has happened, where it is known.
    fn ring(&self) -> Option<&EventRing> {
        self.course.get()?;
        self.events.as_deref()
    }
}

#[pymethods]
impl NativePush {
    /// Whether nothing more is wanted from the source.
    fn has_ended(&self, py: Python<'_>) -> PyResult<bool> {
        // Asked after each record, so nothing else is looked at.
        self.look_for_stop(py)?;
        let course = self.course.get_unchecked();
        Ok(course.is_none_or(|course| course.push().has_ended()))
    }

    /// Waits until nothing more is wanted from the source.
    #[pyo3(signature = (done: "typing.Callable[[None | BaseException], object]"))]
    fn ended_async(&self, py: Python<'_>, done: Py<PyAny>) -> PyResult<NativeCall> {
        runtime::start(py, ended(self.course(py)?), done)
    }

    /// Whether the push was cancelled or is out of time.
    fn is_interrupted(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.course(py)?.push().is_interrupted())
    }

    /// Waits until the push is cancelled, out of time or finished.
    #[pyo3(signature = (done: "typing.Callable[[None | BaseException], object]"))]
    fn interrupted_async(&self, py: Python<'_>, done: Py<PyAny>) -> PyResult<NativeCall> {
        runtime::start(py, interrupted(self.course(py)?), done)
    }

    /// Says that the source may hold more records than are counted.
    fn leave_source(&self, py: Python<'_>) -> PyResult<()> {
        self.course(py)?.push().leave_source();
        Ok(())
    }

    /// Says that the source can't be read on, and why.
    fn source_failed(&self, py: Python<'_>, why: &str) -> PyResult<()> {
        self.course(py)?.push().source_failed(why);
        Ok(())
    }

    /// For each of the names whether a field of that name travels, and whether NaN fails its record.
    fn plan(&self, py: Python<'_>, names: Vec<String>) -> PyResult<(Vec<bool>, bool)> {
        let Some(shaper) = self.course(py)?.shaper() else {
            return Ok((vec![true; names.len()], false));
        };
        let travels = names.iter().map(|name| shaper.place(name).is_some());
        Ok((travels.collect(), shaper.nan() == Nan::Error))
    }

    /// How many records were fed so far.
    #[getter]
    fn fed(&self) -> usize {
        self.fed.load(Ordering::Acquire)
    }

    /// Says how many records the source holds, for the snapshots.
    fn expect_total(&self, py: Python<'_>, records: usize) -> PyResult<()> {
        self.course(py)?.push().expect_total(records);
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
    fn progress(&self, py: Python<'_>) -> PyResult<String> {
        let progress = self.course(py)?.push().progress();
        serde_json::to_string(&progress).map_err(|error| PyRuntimeError::new_err(error.to_string()))
    }

    /// Encodes and feeds a chunk; false when `ready` must be waited for before the next.
    #[pyo3(signature = (records: "list[typing.Any] | tuple[list[str], list[typing.Any], int]"))]
    fn feed(&self, py: Python<'_>, records: Chunk<'_>) -> PyResult<bool> {
        let course = self.course(py)?;
        self.take_in(py, &course, &records)?;
        self.tell_events(py)?;
        Ok(course.push().has_room())
    }

    /// Feeds all records of a source at once, drains, makes the report and gives the report.
    #[pyo3(signature = (records: "list[typing.Any]"))]
    fn run(&self, py: Python<'_>, records: Bound<'_, PyList>) -> PyResult<NativeReply> {
        let course = self.course(py)?;
        self.take_in(py, &course, &Chunk::Records(records))?;
        self.wait(py, finish(course, 0))
    }

    #[pyo3(signature = (records: "list[typing.Any]", done: "typing.Callable[[NativeReply | BaseException], object]"))]
    fn run_async(
        &self,
        py: Python<'_>,
        records: Bound<'_, PyList>,
        done: Py<PyAny>,
    ) -> PyResult<NativeCall> {
        let course = self.course(py)?;
        self.take_in(py, &course, &Chunk::Records(records))?;
        runtime::start(py, finish(course, 0), done)
    }

    /// Waits until there is room for more; false when the push has ended and wants no more.
    fn ready(&self, py: Python<'_>) -> PyResult<bool> {
        self.wait(py, ready(self.course(py)?))
    }

    #[pyo3(signature = (done: "typing.Callable[[bool | BaseException], object]"))]
    fn ready_async(&self, py: Python<'_>, done: Py<PyAny>) -> PyResult<NativeCall> {
        runtime::start(py, ready(self.course(py)?), done)
    }

    /// Has `feed_source` read another table next, or checks the columns of rows that will be fed; the reply
    /// has an error when that can't be. `source` and `total` are as for `start_push`.
    #[pyo3(signature = (source: "typing.Any", total))]
    fn follow_with(
        &self,
        py: Python<'_>,
        source: SourceInput<'_>,
        total: usize,
    ) -> PyResult<NativeReply> {
        let course = self.course(py)?;
        guarded(py, || {
            let standing = Standing {
                total,
                fed: Arc::clone(&self.fed),
                is_one_of_many: true,
            };
            let opened = source::open(py, &source, &self.shape, &CsvOptions::default(), standing)?;
            Ok(match opened {
                Ok(source) => {
                    if let Some(source) = source {
                        course.follow_with(source);
                    }
                    Reply::result(&true).into()
                }
                Err(error) => error.into(),
            })
        })
    }

    /// Feeds all of the push's own source; the reply has an error when that can't be read on.
    fn feed_source(&self, py: Python<'_>) -> PyResult<NativeReply> {
        self.wait(py, feed_source(self.course(py)?))
    }

    #[pyo3(signature = (done: "typing.Callable[[NativeReply | BaseException], object]"))]
    fn feed_source_async(&self, py: Python<'_>, done: Py<PyAny>) -> PyResult<NativeCall> {
        runtime::start(py, feed_source(self.course(py)?), done)
    }

    /// Counts `not_sent` records of the source that were never fed (at the first call), and sends what
    /// waits. Gives JSON text of the records in doubt.
    fn drain(&self, py: Python<'_>, not_sent: usize) -> PyResult<String> {
        self.wait(py, drain(self.course(py)?, not_sent))
    }

    #[pyo3(signature = (not_sent, done: "typing.Callable[[str | BaseException], object]"))]
    fn drain_async(
        &self,
        py: Python<'_>,
        not_sent: usize,
        done: Py<PyAny>,
    ) -> PyResult<NativeCall> {
        runtime::start(py, drain(self.course(py)?, not_sent), done)
    }

    /// Ends the doubt about a record.
    fn resolve(&self, py: Python<'_>, index: usize, is_there: bool) -> PyResult<bool> {
        Ok(self.course(py)?.push().resolve(index, is_there))
    }

    /// Drains, if that was not done, makes the report and gives the report. Called again it gives the
    /// same reply.
    fn finish(&self, py: Python<'_>, not_sent: usize) -> PyResult<NativeReply> {
        if let Some(course) = self.course.get() {
            if !runtime::is_usable(py) {
                return self.abandoned(not_sent, runtime::unusable());
            }
            let ending = self.wait(py, finish(Arc::clone(course), not_sent));
            if ending.is_ok() || self.course.get().is_some() {
                return ending;
            }
        }
        self.abandoned(not_sent, runtime::stranded())
    }

    #[pyo3(signature = (not_sent, done: "typing.Callable[[NativeReply | BaseException], object]"))]
    fn finish_async(
        &self,
        py: Python<'_>,
        not_sent: usize,
        done: Py<PyAny>,
    ) -> PyResult<NativeCall> {
        runtime::start(py, finish(self.course(py)?, not_sent), done)
    }

    /// Whether somebody listens to its events.
    #[getter]
    fn is_listened(&self) -> bool {
        self.events.is_some()
    }

    /// JSON text of what has happened since the last call, where somebody listens.
    fn events(&self) -> Option<String> {
        self.ring()?.take()
    }

    /// Has `is_set` asked while a call of this push waits, and after each record; the push is stopped once it
    /// gives true.
    #[pyo3(signature = (is_set: "typing.Callable[[], object]"))]
    fn stop_when(&self, py: Python<'_>, is_set: Py<PyAny>) -> PyResult<()> {
        // Set twice, the first stays.
        let _ = self.is_stop_set.set(is_set);
        self.look_for_stop(py)
    }

    /// Lets no further request leave; those in flight may answer.
    fn stop(&self) {
        // Elsewhere nothing of it is under way.
        if self.course.get().is_some() {
            self.stop.stop();
        }
    }

    /// Stops the requests in flight; the other calls then return at once.
    fn cancel(&self) {
        // Elsewhere nothing of it is under way.
        if self.course.get().is_some() {
            self.cancel.cancel();
        }
    }
}

/// A chunk as Python hands it over.
#[derive(FromPyObject)]
enum Chunk<'py> {
    Records(Bound<'py, PyList>),
    /// Names of the columns, the columns, and how many rows they have.
    Rows(Vec<Bound<'py, PyString>>, Vec<ColumnInput<'py>>, usize),
}

async fn ready(course: Arc<Course>) -> bool {
    course.push().ready().await == Flow::Continue
}

async fn ended(course: Arc<Course>) {
    course.push().ended().await;
}

async fn interrupted(course: Arc<Course>) {
    course.push().interrupted().await;
}

fn of_the_parent() -> PyErr {
    PyRuntimeError::new_err("this push runs in the parent process: start another one here")
}

async fn feed_source(course: Arc<Course>) -> NativeReply {
    let reader = Arc::clone(&course);
    // A source may block for as long as a query takes.
    let reading = runtime::aside(async move { reader.read_source().await });
    let reading = async { reading.await.unwrap_or_else(Reply::from) };
    Box::pin(course.feed_source(reading)).await.into()
}

async fn drain(course: Arc<Course>, not_sent: usize) -> String {
    let reply = course.drain(not_sent).await;
    reply.result.unwrap_or_else(|| String::from("[]"))
}

async fn finish(course: Arc<Course>, not_sent: usize) -> NativeReply {
    course.finish(not_sent).await.into()
}

/// The core's options, with its defaults where nothing was given.
fn read(
    purpose: Purpose,
    given: &Bound<'_, PyDict>,
) -> PyResult<Result<(Options, CsvOptions), NativeReply>> {
    if given.is_empty() {
        let options = match purpose {
            Purpose::Push => Options::Push(Box::default()),
            Purpose::Check => Options::Check(CheckOptions::default()),
        };
        return Ok(Ok((options, CsvOptions::default())));
    }
    for (name, value) in given {
        if let Ok(number) = value.cast::<PyFloat>()
            && !number.value().is_finite()
        {
            let message = format!("{name} is {value}: use a finite number");
            return Ok(Err(Reply::unusable_argument(&message).into()));
        }
    }
    let json = match encode::text(given.as_any())? {
        Ok(json) => String::from_utf8_lossy(&json).into_owned(),
        Err(message) => return Ok(Err(Reply::unusable_argument(&message).into())),
    };
    let read = match purpose {
        Purpose::Push => {
            border::push_options(&json).map(|options| Options::Push(Box::new(options)))
        }
        Purpose::Check => border::check_options(&json).map(Options::Check),
    };
    let read = read.and_then(|options| Ok((options, border::csv_options(&json)?)));
    Ok(read.map_err(NativeReply::from))
}
