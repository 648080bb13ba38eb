//! What a check costs.

use std::hint::black_box;
use std::sync::Arc;

use super::Checker;
use crate::crm::rules::Rules;
use crate::crm::source_watch::SourceWatch;
use crate::names::{Provider, PushKind};

/// Nanoseconds that this thread has had a processor, whatever else the machine does.
fn processor_time() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

/// `cargo test --release -p graph8-crm --lib -- --ignored --nocapture nanoseconds`
#[test]
#[ignore = "measures, and means something in a release build alone"]
#[expect(clippy::print_stdout, reason = "it is asked for its figure")]
fn nanoseconds_per_record() {
    let records: Vec<String> = (0..1_000_000)
        .map(|place| {
            format!(
                r#"{{"email":"ada{place}@example.com","firstname":"Ada","lastname":"Lovelace","phone":"+1 555 0{place}","jobtitle":"Analyst","company":"Analytical Engines","city":"London","country":"United Kingdom","lifecyclestage":"lead","website":"https://example.com"}}"#
            )
        })
        .collect();
    for _ in 0..3 {
        let rules = Rules::new(Provider::Hubspot, PushKind::Contacts, &[]);
        let mut checker = Checker::new(Arc::new(rules));
        let start = processor_time();
        for (index, record) in records.iter().enumerate() {
            checker.check(index, black_box(record.as_bytes()));
        }
        let taken = (processor_time() - start) / records.len() as u64;
        assert!(checker.findings().is_empty());
        println!("{taken} ns per record");
    }
}

/// As above, of what a push without a check looks at.
#[test]
#[ignore = "measures, and means something in a release build alone"]
#[expect(clippy::print_stdout, reason = "it is asked for its figure")]
fn nanoseconds_per_watched_push() {
    let record = br#"{"email":"ada@example.com","firstname":"Ada","lastname":"Lovelace","phone":"+1 555 01","jobtitle":"Analyst","company":"Analytical Engines","city":"London","country":"United Kingdom","lifecyclestage":"lead","website":"https://example.com"}"#;
    let (provider, kind) = (Provider::Hubspot, PushKind::Contacts);
    let rules = Arc::new(Rules::new(provider, kind, &[]));
    for _ in 0..3 {
        let start = processor_time();
        for _ in 0..10_000 {
            let mut watch = SourceWatch::new(provider, kind, Arc::clone(&rules));
            watch.look(record);
            watch.count(1, 1, 1);
            black_box((watch.similar_names(), watch.without_identity()));
        }
        println!("{} ns per push", (processor_time() - start) / 10_000);
    }
}
