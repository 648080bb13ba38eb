//! The usual values, without references of our own to them: half of the time would go into these.
//!
//! Nothing here runs Python code, so what a dict or list holds stays alive. What would run some, and what
//! ends in a message, is [`Uncommon`]: nothing is left of it in the JSON, and it is for those who hold
//! what they write.

use graph8_crm::{Nan, json};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString};
use pyo3::{Borrowed, ffi};

use super::keys::{Keys, Ready};
use super::{Encoder, Members};

/// It can't be written here.
pub(super) struct Uncommon;

pub(super) type Quiet<T = ()> = Result<T, Uncommon>;

/// Members of a dict that are looked at before the first of them is encoded: these loads then wait
/// for memory together, and not one by one.
pub(super) const AHEAD: usize = 16;

/// Containers in each other that are written at once: what is uncommon in them has all of them written
/// again.
const DEPTH: usize = if cfg!(Py_GIL_DISABLED) {
    // Locking another object may let go of the lock on the dict that holds it.
    0
} else {
    2
};

type Value<'a, 'py> = Borrowed<'a, 'py, PyAny>;

/// How many of the names that are ready come after the member's own, and its value.
type Member<'a, 'py> = (usize, Value<'a, 'py>);

impl Encoder {
    /// Writes the next members of a record and gives how many, which are fewer than [`AHEAD`] at its end;
    /// or only those before the first that is uncommon, and then gives how many as the error.
    #[inline]
    pub(super) fn quiet_members(
        &mut self,
        walk: &mut Walk<'_, '_>,
        members: &mut Members,
        json: &mut Vec<u8>,
    ) -> Result<usize, usize> {
        let Self {
            outer,
            inner,
            nan,
            drops_nulls,
            ..
        } = self;
        let nothing = walk.dict.as_any().as_borrowed();
        let mut ahead = [(0, nothing); AHEAD];
        let (found, are_expected) =
            look_ahead(walk, outer, members.next, &mut ahead).map_err(|Uncommon| 0_usize)?;
        let found = &ahead[..found];
        let mut writer = Writer { inner, nan: *nan };
        let written = if are_expected && outer.shaper().is_none() {
            writer.expected(outer.from(members.next), found, json)
        } else {
            let each = found.iter().map_while(|(after, value)| {
                let ready = outer.at(outer.before(*after) - 1);
                writer.shaped(ready, value, *drops_nulls, json).ok()
            });
            each.count()
        };
        if let Some((after, _)) = found[..written].last() {
            members.next = outer.before(*after);
        }
        if written == found.len() {
            Ok(written)
        } else {
            Err(written)
        }
    }

    /// Writes an object within a record.
    pub(super) fn quiet_object(&mut self, dict: &Bound<'_, PyDict>, json: &mut Vec<u8>) -> Quiet {
        let mut writer = Writer {
            inner: &mut self.inner,
            nan: self.nan,
        };
        let start = json.len();
        let written = writer.object(dict, json, DEPTH);
        if written.is_err() {
            json.truncate(start);
        }
        written
    }
}

/// Finds the next members, and says whether their names are as expected.
#[inline]
fn look_ahead<'a, 'py>(
    walk: &mut Walk<'a, 'py>,
    keys: &mut Keys,
    next: usize,
    ahead: &mut [Member<'a, 'py>; AHEAD],
) -> Quiet<(usize, bool)> {
    let mut found = 0;
    let (mut are_expected, mut are_texts) = (true, true);
    let mut expected = keys.from(next);
    for slot in ahead {
        let Some((name, value)) = walk.next() else {
            break;
        };
        match expected {
            [ready, rest @ ..] if ready.is(&name) => expected = rest,
            _ => {
                let next = keys.before(expected.len());
                let place = keys.search(&name, next)?;
                expected = keys.from(place + 1);
                are_expected &= place == next;
            }
        }
        are_texts &= value.is_exact_instance_of::<PyString>();
        *slot = (expected.len(), value);
        found += 1;
    }
    std::hint::black_box(are_texts);
    Ok((found, are_expected))
}

/// The members of a dict, name and value, from a position on. Both are alive until Python code runs.
pub(super) struct Walk<'a, 'py> {
    dict: &'a Bound<'py, PyDict>,
    pub(super) position: ffi::Py_ssize_t,
    name: *mut ffi::PyObject,
    value: *mut ffi::PyObject,
}

impl<'a, 'py> Walk<'a, 'py> {
    pub(super) fn new(dict: &'a Bound<'py, PyDict>) -> Self {
        Self {
            dict,
            position: 0,
            name: std::ptr::null_mut(),
            value: std::ptr::null_mut(),
        }
    }
}

