//! What the page shows. Each answer is small, however much a sandbox holds.

use std::ops::Bound;
use std::time::Instant;

use serde_json::{Map, Value, json};

use crate::accounts::{Account, Record, Table};
use crate::request_log::LoggedRequest;
use crate::route::Route;
use crate::state::State;

/// Most rows of an answer.
const MOST_ROWS: usize = 200;
/// Records that one answer looks through: more would hold up the requests.
const LOOKED_THROUGH: usize = 5_000;

pub fn overview(state: &State) -> Value {
    let crms = state.accounts.all().iter().map(|account| {
        json!({
            "provider": account.provider.name(),
            "connection": account.connection,
            "contacts": account.contacts.records.len(),
            "companies": account.companies.records.len(),
            "lists": account.lists.len(),
        })
    });
    let limiter = state.limiter.as_ref();
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "resets": state.resets,
        "strict": state.is_strict(),
        "now_ms": state.since_start(),
        "crms": crms.collect::<Vec<_>>(),
        "limit": limiter.map(|limiter| limiter.usage(Instant::now())),
        "faults": state.faults.armed(),
        "held": state.holds.count(),
        "requests": state.requests.len(),
    })
}

pub fn table<'a>(account: &'a Account, entity: &str) -> Result<&'a Table, String> {
    account
        .table(entity)
        .ok_or_else(|| format!("no records of '{entity}': use contacts or companies"))
}

pub fn find_records(
    state: &mut State,
    provider: &str,
    entity: &str,
    search: &str,
    before: Option<usize>,
    limit: usize,
) -> Result<Value, String> {
    let records = &table(state.account(provider)?, entity)?.records;
    let limit = limit.clamp(1, MOST_ROWS);
    let end = before.unwrap_or(records.len()).min(records.len());
    let floor = end.saturating_sub(LOOKED_THROUGH);
    let search = search.trim().to_lowercase();
    let mut rows = Vec::new();
    let mut next = end;
    for (place, record) in records.iter().enumerate().take(end).skip(floor).rev() {
        next = place;
        if search.is_empty() || has_text(record, &search) {
            rows.push(record);
            if rows.len() == limit {
                break;
            }
        }
    }
    let next = (next > 0).then_some(next);
    Ok(json!({"rows": rows, "next": next, "total": records.len()}))
}

fn has_text(record: &Record, search: &str) -> bool {
    record.id.to_lowercase().contains(search)
        || record.fields.values().any(|value| value_has(value, search))
}

fn value_has(value: &Value, search: &str) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(_) | Value::Number(_) => value.to_string().contains(search),
        Value::String(text) => text.to_lowercase().contains(search),
        Value::Array(values) => values.iter().any(|value| value_has(value, search)),
        Value::Object(members) => members.values().any(|value| value_has(value, search)),
    }
}

pub fn list_sizes(state: &mut State, provider: &str) -> Result<Value, String> {
    let lists = state.account(provider)?.lists.iter();
    let sizes =
        lists.map(|list| json!({"id": list.id, "name": list.name, "members": list.members.len()}));
    Ok(sizes.collect())
}

pub fn members(
    state: &mut State,
    provider: &str,
    list_id: &str,
    after: Option<String>,
    limit: usize,
) -> Result<Value, String> {
    let (list, contacts) = state
        .account(provider)?
        .list_and_contacts(list_id)
        .ok_or_else(|| format!("no list '{list_id}'"))?;
    let start = after.map_or(Bound::Unbounded, Bound::Excluded);
    let mut ids = list.members.range((start, Bound::Unbounded));
    let nothing = Map::new();
    let rows: Vec<Value> = ids
        .by_ref()
        .take(limit.clamp(1, MOST_ROWS))
        .map(|id| {
            let fields = contacts
                .with_id(id)
                .map_or(&nothing, |record| &record.fields);
            json!({"id": id, "fields": fields})
        })
        .collect();
    let next = ids.next().and(rows.last()).map(|row| &row["id"]);
    Ok(json!({"rows": rows, "next": next, "total": list.members.len()}))
}

