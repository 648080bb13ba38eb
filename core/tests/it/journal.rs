//! The journal against kill -9: what a resumed push reports is what the CRM holds.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fastrand::Rng;
use graph8_crm::border::push_options;
use graph8_crm::{
    Client, JournalStatus, Outcome, Provider, PushKind, PushOptions, PushReport, Result,
    journal_status,
};
use graph8_sandbox::{Sandbox, SandboxOptions};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::secrets;

const CHILD: &str = "JOURNAL_CHILD";
const BATCH: usize = 20;
const CONCURRENCY: usize = 4;
/// Rounds that run side by side.
const LANES: u8 = 3;
const FAR_AWAY: u64 = 1_000_000_000;

/// A sandbox and the files of one push into it.
pub(crate) struct Stage {
    pub(crate) sandbox: Option<Sandbox>,
    pub(crate) url: String,
    pub(crate) folder: PathBuf,
    pub(crate) kind: PushKind,
    pub(crate) options: Value,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let sandbox = Sandbox::start(SandboxOptions::default()).unwrap();
        let mut stage = Self::without_sandbox(sandbox.url());
        stage.sandbox = Some(sandbox);
        stage
    }

    pub(crate) fn without_sandbox(url: &str) -> Self {
        let name = format!(
            "graph8-journal-{}-{:x}",
            std::process::id(),
            fastrand::u64(..)
        );
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).unwrap();
        Self {
            sandbox: None,
            url: url.to_owned(),
            options: json!({"batch_size": BATCH, "concurrency": CONCURRENCY,
                "journal": folder.join("push.journal")}),
            folder,
            kind: PushKind::Contacts,
        }
    }

    /// One request at a time, so that faults hit known batches.
    pub(crate) fn in_order() -> Self {
        let mut stage = Self::new();
        stage.options["concurrency"] = json!(1);
        stage
    }

    /// The journal, or the file beside it with this ending.
    pub(crate) fn file(&self, ending: &str) -> PathBuf {
        self.folder.join(format!("push.journal{ending}"))
    }

    pub(crate) fn command(&self, command: Value) -> Value {
        let sandbox = self.sandbox.as_ref().unwrap();
        serde_json::from_str(&sandbox.command_json(&command.to_string()).unwrap()).unwrap()
    }

    pub(crate) fn fail_next(&self, planned: Value) {
        let mut planned = planned;
        planned["do"] = json!("fail_next");
        self.command(planned);
    }

    pub(crate) fn requests(&self) -> Vec<Value> {
        let Value::Array(requests) = self.command(json!({"do": "requests"})) else {
            panic!("requests are a list");
        };
        requests
    }

    /// How often each contact is held, by name.
    pub(crate) fn held(&self) -> HashMap<String, usize> {
        let mut held = HashMap::new();
        let command = json!({"do": "records", "provider": "pipedrive", "entity": "contacts"});
        for record in self.command(command).as_array().unwrap() {
            *held.entry(name_of(&record["fields"])).or_default() += 1;
        }
        held
    }

    pub(crate) fn status(&self) -> JournalStatus {
        journal_status(self.file("")).unwrap()
    }

    pub(crate) fn client(&self) -> Client {
        client(&self.url)
    }

    pub(crate) fn push_options(&self) -> PushOptions {
        push_options(&self.options.to_string()).unwrap()
    }

    pub(crate) async fn push(&self, records: &[Value]) -> Result<PushReport> {
        push(self.client(), self.kind, self.push_options(), records).await
    }

    fn seen(&self) -> usize {
        self.sandbox.as_ref().map_or(0, |_| self.requests().len())
    }

    /// Whether each request after the first `seen` that is to be held is so by now.
    fn all_are_held(&self, seen: usize) -> bool {
        if self.sandbox.is_none() {
            return true;
        }
        let held = self.command(json!({"do": "held"}));
        let requests = self.requests();
        let wanted = requests.iter().skip(seen);
        held == wanted.filter(|one| one["fault"]["kind"] == "hold").count()
    }

    /// Starts the push in a process of its own.
    pub(crate) fn spawn(&self, records: &[Value]) -> Running {
        let order = self
            .folder
            .join(format!("order-{:x}.json", fastrand::u64(..)));
        let text = json!({"url": self.url, "kind": self.kind, "options": self.options,
            "records": records});
        fs::write(&order, text.to_string()).unwrap();
        let child = Command::new("sh")
            // Files must not rely on what the user's umask takes away.
            .args(["-c", "umask 000; exec \"$0\" \"$@\""])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "journal::child", "--ignored", "--nocapture"])
            .env(CHILD, order)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Running(child)
    }

    /// Runs the push in a process that is killed once `when` holds.
    pub(crate) async fn kill_when(&self, records: &[Value], when: impl Fn(&Self) -> bool) {
        let seen = self.seen();
        let mut running = self.spawn(records);
        while !when(self) {
            assert!(!running.is_over(), "the push ended before its time");
            sleep(Duration::from_millis(5)).await;
        }
        // By then it has had its effect, or none.
        while !self.all_are_held(seen) {
            sleep(Duration::from_millis(5)).await;
        }
        running.kill();
    }

    /// Kills the push at a moment that `rng` picks, mostly by progress, for that is the same on slow machines.
    async fn kill_at_random(&self, records: &[Value], rng: &mut Rng) {
        let spread =
            json!({"count": FAR_AWAY, "probability": 0.5, "fault": {"kind": "delay", "ms": 4}});
        self.fail_next(spread);
        let hits = || {
            FAR_AWAY
                - self.command(json!({"do": "faults"}))[0]["count"]
                    .as_u64()
                    .unwrap()
        };
        let already = hits();
        let expected = records.len() as u64 / BATCH as u64 / 2;
        let wanted = rng.u64(0..=expected);
        let mut running = self.spawn(records);
        if rng.u8(0..5) == 0 {
            sleep(Duration::from_millis(rng.u64(0..60))).await;
        } else {
            while hits() - already < wanted && !running.is_over() {
                sleep(Duration::from_millis(1)).await;
            }
            sleep(Duration::from_micros(rng.u64(0..8_000))).await;
        }
        running.kill();
    }

    /// Each record's outcome fits what the CRM holds, and the journal says the same as the report.
    pub(crate) fn assert_true(&self, report: &PushReport, records: &[Value]) {
        assert_eq!(report.records(), records.len());
        let sum = report.pushed() + report.failed() + report.unknown() + report.not_sent();
        assert_eq!(sum, records.len());
        let held = self.held();
        for (index, (record, outcome)) in records.iter().zip(report.outcomes().iter()).enumerate() {
            let times = held.get(&name_of(record)).copied().unwrap_or_default();
            let fits = match outcome {
                Outcome::Pushed => times == 1,
                Outcome::Skipped | Outcome::Failed | Outcome::NotSent => times == 0,
                Outcome::Unknown => times <= 1,
            };
            assert!(fits, "record {index} is {outcome:?} and held {times} times");
        }
        self.assert_noted(report);
    }

    pub(crate) fn assert_noted(&self, report: &PushReport) {
        let status = self.status();
        assert_eq!(status.unknown_indexes, places(report, Outcome::Unknown));
        let counts = (status.pushed, status.failed, status.unknown);
        assert_eq!(counts, (report.pushed(), report.failed(), report.unknown()));
        assert_eq!((status.in_use, status.open_batches), (false, 0));
        let is_finished = status.finished_at.is_some();
        assert_eq!(is_finished, report.not_sent() == 0);
        assert_eq!(status.records, is_finished.then_some(report.records()));
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            secrets::check_files(&self.folder);
        }
        fs::remove_dir_all(&self.folder).unwrap();
    }
}

