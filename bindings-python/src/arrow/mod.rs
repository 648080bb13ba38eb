//! Arrow data as other libraries hand it over: capsules of the C interface, made arrays and batches.

use arrow_array::ArrayRef;
use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_schema::{ArrowError, Field, Schema};
use graph8_crm::{Error, Result};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

mod fields;
mod stream;

use stream::ArrayStream;
pub(crate) use stream::Batches;

/// The table of `__arrow_c_stream__()`; the inner error is about its schema.
pub(crate) fn table(capsule: &Bound<'_, PyCapsule>) -> PyResult<Result<Batches>> {
    let stream = stream(capsule)?;
    Ok(ArrayStream::open(stream)
        .map_err(|error| no_table(&error))
        .and_then(|(stream, schema)| {
            let fields = fields::of_table(&schema)?;
            Ok(Batches::of_stream(stream, Schema::new(fields)))
        }))
}

/// The one batch of `__arrow_c_array__()`; the inner error is about its schema.
pub(crate) fn batch(
    schema: &Bound<'_, PyCapsule>,
    array: &Bound<'_, PyCapsule>,
) -> PyResult<Result<Batches>> {
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
    let fields = with_schema(schema, fields::of_table)?;
    #[expect(unsafe_code, reason = "as above")]
    // SAFETY: as above. The array is moved out of its capsule, which then is empty.
    let array = unsafe { FFI_ArrowArray::from_raw(array.as_ptr()) };
    Ok(fields.and_then(|fields| {
        Batches::of_array(array, Schema::new(fields)).map_err(|error| no_table(&error))
    }))
}

/// The type of `__arrow_c_schema__()`; the inner error says why it is none of Arrow's.
pub(crate) fn field(
    capsule: &Bound<'_, PyCapsule>,
) -> PyResult<std::result::Result<Field, ArrowError>> {
    with_schema(capsule, fields::field)
}

/// The arrays of a column's `__arrow_c_stream__()`, and their type.
pub(crate) fn arrays(
    capsule: &Bound<'_, PyCapsule>,
) -> PyResult<std::result::Result<(Field, Vec<ArrayRef>), ArrowError>> {
    let stream = stream(capsule)?;
    Ok(ArrayStream::open(stream).and_then(|(mut stream, schema)| {
        let field = fields::field(&schema)?;
        let mut arrays = Vec::new();
        while let Some(array) = stream.next(field.data_type())? {
            arrays.push(array);
        }
        Ok((field, arrays))
    }))
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

/// Reads the schema in a capsule.
fn with_schema<T>(
    capsule: &Bound<'_, PyCapsule>,
    read: impl FnOnce(&FFI_ArrowSchema) -> T,
) -> PyResult<T> {
    let schema = capsule.pointer_checked(Some(c"arrow_schema"))?;
    #[expect(unsafe_code, reason = "the Arrow C data interface is made of pointers")]
    // SAFETY: a capsule of this name holds an ArrowSchema, says the PyCapsule interface of Arrow, which lives
    // as long as the capsule, and is only looked at.
    let schema = unsafe { schema.cast::<FFI_ArrowSchema>().as_ref() };
    Ok(read(schema))
}
