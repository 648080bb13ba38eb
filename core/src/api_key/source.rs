//! Where a key was found.

use crate::api_key::credentials;

/// Where a key was found: its owner looks there when the service refuses it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum KeySource {
    /// The caller gave it.
    #[default]
    Given,
    /// A variable of the environment, by its name.
    Environment(&'static str),
    /// The credentials file of graph8's own tools.
    File,
}

impl KeySource {
    /// The place by its name, unless the caller gave the key.
    pub(crate) const fn place(self) -> Option<&'static str> {
        match self {
            Self::Given => None,
            Self::Environment(name) => Some(name),
            Self::File => Some(credentials::SHOWN),
        }
    }

    /// What to do about a key that the service refuses.
    pub(crate) fn advice(self) -> String {
        self.place().map_or_else(
            || "; check the key that the client was given".to_owned(),
            |place| format!("; the key comes from {place}: check it there"),
        )
    }
}
