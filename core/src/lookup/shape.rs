//! What an answer of undeclared shape says of who is there.
//!
//! Yes: an e-mail address is a value of an item that has an id. No: the answer has the shape of a whole result
//! and no item has it. Everything else is no answer: `Err` says what is not understood.

use std::collections::{HashMap, HashSet};

use super::tree::Tree;
use crate::records::identity::fold;

/// The members that may hold a result's items.
const CONTAINERS: [&str; 4] = ["items", "results", "contacts", "records"];
/// An item's ids: the CRM's own comes before one that may be graph8's.
const IDS: [&str; 5] = ["crm_id", "hs_object_id", "contact_id", "Id", "id"];
/// Members with which an answer says that it has more than it gives.
const UNFINISHED: [&str; 7] = [
    "has_more",
    "hasMore",
    "has_next",
    "next",
    "next_page",
    "next_cursor",
    "paging",
];
/// What stands in a member of such a name is somebody else's.
const OTHERS: [&str; 6] = [
    "owner", "created", "modified", "updated", "assigned", "user",
];

/// The ids of the contacts that each of `emails` has, which are folded and all different. `answer` is the
/// whole body.
pub(crate) fn ids_by_email(answer: &Tree, emails: &[String]) -> Result<Vec<Vec<String>>, String> {
    let places: HashMap<&str, usize> = emails.iter().map(String::as_str).zip(0..).collect();
    let mut ids = vec![Vec::new(); emails.len()];
    let mut add = |place: usize, id: String| {
        if let Some(ids) = ids.get_mut(place)
            && !ids.contains(&id)
        {
            ids.push(id);
        }
    };
    match result(answer, |key| places.contains_key(fold(key).as_str()))? {
        Found::Items(items) => {
            for item in items {
                let id = id_of(item).ok_or("an item has no id")?;
                let mut has_any = false;
                for email in texts_of(item) {
                    if let Some(place) = places.get(email.as_str()) {
                        has_any = true;
                        add(*place, id.clone());
                    }
                }
                if !has_any {
                    return Err("an item has none of the e-mail addresses asked for".to_owned());
                }
            }
        }
        Found::ByKey(entries) => {
            let mut seen = HashSet::new();
            for (key, entry) in entries {
                let key = fold(key);
                let place = *places.get(key.as_str()).ok_or("an unknown key")?;
                if !seen.insert(place) {
                    return Err("an e-mail address stands there twice".to_owned());
                }
                let items = match entry {
                    Tree::Null => &[],
                    Tree::List(items) => &items[..],
                    item => std::slice::from_ref(item),
                };
                for item in items {
                    add(place, id_of(item).ok_or("an item has no id")?);
                }
            }
        }
    }
    Ok(ids)
}

/// The items of a whole result.
pub(crate) enum Found<'a> {
    Items(&'a [Tree]),
    /// By what was asked for.
    ByKey(&'a [(String, Tree)]),
}

/// Finds the items in the body of an answer; `is_asked` knows the keys of a mapping.
pub(crate) fn result(answer: &Tree, is_asked: impl Fn(&str) -> bool) -> Result<Found<'_>, String> {
    let data = data_of(answer)?;
    if let Some(pagination) = answer.get("pagination") {
        finished(pagination)?;
    }
    if let Some(found) = whole(data, &is_asked) {
        return Ok(found);
    }
    without_failures(data)?;
    finished(data)?;
    let container = container(data, &CONTAINERS).ok_or("it has not one list of items")?;
    let found = whole(container, &is_asked).ok_or("its items are neither a list nor a mapping")?;
    if let (Found::Items(items), Some(Tree::Whole(total))) = (&found, data.get("total"))
        && total.parse::<usize>() != Ok(items.len())
    {
        return Err(format!("it has {} of {total} items", items.len()));
    }
    Ok(found)
}

pub(super) fn data_of(answer: &Tree) -> Result<&Tree, String> {
    answer
        .get("data")
        .ok_or_else(|| "it has no 'data'".to_owned())
}

