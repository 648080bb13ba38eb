//! The rows of delimited text, and the cells of each.
//!
//! A line is split by its delimiters where its quotes are plain: at both ends of a cell and nowhere else. All other
//! rows, with a doubled quote or a line break within a cell, are read by `csv_core`, whose rules hold for all.

use std::str;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use memchr::{memchr_iter, memchr2};
use wide::u8x16;

/// A longer row ends the file: a quote that is never closed would fill the memory.
const LONGEST_ROW: usize = 64 * 1024 * 1024;
/// A longer line is not waited for as a whole.
const LONGEST_SIMPLE: usize = 1024 * 1024;
/// Bytes that are looked at together.
const WIDE: usize = 16;

/// Finds rows in text that comes in pieces. Blank lines are no rows.
pub(super) struct Rows {
    delimiter: u8,
    /// What was read and is not taken yet, from `at` on.
    text: String,
    at: usize,
    /// The number of the line at `at`.
    line: u64,
    /// A carriage return was taken, whose line feed may follow.
    is_after_return: bool,
    reader: Reader,
    /// The line in which the row of `reader` begins, while it is under way.
    under_way: Option<u64>,
    cells: Vec<u8>,
    cells_len: usize,
    ends: Vec<usize>,
    ends_len: usize,
    bounds: Vec<(usize, usize)>,
}

/// A row.
pub(super) struct Row<'a> {
    text: &'a str,
    bounds: &'a [(usize, usize)],
    /// The line in which it begins.
    pub(super) line: u64,
}

impl<'a> Row<'a> {
    pub(super) fn len(&self) -> usize {
        self.bounds.len()
    }

    pub(super) fn cells(&self) -> impl Iterator<Item = &'a str> {
        let text = self.text;
        let bounds = self.bounds.iter();
        // Cells end at ASCII characters, so between two characters always.
        bounds.map(move |(start, end)| text.get(*start..*end).unwrap_or_default())
    }
}

impl Rows {
    /// The rows of `text` and of what follows it; its first line has the number `line`.
    pub(super) fn new(text: String, delimiter: u8, line: u64) -> Self {
        Self {
            delimiter,
            text,
            at: 0,
            line,
            is_after_return: false,
            reader: ReaderBuilder::new().delimiter(delimiter).build(),
            under_way: None,
            cells: Vec::new(),
            cells_len: 0,
            ends: Vec::new(),
            ends_len: 0,
            bounds: Vec::new(),
        }
    }

    /// Where more text is appended.
    pub(super) fn text(&mut self) -> &mut String {
        self.text.drain(..self.at);
        self.at = 0;
        &mut self.text
    }

