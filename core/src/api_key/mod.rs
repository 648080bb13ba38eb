//! The API key, and how it is kept out of everything that others see.

mod escaped;
mod key;

pub(crate) use key::ApiKey;
