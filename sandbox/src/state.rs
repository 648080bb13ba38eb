//! All that a sandbox knows, and the commands that look at it and change it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use fastrand::Rng;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::SandboxOptions;
use crate::accounts::{Connection, Crm, World};
use crate::facts::{Field, PROVIDERS};
use crate::faults::{Plan, Planned};
use crate::holds::Holds;
use crate::ids;
use crate::keys::KeyState;
use crate::rate::{Limiter, RateLimit};

/// What a test or a user asks of the sandbox itself.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
#[expect(missing_docs, reason = "each variant says what its fields are")]
pub enum Command {
    /// What a CRM holds.
    Records {
        provider: String,
        entity: String,
    },
    /// A CRM's lists with their members.
    Lists {
        provider: String,
    },
    AddList {
        provider: String,
        #[serde(default)]
        id: Option<String>,
        #[serde(default)]
        name: Option<String>,
    },
    /// The requests seen so far.
    Requests,
    /// Everything as at the start.
    Reset,
    /// The faults still to come.
    Faults,
    FailNext(Planned),
    /// Takes back the faults still to come.
    ClearFaults,
    /// How many requests are held now.
    Held,
    /// Lets all requests go that are held.
    Release,
    AddCustomField {
        provider: String,
        entity: String,
        field: Box<Field>,
    },
    SetConnection {
        provider: String,
        state: Connection,
    },
    SetKey {
        key: String,
        state: KeyState,
    },
    SetRateLimit {
        rate_limit: Option<RateLimit>,
    },
    /// The OpenAPI document.
    Openapi,
}

/// A request as the log keeps it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub headers: BTreeMap<String, String>,
    pub body: Value,
    /// `null` when no answer was given.
    pub status: Option<u16>,
    pub request_id: String,
    /// Since the sandbox's start or reset.
    pub arrived_ms: u64,
    /// The fault that hit it.
    pub fault: Option<Value>,
}

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
    pub world: World,
    pub faults: Plan,
    pub holds: Holds,
    pub keys: HashMap<String, KeyState>,
    pub limiter: Option<Limiter>,
    pub seen: Vec<Seen>,
    started: Instant,
    request_ids: Rng,
}

impl State {
    fn new(options: SandboxOptions) -> Self {
        Self {
            world: World::new(options.seed),
            faults: Plan::new(options.seed),
            holds: Holds::new(),
            keys: HashMap::new(),
            limiter: options.rate_limit.map(Limiter::new),
            seen: Vec::new(),
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

    /// Carries out a command; the error is a sentence about it.
    pub fn run(&mut self, command: Command) -> Result<Value, String> {
        match command {
            Command::Records { provider, entity } => {
                let table = self.crm(&provider)?.table(&entity);
                let table = table.ok_or_else(|| {
                    format!("no records of '{entity}': use contacts or companies")
                })?;
                Ok(json!(table.records))
            }
            Command::Lists { provider } => Ok(json!(self.crm(&provider)?.lists)),
            Command::AddList { provider, id, name } => {
                let crm = self.crm(&provider)?;
                if let Some(taken) = id.as_ref().filter(|id| crm.list(id).is_some()) {
                    return Err(format!("list {taken} exists already"));
                }
                Ok(json!({"id": crm.add_list(id, name)}))
            }
            Command::Requests => Ok(json!(self.seen)),
            Command::Reset => {
                *self = Self::new(self.options.clone());
                Ok(Value::Null)
            }
            Command::Faults => Ok(json!(self.faults.to_come())),
            Command::ClearFaults => {
                self.faults.clear();
                Ok(Value::Null)
            }
            Command::FailNext(planned) => {
                self.faults.add(planned);
                Ok(Value::Null)
            }
            Command::Held => Ok(json!(self.holds.count())),
            Command::Release => {
                self.holds.release();
                Ok(Value::Null)
            }
            Command::AddCustomField {
                provider,
                entity,
                field,
            } => {
                let crm = self.crm(&provider)?;
                if crm.rules(&entity, false).is_none() {
                    return Err(format!("no entity '{entity}'"));
                }
                crm.custom.entry(entity).or_default().push(*field);
                Ok(Value::Null)
            }
            Command::SetConnection { provider, state } => {
                self.crm(&provider)?.connection = state;
                Ok(Value::Null)
            }
            Command::SetKey { key, state } => {
                self.keys.insert(key, state);
                Ok(Value::Null)
            }
            Command::SetRateLimit { rate_limit } => {
                self.limiter = rate_limit.map(Limiter::new);
                Ok(Value::Null)
            }
            Command::Openapi => Ok(crate::api::document()),
        }
    }

    fn crm(&mut self, provider: &str) -> Result<&mut Crm, String> {
        self.world
            .crm(provider)
            .ok_or_else(|| format!("no CRM '{provider}': use one of {}", PROVIDERS.join(", ")))
    }
}
