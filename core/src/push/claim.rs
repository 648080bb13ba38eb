//! What an answer to a push claims: its counts and errors, read as strictly as they must be.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::crm::errors::{Meaning, meaning};
use crate::crm::facts::{NamingFields, Paths};
use crate::names::PushKind;
use crate::quote::quote;
use crate::records::identity::{fold, texts};
use crate::records::list_change::ListChange;
use crate::report::{AskedAndDone, Members};

/// Errors of one answer that are looked at: several for each record of the largest batch.
pub(super) const MOST_ERRORS: usize = 10_000;

/// What was asked of the service: what its answer is read against.
pub(crate) struct Asked<'a> {
    pub(crate) records: Vec<&'a [u8]>,
    pub(crate) naming: NamingFields,
    pub(crate) kind: PushKind,
}

impl<'a> Asked<'a> {
    pub(crate) fn new(
        records: impl Iterator<Item = &'a [u8]>,
        naming: NamingFields,
        kind: PushKind,
    ) -> Self {
        Self {
            records: records.collect(),
            naming,
            kind,
        }
    }

    /// Of changes of lists: the memberships that they ask for.
    fn members(&self) -> Option<Members> {
        if self.kind != PushKind::Lists {
            return None;
        }
        let changes = self
            .records
            .iter()
            .filter_map(|json| ListChange::from_json(json).ok());
        Some(changes.fold(Members::default(), |sum, change| {
            sum.and(Members {
                added: change.add.len() as u64,
                removed: change.remove.len() as u64,
            })
        }))
    }
}

/// What an answer to a push claims.
#[derive(Debug)]
pub(crate) struct Claim {
    /// Records created, for contacts and companies; `None` for lists, whose counts are members.
    pub(crate) counts: Option<Counts>,
    pub(crate) errors: Vec<Reported>,
    /// Errors beyond those that are kept: what they name is not known.
    pub(crate) omitted: usize,
    /// Of lists: the memberships that were asked for, and those that the service counts.
    pub(crate) members: Option<AskedAndDone>,
    /// Of lists: members to be added who are there as it is, which some CRMs tell as an error each.
    pub(crate) already_members: u64,
}

/// What the service counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts {
    pub(crate) pushed: i64,
    pub(crate) failed: i64,
}

/// One error of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Reported {
    /// The text that names the record, where there is one.
    pub(crate) name: Option<String>,
    pub(crate) message: String,
    /// The CRM's or the service's code of the error.
    pub(crate) code: Option<String>,
}

/// What of `data` counts; all else may be there and takes no memory.
#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow, default)]
    pushed_count: Option<&'a RawValue>,
    #[serde(borrow, default)]
    failed_count: Option<&'a RawValue>,
    #[serde(borrow, default)]
    added: Option<&'a RawValue>,
    #[serde(borrow, default)]
    removed: Option<&'a RawValue>,
    #[serde(borrow, default)]
    errors: Option<&'a RawValue>,
}

impl Claim {
    /// Reads `data` of a push's answer; `Err` says why it can't be trusted.
    pub(crate) fn read(data: &RawValue, asked: &Asked<'_>) -> Result<Self, String> {
        if !data.get().starts_with('{') {
            return Err("its 'data' is not an object".to_owned());
        }
        let data: Data =
            serde_json::from_str(data.get()).map_err(|error| format!("its 'data' has {error}"))?;
        let errors = match data.errors.map(RawValue::get) {
            None | Some("null") => Errors::default(),
            Some(text) if text.starts_with('[') => serde_json::from_str(text)
                .map_err(|error| format!("its 'errors' can't be read: {error}"))?,
            Some(_) => return Err("its 'errors' is not a list".to_owned()),
        };
        let (counts, members) = if let Some(asked) = asked.members() {
            let done = Members {
                added: members("added", data.added, asked.added)?,
                removed: members("removed", data.removed, asked.removed)?,
            };
            (None, Some(AskedAndDone { asked, done }))
        } else {
            let counts = Counts {
                pushed: count("pushed_count", data.pushed_count)?.unwrap_or(0),
                failed: count("failed_count", data.failed_count)?.unwrap_or(0),
            };
            (Some(counts), None)
        };
        let told = errors.kept.iter();
        let told = told.map(|error| Reported::read(error.get(), asked.naming.identity));
        let mut told: Vec<Reported> = told.collect();
        let count = told.len();
        if members.is_some_and(|members| members.asked.added > 0) {
            told.retain(|error| error.meaning(b"") != Meaning::AlreadyMember);
        }
        Ok(Self {
            counts,
            already_members: (count - told.len()) as u64,
            errors: told,
            omitted: errors.omitted,
            members,
        })
    }

