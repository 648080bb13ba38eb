//! What reading a CSV file costs, and the memory of a large one.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use graph8_crm::{CsvFile, CsvOptions, RecordShape, RecordSource};

use crate::Result;
use crate::engine::cpu_time;

/// Ten short columns.
const HEADER: &str = "email,first,last,phone,city,country,zip,score,opened,owner\n";

pub(crate) struct Options {
    pub(crate) rows: usize,
    pub(crate) rounds: usize,
    /// A file that is there already, instead of one of ten short columns.
    pub(crate) file: Option<PathBuf>,
    /// Every cell in quotes.
    pub(crate) is_quoted: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rows: 1_000_000,
            rounds: 5,
            file: None,
            is_quoted: false,
        }
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    if let Some(path) = &options.file {
        return (0..options.rounds).try_for_each(|_| measure(path, options.rows));
    }
    let path = std::env::temp_dir().join(format!("graph8-bench-{}.csv", std::process::id()));
    write(&path, options)?;
    let measured = (0..options.rounds).try_for_each(|_| measure(&path, options.rows));
    fs::remove_file(&path)?;
    measured
}

fn measure(path: &Path, rows: usize) -> Result<()> {
    let (start, before, bytes) = (Instant::now(), cpu_time()?, fs::metadata(path)?.len());
    let mut file = CsvFile::open(path, &CsvOptions::default(), &RecordShape::default())?;
    let opened = start.elapsed();
    let (mut read, mut json) = (0, 0);
    while let Some(records) = file.next()? {
        read += records.len();
        json += records.byte_len();
    }
    let (wall, cpu) = (start.elapsed(), cpu_time()?.saturating_sub(before));
    if read != rows {
        return Err(format!("{read} of {rows} rows were read").into());
    }
    let millions = f64::from(u32::try_from(rows)?) / 1e6;
    let per_second = |time: Duration| format!("{:.2}", millions / time.as_secs_f64());
    writeln!(
        io::stdout(),
        "{rows} rows, {} MB, {} MB of JSON: {} million rows/s, {} of a core ({opened:.1?} to open it); {}",
        bytes / 1_000_000,
        json / 1_000_000,
        per_second(wall),
        per_second(cpu),
        peak()?,
    )?;
    Ok(())
}

/// The most memory that the process had.
fn peak() -> Result<String> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    Ok(line
        .unwrap_or("VmHWM: unknown")
        .replace(char::is_whitespace, ""))
}

fn write(path: &Path, options: &Options) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(HEADER.as_bytes())?;
    let quote = if options.is_quoted { "\"" } else { "" };
    let separator = format!("{quote},{quote}");
    for number in 0..options.rows {
        let cells = [
            format!("person{number}@example.com"),
            "Ada".to_owned(),
            "Lovelace".to_owned(),
            format!("+4479{:08}", number % 100_000_000),
            "London".to_owned(),
            "United Kingdom".to_owned(),
            format!("{:05}", number % 100_000),
            format!("{}", number % 1_000),
            "2026-01-31".to_owned(),
            format!("{}", number % 77),
        ];
        writeln!(file, "{quote}{}{quote}", cells.join(&separator))?;
    }
    file.flush()
}
