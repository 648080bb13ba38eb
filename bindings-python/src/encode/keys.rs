//! Field names made ready once: nearly all records of a push have the same ones, in the same order.

use graph8_crm::border::Shaper;
use graph8_crm::border::json::MemberName;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::fault::Encoded;
use super::texts::text;

/// More names are hardly fields: a source of so many has new ones in each record.
const MOST: usize = 256;

/// Names in the order in which they were first seen.
pub(super) struct Keys {
    /// Behind as many as are kept, the last of those that are too many.
    ready: Vec<Ready>,
    /// Whether an object had a name that may have been there before: names of ascending places are different ones.
    pub(super) may_repeat: bool,
    shaper: Option<Shaper>,
}

/// A field name as it is written.
pub(super) struct Ready {
    /// Owned, so that no other object gets its address.
    name: Py<PyString>,
    text: Box<str>,
    /// Whether the field travels.
    pub(super) travels: bool,
    /// The number of the name among those that more than one field may want.
    pub(super) collision: Option<usize>,
    pub(super) written: MemberName,
}

impl Keys {
    pub(super) fn new(shaper: Option<Shaper>) -> Self {
        Self {
            ready: Vec::new(),
            may_repeat: false,
            shaper,
        }
    }

    pub(super) fn shaper(&self) -> Option<&Shaper> {
        self.shaper.as_ref()
    }

    /// How the field is written. It is looked for at `next` first, which is moved behind it.
    #[inline]
    pub(super) fn get(&mut self, name: &Bound<'_, PyString>, next: &mut usize) -> Encoded<&Ready> {
        let place = match self.ready.get(*next) {
            Some(ready) if ready.is(name) => *next,
            _ => self.search(name, *next)?,
        };
        *next = place + 1;
        Ok(&self.ready[place])
    }

    /// The place of a name that is not the very object at `next`. One of the same text is looked for there
    /// first: records that were parsed one by one have a new object for each name.
    #[inline(never)]
    fn search(&mut self, name: &Bound<'_, PyString>, next: usize) -> Encoded<usize> {
        let text = text(name)?;
        let same_text = |ready: &Ready| *ready.text == *text;
        let place = if self.ready.get(next).is_some_and(same_text) {
            next
        } else if let Some(place) = self.find(next, |ready| ready.is(name)) {
            self.may_repeat |= place < next;
            return Ok(place);
        } else if let Some(place) = self.find(next, same_text) {
            self.may_repeat |= place < next;
            place
        } else {
            return Ok(self.add(name, text));
        };
        if let Some(name) = lasting(name) {
            self.ready[place].name = name;
        }
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

    /// Makes a new name ready, in place of the last when there are too many: places of the others must not change
    /// while an object is written.
    fn add(&mut self, name: &Bound<'_, PyString>, text: &str) -> usize {
        let ready = Ready::new(name, text, self.shaper.as_ref());
        if self.ready.len() > MOST {
            self.ready.truncate(MOST);
            self.may_repeat = true;
        }
        self.ready.push(ready);
        self.ready.len() - 1
    }
}

impl Ready {
    /// Whether the name is this very object.
    #[inline]
    fn is(&self, name: &Bound<'_, PyString>) -> bool {
        self.name.is(name)
    }

    fn new(name: &Bound<'_, PyString>, text: &str, shaper: Option<&Shaper>) -> Self {
        let placed = match shaper {
            None => Some((text, None)),
            Some(shaper) => shaper
                .place(text)
                .map(|placed| (placed.name, placed.collision)),
        };
        let (written, collision) = placed.unwrap_or_default();
        Self {
            name: lasting(name).unwrap_or_else(|| PyString::new(name.py(), text).unbind()),
            text: text.into(),
            travels: placed.is_some(),
            collision,
            written: MemberName::new(written),
        }
    }
}

/// The name, if it may be kept beyond its record: an object of a subclass may keep anything alive.
fn lasting(name: &Bound<'_, PyString>) -> Option<Py<PyString>> {
    name.is_exact_instance_of::<PyString>()
        .then(|| name.clone().unbind())
}
