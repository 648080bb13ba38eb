//! The sandbox over real HTTP.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod behaviour;
mod command;
mod faults;
mod graph8;
mod openapi;
mod page;
mod siblings;

use std::time::Duration;

use graph8_sandbox::{Sandbox, SandboxOptions};
use serde_json::{Value, json};

/// A sandbox and a plain HTTP client for it.
struct Bench {
    sandbox: Sandbox,
    http: reqwest::Client,
}

impl Bench {
    fn start() -> Self {
        Self::with(SandboxOptions::default())
    }

    fn with(options: SandboxOptions) -> Self {
        // An Err only says that another test was first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            sandbox: Sandbox::start(options).unwrap(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    fn run(&self, command: Value) -> Value {
        serde_json::from_str(&self.sandbox.command_json(&command.to_string()).unwrap()).unwrap()
    }

    async fn until_held(&self, count: usize) {
        while self.run(json!({"do": "held"})) != json!(count) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    async fn get(&self, path: &str) -> reqwest::Result<reqwest::Response> {
        let url = format!("{}/api/v1/{path}", self.sandbox.url());
        self.http.get(url).bearer_auth("g8_test_1").send().await
    }

    async fn post(&self, path: &str, body: &Value) -> reqwest::Result<reqwest::Response> {
        let url = format!("{}/api/v1/{path}", self.sandbox.url());
        self.http
            .post(url)
            .bearer_auth("g8_test_1")
            .json(body)
            .send()
            .await
    }

    async fn push(&self, provider: &str, entity: &str, records: Value) -> Value {
        let path = format!("crm-syncs/{provider}/{entity}/push");
        let answer = self
            .post(&path, &json!({"records": records}))
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        answer.json::<Value>().await.unwrap()["data"].clone()
    }
}
