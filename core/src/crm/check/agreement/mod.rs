//! Check beside the sandbox, which judges by rules of its own and shares no code with them.

#![expect(
    clippy::unreadable_literal,
    clippy::match_same_arms,
    clippy::too_many_lines,
    clippy::cast_precision_loss,
    reason = "tables of values, each as it travels"
)]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use fastrand::Rng;
use graph8_sandbox::{Sandbox, SandboxOptions};
use serde_json::{Map, Value, json};

mod generator;
mod values;

use generator::Generator;
use values::{base, custom_fields, option_values, values};

use super::Checker;
use crate::crm::rules::{Kind, Rules};
use crate::names::{Provider, PushKind};
use crate::reads::Field;
use crate::report::{CheckedRecords, FindingCode, Severity};

/// Records in one question to the sandbox.
const BATCH: usize = 500;

/// Where the records of a batch differ, and how many were looked at.
#[derive(Default)]
struct Differences {
    records: usize,
    refused: usize,
    found: BTreeMap<String, (usize, String)>,
}

/// A sandbox that says what its CRMs would answer.
struct Court(Sandbox);

impl Court {
    fn open() -> Self {
        Self(Sandbox::start(SandboxOptions::default()).unwrap())
    }

    fn command(&self, command: &str) -> Value {
        let answer = self
            .0
            .command_json(command)
            .unwrap_or_else(|error| panic!("{error}: {command}"));
        serde_json::from_str(&answer).unwrap()
    }

    /// What the CRM says of each record, and what it says where it swallows nothing in silence: the message of a
    /// record that it refuses.
    fn judge(
        &self,
        provider: Provider,
        kind: PushKind,
        records: &[String],
    ) -> Vec<(Option<String>, Option<String>)> {
        let ask = |is_strict: bool| -> Vec<Option<String>> {
            let answer = self.command(&format!(
                r#"{{"do":"judge","provider":"{provider}","entity":"{kind}","strict":{is_strict},"records":[{}]}}"#,
                records.join(",")
            ));
            serde_json::from_value(answer).unwrap()
        };
        ask(false).into_iter().zip(ask(true)).collect()
    }

    /// The fields as the service tells them.
    fn fields(&self, provider: Provider, kind: PushKind) -> Vec<Field> {
        let path = format!("/crm-syncs/{provider}/fields?entity_type={kind}");
        let answer = request(&self.0, "GET", &path, "");
        let fields: Vec<Map<String, Value>> =
            serde_json::from_value(answer["data"]["fields"].clone())
                .unwrap_or_else(|error| panic!("{error}: {answer}"));
        fields.into_iter().map(as_field).collect()
    }

    /// Compares the two on each record; `group` says under which heading a difference is listed.
    fn compare(
        &self,
        rules: &Arc<Rules>,
        records: &[String],
        group: impl Fn(usize) -> String,
        differences: &mut Differences,
    ) {
        for (batch, records) in records.chunks(BATCH).enumerate() {
            let verdicts = self.judge(rules.provider(), rules.kind(), records);
            let said = check(rules, records);
            for (place, ((normal, strict), said)) in verdicts.iter().zip(&said).enumerate() {
                differences.records += 1;
                differences.refused += usize::from(normal.is_some());
                let Some(difference) = difference(said, normal.as_deref(), strict.as_deref())
                else {
                    continue;
                };
                let group = group(batch * BATCH + place);
                let entry = differences.found.entry(group).or_insert_with(|| {
                    let record: String = records[place].chars().take(300).collect();
                    (0, format!("{difference}; {record}"))
                });
                entry.0 += 1;
            }
        }
    }
}

