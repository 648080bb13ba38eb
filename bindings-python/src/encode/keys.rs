//! Field names made ready once: nearly all records of a push have the same ones.

use graph8_crm::{Shaper, json};
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::fault::{Encoded, Fault};

const SLOTS: usize = 128;

/// A field name as it is written.
#[derive(Clone, Copy)]
pub(super) struct Key<'a> {
    /// A comma, the name and a colon.
    pub(super) prefix: &'a [u8],
    /// The number of the name among those that more than one field may want.
    pub(super) contest: Option<usize>,
}

/// Names by the address of their `str`.
pub(super) struct Keys {
    slots: Box<[Option<Ready>]>,
    shaper: Option<Shaper>,
}

struct Ready {
    /// Held, so that its address stays its own.
    name: Py<PyString>,
    /// Empty for a field that does not travel.
    prefix: Vec<u8>,
    contest: Option<usize>,
}

impl Keys {
    pub(super) fn new(shaper: Option<Shaper>) -> Self {
        Self {
            slots: std::iter::repeat_with(|| None).take(SLOTS).collect(),
            shaper,
        }
    }

    pub(super) fn shaper(&self) -> Option<&Shaper> {
        self.shaper.as_ref()
    }

    /// How the field is written; `None` when it does not travel.
    #[inline]
    pub(super) fn get(&mut self, name: &Bound<'_, PyString>) -> Encoded<Option<Key<'_>>> {
        let address = name.as_ptr();
        let slot = &mut self.slots[(address.addr() >> 4) % SLOTS];
        let is_ready = matches!(slot, Some(ready) if ready.name.as_ptr() == address);
        if !is_ready {
            *slot = Some(Ready::new(name, self.shaper.as_ref())?);
        }
        Ok(slot.as_ref().and_then(|ready| {
            (!ready.prefix.is_empty()).then_some(Key {
                prefix: &ready.prefix,
                contest: ready.contest,
            })
        }))
    }
}

impl Ready {
    fn new(name: &Bound<'_, PyString>, shaper: Option<&Shaper>) -> Encoded<Self> {
        let text = text(name)?;
        let placed = match shaper {
            None => Some((text, None)),
            Some(shaper) => shaper
                .place(text)
                .map(|placed| (placed.name, placed.contest)),
        };
        let mut prefix = Vec::new();
        if let Some((name, _)) = placed {
            prefix.push(b',');
            json::write_str(&mut prefix, name);
            prefix.push(b':');
        }
        Ok(Self {
            name: name.clone().unbind(),
            prefix,
            contest: placed.and_then(|(_, contest)| contest),
        })
    }
}

pub(super) fn text<'a>(text: &'a Bound<'_, PyString>) -> Encoded<&'a str> {
    text.to_str().map_err(|_| {
        Fault::new(
            "has a lone surrogate, which is not Unicode; use text.encode('utf-8', 'replace').decode()",
        )
    })
}
