//! How an object's named fields are read, by what it is.

use graph8_crm::border::problem_of_value;
use pyo3::exceptions::PyAttributeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyMapping, PySequence, PyString, PyTuple};

use super::classes::is_of;
use super::fault::{Encoded, Fault, lossy};
use super::imported::{FIELD, LOADS, TYPED, imported, is_a};
use super::{numpy, rows, structs};

type Pairs<'py> = Vec<(Bound<'py, PyString>, Bound<'py, PyAny>)>;

/// What an object's fields are read from.
pub(super) enum Fields<'py> {
    /// Something with `items()`.
    Items(Bound<'py, PyAny>),
    /// A dict of this very type.
    Dict(Bound<'py, PyDict>),
    /// Attributes by name.
    Attributes(Vec<Bound<'py, PyString>>),
    /// Something with `keys()` and `[key]`, such as a row of a query.
    Keys(Bound<'py, PyAny>),
    /// Names and values, as they were read.
    Pairs(Pairs<'py>),
    /// What a model says that it is in JSON, which need not be an object.
    Value(Bound<'py, PyAny>),
    /// A record class of this package: its dict, and the kinds of its fields.
    Typed(Bound<'py, PyDict>, Bound<'py, PyAny>),
}

/// How an object of named fields is read; `None` when it has none.
pub(super) fn fields<'py>(object: &Bound<'py, PyAny>) -> Encoded<Option<Fields<'py>>> {
    let py = object.py();
    let failed = |error| Fault::raised(py, error);
    if object.cast::<PyMapping>().is_ok() {
        return Ok(Some(Fields::Items(object.clone())));
    }
    let class = object.get_type();
    let has = |name| attribute(class.as_any(), name);
    if is_a(object, &TYPED, "graph8_crm._typed", "TypedRecord")? {
        let kinds = object.getattr(intern!(py, "_kinds")).map_err(failed)?;
        let values = object
            .getattr(intern!(py, "__dict__"))
            .and_then(|values| Ok(values.cast_into::<PyDict>()?))
            .map_err(failed)?;
        return Ok(Some(Fields::Typed(values, kinds)));
    }
    if let Some(serializer) = has(intern!(py, "__pydantic_serializer__"))? {
        return dumped(object, &serializer).map(Some);
    }
    if rows::is_mapped(object)? {
        return rows::of_mapped(object).map(Some);
    }
    if let Some(fields) = has(intern!(py, "__dataclass_fields__"))? {
        return dataclass(&fields).map(Some).map_err(failed);
    }
    if let Some(attributes) = has(intern!(py, "__attrs_attrs__"))? {
        let names = attributes
            .try_iter()
            .and_then(|each| each.map(|one| one?.getattr(intern!(py, "name"))).collect())
            .and_then(names);
        return names.map(Fields::Attributes).map(Some).map_err(failed);
    }
    if has(intern!(py, "__struct_fields__"))?.is_some() {
        return structs::fields(object).map(Some);
    }
    if let Ok(values) = object.cast::<PyTuple>() {
        return match has(intern!(py, "_fields"))? {
            Some(fields) => listed(&fields).map(Some).map_err(failed),
            None => rows::of_spark(object, values),
        };
    }
    // pydantic 1 has no mark of its own but these two.
    if has(intern!(py, "__fields__"))?.is_some() && has(intern!(py, "__validators__"))?.is_some() {
        return dumped_by_pydantic_1(object).map(Some);
    }
    if has(intern!(py, "keys"))?.is_some() && has(intern!(py, "__getitem__"))?.is_some() {
        return match by_position(object).map_err(failed)? {
            Some(pairs) => Ok(Some(Fields::Pairs(pairs))),
            None => Ok(Some(Fields::Keys(object.clone()))),
        };
    }
    of_a_library(object)
}

/// Names and values of a row that is a sequence of its values: to `row[name]`, names that differ in letter case
/// alone are one in sqlite3.
fn by_position<'py>(row: &Bound<'py, PyAny>) -> PyResult<Option<Pairs<'py>>> {
    if row.cast::<PySequence>().is_err() {
        return Ok(None);
    }
    let keys = row.call_method0(intern!(row.py(), "keys"))?;
    let keys: Vec<_> = keys.try_iter()?.collect::<PyResult<_>>()?;
    let values: Vec<_> = row.try_iter()?.collect::<PyResult<_>>()?;
    if keys.len() != values.len() {
        return Ok(None);
    }
    Ok(Some(names(keys)?.into_iter().zip(values).collect()))
}

/// Rows of libraries that have no mark of their own, by the module of their class.
fn of_a_library<'py>(object: &Bound<'py, PyAny>) -> Encoded<Option<Fields<'py>>> {
    let class = object.get_type();
    let (Ok(module), Ok(name)) = (class.module(), class.name()) else {
        return Ok(None);
    };
    let failed = |error| Fault::raised(object.py(), error);
    match (&*lossy(&module), &*lossy(&name)) {
        ("numpy", "void" | "record") | ("numpy.ma" | "numpy.ma.core", "mvoid") => {
            numpy::fields_of_row(object).map_err(failed)
        }
        ("pyodbc", "Row") => rows::of_pyodbc(object).map(Some).map_err(failed),
        ("sqlalchemy.engine.row" | "sqlalchemy.engine.result", _)
            if is_of(&class, "sqlalchemy.engine", "Row") =>
        {
            rows::of_sqlalchemy(object).map(Some)
        }
        _ => Ok(None),
    }
}

