//! The command, as the binary and both packages offer it: what they add is how they wait for its end.

use std::io;

use serde_json::json;

use crate::options::SandboxOptions;
use crate::rate::{RateLimit, Window};
use crate::{API_KEY, Sandbox};

const OPTIONS: &str = "\
A local graph8 with five CRMs behind it, for trials, tests and rehearsals. It shows what it holds on a page.

  --port N               port on 127.0.0.1; default: a free one
  --seed N               decides ids and chances; default: 0
  --strict               also refuse what the real CRMs swallow silently
  --per-second N         rate limit, together with --per-minute; default: none
  --per-minute N
  --rate-window KIND     fixed (whole seconds and minutes) or sliding; default: fixed
  --json                 print address and key as one line of JSON
  --until-stdin-closes   for programs: --json, and end when the standard input closes
  --help, --version
";

/// What a command line comes to.
pub enum CommandLine {
    /// A sandbox runs.
    Started(Started),
    /// There is nothing to wait for.
    Ended(Ended),
}

/// A sandbox that a command line has started.
pub struct Started {
    /// It ends when this is dropped.
    pub sandbox: Sandbox,
    /// What to print.
    pub greeting: String,
    /// Whether it ends with the standard input, beside Ctrl-C.
    pub until_stdin_closes: bool,
}

/// A command that is done, for good or ill.
#[derive(Debug, PartialEq, Eq)]
pub struct Ended {
    /// What to print: to the standard output if the code is 0, else to the standard error.
    pub text: String,
    /// The exit code: 1 where it could not start, 2 where an option is wrong.
    pub code: u8,
}

#[derive(Default)]
struct Settings {
    options: SandboxOptions,
    json: bool,
    until_stdin_closes: bool,
}

impl CommandLine {
    /// Does what the arguments ask, of a command that is called by that name.
    pub fn run(name: &str, arguments: impl IntoIterator<Item = String>) -> Self {
        let asked = parse(arguments.into_iter());
        let settings = match asked {
            Ok(Asked::Run(settings)) => settings,
            Ok(Asked::Help) => return ended(0, format!("usage: {name} [options]\n\n{OPTIONS}")),
            Ok(Asked::Version) => {
                return ended(0, format!("{name} {}\n", env!("CARGO_PKG_VERSION")));
            }
            Err(error) => return ended(2, format!("{name}: {error}; see {name} --help\n")),
        };
        let port = settings.options.port;
        match Sandbox::start(settings.options) {
            Ok(sandbox) => Self::Started(Started {
                greeting: greeting(sandbox.url(), settings.json),
                sandbox,
                until_stdin_closes: settings.until_stdin_closes,
            }),
            Err(error) => ended(1, format!("{name}: {}\n", why_not(&error, port))),
        }
    }
}

fn ended(code: u8, text: String) -> CommandLine {
    CommandLine::Ended(Ended { text, code })
}

fn why_not(error: &io::Error, port: u16) -> String {
    let other = "choose another with --port, or leave --port out for a free one";
    match error.kind() {
        io::ErrorKind::AddrInUse => format!("port {port} is in use: {other}"),
        io::ErrorKind::PermissionDenied => format!("port {port} is not for this user: {other}"),
        _ => format!("the sandbox can't start: {error}"),
    }
}

fn greeting(url: &str, json: bool) -> String {
    if json {
        return format!("{}\n", json!({"url": url, "api_key": API_KEY}));
    }
    let set = if cfg!(windows) { "set" } else { "export" };
    format!(
        "graph8 sandbox

  page     {url}/
  address  {url}
  key      {API_KEY}

For clients of graph8-crm:

  {set} G8_API_URL={url}
  {set} G8_API_KEY={API_KEY}

Ctrl-C ends it.
"
    )
}

enum Asked {
    Help,
    Version,
    Run(Settings),
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Asked, String> {
    let mut settings = Settings::default();
    let (mut window, mut per_second, mut per_minute) = (None, None, None);
    while let Some(argument) = arguments.next() {
        let (option, mut given) = match argument.split_once('=') {
            Some((option, value)) if option.starts_with("--") => (option, Some(value.to_owned())),
            _ => (argument.as_str(), None),
        };
        let mut value = || {
            given
                .take()
                .or_else(|| arguments.next())
                .ok_or_else(|| format!("{option} needs a value"))
        };
        match option {
            "--help" | "-h" => return Ok(Asked::Help),
            "--version" => return Ok(Asked::Version),
            "--port" => settings.options.port = number(option, &value()?)?,
            "--seed" => settings.options.seed = number(option, &value()?)?,
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
            "--per-second" => per_second = Some(number(option, &value()?)?),
            "--per-minute" => per_minute = Some(number(option, &value()?)?),
            "--json" => settings.json = true,
            "--until-stdin-closes" => {
                settings.json = true;
                settings.until_stdin_closes = true;
            }
            _ => return Err(format!("no such option: {argument}")),
        }
        if given.is_some() {
            return Err(format!("{option} takes no value"));
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
    Ok(Asked::Run(settings))
}

fn number<T: std::str::FromStr>(option: &str, text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| format!("{option} is '{text}', which is no number in range"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(line: &str) -> CommandLine {
        CommandLine::run("sbx", line.split_whitespace().map(str::to_owned))
    }

    fn end(line: &str) -> (u8, String) {
        match run(line) {
            CommandLine::Ended(Ended { code, text }) => (code, text),
            CommandLine::Started(started) => panic!("{}", started.greeting),
        }
    }

    #[test]
    fn help_and_version_are_answers() {
        let (code, text) = end("--seed 1 --help");
        assert!(code == 0 && text.starts_with("usage: sbx") && text.contains("--port"));
        assert_eq!(
            end("--version"),
            (0, format!("sbx {}\n", env!("CARGO_PKG_VERSION")))
        );
    }

    #[test]
    fn what_is_wrong_is_said_in_one_line() {
        for (line, words) in [
            ("--port", "--port needs a value"),
            ("--port 70000", "--port is '70000'"),
            ("--seed=x", "--seed is 'x'"),
            ("--strict=yes", "--strict takes no value"),
            ("--rate-window odd", "use fixed or sliding"),
            ("--per-second 5", "--per-minute"),
            ("--rate-window fixed", "--per-second"),
            ("8080", "no such option: 8080"),
        ] {
            let (code, text) = end(line);
            assert_eq!((code, text.lines().count()), (2, 1), "{text}");
            assert!(
                text.contains(words) && text.contains("sbx --help"),
                "{text}"
            );
        }
    }

    #[test]
    fn it_starts_and_says_where() {
        let CommandLine::Started(started) = run("--per-second=5 --per-minute=9") else {
            panic!("it did not start");
        };
        let url = started.sandbox.url();
        for words in [
            format!("page     {url}/\n"),
            format!("G8_API_URL={url}\n"),
            format!("G8_API_KEY={API_KEY}\n"),
        ] {
            assert!(started.greeting.contains(&words), "{}", started.greeting);
        }
        let port = url.rsplit_once(':').unwrap().1;
        let (code, text) = end(&format!("--port {port}"));
        assert_eq!((code, text.lines().count()), (1, 1));
        assert!(text.contains(&format!("port {port} is in use")), "{text}");
    }
}
