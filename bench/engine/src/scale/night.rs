//! A night of syncs on a simulated clock: real clients and real connections, only that nobody waits.

use std::cell::Cell;
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use graph8_crm::{PushOptions, RateLimitStore};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{Instant, sleep, sleep_until};

use super::process::Held;
use super::{Options, client_of, per, push};
use crate::Result;
use crate::sink;

/// How far the simulated clock goes at most while bytes are on their way through this machine.
const TICK: Duration = Duration::from_millis(50);

/// What is seen of a night while it lasts.
#[derive(Default)]
struct Seen {
    requests: Cell<u64>,
    /// The second of the last request, and how many came in it.
    this_second: Cell<(u64, u64)>,
    most_in_a_second: Cell<u64>,
    connections: Most,
    syncs: Most,
    begun: Notify,
}

/// How many there are, and the most there were.
#[derive(Default)]
struct Most {
    now: Cell<u64>,
    most: Cell<u64>,
}

impl Most {
    fn more(&self) {
        self.now.set(self.now.get() + 1);
        self.most.set(self.most.get().max(self.now.get()));
    }

    fn fewer(&self) {
        self.now.set(self.now.get() - 1);
    }
}

pub(super) fn run(organisations: usize, source: &[Bytes], options: &Options) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()?;
    let seen = Rc::new(Seen::default());
    let real = std::time::Instant::now();
    let tasks = LocalSet::new();
    let mut took = tasks.block_on(
        &runtime,
        night(organisations, source, options, Rc::clone(&seen)),
    )?;
    took.sort_unstable();
    let (Some(shortest), Some(longest)) = (took.first(), took.last()) else {
        return Err("a night needs organisations".into());
    };
    writeln!(
        io::stdout(),
        "{organisations} organisations, {} contacts each, begun over {} h, answers after {:?}:\n  \
         {} requests, at most {} in a second; a sync takes {:.0} to {:.0} s, at most {} at a time\n  \
         at most {} connections; peak of memory {:.1} MiB, the sink included; simulated in {:.1?}\n  \
         Redis, where it keeps the limits: at most {} round trips, at most {} in a second",
        options.contacts,
        options.hours,
        options.delay,
        seen.requests.get(),
        seen.most_in_a_second.get(),
        shortest.as_secs_f64(),
        longest.as_secs_f64(),
        seen.syncs.most.get(),
        seen.connections.most.get(),
        per(Held::now()?.peak, 1_024),
        real.elapsed(),
        seen.requests.get(),
        seen.most_in_a_second.get(),
    )?;
    Ok(())
}

/// How long each sync took.
async fn night(
    organisations: usize,
    source: &[Bytes],
    options: &Options,
    seen: Rc<Seen>,
) -> Result<Vec<Duration>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let began = Instant::now();
    tokio::task::spawn_local(serve(listener, options.delay, began, Rc::clone(&seen)));
    tokio::task::spawn_local(tick(Rc::clone(&seen)));
    let source: Rc<[Bytes]> = source.into();
    let between = Duration::from_secs(3_600) * options.hours / u32::try_from(organisations)?;
    let mut syncs = JoinSet::new();
    let mut reported = 0;
    let mut took = Vec::with_capacity(organisations);
    for organisation in 0..organisations {
        sleep_until(began + between * u32::try_from(organisation)?).await;
        let client = client_of(organisation)
            .base_url(&url)
            // Each key has a log of its own anyway, and a file's clock can't be simulated.
            .rate_limit_store(RateLimitStore::Alone);
        let (source, seen) = (Rc::clone(&source), Rc::clone(&seen));
        syncs.spawn_local(async move {
            seen.syncs.more();
            seen.begun.notify_one();
            let began = Instant::now();
            let report = push(&client.build()?, &source, PushOptions::default()).await?;
            seen.syncs.fewer();
            Result::Ok((began.elapsed(), report.requests()))
        });
        while let Some(done) = syncs.try_join_next() {
            let (time, requests) = done??;
            took.push(time);
            reported += requests;
        }
    }
    while let Some(done) = syncs.join_next().await {
        let (time, requests) = done??;
        took.push(time);
        reported += requests;
    }
    if reported != seen.requests.get() {
        return Err(format!(
            "{reported} requests reported, {} seen: the simulated clock was faster than this machine",
            seen.requests.get()
        )
        .into());
    }
    Ok(took)
}

async fn serve(listener: TcpListener, delay: Duration, began: Instant, seen: Rc<Seen>) {
    while let Ok((stream, _)) = listener.accept().await {
        let seen = Rc::clone(&seen);
        tokio::task::spawn_local(async move {
            seen.connections.more();
            // What breaks a connection shows on the client's side.
            let _ = sink::converse(stream, delay, || seen.arrived(began)).await;
            seen.connections.fewer();
        });
    }
}

impl Seen {
    fn arrived(&self, began: Instant) {
        self.requests.set(self.requests.get() + 1);
        let second = began.elapsed().as_secs();
        let (before, count) = self.this_second.get();
        let count = if second == before { count + 1 } else { 1 };
        self.this_second.set((second, count));
        self.most_in_a_second
            .set(self.most_in_a_second.get().max(count));
    }
}

/// A paused clock jumps to the next timer whenever nothing is ready, however short bytes are on their way.
async fn tick(seen: Rc<Seen>) {
    loop {
        while seen.syncs.now.get() > 0 {
            sleep(TICK).await;
        }
        seen.begun.notified().await;
    }
}
