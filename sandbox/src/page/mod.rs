//! The page at `/`: one document without outside resources, which looks and changes by commands.

use std::hash::{BuildHasher, RandomState};

use axum::body::Body;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{Method, Response, StatusCode};

const DOCUMENT: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

const HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// The answer to a request of `/`.
pub fn answer(method: &Method) -> Response<Body> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "the page is there to GET");
    }
    let nonce = nonce();
    let mut response = Response::new(Body::from(document(&nonce)));
    for (name, value) in HEADERS {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    match HeaderValue::try_from(policy(&nonce)) {
        Ok(policy) => {
            response
                .headers_mut()
                .insert(header::CONTENT_SECURITY_POLICY, policy);
            response
        }
        Err(error) => plain(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// A few words in the place of the page.
pub fn plain(status: StatusCode, message: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(format!("{message}\n")));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn document(nonce: &str) -> String {
    DOCUMENT
        .replace("{{style}}", STYLE)
        .replace("{{script}}", SCRIPT)
        .replace("{{nonce}}", nonce)
}

/// Nothing but the document's own style and script, and commands to where it comes from. No text ever becomes markup.
fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src data:; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'"
    )
}

/// 128 bits that nobody guesses: the standard library's hashers are seeded by the system.
fn nonce() -> String {
    let half = |seed: u8| RandomState::new().hash_one(seed);
    format!("{:016x}{:016x}", half(0), half(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_small_and_whole() {
        let document = document("n0nce");
        assert!(document.len() < 60_000, "{} bytes", document.len());
        assert!(!document.contains("{{"), "a place was not filled in");
        assert_eq!(document.matches("nonce=\"n0nce\"").count(), 2);
        assert_eq!(document.matches("</script>").count(), 1);
        assert_eq!(document.matches("</style>").count(), 1);
    }

    #[test]
    fn each_answer_has_a_nonce_of_its_own() {
        assert_ne!(nonce(), nonce());
    }

    #[test]
    fn nothing_of_the_page_comes_from_elsewhere_or_makes_markup_of_text() {
        for outside in [
            "http://",
            "https://",
            "@import",
            "url(",
            "src=",
            "<link rel=\"style",
        ] {
            for part in [DOCUMENT, STYLE, SCRIPT] {
                assert!(
                    !part
                        .replace("http://www.w3.org/2000/svg", "")
                        .contains(outside),
                    "{outside}"
                );
            }
        }
        for markup in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "Function(",
        ] {
            assert!(!SCRIPT.contains(markup), "{markup}");
        }
        assert!(!DOCUMENT.contains(" on") || !DOCUMENT.contains("onclick="));
    }
}
