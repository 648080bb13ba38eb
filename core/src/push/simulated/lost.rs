//! Requests whose carriers panic, and pushes whose runtime or handles are gone.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use tokio::task::yield_now;

use super::{paused, record};
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::http::request_body::TrackedBody;
use crate::http::transport::{Answer, Request, Simulation};
use crate::names::{Provider, PushKind};
use crate::push::sizing::BatchSize;
use crate::push::{Push, PushOptions};
use crate::records::Records;
use crate::report::PushReport;

/// Takes the first requests, ten records each, and then does what it is told.
struct Broken {
    good: usize,
    asked: AtomicUsize,
    panics: bool,
}

impl Simulation for Broken {
    fn answer<'a>(
        &'a self,
        _: &'a Request,
        _: Option<TrackedBody>,
    ) -> Pin<Box<dyn Future<Output = Result<Answer>> + Send + 'a>> {
        Box::pin(async move {
            if self.asked.fetch_add(1, Ordering::SeqCst) < self.good {
                let body = json!({"data": {"pushed_count": 10, "failed_count": 0, "errors": []}});
                return Ok(super::service::answer(200, &[], &body));
            }
            assert!(!self.panics, "as it was told");
            std::future::pending().await
        })
    }
}

fn push(good: usize, panics: bool) -> (Push, Arc<Broken>) {
    let service = Arc::new(Broken {
        good,
        asked: AtomicUsize::new(0),
        panics,
    });
    let builder = Client::builder()
        .api_key("g8_test_canary")
        .base_url("http://127.0.0.1:9")
        .unpaced();
    let client = Client::simulated(builder, Arc::clone(&service) as Arc<dyn Simulation>);
    let options = PushOptions {
        batch_size: BatchSize::Fixed(10),
        concurrency: 2,
        ..PushOptions::default()
    };
    let push = client.start_push(Provider::Hubspot, PushKind::Contacts, options);
    (push.unwrap(), service)
}

fn contacts(count: u64) -> Records {
    (0..count).map(|number| record(number, true)).collect()
}

fn counts(report: &PushReport) -> [usize; 4] {
    [
        report.pushed(),
        report.failed(),
        report.unknown(),
        report.not_sent(),
    ]
}

#[test]
fn a_panic_in_a_request_is_an_internal_error_with_the_report() {
    paused(async {
        let (push, _) = push(3, true);
        push.offer(contacts(100));
        let error = push.finish().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert!(!error.retryable());
        assert!(error.message().contains("please report it"), "{error}");
        let [pushed, failed, unknown, not_sent] = counts(error.report().unwrap());
        assert_eq!((pushed, failed), (30, 0));
        // The other carrier may have taken its next batch meanwhile.
        assert!(unknown >= 10 && unknown + not_sent == 70, "{unknown}");
    });
}

#[test]
fn a_push_whose_runtime_is_gone_ends_with_the_report() {
    let (push, service) = push(1, false);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        push.offer(contacts(100));
        drop(push.drive());
        while service.asked.load(Ordering::SeqCst) < 3 {
            yield_now().await;
        }
    });
    drop(runtime);
    let error = paused(push.finish()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert_eq!(counts(error.report().unwrap()), [10, 0, 20, 70]);
}

#[test]
fn an_abandoned_push_tells_what_was_under_way_and_takes_nothing_more() {
    paused(async {
        let (push, service) = push(1, false);
        push.offer(contacts(100));
        drop(push.drive());
        while service.asked.load(Ordering::SeqCst) < 3 {
            yield_now().await;
        }
        let error = push.abandon(5, Error::unreachable("the handles are gone"));
        assert_eq!(error.kind(), ErrorKind::Connection);
        let report = error.report().unwrap();
        assert_eq!(counts(report), [10, 0, 20, 75]);
        assert_eq!(report.unread(), 5);
        assert_eq!(report.unsent.len(), 70);
        push.offer(contacts(10));
        assert_eq!(push.progress().records, 0);
    });
}
