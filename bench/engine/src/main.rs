//! `graph8-bench`: measures the engine against a sink that costs next to nothing.

mod contacts;
mod crowd;
mod csv;
mod engine;
mod keyed;
mod memory;
mod pacing;
mod scale;
mod sink;
mod strays;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

const USAGE: &str = "usage: graph8-bench sink [--delay-ms N]
       graph8-bench engine [--records N] [--rounds N] [--batch N[,N...]] [--concurrency N]
                             [--delay-ms N] [--journal-folder PATH]
       graph8-bench memory [--records N]
       graph8-bench csv [--rows N] [--rounds N] [--quoted yes|no] [--file PATH]
       graph8-bench keyed [--records N]
       graph8-bench pacing
       graph8-bench crowd
       graph8-bench strays [--rounds N]
       graph8-bench scale [--organisations N[,N...]] [--contacts N] [--delay-ms N] [--hours N]
                            [--rounds N] [--clients N]";

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

enum Command {
    Sink {
        delay: Duration,
    },
    Engine(engine::Options),
    Memory {
        records: u32,
    },
    Csv(csv::Options),
    Keyed {
        records: usize,
    },
    Pacing,
    Crowd,
    /// A process of a crowd.
    Member {
        url: String,
        name: String,
    },
    Strays {
        rounds: usize,
    },
    Scale(scale::Options),
}

fn main() -> ExitCode {
    match parse(std::env::args().skip(1)).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody reads stderr if this fails, and the exit code says it too.
            let _ = writeln!(io::stderr(), "graph8-bench: {error}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Command> {
    let mut command = match words.next().as_deref() {
        Some("sink") => Command::Sink {
            delay: Duration::ZERO,
        },
        Some("engine") => Command::Engine(engine::Options::default()),
        Some("memory") => Command::Memory {
            records: 10_000_000,
        },
        Some("csv") => Command::Csv(csv::Options::default()),
        Some("keyed") => Command::Keyed { records: 1_000_000 },
        Some("pacing") => Command::Pacing,
        Some("crowd") => Command::Crowd,
        Some("member") => Command::Member {
            url: String::new(),
            name: String::new(),
        },
        Some("strays") => Command::Strays { rounds: 20 },
        Some("scale") => Command::Scale(scale::Options::default()),
        _ => {
            return Err(
                "the first word is sink, engine, memory, csv, keyed, pacing, crowd, strays or scale"
                    .into(),
            );
        }
    };
    while let Some(word) = words.next() {
        let value = words
            .next()
            .ok_or_else(|| format!("{word} needs a value"))?;
        match (&mut command, word.as_str()) {
            (Command::Sink { delay }, "--delay-ms") => {
                *delay = Duration::from_millis(number(&value)?);
            }
            (Command::Engine(options), "--delay-ms") => {
                options.delay = Duration::from_millis(number(&value)?);
            }
            (Command::Engine(options), "--records") => options.records = number(&value)?,
            (Command::Engine(options), "--rounds") => options.rounds = number(&value)?,
            (Command::Csv(options), "--rows") => options.rows = number(&value)?,
            (Command::Csv(options), "--rounds") => options.rounds = number(&value)?,
            (Command::Csv(options), "--file") => options.file = Some(value.into()),
            (Command::Csv(options), "--quoted") => options.is_quoted = value == "yes",
            (Command::Strays { rounds }, "--rounds") => *rounds = number(&value)?,
            (Command::Engine(options), "--batch") => {
                options.batch_sizes = value.split(',').map(number).collect::<Result<_>>()?;
            }
            (Command::Engine(options), "--concurrency") => options.concurrency = number(&value)?,
            (Command::Engine(options), "--journal-folder") => {
                options.journal_folder = Some(value.into());
            }
            (Command::Member { url, .. }, "--url") => *url = value,
            (Command::Member { name, .. }, "--name") => *name = value,
            (Command::Scale(options), "--organisations") => {
                options.organisations = value.split(',').map(number).collect::<Result<_>>()?;
            }
            (Command::Scale(options), "--contacts") => options.contacts = number(&value)?,
            (Command::Scale(options), "--hours") => options.hours = number(&value)?,
            (Command::Scale(options), "--rounds") => options.rounds = number(&value)?,
            (Command::Scale(options), "--clients") => options.clients = number(&value)?,
            (Command::Scale(options), "--delay-ms") => {
                options.delay = Duration::from_millis(number(&value)?);
            }
            (Command::Keyed { records }, "--records") => *records = number(&value)?,
            (Command::Memory { records }, "--records") => *records = number(&value)?,
            _ => return Err(format!("no such option: {word}").into()),
        }
    }
    Ok(command)
}

fn number<T: FromStr>(text: &str) -> Result<T> {
    text.parse()
        .map_err(|_| format!("'{text}' is not a number in range").into())
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Sink { delay } => sink::run(delay),
        Command::Engine(options) => engine::run(&options),
        Command::Memory { records } => memory::run(records),
        Command::Csv(options) => csv::run(&options),
        Command::Keyed { records } => keyed::run(records),
        Command::Pacing => pacing::run(),
        Command::Crowd => crowd::run(),
        Command::Member { url, name } => crowd::member(&url, &name),
        Command::Strays { rounds } => strays::run(rounds),
        Command::Scale(options) => scale::run(&options),
    }
}
