//! What an API key may do.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::reply::Reply;

/// State of a key. A key whose text holds `_bad`, `_expired` and so on is in that state without
/// being told; any other is valid if it begins as graph8's keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// May do everything.
    Valid,
    /// 401: no such key.
    Bad,
    /// 401.
    Expired,
    /// 401.
    NoOrganisation,
    /// 403 on pushes and on graph8's own rows: it may only read what is of CRM Syncs.
    MissingScope,
    /// 403.
    WrongOrganisation,
    /// 402 on pushes.
    NoCredits,
    /// 403 on look-ups of contacts and lists.
    NoLookups,
}

const PREFIX: &str = "g8_";
const BY_NAME: [(&str, KeyState); 7] = [
    ("_bad", KeyState::Bad),
    ("_expired", KeyState::Expired),
    ("_no_organisation", KeyState::NoOrganisation),
    ("_missing_scope", KeyState::MissingScope),
    ("_wrong_organisation", KeyState::WrongOrganisation),
    ("_no_credits", KeyState::NoCredits),
    ("_no_lookups", KeyState::NoLookups),
];

/// The refusal that an Authorization header earns, if any.
pub fn refusal(
    authorization: Option<&str>,
    operation: &str,
    known: &HashMap<String, KeyState>,
) -> Option<Reply> {
    let Some(key) = authorization
        .and_then(|header| header.strip_prefix("Bearer "))
        .map(str::trim)
        .filter(|key| !key.is_empty())
    else {
        return Some(Reply::detail(401, "Not authenticated"));
    };
    if key.starts_with("eyJ") && key.split('.').count() == 3 {
        return Some(Reply::detail(
            401,
            "JWT tokens are not accepted: use an API key",
        ));
    }
    let state = known.get(key).copied().unwrap_or_else(|| {
        BY_NAME
            .iter()
            .find(|(mark, _)| key.contains(mark))
            .map(|(_, state)| *state)
            .or_else(|| key.starts_with(PREFIX).then_some(KeyState::Valid))
            .unwrap_or(KeyState::Bad)
    });
    match state {
        KeyState::Valid => None,
        KeyState::Bad => Some(Reply::detail(401, "Invalid API key")),
        KeyState::Expired => Some(Reply::detail(401, "API key has expired")),
        KeyState::NoOrganisation => Some(Reply::detail(401, "API key has no organisation")),
        KeyState::WrongOrganisation => Some(Reply::detail(403, "X-Org-Id does not match the API key's organisation")),
        KeyState::MissingScope => scope(operation).map(|scope| Reply::detail(403, &format!("Missing scope: {scope}"))),
        KeyState::NoLookups => is_sibling(operation).then(|| Reply::detail(403, "Missing scope: integrations:read")),
        KeyState::NoCredits => is_push(operation).then(|| {
            let detail = json!({"error": "insufficient_credits", "message": "Not enough credits for this call"});
            Reply::new(402, json!({"detail": detail}))
        }),
    }
}

/// The scope that an operation needs beside the one to read CRM Syncs.
fn scope(operation: &str) -> Option<&'static str> {
    match operation {
        "graph8_contacts" => Some("contacts:read"),
        "graph8_companies" => Some("companies:read"),
        "get_or_create_list" => Some("integrations:run"),
        _ => is_push(operation).then_some("integrations:run"),
    }
}

fn is_push(operation: &str) -> bool {
    operation.starts_with("push_")
}

fn is_sibling(operation: &str) -> bool {
    matches!(
        operation,
        "find_contacts" | "contacts_by_email" | "find_lists" | "get_or_create_list"
    )
}
