//! One tokio runtime per process: never used by a forked child, nor after its handles were closed,
//! silent before the interpreter goes.
//!
//! A call is carried by the thread that waits for it, so that nothing changes threads on the way: it
//! polls sockets and timers itself. What nobody waits for (calls of event loops, requests under way
//! while a source makes more records, idle connections) is the driver thread's, which is ours.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::io;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::pin::{Pin, pin};
use std::process;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use graph8_crm::Error;
use pyo3::exceptions::{PyImportError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::{BoundObject, ffi};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{Notify, oneshot};
use tokio::task::{AbortHandle, yield_now};
use tokio::time::timeout;

use crate::handles::{Epoch, MOST_EPOCHS, next_number, occupy};
use crate::reply::raised;

/// How often a waiting call looks for Ctrl-C.
const SIGNAL_TICK: Duration = Duration::from_millis(50);
/// How long nobody waits before the driver thread takes over.
const LULL: Duration = Duration::from_millis(5);
/// Longest time that the interpreter's exit waits for our threads.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(1);

/// The first interpreter of a process has this id.
const MAIN_INTERPRETER: i64 = 0;

/// By the index of their epochs.
static RUNTIMES: [OnceLock<ProcessRuntime>; MOST_EPOCHS] = [const { OnceLock::new() }; MOST_EPOCHS];
/// The process whose interpreter exits; 0 is none.
static CLOSING: AtomicU32 = AtomicU32::new(0);

fn is_closing() -> bool {
    // The id, which is a call of the system's, is asked for only where it matters.
    let closing = CLOSING.load(Ordering::Acquire);
    closing != 0 && closing == process::id()
}

thread_local! {
    /// The runtime that this thread drives, if it gets its turn, and whether as its driver thread.
    static DRIVES: Cell<Option<(&'static ProcessRuntime, bool)>> = const { Cell::new(None) };
    /// Tokio panics next on this thread, which is caught and told as a sentence.
    static WILL_PANIC: Cell<bool> = const { Cell::new(false) };
}

/// The runtime of one epoch. A forked child makes its own and leaves this one alone: its driver thread does
/// not exist there. So does a process whose handles were closed: to go on, to wake or to drop anything
/// would mean to read, write or close files of others.
struct ProcessRuntime {
    epoch: Epoch,
    /// Of the current-thread kind: one of the threads that wait for something of it drives it.
    runtime: Runtime,
    /// Above the numbers of its handles.
    numbers_end: i32,
    /// Wakes those who wait when the handles are gone.
    stranded: Notify,
    /// Grows with each thread that begins or ends to wait.
    turns: AtomicUsize,
    /// Threads that wait now.
    waiting: AtomicUsize,
    /// Calls under way that no thread waits for.
    unattended: AtomicUsize,
    /// Threads of the runtime that hand a result over to Python now.
    handing_over: AtomicUsize,
    driver_thread: DriverThread,
}

#[derive(Default)]
struct DriverThread {
    thread: OnceLock<thread::Thread>,
    starting: Mutex<()>,
    is_driving: AtomicBool,
    is_gone: AtomicBool,
    /// Asks it to let another thread drive.
    leave: Notify,
}

fn current(py: Python<'_>) -> PyResult<&'static ProcessRuntime> {
    if is_closing() {
        let threading = py.import("threading")?;
        let this_thread = threading.call_method0("current_thread")?;
        if !this_thread.is(threading.call_method0("main_thread")?) {
            // A daemon thread: what it does next has no use, and an error would only be noise.
            py.detach(park);
        }
        return Err(PyRuntimeError::new_err(
            "graph8_crm can't be used any more: the interpreter is exiting",
        ));
    }
    let epoch = Epoch::current();
    let Some(slot) = RUNTIMES.get(epoch.index()) else {
        return Err(raised(
            py,
            &Error::unreachable(
                "graph8_crm can't be used any more: this process forked, or closed all handles, too often",
            ),
        ));
    };
    let running = match slot.get() {
        Some(running) => Ok(running),
        None => ProcessRuntime::new(epoch).map(|new| slot.get_or_init(|| new)),
    };
    let started = running.and_then(|running| running.has_driver_thread().map(|()| running));
    started.map_err(|error| raised(py, &Error::unreachable(cant_start(&error))))
}

fn cant_start(error: &io::Error) -> String {
    format!(
        "the call can't be made: no handle or thread is to be had ({error}): raise the process's limits \
         (ulimit -n, ulimit -u), or close what is not needed"
    )
}

pub(crate) fn stranded() -> Error {
    Error::unreachable(
        "the program closed the file handles of this process, those of graph8_crm among them, while \
         the call was under way: close handles before, as a daemon does when it starts",
    )
}

impl DriverThread {
    fn wake(&self) {
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }
}

impl ProcessRuntime {
    fn new(epoch: Epoch) -> io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .thread_name("graph8-crm")
            .enable_all()
            .on_thread_park(leave_if_stranded)
            .build()?;
        Ok(Self {
            epoch,
            runtime,
            numbers_end: next_number(),
            stranded: Notify::new(),
            turns: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            unattended: AtomicUsize::new(0),
            handing_over: AtomicUsize::new(0),
            driver_thread: DriverThread::default(),
        })
    }

    fn has_driver_thread(&'static self) -> io::Result<()> {
        if self.driver_thread.thread.get().is_some() {
            return Ok(());
        }
        let starting = &self.driver_thread.starting;
        let _starting = starting.lock().unwrap_or_else(PoisonError::into_inner);
        if self.driver_thread.thread.get().is_none() {
            let started = thread::Builder::new()
                .name(String::from("graph8-crm"))
                .spawn(|| self.live())?;
            self.driver_thread
                .thread
                .get_or_init(|| started.thread().clone());
        }
        Ok(())
    }

    /// The driver thread's run. It keeps its place in the interpreter from beginning to end: to make one
    /// for each result would take longer than to hand that over.
    fn live(&'static self) {
        DRIVES.set(Some((self, true)));
        let kept = Python::try_attach(|py| {
            py.detach(|| {
                self.take_care();
                // Going back to Python would abort while the interpreter exits.
                park();
            })
        });
        if kept.is_none() {
            self.take_care();
        }
    }

    fn take_care(&self) {
        let mut seen = self.turns.load(Ordering::SeqCst);
        while !is_closing() {
            if self.unattended.load(Ordering::SeqCst) == 0 {
                thread::park_timeout(LULL);
                let turns = self.turns.load(Ordering::SeqCst);
                let is_used = self.waiting.load(Ordering::SeqCst) > 0 || turns != seen;
                seen = turns;
                if is_used && self.unattended.load(Ordering::SeqCst) == 0 {
                    continue;
                }
            }
            self.driver_thread.is_driving.store(true, Ordering::SeqCst);
            let driven = panic::catch_unwind(AssertUnwindSafe(|| {
                self.runtime.block_on(async {
                    let mut leave = pin!(self.driver_thread.leave.notified());
                    poll_fn(|context| {
                        if self.epoch.goes_on() {
                            leave.as_mut().poll(context)
                        } else {
                            Poll::Ready(())
                        }
                    })
                    .await;
                });
            }));
            self.driver_thread.is_driving.store(false, Ordering::SeqCst);
            if driven.is_err() || !self.epoch.goes_on() {
                self.strand();
                park();
            }
        }
        self.driver_thread.is_gone.store(true, Ordering::SeqCst);
    }

    fn is_busy(&self) -> bool {
        !self.driver_thread.is_gone.load(Ordering::SeqCst)
            || self.handing_over.load(Ordering::SeqCst) > 0
    }

    /// The handles are gone: this runtime is left as it is.
    fn strand(&self) {
        self.epoch.end();
        self.driver_thread.is_gone.store(true, Ordering::SeqCst);
        self.stranded.notify_waiters();
    }

    /// Polls `call` for `at_most`, and drives the runtime meanwhile if nobody else does.
    fn poll<T>(
        &'static self,
        mut call: Pin<&mut (dyn Future<Output = T> + Send)>,
        at_most: Duration,
    ) -> Turn<T> {
        DRIVES.set(Some((self, false)));
        let _waiting = Counted::in_count(&self.waiting);
        self.turns.fetch_add(1, Ordering::SeqCst);
        if self.driver_thread.is_driving.load(Ordering::SeqCst)
            && self.unattended.load(Ordering::SeqCst) == 0
        {
            self.driver_thread.leave.notify_one();
        }
        let driven = panic::catch_unwind(AssertUnwindSafe(|| {
            self.runtime.block_on(async {
                let mut stranded = pin!(self.stranded.notified());
                let mut call = pin!(timeout(at_most, contained(call.as_mut())));
                poll_fn(|context| {
                    if !self.epoch.goes_on() || stranded.as_mut().poll(context).is_ready() {
                        return Poll::Ready(Turn::Stranded);
                    }
                    call.as_mut().poll(context).map(|ended| match ended {
                        Ok(Ok(value)) => Turn::Over(value),
                        Ok(Err(_)) => Turn::Panicked,
                        Err(_) => Turn::OutOfTime,
                    })
                })
                .await
            })
        }));
        DRIVES.set(None);
        WILL_PANIC.set(false);
        self.turns.fetch_add(1, Ordering::SeqCst);
        // The call's own panics were contained: the runtime itself can't go on.
        driven.unwrap_or(Turn::Stranded)
    }
}

/// What a turn of waiting for a call came to.
enum Turn<T> {
    Over(T),
    OutOfTime,
    Panicked,
    Stranded,
}

/// Before a thread waits for events: not on handles that are gone, whose numbers may be somebody else's.
fn leave_if_stranded() {
    if let Some((process, is_driver_thread)) = DRIVES.get()
        && !process.epoch.goes_on()
    {
        process.strand();
        if is_driver_thread {
            park();
        }
        // Tokio will panic, which `poll` catches, and close its handles then.
        occupy(process.numbers_end);
        WILL_PANIC.set(true);
    }
}

/// Has panics of this library printed as ever, but for those that were seen to come.
pub(crate) fn quieten_expected_panics() {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if !WILL_PANIC.get() {
            print(panic);
        }
    }));
}

