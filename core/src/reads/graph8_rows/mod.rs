//! graph8's own contacts and companies, page by page.

mod page;
mod query;

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex};

use serde_json::value::RawValue;

pub use query::{Graph8CompaniesQuery, Graph8ContactsQuery};

use crate::client::Client;
use crate::error::{Error, Result};
use crate::http::answer::Operation;
use crate::http::transport::Request;
use crate::names::{Provider, PushKind};
use crate::push::{CheckOptions, Flow, Push, PushOptions};
use crate::records::{Records, lone_surrogate};
use crate::report::{CheckReport, PushReport};
use crate::sync::lock;
use page::{Page, id_of};
use query::Parameters;

/// Pages in a row without a row that is new, after which there will be none.
const STALE_PAGES: usize = 3;

/// graph8's own contacts or companies: read page by page as they are asked for, each row once by its `id`.
///
/// The service promises no order, and rows may change while they are read: what came is compared with the
/// total that it tells, see [`warning`](Self::warning).
///
/// ```no_run
/// use graph8_crm::{Client, Graph8ContactsQuery};
///
/// # async fn run() -> graph8_crm::Result<()> {
/// let client = Client::builder().build()?;
/// let query = Graph8ContactsQuery {
///     list_id: Some("42".into()),
///     ..Graph8ContactsQuery::default()
/// };
/// let mut rows = client.graph8_contacts(query)?;
/// while let Some(page) = rows.next().await? {
///     println!("{} contacts", page.len());
/// }
/// # Ok(())
/// # }
/// ```
pub struct Graph8Rows {
    client: Client,
    kind: PushKind,
    parameters: Parameters,
    /// The place of the next page; `None` at the end.
    next: Option<Place>,
    /// The ids of all rows so far.
    seen: HashSet<Box<str>>,
    /// The rows of the last page.
    last: Vec<Box<RawValue>>,
    stale_pages: usize,
    tally: Tally,
    /// Where the tally is told after each page.
    told: Option<Arc<Mutex<Tally>>>,
}

#[derive(Clone)]
struct Place {
    /// From 1.
    page: usize,
    cursor: Option<String>,
}

/// What a reading came to so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) rows: usize,
    pub(crate) repeated: usize,
    pub(crate) total: Option<usize>,
    pub(crate) warning: Option<String>,
}

impl Client {
    /// graph8's own contacts, to look at or to push in the form `graph8`. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) for a filter that is empty and a page size out of range.
    pub fn graph8_contacts(&self, query: Graph8ContactsQuery) -> Result<Graph8Rows> {
        Ok(Graph8Rows::new(self, PushKind::Contacts, query.try_into()?))
    }

    /// graph8's own companies; otherwise as [`graph8_contacts`](Self::graph8_contacts).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn graph8_companies(&self, query: Graph8CompaniesQuery) -> Result<Graph8Rows> {
        Ok(Graph8Rows::new(
            self,
            PushKind::Companies,
            query.try_into()?,
        ))
    }
}

impl Graph8Rows {
    fn new(client: &Client, kind: PushKind, parameters: Parameters) -> Self {
        Self {
            client: client.clone(),
            kind,
            parameters,
            next: Some(Place {
                page: 1,
                cursor: None,
            }),
            seen: HashSet::new(),
            last: Vec::new(),
            stale_pages: 0,
            tally: Tally::default(),
            told: None,
        }
    }

    /// Tells what it came to after each page.
    pub(crate) fn telling(mut self, tally: Arc<Mutex<Tally>>) -> Self {
        self.told = Some(tally);
        self
    }

    /// The same rows, from the first page on.
    #[must_use]
    pub fn anew(&self) -> Self {
        Self::new(&self.client, self.kind, self.parameters.clone())
    }