/// An error when an object says that something went wrong, or nothing at all.
pub(super) fn without_failures(data: &Tree) -> Result<(), String> {
    if data.members().is_empty() {
        return Err("its 'data' is neither a list nor an object with members".to_owned());
    }
    let failures = ["error", "errors", "failed"];
    for (key, value) in data.members() {
        if failures.contains(&key.as_str()) && !value.is_nothing() {
            return Err(format!("it has '{key}'"));
        }
    }
    Ok(())
}

/// The one member that may hold items.
pub(super) fn container<'a>(data: &'a Tree, names: &[&str]) -> Option<&'a Tree> {
    let mut containers = names.iter().filter_map(|key| data.get(key));
    match (containers.next(), containers.next()) {
        (Some(container), None) => Some(container),
        _ => None,
    }
}

fn whole<'a>(value: &'a Tree, is_asked: &impl Fn(&str) -> bool) -> Option<Found<'a>> {
    match value {
        Tree::List(items) => Some(Found::Items(items)),
        // An empty object tells nothing: it may be anything.
        Tree::Object(entries) => {
            let is_mapping = !entries.is_empty() && entries.iter().all(|(key, _)| is_asked(key));
            is_mapping.then_some(Found::ByKey(entries))
        }
        _ => None,
    }
}

/// An error when there is more than was given: then nobody is known not to be there.
pub(super) fn finished(object: &Tree) -> Result<(), String> {
    for (key, value) in object.members() {
        if UNFINISHED.contains(&key.as_str()) && !value.is_nothing() {
            return Err(format!("it is not whole: '{key}'"));
        }
    }
    Ok(())
}

/// The id of an item, as text.
pub(crate) fn id_of(item: &Tree) -> Option<String> {
    IDS.iter().find_map(|key| match item.get(key)? {
        Tree::Text(id) if !id.trim().is_empty() => Some(id.clone()),
        Tree::Whole(id) => Some(id.clone()),
        _ => None,
    })
}

/// The texts of an item, folded; one that joins several addresses as each of them.
fn texts_of(item: &Tree) -> Vec<String> {
    let mut texts = Vec::new();
    collect_texts(item, &mut texts);
    texts
}

