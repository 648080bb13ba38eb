//! Tolerant reading of what the service answers: envelopes, results and every shape of error.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::{Error, ErrorKind, Result};
use crate::http::transport::Answer;
use crate::quote::quote;

/// Bytes of a body that is read as an error; a longer one is only quoted.
const LONGEST_ERROR_BODY: usize = 1024 * 1024;
/// Problems of a 422 that are repeated in a message.
const MAX_LISTED: usize = 5;

/// Takes `data` out of a 2xx answer's envelope.
pub(crate) fn data(answer: &Answer) -> Result<Box<RawValue>> {
    #[derive(Deserialize)]
    struct Envelope {
        data: Option<Box<RawValue>>,
    }
    let envelope: Envelope =
        serde_json::from_slice(&answer.body).map_err(|error| unreadable(answer, &error))?;
    envelope
        .data
        .ok_or_else(|| invalid(answer, "the answer has no 'data'"))
}

/// Reads `data` of a 2xx answer as a `T`.
pub(crate) fn read<T: for<'de> Deserialize<'de>>(answer: &Answer) -> Result<T> {
    serde_json::from_str(data(answer)?.get()).map_err(|error| unreadable(answer, &error))
}

/// The error for an answer whose body does not parse as what was asked for.
pub(crate) fn unreadable(answer: &Answer, error: &serde_json::Error) -> Error {
    let kind = match error.classify() {
        serde_json::error::Category::Eof => "ends too early",
        serde_json::error::Category::Data => "has an unexpected form",
        _ => "is not JSON",
    };
    let quoted = quote(&answer.body);
    let says = if quoted.is_empty() {
        String::new()
    } else {
        format!(": {quoted}")
    };
    invalid(answer, &format!("the answer {kind} ({error}){says}"))
}

pub(crate) fn invalid(answer: &Answer, words: &str) -> Error {
    Error::new(
        ErrorKind::InvalidAnswer,
        format!("{words} (status {})", answer.status),
    )
    .with_status(answer.status)
    .with_request_id(answer.request_id.clone())
}

/// What a call asks for, as far as that changes the meaning of a refusal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Operation {
    /// The fields of a CRM: a 502 is the CRM's own refusal.
    Fields,
    /// graph8's own rows: no CRM has to do with it.
    Rows,
    /// Look-ups in a CRM, by endpoints beside CRM Syncs.
    LookUp,
    #[default]
    Other,
}

/// The error that an answer outside 2xx stands for.
pub(crate) fn refusal(answer: &Answer, operation: Operation) -> Error {
    if (300..400).contains(&answer.status) {
        return redirected(answer);
    }
    let words = ServiceMessage::read(&answer.body);
    let (kind, what, advice) = meaning(answer.status, operation);
    let said = match &words.message {
        Some(message) => format!(": {message}"),
        None => String::new(),
    };
    let request_id = answer.request_id.clone().or(words.request_id);
    let code = words.code.or_else(|| {
        let header = answer.headers.get("x-error-code")?.to_str().ok()?;
        Some(header.trim().to_owned())
    });
    let is_gone = kind == ErrorKind::UpstreamCrm
        && (words.message.as_deref()).is_some_and(names_a_dead_connection);
    let retryable = !is_gone && (kind.is_transient() || answer.status == 408);
    let advice = if kind == ErrorKind::Authentication {
        answer.key_source.advice()
    } else {
        advice.to_owned()
    };
    Error::new(kind, format!("{what} ({}){said}{advice}", answer.status))
        .with_status(answer.status)
        .with_service_message(code, words.detail)
        .with_request_id(request_id)
        .with_retry_after(answer.requested_wait())
        .with_retryable(retryable)
}

