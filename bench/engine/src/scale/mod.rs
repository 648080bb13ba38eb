//! What many organisations take, each with a client and a rate limit of its own: a night of syncs on a
//! simulated clock, one sync in real time, and many clients in one process.

mod clients;
mod night;
mod process;
mod sync;

use std::fs;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use graph8_crm::{Client, ClientBuilder, Provider, PushKind, PushOptions, PushReport, Records};

use crate::Result;
use crate::contacts;

const CHUNK: usize = 1_000;

pub(crate) struct Options {
    /// Clients at a time in one process.
    pub(crate) clients: usize,
    /// Organisations of each night.
    pub(crate) organisations: Vec<usize>,
    /// Contacts of a sync.
    pub(crate) contacts: usize,
    /// How long the service takes for an answer.
    pub(crate) delay: Duration,
    /// Over how many hours the syncs of a night begin, evenly.
    pub(crate) hours: u32,
    /// Syncs in real time.
    pub(crate) rounds: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clients: 1_000,
            organisations: vec![1, 100, 10_000],
            contacts: 5_000,
            // A tenth of a second for each record of a batch.
            delay: Duration::from_secs(10),
            hours: 8,
            rounds: 40,
        }
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let counts = [options.clients, options.contacts, options.rounds];
    if counts.contains(&0) || options.organisations.contains(&0) {
        return Err("clients, organisations, contacts and rounds start at 1".into());
    }
    let source = source(options.contacts)?;
    let folder = std::env::temp_dir().join(format!("graph8-bench-scale-{}", std::process::id()));
    fs::create_dir(&folder)?;
    let measured = measure(options, &source, &folder);
    fs::remove_dir_all(&folder)?;
    measured
}

fn measure(options: &Options, source: &[Bytes], folder: &Path) -> Result<()> {
    for &organisations in &options.organisations {
        night::run(organisations, source, options)?;
    }
    sync::run(source, options, folder)?;
    clients::run(options.clients, &source[..1], folder)
}

/// Each organisation's contacts, as JSON arrays.
fn source(records: usize) -> Result<Vec<Bytes>> {
    contacts::runs(records, CHUNK)
        .map(|run| Ok(contacts::joined(run, "[", "]").map(Bytes::from)?))
        .collect()
}

/// The client of an organisation, whose key is its own.
fn client_of(organisation: usize) -> ClientBuilder {
    Client::builder().api_key(format!("bench-{organisation}"))
}

async fn push(client: &Client, source: &[Bytes], options: PushOptions) -> Result<PushReport> {
    let push = client.start_push(Provider::Hubspot, PushKind::Contacts, options)?;
    for chunk in source {
        // A push that ended early says so when it is finished.
        let _ = push.feed(Records::from_json_array(chunk.clone())?).await;
    }
    let report = push.finish().await?;
    if report.pushed() != report.records() {
        return Err(format!("not all were pushed: {report:?}").into());
    }
    Ok(report)
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people to read")]
fn per(total: u64, count: usize) -> f64 {
    total as f64 / count as f64
}
