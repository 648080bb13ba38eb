//! Calls that read: connections, their fields and their state.

mod calls;
mod fetch;
mod field;
mod graph8_rows;
mod json_schema;
mod tolerant;

pub use calls::{ConnectionStatus, CrmSync, Timestamp};
pub(crate) use fetch::fetch_fields;
pub use field::Field;
#[cfg(feature = "bindings")]
pub(crate) use graph8_rows::Tally;
pub use graph8_rows::{Graph8CompaniesQuery, Graph8ContactsQuery, Graph8Rows};
pub use json_schema::{FieldKind, json_schema};
