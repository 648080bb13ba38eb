//! Results as tables: streams of Arrow, in the capsules that other libraries take.

use std::sync::Arc;

use arrow_array::builder::{
    BooleanBuilder, Float64Builder, Int64Builder, ListBuilder, StringBuilder,
};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{ArrayRef, Int64Array, RecordBatch, RecordBatchIterator, RecordBatchReader};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use graph8_crm::border::outcomes_of;
use graph8_crm::{Outcome, Problem};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyList, PyString};

/// Rows per batch of what may be long.
const ROWS: usize = 1 << 20;

/// The problems of a push as the core holds them, out of which a table is made without their Python objects.
#[pyclass(frozen)]
pub(crate) struct NativeProblems(pub(crate) Arc<[Problem]>);

#[pymethods]
impl NativeProblems {
    /// The problems as a table; with `outcome` those of it alone.
    #[pyo3(signature = (outcome=None) -> "object")]
    fn stream<'py>(
        &self,
        py: Python<'py>,
        outcome: Option<&str>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let wanted: Option<Outcome> = outcome
            .map(str::parse)
            .transpose()
            .map_err(|error: graph8_crm::UnknownName| PyValueError::new_err(error.to_string()))?;
        let problems = Arc::clone(&self.0);
        let batch = py
            .detach(|| problem_table(&problems, wanted))
            .map_err(|error| unexpected(&error))?;
        let schema = batch.schema();
        capsule(py, RecordBatchIterator::new([Ok(batch)], schema))
    }
}

fn problem_table(problems: &[Problem], wanted: Option<Outcome>) -> Result<RecordBatch, ArrowError> {
    let shown = problems
        .iter()
        .filter(|problem| wanted.is_none_or(|wanted| problem.outcome == wanted));
    let mut index = Int64Builder::new();
    let mut outcome = StringBuilder::new();
    let mut message = StringBuilder::new();
    let mut record = StringBuilder::new();
    let mut request_id = StringBuilder::new();
    let mut retryable = BooleanBuilder::new();
    for problem in shown {
        index.append_value(place(problem.index));
        outcome.append_value(problem.outcome.as_str());
        message.append_value(&*problem.message);
        record.append_option(
            problem
                .record
                .as_deref()
                .map(serde_json::value::RawValue::get),
        );
        request_id.append_option(problem.request_id.as_deref());
        retryable.append_value(problem.retryable);
    }
    table(vec![
        ("index", Arc::new(index.finish())),
        ("outcome", Arc::new(outcome.finish())),
        ("message", Arc::new(message.finish())),
        ("record", Arc::new(record.finish())),
        ("request_id", Arc::new(request_id.finish())),
        ("retryable", Arc::new(retryable.finish())),
    ])
}

/// The outcome of every record as a table: `index` and `outcome`.
#[pyfunction]
#[pyo3(signature = (packed, length) -> "object")]
pub(crate) fn outcomes_stream(
    py: Python<'_>,
    packed: Vec<u8>,
    length: usize,
) -> PyResult<Bound<'_, PyCapsule>> {
    let outcomes = outcomes_of(packed, length);
    let rows = move |first: usize| {
        let end = length.min(first.saturating_add(ROWS));
        let mut names = StringBuilder::new();
        for index in first..end {
            names.append_value(outcomes.get(index).unwrap_or(Outcome::NotSent).as_str());
        }
        table(vec![
            (
                "index",
                Arc::new(Int64Array::from_iter_values(place(first)..place(end))),
            ),
            ("outcome", Arc::new(names.finish())),
        ])
    };
    let schema = Schema::new(vec![
        Field::new("index", DataType::Int64, true),
        Field::new("outcome", DataType::Utf8, true),
    ]);
    let batches = (0..length).step_by(ROWS).map(rows);
    capsule(py, RecordBatchIterator::new(batches, schema.into()))
}

/// Columns, each of a name, a kind and its values, as a table. None is null.
#[pyfunction]
#[pyo3(signature = (columns: "list[tuple[str, str, list[typing.Any]]]") -> "object")]
pub(crate) fn table_stream<'py>(
    py: Python<'py>,
    columns: Vec<(String, String, Bound<'py, PyList>)>,
) -> PyResult<Bound<'py, PyCapsule>> {
    let columns = columns
        .iter()
        .map(|(name, kind, values)| Ok((name.as_str(), column(kind, values)?)))
        .collect::<PyResult<Vec<_>>>()?;
    let batch = table(columns).map_err(|error| unexpected(&error))?;
    let schema = batch.schema();
    capsule(py, RecordBatchIterator::new([Ok(batch)], schema))
}

fn column(kind: &str, values: &Bound<'_, PyList>) -> PyResult<ArrayRef> {
    Ok(match kind {
        "int" => {
            let mut column = Int64Builder::with_capacity(values.len());
            for value in values {
                column.append_option(value.extract()?);
            }
            Arc::new(column.finish())
        }
        "number" => {
            let mut column = Float64Builder::with_capacity(values.len());
            for value in values {
                column.append_option(value.extract()?);
            }
            Arc::new(column.finish())
        }
        "bool" => {
            let mut column = BooleanBuilder::with_capacity(values.len());
            for value in values {
                column.append_option(value.extract()?);
            }
            Arc::new(column.finish())
        }
        "text" => {
            let mut column = StringBuilder::new();
            for value in values {
                if value.is_none() {
                    column.append_null();
                } else {
                    column.append_value(value.cast::<PyString>()?.to_str()?);
                }
            }
            Arc::new(column.finish())
        }
        "ints" => {
            let mut column = ListBuilder::new(Int64Builder::new());
            for value in values {
                let items: Vec<i64> = value.extract()?;
                column.append_value(items.into_iter().map(Some));
            }
            Arc::new(column.finish())
        }
        "texts" => {
            let mut column = ListBuilder::new(StringBuilder::new());
            for value in values {
                let items: Vec<String> = value.extract()?;
                column.append_value(items.into_iter().map(Some));
            }
            Arc::new(column.finish())
        }
        _ => return Err(PyValueError::new_err(format!("no column is {kind}"))),
    })
}

/// Every column may have nulls, so that the types say the same whatever the values are.
fn table(columns: Vec<(&str, ArrayRef)>) -> Result<RecordBatch, ArrowError> {
    RecordBatch::try_from_iter_with_nullable(
        columns
            .into_iter()
            .map(|(name, values)| (name, values, true)),
    )
}

fn capsule(
    py: Python<'_>,
    reader: impl RecordBatchReader + Send + 'static,
) -> PyResult<Bound<'_, PyCapsule>> {
    let stream = FFI_ArrowArrayStream::new(Box::new(reader));
    PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
}

/// No allocation holds more rows.
fn place(index: usize) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

fn unexpected(error: &ArrowError) -> PyErr {
    PyRuntimeError::new_err(format!("the table can't be made: {error}"))
}
