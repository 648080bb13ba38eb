//! The members of a JSON object and the entries of an array, as they stand in its text.

use std::ops::Range;

use memchr::memchr2;

/// A member of an object, by places in its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// The name, with its quotes.
    pub(super) name: Range<usize>,
    pub(super) value: Range<usize>,
}

/// Goes through a value's text. What is no JSON ends the walk early.
pub(super) struct Walk<'a> {
    json: &'a [u8],
    at: usize,
}

impl<'a> Walk<'a> {
    /// Into the object; `None` when the value is none.
    pub(super) fn object(json: &'a [u8]) -> Option<Self> {
        Self::inside(json, b'{')
    }

    /// Into the array; `None` when the value is none.
    pub(super) fn array(json: &'a [u8]) -> Option<Self> {
        Self::inside(json, b'[')
    }

    fn inside(json: &'a [u8], opening: u8) -> Option<Self> {
        let mut walk = Self { json, at: 0 };
        walk.skip(opening).then_some(walk)
    }

    pub(super) fn member(&mut self) -> Option<Member> {
        self.skip(b',');
        let name = self.value()?;
        let is_name = self.json.get(name.start) == Some(&b'"') && self.skip(b':');
        let value = if is_name { self.value() } else { None }?;
        Some(Member { name, value })
    }

    pub(super) fn entry(&mut self) -> Option<Range<usize>> {
        self.skip(b',');
        self.value()
    }

    /// Passes blanks, and the byte where it is the next.
    fn skip(&mut self, byte: u8) -> bool {
        self.skip_blanks();
        let is_there = self.json.get(self.at) == Some(&byte);
        self.at += usize::from(is_there);
        is_there
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.json.get(self.at) {
            self.at += 1;
        }
    }

    fn value(&mut self) -> Option<Range<usize>> {
        self.skip_blanks();
        let start = self.at;
        match self.json.get(start)? {
            b'"' => self.pass_text()?,
            b'{' | b'[' => self.pass_nested()?,
            b'}' | b']' | b',' | b':' => return None,
            _ => {
                let rest = self.json.get(start..)?;
                let ends = |byte: &u8| b",]} \n\r\t".contains(byte);
                self.at += rest.iter().position(ends).unwrap_or(rest.len());
            }
        }
        Some(start..self.at)
    }

    fn pass_text(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            let rest = self.json.get(self.at..)?;
            let special = memchr2(b'"', b'\\', rest)?;
            self.at += special + 1;
            if rest.get(special) == Some(&b'"') {
                return Some(());
            }
            self.at += 1;
        }
    }

    fn pass_nested(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.json.get(self.at)? {
                b'"' => {
                    self.pass_text()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Some(());
            }
        }
    }
}

/// A text that is written anew with some of its parts replaced or left out, in order.
pub(super) struct Edits<'a> {
    source: &'a [u8],
    json: &'a mut Vec<u8>,
    copied: usize,
    is_changed: bool,
}

impl<'a> Edits<'a> {
    pub(super) fn new(source: &'a [u8], json: &'a mut Vec<u8>) -> Self {
        Self {
            source,
            json,
            copied: 0,
            is_changed: false,
        }
    }

    /// Puts `new` in the place of a part that begins where the last one ended, or later.
    pub(super) fn replace(&mut self, part: Range<usize>, new: &[u8]) {
        let kept = self.source.get(self.copied..part.start);
        self.json.extend_from_slice(kept.unwrap_or_default());
        self.json.extend_from_slice(new);
        self.copied = part.end;
        self.is_changed = true;
    }

    /// Leaves a part out.
    pub(super) fn cut(&mut self, part: Range<usize>) {
        self.replace(part, b"");
    }

    /// Writes the rest; false, and nothing was written, when no part was changed.
    pub(super) fn finish(self) -> bool {
        if self.is_changed {
            let rest = self.source.get(self.copied..).unwrap_or_default();
            self.json.extend_from_slice(rest);
        }
        self.is_changed
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn members(json: &str) -> Vec<(&str, &str)> {
        let mut walk = Walk::object(json.as_bytes()).unwrap();
        std::iter::from_fn(|| walk.member())
            .map(|member| (&json[member.name], &json[member.value]))
            .collect()
    }

    #[test]
    fn finds_each_member_whatever_stands_in_it() {
        let json =
            r#" { "a\"b" : "c\\" ,"n":-1.5e3 , "o":{"x":["]}\"",{}]},"l":[1 , 2],"a\"b":null} "#;
        assert_eq!(
            members(json),
            [
                (r#""a\"b""#, r#""c\\""#),
                (r#""n""#, "-1.5e3"),
                (r#""o""#, r#"{"x":["]}\"",{}]}"#),
                (r#""l""#, "[1 , 2]"),
                (r#""a\"b""#, "null"),
            ]
        );
        assert_eq!(members("{}"), []);
    }

    #[test]
    fn what_is_no_json_ends_the_walk() {
        for json in [
            "",
            "{",
            "{\"",
            "{\"a\"",
            "{\"a\":",
            "{\"a\\",
            "{\"a\":[",
            "{1:2}",
            "{:}",
            "{\"a\":\"b\\",
        ] {
            let members = Walk::object(json.as_bytes())
                .map_or(0, |mut walk| std::iter::from_fn(|| walk.member()).count());
            assert_eq!(members, 0, "{json}");
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<i32>().prop_map(|number| Value::from(f64::from(number) / 4.0)),
            "(\\PC|[\\x00-\\x7f]){0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec(("(\\PC|[\\x00-\\x7f]){0,4}", inner), 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn parts_are_what_a_parser_finds(value in any_json(), is_pretty in any::<bool>()) {
            let json = if is_pretty {
                serde_json::to_string_pretty(&value)
            } else {
                serde_json::to_string(&value)
            }
            .unwrap();
            let read = |part: Range<usize>| serde_json::from_str::<Value>(&json[part]).unwrap();
            if let Some(mut walk) = Walk::array(json.as_bytes()) {
                let found: Vec<Value> = std::iter::from_fn(|| walk.entry()).map(read).collect();
                prop_assert_eq!(Value::from(found), value);
            } else if let Some(mut walk) = Walk::object(json.as_bytes()) {
                let found = std::iter::from_fn(|| walk.member()).map(|member| {
                    (read(member.name).as_str().unwrap().to_owned(), read(member.value))
                });
                prop_assert_eq!(Value::Object(found.collect()), value);
            }
        }

        #[test]
        fn no_bytes_are_too_much(json in proptest::collection::vec(any::<u8>(), 0..40)) {
            for mut walk in [Walk::object(&json), Walk::array(&json)].into_iter().flatten() {
                while walk.member().is_some() {}
            }
        }
    }
}
