//! Rows of queries and objects of database layers, known by their class.

use std::collections::HashSet;

use graph8_crm::border::both_become;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use super::classes::is_of;
use super::fault::{Encoded, Fault, lossy};
use super::fields::{Fields, listed_names};

/// The fields of a row of Spark; `None` for another tuple, and for a row without names.
pub(super) fn of_spark<'py>(
    row: &Bound<'py, PyAny>,
    values: &Bound<'py, PyTuple>,
) -> Encoded<Option<Fields<'py>>> {
    if !is_of(&row.get_type(), "pyspark.sql", "Row") {
        return Ok(None);
    }
    let py = row.py();
    let failed = |error| Fault::raised(py, error);
    // Of the row itself: its class answers to the names of all columns.
    let Some(names) = row
        .getattr(intern!(py, "__dict__"))
        .and_then(|own| Ok(own.cast_into::<PyDict>()?))
        .and_then(|own| own.get_item(intern!(py, "__fields__")))
        .map_err(failed)?
    else {
        return Ok(None);
    };
    let names = listed_names(&names).map_err(failed)?;
    refuse_repeated(&names)?;
    Ok(Some(Fields::Pairs(names.into_iter().zip(values).collect())))
}

pub(super) fn of_pyodbc<'py>(row: &Bound<'py, PyAny>) -> PyResult<Fields<'py>> {
    let mut fields = Vec::new();
    for (index, column) in row
        .getattr(intern!(row.py(), "cursor_description"))?
        .try_iter()?
        .enumerate()
    {
        let name = column?.get_item(0)?.cast_into::<PyString>()?;
        fields.push((name, row.get_item(index)?));
    }
    Ok(Fields::Pairs(fields))
}

/// The fields of a row of `SQLAlchemy`; of one that holds a mapped object alone, those of the object.
pub(super) fn of_sqlalchemy<'py>(row: &Bound<'py, PyAny>) -> Encoded<Fields<'py>> {
    let py = row.py();
    let failed = |error| Fault::raised(py, error);
    let values: Vec<_> = row.try_iter().and_then(Iterator::collect).map_err(failed)?;
    for value in &values {
        if is_mapped(value)? {
            return match &*values {
                [mapped] => of_mapped(mapped),
                _ => Err(Fault::new(format!(
                    "the row holds {} beside other columns; select single columns, or one mapped class alone",
                    shown(value)
                ))),
            };
        }
    }
    row.getattr(intern!(py, "_mapping"))
        .map(Fields::Items)
        .map_err(failed)
}

/// Whether it is an object of a class that `SQLAlchemy` maps to a table.
pub(super) fn is_mapped(object: &Bound<'_, PyAny>) -> Encoded<bool> {
    let py = object.py();
    let class = object.get_type();
    let has = |name| -> PyResult<bool> { Ok(class.getattr_opt(name)?.is_some()) };
    has(intern!(py, "__mapper__"))
        .and_then(|is_mapped| Ok(is_mapped && has(intern!(py, "_sa_class_manager"))?))
        .map_err(|error| Fault::raised(py, error))
}

/// The columns of a mapped object that are loaded: to ask for others would be a query each.
pub(super) fn of_mapped<'py>(object: &Bound<'py, PyAny>) -> Encoded<Fields<'py>> {
    let py = object.py();
    let failed = |error| Fault::raised(py, error);
    let read = || -> PyResult<_> {
        let columns = object
            .get_type()
            .getattr(intern!(py, "__mapper__"))?
            .getattr(intern!(py, "column_attrs"))?
            .call_method0(intern!(py, "keys"))?;
        let loaded = object
            .getattr(intern!(py, "__dict__"))?
            .cast_into::<PyDict>()?;
        let mut fields = Vec::new();
        for name in listed_names(&columns)? {
            if let Some(value) = loaded.get_item(&name)? {
                fields.push((name, value));
            }
        }
        Ok(fields)
    };
    let fields = read().map_err(failed)?;
    if fields.is_empty() {
        return Err(Fault::new(format!(
            "no column of {} is loaded: a commit makes objects forget them; push before it, or with \
             expire_on_commit=False",
            shown(object)
        )));
    }
    Ok(Fields::Pairs(fields))
}

fn shown(object: &Bound<'_, PyAny>) -> String {
    let name = object.get_type().fully_qualified_name();
    name.map_or_else(|_| "an object".to_owned(), |name| format!("a {name}"))
}

/// Refuses two columns of one name, of which a record could hold only one.
fn refuse_repeated(names: &[Bound<'_, PyString>]) -> Encoded {
    let mut seen = HashSet::with_capacity(names.len());
    for name in names {
        let name = lossy(name);
        if seen.contains(&name) {
            return Err(Fault::new(both_become(&name)));
        }
        seen.insert(name);
    }
    Ok(())
}
