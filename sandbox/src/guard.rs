//! Who may use the page and the commands: programs of this machine, and the sandbox's own page. And who may not use
//! the API: pages of strangers.
//!
//! A browser on this machine also runs pages of strangers. Theirs come with an `Origin` that is not ours; a name of
//! theirs that leads here (DNS rebinding) comes with a `Host` that is not ours.

use axum::http::Uri;
use axum::http::header::{self, HeaderMap, HeaderName};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const OWN_HOSTS: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// Why the page is not shown, if so.
pub fn page_refusal(uri: &Uri, headers: &HeaderMap, port: u16) -> Option<String> {
    let host = only(headers, &header::HOST);
    let is_own = host.is_some_and(|host| is_own(host, port))
        && uri
            .authority()
            .is_none_or(|authority| is_own(authority.as_str(), port));
    (!is_own).then(|| {
        format!("the sandbox's page and commands are at http://127.0.0.1:{port} only, under no other name or port")
    })
}

/// Why a command is not carried out, if so.
pub fn command_refusal(uri: &Uri, headers: &HeaderMap, port: u16) -> Option<String> {
    let refusal = page_refusal(uri, headers, port);
    if refusal.is_some() {
        return refusal;
    }
    let host = only(headers, &header::HOST).unwrap_or_default();
    let is_own_origin = !headers.contains_key(header::ORIGIN)
        || only(headers, &header::ORIGIN)
            .and_then(|origin| origin.strip_prefix("http://"))
            .is_some_and(|origin| origin.eq_ignore_ascii_case(host));
    // "none" is the user's own doing, for example an address typed in.
    let is_own_site = !headers.contains_key(SEC_FETCH_SITE)
        || only(headers, &SEC_FETCH_SITE)
            .is_some_and(|site| ["same-origin", "none"].contains(&site));
    (!is_own_origin || !is_own_site)
        .then(|| "the sandbox takes no commands from pages of other origins".to_owned())
}

/// Why a request of the API is not answered, if so. Programs may call the sandbox by any name, as those in containers
/// do; a browser says whose page posts.
pub fn api_refusal(headers: &HeaderMap, port: u16) -> Option<String> {
    let is_own = !headers.contains_key(header::ORIGIN)
        || only(headers, &header::ORIGIN)
            .and_then(|origin| origin.strip_prefix("http://"))
            .is_some_and(|origin| is_own(origin, port));
    (!is_own).then(|| "the sandbox answers no pages of other origins".to_owned())
}

/// The value of a header that comes once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values.next().is_none().then_some(value)?.to_str().ok()
}

fn is_own(authority: &str, own_port: u16) -> bool {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (authority, "80"),
    };
    port == own_port.to_string() && OWN_HOSTS.iter().any(|own| host.eq_ignore_ascii_case(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_with_its_own_port_is_its_own() {
        for own in [
            "127.0.0.1:8080",
            "localhost:8080",
            "LocalHost:8080",
            "[::1]:8080",
        ] {
            assert!(is_own(own, 8080), "{own}");
        }
        assert!(is_own("127.0.0.1", 80) && is_own("[::1]", 80));
        for other in [
            "",
            "127.0.0.1",
            "127.0.0.1:80801",
            "127.0.0.1:+8080",
            "127.0.0.1:08080",
            "127.0.0.1:8081",
            "127.0.0.2:8080",
            "0.0.0.0:8080",
            "2130706433:8080",
            "evil.example:8080",
            "127.0.0.1.evil.example:8080",
            "a.localhost:8080",
            "localhost.:8080",
            "me@127.0.0.1:8080",
            "127.0.0.1:8080:8080",
            "[::1]:8080]",
            " 127.0.0.1:8080",
        ] {
            assert!(!is_own(other, 8080), "{other}");
        }
    }
}
