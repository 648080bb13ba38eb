//! Whole numbers and floats.

use graph8_crm::Nan;
use graph8_crm::border::json::{self, Float};
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyInt;

use super::fault::{Encoded, Fault};

/// A float, by the digits of its own width.
pub(super) fn float(number: impl Into<Float>, nan: Nan, json: &mut Vec<u8>) -> Encoded {
    if json::write_float(json, number) {
        return Ok(());
    }
    not_finite(nan, json)
}

/// NaN and the infinities.
pub(super) fn not_finite(nan: Nan, json: &mut Vec<u8>) -> Encoded {
    if nan == Nan::Error {
        return Err(Fault::new(
            "is no finite number; correct it, or leave nan=\"error\" out to send null",
        ));
    }
    json.extend_from_slice(b"null");
    Ok(())
}

pub(super) fn integer(number: &Bound<'_, PyInt>, json: &mut Vec<u8>) -> Encoded {
    if let Ok(small) = number.extract::<i64>() {
        json::write_int(json, small);
        return Ok(());
    }
    // The plain int's own digits, whatever a subclass prints.
    let py = number.py();
    let digits = py
        .get_type::<PyInt>()
        .call_method1(intern!(py, "__repr__"), (number,))
        .and_then(|digits| digits.str())
        .map_err(|error| {
            if error.is_instance_of::<PyValueError>(py) {
                return Fault::new(
                    "has more digits than Python writes of an int (sys.get_int_max_str_digits()): correct it, or \
                     pass it as text",
                );
            }
            Fault::raised(py, error)
        })?;
    json.extend_from_slice(digits.to_string_lossy().as_bytes());
    Ok(())
}
