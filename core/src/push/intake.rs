//! Records made ready for their batches: checked, and sorted by whether an error can name them.

use std::sync::Arc;

use crate::crm::facts::Paths;
use crate::names::PushKind;
use crate::records::identity::{Identities, IdentityFinder, bare_address, texts};
use crate::records::key::Key;
use crate::records::list_change::ListChange;
use crate::records::{Chunk, Records, Run, problem_as_object};

/// A chunk of the source. Indexes are positions in the chunk.
pub(crate) struct Intake {
    /// How many records.
    pub(crate) len: usize,
    pub(crate) valid: Vec<ValidRun>,
    pub(crate) refused: Vec<Refused>,
    /// The folded e-mail address of each record that has one, where they are wanted; in the order of the source.
    pub(crate) addresses: Vec<(usize, String)>,
}

/// What is looked for in records beside their identities.
pub(crate) struct Wanted<'a> {
    /// Records are left out by their identities, now or in a later run, which then must be found exactly.
    pub(crate) exact_identities: bool,
    /// The fields of which the first e-mail address is kept.
    pub(crate) addresses_in: Option<Paths>,
    /// Records that lack the key of these fields are refused, where keys were noted.
    pub(crate) primary_key: &'a [String],
}

/// Records that may be sent.
pub(crate) struct ValidRun {
    pub(crate) run: Run,
    /// Whether they have an identity, by which an error can name them.
    pub(crate) is_nameable: bool,
}

/// A record that our own validation refuses.
pub(crate) struct Refused {
    pub(crate) position: usize,
    pub(crate) message: String,
    /// As it was handed in; `None` when it could not be encoded.
    pub(crate) json: Option<Vec<u8>>,
    /// Its key, where keys were noted and it has one.
    pub(crate) key: Option<Key>,
}

impl Intake {
    pub(crate) fn of(
        records: Records,
        kind: PushKind,
        finder: &IdentityFinder,
        wanted: &Wanted<'_>,
    ) -> Self {
        let given = records.into_chunk();
        let sent = if kind == PushKind::Lists {
            rewritten(&given)
        } else {
            Arc::clone(&given)
        };
        sent.warm();
        let mut intake = Self {
            len: sent.records().len(),
            valid: Vec::new(),
            refused: Vec::new(),
            addresses: Vec::new(),
        };
        let mut identities = vec![Identities::None; sent.records().len()].into_boxed_slice();
        for (position, slot) in sent.records().enumerate() {
            let problem = match slot {
                Err(message) => Some(message.to_owned()),
                Ok(json) => problem_as_object(json).or_else(|| {
                    let missing = sent.no_key(position)?;
                    Some(missing.message(wanted.primary_key, sent.nearest_to_key()))
                }),
            };
            match (slot, problem) {
                (Ok(json), None) => {
                    if let Some(fields) = wanted.addresses_in {
                        let address = first_address(json, fields);
                        let address = address.map(|address| (position, address));
                        intake.addresses.extend(address);
                    }
                    identities[position] = if wanted.exact_identities {
                        finder.find_exactly(json)
                    } else {
                        finder.find(json)
                    };
                    intake.accept(&sent, position, !identities[position].is_none());
                }
                (_, problem) => intake.refused.push(Refused {
                    position,
                    message: problem.unwrap_or_default(),
                    json: given.record(position).map(<[u8]>::to_vec),
                    key: given.key(position),
                }),
            }
        }
        sent.identify(identities);
        intake
    }

    fn accept(&mut self, chunk: &Arc<Chunk>, position: usize, is_nameable: bool) {
        let is_taken = self.valid.last_mut().is_some_and(|last| {
            last.is_nameable == is_nameable && last.run.extend(chunk, position)
        });
        if !is_taken {
            self.valid.push(ValidRun {
                run: Run::of(chunk, position, position),
                is_nameable,
            });
        }
    }
}

/// The first e-mail address of a record, folded.
fn first_address(json: &[u8], fields: Paths) -> Option<String> {
    let texts = texts(json).into_iter();
    let mut named = texts.filter(|text| fields.contains(&text.path));
    named.find_map(|text| bare_address(&text.text))
}

/// List changes in the service's form.
fn rewritten(given: &Chunk) -> Arc<Chunk> {
    let mut records = Records::new();
    for slot in given.records() {
        match slot {
            Err(message) => records.reject(message),
            Ok(json) => match ListChange::from_json(json) {
                Ok(change) => records.push(&change),
                Err(message) => records.reject(message),
            },
        }
    }
    records.into_chunk()
}
