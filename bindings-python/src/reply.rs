//! What crosses back to Python: JSON texts, and the counts of a push as they are.

use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::time::SystemTime;

use graph8_crm::border::{self, EventRing, Reply, ToJson};
use graph8_crm::{Error, FieldKind, Problem, PushReport, Timestamp};
use pyo3::prelude::*;
use serde_json::Value;

use crate::tables::NativeProblems;

/// The end of a call: either `result` or `error` is set, or there is a `report`, which may go with an
/// error.
#[pyclass(frozen)]
#[derive(Clone, Default)]
pub(crate) struct NativeReply {
    /// JSON text of the result.
    #[pyo3(get)]
    result: Option<String>,
    /// JSON text of the error.
    #[pyo3(get)]
    error: Option<String>,
    report: Option<NativeReport>,
    /// JSON text of what happened on the way and was not told yet.
    #[pyo3(get)]
    events: Option<String>,
}

#[pymethods]
impl NativeReply {
    /// What became of a push: the names and values of `PushReport`, with `details` in place of its lists.
    #[pyo3(signature = () -> "dict[str, typing.Any] | None")]
    fn report(&self) -> Option<&NativeReport> {
        self.report.as_ref()
    }
}

impl NativeReply {
    /// The same, with the events that wait in `ring`.
    pub(crate) fn with_events(mut self, ring: Option<&EventRing>) -> Self {
        self.events = ring.and_then(EventRing::take);
        self
    }
}

/// A push's report, a dict in Python.
#[derive(Clone, IntoPyObjectRef)]
struct NativeReport {
    provider: &'static str,
    kind: &'static str,
    records: usize,
    pushed: usize,
    skipped: usize,
    failed: usize,
    unknown: usize,
    not_sent: usize,
    pushed_before: usize,
    changed: usize,
    unread: usize,
    requests: u64,
    bytes_sent: u64,
    bytes_received: u64,
    elapsed_seconds: f64,
    problems_omitted: usize,
    skips_omitted: usize,
    ended_early: Option<String>,
    list_members_to_add: Option<u64>,
    list_members_added: Option<u64>,
    list_members_to_remove: Option<u64>,
    list_members_removed: Option<u64>,
    fixed: BTreeMap<&'static str, usize>,
    summary: String,
    /// Two a byte, the first in the lower four bits.
    outcomes: Vec<u8>,
    /// JSON text of the lists: `problems`, `skips`, `messages`, `groups`, `unsent`, `changes`, `warnings`. None when
    /// all are empty.
    details: Option<String>,
    /// The problems once more, for tables.
    problems: Problems,
    /// JSON text of the request log; None when it is empty.
    _request_log: Option<String>,
    /// JSON text; None where nobody was to be added to a list.
    _added_to_list: Option<String>,
    request_log_omitted: usize,
    pacing: &'static str,
}

#[derive(Clone)]
struct Problems(Arc<[Problem]>);

impl<'py> IntoPyObject<'py> for &Problems {
    type Target = NativeProblems;
    type Output = Bound<'py, NativeProblems>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        Bound::new(py, NativeProblems(Arc::clone(&self.0)))
    }
}

impl From<PushReport> for NativeReport {
    fn from(report: PushReport) -> Self {
        Self {
            provider: report.provider().as_str(),
            kind: report.kind().as_str(),
            records: report.records(),
            pushed: report.pushed(),
            skipped: report.skipped(),
            failed: report.failed(),
            unknown: report.unknown(),
            not_sent: report.not_sent(),
            pushed_before: report.pushed_before(),
            changed: report.changed(),
            unread: report.unread(),
            requests: report.requests(),
            bytes_sent: report.bytes_sent(),
            bytes_received: report.bytes_received(),
            elapsed_seconds: report.elapsed().as_secs_f64(),
            problems_omitted: report.problems_omitted(),
            skips_omitted: report.skips_omitted(),
            ended_early: report.ended_early().map(str::to_owned),
            list_members_to_add: report.list_members_to_add(),
            list_members_added: report.list_members_added(),
            list_members_to_remove: report.list_members_to_remove(),
            list_members_removed: report.list_members_removed(),
            fixed: report
                .fixed()
                .iter()
                .map(|(kind, count)| (kind.as_str(), *count))
                .collect(),
            summary: report.summary().to_owned(),
            outcomes: report.outcomes().as_packed().to_vec(),
            details: border::details_json(&report),
            _request_log: border::request_log_json(&report),
            _added_to_list: border::added_to_list_json(&report),
            request_log_omitted: report.request_log_omitted(),
            pacing: report.pacing().as_str(),
            problems: Problems(border::take_problems(report).into()),
        }
    }
}

