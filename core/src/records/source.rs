//! Sources that the core reads by itself: files and Arrow streams.

use std::path::Path;

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

    /// Takes back the memory of a chunk that nobody reads any more, empty, to give the next one in. A source may
    /// let it go.
    fn reuse(&mut self, emptied: Records) {
        drop(emptied);
    }

    /// The file that it reads, if it is one: a push does not write into its own source.
    fn path(&self) -> Option<&Path> {
        None
    }

    /// How many records it still holds, asked before the first chunk and after the last that is taken;
    /// `None` where it can't know.
    fn left(&self) -> Option<usize> {
        None
    }
}