    /// The next row; `None` where more text is needed, or where there is none if `is_at_end`.
    ///
    /// # Errors
    ///
    /// A message about a row that has no end. Nothing can be read after it.
    pub(super) fn next_row(&mut self, is_at_end: bool) -> Result<Option<Row<'_>>, String> {
        let Some(first_line) = self.under_way else {
            return self.next_line(is_at_end);
        };
        self.go_on(first_line, is_at_end)
    }

    fn next_line(&mut self, is_at_end: bool) -> Result<Option<Row<'_>>, String> {
        self.skip_blank_lines();
        let start = self.at;
        let rest = &self.text.as_bytes()[start..];
        let found = memchr2(b'\n', b'\r', rest);
        let is_complete = found.is_some() || is_at_end;
        if rest.is_empty() || !is_complete && rest.len() < LONGEST_SIMPLE {
            return Ok(None);
        }
        let len = found.unwrap_or(rest.len());
        if is_complete && split(&rest[..len], self.delimiter, &mut self.bounds) {
            let line = self.line;
            self.at += len;
            if found.is_some() {
                self.is_after_return = rest[len] == b'\r';
                self.at += 1;
                self.line += 1;
            }
            return Ok(Some(Row {
                text: self.text.get(start..).unwrap_or_default(),
                bounds: &self.bounds,
                line,
            }));
        }
        self.under_way = Some(self.line);
        self.go_on(self.line, is_at_end)
    }

    fn skip_blank_lines(&mut self) {
        while let Some(byte) = self.text.as_bytes().get(self.at) {
            match byte {
                b'\n' => self.line += u64::from(!std::mem::take(&mut self.is_after_return)),
                b'\r' => {
                    self.line += 1;
                    self.is_after_return = true;
                }
                _ => {
                    self.is_after_return = false;
                    return;
                }
            }
            self.at += 1;
        }
    }

    /// Reads on in a row that begins in `first_line`.
    fn go_on(&mut self, first_line: u64, is_at_end: bool) -> Result<Option<Row<'_>>, String> {
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let is_last = rest.is_empty();
            if is_last && !is_at_end {
                return Ok(None);
            }
            // A line break ends any row but one with an open quote.
            let input = if is_last { b"\n" } else { rest };
            let (result, read, written, ended) = self.reader.read_record(
                input,
                &mut self.cells[self.cells_len..],
                &mut self.ends[self.ends_len..],
            );
            let taken = &input[..read];
            let ends_with_return = taken.last() == Some(&b'\r');
            if !is_last {
                self.at += read;
                self.line += memchr_iter(b'\n', taken).count() as u64;
            }
            self.cells_len += written;
            self.ends_len += ended;
            match result {
                ReadRecordResult::InputEmpty if is_last => {
                    return Err(format!(
                        "in the row that begins in line {first_line}, a quote is opened and never closed"
                    ));
                }
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => {
                    if self.cells.len() > LONGEST_ROW {
                        return Err(format!(
                            "the row that begins in line {first_line} is longer than {} MiB: is a quote \
                             opened there and never closed?",
                            LONGEST_ROW / 1024 / 1024
                        ));
                    }
                    let len = self.cells.len();
                    self.cells.resize((2 * len).max(1024), 0);
                }
                ReadRecordResult::OutputEndsFull => {
                    let len = self.ends.len();
                    self.ends.resize((2 * len).max(64), 0);
                }
                ReadRecordResult::Record | ReadRecordResult::End => {
                    self.line += u64::from(ends_with_return);
                    self.is_after_return = ends_with_return;
                    return self.read_whole(first_line).map(Some);
                }
            }
        }
    }

    /// The row that was read.
    fn read_whole(&mut self, line: u64) -> Result<Row<'_>, String> {
        self.under_way = None;
        let (len, ends) = (
            std::mem::take(&mut self.cells_len),
            std::mem::take(&mut self.ends_len),
        );
        self.bounds.clear();
        let mut start = 0;
        for end in &self.ends[..ends] {
            self.bounds.push((start, *end));
            start = *end;
        }
        if self.cells.len() > LONGEST_SIMPLE {
            // Not kept for the rows of usual length that follow. What is read is within `len`.
            self.cells.truncate(len.max(LONGEST_SIMPLE));
            self.cells.shrink_to_fit();
        }
        Ok(Row {
            text: str::from_utf8(&self.cells[..len])
                .map_err(|error| format!("line {line}: {error}"))?,
            bounds: &self.bounds,
            line,
        })
    }
}

