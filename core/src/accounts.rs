//! Who of a batch was pushed, who failed, and what can't be told: the answer against the batch.
//!
//! The service's errors carry no index. They are matched to records by identity, the counts are
//! checked against the batch, and what does not add up is unknown, never pushed.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::answer::quote;
use crate::identity::{Scalar, scalars};

/// Errors of one answer that are looked at: several for each record of the largest batch.
const MOST_ERRORS: usize = 10_000;
/// Bytes of one error that is read; a longer one is only quoted.
const LONGEST_ERROR: usize = 64 * 1024;
/// Messages that are repeated where they can't be told apart.
const MOST_LISTED: usize = 5;

/// What an answer to a push claims.
#[derive(Debug)]
pub(crate) struct Claim {
    /// Records created, for contacts and companies; `None` for lists, whose counts are members.
    pub(crate) counts: Option<Counts>,
    pub(crate) errors: Vec<Reported>,
    /// Errors beyond those that are kept: what they name is not known.
    pub(crate) omitted: usize,
    pub(crate) members: Option<Members>,
}

/// What the service counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts {
    pub(crate) pushed: i64,
    pub(crate) failed: i64,
}

/// How many memberships a list push changed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Members {
    pub(crate) added: u64,
    pub(crate) removed: u64,
}

/// One error of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Reported {
    /// The value that names the record, where there is one.
    pub(crate) name: Option<String>,
    pub(crate) message: String,
}

