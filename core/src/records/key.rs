//! The value by which a journal knows a record again, whatever its place in the source.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use ring::hmac;
use serde::Deserialize;
use serde::de::{Deserializer as _, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::names::nearest;
use crate::quote::quote;
use crate::records::shape::Shaper;

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
    /// A field of it is null or an empty text.
    Null(usize),
    /// A field of it is not there.
    Missing(usize),
    /// A field of it is a list or an object.
    Nested(usize),
    /// A field of it is there twice.
    Repeated(usize),
}

impl NoKey {
    /// What to say about a record whose key is made of these fields; `nearest` is a field that it has in place of
    /// one that is missing.
    pub(crate) fn message(self, names: &[String], nearest: Option<&str>) -> String {
        let (place, what) = match self {
            Self::Null(place) | Self::Missing(place) => (place, "is null, empty or missing"),
            Self::Nested(place) => (place, "is a list or an object"),
            Self::Repeated(place) => (place, "is there twice"),
        };
        let name = names.get(place).map_or("", String::as_str);
        let hint = nearest
            .filter(|_| matches!(self, Self::Missing(_)))
            .map(|nearest| format!("; did you mean '{}'?", quote(nearest.as_bytes())))
            .unwrap_or_default();
        format!(
            "the record has no primary key: its field '{}' {what}{hint}",
            quote(name.as_bytes())
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

    /// The field of a record that is spelled most like a part of the key that is missing; `at_source` may have left
    /// that out.
    pub(crate) fn nearest(
        &self,
        record: &[u8],
        missing: NoKey,
        at_source: Option<&Shaper>,
    ) -> Option<String> {
        let NoKey::Missing(place) = missing else {
            return None;
        };
        let fields: BTreeMap<Name, &RawValue> = serde_json::from_slice(record).ok()?;
        let others = fields.keys().map(|Name(name)| name.as_ref());
        let others = others.filter(|other| !self.names.iter().any(|name| name == other));
        let name = self.names.get(place)?;
        let in_record = nearest(name, others).map(str::to_owned);
        let left_out = at_source.and_then(|shaper| shaper.nearest_left_out(name));
        let found = [in_record, left_out];
        nearest(name, found.iter().flatten().map(String::as_str)).map(str::to_owned)
    }

    /// The key of a record as the source gives it; what is no object has none. `is_sound` says that it has no name
    /// twice.
    pub(crate) fn find(&self, record: &[u8], is_sound: bool) -> Result<Key, NoKey> {
        let mut values = vec![None; self.names.len()];
        let mut repeated = None;
        if record.first() == Some(&b'{') {
            let members = Members {
                names: &self.names,
                values: &mut values,
                missing: is_sound.then_some(self.names.len()),
                repeated: &mut repeated,
            };
            let mut json = serde_json::Deserializer::from_slice(record);
            // An error is the end of the search: its JSON was read before.
            let _ = json.deserialize_map(members);
        }
        if let Some(place) = repeated {
            return Err(NoKey::Repeated(place));
        }
        let mut hash = hmac::Context::with_key(&self.salt);
        for place in 0..self.names.len() {
            let value = values.get(place).copied().flatten();
            let text = text_of(value.ok_or(NoKey::Missing(place))?).ok_or(NoKey::Nested(place))?;
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

/// The text of a key's value. The same table gives one value as a number, a flag or a text, by how it is read, so
/// those are one key: a number and its digits, with or without a fraction of zeros; `true` and `True`; a UUID in
/// either letter case. An empty text stands for null; `None` for what can't be a key.
pub(super) fn text_of(value: &RawValue) -> Option<Cow<'_, str>> {
    let json = value.get();
    match json.as_bytes().first()? {
        b'"' => serde_json::from_str(json)
            .ok()
            .map(|Name(text)| as_in_a_text(text)),
        b'{' | b'[' => None,
        b'n' => Some(Cow::Borrowed("")),
        b't' | b'f' => Some(Cow::Borrowed(json)),
        _ => Some(of_number(json)),
    }
}

/// What a text says that another source may have as another type.
fn as_in_a_text(text: Cow<'_, str>) -> Cow<'_, str> {
    match &*text {
        "True" | "TRUE" => return Cow::Borrowed("true"),
        "False" | "FALSE" => return Cow::Borrowed("false"),
        _ => {}
    }
    if is_uuid(text.as_bytes()) {
        return Cow::Owned(text.to_ascii_lowercase());
    }
    match without_zeros(&text) {
        Some(whole) => Cow::Owned(whole.to_owned()),
        None => text,
    }
}

/// The whole number before a fraction of zeros, where there is nothing else. One with leading zeros is no number: a
/// text like `007.0` is kept.
fn without_zeros(text: &str) -> Option<&str> {
    let (whole, fraction) = text.split_once('.')?;
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    let is_whole = !digits.is_empty()
        && digits.bytes().all(|digit| digit.is_ascii_digit())
        && (digits == "0" || !digits.starts_with('0'));
    let is_zero = !fraction.is_empty() && fraction.bytes().all(|digit| digit == b'0');
    (is_whole && is_zero).then_some(if digits == "0" { "0" } else { whole })
}

/// Eight, four, four, four and twelve hexadecimal digits.
fn is_uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text.iter().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// A JSON number as its digits: without a fraction of zeros, zeros behind a fraction, or an exponent.
fn of_number(number: &str) -> Cow<'_, str> {
    let is_plain = !number.contains(['e', 'E']);
    if is_plain && let Some(whole) = without_zeros(number) {
        return Cow::Borrowed(whole);
    }
    if is_plain && number.contains('.') {
        return Cow::Borrowed(number.trim_end_matches('0'));
    }
    if number == "-0" {
        return Cow::Borrowed("0");
    }
    match expanded(number).filter(|_| !is_plain) {
        Some(digits) => Cow::Owned(digits),
        None => Cow::Borrowed(number),
    }
}

/// A number with an exponent as the whole number that it is, if it is one of at most so many digits as a float can
/// tell apart by writing them out.
fn expanded(number: &str) -> Option<String> {
    const MOST_DIGITS: usize = 40;
    let (mantissa, exponent) = number.split_once(['e', 'E'])?;
    let exponent: usize = exponent
        .strip_prefix('+')
        .unwrap_or(exponent)
        .parse()
        .ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let zeros = exponent.checked_sub(fraction.len())?;
    let is_short =
        whole.len() + exponent <= MOST_DIGITS && !whole.trim_start_matches('-').starts_with('0');
    is_short.then(|| format!("{whole}{fraction}{}", "0".repeat(zeros)))
}

struct Members<'a, 'de> {
    names: &'a [String],
    values: &'a mut [Option<&'de RawValue>],
    /// How many are yet to be found, where the search ends with the last.
    missing: Option<usize>,
    repeated: &'a mut Option<usize>,
}

/// A text that is copied only where it has escapes.
#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

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
            if slot.replace(members.next_value()?).is_some() {
                *self.repeated = place;
            } else if let Some(missing) = &mut self.missing {
                *missing -= 1;
                if *missing == 0 {
                    return Err(A::Error::custom("all are found"));
                }
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
        finder(names).find(record.as_bytes(), true)
    }

    #[test]
    fn what_sources_give_of_one_value_in_several_types_is_one_key() {
        let one = key(&["id"], r#"{"id":42}"#).unwrap();
        for same in [
            r#"{"x":1,"id":"42"}"#,
            r#"{"id":42.0}"#,
            r#"{"id":"4\u0032"}"#,
            r#"{"id":"42.0"}"#,
            r#"{"id":"42.000"}"#,
            r#"{"id":4.2e1}"#,
        ] {
            assert_eq!(key(&["id"], same), Ok(one), "{same}");
        }
        for (one, same) in [
            ("true", r#""True""#),
            ("false", r#""FALSE""#),
            ("1.5", "1.50"),
            ("1.5", r#""1.5""#),
            ("1e3", r#""1000""#),
            ("1e16", "10000000000000000"),
            ("-0.0", "0"),
            (
                r#""6F9619FF-8B86-D011-B42D-00C04FC964FF""#,
                r#""6f9619ff-8b86-d011-b42d-00c04fc964ff""#,
            ),
        ] {
            let of = |value: &str| key(&["id"], &format!(r#"{{"id":{value}}}"#)).unwrap();
            assert_eq!(of(one), of(same), "{one} {same}");
        }
        // Texts that may be names: versions, sections, hexadecimal digits.
        for (one, other) in [
            (r#""1.10""#, r#""1.1""#),
            (r#""1e3""#, "1000"),
            (r#""007.0""#, "7"),
            (r#""TrUe""#, "true"),
            (r#""Ab""#, r#""aB""#),
            ("1.5", "1.05"),
            ("10", "1"),
        ] {
            let of = |value: &str| key(&["id"], &format!(r#"{{"id":{value}}}"#)).unwrap();
            assert_ne!(of(one), of(other), "{one} {other}");
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
        assert_ne!(other_salt.find(br#"{"id":42}"#, true), Ok(one));
    }

    #[test]
    fn a_key_of_which_a_part_is_missing_is_none() {
        for (record, why) in [
            (r#"{"a":1}"#, NoKey::Missing(1)),
            (r#"{"a":null,"b":1}"#, NoKey::Null(0)),
            (r#"{"a":1,"b":""}"#, NoKey::Null(1)),
            (r#"{"a":1,"b":[1]}"#, NoKey::Nested(1)),
            (r#"{"a":{},"b":1}"#, NoKey::Nested(0)),
            ("[1]", NoKey::Missing(0)),
        ] {
            assert_eq!(key(&["a", "b"], record), Err(why), "{record}");
        }
        let names = ["a".to_owned(), "b".to_owned()];
        assert_eq!(
            NoKey::Null(1).message(&names, Some("c")),
            "the record has no primary key: its field 'b' is null, empty or missing"
        );
        let finder = finder(&["customer_id"]);
        let record = br#"{"name":"Ada","costumer_id":7}"#;
        let missing = finder.find(record, true).unwrap_err();
        assert_eq!(
            finder.nearest(record, missing, None).as_deref(),
            Some("costumer_id")
        );
        assert!(
            missing
                .message(&["customer_id".to_owned()], Some("costumer_id"))
                .ends_with("did you mean 'costumer_id'?")
        );
    }

    #[test]
    fn a_part_that_is_there_twice_makes_no_key() {
        let record = br#"{"a":1,"b":2,"c":3,"a":1}"#;
        let of = |names: &[&str], is_sound| finder(names).find(record, is_sound);
        assert_eq!(of(&["b", "a"], false), Err(NoKey::Repeated(1)));
        assert_eq!(of(&["b", "c"], false), of(&["b", "c"], true));
        assert!(of(&["b", "c"], true).is_ok());
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
