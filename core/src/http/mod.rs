//! One call of the service and what it may do.

pub(crate) mod answer;
pub(crate) mod call;
mod cause;
pub(crate) mod limits;
pub(crate) mod outlook;
pub(crate) mod own_headers;
pub(crate) mod pace;
pub(crate) mod repeat;
pub(crate) mod request_body;
mod resolve;
mod share;
mod tls;
pub(crate) mod transport;
