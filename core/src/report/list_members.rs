//! Memberships of lists: how many a push asks for, and how many the service says it changed.

/// Memberships of lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Members {
    pub(crate) added: u64,
    pub(crate) removed: u64,
}

impl Members {
    pub(crate) fn and(self, more: Self) -> Self {
        Self {
            added: self.added.saturating_add(more.added),
            removed: self.removed.saturating_add(more.removed),
        }
    }
}

impl AskedAndDone {
    pub(crate) fn and(self, more: Self) -> Self {
        Self {
            asked: self.asked.and(more.asked),
            done: self.done.and(more.done),
        }
    }
}

/// Memberships that were asked for, and those that the service says it changed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AskedAndDone {
    pub(crate) asked: Members,
    pub(crate) done: Members,
}
