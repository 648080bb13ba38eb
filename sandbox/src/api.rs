//! The operations of the service: the six of CRM Syncs, the reads of graph8's own rows, and the siblings that
//! look contacts and lists up.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State as FromState};
use axum::routing::{MethodRouter, get, post};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::accounts::{Account, Connection, expired};
use crate::crms::Provider;
use crate::graph8::RowKind;
use crate::lists;
use crate::reply::Reply;
use crate::rules;
use crate::siblings::{self, connection_id};
use crate::state::Shared;

const ENTITY_TYPES: [&str; 4] = ["contacts", "companies", "leads", "deals"];
const NOW: &str = "2026-01-01T00:00:00Z";

#[derive(Deserialize)]
struct ListPushRequest {
    records: Vec<ListChange>,
}

#[derive(Deserialize)]
struct ListChange {
    list_id: String,
    #[serde(default)]
    add_contact_ids: Vec<String>,
    #[serde(default)]
    remove_contact_ids: Vec<String>,
}

#[derive(Serialize)]
struct PushResult {
    pushed_count: u64,
    failed_count: u64,
    errors: Vec<RecordError>,
}

#[derive(Serialize)]
struct ListPushResult {
    added: u64,
    removed: u64,
    errors: Vec<RecordError>,
}

#[derive(Serialize)]
struct RecordError {
    /// What names the record, usually its e-mail.
    record: String,
    error: String,
}

#[derive(Serialize)]
struct Sync {
    provider: String,
    status: String,
    connection_id: Option<String>,
    last_sync_at: Option<String>,
    connected_at: Option<String>,
}

#[derive(Serialize)]
struct Status {
    provider: String,
    connected: bool,
    connection_id: Option<String>,
    crm_type: Option<String>,
    message: Option<String>,
    last_sync_at: Option<String>,
}

/// The operations, ready to serve.
pub fn router(shared: Shared) -> Router {
    operations()
        .into_iter()
        .fold(Router::new(), |router, (_, path, handler)| {
            router.route(path, handler)
        })
        .with_state(shared)
        .fallback(async || Reply::detail(404, "Not Found"))
}

/// Method, path and handler of each operation. The OpenAPI document describes the same.
fn operations() -> [(&'static str, &'static str, MethodRouter<Shared>); 12] {
    [
        ("get", "/api/v1/crm-syncs", get(list_syncs)),
        (
            "post",
            "/api/v1/crm-syncs/{provider}/contacts/push",
            post(push_contacts),
        ),
        (
            "post",
            "/api/v1/crm-syncs/{provider}/companies/push",
            post(push_companies),
        ),
        (
            "post",
            "/api/v1/crm-syncs/{provider}/lists/push",
            post(push_lists),
        ),
        ("get", "/api/v1/crm-syncs/{provider}/fields", get(fields)),
        ("get", "/api/v1/crm-syncs/{provider}/status", get(status)),
        ("get", "/api/v1/contacts", get(graph8_contacts)),
        ("get", "/api/v1/companies", get(graph8_companies)),
        (
            "post",
            "/api/v1/integrations/crm/connections/{connection_id}/batch/contacts/lookup-by-email",
            post(look_up),
        ),
        (
            "get",
            "/api/v1/integrations/crm/connections/{connection_id}/contacts",
            get(crm_contacts),
        ),
        ("get", "/api/v1/integrations/crm/lists", get(crm_lists)),
        (
            "post",
            "/api/v1/integrations/crm/lists",
            post(get_or_create_list),
        ),
    ]
}

async fn list_syncs(FromState(shared): FromState<Shared>) -> Reply {
    let state = shared.lock();
    let syncs: Vec<Sync> = state
        .accounts
        .all()
        .iter()
        .filter(|account| account.connection != Connection::Absent)
        .map(|account| Sync {
            provider: account.provider.name().to_owned(),
            status: if account.connection == Connection::Connected {
                "connected"
            } else {
                "error"
            }
            .to_owned(),
            connection_id: Some(connection_id(account.provider)),
            last_sync_at: None,
            connected_at: Some(NOW.to_owned()),
        })
        .collect();
    Reply::data(syncs)
}

