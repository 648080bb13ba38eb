//! Pushes that look into the CRM, over several runs of a journal.

use std::path::PathBuf;

use graph8_crm::border::push_options;
use graph8_crm::{Client, Outcome, Provider, PushReport};
use graph8_sandbox::{Sandbox, SandboxOptions};
use serde_json::{Value, json};

struct Stage {
    sandbox: Sandbox,
    client: Client,
    folder: PathBuf,
}

impl Stage {
    fn new() -> Self {
        let sandbox = Sandbox::start(SandboxOptions::default()).unwrap();
        let client = Client::builder()
            .api_key("g8_sbx_demo")
            .base_url(sandbox.url())
            .build()
            .unwrap();
        let name = format!(
            "graph8-looks-{}-{:x}",
            std::process::id(),
            fastrand::u64(..)
        );
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).unwrap();
        Self {
            sandbox,
            client,
            folder,
        }
    }

    fn command(&self, command: &Value) -> Value {
        serde_json::from_str(&self.sandbox.command_json(&command.to_string()).unwrap()).unwrap()
    }

    async fn push(&self, records: &[Value], options: &Value) -> PushReport {
        let mut all = json!({"journal": self.folder.join("journal"), "concurrency": 1});
        let options = options.as_object().unwrap().clone();
        all.as_object_mut().unwrap().extend(options);
        let options = push_options(&all.to_string()).unwrap();
        let pushed = self
            .client
            .push_contacts(Provider::Hubspot, records, options)
            .await;
        match pushed {
            Ok(report) => report,
            Err(error) => error.into_report().unwrap(),
        }
    }

    fn requests_to(&self, path: &str) -> usize {
        let requests = self.command(&json!({"do": "requests"}));
        let requests = requests.as_array().unwrap().iter();
        requests
            .filter(|request| request["path"].as_str().unwrap().ends_with(path))
            .count()
    }

    fn held(&self) -> usize {
        let held =
            self.command(&json!({"do": "records", "provider": "hubspot", "entity": "contacts"}));
        held.as_array().unwrap().len()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn contacts(count: usize) -> Vec<Value> {
    let contact = |number| json!({"email": format!("p{number}@x.test")});
    (0..count).map(contact).collect()
}

#[tokio::test]
async fn skipped_contacts_stay_so_in_the_next_run_of_a_journal() {
    let stage = Stage::new();
    let records = contacts(150);
    stage.command(
        &json!({"do": "add_contacts", "provider": "hubspot", "records": [records[3], records[120]]}),
    );
    // The second look-up fails, whatever is tried.
    stage.command(
        &json!({"do": "fail_next", "operation": "find_contacts", "skip": 1, "count": 5,
        "fault": {"kind": "status", "status": 500}}),
    );
    let options = json!({"skip_existing": true});
    let first = stage.push(&records, &options).await;
    assert_eq!(
        (first.pushed(), first.skipped(), first.not_sent()),
        (99, 1, 50)
    );
    let reason = first.ended_early().unwrap();
    assert!(
        reason.starts_with("50 records could not be looked up"),
        "{reason}"
    );
    assert_eq!(stage.requests_to("lookup-by-email"), 6);

    let second = stage.push(&records, &options).await;
    assert_eq!(
        (second.pushed(), second.skipped(), second.not_sent()),
        (148, 2, 0)
    );
    let existing: Vec<(usize, &[String])> = second
        .skips()
        .iter()
        .map(|skip| (skip.index, &skip.existing[..]))
        .collect();
    assert_eq!(
        existing,
        [
            (3, &["512345678001".to_owned()][..]),
            (120, &["512345678002".to_owned()][..])
        ]
    );
    // Only those that were not sent are asked for again.
    assert_eq!(stage.requests_to("lookup-by-email"), 7);
    assert_eq!(stage.held(), 150);
}

#[tokio::test]
async fn a_doubt_of_an_earlier_run_is_ended_by_what_is_not_there_alone() {
    let stage = Stage::new();
    let records = contacts(2);
    let fault =
        |fault: Value| json!({"do": "fail_next", "operation": "push_contacts", "fault": fault});
    stage.command(&fault(json!({"kind": "close_after_write"})));
    stage.command(&fault(json!({"kind": "status", "status": 500})));
    let options = json!({"skip_existing": true, "batch_size": 1});
    let first = stage.push(&records, &options).await;
    assert_eq!(first.unknown(), 2);

    let looking = json!({"skip_existing": true, "batch_size": 1, "resolve_unknown": "lookup", "resolve_unknown_after": 0});
    let second = stage.push(&records, &looking).await;
    let outcomes: Vec<Outcome> = second.outcomes().iter().collect();
    // This run had not looked before that record left.
    assert_eq!(outcomes, [Outcome::Unknown, Outcome::NotSent]);
    assert!(second.problems()[0].message.contains("may be older"));

    let third = stage.push(&records, &looking).await;
    let outcomes: Vec<Outcome> = third.outcomes().iter().collect();
    assert_eq!(outcomes, [Outcome::Unknown, Outcome::Pushed]);
    assert_eq!(stage.held(), 2);
}
