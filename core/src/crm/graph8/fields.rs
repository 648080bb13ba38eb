//! Where the fields of graph8's own rows go, as a table to look at.

use serde::Serialize;

use super::table::table;
use crate::names::{Provider, PushKind};

/// A field of graph8's own rows, and where it goes in a CRM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Graph8Field {
    /// Its name in graph8.
    pub name: &'static str,
    /// The CRM's own field; `None` where the CRM has none: the value is then left out, unless `rename` gives
    /// it a place.
    pub field: Option<&'static str>,
    /// How the CRM's field takes the value; `None` where there is no such field.
    pub takes: Option<Graph8Takes>,
    /// What it is of a field that several make up: `first` or `last` of a name, the label of an entry in a
    /// list, the key in an address; `instead` where it stands in for the field before it in the table.
    pub part: Option<&'static str>,
}

/// How a CRM's field takes a value of a graph8 row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Graph8Takes {
    /// As text; a number becomes its digits.
    Text,
    /// As a number; text that is one becomes one.
    Number,
    /// As a whole number; text that is one becomes one.
    Integer,
    /// As a domain without scheme, `www.` and path.
    Domain,
    /// As one of its options, if the text is the label of one, else as it is.
    Option,
    /// As a part of a whole name.
    Name,
    /// As an entry of a list of `{value, primary, label}`.
    Entries,
    /// As an entry of a list of `{email_address, primary_address}`.
    EmailEntries,
    /// As a part of an address, which is an object.
    Address,
}

impl Graph8Takes {
    pub(super) const fn is_list(self) -> bool {
        matches!(self, Self::Entries | Self::EmailEntries)
    }

    /// Whether several fields of a row may make up the CRM's field.
    pub(super) const fn has_pieces(self) -> bool {
        self.is_list() || matches!(self, Self::Name | Self::Address)
    }
}

impl Graph8Field {
    pub(super) const fn at(name: &'static str, field: &'static str, takes: Graph8Takes) -> Self {
        Self {
            name,
            field: Some(field),
            takes: Some(takes),
            part: None,
        }
    }

    pub(super) const fn part(self, part: &'static str) -> Self {
        Self {
            part: Some(part),
            ..self
        }
    }

    pub(super) const fn homeless(name: &'static str) -> Self {
        Self {
            name,
            field: None,
            takes: None,
            part: None,
        }
    }
}

/// Where the fields of graph8's own contact or company rows go in a CRM, as pushes and checks with the form
/// `graph8` do it. Empty for lists.
pub fn graph8_fields(provider: Provider, kind: PushKind) -> &'static [Graph8Field] {
    table(provider, kind)
}
