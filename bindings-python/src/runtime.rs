//! One tokio runtime per process: never used by a forked child, silent before the interpreter goes.
//!
//! A call is carried by the thread that waits for it, so that nothing changes threads on the way: it
//! polls sockets and timers itself. What nobody waits for (calls of event loops, requests under way
//! while a source makes more records, idle connections) is the caretaker's, a thread of ours.

use std::future::Future;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::process;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use pyo3::exceptions::{PyImportError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::{BoundObject, ffi};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::Notify;
use tokio::task::{AbortHandle, yield_now};
use tokio::time::timeout;

/// How often a waiting call looks for Ctrl-C.
const SIGNAL_TICK: Duration = Duration::from_millis(50);
/// How long nobody waits before the caretaker takes over.
const LULL: Duration = Duration::from_millis(5);
/// Longest time that the interpreter's exit waits for our threads.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(1);

/// The first interpreter of a process has this id.
const MAIN_INTERPRETER: i64 = 0;

static CURRENT: Mutex<Option<&'static ProcessRuntime>> = Mutex::new(None);
/// The process whose interpreter exits; 0 is none.
static CLOSING: AtomicU32 = AtomicU32::new(0);

fn is_closing() -> bool {
    // The id, which is a call of the system's, is asked for only where it matters.
    let closing = CLOSING.load(Ordering::Acquire);
    closing != 0 && closing == process::id()
}

/// The runtime of one process. A forked child makes its own and leaves this one alone: its caretaker
/// does not exist there.
struct ProcessRuntime {
    pid: u32,
    /// Of the current-thread kind: one of the threads that wait for something of it drives it.
    runtime: Runtime,
    /// Grows with each thread that begins or ends to wait.
    turns: AtomicUsize,
    /// Threads that wait now.
    waiting: AtomicUsize,
    /// Calls under way that no thread waits for.
    unattended: AtomicUsize,
    /// Threads of the runtime that hand a result over to Python now.
    handing_over: AtomicUsize,
    caretaker: Caretaker,
}

#[derive(Default)]
struct Caretaker {
    thread: Mutex<Option<thread::Thread>>,
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
    let pid = process::id();
    let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(running) = current.filter(|running| running.pid == pid) {
        return Ok(running);
    }
    let started: &'static ProcessRuntime = Box::leak(Box::new(ProcessRuntime {
        pid,
        runtime: Builder::new_current_thread()
            .thread_name("graph8-crm")
            .enable_all()
            .build()?,
        turns: AtomicUsize::new(0),
        waiting: AtomicUsize::new(0),
        unattended: AtomicUsize::new(0),
        handing_over: AtomicUsize::new(0),
        caretaker: Caretaker::default(),
    }));
    let caretaker = thread::Builder::new()
        .name(String::from("graph8-crm"))
        .spawn(|| started.live())?;
    *started.caretaker.lock() = Some(caretaker.thread().clone());
    *current = Some(started);
    Ok(started)
}

impl Caretaker {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<thread::Thread>> {
        self.thread.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self) {
        if let Some(thread) = &*self.lock() {
            thread.unpark();
        }
    }
}

impl ProcessRuntime {
    /// The caretaker's life. It keeps its place in the interpreter from beginning to end: to make one
    /// for each result would take longer than to hand that over.
    fn live(&self) {
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
            self.caretaker.is_driving.store(true, Ordering::SeqCst);
            self.runtime.block_on(self.caretaker.leave.notified());
            self.caretaker.is_driving.store(false, Ordering::SeqCst);
        }
        self.caretaker.is_gone.store(true, Ordering::SeqCst);
    }

    fn is_busy(&self) -> bool {
        !self.caretaker.is_gone.load(Ordering::SeqCst)
            || self.handing_over.load(Ordering::SeqCst) > 0
    }

    /// Polls `call` for `at_most`, and drives the runtime meanwhile if nobody else does; `None` when it
    /// takes longer.
    fn poll<T>(
        &self,
        mut call: Pin<&mut (dyn Future<Output = T> + Send)>,
        at_most: Duration,
    ) -> Option<T> {
        let _waiting = Counted::in_count(&self.waiting);
        self.turns.fetch_add(1, Ordering::SeqCst);
        if self.caretaker.is_driving.load(Ordering::SeqCst)
            && self.unattended.load(Ordering::SeqCst) == 0
        {
            self.caretaker.leave.notify_one();
        }
        let ended = self
            .runtime
            .block_on(async { timeout(at_most, call.as_mut()).await.ok() });
        self.turns.fetch_add(1, Ordering::SeqCst);
        ended
    }
}

