//! Python objects straight into JSON bytes: one walk, no values in between.
//!
//! | Python | JSON |
//! |---|---|
//! | `str` | string; a lone surrogate fails the record |
//! | `bool`, `None` | `true`, `false`, `null` |
//! | `int` | number, exact at any size |
//! | `float` | number; NaN and infinities are `null` |
//! | `Decimal` | number, digits as written; NaN and infinities are `null` |
//! | `list`, `tuple` | array |
//! | `dict`, any mapping | object; keys are `str` |
//! | `datetime` | RFC 3339 string; a naive one has no zone; `pandas.NaT` is `null` |
//! | `date`, `time` | ISO 8601 string |
//! | `UUID` | string |
//! | `Enum` | its value |

use std::fmt::Write;

use graph8_crm::Records;
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{
    PyBool, PyByteArray, PyBytes, PyDate, PyDateTime, PyDict, PyFloat, PyFrozenSet, PyInt, PyList,
    PyMapping, PySet, PyString, PyTime, PyTuple, PyType,
};

/// Deeper nesting fails the record; so does a value that contains itself.
const MAX_DEPTH: usize = 128;
/// Longest field path in a message, in characters.
const MAX_PATH: usize = 200;

/// Encodes a chunk whose first record has the index `base` in the caller's input. A record that
/// can't be encoded keeps its place as a rejection.
///
/// # Errors
///
/// Only what must not be swallowed, such as a `KeyboardInterrupt` while a mapping was read.
pub(crate) fn records(chunk: &Bound<'_, PyList>, base: usize) -> PyResult<Records> {
    let mut records = Records::with_capacity(chunk.len(), chunk.len() * 256);
    for (position, record) in chunk.iter().enumerate() {
        let mut raised = None;
        records.push_with(|json| {
            value(&record, json, 0).map_err(|fault| match fault {
                Fault::Value { .. } => format!("record {}: {}", base + position, fault.words()),
                Fault::Raised(error) => {
                    raised = Some(error);
                    String::new()
                }
            })
        });
        if let Some(error) = raised {
            return Err(error);
        }
    }
    Ok(records)
}

/// Encodes one value; the inner error says what can't be encoded and where.
pub(crate) fn text(object: &Bound<'_, PyAny>) -> PyResult<Result<Vec<u8>, String>> {
    let mut json = Vec::new();
    match value(object, &mut json, 0) {
        Ok(()) => Ok(Ok(json)),
        Err(Fault::Raised(error)) => Err(error),
        Err(fault) => Ok(Err(fault.words())),
    }
}

/// The JSON bytes that a value travels as.
#[pyfunction]
#[pyo3(signature = (value: "object") -> "bytes")]
pub(crate) fn encode<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let json = text(value)?.map_err(PyValueError::new_err)?;
    Ok(PyBytes::new(value.py(), &json))
}

enum Fault {
    /// The record fails; `path` is innermost first.
    Value { words: String, path: Vec<Step> },
    /// Not about the record: comes out as it is.
    Raised(PyErr),
}

enum Step {
    Key(String),
    Index(usize),
}

impl Fault {
    fn new(words: impl Into<String>) -> Self {
        Self::Value {
            words: words.into(),
            path: Vec::new(),
        }
    }

    fn at(mut self, step: impl FnOnce() -> Step) -> Self {
        if let Self::Value { path, .. } = &mut self {
            path.push(step());
        }
        self
    }

    fn words(self) -> String {
        let (words, path) = match self {
            Self::Value { words, path } => (words, path),
            Self::Raised(error) => (error.to_string(), Vec::new()),
        };
        if path.is_empty() {
            return words;
        }
        let mut place = String::new();
        for step in path.iter().rev() {
            match step {
                Step::Key(key) if place.is_empty() => place.push_str(key),
                Step::Key(key) => {
                    place.push('.');
                    place.push_str(key);
                }
                // Writing to a String can't fail.
                Step::Index(index) => drop(write!(place, "[{index}]")),
            }
        }
        if let Some((end, _)) = place.char_indices().nth(MAX_PATH) {
            place.truncate(end);
            place.push('…');
        }
        format!("field '{place}': {words}")
    }
}

/// An `Exception` out of the caller's own code fails the record; a `KeyboardInterrupt` does not
/// belong to it.
fn raised(py: Python<'_>, error: PyErr) -> Fault {
    if error.is_instance_of::<PyException>(py) {
        Fault::new(format!("reading it raised {error}"))
    } else {
        Fault::Raised(error)
    }
}

type Encoded = Result<(), Fault>;