fn as_field(mut field: Map<String, Value>) -> Field {
    let known = ["name", "slug", "type", "required", "label"];
    let extra: Map<String, Value> = field
        .iter()
        .filter(|(name, _)| !known.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    field.insert("extra".to_owned(), Value::Object(extra));
    serde_json::from_value(Value::Object(field)).unwrap()
}

fn request(sandbox: &Sandbox, method: &str, path: &str, body: &str) -> Value {
    let address = sandbox
        .url()
        .trim_start_matches("http://")
        .trim_end_matches('/');
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "{method} /api/v1{path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer g8_sbx_demo\r\n\
         User-Agent: agreement\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {head} {body}"))
}

/// What check says of one record.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    errors: Vec<(FindingCode, String)>,
    warnings: Vec<(FindingCode, String)>,
}

fn check(rules: &Arc<Rules>, records: &[String]) -> Vec<Said> {
    let mut checker = Checker::new(Arc::clone(rules));
    let mut said: Vec<Said> = Vec::new();
    for (index, record) in records.iter().enumerate() {
        checker.check(index, record.as_bytes());
        said.push(Said::default());
    }
    let CheckedRecords { problems, .. } = checker.finish();
    for problem in problems {
        let of = &mut said[problem.index];
        let one = (problem.code, problem.message.as_ref().to_owned());
        match problem.severity {
            Severity::Error => of.errors.push(one),
            _ => of.warnings.push(one),
        }
    }
    said
}

/// Whether a warning says something that the sandbox knows nothing of.
fn is_beyond_the_sandbox(code: FindingCode) -> bool {
    matches!(
        code,
        FindingCode::RepeatedIdentity
            | FindingCode::NoIdentity
            | FindingCode::NumberAsFloat
            | FindingCode::SimilarName
            | FindingCode::SurroundingBlanks
    )
}

/// How check and the sandbox differ on a record.
fn difference(said: &Said, normal: Option<&str>, strict: Option<&str>) -> Option<String> {
    let warns = !said.warnings.is_empty();
    let known: Vec<_> = said
        .warnings
        .iter()
        .filter(|(code, _)| !is_beyond_the_sandbox(*code))
        .collect();
    match (normal, strict) {
        (Some(message), _) if said.errors.is_empty() => Some(format!(
            "the CRM refuses: {message}; check: {:?}",
            said.warnings
        )),
        (Some(_), _) => None,
        (None, _) if !said.errors.is_empty() => Some(format!(
            "check says: {:?}; the CRM takes it, strict: {strict:?}",
            said.errors
        )),
        (None, Some(message)) if !warns => {
            Some(format!("strict refuses: {message}; check: nothing"))
        }
        (None, Some(_)) => None,
        (None, None) if !known.is_empty() => {
            Some(format!("check warns: {known:?}; strict takes it"))
        }
        (None, None) => None,
    }
}

/// Records in a run, for each CRM and kind.
fn runs() -> usize {
    std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(500)
}

