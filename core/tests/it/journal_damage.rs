//! Journals of another push, in use, damaged or gone: refused in clear words, never started anew.

use std::fs;
use std::path::Path;

use graph8_crm::{
    Error, ErrorKind, Outcome, Provider, Push, PushKind, PushOptions, Result, journal_status,
};
use serde_json::{Value, json};

use crate::journal::{Stage, contacts};

const PAGE: usize = 8_192;
/// Where SQLite's header has the application's id.
const APPLICATION_ID_AT: usize = 68;

pub(crate) fn start(stage: &Stage) -> Result<Push> {
    stage
        .client()
        .start_push(Provider::Pipedrive, stage.kind, stage.push_options())
}

pub(crate) fn assert_kind(error: &Error, kind: ErrorKind, words: &str) {
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.message().contains(words), "{error}");
}

/// A stage whose push has finished.
pub(crate) async fn finished(records: &[Value]) -> Stage {
    let stage = Stage::new();
    stage.push(records).await.unwrap();
    stage
}

/// A stage whose push was killed in the middle.
pub(crate) async fn killed(records: &[Value]) -> Stage {
    killed_on(Stage::in_order(), records).await
}

async fn killed_on(stage: Stage, records: &[Value]) -> Stage {
    stage.fail_next(json!({"skip": 3, "fault": {"kind": "hold"}}));
    stage
        .kill_when(records, |stage| stage.requests().len() == 4)
        .await;
    stage
}

#[tokio::test]
async fn a_source_that_differs_is_refused_at_its_first_difference_and_nothing_is_sent() {
    let records = contacts(100);
    let changed = |index: usize, record: Value| {
        let mut records = records.clone();
        records[index] = record;
        records
    };
    let mut swapped = records.clone();
    swapped.swap(30, 45);
    let cases = [
        (57, changed(57, json!({"name": "Somebody else"}))),
        (12, changed(12, json!("no object"))),
        (30, swapped),
        (99, records[..99].to_vec()),
        (0, Vec::new()),
        (0, records[1..].to_vec()),
    ];
    let stage = finished(&records).await;
    let sent = stage.requests().len();
    for (index, source) in &cases {
        let error = stage.push(source).await.unwrap_err();
        assert_kind(&error, ErrorKind::Config, &format!("at index {index}:"));
        assert!(!error.message().contains("ended after"), "{error}");
        assert_eq!(stage.requests().len(), sent);
        // What an earlier run pushed was another source's.
        let report = error.report().unwrap();
        assert_eq!(report.records(), source.len());
        assert_eq!((report.not_sent(), report.pushed()), (source.len(), 0));
        assert_eq!((report.requests(), report.problems().len()), (0, 0));
        let is_not_sent = |outcome| outcome == Outcome::NotSent;
        assert!(report.outcomes().iter().all(is_not_sent));
    }
    let report = stage.push(&records).await.unwrap();
    assert_eq!(report.pushed(), 100);
    assert_eq!(stage.requests().len(), sent);
}

#[tokio::test]
async fn a_source_that_differs_in_an_open_batch_is_refused_before_that_is_sent_again() {
    let records = contacts(100);
    let mut stage = killed(&records).await;
    stage.options["on_unknown"] = json!("retry");
    let sent = stage.requests().len();
    let mut other = records.clone();
    other[79] = json!({"name": "Somebody else"});
    let error = stage.push(&other).await.unwrap_err();
    assert_kind(&error, ErrorKind::Config, "at index 79:");
    assert_eq!(stage.requests().len(), sent);
    let report = stage.push(&records).await.unwrap();
    stage.assert_true(&report, &records);
    assert_eq!(report.pushed(), 100);
}

#[tokio::test]
async fn a_journal_of_another_push_is_refused() {
    let stage = finished(&contacts(20)).await;
    let elsewhere = Stage::new();
    let fields = || PushOptions {
        provider_fields: serde_json::value::to_raw_value(&json!({"a": 1})).ok(),
        ..stage.push_options()
    };
    let pipedrive = Provider::Pipedrive;
    let (here, there) = (stage.client(), elsewhere.client());
    let options = || stage.push_options();
    let cases = [
        (
            "its provider is 'pipedrive', not 'zoho'",
            here.start_push(Provider::Zoho, PushKind::Contacts, options()),
        ),
        (
            "its kind of push is 'contacts', not 'companies'",
            here.start_push(pipedrive, PushKind::Companies, options()),
        ),
        (
            "its base URL is",
            there.start_push(pipedrive, PushKind::Contacts, options()),
        ),
        (
            "its provider_fields is none, not",
            here.start_push(pipedrive, PushKind::Contacts, fields()),
        ),
    ];
    for (words, refused) in cases {
        assert_kind(&refused.unwrap_err(), ErrorKind::Config, words);
    }
    assert_eq!(stage.status().runs, 1);
    start(&stage).unwrap();
}

