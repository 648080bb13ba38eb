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
use crate::names::nearest;
use crate::push::{BatchSize, CheckOptions, MaxFailures, PushOptions, TargetList, one_of};
use crate::quote::quote;
use crate::reads::Fields;
use crate::records::csv::wrong_delimiter;
use crate::records::{CsvOptions, Nan, RecordForm, RecordShape};

macro_rules! wire {
    ($($name:ident: $type:ty,)+) => {
        /// The options as a language hands them over; what is null or absent keeps its default.
        #[derive(Deserialize)]
        struct Wire {
            $($name: Option<$type>,)+
        }

        /// The names of all options. `deadline` and `deadline_ms` are one, and so on.
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
    grace: Value,
    grace_ms: Value,
    dead_letter: Value,
    journal: Value,
    unique: Value,
    skip_existing: Value,
    resolve_unknown: Value,
    resolve_unknown_after: Value,
    resolve_unknown_after_ms: Value,
    create_list: Value,
    add_to_list: Value,
    columns: Value,
    rename: Value,
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

/// Options of a push that are functions or objects: each language keeps its own.
const CALLERS_OWN: [&str; 3] = ["progress", "resolve_unknown", "stop"];

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
    check_names("push", json, &|name| NAMES.contains(&name))?;
    let wire: Wire = serde_json::from_str(json).map_err(|error| unreadable("push", &error))?;
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
    options.deadline = duration(
        "deadline",
        wire.deadline.as_ref(),
        wire.deadline_ms.as_ref(),
    )?;
    if let Some(grace) = duration("grace", wire.grace.as_ref(), wire.grace_ms.as_ref())? {
        options.grace = grace;
    }
    options.resolve_unknown_after = duration(
        "resolve_unknown_after",
        wire.resolve_unknown_after.as_ref(),
        wire.resolve_unknown_after_ms.as_ref(),
    )?;
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
    options.skip_existing = flag("skip_existing", wire.skip_existing.as_ref())?;
    options.create_list = flag("create_list", wire.create_list.as_ref())?;
    options.add_to_list = wire.add_to_list.as_ref().map(target_list).transpose()?;
    if let Some(name) = &wire.resolve_unknown {
        options.resolve_unknown = Some(text("resolve_unknown", name)?.parse()?);
    }
    options.provider_fields = wire.provider_fields;
    options.shape = RecordShape {
        columns: wire.columns.as_ref().map(columns).transpose()?,
        rename: wire.rename.as_ref().map_or(Ok(BTreeMap::new()), renames)?,
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
    csv_of(wire.delimiter.as_ref(), wire.encoding.as_ref())?;
    Ok(options)
}

fn csv_of(given: Option<&Value>, encoding: Option<&Value>) -> Result<CsvOptions> {
    let csv = CsvOptions {
        delimiter: given.map(delimiter).transpose()?,
        encoding: encoding
            .map(|name| text("encoding", name).map(str::to_owned))
            .transpose()?,
    };
    csv.check()?;
    Ok(csv)
}

/// Reads the options of a check, as [`push_options`] those of a push.
///
/// # Errors
///
/// [`Config`](crate::ErrorKind::Config), about the option that is wrong.
pub fn check_options(json: &str) -> Result<CheckOptions> {
    check_names("check", json, &|name| CHECK_NAMES.contains(&name))?;
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

fn unreadable(what: &str, error: &serde_json::Error) -> Error {
    Error::config(format!("the options of the {what} can't be read: {error}"))
}

/// Refuses options that there are not.
fn check_names(what: &str, json: &str, is_known: &dyn Fn(&str) -> bool) -> Result<()> {
    let given: BTreeMap<String, &RawValue> =
        serde_json::from_str(json).map_err(|error| unreadable(what, &error))?;
    let mut given = given.iter();
    let unknown = given.find(|(name, value)| value.get() != "null" && !is_known(name));
    let Some((name, _)) = unknown else {
        return Ok(());
    };
    // Who hands over milliseconds judges the names by itself.
    let all = NAMES.iter().filter(|name| !name.ends_with("_ms")).copied();
    let known: Vec<&str> = if what == "push" {
        all.chain(CALLERS_OWN).collect()
    } else {
        all.filter(|name| is_known(name)).collect()
    };
    let hint = nearest(name, known.iter().copied()).map_or(String::new(), |nearest| {
        format!("; did you mean '{nearest}'?")
    });
    Err(Error::config(format!(
        "a {what} has no option '{}': use {}{hint}",
        quote(name.as_bytes()),
        known.join(", ")
    )))
}

/// Reads those options of a push or a check that say how a CSV file is read; [`push_options`] and
/// [`check_options`] judge the others.
///
/// # Errors
///
/// [`Config`](crate::ErrorKind::Config), about the option that is wrong.
pub fn csv_options(json: &str) -> Result<CsvOptions> {
    #[derive(Deserialize)]
    struct Csv {
        delimiter: Option<Value>,
        encoding: Option<Value>,
    }
    let csv: Csv = serde_json::from_str(json).map_err(|error| unreadable("push", &error))?;
    csv_of(csv.delimiter.as_ref(), csv.encoding.as_ref())
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

/// A list's name as a text, its id as a whole number, or an object that says which of the two it is.
fn target_list(given: &Value) -> Result<TargetList> {
    let wrong = |why: &str| {
        Error::config(format!(
            "add_to_list is {given}: {why}pass the list's name, or an object with its list_id or its list_name"
        ))
    };
    match given {
        Value::String(name) if looks_like_an_id(name) => {
            Err(wrong("that may be a name or an id; "))
        }
        Value::String(name) => Ok(TargetList::Name(name.clone())),
        Value::Number(id) if id.is_u64() => Ok(TargetList::Id(id.to_string())),
        Value::Object(parts) => match parts.iter().next().filter(|_| parts.len() == 1) {
            Some((key, id)) if matches!(key.as_str(), "list_id" | "listId") => match id {
                Value::Number(id) if id.is_u64() => Ok(TargetList::Id(id.to_string())),
                Value::String(id) => Ok(TargetList::Id(id.clone())),
                _ => Err(wrong("")),
            },
            Some((key, Value::String(name)))
                if matches!(key.as_str(), "list_name" | "listName") =>
            {
                Ok(TargetList::Name(name.clone()))
            }
            _ => Err(wrong("")),
        },
        _ => Err(wrong("")),
    }
}

/// Digits alone, or an id of a Salesforce campaign: as a name it would make a list of that name.
fn looks_like_an_id(text: &str) -> bool {
    let is_campaign = matches!(text.len(), 15 | 18)
        && text.starts_with("701")
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_campaign || (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
}

fn columns(given: &Value) -> Result<Vec<String>> {
    let Value::Array(columns) = given else {
        return Err(Error::config(format!(
            "columns is {given}: use a list of names"
        )));
    };
    let column = |column: &Value| match column {
        Value::String(name) => Ok(name.clone()),
        other => Err(Error::config(format!(
            "columns has {other}: use names of fields, which are strings"
        ))),
    };
    columns.iter().map(column).collect()
}

fn renames(given: &Value) -> Result<BTreeMap<String, String>> {
    let Value::Object(names) = given else {
        return Err(Error::config(format!(
            "rename is {given}: use an object of new names by the old ones"
        )));
    };
    let rename = |(old, new): (&String, &Value)| match new {
        Value::String(new) => Ok((old.clone(), new.clone())),
        other => Err(Error::config(format!(
            "rename makes {other} of '{}': use a name, which is a string",
            quote(old.as_bytes())
        ))),
    };
    names.iter().map(rename).collect()
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
fn known_fields(given: &Value) -> Result<Arc<Fields>> {
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
    Ok(Arc::new(fields))
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

/// A duration in seconds, or in milliseconds by a name that says so.
fn duration(
    name: &str,
    seconds: Option<&Value>,
    milliseconds: Option<&Value>,
) -> Result<Option<Duration>> {
    let in_ms = format!("{name}_ms");
    let given = [
        (name, seconds, "seconds", 1.0),
        (&in_ms, milliseconds, "milliseconds", 1_000.0),
    ];
    let mut found = None;
    for (name, value, unit, a_second) in given {
        if let Some(value) = value {
            let duration = Duration::try_from_secs_f64(number(name, value)? / a_second);
            found = Some(duration.map_err(|_| {
                Error::config(format!("{name} is {value}: use a number of {unit}"))
            })?);
        }
    }
    Ok(found)
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
