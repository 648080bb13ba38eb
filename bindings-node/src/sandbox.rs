//! The sandbox inside the package: options and commands as JSON text.

use std::sync::{Arc, Mutex, PoisonError};

use graph8_crm::Error;
use graph8_crm::border::Reply;
use graph8_sandbox::{API_KEY, CommandLine, Sandbox, SandboxOptions};
use napi::Env;
use napi::bindgen_prelude::PromiseRaw;
use napi_derive::napi;
use serde_json::value::RawValue;

use crate::promise::promise;
use crate::reply::NativeReply;

/// A sandbox; it runs from `start` to `stop`, or to the end of this object or of the process.
#[napi]
#[derive(Default)]
pub struct NativeSandbox(Arc<Mutex<Option<Sandbox>>>);

#[napi]
impl NativeSandbox {
    #[napi(constructor, catch_unwind)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts it with options as JSON text; `ok` has its `url` and an `api_key`.
    #[napi(catch_unwind)]
    pub fn start<'env>(
        &self,
        env: &'env Env,
        options: String,
    ) -> napi::Result<PromiseRaw<'env, NativeReply>> {
        self.with(env, move |sandbox| {
            let options: SandboxOptions = serde_json::from_str(&options)
                .map_err(|error| unusable(&format!("the sandbox's options are wrong: {error}")))?;
            let started = Sandbox::start(options)
                .map_err(|error| unusable(&format!("the sandbox can't start: {error}")))?;
            let place = serde_json::json!({"url": started.url(), "api_key": API_KEY});
            *sandbox = Some(started);
            Ok(NativeReply::result(&place))
        })
    }

    /// Does what a command line asks; `ok` has the `text` to print and either `until_stdin_closes` or an exit `code`.
    #[napi(catch_unwind)]
    pub fn run_command<'env>(
        &self,
        env: &'env Env,
        name: String,
        arguments: Vec<String>,
    ) -> napi::Result<PromiseRaw<'env, NativeReply>> {
        self.with(env, move |sandbox| {
            let done = match CommandLine::run(&name, arguments) {
                CommandLine::Started(started) => {
                    *sandbox = Some(started.sandbox);
                    serde_json::json!({
                        "text": started.greeting,
                        "until_stdin_closes": started.until_stdin_closes,
                    })
                }
                CommandLine::Ended(ended) => {
                    serde_json::json!({"text": ended.text, "code": ended.code})
                }
            };
            Ok(NativeReply::result(&done))
        })
    }

    /// Carries out a command, JSON text in and out.
    #[napi(catch_unwind)]
    pub fn command<'env>(
        &self,
        env: &'env Env,
        command: String,
    ) -> napi::Result<PromiseRaw<'env, NativeReply>> {
        self.with(env, move |sandbox| {
            let sandbox = sandbox
                .as_ref()
                .ok_or_else(|| unusable("the sandbox has stopped: start another one"))?;
            let value = sandbox
                .command_json(&command)
                .map_err(|message| unusable(&message))?;
            RawValue::from_string(value)
                .map(|value| NativeReply::result(&value))
                .map_err(|error| NativeReply::from(Reply::internal(&error.to_string())))
        })
    }

    /// Stops it; a second call does nothing.
    #[napi(catch_unwind)]
    pub fn stop<'env>(&self, env: &'env Env) -> napi::Result<PromiseRaw<'env, NativeReply>> {
        self.with(env, |sandbox| {
            if let Some(mut running) = sandbox.take() {
                running.stop();
            }
            Ok(NativeReply::result(&true))
        })
    }
}

impl NativeSandbox {
    /// Off the event loop: starting and stopping wait for a thread.
    fn with<'env>(
        &self,
        env: &'env Env,
        work: impl FnOnce(&mut Option<Sandbox>) -> Result<NativeReply, NativeReply> + Send + 'static,
    ) -> napi::Result<PromiseRaw<'env, NativeReply>> {
        let sandbox = self.0.clone();
        promise(env, async move {
            let mut sandbox = sandbox.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut sandbox).unwrap_or_else(|reply| reply)
        })
    }
}

fn unusable(message: &str) -> NativeReply {
    Error::config(message).into()
}
