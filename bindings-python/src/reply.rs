//! What crosses back to Python: JSON texts, for results and errors alike.

use std::time::SystemTime;

use graph8_crm::{Error, PushReport, Timestamp};
use pyo3::prelude::*;
use serde_json::Value;

/// The end of a call: either `result` or `error` is set; `report` and `outcomes` go with both.
#[pyclass(frozen, get_all)]
#[derive(Clone, Default)]
pub(crate) struct NativeReply {
    /// JSON text of the result.
    result: Option<String>,
    /// JSON text of the error.
    error: Option<String>,
    /// JSON text of a push's report.
    report: Option<String>,
    /// A push's outcomes, one byte a record.
    outcomes: Option<Vec<u8>>,
}

impl NativeReply {
    pub(crate) fn result(json: String) -> Self {
        Self {
            result: Some(json),
            ..Self::default()
        }
    }

    /// An argument that has no form in the core's types; `message` says how to write it.
    pub(crate) fn unusable_argument(message: &str) -> Self {
        let error = serde_json::json!({
            "kind": "config", "message": message, "status": null, "code": null, "detail": null,
            "request_id": null, "retryable": false, "retry_after_seconds": null,
        });
        Self {
            error: Some(error.to_string()),
            ..Self::default()
        }
    }

    fn with_report(mut self, report: &PushReport) -> Self {
        self.report = Some(report.to_json());
        self.outcomes = Some(report.outcomes().to_vec());
        self
    }
}

impl From<Error> for NativeReply {
    fn from(error: Error) -> Self {
        let reply = Self {
            error: Some(error.to_json()),
            ..Self::default()
        };
        match error.report() {
            Some(report) => reply.with_report(report),
            None => reply,
        }
    }
}

impl From<graph8_crm::Result<PushReport>> for NativeReply {
    fn from(outcome: graph8_crm::Result<PushReport>) -> Self {
        match outcome {
            Ok(report) => Self::default().with_report(&report),
            Err(error) => error.into(),
        }
    }
}

/// The moment that a timestamp of the service stands for, if it is RFC 3339.
#[pyfunction]
#[pyo3(signature = (text: "str") -> "datetime.datetime | None")]
pub(crate) fn parse_timestamp(text: String) -> Option<SystemTime> {
    serde_json::from_value::<Timestamp>(Value::String(text))
        .ok()?
        .to_system_time()
}
