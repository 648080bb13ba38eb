//! What is known of the CRMs behind the service.

pub(crate) mod errors;
pub(crate) mod facts;
pub(crate) mod graph8;
