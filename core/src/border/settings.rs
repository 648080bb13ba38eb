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

    /// Sets the time-outs to connect, between reads, and of a whole request, each by the name that it has for
    /// the caller. They were given as numbers of `unit`, for example `("seconds", 1.0)`: its name, and how many
    /// of them are a second.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) for a number that is negative or not finite.
    pub fn set_timeouts(
        &mut self,
        unit: (&str, f64),
        [connect, read, whole]: [(&str, Option<f64>); 3],
    ) -> Result<()> {
        self.set_duration(unit, connect, ClientBuilder::connect_timeout)?;
        self.set_duration(unit, read, ClientBuilder::read_timeout)?;
        self.set_duration(unit, whole, ClientBuilder::timeout)
    }

    fn set_duration(
        &mut self,
        (unit, per_second): (&str, f64),
        (name, value): (&str, Option<f64>),
        set: impl FnOnce(ClientBuilder, Duration) -> ClientBuilder,
    ) -> Result<()> {
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