fn value(object: &Bound<'_, PyAny>, json: &mut Vec<u8>, depth: usize) -> Encoded {
    // Exact types first: nearly all values are one of these.
    if let Ok(text) = object.cast_exact::<PyString>() {
        string(text, json)
    } else if object.is_none() {
        json.extend_from_slice(b"null");
        Ok(())
    } else if let Ok(flag) = object.cast_exact::<PyBool>() {
        json.extend_from_slice(if flag.is_true() { b"true" } else { b"false" });
        Ok(())
    } else if let Ok(number) = object.cast_exact::<PyInt>() {
        integer(number, json)
    } else if let Ok(number) = object.cast_exact::<PyFloat>() {
        float(number.value(), json)
    } else if object.is_exact_instance_of::<PyDict>() {
        mapping(object, json, depth)
    } else if let Ok(list) = object.cast_exact::<PyList>() {
        array(list.iter(), json, depth)
    } else {
        uncommon(object, json, depth)
    }
}

fn uncommon(object: &Bound<'_, PyAny>, json: &mut Vec<u8>, depth: usize) -> Encoded {
    let py = object.py();
    // An Enum may be a str or an int as well: its value decides.
    if is_a(object, &ENUM, "enum", "Enum")? {
        let inner = object
            .getattr(intern!(py, "value"))
            .map_err(|error| raised(py, error))?;
        return value(&inner, json, deeper(depth)?);
    }
    if let Ok(text) = object.cast::<PyString>() {
        return string(text, json);
    }
    if let Ok(number) = object.cast::<PyInt>() {
        return integer(number, json);
    }
    if let Ok(number) = object.cast::<PyFloat>() {
        return float(number.value(), json);
    }
    if object.is_instance_of::<PyDateTime>() {
        return date_time(object, json);
    }
    if object.is_instance_of::<PyDate>() || object.is_instance_of::<PyTime>() {
        let text = said(object, intern!(py, "isoformat"))?;
        return string(&text, json);
    }
    if is_a(object, &DECIMAL, "decimal", "Decimal")? {
        return decimal(object, json);
    }
    if is_a(object, &UUID, "uuid", "UUID")? {
        let text = object.str().map_err(|error| raised(py, error))?;
        return string(&text, json);
    }
    if let Ok(list) = object.cast::<PyList>() {
        return array(list.iter(), json, depth);
    }
    if let Ok(tuple) = object.cast::<PyTuple>() {
        return array(tuple.iter(), json, depth);
    }
    if object.cast::<PyMapping>().is_ok() {
        return mapping(object, json, depth);
    }
    Err(unsupported(object))
}

fn unsupported(object: &Bound<'_, PyAny>) -> Fault {
    let name = object
        .get_type()
        .fully_qualified_name()
        .map_or_else(|_| "this".to_owned(), |name| name.to_string());
    let advice = if object.is_instance_of::<PySet>() || object.is_instance_of::<PyFrozenSet>() {
        "use a list"
    } else if object.is_instance_of::<PyBytes>() || object.is_instance_of::<PyByteArray>() {
        "use str, for example value.decode()"
    } else {
        "use str, int, float, bool, None, list, tuple, dict, datetime, date, Decimal, UUID or Enum"
    };
    Fault::new(format!("cannot encode {name}; {advice}"))
}

fn deeper(depth: usize) -> Result<usize, Fault> {
    if depth >= MAX_DEPTH {
        return Err(Fault::new(format!(
            "nested deeper than {MAX_DEPTH} levels, or it contains itself; flatten it"
        )));
    }
    Ok(depth + 1)
}

fn string(text: &Bound<'_, PyString>, json: &mut Vec<u8>) -> Encoded {
    let text = text.to_str().map_err(|_| {
        Fault::new("has a lone surrogate, which is not Unicode; use text.encode('utf-8', 'replace').decode()")
    })?;
    write(json, text)
}

/// Writes what `serde_json` knows how to escape or format.
fn write<T: serde::Serialize + ?Sized>(json: &mut Vec<u8>, value: &T) -> Encoded {
    serde_json::to_writer(json, value).map_err(|error| Fault::new(error.to_string()))
}

fn integer(number: &Bound<'_, PyInt>, json: &mut Vec<u8>) -> Encoded {
    if let Ok(small) = number.extract::<i64>() {
        return write(json, &small);
    }
    // The plain int's own digits, whatever a subclass prints.
    let py = number.py();
    let digits = py
        .get_type::<PyInt>()
        .call_method1(intern!(py, "__repr__"), (number,))
        .and_then(|digits| digits.str())
        .map_err(|error| raised(py, error))?;
    json.extend_from_slice(digits.to_string_lossy().as_bytes());
    Ok(())
}