async fn push_contacts(
    FromState(shared): FromState<Shared>,
    Path(provider): Path<String>,
    body: Bytes,
) -> Reply {
    push(&shared, &provider, "contacts", &body)
}

async fn push_companies(
    FromState(shared): FromState<Shared>,
    Path(provider): Path<String>,
    body: Bytes,
) -> Reply {
    push(&shared, &provider, "companies", &body)
}

async fn push_lists(
    FromState(shared): FromState<Shared>,
    Path(provider): Path<String>,
    body: Bytes,
) -> Reply {
    let mut state = shared.lock();
    let strict = state.is_strict();
    let account = match connected(state.accounts.named(&provider)) {
        Ok(account) => account,
        Err(reply) => return reply,
    };
    let request: ListPushRequest = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(error) => return Reply::invalid(&["body"], &error.to_string(), "value_error"),
    };
    let mut result = ListPushResult {
        added: 0,
        removed: 0,
        errors: Vec::new(),
    };
    for change in &request.records {
        if let Some(message) = expired(account) {
            result.errors.push(RecordError {
                record: change.list_id.clone(),
                error: message,
            });
            continue;
        }
        let applied = lists::apply(
            account,
            &change.list_id,
            &change.add_contact_ids,
            &change.remove_contact_ids,
            strict,
        );
        result.added += applied.added;
        result.removed += applied.removed;
        let errors = applied.errors.into_iter();
        result
            .errors
            .extend(errors.map(|(record, error)| RecordError { record, error }));
    }
    let summary = format!("{} added, {} removed", result.added, result.removed);
    let summary = with_refusals(summary, &result.errors);
    Reply::data(result).with_summary(summary)
}

async fn fields(
    FromState(shared): FromState<Shared>,
    Path(provider): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
) -> Reply {
    // Of a repeated parameter the last counts.
    let given = query.iter().rfind(|(name, _)| name == "entity_type");
    let entity = given.map_or("contacts", |(_, value)| value);
    if !ENTITY_TYPES.contains(&entity) {
        let message = format!("Input should be one of {}", ENTITY_TYPES.join(", "));
        return Reply::invalid(&["query", "entity_type"], &message, "enum");
    }
    let mut state = shared.lock();
    let description = state.description;
    match connected(state.accounts.named(&provider)) {
        Err(reply) => reply,
        Ok(account) => match expired(account) {
            Some(message) => Reply::new(
                502,
                json!({"message": "CRM rejected field discovery", "detail": message}),
            ),
            None => Reply::data(json!({"fields": account.describe(entity, description)})),
        },
    }
}

async fn status(FromState(shared): FromState<Shared>, Path(provider): Path<String>) -> Reply {
    let mut state = shared.lock();
    match connected(state.accounts.named(&provider)) {
        Err(reply) => reply,
        Ok(account) => {
            let message = expired(account);
            Reply::data(Status {
                provider,
                connected: message.is_none(),
                connection_id: Some(connection_id(account.provider)),
                crm_type: Some(account.provider.name().to_owned()),
                message,
                last_sync_at: None,
            })
        }
    }
}

async fn graph8_contacts(
    FromState(shared): FromState<Shared>,
    Query(query): Query<Vec<(String, String)>>,
) -> Reply {
    shared.lock().graph8.page(RowKind::Contacts, &query)
}

async fn graph8_companies(
    FromState(shared): FromState<Shared>,
    Query(query): Query<Vec<(String, String)>>,
) -> Reply {
    shared.lock().graph8.page(RowKind::Companies, &query)
}

async fn look_up(
    FromState(shared): FromState<Shared>,
    Path(connection): Path<String>,
    body: Bytes,
) -> Reply {
    siblings::look_up(&mut shared.lock(), &connection, &body)
}

async fn crm_contacts(
    FromState(shared): FromState<Shared>,
    Path(connection): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
) -> Reply {
    siblings::contacts(&mut shared.lock(), &connection, &query)
}

async fn crm_lists(
    FromState(shared): FromState<Shared>,
    Query(query): Query<Vec<(String, String)>>,
) -> Reply {
    siblings::lists(&mut shared.lock(), &query)
}

