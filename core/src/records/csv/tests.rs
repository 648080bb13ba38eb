use std::fs;
use std::io::Write;
use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::error::ErrorKind;
use crate::records::{NdjsonFile, RecordFile};

type Slots = Vec<std::result::Result<String, String>>;

/// A file that is gone when it is dropped.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str, content: impl AsRef<[u8]>) -> Self {
        let folder = std::env::temp_dir().join(format!("graph8-csv-{}", fastrand::u64(..)));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join(name);
        fs::write(&path, content).unwrap();
        Self(path)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(self.0.parent().unwrap());
    }
}

fn all(mut source: impl RecordSource) -> Result<Slots> {
    let mut found = Vec::new();
    while let Some(records) = source.next()? {
        assert!(records.len() <= 20 * ROWS);
        found.extend(records.into_chunk().records().map(|slot| match slot {
            Ok(json) => Ok(String::from_utf8_lossy(json).into_owned()),
            Err(message) => Err(message.to_owned()),
        }));
    }
    Ok(found)
}

fn read_as(
    name: &str,
    content: impl AsRef<[u8]>,
    options: &CsvOptions,
    shape: &RecordShape,
) -> Result<Slots> {
    let file = Temporary::new(name, content);
    all(RecordFile::open(&file.0, options, shape)?)
}

fn read(content: impl AsRef<[u8]>) -> Result<Slots> {
    read_as(
        "a.csv",
        content,
        &CsvOptions::default(),
        &RecordShape::default(),
    )
}

fn records(content: impl AsRef<[u8]>) -> Vec<String> {
    let slots = read(content).unwrap();
    slots.into_iter().map(std::result::Result::unwrap).collect()
}

fn refused(name: &str, content: impl AsRef<[u8]>) -> String {
    let found = read_as(
        name,
        content,
        &CsvOptions::default(),
        &RecordShape::default(),
    );
    let error = found.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    error.message().to_owned()
}

fn with(delimiter: Option<char>, encoding: Option<&str>) -> CsvOptions {
    CsvOptions {
        delimiter,
        encoding: encoding.map(str::to_owned),
    }
}

const ADA: &str = r#"{"email":"ada@example.com","phone":"0041","note":"x"}"#;

