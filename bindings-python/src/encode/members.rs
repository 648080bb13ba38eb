//! The members of an object, written one by one.

use graph8_crm::border::{Cell, CellFault, Column, both_become, json};
use pyo3::prelude::*;
use pyo3::types::{PyInt, PyList, PyString};

use super::Encoder;
use super::fault::{Encoded, Fault, Step, lossy};
use super::numbers::not_finite;
use super::texts::text;

/// The members of an object that is being written.
pub(super) struct Members {
    start: usize,
    depth: usize,
    /// The place of the next name, if all is as in the object before.
    next: usize,
    /// They are those of a dict, which are different ones.
    are_keys: bool,
}

impl Members {
    pub(super) fn begin(json: &[u8], depth: usize) -> Self {
        Self {
            start: json.len(),
            depth,
            next: 0,
            are_keys: false,
        }
    }

    /// Of a dict.
    pub(super) fn begin_dict(json: &[u8], depth: usize) -> Self {
        Self {
            are_keys: true,
            ..Self::begin(json, depth)
        }
    }

    /// The name of a member of a dict; `value` is for the message when it has none.
    #[inline]
    pub(super) fn key<'a, 'py>(
        &mut self,
        key: &'a Bound<'py, PyAny>,
        value: &Bound<'py, PyAny>,
    ) -> Encoded<&'a Bound<'py, PyString>> {
        key.cast_exact::<PyString>().or_else(|_| {
            // Its class says what it equals.
            self.are_keys = false;
            subclass(key, value)
        })
    }

    /// Writes a member; gives the first byte of its value, or `None` when it does not travel.
    #[inline]
    pub(super) fn add(
        &mut self,
        encoder: &mut Encoder,
        json: &mut Vec<u8>,
        name: &Bound<'_, PyString>,
        value: &Bound<'_, PyAny>,
    ) -> Encoded<Option<u8>> {
        let here = |fault: Fault| fault.at(Step::key(name));
        let before = json.len();
        let keys = encoder.keys(self.depth);
        let key = keys.get(name, &mut self.next).map_err(here)?;
        if !key.travels {
            return Ok(None);
        }
        let collision = key.collision;
        let first = if let Ok(value) = value.cast_exact::<PyString>() {
            key.written.write_with_str(json, text(value).map_err(here)?);
            Some(b'"')
        } else {
            key.written.write(json);
            let start = json.len();
            encoder.value(value, json, self.depth).map_err(here)?;
            if self.depth == 0 && encoder.drops_nulls && &json[start..] == b"null" {
                json.truncate(before);
                return Ok(None);
            }
            json.get(start).copied()
        };
        take(encoder, collision, name)?;
        Ok(first)
    }

    /// Writes a member whose value lies in a row of a column.
    #[inline]
    pub(super) fn add_cell(
        &mut self,
        encoder: &mut Encoder,
        json: &mut Vec<u8>,
        name: &Bound<'_, PyString>,
        (column, row): (&Column, usize),
    ) -> Encoded {
        let here = |fault: Fault| fault.at(Step::key(name));
        let before = json.len();
        let keys = encoder.keys(self.depth);
        let key = keys.get(name, &mut self.next).map_err(here)?;
        if !key.travels {
            return Ok(());
        }
        let collision = key.collision;
        match column.write_member(&key.written, row, json) {
            Ok(Cell::Value) => {}
            Ok(cell) => {
                if cell == Cell::Nan {
                    not_finite(encoder.nan, json).map_err(here)?;
                } else {
                    json.extend_from_slice(b"null");
                }
                if encoder.drops_nulls {
                    json.truncate(before);
                    return Ok(());
                }
            }
            Err(CellFault { path, message }) => {
                return Err(here(Fault::new(message).at(Step::Path(path))));
            }
        }
        take(encoder, collision, name)
    }

    #[inline]
    pub(super) fn end(self, encoder: &mut Encoder, json: &mut Vec<u8>) -> Encoded {
        json::end_object(json, self.start);
        if encoder.keys(self.depth).may_repeat && !self.are_keys {
            return json::repeated_name(&json[self.start..])
                .map_or(Ok(()), |name| Err(Fault::new(both_become(&name))));
        }
        Ok(())
    }
}

/// Takes the name that a field travels under, which another of the record may have taken.
#[inline]
fn take(encoder: &mut Encoder, collision: Option<usize>, name: &Bound<'_, PyString>) -> Encoded {
    if let Some(collision) = collision
        && std::mem::replace(&mut encoder.taken[collision], true)
    {
        let shaper = encoder.outer.shaper();
        let placed = shaper.and_then(|shaper| shaper.place(text(name).ok()?));
        return Err(Fault::new(both_become(
            placed.map_or("", |placed| placed.name),
        )));
    }
    Ok(())
}

/// The name of a member; `value` is for the message when it has none.
#[inline]
pub(super) fn name_of<'a, 'py>(
    key: &'a Bound<'py, PyAny>,
    value: &Bound<'py, PyAny>,
) -> Encoded<&'a Bound<'py, PyString>> {
    // Most are just a str, which is quicker to see.
    key.cast_exact::<PyString>()
        .or_else(|_| subclass(key, value))
}

#[cold]
fn subclass<'a, 'py>(
    key: &'a Bound<'py, PyAny>,
    value: &Bound<'py, PyAny>,
) -> Encoded<&'a Bound<'py, PyString>> {
    key.cast::<PyString>().map_err(|_| {
        if key.is_none() && value.is_exact_instance_of::<PyList>() {
            // Where csv.DictReader keeps them.
            return Fault::new("the row has more values than the header: correct the file");
        }
        let text = key
            .repr()
            .map_or_else(|_| "?".to_owned(), |text| lossy(&text));
        let shown: String = text.chars().take(80).collect();
        let kind = key.get_type().name();
        let kind = kind.map_or_else(|_| "?".to_owned(), |name| lossy(&name));
        let advice = if key.is_instance_of::<PyInt>() {
            ", for example str(key)"
        } else {
            ""
        };
        Fault::new(format!(
            "the key {shown} is of the type {kind}, and the names of fields are texts: use str keys{advice}"
        ))
    })
}
