//! Calls whose events another language hears of.

use std::sync::Arc;

use crate::client::Client;
pub use crate::events::{EventRing, Topics};

/// A client as one call uses it: events of these topics go to the ring, if there are any.
pub fn listened(client: &Client, topics: Topics) -> (Client, Option<Arc<EventRing>>) {
    if topics.is_empty() {
        return (client.clone(), None);
    }
    let ring = Arc::new(EventRing::new(topics));
    (client.told_to(Arc::clone(&ring)), Some(ring))
}
