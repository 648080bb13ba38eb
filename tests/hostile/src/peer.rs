//! One connection of a client, byte by byte.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Duration;

use rustls::{ServerConnection, StreamOwned};

/// How a client begins that takes a plain port for a TLS one.
const TLS_HANDSHAKE: u8 = 0x16;
/// Repetitions in one write of an endless answer.
const FLOOD: usize = 30;

/// What carries the bytes of a connection.
pub(crate) trait Stream: Read + Write {
    fn tcp(&self) -> &TcpStream;
}

impl Stream for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Stream for StreamOwned<ServerConnection, TcpStream> {
    fn tcp(&self) -> &TcpStream {
        &self.sock
    }
}

pub(crate) struct Peer {
    stream: Box<dyn Stream>,
    /// What was read and belongs to the current request.
    head: String,
    body_length: usize,
    body: Vec<u8>,
}

impl Peer {
    pub(crate) fn new(stream: impl Stream + 'static) -> Self {
        Self {
            stream: Box::new(stream),
            head: String::new(),
            body_length: 0,
            body: Vec::new(),
        }
    }

    /// Reads up to the empty line; false when the client has hung up.
    pub(crate) fn read_head(&mut self) -> io::Result<bool> {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            if self.stream.read(&mut byte)? == 0 {
                return Ok(false);
            }
            head.push(byte[0]);
            if head == [TLS_HANDSHAKE] {
                return Err(io::ErrorKind::InvalidData.into());
            }
        }
        self.head = String::from_utf8_lossy(&head).into_owned();
        self.body.clear();
        self.body_length = self.header("content-length").parse().unwrap_or(0);
        Ok(true)
    }

    /// The value of a header of the request, empty where it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut headers = self.head.lines().filter_map(|line| line.split_once(':'));
        let found = headers.find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value.trim())
    }

    /// Reads the body to its end.
    pub(crate) fn read_body(&mut self) -> io::Result<()> {
        let rest = self.body_length - self.body.len();
        let taken = Read::by_ref(&mut self.stream)
            .take(rest as u64)
            .read_to_end(&mut self.body)?;
        if taken < rest {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }

    pub(crate) fn is_post(&self) -> bool {
        self.head.starts_with("POST")
    }

    /// The case that the base URL names.
    pub(crate) fn case(&self) -> &str {
        self.path_part(0)
    }

    pub(crate) fn path_part(&self, index: usize) -> &str {
        let path = self.head.split(' ').nth(1).unwrap_or_default();
        path.split('/').nth(index + 1).unwrap_or_default()
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    pub(crate) fn answer(&mut self, status: &str, headers: &str, body: &str) -> io::Result<()> {
        let length = body.len();
        let answer =
            format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n{body}");
        self.write(answer.as_bytes())
    }

    /// As `answer` with a 200, whatever the bytes.
    pub(crate) fn answer_bytes(&mut self, body: &[u8]) -> io::Result<()> {
        let length = body.len();
        self.write(format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n").as_bytes())?;
        self.write(body)
    }

    /// Says the same until the client hangs up or nothing more goes through.
    pub(crate) fn write_for_ever(&mut self, bytes: &[u8]) -> io::Result<()> {
        loop {
            // Without a pause it would take the time from all other cases.
            self.write(&bytes.repeat(FLOOD))?;
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Ends our half of the connection and leaves the client's open.
    pub(crate) fn half_close(&mut self) -> io::Result<()> {
        self.stream.tcp().shutdown(Shutdown::Write)?;
        // Until the client has closed as well.
        self.stream.read_to_end(&mut Vec::new()).map(|_| ())
    }

    /// Neither reads nor hangs up until the service ends.
    pub(crate) fn stay_deaf() -> ! {
        loop {
            thread::park();
        }
    }

    /// Waits until the client hangs up.
    pub(crate) fn stay_silent(&mut self) -> io::Result<()> {
        self.stream.read_to_end(&mut Vec::new()).map(|_| ())
    }
}

/// Ends the connection; what is unread then makes a reset of it.
pub(crate) fn hang_up() -> io::Error {
    io::ErrorKind::ConnectionAborted.into()
}
