//! Three minutes of real time under the sandbox's rate windows: how much of the allowed rate is used, and
//! whether any request is refused.

use std::io::{self, Write};
use std::time::Duration;

use graph8_crm::{BatchSize, Client, ErrorKind, Provider, PushOptions};
use graph8_sandbox::{RateLimit, Sandbox, SandboxOptions, Window};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::Result;

const MINUTES: usize = 3;

pub(crate) fn run() -> Result<()> {
    Runtime::new()?.block_on(async {
        let mut runs = JoinSet::new();
        for window in [Window::Fixed, Window::Sliding] {
            for (per_second, per_minute) in [(10, 200), (50, 1_000)] {
                runs.spawn(push(RateLimit {
                    window,
                    per_second,
                    per_minute,
                }));
            }
        }
        while let Some(line) = runs.join_next().await {
            writeln!(io::stdout(), "{}", line??)?;
        }
        Ok(())
    })
}

async fn push(limit: RateLimit) -> Result<String> {
    let sandbox = Sandbox::start(SandboxOptions {
        rate_limit: Some(limit),
        ..SandboxOptions::default()
    })?;
    let client = Client::builder()
        .api_key(graph8_sandbox::API_KEY)
        .base_url(sandbox.url())
        .build()?;
    let records =
        (0..4 * limit.per_minute).map(|number| json!({"name": format!("Person {number}")}));
    let options = PushOptions {
        batch_size: BatchSize::Fixed(1),
        deadline: Some(Duration::from_secs(60 * MINUTES as u64)),
        ..PushOptions::default()
    };
    let pushed = client
        .push_contacts(Provider::Pipedrive, records, options)
        .await;
    if !pushed.is_err_and(|error| error.kind() == ErrorKind::Timeout) {
        return Err("the push ended before its time".into());
    }
    let seen: Vec<Value> = serde_json::from_str(&sandbox.command_json(r#"{"do": "requests"}"#)?)?;
    let refused = seen
        .iter()
        .filter(|request| request["status"] == 429)
        .count();
    let allowed = MINUTES * limit.per_minute;
    Ok(format!(
        "{:?} windows, {}/s and {}/min: {} of {allowed} requests in {MINUTES} minutes ({:.1} %), {refused} refused",
        limit.window,
        limit.per_second,
        limit.per_minute,
        seen.len(),
        percent(seen.len(), allowed),
    ))
}

#[expect(clippy::cast_precision_loss, reason = "a share for people to read")]
pub(crate) fn percent(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64 * 100.0
}
