//! Which value of a record names it, and finding values in encoded records.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use memchr::memmem::Finder;
use memchr::{memchr, memchr_iter, memchr2};
use xxhash_rust::xxh3::xxh3_64;

use super::json::scan::{Cursor, Value};
use super::objects::MOST_LEVELS;
use crate::crm::facts::Paths;
use crate::quote::is_blank;

/// A name as it is compared: letter case, blanks around it and the composition of its characters
/// tell no two names apart.
pub(crate) fn fold(name: &str) -> String {
    let name = name.trim_matches(is_blank);
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    // There and back: so ß is ss, ς is σ, and both are what they are in capitals.
    composed(&name.to_lowercase().to_uppercase().to_lowercase()).into_owned()
}

/// A text with each accent in one character with its letter, where there is such a one (NFC).
pub(crate) fn composed(text: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(text)
}

/// An e-mail address by itself, as it is compared; `None` for what can't be looked up as one, such as one beside
/// a name, several, or `mailto:`.
pub(crate) fn bare_address(text: &str) -> Option<String> {
    let address = fold(text);
    let (local, domain) = address.split_once('@')?;
    let is_of_domain = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || ".-_".contains(c);
    let is_bare = !local.is_empty()
        && !domain.is_empty()
        && !local.contains(parts_addresses)
        && domain
            .chars()
            .all(|c| is_of_domain(c) && !parts_addresses(c));
    is_bare.then_some(address)
}

/// The e-mail addresses in a text, whatever stands around them, as they are compared.
pub(crate) fn addresses_in(text: &str) -> impl Iterator<Item = String> {
    let folded = fold(text);
    let parts = folded
        .split(parts_addresses)
        .filter(|part| part.contains('@'));
    let addresses: Vec<String> = parts
        .map(|part| part.trim_matches(['\'', '.']).to_owned())
        .collect();
    addresses.into_iter()
}

/// What stands in no address.
fn parts_addresses(character: char) -> bool {
    is_blank(character) || character.is_control() || "<>()[]\",;:\\".contains(character)
}

/// What tells names apart; `None` for a name that is blank. `scratch` saves an allocation per name.
pub(crate) fn name_hash(name: &[u8], scratch: &mut Vec<u8>) -> Option<u64> {
    if !name.is_ascii() {
        let folded = fold(&String::from_utf8_lossy(name));
        return (!folded.is_empty()).then(|| xxh3_64(folded.as_bytes()));
    }
    let is_shown = |byte: &u8| !is_blank(char::from(*byte));
    let start = name.iter().position(is_shown)?;
    let end = name.iter().rposition(is_shown)?;
    scratch.clear();
    scratch.extend_from_slice(name.get(start..=end)?);
    scratch.make_ascii_lowercase();
    Some(xxh3_64(scratch))
}

/// The identities of a record, folded and hashed. Usually there is one; a record with several e-mails
/// has as many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Identities {
    #[default]
    None,
    One(u64),
    Several(Box<[u64]>),
}

impl Identities {
    pub(crate) fn hashes(&self) -> &[u64] {
        match self {
            Self::None => &[],
            Self::One(hash) => std::slice::from_ref(hash),
            Self::Several(hashes) => hashes,
        }
    }

    pub(crate) fn is_none(&self) -> bool {
        *self == Self::None
    }

    fn add(&mut self, name: &str) {
        let Some(hash) = name_hash(name.as_bytes(), &mut Vec::new()) else {
            return;
        };
        *self = match std::mem::take(self) {
            Self::None => Self::One(hash),
            known if known.hashes().contains(&hash) => known,
            known => Self::Several(known.hashes().iter().copied().chain([hash]).collect()),
        };
    }
}

/// Finds the identities of records.
pub(crate) struct IdentityFinder {
    paths: Paths,
    keys: Vec<Key>,
}

/// A key at the beginning of paths.
struct Key {
    finder: Finder<'static>,
    ignores_case: bool,
    /// Whether it is a whole path, so that a text behind it is an identity.
    is_path: bool,
}

