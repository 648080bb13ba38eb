//! What an object is, asked by its class and never by what it answers: an object may answer to any name.

use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};

/// Whether the class, or one that it is made from, is called `name` in a module of that package. Nothing is
/// imported for it: objects of a package that was not loaded can't be there.
pub(super) fn is_of(class: &Bound<'_, PyType>, package: &str, name: &str) -> bool {
    class.mro().iter().any(|base| {
        base.cast::<PyType>().is_ok_and(|base| {
            base.name().is_ok_and(|found| has_text(&found, name))
                && base
                    .module()
                    .is_ok_and(|module| is_in(&module.to_string_lossy(), package))
        })
    })
}

fn has_text(found: &Bound<'_, PyString>, name: &str) -> bool {
    found.to_string_lossy() == name
}

fn is_in(module: &str, package: &str) -> bool {
    module
        .strip_prefix(package)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
