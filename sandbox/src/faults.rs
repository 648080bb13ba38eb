//! Planned faults: which requests they hit, and what they do to them.

use std::collections::BTreeMap;
use std::collections::VecDeque;

use fastrand::Rng;
use serde::{Deserialize, Serialize};
use serde_json::Value;

fn one() -> u64 {
    1
}

fn certain() -> f64 {
    1.0
}

fn yes() -> bool {
    true
}

/// A fault and the requests that it waits for.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Planned {
    /// For example `push_contacts`; `None` is any.
    #[serde(default)]
    pub operation: Option<String>,
    /// `None` is any CRM.
    #[serde(default)]
    pub provider: Option<String>,
    /// Matching requests that pass first.
    #[serde(default)]
    pub skip: u64,
    /// Requests that it hits.
    #[serde(default = "one")]
    pub count: u64,
    /// Chance to hit each matching request, by the sandbox's seed.
    #[serde(default = "certain")]
    pub probability: f64,
    /// What it does.
    pub fault: Fault,
}

/// What happens to a request.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[expect(missing_docs, reason = "each variant says what its fields are")]
pub enum Fault {
    /// The answer comes later, in milliseconds.
    Delay { ms: u64 },
    /// The request is held, before its effect or after it, until it is released or its client hangs up.
    Hold {
        #[serde(default)]
        after_write: bool,
    },
    /// Another answer. A string body goes out verbatim, anything else as JSON, null as nothing.
    Status {
        status: u16,
        #[serde(default)]
        headers: BTreeMap<String, String>,
        #[serde(default)]
        body: Value,
        /// Whether the CRM took the request before.
        #[serde(default)]
        after_write: bool,
    },
    /// The connection closes before the request's effect.
    CloseBeforeRead,
    /// The connection closes after the request's effect, without an answer.
    CloseAfterWrite,
    /// The answer announces its whole length and ends after so many bytes.
    Truncate { bytes: usize },
    /// The answer's counts are replaced, its errors dropped.
    Contradict {
        #[serde(default)]
        pushed_count: Option<i64>,
        #[serde(default)]
        failed_count: Option<i64>,
        #[serde(default)]
        drop_errors: bool,
    },
    /// The answer comes in small pieces.
    Drip { bytes: usize, interval_ms: u64 },
    /// The answer has another content type.
    ContentType { value: String },
    /// The answer is that large, in bytes.
    Oversized {
        bytes: usize,
        #[serde(default = "yes")]
        after_write: bool,
    },
}

/// The planned faults, in order, each with its number.
pub struct Plan {
    planned: VecDeque<(u64, Planned)>,
    added: u64,
    rng: Rng,
}

/// A fault still to come, with the number that disarms it.
#[derive(Serialize)]
pub struct Armed<'a> {
    number: u64,
    #[serde(flatten)]
    planned: &'a Planned,
}

impl Plan {
    pub fn new(seed: u64) -> Self {
        Self {
            planned: VecDeque::new(),
            added: 0,
            rng: Rng::with_seed(seed),
        }
    }

    pub fn add(&mut self, planned: Planned) {
        if planned.count > 0 {
            self.added += 1;
            self.planned.push_back((self.added, planned));
        }
    }

    /// Takes a fault back; whether it was still to come.
    pub fn disarm(&mut self, number: u64) -> bool {
        let before = self.planned.len();
        self.planned.retain(|(own, _)| *own != number);
        self.planned.len() < before
    }

    pub fn clear(&mut self) {
        self.planned.clear();
    }

    pub fn planned(&self) -> Vec<&Planned> {
        self.planned.iter().map(|(_, planned)| planned).collect()
    }

    pub fn armed(&self) -> Vec<Armed<'_>> {
        let armed = self.planned.iter();
        armed
            .map(|&(number, ref planned)| Armed { number, planned })
            .collect()
    }

    /// The fault that hits this request, if one does.
    pub fn hit(&mut self, operation: &str, provider: Option<&str>) -> Option<Fault> {
        let place = self.planned.iter().position(|(_, planned)| {
            planned
                .operation
                .as_deref()
                .is_none_or(|wanted| wanted == operation)
                && planned
                    .provider
                    .as_deref()
                    .is_none_or(|wanted| Some(wanted) == provider)
        })?;
        let (_, planned) = self.planned.get_mut(place)?;
        if planned.skip > 0 {
            planned.skip -= 1;
            return None;
        }
        if planned.probability < 1.0 && self.rng.f64() >= planned.probability {
            return None;
        }
        planned.count -= 1;
        let fault = planned.fault.clone();
        if planned.count == 0 {
            self.planned.remove(place);
        }
        Some(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(json: &str, seed: u64) -> Plan {
        let mut plan = Plan::new(seed);
        plan.add(serde_json::from_str(json).unwrap());
        plan
    }

    #[test]
    fn hits_the_matching_requests_after_those_that_pass() {
        let mut plan = plan(
            r#"{"operation": "status", "skip": 1, "count": 2, "fault": {"kind": "delay", "ms": 1}}"#,
            1,
        );
        assert!(plan.hit("fields", None).is_none());
        let hits: Vec<bool> = (0..4).map(|_| plan.hit("status", None).is_some()).collect();
        assert_eq!(hits, [false, true, true, false]);
    }

    #[test]
    fn chance_is_the_same_for_a_seed() {
        let json = r#"{"count": 1000, "probability": 0.5, "fault": {"kind": "close_before_read"}}"#;
        let hits = |seed| -> Vec<bool> {
            let mut plan = plan(json, seed);
            (0..100)
                .map(|_| plan.hit("status", None).is_some())
                .collect()
        };
        assert_eq!(hits(7), hits(7));
        assert_ne!(hits(7), hits(8));
    }
}
