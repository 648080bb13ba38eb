//! graph8's own contacts and companies: rows, lists, and how their pages are cut.

mod made;
mod query;

use std::collections::BTreeMap;

use fastrand::Rng;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::reply::Reply;
use made::MADE;
use query::Query;

/// A contact or company as graph8 gives it.
pub type Row = Map<String, Value>;

/// Which of graph8's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowKind {
    /// `GET /contacts`.
    Contacts,
    /// `GET /companies`.
    Companies,
}

/// In which order rows come: the service promises none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowOrder {
    /// As they are kept.
    #[default]
    Kept,
    /// Another order for each first page, kept by the pages after it: every row comes once.
    Shuffled,
    /// Another order for each page: some rows come again, others never.
    Unstable,
}

/// How pages are cut, of contacts and of companies.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Paging {
    /// In which order rows come.
    pub order: RowOrder,
    /// What the pages say instead of the right total.
    pub total: Option<u64>,
    /// How many of a page's last rows the next page begins with.
    pub repeat: usize,
    /// Whether pages give a `next_cursor`.
    pub cursor: bool,
}

/// What graph8 itself holds.
pub struct Graph8 {
    contacts: Option<Vec<Row>>,
    companies: Option<Vec<Row>>,
    /// Members by list id, where they differ from the made ones.
    lists: BTreeMap<i64, Vec<String>>,
    pub paging: Paging,
    rng: Rng,
    /// Of the order that the pages of a read share.
    order_seed: u64,
}

impl Graph8 {
    pub fn new(seed: u64) -> Self {
        Self {
            contacts: None,
            companies: None,
            lists: BTreeMap::new(),
            paging: Paging::default(),
            rng: Rng::with_seed(seed),
            order_seed: seed,
        }
    }

    pub fn set_rows(&mut self, kind: RowKind, rows: Vec<Row>) {
        match kind {
            RowKind::Contacts => self.contacts = Some(rows),
            RowKind::Companies => self.companies = Some(rows),
        }
    }

    pub fn set_list(&mut self, list_id: i64, contact_ids: &[Value]) {
        let ids = contact_ids.iter().map(text).collect();
        self.lists.insert(list_id, ids);
    }

    pub fn rows(&self, kind: RowKind) -> &[Row] {
        match kind {
            RowKind::Contacts => self.contacts.as_ref().unwrap_or(&MADE.contacts),
            RowKind::Companies => self.companies.as_ref().unwrap_or(&MADE.companies),
        }
    }

    fn members(&self, list_id: i64) -> &[String] {
        self.lists
            .get(&list_id)
            .or_else(|| MADE.lists.get(&list_id))
            .map_or(&[], Vec::as_slice)
    }

    /// One page of the rows that the query asks for.
    pub fn page(&mut self, kind: RowKind, query: &[(String, String)]) -> Reply {
        let query = match Query::parse(kind, query) {
            Ok(query) => query,
            Err(refusal) => return refusal,
        };
        let step = query.limit.saturating_sub(self.paging.repeat).max(1);
        let start = query
            .cursor
            .unwrap_or_else(|| (query.page - 1).saturating_mul(step));
        let order_seed = match self.paging.order {
            RowOrder::Kept => None,
            RowOrder::Shuffled if start > 0 => Some(self.order_seed),
            RowOrder::Shuffled | RowOrder::Unstable => Some(self.rng.u64(..)),
        };
        self.order_seed = order_seed.unwrap_or(self.order_seed);
        let members = query.list_id.map(|list_id| self.members(list_id));
        let mut found: Vec<&Row> = self
            .rows(kind)
            .iter()
            .filter(|row| {
                members.is_none_or(|members| {
                    row.get("id").is_some_and(|id| members.contains(&text(id)))
                }) && query.takes(row)
            })
            .collect();
        if let Some(seed) = order_seed {
            Rng::with_seed(seed).shuffle(&mut found);
        }
        let count = found.len();
        let rows: Vec<Row> = found
            .into_iter()
            .skip(start)
            .take(query.limit)
            .map(|row| query.shown(row))
            .collect();
        let has_next = start.saturating_add(query.limit) < count;
        let mut pagination = json!({
            "page": query.page,
            "limit": query.limit,
            "total": self.paging.total.unwrap_or(count as u64),
            "has_next": has_next,
        });
        if self.paging.cursor {
            let next = has_next.then(|| query::cursor_at(start + step));
            pagination["next_cursor"] = json!(next);
        }
        Reply::new(200, json!({"data": rows, "pagination": pagination}))
    }
}

