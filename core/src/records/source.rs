//! Sources that the core reads by itself: files and Arrow streams.

use crate::error::Result;
use crate::records::Records;

/// Gives records chunk by chunk.
pub trait RecordSource: Send {
    /// The next chunk, a few hundred records or so; `None` at the end. It may block.
    ///
    /// # Errors
    ///
    /// What the source says; it is not asked again.
    fn next(&mut self) -> Result<Option<Records>>;

    /// How many records it still holds, if it knows.
    fn left(&self) -> usize {
        0
    }
}
