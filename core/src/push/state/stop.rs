//! When a push ends before every record was tried.

use crate::error::{Error, ErrorKind};
use crate::option_names::spelled;
use crate::push::options::{MaxFailures, OnError, PushOptions};

/// The stop rules, and whether one was met.
pub(super) struct Stop {
    on_error: OnError,
    max_failures: Option<MaxFailures>,
    max_consecutive_unknown: u32,
    consecutive_unknown: u32,
    end: Option<End>,
    is_told: bool,
}

/// Why no further batch leaves.
pub(super) struct End {
    pub(super) error: Error,
    /// Raise it even when every record was tried.
    always: bool,
    /// The journal is of another source: what it knows is not about these records.
    pub(super) source_differs: bool,
}

/// Records that this run has settled.
#[derive(Clone, Copy)]
pub(super) struct Settled {
    pub(super) pushed: usize,
    pub(super) failed: usize,
    pub(super) unknown: usize,
}

impl Stop {
    pub(super) fn new(options: &PushOptions) -> Self {
        Self {
            on_error: options.on_error,
            max_failures: options.max_failures,
            max_consecutive_unknown: options.max_consecutive_unknown,
            consecutive_unknown: 0,
            end: None,
            is_told: false,
        }
    }

    /// What has ended the push, for the first who asks: an end is told once, however many threads see it.
    pub(super) fn end_to_tell(&mut self) -> Option<Error> {
        let end = self.end.as_ref().filter(|_| !self.is_told)?;
        self.is_told = true;
        Some(end.error.clone())
    }

    pub(super) fn has_ended(&self) -> bool {
        self.end.is_some()
    }

    /// Whether the push has ended with an error even if every record was tried.
    pub(super) fn has_ended_for_sure(&self) -> bool {
        self.end.as_ref().is_some_and(|end| end.always)
    }

    pub(super) fn source_differs(&self) -> bool {
        self.end.as_ref().is_some_and(|end| end.source_differs)
    }

    /// Whether the newest answer could not be trusted.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.consecutive_unknown > 0
    }

    /// Ends the push, unless it has ended before.
    pub(super) fn end(&mut self, error: Error, always: bool) {
        if let Some(end) = &mut self.end {
            // The same end, of a call that knows what it had met.
            let knows_more = end.error.last_failure().is_none() && error.last_failure().is_some();
            if knows_more && end.error.kind() == error.kind() {
                end.error = end.error.clone().with_last_failure_of(error);
            }
            return;
        }
        self.end = Some(End {
            error,
            always,
            source_differs: false,
        });
    }

    /// Says more of what has ended the push.
    pub(super) fn explain(&mut self, context: &str) {
        if let Some(end) = &mut self.end {
            end.error = end.error.clone().in_context(context);
        }
    }

    /// Makes what has ended the push an error even though every record was tried: something else is left undone.
    pub(super) fn insist(&mut self, undone: &str) {
        if let Some(end) = self.end.as_mut().filter(|end| !end.always) {
            end.always = true;
            end.error = end.error.clone().in_context(undone);
        }
    }

    pub(super) fn end_as_source_differs(&mut self, error: Error) {
        self.end.get_or_insert(End {
            error,
            always: true,
            source_differs: true,
        });
    }

    /// A batch got an answer that can be trusted.
    pub(super) fn note_trusted(&mut self) {
        self.consecutive_unknown = 0;
    }

    /// A batch got no trustworthy answer.
    pub(super) fn count_unknown(&mut self, error: Error) {
        self.consecutive_unknown += 1;
        if self.consecutive_unknown == self.max_consecutive_unknown {
            let context = format!(
                "{} batches in a row got no trustworthy answer",
                self.consecutive_unknown
            );
            self.end(error.in_context(&context), false);
        }
    }

    /// Ends the push when too many records failed.
    pub(super) fn check(&mut self, settled: Settled) {
        let Settled {
            pushed,
            failed,
            unknown,
        } = settled;
        if self.on_error == OnError::Stop && failed + unknown > 0 {
            let message = format!(
                "{failed} records failed and {unknown} are unknown ({} is stop)",
                spelled("on_error")
            );
            self.end(Error::new(ErrorKind::Stopped, message), false);
        } else if let Some(most) = self.max_failures {
            let tried = pushed + failed + unknown;
            if most.are_exceeded(failed, tried) {
                let message = format!(
                    "{failed} of {tried} records failed, more than {} allows",
                    spelled("max_failures")
                );
                self.end(Error::new(ErrorKind::Stopped, message), false);
            }
        }
    }

    /// What ended the push. When all records were tried, only what is an error all the same.
    pub(super) fn take(&mut self, all_were_tried: bool) -> Option<End> {
        self.end.take().filter(|end| end.always || !all_were_tried)
    }
}
