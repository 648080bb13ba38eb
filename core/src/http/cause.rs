//! Why a request got no answer, by the names that operating systems and other clients use.

use std::error::Error as StdError;
use std::io;

/// The code of an error's cause; `None` when none of its causes has one.
pub(crate) fn code_of(error: &reqwest::Error) -> Option<&'static str> {
    let mut cause = StdError::source(error);
    while let Some(error) = cause {
        if error.is::<NoSuchHost>() {
            return Some("ENOTFOUND");
        }
        if let Some(code) = error.downcast_ref().and_then(io_code) {
            return Some(code);
        }
        cause = match error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    // The peer hung up without a word.
    (!error.is_connect()).then_some("ECONNRESET")
}

fn io_code(error: &io::Error) -> Option<&'static str> {
    #[cfg(unix)]
    match error.raw_os_error() {
        Some(libc::EMFILE) => return Some("EMFILE"),
        Some(libc::ENFILE) => return Some("ENFILE"),
        _ => {}
    }
    Some(match error.kind() {
        io::ErrorKind::ConnectionRefused => "ECONNREFUSED",
        io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof => "ECONNRESET",
        io::ErrorKind::ConnectionAborted => "ECONNABORTED",
        io::ErrorKind::HostUnreachable => "EHOSTUNREACH",
        io::ErrorKind::NetworkUnreachable => "ENETUNREACH",
        io::ErrorKind::NetworkDown => "ENETDOWN",
        io::ErrorKind::AddrNotAvailable => "EADDRNOTAVAIL",
        io::ErrorKind::BrokenPipe => "EPIPE",
        io::ErrorKind::TimedOut => "ETIMEDOUT",
        io::ErrorKind::PermissionDenied => "EACCES",
        _ => return None,
    })
}

/// A host whose name nobody knows.
#[derive(Debug)]
pub(crate) struct NoSuchHost(pub(crate) io::Error);

impl std::fmt::Display for NoSuchHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for NoSuchHost {}
