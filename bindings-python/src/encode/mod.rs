//! Python objects straight into JSON bytes: one walk, no values in between.
//!
//! | Python | JSON |
//! |---|---|
//! | `str` | string; a lone surrogate fails the record |
//! | `bool`, `None` | `true`, `false`, `null` |
//! | `int` | number, exact at any size |
//! | `float` | number; NaN and infinities are `null`, or fail the record |
//! | `Decimal` | number, digits as written; NaN and infinities as of `float` |
//! | `list`, `tuple`, `numpy.ndarray` | array |
//! | `dict`, any mapping, rows of queries | object; keys are `str` |
//! | dataclass, attrs, `NamedTuple` | object of its fields |
//! | `msgspec.Struct` | object of its fields, as `msgspec.to_builtins` names and omits them |
//! | pydantic model, dataclass, URL, secret | what it dumps to JSON, by alias |
//! | SQLAlchemy's mapped objects | object of the columns that are loaded |
//! | `datetime` | RFC 3339 string; a naive one has no zone; `NaT` is `null` |
//! | `date`, `time` | ISO 8601 string |
//! | `timedelta` | number of seconds |
//! | `UUID`, paths, IP addresses | string |
//! | `Enum` | its value |
//! | numpy scalar, `pandas.NA` | as its Python value; `null` |

use std::sync::{Arc, Mutex};

use graph8_crm::border::{MOST_LEVELS, Shaper, json};
use graph8_crm::{Nan, Records};
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::critical_section::with_critical_section;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

mod classes;
mod columns;
mod fault;
mod fields;
mod imported;
mod keys;
mod members;
mod numbers;
mod numpy;
mod other_types;
mod rows;
mod structs;
mod texts;
mod typed;

pub(crate) use columns::ColumnInput;

use columns::Cells;
use fault::{Encoded, Fault, Step};
use fields::Fields;
use keys::Keys;
use members::{Members, name_of};
use numbers::{float, integer};

/// Encodes records: those of one push, or of all pushes of a client that leave them as they are.
pub(crate) struct Encoder {
    /// Names of the records' own fields.
    outer: Keys,
    /// Names within the objects that they hold.
    inner: Keys,
    nan: Nan,
    drops_nulls: bool,
    /// Which of the claimed names the record at hand has.
    taken: Vec<bool>,
    room: Room,
}

/// An encoder that is not in use now, with its names made ready.
#[derive(Clone, Default)]
pub(crate) struct SpareEncoder(Arc<Mutex<Option<Encoder>>>);

impl SpareEncoder {
    /// Runs `work` with it, or with a new one of that shaper when it is in use. Taken out and not locked
    /// meanwhile: `work` may run Python code, and that another thread.
    pub(crate) fn with<T>(
        &self,
        shaper: impl FnOnce() -> Option<Shaper>,
        work: impl FnOnce(&mut Encoder) -> T,
    ) -> T {
        let taken = self.0.try_lock().ok().and_then(|mut kept| kept.take());
        let mut encoder = taken.unwrap_or_else(|| Encoder::new(shaper()));
        let result = work(&mut encoder);
        if let Ok(mut kept) = self.0.try_lock() {
            *kept = Some(encoder);
        }
        result
    }
}

/// How much memory a chunk is given before its length is known.
struct Room {
    /// Bytes of a record.
    usual: usize,
    /// Bytes of a chunk. One huge record must not have the same asked for each that comes after it.
    most: usize,
}

impl Room {
    const AT_FIRST: Self = Self {
        usual: 512,
        most: 1 << 20,
    };
    const MOST: usize = 64 << 20;

    /// Memory for so many records: that of an earlier chunk, or new.
    fn records(&self, count: usize, emptied: Option<Records>) -> Records {
        let bytes = count.saturating_mul(self.usual).min(self.most);
        emptied.unwrap_or_else(|| Records::with_capacity(count, bytes))
    }

