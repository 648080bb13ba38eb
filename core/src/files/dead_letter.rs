//! The dead-letter file: failed and unknown records as NDJSON, durable batch by batch. The last line of a
//! record is its outcome.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Serialize;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::error::{Error, ErrorKind, Result};
use crate::files::durable::{Durable, Safety};
use crate::files::private_file::{self, OWNER_ONLY};
use crate::report::Outcome;
use crate::report::Problem;

/// An open dead-letter file; lines are added to what it holds.
pub(crate) struct DeadLetter {
    path: PathBuf,
    file: File,
    unsynced: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    /// Which push it was: indexes are those of one push.
    push: &'a str,
    index: usize,
    outcome: Outcome,
    message: &'a str,
    request_id: Option<&'a str>,
    time: &'a str,
    record: Option<&'a RawValue>,
}

impl DeadLetter {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let failed = |error: std::io::Error| {
            Error::new(
                ErrorKind::Storage,
                format!(
                    "can't open the dead-letter file {}: {error}",
                    path.display()
                ),
            )
        };
        let options = OpenOptions::new().read(true).append(true).clone();
        let mut file = private_file::open_or_create(&options, path, OWNER_ONLY).map_err(failed)?;
        private_file::warn_if_shared(path, &file.metadata().map_err(failed)?);
        check_is_no_database(&mut file).map_err(failed)?;
        end_last_line(&mut file).map_err(failed)?;
        Ok(Self {
            path: path.to_owned(),
            file,
            unsynced: false,
        })
    }

    pub(crate) fn append(&mut self, lines: &[u8]) -> Result<(), String> {
        if lines.is_empty() {
            return Ok(());
        }
        self.unsynced = true;
        self.file
            .write_all(lines)
            .map_err(|error| self.message(&error))
    }

    fn message(&self, error: &std::io::Error) -> String {
        format!(
            "can't write the dead-letter file {}: {error}",
            self.path.display()
        )
    }
}

/// Lines added to a journal would be its end.
fn check_is_no_database(file: &mut File) -> std::io::Result<()> {
    let mut begins = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.take(16).read_to_end(&mut begins)?;
    if begins == b"SQLite format 3\0" {
        return Err(std::io::Error::other(
            "it is a database, perhaps a journal: name another file",
        ));
    }
    Ok(())
}

/// A crash may have left half a line; it must not swallow the next one.
fn end_last_line(file: &mut File) -> std::io::Result<()> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(());
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    if last == *b"\n" {
        return Ok(());
    }
    file.write_all(b"\n")
}

impl Durable for DeadLetter {
    fn begin(&mut self, _: Safety) -> Result<(), String> {
        Ok(())
    }

    fn commit(&mut self) -> Result<(), String> {
        if std::mem::take(&mut self.unsynced) {
            self.file
                .sync_data()
                .map_err(|error| self.message(&error))?;
        }
        Ok(())
    }

    fn attempt(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<(), String>,
    ) -> Result<Result<(), String>, String> {
        write(self).map(Ok)
    }

    fn roll_back(&mut self) {
        // What was written stays: the next lines must not begin in the middle of one.
        let _ = self.file.write_all(b"\n");
    }
}

