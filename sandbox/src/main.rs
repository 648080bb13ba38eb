//! `graph8-sandbox`: starts a sandbox, prints one line of JSON, runs until it is told to stop.

use std::io::{self, Write};
use std::process::ExitCode;

use graph8_sandbox::{API_KEY, RateLimit, Sandbox, SandboxOptions, Window};
use serde_json::json;
use tokio::io::AsyncReadExt;

const USAGE: &str = "usage: graph8-sandbox [--port N] [--seed N] [--strict] \
[--rate-window fixed|sliding --per-second N --per-minute N] [--until-stdin-closes]";

struct Arguments {
    options: SandboxOptions,
    until_stdin_closes: bool,
}

fn main() -> ExitCode {
    match parse(std::env::args().skip(1))
        .and_then(|arguments| run(arguments).map_err(|error| error.to_string()))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody reads stderr if this fails, and the exit code says it too.
            let _ = writeln!(io::stderr(), "graph8-sandbox: {error}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut arguments = Arguments {
        options: SandboxOptions::default(),
        until_stdin_closes: false,
    };
    let mut rate = (None, None, None);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--port" => arguments.options.port = number(&value()?)?,
            "--seed" => arguments.options.seed = number(&value()?)?,
            "--strict" => arguments.options.strict = true,
            "--rate-window" => {
                rate.0 = Some(match value()?.as_str() {
                    "fixed" => Window::Fixed,
                    "sliding" => Window::Sliding,
                    other => {
                        return Err(format!("--rate-window is '{other}': use fixed or sliding"));
                    }
                });
            }
            "--per-second" => rate.1 = Some(number(&value()?)?),
            "--per-minute" => rate.2 = Some(number(&value()?)?),
            "--until-stdin-closes" => arguments.until_stdin_closes = true,
            _ => return Err(format!("no such option: {word}")),
        }
    }
    arguments.options.rate_limit = match rate {
        (None, None, None) => None,
        (window, Some(per_second), Some(per_minute)) => Some(RateLimit {
            window: window.unwrap_or_default(),
            per_second,
            per_minute,
        }),
        _ => return Err("a rate limit needs both --per-second and --per-minute".to_owned()),
    };
    Ok(arguments)
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| format!("'{text}' is not a number in range"))
}

#[tokio::main(flavor = "current_thread")]
async fn run(arguments: Arguments) -> io::Result<()> {
    let mut sandbox = Sandbox::start(arguments.options)?;
    let line = json!({"url": sandbox.url(), "api_key": API_KEY});
    writeln!(io::stdout(), "{line}")?;
    io::stdout().flush()?;
    tokio::select! {
        () = interrupted() => {}
        () = terminated() => {}
        () = stdin_closed(), if arguments.until_stdin_closes => {}
    }
    sandbox.stop();
    // A blocked read of stdin would hold up the runtime's end.
    std::process::exit(0);
}

#[cfg(feature = "signals")]
async fn interrupted() {
    // An error means that no signal can be heard: it then ends the process as it ends any.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[cfg(not(feature = "signals"))]
async fn interrupted() {
    std::future::pending().await
}

#[cfg(all(unix, feature = "signals"))]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            terminate.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(all(unix, feature = "signals")))]
async fn terminated() {
    std::future::pending().await
}

async fn stdin_closed() {
    let mut stdin = tokio::io::stdin();
    let mut buffer = [0; 64];
    while matches!(stdin.read(&mut buffer).await, Ok(read) if read > 0) {}
}