    fn learn(&mut self, records: &Records) {
        let with_slack = |bytes: usize| bytes + bytes / 8 + 1;
        if let Some(mean) = records.byte_len().checked_div(records.len()) {
            self.usual = with_slack(mean);
            self.most = with_slack(records.byte_len()).clamp(Self::AT_FIRST.most, Self::MOST);
        }
    }
}

impl Encoder {
    pub(crate) fn new(shaper: Option<Shaper>) -> Self {
        Self {
            nan: shaper.as_ref().map_or(Nan::Null, Shaper::nan),
            drops_nulls: shaper.as_ref().is_some_and(Shaper::drops_nulls),
            taken: vec![false; shaper.as_ref().map_or(0, Shaper::collisions)],
            outer: Keys::new(shaper),
            inner: Keys::new(None),
            room: Room::AT_FIRST,
        }
    }

    /// Encodes a chunk whose first record has the index `base` in the caller's input. A record that
    /// can't be encoded keeps its place as a rejection.
    ///
    /// # Errors
    ///
    /// Only what must not be swallowed, such as a `KeyboardInterrupt` while a mapping was read.
    pub(crate) fn records(
        &mut self,
        chunk: &Bound<'_, PyList>,
        base: usize,
        emptied: Option<Records>,
    ) -> PyResult<Records> {
        let mut records = self.room.records(chunk.len(), emptied);
        // A copy: encoding a record may run Python code that changes the list.
        for (position, record) in chunk.to_tuple().iter().enumerate() {
            self.add(&mut records, base + position, |encoder, json| {
                encoder.record(&record, json)
            })?;
        }
        self.room.learn(&records);
        Ok(records)
    }

    /// Encodes rows whose fields lie in columns.
    pub(crate) fn rows(
        &mut self,
        (names, columns, rows): (&[Bound<'_, PyString>], &[ColumnInput<'_>], usize),
        base: usize,
        emptied: Option<Records>,
    ) -> PyResult<Records> {
        let columns = columns.iter().map(|column| column.cells(self.nan));
        let columns = columns.collect::<PyResult<Vec<_>>>()?;
        let mut records = self.room.records(rows, emptied);
        for row in 0..rows {
            self.add(&mut records, base + row, |encoder, json| {
                let mut members = Members::begin(json, 0);
                for (name, column) in names.iter().zip(&columns) {
                    match column {
                        Cells::Column(column) => {
                            members.add_cell(encoder, json, name, (column, row))?;
                        }
                        Cells::Values(list) => {
                            let value = list
                                .get_item(row)
                                .map_err(|error| Fault::raised(name.py(), error))?;
                            members.add(encoder, json, name, &value)?;
                        }
                    }
                }
                members.end(encoder, json)
            })?;
        }
        self.room.learn(&records);
        Ok(records)
    }

    fn add(
        &mut self,
        records: &mut Records,
        index: usize,
        write: impl FnOnce(&mut Self, &mut Vec<u8>) -> Encoded,
    ) -> PyResult<()> {
        let mut raised = None;
        self.taken.fill(false);
        self.outer.may_repeat = false;
        self.inner.may_repeat = false;
        records.push_with(|json| {
            write(self, json).map_err(|fault| match fault.into_message() {
                Ok(message) => format!("record {index}: {message}"),
                Err(error) => {
                    raised = Some(error);
                    String::new()
                }
            })
        });
        raised.map_or(Ok(()), Err)
    }

    /// A record: its own fields go by the shape.
    fn record(&mut self, record: &Bound<'_, PyAny>, json: &mut Vec<u8>) -> Encoded {
        if let Ok(dict) = record.cast_exact::<PyDict>() {
            return self.dict(dict, json, 0);
        }
        match fields::fields(record)? {
            Some(fields) => self.object(record, fields, json, 0),
            None => self.value(record, json, 0),
        }
    }

