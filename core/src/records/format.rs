//! What a file holds, by its name and its first bytes.

use std::collections::HashMap;
use std::path::Path;

use memchr::{memchr, memmem};

use super::csv::{CsvOptions, looks_like_csv};
#[cfg(feature = "bindings")]
use super::opened::HEAD;
use super::opened::Opened;
use crate::error::{Error, Result};

/// So many lines of which none is a record are no mishap.
pub(super) const FEWEST_TO_JUDGE: usize = 10;

/// How records are written in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Ndjson,
    Csv,
    /// As CSV, and the delimiter is a tab where there is one.
    Tsv,
}

impl Format {
    /// The format that a file's name says.
    fn by_name(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().to_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        match name.rsplit_once('.')?.1 {
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            "csv" => Some(Self::Csv),
            "tsv" | "tab" => Some(Self::Tsv),
            _ => None,
        }
    }

    /// The format of a file: what its name says, unless its first bytes contradict; with another name, what its
    /// first bytes say.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) when it is none of them, with what to do instead.
    pub(super) fn of(file: &Opened, csv: &CsvOptions) -> Result<Self> {
        let by_name = Self::by_name(&file.path);
        check_no_other(file)?;
        let begins_as_json = start_of(&file.head).first() == Some(&b'{');
        let format = match by_name {
            Some(format) => format,
            None if !csv.is_default() => Self::Csv,
            // Without content there is no record, whatever the format.
            None if begins_as_json || file.head.trim_ascii().is_empty() => Self::Ndjson,
            // What has these is told what it is, or seems to be.
            None if is_array(start_of(&file.head)) => return Err(refused(file, ARRAY)),
            None if memchr(0, &file.head).is_some() || looks_like_csv(file) => Self::Csv,
            None => {
                return Err(refused(
                    file,
                    "holds no records that we read: it is neither JSON lines (one object per line) nor \
                     CSV. If it is one of them, give it the ending .jsonl, .csv or .tsv",
                ));
            }
        };
        format.check(file, csv)?;
        Ok(format)
    }

    /// Refuses content that contradicts the format.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config), with what to do instead.
    pub(super) fn check(self, file: &Opened, csv: &CsvOptions) -> Result<()> {
        check_no_other(file)?;
        if is_utf32(&file.head) {
            return Err(refused(file, "is UTF-32: save it as UTF-8"));
        }
        let start = start_of(&file.head);
        let has_nul = memchr(0, &file.head).is_some();
        if self == Self::Ndjson {
            csv.check_unused("an NDJSON file")?;
            if is_utf16(&file.head) {
                return Err(refused(
                    file,
                    "is UTF-16, and NDJSON is UTF-8: save it as UTF-8",
                ));
            }
            if has_nul && start.first() != Some(&b'{') {
                return Err(refused(file, NO_TEXT));
            }
            let first_line = memchr(b'\n', start).map_or(start, |end| &start[..end]);
            let is_cut = first_line.len() < start.len();
            // No value ends with an opening bracket.
            let is_open = matches!(first_line.trim_ascii_end().last(), Some(b'{' | b'['));
            if first_line.starts_with(b"{") && is_open && is_cut {
                return Err(refused(
                    file,
                    "has JSON objects over several lines: write one object per line, for example with \
                     jq -c",
                ));
            }
            if is_array_of_objects(start) {
                return Err(refused(file, ARRAY));
            }
            let is_one_object = file.is_whole || !is_cut;
            if is_one_object && is_list_in_object(start, file.is_whole) {
                return Err(refused(file, LIST_IN_OBJECT));
            }
            let lines = start.split(|byte| *byte == b'\n');
            let lines = lines
                .map(<[u8]>::trim_ascii)
                .filter(|line| !line.is_empty());
            let begins_as_object = |line: &[u8]| line.starts_with(b"{");
            if lines.clone().nth(FEWEST_TO_JUDGE).is_some()
                && !lines.take(FEWEST_TO_JUDGE).any(begins_as_object)
            {
                return Err(refused(
                    file,
                    "has no JSON object in its first lines, and NDJSON has one per line; if it is CSV, \
                     give it the ending .csv",
                ));
            }
            return Ok(());
        }
        if is_json_object(start) || is_array_of_objects(start) {
            return Err(refused(
                file,
                "holds JSON and no CSV: write one object per line and give it the ending .jsonl",
            ));
        }
        if has_nul && !is_utf16(&file.head) && csv.encoding.is_none() {
            let first = memchr::memchr3(0, b'\n', b'\r', &file.head);
            let is_in_first_line = first.is_some_and(|place| file.head[place] == 0);
            return Err(match utf16_without_mark(&file.head) {
                Some(name) => refused(
                    file,
                    &format!(
                        "seems to be UTF-16 without a byte order mark: set the option encoding to {name}"
                    ),
                ),
                None if is_in_first_line => refused(file, NO_TEXT),
                // Whoever reads it tells the place.
                None => return Ok(()),
            });
        }
        Ok(())
    }
}

