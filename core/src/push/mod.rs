//! From records to outcomes: batches leave several at a time, and the state knows what became of each record.

mod check;
pub(crate) mod claim;
mod driver;
mod feed;
mod handle;
mod intake;
mod list_addition;
mod list_targets;
mod looks;
mod options;
mod preparation;
mod progress;
mod shared;
#[cfg(test)]
mod simulated;
mod sizing;
mod state;
mod target;
pub(crate) mod verdict;

pub use check::{Check, CheckOptions};
pub use handle::{CancelHandle, Flow, Push};
#[cfg(feature = "bindings")]
pub(crate) use options::one_of;
pub use options::{
    MAX_BATCH_SIZE, MAX_CONCURRENCY, MaxFailures, OnChange, OnError, OnUnknown, PushOptions,
    ResolveUnknown, TargetList, Unique,
};
pub use progress::{PushProgress, Wait, WaitReason};
pub use sizing::{BatchSize, DEFAULT_BATCH_SIZE};
pub(crate) use target::{Target, Targets};
