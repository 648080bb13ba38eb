//! The API key: checked, held where it is wiped, and taken out of what the service says.

use bytes::Bytes;
use reqwest::header::HeaderValue;
use zeroize::Zeroizing;

use crate::api_key::{KeySource, escaped};
use crate::error::{Error, Result};

const SCHEME: &str = "Bearer ";
/// Shorter ones are no keys of the service, and may well be part of other text.
const SHORTEST_TO_HIDE: usize = 8;
/// Most characters of a key that are shown: the service's prefix and three more.
const MOST_TO_SHOW: usize = 11;
const HIDDEN: &[u8] = b"***";

/// A checked key. All clones share one place in memory, which is wiped with the last of them.
#[derive(Clone)]
pub(crate) struct ApiKey {
    /// Scheme and key, as in the header.
    header: Bytes,
    source: KeySource,
}

impl ApiKey {
    /// Takes off blanks and a pasted `Bearer `.
    pub(crate) fn parse(given: &str) -> Result<Self> {
        let mut key = given.trim();
        let (first, rest) = key.split_once(char::is_whitespace).unwrap_or((key, ""));
        if first.eq_ignore_ascii_case(SCHEME.trim()) {
            key = rest.trim();
        }
        if key.is_empty() {
            return Err(Error::config(
                "no API key: pass api_key, set the environment variable G8_API_KEY, or log in with graph8's own tools \
                 (~/.g8/credentials.json)",
            ));
        }
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::config(
                "the API key has a blank, a line break or a character outside ASCII inside it: copy it again",
            ));
        }
        // Never grown, so that no copy stays behind.
        let mut header = Zeroizing::new(Vec::with_capacity(SCHEME.len() + key.len()));
        header.extend_from_slice(SCHEME.as_bytes());
        header.extend_from_slice(key.as_bytes());
        Ok(Self {
            header: Bytes::from_owner(header),
            source: KeySource::Given,
        })
    }

    /// The same key, which was found there.
    pub(crate) fn found_in(mut self, source: KeySource) -> Self {
        self.source = source;
        self
    }

    /// Where it was found.
    pub(crate) fn source(&self) -> KeySource {
        self.source
    }

    /// The first characters, by which its owner knows it: eleven at most, and no more than a third of the key.
    pub(crate) fn start(&self) -> &str {
        let key = &self.header[SCHEME.len()..];
        let shown = &key[..MOST_TO_SHOW.min(key.len() / 3)];
        // A checked key is ASCII.
        std::str::from_utf8(shown).unwrap_or_default()
    }

    /// What tells it from other keys, from which nobody finds it.
    pub(crate) fn fingerprint(&self) -> [u8; 32] {
        let mut fingerprint = [0; 32];
        let digest = ring::digest::digest(&ring::digest::SHA256, &self.header);
        fingerprint.copy_from_slice(digest.as_ref());
        fingerprint
    }

    /// The value of `Authorization`, marked as sensitive.
    pub(crate) fn header(&self) -> Result<HeaderValue> {
        let mut value = HeaderValue::from_maybe_shared(self.header.clone())
            .map_err(|_| Error::config("the API key can't be sent as a header: copy it again"))?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// What the service sent back without the key, if that is in it, in clear or escaped: its text ends up
    /// in errors, reports, files and logs. All that is read of an answer went through here before, so
    /// that nothing read out of it has the key.
    pub(crate) fn hidden_in(&self, text: &[u8]) -> Option<Vec<u8>> {
        let key = &self.header[SCHEME.len()..];
        if key.len() < SHORTEST_TO_HIDE {
            return None;
        }
        let mut places = escaped::find(text, key);
        if places.is_empty() {
            return None;
        }
        places.sort_unstable_by_key(|place| place.start);
        let mut hidden = Vec::with_capacity(text.len());
        let mut kept = 0;
        for place in places {
            if place.start >= kept {
                hidden.extend_from_slice(&text[kept..place.start]);
                hidden.extend_from_slice(HIDDEN);
            }
            kept = kept.max(place.end);
        }
        hidden.extend_from_slice(&text[kept..]);
        Some(hidden)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_bearer_and_blanks_are_taken_off() {
        for given in [
            "g8_live_1",
            " g8_live_1\n",
            "Bearer g8_live_1",
            "bearer  g8_live_1 ",
            "\u{a0}BEARER\tg8_live_1\r\n",
        ] {
            let value = ApiKey::parse(given).unwrap().header().unwrap();
            assert_eq!(value.to_str().unwrap(), "Bearer g8_live_1", "{given:?}");
            assert_eq!(format!("{value:?}"), "Sensitive");
        }
    }

    #[test]
    fn what_is_no_key_is_refused_without_repeating_it() {
        for given in [
            "",
            " \n",
            "Bearer",
            "Bearer ",
            "g8_live_1\r\nX-Evil: 1",
            "g8_live_1\0",
            "g8_live_1 x",
            "Bearer Bearer g8_live_1",
            "g8_live_é",
            "g8_live_\u{200b}1",
        ] {
            let error = ApiKey::parse(given).err().unwrap();
            assert!(!error.message().contains("g8_live"), "{error}");
            assert!(error.message().contains("API key"), "{error}");
        }
    }

    #[test]
    fn the_key_is_taken_out_of_what_the_service_says() {
        let key = ApiKey::parse("g8_live_canary").unwrap();
        for (said, shown) in [
            ("nothing of it", None),
            ("g8_live_canary", Some("***")),
            (
                "no Bearer g8_live_canary, g8_live_canary!",
                Some("no Bearer ***, ***!"),
            ),
            ("g8_live_canar", None),
            (
                r#"{"a": "g8_live_\u0063anary\"", "b": "\\\\u0067"}"#,
                Some(r#"{"a": "***\"", "b": "\\\\u0067"}"#),
            ),
            ("%67%38_live_canary&amp;", Some("***&amp;")),
            ("g8_live_canary\\u0067", Some("***\\u0067")),
        ] {
            let hidden = key.hidden_in(said.as_bytes());
            assert_eq!(hidden.as_deref(), shown.map(str::as_bytes));
        }
        assert_eq!(ApiKey::parse("k").unwrap().hidden_in(b"take"), None);
    }
}
