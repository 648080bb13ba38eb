//! Requests that wait until a test releases them, however long that takes.

use std::sync::{Arc, Weak};

use tokio::sync::watch;

/// The requests that are held now, and the signal that releases them.
pub struct Holds {
    release: watch::Sender<()>,
    held: Arc<()>,
}

/// What one request waits for: the next release after this was made.
pub struct Hold {
    release: watch::Receiver<()>,
    held: Weak<()>,
}

impl Holds {
    pub fn new() -> Self {
        Self {
            release: watch::Sender::new(()),
            held: Arc::default(),
        }
    }

    pub fn hold(&self) -> Hold {
        Hold {
            release: self.release.subscribe(),
            held: Arc::downgrade(&self.held),
        }
    }

    /// How many requests are held, without those whose client has hung up.
    pub fn count(&self) -> usize {
        Arc::strong_count(&self.held) - 1
    }

    pub fn release(&self) {
        self.release.send_replace(());
    }
}

impl Hold {
    /// Waits for the release; `None` when the sandbox was reset meanwhile.
    pub async fn wait(mut self) -> Option<()> {
        // Counted until the wait ends or is given up.
        let _held = self.held.upgrade()?;
        self.release.changed().await.ok()
    }
}