impl Key {
    /// What stands behind the first place of the key in `json`.
    fn find<'a>(&self, json: &'a [u8]) -> Option<&'a [u8]> {
        let key = self.finder.needle();
        if !self.ignores_case {
            return json.get(self.finder.find(json)? + key.len()..);
        }
        memchr_iter(b'"', json).find_map(|start| {
            let (found, after) = json.get(start..)?.split_at_checked(key.len())?;
            found.eq_ignore_ascii_case(key).then_some(after)
        })
    }
}

impl IdentityFinder {
    pub(crate) fn new(paths: Paths) -> Self {
        let mut keys: Vec<&str> = paths
            .paths
            .iter()
            .map(|path| path.split(['.', '[']).next().unwrap_or(path))
            .collect();
        keys.sort_unstable();
        keys.dedup();
        let key = |name: &str| Key {
            finder: Finder::new(&format!("\"{name}\"")).into_owned(),
            ignores_case: paths.ignores_case,
            is_path: paths.contains(name),
        };
        Self {
            paths,
            keys: keys.into_iter().map(key).collect(),
        }
    }

    /// May find more than there are, such as an `email` deeper in the record, never fewer: enough to decide
    /// which records travel together.
    pub(crate) fn find(&self, json: &[u8]) -> Identities {
        self.look(json).unwrap_or_else(|| self.parse(json))
    }

    /// Finds those that the record has, no more and no fewer.
    pub(crate) fn find_exactly(&self, json: &[u8]) -> Identities {
        let is_flat = json
            .get(1..)
            .is_some_and(|members| memchr2(b'{', b'[', members).is_none());
        let found = is_flat.then(|| self.look(json)).flatten();
        found.unwrap_or_else(|| self.parse(json))
    }

    /// A look at the text alone; `None` when it must be parsed.
    fn look(&self, json: &[u8]) -> Option<Identities> {
        // An escape may hide a key, or the end of a value.
        if memchr(b'\\', json).is_some() {
            return None;
        }
        let mut found = Identities::None;
        for key in &self.keys {
            let mut rest = json;
            while let Some(after) = key.find(rest) {
                rest = after;
                let after_key = after.trim_ascii_start();
                // Without a colon it is a value, not a key.
                let Some(value) = after_key.strip_prefix(b":") else {
                    continue;
                };
                match value.trim_ascii_start() {
                    [b'[' | b'{', ..] => return None,
                    [b'"', text @ ..] if key.is_path => {
                        found.add(std::str::from_utf8(&text[..memchr(b'"', text)?]).ok()?);
                    }
                    _ => {}
                }
            }
        }
        Some(found)
    }

    fn parse(&self, json: &[u8]) -> Identities {
        let mut found = Identities::None;
        for text in texts(json) {
            if self.paths.contains(&text.path) {
                found.add(&text.text);
            }
        }
        found
    }
}

/// A string of a record and its path, for example `emails[].value`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Every string in `json`; what can't be read ends the list. Numbers are left out: they name no record.
pub(crate) fn texts(json: &[u8]) -> Vec<Text> {
    let mut found = Vec::new();
    // A record that can't be walked to its end just names itself by less.
    if let Some(value) = Value::read(json.trim_ascii_start()) {
        let _ = walk(value, String::new(), 0, &mut found);
    }
    found
}

