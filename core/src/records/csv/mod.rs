//! Records from CSV and TSV: a header, and a record per row. Every value is text, so that phones and ids keep
//! their zeros; an empty cell is no field.

use std::path::{Path, PathBuf};

use encoding_rs::Encoding;

use super::format::{FEWEST_TO_JUDGE, Format};
use super::opened::Opened;
use super::text::{TextReader, encoding_named};
use crate::error::{Error, Result};
use crate::quote::quote;
use crate::records::json::{self, MemberName};
use crate::records::shape::{RecordShape, Shaper};
use crate::records::{RecordSource, Records};

mod delimiter;
mod rows;

use delimiter::Sample;
use rows::{Row, Rows};

/// A chunk is full after so many rows, or a multiple of them: what requests have, so that each is a piece of one.
const ROWS: usize = 100;
/// A chunk of so many bytes gets no more rows; larger ones cost the allocator more.
const CHUNK: usize = 64 * 1024;
/// Text in which the delimiter is looked for, in bytes.
const SAMPLE: usize = 32 * 1024;
/// Bytes of a file that are checked to be text before the first record is given.
const LOOKED_THROUGH: usize = 64 * 1024 * 1024;

/// How CSV and TSV are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CsvOptions {
    /// What parts the cells: one ASCII character. Default: what the first lines show, of comma, semicolon, tab and
    /// `|`; in a `.tsv` a tab; or what Excel's line `sep=;` says.
    pub delimiter: Option<char>,
    /// The encoding of the text, by a name of the [Encoding Standard](https://encoding.spec.whatwg.org/#names-and-labels),
    /// for example `windows-1252`. A byte order mark in the file counts more. Default: UTF-8, or UTF-16 with its
    /// byte order mark.
    pub encoding: Option<String>,
}

impl CsvOptions {
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Checks the values.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) for one that can't be used.
    pub(crate) fn check(&self) -> Result<()> {
        self.delimiter()?;
        self.encoding()?;
        Ok(())
    }

    /// Refuses options that were given for records that are no CSV.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) if there are any.
    pub(crate) fn check_unused(&self, source: &str) -> Result<()> {
        if self.is_default() {
            return Ok(());
        }
        let names = [
            self.delimiter.map(|_| "delimiter"),
            self.encoding.as_ref().map(|_| "encoding"),
        ];
        let names: Vec<&str> = names.into_iter().flatten().collect();
        Err(Error::config(format!(
            "{} goes with CSV and TSV files, not with {source}: leave it out",
            names.join(" and ")
        )))
    }

    fn delimiter(&self) -> Result<Option<u8>> {
        let Some(given) = self.delimiter else {
            return Ok(None);
        };
        match u8::try_from(given) {
            Ok(byte) if is_delimiter(byte) => Ok(Some(byte)),
            _ => Err(wrong_delimiter(&given.to_string())),
        }
    }

    fn encoding(&self) -> Result<Option<&'static Encoding>> {
        self.encoding.as_deref().map(encoding_named).transpose()
    }
}

/// The error about a delimiter that can't be used.
pub(crate) fn wrong_delimiter(given: &str) -> Error {
    Error::config(format!(
        "delimiter is '{}': use one ASCII character that is no letter, digit, quote or line break, for \
         example ; or a tab",
        given.escape_debug()
    ))
}

fn is_delimiter(byte: u8) -> bool {
    let is_text = byte.is_ascii_alphanumeric() || matches!(byte, 0 | b'"' | b'\r' | b'\n');
    byte.is_ascii() && !is_text
}

/// Whether a file whose name says nothing begins as a table does.
pub(super) fn looks_like_csv(file: &Opened) -> bool {
    let head = String::from_utf8_lossy(&file.head);
    let Some(delimiter) = delimiter::find(&head, file.is_whole) else {
        return false;
    };
    let Sample { rows, fitting, .. } = Sample::of(&head, delimiter, file.is_whole);
    rows > 0 && fitting * 2 >= rows
}

/// The records of a CSV or TSV file, gzipped or not.
pub struct CsvFile {
    text: TextReader,
    rows: Rows,
    columns: Vec<Option<MemberName>>,
    path: PathBuf,
    is_shaped: bool,
    /// Whether it never has to be waited for.
    is_regular: bool,
    /// Bytes of JSON of the last chunk.
    last: usize,
    /// What ended the file after the rows that were given.
    broken: Option<Error>,
}

impl CsvFile {
    /// Opens a file, whose columns become fields in the shape of the push; gzip is known by its first bytes.
    ///
    /// # Errors
    ///
    /// [`Source`](crate::ErrorKind::Source) when it can't be opened, or is not in its encoding as far as its first
    /// 64 MiB tell. [`Config`](crate::ErrorKind::Config) when it is no CSV, when the header has a column twice or
    /// without a name, or lacks one that the shape names.
    pub fn open(path: impl AsRef<Path>, options: &CsvOptions, shape: &RecordShape) -> Result<Self> {
        options.check()?;
        let file = Opened::open(path)?;
        Format::Csv.check(&file, options)?;
        Self::of(file, false, options, shape)
    }

