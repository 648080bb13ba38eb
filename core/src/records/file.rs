//! Records of a file, whatever its format.

use std::path::Path;

use super::csv::{CsvFile, CsvOptions};
use super::format::Format;
use super::ndjson::NdjsonFile;
use super::opened::Opened;
use crate::error::Result;
use crate::records::{RecordShape, RecordSource, Records};

/// The records of an NDJSON, CSV or TSV file, gzipped or not.
pub struct RecordFile(Kind);

enum Kind {
    Ndjson(NdjsonFile),
    Csv(Box<CsvFile>),
}

impl RecordFile {
    /// Opens a file. Its format is what its name says (`.ndjson`, `.jsonl`, `.csv`, `.tsv`, maybe with `.gz`);
    /// with another name, what it begins with. `csv` is for CSV and TSV alone, and the shape that of the push.
    ///
    /// # Errors
    ///
    /// [`Source`](crate::ErrorKind::Source) when it can't be opened; [`Config`](crate::ErrorKind::Config) when it
    /// begins as something else does (Parquet, Excel, a ZIP archive …), or for a header as in
    /// [`CsvFile::open`].
    pub fn open(path: impl AsRef<Path>, csv: &CsvOptions, shape: &RecordShape) -> Result<Self> {
        csv.check()?;
        let file = Opened::open(path)?;
        Ok(Self(match Format::of(&file, csv)? {
            Format::Ndjson => Kind::Ndjson(NdjsonFile::of(file)),
            format => {
                let file = CsvFile::of(file, format == Format::Tsv, csv, shape)?;
                Kind::Csv(Box::new(file))
            }
        }))
    }
}

impl RecordSource for RecordFile {
    fn next(&mut self) -> Result<Option<Records>> {
        match &mut self.0 {
            Kind::Ndjson(file) => file.next(),
            Kind::Csv(file) => file.next(),
        }
    }

    fn path(&self) -> Option<&Path> {
        match &self.0 {
            Kind::Ndjson(file) => file.path(),
            Kind::Csv(file) => file.path(),
        }
    }
}
