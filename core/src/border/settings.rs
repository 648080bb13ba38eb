//! Settings of a client, of which only those that were given change anything.

use std::time::Duration;

use crate::client::Client;
use crate::config::ClientBuilder;
use crate::error::{Error, Result};

/// A builder on its way.
#[derive(Default)]
pub struct Settings(ClientBuilder);

impl Settings {
    /// None of them given.
    pub fn new() -> Self {
        Self(Client::builder())
    }

    /// Sets what was given.
    pub fn set<T>(
        &mut self,
        value: Option<T>,
        set: impl FnOnce(ClientBuilder, T) -> ClientBuilder,
    ) {
        if let Some(value) = value {
            self.0 = set(std::mem::take(&mut self.0), value);
        }
    }

    /// Sets a duration that was given as a number of `unit`, for example `("seconds", 1.0)`: its name, and
    /// how many of them are a second.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) for a number that is negative or not finite.
    pub fn set_duration(
        &mut self,
        name: &str,
        value: Option<f64>,
        unit: (&str, f64),
        set: impl FnOnce(ClientBuilder, Duration) -> ClientBuilder,
    ) -> Result<()> {
        let (unit, per_second) = unit;
        let duration = value
            .map(|value| {
                Duration::try_from_secs_f64(value / per_second).map_err(|_| {
                    Error::config(format!("{name} is {value}: use a number of {unit}"))
                })
            })
            .transpose()?;
        self.set(duration, set);
        Ok(())
    }

    /// The builder with all that was set.
    pub fn into_builder(self) -> ClientBuilder {
        self.0
    }
}
