//! Arrow data that is no public source of the core.

use arrow_array::RecordBatchReader;

use crate::error::Result;
use crate::records::ArrowRecords;
use crate::records::shape::RecordShape;

/// Records of batches whose rows may be null as a whole, which then fail. `is_null` is asked of rows of the batch
/// that the reader gave last.
///
/// # Errors
///
/// As [`ArrowRecords::new`].
pub fn with_null_rows<R: RecordBatchReader>(
    reader: R,
    is_null: fn(&R, usize) -> bool,
    shape: &RecordShape,
) -> Result<ArrowRecords<R>> {
    ArrowRecords::with_null_rows(reader, is_null, shape)
}
