//! What a push came to.

mod list_members;
mod outcomes;
mod problem;
mod push_report;

pub(crate) use list_members::{AskedAndDone, Members};
pub use outcomes::{Outcome, Outcomes};
pub(crate) use problem::Unsent;
pub use problem::{MessageCount, Problem};
pub use push_report::PushReport;
pub(crate) use push_report::{Circumstances, ClosedLedger};
