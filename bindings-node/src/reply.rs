//! What crosses back to TypeScript: JSON texts, for results and errors alike.

use std::collections::BTreeMap;

use graph8_crm::border::{self, Reply, ToJson};
use graph8_crm::{Error, PushReport};
use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;
use serde::Serialize;
use serde_json::value::RawValue;

/// The end of a call: either `result` or `error` is set; `report`, `problems`, `skips`, `unsent`, `changes`, `groups` and
/// `outcomes` go with the error that ended a push, or stand for its result.
#[napi(object, object_from_js = false)]
#[derive(Default)]
pub struct NativeReply {
    /// JSON text of the result.
    pub result: Option<String>,
    /// JSON text of the error.
    pub error: Option<String>,
    /// JSON text of a push's report, without its problems, skipped, unsent and changed records.
    pub report: Option<String>,
    /// JSON text of the report's problems; apart, so that the event loop parses them on demand.
    /// Absent when there are none.
    pub problems: Option<String>,
    /// JSON text of the skipped records; as well.
    pub skips: Option<String>,
    /// JSON text of the records that were read and not sent; as well.
    pub unsent: Option<String>,
    /// JSON text of the report's messages, where those that differ in values alone are one; as well.
    pub groups: Option<String>,
    /// JSON text of the report's request log; as well.
    pub request_log: Option<String>,
    /// JSON text of the changed records; as well.
    pub changes: Option<String>,
    /// A push's outcomes, two a byte, the first in the lower four bits: 0 pushed, 1 failed, 2 unknown,
    /// 3 not sent, 4 skipped. Absent when all were pushed.
    pub outcomes: Option<Uint8Array>,
}

impl NativeReply {
    pub(crate) fn result<T: Serialize + ?Sized>(value: &T) -> Self {
        Reply::result(value).into()
    }

    fn with_report(mut self, report: &PushReport) -> Self {
        // Split by key rather than field by field: a new field of the core passes as it is.
        let json = report.to_json();
        if let Ok(mut fields) = serde_json::from_str::<BTreeMap<String, &RawValue>>(&json) {
            let mut apart = |name: &str| fields.remove(name).map(|part| part.get().to_owned());
            let is_something = |list: &String| list != "[]";
            self.problems = apart("problems").filter(is_something);
            self.skips = apart("skips").filter(is_something);
            self.unsent = apart("unsent").filter(is_something);
            self.request_log = apart("request_log").filter(is_something);
            self.changes = apart("changes").filter(is_something);
            self.report = serde_json::to_string(&fields).ok();
        }
        self.groups = border::message_groups_json(report);
        if report.pushed() < report.records() {
            self.outcomes = Some(report.outcomes().as_packed().to_vec().into());
        }
        self
    }
}

impl From<Reply> for NativeReply {
    fn from(reply: Reply) -> Self {
        let native = Self {
            result: reply.result,
            error: reply.error,
            ..Self::default()
        };
        match reply.report {
            Some(report) => native.with_report(&report),
            None => native,
        }
    }
}

impl From<Error> for NativeReply {
    fn from(error: Error) -> Self {
        Reply::from(error).into()
    }
}
