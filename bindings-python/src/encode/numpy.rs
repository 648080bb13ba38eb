//! Values of numpy, known by their class: numpy is not loaded for it.

use std::fmt::Write;

use graph8_crm::Nan;
use graph8_crm::border::json::{self, Float};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::Encoder;
use super::fault::{Encoded, Fault, lossy};
use super::fields::Fields;
use super::numbers::{float, not_finite};
use super::other_types::{text_of, unsupported};

impl Encoder {
    /// A value of the class `name` in numpy.
    pub(super) fn of_numpy(
        &mut self,
        object: &Bound<'_, PyAny>,
        name: &str,
        json: &mut Vec<u8>,
        depth: usize,
    ) -> Encoded {
        let py = object.py();
        let failed = |error| Fault::raised(py, error);
        match name {
            "datetime64" => {
                let text = text_of(object, intern!(py, "__str__")).map_err(failed)?;
                moment(&lossy(&text), json);
                Ok(())
            }
            "timedelta64" => duration(object, json),
            // Both widths give a Python float, whose shortest digits are others: 0.1 would be 0.10000000149011612.
            "float32" => {
                let number = object.extract::<f32>().map_err(failed)?;
                float(number, self.nan, json)
            }
            "float16" => {
                let number = Float::Half(object.extract::<f32>().map_err(failed)?);
                float(number, self.nan, json)
            }
            "ndarray" | "recarray" | "MaskedArray" => {
                let kind = object.getattr(intern!(py, "dtype")).and_then(|dtype| {
                    let kind = dtype.getattr(intern!(py, "kind"))?;
                    Ok(lossy(&kind.cast_into::<PyString>()?))
                });
                let dimensions = object
                    .getattr(intern!(py, "ndim"))
                    .and_then(|dimensions| dimensions.extract::<usize>());
                // As a list, moments and durations would be plain numbers, rows would lose their names, and short
                // floats their width.
                if (matches!(&*kind.map_err(failed)?, "M" | "m" | "V") || is_of_singles(object))
                    && dimensions.map_err(failed)? > 0
                {
                    let items = object
                        .try_iter()
                        .and_then(Iterator::collect::<PyResult<Vec<_>>>);
                    return self.array(items.map_err(failed)?.into_iter(), json, depth);
                }
                let items = object.call_method0(intern!(py, "tolist")).map_err(failed)?;
                self.value(&items, json, Self::deeper(depth)?)
            }
            "longdouble" | "float128" | "float96" => long_double(object, self.nan, json),
            // A masked value is none, whatever lies beneath.
            "MaskedConstant" => {
                json.extend_from_slice(b"null");
                Ok(())
            }
            "bytes_" | "void" | "complex64" | "complex128" | "clongdouble" => {
                Err(unsupported(object))
            }
            _ => {
                let plain = object.call_method0(intern!(py, "item")).map_err(failed)?;
                if plain.get_type().is(object.get_type()) {
                    return Err(unsupported(object));
                }
                self.value(&plain, json, Self::deeper(depth)?)
            }
        }
    }
}

/// Whether an array holds floats of less than 64 bits.
fn is_of_singles(array: &Bound<'_, PyAny>) -> bool {
    let py = array.py();
    let kind = array
        .getattr(intern!(py, "dtype"))
        .and_then(|kind| kind.getattr(intern!(py, "name"))?.extract::<String>());
    matches!(kind.as_deref(), Ok("float32" | "float16"))
}

/// The fields of a row of a structured array; `None` for bytes without names.
pub(super) fn fields_of_row<'py>(row: &Bound<'py, PyAny>) -> PyResult<Option<Fields<'py>>> {
    let py = row.py();
    let names = row
        .getattr(intern!(py, "dtype"))?
        .getattr(intern!(py, "names"))?;
    if names.is_none() {
        return Ok(None);
    }
    let mut fields = Vec::new();
    for name in names.try_iter()? {
        let name = name?.cast_into::<PyString>()?;
        let value = row.get_item(&name)?;
        fields.push((name, value));
    }
    Ok(Some(Fields::Pairs(fields)))
}

