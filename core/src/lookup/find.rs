//! Contacts by their e-mail addresses, any number of them.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use tokio::task::JoinSet;

use super::{Asker, MOST_EMAILS, look_up};
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::http::call::Trace;
use crate::names::Provider;
use crate::quote::quote;
use crate::records::identity::bare_address;

/// Requests of one call at a time.
const CONCURRENCY: usize = 4;

/// The contacts of a CRM by e-mail address, in the order in which they were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundContacts {
    emails: Vec<String>,
    /// Which of `ids` each address has; several spellings share theirs.
    places: Vec<usize>,
    ids: Vec<Vec<String>>,
    by_email: HashMap<String, usize>,
}

impl FoundContacts {
    /// The CRM's ids of the contacts with that address, spelled as it was asked for: none when it has no such
    /// contact. `None` when it was not asked for.
    pub fn get(&self, email: &str) -> Option<&[String]> {
        let place = self.by_email.get(email)?;
        self.ids.get(*place).map(Vec::as_slice)
    }

    /// The addresses as they were asked for, each with the CRM's ids of its contacts.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        let pairs = self.emails.iter().zip(&self.places);
        pairs.filter_map(|(email, place)| {
            let ids = self.ids.get(*place)?;
            Some((email.as_str(), ids.as_slice()))
        })
    }

    /// How many addresses were asked for.
    pub fn len(&self) -> usize {
        self.emails.len()
    }

    /// Whether none were asked for.
    pub fn is_empty(&self) -> bool {
        self.emails.is_empty()
    }

    /// Takes the addresses that are to be asked for; gives each once, as it is compared.
    fn ask(&mut self, emails: impl Iterator<Item = String>) -> Result<Vec<String>> {
        let mut folded = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for (position, email) in emails.enumerate() {
            if self.by_email.contains_key(&email) {
                continue;
            }
            let Some(compared) = bare_address(&email) else {
                return Err(Error::config(format!(
                    "emails[{position}] is '{}': leave out what is no e-mail address by itself, such as \
                     ada@example.com",
                    quote(email.as_bytes())
                )));
            };
            let place = *places.entry(compared).or_insert_with_key(|compared| {
                folded.push(compared.clone());
                folded.len() - 1
            });
            self.by_email.insert(email.clone(), place);
            self.emails.push(email);
            self.places.push(place);
        }
        self.ids = vec![Vec::new(); folded.len()];
        Ok(folded)
    }
}

impl Serialize for FoundContacts {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        // Pairs keep their order in every language.
        serializer.collect_seq(self.iter())
    }
}

impl Client {
    /// The contacts that a CRM has, by their e-mail addresses: any number, 100 per request, within the rate
    /// limit. Letter case and blanks around an address make no difference; a contact's further addresses count
    /// like its first one.
    ///
    /// This asks an endpoint of graph8 beside CRM Syncs, whose answers are not documented: what is not
    /// understood is an error, never a yes or a no. Not all CRMs are known to answer (Zoho).
    ///
    /// # Errors
    ///
    /// [`InvalidAnswer`](ErrorKind::InvalidAnswer) for an answer that is not understood,
    /// [`NotConnected`](ErrorKind::NotConnected) when the CRM is not connected,
    /// [`Config`](ErrorKind::Config) for what is no e-mail address by itself: a name beside it, several in one text.
    pub async fn find_contacts<E: Into<String>>(
        &self,
        provider: Provider,
        emails: impl IntoIterator<Item = E>,
    ) -> Result<FoundContacts> {
        let mut found = FoundContacts::default();
        let asked = found.ask(emails.into_iter().map(Into::into))?;
        let asked: Arc<[Box<[String]>]> = asked.chunks(MOST_EMAILS).map(Into::into).collect();
        let mut calls = JoinSet::new();
        let mut next = 0;
        while next < asked.len() || !calls.is_empty() {
            while next < asked.len() && calls.len() < CONCURRENCY {
                let (client, asked, number) = (self.clone(), Arc::clone(&asked), next);
                calls.spawn(async move {
                    let emails = asked.get(number).map_or(&[][..], |emails| emails);
                    (number, client.look_up(provider, emails).await)
                });
                next += 1;
            }
            let Some(call) = calls.join_next().await else {
                break;
            };
            let (number, ids) = call.map_err(|_| {
                Error::new(
                    ErrorKind::Internal,
                    "an internal error ended a look-up; please report it",
                )
            })?;
            for (place, ids) in (number * MOST_EMAILS..).zip(ids?) {
                if let Some(found) = found.ids.get_mut(place) {
                    *found = ids;
                }
            }
        }
        Ok(found)
    }

    async fn look_up(&self, provider: Provider, emails: &[String]) -> Result<Vec<Vec<String>>> {
        let asker = Asker {
            caller: self.caller(),
            connections: self.connections(),
            provider,
        };
        let policy = || self.caller().policy();
        look_up(asker, emails, policy, &mut Trace::default()).await
    }
}
