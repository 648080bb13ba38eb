//! Field names made ready once: nearly all records of a push have the same ones, in the same order.

use graph8_crm::Shaper;
use graph8_crm::json::MemberName;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::fault::{Encoded, Fault};
use super::quiet::{Quiet, Uncommon};

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
    text: Box<str>,
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
    pub(super) fn get(&mut self, name: &Bound<'_, PyString>, next: &mut usize) -> Encoded<&Ready> {
        let place = match self.known(name, *next) {
            Ok(place) => place,
            Err(Uncommon) => self.add(name)?,
        };
        *next = place + 1;
        Ok(self.at(place))
    }

    /// Where the first name of an object is expected.
    #[inline]
    pub(super) fn first(&self) -> usize {
        self.first
    }

    /// Objects begin with the name at this place.
    #[inline]
    pub(super) fn begin_with(&mut self, place: usize) {
        self.first = place;
    }

    /// The names from `place` on, in the order in which they are expected.
    #[inline]
    pub(super) fn from(&self, place: usize) -> &[Ready] {
        self.ready.get(place..).unwrap_or_default()
    }

    /// The place before the last names, of which there are so many.
    #[inline]
    pub(super) fn before(&self, last: usize) -> usize {
        self.ready.len() - last
    }

    /// The name before the last ones, of which there are so many.
    #[inline]
    pub(super) fn followed_by(&self, last: usize) -> &Ready {
        self.at(self.before(last) - 1)
    }

    #[inline]
    pub(super) fn at(&self, place: usize) -> &Ready {
        &self.ready[place]
    }

    /// The place of a name that is ready; it is looked for at `next` first.
    #[inline]
    pub(super) fn known(&mut self, name: &Bound<'_, PyAny>, next: usize) -> Quiet<usize> {
        match self.ready.get(next) {
            Some(ready) if ready.is(name) => Ok(next),
            _ => self.search(name, next),
        }
    }

    /// The place of a name that is not the very object that is ready at `next`, where one of the same text
    /// is looked for first: names of records that were parsed one by one are objects of their own each.
    #[inline(never)]
    pub(super) fn search(&mut self, name: &Bound<'_, PyAny>, next: usize) -> Quiet<usize> {
        let name = name.cast_exact::<PyString>().map_err(|_| Uncommon)?;
        let text = name.to_str().map_err(|_| Uncommon)?;
        let same_text = |ready: &Ready| *ready.text == *text;
        let place = if self.ready.get(next).is_some_and(same_text) {
            next
        } else if let Some(place) = self.find(next, |ready| ready.is(name)) {
            return Ok(place);
        } else {
            self.find(next, same_text).ok_or(Uncommon)?
        };
        // Met again more likely than the one before, which only had the same text.
        self.ready[place].name = name.clone().unbind();
        Ok(place)
    }

    /// Finds a name from `next` on first: a record that leaves fields out goes on a few places further.
    #[inline]
    fn find(&self, next: usize, is_it: impl Fn(&Ready) -> bool) -> Option<usize> {
        let (before, after) = self.ready.split_at(next.min(self.ready.len()));
        let ahead = after.iter().position(&is_it);
        ahead
            .map(|ahead| before.len() + ahead)
            .or_else(|| before.iter().position(&is_it))
    }

    /// Makes a name ready that was not found.
    fn add(&mut self, name: &Bound<'_, PyString>) -> Encoded<usize> {
        let text = text(name)?;
        // An object of a subclass is never found as what it is.
        if let Some(place) = self.find(0, |ready| *ready.text == *text) {
            return Ok(place);
        }
        if self.ready.len() == MOST {
            self.ready.clear();
            self.first = 0;
        }
        let ready = Ready::new(name, text, self.shaper.as_ref());
        self.ready.push(ready);
        Ok(self.ready.len() - 1)
    }
}

impl Ready {
    /// Whether the name is this very object.
    #[inline]
    pub(super) fn is(&self, name: &Bound<'_, PyAny>) -> bool {
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
            name: plain(name, text),
            text: text.into(),
            travels: placed.is_some(),
            contest,
            written: MemberName::new(written),
        }
    }
}

/// A plain str: letting go of one runs no Python code, on which the walk of a dict relies. An object of
/// a subclass may do anything then.
fn plain(name: &Bound<'_, PyString>, text: &str) -> Py<PyString> {
    if name.is_exact_instance_of::<PyString>() {
        name.clone().unbind()
    } else {
        PyString::new(name.py(), text).unbind()
    }
}

pub(super) fn text<'a>(text: &'a Bound<'_, PyString>) -> Encoded<&'a str> {
    let text = text.to_str().map_err(|_| {
        Fault::new(
            "has a lone surrogate, which is not Unicode; use text.encode('utf-8', 'replace').decode()",
        )
    })?;
    // PyO3 takes it on trust, but an error handler of the caller's may give any bytes.
    str::from_utf8(text.as_bytes()).map_err(|_| {
        Fault::new(
            "has bytes that are not UTF-8, from the handler registered as 'strict' with codecs",
        )
    })
}
