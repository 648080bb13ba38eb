//! The native half of the Python package: conversion, the runtime, and nothing else.
//!
//! Defaults, checks and rules live in the core; classes, exceptions and documentation live in the
//! Python half beside it.

use pyo3::prelude::*;

mod arrow;
mod client;
mod encode;
mod events;
mod handles;
mod push;
mod reply;
mod rows;
mod runtime;
mod sandbox;
mod source;
mod tables;

/// Private: use `graph8_crm`.
#[pymodule(gil_used = false)]
mod _graph8_crm {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::client::NativeClient;
    #[pymodule_export]
    use super::encode::{NativeEncoder, encode, only_dicts};
    #[pymodule_export]
    use super::push::NativePush;
    #[pymodule_export]
    use super::reply::{
        NativeReply, core_names, field_kind, fields_schema, journal_status, merge_reports,
        nearest_name, parse_timestamp, read_dead_letter, read_fields, suggest_fields,
    };
    #[pymodule_export]
    use super::rows::{NativeReading, NativeRows, graph8_fields};
    #[pymodule_export]
    use super::runtime::{NativeCall, epoch, refuse_subinterpreter, shutdown};
    #[pymodule_export]
    use super::sandbox::NativeSandbox;
    #[pymodule_export]
    use super::tables::{NativeProblems, outcomes_stream, table_stream};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        // Only the first interpreter that imports gets here; the Python half asks in each.
        refuse_subinterpreter(module.py())?;
        crate::runtime::quieten_expected_panics();
        Ok(())
    }

    /// The version of the core, and so of the package.
    #[pymodule_export]
    const VERSION: &str = graph8_crm::VERSION;
}
