//! Classes of Python's standard library and of this package, each imported once.

use pyo3::PyTypeCheck;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

use super::fault::{Encoded, Fault};

pub(super) static ENUM: PyOnceLock<Py<PyType>> = PyOnceLock::new();
pub(super) static DECIMAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
/// A number of this package that has its own form in JSON.
pub(super) static WRITTEN: PyOnceLock<Py<PyType>> = PyOnceLock::new();
pub(super) static UUID: PyOnceLock<Py<PyType>> = PyOnceLock::new();
pub(super) static TIMEZONE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
pub(super) static TYPED: PyOnceLock<Py<PyType>> = PyOnceLock::new();
pub(super) static LOADS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
pub(super) static FIELD: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// As `PyOnceLock::import`, but what the import runs may come here as well without waiting for itself.
pub(super) fn imported<'a, 'py, T: PyTypeCheck>(
    cell: &'a PyOnceLock<Py<T>>,
    py: Python<'py>,
    module: &str,
    name: &str,
) -> PyResult<&'a Bound<'py, T>> {
    if let Some(found) = cell.get(py) {
        return Ok(found.bind(py));
    }
    let found = py.import(module)?.getattr(name)?.cast_into::<T>()?;
    Ok(cell.get_or_init(py, || found.unbind()).bind(py))
}

pub(super) fn is_a(
    object: &Bound<'_, PyAny>,
    class: &'static PyOnceLock<Py<PyType>>,
    module: &str,
    name: &str,
) -> Encoded<bool> {
    let py = object.py();
    imported(class, py, module, name)
        .and_then(|class| object.is_instance(class))
        .map_err(|error| Fault::raised(py, error))
}
