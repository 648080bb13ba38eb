//! Feeding a push from a source that the core reads by itself.

use std::path::Path;

use tokio::runtime::{Handle, RuntimeFlavor};

use super::handle::{Flow, Push};
use crate::error::{Error, Result};
use crate::files::private_file::is_same_file;
use crate::records::{RecordSource, Records};

impl Push {
    /// Feeds the push until the source or the push ends; what the source holds then counts as not
    /// sent. On a tokio runtime of more than one thread, a source that blocks holds nobody up.
    ///
    /// # Errors
    ///
    /// What the source says; what it gave before is sent all the same.
    pub async fn feed_from(&self, source: &mut dyn RecordSource) -> Result<Flow> {
        if let Some(path) = source.path() {
            self.check_source(path)
                .inspect_err(|error| self.source_failed(error.message()))?;
        }
        if let Some(left) = source.left() {
            self.expect_total(left);
        }
        while let Some(records) = self.read(source)? {
            if let Some(emptied) = self.offer_and_reuse(records) {
                source.reuse(emptied);
            }
            if self.ready().await == Flow::Ended {
                // Records that were never tried would make it an error. Here the end may be all that is left.
                let is_open = !self.shared.finished.is_cancelled()
                    && !self.shared.state().has_ended_for_sure()
                    && !self.is_interrupted();
                match is_open.then(|| next(source)) {
                    Some(Ok(None)) => {}
                    Some(Ok(Some(more))) => self.offer(more),
                    Some(Err(_)) | None => self.leave_source(),
                }
                self.not_sent(source.left().unwrap_or(0));
                return Ok(Flow::Ended);
            }
        }
        Ok(Flow::Continue)
    }

    fn read(&self, source: &mut dyn RecordSource) -> Result<Option<Records>> {
        next(source).inspect_err(|error| {
            self.source_failed(error.message());
            self.not_sent(source.left().unwrap_or(0));
        })
    }

    /// What a push writes must not come back as records.
    fn check_source(&self, path: &Path) -> Result<()> {
        let options = &self.shared.options;
        for (name, file) in [
            ("dead-letter file", &options.dead_letter),
            ("journal", &options.journal),
        ] {
            if file.as_ref().is_some_and(|file| is_same_file(file, path)) {
                return Err(Error::config(format!(
                    "the records come from {}, which is the {name} of the same push: name another file",
                    path.display()
                )));
            }
        }
        Ok(())
    }
}

fn next(source: &mut dyn RecordSource) -> Result<Option<Records>> {
    match Handle::current().runtime_flavor() {
        // There block_in_place would panic.
        RuntimeFlavor::CurrentThread => source.next(),
        _ => tokio::task::block_in_place(|| source.next()),
    }
}
