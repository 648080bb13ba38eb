//! Which value of a record names it, and finding values in encoded records.

use std::fmt;

use memchr::memmem::Finder;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::provider::{Provider, PushKind};

/// Where the value lies by which a CRM's errors name a record. `[]` is any entry of an array.
pub(crate) fn identifying_paths(provider: Provider, kind: PushKind) -> &'static [&'static str] {
    match (kind, provider) {
        (PushKind::Contacts, Provider::Hubspot) => &["email"],
        (PushKind::Contacts, Provider::Salesforce | Provider::Zoho) => &["Email"],
        (PushKind::Contacts, Provider::Pipedrive) => &[
            "email",
            "emails",
            "email[]",
            "emails[]",
            "email[].value",
            "emails[].value",
        ],
        (PushKind::Contacts, Provider::Sugarcrm) => &["email1", "email", "email[].email_address"],
        (PushKind::Companies, Provider::Hubspot) => &["domain"],
        (PushKind::Companies, Provider::Salesforce) => &["Name"],
        (PushKind::Companies, Provider::Pipedrive | Provider::Sugarcrm) => &["name"],
        (PushKind::Companies, Provider::Zoho) => &["Account_Name"],
        (PushKind::Lists, _) => &["list_id"],
    }
}

/// Looks whether records seem to have a value by which an error can name them. A quick look at the
/// text that may be wrong either way; only the make-up of batches depends on it.
pub(crate) struct NameFinder(Vec<Finder<'static>>);

impl NameFinder {
    pub(crate) fn new(paths: &[&str]) -> Self {
        let mut keys: Vec<String> = paths
            .iter()
            .map(|path| format!("\"{}\"", path.split(['.', '[']).next().unwrap_or(path)))
            .collect();
        keys.dedup();
        Self(
            keys.iter()
                .map(|key| Finder::new(key).into_owned())
                .collect(),
        )
    }

    pub(crate) fn seems_nameable(&self, json: &[u8]) -> bool {
        self.0.iter().any(|key| {
            // The first field often is the name, and then no search is needed.
            let first = json
                .get(1..)
                .and_then(|members| members.strip_prefix(key.needle()));
            if first.is_some_and(has_value) {
                return true;
            }
            key.find_iter(json)
                .any(|start| has_value(&json[start + key.needle().len()..]))
        })
    }
}

/// Whether the text after a key goes on as a member whose value is not empty.
fn has_value(after_key: &[u8]) -> bool {
    let Some(value) = after_key.trim_ascii_start().strip_prefix(b":") else {
        return false;
    };
    !matches!(
        value.trim_ascii_start(),
        [b'n', b'u', b'l', b'l', ..] | [b'"', b'"', ..] | [b'[', b']', ..] | [b'{', b'}', ..]
    )
}

/// A string or number of a record and its path, for example `emails[].value`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Scalar {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Every string and number in `json`; what can't be read ends the list.
pub(crate) fn scalars(json: &[u8]) -> Vec<Scalar> {
    let mut found = Vec::new();
    let walk = Walk {
        path: String::new(),
        found: &mut found,
    };
    // A record that can't be walked to its end just names itself by less.
    let _ = walk.deserialize(&mut serde_json::Deserializer::from_slice(json));
    found
}

struct Walk<'a> {
    path: String,
    found: &'a mut Vec<Scalar>,
}

impl Walk<'_> {
    fn note(self, text: String) {
        self.found.push(Scalar {
            path: self.path,
            text,
        });
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.note(text.to_owned());
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.note(number.to_string());
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.note(number.to_string());
        Ok(())
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.note(number.to_string());
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let path = format!("{}[]", self.path);
        while entries
            .next_element_seed(Walk {
                path: path.clone(),
                found: self.found,
            })?
            .is_some()
        {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(key) = entries.next_key::<String>()? {
            let path = if self.path.is_empty() {
                key
            } else {
                format!("{}.{key}", self.path)
            };
            entries.next_value_seed(Walk {
                path,
                found: self.found,
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_without_a_value_to_name_it_by_is_seen() {
        let finder = NameFinder::new(&["email", "emails[].value"]);
        let nameable = |json: &str| finder.seems_nameable(json.as_bytes());
        for json in [
            r#"{"email":"a@b.test"}"#,
            r#"{"note":"email","email" : 7}"#,
            r#"{"emails":[{"value":"x"}]}"#,
        ] {
            assert!(nameable(json), "{json}");
        }
        for json in [
            r#"{"firstname":"Ada"}"#,
            r#"{"email":null,"note":"my email: none"}"#,
            r#"{"email":"","work_email":"a@b.test"}"#,
            r#"{"note":"email"}"#,
        ] {
            assert!(!nameable(json), "{json}");
        }
    }

    #[test]
    fn finds_addresses_inside_arrays() {
        let found = scalars(
            br#"{"name": "A", "emails": [{"value": "a@b.test", "primary": true}], "n": 7}"#,
        );
        let pairs: Vec<(&str, &str)> = found
            .iter()
            .map(|scalar| (scalar.path.as_str(), scalar.text.as_str()))
            .collect();
        assert_eq!(
            pairs,
            [("name", "A"), ("emails[].value", "a@b.test"), ("n", "7")]
        );
    }
}