/// Finds the cells of a line; false where its quotes are not plain.
fn split(line: &[u8], delimiter: u8, bounds: &mut Vec<(usize, usize)>) -> bool {
    bounds.clear();
    let mut start = 0;
    let mut is_quoted = false;
    let mut closed = None;
    let mut cell = |start: usize, end: usize, closed: Option<usize>| {
        let (start, end) = match closed {
            None => (start, end),
            Some(quote) if quote + 1 == end => (start + 1, quote),
            Some(_) => return false,
        };
        bounds.push((start, end));
        true
    };
    let (blocks, last) = line.as_chunks::<WIDE>();
    // A delimiter is never 0.
    let mut padded = [0; WIDE];
    padded[..last.len()].copy_from_slice(last);
    let blocks = blocks.iter().chain([&padded]);
    for (block, bytes) in blocks.enumerate() {
        let bytes = u8x16::new(*bytes);
        let delimiters = bytes.simd_eq(u8x16::splat(delimiter));
        let quotes = bytes.simd_eq(u8x16::splat(b'"'));
        let mut marks = (delimiters | quotes).to_bitmask();
        let quotes = quotes.to_bitmask();
        while marks != 0 {
            let place = marks.trailing_zeros();
            marks &= marks - 1;
            let at = block * WIDE + place as usize;
            if quotes >> place & 1 == 1 {
                if is_quoted {
                    is_quoted = false;
                    closed = Some(at);
                } else if at == start {
                    is_quoted = true;
                } else {
                    return false;
                }
            } else if !is_quoted {
                if !cell(start, at, closed.take()) {
                    return false;
                }
                start = at + 1;
            }
        }
    }
    !is_quoted && cell(start, line.len(), closed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::rows_of;
    use super::*;

    fn rows(text: &str, piece: usize) -> Result<Vec<(u64, Vec<String>)>, String> {
        rows_of(text, piece).into_iter().collect()
    }

    fn read(text: &str) -> Vec<(u64, Vec<String>)> {
        rows(text, 7).unwrap()
    }

    fn own(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn each_row_has_the_line_in_which_it_begins() {
        let text = "a,b\r\n\r\n\"x\r\ny\",1\n\n\"say \"\"hi\"\"\",2\rc,\"\"\r\rd,\"4\"";
        let expected = [
            (1, own(&["a", "b"])),
            (3, own(&["x\r\ny", "1"])),
            (6, own(&["say \"hi\"", "2"])),
            (7, own(&["c", ""])),
            (9, own(&["d", "4"])),
        ];
        for piece in 1..60 {
            assert_eq!(rows(text, piece).unwrap(), expected, "{piece}");
        }
    }

    #[test]
    fn quotes_within_a_cell_are_text() {
        assert_eq!(
            read("5\" pipe,a\"b\"\n\"x\"y,\"\"\n"),
            [(1, own(&["5\" pipe", "a\"b\""])), (2, own(&["xy", ""]))]
        );
    }

    #[test]
    fn a_quote_that_is_never_closed_is_told() {
        let message = rows("a,b\n1,\"2\n3,4\n", 5).unwrap_err();
        assert!(message.contains("line 2"), "{message}");
        let mut long = Rows::new("a,\"".to_owned(), b',', 1);
        let piece = "x\n".repeat(512 * 1024);
        for _ in 0..200 {
            long.text().push_str(&piece);
            if let Err(message) = long.next_row(false) {
                assert!(message.contains("line 1 is longer"), "{message}");
                return;
            }
        }
        panic!("it was read on and on");
    }

    #[test]
    fn a_row_that_was_long_leaves_no_memory_behind() {
        let long = format!("\"{}\n\",1\na,\"b\n\"\n", "x".repeat(8 * 1024 * 1024));
        let mut rows = Rows::new(long, b',', 1);
        assert_eq!(rows.next_row(true).unwrap().unwrap().len(), 2);
        assert_eq!(rows.next_row(true).unwrap().unwrap().len(), 2);
        assert!(
            rows.cells.capacity() <= 9 * 1024 * 1024,
            "{}",
            rows.cells.capacity()
        );
    }

    proptest! {
        #[test]
        fn what_csv_writes_is_read_back(
            table in proptest::collection::vec(
                proptest::collection::vec("(\\PC|[\"',;\r\n\t a]){0,20}", 3), 0..12),
            always in proptest::bool::ANY,
            ends in 0..3_u8,
            piece in 1_usize..80,
        ) {
            let style = if always { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary };
            let end = match ends {
                0 => csv::Terminator::CRLF,
                1 => csv::Terminator::Any(b'\n'),
                _ => csv::Terminator::Any(b'\r'),
            };
            let mut writer = csv::WriterBuilder::new().quote_style(style).terminator(end).from_writer(Vec::new());
            for cells in &table {
                writer.write_record(cells).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            // csv takes a mark of the byte order at the beginning away; ours is taken away before.
            prop_assume!(!text.starts_with('\u{feff}'));
            let read: Vec<_> = rows(&text, piece).unwrap().into_iter().map(|(_, cells)| cells).collect();
            prop_assert_eq!(read, table);
        }

        #[test]
        fn any_text_is_read_as_csv_reads_it(
            text in "([\",a\n\r]|é){0,60}",
            piece in 1_usize..80,
        ) {
            let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
            let expected: Vec<Vec<String>> = reader
                .records()
                .map(|row| row.unwrap().iter().map(str::to_owned).collect())
                .collect();
            // csv ends an open quote at the end of the text.
            if let Ok(read) = rows(&text, piece) {
                let read: Vec<_> = read.into_iter().map(|(_, cells)| cells).collect();
                prop_assert_eq!(read, expected);
            }
        }
    }
}