/// Runs `call` to its end with the interpreter released, and looks for Ctrl-C meanwhile. Ctrl-C
/// runs `interrupt`; if that says that the call ends by itself now, its end is awaited, else the
/// call is dropped. Either way the `KeyboardInterrupt` comes out.
pub(crate) fn wait<T, F>(py: Python<'_>, call: F, interrupt: impl Fn() -> bool) -> PyResult<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    wait_and_tell(py, call, interrupt, |_| Ok(()))
}

/// As [`wait`]; runs `tell` at each look for Ctrl-C, and takes its error for one.
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
    let mut call = Box::pin(after_a_look(call));
    let mut interrupted = None;
    loop {
        let tick = py.detach(|| {
            let tick = panic::catch_unwind(AssertUnwindSafe(|| {
                process.poll(call.as_mut(), SIGNAL_TICK)
            }));
            if is_closing() {
                // A daemon thread at the interpreter's exit: going back to Python would abort.
                park();
            }
            tick
        });
        match tick {
            Ok(Some(value)) => return interrupted.map_or(Ok(value), Err),
            Ok(None) => {}
            Err(_) => return Err(interrupted.unwrap_or_else(internal)),
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

/// `call`, once it was seen what happened to idle connections while nobody looked: a turn for the
/// sockets' events, and one for the tasks that these wake.
async fn after_a_look<T>(call: impl Future<Output = T>) -> T {
    yield_now().await;
    yield_now().await;
    call.await
}

fn internal() -> PyErr {
    PyRuntimeError::new_err("an internal error ended the call; please report it")
}

/// Keeps this thread out of an interpreter that goes away; the process ends over it.
fn park() -> ! {
    loop {
        thread::park();
    }
}

/// Waits for `call` without driving anything itself, for work that may block for long.
pub(crate) async fn aside<T, F>(call: F) -> Option<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let handle = Handle::current();
    let blocking = handle.clone();
    handle
        .spawn_blocking(move || blocking.block_on(call))
        .await
        .ok()
}

/// Starts `call` and hands what it gives to the Python callable `done`, on a thread of the runtime.
pub(crate) fn start<T, F>(py: Python<'_>, call: F, done: Py<PyAny>) -> PyResult<NativeCall>
where
    T: for<'py> IntoPyObject<'py> + Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let process = current(py)?;
    let unattended = Counted::in_count(&process.unattended);
    let task = process.runtime.spawn(after_a_look(call));
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
                Err(_) => Err(internal()),
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
    if !process.caretaker.is_driving.load(Ordering::SeqCst) {
        process.caretaker.wake();
    }
    Ok(NativeCall(abort))
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
pub(crate) struct NativeCall(AbortHandle);

#[pymethods]
impl NativeCall {
    /// Drops the call; `done` is not called any more, unless it was already.
    fn cancel(&self) {
        self.0.abort();
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
        let current = *CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(process) = current.filter(|process| process.pid == process::id()) else {
            return;
        };
        process.caretaker.leave.notify_one();
        process.caretaker.wake();
        let until = Instant::now() + SHUTDOWN_LIMIT;
        while process.is_busy() && Instant::now() < until {
            thread::sleep(Duration::from_millis(1));
        }
    });
}

/// A value whose threads or connections belong to the process that made it; a forked child leaks
/// it instead of dropping it, since the parent still uses what is behind it.
pub(crate) struct OfProcess<T> {
    pid: u32,
    value: Option<T>,
}

impl<T> OfProcess<T> {
    pub(crate) fn new(value: T) -> Self {
        Self {
            pid: process::id(),
            value: Some(value),
        }
    }

    /// The value, in the process that made it.
    pub(crate) fn get(&self) -> Option<&T> {
        self.value.as_ref().filter(|_| self.pid == process::id())
    }

    /// The value, in the process that made it.
    pub(crate) fn get_mut(&mut self) -> Option<&mut T> {
        let is_ours = self.pid == process::id();
        self.value.as_mut().filter(|_| is_ours)
    }
}

impl<T> Drop for OfProcess<T> {
    fn drop(&mut self) {
        if self.pid != process::id() {
            mem::forget(self.value.take());
        }
    }
}
