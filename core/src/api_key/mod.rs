//! The API key, where it is found, and how it is kept out of everything that others see.

pub(crate) mod credentials;
mod escaped;
mod key;
mod source;

pub(crate) use key::ApiKey;
pub(crate) use source::KeySource;
