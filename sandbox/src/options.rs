//! How a sandbox starts.

use serde::Deserialize;

use crate::rate::RateLimit;

/// Settings of a sandbox.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SandboxOptions {
    /// Port on loopback. Default: 0, a free one.
    pub port: u16,
    /// Seed of ids and of faults that hit by chance. Default: 0.
    pub seed: u64,
    /// Refuse what the real CRMs swallow silently. Default: no.
    pub strict: bool,
    /// Rate limit of the organisation. Default: no limit.
    pub rate_limit: Option<RateLimit>,
}
