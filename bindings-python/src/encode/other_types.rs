//! Values of less common types, each recognised by what makes it one.

use graph8_crm::border::json;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{
    PyByteArray, PyBytes, PyDate, PyDateTime, PyDelta, PyFloat, PyFrozenSet, PyInt, PyList,
    PyMemoryView, PySet, PyString, PyTime, PyTuple,
};

use super::Encoder;
use super::fault::lossy;
use super::fault::{Encoded, Fault};
use super::fields::fields;
use super::imported::{DECIMAL, ENUM, TIMEZONE, UUID, imported, is_a};
use super::numbers::{float, integer, not_finite, single};
use super::texts::text;

impl Encoder {
    /// A value of any type but the builtin ones that [`Encoder::value`] knows.
    pub(super) fn other(
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
        if let Ok(object) = object.cast::<PyString>() {
            json::write_str(json, text(object)?);
            return Ok(());
        }
        if let Ok(number) = object.cast::<PyInt>() {
            return integer(number, json);
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
            // Of pandas._libs.missing before pandas 3.1, then of pandas.api.typing.
            (Ok(module), Ok("NAType")) if module.starts_with("pandas.") => {
                json.extend_from_slice(b"null");
                Ok(())
            }
            (Ok("numpy"), Ok("datetime64")) => {
                let text = text_of(object, intern!(py, "__str__"))
                    .map_err(|error| Fault::raised(py, error))?;
                numpy_moment(&lossy(&text), json);
                Ok(())
            }
            (Ok("numpy"), Ok("timedelta64")) => {
                let milliseconds = object
                    .call_method1(intern!(py, "astype"), (intern!(py, "timedelta64[us]"),))
                    .and_then(|rounded| rounded.call_method0(intern!(py, "item")))
                    .map_err(|error| Fault::raised(py, error))?;
                self.value(&milliseconds, json, Self::deeper(depth)?)
            }
            // Both widths give a Python float, whose shortest digits are others: 0.1 would be 0.10000000149011612.
            (Ok("numpy"), Ok("float32" | "float16")) => {
                let number = object
                    .extract::<f32>()
                    .map_err(|error| Fault::raised(py, error))?;
                single(number, self.nan, json)
            }
            (Ok("numpy"), Ok("ndarray")) if is_of_singles(object) => {
                let items = object
                    .try_iter()
                    .and_then(Iterator::collect::<PyResult<Vec<_>>>)
                    .map_err(|error| Fault::raised(py, error))?;
                self.array(items.into_iter(), json, depth)
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

/// Whether an array holds floats of less than 64 bits, in one dimension or more.
fn is_of_singles(array: &Bound<'_, PyAny>) -> bool {
    let py = array.py();
    let kind = array
        .getattr(intern!(py, "dtype"))
        .and_then(|kind| kind.getattr(intern!(py, "name"))?.extract::<String>());
    let dimensions = array
        .getattr(intern!(py, "ndim"))
        .and_then(|ndim| ndim.extract::<usize>());
    matches!(kind.as_deref(), Ok("float32" | "float16")) && dimensions.is_ok_and(|count| count > 0)
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
        Ok(lossy(&text))
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
        // NaT of pandas is no timedelta, but has its attributes.
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
    let answer = text_of(object, method).map_err(|error| Fault::raised(object.py(), error))?;
    json::write_str(json, text(&answer)?);
    Ok(())
}

fn text_of<'py>(
    object: &Bound<'py, PyAny>,
    method: &Bound<'py, PyString>,
) -> PyResult<Bound<'py, PyString>> {
    Ok(object.call_method0(method)?.cast_into()?)
}
