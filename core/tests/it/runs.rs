//! A sandbox, a client and a folder, for several runs of one journal.

use std::path::PathBuf;

use graph8_crm::border::push_options;
use graph8_crm::{Client, Provider, PushOptions, PushReport};
use graph8_sandbox::{Sandbox, SandboxOptions};
use serde_json::{Value, json};

pub(crate) struct Runs {
    sandbox: Sandbox,
    pub(crate) client: Client,
    pub(crate) folder: PathBuf,
    /// The options of every run.
    pub(crate) usual: Value,
}

impl Runs {
    pub(crate) fn new() -> Self {
        let sandbox = Sandbox::start(SandboxOptions::default()).unwrap();
        let client = Client::builder()
            .api_key("g8_sbx_demo")
            .base_url(sandbox.url())
            .build()
            .unwrap();
        let name = format!("graph8-runs-{}-{:x}", std::process::id(), fastrand::u64(..));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).unwrap();
        Self {
            sandbox,
            client,
            usual: json!({"journal": folder.join("journal"), "concurrency": 1}),
            folder,
        }
    }

    pub(crate) fn options(&self, options: &Value) -> PushOptions {
        let mut all = self.usual.clone();
        let more = options.as_object().unwrap().clone();
        all.as_object_mut().unwrap().extend(more);
        push_options(&all.to_string()).unwrap()
    }

    /// A push of contacts into HubSpot; its report, however it ends.
    pub(crate) async fn push(&self, records: &[Value], options: &Value) -> PushReport {
        let options = self.options(options);
        let pushed = self
            .client
            .push_contacts(Provider::Hubspot, records, options)
            .await;
        match pushed {
            Ok(report) => report,
            Err(error) => error.into_report().unwrap(),
        }
    }

    pub(crate) fn command(&self, command: &Value) -> Value {
        serde_json::from_str(&self.sandbox.command_json(&command.to_string()).unwrap()).unwrap()
    }

    /// How many contacts HubSpot holds.
    pub(crate) fn held(&self) -> usize {
        let held =
            self.command(&json!({"do": "records", "provider": "hubspot", "entity": "contacts"}));
        held.as_array().unwrap().len()
    }
}

impl Drop for Runs {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