/// A number of more digits than a float has, unless a float is the same number.
fn long_double(number: &Bound<'_, PyAny>, nan: Nan, json: &mut Vec<u8>) -> Encoded {
    let py = number.py();
    let failed = |error| Fault::raised(py, error);
    let double = number
        .call_method0(intern!(py, "__float__"))
        .and_then(|double| double.extract::<f64>())
        .map_err(failed)?;
    if double.is_nan() {
        return not_finite(nan, json);
    }
    if number.eq(double).map_err(failed)? {
        return float(double, nan, json);
    }
    let text = text_of(number, intern!(py, "__str__")).map_err(failed)?;
    json.extend_from_slice(lossy(&text).as_bytes());
    Ok(())
}

/// What numpy prints, with a fraction as Python would print it.
fn moment(text: &str, json: &mut Vec<u8>) {
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

/// A number of seconds, all digits kept, whatever the unit.
fn duration(delta: &Bound<'_, PyAny>, json: &mut Vec<u8>) -> Encoded {
    let py = delta.py();
    let read = || -> PyResult<(i64, String)> {
        let count = delta.call_method1(intern!(py, "view"), (intern!(py, "int64"),))?;
        let unit = delta
            .getattr(intern!(py, "dtype"))?
            .getattr(intern!(py, "str"))?;
        Ok((
            count.call_method0(intern!(py, "item"))?.extract()?,
            unit.extract()?,
        ))
    };
    let (count, unit) = read().map_err(|error| Fault::raised(py, error))?;
    if count == i64::MIN {
        json.extend_from_slice(b"null");
        return Ok(());
    }
    match in_seconds(count, &unit) {
        Ok(seconds) => {
            json.extend_from_slice(seconds.as_bytes());
            Ok(())
        }
        Err(problem) => Err(Fault::new(format!(
            "is a numpy.timedelta64 {problem}; use one in days or a smaller unit"
        ))),
    }
}

/// The seconds in `count` times the unit of a dtype such as `<m8[ns]` or `<m8[25s]`.
fn in_seconds(count: i64, dtype: &str) -> Result<String, &'static str> {
    const NO_UNIT: &str = "without a unit";
    let (_, unit) = dtype.split_once('[').ok_or(NO_UNIT)?;
    let unit = unit.trim_end_matches(']');
    let name = unit.trim_start_matches(|digit: char| digit.is_ascii_digit());
    let times: i128 = match &unit[..unit.len() - name.len()] {
        "" => 1,
        times => times.parse().map_err(|_| NO_UNIT)?,
    };
    let (factor, digits): (i128, u32) = match name {
        "W" => (7 * 86_400, 0),
        "D" => (86_400, 0),
        "h" => (3_600, 0),
        "m" => (60, 0),
        "s" => (1, 0),
        "ms" => (1, 3),
        "us" => (1, 6),
        "ns" => (1, 9),
        "ps" => (1, 12),
        "fs" => (1, 15),
        "as" => (1, 18),
        "Y" | "M" => return Err("of years or months, which are no number of seconds"),
        _ => return Err(NO_UNIT),
    };
    // Below 2^63 * 2^31 * 10^6, which is far below 2^127.
    let amount = i128::from(count) * times * factor;
    let (whole, parts) = (
        amount.unsigned_abs() / 10_u128.pow(digits),
        amount.unsigned_abs() % 10_u128.pow(digits),
    );
    let mut text = format!("{}{whole}", if amount < 0 { "-" } else { "" });
    if parts != 0 {
        // Writing to a String can't fail.
        let _ = write!(text, ".{parts:0>width$}", width = digits as usize);
        text.truncate(text.trim_end_matches('0').len());
    }
    Ok(text)
}
