//! One journal by two names, and its files copied, moved, replaced or deleted while a push uses them: no
//! record is sent twice.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use std::sync::Arc;

use graph8_crm::{Error, ErrorKind, Provider, journal_status};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::journal::{Running, Stage, contacts};
use crate::journal_damage::{assert_kind, killed, start};

const RECORDS: usize = 100;

/// Stands before the sandbox and lets answers through by number.
struct Gate(Arc<Semaphore>);

impl Gate {
    /// Lets so many answers through. A push into the stage passes it from now on.
    async fn before(stage: &mut Stage, answers: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let sandbox = std::mem::replace(&mut stage.url, url);
        let sandbox = sandbox.strip_prefix("http://").unwrap().to_owned();
        let permits = Arc::new(Semaphore::new(answers));
        let gate = Self(Arc::clone(&permits));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&sandbox).await.unwrap();
                tokio::spawn(relay(client, server, Arc::clone(&permits)));
            }
        });
        gate
    }

    fn open(&self) {
        self.0.add_permits(1_000);
    }
}

async fn relay(client: TcpStream, server: TcpStream, permits: Arc<Semaphore>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    tokio::spawn(async move {
        let _ = tokio::io::copy(&mut from_client, &mut to_server).await;
    });
    let mut buffer = vec![0; 1 << 16];
    while let Ok(read @ 1..) = from_server.read(&mut buffer).await {
        permits.acquire().await.unwrap().forget();
        if to_client.write_all(&buffer[..read]).await.is_err() {
            break;
        }
    }
}

/// A stage whose push is under way in a process of its own: two batches are pushed, the third was, but its
/// answer waits for the gate.
async fn under_way(records: &[Value]) -> (Stage, Running, Gate) {
    let mut stage = Stage::in_order();
    let gate = Gate::before(&mut stage, 2).await;
    let running = stage.spawn(records);
    third_is_there(&stage).await;
    (stage, running, gate)
}

async fn third_is_there(stage: &Stage) {
    while stage.requests().len() < 3 || stage.requests()[2]["status"].is_null() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

/// The same push with this journal, from this process.
fn refused(stage: &Stage, journal: &Path) -> Error {
    let mut options = stage.push_options();
    options.journal = Some(journal.to_owned());
    let provider = Provider::Pipedrive;
    let started = stage.client().start_push(provider, stage.kind, options);
    started.unwrap_err()
}

/// The push goes on in this process by this name, and every record is accounted for.
async fn goes_on(stage: &mut Stage, journal: &Path, records: &[Value]) {
    let named = stage.options["journal"].take();
    stage.options["journal"] = json!(journal);
    let report = stage.push(records).await.unwrap();
    stage.options["journal"] = named;
    stage.assert_true(&report, records);
    assert_eq!((report.pushed(), report.unknown()), (80, 20));
}

fn copy(stage: &Stage, to: &Path, endings: &[&str]) {
    for ending in endings {
        let copy = PathBuf::from(format!("{}{ending}", to.display()));
        fs::copy(stage.file(ending), copy).unwrap();
    }
}

fn rename(stage: &Stage, to: &Path, endings: &[&str]) {
    for ending in endings {
        let renamed = PathBuf::from(format!("{}{ending}", to.display()));
        fs::rename(stage.file(ending), renamed).unwrap();
    }
}

fn put_back(stage: &Stage, from: &Path, endings: &[&str]) {
    for ending in endings {
        let renamed = PathBuf::from(format!("{}{ending}", from.display()));
        fs::rename(renamed, stage.file(ending)).unwrap();
    }
}

const ALL: [&str; 4] = ["", "-wal", "-shm", "-lock"];

#[tokio::test]
async fn a_journal_by_another_name_is_the_same_journal() {
    let records = contacts(RECORDS);
    let (mut stage, running, gate) = under_way(&records).await;
    let elsewhere = stage.folder.join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let link = elsewhere.join("link.journal");
    symlink(stage.file(""), &link).unwrap();
    let link_of_link = elsewhere.join("second.journal");
    symlink("link.journal", &link_of_link).unwrap();
    let folder_link = elsewhere.join("folder");
    symlink(&stage.folder, &folder_link).unwrap();
    let names = [
        link.clone(),
        link_of_link.clone(),
        folder_link.join("push.journal"),
        elsewhere.join("..").join(".").join("push.journal"),
    ];
    for name in &names {
        assert_kind(&refused(&stage, name), ErrorKind::Storage, "in use");
        assert!(journal_status(name).unwrap().in_use);
    }
    running.kill();
    gate.open();
    for name in &names {
        assert!(!journal_status(name).unwrap().in_use);
    }
    goes_on(&mut stage, &link_of_link, &records).await;
    // Nothing beside the links.
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 3);
}

