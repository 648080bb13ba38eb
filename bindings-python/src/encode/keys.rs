//! Field names made ready once: nearly all records of a push have the same ones, in the same order.

use graph8_crm::Shaper;
use graph8_crm::json::MemberName;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::fault::{Encoded, Fault};

/// Names beyond these are hardly fields; who has so many has new ones in each record.
const MOST: usize = 256;

/// Names in the order in which they were first seen.
pub(super) struct Keys {
    ready: Vec<Ready>,
    shaper: Option<Shaper>,
}

/// A field name as it is written.
pub(super) struct Ready {
    /// Held, so that its address stays its own.
    name: Py<PyString>,
    /// Bytes of the name.
    len: usize,
    /// Whether the field travels.
    pub(super) travels: bool,
    /// The number of the name among those that more than one field may want.
    pub(super) contest: Option<usize>,
    pub(super) written: MemberName,
}

impl Keys {
    pub(super) fn new(shaper: Option<Shaper>) -> Self {
        Self {
            ready: Vec::new(),
            shaper,
        }
    }

    pub(super) fn shaper(&self) -> Option<&Shaper> {
        self.shaper.as_ref()
    }

    /// How the field is written. It is looked for at `next` first, which then is behind it.
    #[inline]
    pub(super) fn get(&mut self, name: &Bound<'_, PyString>, next: &mut usize) -> Encoded<&Ready> {
        let is_next = |ready: &Ready| ready.name.as_ptr() == name.as_ptr();
        if !self.ready.get(*next).is_some_and(is_next) {
            *next = self.find(name, *next)?;
        }
        let ready = &self.ready[*next];
        *next += 1;
        Ok(ready)
    }

    #[inline(never)]
    fn find(&mut self, name: &Bound<'_, PyString>, next: usize) -> Encoded<usize> {
        let text = text(name)?;
        let py = name.py();
        let is_it = |ready: &Ready| {
            ready.len == text.len() && ready.name.bind(py).to_str().is_ok_and(|it| it == text)
        };
        // A record that leaves fields out goes on a few places further.
        let (before, after) = self.ready.split_at(next.min(self.ready.len()));
        if let Some(ahead) = after.iter().position(is_it) {
            return Ok(before.len() + ahead);
        }
        if let Some(place) = before.iter().position(is_it) {
            return Ok(place);
        }
        if self.ready.len() == MOST {
            // Letting go of a plain str runs no Python code, on which the walk of a dict relies.
            self.ready.clear();
        }
        self.ready
            .push(Ready::new(name, text, self.shaper.as_ref()));
        Ok(self.ready.len() - 1)
    }
}

impl Ready {
    fn new(name: &Bound<'_, PyString>, text: &str, shaper: Option<&Shaper>) -> Self {
        let placed = match shaper {
            None => Some((text, None)),
            Some(shaper) => shaper
                .place(text)
                .map(|placed| (placed.name, placed.contest)),
        };
        let (written, contest) = placed.unwrap_or_default();
        // Of a subclass the text alone is kept: such an object may do anything when it goes.
        let held = if name.is_exact_instance_of::<PyString>() {
            name.clone()
        } else {
            PyString::new(name.py(), text)
        };
        Self {
            name: held.unbind(),
            len: text.len(),
            travels: placed.is_some(),
            contest,
            written: MemberName::new(written),
        }
    }
}

pub(super) fn text<'a>(text: &'a Bound<'_, PyString>) -> Encoded<&'a str> {
    text.to_str().map_err(|_| {
        Fault::new(
            "has a lone surrogate, which is not Unicode; use text.encode('utf-8', 'replace').decode()",
        )
    })
}
