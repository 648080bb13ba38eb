//! The sandbox inside the package: options and commands as JSON text.

use std::sync::{Mutex, MutexGuard, PoisonError};

use graph8_sandbox::{CommandLine, Sandbox, SandboxOptions, Started};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;

use crate::runtime::OfEpoch;

/// A running sandbox; it ends with `stop`, with the object, or with the process.
#[pyclass(frozen)]
pub(crate) struct NativeSandbox {
    url: String,
    sandbox: Mutex<Option<OfEpoch<Sandbox>>>,
}

#[pymethods]
impl NativeSandbox {
    /// Starts a sandbox with options as JSON text.
    #[staticmethod]
    fn start(py: Python<'_>, options: &str) -> PyResult<Self> {
        let options: SandboxOptions = serde_json::from_str(options).map_err(|error| {
            PyValueError::new_err(format!("the sandbox's options are wrong: {error}"))
        })?;
        let sandbox = py.detach(|| Sandbox::start(options))?;
        Ok(Self::of(sandbox))
    }

    /// Does what a command line asks: the sandbox if it runs, what to print, whether it ends with the standard
    /// input, and the exit code.
    #[staticmethod]
    fn run_command(
        py: Python<'_>,
        name: &str,
        arguments: Vec<String>,
    ) -> (Option<Self>, String, bool, u8) {
        match py.detach(|| CommandLine::run(name, arguments)) {
            CommandLine::Started(Started {
                sandbox,
                greeting,
                until_stdin_closes,
            }) => (Some(Self::of(sandbox)), greeting, until_stdin_closes, 0),
            CommandLine::Ended(ended) => (None, ended.text, false, ended.code),
        }
    }

    /// The address to use as a client's base URL.
    #[getter]
    fn url(&self) -> &str {
        &self.url
    }

    /// Carries out a command, JSON text in and out.
    fn command(&self, py: Python<'_>, command: &str) -> PyResult<String> {
        py.detach(|| {
            let sandbox = self.lock();
            let sandbox = sandbox.as_ref().and_then(OfEpoch::get).ok_or_else(|| {
                PyRuntimeError::new_err(
                    "the sandbox has stopped, runs in the parent process, or lost its handles",
                )
            })?;
            sandbox.command_json(command).map_err(PyValueError::new_err)
        })
    }

    /// Stops the sandbox; a second call does nothing.
    fn stop(&self, py: Python<'_>) {
        py.detach(|| {
            if let Some(mut sandbox) = self.lock().take()
                && let Some(sandbox) = sandbox.get_mut()
            {
                sandbox.stop();
            }
        });
    }
}

impl NativeSandbox {
    fn of(sandbox: Sandbox) -> Self {
        Self {
            url: sandbox.url().to_owned(),
            sandbox: Mutex::new(Some(OfEpoch::new(sandbox))),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<OfEpoch<Sandbox>>> {
        self.sandbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