/// A text as it is, anything else as JSON.
fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn pages(graph8: &mut Graph8, limit: usize) -> Vec<Value> {
        let mut pages = Vec::new();
        for page in 1.. {
            let query = [("page", page), ("limit", limit), ("list_id", 42)]
                .map(|(name, value)| (name.to_owned(), value.to_string()));
            let reply = graph8.page(RowKind::Contacts, &query);
            let more = reply.body["pagination"]["has_next"] == json!(true);
            pages.push(reply.body);
            if !more {
                break;
            }
        }
        pages
    }

    fn ids(pages: &[Value]) -> Vec<String> {
        pages
            .iter()
            .flat_map(|page| page["data"].as_array().unwrap())
            .map(|row| row["id"].to_string())
            .collect()
    }

    fn distinct(ids: &[String]) -> usize {
        ids.iter().collect::<BTreeSet<_>>().len()
    }

    #[test]
    fn the_pages_of_a_list_have_each_of_its_rows_once() {
        let pages = pages(&mut Graph8::new(1), 100);
        assert_eq!(pages.len(), 3);
        assert_eq!(
            pages[2]["pagination"],
            json!({"page": 3, "limit": 100, "total": 250, "has_next": false})
        );
        let ids = ids(&pages);
        assert_eq!((ids.len(), distinct(&ids)), (250, 250));
    }

    #[test]
    fn order_changes_from_read_to_read_or_from_page_to_page() {
        let mut graph8 = Graph8::new(1);
        graph8.paging.order = RowOrder::Shuffled;
        let (first, second) = (ids(&pages(&mut graph8, 60)), ids(&pages(&mut graph8, 60)));
        assert_ne!(first, second);
        assert_eq!((distinct(&first), distinct(&second)), (250, 250));
        graph8.paging.order = RowOrder::Unstable;
        let unstable = ids(&pages(&mut graph8, 60));
        assert_eq!(unstable.len(), 250);
        assert!(distinct(&unstable) < 250);
    }

    #[test]
    fn rows_repeat_over_pages_and_the_total_can_be_wrong() {
        let mut graph8 = Graph8::new(1);
        graph8.paging.repeat = 10;
        graph8.paging.total = Some(300);
        let pages = pages(&mut graph8, 100);
        let ids = ids(&pages);
        assert_eq!((ids.len(), distinct(&ids)), (270, 250));
        assert_eq!(pages[0]["pagination"]["total"], 300);
    }

    #[test]
    fn a_cursor_goes_on_where_its_page_ended() {
        let mut graph8 = Graph8::new(1);
        graph8.paging.cursor = true;
        let query = |cursor: Option<&str>| {
            let mut query = vec![("limit".to_owned(), "150".to_owned())];
            query.extend(cursor.map(|cursor| ("cursor".to_owned(), cursor.to_owned())));
            query
        };
        let first = graph8.page(RowKind::Companies, &query(None)).body;
        let cursor = first["pagination"]["next_cursor"].as_str().unwrap();
        let last = graph8.page(RowKind::Companies, &query(Some(cursor))).body;
        assert_eq!(last["pagination"]["next_cursor"], Value::Null);
        assert_eq!(distinct(&ids(&[first.clone(), last])), 200);
    }
}
