//! Which bytes of a JSON string are escaped, and how.

use wide::u8x16;

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

/// Appends a text as a JSON string, byte by byte.
#[cold]
#[inline(never)]
pub(super) fn write_escaped(json: &mut Vec<u8>, bytes: &[u8]) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut written = 0;
    json.push(b'"');
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
    json.push(b'"');
}

/// Bytes that are looked at together.
pub(crate) const WIDE: usize = 16;

/// How many bytes stand before the first that must be escaped; [`WIDE`] where that is none of so many, and `None`
/// where a shorter text has none.
#[inline]
pub(crate) fn before_escape(text: &[u8]) -> Option<usize> {
    let Some(bytes) = text.first_chunk() else {
        return text
            .iter()
            .position(|byte| ESCAPES[usize::from(*byte)] != 0);
    };
    let first = marks(*bytes).to_bitmask().trailing_zeros() as usize;
    Some(first.min(WIDE))
}

/// Marks those of 16 bytes that must be escaped.
#[inline]
pub(super) fn marks(bytes: [u8; WIDE]) -> u8x16 {
    let bytes = u8x16::new(bytes);
    let is = |byte| bytes.simd_eq(u8x16::splat(byte));
    let is_control = bytes.min(u8x16::splat(0x1f)).simd_eq(bytes);
    is_control | is(b'"') | is(b'\\')
}
