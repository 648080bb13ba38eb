//! Calls that read: connections, their fields and their state.

mod calls;
mod json_schema;

pub use calls::{ConnectionStatus, CrmSync, Field, Timestamp};
pub use json_schema::{FieldKind, json_schema};