    /// Both claims as one, of list changes whose members came in two requests.
    pub(crate) fn and(mut self, next: Self) -> Self {
        self.errors.extend(next.errors);
        self.omitted += next.omitted;
        self.already_members += next.already_members;
        if let (Some(ours), Some(theirs)) = (&mut self.members, next.members) {
            *ours = ours.and(theirs);
        }
        self
    }

    /// Whether it says of so many records, without a contradiction, that all were pushed.
    pub(crate) fn is_all_pushed(&self, records: usize) -> bool {
        self.errors.is_empty()
            && self
                .counts
                .is_none_or(|counts| contradiction(counts, 0, records).is_none())
    }
}

fn count(name: &str, said: Option<&RawValue>) -> Result<Option<i64>, String> {
    match said.map(RawValue::get) {
        None | Some("null") => Ok(None),
        Some(text) => serde_json::from_str(text)
            .ok()
            .filter(|count: &i64| *count >= 0)
            .map(Some)
            .ok_or_else(|| format!("its {name} is {}", quote(text.as_bytes()))),
    }
}

/// A count of memberships; it may be missing where none were asked for.
fn members(name: &str, said: Option<&RawValue>, asked: u64) -> Result<u64, String> {
    match count(name, said)?.map(i64::unsigned_abs) {
        None if asked == 0 => Ok(0),
        None => Err(format!("its '{name}' is missing")),
        Some(count) if count > asked => Err(format!("its {name} is {count} of {asked} asked for")),
        Some(count) => Ok(count),
    }
}

/// The first of a list's errors, and how many more there are.
#[derive(Default)]
struct Errors<'a> {
    kept: Vec<&'a RawValue>,
    omitted: usize,
}

impl<'de: 'a, 'a> Deserialize<'de> for Errors<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Errors<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of errors")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut errors = Errors::default();
                while errors.kept.len() < MOST_ERRORS {
                    let Some(error) = list.next_element()? else {
                        return Ok(errors);
                    };
                    errors.kept.push(error);
                }
                while list.next_element::<IgnoredAny>()?.is_some() {
                    errors.omitted += 1;
                }
                Ok(errors)
            }
        }
        deserializer.deserialize_seq(Each)
    }
}

/// What of an error counts, whatever the length of the rest.
#[derive(Deserialize)]
struct ErrorParts<'a> {
    #[serde(borrow, default)]
    record: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
    #[serde(borrow, default)]
    detail: Option<&'a RawValue>,
    #[serde(borrow, default, alias = "errorCode", alias = "error_code")]
    code: Option<&'a RawValue>,
}

impl Reported {
    fn read(error: &str, identity: Paths) -> Self {
        // Not an object, or with a part that stands there twice: its text alone is kept.
        let Ok(parts) = serde_json::from_str::<ErrorParts>(error) else {
            return Self {
                name: None,
                message: plain(error),
                code: None,
            };
        };
        let name = parts.record.and_then(|record| match record.get() {
            text if text.starts_with('"') => serde_json::from_str(text).ok(),
            object if object.starts_with('{') => texts(object.as_bytes())
                .into_iter()
                .find(|text| identity.contains(&text.path))
                .map(|text| text.text),
            _ => None,
        });
        let said = [parts.error, parts.message, parts.detail]
            .into_iter()
            .flatten()
            .map(RawValue::get)
            .find(|said| *said != "null")
            .unwrap_or(error);
        let inner = serde_json::from_str::<ErrorParts>(said).ok();
        let code = [parts.code, inner.as_ref().and_then(|inner| inner.code)]
            .into_iter()
            .flatten()
            .find_map(|code| serde_json::from_str(code.get()).ok());
        let message = inner.and_then(|inner| inner.message).map(RawValue::get);
        Self {
            name: name.filter(|name: &String| !fold(name).is_empty()),
            message: plain(message.unwrap_or(said)),
            code,
        }
    }

    pub(super) fn meaning(&self, record: &[u8]) -> Meaning {
        meaning(self.code.as_deref(), &self.message, record)
    }
}

/// The text of a JSON value, fit for a message.
fn plain(json: &str) -> String {
    match serde_json::from_str::<String>(json) {
        Ok(text) => quote(text.as_bytes()),
        Err(_) => quote(json.as_bytes()),
    }
}

pub(super) fn contradiction(counts: Counts, errors: usize, records: usize) -> Option<String> {
    let Counts { pushed, failed } = counts;
    let sum = i128::from(pushed) + i128::from(failed);
    if sum != records as i128 {
        return Some(format!(
            "the answer contradicts the batch: {pushed} pushed and {failed} failed of {records} records sent"
        ));
    }
    if i128::from(failed) != errors as i128 {
        return Some(format!(
            "the answer contradicts itself: {failed} failed, but {errors} errors"
        ));
    }
    None
}
