//! The engine beside a plain `reqwest` client that sends bodies of the same size, in turns.

use std::io::{self, Write};
use std::mem::MaybeUninit;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, process};

use bytes::Bytes;
use graph8_crm::{Client, Provider, PushKind, PushOptions, Records};
use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::Result;
use crate::contacts;
use crate::sink::SinkProcess;

/// Records fed at once, as many as `Client::push_contacts` encodes at once.
const CHUNK: usize = 1_000;

pub(crate) struct Options {
    pub(crate) records: u32,
    pub(crate) rounds: usize,
    pub(crate) batch_sizes: Vec<usize>,
    /// Requests at a time, of each sender.
    pub(crate) concurrency: usize,
    /// How long the sink takes for an answer.
    pub(crate) delay: Duration,
    /// Where the journals are; the temporary folder if none.
    pub(crate) journal_folder: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            records: 400_000,
            rounds: 7,
            batch_sizes: vec![100, 1_000],
            concurrency: 4,
            delay: Duration::ZERO,
            journal_folder: None,
        }
    }
}

/// What one round took.
#[derive(Clone, Copy)]
struct Cost {
    wall: Duration,
    cpu: Duration,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    if options.records == 0 || options.rounds == 0 || options.batch_sizes.contains(&0) {
        return Err("records, rounds and batch sizes start at 1".into());
    }
    let sink = SinkProcess::start(options.delay)?;
    let client = sink.client()?;
    // reqwest asks for a TLS provider even without TLS. An Err says that one is there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let bare = reqwest::Client::builder().http1_only().no_proxy().build()?;
    let chunks = contacts::runs(options.records as usize, CHUNK)
        .map(|run| contacts::joined(run, "[", "]").map(Bytes::from))
        .collect::<io::Result<Vec<_>>>()?;
    let runtime = Runtime::new()?;
    for &batch_size in &options.batch_sizes {
        runtime.block_on(compare(&client, &bare, &chunks, batch_size, options))?;
    }
    Ok(())
}

/// Who sends the records.
#[derive(Clone, Copy, PartialEq)]
enum Sender {
    Bare,
    Engine,
    EngineWithJournal,
}

const SENDERS: [Sender; 3] = [Sender::Bare, Sender::Engine, Sender::EngineWithJournal];

async fn compare(
    client: &Client,
    bare: &reqwest::Client,
    chunks: &[Bytes],
    batch_size: usize,
    options: &Options,
) -> Result<()> {
    let bodies = contacts::runs(options.records as usize, batch_size)
        .map(|run| contacts::joined(run, "{\"records\":[", "]}").map(Bytes::from))
        .collect::<io::Result<Arc<[Bytes]>>>()?;
    let url: Arc<str> = format!("{}/crm-syncs/hubspot/contacts/push", client.base_url()).into();
    let parent = options.journal_folder.clone().unwrap_or_else(env::temp_dir);
    let folder = parent.join(format!("graph8-bench-{}", process::id()));
    fs::create_dir_all(&folder)?;
    let mut costs = SENDERS.map(|_| Vec::new());
    for round in 0..options.rounds {
        for turn in 0..SENDERS.len() {
            // Each is first in every third round.
            let place = (round + turn) % SENDERS.len();
            let cost = if SENDERS[place] == Sender::Bare {
                let work = send_bare(
                    bare.clone(),
                    Arc::clone(&url),
                    Arc::clone(&bodies),
                    options.concurrency,
                );
                measure(work).await?
            } else {
                let records = chunks
                    .iter()
                    .map(|chunk| Records::from_json_array(chunk.clone()))
                    .collect::<graph8_crm::Result<Vec<_>>>()?;
                let with_journal = SENDERS[place] == Sender::EngineWithJournal;
                let options = PushOptions {
                    batch_size: batch_size.into(),
                    concurrency: options.concurrency,
                    journal: with_journal.then(|| folder.join(format!("{batch_size}-{round}"))),
                    ..PushOptions::default()
                };
                measure(push(client.clone(), records, options)).await?
            };
            costs[place].push(cost);
        }
    }
    fs::remove_dir_all(&folder)?;
    print(batch_size, options, &costs)
}

/// Runs `work` on the runtime's own threads, where the connections are served.
async fn measure(work: impl Future<Output = Result<()>> + Send + 'static) -> Result<Cost> {
    let cpu_before = cpu_time()?;
    let started = Instant::now();
    tokio::spawn(work).await??;
    Ok(Cost {
        wall: started.elapsed(),
        cpu: cpu_time()?.saturating_sub(cpu_before),
    })
}

