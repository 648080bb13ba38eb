//! Runs of a journal of keys over a table that changes, killed at any moment.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::crash::Folder;
use super::service::Crash;
use super::*;
use crate::files::journal::journal_status;
use crate::push::OnChange;
use crate::records::RecordShape;

/// A row of the table.
#[derive(Clone, Copy, Debug)]
struct Row {
    /// `None` is null.
    key: Option<u64>,
    version: u64,
    is_valid: bool,
}

/// One day: the table as it is then, and what happens to the run.
#[derive(Clone, Debug)]
struct Day {
    rows: Vec<Row>,
    chunk: usize,
    size: usize,
    concurrency: usize,
    faults: f64,
    /// At which moment of its requests the machine dies.
    dies: Option<u32>,
    cancel_after_ms: Option<u64>,
    /// Whether doubts are looked up in the CRM at its end.
    looks: bool,
}

fn days() -> impl Strategy<Value = Vec<Day>> {
    let row = (
        proptest::option::weighted(0.95, 0_u64..40),
        0_u64..3,
        proptest::bool::weighted(0.95),
    );
    let row = row.prop_map(|(key, version, is_valid)| Row {
        key,
        version,
        is_valid,
    });
    let day = (
        proptest::collection::vec(row, 0..50),
        1_usize..30,
        1_usize..9,
        1_usize..4,
        prop_oneof![Just(0.0), 0.0..0.5],
        proptest::option::of(0_u32..30),
        proptest::option::weighted(0.2, 0_u64..2_000),
        any::<bool>(),
    );
    let day = day.prop_map(
        |(rows, chunk, size, concurrency, faults, dies, cancel_after_ms, looks)| Day {
            rows,
            chunk,
            size,
            concurrency,
            faults,
            dies,
            cancel_after_ms,
            looks,
        },
    );
    proptest::collection::vec(day, 1..6)
}

fn options(journal: PathBuf, day: &Day, on_unknown: OnUnknown, on_change: OnChange) -> PushOptions {
    PushOptions {
        batch_size: BatchSize::Fixed(day.size),
        concurrency: day.concurrency,
        max_consecutive_unknown: 0,
        journal: Some(journal),
        on_unknown,
        on_change,
        shape: RecordShape {
            // The key does not travel.
            columns: Some(["email", "n", "v"].map(str::to_owned).to_vec()),
            primary_key: vec!["id".to_owned()],
            ..RecordShape::default()
        },
        ..PushOptions::default()
    }
}

async fn push(service: &Arc<Service>, options: PushOptions, day: &Day) -> PushReport {
    let push = client(service, Pace::Off)
        .start_push(Provider::Hubspot, PushKind::Contacts, options)
        .unwrap();
    if let Some(ms) = day.cancel_after_ms {
        let cancel = push.cancel_handle();
        tokio::spawn(async move {
            sleep(Duration::from_millis(ms)).await;
            cancel.cancel();
        });
    }
    let mut fed = 0;
    for rows in day.rows.chunks(day.chunk) {
        let mut records = Records::new();
        for row in rows {
            let number = row.key.unwrap_or(1_000);
            let email = format!("k{number}@x.test");
            if row.is_valid {
                records
                    .push(&json!({"id": row.key, "email": email, "n": number, "v": row.version}));
            } else {
                records.reject("can't be encoded");
            }
        }
        fed += rows.len();
        if push.feed(records).await == Flow::Ended {
            break;
        }
    }
    push.not_sent(day.rows.len() - fed);
    if day.looks {
        push.drain().await;
        for doubt in push.unknown() {
            let number = day.rows[doubt.index].key.unwrap();
            let is_there = service.state.lock().unwrap().created.contains_key(&number);
            assert!(push.resolve(doubt.index, is_there));
        }
    }
    match push.finish().await {
        Ok(report) => report,
        Err(error) => error.into_report().unwrap(),
    }
}

/// The laws of one run, on both ends.
fn check_day(report: &PushReport, service: &Service, day: &Day, may_repeat: bool) {
    let sum =
        report.pushed() + report.skipped() + report.failed() + report.unknown() + report.not_sent();
    assert_eq!((report.records(), sum), (day.rows.len(), day.rows.len()));
    let messages: HashMap<usize, &str> = report
        .problems()
        .iter()
        .map(|problem| (problem.index, &*problem.message))
        .collect();
    let state = service.state.lock().unwrap();
    let mut firsts = HashMap::new();
    let read = day.rows.len() - report.unread();
    for (index, row) in day.rows.iter().enumerate().take(read) {
        let outcome = report.outcome(index).unwrap();
        let message = messages.get(&index).copied().unwrap_or_default();
        let Some(key) = row.key.filter(|_| row.is_valid) else {
            assert_eq!(outcome, Outcome::Failed, "{index}");
            continue;
        };
        let first = *firsts.entry(key).or_insert(index);
        if first != index {
            let expected =
                format!("another record of this push has the same primary key: index {first}");
            assert_eq!((outcome, message), (Outcome::Failed, expected.as_str()));
            continue;
        }
        let created = state.created.get(&key).copied().unwrap_or_default();
        assert!(
            created <= 1 || may_repeat,
            "key {key} is there {created} times"
        );
        match outcome {
            Outcome::Pushed => assert!(created > 0, "key {key} is pushed and not there"),
            Outcome::Unknown => {}
            _ => assert!(
                created == 0 || may_repeat,
                "key {key} is {outcome:?} and there"
            ),
        }
    }
}

