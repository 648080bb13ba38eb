//! Whole pushes against a simulated service on a paused clock: no socket, no file, every fault by seed.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::client::Client;
use crate::error::ErrorKind;
use crate::http::pace::RateLimit;
use crate::http::transport::Simulation;
use crate::names::{Provider, PushKind};
use crate::push::sizing::BatchSize;
use crate::push::{Flow, MaxFailures, OnError, OnUnknown, Push, PushOptions, Unique};
use crate::records::Records;
use crate::report::Outcome;
use crate::report::PushReport;

mod crash;
mod crowd;
mod forecast;
mod keyed;
mod lists;
mod looks;
mod lost;
mod service;
mod stop;
mod unique;

use service::{Behaviour, Service, TIMEOUT, Windows};

/// As `proptest!`, with a part of the cases that `PROPTEST_CASES` asks for, which the macro would take as it
/// stands: here a case is many runs.
fn check_some<S: Strategy>(
    share: u32,
    strategy: S,
    law: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let usual = ProptestConfig::default();
    let mut runner = TestRunner::new(ProptestConfig {
        cases: usual.cases.div_ceil(share),
        ..usual
    });
    if let Err(error) = runner.run(&strategy, law) {
        panic!("{error}\n{runner}");
    }
}

fn paused<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(work)
}

/// How the client under test paces.
enum Pace {
    Off,
    AtMost(RateLimit),
    Learned,
}

fn client(service: &Arc<Service>, pace: Pace) -> Client {
    let builder = Client::builder()
        .api_key("g8_test_canary")
        .base_url("http://127.0.0.1:9")
        .read_timeout(TIMEOUT)
        .rate_limit_store(crate::RateLimitStore::Alone);
    let builder = match pace {
        Pace::Off => builder.unpaced(),
        Pace::AtMost(limit) => builder.rate_limit(limit),
        Pace::Learned => builder,
    };
    Client::simulated(builder, Arc::clone(service) as Arc<dyn Simulation>)
}

fn record(number: u64, is_named: bool) -> Value {
    if is_named {
        // Some share their address with the next one, in another spelling.
        let email = if number % 7 == 3 {
            format!(" P{}@X.test", number + 1)
        } else {
            format!("p{number}@x.test")
        };
        json!({"email": email, "n": number})
    } else {
        json!({"n": number})
    }
}

#[derive(Clone, Debug)]
struct Course {
    records: u64,
    chunk: usize,
    invalid_every: u64,
    nameless_every: u64,
    cancel_after_ms: Option<u64>,
}

/// Feeds a push with the records of a course, or as many as it takes.
async fn feed(push: &Push, course: &Course) {
    let mut next = 0;
    while next < course.records {
        let mut records = Records::new();
        while records.len() < course.chunk && next < course.records {
            if next % course.invalid_every == course.invalid_every - 1 {
                records.reject("can't be encoded");
            } else {
                records.push(&record(
                    next,
                    next % course.nameless_every != course.nameless_every - 1,
                ));
            }
            next += 1;
        }
        if push.feed(records).await == Flow::Ended {
            break;
        }
    }
    push.not_sent(usize::try_from(course.records - next).unwrap());
}

async fn run(service: &Arc<Service>, options: PushOptions, course: &Course) -> PushReport {
    let push = client(service, Pace::Off)
        .start_push(Provider::Hubspot, PushKind::Contacts, options)
        .unwrap();
    if let Some(ms) = course.cancel_after_ms {
        let cancel = push.cancel_handle();
        tokio::spawn(async move {
            sleep(Duration::from_millis(ms)).await;
            cancel.cancel();
        });
    }
    feed(&push, course).await;
    match push.finish().await {
        Ok(report) => report,
        Err(error) => error.into_report().unwrap(),
    }
}

/// The laws, checked on both ends.
fn check_outcomes(report: &PushReport, service: &Service, course: &Course, may_repeat: bool) {
    let records = usize::try_from(course.records).unwrap();
    assert_eq!(report.records(), records);
    assert_eq!(
        report.pushed() + report.skipped() + report.failed() + report.unknown() + report.not_sent(),
        records
    );
    let state = service.state.lock().unwrap();
    for index in 0..records {
        let number = index as u64;
        let created = state.created.get(&number).copied().unwrap_or_default();
        let outcome = report.outcome(index).unwrap();
        match outcome {
            Outcome::Pushed => assert!(created > 0, "record {index} is pushed and not there"),
            Outcome::Skipped | Outcome::Failed | Outcome::NotSent => {
                assert_eq!(created, 0, "record {index} is {outcome:?} and there");
            }
            Outcome::Unknown => {}
        }
        assert!(
            created <= 1 || may_repeat,
            "record {index} is there {created} times"
        );
        let has_problem = matches!(outcome, Outcome::Failed | Outcome::Unknown);
        let listed = report
            .problems()
            .iter()
            .any(|problem| problem.index == index);
        assert_eq!(has_problem, listed, "record {index}");
    }
    let skipped = report.skips().iter().map(|skip| report.outcome(skip.index));
    assert!(skipped.eq(std::iter::repeat_n(
        Some(Outcome::Skipped),
        report.skipped()
    )));
    let kept = report.unsent.len() + report.unread();
    assert_eq!(
        kept,
        report.not_sent(),
        "not sent records are kept or were never read"
    );
}