/// `call`, whose panic is an error.
async fn contained<T>(mut call: Pin<&mut (dyn Future<Output = T> + Send)>) -> thread::Result<T> {
    poll_fn(|context| {
        panic::catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(context)))
            .map_or_else(|panic| Poll::Ready(Err(panic)), |poll| poll.map(Ok))
    })
    .await
}

/// Runs `call` to its end with the interpreter released, and looks for Ctrl-C meanwhile. Ctrl-C
/// runs `interrupt`; if that says that the call ends by itself now, its end is awaited, else the
/// call is dropped. Either way the `KeyboardInterrupt` comes out.
/// Runs `tell` at each look for Ctrl-C, and takes its error for one.
pub(crate) fn wait_and_tell<T, F>(
    py: Python<'_>,
    call: F,
    interrupt: impl Fn() -> bool,
    tell: impl Fn(Python<'_>) -> PyResult<()>,
) -> PyResult<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let process = current(py)?;
    if Handle::try_current().is_ok() {
        // A runtime can't be driven twice by one thread.
        return Err(PyRuntimeError::new_err(
            "a finalizer called graph8_crm while a result was being handed over: make the call \
             elsewhere",
        ));
    }
    let mut call = Box::pin(after_pending_io(call));
    let mut interrupted = None;
    loop {
        let tick = py.detach(|| {
            let tick = process.poll(call.as_mut(), SIGNAL_TICK);
            if is_closing() {
                // A daemon thread at the interpreter's exit: going back to Python would abort.
                park();
            }
            tick
        });
        match tick {
            Turn::Over(value) => return interrupted.map_or(Ok(value), Err),
            Turn::OutOfTime => {}
            Turn::Panicked => {
                return Err(interrupted.unwrap_or_else(|| raised(py, &Error::internal())));
            }
            Turn::Stranded => {
                process.strand();
                // Its connections are handles too.
                mem::forget(call);
                return Err(interrupted.unwrap_or_else(|| {
                    if process.epoch.is_of_this_process() {
                        raised(py, &stranded())
                    } else {
                        // A log handler or a progress function forked.
                        PyRuntimeError::new_err(
                            "this call runs in the parent process: make another one here",
                        )
                    }
                }));
            }
        }
        if interrupted.is_none()
            && let Err(signal) = py.check_signals().and_then(|()| tell(py))
        {
            if !interrupt() {
                return Err(signal);
            }
            interrupted = Some(signal);
        }
    }
}

