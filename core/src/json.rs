//! JSON values written straight into a record, for encoders that go by
//! [`Records::push_with`](crate::Records::push_with).

use serde::Serialize;

/// Appends `text` as a JSON string.
#[inline]
pub fn write_str(json: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    json.reserve(bytes.len() + 2);
    json.push(b'"');
    let start = json.len();
    if copy_and_look(json, bytes) {
        json.truncate(start);
        write_escaped(json, bytes);
    }
    json.push(b'"');
}

/// Appends a whole number.
#[inline]
pub fn write_int(json: &mut Vec<u8>, number: impl itoa::Integer) {
    json.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Appends a number in its shortest form; false, and nothing, for NaN and the infinities, which JSON
/// does not have.
#[inline]
pub fn write_float(json: &mut Vec<u8>, number: impl Into<Float>) -> bool {
    fn finite<T: Serialize>(json: &mut Vec<u8>, number: T) -> bool {
        serde_json::to_writer(json, &number).is_ok()
    }
    match number.into() {
        Float::Single(number) => number.is_finite() && finite(json, number),
        Float::Double(number) => number.is_finite() && finite(json, number),
    }
}

/// A number whose shortest digits depend on its width: 0.1 is 0.1 in both.
#[derive(Clone, Copy, Debug)]
pub enum Float {
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

const WIDE: usize = 16;
/// Longer texts are worth a call of the library's own copy.
const LONG: usize = 8 * WIDE;

/// Appends `bytes` and says whether any of them must be escaped. Pieces of fixed sizes are copied
/// without a call; the last piece overlaps the one before, which is cheaper than byte by byte.
#[inline]
fn copy_and_look(json: &mut Vec<u8>, bytes: &[u8]) -> bool {
    if bytes.len() >= LONG {
        json.extend_from_slice(bytes);
        let mut marks = [0; WIDE];
        for chunk in bytes.as_chunks::<WIDE>().0.iter().chain(bytes.last_chunk()) {
            mark(&mut marks, chunk);
        }
        return any(marks);
    }
    let end = json.len() + bytes.len();
    if let Some(last) = bytes.last_chunk::<WIDE>() {
        let mut marks = [0; WIDE];
        for chunk in bytes.as_chunks::<WIDE>().0 {
            json.extend_from_slice(chunk);
            mark(&mut marks, chunk);
        }
        json.truncate(end - WIDE);
        json.extend_from_slice(last);
        mark(&mut marks, last);
        return any(marks);
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        json.extend_from_slice(first);
        json.truncate(end - 8);
        json.extend_from_slice(last);
        return any_of_word(u64::from_le_bytes(*first)) | any_of_word(u64::from_le_bytes(*last));
    }
    let mut found = false;
    for byte in bytes {
        json.push(*byte);
        found |= ESCAPES[usize::from(*byte)] != 0;
    }
    found
}

/// Marks the places of bytes that must be escaped; without branches, so that it becomes a few vector
/// instructions.
#[inline]
fn mark(marks: &mut [u8; WIDE], chunk: &[u8; WIDE]) {
    for (mark, byte) in marks.iter_mut().zip(chunk) {
        *mark |= u8::from(*byte < 0x20) | u8::from(*byte == b'"') | u8::from(*byte == b'\\');
    }
}

#[inline]
fn any(marks: [u8; WIDE]) -> bool {
    u128::from_ne_bytes(marks) != 0
}

/// Whether any of eight bytes, in one number, must be escaped.
#[inline]
fn any_of_word(word: u64) -> bool {
    const ONES: u64 = u64::MAX / 0xff;
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word;
    let equal = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    (below(word, 0x20) | equal(b'"') | equal(b'\\')) & (ONES * 0x80) != 0
}

/// What stands after the backslash; `u` is a code in hexadecimal, 0 is no escape.
const ESCAPES: [u8; 256] = {
    let mut escapes = [0; 256];
    let mut control = 0;
    while control < 0x20 {
        escapes[control] = b'u';
        control += 1;
    }
    escapes[0x08] = b'b';
    escapes[0x09] = b't';
    escapes[0x0a] = b'n';
    escapes[0x0c] = b'f';
    escapes[0x0d] = b'r';
    escapes[b'"' as usize] = b'"';
    escapes[b'\\' as usize] = b'\\';
    escapes
};

#[cold]
fn write_escaped(json: &mut Vec<u8>, bytes: &[u8]) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut written = 0;
    for (position, &byte) in bytes.iter().enumerate() {
        let escape = ESCAPES[usize::from(byte)];
        if escape == 0 {
            continue;
        }
        json.extend_from_slice(&bytes[written..position]);
        json.extend_from_slice(&[b'\\', escape]);
        if escape == b'u' {
            let (high, low) = (usize::from(byte >> 4), usize::from(byte & 0xf));
            json.extend_from_slice(&[b'0', b'0', HEX[high], HEX[low]]);
        }
        written = position + 1;
    }
    json.extend_from_slice(&bytes[written..]);
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
    }
}
