//! One error type, as data: what happened, to which call, whether a repeat may help.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::names::UnknownName;
use crate::report::PushReport;

/// The result of every fallible call of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The code of errors by which the deadline of a push ends it.
pub(crate) const DEADLINE: &str = "DEADLINE";

macro_rules! error_kinds {
    ($(#[$meta:meta])* $type:ident { $($(#[$variant_meta:meta])* $variant:ident = $name:literal,)+ }) => {
        $(#[$meta])*
        pub enum $type { $($(#[$variant_meta])* $variant,)+ }

        impl $type {
            /// Every one of them.
            #[cfg(feature = "bindings")]
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name used in JSON, for example `rate_limited`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

error_kinds!(
    /// What kind of thing went wrong.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
    #[serde(rename_all = "snake_case")]
    #[non_exhaustive]
    ErrorKind {
        /// A setting or argument is wrong; nothing was sent.
        Config = "config",
        /// 401: no key, or one that the service refuses.
        Authentication = "authentication",
        /// 402: credits or subscription.
        PaymentRequired = "payment_required",
        /// 403: a scope is missing or the organisation does not match.
        Permission = "permission",
        /// 404: the organisation has no active connection to that CRM.
        NotConnected = "not_connected",
        /// 400, 409, 413, 422: the service refuses the request's content.
        InvalidRequest = "invalid_request",
        /// 429: the rate limit, where waiting did not help or would take too long.
        RateLimited = "rate_limited",
        /// 502 of a field discovery: the CRM refused it.
        UpstreamCrm = "upstream_crm",
        /// Any other 5xx.
        Server = "server",
        /// The service could not be reached, or the connection broke.
        Connection = "connection",
        /// A time-out or the deadline ran out.
        Timeout = "timeout",
        /// An answer that can't be trusted: unreadable, truncated, too large, or a redirect.
        InvalidAnswer = "invalid_answer",
        /// The caller cancelled.
        Cancelled = "cancelled",
        /// The caller stopped the push, or a stop rule of it was met: `on_error` or `max_failures`.
        Stopped = "stopped",
        /// The journal or the dead-letter file can't be used.
        Storage = "storage",
        /// The file or stream of the records can't be read on.
        Source = "source",
        /// Some records of a finished push were not pushed.
        NotAllPushed = "not_all_pushed",
        /// A fault of this library.
        Internal = "internal",
    }
);

impl ErrorKind {
    /// Whether the same call may well succeed a little later.
    pub(crate) const fn is_transient(self) -> bool {
        matches!(
            self,
            Self::RateLimited
                | Self::UpstreamCrm
                | Self::Server
                | Self::Connection
                | Self::Timeout
                | Self::InvalidAnswer
        )
    }
}

/// An error of a call, with the service's own message where it gave one.
///
/// An error that ends a push carries the [report](Error::report) of what happened to each record
/// until then.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: String,
    status: Option<u16>,
    code: Option<String>,
    detail: Option<Box<RawValue>>,
    request_id: Option<String>,
    retryable: bool,
    retry_after: Option<Duration>,
    report: Option<PushReport>,
    host: Option<String>,
    last_failure: Option<String>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            status: None,
            code: None,
            detail: None,
            request_id: None,
            retryable: kind.is_transient(),
            retry_after: None,
            report: None,
            host: None,
            last_failure: None,
            source: None,
        }))
    }

    /// An error about an argument, of which nothing was sent.
    pub fn config(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Config, message)
    }

    /// An error about a source that can't be read on, for a
    /// [`RecordSource`](crate::RecordSource).
    pub fn unreadable(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Source, message)
    }

    /// An error about what this machine or this process lacks to reach the service.
    pub fn unreachable(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Connection, message)
    }

    /// The error for a panic of ours, of which nothing else is known.
    pub fn internal() -> Self {
        Self::new(
            ErrorKind::Internal,
            "an internal error ended the call, and what it did is not known: please report it, with \
             what stderr says",
        )
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    /// `code` names the cause, as operating systems do.
    pub(crate) fn with_cause(mut self, code: Option<&str>, host: Option<&str>) -> Self {
        self.0.code = code.map(str::to_owned);
        self.0.host = host.map(str::to_owned);
        self
    }

    /// The same error, which ended a call that had failed before and was to be tried again.
    pub(crate) fn after(mut self, last: Option<Self>) -> Self {
        let Some(mut last) = last else {
            return self;
        };
        let message = std::mem::take(&mut last.0.message);
        self.0.message = format!("{}: the last try failed: {message}", self.0.message);
        self.0.last_failure = Some(message);
        self.fill_from(last)
    }

    /// The same error, with what a call knows that it ended before its next try.
    pub(crate) fn with_last_failure_of(mut self, call: Self) -> Self {
        let Some(failure) = &call.0.last_failure else {
            return self;
        };
        self.0.message = format!(
            "{}: a request waited for its next try, and the last try failed: {failure}",
            self.0.message
        );
        self.0.last_failure = Some(failure.clone());
        self.fill_from(call)
    }

    /// Takes what it does not know itself.
    fn fill_from(mut self, other: Self) -> Self {
        let Inner {
            status,
            code,
            detail,
            request_id,
            host,
            source,
            ..
        } = *other.0;
        self.0.status = self.0.status.or(status);
        self.0.code = self.0.code.or(code);
        self.0.detail = self.0.detail.or(detail);
        self.0.request_id = self.0.request_id.or(request_id);
        self.0.host = self.0.host.or(host);
        self.0.source = self.0.source.or(source);
        self
    }

    pub(crate) fn with_service_message(
        mut self,
        code: Option<String>,
        detail: Option<Box<RawValue>>,
    ) -> Self {
        self.0.code = code;
        self.0.detail = detail;
        self
    }

    pub(crate) fn with_request_id(mut self, request_id: Option<String>) -> Self {
        self.0.request_id = request_id;
        self
    }

    pub(crate) fn with_retry_after(mut self, retry_after: Option<Duration>) -> Self {
        self.0.retry_after = retry_after;
        self
    }

    pub(crate) fn with_retryable(mut self, retryable: bool) -> Self {
        self.0.retryable = retryable;
        self
    }

    pub(crate) fn with_report(mut self, report: PushReport) -> Self {
        self.0.report = Some(report);
        self
    }

    /// What is below may be printed, so it must hold neither the key nor records.
    pub(crate) fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    /// The same error with `context` in front of its message.
    pub(crate) fn in_context(mut self, context: &str) -> Self {
        self.0.message = format!("{context}: {}", self.0.message);
        self
    }

    /// Whether it is the deadline of the push that has ended the call.
    pub(crate) fn is_about_deadline(&self) -> bool {
        self.0.code.as_deref() == Some(DEADLINE)
    }

    /// Whether it is the rate limit, by a wait that the service asks for and that no call can begin.
    pub(crate) fn is_about_long_wait(&self) -> bool {
        self.kind() == ErrorKind::RateLimited
            || (self.is_about_deadline() && self.0.retry_after.is_some())
    }

    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What happened, to which call, and what to do next.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The HTTP status, where an answer came.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The service's error code, for example `insufficient_credits`; where no answer came, the code of the
    /// cause: `ECONNREFUSED`, `ENOTFOUND`, `ECONNRESET`, `CONNECT_TIMEOUT`, `READ_TIMEOUT`, `TIMEOUT` and so on.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The service's own error detail: JSON text of any shape.
    pub fn detail(&self) -> Option<&RawValue> {
        self.0.detail.as_deref()
    }

    /// The service's id of the request, for its support.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Whether the same call may well succeed a little later.
    pub fn retryable(&self) -> bool {
        self.0.retryable
    }

    /// The host that could not be reached, or whose connection broke.
    pub fn host(&self) -> Option<&str> {
        self.0.host.as_deref()
    }

    /// What the last try met, when a cancel, a stop or a deadline ended a call that was to be tried again.
    pub fn last_failure(&self) -> Option<&str> {
        self.0.last_failure.as_deref()
    }

    /// The texts of its causes, outermost first.
    #[cfg(feature = "bindings")]
    pub(crate) fn causes(&self) -> Vec<String> {
        let mut causes = Vec::new();
        let mut cause = StdError::source(self);
        while let Some(error) = cause {
            causes.push(error.to_string());
            cause = error.source();
        }
        causes
    }

    /// How long the service asked to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// What happened to each record, when the error ended a push.
    pub fn report(&self) -> Option<&PushReport> {
        self.0.report.as_ref()
    }

    /// Takes the report out.
    pub fn into_report(self) -> Option<PushReport> {
        self.0.report
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        if let Some(request_id) = &self.0.request_id {
            write!(f, " [request {request_id}]")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("Error");
        fields
            .field("kind", &self.0.kind)
            .field("message", &self.0.message);
        if let Some(status) = self.0.status {
            fields.field("status", &status);
        }
        if let Some(code) = &self.0.code {
            fields.field("code", code);
        }
        if let Some(request_id) = &self.0.request_id {
            fields.field("request_id", request_id);
        }
        if let Some(report) = &self.0.report {
            fields.field("report", report);
        }
        fields.finish_non_exhaustive()
    }
}

impl StdError for Error {
    /// The error of the connection or of the operating system, where there is one. The message has its
    /// text already.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source = self.0.source.as_deref()?;
        Some(source)
    }
}

// Errors travel between threads.
const _: fn() = || {
    fn shared<T: Clone + Send + Sync + 'static>() {}
    shared::<Error>();
};

impl From<UnknownName> for Error {
    fn from(unknown: UnknownName) -> Self {
        Self::config(unknown.to_string())
    }
}
