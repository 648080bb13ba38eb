//! What a reader of graph8's rows asks for.

use serde_json::Value;

use super::{Row, RowKind, text};
use crate::reply::Reply;

const LIMIT: usize = 50;
const MOST: usize = 200;
const LAST_PAGE: usize = 2_147_483_647;
const CURSOR_MARK: char = 'r';

/// How a filter compares.
#[derive(Clone, Copy)]
enum Match {
    Exact,
    /// Anywhere in the text.
    Part,
}

/// Parameter, how it compares, and the members that it looks at, joined by a blank.
type Filter = (&'static str, Match, &'static [&'static str]);

const CONTACT_FILTERS: &[Filter] = &[
    ("email", Match::Exact, &["work_email"]),
    ("name", Match::Part, &["first_name", "last_name"]),
    ("job_title", Match::Part, &["job_title"]),
    ("company_id", Match::Exact, &["company_id"]),
    ("country", Match::Exact, &["country"]),
];
const COMPANY_FILTERS: &[Filter] = &[
    ("domain", Match::Exact, &["domain"]),
    ("name", Match::Part, &["name"]),
    ("industry", Match::Exact, &["industry"]),
    ("country", Match::Exact, &["country"]),
];

/// A query that the service takes.
pub struct Query {
    /// From 1.
    pub page: usize,
    pub limit: usize,
    pub list_id: Option<i64>,
    /// The first row, counted from 0.
    pub cursor: Option<usize>,
    include_custom_fields: bool,
    filters: Vec<(Filter, String)>,
}

impl Query {
    /// The query, or its refusal. Parameters that the service does not know are not looked at.
    pub fn parse(kind: RowKind, given: &[(String, String)]) -> Result<Self, Reply> {
        // Of a repeated parameter the last counts.
        let value = |name: &str| {
            let found = given.iter().rfind(|(given, _)| given == name);
            found.map(|(_, value)| value.as_str())
        };
        let list_id = value("list_id").filter(|_| kind == RowKind::Contacts);
        let list_id = list_id.map(|id| {
            let message = "Input should be a valid integer";
            id.parse().map_err(|_| refused("list_id", message))
        });
        let cursor = value("cursor").map(|cursor| {
            let start = cursor.strip_prefix(CURSOR_MARK);
            let start = start.filter(|start| start.bytes().all(|byte| byte.is_ascii_digit()));
            start
                .and_then(|start| start.parse().ok())
                .ok_or_else(|| refused("cursor", "No such cursor"))
        });
        let known = match kind {
            RowKind::Contacts => CONTACT_FILTERS,
            RowKind::Companies => COMPANY_FILTERS,
        };
        let filters = known.iter().filter_map(|filter| {
            let wanted = value(filter.0).filter(|wanted| !wanted.is_empty())?;
            Some((*filter, wanted.to_lowercase()))
        });
        Ok(Self {
            page: number("page", value("page"), 1, LAST_PAGE)?,
            limit: number("limit", value("limit"), LIMIT, MOST)?,
            list_id: list_id.transpose()?,
            cursor: cursor.transpose()?,
            include_custom_fields: flag("include_custom_fields", value("include_custom_fields"))?,
            filters: filters.collect(),
        })
    }

    /// Whether the filters let the row through.
    pub fn takes(&self, row: &Row) -> bool {
        self.filters.iter().all(|((_, compare, members), wanted)| {
            let members = members.iter().filter_map(|member| row.get(*member));
            let texts: Vec<String> = members
                .filter(|value| !value.is_null())
                .map(|value| text(value).to_lowercase())
                .collect();
            let text = texts.join(" ");
            match compare {
                Match::Exact => text == *wanted,
                Match::Part => text.contains(wanted),
            }
        })
    }

    /// The row as the answer has it.
    pub fn shown(&self, row: &Row) -> Row {
        let mut row = row.clone();
        if !self.include_custom_fields
            && let Some(custom) = row.get_mut("custom_fields")
        {
            *custom = Value::Null;
        }
        row
    }
}

/// The cursor of a page that begins at that row.
pub fn cursor_at(start: usize) -> String {
    format!("{CURSOR_MARK}{start}")
}

fn number(name: &str, given: Option<&str>, usual: usize, most: usize) -> Result<usize, Reply> {
    let Some(given) = given else {
        return Ok(usual);
    };
    given
        .parse()
        .ok()
        .filter(|number| (1..=most).contains(number))
        .ok_or_else(|| {
            refused(
                name,
                &format!("Input should be an integer from 1 to {most}"),
            )
        })
}

fn flag(name: &str, given: Option<&str>) -> Result<bool, Reply> {
    match given {
        None | Some("false" | "0") => Ok(false),
        Some("true" | "1") => Ok(true),
        Some(_) => Err(refused(name, "Input should be a valid boolean")),
    }
}

fn refused(name: &str, message: &str) -> Reply {
    Reply::invalid(&["query", name], message, "value_error")
}
