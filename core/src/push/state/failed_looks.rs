//! Look-ups that failed, so that nothing of what they ask about is sent.

use super::State;
use crate::error::{Error, ErrorKind, Result};
use crate::push::options::OnError;
use crate::quote::counted;

#[derive(Default)]
pub(super) struct FailedLooks {
    pub(super) in_a_row: u32,
    /// Records, or changes of lists.
    count: usize,
    first: Option<String>,
}

impl FailedLooks {
    /// Why some of `what` were not looked up, and so not sent, though the push went on.
    pub(super) fn message(&self, what: &str) -> Option<String> {
        let first = self.first.as_ref()?;
        let were = if self.count == 1 { "was" } else { "were" };
        let records = counted(self.count, what);
        Some(format!(
            "{records} could not be looked up and {were} not sent: {first}"
        ))
    }
}

/// Look-ups in a row that may fail where no option says how many.
const MOST_IN_A_ROW: u32 = 3;

/// Look-ups that failed one after the other, where no option says how many are too many.
#[derive(Default)]
pub(crate) struct FailedInARow {
    count: u32,
    first: Option<Error>,
}

impl FailedInARow {
    /// What a look-up has found; notes that it failed.
    pub(crate) fn take<T>(&mut self, looked: Result<T>) -> Option<T> {
        match looked {
            Ok(found) => {
                self.count = 0;
                Some(found)
            }
            Err(error) => {
                let is_last = is_refused(&error);
                self.count = if is_last {
                    MOST_IN_A_ROW
                } else {
                    self.count + 1
                };
                self.first.get_or_insert(error);
                None
            }
        }
    }

    /// Whether the next would fail as well.
    pub(crate) fn are_too_many(&self) -> bool {
        self.count >= MOST_IN_A_ROW
    }

    /// Why the first of them failed.
    pub(crate) fn first(&self) -> Option<&Error> {
        self.first.as_ref()
    }
}

/// Whether every further look-up would end like this one.
pub(crate) fn is_refused(error: &Error) -> bool {
    let is_refused = matches!(
        error.kind(),
        ErrorKind::Authentication
            | ErrorKind::PaymentRequired
            | ErrorKind::Permission
            | ErrorKind::NotConnected
            | ErrorKind::InvalidRequest
    );
    is_refused || error.is_about_long_wait()
}

impl State {
    /// A look-up about `count` of them failed; ends the push where the stop rules say so.
    pub(super) fn note_failed_look(&mut self, error: Error, count: usize) {
        if self.has_ended() {
            // It may know what the look-up had met before.
            return self.end(error, false);
        }
        let failed = &mut self.failed_looks;
        failed.count += count;
        failed
            .first
            .get_or_insert_with(|| error.message().to_owned());
        failed.in_a_row += 1;
        let in_a_row = failed.in_a_row;
        if is_refused(&error) || self.options.on_error == OnError::Stop {
            self.end(error, true);
        } else if in_a_row == self.options.max_consecutive_unknown {
            self.end(
                error.in_context(&format!("{in_a_row} look-ups in a row failed")),
                true,
            );
        }
    }
}
