//! The usual values, without references of our own to them: half of the time would go into these.
//!
//! Nothing that is written here runs Python code, so what a dict or list holds stays alive. What would run
//! some, and what ends in a message, is [`Uncommon`], and for those who hold what they write. Finding that
//! out may itself run Python code, by the exception of a lone surrogate: after an `Err` nothing borrowed
//! is used again, and the JSON is cut to what was written before.

use graph8_crm::{Nan, json};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyCFunction, PyDict, PyFloat, PyInt, PyList, PyString};
use pyo3::{Borrowed, ffi, intern};

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
const DEPTH: usize = 2;

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
        let py = walk.dict.py();
        if !*self.may_be_quiet.get_or_insert_with(|| may_be_quiet(py)) {
            return Err(0);
        }
        let nothing = walk.dict.as_any().as_borrowed();
        let mut ahead = [(0, nothing); AHEAD];
        let (found, are_expected) = look_ahead(walk, &mut self.outer, members.next, &mut ahead)
            .map_err(|Uncommon| 0_usize)?;
        let found = &ahead[..found];
        let mut writer = Writer {
            inner: &mut self.inner,
            inner_is_common: &mut self.inner_is_common,
            taken: &mut self.taken,
            nan: self.nan,
            drops_nulls: self.drops_nulls,
        };
        let outer = &self.outer;
        let written = if are_expected && outer.shaper().is_none() {
            writer.expected(outer.from(members.next), found, json)
        } else {
            let written = found.iter().map_while(|(after, value)| {
                writer.shaped(outer.followed_by(*after), value, json).ok()
            });
            written.count()
        };
        if let [(after, _), ..] = found[..written] {
            members.begin_at(outer.before(after) - 1);
        }
        if let [.., (after, _)] = found[..written] {
            members.next = outer.before(after);
        }
        if written == found.len() {
            Ok(written)
        } else {
            Err(written)
        }
    }

    /// Writes an object within a record.
    pub(super) fn quiet_object(&mut self, dict: &Bound<'_, PyDict>, json: &mut Vec<u8>) -> Quiet {
        // Asked for each: what the object was found in may have run Python code to give it.
        if !self.inner_is_common || !may_be_quiet(dict.py()) {
            return Err(Uncommon);
        }
        let mut writer = Writer {
            inner: &mut self.inner,
            inner_is_common: &mut self.inner_is_common,
            taken: &mut [],
            nan: self.nan,
            drops_nulls: false,
        };
        let start = json.len();
        let written = writer.object(dict, json, DEPTH - 1);
        if written.is_err() {
            json.truncate(start);
        }
        written
    }
}

/// Whether values may be written without references of our own, until Python code runs.
fn may_be_quiet(py: Python<'_>) -> bool {
    // Without a GIL another thread may change a dict whenever ours waits for anything.
    !cfg!(Py_GIL_DISABLED) && surrogates_fail(py).unwrap_or(false)
}

/// Whether a lone surrogate ends in an exception: `codecs.register_error` can put any other code there,
/// after which there is a text all the same. To ask runs no Python code.
fn surrogates_fail(py: Python<'_>) -> PyResult<bool> {
    #[expect(unsafe_code, reason = "PyO3 has no safe call for it")]
    // SAFETY: the name ends with a NUL, a GIL is held, and what comes back is a reference of our own, or
    // null with an exception.
    let handler =
        unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyCodec_LookupError(c"strict".as_ptr()))? };
    let is_builtin = handler.is_exact_instance_of::<PyCFunction>();
    let name = || handler.getattr(intern!(py, "__name__"));
    Ok(is_builtin && name()?.eq(intern!(py, "strict_errors"))?)
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
    // Not needed, but read: the types, and the texts that most are, come from memory meanwhile.
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
    /// Whether containers were common so far: the next ones are alike.
    inner_is_common: &'a mut bool,
    /// Which of the contested names the record has.
    taken: &'a mut [bool],
    nan: Nan,
    drops_nulls: bool,
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

    /// Writes a member wherever its name stands, if it travels.
    #[inline(never)]
    fn shaped(&mut self, ready: &Ready, value: &Bound<'_, PyAny>, json: &mut Vec<u8>) -> Quiet {
        if !ready.travels {
            return Ok(());
        }
        let start = json.len();
        if let Ok(text) = value.cast_exact::<PyString>() {
            let text = text.to_str().map_err(|_| Uncommon)?;
            ready.written.write_with_str(json, text);
        } else {
            self.member(ready, value, json)?;
            if self.drops_nulls && json[start..].ends_with(b":null") {
                json.truncate(start);
                return Ok(());
            }
        }
        if let Some(contest) = ready.contest {
            if self.taken[contest] {
                json.truncate(start);
                return Err(Uncommon);
            }
            self.taken[contest] = true;
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
            super::float(number.value(), self.nan, json).map_err(|_| Uncommon)?;
        } else if let Ok(flag) = value.cast_exact::<PyBool>() {
            json.extend_from_slice(if flag.is_true() { b"true" } else { b"false" });
        } else {
            return self.container(value, json, depth);
        }
        Ok(())
    }

    fn container(&mut self, value: &Bound<'_, PyAny>, json: &mut Vec<u8>, depth: usize) -> Quiet {
        if let Some(depth) = depth.checked_sub(1) {
            if let Ok(dict) = value.cast_exact::<PyDict>()
                && *self.inner_is_common
            {
                return self.object(dict, json, depth);
            } else if let Ok(list) = value.cast_exact::<PyList>()
                && *self.inner_is_common
            {
                return self.array(list, json, depth);
            }
        }
        *self.inner_is_common &= depth == DEPTH;
        Err(Uncommon)
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
