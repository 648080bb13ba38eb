//! What a sandbox keeps between requests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use fastrand::Rng;

use crate::accounts::{Account, Accounts, Description};
use crate::crms::Provider;
use crate::faults::Plan;
use crate::graph8::Graph8;
use crate::holds::Holds;
use crate::ids;
use crate::keys::KeyState;
use crate::options::SandboxOptions;
use crate::rate::Limiter;
use crate::request_log::LoggedRequest;
use crate::siblings::Siblings;

/// Shared by the connections.
#[derive(Clone)]
pub struct Shared(Arc<Mutex<State>>);

impl Shared {
    pub fn new(options: SandboxOptions) -> Self {
        Self(Arc::new(Mutex::new(State::new(options))))
    }

    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub struct State {
    options: SandboxOptions,
    pub accounts: Accounts,
    pub graph8: Graph8,
    /// How fields are described.
    pub description: Description,
    pub faults: Plan,
    pub holds: Holds,
    pub keys: HashMap<String, KeyState>,
    pub limiter: Option<Limiter>,
    pub requests: Vec<LoggedRequest>,
    /// How often it was reset.
    pub resets: u64,
    /// How the sibling endpoints answer.
    pub siblings: Siblings,
    started: Instant,
    request_ids: Rng,
}

impl State {
    pub fn new(options: SandboxOptions) -> Self {
        Self {
            accounts: Accounts::new(options.seed),
            graph8: Graph8::new(options.seed),
            description: Description::default(),
            faults: Plan::new(options.seed),
            holds: Holds::new(),
            keys: HashMap::new(),
            limiter: options.rate_limit.map(Limiter::new),
            requests: Vec::new(),
            resets: 0,
            siblings: Siblings::default(),
            started: Instant::now(),
            request_ids: Rng::with_seed(options.seed ^ 0x5eed),
            options,
        }
    }

    pub fn is_strict(&self) -> bool {
        self.options.strict
    }

    pub fn next_request_id(&mut self) -> String {
        format!("req_{}", ids::uuid(&mut self.request_ids).replace('-', ""))
    }

    pub fn since_start(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Everything as at the start.
    pub fn reset(&mut self) {
        let resets = self.resets + 1;
        *self = Self {
            resets,
            ..Self::new(self.options.clone())
        };
    }

    /// The account at the CRM of that name; the error names those that there are.
    pub fn account(&mut self, provider: &str) -> Result<&mut Account, String> {
        self.accounts.named(provider).ok_or_else(|| {
            format!(
                "no CRM '{provider}': use one of {}",
                Provider::names().join(", ")
            )
        })
    }
}
