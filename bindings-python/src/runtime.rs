//! One tokio runtime per process: never used by a forked child, stopped before the interpreter goes.

use std::future::Future;
use std::mem;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use pyo3::exceptions::{PyImportError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::{BoundObject, ffi};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::AbortHandle;

/// Network calls leave these threads idle nearly always.
const WORKERS: usize = 2;
/// How often a waiting call looks for Ctrl-C.
const SIGNAL_TICK: Duration = Duration::from_millis(50);
/// Longest time that the interpreter's exit waits for our threads.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(1);

/// The first interpreter of a process has this id.
const MAIN_INTERPRETER: i64 = 0;

static CURRENT: Mutex<Option<&'static ProcessRuntime>> = Mutex::new(None);
/// The process whose interpreter exits; 0 is none.
static CLOSING: AtomicU32 = AtomicU32::new(0);

fn is_closing() -> bool {
    CLOSING.load(Ordering::Acquire) == process::id()
}

/// The runtime of one process. A forked child makes its own and leaves this one alone: its threads
/// do not exist there, and dropping it would wait for them for ever.
struct ProcessRuntime {
    pid: u32,
    handle: Handle,
    runtime: Mutex<Option<Runtime>>,
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
    let runtime = Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_name("graph8-crm")
        .enable_all()
        .build()?;
    let started: &'static ProcessRuntime = Box::leak(Box::new(ProcessRuntime {
        pid,
        handle: runtime.handle().clone(),
        runtime: Mutex::new(Some(runtime)),
    }));
    *current = Some(started);
    Ok(started)
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
    let (sender, receiver) = mpsc::channel();
    let task = process.handle.spawn(async move {
        // A receiver that is gone was interrupted.
        let _ = sender.send(call.await);
    });
    let mut interrupted = None;
    let mut receiver = receiver;
    loop {
        let (tick, back) = py.detach(move || {
            let tick = receiver.recv_timeout(SIGNAL_TICK);
            if tick.is_err() && is_closing() {
                // A daemon thread at the interpreter's exit: going back to Python would abort.
                park();
            }
            (tick, receiver)
        });
        receiver = back;
        match tick {
            Ok(value) => return interrupted.map_or(Ok(value), Err),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(interrupted.unwrap_or_else(|| {
                    PyRuntimeError::new_err("an internal error ended the call; please report it")
                }));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        if interrupted.is_none()
            && let Err(signal) = py.check_signals().and_then(|()| tell(py))
        {
            if !interrupt() {
                task.abort();
                return Err(signal);
            }
            interrupted = Some(signal);
        }
    }
}

/// Keeps this thread out of an interpreter that goes away; the process ends over it.
fn park() -> ! {
    loop {
        thread::park();
    }
}

/// Starts `call` and hands what it gives to the Python callable `done`, on a thread of the runtime.
pub(crate) fn start<T, F>(py: Python<'_>, call: F, done: Py<PyAny>) -> PyResult<NativeCall>
where
    T: for<'py> IntoPyObject<'py> + Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let process = current(py)?;
    let task = process.handle.spawn(call);
    let abort = task.abort_handle();
    process.handle.spawn(async move {
        let outcome = task.await;
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
                Err(_) => Err(PyRuntimeError::new_err(
                    "an internal error ended the call; please report it",
                )),
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
    Ok(NativeCall(abort))
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

/// Stops the runtime of this process; for `atexit`. Takes a second at most.
#[pyfunction]
pub(crate) fn shutdown(py: Python<'_>) {
    // Released: a worker that is about to hand over a result needs the interpreter to get done.
    py.detach(|| {
        CLOSING.store(process::id(), Ordering::Release);
        let current = *CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(process) = current.filter(|process| process.pid == process::id()) else {
            return;
        };
        let runtime = process
            .runtime
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(runtime) = runtime {
            runtime.shutdown_timeout(SHUTDOWN_LIMIT);
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