#[tokio::test]
async fn a_journal_takes_one_push_at_a_time() {
    let (stage, records) = (Stage::in_order(), contacts(100));
    let first = start(&stage).unwrap();
    assert_kind(&start(&stage).unwrap_err(), ErrorKind::Storage, "in use");
    assert!(stage.status().in_use);
    drop(first);

    stage.fail_next(json!({"fault": {"kind": "hold"}}));
    let running = stage.spawn(&records);
    while stage.requests().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_kind(&start(&stage).unwrap_err(), ErrorKind::Storage, "in use");
    assert!(stage.status().in_use);
    running.kill();
    assert!(!stage.status().in_use);
    start(&stage).unwrap();
}

/// The push is refused as often as it is tried, and the file stays as it is.
fn assert_refused(stage: &Stage, name: &str) {
    let journal = stage.file("");
    let before = fs::read(&journal).unwrap();
    for _ in 0..2 {
        let error = start(stage).unwrap_err();
        assert_kind(&error, ErrorKind::Storage, "nothing was changed");
        assert!(
            fs::read(&journal).unwrap() == before,
            "{name} was changed: {error}"
        );
    }
}

fn assert_unreadable(journal: &Path, name: &str) {
    let error = journal_status(journal).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage, "{name}: {error}");
}

#[tokio::test]
async fn a_file_that_is_no_sound_journal_is_refused_and_left_as_it_is() {
    let whole = finished(&contacts(2_000)).await;
    let sound = fs::read(whole.file("")).unwrap();
    assert!(sound.len() > 4 * PAGE);
    let overwritten = |place: usize, bytes: &[u8]| {
        let mut file = sound.clone();
        file[place..place + bytes.len()].copy_from_slice(bytes);
        file
    };
    let cases = [
        ("garbage", b"no journal at all\n".repeat(1_000)),
        ("empty", Vec::new()),
        ("one byte", sound[..1].to_vec()),
        ("a header", sound[..100].to_vec()),
        ("one page", sound[..PAGE].to_vec()),
        ("half", sound[..sound.len() / 2].to_vec()),
        ("all but a byte", sound[..sound.len() - 1].to_vec()),
        ("all but a page", sound[..sound.len() - PAGE].to_vec()),
        ("another's", overwritten(APPLICATION_ID_AT, b"abcd")),
        ("an empty page", overwritten(2 * PAGE, &[0; PAGE])),
        (
            "half a page of noise",
            overwritten(3 * PAGE, &[0xff; PAGE / 2]),
        ),
    ];
    for (name, bytes) in cases {
        let stage = Stage::new();
        fs::write(stage.file(""), bytes).unwrap();
        assert_unreadable(&stage.file(""), name);
        assert_refused(&stage, name);
    }
}

#[tokio::test]
async fn a_journal_of_another_version_is_refused_as_such_and_left_as_it_is() {
    let whole = finished(&contacts(100)).await;
    let mut other = fs::read(whole.file("")).unwrap();
    // That of a later version, and one with other hashes of records that was never released.
    for version in [b'9', b'2'] {
        other[APPLICATION_ID_AT + 3] = version;
        let stage = Stage::new();
        fs::write(stage.file(""), &other).unwrap();
        for error in [
            start(&stage).map(drop).unwrap_err(),
            journal_status(stage.file("")).unwrap_err(),
        ] {
            assert!(error.message().contains("of another version"), "{error}");
        }
        assert_eq!(fs::read(stage.file("")).unwrap(), other);
    }
}

#[tokio::test]
async fn a_database_of_another_application_is_refused_and_left_as_it_is() {
    let stage = Stage::new();
    let other = rusqlite::Connection::open(stage.file("")).unwrap();
    other
        .execute_batch("CREATE TABLE push (id); INSERT INTO push VALUES (1)")
        .unwrap();
    other.close().unwrap();
    assert_unreadable(&stage.file(""), "another's");
    assert_refused(&stage, "another's");
}

#[tokio::test]
async fn a_journal_that_has_lost_entries_is_refused_until_they_are_put_back() {
    let records = contacts(100);
    let stage = killed(&records).await;
    let sent = stage.requests().len();
    let log = fs::read(stage.file("-wal")).unwrap();
    let journal = fs::read(stage.file("")).unwrap();
    let mut flipped = log.clone();
    flipped[log.len() / 2] ^= 1;
    for damaged in [None, Some(&log[..log.len() / 2]), Some(&flipped)] {
        fs::remove_file(stage.file("-wal")).unwrap();
        if let Some(damaged) = damaged {
            fs::write(stage.file("-wal"), damaged).unwrap();
        }
        for _ in 0..2 {
            let error = start(&stage).unwrap_err();
            assert_kind(&error, ErrorKind::Storage, "has lost its last");
        }
        fs::write(stage.file(""), &journal).unwrap();
        fs::write(stage.file("-wal"), &log).unwrap();
    }
    assert_eq!(stage.requests().len(), sent);
    let report = stage.push(&records).await.unwrap();
    stage.assert_true(&report, &records);
    assert_eq!(report.unknown(), 20);
}

