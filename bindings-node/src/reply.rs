//! What crosses back to TypeScript: JSON texts, for results and errors alike.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use graph8_crm::border::{Reply, ToJson};
use graph8_crm::{Error, PushReport};
use napi::Env;
use napi::bindgen_prelude::{JsValue, PromiseRaw, Uint8Array};
use napi_derive::napi;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::runtime;

/// The end of a call: either `ok` or `error` is set; `report`, `problems`, `unsent` and `outcomes` go
/// with the error that ended a push, or stand for its result.
#[napi(object, object_from_js = false)]
#[derive(Default)]
pub struct NativeReply {
    /// JSON text of the result.
    pub ok: Option<String>,
    /// JSON text of the error.
    pub error: Option<String>,
    /// JSON text of a push's report, without its problems and unsent records.
    pub report: Option<String>,
    /// JSON text of the report's problems; apart, so that the event loop parses them on demand.
    /// Absent when there are none.
    pub problems: Option<String>,
    /// JSON text of the records that were read and not sent; as well.
    pub unsent: Option<String>,
    /// A push's outcomes, four a byte, the first in the lowest bits: 0 pushed, 1 failed, 2 unknown,
    /// 3 not sent. Absent when all were pushed.
    pub outcomes: Option<Uint8Array>,
}

impl NativeReply {
    pub(crate) fn result<T: Serialize + ?Sized>(value: &T) -> Self {
        Reply::result(value).into()
    }

    fn with_report(mut self, report: &PushReport) -> Self {
        // Split by key rather than field by field: a new field of the core passes as it is.
        let json = report.to_json();
        if let Ok(mut fields) = serde_json::from_str::<BTreeMap<String, &RawValue>>(&json) {
            let mut apart = |name: &str| fields.remove(name).map(|part| part.get().to_owned());
            let is_something = |list: &String| list != "[]";
            self.problems = apart("problems").filter(is_something);
            self.unsent = apart("unsent").filter(is_something);
            self.report = serde_json::to_string(&fields).ok();
        }
        if report.pushed() < report.records() {
            self.outcomes = Some(report.outcomes().as_packed().to_vec().into());
        }
        self
    }
}

impl From<Reply> for NativeReply {
    fn from(reply: Reply) -> Self {
        let native = Self {
            ok: reply.result,
            error: reply.error,
            ..Self::default()
        };
        match reply.report {
            Some(report) => native.with_report(&report),
            None => native,
        }
    }
}

impl From<Error> for NativeReply {
    fn from(error: Error) -> Self {
        Reply::from(error).into()
    }
}

/// A promise of what `work` gives. It owns all that it uses: an `async fn` of napi borrows its
/// object instead, which is freed under it when a worker thread is terminated.
pub(crate) fn promise(
    env: &Env,
    work: impl Future<Output = NativeReply> + Send + 'static,
) -> napi::Result<PromiseRaw<'_, NativeReply>> {
    let (deferred, promise) = env.create_deferred()?;
    let promise = PromiseRaw::new(env.raw(), promise.raw());
    match runtime::handle() {
        Ok(runtime) => drop(runtime.spawn(async move {
            deferred.resolve(giving(contained(work).await));
        })),
        Err(reply) => deferred.resolve(giving(reply)),
    }
    Ok(promise)
}

fn giving(reply: NativeReply) -> impl FnOnce(Env) -> napi::Result<NativeReply> {
    move |_| Ok(reply)
}

/// Does `work` at once, and turns a panic in it into a reply.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, NativeReply>) -> Result<T, NativeReply> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(panicked()))
}

pub(crate) fn panicked() -> NativeReply {
    Error::internal().into()
}

/// Turns a panic in `work` into a reply: Node lives on.
async fn contained(work: impl Future<Output = NativeReply>) -> NativeReply {
    let mut work = pin!(work);
    poll_fn(|context| {
        catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)))
            .unwrap_or_else(|_| Poll::Ready(panicked()))
    })
    .await
}