/// What the CRMs say of a connection whose permission is over, in lower case. Only people can renew it.
const DEAD_CONNECTION: [&str; 8] = [
    "oauth token",                       // HubSpot, Zoho
    "expired_authentication",            // HubSpot's category
    "session expired or invalid",        // Salesforce
    "invalid_session_id",                // Salesforce
    "invalid_grant",                     // of OAuth, when a token is renewed
    "unauthorized access",               // Pipedrive
    "invalid_token",                     // Zoho
    "access token provided has expired", // SugarCRM
];

fn names_a_dead_connection(message: &str) -> bool {
    let message = message.to_lowercase();
    DEAD_CONNECTION.iter().any(|sign| message.contains(sign))
}

/// What a 422 refuses. It comes before the service touches a record: nothing of the request was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Invalid {
    /// These records, by their places in the request, each with the message.
    Records(Vec<(usize, String)>),
    /// The path, the query, a header or an option: every request like it will be refused.
    Call,
    /// It does not say what.
    Untold,
}

impl Invalid {
    /// Reads the `detail[].loc` of a 422, such as `["body", "records", 3, "email"]`.
    pub(crate) fn read(body: &[u8], records: usize) -> Self {
        #[derive(Deserialize)]
        struct Body {
            detail: Vec<Value>,
        }
        if body.len() > LONGEST_ERROR_BODY {
            return Self::Untold;
        }
        let Ok(Body { detail }) = serde_json::from_slice(body) else {
            return Self::Untold;
        };
        let mut refused: Vec<(usize, String)> = Vec::new();
        for problem in &detail {
            let place = problem.get("loc").and_then(Value::as_array);
            let place: Vec<String> = place.into_iter().flatten().map(plain).collect();
            match place.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                ["path" | "query" | "header" | "cookie", ..] | ["body", "provider_fields", ..] => {
                    return Self::Call;
                }
                ["body", "records", index, ..] => match index.parse() {
                    Ok(index) if index < records => match refused.last_mut() {
                        Some((last, message)) if *last == index => {
                            message.push_str("; ");
                            message.push_str(&validation_problem(problem));
                        }
                        _ => refused.push((index, validation_problem(problem))),
                    },
                    _ => return Self::Untold,
                },
                _ => return Self::Untold,
            }
        }
        if refused.is_empty() {
            return Self::Untold;
        }
        refused.sort_by_key(|(index, _)| *index);
        refused.dedup_by_key(|(index, _)| *index);
        Self::Records(refused)
    }
}

fn redirected(answer: &Answer) -> Error {
    let target = answer
        .headers
        .get(reqwest::header::LOCATION)
        .map(|target| quote(target.as_bytes()))
        .filter(|target| !target.is_empty())
        .unwrap_or_else(|| "nowhere".to_owned());
    invalid(
        answer,
        &format!(
            "the service redirects to {target}; redirects are never followed: check the base URL"
        ),
    )
    .with_retryable(false)
}

/// Kind, what happened, and what to do next.
fn meaning(status: u16, operation: Operation) -> (ErrorKind, &'static str, &'static str) {
    match status {
        401 => (
            ErrorKind::Authentication,
            "the service refuses the API key",
            "",
        ),
        402 => (
            ErrorKind::PaymentRequired,
            "credits or subscription do not cover the call",
            "; see the organisation's billing page",
        ),
        403 if operation == Operation::Rows => (
            ErrorKind::Permission,
            "the key may not do this",
            "; it needs the scope contacts:read or companies:read, and the right organisation",
        ),
        403 if operation == Operation::LookUp => (
            ErrorKind::Permission,
            "the key may not look up",
            "; it needs the scope integrations:read, and the right organisation",
        ),
        403 => (
            ErrorKind::Permission,
            "the key may not do this",
            "; it needs the scope integrations:run to push, integrations:read for the rest, and the right organisation",
        ),
        404 if operation == Operation::Rows => (
            ErrorKind::InvalidRequest,
            "the service does not have this",
            "; check the base URL and the filters",
        ),
        404 if operation == Operation::LookUp => (
            ErrorKind::InvalidRequest,
            "the service does not have this look-up, or not for this connection",
            "; do without look-ups: push without skipping who is there, name lists and contacts by ids",
        ),
        404 => (
            ErrorKind::NotConnected,
            "no active connection to that CRM",
            "; connect it in graph8, or check the base URL",
        ),
        413 => (
            ErrorKind::InvalidRequest,
            "the request is too large",
            "; make the record smaller",
        ),
        408 => (ErrorKind::Timeout, "the service gave up waiting", ""),
        429 => (
            ErrorKind::RateLimited,
            "the rate limit is reached",
            "; wait, or send less at a time: the limit is shared by the organisation's keys",
        ),
        400..=499 => (
            ErrorKind::InvalidRequest,
            "the service refuses the request",
            "",
        ),
        502 if operation == Operation::Fields => (
            ErrorKind::UpstreamCrm,
            "the CRM refused to tell its fields",
            "; check the connection with status()",
        ),
        _ => (
            ErrorKind::Server,
            "the service failed",
            "; try again later, and give its support the request id",
        ),
    }
}

