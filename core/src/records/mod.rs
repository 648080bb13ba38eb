//! How records become bytes.

pub use crate::encoded::Records;
pub(crate) use crate::encoded::{Chunk, Run, problem_as_object};
pub use crate::record_source::RecordSource;
