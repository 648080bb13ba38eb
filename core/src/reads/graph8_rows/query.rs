//! Which of graph8's own rows are asked for.

use url::Url;

use crate::error::{Error, Result};

/// Most rows of a page.
const MOST_ROWS: usize = 200;

/// Which of graph8's own contacts to read. All that is set must hold; what is `None` is not asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph8ContactsQuery {
    /// The members of a list of graph8's, by its id.
    pub list_id: Option<String>,
    /// Exactly this work e-mail.
    pub email: Option<String>,
    /// Part of the name.
    pub name: Option<String>,
    /// Part of the job title.
    pub job_title: Option<String>,
    /// The company's id in graph8.
    pub company_id: Option<String>,
    /// The country.
    pub country: Option<String>,
    /// Whether the rows have their `custom_fields`. Default: false.
    pub include_custom_fields: bool,
    /// Rows per request, 1 to 200. Default: 200.
    pub page_size: usize,
}

/// Which of graph8's own companies to read. All that is set must hold; what is `None` is not asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph8CompaniesQuery {
    /// Exactly this domain.
    pub domain: Option<String>,
    /// Part of the name.
    pub name: Option<String>,
    /// The industry.
    pub industry: Option<String>,
    /// The country.
    pub country: Option<String>,
    /// Whether the rows have their `custom_fields`. Default: false.
    pub include_custom_fields: bool,
    /// Rows per request, 1 to 200. Default: 200.
    pub page_size: usize,
}

impl Default for Graph8ContactsQuery {
    fn default() -> Self {
        Self {
            list_id: None,
            email: None,
            name: None,
            job_title: None,
            company_id: None,
            country: None,
            include_custom_fields: false,
            page_size: MOST_ROWS,
        }
    }
}

impl Default for Graph8CompaniesQuery {
    fn default() -> Self {
        Self {
            domain: None,
            name: None,
            industry: None,
            country: None,
            include_custom_fields: false,
            page_size: MOST_ROWS,
        }
    }
}

/// The parameters of each page's request, checked.
#[derive(Clone, Debug)]
pub(super) struct Parameters {
    pub(super) page_size: usize,
    filters: Vec<(&'static str, String)>,
}

impl Parameters {
    fn new<const N: usize>(
        filters: [(&'static str, Option<String>); N],
        include_custom_fields: bool,
        page_size: usize,
    ) -> Result<Self> {
        if !(1..=MOST_ROWS).contains(&page_size) {
            return Err(Error::config(format!(
                "page_size is {page_size}: use 1 to {MOST_ROWS} rows per request"
            )));
        }
        let mut given = Vec::new();
        for (name, value) in filters {
            let Some(value) = value else { continue };
            if value.trim().is_empty() {
                // The service may take it as no filter at all.
                return Err(Error::config(format!(
                    "{name} is empty, which may mean all rows: leave it out, or say which"
                )));
            }
            given.push((name, value));
        }
        if include_custom_fields {
            given.push(("include_custom_fields", "true".to_owned()));
        }
        Ok(Self {
            page_size,
            filters: given,
        })
    }

    /// Adds them to an address.
    pub(super) fn append_to(&self, url: &mut Url, place: (&str, &str)) {
        let mut pairs = url.query_pairs_mut();
        pairs.append_pair(place.0, place.1);
        pairs.append_pair("limit", &self.page_size.to_string());
        pairs.extend_pairs(&self.filters);
    }
}

impl TryFrom<Graph8ContactsQuery> for Parameters {
    type Error = Error;

    fn try_from(query: Graph8ContactsQuery) -> Result<Self> {
        let filters = [
            ("list_id", query.list_id),
            ("email", query.email),
            ("name", query.name),
            ("job_title", query.job_title),
            ("company_id", query.company_id),
            ("country", query.country),
        ];
        Self::new(filters, query.include_custom_fields, query.page_size)
    }
}

impl TryFrom<Graph8CompaniesQuery> for Parameters {
    type Error = Error;

    fn try_from(query: Graph8CompaniesQuery) -> Result<Self> {
        let filters = [
            ("domain", query.domain),
            ("name", query.name),
            ("industry", query.industry),
            ("country", query.country),
        ];
        Self::new(filters, query.include_custom_fields, query.page_size)
    }
}
