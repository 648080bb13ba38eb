//! A push whose machine dies, resumed from what is left of its journal.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use super::service::Crash;
use super::*;

/// A folder of its own for a case's journals, gone with it.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("graph8-crash-{}-{number}", std::process::id());
        // Memory where the machine has it as a file system.
        let memory = PathBuf::from("/dev/shm");
        let parent = if memory.is_dir() {
            memory
        } else {
            std::env::temp_dir()
        };
        let folder = parent.join(name);
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What an uninterrupted run of a faultless service makes of each record.
fn expected(service: &Service, course: &Course, unique: Option<Unique>, index: u64) -> Outcome {
    let is_invalid = |index| index % course.invalid_every == course.invalid_every - 1;
    // As `record` makes them.
    let is_repeated = index
        .checked_sub(1)
        .is_some_and(|before| before % 7 == 3 && !is_invalid(before));
    if is_invalid(index) {
        Outcome::Failed
    } else if let (true, Some(unique)) = (is_repeated, unique) {
        match unique {
            Unique::First => Outcome::Skipped,
            Unique::Error => Outcome::Failed,
        }
    } else if service.refuses(index) {
        Outcome::Failed
    } else {
        Outcome::Pushed
    }
}

/// The machine dies at any moment of any request; the journal of that moment is taken up against
/// what the CRM held then. No record is lost or there twice, and each ends as it would have
/// without the crash, or in doubt when its request was under way.
#[test]
fn a_push_that_crashed_and_was_resumed_ends_as_if_it_had_not() {
    check_some(
        5,
        (
            behaviours(),
            any::<bool>(),
            1_u64..60,
            1_usize..30,
            2_u64..40,
            1_usize..12,
            1_usize..5,
            any::<bool>(),
            0_u32..40,
            proptest::option::of(prop_oneof![Just(Unique::First), Just(Unique::Error)]),
        ),
        |(
            behaviour,
            is_faultless,
            records,
            chunk,
            invalid_every,
            size,
            concurrency,
            retries,
            moments,
            unique,
        )| {
            let behaviour = Behaviour {
                faults: if is_faultless { 0.0 } else { behaviour.faults },
                limit: None,
                largest_body: 100_000,
                ..behaviour
            };
            let course = Course {
                records,
                chunk,
                invalid_every,
                nameless_every: u64::MAX,
                cancel_after_ms: None,
            };
            let folder = Folder::new();
            let [journal, copy] = ["first", "copy"].map(|name| folder.0.join(name));
            for folder in [&journal, &copy] {
                std::fs::create_dir(folder).unwrap();
            }
            let options = |folder: &PathBuf| PushOptions {
                batch_size: BatchSize::Fixed(size),
                concurrency,
                on_unknown: if retries {
                    OnUnknown::Retry
                } else {
                    OnUnknown::Report
                },
                max_consecutive_unknown: 0,
                journal: Some(folder.join("journal")),
                unique,
                ..PushOptions::default()
            };

            let service = Service::new(behaviour.clone());
            let crash = Crash {
                journal: journal.clone(),
                copy: copy.clone(),
                created: None,
            };
            service.state.lock().unwrap().crash = Some((moments, crash));
            paused(run(&service, options(&journal), &course));
            let (_, crash) = service.state.lock().unwrap().crash.take().unwrap();
            let resumed = Service::new(behaviour);
            // A push may end before its crash.
            let Some((created, _)) = crash.created else {
                return Ok(());
            };
            resumed.state.lock().unwrap().created = created;
            // The copy stands for the file itself.
            let copied = rusqlite::Connection::open(copy.join("journal")).unwrap();
            copied.execute_batch("DELETE FROM open_run").unwrap();
            drop(copied);

            let report = paused(run(&resumed, options(&copy), &course));
            check_outcomes(&report, &resumed, &course, retries);
            if is_faultless {
                let in_doubt = report.unknown();
                prop_assert!(in_doubt <= size * concurrency, "{in_doubt}");
                prop_assert_eq!(report.not_sent(), 0);
                for index in 0..records {
                    let outcome = report.outcome(usize::try_from(index).unwrap()).unwrap();
                    let without = expected(&resumed, &course, unique, index);
                    prop_assert!(
                        outcome == without || outcome == Outcome::Unknown,
                        "record {index}: {outcome:?}, not {without:?}"
                    );
                }
            }
            Ok(())
        },
    );
}