pub fn request_lines(state: &State, before: Option<usize>, limit: usize) -> Value {
    let count = state.requests.len();
    let end = before.unwrap_or(count).min(count);
    let start = end.saturating_sub(limit.clamp(1, MOST_ROWS));
    let lines = state.requests.iter().enumerate().take(end).skip(start);
    let rows: Vec<Value> = lines
        .rev()
        .map(|(number, logged)| line(number, logged))
        .collect();
    json!({"rows": rows, "next": (start > 0).then_some(start), "total": count})
}

fn line(number: usize, logged: &LoggedRequest) -> Value {
    let route = Route::of(&logged.method, &logged.path);
    let records = logged.body.get("records").and_then(Value::as_array);
    let ended = logged.ended_ms;
    json!({
        "number": number,
        "arrived_ms": logged.arrived_ms,
        "took_ms": ended.map(|ended| ended.saturating_sub(logged.arrived_ms)),
        "method": logged.method,
        "path": logged.path,
        "operation": route.operation,
        "provider": route.operation.and(route.provider),
        "records": records.map(Vec::len),
        "status": logged.status,
        "summary": logged.summary,
        "fault": logged.fault.as_ref().and_then(|fault| fault.get("kind")),
    })
}

pub fn request(state: &State, number: usize) -> Result<Value, String> {
    let logged = state
        .requests
        .get(number)
        .ok_or_else(|| format!("no request {number}: the sandbox was reset"))?;
    Ok(json!({"line": line(number, logged), "request": logged}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::SandboxOptions;

    fn holding(count: usize) -> State {
        let mut state = State::new(SandboxOptions::default());
        let account = state.account("hubspot").unwrap();
        for number in 0..count {
            let record = json!({"email": format!("Person{number}@example.com")});
            let record = record.as_object().unwrap();
            account.create("contacts", record, false).unwrap();
        }
        state
    }

    fn found(state: &mut State, search: &str, before: Option<usize>) -> (Vec<String>, Value) {
        let found = find_records(state, "hubspot", "contacts", search, before, 3).unwrap();
        let rows = found["rows"].as_array().unwrap().iter();
        let emails = rows.map(|row| row["fields"]["email"].as_str().unwrap().to_owned());
        (emails.collect(), found["next"].clone())
    }

    #[test]
    fn pages_of_records_meet_and_end() {
        let mut state = holding(7);
        let (first, next) = found(&mut state, "", None);
        assert!(
            first[0].contains("Person6") && first[2].contains("Person4"),
            "{first:?}"
        );
        assert_eq!(next, 4);
        let (second, next) = found(&mut state, "", Some(4));
        assert!(second[0].contains("Person3"), "{second:?}");
        assert_eq!(next, 1);
        assert_eq!(found(&mut state, "", Some(1)).1, Value::Null);
        assert_eq!(found(&mut holding(0), "", None), (vec![], Value::Null));
    }

    #[test]
    fn a_search_goes_on_where_it_stopped_looking() {
        let mut state = holding(LOOKED_THROUGH + 10);
        let (rows, next) = found(&mut state, "person3@", None);
        assert_eq!((rows.len(), &next), (0, &json!(10)));
        let (rows, next) = found(&mut state, "person3@", Some(10));
        assert_eq!(
            (&rows[..], next),
            (&["Person3@example.com".to_owned()][..], Value::Null)
        );
    }

    #[test]
    fn members_come_with_their_contacts_page_by_page() {
        let mut state = holding(5);
        let account = state.account("hubspot").unwrap();
        let list = account.lists[0].id.clone();
        let mut ids: Vec<String> = account
            .contacts
            .records
            .iter()
            .map(|record| record.id.clone())
            .collect();
        crate::lists::apply(account, &list, &ids, &[], false);
        ids.sort();
        let first = members(&mut state, "hubspot", &list, None, 3).unwrap();
        assert_eq!(
            (&first["next"], &first["total"]),
            (&json!(ids[2]), &json!(5))
        );
        let next = Some(ids[2].clone());
        let second = members(&mut state, "hubspot", &list, next, 3).unwrap();
        assert_eq!(second["rows"].as_array().unwrap().len(), 2);
        assert_eq!(second["next"], Value::Null);
        assert!(second["rows"][0]["fields"]["email"].is_string());
    }
}
