//! The addon under the npm package: conversion and nothing else.
//!
//! What crosses is JSON text and flags. Nothing here rejects or throws: a call resolves to a
//! [`reply::NativeReply`] that holds a result or an error, and TypeScript throws the class.

#![expect(clippy::result_large_err, reason = "a reply crosses once a call")]

mod arrow;
mod call;
mod client;
mod flat;
mod promise;
mod push;
mod reply;
mod rows;
mod runtime;
mod sandbox;

/// The addon's version, for the package to compare with its own: they are installed apart.
#[napi_derive::napi]
#[must_use]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
