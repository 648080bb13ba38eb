//! What a journal of keys costs: a first run, and the same table the next day, in another order.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use graph8_crm::{Provider, PushKind, PushOptions, PushReport, RecordShape, Records};
use tokio::runtime::Runtime;

use crate::Result;
use crate::contacts;
use crate::engine::cpu_time;
use crate::sink::SinkProcess;

const CHUNK: usize = 1_000;

/// What a run took.
struct Cost {
    cpu: Duration,
    wall: Duration,
}

pub(crate) fn run(records: usize) -> Result<()> {
    let folder = std::env::temp_dir().join(format!("graph8-bench-keyed-{}", std::process::id()));
    fs::create_dir(&folder)?;
    let measured = measure(records, &folder.join("keys.journal"));
    fs::remove_dir_all(&folder)?;
    measured
}

fn measure(records: usize, journal: &Path) -> Result<()> {
    let sink = SinkProcess::start(Duration::ZERO)?;
    let runtime = Runtime::new()?;
    let forwards = |place: usize| place;
    let backwards = |place: usize| records - 1 - place;
    let push = |journal: Option<PathBuf>, order: &dyn Fn(usize) -> usize| {
        runtime.block_on(push(&sink, records, journal, order))
    };

    let made = make(records)?;
    say("records made, not pushed", records, &made)?;
    let (_, plain) = push(None, &forwards)?;
    say("pushed without a journal", records, &plain)?;
    let before = resident()?;
    let (report, first) = push(Some(journal.to_owned()), &forwards)?;
    say("first run", records, &first)?;
    let file = fs::metadata(journal)?.len();
    let (again, second) = push(Some(journal.to_owned()), &backwards)?;
    say("the next day, backwards", records, &second)?;
    if report.pushed() != records || again.pushed_before() != records || again.requests() > 0 {
        return Err(format!("not as expected: {report:?}, {again:?}").into());
    }

    let count = f64::from(u32::try_from(records)?);
    let rate = |of: &Cost, without: &Cost| {
        count / (of.cpu.as_secs_f64() - without.cpu.as_secs_f64()).max(1e-9)
    };
    writeln!(
        io::stdout(),
        "{} keys/s and core are written down, {} looked up and compared; file {:.1} MiB; memory {} at first, {} \
         at the end",
        thousands(rate(&first, &plain)),
        thousands(rate(&second, &made)),
        f64::from(u32::try_from(file / 1024)?) / 1024.0,
        before,
        resident()?,
    )?;
    Ok(())
}

fn thousands(rate: f64) -> String {
    format!("{:.0}k", rate / 1_000.0)
}

fn chunk(run: impl Iterator<Item = usize>) -> Records {
    let mut records = Records::with_capacity(CHUNK, CHUNK * 400);
    for number in run {
        records.push_with(|json| contacts::write(json, number).map_err(|error| error.to_string()));
    }
    records
}

fn make(records: usize) -> Result<Cost> {
    let (started, before) = (Instant::now(), cpu_time()?);
    for run in contacts::runs(records, CHUNK) {
        std::hint::black_box(chunk(run));
    }
    cost(started, before)
}

async fn push(
    sink: &SinkProcess,
    records: usize,
    journal: Option<PathBuf>,
    order: &dyn Fn(usize) -> usize,
) -> Result<(PushReport, Cost)> {
    let (started, before) = (Instant::now(), cpu_time()?);
    let primary_key = match journal {
        Some(_) => vec!["email".to_owned()],
        None => Vec::new(),
    };
    let options = PushOptions {
        journal,
        shape: RecordShape {
            primary_key,
            ..RecordShape::default()
        },
        ..PushOptions::default()
    };
    let push = sink
        .client()?
        .start_push(Provider::Hubspot, PushKind::Contacts, options)?;
    for run in contacts::runs(records, CHUNK) {
        // A push that ended early says so when it is finished.
        let _ = push.feed(chunk(run.map(order))).await;
    }
    let report = push.finish().await?;
    Ok((report, cost(started, before)?))
}

fn cost(started: Instant, before: Duration) -> Result<Cost> {
    Ok(Cost {
        wall: started.elapsed(),
        cpu: cpu_time()?.saturating_sub(before),
    })
}

fn say(what: &str, records: usize, cost: &Cost) -> Result<()> {
    let each = cost.cpu.as_secs_f64() * 1e6 / f64::from(u32::try_from(records)?);
    writeln!(
        io::stdout(),
        "{what}: {:.2?}, {each:.2} µs of CPU per record; {}",
        cost.wall,
        resident()?
    )?;
    Ok(())
}

fn resident() -> Result<String> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: u32 = line
        .and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or_default();
    Ok(format!("{:.1} MiB", f64::from(kib) / 1024.0))
}
