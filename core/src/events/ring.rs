//! Events that wait for the thread of their caller, no more than so many.

use std::collections::VecDeque;
use std::ops::BitOr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Event;
use crate::sync::lock;

/// Most events that wait; beyond it the oldest go.
const CAPACITY: usize = 1_024;

/// What kinds of events somebody listens to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Topics(u8);

impl Topics {
    /// Requests, and waits of any length.
    pub const REQUESTS: Self = Self(1);
    /// Waits of more than a second, each 429, and rate limits that are shared no more, or again.
    pub const WAITS: Self = Self(2);
    /// Batches in doubt, and pushes that end early.
    pub const TROUBLE: Self = Self(4);
    /// The beginning and the end of pushes.
    pub const PUSHES: Self = Self(8);
    /// What became of each batch.
    pub const BATCHES: Self = Self(16);

    /// The topics that a number of another language stands for.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl BitOr for Topics {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Events between the threads on which they happen and the one that hears of them.
#[derive(Debug)]
pub struct EventRing {
    topics: Topics,
    has_events: AtomicBool,
    events: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    events: VecDeque<Event>,
    lost: u64,
}

impl EventRing {
    /// An empty ring for events of these topics.
    pub fn new(topics: Topics) -> Self {
        Self {
            topics,
            has_events: AtomicBool::new(false),
            events: Mutex::default(),
        }
    }

    /// Whether events of any of these topics are heard.
    pub(crate) fn wants(&self, topics: Topics) -> bool {
        self.topics.0 & topics.0 != 0
    }

    pub(crate) fn put(&self, event: Event) {
        let mut waiting = lock(&self.events);
        if waiting.events.len() == CAPACITY {
            waiting.events.pop_front();
            waiting.lost += 1;
        }
        waiting.events.push_back(event);
        self.has_events.store(true, Ordering::Release);
    }

    /// JSON text of the list of events since the last call; `None` when there are none. First of all it tells
    /// how many were lost, if any were.
    pub fn take(&self) -> Option<String> {
        if !self.has_events.load(Ordering::Acquire) {
            return None;
        }
        let Waiting { events, lost } = {
            let mut waiting = lock(&self.events);
            self.has_events.store(false, Ordering::Release);
            std::mem::take(&mut *waiting)
        };
        let lost = (lost > 0).then_some(Event::Lost { events: lost });
        let events: Vec<Event> = lost.into_iter().chain(events).collect();
        serde_json::to_string(&events).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(events: u64) -> Event {
        Event::Lost { events }
    }

    #[test]
    fn events_come_in_their_order_and_once() {
        let ring = EventRing::new(Topics::WAITS | Topics::PUSHES);
        assert_eq!(ring.take(), None);
        ring.put(lost(1));
        ring.put(lost(2));
        let taken = r#"[{"event":"lost","events":1},{"event":"lost","events":2}]"#;
        assert_eq!(ring.take().as_deref(), Some(taken));
        assert_eq!(ring.take(), None);
        assert!(ring.wants(Topics::PUSHES) && !ring.wants(Topics::REQUESTS));
    }

    #[test]
    fn what_nobody_takes_is_dropped_counted_and_told() {
        let ring = EventRing::new(Topics::REQUESTS);
        let many = CAPACITY as u64 + 3;
        (0..many).for_each(|number| ring.put(lost(number)));
        let taken: Vec<serde_json::Value> = serde_json::from_str(&ring.take().unwrap()).unwrap();
        assert_eq!(taken.len(), CAPACITY + 1);
        assert_eq!(taken[0]["events"], 3);
        // The oldest were dropped.
        assert_eq!(taken[1]["events"], 3);
        assert_eq!(taken[CAPACITY]["events"], many - 1);
    }
}
