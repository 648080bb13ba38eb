//! The files of a push hold customers' data: who may read them, what they may be, and what their last lines
//! say.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use graph8_crm::{
    ErrorKind, Outcome, Provider, Push, PushKind, PushOptions, journal_status, read_dead_letter,
};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::journal::{Stage, contacts};
use crate::journal_damage::{assert_kind, finished, killed, start};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn files_are_for_their_owner_alone_whatever_the_umask() {
    let mut stage = Stage::in_order();
    stage.options["dead_letter"] = json!(stage.file(".ndjson"));
    stage.fail_next(json!({"fault": {"kind": "close_after_write"}}));
    stage.fail_next(json!({"fault": {"kind": "delay", "ms": 60_000}}));
    let running = stage.spawn(&contacts(60));
    while stage.requests().len() < 2 {
        sleep(Duration::from_millis(5)).await;
    }
    for ending in ["", "-wal", "-shm", "-lock", ".ndjson"] {
        let path = stage.file(ending);
        assert_eq!(mode(&path), 0o600, "{ending}");
    }
    assert!(fs::metadata(stage.file(".ndjson")).unwrap().len() > 0);
    running.kill();
}

#[tokio::test]
async fn files_that_others_may_read_stay_as_they_are() {
    let mut stage = finished(&contacts(20)).await;
    let dead_letter = stage.file(".ndjson");
    fs::write(&dead_letter, b"").unwrap();
    stage.options["dead_letter"] = json!(dead_letter);
    for path in [&stage.file(""), &dead_letter] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o660)).unwrap();
    }
    fs::remove_file(stage.file("-lock")).unwrap();
    let push = start(&stage).unwrap();
    for ending in ["", "-wal", "-shm", ".ndjson"] {
        assert_eq!(mode(&stage.file(ending)), 0o660, "{ending}");
    }
    drop(push);
}

fn options(journal: Option<&Path>, dead_letter: Option<&Path>) -> PushOptions {
    PushOptions {
        journal: journal.map(Path::to_owned),
        dead_letter: dead_letter.map(Path::to_owned),
        ..PushOptions::default()
    }
}

fn start_with(stage: &Stage, options: PushOptions) -> graph8_crm::Result<Push> {
    let client = stage.client();
    client.start_push(Provider::Pipedrive, PushKind::Contacts, options)
}

#[tokio::test]
async fn what_is_no_path_is_refused_before_any_file_is_made() {
    let stage = Stage::new();
    let good = stage.file(".ndjson");
    for wrong in ["", "  ", "\n", "a\0b", "\0"] {
        let wrong = Path::new(wrong);
        for options in [
            options(Some(wrong), None),
            options(None, Some(wrong)),
            options(Some(wrong), Some(&good)),
            options(Some(&good), Some(wrong)),
        ] {
            let error = start_with(&stage, options).unwrap_err();
            assert_kind(&error, ErrorKind::Config, "the path of the");
        }
        let told = journal_status(wrong).unwrap_err();
        assert_kind(&told, ErrorKind::Config, "the path of the journal");
        let read = read_dead_letter(wrong, &[Outcome::Failed]).unwrap_err();
        assert_kind(&read, ErrorKind::Config, "the path of the dead-letter file");
    }
    assert_eq!(fs::read_dir(&stage.folder).unwrap().count(), 0);
    for name in ["", " ", "-wal", "-lock"] {
        assert!(!Path::new(name).exists(), "{name:?}");
    }
}

