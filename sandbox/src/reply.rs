//! What the service answers with.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};

/// An answer: status and JSON body.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub body: Value,
}

impl Reply {
    pub fn new(status: u16, body: Value) -> Self {
        Self { status, body }
    }

    pub fn detail(status: u16, detail: &str) -> Self {
        Self::new(status, json!({"detail": detail}))
    }

    pub fn data(data: impl Serialize) -> Self {
        Self::new(200, json!({"data": data, "pagination": null}))
    }

    pub fn invalid(place: &[&str], message: &str, kind: &str) -> Self {
        Self::new(
            422,
            json!({"detail": [{"loc": place, "msg": message, "type": kind}]}),
        )
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, axum::Json(self.body)).into_response()
    }
}
