//! The threads that calls run on, started with the first of them.

use std::panic::catch_unwind;
use std::sync::{Mutex, PoisonError};

use tokio::runtime::{Builder, Handle, Runtime};

use graph8_crm::Error;

use crate::reply::NativeReply;

/// Network calls leave it idle nearly always, and a second one would be woken for nothing. What blocks,
/// such as opening a file, has tokio put another in its place.
const WORKERS: usize = 1;

/// Never dropped: that would wait for what blocks, and the process may end without.
static RUNTIME: Mutex<Option<Runtime>> = Mutex::new(None);

/// The runtime; without the files and threads that it needs, an error, and the next call tries again.
pub(crate) fn handle() -> Result<Handle, NativeReply> {
    let mut runtime = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(runtime) = &*runtime {
        return Ok(runtime.handle().clone());
    }
    let built = started()?;
    Ok(runtime.insert(built).handle().clone())
}

fn started() -> Result<Runtime, NativeReply> {
    let build = || {
        Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .thread_name("graph8-crm")
            .enable_all()
            .build()
    };
    // Where there are no threads to be had, tokio panics.
    let reason = match catch_unwind(build) {
        Ok(Ok(runtime)) => return Ok(runtime),
        Ok(Err(error)) => error.to_string(),
        Err(_) => String::from("no thread can be started"),
    };
    let error = Error::unreachable(format!(
        "nothing was sent, since the package's thread can't start: {reason}. Let the process have \
         more open files and threads (ulimit -n, ulimit -u), or close some, and call again"
    ));
    Err(error.into())
}
