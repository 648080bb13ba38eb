//! Each fault as its client meets it, and whether the CRM took the records.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Bench;

/// Pushes one contact under a fault; gives the answer and how many records are held after it.
async fn push_under(fault: Value) -> (reqwest::Result<reqwest::Response>, usize, Bench) {
    let bench = Bench::start();
    bench.run(json!({"do": "fail_next", "operation": "push_contacts", "fault": fault}));
    let body = json!({"records": [{"email": "a@b.co"}]});
    let answer = bench.post("crm-syncs/hubspot/contacts/push", &body).await;
    let held = bench.run(json!({"do": "records", "provider": "hubspot", "entity": "contacts"}));
    let held = held.as_array().unwrap().len();
    (answer, held, bench)
}

#[tokio::test]
async fn closing_before_the_read_leaves_nothing_and_after_the_write_leaves_the_record() {
    let (answer, held, _bench) = push_under(json!({"kind": "close_before_read"})).await;
    assert!(answer.is_err());
    assert_eq!(held, 0);
    let (answer, held, _bench) = push_under(json!({"kind": "close_after_write"})).await;
    assert!(answer.is_err());
    assert_eq!(held, 1);
}

#[tokio::test]
async fn a_scripted_status_has_its_headers_and_body_and_no_effect_unless_told() {
    let fault =
        json!({"kind": "status", "status": 503, "headers": {"X-Error-Code": "x"}, "body": "down"});
    let (answer, held, _bench) = push_under(fault).await;
    let answer = answer.unwrap();
    assert_eq!((answer.status().as_u16(), held), (503, 0));
    assert_eq!(answer.headers()["x-error-code"], "x");
    assert_eq!(answer.text().await.unwrap(), "down");
    let fault = json!({"kind": "status", "status": 502, "after_write": true});
    let (answer, held, _bench) = push_under(fault).await;
    assert_eq!((answer.unwrap().status().as_u16(), held), (502, 1));
}

#[tokio::test]
async fn a_truncated_answer_breaks_off_after_the_write() {
    let (answer, held, _bench) = push_under(json!({"kind": "truncate", "bytes": 10})).await;
    assert_eq!(held, 1);
    let mut answer = answer.unwrap();
    assert!(answer.content_length().unwrap() > 10);
    assert_eq!(answer.chunk().await.unwrap().unwrap().len(), 10);
    assert!(answer.chunk().await.is_err());
}

#[tokio::test]
async fn counts_content_type_and_size_can_be_wrong() {
    let fault = json!({"kind": "contradict", "pushed_count": 7, "drop_errors": true});
    let (answer, _, _bench) = push_under(fault).await;
    assert_eq!(
        answer.unwrap().json::<Value>().await.unwrap()["data"]["pushed_count"],
        7
    );
    let (answer, _, _bench) =
        push_under(json!({"kind": "content_type", "value": "text/html"})).await;
    assert_eq!(answer.unwrap().headers()["content-type"], "text/html");
    let (answer, held, _bench) = push_under(json!({"kind": "oversized", "bytes": 100_000})).await;
    assert!(answer.unwrap().bytes().await.unwrap().len() > 100_000);
    assert_eq!(held, 1);
}

#[tokio::test]
async fn delays_and_drips_take_their_time() {
    for fault in [
        json!({"kind": "delay", "ms": 150}),
        json!({"kind": "drip", "bytes": 20, "interval_ms": 50}),
    ] {
        let started = Instant::now();
        let (answer, _, _bench) = push_under(fault).await;
        assert_eq!(
            answer.unwrap().json::<Value>().await.unwrap()["data"]["pushed_count"],
            1
        );
        assert!(started.elapsed() >= Duration::from_millis(150));
    }
}

#[tokio::test]
async fn a_held_request_is_answered_once_it_is_released_and_has_its_effect_before_or_after() {
    let bench = Bench::start();
    let body = json!({"records": [{"name": "A"}, {"name": "B"}]});
    for (crm, after_write, held_meanwhile) in [("pipedrive", false, 0), ("sugarcrm", true, 2)] {
        let fault = json!({"kind": "hold", "after_write": after_write});
        bench.run(json!({"do": "fail_next", "fault": fault}));
        let path = format!("crm-syncs/{crm}/contacts/push");
        let held = || {
            let records =
                bench.run(json!({"do": "records", "provider": crm, "entity": "contacts"}));
            records.as_array().unwrap().len()
        };
        let release = async {
            bench.until_held(1).await;
            assert_eq!(held(), held_meanwhile, "{crm}");
            bench.run(json!({"do": "release"}));
        };
        let (answer, ()) = tokio::join!(bench.post(&path, &body), release);
        let answer: Value = answer.unwrap().json().await.unwrap();
        assert_eq!(answer["data"]["pushed_count"], 2);
        assert_eq!((held(), bench.run(json!({"do": "held"}))), (2, json!(0)));
    }
}

#[tokio::test]
async fn a_held_request_ends_with_its_client_or_with_a_reset_and_has_no_effect() {
    let bench = Bench::start();
    let body = json!({"records": [{"email": "a@b.co"}]});
    let fault = json!({"do": "fail_next", "fault": {"kind": "hold"}});
    bench.run(fault.clone());
    tokio::select! {
        answer = bench.post("crm-syncs/hubspot/contacts/push", &body) => panic!("{answer:?}"),
        () = bench.until_held(1) => {}
    }
    bench.until_held(0).await;
    bench.run(fault);
    let reset = async {
        bench.until_held(1).await;
        bench.run(json!({"do": "reset"}));
    };
    let (answer, ()) = tokio::join!(bench.post("crm-syncs/hubspot/contacts/push", &body), reset);
    assert!(answer.is_err());
    let held = bench.run(json!({"do": "records", "provider": "hubspot", "entity": "contacts"}));
    assert_eq!(held, json!([]));
}

#[tokio::test]
async fn a_fault_that_hit_is_in_the_log_and_gone_from_the_plan() {
    let (_, _, bench) = push_under(json!({"kind": "delay", "ms": 1})).await;
    assert_eq!(
        bench.run(json!({"do": "requests"}))[0]["fault"]["kind"],
        "delay"
    );
    assert_eq!(bench.run(json!({"do": "faults"})), json!([]));
}