async fn get_or_create_list(FromState(shared): FromState<Shared>, body: Bytes) -> Reply {
    siblings::get_or_create_list(&mut shared.lock(), &body)
}

fn push(shared: &Shared, provider: &str, entity: &str, body: &[u8]) -> Reply {
    let mut state = shared.lock();
    let strict = state.is_strict();
    let account = match connected(state.accounts.named(provider)) {
        Ok(account) => account,
        Err(reply) => return reply,
    };
    let request: Value = match serde_json::from_slice(body) {
        Ok(request) => request,
        Err(error) => {
            return Reply::invalid(
                &["body"],
                &format!("JSON decode error: {error}"),
                "json_invalid",
            );
        }
    };
    let Some(records) = request.get("records") else {
        return Reply::invalid(&["body", "records"], "Field required", "missing");
    };
    let Some(records) = records.as_array() else {
        return Reply::invalid(
            &["body", "records"],
            "Input should be a valid list",
            "list_type",
        );
    };
    for (index, record) in records.iter().enumerate() {
        if !record.is_object() {
            let place = ["body", "records", &index.to_string()];
            return Reply::invalid(&place, "Input should be a valid dictionary", "dict_type");
        }
    }
    if !matches!(
        request.get("provider_fields"),
        None | Some(Value::Null | Value::Object(_))
    ) {
        let place = ["body", "provider_fields"];
        return Reply::invalid(&place, "Input should be a valid dictionary", "dict_type");
    }
    let mut result = PushResult {
        pushed_count: 0,
        failed_count: 0,
        errors: Vec::new(),
    };
    for record in records.iter().filter_map(Value::as_object) {
        let outcome = match expired(account) {
            Some(message) => Err(message),
            None => account.create(entity, record, strict),
        };
        match outcome {
            Ok(_) => result.pushed_count += 1,
            Err(error) => {
                result.failed_count += 1;
                let crm = account.provider.crm();
                result.errors.push(RecordError {
                    record: rules::identity(crm, entity, record),
                    error,
                });
            }
        }
    }
    let summary = format!("{} created", result.pushed_count);
    let summary = with_refusals(summary, &result.errors);
    Reply::data(result).with_summary(summary)
}

fn with_refusals(summary: String, errors: &[RecordError]) -> String {
    match errors {
        [] => summary,
        [first, ..] => format!("{summary}, {} refused: {}", errors.len(), first.error),
    }
}

/// The account, unless the provider is unknown or has no connection.
fn connected(account: Option<&mut Account>) -> Result<&mut Account, Reply> {
    match account {
        None => {
            let message = format!("Input should be one of {}", Provider::names().join(", "));
            Err(Reply::invalid(&["path", "provider"], &message, "enum"))
        }
        Some(account) if account.connection == Connection::Absent => Err(Reply::detail(
            404,
            &format!("No active {} connection", account.provider.name()),
        )),
        Some(account) => Ok(account),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::openapi;

    #[test]
    fn the_document_has_the_paths_and_methods_that_are_served() {
        let served: BTreeSet<_> = operations()
            .into_iter()
            .map(|(method, path, _)| (path, method))
            .collect();
        let paths = openapi::document()["paths"].as_object().unwrap();
        let described: BTreeSet<_> = paths
            .iter()
            .flat_map(|(path, methods)| {
                let methods = methods.as_object().unwrap().keys();
                methods.map(|method| (path.as_str(), method.as_str()))
            })
            .collect();
        assert_eq!(described, served);
    }

    #[test]
    fn the_document_has_the_values_that_the_parameters_take() {
        let mut seen = 0;
        let paths = openapi::document()["paths"].as_object().unwrap();
        let operations = paths.values().flat_map(|path| path.as_object().unwrap());
        for (_, operation) in operations {
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let expected = match parameter["name"].as_str().unwrap() {
                    "provider" => json!(Provider::names()),
                    "entity_type" => json!(ENTITY_TYPES),
                    // Free, or with bounds: the tests over HTTP look at those.
                    _ => continue,
                };
                assert_eq!(parameter["schema"]["enum"], expected);
                seen += 1;
            }
        }
        assert_eq!(seen, 6);
    }
}
