//! What an answer of undeclared shape says of a CRM's lists.

use super::shape::{container, data_of, finished, without_failures};
use super::tree::Tree;

/// The members that may hold lists.
const CONTAINERS: [&str; 4] = ["items", "results", "lists", "records"];
/// A list's ids where none is plainly the CRM's: they must agree.
const IDS: [&str; 4] = ["list_id", "listId", "Id", "id"];
const NAMES: [&str; 3] = ["name", "Name", "list_name"];

/// A list of a CRM.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct List {
    pub(super) id: String,
    pub(super) name: String,
}

/// Lists of one answer, which may be a page of several.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) lists: Vec<List>,
    pub(super) has_more: bool,
    /// How many there are on all pages, where it is told.
    pub(super) total: Option<usize>,
}

/// The lists in the body of an answer.
pub(super) fn page_of_lists(answer: &Tree) -> Result<Page, String> {
    let data = data_of(answer)?;
    let items = if let Tree::List(items) = data {
        items
    } else {
        without_failures(data)?;
        match container(data, &CONTAINERS) {
            Some(Tree::List(items)) => items,
            _ => return Err("it has not one list of lists".to_owned()),
        }
    };
    let pagination = answer.get("pagination");
    let is_whole = finished(data).is_ok() && pagination.is_none_or(|page| finished(page).is_ok());
    let total = [Some(data), pagination];
    let total = total
        .into_iter()
        .flatten()
        .find_map(|object| text(object, "total"));
    Ok(Page {
        total: total.and_then(|total| total.parse().ok()),
        lists: items.iter().map(list).collect::<Result<_, _>>()?,
        has_more: !is_whole,
    })
}

/// The one list in the body of an answer.
pub(super) fn list_of(answer: &Tree) -> Result<List, String> {
    let data = data_of(answer)?;
    if let Tree::List(_) = data {
        return only(data);
    }
    without_failures(data)?;
    if let Some(inner @ Tree::Object(_)) = data.get("list") {
        return list(inner);
    }
    match container(data, &CONTAINERS) {
        Some(items) => only(items),
        None => list(data),
    }
}

fn only(items: &Tree) -> Result<List, String> {
    match items {
        Tree::List(items) => match &items[..] {
            [item] => list(item),
            _ => Err(format!("it has {} lists", items.len())),
        },
        _ => Err("it has not one list".to_owned()),
    }
}

fn list(item: &Tree) -> Result<List, String> {
    let id = match text(item, "crm_id") {
        Some(id) => id,
        None => agreed(item, &IDS).ok_or("a list has no id, or several")?,
    };
    let name = agreed(item, &NAMES).ok_or("a list has no name, or several")?;
    Ok(List { id, name })
}

/// The text of all these members that are there.
fn agreed(item: &Tree, keys: &[&str]) -> Option<String> {
    let mut texts = keys.iter().filter_map(|key| text(item, key));
    let first = texts.next()?;
    texts.all(|text| text == first).then_some(first)
}

fn text(item: &Tree, key: &str) -> Option<String> {
    match item.get(key)? {
        Tree::Text(text) if !text.trim().is_empty() => Some(text.clone()),
        Tree::Whole(number) => Some(number.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn tree(body: &Value) -> Tree {
        serde_json::from_str(&body.to_string()).unwrap()
    }

    fn page(data: &Value) -> Result<Page, String> {
        page_of_lists(&tree(&json!({"data": data})))
    }

    fn vip(id: &str) -> List {
        let (id, name) = (id.to_owned(), "VIP".to_owned());
        List { id, name }
    }

    #[test]
    fn plausible_shapes_tell_of_lists() {
        for data in [
            json!({"items": [{"id": 7, "name": "VIP"}]}),
            json!({"results": [{"list_id": "7", "name": "VIP", "size": 3}], "total": 1}),
            json!([{"crm_id": "7", "id": "g8", "name": "VIP"}]),
            json!({"lists": [{"Id": "7", "Name": "VIP"}]}),
        ] {
            assert_eq!(page(&data).unwrap().lists, [vip("7")], "{data}");
        }
        assert_eq!(page(&json!([])).unwrap().lists, []);
        let more = json!({"data": [], "pagination": {"has_next": true}});
        assert!(page_of_lists(&tree(&more)).unwrap().has_more);
        for data in [
            json!({"id": 7, "name": "VIP", "created": true}),
            json!({"list": {"id": "7", "name": "VIP"}, "created": false}),
            json!([{"id": "7", "name": "VIP"}]),
        ] {
            assert_eq!(
                list_of(&tree(&json!({"data": data}))).unwrap(),
                vip("7"),
                "{data}"
            );
        }
    }

    #[test]
    fn what_is_not_recognised_tells_of_none() {
        for data in [
            json!(null),
            json!({}),
            json!({"status": "done"}),
            json!({"items": {"VIP": "7"}}),
            json!({"items": [], "results": []}),
            json!({"items": [], "errors": ["no"]}),
            json!([{"id": 7}]),
            json!([{"name": "VIP"}]),
            json!([{"id": 7, "list_id": 8, "name": "VIP"}]),
            json!([{"id": 7.5, "name": "VIP"}]),
            json!(["VIP"]),
        ] {
            assert!(page(&data).is_err(), "{data}");
            assert!(list_of(&tree(&json!({"data": data}))).is_err(), "{data}");
        }
        assert!(page_of_lists(&tree(&json!([]))).is_err());
        let two = json!({"data": [{"id": 7, "name": "VIP"}, {"id": 8, "name": "VIP"}]});
        assert!(list_of(&tree(&two)).is_err());
    }
}
