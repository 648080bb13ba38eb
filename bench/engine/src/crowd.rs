//! Clients in processes of their own that share nothing but the limit of one account: three minutes of
//! real time against the sandbox's strict windows.

use std::io::{self, Write};
use std::process::{Child, Command};
use std::time::Duration;

use graph8_crm::{BatchSize, Client, ErrorKind, Provider, PushOptions};
use graph8_sandbox::{RateLimit, Sandbox, SandboxOptions, Window};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::Result;
use crate::pacing::percent;

const MINUTES: usize = 3;
const PER_SECOND: usize = 10;
const PER_MINUTE: usize = 200;

/// One client: pushes until the time is over, one request a record that has its name.
pub(crate) fn member(url: &str, name: &str) -> Result<()> {
    Runtime::new()?.block_on(async {
        let client = Client::builder()
            .api_key(graph8_sandbox::API_KEY)
            .base_url(url)
            .build()?;
        let records = std::iter::repeat_n(json!({ "name": name }), MINUTES * PER_MINUTE);
        let options = PushOptions {
            batch_size: BatchSize::Fixed(1),
            deadline: Some(Duration::from_secs(60 * MINUTES as u64)),
            ..PushOptions::default()
        };
        match client
            .push_contacts(Provider::Pipedrive, records, options)
            .await
        {
            Err(error) if error.kind() != ErrorKind::Timeout => Err(error.into()),
            _ => Ok(()),
        }
    })
}

pub(crate) fn run() -> Result<()> {
    let mut crowds = Vec::new();
    for clients in [3, 8, 10] {
        for window in [Window::Sliding, Window::Fixed] {
            crowds.push(std::thread::spawn(move || measure(clients, window)));
        }
    }
    for crowd in crowds {
        let line = crowd.join().map_err(|_| "a crowd's thread panicked")??;
        writeln!(io::stdout(), "{line}")?;
    }
    Ok(())
}

fn measure(clients: usize, window: Window) -> Result<String> {
    let sandbox = Sandbox::start(SandboxOptions {
        rate_limit: Some(RateLimit {
            window,
            per_second: PER_SECOND,
            per_minute: PER_MINUTE,
        }),
        ..SandboxOptions::default()
    })?;
    let name = |place: usize| format!("client {place}");
    let members = (0..clients)
        .map(|place| {
            Command::new(std::env::current_exe()?)
                .args(["member", "--url", sandbox.url(), "--name", &name(place)])
                .spawn()
        })
        .collect::<io::Result<Vec<Child>>>()?;
    for mut member in members {
        if !member.wait()?.success() {
            return Err("a client's push ended before its time".into());
        }
    }
    let seen: Vec<Value> = serde_json::from_str(&sandbox.command_json(r#"{"do": "requests"}"#)?)?;
    let taken = |request: &&Value| request["status"] == 200;
    let arrived = |request: &Value| request["arrived_ms"].as_u64().unwrap_or_default();
    let first = seen.first().map(arrived).unwrap_or_default();
    let late: Vec<&Value> = seen
        .iter()
        .filter(|request| arrived(request) >= first + 60_000)
        .collect();
    let refused = late
        .iter()
        .filter(|request| request["status"] == 429)
        .count();
    let allowed = MINUTES * PER_MINUTE;
    let least = (0..clients)
        .map(|place| {
            let own = |request: &&Value| request["body"]["records"][0]["name"] == name(place);
            seen.iter().filter(taken).filter(own).count()
        })
        .min()
        .unwrap_or_default();
    Ok(format!(
        "{clients} processes, {window:?} windows: {:.1} % of the limit used, the least got {:.1} % of its fair share, \
         {:.1} % of the requests after a minute refused",
        percent(seen.iter().filter(taken).count(), allowed),
        percent(least * clients, allowed),
        percent(refused, late.len()),
    ))
}
