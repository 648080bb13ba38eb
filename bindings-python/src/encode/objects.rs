//! Values of less common types, each recognised by what makes it one.

use graph8_crm::json;
use pyo3::exceptions::PyAttributeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{
    PyByteArray, PyBytes, PyDate, PyDateTime, PyDelta, PyDict, PyFloat, PyFrozenSet, PyInt, PyList,
    PyMapping, PyMemoryView, PySet, PyString, PyTime, PyTuple, PyType,
};
use pyo3::{PyTypeCheck, intern};

use super::fault::{Encoded, Fault};
use super::{Encoder, float, keys, not_finite};

/// What an object's fields are read from.
pub(super) enum Fields<'py> {
    /// Something with `items()`.
    Items(Bound<'py, PyAny>),
    /// A dict of this very type.
    Dict(Bound<'py, PyDict>),
    /// Attributes by name.
    Attributes(Vec<Bound<'py, PyString>>),
    /// Something with `keys()` and `[key]`, such as a row of a query.
    Keys(Bound<'py, PyAny>),
    /// A record class of this package: its dict, and the kinds of its fields.
    Typed(Bound<'py, PyDict>, Bound<'py, PyAny>),
}

/// How an object of named fields is read; `None` when it has none.
pub(super) fn fields<'py>(object: &Bound<'py, PyAny>) -> Encoded<Option<Fields<'py>>> {
    let py = object.py();
    let failed = |error| Fault::raised(py, error);
    if object.cast::<PyMapping>().is_ok() {
        return Ok(Some(Fields::Items(object.clone())));
    }
    let class = object.get_type();
    let has = |name| attribute(class.as_any(), name);
    if is_a(object, &TYPED, "graph8_crm._typed", "TypedRecord")? {
        let kinds = object.getattr(intern!(py, "_kinds")).map_err(failed)?;
        let values = object
            .getattr(intern!(py, "__dict__"))
            .and_then(|values| Ok(values.cast_into::<PyDict>()?))
            .map_err(failed)?;
        return Ok(Some(Fields::Typed(values, kinds)));
    }
    if let Some(fields) = has(intern!(py, "__dataclass_fields__"))? {
        return dataclass(&fields).map(Some).map_err(failed);
    }
    if has(intern!(py, "__pydantic_serializer__"))?.is_some() {
        return dumped(object, intern!(py, "model_dump")).map(Some);
    }
    if let Some(attributes) = has(intern!(py, "__attrs_attrs__"))? {
        let names = attributes
            .try_iter()
            .and_then(|each| each.map(|one| one?.getattr(intern!(py, "name"))).collect())
            .and_then(names);
        return names.map(Fields::Attributes).map(Some).map_err(failed);
    }
    if let Some(fields) = has(intern!(py, "__struct_fields__"))? {
        return listed(&fields).map(Some).map_err(failed);
    }
    if object.is_instance_of::<PyTuple>() {
        return match has(intern!(py, "_fields"))? {
            Some(fields) => listed(&fields).map(Some).map_err(failed),
            None => {
                attribute(object, intern!(py, "_mapping")).map(|mapping| mapping.map(Fields::Items))
            }
        };
    }
    // pydantic 1 has no mark of its own but these two.
    if has(intern!(py, "__fields__"))?.is_some() && has(intern!(py, "__validators__"))?.is_some() {
        return dumped(object, intern!(py, "dict")).map(Some);
    }
    if has(intern!(py, "keys"))?.is_some() && has(intern!(py, "__getitem__"))?.is_some() {
        return Ok(Some(Fields::Keys(object.clone())));
    }
    Ok(None)
}

fn attribute<'py>(
    object: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
) -> Encoded<Option<Bound<'py, PyAny>>> {
    object
        .getattr_opt(name)
        .map_err(|error| Fault::raised(object.py(), error))
}

