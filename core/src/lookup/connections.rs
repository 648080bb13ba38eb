//! By which id graph8 knows the connection to a CRM.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::error::{Error, ErrorKind, Result};
use crate::http::call::{Caller, Policy};
use crate::names::Provider;
use crate::reads::{CrmSync, fetch_syncs};

/// How long connections are taken to be as they were.
const CONNECTIONS_LAST: Duration = Duration::from_secs(5 * 60);

/// The organisation's connections, asked for once in five minutes.
#[derive(Default)]
pub(crate) struct Connections(Mutex<Option<(Instant, Vec<CrmSync>)>>);

impl Connections {
    /// The id of the connection to a CRM.
    ///
    /// The service's `crm_type` spells some CRMs otherwise, so only `provider` is compared.
    pub(crate) async fn id(
        &self,
        caller: &Caller,
        provider: Provider,
        policy: Policy,
    ) -> Result<String> {
        // Held while it asks: those who wait for the same answer need not ask.
        let mut known = tokio::select! {
            known = self.0.lock() => known,
            error = policy.kept_back() => return Err(error),
        };
        let syncs = match known.take() {
            Some((asked, syncs)) if asked.elapsed() < CONNECTIONS_LAST => {
                &known.insert((asked, syncs)).1
            }
            _ => {
                let syncs = fetch_syncs(caller, policy).await?;
                &known.insert((Instant::now(), syncs)).1
            }
        };
        let found = id_among(syncs, provider);
        if found.is_err() {
            // It may be connected any moment.
            *known = None;
        }
        found
    }

    /// Asks anew the next time: the service does not know a connection any more.
    pub(crate) async fn forget(&self) {
        *self.0.lock().await = None;
    }
}

fn id_among(syncs: &[CrmSync], provider: Provider) -> Result<String> {
    let ours: Vec<&CrmSync> = syncs
        .iter()
        .filter(|sync| sync.provider == provider.as_str())
        .collect();
    if ours.is_empty() {
        let message = "no active connection to that CRM; connect it in graph8";
        return Err(Error::new(ErrorKind::NotConnected, message)
            .in_context(&format!("look-up in {provider}")));
    }
    let unusable = |what: &str| {
        Err(Error::new(
            ErrorKind::InvalidAnswer,
            format!("look-up in {provider}: list_syncs gives {what}"),
        ))
    };
    let is_live = |sync: &&CrmSync| sync.status == "connected";
    let live: Vec<&CrmSync> = ours.iter().copied().filter(is_live).collect();
    let candidates = if live.is_empty() { ours } else { live };
    let mut ids: Vec<&str> = candidates
        .iter()
        .filter_map(|sync| sync.connection_id.as_deref())
        .filter(|id| !id.is_empty())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    match ids[..] {
        [id] => Ok(id.to_owned()),
        [] => unusable("no connection_id for it"),
        _ => unusable("several connections for it, and a push does not say which one it uses"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn id(syncs: &serde_json::Value) -> Result<String> {
        let syncs: Vec<CrmSync> = serde_json::from_value(syncs.clone()).unwrap();
        id_among(&syncs, Provider::Zoho)
    }

    #[test]
    fn the_connection_is_found_by_its_provider_and_must_be_one() {
        let of = |provider: &str, status: &str, id: &str| json!({"provider": provider, "status": status, "connection_id": id});
        // One id may stand under two providers.
        let both = json!([
            of("hubspot", "connected", "c1"),
            of("zoho", "connected", "c1")
        ]);
        assert_eq!(id(&both).unwrap(), "c1");
        let old = json!([of("zoho", "error", "c0"), of("zoho", "connected", "c1")]);
        assert_eq!(id(&old).unwrap(), "c1");
        let kind = |syncs| id(&syncs).unwrap_err().kind();
        assert_eq!(
            kind(json!([of("zoho-crm", "connected", "c1")])),
            ErrorKind::NotConnected
        );
        let two = json!([of("zoho", "connected", "c1"), of("zoho", "connected", "c2")]);
        assert_eq!(kind(two), ErrorKind::InvalidAnswer);
        assert_eq!(
            kind(json!([{"provider": "zoho"}])),
            ErrorKind::InvalidAnswer
        );
    }
}
