//! Where the pushes of one kind into one CRM go, and how an error names their records.

use std::sync::{Arc, OnceLock};

use url::Url;

use crate::identity::{NameFinder, identifying_paths};
use crate::provider::{Provider, PushKind};

pub(crate) struct Target {
    pub(crate) url: Url,
    pub(crate) names: NameFinder,
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
            Arc::new(Target {
                url: url(&format!("crm-syncs/{provider}/{kind}/push")),
                names: NameFinder::new(identifying_paths(provider, kind)),
            })
        });
        Arc::clone(target)
    }
}
