//! The hash by which a journal of keys sees whether a record is the one that was pushed.
//!
//! A record is the same however its source has it today: fields in another order, a value as text or as a number,
//! an empty cell as null, as an empty text or not at all.

use std::fmt;

use serde::Deserializer as _;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use xxhash_rust::xxh3::{Xxh3, xxh3_64, xxh3_64_with_seed};

use super::key::{Name, text_of};

/// Deeper lists and objects are compared by their JSON.
const MOST_LEVELS: usize = 16;

/// Identifies a record by what it says: XXH3, 64 bits.
pub(crate) fn content_hash(json: &[u8]) -> u64 {
    let hash = str::from_utf8(json).ok().map(|json| of_nested(json, 0));
    hash.unwrap_or_else(|| xxh3_64(json))
}

/// The hash of a value; `None` of one that says nothing.
fn of_value(value: &RawValue, level: usize) -> Option<u64> {
    match text_of(value) {
        Some(text) if text.is_empty() => None,
        Some(text) => Some(xxh3_64(text.as_bytes())),
        None => Some(of_nested(value.get(), level)),
    }
}

fn of_nested(json: &str, level: usize) -> u64 {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let hash = match json.as_bytes().first() {
        Some(b'{') if level < MOST_LEVELS => deserializer.deserialize_map(Members(level + 1)),
        Some(b'[') if level < MOST_LEVELS => deserializer.deserialize_seq(Items(level + 1)),
        _ => return xxh3_64(json.as_bytes()),
    };
    hash.unwrap_or_else(|_| xxh3_64(json.as_bytes()))
}

/// Members of an object, in any order.
struct Members(usize);

impl<'de> Visitor<'de> for Members {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<u64, A::Error> {
        let mut sum = u64::from(b'{');
        while let Some((Name(name), value)) = members.next_entry::<Name, &RawValue>()? {
            if let Some(value) = of_value(value, self.0) {
                sum = sum.wrapping_add(xxh3_64_with_seed(name.as_bytes(), value));
            }
        }
        Ok(sum)
    }
}

/// Items of a list, whose order says something.
struct Items(usize);

impl<'de> Visitor<'de> for Items {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<u64, A::Error> {
        let mut all = Xxh3::with_seed(u64::from(b'['));
        while let Some(item) = items.next_element::<&RawValue>()? {
            all.update(&of_value(item, self.0).unwrap_or_default().to_le_bytes());
        }
        Ok(all.digest())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::*;

    fn hash(json: &str) -> u64 {
        content_hash(json.as_bytes())
    }

    #[test]
    fn what_sources_give_of_one_record_is_one() {
        for (one, same) in [
            (r#"{"a":1,"b":"x"}"#, r#"{"b":"x","a":1}"#),
            (r#"{"a":1}"#, r#"{ "a" : 1 }"#),
            (r#"{"a":42}"#, r#"{"a":"42"}"#),
            (r#"{"a":42}"#, r#"{"a":42.0}"#),
            (r#"{"a":true}"#, r#"{"a":"True"}"#),
            (r#"{"a":"é"}"#, r#"{"a":"\u00e9"}"#),
            (r#"{"a":1,"b":null}"#, r#"{"a":1}"#),
            (r#"{"a":1,"b":""}"#, r#"{"a":1}"#),
            (r#"{"o":{"x":1,"y":[2]}}"#, r#"{"o":{"y":["2"],"x":1}}"#),
        ] {
            assert_eq!(hash(one), hash(same), "{one} {same}");
        }
    }

    #[test]
    fn what_says_something_else_is_another() {
        for (one, other) in [
            (r#"{"a":1}"#, r#"{"a":2}"#),
            (r#"{"a":1}"#, r#"{"b":1}"#),
            (r#"{"a":1,"b":2}"#, r#"{"a":2,"b":1}"#),
            (r#"{"a":1,"b":1}"#, "{}"),
            (r#"{"a":"x"}"#, r#"{"a":null}"#),
            (r#"{"a":"007"}"#, r#"{"a":7}"#),
            (r#"{"a":"x"}"#, r#"{"a":"X"}"#),
            (r#"{"a":[1,2]}"#, r#"{"a":[2,1]}"#),
            (r#"{"a":[1,null]}"#, r#"{"a":[1]}"#),
            (r#"{"a":[]}"#, r#"{"a":{}}"#),
            (r#"{"a":{"b":1}}"#, r#"{"a":1,"b":1}"#),
            (r#"{"a":"[1]"}"#, r#"{"a":[1]}"#),
        ] {
            assert_ne!(hash(one), hash(other), "{one} {other}");
        }
    }

    #[test]
    fn no_nesting_is_too_deep() {
        let deep = |inner: &str| format!("{}{inner}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(hash(&deep("1")), hash(&deep("1")));
        assert_ne!(hash(&deep("1")), hash(&deep("2")));
    }

    proptest! {
        /// Records of fields in any order are the same when all values are, and only then.
        #[test]
        fn records_are_the_same_when_their_values_are(
            fields in proptest::collection::btree_map("[a-d]{1,2}", "[x-z ]{1,3}", 0..6),
            others in proptest::collection::btree_map("[a-d]{1,2}", "[x-z ]{1,3}", 0..6),
        ) {
            let forwards: Vec<String> = fields.iter().map(|(name, text)| format!("{}:{}", json!(name), json!(text))).collect();
            let mut backwards = forwards.clone();
            backwards.reverse();
            let one = hash(&format!("{{{}}}", forwards.join(",")));
            prop_assert_eq!(one, hash(&format!("{{{}}}", backwards.join(","))));
            let others_json: Map<String, Value> = others.iter().map(|(name, text)| (name.clone(), json!(text))).collect();
            prop_assert_eq!(one == hash(&Value::Object(others_json).to_string()), fields == others);
        }
    }
}