async fn send_bare(
    http: reqwest::Client,
    url: Arc<str>,
    bodies: Arc<[Bytes]>,
    concurrency: usize,
) -> Result<()> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut senders = JoinSet::new();
    for _ in 0..concurrency {
        let (http, url) = (http.clone(), Arc::clone(&url));
        let (bodies, next) = (Arc::clone(&bodies), Arc::clone(&next));
        senders.spawn(async move {
            while let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
                let response = http
                    .post(&*url)
                    .header(CONTENT_TYPE, "application/json")
                    .body(body.clone())
                    .send()
                    .await?;
                let status = response.status();
                response.bytes().await?;
                if status != StatusCode::OK {
                    return Err(format!("the sink answered {status}").into());
                }
            }
            Result::Ok(())
        });
    }
    while let Some(sender) = senders.join_next().await {
        sender??;
    }
    Ok(())
}

async fn push(client: Client, chunks: Vec<Records>, options: PushOptions) -> Result<()> {
    let push = client.start_push(Provider::Hubspot, PushKind::Contacts, options)?;
    for chunk in chunks {
        // A push that ended early says so when it is finished.
        let _ = push.feed(chunk).await;
    }
    let report = push.finish().await?;
    if report.pushed() != report.records() {
        return Err(format!("not all were pushed: {report:?}").into());
    }
    Ok(())
}

/// User and system time of all threads of this process.
pub(crate) fn cpu_time() -> Result<Duration> {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    #[expect(unsafe_code, reason = "std has no safe way to ask for CPU time")]
    // SAFETY: the pointer is to a whole rusage, for which all zeros are valid.
    let (status, usage) = unsafe {
        let status = libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr());
        (status, usage.assume_init())
    };
    if status != 0 {
        return Err(io::Error::last_os_error().into());
    }
    let mut total = Duration::ZERO;
    for time in [usage.ru_utime, usage.ru_stime] {
        total += Duration::from_secs(time.tv_sec.try_into()?);
        total += Duration::from_micros(time.tv_usec.try_into()?);
    }
    Ok(total)
}

fn print(batch_size: usize, options: &Options, costs: &[Vec<Cost>; 3]) -> Result<()> {
    let records = f64::from(options.records);
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "batch {batch_size}: {records} records, {} requests at a time, medians of {} rounds (lowest to highest)",
        options.concurrency, options.rounds
    )?;
    let mut medians = Vec::new();
    for (name, costs) in ["bare", "engine", "with journal"].iter().zip(costs) {
        let speed = Spread::of(costs, |cost| records / cost.wall.as_secs_f64());
        let cpu = Spread::of(costs, |cost| cost.cpu.as_secs_f64() / records * 1e6);
        writeln!(
            out,
            "  {name:<12} {:>10.0} records/s ({:.0} to {:.0}), {:.3} CPU s per 1,000,000 records ({:.3} to {:.3})",
            speed.median, speed.lowest, speed.highest, cpu.median, cpu.lowest, cpu.highest
        )?;
        let wall = Spread::of(costs, |cost| cost.wall.as_secs_f64());
        medians.push((wall.median, cpu.median));
    }
    if let [bare, engine, journal] = medians[..] {
        for (name, (wall, cpu), (base_wall, base_cpu)) in [
            ("engine / bare", engine, bare),
            ("journal / no journal", journal, engine),
        ] {
            writeln!(
                out,
                "  {name:<20} wall time {:.3}, CPU {:.3}",
                wall / base_wall,
                cpu / base_cpu
            )?;
        }
    }
    Ok(())
}

#[derive(Default)]
struct Spread {
    lowest: f64,
    median: f64,
    highest: f64,
}

impl Spread {
    fn of(costs: &[Cost], read: impl Fn(&Cost) -> f64) -> Self {
        let mut values: Vec<f64> = costs.iter().map(read).collect();
        values.sort_by(f64::total_cmp);
        match values[..] {
            [] => Self::default(),
            [lowest, .., highest] => Self {
                lowest,
                median: f64::midpoint(values[(values.len() - 1) / 2], values[values.len() / 2]),
                highest,
            },
            [only] => Self {
                lowest: only,
                median: only,
                highest: only,
            },
        }
    }
}
