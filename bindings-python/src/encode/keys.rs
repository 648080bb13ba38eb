//! Field names made ready once: nearly all records of a push have the same ones.

use graph8_crm::{Shaper, json};
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::fault::{Encoded, Fault};

const SLOTS: usize = 128;

/// Names by the address of their `str`.
pub(super) struct Keys {
    /// Empty until there is a name.
    slots: Vec<Option<Ready>>,
    shaper: Option<Shaper>,
}

/// A field name as it is written.
pub(super) struct Ready {
    /// Held, so that its address stays its own.
    name: Py<PyString>,
    /// Whether the field travels.
    pub(super) travels: bool,
    /// The number of the name among those that more than one field may want.
    pub(super) contest: Option<usize>,
    prefix: Prefix,
}

/// A comma, the name and a colon.
enum Prefix {
    /// Copied whole, without a call, and cut to its length.
    Short([u8; SHORT], usize),
    Long(Vec<u8>),
}

const SHORT: usize = 32;

impl Keys {
    pub(super) fn new(shaper: Option<Shaper>) -> Self {
        Self {
            slots: Vec::new(),
            shaper,
        }
    }

    pub(super) fn shaper(&self) -> Option<&Shaper> {
        self.shaper.as_ref()
    }

    /// How the field is written.
    #[inline]
    pub(super) fn get(&mut self, name: &Bound<'_, PyString>) -> Encoded<&Ready> {
        let address = name.as_ptr();
        if self.slots.is_empty() {
            self.slots.resize_with(SLOTS, || None);
        }
        let slot = &mut self.slots[(address.addr() >> 4) % SLOTS];
        let is_ready = matches!(slot, Some(ready) if ready.name.as_ptr() == address);
        if !is_ready {
            // Letting go of a plain str runs no Python code, on which the walk of a dict relies.
            *slot = None;
        }
        match slot {
            Some(ready) => Ok(ready),
            None => Ok(slot.insert(Ready::new(name, self.shaper.as_ref())?)),
        }
    }
}

impl Ready {
    #[cold]
    fn new(name: &Bound<'_, PyString>, shaper: Option<&Shaper>) -> Encoded<Self> {
        let text = text(name)?;
        let placed = match shaper {
            None => Some((text, None)),
            Some(shaper) => shaper
                .place(text)
                .map(|placed| (placed.name, placed.contest)),
        };
        let (written, contest) = placed.unwrap_or_default();
        let mut prefix = vec![b','];
        json::write_str(&mut prefix, written);
        prefix.push(b':');
        let len = prefix.len();
        // Of a subclass the text alone is kept: such an object may do anything when it goes.
        let held = if name.is_exact_instance_of::<PyString>() {
            name.clone()
        } else {
            PyString::new(name.py(), text)
        };
        Ok(Self {
            name: held.unbind(),
            travels: placed.is_some(),
            contest,
            prefix: if len > SHORT {
                Prefix::Long(prefix)
            } else {
                let mut short = [0; SHORT];
                short[..len].copy_from_slice(&prefix);
                Prefix::Short(short, len)
            },
        })
    }

    /// Begins the member.
    #[inline]
    pub(super) fn write(&self, json: &mut Vec<u8>) {
        match &self.prefix {
            Prefix::Short(bytes, len) => {
                let end = json.len() + len;
                json.extend_from_slice(bytes);
                json.truncate(end);
            }
            Prefix::Long(bytes) => json.extend_from_slice(bytes),
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
