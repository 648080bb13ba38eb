//! Pushes of records of which only the first of each identity may travel.

use std::collections::HashMap;

use super::*;
use crate::records::identity::fold;

/// A record of the source: which person it is, if it says so, and how it spells that.
#[derive(Clone, Debug)]
struct Entry {
    person: Option<u64>,
    spelling: usize,
    is_valid: bool,
}

impl Entry {
    fn email(&self) -> Option<String> {
        let person = self.person?;
        let spellings = [
            format!("p{person}@x.test"),
            format!("P{person}@X.test"),
            format!(" p{person}@x.TEST\n"),
        ];
        Some(spellings[self.spelling].clone())
    }
}

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let entry = (
        proptest::option::weighted(0.8, 0_u64..60),
        0_usize..3,
        proptest::bool::weighted(0.9),
    );
    let entry = entry.prop_map(|(person, spelling, is_valid)| Entry {
        person,
        spelling,
        is_valid,
    });
    proptest::collection::vec(entry, 0..150)
}

/// By index, which earlier record has the same identity.
fn firsts(entries: &[Entry]) -> Vec<Option<usize>> {
    let mut known = HashMap::new();
    let mut first_of = |(index, entry): (usize, &Entry)| {
        let email = entry.email().filter(|_| entry.is_valid)?;
        let first = *known.entry(fold(&email)).or_insert(index);
        (first != index).then_some(first)
    };
    entries.iter().enumerate().map(&mut first_of).collect()
}

async fn push(
    service: &Arc<Service>,
    options: PushOptions,
    entries: &[Entry],
    chunks: &[usize],
    cancel_after: Option<Duration>,
) -> PushReport {
    let push = client(service, Pace::Off)
        .start_push(Provider::Hubspot, PushKind::Contacts, options)
        .unwrap();
    if let Some(after) = cancel_after {
        let cancel = push.cancel_handle();
        tokio::spawn(async move {
            sleep(after).await;
            cancel.cancel();
        });
    }
    let mut chunks = chunks.iter().cycle();
    let mut next = 0;
    while next < entries.len() {
        let end = entries.len().min(next + chunks.next().unwrap());
        let mut records = Records::new();
        for (number, entry) in entries.iter().enumerate().take(end).skip(next) {
            match entry.email() {
                _ if !entry.is_valid => records.reject("can't be encoded"),
                Some(email) => records.push(&json!({"email": email, "n": number})),
                None => records.push(&json!({"n": number})),
            }
        }
        next = end;
        if push.feed(records).await == Flow::Ended {
            break;
        }
    }
    push.not_sent(entries.len() - next);
    match push.finish().await {
        Ok(report) => report,
        Err(error) => error.into_report().unwrap(),
    }
}

proptest! {
    /// Whatever the service does, however the source is cut and whenever the push is cancelled: no identity
    /// is there twice, and each later record of one has the outcome that was asked for and names the first.
    #[test]
    fn only_the_first_record_of_an_identity_travels(
        behaviour in behaviours(),
        entries in entries(),
        chunks in proptest::collection::vec(1_usize..40, 1..5),
        options in all_options(),
        unique in prop_oneof![Just(Unique::First), Just(Unique::Error)],
        cancel_after_ms in proptest::option::of(0_u64..20_000),
    ) {
        let service = Service::new(behaviour);
        let options = PushOptions { unique: Some(unique), ..options };
        let cancel_after = cancel_after_ms.map(Duration::from_millis);
        let report = paused(push(&service, options, &entries, &chunks, cancel_after));

        let sum = report.pushed() + report.skipped() + report.failed() + report.unknown() + report.not_sent();
        prop_assert_eq!((report.records(), sum), (entries.len(), entries.len()));
        let read = entries.len() - report.unread();
        let outcome = match unique {
            Unique::First => Outcome::Skipped,
            Unique::Error => Outcome::Failed,
        };
        let told: HashMap<usize, &str> = report
            .skips()
            .iter()
            .map(|skip| (skip.index, &*skip.message))
            .chain(report.problems().iter().map(|problem| (problem.index, &*problem.message)))
            .collect();
        for (index, first) in firsts(&entries).into_iter().enumerate().take(read) {
            let message = told.get(&index).copied().unwrap_or_default();
            if let Some(first) = first {
                prop_assert_eq!(report.outcome(index), Some(outcome));
                let words = format!("another record of this push has the same identity: index {first}");
                prop_assert_eq!(message, words);
            } else {
                prop_assert_ne!(report.outcome(index), Some(Outcome::Skipped));
                prop_assert!(!message.contains("the same identity"), "{index}: {message}");
            }
        }
        let counted: usize = report.messages().iter().map(|entry| entry.count).sum();
        prop_assert_eq!(counted, report.skipped() + report.failed() + report.unknown());
        let mut created: Vec<String> = service
            .state
            .lock()
            .unwrap()
            .created
            .keys()
            .filter_map(|number| entries[usize::try_from(*number).unwrap()].email())
            .map(|email| fold(&email))
            .collect();
        created.sort_unstable();
        let all = created.len();
        created.dedup();
        prop_assert_eq!(created.len(), all);
    }
}

#[test]
fn records_left_out_are_no_failures_unless_that_was_asked_for() {
    let twins: Vec<Entry> = (0..40)
        .map(|number| Entry {
            person: Some(number / 2),
            spelling: 0,
            is_valid: true,
        })
        .collect();
    for (unique, is_refused) in [(Unique::First, false), (Unique::Error, true)] {
        let service = Service::new(Behaviour::default());
        let options = PushOptions {
            unique: Some(unique),
            max_failures: Some(MaxFailures::Count(10)),
            ..PushOptions::default()
        };
        let report = paused(push(&service, options, &twins, &[15], None));
        assert_eq!(report.ended_early().is_some(), is_refused);
        assert_eq!(report.into_result().is_err(), is_refused);
    }
}
