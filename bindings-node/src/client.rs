//! The client: settings in, reads and pushes out.

use std::collections::HashMap;
use std::sync::Arc;

use graph8_crm::border::{self, EventRing, Read, Settings, Topics};
use graph8_crm::{Client, ClientBuilder, RateLimit};
use napi::bindgen_prelude::Either;
use napi_derive::napi;

use crate::call::NativeCall;
use crate::promise::guarded;
use crate::push::NativePush;
use crate::reply::NativeReply;
use crate::rows::NativeRows;

/// Settings as TypeScript has them; what is absent keeps the core's default.
#[napi(object, object_to_js = false)]
#[derive(Default)]
pub struct NativeClientOptions {
    pub api_key: Option<String>,
    pub base_url: Option<String>,
    pub connect_timeout_ms: Option<f64>,
    pub read_timeout_ms: Option<f64>,
    pub timeout_ms: Option<f64>,
    pub proxy: Option<String>,
    pub ca_files: Option<Vec<String>>,
    pub ca_pem: Option<String>,
    pub org_id: Option<String>,
    pub target_org_id: Option<String>,
    pub user_agent_suffix: Option<String>,
    pub allow_http: Option<bool>,
    pub http2: Option<bool>,
    /// False switches pacing off.
    pub is_paced: Option<bool>,
    pub rate_limit: Option<NativeRateLimit>,
    pub rate_limit_store: Option<String>,
    pub headers: Option<HashMap<String, String>>,
    pub credentials: Option<bool>,
}

/// Requests per second and per minute.
#[napi(object, object_to_js = false)]
#[derive(Clone, Copy)]
pub struct NativeRateLimit {
    pub per_second: u32,
    pub per_minute: u32,
}

/// A core client.
#[napi]
pub struct NativeClient {
    client: Client,
    /// Of a client for one call, if somebody listens.
    events: Option<Arc<EventRing>>,
}

#[napi]
impl NativeClient {
    /// Checks the settings; a reply says which is wrong.
    #[napi(catch_unwind)]
    pub fn build(options: NativeClientOptions) -> Either<NativeClient, NativeReply> {
        border::spell_in_camel_case();
        let built = || {
            let built = options.into_builder().and_then(ClientBuilder::build);
            built.map_err(NativeReply::from)
        };
        match guarded(built) {
            Ok(client) => Either::A(Self {
                client,
                events: None,
            }),
            Err(reply) => Either::B(reply),
        }
    }

    /// The service's address, `/api/v1` included.
    #[napi(getter, catch_unwind)]
    pub fn base_url(&self) -> String {
        self.client.base_url().to_owned()
    }

    /// The client as one call uses it: it sends these headers too, and keeps events of these topics for
    /// `events`. A reply says which header is wrong.
    #[napi(catch_unwind)]
    pub fn for_one_call(
        &self,
        topics: u8,
        headers: HashMap<String, String>,
    ) -> Either<NativeClient, NativeReply> {
        let headers: Vec<(String, String)> = headers.into_iter().collect();
        let topics = Topics::from_bits(topics);
        match guarded(|| Ok(border::for_one_call(&self.client, topics, &headers)?)) {
            Ok((client, events)) => Either::A(Self { client, events }),
            Err(reply) => Either::B(reply),
        }
    }

    /// JSON text of what has happened since the last call.
    #[napi(catch_unwind)]
    pub fn events(&self) -> Option<String> {
        self.events.as_ref()?.take()
    }

    #[napi(catch_unwind)]
    pub fn list_syncs(&self) -> NativeCall {
        NativeCall::new(self.client.clone(), Read::ListSyncs)
    }

    #[napi(catch_unwind)]
    pub fn fields(&self, provider: String, entity_type: String) -> NativeCall {
        let read = Read::Fields {
            provider,
            entity_type,
        };
        NativeCall::new(self.client.clone(), read)
    }

    #[napi(catch_unwind)]
    pub fn find_contacts(&self, provider: String, emails: Vec<String>) -> NativeCall {
        let read = Read::FindContacts { provider, emails };
        NativeCall::new(self.client.clone(), read)
    }

    #[napi(catch_unwind)]
    pub fn status(&self, provider: String) -> NativeCall {
        NativeCall::new(self.client.clone(), Read::Status { provider })
    }

    /// graph8's own rows of a kind; a reply says which argument is wrong. `query` is JSON text with the names
    /// and values of the core's query.
    #[napi(catch_unwind)]
    pub fn graph8_rows(&self, kind: String, query: String) -> Either<NativeRows, NativeReply> {
        match NativeRows::new(&self.client, &kind, &query) {
            Ok(rows) => Either::A(rows),
            Err(reply) => Either::B(reply),
        }
    }

    /// A push that is to be started.
    #[napi(catch_unwind)]
    pub fn push(&self) -> NativePush {
        NativePush::new(self.client.clone(), false)
    }

    /// A check that is to be started: a push that ends with a result, JSON text of what was found.
    #[napi(catch_unwind)]
    pub fn check(&self) -> NativePush {
        NativePush::new(self.client.clone(), true)
    }
}

impl NativeClientOptions {
    fn into_builder(self) -> graph8_crm::Result<ClientBuilder> {
        let mut settings = Settings::new();
        settings.set_timeouts(
            ("milliseconds", 1_000.0),
            [
                ("connectTimeoutMs", self.connect_timeout_ms),
                ("readTimeoutMs", self.read_timeout_ms),
                ("timeoutMs", self.timeout_ms),
            ],
        )?;
        settings.set(self.api_key, ClientBuilder::api_key);
        settings.set(self.base_url, ClientBuilder::base_url);
        settings.set(self.proxy, ClientBuilder::proxy);
        for path in self.ca_files.unwrap_or_default() {
            settings.set(Some(path), ClientBuilder::ca_file);
        }
        settings.set(self.ca_pem, ClientBuilder::ca_pem);
        settings.set(self.org_id, ClientBuilder::org_id);
        settings.set(self.target_org_id, ClientBuilder::target_org_id);
        settings.set(self.user_agent_suffix, ClientBuilder::user_agent_suffix);
        settings.set(self.allow_http, ClientBuilder::allow_http);
        settings.set(self.http2, ClientBuilder::http2);
        settings.set(self.rate_limit, |builder, limit| {
            builder.rate_limit(RateLimit {
                per_second: limit.per_second,
                per_minute: limit.per_minute,
            })
        });
        settings.set(self.rate_limit_store, ClientBuilder::rate_limit_store);
        let headers = self.headers.map(|headers| headers.into_iter().collect());
        settings.set(headers, border::with_headers);
        settings.set(self.credentials, ClientBuilder::credentials);
        if self.is_paced == Some(false) {
            settings.set(Some(()), |builder, ()| builder.unpaced());
        }
        Ok(settings.into_builder())
    }
}