/// What an error body says, whatever its shape.
#[derive(Default)]
struct ServiceMessage {
    code: Option<String>,
    message: Option<String>,
    detail: Option<Box<RawValue>>,
    request_id: Option<String>,
}

impl ServiceMessage {
    fn read(body: &[u8]) -> Self {
        let value = if body.len() > LONGEST_ERROR_BODY {
            None
        } else {
            serde_json::from_slice::<Value>(body).ok()
        };
        let Some(value) = value else {
            let text = quote(body);
            if text.is_empty() {
                return Self::default();
            }
            return Self {
                detail: raw(&Value::String(text.clone())),
                message: Some(text),
                ..Self::default()
            };
        };
        let inner = [value.get("detail"), value.get("error")]
            .into_iter()
            .flatten()
            .find(|inner| !inner.is_null());
        let mut words = Self {
            detail: raw(inner.unwrap_or(&value)),
            ..Self::default()
        };
        for part in inner.into_iter().chain([&value]) {
            words.code = words.code.or_else(|| code_of(part));
            words.message = words.message.or_else(|| message_of(part));
            words.request_id = words.request_id.or_else(|| text_at(part, "request_id"));
        }
        words
    }
}

fn code_of(part: &Value) -> Option<String> {
    text_at(part, "code").or_else(|| text_at(part, "error"))
}

fn message_of(part: &Value) -> Option<String> {
    match part {
        Value::String(text) => Some(quote(text.as_bytes())).filter(|text| !text.is_empty()),
        Value::Array(problems) => {
            let mut listed: Vec<String> = problems
                .iter()
                .take(MAX_LISTED)
                .map(validation_problem)
                .collect();
            if problems.len() > MAX_LISTED {
                listed.push(format!("and {} more", problems.len() - MAX_LISTED));
            }
            Some(listed.join("; ")).filter(|text| !text.is_empty())
        }
        Value::Object(_) => ["message", "msg", "detail"]
            .iter()
            .find_map(|name| text_at(part, name)),
        _ => None,
    }
}

/// `{loc: ["body", "records", 0], msg}` as `body.records.0: msg`.
fn validation_problem(problem: &Value) -> String {
    let place: Vec<String> = problem
        .get("loc")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(plain)
        .collect();
    let words = message_of(problem).unwrap_or_else(|| quote(problem.to_string().as_bytes()));
    if place.is_empty() {
        words
    } else {
        format!("{}: {words}", quote(place.join(".").as_bytes()))
    }
}

