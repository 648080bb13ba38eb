//! Pushes with a journal whose process is killed, checked on both ends.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use fastrand::Rng;
use graph8_crm::{
    BatchSize, Client, ErrorKind, ListChange, OnUnknown, Outcome, Provider, PushOptions,
    PushReport, journal_status,
};
use graph8_sandbox::{Sandbox, SandboxOptions};
use serde_json::{Value, json};
use tokio::process::Command;

const RECORDS: usize = 1_000;
const BATCH: usize = 20;
const CONCURRENCY: usize = 4;
const KILLS: u64 = 50;

fn people() -> impl Iterator<Item = Value> {
    (0..RECORDS).map(|number| json!({"name": format!("Person {number}")}))
}

fn options(journal: &Path) -> PushOptions {
    PushOptions {
        batch_size: BatchSize::Fixed(BATCH),
        concurrency: CONCURRENCY,
        journal: Some(journal.to_owned()),
        ..PushOptions::default()
    }
}

fn client(url: &str) -> Client {
    Client::builder()
        .api_key("g8_sbx_demo")
        .base_url(url)
        .rate_limit(None)
        .build()
        .unwrap()
}

/// A sandbox and a folder for the journal, which goes with it.
struct World {
    sandbox: Sandbox,
    folder: PathBuf,
}

impl World {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("graph8-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&folder).unwrap();
        Self {
            sandbox: Sandbox::start(SandboxOptions::default()).unwrap(),
            folder,
        }
    }

    fn journal(&self) -> PathBuf {
        self.folder.join("contacts.journal")
    }

    fn command(&self, command: &Value) -> Value {
        serde_json::from_str(&self.sandbox.command_json(&command.to_string()).unwrap()).unwrap()
    }

    fn fail(&self, fault: &Value, count: u64, probability: f64) {
        self.command(&json!({
            "do": "fail_next", "operation": "push_contacts", "count": count, "probability": probability, "fault": fault,
        }));
    }

    fn times_held(&self) -> HashMap<String, usize> {
        let command = json!({"do": "records", "provider": "pipedrive", "entity": "contacts"});
        let mut held = HashMap::new();
        for record in self.command(&command).as_array().unwrap() {
            let name = record["fields"]["name"].as_str().unwrap().to_owned();
            *held.entry(name).or_default() += 1;
        }
        held
    }

    fn requests(&self) -> Vec<Value> {
        self.command(&json!({"do": "requests"}))
            .as_array()
            .unwrap()
            .clone()
    }