fn behaviours() -> impl Strategy<Value = Behaviour> {
    (
        any::<u64>(),
        0.0..0.6,
        0.0..0.3,
        any::<bool>(),
        200_usize..5_000,
    )
        .prop_map(
            |(seed, faults, refusals, is_limited, largest_body)| Behaviour {
                seed,
                faults,
                refusals,
                limit: is_limited.then_some((Windows::Fixed, 5, 60)),
                largest_body,
                ..Behaviour::default()
            },
        )
}

fn courses() -> impl Strategy<Value = Course> {
    (
        0_u64..300,
        1_usize..120,
        2_u64..40,
        3_u64..40,
        proptest::option::of(0_u64..20_000),
    )
        .prop_map(
            |(records, chunk, invalid_every, nameless_every, cancel_after_ms)| Course {
                records,
                chunk,
                invalid_every,
                nameless_every,
                cancel_after_ms,
            },
        )
}

fn all_options() -> impl Strategy<Value = PushOptions> {
    (
        proptest::option::of(1_usize..40),
        1_usize..9,
        any::<bool>(),
        any::<bool>(),
        proptest::option::of(0_usize..50),
        0_u32..5,
        proptest::option::of(1_u64..60),
        proptest::option::of(prop_oneof![Just(Unique::First), Just(Unique::Error)]),
    )
        .prop_map(
            |(size, concurrency, retries, stops, most, in_a_row, deadline, unique)| PushOptions {
                batch_size: size.map_or(BatchSize::Auto, BatchSize::Fixed),
                concurrency,
                on_unknown: if retries {
                    OnUnknown::Retry
                } else {
                    OnUnknown::Report
                },
                on_error: if stops && most.is_some_and(|most| most % 4 == 0) {
                    OnError::Stop
                } else {
                    OnError::Continue
                },
                max_failures: most.map(MaxFailures::Count),
                max_consecutive_unknown: in_a_row,
                deadline: deadline.map(Duration::from_secs),
                unique,
                ..PushOptions::default()
            },
        )
}

proptest! {
    /// Whatever the service does and whenever the push is cancelled: every record has one outcome, what
    /// is pushed is there, what failed or was not sent is not, and nothing is there twice.
    #[test]
    fn every_record_is_accounted_for(
        behaviour in behaviours(),
        course in courses(),
        options in all_options(),
    ) {
        let service = Service::new(behaviour);
        let may_repeat = options.on_unknown == OnUnknown::Retry;
        let report = paused(run(&service, options, &course));
        check_outcomes(&report, &service, &course, may_repeat);
    }

    /// With transit up to 75 ms and answers of any length, the service never sees more than it allows.
    #[test]
    fn no_window_is_ever_exceeded(
        seed in any::<u64>(),
        is_fixed in any::<bool>(),
        per_second in 1_usize..60,
        per_minute in prop_oneof![100 => 1_usize..12, 1 => 12_usize..150],
        per_record_ms in 0_u64..3_000,
        concurrency in 1_usize..40,
        faults in prop_oneof![Just(0.0), 0.0..0.3],
    ) {
        let windows = if is_fixed { Windows::Fixed } else { Windows::Sliding };
        let service = Service::new(Behaviour {
            seed,
            faults,
            limit: Some((windows, per_second, per_minute)),
            per_record: Duration::from_millis(per_record_ms),
            ..Behaviour::default()
        });
        let limit = RateLimit {
            per_second: u32::try_from(per_second).unwrap(),
            per_minute: u32::try_from(per_minute).unwrap(),
        };
        paused(async {
            let options = PushOptions {
                batch_size: BatchSize::Fixed(1),
                concurrency,
                max_consecutive_unknown: 0,
                ..PushOptions::default()
            };
            let records = (0..3 * per_minute as u64).map(|number| record(number, true));
            let pushed = client(&service, Pace::AtMost(limit))
                .push_contacts(Provider::Hubspot, records, options)
                .await;
            // A deadlock would end as an error of the paused clock; a spent budget is none of ours.
            prop_assert!(pushed.is_ok() || faults > 0.0, "{pushed:?}");
            let state = service.state.lock().unwrap();
            prop_assert_eq!(state.throttled, 0, "{} arrivals", state.arrivals.len());
            Ok(())
        })?;
    }
}

