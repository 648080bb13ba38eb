//! How records become bytes.

#[cfg(feature = "arrow")]
pub(crate) mod arrow;
#[cfg(feature = "arrow-ipc")]
pub(crate) mod arrow_ipc;
pub(crate) mod batch;
mod content_hash;
pub(crate) mod csv;
mod encoded;
mod file;
pub(crate) mod format;
pub(crate) mod identity;
pub mod json;
pub(crate) mod key;
mod known_names;
pub(crate) mod list_change;
mod list_change_form;
mod ndjson;
pub(crate) mod objects;
mod opened;
mod plain;
pub(crate) mod shape;
mod source;
mod text;
mod typed;

#[cfg(feature = "arrow")]
pub use arrow::ArrowRecords;
pub(crate) use content_hash::content_hash;
pub use csv::{CsvFile, CsvOptions};
pub use encoded::Records;
pub(crate) use encoded::{Chunk, Run, lone_surrogate, problem_as_object};
pub use file::RecordFile;
pub use list_change::ListChange;
pub use ndjson::{Ndjson, NdjsonFile};
pub use shape::{Nan, RecordForm, RecordShape};
pub use source::RecordSource;
pub use typed::{hubspot, pipedrive, salesforce, sugarcrm, zoho};
