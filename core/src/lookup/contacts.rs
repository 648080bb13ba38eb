//! One request that looks contacts up by their e-mail addresses.

use bytes::Bytes;
use reqwest::header::HeaderValue;
use serde_json::json;
use uuid::Uuid;

use super::Connections;
use super::shape::ids_by_email;
use super::tree::Tree;
use crate::error::{Error, ErrorKind, Result};
use crate::http::answer::{self, Operation};
use crate::http::call::{Caller, Policy, Trace};
use crate::http::transport::{Answer, Post, Request};
use crate::names::Provider;

/// E-mail addresses of one request: the neighbouring batch endpoints cap there.
pub(crate) const MOST_EMAILS: usize = 100;

/// The ids of the contacts that each of `emails` has in a CRM. They are folded, all different, and at most
/// [`MOST_EMAILS`]. `policy` makes the rules for each of the calls.
pub(crate) async fn look_up(
    caller: &Caller,
    connections: &Connections,
    provider: Provider,
    emails: &[String],
    policy: impl Fn() -> Policy,
    trace: &mut Trace,
) -> Result<Vec<Vec<String>>> {
    let connection = connections.id(caller, provider, policy()).await?;
    let mut url = caller.url("integrations/crm/connections/");
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty()
            .extend([&connection, "batch", "contacts", "lookup-by-email"]);
    }
    let body = json!({"emails": emails}).to_string();
    let key = Uuid::new_v4().hyphenated().to_string();
    let request = Request {
        url,
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
    let read = |answer: &Answer| read_ids(answer, emails);
    let call = format!("look-up of contacts in {provider}");
    let found = caller
        .read_traced(&call, &request, policy, trace, read)
        .await;
    if let Err(error) = &found
        && error.status() == Some(404)
    {
        connections.forget().await;
    }
    found?.map_err(|error| error.in_context(&call))
}

/// The inner error is one that another try would not mend: the shape of the answer is not known.
fn read_ids(answer: &Answer, emails: &[String]) -> Result<Result<Vec<Vec<String>>>> {
    let tree: Tree =
        serde_json::from_slice(&answer.body).map_err(|error| answer::unreadable(answer, &error))?;
    Ok(ids_by_email(&tree, emails).map_err(|reason| {
        answer::invalid(
            answer,
            &format!("the answer is not understood, so it tells of nobody: {reason}"),
        )
    }))
}

/// What can't be looked up, and why.
pub(super) fn unusable(position: usize, what: &str) -> Error {
    Error::new(
        ErrorKind::Config,
        format!("emails[{position}] is {what}: leave out what is no e-mail address"),
    )
}
