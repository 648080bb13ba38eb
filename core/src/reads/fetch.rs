//! Asking for the fields of a CRM's entity, for the caller and for a push that checks its records.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::Result;
use crate::http::answer::{self, Operation};
use crate::http::call::{Caller, Policy};
use crate::http::transport::{Answer, Request};
use crate::names::{EntityType, Provider};
use crate::reads::calls::CrmSync;
use crate::reads::field::Field;
use crate::reads::fields::OWN_KEYS;

/// The fields of an entity as the customer's CRM has them.
pub(crate) async fn fetch_fields(
    caller: &Caller,
    provider: Provider,
    entity_type: EntityType,
    policy: Policy,
) -> Result<Vec<Field>> {
    let mut url = caller.url(&format!("crm-syncs/{provider}/fields"));
    url.query_pairs_mut()
        .append_pair("entity_type", entity_type.as_str());
    let request = Request { url, post: None };
    let call = format!("fields of {provider} {entity_type}");
    let policy = Policy {
        operation: Operation::Fields,
        ..policy
    };
    caller
        .read(&call, &request, policy, |answer| {
            let fields: Listed = answer::read(answer)?;
            fields
                .into_vec()
                .into_iter()
                .map(|field| typed(field, &OWN_KEYS, answer))
                .collect()
        })
        .await
}

/// The CRMs that the organisation has connected.
pub(crate) async fn fetch_syncs(caller: &Caller, policy: Policy) -> Result<Vec<CrmSync>> {
    let request = Request {
        url: caller.url("crm-syncs"),
        post: None,
    };
    let known = [
        "provider",
        "status",
        "connection_id",
        "last_sync_at",
        "connected_at",
    ];
    caller
        .read("list_syncs", &request, policy, |answer| {
            let syncs: Vec<Map<String, Value>> = answer::read(answer)?;
            syncs
                .into_iter()
                .map(|sync| typed(sync, &known, answer))
                .collect()
        })
        .await
}

/// `{fields: [...]}`, or the bare list.
#[derive(Deserialize)]
#[serde(untagged)]
enum Listed {
    Bare(Vec<Map<String, Value>>),
    Wrapped {
        fields: Option<Vec<Map<String, Value>>>,
    },
}

impl Listed {
    fn into_vec(self) -> Vec<Map<String, Value>> {
        match self {
            Self::Bare(fields) => fields,
            Self::Wrapped { fields } => fields.unwrap_or_default(),
        }
    }
}

/// Reads an object; what is not among `known` goes into `extra`.
pub(super) fn typed<T: for<'de> Deserialize<'de>>(
    object: Map<String, Value>,
    known: &[&str],
    answer: &Answer,
) -> Result<T> {
    let (mut object, extra): (Map<String, Value>, Map<String, Value>) = object
        .into_iter()
        .partition(|(key, _)| known.contains(&key.as_str()));
    object.insert("extra".to_owned(), Value::Object(extra));
    serde_json::from_value(Value::Object(object))
        .map_err(|error| answer::unreadable(answer, &error))
}
