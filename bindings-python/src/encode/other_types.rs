//! Values of less common types, each recognised by what makes it one.

use graph8_crm::border::json::{self, Float};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{
    PyByteArray, PyBytes, PyDate, PyDateTime, PyDelta, PyFloat, PyFrozenSet, PyInt, PyList,
    PyMemoryView, PySet, PyString, PyTime, PyTuple, PyType,
};

use super::Encoder;
use super::classes::is_of;
use super::fault::{Encoded, Fault, lossy};
use super::fields::fields;
use super::imported::{DECIMAL, ENUM, TIMEZONE, UUID, WRITTEN, imported, is_a};
use super::numbers::{float, integer, not_finite};
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

    /// Values of libraries, known by the module of their class: none is loaded for it.
    fn of_a_library(
        &mut self,
        object: &Bound<'_, PyAny>,
        json: &mut Vec<u8>,
        depth: usize,
    ) -> Encoded {
        let py = object.py();
        let class = object.get_type();
        let (Ok(module), Ok(name)) = (class.module(), class.name()) else {
            return Err(unsupported(object));
        };
        let (module, name) = (lossy(&module), lossy(&name));
        match (&*module, &*name) {
            // Of pandas._libs.missing before pandas 3.1, then of pandas.api.typing.
            (module, "NAType") if module.starts_with("pandas.") => {
                json.extend_from_slice(b"null");
                Ok(())
            }
            ("numpy" | "numpy.rec" | "numpy.ma" | "numpy.ma.core", _) => {
                self.of_numpy(object, &name, json, depth)
            }
            // Of an array or a table that is iterated over.
            ("pyarrow.lib", name) if name.ends_with("Scalar") => {
                let value = object
                    .call_method0(intern!(py, "as_py"))
                    .map_err(|error| Fault::raised(py, error))?;
                match (name, value.extract::<f32>()) {
                    ("FloatScalar", Ok(number)) => float(number, self.nan, json),
                    ("HalfFloatScalar", Ok(number)) => float(Float::Half(number), self.nan, json),
                    _ => self.value(&value, json, Self::deeper(depth)?),
                }
            }
            ("ipaddress", _) | ("pydantic_core._pydantic_core", "Url" | "MultiHostUrl") => {
                said(object, intern!(py, "__str__"), json)
            }
            _ if is_of(&class, "pathlib", "PurePath") => said(object, intern!(py, "__str__"), json),
            _ if is_secret(&class) => {
                masked(object, json);
                Ok(())
            }
            _ => Err(unsupported(object)),
        }
    }

    fn decimal(&self, number: &Bound<'_, PyAny>, json: &mut Vec<u8>) -> Encoded {
        let py = number.py();
        let text = if is_a(number, &WRITTEN, "graph8_crm._json", "WrittenDecimal")? {
            number.getattr(intern!(py, "written"))
        } else {
            // Decimal's own digits, whatever a subclass prints.
            imported(&DECIMAL, py, "decimal", "Decimal")
                .and_then(|class| class.call_method1(intern!(py, "__str__"), (number,)))
        };
        let text = text
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

pub(super) fn unsupported(object: &Bound<'_, PyAny>) -> Fault {
    let class = object.get_type();
    let name = class
        .fully_qualified_name()
        .map_or_else(|_| "this".to_owned(), |name| name.to_string());
    let is_binary = object.is_instance_of::<PyBytes>()
        || object.is_instance_of::<PyByteArray>()
        || object.is_instance_of::<PyMemoryView>();
    let advice = if object.is_instance_of::<PySet>() || object.is_instance_of::<PyFrozenSet>() {
        "use a list"
    } else if is_of(&class, "fractions", "Fraction") {
        "use float(value), or a Decimal with the digits that you want"
    } else if is_of(&class, "types", "SimpleNamespace") {
        "use vars(value)"
    } else if is_of(&class, "django", "Model") {
        "use the query set's values()"
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

/// Whether it is a secret of a pydantic that has no serializer for it.
fn is_secret(class: &Bound<'_, PyType>) -> bool {
    ["SecretStr", "SecretBytes", "_SecretBase", "SecretField"]
        .iter()
        .any(|name| is_of(class, "pydantic", name))
}

/// Writes a secret as its model would.
fn masked(secret: &Bound<'_, PyAny>, json: &mut Vec<u8>) {
    let is_empty = secret.len().is_ok_and(|len| len == 0);
    json::write_str(json, if is_empty { "" } else { "**********" });
}

/// Writes the text that a method gives.
fn said(object: &Bound<'_, PyAny>, method: &Bound<'_, PyString>, json: &mut Vec<u8>) -> Encoded {
    let answer = text_of(object, method).map_err(|error| Fault::raised(object.py(), error))?;
    json::write_str(json, text(&answer)?);
    Ok(())
}

pub(super) fn text_of<'py>(
    object: &Bound<'py, PyAny>,
    method: &Bound<'py, PyString>,
) -> PyResult<Bound<'py, PyString>> {
    Ok(object.call_method0(method)?.cast_into()?)
}
