//! JSON values written straight into a record, for encoders that go by
//! [`Records::push_with`](crate::Records::push_with).

use std::ops::BitOr;

use wide::u8x16;

mod escapes;
mod numbers;
pub(crate) mod scan;

pub(crate) use escapes::before_escape;
pub(crate) use numbers::to_writer;
#[cfg(any(feature = "arrow", feature = "bindings"))]
pub use scan::repeated_name;

pub(crate) use escapes::WIDE;
use escapes::{marks, write_escaped};

/// Appends `text` as a JSON string.
#[inline]
pub fn write_str(json: &mut Vec<u8>, text: &str) {
    write_bytes(json, text.as_bytes());
}

/// Appends a text as a JSON string; false, and nothing, when it is not UTF-8.
#[inline]
pub fn write_utf8(json: &mut Vec<u8>, text: &[u8]) -> bool {
    let is_utf8 = is_utf8(text);
    if is_utf8 {
        write_bytes(json, text);
    }
    is_utf8
}

/// Most texts are ASCII, which is quicker to see.
#[inline]
fn is_utf8(text: &[u8]) -> bool {
    is_ascii(text) || str::from_utf8(text).is_ok()
}

/// As the standard library's, without its loop over the last few bytes: most texts are short.
#[inline]
pub fn is_ascii(text: &[u8]) -> bool {
    let Some(last) = text.last_chunk() else {
        return text.is_ascii();
    };
    let mut seen = u64::from_ne_bytes(*last);
    for word in text.as_chunks().0 {
        seen |= u64::from_ne_bytes(*word);
    }
    seen & 0x8080_8080_8080_8080 == 0
}

#[inline]
fn write_bytes(json: &mut Vec<u8>, bytes: &[u8]) {
    if bytes.len() <= SHORT {
        write_short::<0, { SHORT + 2 }>(json, &[], 0, bytes);
    } else {
        write_long(json, bytes);
    }
}

/// The name of a member with the comma before it and the colon after it, ready to be written.
#[derive(Clone, Debug)]
pub struct MemberName {
    len: usize,
    /// All of it, when it is no longer than that, with quotes behind it, where a text may begin.
    short: [u8; SHORT],
    /// All of it, when it is longer than that.
    long: Box<[u8]>,
}

impl MemberName {
    /// Makes `name` ready.
    pub fn new(name: &str) -> Self {
        let mut json = Vec::with_capacity(2 * SHORT + name.len());
        write_str(&mut json, name);
        Self::written(&json)
    }

    /// Makes a name ready that is JSON text already, with its quotes.
    pub fn from_json(name: &str) -> Self {
        Self::written(name.as_bytes())
    }

    fn written(name: &[u8]) -> Self {
        let len = name.len() + 2;
        let mut short = [b'"'; SHORT];
        let mut long = Vec::new();
        short[0] = b',';
        match short.get_mut(1..len) {
            Some([place @ .., colon]) => {
                place.copy_from_slice(name);
                *colon = b':';
            }
            _ => long = [b",", name, b":"].concat(),
        }
        Self {
            len,
            short,
            long: long.into(),
        }
    }

    /// Begins a member, whose value comes next.
    #[inline]
    pub fn write(&self, json: &mut Vec<u8>) {
        if self.len > SHORT {
            json.extend_from_slice(&self.long);
            return;
        }
        let end = json.len() + self.len;
        json.extend_from_slice(&self.short);
        json.truncate(end);
    }

    /// Writes a member whose value is `text`.
    #[expect(
        clippy::inline_always,
        reason = "left alone, it is inlined into none of its loops"
    )]
    #[inline(always)]
    pub fn write_with_str(&self, json: &mut Vec<u8>, text: &str) {
        self.write_with_bytes(json, text.as_bytes());
    }

    /// Writes a member whose value is a text; false, and nothing, when that is not UTF-8.
    #[inline]
    pub fn write_with_utf8(&self, json: &mut Vec<u8>, text: &[u8]) -> bool {
        let is_utf8 = is_utf8(text);
        if is_utf8 {
            self.write_with_bytes(json, text);
        }
        is_utf8
    }

    #[expect(clippy::inline_always, reason = "as its callers are")]
    #[inline(always)]
    fn write_with_bytes(&self, json: &mut Vec<u8>, text: &[u8]) {
        if self.len <= SHORT && text.len() <= SHORT {
            write_short::<SHORT, { SHORT + SHORT + 2 }>(json, &self.short, self.len, text);
        } else {
            self.write(json);
            write_bytes(json, text);
        }
    }
}

