//! The OpenAPI document beside the sandbox that serves it.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::Bench;

#[tokio::test]
async fn each_operation_answers_with_the_statuses_of_the_document_and_no_others() {
    let bench = Bench::start();
    let document = bench.run(json!({"do": "openapi"}));
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let declared: BTreeSet<u16> = operation["responses"]
                .as_object()
                .unwrap()
                .keys()
                .map(|status| status.parse().unwrap())
                .collect();
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let seen = statuses(&bench, &method, path).await;
            assert_eq!(seen, declared, "{method} {path}");
        }
    }
}

/// What an operation answers to requests that are good and bad, over each kind of connection.
async fn statuses(bench: &Bench, method: &Method, path: &str) -> BTreeSet<u16> {
    let mut seen = BTreeSet::new();
    for connection in ["connected", "expired", "absent"] {
        let command = json!({"do": "set_connection", "provider": "zoho", "state": connection});
        bench.run(command);
        for provider in ["zoho", "nope"] {
            for key in ["g8_test_1", "g8_test_bad"] {
                let connection = format!("conn_{provider}");
                let bodies = [
                    json!({"records": [], "emails": ["a@x.test"], "name": "A", "connection_id": connection}),
                    json!({"records": 1}),
                    Value::Null,
                ];
                for body in bodies {
                    let good = format!("?connection_id={connection}");
                    for query in ["", "?limit=0", &good] {
                        let path = path
                            .replace("{provider}", provider)
                            .replace("{connection_id}", &connection);
                        let url = format!("{}{path}{query}", bench.sandbox.url());
                        let request = bench.http.request(method.clone(), url);
                        let answer = request.bearer_auth(key).json(&body).send().await.unwrap();
                        seen.insert(answer.status().as_u16());
                    }
                }
            }
        }
    }
    seen
}
