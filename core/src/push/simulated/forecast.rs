//! The time left that a push tells is near the truth, whatever limits it.

use std::cell::RefCell;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::service::{Behaviour, Service, Windows};
use super::{Pace, client, paused, record};
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
        }
    }
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
    } = case;
    paused(async {
        let service = Service::new(behaviour);
        let push = client(&service, pace)
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
                    chunk.push(&record(next, true));
                    next += 1;
                }
                assert_eq!(push.feed(chunk).await, Flow::Continue);
                sleep(source).await;
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
            if seen.len() % 200 == 0 {
                gap *= 2;
            }
        }
    }
}

fn worst(looks: &[Look]) -> Look {
    let long = looks.iter().filter(|look| look.truth >= 1.0);
    *long.max_by(|a, b| a.error().total_cmp(&b.error())).unwrap()
}

#[test]
fn the_time_left_knows_the_limits() {
    for windows in [Windows::Fixed, Windows::Sliding] {
        for per_minute in [30, 200, 1_000] {
            for records in [5_000, 50_000] {
                for batch in [BatchSize::Auto, BatchSize::Fixed(20)] {
                    let mut case = Case::new(windows, 10, per_minute, records);
                    case.options.batch_size = batch;
                    let looks = looks(case);
                    let worst = worst(&looks);
                    println!("{windows:?} {per_minute}/min {records} {batch:?}: {} looks, worst {worst:?} {:.3}", looks.len(), worst.error());
                }
            }
        }
    }
}
