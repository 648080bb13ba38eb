//! Sources that are read in Rust.

use std::fs::{self, Metadata};

use crate::error::Result;
use crate::reads::Graph8Rows;
use crate::records::{CsvOptions, RecordFile, RecordShape, RecordSource, Records};

/// A source, and whether it is waited for.
pub struct Source {
    pub(super) reader: Reader,
    pub(super) may_hang: bool,
}

/// How a source is read.
pub(super) enum Reader {
    /// By calls that may block.
    Blocking(Box<dyn RecordSource>),
    /// By requests, which are dropped when the push ends.
    Rows(Box<Graph8Rows>),
}

impl Source {
    /// A source that `may_hang` may give nothing for as long as it likes, as a query does.
    pub fn new(records: Box<dyn RecordSource>, may_hang: bool) -> Self {
        Self {
            reader: Reader::Blocking(records),
            may_hang,
        }
    }

    /// graph8's own rows.
    pub(super) fn rows(rows: Graph8Rows) -> Self {
        Self {
            reader: Reader::Rows(Box::new(rows)),
            may_hang: false,
        }
    }

    /// No file: then there is no CSV either.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) when there are options for it.
    pub fn no_file(csv: &CsvOptions) -> Result<()> {
        csv.check_unused("other records")
    }

    /// A file by its path, or what else has one, as a pipe.
    ///
    /// # Errors
    ///
    /// As [`RecordFile::open`].
    pub fn file(path: &str, csv: &CsvOptions, shape: &RecordShape) -> Result<Self> {
        let is_pipe = |found: Metadata| !found.is_file() && !found.is_dir();
        let may_hang = fs::metadata(path).is_ok_and(is_pipe);
        let records: Box<dyn RecordSource> = if may_hang {
            csv.check()?;
            Box::new(Pipe::Named(path.to_owned(), csv.clone(), shape.clone()))
        } else {
            Box::new(RecordFile::open(path, csv, shape)?)
        };
        Ok(Self::new(records, may_hang))
    }
}

impl Reader {
    /// How many records it still holds, if it can know.
    pub(super) fn left(&self) -> Option<usize> {
        match self {
            Self::Blocking(records) => records.left(),
            Self::Rows(_) => None,
        }
    }
}

/// A path that is no plain file. A pipe is opened where it is read: that takes as long as nobody writes.
enum Pipe {
    Named(String, CsvOptions, RecordShape),
    Open(RecordFile),
}

impl RecordSource for Pipe {
    fn next(&mut self) -> Result<Option<Records>> {
        loop {
            match self {
                Self::Open(file) => return file.next(),
                Self::Named(path, csv, shape) => {
                    *self = Self::Open(RecordFile::open(path, csv, shape)?);
                }
            }
        }
    }
}
