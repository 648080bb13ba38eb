//! Why a value can't be encoded, and where in its record it lies.

use std::fmt::Write;

use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::PyString;

/// Longest field path in a message, in characters.
const MAX_PATH: usize = 200;

pub(super) type Encoded<T = ()> = Result<T, Fault>;

/// Boxed, since nearly every value is encoded without one.
pub(super) struct Fault(Box<Inner>);

enum Inner {
    /// The record fails; `path` is innermost first.
    Value { message: String, path: Vec<Step> },
    /// Not about the record: comes out as it is.
    Raised(PyErr),
}

pub(super) enum Step {
    Key(String),
    Index(usize),
    /// Several at once, as they are shown.
    Path(String),
}

impl Step {
    pub(super) fn key(name: &Bound<'_, PyString>) -> Self {
        Self::Key(lossy(name))
    }
}

/// The text, for messages and for what must not fail: with U+FFFD for what is not Unicode.
pub(super) fn lossy(text: &Bound<'_, PyString>) -> String {
    String::from_utf8_lossy(text.to_string_lossy().as_bytes()).into_owned()
}

impl Fault {
    pub(super) fn new(message: impl Into<String>) -> Self {
        // It may quote what PyO3 took for UTF-8.
        let message = String::from_utf8_lossy(message.into().as_bytes()).into_owned();
        Self(Box::new(Inner::Value {
            message,
            path: Vec::new(),
        }))
    }

    /// An `Exception` out of the caller's own code fails the record; a `KeyboardInterrupt` does not
    /// belong to it.
    pub(super) fn raised(py: Python<'_>, error: PyErr) -> Self {
        if error.is_instance_of::<PyException>(py) {
            Self::new(format!("reading it raised {error}"))
        } else {
            Self(Box::new(Inner::Raised(error)))
        }
    }

    pub(super) fn at(mut self, step: Step) -> Self {
        if let Inner::Value { path, .. } = &mut *self.0 {
            path.push(step);
        }
        self
    }

    /// What becomes of the record, or what comes out of the push.
    pub(super) fn into_message(self) -> PyResult<String> {
        match *self.0 {
            Inner::Value { message, path } => Ok(with_path(message, &path)),
            Inner::Raised(error) => Err(error),
        }
    }
}

fn with_path(message: String, path: &[Step]) -> String {
    if path.is_empty() {
        return message;
    }
    let mut place = String::new();
    for step in path.iter().rev() {
        match step {
            Step::Key(key) if place.is_empty() => place.push_str(key),
            Step::Key(key) => {
                place.push('.');
                place.push_str(key);
            }
            Step::Path(path) => place.push_str(path),
            // Writing to a String can't fail.
            Step::Index(index) => drop(write!(place, "[{index}]")),
        }
    }
    if let Some((end, _)) = place.char_indices().nth(MAX_PATH) {
        place.truncate(end);
        place.push('…');
    }
    format!("field '{place}': {message}")
}