/// `call`, after pending I/O: a turn for the events of idle connections' sockets, and one for the tasks that
/// these wake.
async fn after_pending_io<T>(call: impl Future<Output = T>) -> T {
    yield_now().await;
    yield_now().await;
    call.await
}

/// Keeps this thread out of an interpreter that goes away; the process ends over it.
fn park() -> ! {
    loop {
        thread::park();
    }
}

/// Waits for `call` on a thread of its own, without driving anything there: for work that may block for
/// long.
pub(crate) async fn aside<T, F>(call: F) -> Result<T, Error>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let handle = Handle::current();
    let (done, ended) = oneshot::channel();
    // Not one of tokio's, which panics where no thread is to be had.
    thread::Builder::new()
        .name(String::from("graph8-crm-source"))
        .spawn(move || {
            let ended = panic::catch_unwind(AssertUnwindSafe(|| handle.block_on(call)));
            // Nobody may wait any more.
            let _ = done.send(ended);
        })
        .map_err(|error| Error::unreachable(cant_start(&error)))?;
    match ended.await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(_)) | Err(_) => Err(Error::internal()),
    }
}

/// A number that changes with each fork, and when the process's handles were closed.
#[pyfunction]
pub(crate) fn epoch() -> usize {
    Epoch::current().index()
}

/// Whether calls can be made now.
pub(crate) fn is_usable(py: Python<'_>) -> bool {
    current(py).is_ok()
}

/// Why a push ended for which no call could be made any more.
pub(crate) fn unusable() -> Error {
    Error::unreachable("no handle or thread was to be had, or the interpreter exited")
}