/// A problem's line, line break included.
pub(crate) fn line(push: &str, problem: &Problem) -> Vec<u8> {
    let now = OffsetDateTime::from(SystemTime::now());
    let mut line = serde_json::to_vec(&Line {
        push,
        index: problem.index,
        outcome: problem.outcome,
        message: &problem.message,
        request_id: problem.request_id.as_deref(),
        time: &now.format(&Rfc3339).unwrap_or_default(),
        record: problem.record.as_deref(),
    })
    .unwrap_or_default();
    // Raw JSON may have been pretty-printed; a line break between its tokens is blank space.
    for byte in &mut line {
        if matches!(byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
    line.push(b'\n');
    line
}

#[derive(serde::Deserialize)]
struct ReadLine {
    push: String,
    index: usize,
    outcome: Outcome,
    record: Option<Box<RawValue>>,
}

/// What the file says of the records of this push, as earlier runs wrote it.
pub(crate) fn told(path: &Path, push: &str) -> Result<HashMap<usize, Outcome>> {
    /// Without the record, which is most of it.
    #[derive(serde::Deserialize)]
    struct Told<'a> {
        push: &'a str,
        index: usize,
        outcome: Outcome,
    }
    let failed = |error: std::io::Error| unreadable(path, &error);
    let mut told = HashMap::new();
    let mut lines = BufReader::new(private_file::open_to_read(path).map_err(failed)?);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).map_err(failed)? > 0 {
        if let Ok(read) = serde_json::from_slice::<Told>(&line)
            && read.push == push
        {
            told.insert(read.index, read.outcome);
        }
        line.clear();
    }
    Ok(told)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::new(
        ErrorKind::Storage,
        format!(
            "can't read the dead-letter file {}: {error}",
            path.display()
        ),
    )
}

/// The records of a dead-letter file whose last outcome is one of `outcomes`, in the file's order,
/// for another try, each as its last line has it. An outcome that a later run of the push changed counts as
/// changed, and half a line that a crash left behind is skipped.
///
/// # Errors
///
/// [`Storage`](ErrorKind::Storage) when the file can't be read, [`Config`](ErrorKind::Config) when its path
/// is empty.
pub fn read_dead_letter(
    path: impl AsRef<Path>,
    outcomes: &[Outcome],
) -> Result<Vec<Box<RawValue>>> {
    let path = path.as_ref();
    private_file::check_path("dead-letter file", path)?;
    let failed = |error: std::io::Error| unreadable(path, &error);
    let mut text = Vec::new();
    private_file::open_to_read(path)
        .and_then(|mut file| file.read_to_end(&mut text))
        .map_err(failed)?;
    // Where each record has its place, and the newest that is known of it.
    let mut places: HashMap<(String, usize), usize> = HashMap::new();
    let mut records: Vec<(Outcome, Option<Box<RawValue>>)> = Vec::new();
    for line in text.split(|byte| *byte == b'\n') {
        let Ok(line) = serde_json::from_slice::<ReadLine>(line) else {
            continue;
        };
        let place = *places
            .entry((line.push, line.index))
            .or_insert(records.len());
        match records.get_mut(place) {
            None => records.push((line.outcome, line.record)),
            Some((outcome, record)) => {
                *outcome = line.outcome;
                // What is pushed by now need not be in its line again.
                *record = line.record.or_else(|| record.take());
            }
        }
    }
    Ok(records
        .into_iter()
        .filter(|(outcome, _)| outcomes.contains(outcome))
        .filter_map(|(_, record)| record)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(index: usize, outcome: Outcome) -> Problem {
        Problem {
            index,
            outcome,
            message: "no".into(),
            record: serde_json::value::to_raw_value(&index).ok(),
            request_id: None,
            retryable: false,
        }
    }

    #[test]
    fn gives_back_what_was_not_resolved_later_and_skips_half_a_line() {
        let path = std::env::temp_dir().join(format!("graph8-{}.ndjson", uuid::Uuid::new_v4()));
        std::fs::write(&path, b"{\"push\":\"a\",\"ind").unwrap();
        let mut file = DeadLetter::open(&path).unwrap();
        for entry in [
            problem(0, Outcome::Failed),
            problem(1, Outcome::Unknown),
            problem(2, Outcome::Unknown),
            problem(1, Outcome::NotSent),
        ] {
            file.append(&line("p", &entry)).unwrap();
        }
        file.commit().unwrap();
        let read = |outcomes: &[Outcome]| -> Vec<String> {
            read_dead_letter(&path, outcomes)
                .unwrap()
                .iter()
                .map(|record| record.get().to_owned())
                .collect()
        };
        assert_eq!(read(&[Outcome::Failed]), ["0"]);
        assert_eq!(read(&[Outcome::Failed, Outcome::NotSent]), ["0", "1"]);
        assert_eq!(read(&[Outcome::Unknown]), ["2"]);
        std::fs::remove_file(path).unwrap();
    }
}
