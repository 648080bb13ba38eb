//! Reading a JSON object member by member, without allocation.
//!
//! The text was written by an encoder or found by a JSON reader, so it is not validated once more; text
//! that is no JSON ends the reading.

use std::borrow::Cow;
use std::collections::HashSet;

use wide::u8x16;

/// A value as it stands in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Null,
    Boolean(bool),
    /// The number's own text.
    Number(&'a [u8]),
    Text(RawText<'a>),
    /// With its brackets.
    List(&'a [u8]),
    /// With its braces.
    Object(&'a [u8]),
}

impl<'a> Value<'a> {
    /// The value whose text is given, without blanks around it.
    pub(crate) fn read(json: &'a [u8]) -> Option<Self> {
        Cursor { json, at: 0 }.value()
    }
}

/// What stands between the quotes of a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RawText<'a> {
    raw: &'a [u8],
    has_escapes: bool,
    is_ascii: bool,
}

impl<'a> RawText<'a> {
    /// What the text says.
    pub(crate) fn decoded(self) -> Text<'a> {
        if !self.has_escapes {
            return Text {
                bytes: Cow::Borrowed(self.raw),
                is_ascii: self.is_ascii,
            };
        }
        let mut quoted = Vec::with_capacity(self.raw.len() + 2);
        quoted.push(b'"');
        quoted.extend_from_slice(self.raw);
        quoted.push(b'"');
        let bytes = match serde_json::from_slice::<String>(&quoted) {
            Ok(text) => Cow::Owned(text.into_bytes()),
            // Half a character, which intake refuses.
            Err(_) => Cow::Borrowed(self.raw),
        };
        let is_ascii = bytes.is_ascii();
        Text { bytes, is_ascii }
    }

    pub(crate) fn is_empty(self) -> bool {
        self.raw.is_empty()
    }

    pub(crate) fn has_escapes(self) -> bool {
        self.has_escapes
    }

    /// What it says, where it has neither escapes nor characters beyond ASCII.
    #[inline]
    pub(crate) fn plain(self) -> Option<&'a [u8]> {
        (self.is_ascii && !self.has_escapes).then_some(self.raw)
    }

    /// With its escapes.
    pub(crate) fn raw(self) -> &'a [u8] {
        self.raw
    }

    /// In characters.
    #[inline]
    pub(crate) fn length(self) -> usize {
        if self.is_ascii && !self.has_escapes {
            self.raw.len()
        } else {
            self.decoded().length()
        }
    }
}

/// What a text says, in UTF-8.
#[derive(Debug)]
pub(crate) struct Text<'a> {
    bytes: Cow<'a, [u8]>,
    is_ascii: bool,
}

impl Text<'_> {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn is_ascii(&self) -> bool {
        self.is_ascii
    }

    /// In characters.
    pub(crate) fn length(&self) -> usize {
        if self.is_ascii {
            return self.bytes.len();
        }
        self.bytes
            .iter()
            .filter(|byte| **byte & 0xc0 != 0x80)
            .count()
    }

    pub(crate) fn lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }
}

