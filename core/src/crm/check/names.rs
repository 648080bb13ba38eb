//! Names of fields looked up, and values counted, without a search in the common case.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::crm::rules::{Rules, Treatment};
use crate::records::json::scan::{Cursor, RawText, Value};
use crate::report::FieldProfile;
use crate::short_hash::ShortHash;

/// Names that are remembered; records with more are made of keys that are no field names.
const MAX_NAMES: usize = 10_000;

/// A name that records have.
pub(super) struct Name {
    pub(super) text: Arc<str>,
    /// With its quotes, as encoders write it.
    quoted: Box<[u8]>,
    /// Its field's place in the rules.
    pub(super) place: Option<usize>,
    pub(super) unknown: Option<Unknown>,
    /// The record that had it last.
    pub(super) seen: usize,
    profile: Profile,
    /// The name that followed it last.
    next: usize,
}

/// A name that is no field of the CRM.
pub(super) struct Unknown {
    pub(super) treatment: Treatment,
    pub(super) hint: Option<String>,
    /// The hint differs by case, blanks or a byte order mark alone.
    pub(super) is_similar: bool,
}

#[derive(Clone, Default)]
struct Profile {
    filled: usize,
    longest: usize,
    kinds: [usize; KINDS.len()],
}

/// What values are counted as.
pub(super) const KINDS: [&str; 8] = [
    "text", "integer", "number", "boolean", "null", "empty", "list", "object",
];
/// Places in `KINDS`.
pub(super) const TEXT: usize = 0;
pub(super) const NULL: usize = 4;
pub(super) const EMPTY: usize = 5;

/// Whether values of the kind say anything.
pub(super) fn is_filled(kind: usize) -> bool {
    kind != NULL && kind != EMPTY
}

/// The place in `KINDS` of what a value is counted as.
pub(super) fn kind_of(value: &Value<'_>) -> usize {
    match value {
        Value::Text(text) if text.is_empty() => EMPTY,
        Value::Text(_) => TEXT,
        Value::Number(text) => {
            let is_integer = !text.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'));
            if is_integer { 1 } else { 2 }
        }
        Value::Boolean(_) => 3,
        Value::Null => NULL,
        Value::List(_) => 6,
        Value::Object(_) => 7,
    }
}

/// The names that the records have had so far.
pub(super) struct Names {
    all: Vec<Name>,
    by_raw: HashMap<Box<[u8]>, usize, ShortHash>,
    /// The name with which the last record began.
    first: usize,
    last: Option<usize>,
}

impl Names {
    pub(super) fn new() -> Self {
        Self {
            all: Vec::new(),
            by_raw: HashMap::default(),
            first: 0,
            last: None,
        }
    }

    pub(super) fn begin(&mut self) {
        self.last = None;
    }

    /// Reads the next member's name, most often the one that followed last time too.
    pub(super) fn read(&mut self, cursor: &mut Cursor<'_>, rules: &Rules) -> Option<usize> {
        let guess = match self.last {
            Some(last) => self.all.get(last).map_or(0, |name| name.next),
            None => self.first,
        };
        let is_it = self
            .all
            .get(guess)
            .is_some_and(|name| cursor.take_name(&name.quoted));
        let found = if is_it {
            guess
        } else {
            let found = self.find(cursor.name()?, rules);
            match self.last.and_then(|last| self.all.get_mut(last)) {
                Some(last) => last.next = found,
                None => self.first = found,
            }
            found
        };
        self.last = Some(found);
        Some(found)
    }

    fn find(&mut self, raw: RawText<'_>, rules: &Rules) -> usize {
        if let Some(place) = self.by_raw.get(raw.raw()) {
            return *place;
        }
        let decoded = raw.decoded();
        let name = decoded.lossy();
        let quoted = serde_json::to_vec(&*name).unwrap_or_default();
        let known = self.by_raw.get(inner(&quoted)).copied();
        let place = known.unwrap_or_else(|| {
            // The last place is that of all names beyond.
            if self.all.len() >= MAX_NAMES {
                self.all.truncate(MAX_NAMES - 1);
            }
            self.all.push(Name::new(&name, &quoted, rules));
            self.all.len() - 1
        });
        if self.all.len() < MAX_NAMES {
            self.by_raw.insert(raw.raw().into(), place);
            self.by_raw.insert(inner(&quoted).into(), place);
        }
        place
    }

    pub(super) fn get(&self, place: usize) -> Option<&Name> {
        self.all.get(place)
    }

    /// Whether the place is that of one name alone.
    pub(super) fn is_lasting(place: usize) -> bool {
        place < MAX_NAMES - 1
    }

    /// Counts values of a name: how many of each kind, and the longest text.
    pub(super) fn add(&mut self, place: usize, counts: &[usize], longest: usize) {
        let Some(name) = self.all.get_mut(place) else {
            return;
        };
        for (kind, (known, count)) in name.profile.kinds.iter_mut().zip(counts).enumerate() {
            *known += count;
            if is_filled(kind) {
                name.profile.filled += count;
            }
        }
        name.profile.longest = name.profile.longest.max(longest);
    }

    pub(super) fn get_mut(&mut self, place: usize) -> Option<&mut Name> {
        self.all.get_mut(place)
    }

    pub(super) fn profile(&self) -> Vec<FieldProfile> {
        self.all
            .iter()
            .map(|name| FieldProfile {
                field: name.text.as_ref().to_owned(),
                is_known: name.place.is_some(),
                filled: name.profile.filled,
                kinds: KINDS
                    .iter()
                    .zip(name.profile.kinds)
                    .filter(|(_, count)| *count > 0)
                    .map(|(kind, count)| ((*kind).to_owned(), count))
                    .collect::<BTreeMap<_, _>>(),
                longest: name.profile.longest,
            })
            .collect()
    }
}

impl Name {
    fn new(name: &str, quoted: &[u8], rules: &Rules) -> Self {
        let place = rules.place(name);
        let unknown = place.is_none().then(|| {
            let similar = rules.similar(name);
            Unknown {
                treatment: rules.on_unknown_field(name),
                is_similar: similar.is_some(),
                hint: similar.or_else(|| rules.nearest(name)).map(str::to_owned),
            }
        });
        Self {
            text: name.into(),
            quoted: quoted.into(),
            place,
            unknown,
            seen: 0,
            profile: Profile::default(),
            next: 0,
        }
    }

    /// In its quotes.
    pub(super) fn quoted(&self) -> &[u8] {
        &self.quoted
    }

    /// Counts a value; whether it is one: neither null nor empty text.
    pub(super) fn count(&mut self, value: &Value<'_>) -> bool {
        let kind = kind_of(value);
        if let Value::Text(text) = value {
            self.profile.longest = self.profile.longest.max(text.length());
        }
        if let Some(count) = self.profile.kinds.get_mut(kind) {
            *count += 1;
        }
        let is_filled = is_filled(kind);
        self.profile.filled += usize::from(is_filled);
        is_filled
    }
}

/// A quoted name without its quotes.
fn inner(quoted: &[u8]) -> &[u8] {
    quoted
        .get(1..quoted.len().saturating_sub(1))
        .unwrap_or_default()
}
