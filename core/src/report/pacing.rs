//! With whom a push shared the rate limit.

use serde::{Deserialize, Serialize};

/// Whose requests the client of a push counted beside its own, so that all together kept to the limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PacingScope {
    /// Those of all processes of the host that use the same store.
    Host,
    /// Those of all clients, on any host, that use the same Redis.
    Shared,
    /// Its own alone: that was asked for, nothing was paced, or the store could not be had at the end.
    #[default]
    Alone,
}

impl PacingScope {
    /// As in other languages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Shared => "shared",
            Self::Alone => "alone",
        }
    }

    /// Of two pushes as one.
    pub(super) fn both(self, other: Self) -> Self {
        if self == other { self } else { Self::Alone }
    }
}
