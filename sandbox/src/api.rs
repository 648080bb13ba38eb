//! The six operations of the service, and the document that describes them.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State as FromState};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accounts::{Account, Connection};
use crate::crms::Provider;
use crate::lists;
use crate::reply::Reply;
use crate::rules;
use crate::state::Shared;

const ENTITY_TYPES: [&str; 4] = ["contacts", "companies", "leads", "deals"];
const NOW: &str = "2026-01-01T00:00:00Z";

#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the document's schema only")]
struct PushRequest {
    /// Records in the CRM's native field form.
    records: Vec<Map<String, Value>>,
    provider_fields: Option<Map<String, Value>>,
}

#[derive(ToSchema, Deserialize)]
struct ListPushRequest {
    records: Vec<ListChange>,
}

#[derive(ToSchema, Deserialize)]
struct ListChange {
    list_id: String,
    #[serde(default)]
    add_contact_ids: Vec<String>,
    #[serde(default)]
    remove_contact_ids: Vec<String>,
}

#[derive(ToSchema, Serialize)]
struct PushResult {
    pushed_count: u64,
    failed_count: u64,
    errors: Vec<RecordError>,
}

#[derive(ToSchema, Serialize)]
struct ListPushResult {
    added: u64,
    removed: u64,
    errors: Vec<RecordError>,
}

#[derive(ToSchema, Serialize)]
struct RecordError {
    /// What names the record, usually its e-mail.
    record: String,
    error: String,
}

#[derive(ToSchema, Serialize)]
struct Sync {
    provider: String,
    status: String,
    connection_id: Option<String>,
    last_sync_at: Option<String>,
    connected_at: Option<String>,
}

#[derive(ToSchema, Serialize)]
struct Status {
    provider: String,
    connected: bool,
    connection_id: Option<String>,
    crm_type: Option<String>,
    message: Option<String>,
    last_sync_at: Option<String>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the document's schema only")]
struct FieldsResult {
    fields: Vec<FieldResult>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the document's schema only")]
struct FieldResult {
    name: String,
    slug: String,
    r#type: Option<String>,
    required: Option<bool>,
    label: Option<String>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the document's schema only")]
struct Envelope<T> {
    data: T,
    pagination: Option<Map<String, Value>>,
}

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes the document's schema only")]
enum ProviderName {
    Hubspot,
    Salesforce,
    Pipedrive,
    Zoho,
    Sugarcrm,
}

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes the document's schema only")]
enum EntityType {
    Contacts,
    Companies,
    Leads,
    Deals,
}

#[derive(OpenApi)]
#[openapi(
    info(title = "graph8 CRM Syncs, sandbox", description = "A local stand-in for graph8's CRM Syncs endpoints."),
    modifiers(&BearerKey),
    security(("api_key" = []))
)]
struct Document;

struct BearerKey;

impl Modify for BearerKey {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        components.add_security_scheme(
            "api_key",
            SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)),
        );
    }
}

fn routes() -> OpenApiRouter<Shared> {
    let api = OpenApiRouter::new()
        .routes(routes!(list_syncs))
        .routes(routes!(push_contacts))
        .routes(routes!(push_companies))
        .routes(routes!(push_lists))
        .routes(routes!(fields))
        .routes(routes!(status));
    OpenApiRouter::with_openapi(Document::openapi()).nest("/api/v1", api)
}

/// The operations, ready to serve.
pub fn router(shared: Shared) -> Router {
    let (router, _) = routes().split_for_parts();
    router
        .with_state(shared)
        .fallback(async || Reply::detail(404, "Not Found"))
}

/// The OpenAPI 3.1 document.
pub fn document() -> Value {
    json!(routes().split_for_parts().1)
}

#[utoipa::path(get, path = "/crm-syncs", responses((status = 200, body = Envelope<Vec<Sync>>), (status = 401)))]
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
            connection_id: Some(connection_id(account)),
            last_sync_at: None,
            connected_at: Some(NOW.to_owned()),
        })
        .collect();
    Reply::data(syncs)
}

#[utoipa::path(post, path = "/crm-syncs/{provider}/contacts/push", params(("provider" = inline(ProviderName), Path)), request_body = PushRequest, responses((status = 200, body = Envelope<PushResult>), (status = 401), (status = 404), (status = 422)))]
async fn push_contacts(
    FromState(shared): FromState<Shared>,
    Path(provider): Path<String>,
    body: Bytes,
) -> Reply {
    push(&shared, &provider, "contacts", &body)
}

#[utoipa::path(post, path = "/crm-syncs/{provider}/companies/push", params(("provider" = inline(ProviderName), Path)), request_body = PushRequest, responses((status = 200, body = Envelope<PushResult>), (status = 401), (status = 404), (status = 422)))]
async fn push_companies(
    FromState(shared): FromState<Shared>,
    Path(provider): Path<String>,
    body: Bytes,
) -> Reply {
    push(&shared, &provider, "companies", &body)
}

#[utoipa::path(post, path = "/crm-syncs/{provider}/lists/push", params(("provider" = inline(ProviderName), Path)), request_body = ListPushRequest, responses((status = 200, body = Envelope<ListPushResult>), (status = 401), (status = 404), (status = 422)))]
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
    Reply::data(result)
}

#[utoipa::path(get, path = "/crm-syncs/{provider}/fields", params(("provider" = inline(ProviderName), Path), ("entity_type" = inline(Option<EntityType>), Query)), responses((status = 200, body = Envelope<FieldsResult>), (status = 401), (status = 404), (status = 422), (status = 502)))]
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
    match connected(state.accounts.named(&provider)) {
        Err(reply) => reply,
        Ok(account) => match expired(account) {
            Some(message) => Reply::new(
                502,
                json!({"message": "CRM rejected field discovery", "detail": message}),
            ),
            None => Reply::data(json!({"fields": account.describe(entity)})),
        },
    }
}

#[utoipa::path(get, path = "/crm-syncs/{provider}/status", params(("provider" = inline(ProviderName), Path)), responses((status = 200, body = Envelope<Status>), (status = 401), (status = 404), (status = 422)))]
async fn status(FromState(shared): FromState<Shared>, Path(provider): Path<String>) -> Reply {
    let mut state = shared.lock();
    match connected(state.accounts.named(&provider)) {
        Err(reply) => reply,
        Ok(account) => {
            let message = expired(account);
            Reply::data(Status {
                provider,
                connected: message.is_none(),
                connection_id: Some(connection_id(account)),
                crm_type: Some(account.provider.name().to_owned()),
                message,
                last_sync_at: None,
            })
        }
    }
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
    Reply::data(result)
}

/// The account, unless the provider is unknown or has no connection.
fn connected(account: Option<&mut Account>) -> Result<&mut Account, Reply> {
    match account {
        None => {
            let message = format!("Input should be one of {}", Provider::names());
            Err(Reply::invalid(&["path", "provider"], &message, "enum"))
        }
        Some(account) if account.connection == Connection::Absent => Err(Reply::detail(
            404,
            &format!("No active {} connection", account.provider.name()),
        )),
        Some(account) => Ok(account),
    }
}

/// The CRM's own message when its token has expired.
fn expired(account: &Account) -> Option<String> {
    let facts = &account.provider.crm().facts;
    (account.connection == Connection::Expired).then(|| {
        let fill = [("n", "2"), ("unit", "hour")];
        facts.message("expired_token", "token expired", &fill)
    })
}

fn connection_id(account: &Account) -> String {
    format!("conn_{}", account.provider.name())
}
