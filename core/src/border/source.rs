//! Sources that are read in Rust.

use std::fs;

use crate::error::Result;
use crate::records::{NdjsonFile, RecordSource, Records};

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

    /// An NDJSON file, or what else has a path, as a pipe.
    ///
    /// # Errors
    ///
    /// [`Source`](crate::ErrorKind::Source) when a file can't be opened.
    pub fn file(path: &str) -> Result<Self> {
        let may_hang = fs::metadata(path).is_ok_and(|found| !found.is_file());
        let records: Box<dyn RecordSource> = if may_hang {
            Box::new(Pipe::Named(path.to_owned()))
        } else {
            Box::new(NdjsonFile::open(path)?)
        };
        Ok(Self { records, may_hang })
    }
}

/// A path that is no plain file. A pipe is opened where it is read: that takes as long as nobody writes.
enum Pipe {
    Named(String),
    Open(NdjsonFile),
}

impl RecordSource for Pipe {
    fn next(&mut self) -> Result<Option<Records>> {
        loop {
            match self {
                Self::Open(file) => return file.next(),
                Self::Named(path) => *self = Self::Open(NdjsonFile::open(path)?),
            }
        }
    }
}