    fn value(&mut self, object: &Bound<'_, PyAny>, json: &mut Vec<u8>, depth: usize) -> Encoded {
        if let Ok(text) = object.cast_exact::<PyString>() {
            json::write_str(json, texts::text(text)?);
            Ok(())
        } else if let Ok(number) = object.cast_exact::<PyInt>() {
            integer(number, json)
        } else if let Ok(number) = object.cast_exact::<PyFloat>() {
            float(number.value(), self.nan, json)
        } else if let Ok(flag) = object.cast_exact::<PyBool>() {
            json.extend_from_slice(if flag.is_true() { b"true" } else { b"false" });
            Ok(())
        } else if object.is_none() {
            json.extend_from_slice(b"null");
            Ok(())
        } else if let Ok(dict) = object.cast_exact::<PyDict>() {
            self.dict(dict, json, Self::deeper(depth)?)
        } else if let Ok(list) = object.cast_exact::<PyList>() {
            self.array(list.iter(), json, depth)
        } else {
            self.other(object, json, depth)
        }
    }

    fn array<'py>(
        &mut self,
        items: impl Iterator<Item = Bound<'py, PyAny>>,
        json: &mut Vec<u8>,
        depth: usize,
    ) -> Encoded {
        let depth = Self::deeper(depth)?;
        json.push(b'[');
        for (index, item) in items.enumerate() {
            if index > 0 {
                json.push(b',');
            }
            self.value(&item, json, depth)
                .map_err(|fault| fault.at(Step::Index(index)))?;
        }
        json.push(b']');
        Ok(())
    }

    fn dict(&mut self, dict: &Bound<'_, PyDict>, json: &mut Vec<u8>, depth: usize) -> Encoded {
        // All before the first is encoded, since PyO3's iterator panics when a dict changes under it.
        // Without a GIL another thread may change it.
        let items: Vec<_> = with_critical_section(dict.as_any(), || dict.iter().collect());
        let len = items.len();
        let is_as_before = || match dict.len() {
            now if now == len => Ok(()),
            _ => Err(Fault::new("the dict changed size while it was read")),
        };
        let mut members = Members::begin_dict(json, depth);
        for (name, value) in items {
            let key = members.key(&name, &value)?;
            members.add(self, json, key, &value)?;
            // Encoding anything else, or letting go of it, may run Python code; a str does so too seldom to
            // look each time.
            if !value.is_exact_instance_of::<PyString>() {
                drop(value);
                is_as_before()?;
            }
        }
        is_as_before()?;
        members.end(self, json)
    }

    fn object(
        &mut self,
        object: &Bound<'_, PyAny>,
        fields: Fields<'_>,
        json: &mut Vec<u8>,
        depth: usize,
    ) -> Encoded {
        let py = object.py();
        let failed = |error| Fault::raised(py, error);
        let mut members = Members::begin(json, depth);
        match fields {
            Fields::Dict(dict) => return self.dict(&dict, json, depth),
            Fields::Items(mapping) => {
                let items = mapping
                    .call_method0(intern!(py, "items"))
                    .and_then(|items| items.try_iter())
                    .map_err(failed)?;
                for item in items {
                    let (key, value) = item.and_then(|item| pair(&item)).map_err(failed)?;
                    members.add(self, json, name_of(&key, &value)?, &value)?;
                }
            }
            Fields::Pairs(fields) => {
                for (name, value) in fields {
                    members.add(self, json, &name, &value)?;
                }
            }
            Fields::Value(value) => return self.value(&value, json, depth),
            Fields::Attributes(names) => {
                for name in names {
                    if let Some(value) = fields::value_of(object, &name)? {
                        members.add(self, json, &name, &value)?;
                    }
                }
            }
            Fields::Keys(row) => {
                let keys = row
                    .call_method0(intern!(py, "keys"))
                    .and_then(|keys| keys.try_iter())
                    .map_err(failed)?;
                for key in keys {
                    let key = key.map_err(failed)?;
                    let value = row.get_item(&key).map_err(failed)?;
                    members.add(self, json, name_of(&key, &value)?, &value)?;
                }
            }
            Fields::Typed(values, kinds) => {
                for item in values.items() {
                    let (key, value) = pair(&item).map_err(failed)?;
                    let name = name_of(&key, &value)?;
                    let Some(first) = members.add(self, json, name, &value)? else {
                        continue;
                    };
                    // A custom field has no kind.
                    if let Ok(kind) = kinds.get_item(name)
                        && let Some(message) = typed::problem(&kind.to_string(), first)
                    {
                        return Err(Fault::new(message).at(Step::key(name)));
                    }
                }
            }
        }
        members.end(self, json)
    }

    /// The names of objects at this depth.
    #[inline]
    fn keys(&mut self, depth: usize) -> &mut Keys {
        if depth == 0 {
            &mut self.outer
        } else {
            &mut self.inner
        }
    }

    fn deeper(depth: usize) -> Encoded<usize> {
        if depth >= MOST_LEVELS {
            return Err(Fault::new(format!(
                "nested deeper than {MOST_LEVELS} levels, or it contains itself; flatten it"
            )));
        }
        Ok(depth + 1)
    }
}