    pub(super) fn of(
        file: Opened,
        is_tsv: bool,
        options: &CsvOptions,
        shape: &RecordShape,
    ) -> Result<Self> {
        let (path, is_regular) = (file.path.clone(), file.is_regular);
        let encoding = options.encoding()?;
        let mut text = TextReader::new(file, encoding);
        let mut head = String::new();
        // More than the first line of a pipe may take for ever to come.
        while !text.is_at_end() && head.len() < SAMPLE && (is_regular || !head.contains('\n')) {
            match text.read_on(&mut head) {
                // What came before it is read first.
                Err(error) if !head.is_empty() && !text.is_no_text() => {
                    text.end_with(error);
                    break;
                }
                read => read?,
            }
        }
        let is_whole = text.is_at_end();
        let (said, start) = said_by_excel(&head);
        head.drain(..start);
        let delimiter = match options.delimiter()?.or(said) {
            Some(delimiter) => delimiter,
            None if is_tsv && Sample::of(&head, b'\t', is_whole).columns > 1 => b'\t',
            None => delimiter::find(&head, is_whole).unwrap_or(b','),
        };
        let sample = Sample::of(&head, delimiter, is_whole);
        let first_line = if start > 0 { 2 } else { 1 };
        let mut file = Self {
            text,
            rows: Rows::new(head, delimiter, first_line),
            columns: Vec::new(),
            path,
            is_shaped: shape.is_whole_at_source(),
            is_regular,
            last: 0,
            broken: None,
        };
        file.read_header(shape)?;
        file.check_rows(&sample, delimiter)?;
        if is_regular {
            file.look_through(encoding)?;
        }
        Ok(file)
    }

    fn read_header(&mut self, shape: &RecordShape) -> Result<()> {
        let path = self.path.display();
        let names: Vec<String> = loop {
            let is_at_end = self.text.is_at_end();
            match self.rows.next_row(is_at_end) {
                Err(message) => return Err(Error::unreadable(format!("{path}: {message}"))),
                Ok(Some(header)) => break header.cells().map(str::to_owned).collect(),
                Ok(None) if is_at_end => {
                    return Err(Error::config(format!(
                        "{path} is empty: a CSV file begins with a header, the names of its columns"
                    )));
                }
                Ok(None) => {}
            }
            self.text.read_on(self.rows.text())?;
        };
        let at_source = shape.at_source();
        let travels = |name: &String| match &at_source.columns {
            Some(columns) => columns.contains(name),
            None => true,
        };
        for (position, name) in names.iter().enumerate().filter(|(_, name)| travels(name)) {
            let column = position + 1;
            if name.trim().is_empty() {
                return Err(Error::config(format!(
                    "column {column} of {path} has no name in the header: name it, or select the others with \
                     columns (an index that pandas wrote is left out by index=False)"
                )));
            }
            if is_address(name) {
                return Err(Error::config(format!(
                    "the header of {path} has the e-mail address '{}': its first row must be the names of the \
                     columns",
                    quote(name.as_bytes())
                )));
            }
            if let Some(first) = names[..position].iter().position(|other| other == name) {
                return Err(Error::config(format!(
                    "columns {} and {column} of {path} are both named '{}': rename one of them in the file",
                    first + 1,
                    quote(name.as_bytes())
                )));
            }
        }
        Shaper::new(shape)
            .check_columns(names.iter().map(String::as_str))
            .map_err(|error| error.in_context(&path.to_string()))?;
        let shaper = Shaper::new(&at_source);
        let placed = names.iter().map(|name| shaper.place(name));
        self.columns = placed
            .map(|placed| placed.map(|placed| MemberName::new(placed.name)))
            .collect();
        Ok(())
    }

    /// Refuses a file of which no row fits the header: each would fail for the same reason.
    fn check_rows(&self, sample: &Sample, delimiter: u8) -> Result<()> {
        if sample.rows < FEWEST_TO_JUDGE || sample.fitting > 0 {
            return Ok(());
        }
        Err(Error::config(format!(
            "the header of {} has {} columns, and none of the {} rows after it has as many (the first has {}), \
             parted by '{}': is the header in a later line, or is another delimiter right?",
            self.path.display(),
            sample.columns,
            sample.rows,
            sample.first,
            char::from(delimiter).escape_debug()
        )))
    }

