//! What a push or a check came to.

mod added_to_list;
mod check_report;
mod findings;
mod groups;
mod list_members;
mod outcomes;
mod pacing;
mod problem;
mod push_report;
mod repair;
mod request_log;
mod template;

pub use added_to_list::{AddedToList, NotAdded, NotAddedReason};
pub(crate) use check_report::CheckedRecords;
pub use check_report::{CheckProblem, CheckReport, FieldProfile};
pub use findings::{EXAMPLES, Example, Finding, FindingCode, FixKind, Severity};
pub use groups::MessageGroup;
pub(crate) use list_members::{AskedAndDone, Members};
pub use outcomes::{Outcome, Outcomes};
pub use pacing::PacingScope;
#[cfg(feature = "bindings")]
pub(crate) use problem::Change;
pub(crate) use problem::{
    Changes, OTHER_MESSAGES, SENT_BEFORE, Unsent, counted_as, existing_in, same_identity_as,
    same_key_as, there_already,
};
pub use problem::{MessageCount, Problem, Skip};
pub use push_report::PushReport;
pub(crate) use push_report::{Circumstances, ClosedLedger, Noted};
pub use repair::RetryOf;
pub use request_log::RequestLine;
pub(crate) use request_log::RequestLog;
pub(crate) use template::Template;