fn collect_texts(value: &Tree, texts: &mut Vec<String>) {
    match value {
        Tree::Text(text) if text.contains('@') => {
            texts.extend(text.split([';', ',']).map(fold));
        }
        Tree::List(items) => items.iter().for_each(|item| collect_texts(item, texts)),
        Tree::Object(members) => {
            for (key, value) in members {
                let key = key.to_ascii_lowercase();
                if !OTHERS.iter().any(|other| key.contains(other)) {
                    collect_texts(value, texts);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const EMAILS: [&str; 2] = ["a@x.test", "b@x.test"];

    fn read(body: &Value) -> Result<Vec<Vec<String>>, String> {
        let tree = serde_json::from_str(&body.to_string()).unwrap();
        ids_by_email(&tree, &EMAILS.map(str::to_owned))
    }

    #[test]
    fn a_result_is_recognised_in_each_of_its_shapes() {
        let a = json!({"id": 7, "email": " A@x.test"});
        let entries = [
            json!([a]),
            json!({"items": [a]}),
            json!({"results": [a], "total": 1}),
            json!({"contacts": [a], "not_found": ["b@x.test"], "errors": []}),
            json!({"A@x.test ": {"hs_object_id": "7"}, "b@x.test": null}),
            json!({"a@x.test": [{"Id": "7"}], "b@x.test": []}),
            json!({"a@x.test": {"crm_id": "7", "id": "graph8's own"}}),
            json!({"results": {"a@x.test": {"contact_id": "7"}}}),
            json!([{"id": 7, "properties": {"email": "z@x.test", "hs_additional_emails": "y@x.test;a@x.test"}}]),
            json!([{"id": 7, "email": [{"value": "z@x.test"}, {"value": "a@x.test", "primary": false}]}]),
        ];
        for data in entries {
            let found = read(&json!({"data": data, "pagination": null}));
            assert_eq!(found, Ok(vec![vec!["7".to_owned()], vec![]]), "{data}");
        }
        let two = json!({"data": [{"id": "1", "email": "b@x.test"}, {"id": "2", "email": "B@X.test"}, {"id": "2", "email": "b@x.test"}]});
        assert_eq!(
            read(&two),
            Ok(vec![vec![], vec!["1".to_owned(), "2".to_owned()]])
        );
        let nobody = json!({"data": {"items": []}, "pagination": {"has_next": false}});
        assert_eq!(read(&nobody), Ok(vec![vec![], vec![]]));
    }

    #[test]
    fn whatever_else_there_is_says_neither_yes_nor_no() {
        let a = json!({"id": 7, "email": "a@x.test"});
        for data in [
            json!(null),
            json!({}),
            json!("a@x.test"),
            json!({"status": "done", "matches": 1}),
            json!({"items": null}),
            json!({"items": {}}),
            json!({"items": [], "results": []}),
            json!({"items": [], "has_more": true}),
            json!({"items": [], "paging": {"next": {"after": "100"}}}),
            json!({"items": [a], "total": 2}),
            json!({"items": [], "errors": [{"email": "a@x.test"}]}),
            // An item without an id, or that is nobody's that was asked for.
            json!([{"email": "a@x.test"}]),
            json!([{"email": "a@x.test", "id": null}]),
            json!([{"id": 7.5, "email": "a@x.test"}]),
            json!([{"id": 7}]),
            json!([{"id": 7, "email": "c@x.test"}]),
            // Not the contact's own address.
            json!([{"id": 7, "email": "c@x.test", "owner": {"email": "a@x.test"}}]),
            json!([["a@x.test", 7]]),
            json!({"a@x.test": true}),
            json!({"a@x.test": "not_found"}),
            json!({"a@x.test": {}}),
            json!({"a@x.test": null, "c@x.test": null}),
            json!({"a@x.test": null, "A@x.test": {"id": 7}}),
        ] {
            assert!(read(&json!({"data": data})).is_err(), "{data}");
        }
        assert!(read(&json!({"items": []})).is_err());
        assert!(read(&json!({"data": [], "pagination": {"has_next": true}})).is_err());
        let twice = r#"{"data": {"a@x.test": {"id": 7}, "a@x.test": null}}"#;
        let tree = serde_json::from_str(twice).unwrap();
        assert!(ids_by_email(&tree, &EMAILS.map(str::to_owned)).is_err());
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(json!(null)),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(|number| json!(number)),
            prop_oneof!["[ab]@x[.]test", " A@X[.]test", "[a-z;@]{0,6}"].prop_map(Value::from),
        ];
        let key = || {
            prop_oneof![
                proptest::sample::select(&CONTAINERS[..]).prop_map(str::to_owned),
                proptest::sample::select(&IDS[..]).prop_map(str::to_owned),
                proptest::sample::select(&UNFINISHED[..]).prop_map(str::to_owned),
                proptest::sample::select(
                    &["data", "pagination", "email", "owner", "total", "errors"][..]
                )
                .prop_map(str::to_owned),
                "[ab]@x[.]test",
            ]
        };
        leaf.prop_recursive(5, 40, 4, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(key(), inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// A yes has an id and a text that are in the answer. A no is told by a list or mapping that is there,
        /// whole and without errors.
        #[test]
        fn an_answer_that_is_not_recognised_never_becomes_a_yes_or_a_no(data in values(), more in values()) {
            let body = json!({"data": data, "pagination": more});
            let text = body.to_string();
            let Ok(found) = read(&body) else { return Ok(()) };
            let lower = text.to_lowercase();
            for (email, ids) in EMAILS.iter().zip(&found) {
                for id in ids {
                    prop_assert!(text.contains(id.as_str()) && lower.contains(email), "{text}");
                }
                if ids.is_empty() {
                    let lists = CONTAINERS.iter().map(|key| &data[key]).chain([&data]);
                    let is_told = |value: &Value| {
                        value.is_array() || EMAILS.iter().any(|email| {
                            value.as_object().is_some_and(|object| object.keys().any(|key| fold(key) == *email))
                        })
                    };
                    prop_assert!(lists.into_iter().any(is_told), "{text}");
                }
            }
            for key in UNFINISHED {
                prop_assert!(body["pagination"][key].as_str().is_none_or(str::is_empty));
                prop_assert!(body["pagination"][key] != json!(true));
            }
        }
    }
}
