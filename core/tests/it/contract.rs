//! The contract cases of all languages, run by the core itself.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use graph8_crm::border::{self, ToJson};
use graph8_crm::{
    Client, CsvOptions, Error, Provider, PushKind, PushOptions, PushReport, RecordFile, Result,
};
use graph8_sandbox::{Sandbox, SandboxOptions};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::pattern::mismatch;
use crate::secrets;

const FEWEST_CASES: usize = 80;
/// How much longer a case's time-out is, try by try: on a busy machine it may be over too soon.
const LONGER: [u32; 4] = [1, 4, 16, 64];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    operation: String,
    #[serde(default)]
    arguments: Arguments,
    #[serde(default)]
    client: Settings,
    #[serde(default)]
    setup: Vec<Value>,
    #[serde(default)]
    answers: Vec<Value>,
    /// Runs before this one, with the same journal.
    #[serde(default)]
    earlier: Vec<Run>,
    expect: Value,
    outcomes: Option<String>,
    requests: Option<Value>,
    #[serde(default)]
    held: BTreeMap<String, usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    #[serde(default)]
    arguments: Map<String, Value>,
    #[serde(default)]
    answers: Vec<Value>,
}

#[derive(Clone, Default, Deserialize, Serialize)]
struct Arguments {
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entity_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    records: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<Source>,
    emails: Option<Vec<String>>,
    #[serde(flatten)]
    options: Map<String, Value>,
}

/// A file in place of the records.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Source {
    name: String,
    text: Option<String>,
    bytes: Option<Vec<u8>>,
}

impl Source {
    fn write_to(&self, folder: &Folder) -> PathBuf {
        let path = folder.0.join(&self.name);
        let text = self.text.clone().map(String::into_bytes);
        fs::write(&path, text.or_else(|| self.bytes.clone()).unwrap()).unwrap();
        path
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    api_key: Option<String>,
    base_url_suffix: Option<String>,
    timeout_seconds: Option<f64>,
    read_timeout_seconds: Option<f64>,
    connect_timeout_seconds: Option<f64>,
    org_id: Option<String>,
    target_org_id: Option<String>,
    user_agent_suffix: Option<String>,
}

#[tokio::test]
async fn every_contract_case_holds() {
    let cases = read_cases();
    let names: HashSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), cases.len(), "two cases have the same name");
    assert!(cases.len() >= FEWEST_CASES, "only {} cases", cases.len());

    let sandbox = Sandbox::start(SandboxOptions::default()).unwrap();
    let mut failures = Vec::new();
    for case in &cases {
        if let Some(difference) = run_in_time(case, &sandbox).await {
            failures.push(format!("{}: {difference}", case.name));
        }
    }
    assert!(
        failures.is_empty(),
        "{} failed:\n{}",
        failures.len(),
        failures.join("\n")
    );
    say(&format!("contract: {} cases passed (rust)", cases.len()));
}

#[expect(
    clippy::print_stdout,
    reason = "the count is compared between languages"
)]
fn say(words: &str) {
    println!("{words}");
}

fn read_cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/contract");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
        .iter()
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .flat_map(|path| {
            let file: File = serde_json::from_str(&fs::read_to_string(path).unwrap())
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            file.cases
        })
        .collect()
}

async fn run_in_time(case: &Case, sandbox: &Sandbox) -> Option<String> {
    let given = &case.client;
    let has_timeout = given.timeout_seconds.is_some() || given.read_timeout_seconds.is_some();
    let mut difference = None;
    for longer in if has_timeout { &LONGER[..] } else { &[1] } {
        difference = run(case, sandbox, *longer).await;
        if difference.is_none() {
            break;
        }
    }
    difference
}

/// How the case's outcome differs from what it expects.
async fn run(case: &Case, sandbox: &Sandbox, longer: u32) -> Option<String> {
    command(sandbox, &json!({"do": "reset"}));
    for setup in &case.setup {
        command(sandbox, setup);
    }
    let script = |answers: &[Value]| {
        for fault in answers {
            let operation = &case.operation;
            let fault = json!({"do": "fail_next", "operation": operation, "fault": fault});
            command(sandbox, &fault);
        }
    };
    let folder = (!case.earlier.is_empty()).then(Folder::new);
    let of_run = |own: &Map<String, Value>| {
        let mut arguments = json!(case.arguments);
        for (name, value) in own {
            arguments[name] = value.clone();
        }
        if let Some(folder) = &folder {
            arguments["journal"] = json!(folder.0.join("case.journal"));
        }
        serde_json::from_value::<Arguments>(arguments).unwrap()
    };
    for earlier in &case.earlier {
        script(&earlier.answers);
        // Its end may well be an error.
        let _ = call(case, &of_run(&earlier.arguments), sandbox, longer).await;
    }
    script(&case.answers);
    let answer = call(case, &of_run(&Map::new()), sandbox, longer).await;
    match &answer {
        Ok(Answer::Data(_)) => {}
        Ok(Answer::Report(report)) => secrets::check_shown(report),
        Ok(Answer::Unreadable(error, report)) => {
            secrets::check_error(error);
            secrets::check_shown(report);
        }
        Err(error) => secrets::check_error(error),
    }
    let (actual, outcomes) = match answer {
        Ok(Answer::Data(data)) => (json!({"result": data}), None),
        Ok(Answer::Report(report)) => (
            json!({"result": parsed(&report.to_json())}),
            Some(letters(&report)),
        ),
        Ok(Answer::Unreadable(error, report)) => {
            let mut told = error_as_json(&error);
            told["report"] = parsed(&report.to_json());
            (json!({"error": told}), Some(letters(&report)))
        }
        Err(error) => (
            json!({"error": error_as_json(&error)}),
            error.report().map(letters),
        ),
    };
    if let Some(difference) = mismatch(&case.expect, &actual, "$") {
        return Some(difference);
    }
    if case.outcomes.is_some() && case.outcomes != outcomes {
        return Some(format!(
            "outcomes: expected {:?}, got {outcomes:?}",
            case.outcomes
        ));
    }
    if let Some(requests) = &case.requests {
        let seen = command(sandbox, &json!({"do": "requests"}));
        if let Some(difference) = mismatch(requests, &seen, "requests") {
            return Some(difference);
        }
    }
    case.held.iter().find_map(|(place, count)| {
        let (provider, entity) = place.split_once('/').unwrap();
        let held = command(
            sandbox,
            &json!({"do": "records", "provider": provider, "entity": entity}),
        );
        let held = held.as_array().unwrap().len();
        (held != *count).then(|| format!("{place}: expected {count} held, got {held}"))
    })
}

