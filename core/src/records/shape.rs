//! Which fields of a record travel, under what names, and what stands for nothing.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::{Error, Result};
use crate::names::nearest;
use crate::quote::quote;
use crate::records::json;
use crate::sync::lock;

/// What a record's fields become on their way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordShape {
    /// The fields that travel, by the names that the source has for them. Default: all.
    pub columns: Option<Vec<String>>,
    /// New names for fields of the source; the others keep theirs. Default: none.
    pub rename: BTreeMap<String, String>,
    /// Leave out a record's own fields that are null, since a null clears the field in the CRM.
    /// Default: false.
    pub drop_nulls: bool,
    /// What becomes of NaN and the infinities, where the source has numbers. Default: null.
    pub nan: Nan,
    /// Whose names the records have. Default: the CRM's own.
    pub form: RecordForm,
    /// The fields that are a record's key, by the names that the source has for them; they need not travel. With a
    /// journal, records are known again by it, whatever their places in the source: see
    /// [`PushOptions::journal`](crate::PushOptions::journal). A number and its digits as text are one key.
    /// Default: none.
    pub primary_key: Vec<String>,
}

/// Whose field names records have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordForm {
    /// The CRM's own; records travel as they are.
    #[default]
    Crm,
    /// graph8's contacts and companies as its API gives them (`work_email`, `first_name` …): they become the
    /// CRM's own. `columns` then selects graph8's fields, and `rename` adds to the table of
    /// [`graph8_fields`](crate::graph8_fields).
    Graph8,
}

/// What becomes of a number that is not finite.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Nan {
    /// It travels as null.
    #[default]
    Null,
    /// It fails its record.
    Error,
}

impl RecordShape {
    /// Whether records are encoded with all their fields, by the names that they have.
    pub fn is_plain(&self) -> bool {
        let is_renamed = self.form == RecordForm::Crm && !self.rename.is_empty();
        self.columns.is_none() && !is_renamed && !self.drop_nulls && self.nan == Nan::Null
    }

    /// The shape in which a source gives its records: with a primary key they keep that, under its own name,
    /// until it was noted.
    pub(crate) fn at_source(&self) -> Cow<'_, Self> {
        if self.primary_key.is_empty() {
            return Cow::Borrowed(self);
        }
        let columns = self.columns.as_ref().map(|columns| {
            let mut columns = columns.clone();
            columns.extend(self.primary_key.iter().cloned());
            columns
        });
        Cow::Owned(Self {
            columns,
            nan: self.nan,
            ..Self::default()
        })
    }

    /// Whether records of a source that was given this shape have it when they leave the source.
    pub(crate) fn is_whole_at_source(&self) -> bool {
        !self.is_plain() && self.primary_key.is_empty()
    }
}

/// A [`RecordShape`] made ready to look fields up. Clones note together which names they met.
#[derive(Clone, Debug, Default)]
pub struct Shaper {
    has_columns: bool,
    named: Arc<HashMap<String, Named>>,
    claimed: Arc<HashMap<String, usize>>,
    is_used: Arc<AtomicBool>,
    drop_nulls: bool,
    nan: Nan,
    primary_key: Arc<[String]>,
    left_out: Arc<LeftOut>,
}

/// Fields that were looked at and do not travel, of the first records.
#[derive(Debug, Default)]
struct LeftOut {
    looks: AtomicUsize,
    names: Mutex<BTreeSet<String>>,
}

/// Looks at fields of which the names are kept.
const MOST_LOOKS: usize = 1_000;

impl LeftOut {
    fn note(&self, name: &str) {
        if self.looks.load(Ordering::Relaxed) < MOST_LOOKS {
            self.looks.fetch_add(1, Ordering::Relaxed);
            let mut names = lock(&self.names);
            if !names.contains(name) {
                names.insert(name.to_owned());
            }
        }
    }
}

/// A field that the shape names.
#[derive(Debug, Default)]
struct Named {
    is_kept: bool,
    renamed: Option<Renamed>,
    /// Whether a record had it.
    was_met: AtomicBool,
}

