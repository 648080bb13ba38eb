//! The `graph8-sandbox` command.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use serde_json::Value;

#[test]
fn prints_one_line_of_json_and_stops_when_stdin_closes() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_graph8-sandbox"))
        .args(["--seed", "7", "--until-stdin-closes"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    let line: Value = serde_json::from_str(&line).unwrap();
    assert!(
        line["url"]
            .as_str()
            .unwrap()
            .starts_with("http://127.0.0.1:")
    );
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
}

#[test]
fn a_wrong_option_is_named_with_the_usage() {
    let output = Command::new(env!("CARGO_BIN_EXE_graph8-sandbox"))
        .args(["--per-second", "5"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.contains("--per-minute") && message.contains("usage:"),
        "{message}"
    );
}
