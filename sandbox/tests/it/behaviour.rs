//! What a client of the service sees.

use graph8_sandbox::{RateLimit, SandboxOptions, Window};
use serde_json::{Value, json};

use crate::Bench;

#[tokio::test]
async fn a_bad_record_fails_alone_and_the_rest_is_kept() {
    let bench = Bench::start();
    let data = bench
        .push(
            "hubspot",
            "contacts",
            json!([{"email": "a@b.co"}, {"email": "nope"}, {"email": "A@B.co"}]),
        )
        .await;
    assert_eq!(
        (&data["pushed_count"], &data["failed_count"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(
        data["errors"][0],
        json!({"record": "nope", "error": "Email address nope is invalid"})
    );
    let message = data["errors"][1]["error"].as_str().unwrap();
    assert!(
        message.starts_with("Contact already exists. Existing ID: "),
        "{message}"
    );
    let held = bench.run(json!({"do": "records", "provider": "hubspot", "entity": "contacts"}));
    assert_eq!(held.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn ids_are_the_same_for_a_seed() {
    let ids = async |seed| {
        let bench = Bench::with(SandboxOptions {
            seed,
            ..SandboxOptions::default()
        });
        bench
            .push(
                "sugarcrm",
                "companies",
                json!([{"name": "A"}, {"name": "B"}]),
            )
            .await;
        bench.run(json!({"do": "records", "provider": "sugarcrm", "entity": "companies"}))
    };
    assert_eq!(ids(1).await, ids(1).await);
    assert_ne!(ids(1).await, ids(2).await);
}

#[tokio::test]
async fn keys_connections_and_paths_are_refused_as_the_service_refuses_them() {
    let bench = Bench::start();
    let get = async |key: &str, path: &str| {
        let url = format!("{}/api/v1/{path}", bench.sandbox.url());
        let answer = bench.http.get(url).bearer_auth(key).send().await.unwrap();
        assert!(answer.headers().contains_key("x-request-id"));
        answer.status().as_u16()
    };
    assert_eq!(get("g8_test_bad", "crm-syncs").await, 401);
    assert_eq!(get("another_service_1", "crm-syncs").await, 401);
    assert_eq!(get("g8_test_expired", "crm-syncs").await, 401);
    assert_eq!(get("eyJhbGciOi.eyJzdWIi.c2ln", "crm-syncs").await, 401);
    assert_eq!(get("g8_test_wrong_organisation", "crm-syncs").await, 403);
    assert_eq!(get("g8_test_missing_scope", "crm-syncs").await, 200);
    assert_eq!(get("g8_test_1", "crm-syncs/nope/status").await, 422);
    assert_eq!(
        get("g8_test_1", "crm-syncs/hubspot/fields?entity_type=nope").await,
        422
    );
    bench.run(json!({"do": "set_connection", "provider": "zoho", "state": "absent"}));
    bench.run(json!({"do": "set_connection", "provider": "hubspot", "state": "expired"}));
    assert_eq!(get("g8_test_1", "crm-syncs/zoho/status").await, 404);
    assert_eq!(get("g8_test_1", "crm-syncs/hubspot/fields").await, 502);
    let status: Value = bench
        .get("crm-syncs/hubspot/status")
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(status["data"]["connected"], false);
    let syncs: Value = bench.get("crm-syncs").await.unwrap().json().await.unwrap();
    assert_eq!(syncs["data"].as_array().unwrap().len(), 4);
    let data = bench
        .push("hubspot", "contacts", json!([{"email": "a@b.co"}]))
        .await;
    assert!(
        data["errors"][0]["error"]
            .as_str()
            .unwrap()
            .contains("expired")
    );
}

#[tokio::test]
async fn custom_fields_are_discovered_checked_and_kept() {
    let bench = Bench::start();
    let field = json!({"slug": "score", "name": "Score", "type": "number"});
    bench.run(json!({"do": "add_custom_field", "provider": "hubspot", "entity": "contacts", "field": field}));
    let fields: Value = bench
        .get("crm-syncs/hubspot/fields")
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let fields = fields["data"]["fields"].as_array().unwrap().clone();
    assert!(fields.iter().any(|field| field["slug"] == "score"));
    let records = json!([{"email": "a@b.co", "score": "high"}, {"email": "c@d.co", "score": 5}]);
    let data = bench.push("hubspot", "contacts", records).await;
    assert_eq!(data["pushed_count"], 1);
}

#[tokio::test]
async fn fields_are_described_as_each_crm_does_when_asked_for() {
    let bench = Bench::start();
    for provider in ["hubspot", "salesforce", "pipedrive", "zoho", "sugarcrm"] {
        let field = json!({
            "slug": "tier", "name": "Tier", "type": "enum", "max_length": 40, "required": true,
            "options": ["1", "TOP_TIER"], "option_labels": ["First"],
        });
        bench.run(json!({"do": "add_custom_field", "provider": provider, "entity": "contacts", "field": field}));
    }
    let described = async |provider: &str| {
        let answer = bench
            .get(&format!("crm-syncs/{provider}/fields"))
            .await
            .unwrap();
        let answer: Value = answer.json().await.unwrap();
        let fields = answer["data"]["fields"].as_array().unwrap().clone();
        fields
            .into_iter()
            .find(|field| field["slug"] == "tier")
            .unwrap()
    };
    let plain = json!({
        "name": "Tier", "slug": "tier", "type": "enum", "label": "Tier", "required": true,
        "read_only": false, "max_length": 40, "options": ["1", "TOP_TIER"],
    });
    assert_eq!(described("zoho").await, plain);
    bench.run(json!({"do": "set_description", "description": "native"}));
    for (provider, pointer, expected) in [
        ("hubspot", "/options/1/label", json!("Top Tier")),
        ("hubspot", "/options/1/value", json!("TOP_TIER")),
        (
            "hubspot",
            "/modificationMetadata/readOnlyValue",
            json!(false),
        ),
        ("salesforce", "/picklistValues/0/label", json!("First")),
        ("salesforce", "/picklistValues/0/value", json!("1")),
        ("salesforce", "/length", json!(40)),
        (
            "pipedrive",
            "/options/0",
            json!({"id": 1, "label": "First"}),
        ),
        (
            "pipedrive",
            "/options/1",
            json!({"id": "TOP_TIER", "label": "Top Tier"}),
        ),
        ("zoho", "/pick_list_values/0/actual_value", json!("1")),
        ("zoho", "/pick_list_values/0/display_value", json!("First")),
        ("zoho", "/length", json!(40)),
        ("sugarcrm", "/len", json!(40)),
        (
            "sugarcrm",
            "/options",
            json!({"1": "First", "TOP_TIER": "Top Tier"}),
        ),
    ] {
        let field = described(provider).await;
        assert_eq!(
            field.pointer(pointer),
            Some(&expected),
            "{provider} {pointer}"
        );
        assert_eq!(field["required"], true);
        assert_eq!(field.get("max_length"), None);
    }
    bench.run(json!({"do": "set_description", "description": "bare"}));
    let bare =
        json!({"name": "Tier", "slug": "tier", "type": "enum", "label": "Tier", "required": true});
    assert_eq!(described("hubspot").await, bare);
    bench.run(json!({"do": "reset"}));
    let fields = bench.get("crm-syncs/hubspot/fields").await.unwrap();
    let fields: Value = fields.json().await.unwrap();
    assert!(fields["data"]["fields"][0].get("options").is_some());
}

#[tokio::test]
async fn records_are_judged_without_being_created() {
    let bench = Bench::start();
    let judge = |strict: bool| {
        let records = json!([{"last_name": "A"}, {"last_name": "A", "nope": 1}, {"last_name": "A", "birthdate": "soon"}]);
        bench.run(json!({"do": "judge", "provider": "sugarcrm", "entity": "contacts", "records": records, "strict": strict}))
    };
    let refusal = "Did not recognize birthdate as a date/time, it looked like soon";
    assert_eq!(judge(false), json!([null, null, refusal]));
    assert_ne!(judge(true)[1], Value::Null);
    let held = bench.run(json!({"do": "records", "provider": "sugarcrm", "entity": "contacts"}));
    assert_eq!(held, json!([]));
}

#[tokio::test]
async fn large_answers_are_compressed_when_the_client_takes_it() {
    let bench = Bench::start();
    let url = format!("{}/api/v1/crm-syncs/hubspot/fields", bench.sandbox.url());
    let plain = reqwest::Client::builder()
        .no_proxy()
        .no_gzip()
        .build()
        .unwrap();
    let request = plain
        .get(url)
        .bearer_auth("g8_test_1")
        .header("accept-encoding", "gzip");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["content-encoding"], "gzip");
}

#[tokio::test]
async fn the_request_after_the_limit_is_told_when_to_come_back() {
    for window in [Window::Fixed, Window::Sliding] {
        let rate_limit = Some(RateLimit {
            window,
            per_second: 100,
            per_minute: 2,
        });
        let bench = Bench::with(SandboxOptions {
            rate_limit,
            ..SandboxOptions::default()
        });
        for _ in 0..2 {
            let answer = bench.get("crm-syncs").await.unwrap();
            assert_eq!(answer.status(), 200);
            assert_eq!(answer.headers()["x-ratelimit-limit-minute"], "2");
        }
        let answer = bench.get("crm-syncs").await.unwrap();
        assert_eq!(answer.status(), 429);
        assert_eq!(answer.headers()["x-ratelimit-remaining"], "0");
        let wait: u64 = answer.headers()["retry-after"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((1..=60).contains(&wait));
    }
}

#[tokio::test]
async fn the_document_describes_all_operations_and_is_openapi_3_1() {
    let bench = Bench::start();
    let url = format!("{}/api/v1/openapi.json", bench.sandbox.url());
    let document: Value = bench
        .http
        .get(url)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 11, "{:?}", paths.keys());
    for path in [
        "/api/v1/crm-syncs",
        "/api/v1/crm-syncs/{provider}/lists/push",
        "/api/v1/contacts",
    ] {
        assert!(paths.contains_key(path), "{path}");
    }
}

#[tokio::test]
async fn the_log_has_each_request_without_its_key() {
    let bench = Bench::start();
    bench
        .push("zoho", "contacts", json!([{"Last_Name": "A"}]))
        .await;
    let seen = bench.run(json!({"do": "requests"}));
    assert_eq!(seen[0]["path"], "/api/v1/crm-syncs/zoho/contacts/push");
    assert_eq!(seen[0]["body"], json!({"records": [{"Last_Name": "A"}]}));
    assert_eq!(
        (&seen[0]["status"], &seen[0]["headers"]["authorization"]),
        (&json!(200), &json!("Bearer ***"))
    );
    bench.run(json!({"do": "reset"}));
    assert_eq!(bench.run(json!({"do": "requests"})), json!([]));
}

#[tokio::test]
async fn commands_come_over_http_too() {
    let bench = Bench::start();
    let url = format!("{}/_sandbox", bench.sandbox.url());
    let command = |command: Value| bench.http.post(&url).json(&command).send();
    let lists: Value = command(json!({"do": "lists", "provider": "hubspot"}))
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(lists.as_array().unwrap().len(), 2);
    let refused = command(json!({"do": "nonsense"})).await.unwrap();
    assert_eq!(refused.status(), 400);
}

#[tokio::test]
async fn stopping_ends_a_request_that_hangs() {
    let mut bench = Bench::start();
    bench.run(json!({"do": "fail_next", "fault": {"kind": "hold"}}));
    let url = format!("{}/api/v1/crm-syncs", bench.sandbox.url());
    let hanging = tokio::spawn(bench.http.get(url).bearer_auth("g8_test_1").send());
    bench.until_held(1).await;
    bench.sandbox.stop();
    assert!(hanging.await.unwrap().is_err());
}
