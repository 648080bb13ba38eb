//! What happens while calls and pushes run, as data: for logs, traces and metrics. Never a record, never the
//! key, and nothing of the service's messages, which may repeat a record.

mod event;
mod ring;
pub(crate) mod trace;

pub(crate) use event::{BatchCounts, Event, LONG_WAIT, WaitCause, operation_of};
pub use ring::{EventRing, Topics};

use std::sync::Arc;

/// Who hears of the events of a call or push.
#[derive(Clone, Default)]
pub(crate) struct Listeners(Option<Arc<EventRing>>);

impl Listeners {
    pub(crate) fn to(ring: Arc<EventRing>) -> Self {
        Self(Some(ring))
    }

    /// Tells what `event` makes, if anybody listens to its topic.
    pub(crate) fn tell(&self, topic: Topics, event: impl FnOnce() -> Event) {
        let ring = self.0.as_ref().filter(|ring| ring.wants(topic));
        let is_traced = trace::is_on();
        if ring.is_none() && !is_traced {
            return;
        }
        let event = event();
        if is_traced {
            trace::tell(&event);
        }
        if let Some(ring) = ring {
            ring.put(event);
        }
    }
}