#[test]
fn every_value_is_text_and_an_empty_cell_is_no_field() {
    let text = "email,phone,flag,none\na@b.io,0041 79,true,\n,00,\"\",\"1,5\"\n";
    assert_eq!(
        records(text),
        [
            r#"{"email":"a@b.io","phone":"0041 79","flag":"true"}"#,
            r#"{"phone":"00","none":"1,5"}"#
        ]
    );
    assert_eq!(
        records("a,b\n\"say \"\"hi\"\"\",\"x\r\ny\\\"\n"),
        [r#"{"a":"say \"hi\"","b":"x\r\ny\\"}"#]
    );
}

#[test]
fn delimiters_line_ends_and_encodings_are_found() {
    let utf16 = |text: &str, big: bool| -> Vec<u8> {
        let mark = std::iter::once(0xfeff);
        let units = mark.chain(text.encode_utf16());
        units
            .flat_map(|unit| {
                if big {
                    unit.to_be_bytes()
                } else {
                    unit.to_le_bytes()
                }
            })
            .collect()
    };
    for delimiter in [",", ";", "\t", "|"] {
        for end in ["\n", "\r\n", "\r"] {
            let text = format!("email#phone#note{0}ada@example.com#0041#x{0}", "\n")
                .replace('#', delimiter)
                .replace('\n', end);
            assert_eq!(records(&text), [ADA], "{text:?}");
            assert_eq!(records(text.trim_end()), [ADA], "{text:?}");
            assert_eq!(records(format!("\u{feff}{text}")), [ADA], "{text:?}");
            for big in [false, true] {
                assert_eq!(records(utf16(&text, big)), [ADA], "{text:?}");
            }
        }
    }
    for said in ["sep=;\r\n", "SEP=;\n", "\"sep=;\"\r\n", "\u{feff}sep=;\r"] {
        assert_eq!(
            records(format!("{said}a,b;c\n1,5;2\n")),
            [r#"{"a,b":"1,5","c":"2"}"#]
        );
    }
    let slots = read("sep=;\na;b\n1\n").unwrap();
    assert!(
        slots[0].as_ref().unwrap_err().starts_with("line 3:"),
        "{slots:?}"
    );
}

#[test]
fn options_say_what_can_not_be_found() {
    let shape = RecordShape::default();
    let options = with(Some('~'), Some("windows-1252"));
    let found = read_as("a.csv", b"name~x\nZo\xeb~\x80\n", &options, &shape).unwrap();
    assert_eq!(found, [Ok(r#"{"name":"Zoë","x":"€"}"#.to_owned())]);
    for name in ["latin-1", "latin1", "cp1252", "ISO-8859-1", "iso8859-1"] {
        let found = read_as("a.csv", b"name\nZo\xeb\n", &with(None, Some(name)), &shape).unwrap();
        assert_eq!(found, [Ok(r#"{"name":"Zoë"}"#.to_owned())], "{name}");
    }
    let japanese = b"name\n\x93\xfa\x96{\n";
    for name in ["shift_jis", "cp932", "Shift-JIS"] {
        let found = read_as("a.csv", japanese, &with(None, Some(name)), &shape).unwrap();
        assert_eq!(found, [Ok(r#"{"name":"日本"}"#.to_owned())], "{name}");
    }
    let bare: Vec<u8> = "a,b\n1,2\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let found = read_as("a.csv", &bare, &with(None, Some("utf-16")), &shape).unwrap();
    assert_eq!(found, [Ok(r#"{"a":"1","b":"2"}"#.to_owned())]);
    assert!(refused("a.csv", &bare).contains("set the option encoding to utf-16le"));
    for wrong in [
        with(Some('é'), None),
        with(Some('"'), None),
        with(Some('a'), None),
        with(None, Some("klingon")),
    ] {
        let error = read_as("a.csv", "a,b\n", &wrong, &shape).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    }
    for options in [with(Some(';'), None), with(None, Some("utf-8"))] {
        let error = read_as("a.ndjson", "{}\n", &options, &shape).unwrap_err();
        assert!(
            error.message().contains("goes with CSV and TSV files"),
            "{error}"
        );
    }
}

#[test]
fn bytes_that_are_no_text_end_the_file_before_a_record_is_given() {
    let mut text = b"name,n\n".to_vec();
    for number in 0..40_000 {
        text.extend_from_slice(format!("Ada,{number}\n").as_bytes());
    }
    let place = text.len() + 2;
    text.extend_from_slice(b"Zo\xeb,1\n");
    let error = read(&text).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Source);
    let expected = format!("byte {place} (0xEB) is not UTF-8: set the option encoding");
    assert!(error.message().contains(&expected), "{error}");
    let options = with(None, Some("shift_jis"));
    let error = read_as("a.csv", b"a,b\n1,\xfd\n", &options, &RecordShape::default()).unwrap_err();
    assert!(
        error.message().contains("byte 6 (0xFD) is not Shift_JIS"),
        "{error}"
    );
    let error = read(b"\xef\xbb\xbfa,b\n1,\xc3").unwrap_err();
    assert!(
        error.message().contains("byte 9 (0xC3) is not UTF-8"),
        "{error}"
    );
}

#[test]
fn a_ragged_row_fails_alone_with_its_line() {
    let slots = read("a,b\n1,2\n\n\"x\ny\",2,3\n1\n,\n3,4\n").unwrap();
    let messages: Vec<&str> = slots
        .iter()
        .filter_map(|slot| slot.as_ref().err())
        .map(String::as_str)
        .collect();
    assert_eq!(
        messages,
        [
            "line 4: the row has more values than the header (3 instead of 2)",
            "line 6: the row has fewer values than the header (1 instead of 2)",
            "line 7: the record has no fields, since the cells of its row are empty",
        ]
    );
    assert_eq!(slots.len(), 5);
    let error = read("a,b\n1,2\n1,\"2\n3,4\n").unwrap_err();
    assert!(
        error
            .message()
            .contains("line 3, a quote is opened and never closed"),
        "{error}"
    );
}

#[test]
fn a_header_is_refused_by_name() {
    assert!(refused("a.csv", "email,n,email\n1,2,3\n").contains("are both named 'email'"));
    assert!(refused("a.csv", "email,,n\n1,2,3\n").contains("column 2 of"));
    assert!(refused("a.csv", "email, ,n\n1,2,3\n").contains("column 2 of"));
    assert!(refused("a.csv", "").contains("is empty"));
    assert!(refused("a.csv", "\n\r\n").contains("is empty"));
    let rows = "1,2,3\n".repeat(12);
    assert!(refused("a.csv", format!("Our contacts\n\n{rows}")).contains("the header"));
    assert_eq!(records("email,n\n"), [""; 0]);
    assert!(refused("a.csv", "ada@example.com,Ada\nbob@example.com,Bob\n").contains("address"));
    assert_eq!(
        records("@id,a @ b.c\n1,2\n"),
        [r#"{"@id":"1","a @ b.c":"2"}"#]
    );
}

#[test]
fn columns_are_selected_and_renamed_as_those_of_a_table() {
    let text = ",Work Email,n,n\n0,a@b.io,1,2\n";
    let shape = RecordShape {
        columns: Some(vec!["Work Email".to_owned()]),
        rename: [("Work Email".to_owned(), "email".to_owned())].into(),
        ..RecordShape::default()
    };
    let file = Temporary::new("a.csv", text);
    let mut source = RecordFile::open(&file.0, &CsvOptions::default(), &shape).unwrap();
    assert!(source.next().unwrap().unwrap().is_shaped());
    let found = read_as("a.csv", text, &CsvOptions::default(), &shape).unwrap();
    assert_eq!(found, [Ok(r#"{"email":"a@b.io"}"#.to_owned())]);
    let shape = RecordShape {
        columns: Some(vec!["email".to_owned()]),
        ..RecordShape::default()
    };
    let error = read_as("a.csv", text, &CsvOptions::default(), &shape).unwrap_err();
    assert!(
        error.message().contains("there is no column 'email'"),
        "{error}"
    );
}

#[test]
fn names_and_first_bytes_say_the_format() {
    let table = "email;n\na@b.io;1\n";
    let line = "{\"email\":\"a@b.io\",\"n\":\"1\"}\n";
    let expected = [Ok(line.trim().to_owned())];
    let (options, shape) = (CsvOptions::default(), RecordShape::default());
    for (name, content) in [
        ("a.csv", table),
        ("A.CSV", table),
        ("a.tsv", table),
        ("a.txt", table),
        ("a", table),
        ("a.jsonl", line),
        ("a.NDJSON", line),
        ("a.txt", line),
        ("a.json", line),
    ] {
        assert_eq!(
            read_as(name, content, &options, &shape).unwrap(),
            expected,
            "{name}"
        );
        #[cfg(feature = "gzip")]
        {
            let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            zipped.write_all(content.as_bytes()).unwrap();
            let zipped = zipped.finish().unwrap();
            let name = format!("{name}.gz");
            assert_eq!(
                read_as(&name, &zipped, &options, &shape).unwrap(),
                expected,
                "{name}"
            );
        }
    }
    let marked = format!("\u{feff}{line}");
    assert_eq!(read_as("a", &marked, &options, &shape).unwrap(), expected);
    assert!(refused("a.csv", &marked).contains("holds JSON"));
    let tabs = "a,b\tc\n1\t2\n";
    assert_eq!(
        read_as("a.tsv", tabs, &options, &shape).unwrap(),
        [Ok(r#"{"a,b":"1","c":"2"}"#.to_owned())]
    );
    assert_eq!(read_as("empty", "", &options, &shape).unwrap(), []);
    let options = with(Some(','), None);
    assert_eq!(
        read_as("one", "a\n1\n", &options, &shape).unwrap(),
        [Ok(r#"{"a":"1"}"#.to_owned())]
    );
}

#[test]
fn another_format_is_one_error_that_says_what_to_do() {
    let mut tar = vec![b'a'; 600];
    tar[257..262].copy_from_slice(b"ustar");
    for (content, what) in [
        (&b"PAR1\x15\x04"[..], "read_parquet"),
        (b"PK\x03\x04\x14\0\0\0[Content_Types].xml", "read_excel"),
        (b"PK\x03\x04\x14\0\0\0notes.txt", "ZIP archive: records"),
        (b"ARROW1\0\0", "pandas.read_feather or polars.read_ipc"),
        (b"%PDF-1.7\n", "save its table as CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "read_excel"),
        (b"SQLite format 3\0", "query it"),
        (b"<!DOCTYPE html>\n<p>", "web page"),
        (&tar, "tar archive"),
        (b"\x80\x02]q\0", "pandas.read_pickle"),
        (b"(lp0\n(dp1\n", "pandas.read_pickle"),
        (b"\x01\x02\0\x04\0\0\0\0", "is no text"),
        (b"[\n  {\"email\": \"a@b.io\"}\n]", "JSON"),
        (b"{\n  \"email\": \"a@b.io\"\n}", "JSON"),
    ] {
        for name in ["a.csv", "a.ndjson", "a.tsv", "a.parquet", "a.xlsx", "a"] {
            let message = refused(name, content);
            assert!(message.contains(what), "{name}: {message}");
            #[cfg(feature = "gzip")]
            {
                let mut zipped =
                    flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                zipped.write_all(content).unwrap();
                assert!(refused(name, zipped.finish().unwrap()).contains(what));
            }
            let file = Temporary::new(name, content);
            assert!(NdjsonFile::open(&file.0).is_err());
            assert!(
                CsvFile::open(&file.0, &CsvOptions::default(), &RecordShape::default()).is_err()
            );
        }
    }
    for array in [
        r#"[{"email":"a@b.io"}]"#,
        "[]",
        "[\n]",
        r#"["a","b"]"#,
        r#"[["email"],["a"]]"#,
    ] {
        let message = refused("a.json", array);
        assert!(message.contains("is a JSON array"), "{message}");
    }
    let many = format!(
        r#"{{"contacts":[{}{{"email":"z@b.io"}}]}}"#,
        r#"{"email":"a@b.io"},"#.repeat(10_000)
    );
    for object in [
        r#"{"contacts":[{"email":"a@b.io"},{"email":"c@b.io"}]}"#,
        "{\"contacts\" : [ {\"email\":\"a@b.io\"} ]}\n",
        &many,
    ] {
        let message = refused("a.json", object);
        assert!(message.contains("holds a list of records"), "{message}");
    }
    let message = refused("a.json", "{\"contacts\": [\n{\"email\":\"a@b.io\"}\n]}\n");
    assert!(message.contains("over several lines"), "{message}");
    for record in [
        r#"{"name":"Ada","email":[{"value":"a@b.io"}]}"#,
        r#"{"add_ids":["1","2"]}"#,
    ] {
        assert!(NdjsonFile::open(&Temporary::new("a.json", record).0).is_ok());
    }
    assert!(refused("a", "just some words\nand more of them\n").contains("neither JSON lines"));
    assert!(refused("a.csv", "{\"email\":\"a@b.io\",\"n\":1}\n").contains("holds JSON"));
    let table = "email,n\n".to_owned() + &"a@b.io,1\n".repeat(10);
    assert!(refused("a.ndjson", table).contains("no JSON object in its first lines"));
    assert!(refused("a.ndjson", b"\xff\xfe{\0").contains("UTF-16"));
    let error = NdjsonFile::open(std::env::temp_dir()).err().unwrap();
    assert!(error.message().contains("is a folder"), "{error}");
    assert_eq!(
        records("ORCID,PAR1\n1,2\n"),
        [r#"{"ORCID":"1","PAR1":"2"}"#]
    );
}

/// What was read, and what ended it.
fn ended(name: &str, content: impl AsRef<[u8]>) -> (usize, String) {
    let file = Temporary::new(name, content);
    let (options, shape) = (CsvOptions::default(), RecordShape::default());
    let mut source = RecordFile::open(&file.0, &options, &shape).unwrap();
    let mut rows = 0;
    loop {
        match source.next() {
            Ok(Some(records)) => rows += records.len(),
            Ok(None) => panic!("nothing ended it"),
            Err(error) => return (rows, error.message().to_owned()),
        }
    }
}

fn gzipped(text: &str) -> Vec<u8> {
    let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    zip.write_all(text.as_bytes()).unwrap();
    zip.finish().unwrap()
}

#[test]
fn a_zipped_file_that_is_cut_is_read_up_to_there() {
    let numbers = 0..20_000;
    let rows = numbers.clone().map(|row| format!("{row}@b.io,{row}\n"));
    let rows = rows.collect::<Vec<_>>().concat();
    let lines = numbers.map(|row| format!("{{\"email\":\"{row}@b.io\"}}\n"));
    let lines = lines.collect::<Vec<_>>().concat();
    for (name, text) in [
        ("a.csv.gz", format!("email,n\n{rows}")),
        ("a.jsonl.gz", lines),
    ] {
        let whole = gzipped(&text);
        // Within the text, and within what stands behind it.
        for cut in [whole.len() / 2, whole.len() - 4] {
            let (rows, message) = ended(name, &whole[..cut]);
            assert!(rows > 100, "{name} {cut}: {rows}");
            assert!(
                message.ends_with("the file is cut off: copy or download it again"),
                "{message}"
            );
        }
    }
    // All of a small one is read before its first row is given.
    let small = gzipped("email\na@b.io\n");
    assert_eq!(ended("a.csv.gz", &small[..small.len() - 4]).0, 1);
}

#[test]
fn what_stands_in_no_text_is_told_by_its_place() {
    let no_text = |content: &[u8]| {
        let error = read(content).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Source, "{error}");
        error.message().to_owned()
    };
    let rows = "a@b.io,1\n".repeat(20_000);
    let text = format!("email,n\n{rows}x\0y,2\n{rows}");
    let place = text.find('\0').unwrap();
    let message = no_text(text.as_bytes());
    assert!(
        message.contains(&format!("from byte {place} on it has NUL")),
        "{message}"
    );
    assert!(no_text(b"email,n\na@b.io,1\nb@b.io,\0\n").contains("from byte 24 on it has NUL"));
    let marked = format!("\u{feff}{text}");
    let units: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(no_text(&units).contains("has NUL"));
    let cut = no_text(&units[..39]);
    assert!(cut.contains("cut off") && !cut.contains("option"), "{cut}");
    let torn = no_text(&[&units[..40], &[0, 0xd8, b'x', 0]].concat());
    assert!(
        torn.contains("save it again, as UTF-8") && !torn.contains("option"),
        "{torn}"
    );
}

proptest! {
    // Each case is a file.
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_csv_writes_becomes_the_same_cells(
        table in proptest::collection::vec(
            proptest::collection::vec("(\\PC|[\"',;\r\n\t a]){0,12}", 3), 0..40),
        delimiter in proptest::sample::select(vec![b',', b';', b'\t', b'|']),
    ) {
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
        writer.write_record(["one", "two", "three"]).unwrap();
        for cells in &table {
            writer.write_record(cells).unwrap();
        }
        let text = writer.into_inner().unwrap();
        let options = with(Some(char::from(delimiter)), None);
        let read = read_as("a.csv", text, &options, &RecordShape::default()).unwrap();
        prop_assert_eq!(read.len(), table.len());
        for (slot, cells) in read.iter().zip(&table) {
            let wanted: serde_json::Map<_, _> = ["one", "two", "three"]
                .iter()
                .zip(cells)
                .filter(|(_, cell)| !cell.is_empty())
                .map(|(name, cell)| ((*name).to_owned(), cell.clone().into()))
                .collect();
            match slot {
                Ok(json) => prop_assert_eq!(serde_json::from_str::<serde_json::Value>(json).unwrap(), serde_json::Value::Object(wanted)),
                Err(_) => prop_assert!(wanted.is_empty()),
            }
        }
    }
}
