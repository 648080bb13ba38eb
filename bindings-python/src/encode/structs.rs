//! `msgspec.Struct`s: as `msgspec.to_builtins` names and omits their fields, with values as anywhere else.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PySet, PyString, PyTuple};

use super::classes::is_of;
use super::fault::{Encoded, Fault};
use super::fields::{Fields, value_of};

pub(super) fn fields<'py>(object: &Bound<'py, PyAny>) -> Encoded<Fields<'py>> {
    let py = object.py();
    let failed = |error| Fault::raised(py, error);
    let class = object.get_type();
    let read = |name| class.getattr(name).and_then(|found| all(&found));
    let names = read(intern!(py, "__struct_fields__")).map_err(failed)?;
    let written = read(intern!(py, "__struct_encode_fields__")).unwrap_or_else(|_| names.clone());
    let config = class.getattr(intern!(py, "__struct_config__")).ok();
    let is = |option| -> bool {
        let config = config.as_ref();
        config.is_some_and(|config| {
            config
                .getattr(option)
                .and_then(|set| set.is_truthy())
                .unwrap_or(false)
        })
    };
    if is(intern!(py, "array_like")) {
        return listed(object, &names, config.as_ref()).map_err(failed);
    }
    let omits_defaults = is(intern!(py, "omit_defaults"));
    let defaults = if omits_defaults {
        read(intern!(py, "__struct_defaults__")).map_err(failed)?
    } else {
        Vec::new()
    };
    let without_default = names.len().saturating_sub(defaults.len());
    let mut fields = Vec::with_capacity(names.len());
    if let Some(tag) = config.as_ref().and_then(|config| tag(config).transpose()) {
        fields.push(tag.map_err(failed)?);
    }
    for (index, (name, written)) in names.iter().zip(&written).enumerate() {
        let name = name
            .cast::<PyString>()
            .map_err(|error| failed(error.into()))?;
        let Some(value) = value_of(object, name)? else {
            continue;
        };
        let is_default = index
            .checked_sub(without_default)
            .and_then(|index| defaults.get(index))
            .is_some_and(|default| is_default(&value, default));
        if is_default || is_of(&value.get_type(), "msgspec", "UnsetType") {
            continue;
        }
        let written = written
            .cast::<PyString>()
            .map_err(|error| failed(error.into()))?;
        fields.push((written.clone(), value));
    }
    Ok(Fields::Pairs(fields))
}

/// Of a struct that msgspec writes as a list of its values.
fn listed<'py>(
    object: &Bound<'py, PyAny>,
    names: &[Bound<'py, PyAny>],
    config: Option<&Bound<'py, PyAny>>,
) -> PyResult<Fields<'py>> {
    let values = PyList::empty(object.py());
    if let Some((_, tag)) = config.map(tag).transpose()?.flatten() {
        values.append(tag)?;
    }
    for name in names {
        values.append(object.getattr(name.cast::<PyString>()?)?)?;
    }
    Ok(Fields::Value(values.into_any()))
}

fn all<'py>(found: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyAny>>> {
    found.try_iter()?.collect()
}

/// The field that tells structs of a union apart, if there is one.
fn tag<'py>(
    config: &Bound<'py, PyAny>,
) -> PyResult<Option<(Bound<'py, PyString>, Bound<'py, PyAny>)>> {
    let py = config.py();
    let name = config.getattr(intern!(py, "tag_field"))?;
    if name.is_none() {
        return Ok(None);
    }
    let tag = config.getattr(intern!(py, "tag"))?;
    Ok(Some((name.cast_into()?, tag)))
}

/// As msgspec sees it: the default itself, or an empty collection where the default makes one.
fn is_default(value: &Bound<'_, PyAny>, default: &Bound<'_, PyAny>) -> bool {
    if value.is(default) {
        return true;
    }
    if !is_of(&default.get_type(), "msgspec", "Factory") {
        return false;
    }
    let is_made = default
        .getattr(intern!(default.py(), "factory"))
        .is_ok_and(|factory| factory.is(value.get_type()));
    let is_collection = value.is_exact_instance_of::<PyList>()
        || value.is_exact_instance_of::<PyDict>()
        || value.is_exact_instance_of::<PySet>()
        || value.is_exact_instance_of::<PyTuple>();
    is_made && is_collection && value.len().is_ok_and(|len| len == 0)
}