fn attribute<'py>(
    object: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
) -> Encoded<Option<Bound<'py, PyAny>>> {
    object
        .getattr_opt(name)
        .map_err(|error| Fault::raised(object.py(), error))
}

fn dataclass<'py>(fields: &Bound<'py, PyAny>) -> PyResult<Fields<'py>> {
    let py = fields.py();
    let ordinary = imported(&FIELD, py, "dataclasses", "_FIELD")?;
    let mut found = Vec::new();
    for field in fields.call_method0(intern!(py, "values"))?.try_iter()? {
        let field = field?;
        // Class variables are listed as well.
        if field.getattr(intern!(py, "_field_type"))?.is(ordinary) {
            found.push(field.getattr(intern!(py, "name"))?);
        }
    }
    names(found).map(Fields::Attributes)
}

fn listed<'py>(fields: &Bound<'py, PyAny>) -> PyResult<Fields<'py>> {
    listed_names(fields).map(Fields::Attributes)
}

pub(super) fn listed_names<'py>(list: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyString>>> {
    names(list.try_iter()?.collect::<PyResult<_>>()?)
}

fn names(found: Vec<Bound<'_, PyAny>>) -> PyResult<Vec<Bound<'_, PyString>>> {
    found
        .into_iter()
        .map(|name| Ok(name.cast_into::<PyString>()?))
        .collect()
}

/// What a pydantic object is in JSON, as it says itself: its serializers and aliases count, secrets are masked.
fn dumped<'py>(object: &Bound<'py, PyAny>, serializer: &Bound<'py, PyAny>) -> Encoded<Fields<'py>> {
    let py = object.py();
    let dump = || -> PyResult<_> {
        let options = PyDict::new(py);
        options.set_item(intern!(py, "by_alias"), true)?;
        let json_options = options.copy()?;
        options.set_item(intern!(py, "mode"), intern!(py, "json"))?;
        // Of the class: a model may have a field of that name. URLs, secrets and dataclasses don't dump themselves.
        let (dumped, is_its_own) = match object.get_type().getattr_opt(intern!(py, "model_dump"))? {
            Some(method) => (
                method.call((object,), Some(&options))?,
                method
                    .getattr_opt(intern!(py, "__module__"))?
                    .is_none_or(|module| !module.eq("pydantic.main").unwrap_or(false)),
            ),
            None => (
                serializer.call_method(intern!(py, "to_python"), (object,), Some(&options))?,
                false,
            ),
        };
        // A dict has lost one of two fields of one name: aliases, or keys that are one text. Text has both.
        let text = if is_its_own {
            None
        } else {
            serializer
                .call_method(intern!(py, "to_json"), (object,), Some(&json_options))
                .ok()
                .and_then(|text| text.cast_into::<PyBytes>().ok())
        };
        Ok((dumped, text))
    };
    let (dumped, text) = dump().map_err(|error| Fault::raised(py, error))?;
    if let Some(message) = text.and_then(|text| problem_of_value(text.as_bytes())) {
        return Err(Fault::new(message));
    }
    Ok(dict_or_value(dumped))
}

/// As `dumped`. pydantic 1 has JSON as text alone.
fn dumped_by_pydantic_1<'py>(model: &Bound<'py, PyAny>) -> Encoded<Fields<'py>> {
    let py = model.py();
    let dump = || -> PyResult<_> {
        let by_alias = PyDict::new(py);
        by_alias.set_item(intern!(py, "by_alias"), true)?;
        let method = model.get_type().getattr(intern!(py, "json"))?;
        let text = method.call((model,), Some(&by_alias))?;
        let read = imported(&LOADS, py, "json", "loads")?.call1((&text,))?;
        Ok((read, text))
    };
    let (read, text) = dump().map_err(|error| Fault::raised(py, error))?;
    if let Ok(text) = text.cast::<PyString>()
        && let Some(message) = problem_of_value(lossy(text).as_bytes())
    {
        return Err(Fault::new(message));
    }
    Ok(dict_or_value(read))
}

fn dict_or_value(dumped: Bound<'_, PyAny>) -> Fields<'_> {
    match dumped.cast_into::<PyDict>() {
        Ok(fields) => Fields::Dict(fields),
        Err(other) => Fields::Value(other.into_inner()),
    }
}

/// The value of an attribute; `None` when the object lacks it.
pub(super) fn value_of<'py>(
    object: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
) -> Encoded<Option<Bound<'py, PyAny>>> {
    match object.getattr(name) {
        Ok(value) => Ok(Some(value)),
        // A slot that was never filled: the field is absent.
        Err(error) if error.is_instance_of::<PyAttributeError>(object.py()) => Ok(None),
        Err(error) => Err(Fault::raised(object.py(), error)),
    }
}