/// A push in a process of its own.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn is_over(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }

    /// Waits until it ends by itself; true when its push did what it should.
    pub(crate) async fn ended(mut self) -> bool {
        while !self.is_over() {
            sleep(Duration::from_millis(5)).await;
        }
        self.0.wait().unwrap().success()
    }

    pub(crate) fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It is over, unless a test has failed.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn client(url: &str) -> Client {
    secrets::watch();
    Client::builder()
        .api_key(graph8_sandbox::API_KEY)
        .base_url(url)
        .unpaced()
        .build()
        .unwrap()
}

async fn push(
    client: Client,
    kind: PushKind,
    options: PushOptions,
    records: &[Value],
) -> Result<PushReport> {
    let provider = Provider::Pipedrive;
    match kind {
        PushKind::Contacts => client.push_contacts(provider, records, options).await,
        PushKind::Companies => client.push_companies(provider, records, options).await,
        PushKind::Lists => client.push_lists(provider, records, options).await,
        other => panic!("no call for {other}"),
    }
}

pub(crate) fn name_of(record: &Value) -> String {
    record["name"].as_str().unwrap().to_owned()
}

pub(crate) fn places(report: &PushReport, wanted: Outcome) -> Vec<usize> {
    let outcomes = report.outcomes().iter().enumerate();
    outcomes
        .filter_map(|(index, outcome)| (outcome == wanted).then_some(index))
        .collect()
}

