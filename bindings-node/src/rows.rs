//! graph8's own rows: to iterate, or as the source of a push.

use std::sync::Arc;

use graph8_crm::Client;
use graph8_crm::border::{self, Reply, RowsOrder, RowsReading};
use napi::Env;
use napi::bindgen_prelude::PromiseRaw;
use napi_derive::napi;
use tokio::sync::{Mutex, Notify};

use crate::promise::{guarded, promise};
use crate::reply::NativeReply;

/// Rows as they were asked for; each reading begins anew.
#[napi]
pub struct NativeRows(Arc<RowsOrder>);

impl NativeRows {
    pub(crate) fn new(client: &Client, kind: &str, query: &str) -> Result<Self, NativeReply> {
        guarded(|| {
            let order = RowsOrder::new(client, kind, query)?;
            Ok(Self(Arc::new(order)))
        })
    }

    /// A reading from the first page on, to feed a push.
    pub(crate) fn reading(&self) -> RowsReading {
        self.0.read()
    }
}

#[napi]
impl NativeRows {
    /// A reading from the first page on.
    #[napi(catch_unwind)]
    pub fn read(&self) -> NativeReading {
        NativeReading {
            reading: Arc::new(Mutex::new(self.0.read())),
            cancel: Arc::new(Notify::new()),
        }
    }

    /// JSON text of what the last reading came to.
    #[napi(catch_unwind)]
    pub fn tally(&self) -> String {
        self.0.tally()
    }
}

/// One reading of rows.
#[napi]
pub struct NativeReading {
    reading: Arc<Mutex<RowsReading>>,
    cancel: Arc<Notify>,
}

#[napi]
impl NativeReading {
    /// The next rows: `result` is a list, or null at the end.
    #[napi(catch_unwind)]
    pub fn next<'env>(&self, env: &'env Env) -> napi::Result<PromiseRaw<'env, NativeReply>> {
        let (reading, cancel) = (Arc::clone(&self.reading), Arc::clone(&self.cancel));
        promise(env, async move {
            let mut reading = reading.lock().await;
            let reply = tokio::select! {
                reply = reading.next() => reply,
                () = cancel.notified() => Reply::cancelled(),
            };
            reply.into()
        })
    }

    /// Drops the request under way; its `next` then resolves at once.
    #[napi(catch_unwind)]
    pub fn cancel(&self) {
        // Kept for a `next` that has not started to wait yet.
        self.cancel.notify_one();
    }
}

/// Where the fields of graph8's rows of a kind go in a CRM.
#[napi(catch_unwind)]
#[cfg_attr(
    test,
    allow(dead_code, reason = "only the addon's own build exports it")
)]
pub fn graph8_fields(provider: String, kind: String) -> NativeReply {
    border::graph8_fields(&provider, &kind).into()
}