/// Refuses bytes without a name that begin with `head` and are to be NDJSON; `is_whole` says that they are no
/// more than that.
///
/// # Errors
///
/// [`Config`](crate::ErrorKind::Config), with what to do instead.
#[cfg(feature = "bindings")]
pub(crate) fn check_bytes(head: &[u8], is_whole: bool) -> Result<()> {
    let bytes = Opened::bytes("the source", head.to_vec(), is_whole);
    if head.starts_with(b"\x1f\x8b") {
        return Err(refused(
            &bytes,
            "is gzipped: unzip it, or pass the path of its file",
        ));
    }
    if memchr(0, head).is_none() && start_of(head).first() != Some(&b'{') {
        check_no_other(&bytes)?;
        if !is_array_of_objects(start_of(head)) && looks_like_csv(&bytes) {
            return Err(refused(
                &bytes,
                "seems to be CSV, which is read from files: pass the path of the file, or parse it and \
                 pass the rows; bytes are NDJSON, one object per line",
            ));
        }
    }
    Format::Ndjson.check(&bytes, &CsvOptions::default())
}

/// Whether `head` is enough for [`check_bytes`], and for every beginning that it knows.
#[cfg(feature = "bindings")]
pub(crate) fn is_enough(head: &[u8]) -> bool {
    let start = start_of(head);
    let lines = memchr::memchr_iter(b'\n', start);
    start.first() == Some(&b'{') || head.len() >= HEAD || lines.count() > FEWEST_TO_JUDGE
}

const ARRAY: &str = "is a JSON array: parse it and pass the list, or write one object per line, for example with \
                     jq -c '.[]'";

const LIST_IN_OBJECT: &str = "is one JSON object that holds a list of records: parse it and pass the list, or write \
                              one object per line, for example with jq -c '.[][]'";

const NO_TEXT: &str = "is no text: records are read from NDJSON, CSV and TSV files; read it with a library \
                       for its format and pass the rows";

fn refused(file: &Opened, what: &str) -> Error {
    let unzipped = if file.is_gzipped { ", unzipped," } else { "" };
    Error::config(format!("{}{unzipped} {what}", file.path.display()))
}

/// Where the text begins.
fn start_of(head: &[u8]) -> &[u8] {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    text.trim_ascii_start()
}

/// The mark of its little-endian half begins as UTF-16's does.
fn is_utf32(head: &[u8]) -> bool {
    head.starts_with(b"\xff\xfe\0\0") || head.starts_with(b"\0\0\xfe\xff")
}

fn is_utf16(head: &[u8]) -> bool {
    head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff")
}