pub(crate) fn contacts(count: usize) -> Vec<Value> {
    (0..count)
        .map(|number| json!({"name": format!("Person {number}"), "email": format!("p{number}@example.com")}))
        .collect()
}

/// Some can't be named by an error, so that batches interleave; some are refused.
pub(crate) fn mixed_contacts(count: usize) -> Vec<Value> {
    let mut records = contacts(count);
    for (index, record) in records.iter_mut().enumerate() {
        if index % 7 == 3 {
            record.as_object_mut().unwrap().remove("email");
        } else if index % 50 == 13 {
            record["visible_to"] = json!(99);
        }
    }
    records
}

#[tokio::test]
#[ignore = "the process that the other tests kill"]
async fn child() {
    let Some(order) = std::env::var_os(CHILD) else {
        return;
    };
    let order: Value = serde_json::from_str(&fs::read_to_string(order).unwrap()).unwrap();
    let options = push_options(&order["options"].to_string()).unwrap();
    let kind = order["kind"].as_str().unwrap().parse().unwrap();
    let client = client(order["url"].as_str().unwrap());
    let records = order["records"].as_array().unwrap();
    push(client, kind, options, records).await.unwrap();
}

/// Runs a round for each seed, some at a time.
async fn rounds<F: Future<Output = ()> + Send + 'static>(seeds: u64, round: fn(u64) -> F) {
    let mut lanes = JoinSet::new();
    for lane in 0..LANES {
        lanes.spawn(async move {
            for seed in (u64::from(lane)..seeds).step_by(LANES.into()) {
                round(seed).await;
            }
        });
    }
    while let Some(lane) = lanes.join_next().await {
        lane.unwrap();
    }
}

/// Checks a killed push's journal, if it has come to one, against the CRM; gives what is in doubt.
fn in_doubt(stage: &Stage, kills: usize) -> Vec<usize> {
    if !stage.file("").exists() {
        assert!(stage.requests().is_empty(), "sent without a journal");
        return Vec::new();
    }
    let status = stage.status();
    let held: usize = stage.held().values().sum();
    assert!(!status.in_use);
    assert!(status.open_batches <= kills * CONCURRENCY, "{status:?}");
    assert!(status.unknown <= kills * CONCURRENCY * BATCH, "{status:?}");
    assert!(
        (status.pushed..=status.pushed + status.unknown).contains(&held),
        "{held} of {status:?}"
    );
    status.unknown_indexes
}

