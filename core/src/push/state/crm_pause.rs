//! How a push waits for the CRM's own rate limit.

use std::time::Duration;

use crate::error::{Error, ErrorKind};
use crate::http::repeat::MAX_REQUESTED_WAIT;
use crate::names::Provider;

/// The first wait when the CRM's own rate limit is reached; it doubles as long as nothing gets through.
const FIRST_PAUSE: Duration = Duration::from_secs(10);

pub(super) struct CrmPause {
    provider: Provider,
    /// Pauses in a row.
    level: u32,
    /// The first batch that left, or will leave, after the newest pause.
    first_batch: u64,
    /// The CRM's own message, as long as it holds records back.
    message: Option<String>,
}

impl CrmPause {
    pub(super) fn new(provider: Provider) -> Self {
        Self {
            provider,
            level: 0,
            first_batch: 0,
            message: None,
        }
    }

    pub(super) fn holds_records_back(&self) -> bool {
        self.message.is_some()
    }

    /// The CRM kept back records of this batch: how long to wait, if that is not decided already, or an
    /// error when it would be too long.
    pub(super) fn hold_back(
        &mut self,
        batch: u64,
        next_batch: u64,
        message: String,
    ) -> Result<Option<Duration>, Error> {
        // Parts of a split batch may leave after batches with higher ids.
        let is_of_this_pause = self.level > 0 && batch < self.first_batch;
        if !is_of_this_pause {
            self.level += 1;
            self.first_batch = next_batch;
        }
        let factor = 2_u32.saturating_pow(self.level - 1);
        let pause = FIRST_PAUSE.saturating_mul(factor);
        let error = (pause > MAX_REQUESTED_WAIT).then(|| {
            let message = format!(
                "the rate limit of {} itself is reached, and waiting did not help: {message}",
                self.provider
            );
            Error::new(ErrorKind::RateLimited, message)
        });
        self.message = Some(message);
        match error {
            Some(error) => Err(error),
            None => Ok((!is_of_this_pause).then_some(pause)),
        }
    }

    /// A batch came through; that ends the pause if it left after it.
    pub(super) fn came_through(&mut self, batch: u64) {
        if batch >= self.first_batch {
            self.level = 0;
            self.message = None;
        }
    }

    /// `error`, with the CRM's message where the push ran out of time waiting for the CRM.
    pub(super) fn explain(&mut self, error: Error) -> Error {
        match self.message.take() {
            Some(message) if error.kind() == ErrorKind::Timeout => error.in_context(&format!(
                "the rate limit of {} itself held records back ('{message}') until",
                self.provider
            )),
            _ => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_with_a_lower_id_that_leaves_later_begins_a_pause_of_its_own() {
        let mut pause = CrmPause::new(Provider::Hubspot);
        let held = |pause: &mut CrmPause, batch, next| {
            pause
                .hold_back(batch, next, "slow down".to_owned())
                .unwrap()
        };
        assert_eq!(held(&mut pause, 3, 4), Some(FIRST_PAUSE));
        pause.came_through(4);
        assert!(!pause.holds_records_back());
        assert_eq!(held(&mut pause, 2, 5), Some(FIRST_PAUSE));
        // Left before that pause began.
        assert_eq!(held(&mut pause, 4, 6), None);
        assert_eq!(held(&mut pause, 5, 6), Some(2 * FIRST_PAUSE));
    }
}
