//! The value by which a journal knows a record again, whatever its place in the source.

use std::borrow::Cow;
use std::fmt;

use ring::hmac;
use serde::Deserialize;
use serde::de::{Deserializer as _, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Bytes of a key's hash: among a billion keys, the odds that any two share theirs are 1 to 10²⁰.
pub(crate) const KEY_BYTES: usize = 16;

/// A record's primary key as the journal holds it: HMAC-SHA-256 under the journal's salt, cut to 128 bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key([u8; KEY_BYTES]);

impl Key {
    pub(crate) fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// Finds the key of each record in the fields that the source has for it.
#[derive(Clone)]
pub(crate) struct KeyFinder {
    names: Vec<String>,
    salt: hmac::Key,
}

/// Why a record has no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoKey {
    /// A field of it is null, an empty text, or not there.
    Null(usize),
    /// A field of it is a list or an object.
    Nested(usize),
}

impl NoKey {
    /// What to say about a record whose key is made of these fields.
    pub(crate) fn message(self, names: &[String]) -> String {
        let (place, what) = match self {
            Self::Null(place) => (place, "is null, empty or missing"),
            Self::Nested(place) => (place, "is a list or an object"),
        };
        let name = names.get(place).map_or("", String::as_str);
        format!(
            "the record has no primary key: its field '{}' {what}",
            crate::quote::quote(name.as_bytes())
        )
    }
}

impl KeyFinder {
    /// Keys of these fields, hashed under `salt`.
    pub(crate) fn new(names: &[String], salt: &[u8]) -> Self {
        Self {
            names: names.to_vec(),
            salt: hmac::Key::new(hmac::HMAC_SHA256, salt),
        }
    }

    /// The key of a record as the source gives it; what is no object has none.
    pub(crate) fn find(&self, record: &[u8]) -> Result<Key, NoKey> {
        let mut values = vec![None; self.names.len()];
        if record.first() == Some(&b'{') {
            let members = Members {
                names: &self.names,
                values: &mut values,
                found: 0,
            };
            let mut json = serde_json::Deserializer::from_slice(record);
            // An error is the end of the search: its JSON was read before.
            let _ = json.deserialize_map(members);
        }
        let mut hash = hmac::Context::with_key(&self.salt);
        for place in 0..self.names.len() {
            let value = values.get(place).copied().flatten();
            let text = text_of(value.ok_or(NoKey::Null(place))?).ok_or(NoKey::Nested(place))?;
            if text.is_empty() {
                return Err(NoKey::Null(place));
            }
            // Told apart by their lengths: ("a", "bc") is not ("ab", "c").
            hash.update(&(text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        }
        let mut key = [0; KEY_BYTES];
        let digest = hash.sign();
        key.copy_from_slice(&digest.as_ref()[..KEY_BYTES]);
        Ok(Key(key))
    }
}

/// The text of a key's value: a number and its digits as text are one key, since the same table gives either,
/// by how it is read. An empty text stands for null; `None` for what can't be a key.
fn text_of(value: &RawValue) -> Option<Cow<'_, str>> {
    let json = value.get();
    match json.as_bytes().first()? {
        b'"' => serde_json::from_str(json).ok().map(Cow::Owned),
        b'{' | b'[' => None,
        b'n' => Some(Cow::Borrowed("")),
        _ => Some(Cow::Borrowed(whole(json))),
    }
}

/// A number without a fraction of zeros.
fn whole(number: &str) -> &str {
    let is_plain = !number.contains(['e', 'E']);
    match number.split_once('.') {
        Some((whole, fraction)) if is_plain && fraction.bytes().all(|digit| digit == b'0') => whole,
        _ => number,
    }
}

struct Members<'a, 'de> {
    names: &'a [String],
    values: &'a mut [Option<&'de RawValue>],
    found: usize,
}

/// A name that is copied only where it has escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Visitor<'de> for Members<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        while let Some(Name(field)) = members.next_key()? {
            let place = self.names.iter().position(|name| *name == field);
            let Some(slot) = place.and_then(|place| self.values.get_mut(place)) else {
                members.next_value::<IgnoredAny>()?;
                continue;
            };
            self.found += usize::from(slot.is_none());
            *slot = Some(members.next_value()?);
            if self.found == self.names.len() {
                return Err(A::Error::custom("all are found"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn finder(names: &[&str]) -> KeyFinder {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        KeyFinder::new(&names, b"salt")
    }

    fn key(names: &[&str], record: &str) -> Result<Key, NoKey> {
        finder(names).find(record.as_bytes())
    }

    #[test]
    fn a_number_and_its_digits_as_text_are_one_key() {
        let one = key(&["id"], r#"{"id":42}"#).unwrap();
        for same in [
            r#"{"x":1,"id":"42"}"#,
            r#"{"id":42.0}"#,
            r#"{"id":"4\u0032"}"#,
        ] {
            assert_eq!(key(&["id"], same), Ok(one), "{same}");
        }
        for other in [
            r#"{"id":"042"}"#,
            r#"{"id":42.5}"#,
            r#"{"id":"42 "}"#,
            r#"{"id":true}"#,
        ] {
            assert_ne!(key(&["id"], other), Ok(one), "{other}");
        }
        let other_salt = KeyFinder::new(&["id".to_owned()], b"pepper");
        assert_ne!(other_salt.find(br#"{"id":42}"#), Ok(one));
    }

    #[test]
    fn a_key_of_which_a_part_is_missing_is_none() {
        for (record, why) in [
            (r#"{"a":1}"#, NoKey::Null(1)),
            (r#"{"a":null,"b":1}"#, NoKey::Null(0)),
            (r#"{"a":1,"b":""}"#, NoKey::Null(1)),
            (r#"{"a":1,"b":[1]}"#, NoKey::Nested(1)),
            (r#"{"a":{},"b":1}"#, NoKey::Nested(0)),
            ("[1]", NoKey::Null(0)),
        ] {
            assert_eq!(key(&["a", "b"], record), Err(why), "{record}");
        }
        let names = ["a".to_owned(), "b".to_owned()];
        assert_eq!(
            NoKey::Null(1).message(&names),
            "the record has no primary key: its field 'b' is null, empty or missing"
        );
    }

    proptest! {
        /// Whatever the texts, keys are equal when all their parts are, and only then.
        #[test]
        fn keys_are_equal_when_their_parts_are(one in ("\\PC{1,4}", "\\PC{1,4}"), other in ("\\PC{1,4}", "\\PC{1,4}")) {
            let of = |parts: &(String, String)| {
                key(&["a", "b"], &json!({"b": parts.1, "c": 1, "a": parts.0}).to_string())
            };
            prop_assert_eq!(of(&one) == of(&other), one == other);
        }
    }
}
