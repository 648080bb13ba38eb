//! Where the pushes of one kind into one CRM go, and how an error names their records.

use std::sync::{Arc, OnceLock};

use url::Url;

use crate::crm::facts::{NamingFields, naming_fields};
use crate::names::{Provider, PushKind};
use crate::records::identity::IdentityFinder;

pub(crate) struct Target {
    pub(crate) provider: Provider,
    pub(crate) kind: PushKind,
    pub(crate) url: Url,
    pub(crate) naming: NamingFields,
    pub(crate) identities: IdentityFinder,
}

/// A client's targets. Each is made once: for a small push that takes longer than its bookkeeping.
#[derive(Default)]
pub(crate) struct Targets([[OnceLock<Arc<Target>>; PushKind::ALL.len()]; Provider::ALL.len()]);

impl Targets {
    pub(crate) fn get(
        &self,
        provider: Provider,
        kind: PushKind,
        url: impl FnOnce(&str) -> Url,
    ) -> Arc<Target> {
        let target = self.0[provider as usize][kind as usize].get_or_init(|| {
            let naming = naming_fields(provider, kind);
            Arc::new(Target {
                provider,
                kind,
                url: url(&format!("crm-syncs/{provider}/{kind}/push")),
                naming,
                identities: IdentityFinder::new(naming.identity),
            })
        });
        Arc::clone(target)
    }
}
