//! Pushes that their caller stops in the middle.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::{Instant, sleep};

use super::service::{Behaviour, Service, Windows};
use super::{
    Course, Pace, all_options, behaviours, check_outcomes, client, courses, feed, paused, record,
};
use crate::error::{Error, ErrorKind, Result};
use crate::names::{Provider, PushKind};
use crate::push::{BatchSize, Flow, OnUnknown, PushOptions};
use crate::records::Records;
use crate::report::PushReport;

/// What became of a stopped push.
struct Stopped {
    result: Result<PushReport>,
    /// When it was stopped, and how long its report took from there; nothing if it was over before.
    stopped: Option<(Instant, Duration)>,
}

impl Stopped {
    fn report(&self) -> &PushReport {
        let report = match &self.result {
            Ok(report) => Some(report),
            Err(error) => error.report(),
        };
        report.unwrap()
    }

    fn error(&self) -> Option<&Error> {
        self.result.as_ref().err()
    }
}

/// Feeds a push and stops it after a while.
async fn run(
    service: &Arc<Service>,
    options: PushOptions,
    course: &Course,
    after: Duration,
) -> Stopped {
    let push = client(service, Pace::Off)
        .start_push(Provider::Hubspot, PushKind::Contacts, options)
        .unwrap();
    let stop = push.stop_handle();
    let stopping = tokio::spawn(async move {
        sleep(after).await;
        stop.stop();
        // A second one changes nothing.
        stop.stop();
        Instant::now()
    });
    feed(&push, course).await;
    let result = push.finish().await;
    let stopped = if stopping.is_finished() {
        let at = stopping.await.unwrap();
        Some((at, at.elapsed()))
    } else {
        stopping.abort();
        None
    };
    Stopped { result, stopped }
}

proptest! {
    /// Whatever the service does and whenever the push is stopped: every record has one true outcome, nothing
    /// leaves after the stop, and the report comes within the grace.
    #[test]
    fn a_stop_accounts_for_every_record(
        behaviour in behaviours(),
        course in courses(),
        mut options in all_options(),
        after_ms in 0_u64..20_000,
        grace_ms in 0_u64..40_000,
    ) {
        let service = Service::new(behaviour);
        let may_repeat = options.on_unknown == OnUnknown::Retry;
        options.grace = Duration::from_millis(grace_ms);
        let grace = options.grace;
        let ended = paused(run(&service, options, &course, Duration::from_millis(after_ms)));
        check_outcomes(ended.report(), &service, &course, may_repeat);
        if let Some((at, took)) = ended.stopped {
            prop_assert!(took <= grace + Duration::from_millis(5), "{took:?} after the stop");
            let state = service.state.lock().unwrap();
            let transit = Duration::from_millis(80);
            prop_assert!(state.arrivals.iter().all(|arrival| *arrival <= at + transit));
        }
    }

    /// Where answers come within the grace, a stop leaves nothing in doubt, and says so unless nothing is left.
    #[test]
    fn a_stop_leaves_nothing_in_doubt(
        seed in any::<u64>(),
        mut course in courses(),
        refusals in 0.0..0.3,
        is_limited in any::<bool>(),
        crm_limit in proptest::option::of(5_usize..50),
        size in 1_usize..40,
        concurrency in 1_usize..9,
        per_record_ms in 1_u64..500,
        after_ms in 0_u64..20_000,
    ) {
        // An error that names no record leaves it in doubt.
        course.nameless_every = u64::MAX;
        let service = Service::new(Behaviour {
            seed,
            refusals,
            limit: is_limited.then_some((Windows::Fixed, 5, 60)),
            crm_limit,
            per_record: Duration::from_millis(per_record_ms),
            ..Behaviour::default()
        });
        let options = PushOptions {
            batch_size: BatchSize::Fixed(size),
            concurrency,
            ..PushOptions::default()
        };
        let ended = paused(run(&service, options, &course, Duration::from_millis(after_ms)));
        let report = ended.report();
        check_outcomes(report, &service, &course, false);
        prop_assert_eq!(report.unknown(), 0);
        match ended.error() {
            None => prop_assert_eq!(report.not_sent(), 0),
            Some(error) if ended.stopped.is_some() => {
                prop_assert_eq!(error.kind(), ErrorKind::Stopped);
                prop_assert!(report.not_sent() > 0);
            }
            Some(error) => prop_assert!(crm_limit.is_some(), "{error}"),
        }
    }
}

fn steady_course(records: u64) -> Course {
    Course {
        records,
        chunk: 100,
        invalid_every: u64::MAX,
        nameless_every: u64::MAX,
        cancel_after_ms: None,
    }
}

#[test]
fn what_has_no_answer_when_the_grace_is_over_is_in_doubt() {
    let service = Service::new(Behaviour {
        per_record: Duration::from_millis(500),
        ..Behaviour::default()
    });
    let options = PushOptions {
        batch_size: BatchSize::Fixed(20),
        concurrency: 2,
        grace: Duration::from_secs(3),
        ..PushOptions::default()
    };
    let course = steady_course(200);
    let ended = paused(run(&service, options, &course, Duration::from_secs(1)));
    let (_, took) = ended.stopped.unwrap();
    assert_eq!(took.as_secs(), 3);
    let error = ended.error().unwrap();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    assert!(
        error
            .message()
            .contains("2 requests had no answer within the grace of 3 s: stopped by the caller"),
        "{error}"
    );
    let report = ended.report();
    assert_eq!((report.unknown(), report.not_sent()), (40, 160));
}

#[test]
fn a_push_that_is_stopped_before_it_begins_sends_nothing() {
    let service = Service::new(Behaviour::default());
    let course = steady_course(250);
    let ended = paused(async {
        let push = client(&service, Pace::Off)
            .start_push(
                Provider::Hubspot,
                PushKind::Contacts,
                PushOptions::default(),
            )
            .unwrap();
        push.stop_handle().stop();
        assert!(push.has_ended());
        // It is not waited for.
        push.ended().await;
        let records = (0..250).map(|number| record(number, true));
        let mut fed = Records::new();
        records.for_each(|record| fed.push(&record));
        assert_eq!(push.feed(fed).await, Flow::Ended);
        Stopped {
            result: push.finish().await,
            stopped: None,
        }
    });
    assert_eq!(ended.error().unwrap().kind(), ErrorKind::Stopped);
    assert_eq!(ended.report().not_sent(), 250);
    check_outcomes(ended.report(), &service, &course, false);
    assert!(service.state.lock().unwrap().arrivals.is_empty());
}
