//! The log of the requests that a sandbox got.

use std::collections::BTreeMap;

use axum::http::header;
use axum::http::request::Parts;
use serde::Serialize;
use serde_json::{Map, Value};

/// A request as the log keeps it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LoggedRequest {
    pub method: String,
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub headers: BTreeMap<String, String>,
    pub body: Value,
    /// `null` when no answer was given.
    pub status: Option<u16>,
    pub request_id: String,
    /// Since the sandbox's start or reset.
    pub arrived_ms: u64,
    /// The fault that hit it.
    pub fault: Option<Value>,
    /// When it was answered or its connection closed, as `arrived_ms`.
    #[serde(skip)]
    pub ended_ms: Option<u64>,
    /// What the answer says, in a few words.
    #[serde(skip)]
    pub summary: Option<String>,
}

impl LoggedRequest {
    /// The request without its body, and without its key.
    pub fn of(parts: &Parts) -> Self {
        let headers = parts.headers.iter().map(|(name, value)| {
            let value = if name == header::AUTHORIZATION {
                // The log is shown in test output, where no key should appear.
                value
                    .to_str()
                    .map_or("***", |text| {
                        if text.starts_with("Bearer ") {
                            "Bearer ***"
                        } else {
                            "***"
                        }
                    })
                    .to_owned()
            } else {
                String::from_utf8_lossy(value.as_bytes()).into_owned()
            };
            (name.as_str().to_owned(), value)
        });
        let query = parts.uri.query().unwrap_or_default();
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        Self {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: pairs
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            headers: headers.collect(),
            ..Self::default()
        }
    }
}

/// A request's body for the log: a JSON object, any other text, or null for nothing.
pub fn readable(body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice::<Map<String, Value>>(body).map_or_else(
        |_| Value::String(String::from_utf8_lossy(body).into_owned()),
        Value::Object,
    )
}