    /// Reads the beginning of the file once more, for bytes that are no text: better found before the first record
    /// is sent than after many.
    fn look_through(&self, encoding: Option<&'static Encoding>) -> Result<()> {
        let mut text = TextReader::new(Opened::open(&self.path)?, encoding);
        let mut piece = String::new();
        let mut read = 0;
        while !text.is_at_end() && read < LOOKED_THROUGH {
            if let Err(error) = text.read_on(&mut piece) {
                // What can't be read ends the file where it lies.
                return if text.is_no_text() {
                    Err(error)
                } else {
                    Ok(())
                };
            }
            read += piece.len();
            piece.clear();
        }
        Ok(())
    }

    fn read_rows(&mut self, records: &mut Records) -> Result<()> {
        while !is_full(records) {
            let is_at_end = self.text.is_at_end();
            match self.rows.next_row(is_at_end) {
                Err(message) => {
                    return Err(Error::unreadable(format!(
                        "the records can't be read from {}: {message}",
                        self.path.display()
                    )));
                }
                Ok(Some(row)) => records.push_with(|json| write(&row, &self.columns, json)),
                // More of a pipe may take for ever to come.
                Ok(None) if is_at_end || !self.is_regular && !records.is_empty() => return Ok(()),
                Ok(None) => self.text.read_on(self.rows.text())?,
            }
        }
        Ok(())
    }
}

impl RecordSource for CsvFile {
    fn next(&mut self) -> Result<Option<Records>> {
        if let Some(error) = self.broken.take() {
            return Err(error);
        }
        let mut records = Records::with_capacity(8 * ROWS, self.last + self.last / 8);
        records.mark_sound();
        if let Err(error) = self.read_rows(&mut records) {
            if records.is_empty() {
                return Err(error);
            }
            self.broken = Some(error);
        }
        self.last = records.byte_len();
        if self.is_shaped {
            records.mark_shaped();
        }
        Ok((!records.is_empty()).then_some(records))
    }

    fn path(&self) -> Option<&Path> {
        Some(&self.path)
    }
}

/// The rows of `text`, comma by comma, as they come in pieces of so many characters; each has its line, and the last
/// may be what ended them.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn rows_of(
    text: &str,
    piece: usize,
) -> Vec<std::result::Result<(u64, Vec<String>), String>> {
    let mut rows = Rows::new(String::new(), b',', 1);
    let mut found = Vec::new();
    let mut characters = text.chars().peekable();
    loop {
        let is_at_end = characters.peek().is_none();
        loop {
            match rows.next_row(is_at_end) {
                Ok(Some(row)) => {
                    found.push(Ok((row.line, row.cells().map(str::to_owned).collect())));
                }
                Ok(None) if is_at_end => return found,
                Ok(None) => break,
                Err(message) => {
                    found.push(Err(message));
                    return found;
                }
            }
        }
        rows.text().extend(characters.by_ref().take(piece));
    }
}

/// Whether a name is no name but a value: the file has no header, and its first record would be lost.
fn is_address(name: &str) -> bool {
    let parts = name.split_once('@');
    parts.is_some_and(|(local, host)| {
        let is_host = host.contains('.') && !host.contains('@');
        is_host && !local.is_empty() && !name.contains(char::is_whitespace)
    })
}

fn is_full(records: &Records) -> bool {
    let (len, bytes) = (records.len(), records.byte_len());
    len > 0 && len.is_multiple_of(ROWS) && (bytes >= CHUNK || len >= 20 * ROWS)
}

fn write(
    row: &Row<'_>,
    columns: &[Option<MemberName>],
    json: &mut Vec<u8>,
) -> std::result::Result<(), String> {
    let (found, wanted) = (row.len(), columns.len());
    if found != wanted {
        let how = if found > wanted { "more" } else { "fewer" };
        return Err(format!(
            "line {}: the row has {how} values than the header ({found} instead of {wanted})",
            row.line
        ));
    }
    let start = json.len();
    for (column, cell) in columns.iter().zip(row.cells()) {
        if let Some(name) = column
            && !cell.is_empty()
        {
            name.write_with_str(json, cell);
        }
    }
    if json.len() == start {
        return Err(format!(
            "line {}: the record has no fields, since the cells of its row are empty",
            row.line
        ));
    }
    json::end_object(json, start);
    Ok(())
}

/// What the line `sep=;` says, by which Excel is told the delimiter, and where the table begins.
fn said_by_excel(text: &str) -> (Option<u8>, usize) {
    let end = text.find(['\n', '\r']).unwrap_or(text.len());
    let line = &text[..end];
    let line = line
        .strip_prefix('"')
        .map_or(line, |line| line.trim_end_matches('"'));
    let said = match (line.get(..4), line.as_bytes().get(4..)) {
        (Some(name), Some([delimiter])) if name.eq_ignore_ascii_case("sep=") => *delimiter,
        _ => return (None, 0),
    };
    if !is_delimiter(said) {
        return (None, 0);
    }
    let after = &text[end..];
    let end = end
        + if after.starts_with("\r\n") {
            2
        } else {
            after.len().min(1)
        };
    (Some(said), end)
}

#[cfg(test)]
mod tests;