#[tokio::test]
async fn an_older_copy_of_a_journal_is_refused() {
    let records = contacts(100);
    let stage = killed(&records).await;
    let _ = stage.push(&records[..0]).await;
    let old = fs::read(stage.file("")).unwrap();
    stage.push(&records).await.unwrap();
    fs::write(stage.file(""), old).unwrap();
    let error = start(&stage).unwrap_err();
    assert_kind(&error, ErrorKind::Storage, "has lost its last");
}

/// The names of a file's extended attributes; `None` where the file system has none.
#[cfg(target_os = "linux")]
fn attributes(path: &Path) -> Option<Vec<String>> {
    use rustix::fs::{XattrFlags, listxattr, removexattr, setxattr};

    setxattr(path, "user.probe", b"", XattrFlags::empty()).ok()?;
    removexattr(path, "user.probe").unwrap();
    let mut names = vec![0_u8; 65_536];
    let len = listxattr(path, &mut names[..]).unwrap();
    let names = names[..len].split(|byte| *byte == 0);
    let names = names.map(|name| String::from_utf8(name.to_vec()).unwrap());
    Some(names.filter(|name| !name.is_empty()).collect())
}

/// All its files, `-lock` included, into the files that are there, as `cp` does, and as `cp -a` does.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_backup_that_is_copied_over_a_journal_which_went_on_is_refused() {
    use rustix::fs::{XattrFlags, setxattr};

    let records = contacts(100);
    for (primary_key, with_attributes) in
        [(None, false), (Some("name"), false), (Some("name"), true)]
    {
        let mut stage = Stage::in_order();
        if let Some(name) = primary_key {
            stage.options["primary_key"] = json!(name);
        }
        let stage = killed_on(stage, &records).await;
        let Some(names) = attributes(&stage.file("-lock")) else {
            return;
        };
        let files = ["", "-wal", "-shm", "-lock"].map(|ending| stage.file(ending));
        let backup = files.each_ref().map(|file| fs::read(file).unwrap());
        let report = stage.push(&records).await.unwrap();
        assert_eq!((report.pushed(), report.unknown()), (80, 20));
        for (file, bytes) in files.iter().zip(&backup) {
            fs::write(file, bytes).unwrap();
        }
        if with_attributes {
            for name in &names {
                setxattr(stage.file("-lock"), name.as_str(), b"", XattrFlags::empty()).unwrap();
            }
        }
        for _ in 0..2 {
            let error = start(&stage).unwrap_err();
            assert_kind(
                &error,
                ErrorKind::Storage,
                "an older backup was put in its place",
            );
        }
        assert!(stage.held().values().all(|times| *times == 1));
        // As the message says, for who wants that all the same.
        fs::remove_file(stage.file("-lock")).unwrap();
        drop(start(&stage).unwrap());
    }
}

#[tokio::test]
async fn a_journal_that_is_gone_is_missed() {
    let records = contacts(100);
    let stage = killed(&records).await;
    let sent = stage.requests().len();
    let journal = fs::read(stage.file("")).unwrap();
    fs::remove_file(stage.file("")).unwrap();
    assert_unreadable(&stage.file(""), "a missing one");
    for _ in 0..2 {
        assert_kind(&start(&stage).unwrap_err(), ErrorKind::Storage, "is gone");
        assert!(!stage.file("").exists());
    }
    fs::write(stage.file(""), journal).unwrap();
    let report = stage.push(&records).await.unwrap();
    stage.assert_true(&report, &records);
    assert_eq!(stage.requests().len(), sent + 1);
}

#[tokio::test]
async fn a_journal_that_is_gone_is_started_anew_once_what_is_left_is_deleted_as_told() {
    let records = contacts(100);
    let stage = killed(&records).await;
    fs::remove_file(stage.file("")).unwrap();
    fs::remove_file(stage.file("-lock")).unwrap();
    assert_kind(&start(&stage).unwrap_err(), ErrorKind::Storage, "is gone");
    fs::remove_file(stage.file("-wal")).unwrap();
    let report = stage.push(&records).await.unwrap();
    assert_eq!(report.pushed(), 100);
    assert_eq!(report.requests(), 5);
    assert_eq!(stage.status().runs, 1);
}