    /// The next rows, which are those of a page that did not come before; `None` at the end. Cancel-safe.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind); transient ones were repeated before. The same page is asked for
    /// again by another call.
    pub async fn next(&mut self) -> Result<Option<Records>> {
        let Some(rows) = self.next_rows().await? else {
            return Ok(None);
        };
        let bytes = rows.iter().map(|row| row.get().len() + 1).sum();
        let mut records = Records::with_capacity(rows.len(), bytes);
        for row in rows {
            let row = row.get().as_bytes();
            records.push_with(|json| {
                if let Some(message) = lone_surrogate(row) {
                    return Err(message);
                }
                json.extend_from_slice(row);
                Ok(())
            });
        }
        Ok(Some(records))
    }

    /// As [`next`](Self::next), as JSON texts.
    pub(crate) async fn next_rows(&mut self) -> Result<Option<Vec<Box<RawValue>>>> {
        while let Some(place) = self.next.clone() {
            let page = self.fetch(&place).await?;
            let rows = self.take(place, page);
            if !rows.is_empty() {
                return Ok(Some(rows));
            }
        }
        Ok(None)
    }

    /// How many rows there are, as the last page told it.
    pub fn total(&self) -> Option<usize> {
        self.tally.total
    }

    /// Rows so far.
    pub fn rows(&self) -> usize {
        self.tally.rows
    }

    /// Rows so far that came again and were left out.
    pub fn repeated(&self) -> usize {
        self.tally.repeated
    }

    /// After the end: what is odd about it, if more or fewer rows came than the service told.
    pub fn warning(&self) -> Option<&str> {
        self.tally.warning.as_deref()
    }

    /// Pushes the rows that are left, through the client that reads them. `options` should ask for the form
    /// `graph8`.
    ///
    /// # Errors
    ///
    /// What ended the push or the reading early; it carries the [report](crate::Error::report) of what was read
    /// until then.
    pub async fn push(mut self, provider: Provider, options: PushOptions) -> Result<PushReport> {
        let push = self.client.start_push(provider, self.kind, options)?;
        let fed = self.feed(&push).await;
        let finished = push.finish().await;
        let Err(error) = fed else { return finished };
        let report = match finished {
            Ok(report) => Some(report),
            Err(ended) => ended.into_report(),
        };
        Err(match report {
            Some(report) => error.with_report(report),
            None => error,
        })
    }

    /// Checks the rows that are left. `options` should ask for the form `graph8`.
    ///
    /// # Errors
    ///
    /// Why a page or the CRM's fields can't be read.
    pub async fn check(mut self, provider: Provider, options: CheckOptions) -> Result<CheckReport> {
        let check = self.client.start_check(provider, self.kind, options)?;
        // What was found until then is the report of one that ended.
        let _: Flow = self.feed(&check.0).await?;
        check.finish().await
    }

    #[cfg(feature = "bindings")]
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    #[cfg(feature = "bindings")]
    pub(crate) fn set_client(&mut self, client: Client) {
        self.client = client;
    }

    /// Feeds a push until the rows or the push end; rows that are left then are not counted.
    ///
    /// # Errors
    ///
    /// Why a page can't be read; what came before is sent all the same.
    pub(crate) async fn feed(&mut self, push: &Push) -> Result<Flow> {
        if push.kind() != self.kind {
            let error = Error::config(format!(
                "these are graph8's {}, and the push is of {}: nothing was sent",
                self.kind,
                push.kind(),
            ));
            push.source_failed(error.message());
            return Err(error);
        }
        // Pages are a part of the push.
        self.client = self.client.through(push.caller().clone());
        loop {
            let read = tokio::select! {
                biased;
                () = push.ended() => {
                    push.leave_source();
                    return Ok(Flow::Ended);
                }
                read = self.next() => read,
            };
            let Some(records) = read.inspect_err(|error| push.source_failed(error.message()))?
            else {
                return Ok(Flow::Continue);
            };
            if let Some(total) = self.tally.total {
                push.expect_total(total.max(self.tally.rows));
            }
            if push.feed(records).await == Flow::Ended {
                if self.next.is_some() {
                    push.leave_source();
                }
                return Ok(Flow::Ended);
            }
        }
    }

