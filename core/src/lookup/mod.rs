//! Asking the CRM, through the siblings of CRM Syncs below `/integrations/crm`: who is there already.
//!
//! They are documented and were seen in no client, and nothing about the inner shape of their answers is declared:
//! an answer that is not recognised never becomes a yes or a no.

mod asker;
mod connections;
mod contacts;
mod find;
mod list_shape;
mod lists;
mod shape;
mod tree;

pub(crate) use asker::Asker;
pub(crate) use connections::Connections;
pub(crate) use contacts::{MOST_EMAILS, look_up};
pub use find::FoundContacts;
pub(crate) use lists::{find_lists, get_or_create_list};
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use {shape::ids_by_email, tree::Tree};
