//! What the packages for Python and Node need of the core and nobody else does: not part of its public
//! interface, and without any promise.

#[cfg(feature = "arrow")]
mod arrow;
mod bytes;
mod course;
mod events;
mod fields;
mod files;
mod names;
mod options;
mod read;
mod reply;
mod rows;
mod settings;
mod source;

pub use course::{Course, FeedPush, RejectRecord};
pub use events::{EventRing, Topics, for_one_call, with_headers};
pub use fields::{fields_schema, nearest_name, read_fields, suggest_fields};
pub use files::{journal_status, read_dead_letter};
pub use names::names;
pub use options::{check_options, csv_options, push_options};
pub use read::Read;
pub use reply::{
    Reply, ToJson, added_to_list_json, details_json, merge_reports, message_groups_json,
    outcomes_of, request_log_json, take_problems,
};
pub use rows::{RowsOrder, RowsReading, graph8_fields};
pub use settings::Settings;
pub use source::Source;
/// Stops a [`Read`].
pub use tokio_util::sync::CancellationToken;

pub use crate::option_names::spell_in_camel_case;
#[cfg(feature = "arrow")]
pub use crate::records::arrow::{Cell, CellFault, Column};
pub use crate::records::json;
pub use crate::records::objects::{MOST_LEVELS, problem_of_value};
pub use crate::records::shape::{Placed, Shaper, both_become};
#[cfg(feature = "arrow")]
pub use arrow::with_null_rows;
