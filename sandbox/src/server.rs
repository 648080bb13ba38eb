//! Connections: each request is logged, judged by key and limit, and hit by the faults to come.

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Request, Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tower::ServiceExt;

use crate::api;
use crate::commands::Command;
use crate::exchange::{Answered, Exchange, accepts_gzip};
use crate::faults::Fault;
use crate::faulty_body::Close;
use crate::keys;
use crate::openapi;
use crate::reply::Reply;
use crate::request_log::{LoggedRequest, readable};
use crate::state::Shared;

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

async fn answer(request: Request<Incoming>, router: Router, shared: Shared) -> Answered {
    let arrived = Instant::now();
    if request.uri().path() == COMMAND_PATH {
        return Ok(command(request, &shared).await);
    }
    let (parts, body) = request.into_parts();
    let route = Route::of(parts.method.as_str(), parts.uri.path());
    let (log_index, fault, hold, request_id) = {
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
        log_index,
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
    let operation = route.operation?;
    let mut state = shared.lock();
    let authorization = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let refusal = keys::refusal(authorization, operation, &state.keys);
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
        let own = match (method, path) {
            ("GET", "/api/v1/contacts") => Some("graph8_contacts"),
            ("GET", "/api/v1/companies") => Some("graph8_companies"),
            ("GET", "/api/v1/integrations/crm/lists") => Some("find_lists"),
            ("POST", "/api/v1/integrations/crm/lists") => Some("get_or_create_list"),
            _ => None,
        };
        if own.is_some() {
            return Self {
                operation: own,
                provider: None,
            };
        }
        if let Some(below) = path.strip_prefix("/api/v1/integrations/crm/connections/") {
            let parts: Vec<&str> = below.split('/').collect();
            let operation = match (method, &parts[..]) {
                ("POST", [_, "batch", "contacts", "lookup-by-email"]) => Some("find_contacts"),
                ("GET", [_, "contacts"]) => Some("contacts_by_email"),
                _ => None,
            };
            let connection = parts.first().copied().unwrap_or_default();
            return Self {
                operation,
                provider: connection.strip_prefix("conn_").map(str::to_owned),
            };
        }
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
}