/// Starts `call` and hands what it gives to the Python callable `done`, on a thread of the runtime.
pub(crate) fn start<T, F>(py: Python<'_>, call: F, done: Py<PyAny>) -> PyResult<NativeCall>
where
    T: for<'py> IntoPyObject<'py> + Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let process = current(py)?;
    let unattended = Counted::in_count(&process.unattended);
    let task = process.runtime.spawn(after_pending_io(call));
    let abort = task.abort_handle();
    process.runtime.spawn(async move {
        let outcome = task.await;
        let _unattended = unattended;
        let _handing_over = Counted::in_count(&process.handing_over);
        if is_closing() {
            return;
        }
        // None: the interpreter is on its way out and nobody waits.
        let _ = Python::try_attach(|py| {
            let outcome = match outcome {
                Ok(value) => value
                    .into_pyobject(py)
                    .map(|value| value.into_any().unbind())
                    .map_err(Into::into),
                // Aborted by its own caller, who does not wait any more.
                Err(error) if error.is_cancelled() => return,
                Err(_) => Err(raised(py, &Error::internal())),
            };
            let told = match outcome {
                Ok(value) => done.call1(py, (value,)),
                Err(error) => done.call1(py, (error.into_value(py),)),
            };
            if let Err(error) = told {
                error.write_unraisable(py, Some(done.bind(py)));
            }
        });
    });
    if !process.driver_thread.is_driving.load(Ordering::SeqCst) {
        process.driver_thread.wake();
    }
    Ok(NativeCall {
        epoch: process.epoch,
        abort,
    })
}

/// One more in a count, until it is dropped: also when what is counted panics.
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn in_count(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A call under way.
#[pyclass(frozen)]
pub(crate) struct NativeCall {
    epoch: Epoch,
    abort: AbortHandle,
}

#[pymethods]
impl NativeCall {
    /// Drops the call; `done` is not called any more, unless it was already.
    fn cancel(&self) {
        if self.epoch.goes_on() {
            self.abort.abort();
        }
    }
}

/// Refuses an interpreter beside the main one, where results could not be handed over: callbacks
/// attach to the main interpreter, and the exit of one would end the runtime of all.
#[pyfunction]
pub(crate) fn refuse_subinterpreter(_py: Python<'_>) -> PyResult<()> {
    // SAFETY: attached, as `_py` proves, so that there is a current interpreter and it stays.
    #[expect(unsafe_code, reason = "PyO3 has no safe call for it")]
    let id = unsafe { ffi::PyInterpreterState_GetID(ffi::PyInterpreterState_Get()) };
    if id == MAIN_INTERPRETER {
        return Ok(());
    }
    Err(PyImportError::new_err(
        "graph8_crm can't be used in a sub-interpreter: use threads or processes",
    ))
}

/// Keeps the threads of this process's runtime away from Python; for `atexit`. Takes a second at most.
#[pyfunction]
pub(crate) fn shutdown(py: Python<'_>) {
    // Released: a thread that is about to hand over a result needs the interpreter to get done.
    py.detach(|| {
        CLOSING.store(process::id(), Ordering::SeqCst);
        let runtime = RUNTIMES.get(Epoch::current().index());
        let Some(process) = runtime.and_then(OnceLock::get) else {
            return;
        };
        process.driver_thread.leave.notify_one();
        process.driver_thread.wake();
        let until = Instant::now() + SHUTDOWN_LIMIT;
        while process.is_busy() && Instant::now() < until {
            thread::sleep(Duration::from_millis(1));
        }
    });
}

/// A value whose threads or connections belong to the epoch that made it. A later one leaks it instead
/// of dropping it: a parent still uses what is behind it, or the numbers of its handles are others' now.
pub(crate) struct OfEpoch<T> {
    epoch: Epoch,
    value: Option<T>,
}

impl<T> OfEpoch<T> {
    pub(crate) fn new(value: T) -> Self {
        Self {
            epoch: Epoch::current(),
            value: Some(value),
        }
    }

    /// The value, in the epoch that made it.
    pub(crate) fn get(&self) -> Option<&T> {
        self.value.as_ref().filter(|_| self.epoch.goes_on())
    }

    /// The value, in the epoch that made it.
    pub(crate) fn get_mut(&mut self) -> Option<&mut T> {
        let goes_on = self.epoch.goes_on();
        self.value.as_mut().filter(|_| goes_on)
    }

    /// The value wherever it is asked for, for what only looks at a flag.
    pub(crate) fn get_unchecked(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// The value in the process that made it, for what touches no handle.
    pub(crate) fn get_even_stranded(&self) -> Option<&T> {
        let is_ours = self.epoch.is_of_this_process();
        self.value.as_ref().filter(|_| is_ours)
    }
}

impl<T> Drop for OfEpoch<T> {
    fn drop(&mut self) {
        if !self.epoch.goes_on() {
            mem::forget(self.value.take());
        }
    }
}
