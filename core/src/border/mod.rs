//! What the packages for Python and Node need of the core and nobody else does: not part of its public
//! interface, and without any promise.

mod course;
mod files;
mod names;
mod options;
mod read;
mod reply;
mod settings;

pub use course::{Course, FeedPush, RejectRecord, Source};
pub use files::{journal_status, read_dead_letter};
pub use names::names;
pub use options::push_options;
pub use read::Read;
pub use reply::{Reply, ToJson, details_json, fields_schema, merge_reports};
pub use settings::Settings;

pub use crate::records::json;
pub use crate::records::shape::{Placed, Shaper, both_become};
