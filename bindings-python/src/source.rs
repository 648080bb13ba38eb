//! Sources that are read in Rust: files, and Arrow data of any library.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi};
use arrow_array::ffi_stream::{FFI_ArrowArrayStream, RecordBatchStreamReader};
use arrow_array::{
    RecordBatch, RecordBatchIterator, RecordBatchOptions, RecordBatchReader, StructArray,
};
use arrow_schema::{ArrowError, DataType, Schema};
use graph8_crm::border::{Shaper, Source};
use graph8_crm::{ArrowRecords, CsvOptions, Error, RecordShape, RecordSource, Records, Result};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::rows::NativeRows;

/// What Python hands over.
#[derive(FromPyObject)]
pub(crate) enum SourceInput<'py> {
    /// graph8's own rows.
    Rows(Bound<'py, NativeRows>),
    /// `__arrow_c_stream__()`.
    Stream(Bound<'py, PyCapsule>),
    /// `__arrow_c_array__()`: schema and array.
    Array(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>),
    /// An NDJSON, CSV or TSV file.
    Path(String),
    /// The columns of rows that will be fed.
    Columns(Vec<String>),
}

/// Where a source stands in its push.
pub(crate) struct Standing {
    /// How many records it holds, if that is known.
    pub(crate) total: usize,
    /// Counts the records that are read.
    pub(crate) fed: Arc<AtomicUsize>,
    /// Whether others go before or after it, so that its own total is not the push's.
    pub(crate) is_one_of_many: bool,
}

/// Opens what is read in Rust; the inner error is about its shape or its file.
pub(crate) fn open(
    py: Python<'_>,
    input: &SourceInput<'_>,
    shape: &RecordShape,
    csv: &CsvOptions,
    standing: Standing,
) -> PyResult<Result<Option<Source>>> {
    if !matches!(input, SourceInput::Path(_))
        && let Err(error) = Source::no_file(csv)
    {
        return Ok(Err(error));
    }
    let records: Result<Box<dyn RecordSource>> = match input {
        SourceInput::Rows(rows) => return Ok(Ok(Some(rows.get().source(py)?))),
        SourceInput::Stream(capsule) => {
            let stream = stream(capsule)?;
            RecordBatchStreamReader::try_new(stream)
                .map_err(|error| no_table(&error))
                .and_then(|reader| arrow(reader, shape))
        }
        SourceInput::Array(schema, array) => batch(schema, array)?.and_then(|batch| {
            let schema = batch.schema();
            arrow(RecordBatchIterator::new([Ok(batch)], schema), shape)
        }),
        SourceInput::Path(path) => {
            return Ok(py.detach(|| Source::file(path, csv, shape)).map(Some));
        }
        SourceInput::Columns(names) => {
            let checked = Shaper::new(shape).check_columns(names.iter().map(String::as_str));
            return Ok(checked.map(|()| None));
        }
    };
    Ok(records.map(|source| {
        // What knows its length is in memory.
        let may_hang = standing.total == 0;
        let counted = Counted {
            source,
            left: (standing.total > 0).then_some(standing.total),
            fed: standing.fed,
            tells_left: !standing.is_one_of_many,
        };
        Some(Source::new(Box::new(counted), may_hang))
    }))
}

fn arrow<R>(reader: R, shape: &RecordShape) -> Result<Box<dyn RecordSource>>
where
    R: RecordBatchReader + Send + 'static,
{
    let records = ArrowRecords::new(reader, shape)?;
    Ok(Box::new(records))
}

fn no_table(error: &ArrowError) -> Error {
    Error::config(format!(
        "the Arrow data can't be read as a table of columns: {error}"
    ))
}

/// Moves the stream out of its capsule, which then is empty.
fn stream(capsule: &Bound<'_, PyCapsule>) -> PyResult<FFI_ArrowArrayStream> {
    let pointer = capsule.pointer_checked(Some(c"arrow_array_stream"))?;
    #[expect(
        unsafe_code,
        reason = "the Arrow C stream interface is made of pointers"
    )]
    // SAFETY: a capsule of this name holds an ArrowArrayStream, says the PyCapsule interface of
    // Arrow. Moving it out leaves a released one behind, so that nobody releases it twice.
    let stream = unsafe { FFI_ArrowArrayStream::from_raw(pointer.cast().as_ptr()) };
    Ok(stream)
}

fn batch(
    schema: &Bound<'_, PyCapsule>,
    array: &Bound<'_, PyCapsule>,
) -> PyResult<Result<RecordBatch>> {
    let schema = schema.pointer_checked(Some(c"arrow_schema"))?;
    let array = array
        .pointer_checked(Some(c"arrow_array"))?
        .cast::<FFI_ArrowArray>();
    #[expect(unsafe_code, reason = "the Arrow C data interface is made of pointers")]
    // SAFETY: a capsule of this name holds an ArrowArray, says the PyCapsule interface of Arrow.
    let is_used_up = unsafe { array.as_ref() }.is_released();
    if is_used_up {
        return Ok(Err(Error::config(
            "the Arrow array has been read already: ask its owner for another one",
        )));
    }
    #[expect(unsafe_code, reason = "as above")]
    // SAFETY: capsules of these names hold an ArrowSchema and an ArrowArray that fit together, says the
    // PyCapsule interface of Arrow; both outlive this call. The array is moved out as the stream is
    // above; the schema is only looked at.
    let imported = unsafe {
        let array = FFI_ArrowArray::from_raw(array.as_ptr());
        from_ffi(array, schema.cast::<FFI_ArrowSchema>().as_ref())
    };
    Ok(imported
        .map_err(|error| no_table(&error))
        .and_then(|array| {
            if !matches!(array.data_type(), DataType::Struct(_)) {
                return Err(Error::config(format!(
                    "the Arrow array is of the type {}: pass a table or a record batch",
                    array.data_type()
                )));
            }
            // As a stream's batches: a row that is null has fields that are null. Arrow's own way panics then.
            let (rows, (fields, columns, _)) = (array.len(), StructArray::from(array).into_parts());
            let options = RecordBatchOptions::new().with_row_count(Some(rows));
            let schema = Arc::new(Schema::new(fields));
            RecordBatch::try_new_with_options(schema, columns, &options)
                .map_err(|error| no_table(&error))
        }))
}

/// A source whose records are counted as they are read.
struct Counted {
    source: Box<dyn RecordSource>,
    /// How many are left, if that was known beforehand.
    left: Option<usize>,
    fed: Arc<AtomicUsize>,
    /// False until the first is read, where the number would be taken for that of the whole push.
    tells_left: bool,
}

impl RecordSource for Counted {
    fn next(&mut self) -> Result<Option<Records>> {
        self.tells_left = true;
        let records = self.source.next()?;
        if let Some(records) = &records {
            self.fed.fetch_add(records.len(), Ordering::AcqRel);
            if let Some(left) = &mut self.left {
                *left = left.saturating_sub(records.len());
            }
        }
        Ok(records)
    }

    fn left(&self) -> Option<usize> {
        if !self.tells_left {
            return None;
        }
        self.left.or_else(|| self.source.left())
    }

    fn path(&self) -> Option<&Path> {
        self.source.path()
    }
}