/// Check says error exactly where the CRM refuses, and a warning where it swallows something in silence.
#[test]
fn check_and_sandbox_agree_on_random_records() {
    let court = Court::open();
    let seed = std::env::var("AGREEMENT_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    let mut failures = Vec::new();
    for &provider in Provider::ALL {
        for kind in [PushKind::Contacts, PushKind::Companies] {
            let mut random = Rng::with_seed(seed);
            let mut differences = Differences::default();
            for description in ["none", "plain", "native"] {
                court.command(r#"{"do":"reset"}"#);
                let mut live = Vec::new();
                if description != "none" {
                    court.command(
                        &json!({"do": "set_description", "description": description}).to_string(),
                    );
                    for field in custom_fields(provider).as_array().unwrap() {
                        // The plain one tells nothing of these.
                        let is_told = [
                            "restricted",
                            "digits",
                            "precision",
                            "field_type",
                            "references",
                        ]
                        .iter()
                        .all(|key| field.get(key).is_none());
                        if is_told || description == "native" {
                            court.command(&json!({
                                "do": "add_custom_field", "provider": provider, "entity": kind, "field": field,
                            }).to_string());
                        }
                    }
                    live = court.fields(provider, kind);
                }
                let rules = Arc::new(Rules::new(provider, kind, &live));
                let generator = Generator::new(&rules);
                let records: Vec<String> = (0..runs().div_ceil(3))
                    .map(|number| generator.record(&mut random, number))
                    .collect();
                court.compare(
                    &rules,
                    &records,
                    |place| format!("{provider} {kind} {description} {place}"),
                    &mut differences,
                );
            }
            // SugarCRM refuses little, yet something.
            assert!(
                (1..differences.records * 9 / 10).contains(&differences.refused),
                "{provider} {kind}: {} of {} are refused",
                differences.refused,
                differences.records
            );
            failures.extend(differences.found);
        }
    }
    let shown: Vec<String> = failures
        .iter()
        .take(60)
        .map(|(group, (_, difference))| format!("{group}: {difference}"))
        .collect();
    assert!(
        failures.is_empty(),
        "seed {seed}: {} differences\n{}",
        failures.len(),
        shown.join("\n")
    );
}

/// Each standard field with each value.
#[test]
fn check_and_sandbox_agree_on_every_field_with_every_value() {
    let court = Court::open();
    let mut failures = Vec::new();
    for &provider in Provider::ALL {
        for kind in [PushKind::Contacts, PushKind::Companies] {
            let rules = Arc::new(Rules::new(provider, kind, &court.fields(provider, kind)));
            let facts = Rules::new(provider, kind, &[]);
            let (mut groups, mut records) = (Vec::new(), Vec::new());
            for rule in facts.fields() {
                let options: Vec<String> = rule
                    .choices
                    .iter()
                    .map(|choice| choice.value.to_string())
                    .collect();
                let values = if rule.kind == Kind::Related {
                    // What of an object's fields is an external id neither knows.
                    vec![
                        json!({"External__c": "x"}),
                        json!(null),
                        json!("x"),
                        json!(5),
                        json!([1]),
                    ]
                } else {
                    values()
                };
                for value in values.into_iter().chain(option_values(&options)) {
                    let mut record = base(provider, kind, &format!("n{}", records.len()));
                    let shown: String = value.to_string().chars().take(60).collect();
                    groups.push(format!("{provider} {kind} {:?} = {shown}", rule.kind));
                    record.insert(rule.slug.to_string(), value);
                    records.push(Value::Object(record).to_string());
                }
            }
            let mut differences = Differences::default();
            court.compare(
                &rules,
                &records,
                |place| groups[place].clone(),
                &mut differences,
            );
            failures.extend(differences.found);
        }
    }
    let shown: Vec<String> = failures
        .iter()
        .map(|(group, (count, difference))| format!("{group} × {count}: {difference}"))
        .collect();
    assert!(failures.is_empty(), "{}", shown.join("\n"));
}

/// Numbers that JSON readers may take for floats, as a source writes them.
#[test]
fn check_and_sandbox_agree_on_whole_numbers_beyond_64_bits() {
    let court = Court::open();
    let mut differences = Differences::default();
    for kind in [PushKind::Contacts, PushKind::Companies] {
        let (provider, fields) = (Provider::Pipedrive, court.fields(Provider::Pipedrive, kind));
        let rules = Arc::new(Rules::new(provider, kind, &fields));
        let mut records = Vec::new();
        for rule in rules.fields() {
            for number in [
                "9223372036854775807",
                "9223372036854775808",
                "18446744073709551615",
                "18446744073709551616",
                "-9223372036854775809",
                "100000000000000000000",
                "100000000000000000000.0",
            ] {
                let slug = &rule.slug;
                for value in [number.to_owned(), format!("[{number}]")] {
                    records.push(format!(
                        r#"{{"name":"n{}","{slug}":{value}}}"#,
                        records.len()
                    ));
                }
            }
        }
        let group = |place: usize| records[place].clone();
        court.compare(&rules, &records, group, &mut differences);
    }
    assert!(differences.found.is_empty(), "{:#?}", differences.found);
}
