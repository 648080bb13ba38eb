//! What was made right, by kind.

use crate::report::FixKind;

/// What was made right in a value; none where it stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fixes(u16);

impl Fixes {
    pub(super) const NONE: Self = Self(0);

    pub(super) fn of(kind: FixKind) -> Self {
        Self(1 << kind as u16)
    }

    pub(super) fn is_none(self) -> bool {
        self == Self::NONE
    }

    pub(super) fn has(self, kind: FixKind) -> bool {
        self.0 & (1 << kind as u16) != 0
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
