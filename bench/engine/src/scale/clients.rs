//! Memory, handles and threads of many clients in one process.

use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use graph8_crm::{
    Client, Flow, Provider, Push, PushKind, PushOptions, RateLimitStore, RecordShape, Records,
};
use tokio::runtime::Runtime;

use super::process::Held;
use super::{client_of, per, push};
use crate::Result;
use crate::contacts;
use crate::sink::SinkProcess;

/// Requests of a push at a time.
const UNDER_WAY: usize = 4;

pub(super) fn run(count: usize, source: &[Bytes], folder: &Path) -> Result<()> {
    let runtime = Runtime::new()?;
    let _entered = runtime.enter();
    // What the first one loads for all.
    let _first = client_of(0)
        .rate_limit_store(RateLimitStore::Alone)
        .build()?;
    let began = Instant::now();
    let before = Held::now()?;
    let clients = (0..count)
        .map(|organisation| {
            let client = client_of(organisation).rate_limit_store(RateLimitStore::Alone);
            Ok(client.build()?)
        })
        .collect::<Result<Vec<_>>>()?;
    let each = began.elapsed() / u32::try_from(count)?;
    say("made, for HTTPS", count, before)?;
    writeln!(
        io::stdout(),
        "  {:.2} ms to make one",
        each.as_secs_f64() * 1e3
    )?;
    drop(clients);

    let sink = SinkProcess::start(Duration::ZERO)?;
    let before = Held::now()?;
    let clients = (0..count)
        .map(|organisation| {
            let client = client_of(organisation).base_url(sink.url());
            Ok(client.rate_limit_store(RateLimitStore::Alone).build()?)
        })
        .collect::<Result<Vec<_>>>()?;
    say("made, for HTTP", count, before)?;
    runtime.block_on(push_first(&clients, source))?;
    say("with a connection", count, before)?;
    drop(clients);

    // An answer that takes until all have been counted.
    let sink = SinkProcess::start(Duration::from_secs(3_600))?;
    let before = Held::now()?;
    let pushes = runtime.block_on(start_all(count, &sink, folder))?;
    wait_until_quiet()?;
    say("in a push with a journal of keys", count, before)?;
    drop(pushes);
    Ok(())
}

/// Waits until no more connections are opened.
fn wait_until_quiet() -> Result<()> {
    let mut before = 0;
    loop {
        let now = Held::now()?.handles;
        if now == before {
            return Ok(());
        }
        before = now;
        std::thread::sleep(Duration::from_secs(2));
    }
}

async fn push_first(clients: &[Client], source: &[Bytes]) -> Result<()> {
    for client in clients {
        // One request, so that each has one connection.
        let options = PushOptions {
            batch_size: 1_000.into(),
            ..PushOptions::default()
        };
        push(client, source, options).await?;
    }
    Ok(())
}

/// Pushes whose requests are all under way.
async fn start_all(count: usize, sink: &SinkProcess, folder: &Path) -> Result<Vec<(Client, Push)>> {
    let mut pushes = Vec::with_capacity(count);
    let source = contacts::joined(0..UNDER_WAY * 100, "[", "]").map(Bytes::from)?;
    for organisation in 0..count {
        let client = client_of(organisation)
            .base_url(sink.url())
            .rate_limit_store(RateLimitStore::Alone)
            .build()?;
        let options = PushOptions {
            journal: Some(folder.join(format!("open-{organisation}"))),
            shape: RecordShape {
                primary_key: vec!["email".to_owned()],
                ..RecordShape::default()
            },
            ..PushOptions::default()
        };
        let push = client.start_push(Provider::Hubspot, PushKind::Contacts, options)?;
        if push.feed(Records::from_json_array(source.clone())?).await == Flow::Ended {
            return Err("a push ended early".into());
        }
        pushes.push((client, push));
    }
    Ok(pushes)
}

fn say(what: &str, count: usize, before: Held) -> Result<()> {
    let now = Held::now()?;
    let each = |now: u64, before: u64| per(now.saturating_sub(before), count);
    writeln!(
        io::stdout(),
        "{count} clients {what}: each {:.1} KiB, {:.2} handles, {:.2} threads",
        each(now.memory, before.memory),
        each(now.handles, before.handles),
        each(now.threads, before.threads),
    )?;
    Ok(())
}
