//! Reading a JSON object member by member, without allocation.
//!
//! The text was written by an encoder or found by a JSON reader, so it is not validated once more; text
//! that is no JSON ends the reading.

use std::borrow::Cow;

/// A value as it stands in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
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
    pub(super) fn read(json: &'a [u8]) -> Option<Self> {
        Cursor { json, at: 0 }.value()
    }
}

/// What stands between the quotes of a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RawText<'a> {
    raw: &'a [u8],
    has_escapes: bool,
    is_ascii: bool,
}

impl<'a> RawText<'a> {
    /// What the text says.
    pub(super) fn decoded(self) -> Text<'a> {
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

    pub(super) fn is_empty(self) -> bool {
        self.raw.is_empty()
    }

    /// What it says, where it has neither escapes nor characters beyond ASCII.
    #[inline]
    pub(super) fn plain(self) -> Option<&'a [u8]> {
        (self.is_ascii && !self.has_escapes).then_some(self.raw)
    }

    /// With its escapes.
    pub(super) fn raw(self) -> &'a [u8] {
        self.raw
    }

    /// In characters.
    #[inline]
    pub(super) fn length(self) -> usize {
        if self.is_ascii && !self.has_escapes {
            self.raw.len()
        } else {
            self.decoded().length()
        }
    }
}

/// What a text says, in UTF-8.
#[derive(Debug)]
pub(super) struct Text<'a> {
    bytes: Cow<'a, [u8]>,
    is_ascii: bool,
}

impl Text<'_> {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn is_ascii(&self) -> bool {
        self.is_ascii
    }

    /// In characters.
    pub(super) fn length(&self) -> usize {
        if self.is_ascii {
            return self.bytes.len();
        }
        self.bytes
            .iter()
            .filter(|byte| **byte & 0xc0 != 0x80)
            .count()
    }

    pub(super) fn lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }
}

/// A place in JSON text.
pub(super) struct Cursor<'a> {
    json: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// Stands before the first member or entry of an object or list.
    pub(super) fn inside(json: &'a [u8]) -> Option<Self> {
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
    pub(super) fn is_at_end(&self) -> bool {
        matches!(self.peek(), Some(b'}' | b']'))
    }

    /// The name of a member in its quotes if it is `quoted`; then the cursor stands before the value.
    #[inline]
    pub(super) fn take_name(&mut self, quoted: &[u8]) -> bool {
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
    pub(super) fn take_opening(&mut self, opening: &[u8]) -> bool {
        let rest = self.json.get(self.at..);
        if !rest.is_some_and(|rest| rest.starts_with(opening)) {
            return false;
        }
        self.at += opening.len();
        if self.is_blank() {
            self.skip_blanks();
        }
        true
    }

    /// The name of a member; then the cursor stands before the value.
    pub(super) fn name(&mut self) -> Option<RawText<'a>> {
        let name = self.string()?;
        self.take_colon().then_some(name)
    }

    /// Goes to the next member or entry; `Some(false)` at the end.
    #[inline]
    pub(super) fn next(&mut self) -> Option<bool> {
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
    pub(super) fn value(&mut self) -> Option<Value<'a>> {
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

    /// A string, eight bytes at a time.
    #[inline(always)]
    fn string(&mut self) -> Option<RawText<'a>> {
        const HIGH: u64 = 0x8080_8080_8080_8080;
        if self.peek()? != b'"' {
            return None;
        }
        let start = self.at + 1;
        let mut at = start;
        let mut has_escapes = false;
        let mut high = 0_u64;
        loop {
            if let Some((eight, _)) = self.json.get(at..)?.split_first_chunk::<8>() {
                let word = u64::from_le_bytes(*eight);
                let stops = equals(word, b'"') | equals(word, b'\\');
                if stops == 0 {
                    high |= word & HIGH;
                    at += 8;
                    continue;
                }
                let plain = stops.trailing_zeros() / 8;
                high |= word & HIGH & ((1_u64 << (plain * 8)) - 1);
                at += plain as usize;
            }
            let byte = *self.json.get(at)?;
            match byte {
                b'"' => break,
                b'\\' => {
                    has_escapes = true;
                    at += 2;
                }
                _ => {
                    high |= u64::from(byte & 0x80);
                    at += 1;
                }
            }
        }
        self.at = at + 1;
        Some(RawText {
            raw: self.json.get(start..at)?,
            has_escapes,
            is_ascii: high == 0,
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

/// The high bit of each byte of `word` that is `byte`, exact up to the first of them.
#[inline]
const fn equals(word: u64, byte: u8) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let different = word ^ (ONES * byte as u64);
    different.wrapping_sub(ONES) & !different & (ONES << 7)
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
