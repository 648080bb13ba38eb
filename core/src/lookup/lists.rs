//! Lists of a CRM by their names.

use std::collections::HashSet;

use bytes::Bytes;
use reqwest::header::HeaderValue;
use serde_json::json;
use uuid::Uuid;

use super::Connections;
use super::list_shape::{List, list_of, page_of_lists};
use super::tree::Tree;
use crate::error::{Error, ErrorKind, Result};
use crate::http::answer::{self, Operation};
use crate::http::call::{Caller, Policy, Trace};
use crate::http::transport::{Answer, Post, Request};
use crate::names::Provider;
use crate::quote::quote;
use crate::records::identity::fold;

/// Lists of one page: the most that may be asked for.
const PAGE: usize = 250;
/// A name that so many pages of lists contain is not looked for any further.
const MOST_PAGES: usize = 40;

/// Who asks, and where.
#[derive(Clone, Copy)]
pub(crate) struct Asker<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) connections: &'a Connections,
    pub(crate) provider: Provider,
}

/// The ids of the lists that have a name: those that are spelled like it, or where none is, those that differ
/// in letter case or blanks alone. `policy` makes the rules for each of the calls.
pub(crate) async fn find_lists(
    asker: Asker<'_>,
    name: &str,
    policy: impl Fn() -> Policy,
    trace: &mut Trace,
) -> Result<Vec<String>> {
    let Asker {
        caller,
        connections,
        provider,
    } = asker;
    let connection = connections.id(caller, provider, policy()).await?;
    let call = format!("look-up of a list in {provider}");
    let mut lists: Vec<List> = Vec::new();
    let mut known = HashSet::new();
    let mut seen = 0;
    for _ in 0..MOST_PAGES {
        let mut url = caller.url("integrations/crm/lists");
        url.query_pairs_mut()
            .append_pair("connection_id", &connection)
            .append_pair("query", name)
            .append_pair("limit", &PAGE.to_string())
            .append_pair("offset", &seen.to_string());
        let request = Request { url, post: None };
        let policy = Policy {
            operation: Operation::LookUp,
            ..policy()
        };
        let read = |answer: &Answer| understood(answer, page_of_lists);
        let found = caller
            .read_traced(&call, &request, policy, trace, read)
            .await;
        forget_if_gone(connections, &found).await;
        let found = found?.map_err(|error| error.in_context(&call))?;
        let (count, before) = (found.lists.len(), lists.len());
        seen += count;
        let new = found.lists.into_iter();
        lists.extend(new.filter(|list| known.insert(list.id.clone())));
        let is_all = found.total.is_none_or(|total| total <= seen);
        if !found.has_more && count < PAGE && is_all {
            return Ok(named(lists, name));
        }
        if lists.len() == before {
            break;
        }
    }
    Err(Error::new(
        ErrorKind::InvalidAnswer,
        format!("{call}: the pages of lists do not end, so the list is not known"),
    ))
}

fn named(lists: Vec<List>, name: &str) -> Vec<String> {
    let folded = fold(name);
    let alike: Vec<List> = lists
        .into_iter()
        .filter(|list| fold(&list.name) == folded)
        .collect();
    let is_same = |list: &&List| list.name == name;
    let any_is_same = alike.iter().any(|list| is_same(&list));
    let fitting = alike.iter().filter(|list| !any_is_same || is_same(list));
    fitting.map(|list| list.id.clone()).collect()
}

/// The id of the list of that name, which is made where there is none. The service takes a repeat for the same.
pub(crate) async fn get_or_create_list(
    asker: Asker<'_>,
    name: &str,
    policy: impl Fn() -> Policy,
    trace: &mut Trace,
) -> Result<String> {
    let Asker {
        caller,
        connections,
        provider,
    } = asker;
    let connection = connections.id(caller, provider, policy()).await?;
    let body = json!({"name": name, "connection_id": connection}).to_string();
    let key = Uuid::new_v4().hyphenated().to_string();
    let request = Request {
        url: caller.url("integrations/crm/lists"),
        post: Some(Post {
            frames: vec![Bytes::from(body)],
            idempotency_key: HeaderValue::try_from(key)
                .unwrap_or_else(|_| HeaderValue::from_static("invalid")),
        }),
    };
    let policy = Policy {
        operation: Operation::LookUp,
        ..policy()
    };
    let read = |answer: &Answer| {
        let id = understood(answer, list_of)?.and_then(|list| {
            if fold(&list.name) == fold(name) {
                return Ok(list.id);
            }
            let other = quote(list.name.as_bytes());
            Err(answer::invalid(
                answer,
                &format!("it tells of the list '{other}', which was not asked for"),
            ))
        });
        Ok(id)
    };
    let call = format!("making of a list in {provider}");
    let made = caller
        .read_traced(&call, &request, policy, trace, read)
        .await;
    forget_if_gone(connections, &made).await;
    made?.map_err(|error| error.in_context(&call))
}

/// The inner error is one that another try would not mend: the shape of the answer is not known.
fn understood<T>(answer: &Answer, read: impl Fn(&Tree) -> Result<T, String>) -> Result<Result<T>> {
    let tree: Tree =
        serde_json::from_slice(&answer.body).map_err(|error| answer::unreadable(answer, &error))?;
    Ok(read(&tree).map_err(|reason| {
        answer::invalid(
            answer,
            &format!("the answer is not understood, so it tells of no list: {reason}"),
        )
    }))
}

async fn forget_if_gone<T>(connections: &Connections, found: &Result<T>) {
    if let Err(error) = found
        && error.status() == Some(404)
    {
        connections.forget().await;
    }
}