/// Every other byte of UTF-16 is 0 where the text is English, as the names in a header mostly are.
fn utf16_without_mark(head: &[u8]) -> Option<&'static str> {
    let (pairs, _) = head[..head.len().min(64)].as_chunks();
    let are_pairs = |is_pair: fn(&[u8; 2]) -> bool| {
        pairs.len() > 2 && pairs.iter().filter(|pair| is_pair(pair)).count() * 2 > pairs.len()
    };
    if are_pairs(|[low, high]| *high == 0 && low.is_ascii_graphic()) {
        Some("utf-16le")
    } else if are_pairs(|[high, low]| *high == 0 && low.is_ascii_graphic()) {
        Some("utf-16be")
    } else {
        None
    }
}

/// Whether the text begins with an object and a name in it. A header may well begin with a brace alone.
fn is_json_object(start: &[u8]) -> bool {
    let inside = start.strip_prefix(b"{").map(<[u8]>::trim_ascii_start);
    inside.is_some_and(|inside| inside.first() == Some(&b'"'))
}

/// Whether the text begins as an array of anything; a header may well begin with a bracket alone.
fn is_array(start: &[u8]) -> bool {
    let inside = start.strip_prefix(b"[").map(<[u8]>::trim_ascii_start);
    inside.is_some_and(|inside| matches!(inside.first(), Some(b'{' | b'[' | b'"' | b']')))
}

fn is_array_of_objects(start: &[u8]) -> bool {
    let inside = start.strip_prefix(b"[").map(<[u8]>::trim_ascii_start);
    inside.is_some_and(|inside| inside.first() == Some(&b'{'))
}

/// Whether the text is one object with nothing in it but a list of objects, as answers and exports have it. Of a text
/// that is cut off only the beginning is looked at.
fn is_list_in_object(start: &[u8], is_whole: bool) -> bool {
    if is_whole {
        type ListsByName = HashMap<String, Vec<serde_json::Map<String, serde_json::Value>>>;
        let lists = serde_json::from_slice::<ListsByName>(start).unwrap_or_default();
        return lists.len() == 1 && lists.values().all(|list| !list.is_empty());
    }
    let inside = start.strip_prefix(b"{").map(<[u8]>::trim_ascii_start);
    let name = inside.and_then(|inside| inside.strip_prefix(b"\""));
    let value = name.and_then(|name| Some(&name[memchr(b'"', name)? + 1..]));
    let value = value.and_then(|value| value.trim_ascii_start().strip_prefix(b":"));
    value.is_some_and(|value| is_array_of_objects(value.trim_ascii_start()))
}

/// What a file begins with, what it is, and what to do instead.
const OTHERS: &[(&[u8], &str, Instead)] = &[
    (
        b"PAR1",
        "a Parquet file",
        Instead::Read("pandas.read_parquet or polars.read_parquet"),
    ),
    (
        b"ARROW1",
        "an Arrow file",
        Instead::Read("pandas.read_feather or polars.read_ipc; in Node, pass its bytes"),
    ),
    (
        b"FEA1",
        "a Feather file",
        Instead::Read("pandas.read_feather"),
    ),
    (
        b"\xff\xff\xff\xff",
        "an Arrow stream",
        Instead::Read("polars.read_ipc_stream; in Node, pass its bytes"),
    ),
    (b"ORC", "an ORC file", Instead::Read("pandas.read_orc")),
    (
        b"Obj\x01",
        "an Avro file",
        Instead::Read("polars.read_avro"),
    ),
    (b"\x89HDF", "an HDF5 file", Instead::Read("pandas.read_hdf")),
    (
        b"\xd0\xcf\x11\xe0",
        "an old Excel workbook",
        Instead::Read("pandas.read_excel or polars.read_excel"),
    ),
    (b"SQLite format 3\0", "an SQLite database", Instead::Query),
    (b"%PDF-", "a PDF file", Instead::Save),
    (b"{\\rtf", "a document in rich text", Instead::Save),
    (b"BZh", "compressed with bzip2", Instead::Unpack),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", Instead::Unpack),
    (b"\xfd7zXZ\0", "compressed with xz", Instead::Unpack),
    (b"\x04\x22\x4d\x18", "compressed with lz4", Instead::Unpack),
    (b"\x1f\x8b", "gzipped twice", Instead::Unpack),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", Instead::Unpack),
    (b"Rar!", "a RAR archive", Instead::Unpack),
    // The first protocols: of a list, of a dict, of an object.
    (b"(lp0\n", "a pickle", Instead::Read("pandas.read_pickle")),
    (b"(dp0\n", "a pickle", Instead::Read("pandas.read_pickle")),
    (
        b"ccopy_reg\n",
        "a pickle",
        Instead::Read("pandas.read_pickle"),
    ),
    (b"\x80\x02", "a pickle", Instead::Read("pandas.read_pickle")),
    (b"\x80\x03", "a pickle", Instead::Read("pandas.read_pickle")),
    (b"\x80\x04", "a pickle", Instead::Read("pandas.read_pickle")),
    (b"\x80\x05", "a pickle", Instead::Read("pandas.read_pickle")),
    (b"\x89PNG", "an image", Instead::Save),
    (b"\xff\xd8\xff", "an image", Instead::Save),
];

