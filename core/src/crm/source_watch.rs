//! What can be said of a source as a whole, without a check of its records.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};

use crate::crm::facts::naming_fields;
use crate::crm::graph8::LeftOut;
use crate::crm::rules::Rules;
use crate::names::{Provider, PushKind};
use crate::quote::quote;
use crate::report::{EXAMPLES, Example, Finding, FindingCode, Severity};

/// Most names that are noted: a source whose records have more has no header.
const MOST_NAMES: usize = 1_000;

/// Notes what all records of a push have in common that is probably not meant.
pub(crate) struct SourceWatch {
    provider: Provider,
    kind: PushKind,
    /// What the CRM is known to take, to recognise names that are nearly those of its fields.
    rules: Arc<Rules>,
    records: usize,
    /// Records that were not refused before they left.
    sendable: usize,
    /// Records that an error could name.
    nameable: usize,
    /// The names seen in the first record of each chunk, with the field that was probably meant.
    names: BTreeMap<String, Option<String>>,
    noted: BTreeMap<(FindingCode, Option<String>), Finding>,
}

impl SourceWatch {
    pub(crate) fn new(provider: Provider, kind: PushKind, rules: Arc<Rules>) -> Self {
        Self {
            provider,
            kind,
            rules,
            records: 0,
            sendable: 0,
            nameable: 0,
            names: BTreeMap::new(),
            noted: BTreeMap::new(),
        }
    }

    /// Looks at the names of one record, which stands for its chunk.
    pub(crate) fn look(&mut self, json: &[u8]) {
        for name in names(json) {
            if self.names.len() < MOST_NAMES && !self.names.contains_key(&name) {
                let meant = self.rules.similar(&name).map(str::to_owned);
                self.names.insert(name, meant);
            }
        }
    }

    /// Counts records that were taken in, of which some may be sent.
    pub(crate) fn count(&mut self, records: usize, sendable: usize, nameable: usize) {
        self.records += records;
        self.sendable += sendable;
        self.nameable += nameable;
    }

    /// Notes what became of one field of one record on its way.
    pub(crate) fn note(&mut self, index: usize, left_out: LeftOut) {
        let LeftOut {
            code,
            field,
            value,
            message,
            hint,
        } = left_out;
        let finding = self
            .noted
            .entry((code, field.clone()))
            .or_insert_with(|| Finding {
                code,
                severity: Severity::Warning,
                field,
                count: 0,
                message,
                hint,
                examples: Vec::new(),
            });
        finding.count += 1;
        if finding.examples.len() < EXAMPLES {
            finding.examples.push(Example {
                index,
                value: value.map(|value| quote(value.as_bytes())),
            });
        }
    }

    /// What was noted of single fields.
    pub(crate) fn noted(&self) -> Vec<Finding> {
        self.noted.values().cloned().collect()
    }

    /// Names that differ from those of fields by next to nothing.
    pub(crate) fn similar_names(&self) -> Vec<Finding> {
        let similar = self.names.iter();
        similar
            .filter_map(|(name, meant)| Some((name, meant.as_ref()?)))
            // Both spellings in one source are two fields.
            .filter(|(_, meant)| !self.names.contains_key(*meant))
            .map(|(name, meant)| {
                let shown = crate::quote::quote_exactly(name);
                self.of_source(
                    FindingCode::SimilarName,
                    Some(name),
                    format!(
                        "'{shown}' is no field of {}, but '{meant}' is: rename it, or its values \
                         are lost or refused",
                        self.provider
                    ),
                    Some(meant),
                )
            })
            .collect()
    }

    /// Whether no record has a value that names it.
    pub(crate) fn without_identity(&self) -> Option<Finding> {
        // Of what failed by itself, that is what has to be mended.
        if self.sendable == 0 || self.nameable > 0 {
            return None;
        }
        let identity = naming_fields(self.provider, self.kind).identity;
        let field = identity.paths.first()?;
        Some(self.of_source(
            FindingCode::NoIdentity,
            Some(field),
            format!(
                "none of the {} records has '{field}', by which errors of {} name a record: \
                 those of one request that fails end as unknown; map a column to it",
                self.records, self.provider
            ),
            None,
        ))
    }

    /// Names of `columns` and `rename` that no record had.
    pub(crate) fn unmet(&self, names: &[&str]) -> Vec<Finding> {
        if self.records == 0 {
            return Vec::new();
        }
        let unmet = names.iter();
        unmet
            .map(|name| {
                let shown = quote(name.as_bytes());
                let message = format!(
                    "no record has '{shown}', which columns or rename names: compare it with the \
                     names of the source"
                );
                self.of_source(FindingCode::NothingLeft, Some(name), message, None)
            })
            .collect()
    }

    fn of_source(
        &self,
        code: FindingCode,
        field: Option<&str>,
        message: String,
        hint: Option<&str>,
    ) -> Finding {
        Finding {
            code,
            severity: Severity::Warning,
            field: field.map(str::to_owned),
            count: self.records,
            message,
            hint: hint.map(str::to_owned),
            examples: Vec::new(),
        }
    }
}

/// The names of an object's members; those before what can't be read.
fn names(json: &[u8]) -> Vec<String> {
    struct Names(Vec<String>);

    impl<'de> Visitor<'de> for &mut Names {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
            while let Some((name, IgnoredAny)) = members.next_entry()? {
                self.0.push(name);
            }
            Ok(())
        }
    }

    let mut found = Names(Vec::new());
    // What is no object has no names.
    let _ = serde_json::Deserializer::from_slice(json).deserialize_map(&mut found);
    found.0
}