fn float(number: f64, json: &mut Vec<u8>) -> Encoded {
    // serde_json writes NaN and infinities as null.
    write(json, &number)
}

fn decimal(number: &Bound<'_, PyAny>, json: &mut Vec<u8>) -> Encoded {
    let text = number.str().map_err(|error| raised(number.py(), error))?;
    let digits = text.to_string_lossy();
    if digits
        .trim_start_matches('-')
        .starts_with(|first: char| first.is_ascii_digit())
    {
        json.extend_from_slice(digits.as_bytes());
    } else {
        json.extend_from_slice(b"null");
    }
    Ok(())
}

fn date_time(moment: &Bound<'_, PyAny>, json: &mut Vec<u8>) -> Encoded {
    let py = moment.py();
    let mut text = said(moment, intern!(py, "isoformat"))?;
    let shown = text.to_string_lossy();
    if shown == "NaT" {
        json.extend_from_slice(b"null");
        return Ok(());
    }
    // Zones of long ago have offsets with seconds, which RFC 3339 can't write: UTC can.
    let zone = shown.get(19..).and_then(|rest| rest.split_once(['+', '-']));
    if zone.is_some_and(|(_, offset)| offset.len() > "hh:mm".len()) {
        let in_utc = TIMEZONE
            .import(py, "datetime", "timezone")
            .and_then(|timezone| timezone.getattr(intern!(py, "utc")))
            .and_then(|utc| moment.call_method1(intern!(py, "astimezone"), (utc,)))
            .map_err(|error| raised(py, error))?;
        text = said(&in_utc, intern!(py, "isoformat"))?;
    }
    string(&text, json)
}

fn array<'py>(
    items: impl Iterator<Item = Bound<'py, PyAny>>,
    json: &mut Vec<u8>,
    depth: usize,
) -> Encoded {
    let depth = deeper(depth)?;
    json.push(b'[');
    for (index, item) in items.enumerate() {
        if index > 0 {
            json.push(b',');
        }
        value(&item, json, depth).map_err(|fault| fault.at(|| Step::Index(index)))?;
    }
    json.push(b']');
    Ok(())
}

fn mapping(object: &Bound<'_, PyAny>, json: &mut Vec<u8>, depth: usize) -> Encoded {
    let py = object.py();
    let depth = deeper(depth)?;
    // items() and not the dict's own iterator of pyo3: that one panics when the dict changes
    // meanwhile, this one raises.
    let items = object
        .call_method0(intern!(py, "items"))
        .and_then(|items| items.try_iter())
        .map_err(|error| raised(py, error))?;
    json.push(b'{');
    for (position, item) in items.enumerate() {
        let item = item.map_err(|error| raised(py, error))?;
        let (key, inner) = pair(&item).map_err(|error| raised(py, error))?;
        let Ok(name) = key.cast::<PyString>() else {
            return Err(Fault::new(format!(
                "the key {} is {}; keys must be str",
                shown(&key),
                key.get_type()
            )));
        };
        if position > 0 {
            json.push(b',');
        }
        let step = || Step::Key(name.to_string_lossy().into_owned());
        string(name, json).map_err(|fault| fault.at(step))?;
        json.push(b':');
        value(&inner, json, depth).map_err(|fault| fault.at(step))?;
    }
    json.push(b'}');
    Ok(())
}

fn pair<'py>(item: &Bound<'py, PyAny>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let pair = item.cast::<PyTuple>()?;
    Ok((pair.get_item(0)?, pair.get_item(1)?))
}

fn shown(key: &Bound<'_, PyAny>) -> String {
    let text = key.repr().map_or_else(
        |_| "?".to_owned(),
        |text| text.to_string_lossy().into_owned(),
    );
    text.chars().take(80).collect()
}

fn said<'py>(
    object: &Bound<'py, PyAny>,
    method: &Bound<'py, PyString>,
) -> Result<Bound<'py, PyString>, Fault> {
    object
        .call_method0(method)
        .and_then(|text| Ok(text.cast_into::<PyString>()?))
        .map_err(|error| raised(object.py(), error))
}

static ENUM: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static DECIMAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static UUID: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static TIMEZONE: PyOnceLock<Py<PyType>> = PyOnceLock::new();

fn is_a(
    object: &Bound<'_, PyAny>,
    class: &'static PyOnceLock<Py<PyType>>,
    module: &str,
    name: &str,
) -> Result<bool, Fault> {
    let py = object.py();
    class
        .import(py, module, name)
        .and_then(|class| object.is_instance(class))
        .map_err(|error| raised(py, error))
}
