//! Arrays out of a stream. As Arrow's own reader, but for columns of nothing but nulls.

use std::ffi::{CStr, c_void};

use arrow_array::cast::AsArray;
use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi_and_data_type};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{
    Array, ArrayRef, RecordBatch, RecordBatchOptions, RecordBatchReader, StructArray, make_array,
};
use arrow_buffer::NullBuffer;
use arrow_schema::{ArrowError, DataType, Schema, SchemaRef};

type Result<T> = std::result::Result<T, ArrowError>;

/// A stream whose schema was read.
pub(super) struct ArrayStream(FFI_ArrowArrayStream);

impl ArrayStream {
    pub(super) fn open(mut stream: FFI_ArrowArrayStream) -> Result<(Self, FFI_ArrowSchema)> {
        if stream.release().is_none() {
            return Err(broken("the stream was read already"));
        }
        let get_schema = stream
            .get_schema()
            .ok_or_else(|| broken("the stream has no schema"))?;
        let mut schema = FFI_ArrowSchema::empty();
        #[expect(
            unsafe_code,
            reason = "the Arrow C stream interface is made of pointers"
        )]
        // SAFETY: the callback is called with the stream that it was read from, which is not released, and with
        // a place for the schema.
        let code = unsafe { get_schema(&raw mut stream, &raw mut schema) };
        if code == 0 {
            Ok((Self(stream), schema))
        } else {
            Err(failed(stream, "the schema", code))
        }
    }

    /// The next array, of the type that the stream's schema says.
    pub(super) fn next(&mut self, data_type: &DataType) -> Result<Option<ArrayRef>> {
        let array = self.next_raw()?;
        array.map(|array| import(array, data_type)).transpose()
    }

    fn next_raw(&mut self) -> Result<Option<FFI_ArrowArray>> {
        let get_next = self
            .0
            .get_next()
            .ok_or_else(|| broken("the stream has no arrays"))?;
        let mut array = FFI_ArrowArray::empty();
        #[expect(
            unsafe_code,
            reason = "the Arrow C stream interface is made of pointers"
        )]
        // SAFETY: as for the schema.
        let code = unsafe { get_next(&raw mut self.0, &raw mut array) };
        match code {
            0 => Ok((!array.is_released()).then_some(array)),
            code => {
                let stream = std::mem::replace(&mut self.0, FFI_ArrowArrayStream::empty());
                Err(failed(stream, "the next rows", code))
            }
        }
    }
}

/// The rows of a stream, or of one array, in batches.
pub(crate) struct Batches {
    arrays: Arrays,
    schema: SchemaRef,
    /// Which rows of the last batch are there, if not all are.
    present: Option<NullBuffer>,
}

enum Arrays {
    Stream(ArrayStream),
    One(StructArray),
    End,
}

impl Batches {
    pub(super) fn of_stream(stream: ArrayStream, schema: Schema) -> Self {
        Self {
            arrays: Arrays::Stream(stream),
            schema: schema.into(),
            present: None,
        }
    }

    pub(super) fn of_array(array: FFI_ArrowArray, schema: Schema) -> Result<Self> {
        let rows = rows(array, &schema)?;
        Ok(Self {
            arrays: Arrays::One(rows),
            schema: schema.into(),
            present: None,
        })
    }

    /// Whether a row of the last batch is null as a whole: no record, whatever its fields hold.
    pub(crate) fn is_null(&self, row: usize) -> bool {
        let present = self.present.as_ref();
        present.is_some_and(|present| present.is_null(row))
    }

    fn next_rows(&mut self) -> Result<Option<StructArray>> {
        match std::mem::replace(&mut self.arrays, Arrays::End) {
            Arrays::Stream(mut stream) => {
                let Some(array) = stream.next_raw()? else {
                    return Ok(None);
                };
                self.arrays = Arrays::Stream(stream);
                rows(array, &self.schema).map(Some)
            }
            Arrays::One(rows) => Ok(Some(rows)),
            Arrays::End => Ok(None),
        }
    }

    fn batch(&mut self, rows: StructArray) -> Result<RecordBatch> {
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        let (_, columns, present) = rows.into_parts();
        self.present = present;
        RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let rows = self.next_rows().transpose()?;
        Some(rows.and_then(|rows| self.batch(rows)))
    }
}

impl RecordBatchReader for Batches {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}

fn rows(array: FFI_ArrowArray, schema: &Schema) -> Result<StructArray> {
    let rows = import(array, &DataType::Struct(schema.fields().clone()))?;
    Ok(rows.as_struct().clone())
}