async fn kill_and_resume(seed: u64) {
    let mut rng = Rng::with_seed(seed);
    let (stage, records) = (Stage::new(), mixed_contacts(1_000));
    let mut doubts = Vec::new();
    let kills = if seed.is_multiple_of(4) { 2 } else { 1 };
    for kill in 1..=kills {
        stage.kill_at_random(&records, &mut rng).await;
        let before = std::mem::replace(&mut doubts, in_doubt(&stage, kill));
        assert!(
            before.iter().all(|index| doubts.contains(index)),
            "a doubt is gone"
        );
    }
    let report = stage.push(&records).await.unwrap();
    stage.assert_true(&report, &records);
    assert_eq!(report.not_sent(), 0);
    assert_eq!(places(&report, Outcome::Unknown), doubts, "seed {seed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_killed_at_any_moment_and_resumed_accounts_for_every_record() {
    rounds(40, kill_and_resume).await;
}

/// The idempotency keys with which each record was sent, and how often.
fn keys(stage: &Stage) -> HashMap<String, (BTreeSet<String>, usize)> {
    let mut keys: HashMap<String, (BTreeSet<String>, usize)> = HashMap::new();
    for request in stage.requests() {
        let key = request["headers"]["idempotency-key"].as_str().unwrap();
        for record in request["body"]["records"].as_array().into_iter().flatten() {
            let (with, times) = keys.entry(name_of(record)).or_default();
            with.insert(key.to_owned());
            *times += 1;
        }
    }
    keys
}

async fn kill_and_retry(seed: u64) {
    let mut rng = Rng::with_seed(1_000 + seed);
    let (mut stage, records) = (Stage::new(), contacts(600));
    stage.options["on_unknown"] = json!("retry");
    stage.kill_at_random(&records, &mut rng).await;
    let doubts = in_doubt(&stage, 1);
    let report = stage.push(&records).await.unwrap();
    assert_eq!((report.pushed(), report.unknown()), (600, 0));
    stage.assert_noted(&report);
    let (held, keys) = (stage.held(), keys(&stage));
    for (index, record) in records.iter().enumerate() {
        let name = name_of(record);
        let most = if doubts.contains(&index) { 2 } else { 1 };
        assert!(
            (1..=most).contains(&held[&name]),
            "record {index} is held {} times",
            held[&name]
        );
        let (with, times) = &keys[&name];
        assert!(
            with.len() == 1 && *times <= most,
            "record {index}: {times} times with {with:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_push_that_may_retry_sends_open_batches_again_with_their_keys() {
    rounds(10, kill_and_retry).await;
}

/// The members of the sandbox's first two lists.
fn members(stage: &Stage) -> [BTreeSet<String>; 2] {
    let lists = stage.command(json!({"do": "lists", "provider": "pipedrive"}));
    [0, 1].map(|list| serde_json::from_value(lists[list]["members"].clone()).unwrap())
}

async fn kill_and_resume_lists(seed: u64) {
    let mut rng = Rng::with_seed(2_000 + seed);
    let mut stage = Stage::new();
    let options = || PushOptions::default();
    let client = stage.client();
    client
        .push_contacts(Provider::Pipedrive, contacts(400), options())
        .await
        .unwrap();
    let held =
        stage.command(json!({"do": "records", "provider": "pipedrive", "entity": "contacts"}));
    let ids: Vec<&str> = held
        .as_array()
        .unwrap()
        .iter()
        .map(|record| record["id"].as_str().unwrap())
        .collect();
    let lists = stage.command(json!({"do": "lists", "provider": "pipedrive"}));
    let [joined, left] = [0, 1].map(|list| lists[list]["id"].clone());
    let all = json!({"list_id": left, "add": ids});
    client
        .push_lists(Provider::Pipedrive, [all], options())
        .await
        .unwrap();

    let changes: Vec<Value> = (ids.iter())
        .flat_map(|id| {
            [
                json!({"list_id": joined, "add": [id]}),
                json!({"list_id": left, "remove": [id]}),
            ]
        })
        .collect();
    stage.kind = PushKind::Lists;
    stage.kill_at_random(&changes, &mut rng).await;
    let report = stage.push(&changes).await.unwrap();
    assert_eq!((report.pushed(), report.unknown()), (800, 0));
    stage.assert_noted(&report);
    let everyone = ids.iter().map(|id| (*id).to_owned()).collect();
    assert_eq!(members(&stage), [everyone, BTreeSet::new()], "seed {seed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_push_of_lists_ends_with_the_members_asked_for_and_no_doubt() {
    rounds(8, kill_and_resume_lists).await;
}