/// A place in JSON text.
pub(crate) struct Cursor<'a> {
    json: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// Stands before the first member or entry of an object or list.
    pub(crate) fn inside(json: &'a [u8]) -> Option<Self> {
        let mut cursor = Self { json, at: 0 };
        cursor.skip_blanks();
        if !matches!(cursor.peek()?, b'{' | b'[') {
            return None;
        }
        cursor.at += 1;
        cursor.skip_blanks();
        Some(cursor)
    }

    /// Whether the object or list ends here.
    pub(crate) fn is_at_end(&self) -> bool {
        matches!(self.peek(), Some(b'}' | b']'))
    }

    /// The name of a member in its quotes if it is `quoted`; then the cursor stands before the value.
    #[inline]
    pub(crate) fn take_name(&mut self, quoted: &[u8]) -> bool {
        let is_it = self
            .json
            .get(self.at..)
            .is_some_and(|rest| rest.starts_with(quoted));
        if !is_it {
            return false;
        }
        let before = self.at;
        self.at += quoted.len();
        if self.take_colon() {
            return true;
        }
        self.at = before;
        false
    }

    /// A name in its quotes and the colon, if they are `opening`; then the cursor stands before the value.
    #[inline]
    pub(crate) fn take_opening(&mut self, opening: &Opening) -> bool {
        let rest = self.json.get(self.at..);
        if !rest.is_some_and(|rest| opening.is_at(rest)) {
            return false;
        }
        self.at += opening.len();
        if self.is_blank() {
            self.skip_blanks();
        }
        true
    }

    /// The name of a member; then the cursor stands before the value.
    pub(crate) fn name(&mut self) -> Option<RawText<'a>> {
        let name = self.string()?;
        self.take_colon().then_some(name)
    }

    /// Goes to the next member or entry; `Some(false)` at the end.
    #[inline]
    pub(crate) fn next(&mut self) -> Option<bool> {
        if self.is_blank() {
            self.skip_blanks();
        }
        let byte = self.peek()?;
        self.at += 1;
        match byte {
            b',' => {
                if self.is_blank() {
                    self.skip_blanks();
                }
                Some(true)
            }
            b'}' | b']' => Some(false),
            _ => None,
        }
    }

    #[expect(
        clippy::inline_always,
        reason = "a call would return each value through memory"
    )]
    #[inline(always)]
    pub(crate) fn value(&mut self) -> Option<Value<'a>> {
        let start = self.at;
        Some(match self.peek()? {
            b'"' => Value::Text(self.string()?),
            b'{' => Value::Object(self.nested(start)?),
            b'[' => Value::List(self.nested(start)?),
            b't' => self.word(b"true", Value::Boolean(true))?,
            b'f' => self.word(b"false", Value::Boolean(false))?,
            b'n' => self.word(b"null", Value::Null)?,
            b'-' | b'0'..=b'9' => {
                let is_part = |byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
                while self.peek().is_some_and(is_part) {
                    self.at += 1;
                }
                Value::Number(self.json.get(start..self.at)?)
            }
            _ => return None,
        })
    }

    fn word(&mut self, word: &[u8], value: Value<'a>) -> Option<Value<'a>> {
        self.json.get(self.at..)?.starts_with(word).then(|| {
            self.at += word.len();
            value
        })
    }

    /// A string, sixteen bytes at a time.
    #[expect(clippy::inline_always, reason = "as its caller is")]
    #[inline(always)]
    fn string(&mut self) -> Option<RawText<'a>> {
        if self.peek()? != b'"' {
            return None;
        }
        let start = self.at + 1;
        let mut at = start;
        let mut has_escapes = false;
        let mut is_ascii = true;
        loop {
            let ahead = Ahead::read(self.json, at)?;
            // Up to the first stop.
            is_ascii &= ahead.beyond_ascii & (ahead.stops ^ ahead.stops.wrapping_sub(1)) == 0;
            if ahead.stops == 0 {
                at += WIDE;
                continue;
            }
            at += ahead.stops.trailing_zeros() as usize;
            if self.json.get(at) == Some(&b'"') {
                break;
            }
            has_escapes = true;
            at += 2;
        }
        self.at = at + 1;
        Some(RawText {
            raw: self.json.get(start..at)?,
            has_escapes,
            is_ascii,
        })
    }

    /// An object or a list as a whole.
    fn nested(&mut self, start: usize) -> Option<&'a [u8]> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return self.json.get(start..self.at);
            }
        }
    }

    #[inline]
    fn take_colon(&mut self) -> bool {
        if self.is_blank() {
            self.skip_blanks();
        }
        if self.peek() != Some(b':') {
            return false;
        }
        self.at += 1;
        if self.is_blank() {
            self.skip_blanks();
        }
        true
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.json.get(self.at).copied()
    }

    #[inline]
    fn is_blank(&self) -> bool {
        matches!(self.peek(), Some(b' ' | b'\n' | b'\t' | b'\r'))
    }

    fn skip_blanks(&mut self) {
        while self.is_blank() {
            self.at += 1;
        }
    }
}