/// Ends an object whose members, if any, were written from `start` on, each with a comma before it.
#[inline]
pub fn end_object(json: &mut Vec<u8>, start: usize) {
    // The first comma is the object's beginning instead.
    match json.get_mut(start) {
        Some(comma) => *comma = b'{',
        None => json.push(b'{'),
    }
    json.push(b'}');
}

/// Appends a whole number.
#[inline]
pub fn write_int(json: &mut Vec<u8>, number: impl itoa::Integer) {
    json.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Appends a number in its shortest form, a whole one below 2^53 without a fraction, as JavaScript does;
/// false, and nothing, for NaN and the infinities, which JSON does not have.
#[inline]
pub fn write_float(json: &mut Vec<u8>, number: impl Into<Float>) -> bool {
    let number = number.into();
    let double = match number {
        Float::Half(number) | Float::Single(number) => f64::from(number),
        Float::Double(number) => number,
    };
    if !double.is_finite() {
        return false;
    }
    if let Some(whole) = numbers::whole(double) {
        write_int(json, whole);
        return true;
    }
    match number {
        Float::Half(_) => serde_json::to_writer(json, &numbers::shortest_of_half(double)),
        Float::Single(number) => serde_json::to_writer(json, &number),
        Float::Double(number) => serde_json::to_writer(json, &number),
    }
    .is_ok()
}

/// A number whose shortest digits depend on its width: 0.1 is 0.1 in both.
#[derive(Clone, Copy, Debug)]
pub enum Float {
    /// Of 16 bits, in 32.
    Half(f32),
    /// Of 32 bits.
    Single(f32),
    /// Of 64 bits.
    Double(f64),
}

impl From<f32> for Float {
    fn from(number: f32) -> Self {
        Self::Single(number)
    }
}

impl From<f64> for Float {
    fn from(number: f64) -> Self {
        Self::Double(number)
    }
}

/// Names and texts up to this are written without a loop and without a call.
const SHORT: usize = 2 * WIDE;

/// Appends the first `name_len` bytes of `name`, and a text of at most [`SHORT`] bytes as a JSON string.
///
/// All is copied in pieces of fixed sizes over quotes, some over others, and cut to its length at the end.
/// What follows `name_len` in `name` are quotes too.
#[expect(clippy::inline_always, reason = "as its callers are")]
#[inline(always)]
fn write_short<const NAME: usize, const ROOM: usize>(
    json: &mut Vec<u8>,
    name: &[u8; NAME],
    name_len: usize,
    text: &[u8],
) {
    let (start, len) = (json.len(), text.len());
    json.extend_from_slice(&[b'"'; ROOM]);
    let Some(out) = json.last_chunk_mut::<ROOM>() else {
        return;
    };
    if let Some(place) = out.first_chunk_mut::<NAME>() {
        *place = *name;
    }
    let value = &mut out[name_len..];
    let marks = if let Some((first, last)) = copy_ends::<WIDE>(value, text) {
        marks(first) | marks(last)
    } else if let Some((first, last)) = copy_ends::<8>(value, text) {
        marks(joined([first, last]))
    } else if let Some((first, last)) = copy_ends::<4>(value, text) {
        marks(joined([first, last, first, last]))
    } else if let Some((first, last)) = copy_ends::<2>(value, text) {
        marks(joined([first, last, first, last, first, last, first, last]))
    } else {
        if let Some(byte) = text.first() {
            value[1] = *byte;
        }
        marks([text.first().copied().unwrap_or(b' '); WIDE])
    };
    json.truncate(start + name_len + len + 2);
    if marks.any() {
        json.truncate(start + name_len);
        write_escaped(json, text);
    }
}

/// Copies a text of `N` to 2 `N` bytes to behind the first byte of `out`, as its first and its last `N`,
/// which are given back; copies nothing of a shorter one.
#[expect(clippy::inline_always, reason = "as its callers are")]
#[inline(always)]
fn copy_ends<const N: usize>(out: &mut [u8], text: &[u8]) -> Option<([u8; N], [u8; N])> {
    let (first, last) = (*text.first_chunk::<N>()?, *text.last_chunk::<N>()?);
    // As arrays: a slice's length would be read again, and copied by a call.
    *out.get_mut(1..)?.first_chunk_mut::<N>()? = first;
    let behind = out.get_mut(text.len() + 1 - N..)?;
    *behind.first_chunk_mut::<N>()? = last;
    Some((first, last))
}

/// Pieces that are looked at together.
#[expect(clippy::inline_always, reason = "as its callers are")]
#[inline(always)]
fn joined<const N: usize, const PIECES: usize>(pieces: [[u8; N]; PIECES]) -> [u8; WIDE] {
    let mut joined = [0; WIDE];
    for (place, piece) in joined.as_chunks_mut().0.iter_mut().zip(pieces) {
        *place = piece;
    }
    joined
}

/// Apart, so that short texts are not slowed down by what this needs.
#[inline(never)]
fn write_long(json: &mut Vec<u8>, text: &[u8]) {
    const ROOM: usize = 2 * SHORT + 2;
    let start = json.len();
    if (SHORT..=2 * SHORT).contains(&text.len()) {
        // Without a loop here too: many texts are just a little too long to be short.
        json.extend_from_slice(&[b'"'; ROOM]);
        if let Some(out) = json.last_chunk_mut::<ROOM>() {
            copy_ends::<SHORT>(out, text);
        }
        json.truncate(start + text.len() + 2);
    } else {
        json.reserve(text.len() + 2);
        json.push(b'"');
        json.extend_from_slice(text);
        json.push(b'"');
    }
    let chunks = text.as_chunks().0.iter().chain(text.last_chunk());
    if chunks
        .map(|chunk| marks(*chunk))
        .reduce(BitOr::bitor)
        .is_some_and(u8x16::any)
    {
        json.truncate(start);
        write_escaped(json, text);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(text: &str) -> String {
        let mut json = Vec::new();
        write_str(&mut json, text);
        String::from_utf8(json).unwrap()
    }

    #[test]
    fn escapes_each_byte_that_must_be_at_each_place() {
        for length in (0..40).chain(126..146) {
            for place in 0..length {
                for special in (0..0x20).chain([b'"', b'\\', 0x7f, b'a']) {
                    let mut text = vec![b'x'; length];
                    text[place] = special;
                    let text = String::from_utf8(text).unwrap();
                    assert_eq!(written(&text), serde_json::to_string(&text).unwrap());
                }
            }
        }
    }

    #[test]
    fn whole_floats_have_no_fraction_below_2_to_the_53rd() {
        for (number, expected) in [
            (442_071_838_750.0, "442071838750"),
            (-250.0, "-250"),
            (-0.0, "0"),
            (9_007_199_254_740_991.0, "9007199254740991"),
            (0.5, "0.5"),
            (1e-7, "1e-7"),
        ] {
            let mut json = Vec::new();
            assert!(write_float(&mut json, number));
            assert_eq!(String::from_utf8(json).unwrap(), expected);
        }
        // Beyond, the digits may not be those that were meant.
        let mut json = Vec::new();
        assert!(write_float(&mut json, 9_007_199_254_740_992.0));
        assert_eq!(json, b"9007199254740992.0");
    }

    #[test]
    fn numbers_have_the_digits_of_their_own_width() {
        let mut json = Vec::new();
        assert!(write_float(&mut json, 0.1_f32) && write_float(&mut json, 0.1_f64));
        assert!(!write_float(&mut json, f32::NAN) && !write_float(&mut json, f64::INFINITY));
        write_int(&mut json, i128::MIN);
        assert_eq!(json, b"0.10.1-170141183460469231731687303715884105728");
    }

    proptest! {
        #[test]
        fn any_text_is_written_as_serde_does(text in "(\\PC|[\\x00-\\x7f]){0,60}") {
            prop_assert_eq!(written(&text), serde_json::to_string(&text).unwrap());
        }

        #[test]
        fn any_member_is_written_as_serde_does(
            name in "(\\PC|[\\x00-\\x7f]){0,60}",
            text in "(\\PC|[\\x00-\\x7f]){0,60}",
        ) {
            let json = |text: &str| serde_json::to_string(text).unwrap();
            let expected = format!("x,{}:{},{0}:true", json(&name), json(&text));
            for ready in [MemberName::new(&name), MemberName::from_json(&json(&name))] {
                let mut member = b"x".to_vec();
                ready.write_with_str(&mut member, &text);
                ready.write(&mut member);
                member.extend_from_slice(b"true");
                prop_assert_eq!(String::from_utf8(member).unwrap(), expected.clone());
            }
        }
    }
}