fn dataclass<'py>(fields: &Bound<'py, PyAny>) -> PyResult<Fields<'py>> {
    let py = fields.py();
    let ordinary = imported(&FIELD, py, "dataclasses", "_FIELD")?;
    let mut found = Vec::new();
    for field in fields.call_method0(intern!(py, "values"))?.try_iter()? {
        let field = field?;
        // Class variables are listed as well.
        if field.getattr(intern!(py, "_field_type"))?.is(ordinary) {
            found.push(field.getattr(intern!(py, "name"))?);
        }
    }
    names(found).map(Fields::Attributes)
}

fn listed<'py>(fields: &Bound<'py, PyAny>) -> PyResult<Fields<'py>> {
    let found = fields.try_iter()?.collect::<PyResult<_>>()?;
    names(found).map(Fields::Attributes)
}

fn names(found: Vec<Bound<'_, PyAny>>) -> PyResult<Vec<Bound<'_, PyString>>> {
    found
        .into_iter()
        .map(|name| Ok(name.cast_into::<PyString>()?))
        .collect()
}

/// What a pydantic model says of itself: its serializers and aliases count.
fn dumped<'py>(model: &Bound<'py, PyAny>, method: &Bound<'py, PyString>) -> Encoded<Fields<'py>> {
    let py = model.py();
    let by_alias = PyDict::new(py);
    by_alias
        .set_item(intern!(py, "by_alias"), true)
        .and_then(|()| model.call_method(method, (), Some(&by_alias)))
        .and_then(|values| Ok(values.cast_into::<PyDict>()?))
        .map(Fields::Dict)
        .map_err(|error| Fault::raised(py, error))
}

impl Encoder {
    /// A value that is none of the types which nearly all are.
    pub(super) fn uncommon(
        &mut self,
        object: &Bound<'_, PyAny>,
        json: &mut Vec<u8>,
        depth: usize,
    ) -> Encoded {
        let py = object.py();
        // Of all that comes here the most, and known without a search through base classes.
        if object.is_exact_instance_of::<PyDateTime>() {
            return date_time(object, json);
        }
        if object.is_exact_instance_of::<PyDate>() {
            return said(object, intern!(py, "isoformat"), json);
        }
        // An Enum may be a str or an int as well: its value decides.
        if is_a(object, &ENUM, "enum", "Enum")? {
            let inner = object
                .getattr(intern!(py, "value"))
                .map_err(|error| Fault::raised(py, error))?;
            return self.value(&inner, json, Self::deeper(depth)?);
        }
        if let Ok(text) = object.cast::<PyString>() {
            json::write_str(json, keys::text(text)?);
            return Ok(());
        }
        if let Ok(number) = object.cast::<PyInt>() {
            return super::integer(number, json);
        }
        if let Ok(number) = object.cast::<PyFloat>() {
            return float(number.value(), self.nan, json);
        }
        if object.is_instance_of::<PyDateTime>() {
            return date_time(object, json);
        }
        if object.is_instance_of::<PyDate>() || object.is_instance_of::<PyTime>() {
            return said(object, intern!(py, "isoformat"), json);
        }
        if object.is_instance_of::<PyDelta>() {
            return duration(object, json);
        }
        if is_a(object, &DECIMAL, "decimal", "Decimal")? {
            return self.decimal(object, json);
        }
        if is_a(object, &UUID, "uuid", "UUID")? {
            return said(object, intern!(py, "__str__"), json);
        }
        if let Ok(list) = object.cast::<PyList>() {
            return self.array(list.iter(), json, depth);
        }
        if let Some(fields) = fields(object)? {
            return self.object(object, fields, json, Self::deeper(depth)?);
        }
        if let Ok(tuple) = object.cast::<PyTuple>() {
            return self.array(tuple.iter(), json, depth);
        }
        self.of_a_library(object, json, depth)
    }

    /// Values of numpy and pandas, known by their module: neither is loaded for it.
    fn of_a_library(
        &mut self,
        object: &Bound<'_, PyAny>,
        json: &mut Vec<u8>,
        depth: usize,
    ) -> Encoded {
        let py = object.py();
        let class = object.get_type();
        let read = |method| {
            object
                .call_method0(method)
                .map_err(|error| Fault::raised(py, error))
        };
        let module = class.module().map(|module| module.to_string());
        let name = class.name().map(|name| name.to_string());
        match (module.as_deref(), name.as_deref()) {
            (Ok("pandas._libs.missing"), Ok("NAType")) => {
                json.extend_from_slice(b"null");
                Ok(())
            }
            (Ok("numpy"), Ok("datetime64")) => {
                let text = read(intern!(py, "__str__"))?;
                numpy_moment(&text.to_string(), json);
                Ok(())
            }
            (Ok("numpy"), Ok("timedelta64")) => {
                let milliseconds = object
                    .call_method1(intern!(py, "astype"), (intern!(py, "timedelta64[us]"),))
                    .and_then(|rounded| rounded.call_method0(intern!(py, "item")))
                    .map_err(|error| Fault::raised(py, error))?;
                self.value(&milliseconds, json, Self::deeper(depth)?)
            }
            (Ok("numpy"), Ok("ndarray")) => {
                let items = read(intern!(py, "tolist"))?;
                self.value(&items, json, Self::deeper(depth)?)
            }
            (Ok("numpy"), Ok("bytes_" | "void" | "complex64" | "complex128" | "clongdouble")) => {
                Err(unsupported(object))
            }
            (Ok("numpy"), _) => {
                let plain = read(intern!(py, "item"))?;
                // A long double gives itself back.
                if plain.get_type().is(&class) {
                    return Err(unsupported(object));
                }
                self.value(&plain, json, Self::deeper(depth)?)
            }
            _ => Err(unsupported(object)),
        }
    }

    fn decimal(&self, number: &Bound<'_, PyAny>, json: &mut Vec<u8>) -> Encoded {
        let py = number.py();
        // Decimal's own digits, whatever a subclass prints.
        let text = imported(&DECIMAL, py, "decimal", "Decimal")
            .and_then(|class| class.call_method1(intern!(py, "__str__"), (number,)))
            .and_then(|text| Ok(text.cast_into::<PyString>()?))
            .map_err(|error| Fault::raised(py, error))?;
        let digits = text.to_string_lossy();
        if digits
            .trim_start_matches('-')
            .starts_with(|first: char| first.is_ascii_digit())
        {
            json.extend_from_slice(digits.as_bytes());
            return Ok(());
        }
        not_finite(self.nan, json)
    }
}

fn unsupported(object: &Bound<'_, PyAny>) -> Fault {
    let name = object
        .get_type()
        .fully_qualified_name()
        .map_or_else(|_| "this".to_owned(), |name| name.to_string());
    let is_binary = object.is_instance_of::<PyBytes>()
        || object.is_instance_of::<PyByteArray>()
        || object.is_instance_of::<PyMemoryView>();
    let advice = if object.is_instance_of::<PySet>() || object.is_instance_of::<PyFrozenSet>() {
        "use a list"
    } else if is_binary {
        "use str, for example value.decode()"
    } else {
        "use str, int, float, bool, None, list, tuple, dict, datetime, date, Decimal, UUID, Enum, a dataclass or a model"
    };
    Fault::new(format!("cannot encode {name}; {advice}"))
}

fn date_time(moment: &Bound<'_, PyAny>, json: &mut Vec<u8>) -> Encoded {
    let py = moment.py();
    let failed = |error| Fault::raised(py, error);
    let shown = |moment: &Bound<'_, PyAny>| -> PyResult<String> {
        let text = text_of(moment, intern!(py, "isoformat"))?;
        Ok(text.to_string_lossy().into_owned())
    };
    let mut text = shown(moment).map_err(failed)?;
    if text == "NaT" {
        json.extend_from_slice(b"null");
        return Ok(());
    }
    // Zones of long ago have offsets with seconds, which RFC 3339 can't write: UTC can.
    let zone = text.get(19..).and_then(|rest| rest.split_once(['+', '-']));
    if zone.is_some_and(|(_, offset)| offset.len() > "hh:mm".len()) {
        let in_utc = imported(&TIMEZONE, py, "datetime", "timezone")
            .and_then(|timezone| timezone.getattr(intern!(py, "utc")))
            .and_then(|utc| moment.call_method1(intern!(py, "astimezone"), (utc,)));
        text = in_utc.and_then(|moment| shown(&moment)).map_err(failed)?;
    }
    json::write_str(json, &text);
    Ok(())
}

