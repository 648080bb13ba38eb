//! `graph8-sandbox`: starts a sandbox, prints one line of JSON, runs until it is told to stop.

use std::io::{self, Write};
use std::process::ExitCode;

use graph8_sandbox::{API_KEY, RateLimit, Sandbox, SandboxOptions, Window};
use serde_json::json;
use tokio::io::AsyncReadExt;

const USAGE: &str = "usage: graph8-sandbox [--port N] [--seed N] [--strict] \
[--rate-window fixed|sliding --per-second N --per-minute N] [--until-stdin-closes]";

struct Settings {
    options: SandboxOptions,
    until_stdin_closes: bool,
}

fn main() -> ExitCode {
    // Not args(), which panics at what is not UTF-8.
    let arguments = std::env::args_os().skip(1);
    match parse(arguments.map(|argument| argument.to_string_lossy().into_owned()))
        .and_then(|settings| run(settings).map_err(|error| error.to_string()))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody reads stderr if this fails, and the exit code says it too.
            let _ = writeln!(io::stderr(), "graph8-sandbox: {error}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Settings, String> {
    let mut settings = Settings {
        options: SandboxOptions::default(),
        until_stdin_closes: false,
    };
    let (mut window, mut per_second, mut per_minute) = (None, None, None);
    while let Some(argument) = arguments.next() {
        let mut value = || {
            arguments
                .next()
                .ok_or_else(|| format!("{argument} needs a value"))
        };
        match argument.as_str() {
            "--port" => settings.options.port = number(&value()?)?,
            "--seed" => settings.options.seed = number(&value()?)?,
            "--strict" => settings.options.strict = true,
            "--rate-window" => {
                window = Some(match value()?.as_str() {
                    "fixed" => Window::Fixed,
                    "sliding" => Window::Sliding,
                    other => {
                        return Err(format!("--rate-window is '{other}': use fixed or sliding"));
                    }
                });
            }
            "--per-second" => per_second = Some(number(&value()?)?),
            "--per-minute" => per_minute = Some(number(&value()?)?),
            "--until-stdin-closes" => settings.until_stdin_closes = true,
            _ => return Err(format!("no such option: {argument}")),
        }
    }
    settings.options.rate_limit = match (window, per_second, per_minute) {
        (None, None, None) => None,
        (window, Some(per_second), Some(per_minute)) => Some(RateLimit {
            window: window.unwrap_or_default(),
            per_second,
            per_minute,
        }),
        _ => return Err("a rate limit needs both --per-second and --per-minute".to_owned()),
    };
    Ok(settings)
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| format!("'{text}' is not a number in range"))
}

#[tokio::main(flavor = "current_thread")]
async fn run(settings: Settings) -> io::Result<()> {
    let mut sandbox = Sandbox::start(settings.options)?;
    let line = json!({"url": sandbox.url(), "api_key": API_KEY});
    writeln!(io::stdout(), "{line}")?;
    io::stdout().flush()?;
    tokio::select! {
        () = interrupted() => {}
        () = terminated() => {}
        () = stdin_closed(), if settings.until_stdin_closes => {}
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
