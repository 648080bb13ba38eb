//! Requests that are held until they are let go: the test says when, not a clock.

use std::sync::{Arc, Weak};

use tokio::sync::watch;

/// Those that are held now, and the word that lets them go.
pub struct Holds {
    go: watch::Sender<()>,
    held: Arc<()>,
}

/// What one request waits for: the next word after this was made.
pub struct Hold {
    go: watch::Receiver<()>,
    held: Weak<()>,
}

impl Holds {
    pub fn new() -> Self {
        Self {
            go: watch::Sender::new(()),
            held: Arc::default(),
        }
    }

    pub fn hold(&self) -> Hold {
        Hold {
            go: self.go.subscribe(),
            held: Arc::downgrade(&self.held),
        }
    }

    /// How many are held. One whose client has hung up is held no more.
    pub fn count(&self) -> usize {
        Arc::strong_count(&self.held) - 1
    }

    pub fn release(&self) {
        self.go.send_replace(());
    }
}

impl Hold {
    /// Waits for the word; `None` when the sandbox was reset meanwhile.
    pub async fn wait(mut self) -> Option<()> {
        // Counted until the wait ends or is given up.
        let _held = self.held.upgrade()?;
        self.go.changed().await.ok()
    }
}