/// A folder of its own for the journal or the source of a case.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("graph8-contract-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

enum Answer {
    Data(Value),
    Report(Box<PushReport>),
    /// The source could not be read to its end.
    Unreadable(Error, Box<PushReport>),
}

async fn call(
    case: &Case,
    arguments: &Arguments,
    sandbox: &Sandbox,
    longer: u32,
) -> Result<Answer> {
    let client = client(&case.client, sandbox.url(), longer)?;
    let provider = || arguments.provider.as_deref().unwrap_or_default().parse();
    let data = match case.operation.as_str() {
        "list_syncs" => json!(client.list_syncs().await?),
        "fields" => {
            let entity_type = arguments.entity_type.as_deref().unwrap_or("contacts");
            json!(
                client
                    .fields(provider()?, entity_type.parse()?)
                    .await?
                    .to_vec()
            )
        }
        "status" => json!(client.status(provider()?).await?),
        "find_contacts" => {
            let emails = arguments.emails.iter().flatten().map(String::as_str);
            let found = client.find_contacts(provider()?, emails).await?;
            let pairs = found
                .iter()
                .map(|(email, ids)| (email.to_owned(), json!(ids)));
            Value::Object(pairs.collect())
        }
        operation => {
            let (what, kind) = operation.split_once('_').unwrap();
            let kind: PushKind = kind.parse()?;
            let provider = provider()?;
            let records = arguments.records.iter().flatten();
            let mut options = arguments.options.clone();
            if what == "check" {
                let options = border::check_options(&json!(options).to_string())?;
                let report = client.check(provider, kind, records, options).await?;
                return Ok(Answer::Data(json!(report)));
            }
            options = options
                .into_iter()
                .map(|(name, value)| (name.trim_end_matches("_seconds").to_owned(), value))
                .collect();
            // Answers are scripted in the order of the batches.
            options.insert("concurrency".to_owned(), json!(1));
            let options = border::push_options(&json!(options).to_string())?;
            if let Some(file) = &arguments.file {
                return push_file(&client, provider, kind, options, file).await;
            }
            let report = match kind {
                PushKind::Contacts => client.push_contacts(provider, records, options).await?,
                PushKind::Companies => client.push_companies(provider, records, options).await?,
                PushKind::Lists => client.push_lists(provider, records, options).await?,
                other => panic!("no call for {other}"),
            };
            return Ok(Answer::Report(Box::new(report)));
        }
    };
    Ok(Answer::Data(data))
}

async fn push_file(
    client: &Client,
    provider: Provider,
    kind: PushKind,
    options: PushOptions,
    file: &Source,
) -> Result<Answer> {
    let folder = Folder::new();
    let path = file.write_to(&folder);
    let mut records = RecordFile::open(path, &CsvOptions::default(), &options.shape)?;
    let push = client.start_push(provider, kind, options)?;
    let read = push.feed_from(&mut records).await;
    let report = Box::new(push.finish().await?);
    Ok(match read {
        Ok(_) => Answer::Report(report),
        Err(error) => Answer::Unreadable(error, report),
    })
}

fn client(settings: &Settings, url: &str, longer: u32) -> Result<Client> {
    secrets::watch();
    let suffix = settings.base_url_suffix.as_deref().unwrap_or_default();
    let mut builder = Client::builder()
        .api_key(settings.api_key.as_deref().unwrap_or("g8_sbx_demo"))
        .base_url(format!("{url}{suffix}"));
    if let Some(seconds) = settings.timeout_seconds {
        builder = builder.timeout(Duration::from_secs_f64(seconds) * longer);
    }
    if let Some(seconds) = settings.read_timeout_seconds {
        builder = builder.read_timeout(Duration::from_secs_f64(seconds) * longer);
    }
    if let Some(seconds) = settings.connect_timeout_seconds {
        builder = builder.connect_timeout(Duration::from_secs_f64(seconds));
    }
    if let Some(org_id) = &settings.org_id {
        builder = builder.org_id(org_id);
    }
    if let Some(org_id) = &settings.target_org_id {
        builder = builder.target_org_id(org_id);
    }
    if let Some(suffix) = &settings.user_agent_suffix {
        builder = builder.user_agent_suffix(suffix);
    }
    secrets::check_shown(&builder);
    let client = builder.build()?;
    secrets::check_shown(&client);
    Ok(client)
}

fn command(sandbox: &Sandbox, command: &Value) -> Value {
    parsed(&sandbox.command_json(&command.to_string()).unwrap())
}

fn parsed(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

fn error_as_json(error: &Error) -> Value {
    let mut value = parsed(&error.to_json());
    value["report"] = error
        .report()
        .map_or(Value::Null, |report| parsed(&report.to_json()));
    value
}

fn letters(report: &PushReport) -> String {
    report
        .outcomes()
        .iter()
        .map(|outcome| char::from(b"pfuns"[outcome as usize]))
        .collect()
}