impl From<Reply> for NativeReply {
    fn from(reply: Reply) -> Self {
        Self {
            result: reply.result,
            error: reply.error,
            report: reply.report.map(NativeReport::from),
            events: None,
        }
    }
}

impl From<Error> for NativeReply {
    fn from(error: Error) -> Self {
        Reply::from(error).into()
    }
}

/// The exception of the package for an error.
pub(crate) fn raised(py: Python<'_>, error: &Error) -> PyErr {
    let exception = py
        .import("graph8_crm._errors")
        .and_then(|errors| errors.call_method1("error_from_json", (error.to_json(), py.None())));
    exception.map_or_else(|failed| failed, PyErr::from_value)
}

/// Does `work`, and makes an error of a panic in it.
pub(crate) fn guarded<T>(py: Python<'_>, work: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    panic::catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(raised(py, &Error::internal())))
}

/// The moment that a timestamp of the service stands for, if it is RFC 3339.
#[pyfunction]
#[pyo3(signature = (text: "str") -> "datetime.datetime | None")]
pub(crate) fn parse_timestamp(text: String) -> Option<SystemTime> {
    serde_json::from_value::<Timestamp>(Value::String(text))
        .ok()?
        .to_system_time()
}

/// Two reports as one: `second` follows `first`, or is a retry of its records that `of` names as JSON text.
#[pyfunction]
#[pyo3(signature = (first, first_outcomes, second, second_outcomes, of=None))]
pub(crate) fn merge_reports(
    py: Python<'_>,
    first: &str,
    first_outcomes: Vec<u8>,
    second: &str,
    second_outcomes: Vec<u8>,
    of: Option<&str>,
) -> PyResult<NativeReply> {
    guarded(py, || {
        let merged = border::merge_reports((first, first_outcomes), (second, second_outcomes), of);
        Ok(merged.into())
    })
}

/// What a journal tells, as JSON text.
#[pyfunction]
pub(crate) fn journal_status(py: Python<'_>, path: String) -> PyResult<NativeReply> {
    guarded(py, || Ok(py.detach(|| border::journal_status(path)).into()))
}

/// The records of a dead-letter file whose outcome is one of those named, as a JSON array.
#[pyfunction]
pub(crate) fn read_dead_letter(
    py: Python<'_>,
    path: String,
    outcomes: Vec<String>,
) -> PyResult<NativeReply> {
    guarded(py, || {
        Ok(py
            .detach(|| border::read_dead_letter(path, &outcomes))
            .into())
    })
}

/// The kind of value that fields of a CRM's type take.
#[pyfunction]
pub(crate) fn field_kind(type_name: &str) -> &'static str {
    FieldKind::of_type(type_name).as_str()
}

/// The JSON Schema of fields, which are JSON text.
#[pyfunction]
pub(crate) fn fields_schema(fields: &str, additional_properties: bool) -> NativeReply {
    border::fields_schema(fields, additional_properties).into()
}

/// Fields that were kept as JSON, in the form that `fields` of a client gives.
#[pyfunction]
pub(crate) fn read_fields(text: &str) -> NativeReply {
    border::read_fields(text).into()
}

/// Where the names of a table belong among fields, which are JSON text.
#[pyfunction]
pub(crate) fn suggest_fields(fields: &str, names: Vec<String>) -> NativeReply {
    border::suggest_fields(fields, &names).into()
}

/// The known name that is most like `name`.
#[pyfunction]
pub(crate) fn nearest_name(name: &str, known: Vec<String>) -> Option<String> {
    border::nearest_name(name, &known)
}

/// JSON text of the core's names of everything that the package repeats, for its tests.
#[pyfunction]
pub(crate) fn core_names() -> String {
    border::names()
}
