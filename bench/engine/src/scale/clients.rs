//! Memory, handles and threads of many clients in one process.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use graph8_crm::{
    Client, Flow, Provider, Push, PushKind, PushOptions, RateLimitStore, RecordShape, Records,
};
use tokio::runtime::Runtime;

use super::process::{self, Held};
use super::{client_of, per, push};
use crate::Result;
use crate::contacts;
use crate::engine::cpu_time;
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
    let (before, cpu_before) = (Held::now()?, cpu_time()?);
    let clients = (0..count)
        .map(|organisation| {
            let client = client_of(organisation).rate_limit_store(RateLimitStore::Alone);
            Ok(client.build()?)
        })
        .collect::<Result<Vec<_>>>()?;
    let each = cpu_time()?.saturating_sub(cpu_before) / u32::try_from(count)?;
    say("made, for HTTPS", count, before)?;
    writeln!(
        io::stdout(),
        "  {:.2} ms of CPU to make one",
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
    say("after a push", count, before)?;
    drop(clients);

    // An answer that takes until all have been counted.
    let sink = SinkProcess::start(Duration::from_secs(3_600))?;
    let (before, sockets) = (Held::now()?, process::sockets()?);
    let pushes = runtime.block_on(start_all(count, &sink, folder))?;
    wait_for_sockets(sockets + (count * UNDER_WAY) as u64)?;
    say("in a push with a journal of keys", count, before)?;
    drop(pushes);
    Ok(())
}

/// Waits until so many sockets are open.
fn wait_for_sockets(count: u64) -> Result<()> {
    while process::sockets()? < count {
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

async fn push_first(clients: &[Client], source: &[Bytes]) -> Result<()> {
    for client in clients {
        push(client, source, PushOptions::default()).await?;
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
