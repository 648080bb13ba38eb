//! graph8's own rows, as a reader sees them.

use graph8_sandbox::{RateLimit, SandboxOptions, Window};
use serde_json::{Value, json};

use crate::Bench;

async fn page(bench: &Bench, path: &str) -> Value {
    let answer = bench.get(path).await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer.json().await.unwrap()
}

fn count(page: &Value) -> usize {
    page["data"].as_array().unwrap().len()
}

#[tokio::test]
async fn pages_have_fifty_rows_unless_asked_and_two_hundred_at_most() {
    let bench = Bench::start();
    let first = page(&bench, "contacts").await;
    assert_eq!(count(&first), 50);
    assert_eq!(
        first["pagination"],
        json!({"page": 1, "limit": 50, "total": 1000, "has_next": true})
    );
    assert_eq!(count(&page(&bench, "companies?limit=200").await), 200);
    let beyond = page(&bench, "companies?page=9").await;
    assert_eq!(
        (count(&beyond), &beyond["pagination"]["has_next"]),
        (0, &json!(false))
    );
    for query in [
        "limit=0",
        "limit=201",
        "limit=x",
        "page=0",
        "list_id=x",
        "include_custom_fields=perhaps",
        "cursor=x",
    ] {
        let answer = bench.get(&format!("contacts?{query}")).await.unwrap();
        assert_eq!(answer.status(), 422, "{query}");
        let body: Value = answer.json().await.unwrap();
        let (name, _) = query.split_once('=').unwrap();
        assert_eq!(body["detail"][0]["loc"], json!(["query", name]));
    }
}

#[tokio::test]
async fn filters_and_lists_choose_rows() {
    let bench = Bench::start();
    let first = page(&bench, "contacts").await["data"][0].clone();
    let email = first["work_email"].as_str().unwrap().replace('@', "%40");
    let found = page(&bench, &format!("contacts?email={email}")).await;
    assert_eq!(found["data"], json!([first]));
    let company = first["company_id"].clone();
    let colleagues = page(&bench, &format!("contacts?company_id={company}")).await;
    let rows = colleagues["data"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["company_id"] == company));
    for (list, size) in [(42, 250), (7, 0), (8, 60), (99, 0)] {
        let page = page(&bench, &format!("contacts?list_id={list}")).await;
        assert_eq!(page["pagination"]["total"], size, "{list}");
    }
    for (query, member, value) in [
        ("contacts?name=amara+bianchi", "last_name", "Bianchi"),
        ("contacts?job_title=founder", "job_title", "Founder & CEO"),
        ("contacts?country=japan", "country", "Japan"),
        (
            "companies?domain=acme-bank.example",
            "domain",
            "acme-bank.example",
        ),
        ("companies?name=northwind+solar", "name", "Northwind Solar"),
        (
            "companies?industry=Computer%20Software",
            "industry",
            "Computer Software",
        ),
    ] {
        let page = page(&bench, query).await;
        assert!(count(&page) > 0, "{query}");
        for row in page["data"].as_array().unwrap() {
            assert_eq!(row[member], value, "{query}");
        }
    }
}

#[tokio::test]
async fn custom_fields_come_only_when_asked_for() {
    let bench = Bench::start();
    for path in ["contacts", "companies"] {
        let plain = page(&bench, path).await;
        assert_eq!(plain["data"][2]["custom_fields"], Value::Null);
        let whole = page(&bench, &format!("{path}?include_custom_fields=true")).await;
        assert!(whole["data"][2]["custom_fields"]["udo_segment"].is_string());
    }
}

#[tokio::test]
async fn keys_limits_faults_and_the_log_are_as_for_the_other_operations() {
    let rate_limit = Some(RateLimit {
        window: Window::Sliding,
        per_second: 100,
        per_minute: 3,
    });
    let bench = Bench::with(SandboxOptions {
        rate_limit,
        ..SandboxOptions::default()
    });
    let get = async |key: &str, path: &str| {
        let url = format!("{}/api/v1/{path}", bench.sandbox.url());
        bench.http.get(url).bearer_auth(key).send().await.unwrap()
    };
    assert_eq!(get("g8_test_bad", "contacts").await.status(), 401);
    let refused = get("g8_test_missing_scope", "companies").await;
    assert_eq!(refused.status(), 403);
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["detail"], "Missing scope: companies:read");
    let fault = json!({"kind": "status", "status": 503});
    for operation in ["graph8_companies", "graph8_contacts"] {
        bench.run(json!({"do": "fail_next", "operation": operation, "fault": fault}));
    }
    assert_eq!(get("g8_test_1", "contacts").await.status(), 503);
    assert_eq!(get("g8_test_1", "companies").await.status(), 503);
    for expected in [200, 200, 200, 429] {
        let answer = get("g8_test_1", "contacts?limit=2").await;
        assert_eq!(answer.status(), expected);
        assert!(answer.headers().contains_key("x-ratelimit-remaining"));
    }
    let log = bench.run(json!({"do": "requests"}));
    let last = log.as_array().unwrap().last().unwrap();
    assert_eq!(last["path"], "/api/v1/contacts");
    assert_eq!(last["query"], json!({"limit": "2"}));
}

#[tokio::test]
async fn rows_lists_and_paging_are_set_by_commands_and_gone_after_a_reset() {
    let bench = Bench::start();
    let rows = json!([{"id": "a", "work_email": "a@b.co"}, {"id": "b"}, {}]);
    bench.run(json!({"do": "set_graph8_rows", "kind": "contacts", "rows": rows}));
    bench.run(json!({"do": "set_graph8_list", "list_id": 5, "contact_ids": ["b"]}));
    assert_eq!(page(&bench, "contacts").await["data"], rows);
    assert_eq!(
        page(&bench, "contacts?list_id=5").await["data"],
        json!([{"id": "b"}])
    );
    assert_eq!(
        bench.run(json!({"do": "graph8_rows", "kind": "contacts"})),
        rows
    );
    let paging = json!({"do": "set_graph8_paging", "order": "shuffled", "total": 9, "repeat": 1, "cursor": true});
    bench.run(paging);
    let first = page(&bench, "contacts?limit=2").await;
    assert_eq!(
        first["pagination"],
        json!({"page": 1, "limit": 2, "total": 9, "has_next": true, "next_cursor": "r1"})
    );
    let second = page(&bench, "contacts?limit=2&cursor=r1").await;
    assert_eq!(second["data"][0], first["data"][1]);
    bench.run(json!({"do": "reset"}));
    let page = page(&bench, "contacts?limit=200").await;
    assert_eq!(
        page["pagination"],
        json!({"page": 1, "limit": 200, "total": 1000, "has_next": true})
    );
}