#[tokio::test]
async fn a_new_journal_by_another_name_of_its_folder_is_the_same_journal() {
    let stage = Stage::in_order();
    let folder_link = stage.folder.join("folder");
    symlink(&stage.folder, &folder_link).unwrap();
    let push = start(&stage).unwrap();
    let name = folder_link.join("push.journal");
    assert_kind(&refused(&stage, &name), ErrorKind::Storage, "in use");
    drop(push);
}

#[tokio::test]
async fn a_journal_with_hard_links_is_refused_until_they_are_gone() {
    let records = contacts(RECORDS);
    let (mut stage, running, gate) = under_way(&records).await;
    let link = stage.folder.join("link.journal");
    fs::hard_link(stage.file(""), &link).unwrap();
    for round in 0..2 {
        for name in [&link, &stage.file("")] {
            assert_kind(&refused(&stage, name), ErrorKind::Storage, "hard link");
            let error = journal_status(name).unwrap_err();
            assert_kind(&error, ErrorKind::Storage, "hard link");
        }
        if round == 0 {
            assert_eq!(stage.requests().len(), 3);
        }
    }
    running.kill();
    gate.open();
    assert_kind(&refused(&stage, &link), ErrorKind::Storage, "hard link");
    fs::remove_file(&link).unwrap();
    let journal = stage.file("");
    goes_on(&mut stage, &journal, &records).await;
}

#[tokio::test]
async fn a_lock_file_that_is_deleted_lets_nobody_in() {
    let records = contacts(RECORDS);
    let (mut stage, running, gate) = under_way(&records).await;
    let journal = stage.file("");
    for _ in 0..2 {
        fs::remove_file(stage.file("-lock")).unwrap();
        let error = refused(&stage, &journal);
        if cfg!(target_os = "linux") {
            assert_kind(&error, ErrorKind::Storage, "in use");
            assert!(stage.status().in_use);
        } else {
            assert_kind(&error, ErrorKind::Storage, "-lock file");
        }
    }
    running.kill();
    gate.open();
    if cfg!(target_os = "linux") {
        assert!(!stage.status().in_use);
        goes_on(&mut stage, &journal, &records).await;
    }
}

/// In the process whose push uses the journal, a look at it must not drop SQLite's locks.
#[tokio::test]
async fn a_lock_file_that_is_deleted_lets_nobody_in_within_the_process() {
    let (stage, records) = (Stage::in_order(), contacts(RECORDS));
    let first = start(&stage).unwrap();
    let _ = first.feed(records.iter().collect()).await;
    fs::remove_file(stage.file("-lock")).unwrap();
    for _ in 0..3 {
        assert_kind(&start(&stage).unwrap_err(), ErrorKind::Storage, "in use");
        assert!(stage.status().in_use);
    }
    // Another process's SQLite would take the log away if it could.
    let other = std::process::Command::new("python3")
        .args(["-c", "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('select * from push').fetchall(); c.close()"])
        .arg(stage.file(""))
        .status();
    assert!(other.is_err() || stage.file("-wal").exists());
    let report = first.finish().await.unwrap();
    assert_eq!(report.pushed(), RECORDS);
    assert_eq!(stage.status().pushed, RECORDS);
    assert_eq!(stage.requests().len(), RECORDS / 20);
}

#[tokio::test]
async fn a_copy_of_a_journal_in_use_is_refused_during_the_push_and_after_it_was_killed() {
    let records = contacts(RECORDS);
    let (mut stage, running, gate) = under_way(&records).await;
    let copies: Vec<(PathBuf, &[&str])> = [&ALL[..1], &ALL[..2], &ALL[..3], &ALL[..]]
        .into_iter()
        .enumerate()
        .map(|(number, endings)| {
            let path = stage.folder.join(format!("copy-{number}.journal"));
            copy(&stage, &path, endings);
            (path, endings)
        })
        .collect();
    let all_are_refused = |stage: &Stage| {
        for (path, endings) in &copies {
            let error = refused(stage, path);
            assert_kind(&error, ErrorKind::Storage, "is a copy");
            let status = journal_status(path).unwrap();
            // Copies may be looked at, of course.
            assert!(!status.in_use, "{endings:?}");
        }
    };
    all_are_refused(&stage);
    running.kill();
    gate.open();
    all_are_refused(&stage);
    assert_eq!(stage.requests().len(), 3);
    let journal = stage.file("");
    goes_on(&mut stage, &journal, &records).await;
    all_are_refused(&stage);
}