/// Goes through the days; gives the journal as it is then, and the service.
fn live(
    days: &[Day],
    behaviour: &Behaviour,
    folder: &Path,
    may_repeat: bool,
) -> (PathBuf, Arc<Service>) {
    let (on_unknown, on_change) = if may_repeat {
        (OnUnknown::Retry, OnChange::Push)
    } else {
        (OnUnknown::Report, OnChange::Report)
    };
    let mut created = HashMap::new();
    let mut at = folder.join("0");
    std::fs::create_dir(&at).unwrap();
    for (number, day) in days.iter().enumerate() {
        let service = Service::new(Behaviour {
            faults: day.faults,
            seed: behaviour.seed,
            ..behaviour.clone()
        });
        let copy = folder.join((number + 1).to_string());
        std::fs::create_dir(&copy).unwrap();
        {
            let mut state = service.state.lock().unwrap();
            state.created = created;
            state.crash = day.dies.map(|moments| {
                let crash = Crash {
                    journal: at.clone(),
                    copy: copy.clone(),
                    created: None,
                };
                (moments, crash)
            });
        }
        let options = options(at.join("journal"), day, on_unknown, on_change);
        let report = paused(push(&service, options, day));
        check_day(&report, &service, day, may_repeat);
        let mut state = service.state.lock().unwrap();
        let crash = state.crash.take();
        created = std::mem::take(&mut state.created);
        // A push may end before its crash.
        if let Some((
            _,
            Crash {
                created: Some(then),
                ..
            },
        )) = crash
        {
            created = then;
            at = copy;
            // The copy stands for the file itself.
            let copied = rusqlite::Connection::open(at.join("journal")).unwrap();
            copied.execute_batch("DELETE FROM open_run").unwrap();
        }
    }
    let service = Service::new(Behaviour {
        crm_limit: None,
        ..behaviour.clone()
    });
    service.state.lock().unwrap().created = created;
    (at.join("journal"), service)
}

/// All keys of all days, once each and in another order.
fn last_day(days: &[Day]) -> Day {
    let rows = days.iter().flat_map(|day| &day.rows);
    let keys: HashSet<u64> = rows.filter_map(|row| row.key).collect();
    let row = |key| Row {
        key: Some(key),
        version: 0,
        is_valid: true,
    };
    Day {
        rows: keys.into_iter().map(row).collect(),
        chunk: 20,
        size: 5,
        concurrency: 2,
        faults: 0.0,
        dies: None,
        cancel_after_ms: None,
        looks: true,
    }
}

/// A service's seed and refusals, and what happens each day.
fn lives() -> impl Strategy<Value = (Behaviour, Vec<Day>)> {
    let behaviour = (
        any::<u64>(),
        prop_oneof![Just(0.0), 0.0..0.3],
        proptest::option::weighted(0.2, 8_usize..40),
    );
    let behaviour = behaviour.prop_map(|(seed, refusals, crm_limit)| Behaviour {
        seed,
        refusals,
        crm_limit,
        ..Behaviour::default()
    });
    (behaviour, days())
}

/// Whatever becomes of the table and of the runs: no key is there twice, what a run says is so, and once
/// doubts were looked up, each key is there that the CRM does not refuse.
#[test]
fn no_key_is_there_twice_and_none_is_missing() {
    check_some(50, lives(), |(behaviour, days)| {
        let folder = Folder::new();
        let (journal, service) = live(&days, &behaviour, &folder.0, false);
        let day = last_day(&days);
        let options = || options(journal.clone(), &day, OnUnknown::Report, OnChange::Report);
        // What a look shows as not there is sent by the next run.
        for _ in 0..2 {
            let report = paused(push(&service, options(), &day));
            check_day(&report, &service, &day, false);
        }
        let report = paused(push(&service, options(), &day));
        check_day(&report, &service, &day, false);
        prop_assert_eq!((report.unknown(), report.not_sent()), (0, 0));
        prop_assert_eq!(report.pushed(), report.pushed_before());
        let state = service.state.lock().unwrap();
        for (index, row) in day.rows.iter().enumerate() {
            let key = row.key.unwrap();
            let expected = usize::from(!service.refuses(key));
            prop_assert_eq!(
                state.created.get(&key).copied().unwrap_or_default(),
                expected
            );
            let is_pushed = report.outcome(index) == Some(Outcome::Pushed);
            prop_assert_eq!(usize::from(is_pushed), expected);
        }
        let status = journal_status(&journal).unwrap();
        prop_assert_eq!(status.keys, Some(report.pushed()));
        prop_assert_eq!(
            (
                status.pushed,
                status.failed,
                status.unknown,
                status.open_batches
            ),
            (report.pushed(), report.failed(), 0, 0)
        );
        Ok(())
    });
}

/// As far as that may repeat what is in doubt, and create anew what has changed: each run is accounted for.
#[test]
fn runs_that_repeat_are_accounted_for() {
    check_some(50, lives(), |(behaviour, days)| {
        let folder = Folder::new();
        let (journal, service) = live(&days, &behaviour, &folder.0, true);
        let day = last_day(&days);
        let options = options(journal, &day, OnUnknown::Retry, OnChange::Report);
        for _ in 0..3 {
            let report = paused(push(&service, options.clone(), &day));
            check_day(&report, &service, &day, true);
        }
        let state = service.state.lock().unwrap();
        for row in &day.rows {
            let key = row.key.unwrap();
            prop_assert!(
                state.created.contains_key(&key) || service.refuses(key),
                "key {key} is not there"
            );
        }
        Ok(())
    });
}
