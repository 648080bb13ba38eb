//! The dead-letter file: failed and unknown records as NDJSON, durable batch by batch.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Serialize;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::durable::{Durable, Safety};
use crate::error::{Error, ErrorKind, Result};
use crate::outcomes::Outcome;
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
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .map_err(failed)?;
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
            .map_err(|error| self.words(&error))
    }

    fn words(&self, error: &std::io::Error) -> String {
        format!(
            "can't write the dead-letter file {}: {error}",
            self.path.display()
        )
    }
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
            self.file.sync_data().map_err(|error| self.words(&error))?;
        }
        Ok(())
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

/// The records of a dead-letter file whose last outcome is one of `outcomes`, in the file's order,
/// for another try. A doubt that was resolved later counts as it was resolved, and half a line that a
/// crash left behind is skipped.
///
/// # Errors
///
/// [`Storage`](ErrorKind::Storage) when the file can't be read.
pub fn read_dead_letter(
    path: impl AsRef<Path>,
    outcomes: &[Outcome],
) -> Result<Vec<Box<RawValue>>> {
    let path = path.as_ref();
    let text = std::fs::read(path).map_err(|error| {
        Error::new(
            ErrorKind::Storage,
            format!(
                "can't read the dead-letter file {}: {error}",
                path.display()
            ),
        )
    })?;
    let lines: Vec<ReadLine> = text
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect();
    let mut last = std::collections::HashMap::new();
    for line in &lines {
        last.insert((line.push.as_str(), line.index), line.outcome);
    }
    let mut wanted: std::collections::HashSet<(String, usize)> = last
        .into_iter()
        .filter(|(_, outcome)| outcomes.contains(outcome))
        .map(|((push, index), _)| (push.to_owned(), index))
        .collect();
    Ok(lines
        .into_iter()
        .filter(|line| line.record.is_some() && wanted.remove(&(line.push.clone(), line.index)))
        .filter_map(|line| line.record)
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