#[derive(Clone, Copy)]
enum Instead {
    /// Read it with one of these functions.
    Read(&'static str),
    Query,
    Save,
    Unpack,
}

impl Instead {
    fn text(self) -> String {
        match self {
            Self::Read(functions) => format!(
                "read it with a library for it (in Python {functions}) and pass the table, or save it as CSV"
            ),
            Self::Query => "query it and pass the rows".to_owned(),
            Self::Save => "save its table as CSV".to_owned(),
            Self::Unpack => "unpack it first; only gzip is read as it is".to_owned(),
        }
    }
}

/// Refuses a file that its first bytes show to be something else.
fn check_no_other(file: &Opened) -> Result<()> {
    let head = &file.head;
    let (what, instead) = if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        kind_of_zip(head)
    } else if let Some((_, what, instead)) = OTHERS
        .iter()
        .find(|(magic, ..)| head.starts_with(magic) && !is_word(magic, head))
    {
        (*what, *instead)
    } else if head.get(257..262) == Some(b"ustar") {
        ("a tar archive", Instead::Unpack)
    } else if let Some(what) = markup(head) {
        (what, Instead::Save)
    } else {
        return Ok(());
    };
    let what = if file.is_gzipped && !what.starts_with("gzipped") {
        format!("is gzipped and within it {what}")
    } else {
        format!("is {what}")
    };
    Err(Error::config(format!(
        "{} {what}: records are read from NDJSON, CSV and TSV files; {}",
        file.path.display(),
        instead.text()
    )))
}

/// Whether what looks like a mark is the beginning of a header such as `ORCID,…`.
fn is_word(magic: &[u8], head: &[u8]) -> bool {
    let is_text = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_graphic);
    let next = head.get(magic.len()..magic.len() + 2).unwrap_or_default();
    is_text(magic) && matches!(magic, b"ORC" | b"BZh" | b"PAR1" | b"FEA1") && is_text(next)
}

fn kind_of_zip(head: &[u8]) -> (&'static str, Instead) {
    let has = |name: &str| memmem::find(&head[..head.len().min(4096)], name.as_bytes()).is_some();
    if has("[Content_Types].xml") || has("xl/") {
        (
            "an Excel workbook",
            Instead::Read("pandas.read_excel or polars.read_excel"),
        )
    } else if has("opendocument") {
        (
            "an OpenDocument table",
            Instead::Read("pandas.read_excel or polars.read_excel"),
        )
    } else {
        ("a ZIP archive", Instead::Unpack)
    }
}

fn markup(head: &[u8]) -> Option<&'static str> {
    let start: Vec<u8> = start_of(head)
        .iter()
        .take(16)
        .map(u8::to_ascii_lowercase)
        .collect();
    let begins = |mark: &str| start.starts_with(mark.as_bytes());
    if begins("<!doctype html") || begins("<html") {
        Some("a web page")
    } else if begins("<?xml") {
        Some("an XML file")
    } else {
        None
    }
}
