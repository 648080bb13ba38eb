//! Contacts by e-mail and lists by name, in each shape that an answer may have.

use serde_json::{Value, json};

use crate::Bench;

const LOOK_UP: &str = "integrations/crm/connections/conn_hubspot/batch/contacts/lookup-by-email";

async fn post(bench: &Bench, path: &str, key: &str, body: &Value) -> (u16, Value) {
    let url = format!("{}/api/v1/{path}", bench.sandbox.url());
    let request = bench.http.post(url).bearer_auth(key).json(body);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn get(bench: &Bench, path: &str) -> Value {
    let url = format!("{}/api/v1/{path}", bench.sandbox.url());
    let request = bench.http.get(url).bearer_auth("g8_test_1");
    request.send().await.unwrap().json().await.unwrap()
}

fn with_ada() -> (Bench, Value) {
    let bench = Bench::start();
    let ada = json!({"email": "ada@x.test", "firstname": "Ada"});
    let ids = bench.run(json!({"do": "add_contacts", "provider": "hubspot", "records": [ada]}));
    let id = ids[0].clone();
    (bench, id)
}

#[tokio::test]
async fn contacts_are_found_by_email_in_each_shape() {
    let (bench, id) = with_ada();
    let fields = json!({"email": "ada@x.test", "firstname": "Ada"});
    let with = |key: &str| {
        let mut item = fields.clone();
        item[key] = id.clone();
        item
    };
    let shapes = [
        ("items", json!({"items": [with("id")]})),
        (
            "by_email",
            json!({" ADA@x.test": with("hs_object_id"), "bob@x.test": null}),
        ),
        ("results", json!({"results": [with("crm_id")], "total": 1})),
        ("bare", json!([with("contact_id")])),
        ("unrecognisable", json!({"status": "done", "matches": 1})),
    ];
    for (shape, expected) in shapes {
        bench.run(json!({"do": "set_siblings", "shape": shape}));
        let asked = json!({"emails": [" ADA@x.test", "bob@x.test"]});
        let (status, body) = post(&bench, LOOK_UP, "g8_test_1", &asked).await;
        assert_eq!((status, &body["data"]), (200, &expected), "{shape}");
    }
    bench.run(json!({"do": "set_siblings"}));
    let path = "integrations/crm/connections/conn_hubspot/contacts?email=Ada@x.test";
    assert_eq!(
        get(&bench, path).await["data"],
        json!({"items": [with("id")]})
    );
}

#[tokio::test]
async fn a_search_index_lags_and_the_family_may_be_absent_or_not_allowed() {
    let (bench, _) = with_ada();
    let asked = json!({"emails": ["ada@x.test"]});
    bench.run(json!({"do": "set_siblings", "index_lag_ms": 3_600_000}));
    let (_, body) = post(&bench, LOOK_UP, "g8_test_1", &asked).await;
    assert_eq!(body["data"], json!({"items": []}));
    let (status, _) = post(&bench, LOOK_UP, "g8_test_no_lookups", &asked).await;
    assert_eq!(status, 403);
    let (status, _) = post(&bench, LOOK_UP, "g8_test_1", &json!({"emails": []})).await;
    assert_eq!(status, 422);
    bench.run(json!({"do": "set_siblings", "absent": true}));
    let (status, _) = post(&bench, LOOK_UP, "g8_test_1", &asked).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn a_list_is_found_by_a_part_of_its_name_and_made_once() {
    let bench = Bench::start();
    let named = json!({"name": "Spring fair", "connection_id": "conn_salesforce"});
    let path = "integrations/crm/lists";
    let (_, made) = post(&bench, path, "g8_test_1", &named).await;
    let (_, again) = post(&bench, path, "g8_test_1", &named).await;
    assert_eq!(made["data"]["created"], true);
    assert_eq!(again["data"]["created"], false);
    assert_eq!(made["data"]["id"], again["data"]["id"]);
    let query = "integrations/crm/lists?connection_id=conn_salesforce&query=spring";
    let found = get(&bench, query).await;
    assert_eq!(found["data"]["items"].as_array().unwrap().len(), 1);
    assert_eq!(found["data"]["items"][0]["id"], made["data"]["id"]);
    let (status, _) = post(&bench, path, "g8_test_missing_scope", &named).await;
    assert_eq!(status, 403);
}
