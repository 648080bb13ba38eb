//! What is known of the CRMs behind the service.

pub(crate) mod check;
pub(crate) mod errors;
pub(crate) mod facts;
pub(crate) mod fix;
pub(crate) mod graph8;
mod live;
pub(crate) mod rules;
pub(crate) mod source_watch;
mod standard;
pub(crate) mod suggest;
