//! Options of a push, as the bindings hand them over.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::crm::fix::Empty;
use crate::error::{Error, Result};
use crate::push::{BatchSize, CheckOptions, MaxFailures, PushOptions, one_of};
use crate::quote::quote;
use crate::reads::{Field, Fields};
use crate::records::csv::wrong_delimiter;
use crate::records::{CsvOptions, Nan, RecordForm, RecordShape};

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
    on_change: Value,
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
    form: Value,
    primary_key: Value,
    check: Value,
    fix: Value,
    empty: Value,
    fields: Value,
    delimiter: Value,
    encoding: Value,
}

/// The names of the options that a check has.
pub(super) const CHECK_NAMES: &[&str] = &[
    "columns",
    "rename",
    "drop_nulls",
    "nan",
    "form",
    "primary_key",
    "fix",
    "empty",
    "fields",
    "delimiter",
    "encoding",
];

/// Reads options from JSON text of an object with the names of [`PushOptions`] and its shape: sizes as whole
/// numbers or `"auto"`, `deadline` in seconds or `deadline_ms` in milliseconds, `max_failures` as a number, paths as strings.
///
/// # Errors
///
/// [`Config`](crate::ErrorKind::Config), about the option that is wrong.
pub fn push_options(json: &str) -> Result<PushOptions> {
    read(json).map(|(options, _)| options)
}

fn read(json: &str) -> Result<(PushOptions, CsvOptions)> {
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
    if let Some(name) = &wire.on_change {
        options.on_change = text("on_change", name)?.parse()?;
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
        drop_nulls: flag("drop_nulls", wire.drop_nulls.as_ref())?,
        nan: choice(
            "nan",
            wire.nan.as_ref(),
            [("null", Nan::Null), ("error", Nan::Error)],
        )?,
        form: choice(
            "form",
            wire.form.as_ref(),
            [("crm", RecordForm::Crm), ("graph8", RecordForm::Graph8)],
        )?,
        primary_key: wire
            .primary_key
            .map(names_of_key)
            .transpose()?
            .unwrap_or_default(),
    };
    options.check = flag("check", wire.check.as_ref())?;
    options.fix = flag("fix", wire.fix.as_ref())?;
    options.empty = choice(
        "empty",
        wire.empty.as_ref(),
        [
            ("keep", Empty::Keep),
            ("null", Empty::Null),
            ("drop", Empty::Drop),
        ],
    )?;
    options.fields = wire.fields.as_ref().map(known_fields).transpose()?;
    let encoding = wire.encoding.as_ref();
    let csv = CsvOptions {
        delimiter: wire.delimiter.as_ref().map(delimiter).transpose()?,
        encoding: encoding
            .map(|name| text("encoding", name).map(str::to_owned))
            .transpose()?,
    };
    csv.check()?;
    Ok((options, csv))
}

/// Reads the options of a check, as [`push_options`] those of a push.
///
/// # Errors
///
/// [`Config`](crate::ErrorKind::Config), about the option that is wrong.
pub fn check_options(json: &str) -> Result<CheckOptions> {
    let given: BTreeMap<String, Value> = serde_json::from_str(json)
        .map_err(|error| Error::config(format!("the options of the check are wrong: {error}")))?;
    for (name, value) in &given {
        if !value.is_null() && !CHECK_NAMES.contains(&name.as_str()) {
            return Err(Error::config(format!(
                "a check has no option '{}': use {}",
                quote(name.as_bytes()),
                CHECK_NAMES.join(", ")
            )));
        }
    }
    let PushOptions {
        shape,
        fix,
        empty,
        fields,
        ..
    } = push_options(json)?;
    Ok(CheckOptions {
        shape,
        fix,
        empty,
        fields,
    })
}

/// Reads those options of a push or a check that say how a CSV file is read.
///
/// # Errors
///
/// [`Config`](crate::ErrorKind::Config), about the option that is wrong.
pub fn csv_options(json: &str) -> Result<CsvOptions> {
    read(json).map(|(_, csv)| csv)
}

/// One name, or a list of them.
fn names_of_key(given: Value) -> Result<Vec<String>> {
    let wrong = |given: &dyn std::fmt::Display| {
        Error::config(format!(
            "primary_key is {given}: use a field's name, or a list of names"
        ))
    };
    let names = match given {
        Value::String(name) => vec![Value::String(name)],
        Value::Array(names) if !names.is_empty() => names,
        other => return Err(wrong(&other)),
    };
    let name = |name: Value| match name {
        Value::String(name) => Ok(name),
        other => Err(wrong(&other)),
    };
    names.into_iter().map(name).collect()
}

fn delimiter(given: &Value) -> Result<char> {
    let given = text("delimiter", given)?;
    let mut characters = given.chars();
    match (characters.next(), characters.next()) {
        (Some(delimiter), None) => Ok(delimiter),
        _ => Err(wrong_delimiter(given)),
    }
}

/// The customer's fields: a list of them, an object with `fields`, their JSON text, or the path of a file
/// that holds it.
fn known_fields(given: &Value) -> Result<Arc<[Field]>> {
    let wrong = |error: &dyn std::fmt::Display| {
        Error::config(format!(
            "fields can't be read: {error}; use what fields() gave, its JSON, or the path of a file of it"
        ))
    };
    let text = match given {
        Value::String(text) if text.trim_start().starts_with(['[', '{']) => text.clone(),
        Value::String(path) => fs::read_to_string(path)
            .map_err(|error| wrong(&format!("'{}': {error}", quote(path.as_bytes()))))?,
        other => other.to_string(),
    };
    let fields = Fields::from_json(&text).map_err(|error| wrong(&error.message()))?;
    Ok(fields.into())
}

fn flag(name: &str, value: Option<&Value>) -> Result<bool> {
    match value {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(other) => Err(Error::config(format!(
            "{name} is {other}: use true or false"
        ))),
    }
}

fn choice<T: Default, const N: usize>(
    name: &str,
    value: Option<&Value>,
    known: [(&str, T); N],
) -> Result<T> {
    match value {
        None => Ok(T::default()),
        Some(value) => one_of(name, text(name, value)?, known),
    }
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