#[tokio::test]
async fn a_journal_of_a_killed_push_is_moved_by_saying_so() {
    let records = contacts(RECORDS);
    let mut stage = killed(&records).await;
    let moved = stage.folder.join("moved.journal");
    copy(&stage, &moved, &ALL);
    let error = refused(&stage, &moved);
    assert_kind(&error, ErrorKind::Storage, "DELETE FROM open_run");
    let sqlite = rusqlite::Connection::open(&moved).unwrap();
    sqlite.execute_batch("DELETE FROM open_run").unwrap();
    sqlite.close().unwrap();
    stage.options["journal"] = json!(moved);
    let report = stage.push(&records).await.unwrap();
    assert_eq!((report.pushed(), report.unknown()), (80, 20));
    assert!(stage.held().values().all(|times| *times == 1));
}

#[tokio::test]
async fn a_journal_of_a_push_that_ended_may_be_copied_and_moved() {
    let records = contacts(RECORDS);
    let mut stage = Stage::in_order();
    stage.fail_next(json!({"skip": 2, "fault": {"kind": "status", "status": 401}}));
    stage.push(&records).await.unwrap_err();
    let copied = stage.folder.join("copy.journal");
    copy(&stage, &copied, &ALL[..1]);
    stage.options["journal"] = json!(copied);
    let report = stage.push(&records).await.unwrap();
    assert_eq!(report.records(), RECORDS);
    assert!(stage.held().values().all(|times| *times == 1));
}

#[tokio::test]
async fn a_killed_push_whose_log_was_moved_by_other_hands_goes_on() {
    let records = contacts(RECORDS);
    let mut stage = killed(&records).await;
    // Closing it as the last one, SQLite moves the log into the file and deletes it.
    let sqlite = rusqlite::Connection::open(stage.file("")).unwrap();
    sqlite
        .query_row("SELECT 1 FROM push", [], |_| Ok(()))
        .unwrap();
    sqlite.close().unwrap();
    assert!(!stage.file("-wal").exists());
    let journal = stage.file("");
    goes_on(&mut stage, &journal, &records).await;
}

#[tokio::test]
async fn a_killed_push_without_log_and_lock_is_refused() {
    let records = contacts(RECORDS);
    let stage = killed(&records).await;
    fs::remove_file(stage.file("-wal")).unwrap();
    fs::remove_file(stage.file("-lock")).unwrap();
    assert_kind(&start(&stage).unwrap_err(), ErrorKind::Storage, "-wal file");
    assert_eq!(stage.requests().len(), 4);
}

#[tokio::test]
async fn a_journal_that_is_renamed_in_use_ends_its_push_and_goes_on_once_put_back() {
    for endings in [&ALL[..1], &ALL[..]] {
        let records = contacts(RECORDS);
        let (stage, running, gate) = under_way(&records).await;
        let renamed = stage.folder.join("renamed.journal");
        rename(&stage, &renamed, endings);
        let error = refused(&stage, &renamed);
        if cfg!(target_os = "linux") {
            assert_kind(&error, ErrorKind::Storage, "in use");
        }
        gate.open();
        assert!(!running.ended().await, "its next batch must not leave");
        assert_eq!(stage.requests().len(), 3);
        if endings.len() == 1 {
            let error = refused(&stage, &renamed);
            assert_kind(&error, ErrorKind::Storage, "-wal file");
        }
        put_back(&stage, &renamed, endings);
        let report = stage.push(&records).await.unwrap();
        stage.assert_true(&report, &records);
        assert_eq!(report.pushed(), RECORDS);
        assert_eq!(stage.requests().len(), 5);
    }
}

#[tokio::test]
async fn a_journal_that_is_replaced_in_use_sends_nothing_twice() {
    // By a new file in its place, and by new content in the same file.
    for in_place in [false, true] {
        let records = contacts(RECORDS);
        let mut stage = Stage::in_order();
        let gate = Gate::before(&mut stage, 2).await;
        stage.fail_next(json!({"skip": 1, "fault": {"kind": "status", "status": 401}}));
        stage.push(&records).await.unwrap_err();
        let older = stage.folder.join("older");
        fs::copy(stage.file(""), &older).unwrap();

        let running = stage.spawn(&records);
        third_is_there(&stage).await;
        if in_place {
            fs::copy(&older, stage.file("")).unwrap();
        } else {
            fs::rename(&older, stage.file("")).unwrap();
        }
        assert_kind(&start(&stage).unwrap_err(), ErrorKind::Storage, "in use");
        gate.open();
        let _ = running.ended().await;
        let again = stage.push(&records).await;
        if let Ok(report) = &again {
            stage.assert_true(report, &records);
        }
        let twice = stage.held().values().filter(|times| **times > 1).count();
        assert_eq!(twice, 0, "in place: {in_place}, {again:?}");
    }
}