fn text_at(part: &Value, name: &str) -> Option<String> {
    match part.get(name)? {
        Value::String(text) => Some(quote(text.as_bytes())).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn raw(value: &Value) -> Option<Box<RawValue>> {
    if value.is_null() {
        return None;
    }
    serde_json::value::to_raw_value(value).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(status: u16, body: &str) -> Error {
        refusal(
            &Answer::new(
                status,
                reqwest::header::HeaderMap::new(),
                body.as_bytes().to_vec(),
                None,
            ),
            Operation::Other,
        )
    }

    #[test]
    fn every_documented_error_shape_gives_its_words() {
        let shapes = [
            (r#"{"detail": "no such thing"}"#, "no such thing", None),
            (
                r#"{"detail": [{"loc": ["body", "records", 0], "msg": "not a dict", "type": "x"}]}"#,
                "body.records.0: not a dict",
                None,
            ),
            (
                r#"{"detail": {"error": "insufficient_credits", "message": "top up"}}"#,
                "top up",
                Some("insufficient_credits"),
            ),
            (
                r#"{"error": {"code": "bad_value", "message": "wrong", "field": "a"}}"#,
                "wrong",
                Some("bad_value"),
            ),
            (
                r#"{"type": "invalid", "code": "c1", "message": "words"}"#,
                "words",
                Some("c1"),
            ),
            ("plain words", "plain words", None),
            (
                "<html><head><style>p{}</style><title>502 Bad Gateway</title></head></html>",
                "502 Bad Gateway",
                None,
            ),
        ];
        for (body, words, code) in shapes {
            let error = refused(400, body);
            assert!(error.message().contains(words), "{body}: {error}");
            assert_eq!(error.code(), code, "{body}");
        }
    }

    #[test]
    fn a_422_tells_what_it_refuses_by_its_places() {
        let read =
            |detail: Value| Invalid::read(json!({"detail": detail}).to_string().as_bytes(), 4);
        let at = |loc: Value| json!({"loc": loc, "msg": "no", "type": "x"});
        assert_eq!(
            read(json!([
                at(json!(["body", "records", 3, "email"])),
                at(json!(["body", "records", "1"]))
            ])),
            Invalid::Records(vec![
                (1, "body.records.1: no".to_owned()),
                (3, "body.records.3.email: no".to_owned())
            ])
        );
        for loc in [
            json!(["path", "provider"]),
            json!(["query", "x"]),
            json!(["header", "X-Org-Id"]),
            json!(["body", "provider_fields"]),
        ] {
            let both = json!([at(json!(["body", "records", 0])), at(loc)]);
            assert_eq!(read(both), Invalid::Call);
        }
        for detail in [
            json!([at(json!(["body", "records", 4]))]),
            json!([at(json!(["body", "records"]))]),
            json!([at(json!(["body"]))]),
            json!([{"msg": "no"}]),
            json!([]),
            json!("no"),
        ] {
            assert_eq!(read(detail.clone()), Invalid::Untold, "{detail}");
        }
        assert_eq!(Invalid::read(b"<html>", 4), Invalid::Untold);
    }

    #[test]
    fn an_empty_body_still_gives_a_full_sentence() {
        let error = refused(500, "");
        assert!(
            error.message().starts_with("the service failed (500)"),
            "{error}"
        );
        assert!(error.detail().is_none());
    }

    #[test]
    fn a_body_too_long_for_an_error_is_only_quoted() {
        let body = json!({"detail": "x", "zeros": vec![0; LONGEST_ERROR_BODY]}).to_string();
        let error = refused(400, &body);
        assert!(error.message().contains(r#""zeros":[0,0"#), "{error}");
        assert!(error.detail().unwrap().get().len() < 2_000);
    }

    #[test]
    fn a_long_text_is_cut() {
        assert!(refused(500, &"x".repeat(100_000)).message().chars().count() < 600);
    }

    #[test]
    fn the_place_of_a_problem_is_foreign_text_too() {
        let long = "x".repeat(100_000);
        let body = json!({"detail": [{"loc": ["body\u{1b}[2J\r\n", 3, long], "msg": "no"}]});
        let error = refused(422, &body.to_string());
        assert!(error.message().contains("body [2J .3.xxx"), "{error}");
        assert!(!error.message().contains(char::is_control), "{error}");
        assert!(error.message().chars().count() < 600, "{error}");
    }
}
