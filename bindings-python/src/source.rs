//! Sources that are read in Rust (files, and Arrow data of any library), and the columns of frames.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use graph8_crm::border::{Column, Shaper, Source, with_null_rows};
use graph8_crm::{CsvOptions, Error, RecordShape, RecordSource, Records, Result};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::arrow::{self, Batches};
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
    /// The same, of a table some of whose columns are no Arrow data.
    Table(Table<'py>),
    /// The columns of rows that will be fed.
    Frame(FrameColumns<'py>),
}

/// A column that can't travel, and why.
type Refused = (String, String);

/// A stream in which the columns that can't travel hold nothing.
#[derive(FromPyObject)]
pub(crate) struct Table<'py> {
    stream: Bound<'py, PyCapsule>,
    refused: Vec<Refused>,
}

/// The columns of a frame, as far as they can be judged before its rows.
#[derive(FromPyObject)]
pub(crate) struct FrameColumns<'py> {
    /// The names of all that have one.
    names: Vec<String>,
    /// What is wrong with the others; it does not matter where columns are selected.
    unnamed: Option<String>,
    /// Columns whose values have no JSON, and why.
    refused: Vec<Refused>,
    /// Columns of Arrow data, and their types.
    of_arrow: Vec<(String, Bound<'py, PyCapsule>)>,
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
            arrow::table(capsule)?.and_then(|reader| of_arrow(reader, shape))
        }
        SourceInput::Table(Table { stream, refused }) => {
            let reader = arrow::table(stream)?;
            reader.and_then(|reader| {
                check_refused(refused, &Shaper::new(shape))?;
                of_arrow(reader, shape)
            })
        }
        SourceInput::Array(schema, array) => {
            arrow::batch(schema, array)?.and_then(|reader| of_arrow(reader, shape))
        }
        SourceInput::Path(path) => {
            return Ok(py.detach(|| Source::file(path, csv, shape)).map(Some));
        }
        SourceInput::Frame(columns) => return Ok(columns.check(shape)?.map(|()| None)),
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

fn of_arrow(batches: Batches, shape: &RecordShape) -> Result<Box<dyn RecordSource>> {
    let records = with_null_rows(batches, Batches::is_null, shape)?;
    Ok(Box::new(records))
}

/// Whether the shape leaves all columns out that can't travel.
fn check_refused(refused: &[Refused], shaper: &Shaper) -> Result<()> {
    let travelling = refused
        .iter()
        .find(|(name, _)| shaper.place(name).is_some());
    travelling.map_or(Ok(()), |(name, why)| Err(refusal(name, why)))
}

fn refusal(name: &str, why: &str) -> Error {
    Error::config(format!("column '{name}' {why}"))
}

impl FrameColumns<'_> {
    /// The inner error is about a column that can't travel as the shape asks.
    fn check(&self, shape: &RecordShape) -> PyResult<Result<()>> {
        if let Some(message) = &self.unnamed
            && (shape.columns.is_none() || self.names.is_empty())
        {
            return Ok(Err(Error::config(message.as_str())));
        }
        let shaper = Shaper::new(shape);
        if let Err(error) = shaper.check_columns(self.names.iter().map(String::as_str)) {
            return Ok(Err(error));
        }
        if let Err(error) = check_refused(&self.refused, &shaper) {
            return Ok(Err(error));
        }
        for (name, schema) in &self.of_arrow {
            if shaper.place(name).is_some() {
                let field = arrow::field(schema)?.map_err(|error| error.to_string());
                if let Err(why) = field.and_then(|field| Column::check(&field)) {
                    return Ok(Err(refusal(name, &why)));
                }
            }
        }
        Ok(Ok(()))
    }
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