    /// Pushes in a process of its own and kills that so long after so many requests.
    async fn push_and_kill(&self, requests: usize, after: Duration) {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "journal::a_push_to_be_killed",
                "--ignored",
                "--nocapture",
            ])
            .env("GRAPH8_TEST_URL", self.sandbox.url())
            .env("GRAPH8_TEST_JOURNAL", self.journal())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let all = self.requests().len() + requests;
        while self.requests().len() < all && child.try_wait().unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        tokio::time::sleep(after).await;
        // It may have ended by itself.
        let _ = child.start_kill();
        child.wait().await.unwrap();
    }

    async fn resume(&self, on_unknown: OnUnknown) -> PushReport {
        let options = PushOptions {
            on_unknown,
            ..options(&self.journal())
        };
        client(self.sandbox.url())
            .push_contacts(Provider::Pipedrive, people(), options)
            .await
            .unwrap()
    }

    fn check(&self, report: &PushReport, may_repeat: bool) {
        let sum = report.pushed() + report.failed() + report.unknown() + report.not_sent();
        assert_eq!((report.records(), sum), (RECORDS, RECORDS));
        let held = self.times_held();
        for (index, outcome) in report.outcomes().iter().enumerate() {
            let times = held
                .get(&format!("Person {index}"))
                .copied()
                .unwrap_or_default();
            assert!(
                times <= 1 || may_repeat,
                "record {index} is held {times} times"
            );
            match outcome {
                Outcome::Pushed => assert!(times > 0, "record {index} is pushed and not held"),
                Outcome::Failed | Outcome::NotSent => assert_eq!(times, 0, "record {index}"),
                Outcome::Unknown => {}
            }
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // A folder that stays behind harms no test.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Not a test: the process that the tests kill.
#[tokio::test]
#[ignore = "run by the tests that kill it"]
async fn a_push_to_be_killed() {
    let url = std::env::var("GRAPH8_TEST_URL").unwrap();
    let journal = PathBuf::from(std::env::var("GRAPH8_TEST_JOURNAL").unwrap());
    client(&url)
        .push_contacts(Provider::Pipedrive, people(), options(&journal))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_push_that_is_killed_at_any_moment_is_accounted_for_by_the_next() {
    let mut stopped_midway = 0;
    let mut doubts = 0;
    for seed in 0..KILLS {
        let mut rng = Rng::with_seed(seed);
        let world = World::new();
        world.fail(&json!({"kind": "delay", "ms": 8}), 10_000, 1.0);
        let kills = 1 + usize::from(rng.u8(0..4) == 0);
        for _ in 0..kills {
            let after = Duration::from_micros(rng.u64(0..12_000));
            world.push_and_kill(rng.usize(0..48), after).await;
        }
        let journal = world.journal();
        let known = journal.exists().then(|| journal_status(&journal).unwrap());
        if let Some(status) = &known {
            assert!(
                status.unknown <= kills * CONCURRENCY * BATCH,
                "seed {seed}: {status:?}"
            );
            stopped_midway += usize::from(status.pushed > 0 && status.finished_at.is_none());
            doubts += status.unknown;
        }
        let report = world.resume(OnUnknown::Report).await;
        world.check(&report, false);
        assert_eq!((report.failed(), report.not_sent()), (0, 0), "seed {seed}");
        assert_eq!(
            report.unknown(),
            known.map_or(0, |status| status.unknown),
            "seed {seed}"
        );
        let done = journal_status(&journal).unwrap();
        assert_eq!(done.records, Some(RECORDS), "seed {seed}");
        assert_eq!(
            (done.pushed, done.unknown),
            (report.pushed(), report.unknown()),
            "seed {seed}"
        );

        let requests = world.requests().len();
        let again = world.resume(OnUnknown::Report).await;
        assert_eq!(again.outcomes(), report.outcomes(), "seed {seed}");
        assert_eq!(
            world.requests().len(),
            requests,
            "seed {seed}: something was sent again"
        );
    }
    assert!(
        stopped_midway >= 15,
        "only {stopped_midway} kills came in the middle of a push"
    );
    assert!(doubts > 0, "no kill came while a request was under way");
}

#[tokio::test]
async fn on_retry_only_what_was_open_is_sent_again_with_its_key() {
    for seed in 0..6 {
        let world = World::new();
        world.fail(&json!({"kind": "delay", "ms": 8}), 10_000, 1.0);
        world
            .push_and_kill(8 * seed, Duration::from_millis(3))
            .await;
        let open = if world.journal().exists() {
            journal_status(world.journal()).unwrap().unknown_indexes
        } else {
            Vec::new()
        };
        let report = world.resume(OnUnknown::Retry).await;
        world.check(&report, true);
        assert_eq!(report.pushed(), RECORDS, "{:?}", report.problems());
        let open: HashSet<String> = open.iter().map(|index| format!("Person {index}")).collect();
        for (name, times) in world.times_held() {
            assert!(
                times == 1 || open.contains(&name),
                "{name} is held {times} times"
            );
        }
        let mut bodies: HashMap<String, Value> = HashMap::new();
        for request in world.requests() {
            let key = request["headers"]["idempotency-key"]
                .as_str()
                .unwrap()
                .to_owned();
            let body = bodies.entry(key).or_insert_with(|| request["body"].clone());
            assert_eq!(*body, request["body"], "two bodies share a key");
        }
    }
}

#[tokio::test]
async fn list_changes_that_were_open_are_applied_by_the_next_run() {
    let world = World::new();
    let people = (0..3).map(|number| json!({"name": format!("Member {number}")}));
    let client = client(world.sandbox.url());
    client
        .push_contacts(Provider::Pipedrive, people, PushOptions::default())
        .await
        .unwrap();
    let held =
        world.command(&json!({"do": "records", "provider": "pipedrive", "entity": "contacts"}));
    let member = held[0]["id"].as_str().unwrap().to_owned();
    for number in 0..10 {
        let id = format!("{}", 900 + number);
        world.command(&json!({"do": "add_list", "provider": "pipedrive", "id": id}));
    }
    let changes = || (0..10).map(|number| ListChange::new(900 + number).add([&member]));
    let journal = world.folder.join("lists.journal");
    let fault = json!({"kind": "delay", "ms": 60_000});
    world.command(
        &json!({"do": "fail_next", "operation": "push_lists", "count": 1, "fault": fault}),
    );
    let first = PushOptions {
        batch_size: BatchSize::Fixed(5),
        concurrency: 1,
        journal: Some(journal.clone()),
        ..PushOptions::default()
    };
    let push = client
        .start_push(
            Provider::Pipedrive,
            graph8_crm::PushKind::Lists,
            first.clone(),
        )
        .unwrap();
    push.offer(changes().collect());
    let given_up = tokio::time::timeout(Duration::from_millis(300), push.drain()).await;
    assert!(given_up.is_err());
    drop(push);
    let report = loop {
        // The dropped push lets go of its journal a moment later.
        match client
            .push_lists(Provider::Pipedrive, changes(), first.clone())
            .await
        {
            Ok(report) => break report,
            Err(error) => assert_eq!(error.kind(), ErrorKind::Storage, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(
        (report.pushed(), report.unknown()),
        (10, 0),
        "{:?}",
        report.problems()
    );
    let lists = world.command(&json!({"do": "lists", "provider": "pipedrive"}));
    let ours = lists
        .as_array()
        .unwrap()
        .iter()
        .filter(|list| list["id"].as_str().unwrap().starts_with("90"));
    for list in ours {
        assert_eq!(list["members"], json!([member]), "{list}");
    }
}

#[tokio::test]
async fn a_journal_of_another_push_is_refused() {
    let world = World::new();
    let pushed = world.resume(OnUnknown::Report).await;
    assert_eq!(pushed.pushed(), RECORDS);
    let client = client(world.sandbox.url());
    let fields = serde_json::value::to_raw_value(&json!({"name": "Name"})).unwrap();
    let with_fields = PushOptions {
        provider_fields: Some(fields),
        ..options(&world.journal())
    };
    let other_fields = client
        .push_contacts(Provider::Pipedrive, people(), with_fields)
        .await
        .unwrap_err();
    assert!(
        other_fields.message().contains("provider_fields is none"),
        "{other_fields}"
    );
    let elsewhere = World::new();
    let other_url = self::client(elsewhere.sandbox.url())
        .push_contacts(Provider::Pipedrive, people(), options(&world.journal()))
        .await
        .unwrap_err();
    assert!(other_url.message().contains("base URL"), "{other_url}");
    assert_eq!(other_url.kind(), ErrorKind::Config);
    let bytes = std::fs::read(world.journal()).unwrap();
    let foreign = world.folder.join("foreign");
    let mut changed = bytes.clone();
    changed[68] ^= 1; // the application id of an SQLite file
    std::fs::write(&foreign, &changed).unwrap();
    let error = client
        .push_contacts(Provider::Pipedrive, people(), options(&foreign))
        .await
        .unwrap_err();
    assert!(
        error.message().contains("no journal of graph8-crm"),
        "{error}"
    );
    assert_eq!(std::fs::read(&foreign).unwrap(), changed);
}
