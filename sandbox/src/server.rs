//! Connections: each request is logged, judged by key and limit, and hit by the faults to come.

use std::io::Write;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Request, Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tower::ServiceExt;

use crate::api;
use crate::commands::Command;
use crate::faults::Fault;
use crate::faulty_body::{Close, FaultyBody};
use crate::keys;
use crate::openapi;
use crate::reply::Reply;
use crate::request_log::{LoggedRequest, readable};
use crate::state::Shared;

/// Smaller answers are not worth compressing.
const COMPRESS_FROM: usize = 1024;
const COMMAND_PATH: &str = "/_sandbox";
const DOCUMENT_PATH: &str = "/api/v1/openapi.json";

/// Serves until `stop` resolves; then every connection is dropped with the runtime.
pub async fn serve(listener: TcpListener, shared: Shared, stop: oneshot::Receiver<()>) {
    let router = api::router(shared.clone())
        .route(DOCUMENT_PATH, get(async || axum::Json(openapi::document())));
    let accept = async {
        loop {
            if let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(connection(stream, router.clone(), shared.clone()));
            }
        }
    };
    tokio::select! {
        () = accept => {}
        _ = stop => {}
    }
}

async fn connection(stream: TcpStream, router: Router, shared: Shared) {
    // Small answers must not wait for an acknowledgement; without it they are merely slower.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| answer(request, router.clone(), shared.clone()));
    // A connection's error is its client's matter.
    let _ = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

type Answered = Result<Response<Body>, Close>;

async fn answer(request: Request<Incoming>, router: Router, shared: Shared) -> Answered {
    let arrived = Instant::now();
    if request.uri().path() == COMMAND_PATH {
        return Ok(command(request, &shared).await);
    }
    let (parts, body) = request.into_parts();
    let route = Route::of(parts.method.as_str(), parts.uri.path());
    let (place, fault, hold, request_id) = {
        let mut state = shared.lock();
        let fault = route
            .operation
            .and_then(|operation| state.faults.hit(operation, route.provider.as_deref()));
        let hold = state.holds.hold();
        let request_id = state.next_request_id();
        let mut logged = LoggedRequest::of(&parts);
        logged.arrived_ms = state.since_start();
        logged.request_id.clone_from(&request_id);
        logged.fault = fault.as_ref().map(|fault| json!(fault));
        state.requests.push(logged);
        (state.requests.len() - 1, fault, hold, request_id)
    };
    if matches!(fault, Some(Fault::CloseBeforeRead)) {
        return Err(Close);
    }
    let body = body.collect().await.map_err(|_| Close)?.to_bytes();
    let exchange = Exchange {
        shared: &shared,
        place,
        request_id: &request_id,
        may_compress: accepts_gzip(&parts.headers) && fault.is_none(),
    };
    exchange.log(|logged| logged.body = readable(&body));
    let (mut before, mut after) = (None, None);
    match &fault {
        Some(Fault::Delay { ms }) => tokio::time::sleep(Duration::from_millis(*ms)).await,
        Some(Fault::Hold { after_write: false }) => before = Some(hold),
        Some(Fault::Hold { after_write: true }) => after = Some(hold),
        _ => {}
    }
    if let Some(hold) = before {
        hold.wait().await.ok_or(Close)?;
    }
    if let Some(
        Fault::Status {
            after_write: false, ..
        }
        | Fault::Oversized {
            after_write: false, ..
        },
    ) = &fault
    {
        return exchange.finish(fault, StatusCode::OK, HeaderMap::new(), Bytes::new());
    }

    let mut headers = HeaderMap::new();
    let refusal = admit(&shared, &route, &parts.headers, arrived, &mut headers);
    let response = if let Some(reply) = refusal {
        reply.into_response()
    } else {
        let request = Request::from_parts(parts, Body::from(body));
        let Ok(response) = router.oneshot(request).await;
        response
    };
    let status = response.status();
    for (name, value) in response.headers() {
        headers.insert(name.clone(), value.clone());
    }
    let body = response
        .into_body()
        .collect()
        .await
        .map_err(|_| Close)?
        .to_bytes();
    if let Some(hold) = after {
        hold.wait().await.ok_or(Close)?;
    }
    exchange.finish(fault, status, headers, body)
}

/// Key and rate limit, in that order; the limit's headers go with every answer.
fn admit(
    shared: &Shared,
    route: &Route,
    headers: &HeaderMap,
    arrived: Instant,
    answer: &mut HeaderMap,
) -> Option<Reply> {
    route.operation?;
    let mut state = shared.lock();
    let authorization = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let refusal = keys::refusal(authorization, route.is_push(), &state.keys);
    if refusal.is_some() {
        return refusal;
    }
    let ruling = state.limiter.as_mut()?.judge(arrived);
    for (name, value) in ruling.headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            answer.insert(HeaderName::from_static(name), value);
        }
    }
    if ruling.allowed {
        return None;
    }
    let seconds = ruling.retry_after.as_secs_f64().ceil().max(1.0);
    if let Ok(value) = HeaderValue::try_from(format!("{seconds}")) {
        answer.insert(header::RETRY_AFTER, value);
    }
    Some(Reply::detail(429, "Rate limit exceeded"))
}

/// One request and its place in the log.
struct Exchange<'a> {
    shared: &'a Shared,
    place: usize,
    request_id: &'a str,
    may_compress: bool,
}

impl Exchange<'_> {
    /// Changes the request's log entry; a reset in between has taken it away.
    fn log(&self, change: impl FnOnce(&mut LoggedRequest)) {
        let mut state = self.shared.lock();
        if let Some(logged) = state
            .requests
            .get_mut(self.place)
            .filter(|logged| logged.request_id == self.request_id)
        {
            change(logged);
        }
    }

    fn finish(
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
        self.log(|logged| logged.status = Some(status.as_u16()));
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

fn accepts_gzip(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accepted| accepted.contains("gzip"))
}

async fn command(request: Request<Incoming>, shared: &Shared) -> Response<Body> {
    let body = match request.into_body().collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => return refused(&error.to_string()),
    };
    match serde_json::from_slice::<Command>(&body) {
        Err(error) => refused(&error.to_string()),
        Ok(command) => {
            let outcome = command.run(&mut shared.lock());
            match outcome {
                Ok(value) => Reply::new(200, value).into_response(),
                Err(error) => refused(&error),
            }
        }
    }
}

fn refused(error: &str) -> Response<Body> {
    Reply::new(400, json!({"error": error})).into_response()
}

/// What a path stands for.
struct Route {
    operation: Option<&'static str>,
    provider: Option<String>,
}

impl Route {
    fn of(method: &str, path: &str) -> Self {
        let below = path.strip_prefix("/api/v1/crm-syncs").unwrap_or("-");
        let parts: Vec<&str> = below.split('/').skip(1).collect();
        let operation = match (method, &parts[..]) {
            ("GET", []) if below.is_empty() => Some("list_syncs"),
            ("POST", [_, "contacts", "push"]) => Some("push_contacts"),
            ("POST", [_, "companies", "push"]) => Some("push_companies"),
            ("POST", [_, "lists", "push"]) => Some("push_lists"),
            ("GET", [_, "fields"]) => Some("fields"),
            ("GET", [_, "status"]) => Some("status"),
            _ => None,
        };
        Self {
            operation,
            provider: parts.first().map(|provider| (*provider).to_owned()),
        }
    }

    fn is_push(&self) -> bool {
        self.operation
            .is_some_and(|operation| operation.starts_with("push_"))
    }
}
