//! One page of graph8's own rows, whatever its envelope.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::Result;
use crate::http::answer;
use crate::http::transport::Answer;
use crate::reads::tolerant::{flag, text};

/// Where the rows may be when `data` is not the list itself.
const NAMES_OF_LISTS: [&str; 4] = ["items", "contacts", "companies", "results"];

/// The rows of an answer, and what it says of those behind them.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) rows: Vec<Box<RawValue>>,
    pub(super) pagination: Pagination,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Pagination {
    /// The size of a page, if the service has another one than was asked for.
    #[serde(deserialize_with = "count")]
    pub(super) limit: Option<usize>,
    #[serde(deserialize_with = "count")]
    pub(super) total: Option<usize>,
    #[serde(deserialize_with = "flag")]
    pub(super) has_next: Option<bool>,
    #[serde(deserialize_with = "text")]
    pub(super) next_cursor: Option<String>,
}

impl Page {
    pub(super) fn read(answer: &Answer) -> Result<Self> {
        #[derive(Deserialize)]
        struct Envelope {
            pagination: Option<Value>,
        }
        let unreadable = |error| answer::unreadable(answer, &error);
        let data = answer::data(answer)?;
        let rows = if data.get().starts_with('{') {
            let mut members: HashMap<String, Box<RawValue>> =
                serde_json::from_str(data.get()).map_err(unreadable)?;
            let list = NAMES_OF_LISTS.iter().find_map(|name| members.remove(*name));
            let list =
                list.ok_or_else(|| answer::invalid(answer, "the answer has no list of rows"))?;
            serde_json::from_str(list.get())
        } else {
            serde_json::from_str(data.get())
        };
        let envelope: Envelope = serde_json::from_slice(&answer.body).map_err(unreadable)?;
        let pagination = envelope
            .pagination
            .filter(Value::is_object)
            .and_then(|pagination| serde_json::from_value(pagination).ok());
        Ok(Self {
            rows: rows.map_err(unreadable)?,
            pagination: pagination.unwrap_or_default(),
        })
    }
}

/// What makes a row itself; `None` when it does not say.
pub(super) fn id_of(row: &RawValue) -> Option<Box<str>> {
    #[derive(Deserialize)]
    struct Row {
        #[serde(default, deserialize_with = "text")]
        id: Option<String>,
    }
    let row: Row = serde_json::from_str(row.get()).ok()?;
    row.id
        .filter(|id| !id.is_empty())
        .map(String::into_boxed_str)
}

fn count<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<usize>, D::Error> {
    Ok(text(deserializer)?.and_then(|count| count.parse().ok()))
}
