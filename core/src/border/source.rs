//! Sources that are read in Rust.

use std::fs::{self, Metadata};

use crate::error::Result;
use crate::records::{CsvOptions, RecordFile, RecordShape, RecordSource, Records};

/// A source, and whether it is waited for.
pub struct Source {
    pub(super) records: Box<dyn RecordSource>,
    pub(super) may_hang: bool,
}

impl Source {
    /// A source that `may_hang` may give nothing for as long as it likes, as a query does.
    pub fn new(records: Box<dyn RecordSource>, may_hang: bool) -> Self {
        Self { records, may_hang }
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
        Ok(Self { records, may_hang })
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
