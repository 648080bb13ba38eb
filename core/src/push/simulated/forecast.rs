//! The time left that a push tells is near the truth, whatever limits it.

use std::cell::RefCell;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::service::{Behaviour, Service, Windows};
use super::{Pace, client, paused};
use crate::http::pace::RateLimit;
use crate::names::{Provider, PushKind};
use crate::push::sizing::BatchSize;
use crate::push::{Flow, Push, PushOptions};
use crate::records::Records;

const CHUNK: usize = 1_000;

/// What a push is made of.
struct Case {
    behaviour: Behaviour,
    pace: Pace,
    records: u64,
    options: PushOptions,
    /// Between two chunks of the source.
    source: Duration,
    /// Records of another push just before.
    before: u64,
}

impl Case {
    fn new(windows: Windows, per_second: usize, per_minute: usize, records: u64) -> Self {
        Self {
            behaviour: Behaviour {
                limit: Some((windows, per_second, per_minute)),
                ..Behaviour::default()
            },
            pace: Pace::AtMost(RateLimit {
                per_second: u32::try_from(per_second).unwrap(),
                per_minute: u32::try_from(per_minute).unwrap(),
            }),
            records,
            options: PushOptions::default(),
            source: Duration::ZERO,
            before: 0,
        }
    }
}

/// Each of an address of its own: those that share one make batches of which nobody knows the number before.
fn named(number: u64) -> Value {
    json!({"email": format!("p{number}@x.test"), "n": number})
}

/// One look at a push: what it said, and what was true.
#[derive(Clone, Copy, Debug)]
struct Look {
    said: f64,
    truth: f64,
}

impl Look {
    fn error(self) -> f64 {
        (self.said - self.truth).abs() / self.truth
    }
}

/// What a push said, from a tenth of its records on: at first ten times a second, then ever more rarely.
fn looks(case: Case) -> Vec<Look> {
    let Case {
        behaviour,
        pace,
        records,
        options,
        source,
        before,
    } = case;
    paused(async {
        let service = Service::new(behaviour);
        let client = client(&service, pace);
        let earlier = (records..records + before).map(named);
        let pushed = client.push_contacts(Provider::Hubspot, earlier, options.clone());
        drop(pushed.await.unwrap());
        let push = client
            .start_push(Provider::Hubspot, PushKind::Contacts, options)
            .unwrap();
        let total = usize::try_from(records).unwrap();
        push.expect_total(total);
        let seen = RefCell::new(Vec::new());
        let pushing = async {
            let mut next = 0;
            while next < records {
                let mut chunk = Records::new();
                while chunk.len() < CHUNK && next < records {
                    chunk.push(&named(next));
                    next += 1;
                }
                sleep(source).await;
                assert_eq!(push.feed(chunk).await, Flow::Continue);
            }
            push.finish().await.unwrap()
        };
        let report = tokio::select! {
            report = pushing => report,
            () = watch(&push, total, &seen) => unreachable!(),
        };
        let end = Instant::now();
        assert_eq!(report.pushed(), total);
        let seen = seen.into_inner().into_iter();
        seen.map(|(moment, said)| Look {
            said,
            truth: (end - moment).as_secs_f64(),
        })
        .collect()
    })
}

/// Looks on until it is dropped.
async fn watch(push: &Push, total: usize, seen: &RefCell<Vec<(Instant, f64)>>) {
    let mut gap = Duration::from_millis(97);
    loop {
        sleep(gap).await;
        let progress = push.progress();
        if progress.pushed * 10 >= total {
            let left = progress.left.unwrap().as_secs_f64();
            let mut seen = seen.borrow_mut();
            seen.push((Instant::now(), left));
            if seen.len().is_multiple_of(50) {
                gap *= 2;
            }
        }
    }
}

/// At any moment it is within a fifth of the truth, and in the last second within a second.
fn check(name: &str, looks: &[Look]) {
    let (long, short): (Vec<Look>, Vec<Look>) =
        looks.iter().copied().partition(|look| look.truth >= 1.0);
    let worst = long.iter().max_by(|a, b| a.error().total_cmp(&b.error()));
    let worst = worst.unwrap();
    assert!(worst.error() <= 0.2, "{name}: {worst:?}");
    let late = short.iter().find(|look| look.said > look.truth + 1.0);
    assert!(late.is_none(), "{name}: {late:?}");
}

#[test]
fn the_time_left_knows_the_limits() {
    for windows in [Windows::Fixed, Windows::Sliding] {
        for per_minute in [30, 200, 1_000] {
            for records in [5_000, 50_000] {
                let case = Case::new(windows, 10, per_minute, records);
                check(
                    &format!("{windows:?} {per_minute}/min, {records} records"),
                    &looks(case),
                );
            }
        }
    }
}

#[test]
fn the_time_left_knows_the_size_of_batches() {
    for per_minute in [30, 200, 1_000] {
        let mut case = Case::new(Windows::Sliding, 10, per_minute, 10_000);
        case.options.batch_size = BatchSize::Fixed(20);
        check(&format!("{per_minute}/min, batches of 20"), &looks(case));
    }
}

#[test]
fn the_time_left_knows_limits_that_answers_tell() {
    for per_minute in [30, 1_000] {
        let mut case = Case::new(Windows::Fixed, 50, per_minute, 20_000);
        case.pace = Pace::Learned;
        case.behaviour.tells_limits = true;
        check(&format!("{per_minute}/min, as told"), &looks(case));
    }
}

#[test]
fn the_time_left_knows_how_long_answers_take() {
    for per_record in [50, 200] {
        let mut case = Case::new(Windows::Sliding, 10, 200, 5_000);
        case.behaviour.per_record = Duration::from_millis(per_record);
        check(&format!("{per_record} ms a record"), &looks(case));
    }
    let mut case = Case::new(Windows::Sliding, 10, 200, 5_000);
    case.behaviour.limit = None;
    case.pace = Pace::Off;
    case.behaviour.per_record = Duration::from_millis(50);
    check("unpaced, 50 ms a record", &looks(case));
}

#[test]
fn the_time_left_knows_a_slow_source() {
    for per_minute in [30, 1_000] {
        let mut case = Case::new(Windows::Sliding, 10, per_minute, 20_000);
        case.source = Duration::from_secs(4);
        let mut looks = looks(case);
        // What the source gives last finds the second's window fuller or emptier: a second more or less.
        looks.retain(|look| look.truth >= 5.0);
        check(&format!("a slow source, {per_minute}/min"), &looks);
    }
}

#[test]
fn the_time_left_knows_what_an_earlier_push_has_used() {
    let mut case = Case::new(Windows::Sliding, 10, 30, 8_000);
    case.before = 2_500;
    check("after another push", &looks(case));
}

#[test]
fn nobody_knows_the_time_left_of_a_source_without_an_end() {
    paused(async {
        let service = Service::new(Behaviour::default());
        let push = client(&service, Pace::Learned)
            .start_push(
                Provider::Hubspot,
                PushKind::Contacts,
                PushOptions::default(),
            )
            .unwrap();
        for number in 0..50 {
            let records: Records = (0..100).map(|i| named(number * 100 + i)).collect();
            assert_eq!(push.feed(records).await, Flow::Continue);
            assert_eq!(push.progress().left, None);
        }
        assert_eq!(push.finish().await.unwrap().pushed(), 5_000);
    });
}
