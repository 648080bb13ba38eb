//! Options of a push, as the bindings hand them over.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::{Error, Result};
use crate::push::{BatchSize, MaxFailures, PushOptions, one_of};
use crate::records::{Nan, RecordShape};

macro_rules! wire {
    ($($name:ident: $type:ty,)+) => {
        /// The options as a language hands them over; what is null or absent keeps its default.
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Wire {
            $($name: Option<$type>,)+
        }

        /// The names of all options. `deadline` and `deadline_ms` are one.
        pub(super) const NAMES: &[&str] = &[$(stringify!($name),)+];
    };
}

wire! {
    batch_size: Value,
    batch_bytes: Value,
    concurrency: Value,
    on_unknown: Value,
    on_error: Value,
    max_failures: Value,
    max_consecutive_unknown: Value,
    provider_fields: Box<RawValue>,
    deadline: Value,
    deadline_ms: Value,
    dead_letter: Value,
    journal: Value,
    unique: Value,
    columns: Vec<String>,
    rename: BTreeMap<String, String>,
    drop_nulls: Value,
    nan: Value,
}

/// Reads options from JSON text of an object with the names of [`PushOptions`] and its shape: sizes as whole
/// numbers or `"auto"`, `deadline` in seconds or `deadline_ms` in milliseconds, `max_failures` as a number, paths as strings.
///
/// # Errors
///
/// [`Config`](crate::ErrorKind::Config), about the option that is wrong.
pub fn push_options(json: &str) -> Result<PushOptions> {
    let wire: Wire = serde_json::from_str(json)
        .map_err(|error| Error::config(format!("the options of the push are wrong: {error}")))?;
    let mut options = PushOptions::default();
    match &wire.batch_size {
        None => {}
        Some(Value::String(name)) => options.batch_size = name.parse()?,
        Some(size) => options.batch_size = BatchSize::Fixed(whole("batch_size", size)?),
    }
    if let Some(bytes) = &wire.batch_bytes {
        options.batch_bytes = whole("batch_bytes", bytes)?;
    }
    if let Some(concurrency) = &wire.concurrency {
        options.concurrency = whole("concurrency", concurrency)?;
    }
    if let Some(name) = &wire.on_unknown {
        options.on_unknown = text("on_unknown", name)?.parse()?;
    }
    if let Some(name) = &wire.on_error {
        options.on_error = text("on_error", name)?.parse()?;
    }
    if let Some(most) = &wire.max_failures {
        options.max_failures = Some(MaxFailures::from_number(number("max_failures", most)?)?);
    }
    if let Some(most) = &wire.max_consecutive_unknown {
        options.max_consecutive_unknown = whole("max_consecutive_unknown", most)?;
    }
    for (name, value, unit, a_second) in [
        ("deadline", &wire.deadline, "seconds", 1.0),
        ("deadline_ms", &wire.deadline_ms, "milliseconds", 1_000.0),
    ] {
        if let Some(value) = value {
            let deadline = Duration::try_from_secs_f64(number(name, value)? / a_second);
            options.deadline = Some(deadline.map_err(|_| {
                Error::config(format!("{name} is {value}: use a number of {unit}"))
            })?);
        }
    }
    for (name, wire, option) in [
        ("dead_letter", &wire.dead_letter, &mut options.dead_letter),
        ("journal", &wire.journal, &mut options.journal),
    ] {
        if let Some(path) = wire {
            *option = Some(PathBuf::from(text(name, path)?));
        }
    }
    if let Some(name) = &wire.unique {
        options.unique = Some(text("unique", name)?.parse()?);
    }
    options.provider_fields = wire.provider_fields;
    options.shape = RecordShape {
        columns: wire.columns,
        rename: wire.rename.unwrap_or_default(),
        drop_nulls: match &wire.drop_nulls {
            None => false,
            Some(Value::Bool(drop)) => *drop,
            Some(other) => {
                return Err(Error::config(format!(
                    "drop_nulls is {other}: use true or false"
                )));
            }
        },
        nan: match &wire.nan {
            None => Nan::default(),
            Some(name) => one_of(
                "nan",
                text("nan", name)?,
                [("null", Nan::Null), ("error", Nan::Error)],
            )?,
        },
    };
    Ok(options)
}

fn number(name: &str, value: &Value) -> Result<f64> {
    value
        .as_f64()
        .ok_or_else(|| Error::config(format!("{name} is {value}: use a number")))
}

fn whole<T: TryFrom<u64>>(name: &str, value: &Value) -> Result<T> {
    value
        .as_u64()
        .and_then(|value| T::try_from(value).ok())
        .ok_or_else(|| Error::config(format!("{name} is {value}: use a whole number in range")))
}

fn text<'a>(name: &str, value: &'a Value) -> Result<&'a str> {
    value
        .as_str()
        .ok_or_else(|| Error::config(format!("{name} is {value}: use a string")))
}