fn pair<'py>(item: &Bound<'py, PyAny>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let pair = item.cast::<PyTuple>()?;
    Ok((pair.get_item(0)?, pair.get_item(1)?))
}

/// Encodes one value; the inner error says what can't be encoded and where.
pub(crate) fn text(object: &Bound<'_, PyAny>) -> PyResult<Result<Vec<u8>, String>> {
    let mut json = Vec::new();
    match Encoder::new(None).value(object, &mut json, 0) {
        Ok(()) => Ok(Ok(json)),
        Err(fault) => fault.into_message().map(Err),
    }
}

/// Whether all are plain dicts, as most records are.
#[pyfunction]
#[pyo3(signature = (chunk: "list[typing.Any]"))]
pub(crate) fn only_dicts(chunk: &Bound<'_, PyList>) -> bool {
    chunk
        .iter()
        .all(|record| record.is_exact_instance_of::<PyDict>())
}

/// The JSON bytes that a value travels as.
#[pyfunction]
#[pyo3(signature = (value: "object") -> "bytes")]
pub(crate) fn encode<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let json = text(value)?.map_err(PyValueError::new_err)?;
    Ok(PyBytes::new(value.py(), &json))
}

/// Encodes records as the pushes of a client do, for tests and benchmarks of that alone.
#[pyclass(frozen)]
pub(crate) struct NativeEncoder(SpareEncoder);

#[pymethods]
impl NativeEncoder {
    #[new]
    fn new() -> Self {
        Self(SpareEncoder::default())
    }

    /// Bytes of the records in a push's buffer.
    #[pyo3(signature = (chunk: "list[typing.Any]"))]
    fn records(&self, chunk: &Bound<'_, PyList>) -> PyResult<usize> {
        self.0.with(
            || None,
            |encoder| Ok(encoder.records(chunk, 0, None)?.byte_len()),
        )
    }

    /// The JSON array of the records.
    #[pyo3(signature = (chunk: "list[typing.Any]") -> "bytes")]
    fn json<'py>(&self, chunk: &Bound<'py, PyList>) -> PyResult<Bound<'py, PyBytes>> {
        self.0.with(
            || None,
            |encoder| {
                let mut json = vec![b'['];
                for (index, record) in chunk.to_tuple().iter().enumerate() {
                    if index > 0 {
                        json.push(b',');
                    }
                    encoder.taken.fill(false);
                    if let Err(fault) = encoder.record(&record, &mut json) {
                        return Err(PyValueError::new_err(fault.into_message()?));
                    }
                }
                json.push(b']');
                Ok(PyBytes::new(chunk.py(), &json))
            },
        )
    }
}
