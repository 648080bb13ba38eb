//! Where the pushes of one kind into one CRM go, and how an error names their records.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use crate::crm::facts::{NamingFields, naming_fields};
use crate::crm::rules::Rules;
use crate::error::Result;
use crate::http::call::{Caller, Policy};
use crate::lookup::Connections;
use crate::names::{EntityType, Provider, PushKind};
use crate::reads::{Field, fetch_fields};
use crate::records::identity::IdentityFinder;
use crate::sync::lock;

/// How long the customer's fields are taken to be as they were.
const RULES_LAST: Duration = Duration::from_secs(5 * 60);

pub(crate) struct Target {
    pub(crate) provider: Provider,
    pub(crate) kind: PushKind,
    pub(crate) url: Url,
    pub(crate) naming: NamingFields,
    pub(crate) identities: IdentityFinder,
    /// For look-ups.
    pub(crate) connections: Arc<Connections>,
    /// By what is known of the CRM alone.
    standard_rules: OnceLock<Arc<Rules>>,
    /// By the customer's fields, and when those were asked for.
    rules: Mutex<Option<(Instant, Arc<Rules>)>>,
}

impl Target {
    /// `url` makes an address of a path below the base URL.
    pub(crate) fn new(
        provider: Provider,
        kind: PushKind,
        connections: &Arc<Connections>,
        url: impl FnOnce(&str) -> Url,
    ) -> Self {
        let naming = naming_fields(provider, kind);
        Self {
            provider,
            kind,
            url: url(&format!("crm-syncs/{provider}/{kind}/push")),
            naming,
            identities: IdentityFinder::new(naming.identity),
            connections: Arc::clone(connections),
            standard_rules: OnceLock::new(),
            rules: Mutex::new(None),
        }
    }

    /// What the CRM takes, as far as it is the same for all its customers.
    pub(crate) fn standard_rules(&self) -> Arc<Rules> {
        let rules = || Arc::new(Rules::new(self.provider, self.kind, &[]));
        Arc::clone(self.standard_rules.get_or_init(rules))
    }

    /// What the customer's CRM takes; its fields are asked for where they are not known or old.
    pub(crate) async fn rules(&self, caller: &Caller, policy: Policy) -> Result<Arc<Rules>> {
        let known = lock(&self.rules).clone();
        if let Some((asked, rules)) = known
            && asked.elapsed() < RULES_LAST
        {
            return Ok(rules);
        }
        let entity_type = EntityType::of(self.kind);
        let fields = fetch_fields(caller, self.provider, entity_type, policy).await?;
        Ok(self.remember(&fields))
    }

    /// Takes the customer's fields as they are now.
    pub(crate) fn remember(&self, fields: &[Field]) -> Arc<Rules> {
        let rules = Arc::new(Rules::new(self.provider, self.kind, fields));
        *lock(&self.rules) = Some((Instant::now(), Arc::clone(&rules)));
        rules
    }
}

/// A client's targets. Each is made once: for a small push that takes longer than its bookkeeping.
#[derive(Default)]
pub(crate) struct Targets([[OnceLock<Arc<Target>>; PushKind::ALL.len()]; Provider::ALL.len()]);

impl Targets {
    pub(crate) fn get(
        &self,
        provider: Provider,
        kind: PushKind,
        connections: &Arc<Connections>,
        url: impl FnOnce(&str) -> Url,
    ) -> Arc<Target> {
        let target = self.0[provider as usize][kind as usize]
            .get_or_init(|| Arc::new(Target::new(provider, kind, connections, url)));
        Arc::clone(target)
    }
}
