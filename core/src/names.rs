//! The names that the service knows: CRMs, entity types and kinds of push.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How close a mistyped name must be (0 to 1) to be suggested.
const SUGGESTION_SIMILARITY: f64 = 0.6;

macro_rules! names {
    ($(#[$meta:meta])* $type:ident, $what:literal, { $($(#[$variant_meta:meta])* $variant:ident = $name:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        #[non_exhaustive]
        pub enum $type { $($(#[$variant_meta])* $variant,)+ }

        impl $type {
            /// Every one of them, in the service's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name as the service spells it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $type {
            type Err = UnknownName;

            /// Takes the service's spelling in any letter case; the error lists the right ones.
            fn from_str(name: &str) -> Result<Self, UnknownName> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|known| known.as_str().eq_ignore_ascii_case(name.trim()))
                    .ok_or_else(|| {
                        let known: Vec<&str> = Self::ALL.iter().map(|known| known.as_str()).collect();
                        UnknownName::new($what, name, &known)
                    })
            }
        }
    };
}

names!(
    /// A CRM that graph8 pushes into.
    Provider, "provider", {
        /// HubSpot.
        Hubspot = "hubspot",
        /// Salesforce.
        Salesforce = "salesforce",
        /// Pipedrive.
        Pipedrive = "pipedrive",
        /// Zoho CRM.
        Zoho = "zoho",
        /// SugarCRM.
        Sugarcrm = "sugarcrm",
    }
);

names!(
    /// What a CRM's fields are discovered for.
    EntityType, "entity type", {
        /// People.
        Contacts = "contacts",
        /// Organisations.
        Companies = "companies",
        /// Leads.
        Leads = "leads",
        /// Deals, also called opportunities.
        Deals = "deals",
    }
);

names!(
    /// What a push carries.
    PushKind, "kind of push", {
        /// Contacts: each push creates.
        Contacts = "contacts",
        /// Companies: each push creates.
        Companies = "companies",
        /// Changes of list memberships: idempotent.
        Lists = "lists",
    }
);

impl EntityType {
    /// What the records of a push are; of lists, their members.
    pub(crate) const fn of(kind: PushKind) -> Self {
        match kind {
            PushKind::Contacts | PushKind::Lists => Self::Contacts,
            PushKind::Companies => Self::Companies,
        }
    }
}

impl PushKind {
    /// Whether the same request may be sent twice without a second effect.
    pub(crate) const fn is_idempotent(self) -> bool {
        matches!(self, Self::Lists)
    }

    /// The operation that pushes it, as the client calls it.
    pub(crate) const fn operation(self) -> &'static str {
        match self {
            Self::Contacts => "push_contacts",
            Self::Companies => "push_companies",
            Self::Lists => "push_lists",
        }
    }
}

/// The known name that is most like `name`, whatever its letter case; `None` when none is like it.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let lowered = name.trim().to_lowercase();
    known
        .map(|candidate| {
            let similarity = strsim::jaro_winkler(&lowered, &candidate.to_lowercase());
            (similarity, candidate)
        })
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(similarity, _)| *similarity >= SUGGESTION_SIMILARITY)
        .map(|(_, candidate)| candidate)
}

/// A name that is not among those that the service knows; it says which are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName(String);

impl UnknownName {
    pub(crate) fn new(what: &str, name: &str, known: &[&str]) -> Self {
        let nearest = nearest(name, known.iter().copied());
        let hint = nearest.map_or(String::new(), |candidate| {
            format!("; did you mean '{candidate}'?")
        });
        let shown: String = name.chars().take(60).collect();
        Self(format!(
            "unknown {what} '{shown}': use one of {}{hint}",
            known.join(", ")
        ))
    }
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UnknownName {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_any_letter_case() {
        assert_eq!("HubSpot".parse::<Provider>().ok(), Some(Provider::Hubspot));
    }

    #[test]
    fn names_the_nearest_provider() {
        let error = "hubspott".parse::<Provider>().unwrap_err().to_string();
        assert!(error.contains("did you mean 'hubspot'?"), "{error}");
        assert!(error.contains("sugarcrm"), "{error}");
    }

    #[test]
    fn suggests_nothing_for_a_name_far_from_all() {
        let error = "xyz".parse::<Provider>().unwrap_err().to_string();
        assert!(!error.contains("did you mean"), "{error}");
    }
}
