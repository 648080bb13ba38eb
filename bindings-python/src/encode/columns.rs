//! The columns of a frame's rows: Python's values, numpy's or Arrow's.

use std::sync::Arc;

use arrow_array::types::{
    ArrowPrimitiveType, DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType,
    DurationSecondType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{ArrayRef, BooleanArray, PrimitiveArray};
use arrow_schema::{Field, TimeUnit};
use graph8_crm::Nan;
use graph8_crm::border::Column;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule, PyList};

use crate::arrow;

/// Some rows of a column as Python hands them over.
#[derive(FromPyObject)]
pub(crate) enum ColumnInput<'py> {
    /// Python's values.
    Values(Bound<'py, PyList>),
    /// `__arrow_c_stream__()` of a column.
    Arrow(Bound<'py, PyCapsule>),
    /// numpy's values by their kind, such as `i8` or `M8[ns]`, in this machine's order of bytes, and a byte
    /// for each that is not 0 where there is no value.
    ///
    /// Of the kind `zoned[ns]` and the like, the former are counts since 1970 in UTC and the latter the counts
    /// by the clocks of their zone.
    Numpy(String, Bound<'py, PyBytes>, Option<Bound<'py, PyBytes>>),
}

/// A column made ready.
pub(super) enum Cells<'a, 'py> {
    Values(&'a Bound<'py, PyList>),
    Column(Column),
}

impl<'py> ColumnInput<'py> {
    pub(super) fn cells(&self, nan: Nan) -> PyResult<Cells<'_, 'py>> {
        let column = match self {
            Self::Values(list) => return Ok(Cells::Values(list)),
            Self::Arrow(capsule) => arrow::arrays(capsule)?
                .map_err(|error| error.to_string())
                .and_then(|(field, arrays)| Column::new(&arrays, &field, nan)),
            Self::Numpy(kind, values, other) => {
                let other = other.as_ref().map(PyBytesMethods::as_bytes);
                numpy(kind, values.as_bytes(), other)
            }
        };
        column
            .map(Cells::Column)
            .map_err(|message| PyValueError::new_err(format!("a column {message}")))
    }
}

fn numpy(kind: &str, values: &[u8], other: Option<&[u8]>) -> Result<Column, String> {
    if let Some(unit) = kind.strip_prefix("zoned").and_then(time_unit) {
        let moments = counts(values).zip(counts(other.unwrap_or_default()));
        let moments = moments.map(|(utc, local)| Some((utc?, local?)));
        return Ok(Column::zoned(unit, moments.collect()));
    }
    let array = array(kind, values, other).ok_or_else(|| format!("is of numpy's kind {kind}"))?;
    let field = Field::new("", array.data_type().clone(), true);
    // None of them lies within another.
    Column::new(&[array], &field, Nan::Null)
}

fn array(kind: &str, values: &[u8], mask: Option<&[u8]>) -> Option<ArrayRef> {
    macro_rules! number {
        ($type:ty) => {
            numbers::<$type, _>(
                values,
                mask,
                <$type as ArrowPrimitiveType>::Native::from_ne_bytes,
            )
        };
    }
    macro_rules! moment {
        ($type:ty) => {
            Arc::new(counts(values).collect::<PrimitiveArray<$type>>())
        };
    }
    Some(match kind {
        "b1" => {
            let flags = values.iter().map(|flag| *flag != 0);
            Arc::new(present(flags, mask).collect::<BooleanArray>())
        }
        "i1" => number!(Int8Type),
        "i2" => number!(Int16Type),
        "i4" => number!(Int32Type),
        "i8" => number!(Int64Type),
        "u1" => number!(UInt8Type),
        "u2" => number!(UInt16Type),
        "u4" => number!(UInt32Type),
        "u8" => number!(UInt64Type),
        "f2" => number!(Float16Type),
        "f4" => number!(Float32Type),
        "f8" => number!(Float64Type),
        _ => match (kind.get(..2)?, time_unit(kind.get(2..)?)?) {
            ("M8", TimeUnit::Second) => moment!(TimestampSecondType),
            ("M8", TimeUnit::Millisecond) => moment!(TimestampMillisecondType),
            ("M8", TimeUnit::Microsecond) => moment!(TimestampMicrosecondType),
            ("M8", TimeUnit::Nanosecond) => moment!(TimestampNanosecondType),
            ("m8", TimeUnit::Second) => moment!(DurationSecondType),
            ("m8", TimeUnit::Millisecond) => moment!(DurationMillisecondType),
            ("m8", TimeUnit::Microsecond) => moment!(DurationMicrosecondType),
            ("m8", TimeUnit::Nanosecond) => moment!(DurationNanosecondType),
            _ => return None,
        },
    })
}

fn time_unit(name: &str) -> Option<TimeUnit> {
    Some(match name {
        "[s]" => TimeUnit::Second,
        "[ms]" => TimeUnit::Millisecond,
        "[us]" => TimeUnit::Microsecond,
        "[ns]" => TimeUnit::Nanosecond,
        _ => return None,
    })
}

fn numbers<T: ArrowPrimitiveType, const SIZE: usize>(
    values: &[u8],
    mask: Option<&[u8]>,
    read: fn([u8; SIZE]) -> T::Native,
) -> ArrayRef {
    let numbers = values.as_chunks().0.iter().map(|bytes| read(*bytes));
    if mask.is_none() {
        return Arc::new(PrimitiveArray::<T>::from_iter_values(numbers));
    }
    Arc::new(present(numbers, mask).collect::<PrimitiveArray<T>>())
}

/// The values, without those that the mask covers.
fn present<T>(
    values: impl Iterator<Item = T>,
    mask: Option<&[u8]>,
) -> impl Iterator<Item = Option<T>> {
    let mask = mask.unwrap_or_default().iter().copied();
    let covered = mask.chain(std::iter::repeat(0));
    values
        .zip(covered)
        .map(|(value, covered)| (covered == 0).then_some(value))
}

/// numpy's counts of time, the least of which stands for none.
fn counts(values: &[u8]) -> impl Iterator<Item = Option<i64>> {
    let counts = values.as_chunks().0.iter();
    counts.map(|bytes| Some(i64::from_ne_bytes(*bytes)).filter(|count| *count != i64::MIN))
}
