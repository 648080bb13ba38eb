//! A read under way: it can be stopped before and while it runs.

use graph8_crm::Client;
use graph8_crm::border::{CancellationToken, Read};
use napi::Env;
use napi::bindgen_prelude::PromiseRaw;
use napi_derive::napi;

use crate::promise::promise;
use crate::reply::NativeReply;

/// One read: `run` it once.
#[napi]
pub struct NativeCall {
    client: Client,
    read: Read,
    cancel: CancellationToken,
}

impl NativeCall {
    pub(crate) fn new(client: Client, read: Read) -> Self {
        Self {
            client,
            read,
            cancel: CancellationToken::new(),
        }
    }
}

#[napi]
impl NativeCall {
    /// Makes the request.
    #[napi(catch_unwind)]
    pub fn run<'env>(&self, env: &'env Env) -> napi::Result<PromiseRaw<'env, NativeReply>> {
        let (client, read, cancel) = (self.client.clone(), self.read.clone(), self.cancel.clone());
        promise(
            env,
            async move { read.run_until(&client, cancel).await.into() },
        )
    }

    /// Drops the request; `run` then resolves at once.
    #[napi(catch_unwind)]
    pub fn cancel(&self) {
        self.cancel.cancel();
    }
}