#[tokio::test]
async fn a_journal_that_is_deleted_in_use_ends_its_push_and_is_missed() {
    let records = contacts(RECORDS);
    let (stage, running, gate) = under_way(&records).await;
    fs::remove_file(stage.file("")).unwrap();
    assert_kind(&start(&stage).unwrap_err(), ErrorKind::Storage, "in use");
    gate.open();
    assert!(!running.ended().await, "its next batch must not leave");
    assert_kind(&start(&stage).unwrap_err(), ErrorKind::Storage, "is gone");
    assert_eq!(stage.requests().len(), 3);
}

#[tokio::test]
async fn a_push_whose_journal_was_deleted_with_all_files_leaves_those_of_the_next_one_alone() {
    let records = contacts(RECORDS);
    let (stage, running, gate) = under_way(&records).await;
    for ending in ALL {
        fs::remove_file(stage.file(ending)).unwrap();
    }
    // Started anew, as the docs say: that it is another journal is what was asked for.
    let next = start(&stage).unwrap();
    let _ = next.feed(contacts(1).iter().collect()).await;
    gate.open();
    assert!(!running.ended().await, "its next batch must not leave");
    assert!(
        stage.file("-wal").exists(),
        "the log of the next push is gone"
    );
    assert_eq!(next.finish().await.unwrap().pushed(), 1);
    assert_eq!((stage.status().runs, stage.status().pushed), (1, 1));
}

#[tokio::test]
async fn a_batch_that_somebody_else_wrote_is_an_error_and_stays_as_it_is() {
    let (mut stage, records) = (Stage::in_order(), contacts(RECORDS));
    let gate = Gate::before(&mut stage, 1).await;
    let pushing = {
        let (client, options) = (stage.client(), stage.push_options());
        let records = records.clone();
        let provider = Provider::Pipedrive;
        tokio::spawn(async move { client.push_contacts(provider, records, options).await })
    };
    while stage.requests().len() < 2 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let other = rusqlite::Connection::open(stage.file("")).unwrap();
    other
        .execute_batch(
            "INSERT INTO batch SELECT 3, 'intended', records, 40, 59, '40-59', record_hashes, x'00', 'theirs',
                    intended_at, NULL, NULL FROM batch WHERE id = 2",
        )
        .unwrap();
    gate.open();
    let error = pushing.await.unwrap().unwrap_err();
    assert_kind(&error, ErrorKind::Storage, "another batch 3");
    let report = error.report().unwrap();
    assert_eq!((report.pushed(), report.not_sent()), (40, 60));
    assert_eq!(stage.requests().len(), 2);
    let theirs: (String, String) = other
        .query_row(
            "SELECT state, idempotency_key FROM batch WHERE id = 3",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!(theirs, ("intended".to_owned(), "theirs".to_owned()));
}

#[tokio::test]
async fn a_look_at_a_journal_leaves_its_folder_as_it_is() {
    let records = contacts(RECORDS);
    let listing = |stage: &Stage| {
        let mut names: Vec<_> = fs::read_dir(&stage.folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        names
    };
    let ended = crate::journal_damage::finished(&records).await;
    let killed = killed(&records).await;
    for stage in [&ended, &killed] {
        let before = (listing(stage), fs::read(stage.file("")).unwrap());
        for _ in 0..3 {
            stage.status();
        }
        assert_eq!(before, (listing(stage), fs::read(stage.file("")).unwrap()));
    }
    assert_eq!(ended.status().pushed, RECORDS);
    assert_eq!(killed.status().unknown, 20);
}

#[tokio::test]
async fn a_journal_whose_process_ended_while_it_was_made_is_used_as_if_nothing_was() {
    let (stage, records) = (Stage::in_order(), contacts(RECORDS));
    // Until its files are closed.
    start(&stage).unwrap().finish().await.unwrap();
    // Before it had its name, and between that and the end of the draft's.
    let draft = |ending: &str| stage.file(&format!("-new-{ending}"));
    fs::hard_link(stage.file(""), draft("1")).unwrap();
    assert_eq!(stage.status().pushed, 0);
    assert!(!draft("1").exists());
    for ending in ["", "-lock"] {
        fs::remove_file(stage.file(ending)).unwrap();
    }
    fs::write(draft("2"), "half").unwrap();
    let report = stage.push(&records).await.unwrap();
    assert_eq!(report.pushed(), RECORDS);
    assert!(!draft("2").exists());
}