#[tokio::test]
async fn what_is_no_regular_file_is_refused_and_nothing_waits_for_it() {
    let stage = Stage::new();
    let pipe = stage.folder.join("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let socket = stage.folder.join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let folder = stage.folder.join("folder");
    fs::create_dir(&folder).unwrap();
    let device = Path::new("/dev/null");
    let cases = [
        (&*pipe, "a named pipe"),
        (&socket, "a socket"),
        (&folder, "a folder"),
        (device, "a device"),
    ];
    for (path, what) in cases {
        let good = stage.file(".ndjson");
        for options in [options(Some(path), Some(&good)), options(None, Some(path))] {
            let error = start_with(&stage, options).unwrap_err();
            assert_kind(&error, ErrorKind::Storage, what);
        }
        assert!(!good.exists(), "{what}");
        assert_kind(&journal_status(path).unwrap_err(), ErrorKind::Storage, what);
        let read = read_dead_letter(path, &[Outcome::Failed]).unwrap_err();
        assert_kind(&read, ErrorKind::Storage, what);
    }
    assert_eq!(fs::read_dir(&stage.folder).unwrap().count(), 3);
    // The stage looks into its files when it goes.
    fs::remove_file(pipe).unwrap();
}

#[tokio::test]
async fn a_symbolic_link_makes_no_file_elsewhere_and_changes_none() {
    let stage = Stage::new();
    let target = stage.folder.join("target");
    let link = |name: &str| {
        let link = stage.folder.join(name);
        symlink(&target, &link).unwrap();
        link
    };
    let (journal, dead_letter, lock) = (
        link("link.journal"),
        link("link.ndjson"),
        link("push.journal-lock"),
    );
    let is_link = |error| assert_kind(&error, ErrorKind::Storage, "symbolic link");
    is_link(start_with(&stage, options(Some(&journal), None)).unwrap_err());
    is_link(start_with(&stage, options(None, Some(&dead_letter))).unwrap_err());
    is_link(start(&stage).unwrap_err());
    assert!(!target.exists());

    fs::write(&target, "somebody's\n").unwrap();
    is_link(start_with(&stage, options(None, Some(&dead_letter))).unwrap_err());
    is_link(start(&stage).unwrap_err());
    fs::remove_file(lock).unwrap();
    drop(start(&stage).unwrap());
    assert_eq!(fs::read_to_string(&target).unwrap(), "somebody's\n");
    // Reading follows it.
    assert!(read_dead_letter(dead_letter, &[]).unwrap().is_empty());
}

#[tokio::test]
async fn dead_letters_never_go_into_a_journal() {
    let stage = finished(&contacts(20)).await;
    let before = fs::read(stage.file("")).unwrap();
    for ending in ["", "-wal", "-shm", "-lock"] {
        let dead_letter = stage.file(ending);
        let both = options(Some(&stage.file("")), Some(&dead_letter));
        let error = start_with(&stage, both).unwrap_err();
        assert_kind(&error, ErrorKind::Config, "a file of the journal");
    }
    let error = start_with(&stage, options(None, Some(&stage.file("")))).unwrap_err();
    assert_kind(&error, ErrorKind::Storage, "a database");
    assert_eq!(fs::read(stage.file("")).unwrap(), before);
}

const LOOK: &str = "JOURNAL_TO_LOOK_AT";

#[test]
#[ignore = "the process that looks at a journal without being allowed to write"]
#[expect(clippy::print_stdout, reason = "what the parent reads")]
fn look() {
    let Some(path) = std::env::var_os(LOOK) else {
        return;
    };
    match journal_status(Path::new(&path)) {
        Ok(status) => println!("\n=pushed {} unknown {}", status.pushed, status.unknown),
        Err(error) => println!("\n={error}"),
    }
}

/// What a process says of the journal that may read it and write nowhere.
fn look_without_writing(stage: &Stage) -> String {
    let is_root = fs::metadata(&stage.folder).unwrap().uid() == 0;
    for entry in fs::read_dir(&stage.folder).unwrap() {
        fs::set_permissions(entry.unwrap().path(), fs::Permissions::from_mode(0o444)).unwrap();
    }
    fs::set_permissions(&stage.folder, fs::Permissions::from_mode(0o555)).unwrap();
    let look = |program: &Path| {
        let mut looking = Command::new(program);
        looking
            .args(["--exact", "files::look", "--ignored", "--nocapture"])
            .env(LOOK, stage.file(""));
        if is_root {
            // Permissions are nothing to root.
            looking.uid(65_534).gid(65_534);
        }
        looking.output()
    };
    let program = std::env::current_exe().unwrap();
    let output = look(&program).or_else(|_| {
        // It may be in a folder of root's own.
        let copy = stage.folder.with_extension("program");
        fs::copy(program, &copy).unwrap();
        let output = look(&copy);
        fs::remove_file(copy).unwrap();
        output
    });
    let output = output.unwrap();
    fs::set_permissions(&stage.folder, fs::Permissions::from_mode(0o755)).unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix('='));
    line.unwrap_or_else(|| panic!("{text}")).to_owned()
}

#[tokio::test]
async fn a_journal_can_be_looked_at_where_nothing_can_be_written() {
    let ended = finished(&contacts(100)).await;
    assert_eq!(look_without_writing(&ended), "pushed 100 unknown 0");
    let killed = killed(&contacts(100)).await;
    assert_eq!(look_without_writing(&killed), "pushed 60 unknown 20");
    // The log alone can't be read there; the words say why, and nobody is sent for a sound copy.
    fs::remove_file(killed.file("-shm")).unwrap();
    let said = look_without_writing(&killed);
    assert!(said.contains("may well be sound"), "{said}");
    assert!(said.contains("-shm"), "{said}");
}

/// Each record's last outcome, as the file gives it back.
fn told(path: &Path) -> Vec<(String, Outcome)> {
    let mut told: Vec<(String, Outcome)> = Outcome::ALL
        .into_iter()
        .flat_map(|outcome| {
            let records = read_dead_letter(path, &[outcome]).unwrap();
            records
                .into_iter()
                .map(move |record| (record.get().to_owned(), outcome))
        })
        .collect();
    told.sort();
    told
}

/// Cancels the push once so many requests have come.
async fn cancelled(stage: &Stage, records: &[Value], requests: usize) {
    let push = start_with_kind(stage);
    let cancel = push.cancel_handle();
    let feeding = async {
        let _ = push.feed(records.iter().collect()).await;
        push.finish().await
    };
    let cancelling = async {
        while stage.requests().len() < requests {
            sleep(Duration::from_millis(5)).await;
        }
        sleep(Duration::from_millis(50)).await;
        cancel.cancel();
    };
    let (ended, ()) = tokio::join!(feeding, cancelling);
    ended.unwrap_err();
}

