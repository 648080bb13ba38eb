//! From records to outcomes: batches leave several at a time, and the state knows what became of each record.

mod check;
pub(crate) mod claim;
mod driver;
mod feed;
mod forecast;
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
mod snapshot;
mod state;
mod target;
pub(crate) mod verdict;

pub use check::{Check, CheckOptions};
pub use handle::{CancelHandle, Flow, Push, StopHandle};
#[cfg(feature = "bindings")]
pub(crate) use options::one_of;
pub use options::{
    DEFAULT_GRACE, MAX_BATCH_SIZE, MAX_CONCURRENCY, MaxFailures, OnChange, OnError, OnUnknown,
    PushOptions, ResolveUnknown, TargetList, Unique,
};
pub use progress::{PushProgress, Wait, WaitReason};
pub use sizing::{BatchSize, DEFAULT_BATCH_SIZE};
pub(crate) use target::{Target, Targets};
