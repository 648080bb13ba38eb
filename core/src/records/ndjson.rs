//! Records from NDJSON: one JSON object a line.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use memchr::memchr;
use serde_json::value::RawValue;

use super::csv::CsvOptions;
use super::format::Format;
use super::opened::{Opened, unreadable};
use super::plain::PlainCheck;
use crate::error::Result;
use crate::records::encoded::lone_surrogate;
use crate::records::{RecordSource, Records};

/// A longer line is rejected, so that a file without line breaks does not fill the memory.
const LONGEST_LINE: usize = 64 * 1024 * 1024;
const READ_SIZE: usize = 64 * 1024;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Finds the records in NDJSON text that comes in pieces. Blank lines are no records; a line that is
/// no JSON is a record that is rejected, with its number.
#[derive(Default)]
pub struct Ndjson {
    /// The beginning of a line whose end has not come yet.
    rest: Vec<u8>,
    lines: u64,
    plain: PlainCheck,
    /// Whether all lines of the chunk at hand were plain.
    are_plain: bool,
    /// Within a line that is too long: what is left of it is skipped.
    is_skipping: bool,
}

impl Ndjson {
    /// Nothing read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The records whose lines end in `text`.
    pub fn take(&mut self, mut text: &[u8]) -> Records {
        let mut records = Records::with_capacity(text.len() / 256, text.len());
        self.are_plain = true;
        while let Some(end) = memchr(b'\n', text) {
            let (line, rest) = (&text[..end], &text[end + 1..]);
            if self.rest.is_empty() {
                self.line(line, &mut records);
            } else {
                self.rest.extend_from_slice(line);
                let whole = std::mem::take(&mut self.rest);
                self.line(&whole, &mut records);
            }
            text = rest;
        }
        if self.rest.len() + text.len() > LONGEST_LINE {
            if !self.is_skipping {
                self.lines += 1;
                records.reject(format!(
                    "line {}: longer than {} MiB: is it one object a line?",
                    self.lines,
                    LONGEST_LINE / 1024 / 1024
                ));
            }
            self.is_skipping = true;
            self.rest = vec![b' '];
        } else {
            self.rest.extend_from_slice(text);
        }
        self.marked(records)
    }

    fn marked(&self, mut records: Records) -> Records {
        if self.are_plain {
            records.mark_sound();
        }
        records
    }

    /// The record of a last line without a line break, if there is one.
    pub fn finish(&mut self) -> Records {
        let mut records = Records::new();
        self.are_plain = true;
        let last = std::mem::take(&mut self.rest);
        self.line(&last, &mut records);
        self.marked(records)
    }

    fn line(&mut self, line: &[u8], records: &mut Records) {
        if std::mem::take(&mut self.is_skipping) {
            return;
        }
        self.lines += 1;
        let line = if self.lines == 1 {
            line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line)
        } else {
            line
        };
        let line = line.trim_ascii();
        if line.is_empty() {
            return;
        }
        if self.lines == 1 && line == b"[" {
            records.reject("line 1: a JSON array begins here: write one object a line instead");
            return;
        }
        let number = self.lines;
        let is_plain = self.plain.is_plain(line);
        self.are_plain &= is_plain;
        records.push_with(|json| {
            if !is_plain {
                check(line).map_err(|message| format!("line {number}: {message}"))?;
            }
            json.extend_from_slice(line);
            Ok(())
        });
    }
}

fn check(line: &[u8]) -> std::result::Result<(), String> {
    let raw: &RawValue = serde_json::from_slice(line)
        .map_err(|error| format!("not JSON (column {}): {}", error.column(), reason(&error)))?;
    lone_surrogate(raw.get().as_bytes()).map_or(Ok(()), Err)
}

/// What is wrong, without the place: its line is that of one record's text.
fn reason(error: &serde_json::Error) -> String {
    let whole = error.to_string();
    match whole.rsplit_once(" at line ") {
        Some((reason, _)) => reason.to_owned(),
        None => whole,
    }
}

/// The records of an NDJSON file, gzipped or not.
pub struct NdjsonFile {
    text: Box<dyn Read + Send>,
    path: PathBuf,
    lines: Ndjson,
    block: Vec<u8>,
    is_at_end: bool,
}