fn start_with_kind(stage: &Stage) -> Push {
    let client = stage.client();
    client
        .start_push(Provider::Pipedrive, stage.kind, stage.push_options())
        .unwrap()
}

#[tokio::test]
async fn dead_letters_of_a_list_push_that_was_interrupted_say_what_became_of_it() {
    let mut stage = Stage::in_order();
    let path = stage.file(".ndjson");
    stage.options["dead_letter"] = json!(path);
    let people = contacts(3);
    let client = stage.client();
    let pipedrive = Provider::Pipedrive;
    client
        .push_contacts(pipedrive, &people, PushOptions::default())
        .await
        .unwrap();
    let held = json!({"do": "records", "provider": "pipedrive", "entity": "contacts"});
    let held = stage.command(held);
    let lists = stage.command(json!({"do": "lists", "provider": "pipedrive"}));
    let changes: Vec<Value> = held
        .as_array()
        .unwrap()
        .iter()
        .map(|record| json!({"list_id": lists[0]["id"], "add": [record["id"]]}))
        .collect();
    stage.kind = PushKind::Lists;
    stage.options["batch_size"] = json!(1);
    let before = stage.requests().len();
    stage.fail_next(json!({"skip": 1, "fault": {"kind": "delay", "ms": 60_000}}));
    cancelled(&stage, &changes, before + 2).await;
    let in_doubt = told(&path);
    assert_eq!(in_doubt.len(), 1);
    assert_eq!(in_doubt[0].1, Outcome::Unknown);
    let report = stage.push(&changes).await.unwrap();
    assert_eq!(report.pushed(), 3);
    assert_eq!(told(&path), [(in_doubt[0].0.clone(), Outcome::Pushed)]);
    // Told once.
    let size = fs::metadata(&path).unwrap().len();
    stage.push(&changes).await.unwrap();
    assert_eq!(fs::metadata(&path).unwrap().len(), size);
}

#[tokio::test]
async fn a_dead_letter_of_a_record_that_was_mended_says_that_it_is_pushed() {
    let mut stage = Stage::in_order();
    let path = stage.file(".ndjson");
    stage.options["dead_letter"] = json!(path);
    let whole = contacts(40);
    let mut records = whole.clone();
    records[25] = json!("no object");
    records[30] = json!("nor this");
    let report = stage.push(&records).await.unwrap();
    assert_eq!(report.failed(), 2);
    assert_eq!(told(&path).len(), 2);
    records[25] = whole[25].clone();
    let report = stage.push(&records).await.unwrap();
    assert_eq!((report.pushed(), report.failed()), (39, 1));
    let outcomes: Vec<Outcome> = told(&path)
        .into_iter()
        .map(|(_, outcome)| outcome)
        .collect();
    assert_eq!(outcomes, [Outcome::Pushed, Outcome::Failed]);
}

#[tokio::test]
async fn a_dead_letter_of_a_record_that_was_not_found_and_sent_again_says_that_it_is_pushed() {
    let mut stage = Stage::in_order();
    let path = stage.file(".ndjson");
    stage.options["dead_letter"] = json!(path);
    let records = contacts(40);
    let refused = json!({"kind": "status", "status": 502});
    stage.fail_next(json!({"fault": refused}));
    let push = start_with_kind(&stage);
    let _ = push.feed(records.iter().collect()).await;
    push.drain().await;
    assert_eq!(push.unknown().len(), 20);
    for index in 0..20 {
        assert!(push.resolve(index, false));
    }
    push.finish().await.unwrap();
    assert!(
        told(&path)
            .iter()
            .all(|(_, outcome)| *outcome == Outcome::NotSent)
    );
    let report = stage.push(&records).await.unwrap();
    assert_eq!(report.pushed(), 40);
    assert_eq!(told(&path).len(), 20);
    assert!(
        told(&path)
            .iter()
            .all(|(_, outcome)| *outcome == Outcome::Pushed)
    );
}

#[tokio::test]
async fn another_source_leaves_no_line_in_the_dead_letters_and_no_trace_in_the_journal() {
    let mut stage = Stage::in_order();
    let path = stage.file(".ndjson");
    stage.options["dead_letter"] = json!(path);
    let mut records = contacts(100);
    records[5] = json!("refused in both");
    stage.fail_next(json!({"skip": 1, "fault": {"kind": "delay", "ms": 60_000}}));
    cancelled(&stage, &records, 2).await;
    let before = (fs::read(&path).unwrap(), stage.status());
    let mut other = records.clone();
    other[5] = json!("another one");
    other[30] = json!({"name": "Somebody else"});
    let error = stage.push(&other).await.unwrap_err();
    assert_kind(&error, ErrorKind::Config, "did not begin");
    assert!(error.report().is_none());
    assert_eq!(fs::read(&path).unwrap(), before.0);
    let after = stage.status();
    assert_eq!(after.unknown_indexes, before.1.unknown_indexes);
    assert_eq!(after.open_batches, before.1.open_batches);
}
