//! Connections: each request is logged, judged by key and limit, and hit by the faults to come.

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, Request, Response, StatusCode};
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
use crate::guard;
use crate::keys;
use crate::openapi;
use crate::page;
use crate::reply::{Reply, Summary};
use crate::request_log::{LoggedRequest, readable};
use crate::route::Route;
use crate::state::Shared;

const PAGE_PATH: &str = "/";
const COMMAND_PATH: &str = "/_sandbox";
const DOCUMENT_PATH: &str = "/api/v1/openapi.json";

/// Serves until `stop` resolves; then every connection is dropped with the runtime.
pub async fn serve(listener: TcpListener, shared: Shared, stop: oneshot::Receiver<()>) {
    // A listener without an address has no port under which the page could be asked for.
    let port = listener.local_addr().map_or(0, |address| address.port());
    let router = api::router(shared.clone())
        .route(DOCUMENT_PATH, get(async || axum::Json(openapi::document())));
    let accept = async {
        loop {
            if let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(connection(stream, port, router.clone(), shared.clone()));
            }
        }
    };
    tokio::select! {
        () = accept => {}
        _ = stop => {}
    }
}

async fn connection(stream: TcpStream, port: u16, router: Router, shared: Shared) {
    // Small answers must not wait for an acknowledgement; without it they are merely slower.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| answer(request, port, router.clone(), shared.clone()));
    // A connection's error is its client's matter.
    let _ = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(request: Request<Incoming>, port: u16, router: Router, shared: Shared) -> Answered {
    let arrived = Instant::now();
    match request.uri().path() {
        COMMAND_PATH => return Ok(command(request, port, &shared).await),
        PAGE_PATH => {
            let refusal = guard::page_refusal(request.uri(), request.headers(), port);
            return Ok(refusal.map_or_else(
                || page::answer(request.method()),
                |refusal| page::plain(StatusCode::FORBIDDEN, &refusal),
            ));
        }
        _ => {}
    }
    if let Some(refusal) = guard::api_refusal(request.headers(), port) {
        return Ok(Reply::detail(403, &refusal).into_response());
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
    let exchange = Exchange {
        shared: &shared,
        log_index,
        request_id: &request_id,
        may_compress: accepts_gzip(&parts.headers) && fault.is_none(),
    };
    if matches!(fault, Some(Fault::CloseBeforeRead)) {
        return Err(Close);
    }
    let body = body.collect().await.map_err(|_| Close)?.to_bytes();
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
    if let Some(Summary(summary)) = response.extensions().get() {
        exchange.log(|logged| logged.summary = Some(summary.clone()));
    }
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

async fn command(request: Request<Incoming>, port: u16, shared: &Shared) -> Response<Body> {
    if request.method() != Method::POST {
        let error = json!({"error": "commands are sent by POST"});
        return Reply::new(405, error).into_response();
    }
    if let Some(refusal) = guard::command_refusal(request.uri(), request.headers(), port) {
        return Reply::new(403, json!({"error": refusal})).into_response();
    }
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
