//! The three operations that read: connected CRMs, fields, health.

use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use url::Url;

use crate::client::Client;
use crate::error::Result;
use crate::http::answer::{self, Operation};
use crate::http::transport::Request;
use crate::names::{EntityType, Provider};
use crate::reads::fetch::{fetch_fields, fetch_syncs, typed};
use crate::reads::fields::Fields;
use crate::reads::tolerant::{flag, text, text_or_empty};

/// A point in time as the service wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(String);

impl Timestamp {
    /// The service's own text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The time, when the text is RFC 3339.
    pub fn to_system_time(&self) -> Option<SystemTime> {
        OffsetDateTime::parse(&self.0, &Rfc3339)
            .ok()
            .map(SystemTime::from)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A CRM that the organisation has connected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CrmSync {
    /// The CRM's name as the service gives it; may be one that this version does not know.
    #[serde(default, deserialize_with = "text_or_empty")]
    pub provider: String,
    /// The connection's state, for example `connected`.
    #[serde(default, deserialize_with = "text_or_empty")]
    pub status: String,
    /// The connection's id in graph8.
    #[serde(default, deserialize_with = "text")]
    pub connection_id: Option<String>,
    /// When it last synchronised.
    #[serde(default, deserialize_with = "timestamp")]
    pub last_sync_at: Option<Timestamp>,
    /// When it was connected.
    #[serde(default, deserialize_with = "timestamp")]
    pub connected_at: Option<Timestamp>,
    /// Keys that this version does not know.
    #[serde(default)]
    pub extra: Map<String, Value>,
}

/// Whether a CRM's connection works.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConnectionStatus {
    /// The CRM.
    #[serde(default, deserialize_with = "text_or_empty")]
    pub provider: String,
    /// Whether pushes can work now.
    #[serde(default, deserialize_with = "flag_or_false")]
    pub connected: bool,
    /// The connection's id in graph8.
    #[serde(default, deserialize_with = "text")]
    pub connection_id: Option<String>,
    /// The kind of CRM behind the connection.
    #[serde(default, deserialize_with = "text")]
    pub crm_type: Option<String>,
    /// Why it is broken, when it is.
    #[serde(default, deserialize_with = "text")]
    pub message: Option<String>,
    /// When it last synchronised.
    #[serde(default, deserialize_with = "timestamp")]
    pub last_sync_at: Option<Timestamp>,
    /// Keys that this version does not know.
    #[serde(default)]
    pub extra: Map<String, Value>,
}

impl Client {
    /// The CRMs that the organisation has connected.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind); transient ones were repeated before.
    pub async fn list_syncs(&self) -> Result<Vec<CrmSync>> {
        fetch_syncs(self.caller(), self.caller().policy()).await
    }

    /// The fields of an entity as the customer's CRM has them, custom ones included.
    ///
    /// # Errors
    ///
    /// [`UpstreamCrm`](crate::ErrorKind::UpstreamCrm) when the CRM refuses to tell them;
    /// [`NotConnected`](crate::ErrorKind::NotConnected) when it is not connected.
    pub async fn fields(&self, provider: Provider, entity_type: EntityType) -> Result<Fields> {
        let policy = self.caller().policy();
        let fields = fetch_fields(self.caller(), provider, entity_type, policy).await?;
        self.remember_fields(provider, entity_type, &fields);
        Ok(Fields::new(provider, entity_type, fields))
    }

    /// Whether a CRM's connection works; a broken one is no error but `connected: false`.
    ///
    /// # Errors
    ///
    /// [`NotConnected`](crate::ErrorKind::NotConnected) when there is no connection at all.
    pub async fn status(&self, provider: Provider) -> Result<ConnectionStatus> {
        let request = get(self.url(&format!("crm-syncs/{provider}/status")));
        let call = format!("status of {provider}");
        self.read(&call, Operation::Other, &request, |answer| {
            let known = [
                "provider",
                "connected",
                "connection_id",
                "crm_type",
                "message",
                "last_sync_at",
            ];
            typed(answer::read(answer)?, &known, answer)
        })
        .await
    }
}

fn get(url: Url) -> Request {
    Request { url, post: None }
}

fn timestamp<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(text(deserializer)?.map(Timestamp))
}

fn flag_or_false<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    flag(deserializer).map(Option::unwrap_or_default)
}