#[derive(Debug)]
struct Renamed {
    name: String,
    collision: usize,
}

/// Where a field of the source goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed<'a> {
    /// Its name on the way.
    pub name: &'a str,
    /// The number of that name among those that more than one field may want, from 0 on and below
    /// [`Shaper::collisions`].
    pub collision: Option<usize>,
}

impl Shaper {
    /// Makes `shape` ready.
    pub fn new(shape: &RecordShape) -> Self {
        let mut claimed = HashMap::new();
        let mut named: HashMap<String, Named> = HashMap::new();
        for field in shape.columns.iter().flatten() {
            named.entry(field.clone()).or_default().is_kept = true;
        }
        // A graph8 row is renamed by its form.
        let renamed = shape.rename.iter();
        for (field, name) in renamed.filter(|_| shape.form == RecordForm::Crm) {
            let next = claimed.len();
            let collision = *claimed.entry(name.clone()).or_insert(next);
            let name = name.clone();
            named.entry(field.clone()).or_default().renamed = Some(Renamed { name, collision });
        }
        Self {
            has_columns: shape.columns.is_some(),
            named: Arc::new(named),
            claimed: Arc::new(claimed),
            is_used: Arc::default(),
            drop_nulls: shape.drop_nulls,
            nan: shape.nan,
            primary_key: shape.primary_key.as_slice().into(),
            left_out: Arc::default(),
        }
    }

    /// Where `field` goes; `None` when it does not travel.
    pub fn place<'a>(&'a self, field: &'a str) -> Option<Placed<'a>> {
        self.is_used.store(true, Ordering::Relaxed);
        let named = self.named.get(field);
        if let Some(named) = named {
            named.was_met.store(true, Ordering::Relaxed);
        }
        if self.has_columns && named.is_none_or(|named| !named.is_kept) {
            self.left_out.note(field);
            return None;
        }
        Some(match named.and_then(|named| named.renamed.as_ref()) {
            Some(renamed) => Placed {
                name: &renamed.name,
                collision: Some(renamed.collision),
            },
            None => Placed {
                name: field,
                collision: self.claimed.get(field).copied(),
            },
        })
    }

    /// Names of the shape that no field had so far, in order; none before the first field.
    pub(crate) fn unmet(&self) -> Vec<&str> {
        if !self.is_used.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let unmet = self.named.iter();
        let mut unmet: Vec<&str> = unmet
            .filter(|(_, named)| !named.was_met.load(Ordering::Relaxed))
            .map(|(name, _)| name.as_str())
            .collect();
        unmet.sort_unstable();
        unmet
    }

    /// Of the fields that the first records had and that do not travel, the one that is spelled most like `name`.
    pub(crate) fn nearest_left_out(&self, name: &str) -> Option<String> {
        let names = lock(&self.left_out.names);
        nearest(name, names.iter().map(String::as_str)).map(str::to_owned)
    }

    /// How many names more than one field may want.
    pub fn collisions(&self) -> usize {
        self.claimed.len()
    }

    /// Whether fields that are null are left out.
    pub fn drops_nulls(&self) -> bool {
        self.drop_nulls
    }

    /// What becomes of NaN and the infinities.
    pub fn nan(&self) -> Nan {
        self.nan
    }

