//! graph8's own rows for another language: to iterate, or as the source of a push.

use std::sync::{Arc, Mutex};

use serde::{Deserialize, Deserializer, de};
use serde_json::{Value, json};

use super::events::{EventRing, Topics};
use super::reply::Reply;
use super::source::Source;
use crate::client::Client;
use crate::error::{Error, Result};
use crate::names::PushKind;
use crate::reads::{Graph8CompaniesQuery, Graph8ContactsQuery, Graph8Rows, Tally};
use crate::sync::lock;

/// Rows as they were asked for. Each reading begins anew and leaves behind what it came to.
pub struct RowsOrder {
    rows: Graph8Rows,
    tally: Arc<Mutex<Tally>>,
}

/// One reading of them.
pub struct RowsReading(pub(super) Graph8Rows);

impl RowsOrder {
    /// Rows of `kind` as `query` asks for them: JSON text of an object with the names of the core's query.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config), about the argument that is wrong.
    pub fn new(client: &Client, kind: &str, query: &str) -> Result<Self> {
        let kind: PushKind = kind.parse()?;
        let rows = match kind {
            PushKind::Contacts => client.graph8_contacts(read::<WireContacts>(query)?.into()),
            PushKind::Companies => client.graph8_companies(read::<WireCompanies>(query)?.into()),
            PushKind::Lists => Err(Error::config("graph8 has rows of contacts and companies")),
        };
        Ok(Self {
            rows: rows?,
            tally: Arc::default(),
        })
    }

    /// A reading from the first page on.
    pub fn read(&self) -> RowsReading {
        RowsReading(self.anew())
    }

    /// As [`read`](Self::read); events of these topics go to the ring.
    pub fn read_listened(&self, topics: Topics) -> (RowsReading, Option<Arc<EventRing>>) {
        let mut rows = self.anew();
        let ring = Arc::new(EventRing::new(topics));
        rows.set_client(rows.client().told_to(Arc::clone(&ring)));
        (RowsReading(rows), Some(ring))
    }

    /// A reading from the first page on, to feed a push.
    pub fn source(&self) -> Source {
        Source::rows(self.anew())
    }

    fn anew(&self) -> Graph8Rows {
        *lock(&self.tally) = Tally::default();
        self.rows.anew().telling(Arc::clone(&self.tally))
    }

    /// JSON text of what the last reading came to: `rows`, `repeated`, `total`, `warning`.
    pub fn tally(&self) -> String {
        let Tally {
            rows,
            repeated,
            total,
            warning,
        } = &*lock(&self.tally);
        let tally = json!({"rows": rows, "repeated": repeated, "total": total, "warning": warning});
        tally.to_string()
    }
}

impl RowsReading {
    /// The next rows: a JSON array, or null at the end.
    pub async fn next(&mut self) -> Reply {
        Reply::of(&self.0.next_rows().await)
    }
}

/// JSON text of where the fields of graph8's rows of `kind` go in a CRM.
pub fn graph8_fields(provider: &str, kind: &str) -> Reply {
    let table = || -> Result<_> {
        let kind = kind.parse()?;
        if kind == PushKind::Lists {
            return Err(Error::config("graph8 has rows of contacts and companies"));
        }
        Ok(crate::crm::graph8::graph8_fields(provider.parse()?, kind))
    };
    Reply::of(&table())
}

fn read<'a, T: Deserialize<'a>>(query: &'a str) -> Result<T> {
    serde_json::from_str(query)
        .map_err(|error| Error::config(format!("the query is wrong: {error}")))
}

macro_rules! wire {
    ($wire:ident => $query:ident: $($name:ident,)+) => {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct $wire {
            $(#[serde(default, deserialize_with = "text")] $name: Option<String>,)+
            include_custom_fields: Option<bool>,
            page_size: Option<usize>,
        }

        impl From<$wire> for $query {
            fn from(wire: $wire) -> Self {
                let usual = Self::default();
                Self {
                    $($name: wire.$name,)+
                    include_custom_fields: wire.include_custom_fields.unwrap_or(usual.include_custom_fields),
                    page_size: wire.page_size.unwrap_or(usual.page_size),
                }
            }
        }

        impl $wire {
            const NAMES: &[&str] = &[$(stringify!($name),)+ "include_custom_fields", "page_size"];
        }
    };
}

wire!(WireContacts => Graph8ContactsQuery: list_id, email, name, job_title, company_id, country,);
wire!(WireCompanies => Graph8CompaniesQuery: domain, name, industry, country,);

/// The names of what rows of contacts and companies can be asked for by.
pub(super) const NAMES: [&[&str]; 2] = [WireContacts::NAMES, WireCompanies::NAMES];

/// Text, or the digits of a whole number, as ids may be.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        Value::Number(number) if !number.is_f64() => Ok(Some(number.to_string())),
        other => Err(de::Error::custom(format!(
            "{other} is neither text nor a whole number"
        ))),
    }
}
