//! The page, and who may use it and the commands: raw requests, as no HTTP library would send them.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::Bench;

/// The status, headers and body that a raw request gets; `{own}` in it is the sandbox's own host and port.
fn answer(bench: &Bench, head: &str, body: &str) -> (u16, BTreeMap<String, String>, String) {
    let own = bench.sandbox.url().strip_prefix("http://").unwrap();
    let port = own.rsplit_once(':').unwrap().1;
    let head = head.replace("{own}", own).replace("{port}", port);
    let length = body.len();
    let request = format!("{head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    let mut stream = TcpStream::connect(own).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap()[9..12].parse().unwrap();
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    (status, headers, body.to_owned())
}

fn arm(bench: &Bench, headers: &str) -> u16 {
    let fault = json!({"do": "fail_next", "fault": {"kind": "close_before_read"}}).to_string();
    let head = format!("POST /_sandbox HTTP/1.1\r\n{headers}");
    let (status, _, body) = answer(bench, &head, &fault);
    assert_eq!(status == 200, !body.contains("error"), "{body}");
    status
}

fn armed(bench: &Bench) -> usize {
    bench.run(json!({"do": "faults"})).as_array().unwrap().len()
}

#[test]
fn programs_and_the_own_page_can_send_commands() {
    let bench = Bench::start();
    let own = [
        "Host: {own}",
        "Host: localhost:{port}",
        "Host: LOCALHOST:{port}\r\nOrigin: http://localhost:{port}",
        "Host: [::1]:{port}",
        "Host: {own}\r\nOrigin: http://{own}",
        "Host: {own}\r\nOrigin: http://{own}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/json",
        "Host: {own}\r\nSec-Fetch-Site: none",
        "Host: {own}\r\nContent-Type: application/x-www-form-urlencoded",
    ];
    for (count, headers) in own.iter().enumerate() {
        assert_eq!(arm(&bench, headers), 200, "{headers}");
        assert_eq!(armed(&bench), count + 1);
    }
}

#[test]
fn a_page_of_another_origin_cannot() {
    let bench = Bench::start();
    for headers in [
        "Host: {own}\r\nOrigin: http://evil.example",
        "Host: {own}\r\nOrigin: http://evil.example:{port}",
        "Host: {own}\r\nOrigin: null",
        "Host: {own}\r\nOrigin:",
        "Host: {own}\r\nOrigin: https://{own}",
        "Host: {own}\r\nOrigin: http://127.0.0.1",
        "Host: {own}\r\nOrigin: http://127.0.0.1:1",
        "Host: {own}\r\nOrigin: http://localhost:{port}",
        "Host: {own}\r\nOrigin: http://{own}.evil.example",
        "Host: {own}\r\nOrigin: http://{own}\r\nOrigin: http://evil.example",
        "Host: {own}\r\nOrigin: http://{own}, http://evil.example",
        // What a form of a stranger's page sends, which needs no leave of ours.
        "Host: {own}\r\nOrigin: http://evil.example\r\nContent-Type: text/plain",
        "Host: {own}\r\nSec-Fetch-Site: cross-site",
        "Host: {own}\r\nSec-Fetch-Site: same-site",
    ] {
        assert_eq!(arm(&bench, headers), 403, "{headers}");
    }
    assert_eq!(armed(&bench), 0);
}

#[test]
fn a_name_of_another_that_leads_here_cannot() {
    let bench = Bench::start();
    for headers in [
        "Host: evil.example:{port}",
        "Host: evil.example:{port}\r\nOrigin: http://evil.example:{port}\r\nSec-Fetch-Site: same-origin",
        "Host: 127.0.0.1.evil.example:{port}",
        "Host: 127.0.0.1",
        "Host: 127.0.0.1:1",
        "Host: 0.0.0.0:{port}",
        "Host: localhost.:{port}",
        "Host: me@{own}",
        "Host:",
        "Host: {own}\r\nHost: evil.example:{port}",
        "X-Forwarded-Host: {own}",
    ] {
        assert_eq!(arm(&bench, headers), 403, "{headers}");
        let head = format!("GET / HTTP/1.1\r\n{headers}");
        let (status, _, body) = answer(&bench, &head, "");
        assert_eq!(status, 403, "{headers}");
        assert!(!body.contains('<') && body.contains("127.0.0.1"), "{body}");
    }
    // A proxy's form, whose address is not the one in the Host.
    let head = "POST http://evil.example:{port}/_sandbox HTTP/1.1\r\nHost: {own}";
    assert_eq!(answer(&bench, head, "{\"do\": \"reset\"}").0, 403);
    assert_eq!(armed(&bench), 0);
}

#[test]
fn the_api_answers_programs_under_any_name_and_no_page_of_another() {
    let bench = Bench::start();
    let push = |headers: &str| {
        let head = format!(
            "POST /api/v1/crm-syncs/hubspot/contacts/push HTTP/1.1\r\n{headers}\r\nAuthorization: Bearer g8_sbx_demo\r\n\
             Content-Type: application/json"
        );
        answer(&bench, &head, "{\"records\": [{\"email\": \"a@x.test\"}]}").0
    };
    let held = || {
        let query = json!({"do": "records", "provider": "hubspot", "entity": "contacts"});
        bench.run(query).as_array().unwrap().len()
    };
    for headers in [
        "Host: evil.example:{port}\r\nOrigin: http://evil.example:{port}\r\nSec-Fetch-Site: same-origin",
        "Host: {own}\r\nOrigin: http://evil.example",
        "Host: {own}\r\nOrigin: null",
        "Host: {own}\r\nOrigin: http://{own}\r\nOrigin: http://evil.example",
    ] {
        assert_eq!(push(headers), 403, "{headers}");
    }
    assert_eq!(held(), 0);
    for headers in [
        "Host: {own}",
        "Host: sandbox:8080",
        "Host: host.docker.internal:{port}",
        "Host: {own}\r\nOrigin: http://localhost:{port}",
    ] {
        assert_eq!(push(headers), 200, "{headers}");
    }
    assert!(held() >= 1);
}

#[test]
fn no_address_carries_out_a_command() {
    let bench = Bench::start();
    for method in ["GET", "HEAD", "PUT", "OPTIONS"] {
        let head = format!("{method} /_sandbox HTTP/1.1\r\nHost: {{own}}");
        let (status, headers, _) = answer(&bench, &head, "{\"do\": \"reset\"}");
        assert_eq!(status, 405, "{method}");
        assert!(
            !headers
                .keys()
                .any(|name| name.starts_with("access-control"))
        );
    }
}

#[test]
fn the_page_is_one_document_that_loads_nothing() {
    let bench = Bench::start();
    let get = "GET / HTTP/1.1\r\nHost: {own}";
    let (status, headers, body) = answer(&bench, get, "");
    assert_eq!(
        (status, headers["content-type"].as_str()),
        (200, "text/html; charset=utf-8")
    );
    assert!(body.len() < 60_000, "{} bytes", body.len());
    let policy = &headers["content-security-policy"];
    for rule in [
        "default-src 'none'",
        "script-src 'nonce-",
        "connect-src 'self'",
        "frame-ancestors 'none'",
        "form-action 'none'",
        "base-uri 'none'",
        "require-trusted-types-for 'script'",
    ] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    let nonce = policy
        .split("'nonce-")
        .nth(1)
        .unwrap()
        .split('\'')
        .next()
        .unwrap();
    assert_eq!(body.matches(&format!("nonce=\"{nonce}\"")).count(), 2);
    assert_ne!(
        policy,
        &answer(&bench, get, "").1["content-security-policy"]
    );
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(answer(&bench, "HEAD / HTTP/1.1\r\nHost: {own}", "").0, 200);
    assert_eq!(answer(&bench, "POST / HTTP/1.1\r\nHost: {own}", "").0, 405);
    assert_eq!(bench.run(json!({"do": "requests"})), json!([]));
}

#[tokio::test]
async fn a_fault_is_taken_back_by_its_number() {
    let bench = Bench::start();
    let arm = |ms: u64| {
        bench.run(json!({"do": "fail_next", "fault": {"kind": "delay", "ms": ms}}));
    };
    arm(1);
    arm(2);
    let overview = bench.run(json!({"do": "overview"}));
    assert_eq!(overview["faults"][1]["fault"]["ms"], 2);
    let number = overview["faults"][0]["number"].clone();
    assert_eq!(bench.run(json!({"do": "disarm", "number": number})), true);
    assert_eq!(bench.run(json!({"do": "disarm", "number": number})), false);
    assert_eq!(bench.run(json!({"do": "faults"}))[0]["fault"]["ms"], 2);
    bench.run(json!({"do": "reset"}));
    assert_eq!(bench.run(json!({"do": "overview"}))["resets"], 1);
}

#[tokio::test]
async fn the_lines_of_requests_say_what_became_of_them() {
    let bench = Bench::start();
    let lines = || bench.run(json!({"do": "request_lines", "limit": 50}));
    bench
        .push(
            "hubspot",
            "contacts",
            json!([{"email": "a@example.com"}, {"email": "x"}]),
        )
        .await;
    bench.run(json!({"do": "set_connection", "provider": "zoho", "state": "absent"}));
    bench.get("crm-syncs/zoho/fields").await.unwrap();
    bench.run(json!({"do": "fail_next", "fault": {"kind": "close_after_write"}}));
    assert!(bench.get("crm-syncs").await.is_err());
    bench.run(json!({"do": "fail_next", "fault": {"kind": "hold"}}));
    let url = format!("{}/api/v1/crm-syncs", bench.sandbox.url());
    let held = tokio::spawn(bench.http.get(url).bearer_auth("g8_test_1").send());
    bench.until_held(1).await;
    let now = lines();
    assert_eq!((&now["total"], &now["next"]), (&json!(4), &Value::Null));
    let [held_line, closed, refused, pushed] = &now["rows"].as_array().unwrap()[..] else {
        panic!("{now}");
    };
    assert_eq!(
        (&held_line["took_ms"], &held_line["fault"]),
        (&Value::Null, &json!("hold"))
    );
    assert_eq!(
        (&closed["status"], &closed["fault"]),
        (&Value::Null, &json!("close_after_write"))
    );
    assert!(closed["took_ms"].is_u64());
    assert_eq!(refused["summary"], "No active zoho connection");
    assert_eq!(
        (&pushed["operation"], &pushed["records"]),
        (&json!("push_contacts"), &json!(2))
    );
    let summary = pushed["summary"].as_str().unwrap();
    assert!(summary.starts_with("1 created, 1 refused: "), "{summary}");
    held.abort();
    while lines()["rows"][0]["took_ms"] == Value::Null {
        tokio::task::yield_now().await;
    }
    let page = bench.run(json!({"do": "request_lines", "before": 3, "limit": 2}));
    assert_eq!(
        (&page["rows"][0]["number"], &page["next"]),
        (&json!(2), &json!(1))
    );
    let whole = bench.run(json!({"do": "request", "number": 0}));
    assert_eq!(whole["request"]["headers"]["authorization"], "Bearer ***");
    assert!(!whole.to_string().contains("g8_test_1"));
}