    /// Checks the columns of a table, which are known before its rows.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) when a column that the shape names is missing, or when two
    /// would have one name.
    pub fn check_columns<'a>(&'a self, columns: impl Iterator<Item = &'a str>) -> Result<()> {
        let mut found = HashSet::new();
        let mut taken = HashSet::new();
        for column in columns {
            found.insert(column);
            if let Some(Placed { name, .. }) = self.place(column)
                && !taken.insert(name)
            {
                return Err(Error::config(format!(
                    "of the columns, {}",
                    both_become(name)
                )));
            }
        }
        let named = self.named.keys().chain(self.primary_key.iter());
        let missing: HashSet<&str> = named
            .map(String::as_str)
            .filter(|column| !found.contains(column))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Error::config(format!(
            "there is no column {}: use {}",
            listed(missing),
            listed(found)
        )))
    }

    /// Appends the record whose JSON is given, in this shape; what is no object stays as it is.
    pub(crate) fn rewrite(&self, record: &[u8], json: &mut Vec<u8>) -> Result<(), String> {
        if record.first() != Some(&b'{') {
            json.extend_from_slice(record);
            return Ok(());
        }
        let members = Members {
            shaper: self,
            json,
            taken: vec![false; self.collisions()],
        };
        serde_json::Deserializer::from_slice(record)
            .deserialize_map(members)
            .map_err(|error| format!("can't be read: {error}"))?
    }
}

fn listed(names: HashSet<&str>) -> String {
    let mut names: Vec<String> = names
        .into_iter()
        .map(|name| format!("'{}'", quote(name.as_bytes())))
        .collect();
    names.sort_unstable();
    names.join(", ")
}

/// The message about two fields that would have one name.
pub fn both_become(name: &str) -> String {
    format!(
        "two of its fields would be '{}': rename or leave out one",
        quote(name.as_bytes())
    )
}

struct Members<'a> {
    shaper: &'a Shaper,
    json: &'a mut Vec<u8>,
    taken: Vec<bool>,
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Result<(), String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut verdict = Ok(());
        let start = self.json.len();
        while let Some((field, value)) = members.next_entry::<Cow<'de, str>, &RawValue>()? {
            let Some(Placed { name, collision }) = self.shaper.place(&field) else {
                continue;
            };
            if self.shaper.drop_nulls && value.get() == "null" {
                continue;
            }
            if collision
                .is_some_and(|collision| std::mem::replace(&mut self.taken[collision], true))
            {
                verdict = Err(both_become(name));
            }
            self.json.push(b',');
            json::write_str(self.json, name);
            self.json.push(b':');
            self.json.extend_from_slice(value.get().as_bytes());
        }
        json::end_object(self.json, start);
        Ok(verdict)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(shape: &RecordShape, record: &str) -> Result<String, String> {
        let mut json = Vec::new();
        Shaper::new(shape).rewrite(record.as_bytes(), &mut json)?;
        Ok(String::from_utf8(json).unwrap())
    }

    fn renaming(pairs: &[(&str, &str)]) -> RecordShape {
        let own = |(from, to): &(&str, &str)| ((*from).to_owned(), (*to).to_owned());
        RecordShape {
            rename: pairs.iter().map(own).collect(),
            ..RecordShape::default()
        }
    }

    #[test]
    fn selects_renames_and_drops_nulls_of_the_record_alone() {
        let shape = RecordShape {
            columns: Some(vec!["Work Email".into(), "n".into(), "inner".into()]),
            drop_nulls: true,
            ..renaming(&[("Work Email", "email")])
        };
        let record = r#"{ "Work Email" : "a\"b", "x": 1, "n":null,"inner":{"x":null} }"#;
        assert_eq!(
            rewritten(&shape, record).unwrap(),
            r#"{"email":"a\"b","inner":{"x":null}}"#
        );
        assert_eq!(rewritten(&shape, r#"{"x":1}"#).unwrap(), "{}");
        assert_eq!(rewritten(&shape, "[1]").unwrap(), "[1]");
    }

    #[test]
    fn two_fields_never_get_one_name() {
        let shape = renaming(&[("a", "email"), ("b", "email"), ("email", "old")]);
        for record in [r#"{"a":1,"b":2}"#, r#"{"email":1,"old":2}"#] {
            let message = rewritten(&shape, record).unwrap_err();
            assert!(message.contains("two of its fields would be"), "{message}");
        }
        assert_eq!(
            rewritten(&shape, r#"{"a":1,"email":2}"#).unwrap(),
            r#"{"email":1,"old":2}"#
        );
    }
}
