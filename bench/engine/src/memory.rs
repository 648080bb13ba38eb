//! Resident memory of a push whose records are made as they are fed.

use std::fs;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use graph8_crm::{Provider, PushKind, PushOptions, Records};
use tokio::runtime::Runtime;

use crate::Result;
use crate::contacts;
use crate::sink::SinkProcess;

const CHUNK: usize = 1_000;
const EARLY: usize = 10_000;

pub(crate) fn run(records: u32) -> Result<()> {
    let sink = SinkProcess::start(Duration::ZERO)?;
    Runtime::new()?.block_on(push(&sink, records))
}

async fn push(sink: &SinkProcess, records: u32) -> Result<()> {
    let started = Instant::now();
    let push = sink.client()?.start_push(
        Provider::Hubspot,
        PushKind::Contacts,
        PushOptions::default(),
    )?;
    for run in contacts::runs(records as usize, CHUNK) {
        let fed = run.end;
        let mut chunk = Records::new();
        for number in run {
            chunk
                .push_with(|json| contacts::write(json, number).map_err(|error| error.to_string()));
        }
        // A push that ended early says so when it is finished.
        let _ = push.feed(chunk).await;
        if fed == EARLY {
            print(fed)?;
        }
    }
    let report = push.finish().await?;
    print(report.pushed())?;
    writeln!(
        io::stdout(),
        "{:.0} records/s, made, pushed and accounted for",
        f64::from(records) / started.elapsed().as_secs_f64()
    )?;
    if report.pushed() != report.records() {
        return Err(format!("not all were pushed: {report:?}").into());
    }
    Ok(())
}

fn print(records: usize) -> Result<()> {
    let status = fs::read_to_string("/proc/self/status")?;
    let value = |name: &str| {
        status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .map_or("unknown", str::trim)
    };
    writeln!(
        io::stdout(),
        "{records} records: VmRSS {}, VmHWM {}",
        value("VmRSS:"),
        value("VmHWM:")
    )?;
    Ok(())
}
