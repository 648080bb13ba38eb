//! A read under way: it can be stopped before and while it runs.

use std::sync::Arc;

use graph8_crm::{Client, EntityType, Provider, Result};
use napi::Env;
use napi::bindgen_prelude::PromiseRaw;
use napi_derive::napi;
use serde::Serialize;
use tokio::sync::Notify;

use crate::reply::{NativeReply, promise};

pub(crate) enum Read {
    ListSyncs,
    Fields {
        provider: String,
        entity_type: String,
    },
    Status {
        provider: String,
    },
}

/// One read: `run` it once.
#[napi]
pub struct NativeCall {
    client: Client,
    read: Arc<Read>,
    cancel: Arc<Notify>,
}

impl NativeCall {
    pub(crate) fn new(client: Client, read: Read) -> Self {
        Self {
            client,
            read: Arc::new(read),
            cancel: Arc::new(Notify::new()),
        }
    }
}

#[napi]
impl NativeCall {
    /// Makes the request.
    #[napi(catch_unwind)]
    pub fn run<'env>(&self, env: &'env Env) -> napi::Result<PromiseRaw<'env, NativeReply>> {
        let (client, read, cancel) = (self.client.clone(), self.read.clone(), self.cancel.clone());
        promise(env, async move {
            tokio::select! {
                reply = perform(&client, &read) => reply,
                () = cancel.notified() => NativeReply::own_error("cancelled", "the call was cancelled"),
            }
        })
    }

    /// Drops the request; `run` then resolves at once.
    #[napi(catch_unwind)]
    pub fn cancel(&self) {
        // Kept for a run that has not started to wait yet.
        self.cancel.notify_one();
    }
}

async fn perform(client: &Client, read: &Read) -> NativeReply {
    match read {
        Read::ListSyncs => reply(client.list_syncs().await),
        Read::Fields {
            provider,
            entity_type,
        } => reply(fields(client, provider, entity_type).await),
        Read::Status { provider } => reply(status(client, provider).await),
    }
}

async fn fields(
    client: &Client,
    provider: &str,
    entity_type: &str,
) -> Result<Vec<graph8_crm::Field>> {
    let provider: Provider = provider.parse()?;
    let entity_type: EntityType = entity_type.parse()?;
    client.fields(provider, entity_type).await
}

async fn status(client: &Client, provider: &str) -> Result<graph8_crm::ConnectionStatus> {
    let provider: Provider = provider.parse()?;
    client.status(provider).await
}

fn reply<T: Serialize>(outcome: Result<T>) -> NativeReply {
    match outcome {
        Ok(value) => NativeReply::result(&value),
        Err(error) => error.into(),
    }
}
