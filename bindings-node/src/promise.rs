//! Work on other threads as promises of JavaScript, in which a panic is a reply.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use graph8_crm::Error;
use napi::Env;
use napi::bindgen_prelude::{JsValue, PromiseRaw};

use crate::reply::NativeReply;
use crate::runtime;

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