/// At least 98 % of what three minutes allow is used, without one 429.
#[test]
fn the_allowed_rate_is_used() {
    for windows in [Windows::Fixed, Windows::Sliding] {
        for (per_second, per_minute) in [(10, 200), (50, 1_000)] {
            for tells_limits in [false, true] {
                let service = Service::new(Behaviour {
                    limit: Some((windows, per_second, per_minute)),
                    tells_limits,
                    per_record: Duration::from_millis(20),
                    ..Behaviour::default()
                });
                let limit = RateLimit {
                    per_second: u32::try_from(per_second).unwrap(),
                    per_minute: u32::try_from(per_minute).unwrap(),
                };
                paused(async {
                    let started = Instant::now();
                    let options = PushOptions {
                        batch_size: BatchSize::Fixed(1),
                        deadline: Some(Duration::from_secs(180)),
                        ..PushOptions::default()
                    };
                    let records = (0..4 * per_minute as u64).map(|number| record(number, true));
                    let ended = client(
                        &service,
                        if tells_limits {
                            Pace::Learned
                        } else {
                            Pace::AtMost(limit)
                        },
                    )
                    .push_contacts(Provider::Hubspot, records, options)
                    .await;
                    assert_eq!(ended.unwrap_err().kind(), ErrorKind::Timeout);
                    let state = service.state.lock().unwrap();
                    let used = state
                        .arrivals
                        .iter()
                        .filter(|arrival| **arrival - started < Duration::from_secs(180))
                        .count();
                    assert_eq!(
                        state.throttled, 0,
                        "{windows:?} {per_second}/s {per_minute}/min"
                    );
                    assert!(
                        used * 100 >= 3 * per_minute * 98,
                        "{windows:?} {used} of {}",
                        3 * per_minute
                    );
                });
            }
        }
    }
}

fn limited_course(records: u64) -> Course {
    Course {
        records,
        chunk: 100,
        invalid_every: u64::MAX,
        nameless_every: u64::MAX,
        cancel_after_ms: None,
    }
}

#[test]
fn what_the_crms_own_limit_keeps_out_is_sent_again_and_nothing_twice() {
    let service = Service::new(Behaviour {
        crm_limit: Some(110),
        refusals: 0.02,
        ..Behaviour::default()
    });
    let course = limited_course(1_000);
    let started = std::cell::Cell::new(Duration::ZERO);
    let report = paused(async {
        let before = Instant::now();
        let report = run(&service, PushOptions::default(), &course).await;
        started.set(before.elapsed());
        report
    });
    check_outcomes(&report, &service, &course, false);
    assert_eq!((report.unknown(), report.not_sent()), (0, 0), "{report:?}");
    assert!(
        report
            .problems()
            .iter()
            .all(|problem| problem.message.starts_with("refused by the CRM"))
    );
    // 110 in ten seconds: 1,000 need ten windows.
    assert!(
        started.get() >= Duration::from_secs(90),
        "{:?}",
        started.get()
    );
}

#[test]
fn a_crm_whose_limit_never_ends_leaves_the_rest_not_sent_with_its_words() {
    let day = Duration::from_secs(86_400);
    for deadline in [None, Some(Duration::from_secs(15)), Some(day)] {
        let service = Service::new(Behaviour {
            crm_limit: Some(0),
            ..Behaviour::default()
        });
        let options = PushOptions {
            deadline,
            ..PushOptions::default()
        };
        let records = (0..300).map(|number| record(number, true));
        let ended = paused(async {
            client(&service, Pace::Off)
                .push_contacts(Provider::Hubspot, records, options)
                .await
        });
        let error = ended.unwrap_err();
        assert!(error.message().contains("ten_secondly_rolling"), "{error}");
        let report = error.report().unwrap();
        assert_eq!(report.not_sent(), 300, "{report:?}");
        assert_eq!(report.unsent.len(), 300);
    }
}

#[test]
fn limits_that_change_in_the_middle_are_followed() {
    let service = Service::new(Behaviour {
        limit: Some((Windows::Sliding, 2, 30)),
        tells_limits: true,
        ..Behaviour::default()
    });
    paused(async {
        let options = PushOptions {
            batch_size: BatchSize::Fixed(1),
            ..PushOptions::default()
        };
        let records = (0..90).map(|number| record(number, true));
        let report = client(&service, Pace::Learned)
            .push_contacts(Provider::Hubspot, records, options)
            .await
            .unwrap();
        assert_eq!(report.pushed(), 90);
        // The first answers tell that 2 and not 10 a second are allowed: what was under way may be refused.
        let throttled = service.state.lock().unwrap().throttled;
        assert!(throttled <= 4, "{throttled}");
    });
}

