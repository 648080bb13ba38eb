//! The recipe of docs/observability.md, as it stands there, with OpenTelemetry's own SDK.

use std::collections::BTreeMap;

use graph8_crm::Client;
use graph8_sandbox::{Sandbox, SandboxOptions};
use opentelemetry::metrics::MeterProvider;
use opentelemetry::trace::{SpanKind, Status};
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use serde_json::{Value, json};

const PAGE: &str = include_str!("../../../docs/observability.md");
const SOURCE: &str = include_str!("opentelemetry/recipe.rs");

mod recipe;

/// What spans and metrics say, with a request that the service refuses before it takes the next.
#[tokio::test]
async fn the_recipe_makes_spans_and_counts() {
    let sandbox = Sandbox::start(SandboxOptions::default()).unwrap();
    let fault = json!({"do": "fail_next", "fault": {"kind": "status", "status": 429}});
    sandbox.command_json(&fault.to_string()).unwrap();
    let spans = InMemorySpanExporter::default();
    let traces = SdkTracerProvider::builder()
        .with_simple_exporter(spans.clone())
        .build();
    let counts = InMemoryMetricExporter::default();
    let metrics = SdkMeterProvider::builder()
        .with_reader(PeriodicReader::builder(counts.clone()).build())
        .build();
    let records = metrics.meter("crm").u64_counter("graph8.records").build();
    let report = {
        let _listening = tracing::subscriber::set_default(recipe::subscriber(&traces));
        let client = Client::builder()
            .api_key("g8_sbx_demo")
            .base_url(sandbox.url())
            .build()
            .unwrap();
        let people = [json!({"email": "ada@example.com"}), json!({"email": "n/a"})];
        recipe::push(&client, &people, &records).await.unwrap()
    };
    assert_eq!((report.pushed(), report.failed()), (1, 1));

    let spans = spans.get_finished_spans().unwrap();
    let names: Vec<_> = spans.iter().map(|span| &*span.name).collect();
    assert_eq!(names, ["POST", "POST", "push", "push of contacts"]);
    let [refused, taken, push, job] = &spans[..] else {
        panic!("{spans:?}");
    };
    for request in [refused, taken] {
        assert_eq!(request.span_kind, SpanKind::Client);
        assert_eq!(request.parent_span_id, push.span_context.span_id());
        let said = attributes(request);
        assert_eq!(said["http.request.method"], "POST");
        assert_eq!(said["server.address"], "127.0.0.1");
        assert!(sandbox.url().ends_with(&said["server.port"]));
        let path = "/api/v1/crm-syncs/hubspot/contacts/push";
        assert_eq!(said["url.full"], format!("{}{path}", sandbox.url()));
    }
    let said = attributes(refused);
    assert_eq!(said["http.response.status_code"], "429");
    assert_eq!(said["error.type"], "429");
    assert!(matches!(refused.status, Status::Error { .. }));
    let said = attributes(taken);
    assert_eq!(said["http.response.status_code"], "200");
    assert_eq!(said["http.request.resend_count"], "1");
    assert_eq!(
        said["request_id"],
        *report.request_log()[0].request_id.clone().unwrap()
    );
    assert_eq!(taken.status, Status::Unset);
    assert_eq!(push.parent_span_id, job.span_context.span_id());

    let seen = json!({"do": "requests"}).to_string();
    let seen: Value = serde_json::from_str(&sandbox.command_json(&seen).unwrap()).unwrap();
    assert!(
        seen.to_string()
            .contains(&job.span_context.trace_id().to_string()),
        "{seen}"
    );

    metrics.force_flush().unwrap();
    let expected = [
        ("failed", 1),
        ("not_sent", 0),
        ("pushed", 1),
        ("skipped", 0),
        ("unknown", 0),
    ];
    assert_eq!(
        counted(&counts),
        BTreeMap::from(expected.map(|(name, count)| (name.to_owned(), count)))
    );
}

#[test]
fn the_page_has_the_recipe() {
    assert!(
        PAGE.contains(&format!("```rust\n{SOURCE}```\n")),
        "{SOURCE}"
    );
}

fn attributes(span: &SpanData) -> BTreeMap<String, String> {
    let entries = span.attributes.iter();
    entries
        .map(|entry| (entry.key.to_string(), entry.value.to_string()))
        .collect()
}

/// The sums of the only metric, by outcome.
fn counted(exported: &InMemoryMetricExporter) -> BTreeMap<String, u64> {
    let exported = exported.get_finished_metrics().unwrap();
    let scope = exported[0].scope_metrics().next().unwrap();
    let metric = scope.metrics().next().unwrap();
    let AggregatedMetrics::U64(MetricData::Sum(sum)) = metric.data() else {
        panic!("{metric:?}");
    };
    sum.data_points()
        .map(|point| {
            let outcome = point.attributes().next().unwrap();
            (outcome.value.to_string(), point.value())
        })
        .collect()
}