fn import(mut array: FFI_ArrowArray, data_type: &DataType) -> Result<ArrayRef> {
    forget_buffers_of_nulls(&mut array, data_type)?;
    #[expect(unsafe_code, reason = "the Arrow C data interface is made of pointers")]
    // SAFETY: the array came with a schema that says this type; that they fit together is what who exports
    // them promises.
    let imported = unsafe { from_ffi_and_data_type(array, data_type.clone()) };
    imported.map(make_array)
}

/// An array of nulls has no buffers, says Arrow, and what has any is not imported. Some libraries, polars for
/// one, give it a buffer that is not there.
fn forget_buffers_of_nulls(array: &mut FFI_ArrowArray, data_type: &DataType) -> Result<()> {
    #[expect(
        unsafe_code,
        reason = "the Arrow C data interface is made of pointers, and arrow-array shows them to readers only"
    )]
    // SAFETY: both are the struct that the interface lays down, so their fields lie in the same places. The
    // children of one that is not released are valid, and nobody else looks at them meanwhile. Who releases
    // an array goes by its private data: the number of buffers is for who reads it.
    unsafe {
        walk((&raw mut *array).cast(), data_type)
    }
}

/// The beginning of the struct `ArrowArray`, as Arrow's C data interface lays it down.
#[repr(C)]
struct ArrayHead {
    length: i64,
    null_count: i64,
    offset: i64,
    buffer_count: i64,
    child_count: i64,
    buffers: *mut *const c_void,
    children: *mut *mut ArrayHead,
    dictionary: *mut ArrayHead,
}

#[expect(unsafe_code, reason = "the Arrow C data interface is made of pointers")]
/// # Safety
///
/// `array` is null or the beginning of a valid `ArrowArray` that nobody else reads or writes.
unsafe fn walk(array: *mut ArrayHead, data_type: &DataType) -> Result<()> {
    use DataType as T;
    // SAFETY: as above.
    let Some(array) = (unsafe { array.as_mut() }) else {
        return Err(broken("an array lacks a child that its type has"));
    };
    let child = |place: usize, data_type: &DataType| {
        let count = usize::try_from(array.child_count).unwrap_or_default();
        if place >= count || array.children.is_null() {
            return Err(broken("an array lacks a child that its type has"));
        }
        // SAFETY: there are so many children, each valid as the array is.
        unsafe { walk(*array.children.add(place), data_type) }
    };
    match data_type {
        T::Null => array.buffer_count = 0,
        T::List(item)
        | T::LargeList(item)
        | T::ListView(item)
        | T::LargeListView(item)
        | T::Map(item, _) => child(0, item.data_type())?,
        T::FixedSizeList(item, size) => {
            child(0, item.data_type())?;
            let items = array
                .offset
                .checked_add(array.length)
                .and_then(|lists| lists.checked_mul(i64::from(*size)));
            // SAFETY: the child was looked at above.
            let held = unsafe { (*array.children).as_mut() };
            match (items, held) {
                (Some(items), Some(held)) if held.length >= items => {}
                // Nulls have no buffers that could be too short.
                (Some(items), Some(held)) if *item.data_type() == T::Null => held.length = items,
                _ => {
                    return Err(broken(
                        "lists of a fixed size hold fewer items than they say",
                    ));
                }
            }
        }
        T::Struct(fields) => {
            for (place, field) in fields.iter().enumerate() {
                child(place, field.data_type())?;
            }
        }
        T::RunEndEncoded(_, values) => child(1, values.data_type())?,
        // SAFETY: as the array.
        T::Dictionary(_, values) => unsafe { walk(array.dictionary, values)? },
        _ => {}
    }
    Ok(())
}

fn broken(message: &str) -> ArrowError {
    ArrowError::CDataInterface(message.to_owned())
}

fn failed(mut stream: FFI_ArrowArrayStream, what: &str, code: i32) -> ArrowError {
    let said = stream.get_last_error().and_then(|get_last_error| {
        #[expect(
            unsafe_code,
            reason = "the Arrow C stream interface is made of pointers"
        )]
        // SAFETY: the callback is called with the stream that it was read from, after one of its callbacks
        // failed; the text is valid until the next call, and copied.
        unsafe {
            let text = get_last_error(&raw mut stream);
            (!text.is_null()).then(|| CStr::from_ptr(text).to_string_lossy().into_owned())
        }
    });
    let said = said.unwrap_or_else(|| format!("error {code}"));
    broken(&format!("its owner could not give {what}: {said}"))
}
