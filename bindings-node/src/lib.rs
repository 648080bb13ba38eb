//! The addon under the npm package: conversion and nothing else.
//!
//! What crosses is JSON text and flags. Nothing here rejects or throws: a call resolves to a
//! [`reply::NativeReply`] that holds a result or an error, and TypeScript throws the class.

#![expect(clippy::result_large_err, reason = "a reply crosses once a call")]

use napi::bindgen_prelude::create_custom_tokio_runtime;
use tokio::runtime::Builder;

mod call;
mod client;
mod flat;
mod push;
mod reply;
mod sandbox;

/// Network calls leave it idle nearly always, and a second one would be woken for nothing. What blocks,
/// such as opening a file, has tokio put another in its place.
const WORKERS: usize = 1;

#[napi_derive::module_init]
fn init() {
    let runtime = Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_name("graph8-crm")
        .enable_all()
        .build();
    // Without threads to be had, napi tries again with its own and says so.
    if let Ok(runtime) = runtime {
        create_custom_tokio_runtime(runtime);
    }
}
