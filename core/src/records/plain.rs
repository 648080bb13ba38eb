//! A record that is seen to be sound in one look: valid JSON of which no object has a name twice or lies too deep,
//! without an escape that must be decoded to know so.

use super::json::scan::repeated_name;
use super::json::{WIDE, before_escape, is_ascii};
use super::known_names::{KnownNames, Order};
use super::objects::MOST_LEVELS;

/// Looks at the records of a source.
#[derive(Default)]
pub(super) struct PlainCheck {
    /// Names of the records' own fields.
    outer: KnownNames,
    /// Names within the objects that they hold.
    inner: KnownNames,
}

impl PlainCheck {
    /// Whether the text is an object and surely sound. One that is not may be sound all the same, and is to be read with
    /// care.
    pub(super) fn is_plain(&mut self, json: &[u8]) -> bool {
        let mut look = Look {
            names: self,
            json,
            at: 0,
        };
        let is_plain = look.take(b'{') && look.object(0).is_some() && look.at == json.len();
        is_plain && (is_ascii(json) || str::from_utf8(json).is_ok())
    }
}

/// A look at a record. What is unusual ends it by `None`.
struct Look<'a> {
    names: &'a mut PlainCheck,
    json: &'a [u8],
    at: usize,
}

impl Look<'_> {
    /// An object behind its brace.
    fn object(&mut self, level: usize) -> Option<()> {
        let start = self.at - 1;
        let mut order = Order::new();
        self.skip_blanks();
        if self.take(b'}') {
            return Some(());
        }
        loop {
            self.name(level, &mut order)?;
            self.value(level)?;
            if !self.is_followed(b'}')? {
                break;
            }
        }
        (order.is_ascending || repeated_name(self.json.get(start..self.at)?).is_none())
            .then_some(())
    }

    /// A list behind its bracket.
    fn list(&mut self, level: usize) -> Option<()> {
        self.skip_blanks();
        if self.take(b']') {
            return Some(());
        }
        loop {
            self.value(level)?;
            if !self.is_followed(b']')? {
                return Some(());
            }
        }
    }

    /// A name and what is between it and its value.
    #[inline]
    fn name(&mut self, level: usize, order: &mut Order) -> Option<()> {
        let names = if level == 0 {
            &mut self.names.outer
        } else {
            &mut self.names.inner
        };
        if let Some(opening) = names.opening(order.next)
            && opening.is_at(self.json.get(self.at..)?)
        {
            self.at += opening.len();
            self.skip_blanks();
            order.next += 1;
            return Some(());
        }
        self.other_name(level, order)
    }

    #[inline(never)]
    fn other_name(&mut self, level: usize, order: &mut Order) -> Option<()> {
        if !self.take(b'"') {
            return None;
        }
        let start = self.at;
        self.text()?;
        let raw = self.json.get(start..self.at - 1)?;
        if raw.contains(&b'\\') {
            return None;
        }
        self.skip_blanks();
        if !self.take(b':') {
            return None;
        }
        self.skip_blanks();
        let names = if level == 0 {
            &mut self.names.outer
        } else {
            &mut self.names.inner
        };
        order.note(names.place(raw, order.next));
        Some(())
    }

    #[inline]
    fn value(&mut self, level: usize) -> Option<()> {
        let first = *self.json.get(self.at)?;
        self.at += 1;
        match first {
            b'"' => self.text(),
            b'{' if level < MOST_LEVELS => self.object(level + 1),
            b'[' if level < MOST_LEVELS => self.list(level + 1),
            b't' => self.word(b"rue"),
            b'f' => self.word(b"alse"),
            b'n' => self.word(b"ull"),
            b'-' | b'0'..=b'9' => self.number(first),
            _ => None,
        }
    }

    /// A text behind its quote, sixteen bytes at a time.
    #[inline]
    fn text(&mut self) -> Option<()> {
        loop {
            let rest = self.json.get(self.at..)?;
            let ahead = before_escape(rest)?;
            self.at += ahead;
            if ahead == WIDE {
                continue;
            }
            match *rest.get(ahead)? {
                b'"' => {
                    self.at += 1;
                    return Some(());
                }
                b'\\' if b"\"\\/bfnrt".contains(rest.get(ahead + 1)?) => self.at += 2,
                // `\u`, which may stand for half a character, or what must have an escape.
                _ => return None,
            }
        }
    }

    /// A number behind its first character.
    fn number(&mut self, first: u8) -> Option<()> {
        let first = if first == b'-' {
            self.at += 1;
            *self.json.get(self.at - 1)?
        } else {
            first
        };
        match first {
            b'0' => {}
            b'1'..=b'9' => self.skip_digits(),
            _ => return None,
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let before = self.at;
        self.skip_digits();
        (self.at > before).then_some(())
    }

    fn skip_digits(&mut self) {
        while matches!(self.json.get(self.at), Some(b'0'..=b'9')) {
            self.at += 1;
        }
    }

    fn word(&mut self, rest: &[u8]) -> Option<()> {
        let is_it = self.json.get(self.at..)?.starts_with(rest);
        self.at += rest.len();
        is_it.then_some(())
    }

    /// Whether a comma follows, and goes behind it; false behind the end.
    #[inline]
    fn is_followed(&mut self, end: u8) -> Option<bool> {
        self.skip_blanks();
        let byte = *self.json.get(self.at)?;
        self.at += 1;
        if byte == b',' {
            self.skip_blanks();
            return Some(true);
        }
        (byte == end).then_some(false)
    }

    #[inline]
    fn take(&mut self, byte: u8) -> bool {
        let is_it = self.json.get(self.at) == Some(&byte);
        self.at += usize::from(is_it);
        is_it
    }

    #[inline]
    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.json.get(self.at) {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::*;
    use crate::records::lone_surrogate;
    use crate::records::objects::ObjectCheck;

    fn is_plain(json: &str) -> bool {
        PlainCheck::default().is_plain(json.as_bytes())
    }

    /// What the careful reading says.
    fn is_sound(json: &[u8]) -> bool {
        serde_json::from_slice::<&RawValue>(json).is_ok()
            && lone_surrogate(json).is_none()
            && ObjectCheck::default().problem(json).is_none()
    }

    #[test]
    fn usual_records_are_plain() {
        for json in [
            "{}",
            "{ }",
            r#"{"a":"x","b":-1.5e+30,"c":true,"d":null,"e":false,"f":0}"#,
            "{ \"a\" : [ ] , \"b\" : [1 , {\"a\" : {}}] ,\t\"c\":\"\" }",
            r#"{"a":"a text longer than sixteen \" bytes \\ and \n more"}"#,
            "{\"\u{e9}\":\"\u{1f600}\"}",
        ] {
            assert!(is_plain(json), "{json}");
        }
    }

    #[test]
    fn nothing_else_is() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(129), "]".repeat(129));
        for json in [
            &*deep,
            "",
            "{",
            "[]",
            "7",
            r#"{"a":1}}"#,
            r#"{"a":1}{}"#,
            r#"{"a":1,}"#,
            r#"{"a":[1,]}"#,
            r#"{"a":[1}"#,
            r#"{"a":01}"#,
            r#"{"a":-}"#,
            r#"{"a":1.}"#,
            r#"{"a":.5}"#,
            r#"{"a":1e}"#,
            r#"{"a":+1}"#,
            r#"{"a":nul}"#,
            r#"{"a":truex}"#,
            r#"{"a" 1}"#,
            "{a:1}",
            r#"{"a":"x}"#,
            r#"{"a":"\x"}"#,
            "{\"a\":\"x\ny\"}",
            "{\"a\":\"a text longer than sixteen bytes \x01\"}",
            r#"{"a":1,"b":2,"a":3}"#,
            r#"{"a":{"b":1,"b":2}}"#,
            // Sound maybe, but to be read with care.
            r#"{"a":"\u00e9"}"#,
            r#"{"\n":1}"#,
        ] {
            assert!(!is_plain(json), "{json}");
        }
        assert!(!PlainCheck::default().is_plain(b"{\"a\":\"\xff\"}"));
    }

    proptest! {
        /// What is plain is sound; and nearly all that is sound is plain.
        #[test]
        fn what_is_plain_is_sound(
            lines in proptest::collection::vec(
                "\\{( ?\"(a|b|cc|\u{e9}|\\\\n|\\\\u0061)\" ?: ?(-?[0-9]{1,3}(\\.[0-9])?([eE][+-]?[0-9])?|\"[ -~\u{e9}]{0,20}\"|true|nul{1,2}|\\[1?,?\\{?\\}?\\]|\\{\"a\":1\\})[, ]){0,4}\\}?",
                1..6,
            ),
            flip in any::<prop::sample::Index>(),
            byte in any::<u8>(),
        ) {
            let mut check = PlainCheck::default();
            for line in lines {
                // The last comma of a member is mostly one too many.
                let whole = line.replace(",}", "}");
                for text in [&line, &whole] {
                    let mut bytes = text.clone().into_bytes();
                    for _ in 0..2 {
                        let sound = is_sound(&bytes);
                        let plain = check.is_plain(&bytes);
                        prop_assert!(sound || !plain, "{}", String::from_utf8_lossy(&bytes));
                        let is_object = bytes.first() == Some(&b'{') && bytes.last() == Some(&b'}');
                        let has_codes = bytes.windows(2).any(|two| two == b"\\u" || two == b"\"\\");
                        if sound && is_object && !has_codes {
                            prop_assert!(plain, "{}", String::from_utf8_lossy(&bytes));
                        }
                        let place = flip.index(bytes.len());
                        bytes[place] = byte;
                    }
                }
            }
        }

        #[test]
        fn any_bytes_are_plain_only_if_they_are_sound(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let json = [&b"{\"a\":"[..], &bytes, b"}"].concat();
            prop_assert!(!PlainCheck::default().is_plain(&json) || is_sound(&json));
        }
    }
}
