//! `graph8-sandbox`: starts a sandbox, says where it is, and runs until it is told to stop.

use std::io::{self, Write};
use std::process::ExitCode;

use graph8_sandbox::{CommandLine, Ended, Started};
use tokio::io::AsyncReadExt;
#[cfg(all(unix, feature = "signals"))]
use tokio::signal::unix::{SignalKind, signal};

fn main() -> ExitCode {
    // Not args(), which panics at what is not UTF-8.
    let arguments = std::env::args_os().skip(1);
    let arguments = arguments.map(|argument| argument.to_string_lossy().into_owned());
    match CommandLine::run("graph8-sandbox", arguments) {
        CommandLine::Started(started) => match run(started) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => print(&Ended {
                text: format!("graph8-sandbox: {error}\n"),
                code: 1,
            }),
        },
        CommandLine::Ended(ended) => print(&ended),
    }
}

fn print(ended: &Ended) -> ExitCode {
    // Nobody reads it if this fails, and the exit code says it too.
    let _ = if ended.code == 0 {
        write!(io::stdout(), "{}", ended.text)
    } else {
        write!(io::stderr(), "{}", ended.text)
    };
    ExitCode::from(ended.code)
}

#[tokio::main(flavor = "current_thread")]
async fn run(mut started: Started) -> io::Result<()> {
    let (interrupted, terminated) = (interrupted(), terminated());
    write!(io::stdout(), "{}", started.greeting)?;
    io::stdout().flush()?;
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
        () = stdin_closed(), if started.until_stdin_closes => {}
    }
    started.sandbox.stop();
    // A blocked read of stdin would hold up the runtime's end.
    std::process::exit(0);
}

/// Ctrl-C; heard from the call on, not only once it is waited for.
#[cfg(all(unix, feature = "signals"))]
fn interrupted() -> impl Future<Output = ()> {
    heard(SignalKind::interrupt())
}

#[cfg(all(unix, feature = "signals"))]
fn terminated() -> impl Future<Output = ()> {
    heard(SignalKind::terminate())
}

#[cfg(all(unix, feature = "signals"))]
fn heard(kind: SignalKind) -> impl Future<Output = ()> {
    // An error means that no signal can be heard: it then ends the process as it ends any.
    let heard = signal(kind);
    async {
        match heard {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    }
}

#[cfg(all(not(unix), feature = "signals"))]
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[cfg(not(feature = "signals"))]
async fn interrupted() {
    std::future::pending().await
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
