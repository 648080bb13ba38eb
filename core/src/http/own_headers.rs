//! Headers of the caller's own, for traces and gateways.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::error::{Error, Result};

/// Most headers, and most bytes of them all: more would be refused on the way.
const MOST_HEADERS: usize = 32;
const MOST_BYTES: usize = 8 * 1024;

/// What this client or the protocol says.
const OURS: [&str; 19] = [
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "cookie",
    "expect",
    "host",
    "http2-settings",
    "idempotency-key",
    "keep-alive",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "x-org-id",
    "x-target-org-id",
];

/// Reads headers; none may take the place of what the client itself sends. Messages don't repeat values, which
/// may be secrets.
pub(crate) fn read<N: AsRef<str>, V: AsRef<str>>(
    headers: impl IntoIterator<Item = (N, V)>,
) -> Result<HeaderMap> {
    let mut read = HeaderMap::new();
    let mut bytes = 0;
    for (name, value) in headers {
        let (name, value) = (name.as_ref(), value.as_ref());
        let Ok(known) = HeaderName::from_bytes(name.as_bytes()) else {
            return Err(Error::config(
                "headers has a name that is none: use letters, digits and hyphens",
            ));
        };
        if is_ours(known.as_str()) {
            return Err(Error::config(format!(
                "headers has {known}, which the client itself sends: leave it out"
            )));
        }
        if !value.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
            return Err(Error::config(format!(
                "headers has for {known} a line break or a character outside ASCII"
            )));
        }
        let mut sent = HeaderValue::from_str(value)
            .map_err(|_| Error::config(format!("headers has for {known} what can't be sent")))?;
        sent.set_sensitive(true);
        bytes += name.len() + value.len();
        if read.insert(&known, sent).is_some() {
            return Err(Error::config(format!(
                "headers has {known} twice, in different letter case"
            )));
        }
        if read.len() > MOST_HEADERS || bytes > MOST_BYTES {
            return Err(Error::config(format!(
                "headers are more than {MOST_HEADERS}, or longer than {MOST_BYTES} bytes"
            )));
        }
    }
    Ok(read)
}

fn is_ours(name: &str) -> bool {
    OURS.contains(&name) || name.starts_with("content-") || name.starts_with("proxy-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_headers_replace_none_of_ours_and_inject_nothing() {
        let kept = read([("traceparent", "00-aa-bb-01"), ("X-Team", "blue; 1")]).unwrap();
        assert_eq!(kept["traceparent"], "00-aa-bb-01");
        assert_eq!(kept["x-team"], "blue; 1");
        for name in [
            "Authorization",
            "idempotency-key",
            "Content-Type",
            "content-length",
            "User-Agent",
            "HOST",
            "Proxy-Authorization",
            "X-Org-Id",
            "transfer-encoding",
        ] {
            let refused = read([(name, "secret")]).unwrap_err().to_string();
            assert!(refused.contains(&name.to_lowercase()), "{refused}");
            assert!(!refused.contains("secret"), "{refused}");
        }
        for (name, value) in [
            ("x-a", "1\r\nAuthorization: Bearer x"),
            ("x-a\r\nb", "1"),
            ("x a", "1"),
            ("", "1"),
            ("x-a", "\u{e9}"),
            ("x-a", "\0"),
        ] {
            assert!(read([(name, value)]).is_err(), "{name:?} {value:?}");
        }
        assert!(read([("x-a", "1"), ("X-A", "2")]).is_err());
        assert!(read((0..40).map(|number| (format!("x-{number}"), "1"))).is_err());
        assert!(read([("x-a", "1".repeat(9_000))]).is_err());
    }
}
