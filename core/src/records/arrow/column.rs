//! One column by itself, for encoders that write rows of which only some columns are Arrow's.

use arrow_array::ArrayRef;
use arrow_schema::{Field, TimeUnit};

use super::cells::{self, Cells, Fault, Outcome, Written, quoted};
use super::moments::{Unit, write_moment};
use crate::records::json::MemberName;
use crate::records::shape::Nan;

/// The values of a column, or of some rows of it.
pub struct Column {
    parts: Vec<Part>,
}

struct Part {
    /// The row after its last.
    end: usize,
    cells: Box<dyn Cells>,
}

/// What a row has in a column. Of the latter two nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// A value.
    Value,
    /// Nothing.
    Null,
    /// A number that is not finite.
    Nan,
}

/// Why a value has no JSON.
#[derive(Clone, Debug)]
pub struct CellFault {
    /// Where in the column's value it lies: `[2].name`, or nothing when it is all of it.
    pub path: String,
    /// What is wrong, and what to do.
    pub message: String,
}

impl Column {
    /// Whether values of the field have JSON; the message says why not.
    ///
    /// # Errors
    ///
    /// What follows the column's name in a sentence.
    pub fn check(field: &Field) -> Result<(), String> {
        cells::check(field)
    }

    /// The values of `arrays`, one after the other, all of the type of `field`. With `nan` an error, a number that
    /// is not finite fails a list, struct or map that it lies in.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    pub fn new(arrays: &[ArrayRef], field: &Field, nan: Nan) -> Result<Self, String> {
        Self::check(field)?;
        let mut end = 0;
        let part = |array: &ArrayRef| {
            end += array.len();
            let cells = cells::cells(array, field, nan)?;
            Ok(Part { end, cells })
        };
        let parts = arrays.iter().map(part).collect::<Result<_, String>>()?;
        Ok(Self { parts })
    }

    /// Moments with the offset that their zone had: counts since 1970 in UTC, and by the clocks there. A moment
    /// is null where there is none.
    pub fn zoned(unit: TimeUnit, moments: Vec<Option<(i64, i64)>>) -> Self {
        let unit = match unit {
            TimeUnit::Second => Unit::SECOND,
            TimeUnit::Millisecond => Unit::MILLISECOND,
            TimeUnit::Microsecond => Unit::MICROSECOND,
            TimeUnit::Nanosecond => Unit::NANOSECOND,
        };
        let end = moments.len();
        let cells = Box::new(Zoned { unit, moments });
        Self {
            parts: vec![Part { end, cells }],
        }
    }

    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.parts.last().map_or(0, |part| part.end)
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends a member with the value of a row; beyond the end, and where nothing is the value, nothing follows
    /// the name.
    ///
    /// # Errors
    ///
    /// The value has no JSON, though others of its type have; what was appended then is to be cut off.
    pub fn write_member(
        &self,
        key: &MemberName,
        row: usize,
        json: &mut Vec<u8>,
    ) -> Result<Cell, CellFault> {
        let place = self.parts.partition_point(|part| part.end <= row);
        let before = place
            .checked_sub(1)
            .and_then(|before| self.parts.get(before));
        let start = before.map_or(0, |part| part.end);
        let Some(part) = self.parts.get(place) else {
            key.write(json);
            return Ok(Cell::Null);
        };
        match part.cells.write_member(key, row - start, json) {
            Ok(Written::Value) => Ok(Cell::Value),
            Ok(Written::Null) => Ok(Cell::Null),
            Ok(Written::Nan) => Ok(Cell::Nan),
            Err(fault) => Err(fault.into_parts()),
        }
    }
}

struct Zoned {
    unit: Unit,
    moments: Vec<Option<(i64, i64)>>,
}

impl Cells for Zoned {
    fn write(&self, row: usize, json: &mut Vec<u8>) -> Outcome {
        let Some(Some((utc, local))) = self.moments.get(row).copied() else {
            return Ok(Written::Null);
        };
        let ahead = local
            .checked_sub(utc)
            .ok_or_else(|| Fault::new("has a zone that is too far from UTC: correct it"))?;
        let seconds = ahead.div_euclid(self.unit.per_second);
        let minutes = i32::try_from(seconds / 60).unwrap_or_default();
        // Zones of long ago have offsets with seconds, which RFC 3339 can't write: UTC can.
        let (count, minutes) = if seconds % 60 == 0 {
            (local, minutes)
        } else {
            (utc, 0)
        };
        quoted(json, |json| {
            write_moment(json, count, self.unit, Some(minutes))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::Int64Array;
    use arrow_schema::DataType;

    use super::*;

    fn written(column: &Column) -> Vec<String> {
        let cell = |row| {
            let mut json = Vec::new();
            let cell = column.write_member(&MemberName::new("n"), row, &mut json);
            let written = String::from_utf8(json).unwrap();
            let value = written.strip_prefix(r#","n":"#).unwrap().to_owned();
            match cell {
                Ok(Cell::Value) => value,
                other => format!("{other:?}"),
            }
        };
        (0..=column.len()).map(cell).collect()
    }

    #[test]
    fn rows_go_on_from_one_array_to_the_next() {
        let array = |numbers: &[i64]| Arc::new(Int64Array::from(numbers.to_vec())) as ArrayRef;
        let field = Field::new("n", DataType::Int64, true);
        let column = Column::new(
            &[array(&[1, 2]), array(&[]), array(&[3])],
            &field,
            Nan::Null,
        )
        .unwrap();
        assert_eq!(written(&column), ["1", "2", "3", "Ok(Null)"]);
        assert_eq!(
            written(&Column::new(&[], &field, Nan::Null).unwrap()),
            ["Ok(Null)"]
        );
    }

    #[test]
    fn moments_keep_the_offset_of_their_zone() {
        let berlin = 3_600;
        let moments = vec![
            Some((0, berlin)),
            Some((0, -12_600)),
            None,
            Some((0, 0)),
            // Berlin before 1893: 53 minutes and 28 seconds.
            Some((0, 3_208)),
        ];
        assert_eq!(
            written(&Column::zoned(TimeUnit::Second, moments)),
            [
                r#""1970-01-01T01:00:00+01:00""#,
                r#""1969-12-31T20:30:00-03:30""#,
                "Ok(Null)",
                r#""1970-01-01T00:00:00+00:00""#,
                r#""1970-01-01T00:00:00+00:00""#,
                "Ok(Null)",
            ]
        );
        let far = Column::zoned(TimeUnit::Nanosecond, vec![Some((i64::MIN, i64::MAX))]);
        let key = MemberName::new("n");
        assert!(far.write_member(&key, 0, &mut Vec::new()).is_err());
    }
}
