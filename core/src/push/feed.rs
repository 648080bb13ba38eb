//! Feeding a push from a source that the core reads by itself.

use tokio::runtime::{Handle, RuntimeFlavor};

use super::handle::{Flow, Push};
use crate::error::Result;
use crate::records::{RecordSource, Records};

impl Push {
    /// Feeds the push until the source or the push ends; what the source holds then counts as not
    /// sent. On a tokio runtime of more than one thread, a source that blocks holds nobody up.
    ///
    /// # Errors
    ///
    /// What the source says; what it gave before is sent all the same.
    pub async fn feed_from(&self, source: &mut dyn RecordSource) -> Result<Flow> {
        let left = source.left();
        if left > 0 {
            self.expect_total(left);
        }
        while let Some(records) = next(source)? {
            if self.feed(records).await == Flow::Ended {
                // Records that were never tried would make it an error. Here the end may be all that is left.
                let is_open = !self.shared.state().has_ended_for_sure() && !self.is_interrupted();
                match is_open.then(|| next(source)) {
                    Some(Ok(None)) => {}
                    Some(Ok(Some(more))) => self.offer(more),
                    Some(Err(_)) | None => self.leave_source(),
                }
                self.not_sent(source.left());
                return Ok(Flow::Ended);
            }
        }
        Ok(Flow::Continue)
    }
}

fn next(source: &mut dyn RecordSource) -> Result<Option<Records>> {
    match Handle::current().runtime_flavor() {
        // There block_in_place would panic.
        RuntimeFlavor::CurrentThread => source.next(),
        _ => tokio::task::block_in_place(|| source.next()),
    }
}
