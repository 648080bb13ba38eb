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
    summary: Option<Summary>,
}

/// What an answer says, in a few words for the page; it travels with the answer as an extension.
#[derive(Clone, Debug)]
pub struct Summary(pub String);

impl Reply {
    pub fn new(status: u16, body: Value) -> Self {
        Self {
            status,
            body,
            summary: None,
        }
    }

    pub fn with_summary(self, summary: String) -> Self {
        Self {
            summary: Some(Summary(summary)),
            ..self
        }
    }

    /// The words of a refusal.
    fn refusal(&self) -> Option<Summary> {
        let detail = &self.body["detail"];
        let words = [
            &detail[0]["msg"],
            &detail["message"],
            detail,
            &self.body["message"],
        ];
        let words = words.into_iter().find_map(Value::as_str)?;
        Some(Summary(words.to_owned()))
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
        let summary = self.summary.clone().or_else(|| self.refusal());
        let mut response = (status, axum::Json(self.body)).into_response();
        if let Some(summary) = summary {
            response.extensions_mut().insert(summary);
        }
        response
    }
}
