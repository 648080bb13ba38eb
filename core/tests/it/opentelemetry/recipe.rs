// Needs opentelemetry, opentelemetry_sdk, tracing, tracing-opentelemetry and tracing-subscriber.
use std::collections::HashMap;

use graph8_crm::{Client, Provider, PushOptions, PushReport, Result};
use opentelemetry::KeyValue;
use opentelemetry::metrics::Counter;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use serde::Serialize;
use tracing::{Instrument, Subscriber, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::layer::SubscriberExt;

/// To be made the program's own once, by `init()`.
pub fn subscriber(traces: &SdkTracerProvider) -> impl Subscriber + Send + Sync + 'static {
    let layer = tracing_opentelemetry::layer().with_tracer(traces.tracer("crm"));
    tracing_subscriber::registry().with(layer)
}

pub async fn push<T: Serialize>(
    client: &Client,
    people: &[T],
    records: &Counter<u64>,
) -> Result<PushReport> {
    let job = info_span!("push of contacts");
    let mut headers = HashMap::new(); // traceparent
    TraceContextPropagator::new().inject_context(&job.context(), &mut headers);
    let client = client.with_headers(headers)?;
    let pushing = client.push_contacts(Provider::Hubspot, people, PushOptions::default());
    let report = pushing.instrument(job).await?;
    for (outcome, count) in [
        ("pushed", report.pushed()),
        ("skipped", report.skipped()),
        ("failed", report.failed()),
        ("unknown", report.unknown()),
        ("not_sent", report.not_sent()),
    ] {
        records.add(count as u64, &[KeyValue::new("outcome", outcome)]);
    }
    Ok(report)
}
