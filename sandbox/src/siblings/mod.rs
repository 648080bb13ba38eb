//! The sibling endpoints below `/integrations/crm`: contacts by e-mail, lists by name.
//!
//! Nothing about the inner shape of their answers is documented, so that can be chosen.

mod shapes;

use std::collections::HashSet;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::accounts::{Account, Connection, Record, expired};
use crate::crms::Provider;
use crate::reply::Reply;
use crate::rules::emails_of;
use crate::state::State;
pub use shapes::Shape;

/// How the sibling endpoints behave.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Siblings {
    /// The shape of their answers.
    pub shape: Shape,
    /// How long a new contact can't be found yet, in milliseconds: a search index lags behind.
    pub index_lag_ms: u64,
    /// Whether the service does not have them at all: 404.
    pub absent: bool,
}

/// Most contacts of one page.
const MOST_CONTACTS: usize = 1_000;
/// Most lists of one page.
const MOST_LISTS: usize = 250;
const USUAL_LIMIT: usize = 100;

/// The id by which graph8 knows the account.
pub fn connection_id(provider: Provider) -> String {
    format!("conn_{}", provider.name())
}

/// `POST …/batch/contacts/lookup-by-email`.
pub fn look_up(state: &mut State, connection: &str, body: &[u8]) -> Reply {
    #[derive(Deserialize)]
    struct Request {
        emails: Vec<String>,
    }
    let request: Request = match serde_json::from_slice(body) {
        Ok(request) => request,
        Err(error) => return Reply::invalid(&["body"], &error.to_string(), "value_error"),
    };
    if request.emails.is_empty() {
        let message = "List should have at least 1 item after validation, not 0";
        return Reply::invalid(&["body", "emails"], message, "too_short");
    }
    let siblings = state.siblings.clone();
    let account = match reachable(state, connection) {
        Ok(account) => account,
        Err(refusal) => return refusal,
    };
    let found = found(account, &request.emails, &siblings);
    Reply::data(siblings.shape.contacts(&request.emails, &found))
}

/// `GET …/contacts?email=`.
pub fn contacts(state: &mut State, connection: &str, query: &[(String, String)]) -> Reply {
    let page = match Page::of(query, MOST_CONTACTS) {
        Ok(page) => page,
        Err(refusal) => return refusal,
    };
    let siblings = state.siblings.clone();
    let account = match reachable(state, connection) {
        Ok(account) => account,
        Err(refusal) => return refusal,
    };
    let (emails, records) = match value(query, "email") {
        Some(email) => {
            let emails = vec![email.to_owned()];
            let found = found(account, &emails, &siblings);
            (emails, found)
        }
        None => (Vec::new(), indexed(account, &siblings).collect()),
    };
    let shown: Vec<&Record> = page.cut(records.into_iter());
    Reply::data(siblings.shape.contacts(&emails, &shown))
}

/// `GET /integrations/crm/lists`.
pub fn lists(state: &mut State, query: &[(String, String)]) -> Reply {
    let page = match Page::of(query, MOST_LISTS) {
        Ok(page) => page,
        Err(refusal) => return refusal,
    };
    let Some(connection) = value(query, "connection_id") else {
        return Reply::invalid(&["query", "connection_id"], "Field required", "missing");
    };
    let shape = state.siblings.shape;
    let account = match reachable(state, connection) {
        Ok(account) => account,
        Err(refusal) => return refusal,
    };
    let wanted = value(query, "query").unwrap_or_default().to_lowercase();
    let found = account.lists.iter();
    let found = found.filter(|list| list.name.to_lowercase().contains(&wanted));
    let shown: Vec<Value> = page
        .cut(found)
        .into_iter()
        .map(|list| shape.list(list))
        .collect();
    Reply::data(shape.items(shown))
}

/// `POST /integrations/crm/lists`.
pub fn get_or_create_list(state: &mut State, body: &[u8]) -> Reply {
    #[derive(Deserialize)]
    struct Request {
        name: String,
        connection_id: String,
    }
    let request: Request = match serde_json::from_slice(body) {
        Ok(request) => request,
        Err(error) => return Reply::invalid(&["body"], &error.to_string(), "value_error"),
    };
    if request.name.trim().is_empty() {
        return Reply::invalid(&["body", "name"], "Name is empty", "value_error");
    }
    let shape = state.siblings.shape;
    let account = match reachable(state, &request.connection_id) {
        Ok(account) => account,
        Err(refusal) => return refusal,
    };
    let known = account.lists.iter();
    let known = known.filter(|list| list.name == request.name).count();
    if known == 0 {
        account.add_list(None, Some(request.name.clone()));
    }
    let list = account.lists.iter().find(|list| list.name == request.name);
    Reply::data(shape.got_list(list.map(|list| shape.list(list)), known == 0))
}

/// The account behind a connection, if the family of endpoints is there and the CRM answers.
fn reachable<'a>(state: &'a mut State, connection: &str) -> Result<&'a mut Account, Reply> {
    if state.siblings.absent {
        return Err(Reply::detail(404, "Not Found"));
    }
    let provider = connection.strip_prefix("conn_").unwrap_or_default();
    let account = state.accounts.named(provider);
    let Some(account) = account.filter(|account| account.connection != Connection::Absent) else {
        return Err(Reply::detail(404, "Connection not found"));
    };
    match expired(account) {
        Some(message) => Err(Reply::new(
            502,
            json!({"message": "CRM rejected the request", "detail": message}),
        )),
        None => Ok(account),
    }
}

/// The contacts that a search can find by now.
fn indexed<'a>(account: &'a Account, siblings: &Siblings) -> impl Iterator<Item = &'a Record> {
    let lag = Duration::from_millis(siblings.index_lag_ms);
    let records = account.contacts.records.iter();
    records.filter(move |record| record.created.elapsed() >= lag)
}

/// The contacts that have one of the addresses, first or further, whatever their case.
fn found<'a>(account: &'a Account, emails: &[String], siblings: &Siblings) -> Vec<&'a Record> {
    let wanted: HashSet<String> = emails.iter().map(|email| folded(email)).collect();
    indexed(account, siblings)
        .filter(|record| {
            let addresses = emails_of(&record.fields);
            addresses
                .iter()
                .any(|email| wanted.contains(&folded(email)))
        })
        .collect()
}

fn folded(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Of a repeated parameter the last counts.
fn value<'a>(query: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let given = query.iter().rfind(|(given, _)| given == name)?;
    Some(given.1.as_str()).filter(|value| !value.is_empty())
}

struct Page {
    offset: usize,
    limit: usize,
}

impl Page {
    fn of(query: &[(String, String)], most: usize) -> Result<Self, Reply> {
        let number = |name: &str, usual: usize, least: usize, most: usize| match value(query, name)
        {
            None => Ok(usual),
            Some(given) => given
                .parse()
                .ok()
                .filter(|number| (least..=most).contains(number))
                .ok_or_else(|| {
                    let message = format!("Input should be an integer from {least} to {most}");
                    Reply::invalid(&["query", name], &message, "value_error")
                }),
        };
        Ok(Self {
            offset: number("offset", 0, 0, 2_147_483_647)?,
            limit: number("limit", USUAL_LIMIT, 1, most)?,
        })
    }

    fn cut<T>(&self, found: impl Iterator<Item = T>) -> Vec<T> {
        found.skip(self.offset).take(self.limit).collect()
    }
}
