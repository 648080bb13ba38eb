//! Records from Arrow data: columns are read where they lie, and each row is written once.
//!
//! | Arrow | JSON |
//! |---|---|
//! | null, and NaN or an infinity | `null` |
//! | bool | `true`, `false` |
//! | integers, floats | number |
//! | decimals | number, all digits of the scale |
//! | utf8, large utf8, utf8 view | string |
//! | date | `2026-01-31` |
//! | time | `10:00:00`, with a fraction where there is one |
//! | timestamp without zone | `2026-01-31T10:00:00` |
//! | timestamp with zone | the moment in UTC, `2026-01-31T09:00:00+00:00` |
//! | duration | number of seconds |
//! | list, large list, fixed-size list, list view | array |
//! | struct, map with text keys | object |
//! | dictionary, run-end encoded | as their values |
//! | extension `arrow.uuid` | string |
//! | extension `arrow.bool8` | `true`, `false` |
//!
//! Binary data, intervals and unions are refused by the column's name.

use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, Schema};

use crate::error::{Error, Result};
use crate::records::json::{self, MemberName};
use crate::records::shape::{Nan, RecordShape, Shaper};
use crate::records::{RecordSource, Records};

mod cells;
mod column;
mod moments;

pub use column::{Cell, CellFault, Column};

use cells::{Cells, NOT_FINITE, Written, cells};

/// Rows encoded at a time.
const ROWS: usize = 1_000;

/// Records of a stream of Arrow record batches.
pub struct ArrowRecords<R> {
    reader: R,
    /// Whether a row of the batch that the reader gave last is null as a whole.
    is_null: fn(&R, usize) -> bool,
    columns: Vec<Travelling>,
    drops_nulls: bool,
    nan: Nan,
    is_shaped: bool,
    /// What of the current batch is not encoded yet.
    batch: Option<RecordBatch>,
    fields: Vec<Box<dyn Cells>>,
    row: usize,
    /// Memory for the next chunk.
    emptied: Option<Records>,
}

/// A column that travels.
struct Travelling {
    position: usize,
    name: String,
    key: MemberName,
}

impl<R: RecordBatchReader> ArrowRecords<R> {
    /// Reads `reader`, whose columns become fields in the shape of the push. Index columns that pandas adds
    /// without a name of their own don't travel.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) when a column has a type that has no JSON, when a column that the
    /// shape names is missing, or when two columns would have one name.
    pub fn new(reader: R, shape: &RecordShape) -> Result<Self> {
        Self::with_null_rows(reader, |_, _| false, shape)
    }

    /// As `new`, of rows that may be null as a whole, for which batches have no place.
    pub(crate) fn with_null_rows(
        reader: R,
        is_null: fn(&R, usize) -> bool,
        shape: &RecordShape,
    ) -> Result<Self> {
        let schema = reader.schema();
        let is_shaped = shape.is_whole_at_source();
        let columns = columns(&schema, shape)?;
        let shape = shape.at_source();
        for column in &columns {
            cells::check(schema.field(column.position))
                .map_err(|message| Error::config(format!("column '{}' {message}", column.name)))?;
        }
        Ok(Self {
            reader,
            is_null,
            columns,
            drops_nulls: shape.drop_nulls,
            nan: shape.nan,
            is_shaped,
            batch: None,
            fields: Vec::new(),
            row: 0,
            emptied: None,
        })
    }

    fn next_batch(&mut self) -> Result<bool> {
        let Some(batch) = self.reader.next() else {
            return Ok(false);
        };
        let batch = batch.map_err(|error| unreadable(&error))?;
        let schema = batch.schema();
        self.fields = self
            .columns
            .iter()
            .map(|column| {
                let field = schema.field(column.position);
                cells(batch.column(column.position), field, self.nan)
            })
            .collect::<Result<_, _>>()
            .map_err(Error::unreadable)?;
        self.row = 0;
        self.batch = Some(batch);
        Ok(true)
    }

    fn write(&self, row: usize, json: &mut Vec<u8>) -> std::result::Result<(), String> {
        if (self.is_null)(&self.reader, row) {
            // No object, which the push says of it.
            json.extend_from_slice(b"null");
            return Ok(());
        }
        let start = json.len();
        for (column, cells) in self.columns.iter().zip(&self.fields) {
            let before = json.len();
            let written = cells
                .write_member(&column.key, row, json)
                .map_err(|fault| fault.message(&column.name))?;
            match written {
                Written::Value => {}
                Written::Nan if self.nan == Nan::Error => {
                    return Err(format!("field '{}': {NOT_FINITE}", column.name));
                }
                Written::Null | Written::Nan if self.drops_nulls => json.truncate(before),
                Written::Null | Written::Nan => json.extend_from_slice(b"null"),
            }
        }
        json::end_object(json, start);
        Ok(())
    }
}

impl<R: RecordBatchReader + Send> RecordSource for ArrowRecords<R> {
    fn next(&mut self) -> Result<Option<Records>> {
        loop {
            let rows = self.batch.as_ref().map_or(0, RecordBatch::num_rows);
            if self.row < rows {
                let end = rows.min(self.row + ROWS);
                let new = || Records::with_capacity(end - self.row, (end - self.row) * 256);
                let mut records = self.emptied.take().unwrap_or_else(new);
                records.mark_sound();
                for row in self.row..end {
                    records.push_with(|json| self.write(row, json));
                }
                self.row = end;
                if self.is_shaped {
                    records.mark_shaped();
                }
                return Ok(Some(records));
            }
            if !self.next_batch()? {
                return Ok(None);
            }
        }
    }

    fn reuse(&mut self, emptied: Records) {
        self.emptied = Some(emptied);
    }

    /// Of the batch at hand: a stream does not tell of those to come.
    fn left(&self) -> Option<usize> {
        let batch = self.batch.as_ref()?;
        Some(batch.num_rows() - self.row)
    }
}

fn columns(schema: &Schema, shape: &RecordShape) -> Result<Vec<Travelling>> {
    let travelling = schema.fields().iter().map(|field| field.name().as_str());
    Shaper::new(shape).check_columns(travelling.filter(|name| !is_nameless_index(name)))?;
    let shaper = Shaper::new(&shape.at_source());
    let mut columns = Vec::new();
    for (position, field) in schema.fields().iter().enumerate() {
        if is_nameless_index(field.name()) {
            continue;
        }
        let Some(placed) = shaper.place(field.name()) else {
            continue;
        };
        columns.push(Travelling {
            position,
            name: placed.name.to_owned(),
            key: MemberName::new(placed.name),
        });
    }
    Ok(columns)
}

/// What pandas calls an index that has no name.
fn is_nameless_index(name: &str) -> bool {
    name.strip_prefix("__index_level_")
        .and_then(|rest| rest.strip_suffix("__"))
        .is_some_and(|level| level.bytes().all(|byte| byte.is_ascii_digit()))
}

fn unreadable(error: &ArrowError) -> Error {
    Error::unreadable(format!(
        "the records can't be read from their Arrow stream: {error}"
    ))
}

#[cfg(test)]
mod tests;
