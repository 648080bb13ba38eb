//! The end of a call as JSON texts.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::{Error, ErrorKind, Result};
use crate::report::{
    Change, Finding, MessageCount, MessageGroup, Outcome, Outcomes, Problem, PushReport, RetryOf,
    Skip, Unsent,
};

/// The end of a call: either `result` or `error` is set, or there is a `report`, which may go with an
/// error.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    /// JSON text of the result.
    pub result: Option<String>,
    /// JSON text of the error.
    pub error: Option<String>,
    /// What became of a push.
    pub report: Option<PushReport>,
}

impl Reply {
    /// The end of a call that is no push.
    pub fn of<T: Serialize>(outcome: &Result<T>) -> Self {
        match outcome {
            Ok(value) => Self::result(value),
            Err(error) => error.clone().into(),
        }
    }

    /// A result.
    pub fn result<T: Serialize + ?Sized>(value: &T) -> Self {
        match serde_json::to_string(value) {
            Ok(json) => Self {
                result: Some(json),
                ..Self::default()
            },
            Err(error) => Error::new(
                ErrorKind::Internal,
                format!("the result can't be written as JSON: {error}"),
            )
            .into(),
        }
    }

    /// An argument that has no form in the core's types; `message` says how to write it.
    pub fn unusable_argument(message: &str) -> Self {
        Error::config(message).into()
    }

    /// A call that its caller stopped.
    pub fn cancelled() -> Self {
        Error::new(ErrorKind::Cancelled, "the call was cancelled").into()
    }

    /// A bug of ours, about which `message` says more.
    pub fn internal(message: &str) -> Self {
        Error::new(ErrorKind::Internal, message).into()
    }
}

impl From<Error> for Reply {
    fn from(error: Error) -> Self {
        Self {
            result: None,
            error: Some(error.to_json()),
            report: error.into_report(),
        }
    }
}

impl From<Result<PushReport>> for Reply {
    fn from(outcome: Result<PushReport>) -> Self {
        match outcome {
            Ok(report) => Self {
                report: Some(report),
                ..Self::default()
            },
            Err(error) => error.into(),
        }
    }
}

/// What has a form as JSON text.
pub trait ToJson {
    /// The JSON text; of an error without its report, of a report without its outcomes.
    fn to_json(&self) -> String;
}

impl ToJson for Error {
    fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct Wire<'a> {
            kind: ErrorKind,
            message: &'a str,
            status: Option<u16>,
            code: Option<&'a str>,
            detail: Option<&'a RawValue>,
            request_id: Option<&'a str>,
            retryable: bool,
            retry_after_seconds: Option<f64>,
            host: Option<&'a str>,
            last_failure: Option<&'a str>,
            causes: Vec<String>,
        }
        json_or_empty(&Wire {
            kind: self.kind(),
            message: self.message(),
            status: self.status(),
            code: self.code(),
            detail: self.detail(),
            request_id: self.request_id(),
            retryable: self.retryable(),
            retry_after_seconds: self.retry_after().map(|wait| wait.as_secs_f64()),
            host: self.host(),
            last_failure: self.last_failure(),
            causes: self.causes(),
        })
    }
}

impl ToJson for PushReport {
    fn to_json(&self) -> String {
        json_or_empty(self)
    }
}

fn json_or_empty<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| String::from("{}"))
}

/// JSON text of a report's lists alone: `problems`, `skips`, `messages`, `groups`, `unsent`, `changes` and `warnings`;
/// `None` when
/// all are empty, as they mostly are when every record was pushed.
pub fn details_json(report: &PushReport) -> Option<String> {
    #[derive(Serialize)]
    struct Details<'a> {
        problems: &'a [Problem],
        skips: &'a [Skip],
        messages: &'a [MessageCount],
        groups: Vec<MessageGroup>,
        unsent: &'a [Unsent],
        changes: &'a [Change],
        warnings: &'a [Finding],
    }
    let details = Details {
        problems: &report.problems,
        skips: &report.skips,
        messages: &report.messages,
        groups: report.message_groups(),
        unsent: &report.unsent,
        changes: &report.changes,
        warnings: &report.warnings,
    };
    let is_empty = report.problems.is_empty()
        && report.messages.is_empty()
        && report.unsent.is_empty()
        && report.changes.is_empty()
        && report.warnings.is_empty();
    (!is_empty).then(|| json_or_empty(&details))
}

/// Outcomes as a report packs them; what is not there is not sent.
pub fn outcomes_of(packed: Vec<u8>, len: usize) -> Outcomes {
    Outcomes::from_packed(packed, len)
}

/// The problems of a report that is needed no more, for who makes tables of them.
pub fn take_problems(report: PushReport) -> Vec<Problem> {
    report.problems
}

/// JSON text of a report's messages, where those that differ in values alone are one; `None` when it has none.
pub fn message_groups_json(report: &PushReport) -> Option<String> {
    (!report.messages.is_empty()).then(|| json_or_empty(&report.message_groups()))
}

/// JSON text of what became of contacts that were to be added to a list; `None` where that was not asked for.
pub fn added_to_list_json(report: &PushReport) -> Option<String> {
    report.added_to_list().map(json_or_empty)
}

/// JSON text of a report's request log; `None` when it has no lines.
pub fn request_log_json(report: &PushReport) -> Option<String> {
    (!report.request_log.is_empty()).then(|| json_or_empty(&report.request_log))
}

/// Two reports as one, each as its JSON text and packed outcomes. The second follows the first; or, with
/// `of`, it is a retry of the first one's records that this names, by JSON text: an outcome, or a list of
/// indexes.
pub fn merge_reports(first: (&str, Vec<u8>), second: (&str, Vec<u8>), of: Option<&str>) -> Reply {
    let merged = || {
        let (first, second) = (read_report(first)?, read_report(second)?);
        match of {
            None => first.merge(second),
            Some(of) => first.merge_retry(second, retry_of(of)?),
        }
    };
    merged().into()
}

fn retry_of(json: &str) -> Result<RetryOf> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Of {
        Outcome(String),
        Indexes(Vec<Value>),
    }
    match serde_json::from_str(json) {
        Ok(Of::Outcome(name)) => match name.parse::<Outcome>() {
            Ok(outcome) => Ok(outcome.into()),
            Err(error) => Err(Error::config(format!("of: {error}"))),
        },
        Ok(Of::Indexes(indexes)) => {
            let index = |index: Value| {
                let whole = index.as_u64().and_then(|index| usize::try_from(index).ok());
                whole.ok_or_else(|| {
                    Error::config(format!("of has {index}: use indexes, which begin at 0"))
                })
            };
            let indexes: Result<Vec<usize>> = indexes.into_iter().map(index).collect();
            Ok(indexes?.into())
        }
        Err(_) => Err(Error::config(
            "of is neither an outcome nor a list of indexes",
        )),
    }
}

fn read_report((json, packed_outcomes): (&str, Vec<u8>)) -> Result<PushReport> {
    let mut report: PushReport = serde_json::from_str(json)
        .map_err(|error| Error::config(format!("this is no report of a push: {error}")))?;
    report.outcomes = Outcomes::from_packed(packed_outcomes, report.records);
    Ok(report)
}
