//! What all requests to the siblings of CRM Syncs share.

use bytes::Bytes;
use reqwest::header::HeaderValue;
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use super::Connections;
use super::tree::Tree;
use crate::error::Result;
use crate::http::answer::{self, Operation};
use crate::http::call::{Caller, Policy, Trace};
use crate::http::transport::{Answer, Post, Request};
use crate::names::Provider;

/// Who asks, and which CRM.
#[derive(Clone, Copy)]
pub(crate) struct Asker<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) connections: &'a Connections,
    pub(crate) provider: Provider,
}

impl Asker<'_> {
    /// The id by which graph8 knows the connection to the CRM.
    pub(super) async fn connection(self, policy: Policy) -> Result<String> {
        self.connections
            .id(self.caller, self.provider, policy)
            .await
    }

    /// Makes a request, which posts where it has a body, and reads its answer: `Err` of `read` says what is not
    /// understood.
    pub(super) async fn ask<T>(
        self,
        what: &str,
        (url, body): (Url, Option<&Value>),
        policy: Policy,
        trace: &mut Trace,
        read: impl Fn(&Tree) -> Result<T, String>,
    ) -> Result<T> {
        let call = format!("{what} in {}", self.provider);
        let request = Request {
            url,
            post: body.map(posted),
        };
        let policy = Policy {
            operation: Operation::LookUp,
            ..policy
        };
        let read = |answer: &Answer| understood(answer, &read);
        let found = self
            .caller
            .read_traced(&call, &request, policy, trace, read)
            .await;
        if let Err(error) = &found
            && error.status() == Some(404)
        {
            self.connections.forget().await;
        }
        found?.map_err(|error| error.in_context(&call))
    }
}

fn posted(body: &Value) -> Post {
    let key = Uuid::new_v4().hyphenated().to_string();
    Post {
        frames: vec![Bytes::from(body.to_string())],
        idempotency_key: HeaderValue::try_from(key)
            .unwrap_or_else(|_| HeaderValue::from_static("invalid")),
    }
}

/// The inner error is one that another try would not mend: the shape of the answer is not known.
fn understood<T>(answer: &Answer, read: impl Fn(&Tree) -> Result<T, String>) -> Result<Result<T>> {
    let tree: Tree =
        serde_json::from_slice(&answer.body).map_err(|error| answer::unreadable(answer, &error))?;
    Ok(read(&tree).map_err(|reason| {
        answer::invalid(
            answer,
            &format!("the answer is not understood, so it tells nothing: {reason}"),
        )
    }))
}