/// What an answer says of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Pushed,
    Failed(String),
    Unknown(String),
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
    pub(crate) fn read(data: &RawValue, of_lists: bool, paths: &[&str]) -> Result<Self, String> {
        if !data.get().starts_with('{') {
            return Err("its 'data' is not an object".to_owned());
        }
        let data: Data =
            serde_json::from_str(data.get()).map_err(|error| format!("its 'data' has {error}"))?;
        let count = |name: &str, said: Option<&RawValue>| match said.map(RawValue::get) {
            None | Some("null") => Ok(0),
            Some(text) => serde_json::from_str(text)
                .ok()
                .filter(|count: &i64| *count >= 0)
                .ok_or_else(|| format!("its {name} is {}", quote(text.as_bytes()))),
        };
        let errors = match data.errors.map(RawValue::get) {
            None | Some("null") => Errors::default(),
            Some(text) if text.starts_with('[') => serde_json::from_str(text)
                .map_err(|error| format!("its 'errors' can't be read: {error}"))?,
            Some(_) => return Err("its 'errors' is not a list".to_owned()),
        };
        let (counts, members) = if of_lists {
            let members = Members {
                added: count("added", data.added)?.unsigned_abs(),
                removed: count("removed", data.removed)?.unsigned_abs(),
            };
            (None, Some(members))
        } else {
            let counts = Counts {
                pushed: count("pushed_count", data.pushed_count)?,
                failed: count("failed_count", data.failed_count)?,
            };
            (Some(counts), None)
        };
        Ok(Self {
            counts,
            errors: errors
                .kept
                .iter()
                .map(|error| Reported::read(error, paths))
                .collect(),
            omitted: errors.omitted,
            members,
        })
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

impl Claim {
    /// Whether it says of so many records, without a contradiction, that all were pushed.
    pub(crate) fn is_all_pushed(&self, records: usize) -> bool {
        self.errors.is_empty()
            && self
                .counts
                .is_none_or(|counts| contradiction(counts, 0, records).is_none())
    }
}

impl Reported {
    fn read(error: &RawValue, paths: &[&str]) -> Self {
        let text = error.get();
        if text.len() > LONGEST_ERROR {
            return Self {
                name: None,
                message: quote(text.as_bytes()),
            };
        }
        // JSON it is: only numbers beyond all range and depths are left out.
        let error = serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
        let name = match error.get("record") {
            Some(Value::String(name)) => Some(name.clone()),
            Some(Value::Number(name)) => Some(name.to_string()),
            Some(record @ Value::Object(_)) => scalars(record.to_string().as_bytes())
                .into_iter()
                .find(|scalar| paths.contains(&scalar.path.as_str()))
                .map(|scalar| scalar.text),
            _ => None,
        };
        let said = ["error", "message", "detail"]
            .iter()
            .find_map(|key| error.get(*key))
            .filter(|said| !said.is_null())
            .unwrap_or(&error);
        let said = said.get("message").unwrap_or(said);
        let message = match said {
            Value::String(message) => quote(message.as_bytes()),
            other => quote(other.to_string().as_bytes()),
        };
        Self {
            name: name.filter(|name| !name.trim().is_empty()),
            message,
        }
    }
}

/// Settles each record of a batch by what the answer claims.
pub(crate) fn settle(records: &[&[u8]], paths: &[&str], claim: &Claim) -> Vec<Verdict> {
    let contradiction = claim.counts.and_then(|counts| {
        contradiction(counts, claim.errors.len() + claim.omitted, records.len())
    });
    if claim.is_all_pushed(records.len()) {
        return vec![Verdict::Pushed; records.len()];
    }

    let names = Names::of(records, paths);
    let mut verdicts: Vec<Option<Verdict>> = vec![None; records.len()];
    let mut unmatched: Vec<&str> = Vec::new();
    for (name, messages) in by_name(&claim.errors) {
        let candidates = name.map_or_else(Vec::new, |name| names.find(name));
        let is_free = candidates.iter().all(|index| verdicts[*index].is_none());
        if candidates.is_empty() || !is_free {
            unmatched.extend(messages);
            continue;
        }
        if claim.counts.is_none() {
            settle_changes(&candidates, &messages, &mut verdicts);
            continue;
        }
        let settled = candidates.len().min(messages.len());
        let alike = candidates
            .iter()
            .all(|index| records[*index] == records[candidates[0]]);
        if settled == candidates.len() || alike {
            for (index, message) in candidates.iter().zip(&messages) {
                verdicts[*index] = Some(Verdict::Failed((*message).to_owned()));
            }
            unmatched.extend(&messages[settled..]);
        } else {
            for index in &candidates {
                verdicts[*index] = Some(Verdict::Unknown(format!(
                    "{} of the {} records named {} failed, and the answer does not say which: {}",
                    messages.len(),
                    candidates.len(),
                    quote(name.unwrap_or_default().as_bytes()),
                    listed(&messages)
                )));
            }
        }
    }

    let omitted = format!("{} more errors", claim.omitted);
    if claim.omitted > 0 {
        unmatched.push(&omitted);
    }
    let rest = if let Some(contradiction) = contradiction {
        let said = if unmatched.is_empty() {
            String::new()
        } else {
            format!(": {}", listed(&unmatched))
        };
        Verdict::Unknown(format!("{contradiction}{said}"))
    } else if unmatched.is_empty() {
        Verdict::Pushed
    } else if claim.counts.is_some_and(|counts| counts.pushed == 0) {
        // The counts agree that each record failed, so only the messages can't be told apart.
        Verdict::Failed(listed(&unmatched))
    } else {
        Verdict::Unknown(format!(
            "the answer has errors that name no record of the batch: {}",
            listed(&unmatched)
        ))
    };
    verdicts
        .into_iter()
        .map(|verdict| verdict.unwrap_or_else(|| rest.clone()))
        .collect()
}

/// Changes of lists: one change may draw several errors, and two changes of one list can't be told
/// apart.
fn settle_changes(candidates: &[usize], messages: &[&str], verdicts: &mut [Option<Verdict>]) {
    for index in candidates {
        let words = listed(messages);
        verdicts[*index] = Some(if candidates.len() == 1 {
            Verdict::Failed(words)
        } else {
            Verdict::Unknown(format!("several changes have this id: {words}"))
        });
    }
}

/// The first messages in one; each record may get a copy.
fn listed(messages: &[&str]) -> String {
    let first = messages[..messages.len().min(MOST_LISTED)].join("; ");
    match messages.len().saturating_sub(MOST_LISTED) {
        0 => first,
        more => format!("{first}; and {more} more"),
    }
}

fn contradiction(counts: Counts, errors: usize, records: usize) -> Option<String> {
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

/// Messages by the name that they carry, in the order of the answer.
fn by_name(errors: &[Reported]) -> Vec<(Option<&str>, Vec<&str>)> {
    let mut groups: Vec<(Option<&str>, Vec<&str>)> = Vec::new();
    let mut places: HashMap<Option<&str>, usize> = HashMap::new();
    for error in errors {
        let name = error.name.as_deref();
        let place = *places.entry(name).or_insert_with(|| {
            groups.push((name, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(&error.message);
    }
    groups
}

/// The values of a batch by which an error may name a record.
struct Names {
    identifying: BTreeMap<String, Vec<usize>>,
    any: BTreeMap<String, Vec<usize>>,
    folded: BTreeMap<String, Vec<usize>>,
}

impl Names {
    fn of(records: &[&[u8]], paths: &[&str]) -> Self {
        let mut names = Self {
            identifying: BTreeMap::new(),
            any: BTreeMap::new(),
            folded: BTreeMap::new(),
        };
        for (index, json) in records.iter().enumerate() {
            for Scalar { path, text } in scalars(json) {
                if paths.contains(&path.as_str()) {
                    note(&mut names.folded, fold(&text), index);
                    note(&mut names.identifying, text.clone(), index);
                }
                note(&mut names.any, text, index);
            }
        }
        names
    }

    /// The records that `name` names: those whose identifying value it is, else the only one that
    /// has it as any value, else the only one whose identifying value differs in letter case or
    /// surrounding blanks alone.
    fn find(&self, name: &str) -> Vec<usize> {
        if let Some(records) = self.identifying.get(name) {
            return records.clone();
        }
        [self.any.get(name), self.folded.get(&fold(name))]
            .into_iter()
            .flatten()
            .find(|records| records.len() == 1)
            .cloned()
            .unwrap_or_default()
    }
}

fn note(names: &mut BTreeMap<String, Vec<usize>>, name: String, index: usize) {
    let records = names.entry(name).or_default();
    if records.last() != Some(&index) {
        records.push(index);
    }
}

fn fold(name: &str) -> String {
    name.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use serde_json::value::to_raw_value;

    use super::*;

    const PATHS: &[&str] = &["email"];

    fn read(data: &Value, of_lists: bool, paths: &[&str]) -> Result<Claim, String> {
        Claim::read(&to_raw_value(data).unwrap(), of_lists, paths)
    }

    fn verdicts(records: &[Value], data: Value) -> Vec<Verdict> {
        let texts: Vec<String> = records.iter().map(Value::to_string).collect();
        let records: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
        settle(&records, PATHS, &read(&data, false, PATHS).unwrap())
    }

    fn letters(verdicts: &[Verdict]) -> String {
        verdicts
            .iter()
            .map(|verdict| match verdict {
                Verdict::Pushed => 'p',
                Verdict::Failed(_) => 'f',
                Verdict::Unknown(_) => 'u',
            })
            .collect()
    }

    fn people(emails: &[&str]) -> Vec<Value> {
        emails
            .iter()
            .enumerate()
            .map(|(number, email)| json!({"email": email, "n": format!("person {number}")}))
            .collect()
    }

    #[test]
    fn an_error_fails_the_record_that_it_names() {
        let data = json!({"pushed_count": 2, "failed_count": 1, "errors": [{"record": "b", "error": "bad"}]});
        let verdicts = verdicts(&people(&["a", "b", "c"]), data);
        assert_eq!(letters(&verdicts), "pfp");
        assert_eq!(verdicts[1], Verdict::Failed("bad".into()));
    }

    #[test]
    fn as_many_errors_as_records_of_one_name_are_taken_in_order() {
        let data = json!({"pushed_count": 1, "failed_count": 2, "errors": [
            {"record": "a", "error": "first"}, {"record": "a", "error": "second"}]});
        let verdicts = verdicts(&people(&["a", "b", "a"]), data);
        assert_eq!(verdicts[0], Verdict::Failed("first".into()));
        assert_eq!(verdicts[1], Verdict::Pushed);
        assert_eq!(verdicts[2], Verdict::Failed("second".into()));
    }

    #[test]
    fn one_error_for_two_different_records_of_one_name_leaves_both_unknown() {
        let data = json!({"pushed_count": 2, "failed_count": 1, "errors": [{"record": "a", "error": "dup"}]});
        assert_eq!(letters(&verdicts(&people(&["a", "b", "a"]), data)), "upu");
    }

    #[test]
    fn one_error_for_two_equal_records_fails_one_of_them() {
        let same = vec![json!({"email": "a"}), json!({"email": "a"})];
        let data = json!({"pushed_count": 1, "failed_count": 1, "errors": [{"record": "a", "error": "dup"}]});
        assert_eq!(letters(&verdicts(&same, data)), "fp");
    }

    #[test]
    fn another_unique_value_or_another_letter_case_names_a_record_too() {
        let named = |name| json!({"pushed_count": 1, "failed_count": 1, "errors": [{"record": name, "error": "x"}]});
        assert_eq!(
            letters(&verdicts(&people(&["a", "b"]), named("person 1"))),
            "pf"
        );
        assert_eq!(
            letters(&verdicts(&people(&["A@x", "b@x"]), named("a@X "))),
            "fp"
        );
    }

    #[test]
    fn an_unmatched_error_leaves_the_rest_unknown() {
        let data = json!({"pushed_count": 1, "failed_count": 2, "errors": [
            {"record": "a", "error": "bad"}, {"record": null, "error": "who?"}]});
        let verdicts = verdicts(&people(&["a", "b", "c"]), data);
        assert_eq!(letters(&verdicts), "fuu");
        assert!(matches!(&verdicts[1], Verdict::Unknown(words) if words.contains("who?")));
    }

    #[test]
    fn when_the_counts_agree_that_all_failed_all_failed() {
        let data = json!({"pushed_count": 0, "failed_count": 2, "errors": [{"error": "x"}, {"error": "y"}]});
        assert_eq!(letters(&verdicts(&people(&["a", "b"]), data)), "ff");
    }

    #[test]
    fn counts_that_contradict_leave_all_but_the_named_unknown() {
        for data in [
            json!({"pushed_count": 3, "failed_count": 1, "errors": [{"record": "a", "error": "x"}]}),
            json!({"pushed_count": 1, "failed_count": 2, "errors": [{"record": "a", "error": "x"}]}),
            json!({"errors": [{"record": "a", "error": "x"}]}),
        ] {
            assert_eq!(letters(&verdicts(&people(&["a", "b", "c"]), data)), "fuu");
        }
    }

    #[test]
    fn negative_counts_and_foreign_forms_are_not_read() {
        for data in [
            json!({"pushed_count": -1}),
            json!({"errors": "no"}),
            json!([]),
        ] {
            assert!(read(&data, false, PATHS).is_err(), "{data}");
        }
    }

    #[test]
    fn a_list_change_may_draw_several_errors() {
        let texts = [
            r#"{"list_id":"7","add_contact_ids":["1","2"]}"#,
            r#"{"list_id":"8","add_contact_ids":["3"]}"#,
        ];
        let records: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
        let paths = &["list_id"];
        let claim = |errors: Value| {
            read(
                &json!({"added": 1, "removed": 0, "errors": errors}),
                true,
                paths,
            )
            .unwrap()
        };
        let both = claim(json!([{"record": "7", "error": "x"}, {"record": "7", "error": "y"}]));
        assert_eq!(letters(&settle(&records, paths, &both)), "fp");
        let by_member = claim(json!([{"record": "3", "error": "unknown contact"}]));
        assert_eq!(letters(&settle(&records, paths, &by_member)), "pf");
    }

    #[test]
    fn errors_without_number_neither_fill_memory_nor_hide_that_they_are_there() {
        let many = vec![json!({"record": "z", "error": "x".repeat(900)}); MOST_ERRORS + 7];
        let data = json!({"pushed_count": 1, "failed_count": many.len(), "errors": many});
        for verdict in verdicts(&people(&["a", "b"]), data) {
            let Verdict::Unknown(words) = verdict else {
                panic!("{verdict:?}");
            };
            assert!(words.chars().count() < 2_000, "{} bytes", words.len());
        }
        // A change's own errors may be beyond those that are kept.
        let data = json!({"added": 1, "removed": 0, "errors": many_of("7", MOST_ERRORS + 1)});
        let records: [&[u8]; 2] = [br#"{"list_id":"7"}"#, br#"{"list_id":"8"}"#];
        let claim = read(&data, true, &["list_id"]).unwrap();
        let verdicts = settle(&records, &["list_id"], &claim);
        assert_eq!(letters(&verdicts), "fu");
        assert!(matches!(&verdicts[1], Verdict::Unknown(words) if words.contains("1 more errors")));
    }

    fn many_of(name: &str, count: usize) -> Value {
        vec![json!({"record": name, "error": "no"}); count].into()
    }

    #[test]
    fn an_error_of_any_length_is_quoted() {
        let long = "x".repeat(LONGEST_ERROR);
        let data = json!({"pushed_count": 0, "failed_count": 1, "errors": [{"record": "a", "error": long}]});
        let verdicts = verdicts(&people(&["a"]), data);
        assert!(matches!(&verdicts[..], [Verdict::Failed(words)] if words.len() < 2_000));
    }

    proptest! {
        /// Whatever the answer says, nobody is pushed beyond what it counts.
        #[test]
        fn never_more_pushed_than_the_answer_counts(
            emails in proptest::collection::vec("[ab]{1,2}", 1..8),
            pushed in 0_usize..9,
            failed in 0_usize..9,
            named in proptest::collection::vec("[abc]{1,2}", 0..8),
        ) {
            let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
            let errors: Vec<Value> = named.iter().map(|name| json!({"record": name, "error": "x"})).collect();
            let data = json!({"pushed_count": pushed, "failed_count": failed, "errors": errors});
            let settled = letters(&verdicts(&people(&emails), data));
            prop_assert_eq!(settled.len(), emails.len());
            let counted = settled.matches('p').count();
            prop_assert!(counted <= pushed, "{} of {}", settled, pushed);
            let consistent = pushed + failed == emails.len() && failed == named.len();
            if !consistent {
                prop_assert_eq!(counted, 0);
            }
        }
    }
}
