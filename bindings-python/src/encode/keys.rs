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
    /// The place of the name that objects begin with.
    first: usize,
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
            first: 0,
            shaper,
        }
    }

    pub(super) fn shaper(&self) -> Option<&Shaper> {
        self.shaper.as_ref()
    }

    /// How the field is written. It is looked for at `next` first, which then is behind it.
    #[inline]
    pub(super) fn get(&mut self, name: &Bound<'_, PyString>, next: &mut usize) -> Encoded<&Ready> {
        if !self.ready.get(*next).is_some_and(|ready| ready.is(name)) {
            *next = self.find(name, *next)?;
        }
        *next += 1;
        Ok(self.at(*next - 1))
    }

    /// Where the first name of an object is expected.
    #[inline]
    pub(super) fn first(&self) -> usize {
        self.first
    }

    /// The names from `place` on, in the order in which they are expected.
    #[inline]
    pub(super) fn from(&self, place: usize) -> &[Ready] {
        self.ready.get(place..).unwrap_or_default()
    }

    /// The place where the last names begin.
    #[inline]
    pub(super) fn before(&self, last: &[Ready]) -> usize {
        self.ready.len() - last.len()
    }

    #[inline]
    pub(super) fn at(&self, place: usize) -> &Ready {
        &self.ready[place]
    }

    /// The place of the name, which is looked for from `next` on first.
    #[inline(never)]
    pub(super) fn find(&mut self, name: &Bound<'_, PyString>, next: usize) -> Encoded<usize> {
        let text = text(name)?;
        let py = name.py();
        let is_it = |ready: &Ready| {
            ready.len == text.len() && ready.name.bind(py).to_str().is_ok_and(|it| it == text)
        };
        // A record that leaves fields out goes on a few places further.
        let (before, after) = self.ready.split_at(next.min(self.ready.len()));
        let ahead = after.iter().position(is_it);
        let found = ahead
            .map(|ahead| before.len() + ahead)
            .or_else(|| before.iter().position(is_it));
        let place = if let Some(place) = found {
            if let Some(name) = held(name) {
                // Met again more likely than the one before, which only had the same text.
                self.ready[place].name = name;
            }
            place
        } else {
            if self.ready.len() == MOST {
                self.ready.clear();
                self.first = 0;
            }
            let ready = Ready::new(name, text, self.shaper.as_ref());
            self.ready.push(ready);
            self.ready.len() - 1
        };
        if next == self.first {
            self.first = place;
        }
        Ok(place)
    }
}

impl Ready {
    pub(super) fn name<'py>(&self, py: Python<'py>) -> &Bound<'py, PyString> {
        self.name.bind(py)
    }

    /// Whether the name is this very object.
    #[inline]
    pub(super) fn is(&self, name: &Bound<'_, PyString>) -> bool {
        self.name.as_ptr() == name.as_ptr()
    }

    fn new(name: &Bound<'_, PyString>, text: &str, shaper: Option<&Shaper>) -> Self {
        let placed = match shaper {
            None => Some((text, None)),
            Some(shaper) => shaper
                .place(text)
                .map(|placed| (placed.name, placed.contest)),
        };
        let (written, contest) = placed.unwrap_or_default();
        Self {
            name: held(name).unwrap_or_else(|| PyString::new(name.py(), text).unbind()),
            len: text.len(),
            travels: placed.is_some(),
            contest,
            written: MemberName::new(written),
        }
    }
}

/// The name itself, if it is a plain str: letting go of one runs no Python code, on which the walk of a
/// dict relies. An object of a subclass may do anything then.
fn held(name: &Bound<'_, PyString>) -> Option<Py<PyString>> {
    name.is_exact_instance_of::<PyString>()
        .then(|| name.clone().unbind())
}

pub(super) fn text<'a>(text: &'a Bound<'_, PyString>) -> Encoded<&'a str> {
    text.to_str().map_err(|_| {
        Fault::new(
            "has a lone surrogate, which is not Unicode; use text.encode('utf-8', 'replace').decode()",
        )
    })
}
