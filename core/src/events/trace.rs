//! Events and spans for `tracing`, for programs in Rust; nothing without that feature.

#[cfg(feature = "tracing")]
pub(crate) use on::*;

#[cfg(not(feature = "tracing"))]
pub(crate) use off::*;

#[cfg(feature = "tracing")]
mod on {
    pub(crate) use tracing::{Instrument, Span};
    use tracing::{Level, debug, debug_span, enabled, field, info, info_span, warn};

    use crate::error::Error;
    use crate::events::Event;
    use crate::events::event::{LONG_WAIT, operation_of};
    use crate::http::transport::{Attempt, Request};
    use crate::names::{Provider, PushKind};

    /// Whether any subscriber hears of events.
    pub(crate) fn is_on() -> bool {
        enabled!(Level::WARN)
    }

    /// The span of a push.
    pub(crate) fn push_span(provider: Provider, kind: PushKind) -> Span {
        info_span!("push", %provider, %kind)
    }

    /// The span of one try of a call, as OpenTelemetry's conventions have a client's; `otel.…` is what
    /// `tracing-opentelemetry` takes for its name, kind and status.
    pub(crate) fn request_span(request: &Request, attempt: u32) -> Span {
        if !enabled!(Level::DEBUG) {
            return Span::none();
        }
        let (operation, provider) = operation_of(request.url.path());
        debug_span!(
            "request",
            otel.name = request.method(),
            otel.kind = "client",
            otel.status_code = field::Empty,
            operation,
            provider = provider.map(Provider::as_str),
            http.request.method = request.method(),
            http.request.resend_count = (attempt > 1).then(|| attempt - 1),
            url.full = %request.address(),
            server.address = request.url.host_str(),
            server.port = request.url.port_or_known_default(),
            http.response.status_code = field::Empty,
            error.type = field::Empty,
            request_id = field::Empty,
        )
    }

    /// Writes down how the try ended.
    pub(crate) fn record(span: &Span, attempt: &Attempt) {
        match &attempt.outcome {
            Ok(answer) => {
                span.record("http.response.status_code", answer.status);
                if let Some(id) = &answer.request_id {
                    span.record("request_id", id.as_str());
                }
                if answer.status >= 400 {
                    span.record("error.type", field::display(answer.status));
                    span.record("otel.status_code", "ERROR");
                }
            }
            Err(error) => {
                if let Some(status) = error.status() {
                    span.record("http.response.status_code", status);
                }
                if let Some(id) = error.request_id() {
                    span.record("request_id", id);
                }
                span.record("error.type", error_type(error));
                span.record("otel.status_code", "ERROR");
            }
        }
    }

    fn error_type(error: &Error) -> &str {
        error.code().unwrap_or_else(|| error.kind().as_str())
    }

    pub(crate) fn tell(event: &Event) {
        match event {
            // The transport tells it, in the request's span.
            Event::Request { .. } | Event::Lost { .. } => {}
            Event::Wait {
                operation,
                reason,
                status,
                request_id,
                seconds,
                ..
            } => {
                let request_id = request_id.as_deref();
                if *seconds > LONG_WAIT.as_secs_f64() || *status == Some(429) {
                    warn!(operation, ?reason, status, request_id, seconds, "wait");
                } else {
                    debug!(operation, ?reason, status, request_id, seconds, "wait");
                }
            }
            Event::Pacing {
                pacing,
                store,
                reason: Some(reason),
                clients,
            } => warn!(
                pacing = pacing.as_str(),
                store,
                clients,
                "the rate limit is not shared now, so this client keeps to its part of it: {store} {reason}"
            ),
            Event::Pacing { pacing, store, .. } => {
                info!(
                    pacing = pacing.as_str(),
                    store, "the rate limit is shared again"
                );
            }
            Event::PushStarted {
                provider,
                kind,
                resumed,
                ..
            } => info!(%provider, %kind, resumed, "push started"),
            Event::Batch {
                provider,
                kind,
                first_index,
                counts,
                request_id,
            } => {
                let request_id = request_id.as_deref();
                let (records, pushed) = (counts.records, counts.pushed);
                let (failed, unknown) = (counts.failed, counts.unknown);
                if unknown > 0 {
                    warn!(%provider, %kind, first_index, records, pushed, failed, unknown, request_id, "batch in doubt");
                } else {
                    debug!(%provider, %kind, first_index, records, pushed, failed, unknown, request_id, "batch");
                }
            }
            Event::Stop {
                provider,
                kind,
                reason,
                status,
                request_id,
            } => {
                let (reason, request_id) = (reason.as_str(), request_id.as_deref());
                warn!(%provider, %kind, reason, status, request_id, "push stopped");
            }
            Event::PushEnded {
                provider,
                kind,
                records,
                pushed,
                skipped,
                failed,
                unknown,
                not_sent,
                added_to_list,
                requests,
                seconds,
                ..
            } => info!(
                %provider, %kind, records, pushed, skipped, failed, unknown, not_sent, added_to_list, requests, seconds,
                "push ended"
            ),
        }
    }
}

#[cfg(not(feature = "tracing"))]
mod off {
    use crate::events::Event;
    use crate::http::transport::{Attempt, Request};
    use crate::names::{Provider, PushKind};

    /// In place of a span.
    #[derive(Clone)]
    pub(crate) struct Span;

    /// In place of tracing's trait.
    pub(crate) trait Instrument: Sized {
        fn instrument(self, _span: Span) -> Self {
            self
        }
    }

    impl<T> Instrument for T {}

    pub(crate) fn is_on() -> bool {
        false
    }

    pub(crate) fn push_span(_: Provider, _: PushKind) -> Span {
        Span
    }

    pub(crate) fn request_span(_: &Request, _: u32) -> Span {
        Span
    }

    pub(crate) fn record(_: &Span, _: &Attempt) {}

    pub(crate) fn tell(_: &Event) {}
}