    async fn fetch(&self, place: &Place) -> Result<Page> {
        let mut url = self.client.url(self.kind.as_str());
        let number = place.page.to_string();
        let at = match &place.cursor {
            Some(cursor) => ("cursor", cursor.as_str()),
            None => ("page", number.as_str()),
        };
        self.parameters.append_to(&mut url, at);
        let request = Request { url, post: None };
        let call = format!("graph8_{} page {number}", self.kind);
        self.client
            .read(&call, Operation::Rows, &request, Page::read)
            .await
    }

    /// Takes a page in, and gives its rows that are new.
    fn take(&mut self, place: Place, page: Page) -> Vec<Box<RawValue>> {
        let Page { rows, pagination } = page;
        self.tally.total = pagination.total.or(self.tally.total);
        let given = rows.len();
        // A service that turns no pages gives the same one for ever, maybe of rows without ids.
        let came_before = given > 1 && given == self.last.len() && {
            let texts = rows.iter().zip(&self.last);
            texts.into_iter().all(|(row, last)| row.get() == last.get())
        };
        let is_new = |row: &RawValue, seen: &mut HashSet<Box<str>>| match id_of(row) {
            Some(id) => seen.insert(id),
            None => !came_before,
        };
        let new: Vec<bool> = rows.iter().map(|row| is_new(row, &mut self.seen)).collect();
        self.last.clone_from(&rows);
        let mut new = new.into_iter();
        let rows: Vec<Box<RawValue>> = rows
            .into_iter()
            .filter(|_| new.next() == Some(true))
            .collect();
        self.tally.rows += rows.len();
        self.tally.repeated += given - rows.len();
        self.stale_pages = if rows.is_empty() {
            self.stale_pages + 1
        } else {
            0
        };

        let cursor = pagination.next_cursor.filter(|cursor| !cursor.is_empty());
        let page_size = pagination.limit.filter(|limit| *limit > 0);
        let page_size = page_size.map_or(self.parameters.page_size, |limit| {
            limit.min(self.parameters.page_size)
        });
        let has_next = pagination
            .has_next
            .unwrap_or(cursor.is_some() || given >= page_size);
        let is_stuck = has_next && self.stale_pages >= STALE_PAGES;
        self.next = (has_next && !is_stuck).then(|| Place {
            page: place.page.saturating_add(1),
            cursor,
        });
        if self.next.is_none() {
            self.end(is_stuck);
        }
        if let Some(told) = &self.told {
            lock(told).clone_from(&self.tally);
        }
        rows
    }

    fn end(&mut self, is_stuck: bool) {
        self.seen = HashSet::new();
        self.last = Vec::new();
        let Tally {
            rows,
            repeated,
            total,
            ..
        } = self.tally;
        let kind = self.kind;
        let told = total.map_or_else(
            || format!("graph8 did not tell how many {kind} there are"),
            |total| format!("graph8 told of {total} {kind}"),
        );
        let came = match repeated {
            0 => format!("{rows} came"),
            repeated => format!("{rows} came and {repeated} of them again"),
        };
        self.tally.warning = if is_stuck {
            Some(format!(
                "{told}; {came}, and then {STALE_PAGES} pages without a new one, so that the reading ended: read them again to have the others"
            ))
        } else if total.is_some_and(|total| total != rows) {
            Some(format!(
                "{told} and {came}: they may have changed while they were read; read them again to have the others"
            ))
        } else {
            None
        };
    }
}

impl fmt::Debug for Graph8Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Filters may hold customers' data.
        f.debug_struct("Graph8Rows")
            .field("kind", &self.kind)
            .field("rows", &self.tally.rows)
            .field("total", &self.tally.total)
            .finish_non_exhaustive()
    }
}
