//! What a user is to hear of the store of a shared limit: that it is away, and that it is back.

use std::collections::VecDeque;

/// More that nobody has asked for are dropped, the oldest first.
const MOST: usize = 16;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// The client goes on alone.
    Alone {
        /// Where it is, without secrets.
        store: String,
        /// The end of a sentence that begins with the store.
        why: String,
        /// Of how many clients this one has its part of the limit.
        clients: usize,
    },
    /// The limit is shared again.
    Shared { store: String },
}

/// Those that nobody heard yet.
#[derive(Default)]
pub(super) struct Notices(VecDeque<Notice>);

impl Notices {
    pub(super) fn put(&mut self, notice: Notice) {
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back(notice);
    }

    pub(super) fn take(&mut self) -> Vec<Notice> {
        self.0.drain(..).collect()
    }
}
