//! The answer to one request, as a fault leaves it.

use std::io::Write;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Response, StatusCode};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::faults::Fault;
use crate::faulty_body::{Close, FaultyBody};
use crate::request_log::LoggedRequest;
use crate::state::Shared;

/// Smaller answers are not worth compressing.
const COMPRESS_FROM: usize = 1024;

/// An answer, or none: the connection closes.
pub type Answered = Result<Response<Body>, Close>;

/// One request on its way to an answer.
pub struct Exchange<'a> {
    pub shared: &'a Shared,
    /// Its place in the log.
    pub log_index: usize,
    pub request_id: &'a str,
    pub may_compress: bool,
}

impl Exchange<'_> {
    /// Changes the request's log entry; a reset in between has taken it away.
    pub fn log(&self, change: impl FnOnce(&mut LoggedRequest)) {
        self.log_at(|logged, _| change(logged));
    }

    fn log_at(&self, change: impl FnOnce(&mut LoggedRequest, u64)) {
        let mut state = self.shared.lock();
        let now = state.since_start();
        if let Some(logged) = state
            .requests
            .get_mut(self.log_index)
            .filter(|logged| logged.request_id == self.request_id)
        {
            change(logged, now);
        }
    }

    /// The answer as the fault leaves it, or no answer.
    pub fn finish(
        &self,
        fault: Option<Fault>,
        status: StatusCode,
        mut headers: HeaderMap,
        body: Bytes,
    ) -> Answered {
        let mut status = status;
        let mut body = body;
        let mut pace = None;
        let mut cut = None;
        match fault {
            None | Some(Fault::Delay { .. } | Fault::Hold { .. } | Fault::CloseBeforeRead) => {}
            Some(Fault::CloseAfterWrite) => return Err(Close),
            Some(Fault::Status {
                status: other,
                headers: others,
                body: text,
                ..
            }) => {
                status = StatusCode::from_u16(other).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                headers.remove(header::CONTENT_TYPE);
                body = scripted(&text, &mut headers);
                for (name, value) in others {
                    if let (Ok(name), Ok(value)) =
                        (HeaderName::try_from(name), HeaderValue::try_from(value))
                    {
                        headers.insert(name, value);
                    }
                }
            }
            Some(Fault::Truncate { bytes }) => cut = Some(bytes.min(body.len())),
            Some(Fault::Contradict {
                pushed_count,
                failed_count,
                drop_errors,
            }) => {
                body = contradicted(&body, pushed_count, failed_count, drop_errors);
            }
            Some(Fault::Drip { bytes, interval_ms }) => {
                pace = Some((bytes.max(1), Duration::from_millis(interval_ms)));
            }
            Some(Fault::ContentType { value }) => {
                if let Ok(value) = HeaderValue::try_from(value) {
                    headers.insert(header::CONTENT_TYPE, value);
                }
            }
            Some(Fault::Oversized { bytes, .. }) => {
                status = StatusCode::OK;
                let padding = "x".repeat(bytes);
                body = Bytes::from(json!({"data": {"padding": padding}}).to_string());
            }
        }
        if self.may_compress
            && body.len() >= COMPRESS_FROM
            && let Some(smaller) = gzip(&body)
        {
            body = smaller;
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        if let Ok(id) = HeaderValue::try_from(self.request_id) {
            headers.entry("x-request-id").or_insert(id);
        }
        self.log_at(|logged, now| {
            logged.status = Some(status.as_u16());
            logged.ended_ms = Some(now);
        });
        let body = if cut.is_some() || pace.is_some() {
            let shown = cut.unwrap_or(body.len());
            Body::new(FaultyBody::new(body.slice(..shown), pace, cut.is_some()))
        } else {
            Body::from(body)
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}

impl Drop for Exchange<'_> {
    /// What ends without an answer was closed by a fault, or its client has hung up.
    fn drop(&mut self) {
        self.log_at(|logged, now| {
            logged.ended_ms.get_or_insert(now);
        });
    }
}

/// A scripted body: text verbatim, null as nothing, the rest as JSON.
fn scripted(body: &Value, headers: &mut HeaderMap) -> Bytes {
    match body {
        Value::Null => Bytes::new(),
        Value::String(text) => Bytes::from(text.clone()),
        other => {
            headers.insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json"),
            );
            Bytes::from(other.to_string())
        }
    }
}

fn contradicted(
    body: &Bytes,
    pushed: Option<i64>,
    failed: Option<i64>,
    drop_errors: bool,
) -> Bytes {
    let Ok(mut answer) = serde_json::from_slice::<Value>(body) else {
        return body.clone();
    };
    if let Some(data) = answer.get_mut("data").and_then(Value::as_object_mut) {
        for (name, count) in [("pushed_count", pushed), ("failed_count", failed)] {
            if let Some(count) = count {
                data.insert(name.to_owned(), json!(count));
            }
        }
        if drop_errors {
            data.insert("errors".to_owned(), json!([]));
        }
    }
    Bytes::from(answer.to_string())
}

fn gzip(body: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

/// Whether the client takes compressed answers.
pub fn accepts_gzip(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accepted| accepted.contains("gzip"))
}