#[test]
fn requests_of_others_on_the_account_are_left_room() {
    let service = Service::new(Behaviour {
        limit: Some((Windows::Sliding, 10, 60)),
        tells_limits: true,
        ..Behaviour::default()
    });
    paused(async {
        // Another process has used half of the minute.
        let now = Instant::now();
        service
            .state
            .lock()
            .unwrap()
            .arrivals
            .extend(std::iter::repeat_n(now, 30));
        sleep(Duration::from_secs(2)).await;
        let options = PushOptions {
            batch_size: BatchSize::Fixed(1),
            ..PushOptions::default()
        };
        let records = (0..100).map(|number| record(number, true));
        let report = client(&service, Pace::Learned)
            .push_contacts(Provider::Hubspot, records, options)
            .await
            .unwrap();
        assert_eq!(report.pushed(), 100);
        assert_eq!(service.state.lock().unwrap().throttled, 0);
    });
}

#[test]
fn a_dying_service_is_asked_one_request_at_a_time_and_then_no_more() {
    let service = Service::new(Behaviour {
        faults: 1.0,
        seed: 3,
        ..Behaviour::default()
    });
    let course = Course {
        records: 10_000,
        chunk: 1_000,
        invalid_every: u64::MAX,
        nameless_every: u64::MAX,
        cancel_after_ms: None,
    };
    let report = paused(run(&service, PushOptions::default(), &course));
    assert!(report.ended_early().is_some());
    // Four under way when the first doubt came, and those that were tried alone after it.
    assert!(report.unknown() <= 700, "{report:?}");
    check_outcomes(&report, &service, &course, false);
}

#[test]
fn a_slow_crm_gets_smaller_batches_before_requests_time_out() {
    let service = Service::new(Behaviour {
        per_record: Duration::from_millis(400),
        ..Behaviour::default()
    });
    let course = Course {
        records: 1_000,
        chunk: 100,
        invalid_every: u64::MAX,
        nameless_every: u64::MAX,
        cancel_after_ms: None,
    };
    let report = paused(run(&service, PushOptions::default(), &course));
    assert_eq!(report.pushed(), 1_000);
    // A third of 30 s is 25 records.
    let requests = report.requests();
    assert!((35..=50).contains(&requests), "{requests}");
}

/// A seed by which the first five requests meet fault 0, a refused connection.
fn five_refusals() -> u64 {
    let is_one = |seed: &u64| {
        let mut rng = fastrand::Rng::with_seed(*seed);
        (0..5).all(|_| rng.f64() < 1.0 && rng.u32(0..11) == 0)
    };
    (0..10_000_000).find(is_one).unwrap()
}

#[test]
fn the_waits_between_tries_add_up_to_what_the_rules_say() {
    const SEED: u64 = 7;
    let service = Service::new(Behaviour {
        faults: 1.0,
        seed: five_refusals(),
        ..Behaviour::default()
    });
    paused(async {
        fastrand::seed(SEED);
        let started = Instant::now();
        let error = client(&service, Pace::Off)
            .push_contacts(Provider::Hubspot, [record(1, true)], PushOptions::default())
            .await
            .unwrap_err();
        assert_eq!(error.report().unwrap().requests(), 5);
        // Full jitter over 0.1, 0.2, 0.4 and 0.8 s, and 20 ms for each refusal.
        let mut rng = fastrand::Rng::with_seed(SEED);
        let waits: f64 = [0.1, 0.2, 0.4, 0.8]
            .iter()
            .map(|longest| longest * rng.f64())
            .sum();
        let expected = Duration::from_secs_f64(waits + 5.0 * 0.02);
        let waited = started.elapsed();
        // The clock turns in milliseconds.
        assert!(
            waited.abs_diff(expected) <= Duration::from_millis(6),
            "{waited:?}, not {expected:?}"
        );
    });
}

#[test]
fn a_wait_that_the_service_asks_for_is_kept_and_no_other_request_leaves_meanwhile() {
    let service = Service::new(Behaviour {
        limit: Some((Windows::Fixed, 3, 1_000)),
        ..Behaviour::default()
    });
    paused(async {
        let started = Instant::now();
        let options = PushOptions {
            batch_size: BatchSize::Fixed(1),
            ..PushOptions::default()
        };
        // Four leave at once where three are allowed: the fourth is told to come back after 2 s.
        let records = (0..8).map(|number| record(number, true));
        let report = client(
            &service,
            Pace::AtMost(RateLimit {
                per_second: 100,
                per_minute: 1_000,
            }),
        )
        .push_contacts(Provider::Hubspot, records, options)
        .await
        .unwrap();
        assert_eq!(report.pushed(), 8);
        let state = service.state.lock().unwrap();
        assert!(state.throttled >= 1);
        let late = state
            .arrivals
            .iter()
            .filter(|arrival| **arrival - started >= Duration::from_secs(2));
        assert!(late.count() >= 4, "{:?}", state.arrivals);
    });
}