/// The name that an object has twice, if there is one; not of the objects that it holds.
pub fn repeated_name(json: &[u8]) -> Option<String> {
    let mut cursor = Cursor::inside(json)?;
    let mut seen = HashSet::new();
    while !cursor.is_at_end() {
        let name = cursor.name()?;
        let decoded = decoded(name);
        if seen.contains(&decoded) {
            return Some(String::from_utf8_lossy(&decoded).into_owned());
        }
        seen.insert(decoded);
        cursor.value()?;
        if cursor.next() != Some(true) {
            break;
        }
    }
    None
}

fn decoded(name: RawText<'_>) -> Cow<'_, [u8]> {
    if name.has_escapes() {
        Cow::Owned(name.decoded().bytes().to_vec())
    } else {
        Cow::Borrowed(name.raw())
    }
}

/// Bytes that are looked at together.
const WIDE: usize = 16;

/// What the next bytes are, a bit for each.
struct Ahead {
    /// Quotes and backslashes.
    stops: u32,
    beyond_ascii: u32,
}

impl Ahead {
    /// `None` at the end of the text.
    #[inline]
    fn read(json: &[u8], at: usize) -> Option<Self> {
        let ahead = json.get(at..)?;
        match ahead.first_chunk() {
            Some(bytes) => Some(Self::of(*bytes)),
            None => Self::of_last(json, ahead),
        }
    }

    #[inline]
    fn of(bytes: [u8; WIDE]) -> Self {
        let bytes = u8x16::new(bytes);
        let is = |byte| bytes.simd_eq(u8x16::splat(byte));
        Self {
            stops: (is(b'"') | is(b'\\')).to_bitmask(),
            beyond_ascii: bytes.to_bitmask(),
        }
    }

    /// Of fewer bytes than are looked at together, with those before them.
    fn of_last(json: &[u8], ahead: &[u8]) -> Option<Self> {
        let before = WIDE - ahead.len();
        let mut bytes = [0; WIDE];
        match json.last_chunk() {
            Some(last) => bytes = *last,
            None => bytes.get_mut(before..)?.copy_from_slice(ahead),
        }
        let all = Self::of(bytes);
        let left = Self {
            stops: all.stops >> before,
            beyond_ascii: all.beyond_ascii >> before,
        };
        // Without a quote it is no string.
        (left.stops != 0).then_some(left)
    }
}

/// Bytes to compare a text's beginning with, without a loop.
pub(crate) struct Opening {
    bytes: Box<[u8]>,
    /// The first of them, and zeros behind a short one.
    first: u128,
    mask: u128,
    /// The last of them, of a long one.
    last: Option<(usize, u128)>,
}

impl Opening {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let mut first = [0; WIDE];
        let mut mask = [0; WIDE];
        for ((first, mask), byte) in first.iter_mut().zip(&mut mask).zip(bytes) {
            (*first, *mask) = (*byte, 0xff);
        }
        let is_long = (WIDE + 1..=2 * WIDE).contains(&bytes.len());
        let last = bytes.last_chunk().filter(|_| is_long);
        Self {
            first: u128::from_ne_bytes(first),
            mask: u128::from_ne_bytes(mask),
            last: last.map(|last| (bytes.len() - WIDE, u128::from_ne_bytes(*last))),
            bytes: bytes.into(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether `text` begins with it.
    #[inline]
    pub(crate) fn is_at(&self, text: &[u8]) -> bool {
        let Some(first) = text.first_chunk() else {
            return text.starts_with(&self.bytes);
        };
        if u128::from_ne_bytes(*first) & self.mask != self.first {
            return false;
        }
        if self.bytes.len() <= WIDE {
            return true;
        }
        match self.last {
            Some((place, last)) => text
                .get(place..)
                .and_then(<[u8]>::first_chunk)
                .is_some_and(|bytes| u128::from_ne_bytes(*bytes) == last),
            None => text.starts_with(&self.bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(json: &[u8]) -> Option<Vec<(String, serde_json::Value)>> {
        let mut cursor = Cursor::inside(json)?;
        let mut members = Vec::new();
        if cursor.is_at_end() {
            return Some(members);
        }
        loop {
            let name = cursor.name()?.decoded().lossy().into_owned();
            members.push((name, as_serde(cursor.value()?)));
            if !cursor.next()? {
                return Some(members);
            }
        }
    }

    fn as_serde(value: Value) -> serde_json::Value {
        match value {
            Value::Null => serde_json::Value::Null,
            Value::Boolean(flag) => flag.into(),
            Value::Number(text) | Value::List(text) | Value::Object(text) => {
                serde_json::from_slice(text).unwrap()
            }
            Value::Text(text) => {
                let text = text.decoded();
                assert_eq!(text.is_ascii(), text.bytes().is_ascii());
                assert_eq!(text.length(), text.lossy().chars().count());
                text.lossy().into_owned().into()
            }
        }
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            (-1e300..1e300_f64).prop_map(Into::into),
            "[ -~\u{e9}\u{4e2d}\u{1f600}\n\t\"\\\\]{0,20}".prop_map(Into::into),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                proptest::collection::btree_map("[a-z\u{e9}\"\\\\]{0,9}", inner, 0..4).prop_map(
                    |members| members
                        .into_iter()
                        .collect::<serde_json::Map<_, _>>()
                        .into()
                ),
            ]
        })
    }

    #[test]
    fn openings_of_any_length_are_told_from_others() {
        for length in 1..40 {
            let text: Vec<u8> = (0..length).map(|place| b'a' + place % 26).collect();
            let opening = Opening::new(&text);
            for behind in [0, 1, 50] {
                let with = [&*text, &vec![b'x'; behind]].concat();
                assert!(opening.is_at(&with), "{length}");
                for place in 0..text.len() {
                    let mut other = with.clone();
                    other[place] = b'?';
                    assert!(!opening.is_at(&other), "{length} {place}");
                }
            }
            assert!(!opening.is_at(&text[..text.len() - 1]), "{length}");
        }
    }

    #[test]
    fn members_are_read_with_blanks_and_escapes() {
        let json = b" { \"a\" : \"x\\\"y\\u00e9\" ,\n\"\\u0062\":[1, {\"c\":\"]\"}] , \"n\":-1.5e3,\"t\":true } ";
        let members = read(json).unwrap();
        assert_eq!(
            members,
            [
                ("a".to_owned(), "x\"y\u{e9}".into()),
                ("b".to_owned(), serde_json::json!([1, {"c": "]"}])),
                ("n".to_owned(), (-1500.0).into()),
                ("t".to_owned(), true.into()),
            ]
        );
        assert_eq!(read(b"{ }"), Some(Vec::new()));
    }

    proptest! {
        #[test]
        fn the_scan_agrees_with_serde_json(
            members in proptest::collection::vec(("[a-z\u{e9}\"\\\\]{0,9}", any_json()), 0..6),
            is_pretty in any::<bool>(),
        ) {
            // Written by hand: a name may stand there twice.
            let texts: Vec<String> = members
                .iter()
                .map(|(name, value)| {
                    let name = serde_json::Value::from(name.as_str());
                    if is_pretty {
                        format!("{name} :\r\n {}", serde_json::to_string_pretty(value).unwrap())
                    } else {
                        format!("{name}:{value}")
                    }
                })
                .collect();
            let json = format!("{{{}}}", texts.join(if is_pretty { " ,\n\t" } else { "," }));
            // Numbers by their text: as the reader takes them, not as they were made.
            let expected: Vec<(String, serde_json::Value)> = members
                .into_iter()
                .map(|(name, value)| (name, serde_json::from_str(&value.to_string()).unwrap()))
                .collect();
            prop_assert_eq!(read(json.as_bytes()), Some(expected));
        }

        #[test]
        fn any_bytes_end_the_scan(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let mut text = b"{\"a\":".to_vec();
            text.extend_from_slice(&bytes);
            let Some(mut cursor) = Cursor::inside(&text) else { return Ok(()) };
            while cursor.name().is_some() && cursor.value().is_some() && cursor.next() == Some(true) {}
        }
    }
}
