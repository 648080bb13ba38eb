//! Lists of a CRM by their names.

use std::collections::HashSet;

use icu_normalizer::DecomposingNormalizerBorrowed;
use serde_json::json;

use super::Asker;
use super::list_shape::{List, list_of, page_of_lists};
use crate::error::{Error, ErrorKind, Result};
use crate::http::call::{Policy, Trace};
use crate::quote::quote;
use crate::records::identity::{composed, fold};

/// Lists of one page: the most that may be asked for.
const PAGE: usize = 250;
/// A name that so many pages of lists contain is not looked for any further.
const MOST_PAGES: usize = 40;
const LOOK_UP: &str = "look-up of a list";

/// The ids of the lists that have a name: those that are spelled like it, or where none is, those that differ
/// in letter case or blanks alone. `policy` makes the rules for each of the calls.
pub(crate) async fn find_lists(
    asker: Asker<'_>,
    name: &str,
    policy: impl Fn() -> Policy,
    trace: &mut Trace,
) -> Result<Vec<String>> {
    let found = search(asker, &composed(name), &policy, trace).await?;
    let decomposed = DecomposingNormalizerBorrowed::new_nfd().normalize(name);
    if !found.is_empty() || decomposed == composed(name) {
        return Ok(found);
    }
    // A search may know an accent only as it was written.
    search(asker, &decomposed, &policy, trace).await
}

async fn search(
    asker: Asker<'_>,
    name: &str,
    policy: &impl Fn() -> Policy,
    trace: &mut Trace,
) -> Result<Vec<String>> {
    let connection = asker.connection(policy()).await?;
    let mut lists: Vec<List> = Vec::new();
    let mut known = HashSet::new();
    let mut seen = 0;
    for _ in 0..MOST_PAGES {
        let mut url = asker.caller.url("integrations/crm/lists");
        url.query_pairs_mut()
            .append_pair("connection_id", &connection)
            .append_pair("query", name)
            .append_pair("limit", &PAGE.to_string())
            .append_pair("offset", &seen.to_string());
        let page = asker.ask(LOOK_UP, (url, None), policy(), trace, page_of_lists);
        let found = page.await?;
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
        format!(
            "{LOOK_UP} in {}: the pages of lists do not end, so the list is not known",
            asker.provider
        ),
    ))
}

fn named(lists: Vec<List>, name: &str) -> Vec<String> {
    let folded = fold(name);
    let alike: Vec<List> = lists
        .into_iter()
        .filter(|list| fold(&list.name) == folded)
        .collect();
    let is_same = |list: &&List| composed(&list.name) == composed(name);
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
    let connection = asker.connection(policy()).await?;
    let body = json!({"name": name, "connection_id": connection});
    let request = (asker.caller.url("integrations/crm/lists"), Some(&body));
    let read = |answer: &_| {
        let list = list_of(answer)?;
        if fold(&list.name) == fold(name) {
            return Ok(list.id);
        }
        let other = quote(list.name.as_bytes());
        Err(format!(
            "it is about the list '{other}', which was not asked for"
        ))
    };
    asker
        .ask("making of a list", request, policy(), trace, read)
        .await
}