/// A number of seconds, all digits kept.
fn duration(delta: &Bound<'_, PyAny>, json: &mut Vec<u8>) -> Encoded {
    let py = delta.py();
    let part = |name| -> PyResult<Option<i128>> {
        // NaT of pandas is no timedelta, but has its words.
        let part = delta.getattr(name)?.extract::<Option<i64>>()?;
        Ok(part.map(i128::from))
    };
    let parts = || -> PyResult<Option<i128>> {
        let (Some(days), Some(seconds), Some(micros)) = (
            part(intern!(py, "days"))?,
            part(intern!(py, "seconds"))?,
            part(intern!(py, "microseconds"))?,
        ) else {
            return Ok(None);
        };
        // Of pandas alone.
        let nanos = match delta.getattr_opt(intern!(py, "nanoseconds"))? {
            None => 0,
            Some(nanos) => i128::from(nanos.extract::<i64>()?),
        };
        Ok(Some(
            ((days * 86_400 + seconds) * 1_000_000 + micros) * 1_000 + nanos,
        ))
    };
    let Some(nanos) = parts().map_err(|error| Fault::raised(py, error))? else {
        json.extend_from_slice(b"null");
        return Ok(());
    };
    if nanos < 0 {
        json.push(b'-');
    }
    let (seconds, fraction) = (
        nanos.unsigned_abs() / 1_000_000_000,
        nanos.unsigned_abs() % 1_000_000_000,
    );
    json::write_int(json, seconds);
    if fraction != 0 {
        let digits = format!(".{fraction:09}");
        json.extend_from_slice(digits.trim_end_matches('0').as_bytes());
    }
    Ok(())
}

