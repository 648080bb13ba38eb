//! Pushes that look into the CRM: before records leave, and for those in doubt at the end.

use std::collections::HashSet;

use super::*;
use crate::push::{ResolveUnknown, WaitReason};

fn contact(number: u64) -> Value {
    json!({"email": format!("P{number}@x.test"), "n": number})
}

fn looking(options: PushOptions) -> PushOptions {
    PushOptions {
        skip_existing: true,
        resolve_unknown: Some(ResolveUnknown::LookUp),
        ..options
    }
}

async fn push_all(client: &Client, options: PushOptions, numbers: &[u64]) -> PushReport {
    let records = numbers.iter().map(|number| contact(*number));
    let pushed = client
        .push_contacts(Provider::Hubspot, records, options)
        .await;
    match pushed {
        Ok(report) => report,
        Err(error) => error.into_report().unwrap(),
    }
}

/// Whether the look for a record in doubt failed, or did not come about any more after others failed.
fn look_at_the_end_failed(service: &Service, number: u64) -> bool {
    let state = service.state.lock().unwrap();
    let email = format!("p{number}@x.test");
    match (state.looked_up.get(&email), state.tried.get(&email)) {
        (Some((at, is_true)), Some(tried)) if at > tried => !is_true,
        _ => !state.last_look_is_true,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Pushed again until nothing is left to send: no record is in doubt unless its own look-up failed, and each
    /// one that the CRM takes is there once, those of before included. Some requests are worked off after
    /// the client gave them up, and the CRM's search lags.
    #[test]
    fn no_doubt_is_left_and_nothing_is_there_twice(
        behaviour in behaviours(),
        records in 1_u64..200,
        there_every in 2_u64..20,
        lag_ms in 0_u64..10_000,
        look_up_faults in prop_oneof![2 => Just(0.0), 1 => 0.0..0.7],
        size in proptest::option::of(1_usize..40),
        concurrency in 1_usize..9,
        stops in any::<bool>(),
        in_a_row in 0_u32..5,
    ) {
        let service = Service::new(Behaviour {
            largest_body: usize::MAX,
            finishes_late: true,
            look_up_faults,
            search_lag: Duration::from_millis(lag_ms),
            ..behaviour
        });
        let options = || looking(PushOptions {
            batch_size: size.map_or(BatchSize::Auto, BatchSize::Fixed),
            concurrency,
            on_error: if stops { OnError::Stop } else { OnError::Continue },
            max_consecutive_unknown: in_a_row,
            ..PushOptions::default()
        });
        paused(async {
            let there: HashSet<u64> = (0..records).step_by(usize::try_from(there_every).unwrap()).collect();
            for number in &there {
                service.add(&contact(*number), Instant::now());
            }
            sleep(Duration::from_secs(60)).await;
            let client = client(&service, Pace::Off);
            let mut left: Vec<u64> = (0..records).collect();
            let mut in_doubt = HashSet::new();
            for _ in 0..10_000 {
                if left.is_empty() {
                    break;
                }
                let report = push_all(&client, options(), &left).await;
                let sum = report.pushed() + report.skipped() + report.failed() + report.unknown() + report.not_sent();
                prop_assert_eq!((report.records(), sum), (left.len(), left.len()));
                for problem in report.problems().iter().filter(|problem| problem.outcome == Outcome::Unknown) {
                    prop_assert!(look_at_the_end_failed(&service, left[problem.index]), "{:?}", problem);
                }
                service.work_off(Instant::now() + Duration::from_secs(60));
                let mut again = Vec::new();
                for (number, outcome) in left.iter().zip(report.outcomes().iter()) {
                    let created = service.state.lock().unwrap().created.get(number).copied().unwrap_or_default();
                    match outcome {
                        Outcome::Pushed => prop_assert!(created == 1 && !there.contains(number)),
                        Outcome::Skipped => prop_assert!(created == 1 && there.contains(number)),
                        Outcome::Failed => prop_assert!(created == 0 && service.refuses(*number)),
                        Outcome::NotSent => {
                            prop_assert_eq!(created, usize::from(there.contains(number)));
                            again.push(*number);
                        }
                        Outcome::Unknown => drop(in_doubt.insert(*number)),
                    }
                }
                left = again;
            }
            prop_assert!(left.is_empty(), "{} are left", left.len());
            for number in (0..records).filter(|number| !in_doubt.contains(number)) {
                let created = service.state.lock().unwrap().created.get(&number).copied().unwrap_or_default();
                let is_refused = !there.contains(&number) && service.refuses(number);
                prop_assert_eq!(created, usize::from(!is_refused), "record {}", number);
            }
            let most = service.state.lock().unwrap().created.values().copied().max();
            prop_assert!(most <= Some(1));
            Ok(())
        })?;
    }

    /// Whenever the push is cancelled and whatever records share: what is skipped was there before, and every
    /// outcome is true on both ends.
    #[test]
    fn every_record_is_accounted_for_beside_looks(
        behaviour in behaviours(),
        course in courses(),
        options in all_options(),
        look_up_faults in 0.0..0.5,
        resolves in any::<bool>(),
    ) {
        let service = Service::new(Behaviour { look_up_faults, ..behaviour });
        let options = PushOptions {
            skip_existing: true,
            // It does not go with sending again without a look.
            on_unknown: OnUnknown::Report,
            resolve_unknown: resolves.then_some(ResolveUnknown::LookUp),
            ..options
        };
        let report = paused(run(&service, options, &course));
        let records = usize::try_from(course.records).unwrap();
        let sum = report.pushed() + report.skipped() + report.failed() + report.unknown() + report.not_sent();
        prop_assert_eq!((report.records(), sum), (records, records));
        let state = service.state.lock().unwrap();
        for index in 0..records {
            let created = state.created.get(&(index as u64)).copied().unwrap_or_default();
            let outcome = report.outcome(index).unwrap();
            match outcome {
                Outcome::Pushed => prop_assert!(created > 0, "record {} is pushed and not there", index),
                Outcome::Unknown => {}
                _ => prop_assert_eq!(created, 0, "record {} is {:?} and there", index, outcome),
            }
            prop_assert!(created <= 1);
        }
        prop_assert_eq!(report.unsent.len() + report.unread(), report.not_sent());
    }
}

/// Requests and seconds of a push of 20,000 records that the CRM does not have.
fn cost(skip_existing: bool, per_record: Duration) -> (u64, f64, usize) {
    let service = Service::new(Behaviour {
        limit: Some((Windows::Sliding, 50, 1_000)),
        per_record,
        ..Behaviour::default()
    });
    let limit = RateLimit {
        per_second: 50,
        per_minute: 1_000,
    };
    let (report, seconds) = paused(async {
        let started = Instant::now();
        let options = PushOptions {
            batch_size: BatchSize::Fixed(100),
            skip_existing,
            ..PushOptions::default()
        };
        let client = client(&service, Pace::AtMost(limit));
        let numbers: Vec<u64> = (0..20_000).collect();
        let report = push_all(&client, options, &numbers).await;
        (report, started.elapsed().as_secs_f64())
    });
    assert_eq!(report.pushed(), 20_000);
    let throttled = service.state.lock().unwrap().throttled;
    (report.requests(), seconds, throttled)
}

/// Looks travel beside the creates: what they cost is their requests, where those meet the limit.
#[test]
fn looks_do_not_hold_creates_up() {
    for per_record_ms in [1, 10, 100] {
        let per_record = Duration::from_millis(per_record_ms);
        let (requests, seconds, _) = cost(false, per_record);
        let (with_looks, seconds_with, throttled) = cost(true, per_record);
        assert_eq!((requests, with_looks, throttled), (200, 400, 0));
        // The first look, and the rest of a batch at the end.
        assert!(
            seconds_with < seconds * 1.05 + 0.5,
            "{seconds_with} s, not {seconds} s"
        );
    }
}

#[test]
fn a_push_shows_that_it_waits_before_it_looks_for_doubts() {
    let service = Service::new(Behaviour {
        seed: 3,
        faults: 1.0,
        ..Behaviour::default()
    });
    paused(async {
        let options = looking(PushOptions {
            batch_size: BatchSize::Fixed(1),
            concurrency: 1,
            max_consecutive_unknown: 1,
            resolve_unknown_after: Some(Duration::from_secs(600)),
            ..PushOptions::default()
        });
        let push = client(&service, Pace::Off)
            .start_push(Provider::Hubspot, PushKind::Contacts, options)
            .unwrap();
        let push = Arc::new(push);
        // The first of them that is in doubt ends the push.
        let _ = push.feed((0..50).map(contact).collect()).await;
        let draining = tokio::spawn({
            let push = Arc::clone(&push);
            async move { push.drain().await }
        });
        sleep(Duration::from_secs(300)).await;
        let waiting = push.progress().waiting.unwrap();
        assert_eq!(waiting.reason, WaitReason::InDoubt);
        let left = waiting.left.unwrap();
        assert!(left > Duration::from_secs(200) && left < Duration::from_secs(400));
        draining.await.unwrap();
        assert_eq!(push.progress().waiting, None);
        let report = push.finish().await.unwrap_err().into_report().unwrap();
        assert_eq!(report.unknown(), 0, "{report:?}");
    });
}
