//! A push under way: JSON text in, its report out.

use std::sync::Arc;

use graph8_crm::{CancelHandle, Client, Flow, Push, PushOptions, Records};
use napi::Env;
use napi::bindgen_prelude::PromiseRaw;
use napi_derive::napi;
use serde_json::value::RawValue;
use tokio::sync::Mutex;

use crate::client::milliseconds;
use crate::reply::{NativeReply, promise};

/// A push's options as TypeScript has them; what is absent keeps the core's default.
#[napi(object, object_to_js = false)]
#[derive(Default)]
pub struct NativePushOptions {
    pub batch_size: Option<i64>,
    pub on_unknown: Option<String>,
    /// JSON text.
    pub provider_fields: Option<String>,
    pub deadline_ms: Option<f64>,
    pub max_consecutive_unknown: Option<i64>,
}

/// A record of a slice that JavaScript could not write as JSON.
#[napi(object, object_to_js = false)]
pub struct NativeRejection {
    /// Its place in the slice; `null` stands there in the text.
    pub position: u32,
    pub message: String,
}

/// A push: `feed` it slices in turn, then `finish` it.
#[napi]
pub struct NativePush {
    push: Arc<Mutex<Push>>,
    cancel: CancelHandle,
}

impl NativePush {
    pub(crate) fn start(
        client: &Client,
        provider: &str,
        kind: &str,
        options: NativePushOptions,
    ) -> Result<Self, NativeReply> {
        let options = options.read()?;
        let started = || client.start_push(provider.parse()?, kind.parse()?, options);
        let push = started().map_err(NativeReply::from)?;
        Ok(Self {
            cancel: push.cancel_handle(),
            push: Arc::new(Mutex::new(push)),
        })
    }
}

#[napi]
impl NativePush {
    /// Takes the text of a JSON array of records and sends every batch that is full; `ok` is
    /// `true` when the push wants more and `false` when it has ended.
    #[napi(catch_unwind)]
    pub fn feed<'env>(
        &self,
        env: &'env Env,
        records: String,
        rejected: Vec<NativeRejection>,
    ) -> napi::Result<PromiseRaw<'env, NativeReply>> {
        let push = self.push.clone();
        promise(env, async move {
            let mut records = match Records::from_json_array(records.into_bytes()) {
                Ok(records) => records,
                Err(error) => return error.into(),
            };
            for rejection in rejected {
                records.reject_at(rejection.position as usize, rejection.message);
            }
            let wants_more = push.lock().await.feed(records).await == Flow::Continue;
            NativeReply::result(&wants_more)
        })
    }

    /// Counts `not_sent` records of the source that were never fed, sends what waits, and gives
    /// the report.
    #[napi(catch_unwind)]
    pub fn finish<'env>(
        &self,
        env: &'env Env,
        not_sent: u32,
    ) -> napi::Result<PromiseRaw<'env, NativeReply>> {
        let push = self.push.clone();
        promise(env, async move {
            let mut push = push.lock().await;
            push.not_sent(not_sent as usize);
            push.finish().await.into()
        })
    }

    /// Stops the request in flight; `feed` and `finish` then resolve at once.
    #[napi(catch_unwind)]
    pub fn cancel(&self) {
        self.cancel.cancel();
    }
}

impl NativePushOptions {
    fn read(self) -> Result<PushOptions, NativeReply> {
        let mut options = PushOptions {
            deadline: milliseconds("deadlineMs", self.deadline_ms)
                .map_err(|message| NativeReply::unusable_argument(&message))?,
            ..PushOptions::default()
        };
        if let Some(size) = self.batch_size {
            options.batch_size = in_range("batchSize", size)?;
        }
        if let Some(count) = self.max_consecutive_unknown {
            options.max_consecutive_unknown = in_range("maxConsecutiveUnknown", count)?;
        }
        if let Some(fields) = self.provider_fields {
            let fields = RawValue::from_string(fields).map_err(|error| {
                NativeReply::unusable_argument(&format!("providerFields is not JSON: {error}"))
            })?;
            options.provider_fields = Some(fields);
        }
        if let Some(name) = self.on_unknown {
            options.on_unknown = name.parse().map_err(NativeReply::from)?;
        }
        Ok(options)
    }
}

fn in_range<T: TryFrom<i64>>(name: &str, value: i64) -> Result<T, NativeReply> {
    T::try_from(value).map_err(|_| {
        NativeReply::unusable_argument(&format!("{name} is {value}: use a number in range"))
    })
}