/// What numpy prints, with a fraction as Python would print it.
fn numpy_moment(text: &str, json: &mut Vec<u8>) {
    if text == "NaT" {
        json.extend_from_slice(b"null");
        return;
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fraction = fraction.trim_end_matches('0');
    let digits = match fraction.len() {
        0 => String::new(),
        1..=6 => format!(".{fraction:0<6}"),
        _ => format!(".{fraction:0<9}"),
    };
    json::write_str(json, &format!("{whole}{digits}"));
}

/// Writes the text that a method gives.
fn said(object: &Bound<'_, PyAny>, method: &Bound<'_, PyString>, json: &mut Vec<u8>) -> Encoded {
    let text = text_of(object, method).map_err(|error| Fault::raised(object.py(), error))?;
    json::write_str(json, keys::text(&text)?);
    Ok(())
}

fn text_of<'py>(
    object: &Bound<'py, PyAny>,
    method: &Bound<'py, PyString>,
) -> PyResult<Bound<'py, PyString>> {
    Ok(object.call_method0(method)?.cast_into()?)
}

static ENUM: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static DECIMAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static UUID: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static TIMEZONE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static TYPED: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static FIELD: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// As `PyOnceLock::import`, but what the import runs may come here as well without waiting for itself.
fn imported<'a, 'py, T: PyTypeCheck>(
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

fn is_a(
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

/// Attributes of an object, one by one.
pub(super) fn value_of<'py>(
    object: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
) -> Encoded<Option<Bound<'py, PyAny>>> {
    match object.getattr(name) {
        Ok(value) => Ok(Some(value)),
        // A slot that was never filled: the field is absent.
        Err(error) if error.is_instance_of::<PyAttributeError>(object.py()) => Ok(None),
        Err(error) => Err(Fault::raised(object.py(), error)),
    }
}