/// Not by serde: numbers of many digits and values that lie deep end its walk.
fn walk(value: Value<'_>, path: String, level: usize, found: &mut Vec<Text>) -> Option<()> {
    match value {
        Value::Text(text) => found.push(Text {
            path,
            text: text.decoded().lossy().into_owned(),
        }),
        Value::List(_) | Value::Object(_) if level > MOST_LEVELS => return None,
        Value::List(json) => {
            let path = format!("{path}[]");
            let mut entries = Cursor::inside(json)?;
            while !entries.is_at_end() {
                walk(entries.value()?, path.clone(), level + 1, found)?;
                if !entries.next()? {
                    break;
                }
            }
        }
        Value::Object(json) => {
            let mut members = Cursor::inside(json)?;
            while !members.is_at_end() {
                let name = members.name()?.decoded();
                let path = match &*path {
                    "" => name.lossy().into_owned(),
                    path => format!("{path}.{}", name.lossy()),
                };
                walk(members.value()?, path, level + 1, found)?;
                if !members.next()? {
                    break;
                }
            }
        }
        Value::Null | Value::Boolean(_) | Value::Number(_) => {}
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PATHS: Paths = Paths {
        paths: &["email", "emails[].value"],
        ignores_case: false,
    };

    fn found(json: &str) -> Identities {
        IdentityFinder::new(PATHS).find(json.as_bytes())
    }

    #[test]
    fn letter_case_of_the_key_counts_where_the_crm_minds_it() {
        let json = br#"{"note":"eMail","EMAIL":"a@x.test","Email":"b@x.test"}"#;
        assert!(IdentityFinder::new(PATHS).find_exactly(json).is_none());
        let finder = IdentityFinder::new(Paths {
            ignores_case: true,
            ..PATHS
        });
        assert_eq!(finder.find_exactly(json).hashes().len(), 2);
        assert_eq!(sorted(&finder.find(json)), sorted(&finder.parse(json)));
    }

    fn sorted(found: &Identities) -> Vec<u64> {
        let mut hashes = found.hashes().to_vec();
        hashes.sort_unstable();
        hashes
    }

    #[test]
    fn what_stands_deeper_in_a_record_is_no_identity_of_it() {
        let finder = IdentityFinder::new(PATHS);
        for (json, expected) in [
            (r#"{"owner":{"email":"boss@x.test"}}"#, 0),
            (r#"{"email":"a@x.test","owner":{"email":"boss@x.test"}}"#, 1),
            (r#"{"notes":[{"email":"boss@x.test"}],"n":"{"}"#, 0),
            (r#"{"email":"a@x.test"}"#, 1),
            (r#" {"email":"a@x.test","n":"["}"#, 1),
        ] {
            let found = finder.find_exactly(json.as_bytes());
            assert_eq!(found.hashes().len(), expected, "{json}");
        }
    }

    #[test]
    fn a_record_without_an_identity_is_seen() {
        for json in [
            r#"{"email":"a@b.test"}"#,
            r#"{"note":"email","email" : "7"}"#,
            r#"{"emails":[{"value":"x"}]}"#,
            r#"{"\u0065mail":"x"}"#,
        ] {
            assert!(!found(json).is_none(), "{json}");
        }
        for json in [
            r#"{"firstname":"Ada"}"#,
            r#"{"email":null,"note":"my email: none"}"#,
            r#"{"email":"","work_email":"a@b.test"}"#,
            r#"{"email":" \u200b"}"#,
            r#"{"email":7}"#,
            r#"{"note":"email"}"#,
        ] {
            assert!(found(json).is_none(), "{json}");
        }
    }

    #[test]
    fn case_blanks_and_composition_tell_no_two_names_apart() {
        let same = |one: &str, other: &str| found(one) == found(other);
        for (one, other) in [
            (r#"{"email":"Ada@x.test"}"#, r#"{"email":"ada@x.test"}"#),
            (r#"{"email":" ada@x.test\n"}"#, r#"{"email":"ada@x.test"}"#),
            (
                "{\"email\":\"\u{a0}ada@x.test\u{feff}\"}",
                r#"{"email":"ada@x.test"}"#,
            ),
            (
                "{\"email\":\"jose\u{301}@x.test\"}",
                "{\"email\":\"JOS\u{c9}@x.test\"}",
            ),
            (r#"{"email":"ασ@x.test"}"#, r#"{"email":"ας@x.test"}"#),
            (
                r#"{"email":"ΠΑΠΠΑΣ@x.test"}"#,
                r#"{"email":"παππασ@x.test"}"#,
            ),
            (
                r#"{"email":"straße@x.test"}"#,
                r#"{"email":"STRASSE@x.test"}"#,
            ),
            (
                r#"{"email":"STRAẞE@x.test"}"#,
                r#"{"email":"strasse@x.test"}"#,
            ),
            (r#"{"emails":[{"value":"a@x"}]}"#, r#"{"\u0065mail":"A@x"}"#),
        ] {
            assert!(same(one, other), "{one} {other}");
        }
        assert!(!same(
            r#"{"email":"ada@x.test"}"#,
            r#"{"email":"ida@x.test"}"#
        ));
    }

    #[test]
    fn an_address_is_one_by_itself_alone() {
        for (text, address) in [
            (" Ada@X.test ", "ada@x.test"),
            ("o'neil@x.test", "o'neil@x.test"),
            ("jos\u{e9}@ex\u{e4}mple.test", "jos\u{e9}@ex\u{e4}mple.test"),
            ("a@localhost", "a@localhost"),
        ] {
            assert_eq!(bare_address(text).as_deref(), Some(address));
            assert!(addresses_in(text).eq([address.to_owned()]), "{text}");
        }
        for text in [
            "Ada <a@x.test>",
            "a@x.test;",
            "mailto:a@x.test",
            "'a@x.test'",
            "a@x.test, a@x.test",
            "a@x.test\u{200b}(Ada)",
        ] {
            assert_eq!(bare_address(text), None, "{text}");
            assert!(
                addresses_in(text).all(|address| address == "a@x.test"),
                "{text}"
            );
            assert!(addresses_in(text).next().is_some(), "{text}");
        }
        for text in ["", "@", "a@", "@x.test", "a@b@x.test", "ada"] {
            assert_eq!(bare_address(text), None, "{text}");
        }
    }

    #[test]
    fn finds_texts_inside_arrays_and_no_numbers() {
        let texts =
            texts(br#"{"name": "A", "emails": [{"value": "a@b.test", "primary": true}], "n": 7}"#);
        let pairs: Vec<(&str, &str)> = texts
            .iter()
            .map(|text| (text.path.as_str(), text.text.as_str()))
            .collect();
        assert_eq!(pairs, [("name", "A"), ("emails[].value", "a@b.test")]);
    }

    #[test]
    fn what_no_float_holds_and_what_lies_deep_hides_no_identity() {
        let finder = IdentityFinder::new(PATHS);
        let deep = format!("{}1{}", "[".repeat(MOST_LEVELS), "]".repeat(MOST_LEVELS));
        for odd in [&deep, "1e999", &"9".repeat(5_000), r#""\\""#] {
            let json = format!(r#"{{"odd":{odd},"emails":[{{"value":"a@x.test"}}]}}"#);
            let found = finder.find_exactly(json.as_bytes());
            assert_eq!(found.hashes().len(), 1, "{json}");
        }
    }

    proptest! {
        /// What the quick look finds holds at least what parsing finds.
        #[test]
        fn the_look_misses_no_identity(
            members in proptest::collection::vec(
                ("(email|emails|note|x)", prop_oneof![
                    "[a-cA-C @.\u{e9}\u{200b}\"\\\\]{0,6}".prop_map(serde_json::Value::from),
                    Just(serde_json::json!([{"value": "a"}, {"value": "b"}])),
                    Just(serde_json::json!(null)),
                    Just(serde_json::json!(5)),
                ]),
                0..5,
            ),
        ) {
            // Written by hand: a name may stand there twice.
            let members: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("\"{name}\": {value}"))
                .collect();
            let json = format!("{{{}}}", members.join(","));
            let finder = IdentityFinder::new(PATHS);
            let found = finder.find(json.as_bytes());
            let parsed = finder.parse(json.as_bytes());
            for hash in parsed.hashes() {
                prop_assert!(found.hashes().contains(hash), "{}", json);
            }
            prop_assert_eq!(sorted(&finder.find_exactly(json.as_bytes())), sorted(&parsed));
        }
    }
}