impl<'a, 'py> Iterator for Walk<'a, 'py> {
    type Item = (Value<'a, 'py>, Value<'a, 'py>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let py = self.dict.py();
        let (position, name, value) = (
            &raw mut self.position,
            &raw mut self.name,
            &raw mut self.value,
        );
        #[expect(
            unsafe_code,
            reason = "the safe iterator counts references and panics on changes"
        )]
        // SAFETY: `dict` is a dict, the pointers are to our own places, and a GIL is held. `PyDict_Next`
        // stays within the dict's own table even when it was changed meanwhile. What it gives is alive,
        // as the dict holds it; what could change the dict is Python code, and nobody uses these after
        // some ran.
        unsafe {
            if ffi::PyDict_Next(self.dict.as_ptr(), position, name, value) == 0 {
                return None;
            }
            Some((
                Borrowed::from_ptr(py, self.name),
                Borrowed::from_ptr(py, self.value),
            ))
        }
    }
}

struct Writer<'a> {
    /// Names of objects within records.
    inner: &'a mut Keys,
    nan: Nan,
}

impl Writer<'_> {
    /// Writes members whose names are the expected ones; gives how many.
    #[inline(never)]
    fn expected(&mut self, names: &[Ready], found: &[Member<'_, '_>], json: &mut Vec<u8>) -> usize {
        let mut written = 0;
        for (ready, (_, value)) in names.iter().zip(found) {
            if let Ok(text) = value.cast_exact::<PyString>() {
                let Ok(text) = text.to_str() else { break };
                ready.written.write_with_str(json, text);
            } else if self.member(ready, value, json).is_err() {
                break;
            }
            written += 1;
        }
        written
    }

    #[inline(never)]
    fn shaped(
        &mut self,
        ready: &Ready,
        value: &Bound<'_, PyAny>,
        drops_nulls: bool,
        json: &mut Vec<u8>,
    ) -> Quiet {
        if !ready.travels {
            return Ok(());
        }
        if ready.contest.is_some() {
            return Err(Uncommon);
        }
        if let Ok(text) = value.cast_exact::<PyString>() {
            let text = text.to_str().map_err(|_| Uncommon)?;
            ready.written.write_with_str(json, text);
            return Ok(());
        }
        let start = json.len();
        self.member(ready, value, json)?;
        if drops_nulls && json[start..].ends_with(b":null") {
            json.truncate(start);
        }
        Ok(())
    }

    #[inline(never)]
    fn member(&mut self, ready: &Ready, value: &Bound<'_, PyAny>, json: &mut Vec<u8>) -> Quiet {
        let start = json.len();
        ready.written.write(json);
        let written = self.value(value, json, DEPTH);
        if written.is_err() {
            json.truncate(start);
        }
        written
    }

    fn value(&mut self, value: &Bound<'_, PyAny>, json: &mut Vec<u8>, depth: usize) -> Quiet {
        if let Ok(text) = value.cast_exact::<PyString>() {
            json::write_str(json, text.to_str().map_err(|_| Uncommon)?);
        } else if value.is_none() {
            json.extend_from_slice(b"null");
        } else if let Ok(number) = value.cast_exact::<PyInt>() {
            json::write_int(json, super::small(number).ok_or(Uncommon)?);
        } else if let Ok(number) = value.cast_exact::<PyFloat>() {
            if !json::write_float(json, number.value()) {
                if self.nan == Nan::Error {
                    return Err(Uncommon);
                }
                json.extend_from_slice(b"null");
            }
        } else if let Ok(flag) = value.cast_exact::<PyBool>() {
            json.extend_from_slice(if flag.is_true() { b"true" } else { b"false" });
        } else {
            let depth = depth.checked_sub(1).ok_or(Uncommon)?;
            if let Ok(dict) = value.cast_exact::<PyDict>() {
                self.object(dict, json, depth)?;
            } else if let Ok(list) = value.cast_exact::<PyList>() {
                self.array(list, json, depth)?;
            } else {
                return Err(Uncommon);
            }
        }
        Ok(())
    }

    fn object(&mut self, dict: &Bound<'_, PyDict>, json: &mut Vec<u8>, depth: usize) -> Quiet {
        let start = json.len();
        let mut next = 0;
        for (name, value) in Walk::new(dict) {
            let place = self.inner.known(&name, next)?;
            next = place + 1;
            self.inner.at(place).written.write(json);
            self.value(&value, json, depth)?;
        }
        json::end_object(json, start);
        Ok(())
    }

    fn array(&mut self, list: &Bound<'_, PyList>, json: &mut Vec<u8>, depth: usize) -> Quiet {
        json.push(b'[');
        for (index, item) in list.iter().enumerate() {
            if index > 0 {
                json.push(b',');
            }
            self.value(&item, json, depth)?;
        }
        json.push(b']');
        Ok(())
    }
}