impl NdjsonFile {
    /// Opens a file; gzip is known by its first bytes.
    ///
    /// # Errors
    ///
    /// [`Source`](crate::ErrorKind::Source) when it can't be opened; [`Config`](crate::ErrorKind::Config) when it
    /// begins as something else does.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let file = Opened::open(path)?;
        Format::Ndjson.check(&file, &CsvOptions::default())?;
        Ok(Self::of(file))
    }

    pub(super) fn of(file: Opened) -> Self {
        let (text, path) = file.into_bytes();
        Self {
            text,
            path,
            lines: Ndjson::new(),
            block: vec![0; READ_SIZE],
            is_at_end: false,
        }
    }
}

impl RecordSource for NdjsonFile {
    fn next(&mut self) -> Result<Option<Records>> {
        while !self.is_at_end {
            let read = match self.text.read(&mut self.block) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read.map_err(|error| unreadable(&self.path, &error))?,
            };
            self.is_at_end = read == 0;
            let records = if self.is_at_end {
                self.lines.finish()
            } else {
                self.lines.take(&self.block[..read])
            };
            if !records.is_empty() {
                return Ok(Some(records));
            }
        }
        Ok(None)
    }

    fn path(&self) -> Option<&Path> {
        Some(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn slots(records: Records) -> Vec<std::result::Result<String, String>> {
        records
            .into_chunk()
            .records()
            .map(|slot| match slot {
                Ok(json) => Ok(String::from_utf8_lossy(json).into_owned()),
                Err(message) => Err(message.to_owned()),
            })
            .collect()
    }

    fn read(text: &[u8], piece: usize) -> Vec<std::result::Result<String, String>> {
        let mut lines = Ndjson::new();
        let mut found = Vec::new();
        for piece in text.chunks(piece.max(1)) {
            found.extend(slots(lines.take(piece)));
        }
        found.extend(slots(lines.finish()));
        found
    }

    #[test]
    fn a_bad_line_is_a_rejected_record_with_its_number() {
        let text = b"\xef\xbb\xbf{\"a\":1}\r\n\n{\"a\":\n[1,\"\xff\"]\n  {\"b\": \"\\ud800\"}  \n7";
        let found = read(text, 1000);
        assert_eq!(found[0].as_deref(), Ok("{\"a\":1}"));
        assert!(
            found[1]
                .as_ref()
                .unwrap_err()
                .starts_with("line 3: not JSON (column 5): EOF while parsing")
        );
        let told = found[1].as_ref().unwrap_err();
        assert_eq!(told.matches("line").count(), 1, "{told}");
        assert_eq!(told.matches("column").count(), 1, "{told}");
        assert!(
            found[2]
                .as_ref()
                .unwrap_err()
                .starts_with("line 4: not JSON")
        );
        let message = found[3].as_ref().unwrap_err();
        assert!(message.starts_with("line 5: "), "{message}");
        assert!(message.contains("has a lone surrogate"), "{message}");
        assert_eq!(found[4].as_deref(), Ok("7"));
        assert_eq!(found.len(), 5);
    }

    #[test]
    fn a_line_without_end_is_rejected_and_its_memory_given_back() {
        let mut lines = Ndjson::new();
        let piece = vec![b'x'; 1024 * 1024];
        let mut rejected = 0;
        for _ in 0..70 {
            rejected += lines.take(&piece).len();
            assert!(lines.rest.len() <= LONGEST_LINE);
        }
        assert_eq!(rejected, 1);
        let found = slots(lines.take(b"x\n{\"a\":1}\n"));
        assert_eq!(found, [Ok("{\"a\":1}".to_owned())]);
    }

    proptest! {
        #[test]
        fn pieces_of_any_size_give_the_same_records(
            lines in proptest::collection::vec("(\\{\"k\":\"[a-z\\\\\"é]{0,9}\"\\}|[0-9]{1,4}|\\PC{0,9}|)\r?", 0..20),
            piece in 1_usize..50,
        ) {
            let text = lines.join("\n");
            prop_assert_eq!(read(text.as_bytes(), piece), read(text.as_bytes(), text.len()));
        }
    }
}
