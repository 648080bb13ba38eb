//! Calls that read: connections, their fields and their state.

mod calls;
mod fetch;
mod field;
mod field_details;
mod fields;
mod graph8_rows;
mod json_schema;
mod tolerant;

pub use calls::{ConnectionStatus, CrmSync, Timestamp};
pub(crate) use fetch::{fetch_fields, fetch_syncs};
pub use field::Field;
pub use field_details::FieldOption;
pub use fields::Fields;
#[cfg(feature = "bindings")]
pub(crate) use graph8_rows::Tally;
pub use graph8_rows::{Graph8CompaniesQuery, Graph8ContactsQuery, Graph8Rows};
pub use json_schema::{FieldKind, json_schema};
