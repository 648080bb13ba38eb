//! A service that counts the records of each POST, says that all were pushed and does nothing else.
//! It runs as a process of its own, so that its work is not counted as the client's.

use std::io::{self, BufRead, BufReader, Write};
use std::net::Ipv4Addr;
use std::process::{Child, Stdio};
use std::time::Duration;

use graph8_crm::Client;
use memchr::memmem::{self, Finder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::Result;

/// Stands in each record exactly once.
const RECORD_MARK: &str = "\"email\":";
const READ_SIZE: usize = 64 * 1024;

/// Serves until stdin closes; each answer comes after `delay`.
pub(crate) fn run(delay: Duration) -> Result<()> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(serve(delay))
}

async fn serve(delay: Duration) -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    writeln!(io::stdout(), "http://{}", listener.local_addr()?)?;
    let (open, mut closed) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        let _open = open;
        io::copy(&mut io::stdin(), &mut io::sink())
    });
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                stream.set_nodelay(true)?;
                // What breaks a connection shows on the client's side.
                tokio::spawn(converse(stream, delay, || {}));
            }
            _ = &mut closed => return Ok(()),
        }
    }
}

/// Answers a connection's requests, each of which `arrived` hears of.
pub(crate) async fn converse(
    mut stream: TcpStream,
    delay: Duration,
    arrived: impl Fn(),
) -> io::Result<()> {
    let mark = Finder::new(RECORD_MARK);
    let mut received = Vec::with_capacity(READ_SIZE);
    loop {
        let body_start = loop {
            if let Some(blank_line) = memmem::find(&received, b"\r\n\r\n") {
                break blank_line + 4;
            }
            if !read_more(&mut stream, &mut received, READ_SIZE).await? {
                return Ok(());
            }
        };
        let body_len = content_length(&received[..body_start])
            .ok_or_else(|| io::Error::other("a request without Content-Length"))?;
        let end = body_start + body_len;
        while received.len() < end {
            let missing = end - received.len();
            if !read_more(&mut stream, &mut received, missing).await? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let count = mark.find_iter(&received[body_start..end]).count();
        received.drain(..end);
        arrived();
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        stream.write_all(answer(count).as_bytes()).await?;
    }
}

/// False when the client has closed the connection.
async fn read_more(
    stream: &mut TcpStream,
    received: &mut Vec<u8>,
    room: usize,
) -> io::Result<bool> {
    received.reserve(room);
    Ok(stream.read_buf(received).await? > 0)
}

fn content_length(head: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    head.split(|byte| *byte == b'\n').find_map(|line| {
        let (name, value) = line.split_at_checked(NAME.len())?;
        if !name.eq_ignore_ascii_case(NAME) {
            return None;
        }
        str::from_utf8(value).ok()?.trim().parse().ok()
    })
}

fn answer(count: usize) -> String {
    let body = format!(
        "{{\"data\":{{\"pushed_count\":{count},\"failed_count\":0,\"errors\":[]}},\"pagination\":null}}"
    );
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A sink that runs as a child of this process, and ends with this value.
pub(crate) struct SinkProcess {
    child: Child,
    url: String,
}

impl SinkProcess {
    pub(crate) fn start(delay: Duration) -> Result<Self> {
        let mut child = std::process::Command::new(std::env::current_exe()?)
            .args(["sink", "--delay-ms", &delay.as_millis().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        Ok(Self {
            child,
            url: line.trim_end().to_owned(),
        })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn client(&self) -> Result<Client> {
        let client = Client::builder()
            .api_key("bench")
            .base_url(&self.url)
            .unpaced()
            .build()?;
        Ok(client)
    }
}

impl Drop for SinkProcess {
    fn drop(&mut self) {
        // Waiting closes the child's stdin first, which ends it.
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_length_however_it_is_written() {
        let head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length:  42 \r\n\r\n";
        assert_eq!(content_length(head), Some(42));
        assert_eq!(content_length(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"), None);
    }
}
