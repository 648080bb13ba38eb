//! How often a create takes an answer that is not its own: one that came behind the answer to the
//! request before, and one that the service gives before it has read the body.

use std::io::{self, Write};
use std::time::Duration;

use graph8_crm::{BatchSize, Client, Outcome, Provider, PushOptions};
use graph8_hostile::Service;
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

use crate::Result;

/// Milliseconds from the first answer to the one that nobody asked for.
const DELAYS: [u64; 5] = [0, 1, 5, 20, 50];
/// Between the two creates.
const GAPS: [Duration; 2] = [Duration::ZERO, Duration::from_millis(100)];
/// Bytes of a body that the service answers before it reads it.
const BODIES: [usize; 5] = [1_000, 100_000, 1_000_000, 4_000_000, 16_000_000];

/// What a client is, as far as it decides whether connections are kept.
#[derive(Clone, Copy)]
struct Setting {
    name: &'static str,
    tls: bool,
    paced: bool,
}

const SETTINGS: [Setting; 4] = [
    Setting {
        name: "http, default rate limit",
        tls: false,
        paced: true,
    },
    Setting {
        name: "https, default rate limit",
        tls: true,
        paced: true,
    },
    Setting {
        name: "https, no rate limit",
        tls: true,
        paced: false,
    },
    Setting {
        name: "http, no rate limit",
        tls: false,
        paced: false,
    },
];

pub(crate) fn run(rounds: usize) -> Result<()> {
    let service = graph8_hostile::start()?;
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "An answer that nobody asked for, behind the first: taken by the next create, of {rounds}"
    )?;
    write!(out, "{:<44}{:>12}", "", "same write")?;
    for delay in DELAYS {
        write!(out, "{:>8}", format!("{delay} ms"))?;
    }
    writeln!(out)?;
    for setting in SETTINGS {
        for threads in ["one thread", "threads"] {
            for gap in GAPS {
                let runtime = runtime(threads)?;
                let name = format!("{}, {threads}, {} ms", setting.name, gap.as_millis());
                write!(out, "{name:<44}")?;
                let count = taken(
                    &service,
                    setting,
                    &runtime,
                    "stray_in_one_write",
                    gap,
                    rounds,
                )?;
                write!(out, "{count:>12}")?;
                for delay in DELAYS {
                    let case = format!("stray_after_{delay}");
                    let count = taken(&service, setting, &runtime, &case, gap, rounds)?;
                    write!(out, "{count:>8}")?;
                    out.flush()?;
                }
                writeln!(out)?;
            }
        }
    }
    writeln!(
        out,
        "\nA success before the body was read: taken for true, of {rounds}"
    )?;
    write!(out, "{:<44}", "bytes")?;
    for bytes in BODIES {
        write!(out, "{bytes:>12}")?;
    }
    writeln!(out)?;
    for setting in SETTINGS.into_iter().take(2) {
        let runtime = runtime("threads")?;
        write!(out, "{:<44}", setting.name)?;
        for bytes in BODIES {
            let mut taken = 0;
            for _ in 0..rounds {
                let client = client(&service, setting, "early_200_and_read")?;
                taken += usize::from(runtime.block_on(push(&client, bytes)));
            }
            write!(out, "{taken:>12}")?;
            out.flush()?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn runtime(threads: &str) -> Result<Runtime> {
    let mut builder = if threads == "one thread" {
        Builder::new_current_thread()
    } else {
        Builder::new_multi_thread()
    };
    Ok(builder.enable_all().build()?)
}

/// In how many rounds the second create took what was not its answer.
fn taken(
    service: &Service,
    setting: Setting,
    runtime: &Runtime,
    case: &str,
    gap: Duration,
    rounds: usize,
) -> Result<usize> {
    let mut taken = 0;
    for _ in 0..rounds {
        let client = client(service, setting, case)?;
        if !runtime.block_on(push(&client, 0)) {
            return Err("the first answer was not taken".into());
        }
        // With one thread, nobody looks at the connection meanwhile: as in a program that does other work.
        std::thread::sleep(gap);
        taken += usize::from(!runtime.block_on(push(&client, 0)));
    }
    Ok(taken)
}

fn client(service: &Service, setting: Setting, case: &str) -> Result<Client> {
    let base_url = if setting.tls {
        format!("{}/{case}", service.ports["tls_good"])
    } else {
        service.base_url(case)
    };
    let mut builder = Client::builder().api_key("bench").base_url(base_url);
    if setting.tls {
        builder = builder.ca_pem(service.authority_pem.as_bytes());
    }
    if !setting.paced {
        builder = builder.unpaced();
    }
    Ok(builder.build()?)
}

/// Whether both records of one create were told to be pushed.
async fn push(client: &Client, bytes: usize) -> bool {
    let contacts = [
        json!({"email": "a@example.com", "note": "x".repeat(bytes)}),
        json!({"email": "b@example.com"}),
    ];
    let options = PushOptions {
        batch_size: BatchSize::Fixed(2),
        batch_bytes: usize::MAX,
        ..PushOptions::default()
    };
    client
        .push_contacts(Provider::Hubspot, contacts, options)
        .await
        .is_ok_and(|report| (0..2).all(|index| report.outcome(index) == Some(Outcome::Pushed)))
}
