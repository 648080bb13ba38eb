//! Who of a batch was pushed, who failed, and what can't be told: the answer against the batch.
//!
//! The service's errors carry no index. They are matched to records by identity, the counts are
//! checked against the batch, and what does not add up is unknown, never pushed.
//!
//! What names a record: the text of its identifying field (`naming_fields`), in any letter case and
//! with any blanks around it, as long as no other record of the batch has the same. Where a record has no
//! identity, the text of a fallback field does, if it is no number and no e-mail address. A list change
//! is named by a member's id as well, if that can't be a position. Numbers name nobody.

use std::collections::{HashMap, HashSet};

use crate::crm::errors::Meaning;
use crate::crm::facts::{NamingFields, Paths};
use crate::names::PushKind;
use crate::push::claim::{Asked, Claim, Counts, Reported, contradiction};
use crate::quote::{is_blank, quote_exactly};
use crate::records::identity::{Text, fold, texts};
use crate::records::list_change::ListChange;
use crate::report::{AskedAndDone, Template};

/// Messages that are repeated where they can't be told apart.
const MOST_LISTED: usize = 5;

/// What an answer says of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Pushed,
    Failed {
        message: String,
        /// It may be sent again as it is.
        retryable: bool,
    },
    /// Not taken, since the CRM's own rate limit is reached.
    HeldBack(String),
    Unknown(String),
}

/// Settles each record of a batch by what the answer claims.
pub(crate) fn settle(asked: &Asked<'_>, claim: &Claim) -> Vec<Verdict> {
    let records = &asked.records;
    if claim.is_all_pushed(records.len()) {
        return vec![Verdict::Pushed; records.len()];
    }
    let named = Named::of(asked, claim);
    match claim.counts {
        Some(counts) => settle_counted(asked, claim, counts, &named),
        None => settle_changes(asked, claim, &named),
    }
}

/// What the answer to a change of one list says of the members that were to be added.
#[derive(Clone, Debug, Default)]
pub(crate) struct MemberErrors {
    /// Members that were refused, with the messages.
    pub(crate) refused: Vec<(String, String)>,
    /// What is said of the list, or of nobody that the change names.
    pub(crate) other: Option<String>,
    /// Whether that is about the list itself.
    pub(crate) names_the_list: bool,
    /// Whether every other member is in the list: the counts say so.
    pub(crate) others_are_in: bool,
}

/// Reads the answer to a single change, which adds members alone.
pub(crate) fn member_errors(asked: &Asked<'_>, claim: &Claim) -> MemberErrors {
    let change = asked.records.first();
    let change = change.and_then(|json| ListChange::from_json(json).ok());
    let change = change.unwrap_or_default();
    let members: HashSet<&str> = change.add.iter().map(String::as_str).collect();
    let mut told = MemberErrors::default();
    let mut seen = HashSet::new();
    for error in &claim.errors {
        let name = error.name.as_deref().map(str::trim).unwrap_or_default();
        // A small number may be a position in the request.
        let may_be_position = matches!(name, "0" | "1");
        if members.contains(name) && !may_be_position {
            if seen.insert(name) {
                told.refused.push((name.to_owned(), error.message.clone()));
            }
        } else {
            told.names_the_list |= change.list_id.as_deref() == Some(name);
            told.other.get_or_insert_with(|| error.message.clone());
        }
    }
    if claim.omitted > 0 {
        told.other
            .get_or_insert_with(|| format!("{} more errors", claim.omitted));
    }
    told.others_are_in = told.other.is_none()
        && claim.members.is_some_and(|AskedAndDone { asked, done }| {
            done.added + claim.already_members + told.refused.len() as u64 == asked.added
        });
    told
}

/// The errors of an answer by whom they name.
struct Named<'a> {
    /// Of each record, the errors that name it and no other.
    of_record: Vec<Vec<&'a Reported>>,
    /// Errors that name several records: those, and their messages.
    shared: Vec<(Vec<usize>, Vec<&'a Reported>)>,
    of_nobody: Vec<&'a Reported>,
}

impl<'a> Named<'a> {
    fn of(asked: &Asked<'_>, claim: &'a Claim) -> Self {
        let of_batch = Names::of(asked);
        let mut named = Self {
            of_record: vec![Vec::new(); asked.records.len()],
            shared: Vec::new(),
            of_nobody: Vec::new(),
        };
        for error in &claim.errors {
            let candidates = error
                .name
                .as_deref()
                .map_or(&[][..], |name| of_batch.find(name));
            match candidates {
                [] => named.of_nobody.push(error),
                [index] => named.of_record[*index].push(error),
                several => {
                    let known = named
                        .shared
                        .iter_mut()
                        .find(|(records, _)| records == several);
                    match known {
                        Some((_, errors)) => errors.push(error),
                        None => named.shared.push((several.to_vec(), vec![error])),
                    }
                }
            }
        }
        named
    }

    /// How many records failed by the errors alone; `None` when that can't be told.
    fn told(&self) -> Option<usize> {
        let is_apart = |records: &[usize]| {
            let mut records = records.iter();
            records.all(|index| self.of_record[*index].is_empty())
        };
        let is_clear =
            self.of_nobody.is_empty() && self.shared.iter().all(|(records, _)| is_apart(records));
        let alone = self
            .of_record
            .iter()
            .filter(|errors| !errors.is_empty())
            .count();
        let shared = self
            .shared
            .iter()
            .map(|(records, errors)| errors.len().min(records.len()));
        is_clear.then(|| alone + shared.sum::<usize>())
    }

    /// What the errors say of a record, if any may name it.
    fn verdict(&self, asked: &Asked<'_>, index: usize) -> Option<Verdict> {
        let own = &self.of_record[index];
        if !own.is_empty() {
            return Some(refusal(asked, index, own, 0));
        }
        let (records, errors) = self
            .shared
            .iter()
            .find(|(records, _)| records.contains(&index))?;
        if errors.len() == records.len() {
            return Some(refusal(asked, index, errors, 0));
        }
        Some(Verdict::Unknown(format!(
            "{} records of the batch have the name of the {} that failed: {}",
            records.len(),
            errors.len(),
            listed(errors, 0)
        )))
    }
}

/// Contacts and companies: the counts tell whether the errors tell all.
fn settle_counted(
    asked: &Asked<'_>,
    claim: &Claim,
    counts: Counts,
    named: &Named<'_>,
) -> Vec<Verdict> {
    let records = asked.records.len();
    let all: Vec<&Reported> = claim.errors.iter().collect();
    // Several errors may name one record, which failed once.
    let told = named
        .told()
        .filter(|told| claim.omitted == 0 && i128::from(counts.failed) == *told as i128);
    let errors = told.unwrap_or(claim.errors.len() + claim.omitted);
    if let Some(contradiction) = contradiction(counts, errors, records) {
        let said = match listed(&all, claim.omitted) {
            nothing if nothing.is_empty() => nothing,
            messages => format!(": {messages}"),
        };
        return vec![Verdict::Unknown(format!("{contradiction}{said}")); records];
    }
    let unplaced = if named.of_nobody.is_empty() {
        &all
    } else {
        &named.of_nobody
    };
    let said = listed(unplaced, claim.omitted);
    (0..records)
        .map(|index| match named.verdict(asked, index) {
            Some(verdict) => verdict,
            // The counts agree that each record failed: only the messages can't be told apart.
            None if counts.pushed == 0 => {
                refusal_saying(asked, index, unplaced, claim.omitted, said.clone())
            }
            None if told.is_some() => Verdict::Pushed,
            None => Verdict::Unknown(format!(
                "the answer has errors that name no record of the batch: {said}"
            )),
        })
        .collect()
}

/// Changes of lists: an error names a change, or leaves all in doubt that no error names.
fn settle_changes(asked: &Asked<'_>, claim: &Claim, named: &Named<'_>) -> Vec<Verdict> {
    let records = asked.records.len();
    let said = listed(&named.of_nobody, claim.omitted);
    (0..records)
        .map(|index| match named.verdict(asked, index) {
            Some(verdict) => verdict,
            None if named.of_nobody.is_empty() && claim.omitted == 0 => Verdict::Pushed,
            // There is nothing else that they could be about.
            None if records == 1 => refusal(asked, index, &named.of_nobody, claim.omitted),
            None => Verdict::Unknown(format!(
                "the answer has errors that name no change of the batch: {said}"
            )),
        })
        .collect()
}

/// The verdict on a record that these errors are about.
fn refusal(asked: &Asked<'_>, index: usize, errors: &[&Reported], omitted: usize) -> Verdict {
    refusal_saying(asked, index, errors, omitted, listed(errors, omitted))
}

/// As [`refusal`], with what the errors say already listed.
fn refusal_saying(
    asked: &Asked<'_>,
    index: usize,
    errors: &[&Reported],
    omitted: usize,
    mut message: String,
) -> Verdict {
    let record = asked.records[index];
    let has_only = |wanted: &[Meaning]| {
        omitted == 0
            && !errors.is_empty()
            && errors
                .iter()
                .all(|error| wanted.contains(&error.meaning(record)))
    };
    if has_only(&[Meaning::RateLimit]) {
        return Verdict::HeldBack(message);
    }
    if let Some(name) = blank_ended_name(record, asked.naming.identity) {
        message.push_str(" (sent with blanks around it: ");
        message.push_str(&name);
        message.push(')');
    }
    Verdict::Failed {
        message,
        retryable: has_only(&[Meaning::RateLimit, Meaning::Temporary]),
    }
}

/// The identity of a record, quoted, when it has blanks around it: a message may not show them.
fn blank_ended_name(record: &[u8], identity: Paths) -> Option<String> {
    texts(record)
        .into_iter()
        .filter(|text| identity.contains(&text.path))
        .find(|text| text.text.starts_with(is_blank) || text.text.ends_with(is_blank))
        .map(|text| format!("\"{}\"", quote_exactly(&text.text)))
}

/// The first messages in one; each record may get a copy. What all say is said once, and where there are too
/// many to list, those that differ in their values alone are one.
fn listed(errors: &[&Reported], omitted: usize) -> String {
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for error in errors {
        match kinds.iter().position(|(said, _)| *said == error.message) {
            Some(place) => kinds[place].1 += 1,
            None if kinds.len() < MOST_LISTED => kinds.push((&error.message, 1)),
            None => return listed_by_template(errors, omitted),
        }
    }
    if let [(said, _)] = kinds[..]
        && omitted == 0
    {
        return said.to_owned();
    }
    let said = kinds
        .iter()
        .map(|(said, count)| times(*count, said))
        .collect();
    joined(said, omitted)
}

fn listed_by_template(errors: &[&Reported], omitted: usize) -> String {
    let mut kinds: Vec<(String, Template, usize)> = Vec::new();
    let mut places = HashMap::new();
    let mut left = omitted;
    for error in errors {
        let template = Template::of(&error.message);
        let key = template.key();
        match places.get(&key) {
            Some(place) => {
                let (_, known, count): &mut (String, Template, usize) = &mut kinds[*place];
                known.widen(&template);
                *count += 1;
            }
            None if kinds.len() < MOST_LISTED => {
                places.insert(key, kinds.len());
                kinds.push((error.message.clone(), template, 1));
            }
            None => left += 1,
        }
    }
    let said = kinds
        .iter()
        .map(|(first, template, count)| match count {
            1 => first.clone(),
            _ => times(*count, &template.message(*count)),
        })
        .collect();
    joined(said, left)
}

fn times(count: usize, said: &str) -> String {
    if count == 1 {
        return said.to_owned();
    }
    format!("{count} × {said}")
}

fn joined(mut said: Vec<String>, more: usize) -> String {
    if more > 0 {
        let and = if said.is_empty() { "" } else { "and " };
        said.push(format!("{and}{more} more errors"));
    }
    said.join("; ")
}

/// The texts of a batch by which an error may name a record, folded.
struct Names {
    identity: HashMap<String, Vec<usize>>,
    fallback: HashMap<String, Vec<usize>>,
    members: HashMap<String, Vec<usize>>,
    records: usize,
    of_lists: bool,
}

impl Names {
    fn of(asked: &Asked<'_>) -> Self {
        let NamingFields { identity, fallback } = asked.naming;
        let mut names = Self {
            identity: HashMap::new(),
            fallback: HashMap::new(),
            members: HashMap::new(),
            records: asked.records.len(),
            of_lists: asked.kind == PushKind::Lists,
        };
        for (index, json) in asked.records.iter().enumerate() {
            let texts = texts(json);
            let is_in = |fields: Paths, text: &Text| fields.contains(&text.path);
            let identities = texts.iter().filter(|text| is_in(identity, text));
            let mut is_named = false;
            for text in identities {
                is_named |= note(&mut names.identity, &text.text, index);
            }
            for text in texts
                .iter()
                .filter(|text| !is_named && is_in(fallback, text))
            {
                note(&mut names.fallback, &text.text, index);
            }
            if names.of_lists {
                for text in texts
                    .iter()
                    .filter(|text| text.path.ends_with("_contact_ids[]"))
                {
                    note(&mut names.members, &text.text, index);
                }
            }
        }
        names
    }

    /// The records that `name` names; several when it can't tell them apart.
    fn find(&self, name: &str) -> &[usize] {
        let name = fold(name);
        if self.of_lists {
            // A small number may be a position in the request.
            let may_be_position = name
                .parse()
                .is_ok_and(|number: usize| number <= self.records);
            return self
                .identity
                .get(&name)
                .or_else(|| self.members.get(&name).filter(|_| !may_be_position))
                .map_or(&[], Vec::as_slice);
        }
        if name.parse::<f64>().is_ok() {
            return &[];
        }
        self.identity
            .get(&name)
            .or_else(|| self.fallback.get(&name).filter(|_| !name.contains('@')))
            .map_or(&[], Vec::as_slice)
    }
}

/// Notes that `name` names the record at `index`; false for one that names nothing.
fn note(names: &mut HashMap<String, Vec<usize>>, name: &str, index: usize) -> bool {
    let name = fold(name);
    if name.is_empty() {
        return false;
    }
    let records = names.entry(name).or_default();
    if records.last() != Some(&index) {
        records.push(index);
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::value::to_raw_value;
    use serde_json::{Value, json};

    use super::*;
    use crate::crm::facts::naming_fields;
    use crate::names::Provider;
    use crate::push::claim::MOST_ERRORS;

    fn settled(
        provider: Provider,
        kind: PushKind,
        records: &[Value],
        data: &Value,
    ) -> Result<Vec<Verdict>, String> {
        let texts: Vec<String> = records.iter().map(Value::to_string).collect();
        let records = texts.iter().map(String::as_bytes);
        let asked = Asked::new(records, naming_fields(provider, kind), kind);
        let claim = Claim::read(&to_raw_value(data).unwrap(), &asked)?;
        Ok(settle(&asked, &claim))
    }

    fn verdicts(records: &[Value], data: Value) -> Vec<Verdict> {
        settled(Provider::Hubspot, PushKind::Contacts, records, &data).unwrap()
    }

    fn letters(verdicts: &[Verdict]) -> String {
        verdicts
            .iter()
            .map(|verdict| match verdict {
                Verdict::Pushed => 'p',
                Verdict::Failed { .. } => 'f',
                Verdict::HeldBack(_) => 'h',
                Verdict::Unknown(_) => 'u',
            })
            .collect()
    }

    fn failed(message: &str) -> Verdict {
        Verdict::Failed {
            message: message.to_owned(),
            retryable: false,
        }
    }

    fn people(emails: &[&str]) -> Vec<Value> {
        emails
            .iter()
            .enumerate()
            .map(|(number, email)| json!({"email": email, "n": format!("person {number}")}))
            .collect()
    }

    fn answer(pushed: i64, failed: i64, names: &[&str]) -> Value {
        let errors: Vec<Value> = names
            .iter()
            .map(|name| json!({"record": name, "error": format!("no {name}")}))
            .collect();
        json!({"pushed_count": pushed, "failed_count": failed, "errors": errors})
    }

    #[test]
    fn an_error_fails_the_record_that_it_names() {
        let verdicts = verdicts(&people(&["a@x", "B@x ", "c@x"]), answer(2, 1, &["b@x"]));
        assert_eq!(letters(&verdicts), "pfp");
        assert_eq!(
            verdicts[1],
            failed("no b@x (sent with blanks around it: \"B@x \")")
        );
    }

    #[test]
    fn records_of_one_name_stay_in_doubt() {
        for emails in [
            ["Ada@x.test", "ada@x.test"],
            [" ada@x.test", "ada@x.test"],
            ["jose\u{301}@x.test", "jos\u{e9}@x.test"],
        ] {
            let verdicts = verdicts(&people(&emails), answer(1, 1, &[emails[1]]));
            assert_eq!(letters(&verdicts), "uu", "{emails:?}");
        }
        let people = people(&["a@x", "b@x", "a@x"]);
        assert_eq!(letters(&verdicts(&people, answer(2, 1, &["a@x"]))), "upu");
        assert_eq!(
            letters(&verdicts(&people, answer(2, 1, &["a@x", "a@x"]))),
            "uuu"
        );
        assert_eq!(
            letters(&verdicts(&people, answer(1, 2, &["a@x", "a@x"]))),
            "fpf"
        );
    }

    #[test]
    fn two_errors_of_one_record_count_once() {
        let people = people(&["a@x", "b@x", "c@x"]);
        let data = json!({"pushed_count": 2, "failed_count": 1, "errors": [
            {"record": "a@x", "error": "first"}, {"record": "a@x", "error": "second"}]});
        let both = verdicts(&people, data);
        assert_eq!(letters(&both), "fpp");
        assert_eq!(both[0], failed("first; second"));
        // Counted twice, somebody else failed as well.
        assert_eq!(
            letters(&verdicts(&people, answer(1, 2, &["a@x", "a@x"]))),
            "fuu"
        );
    }

    #[test]
    fn numbers_and_other_fields_name_nobody() {
        let companies: Vec<Value> = ["a", "b", "c"]
            .iter()
            .map(|name| json!({"domain": format!("{name}.test"), "numberofemployees": 2}))
            .collect();
        let by_number =
            json!({"pushed_count": 2, "failed_count": 1, "errors": [{"record": 2, "error": "no"}]});
        for data in [by_number, answer(2, 1, &["2"])] {
            let verdicts = settled(Provider::Hubspot, PushKind::Companies, &companies, &data);
            assert_eq!(letters(&verdicts.unwrap()), "uuu");
        }
        let nameless = [json!({"zip": "1"}), json!({"zip": "7"})];
        assert_eq!(letters(&verdicts(&nameless, answer(1, 1, &["1"]))), "uu");
        let managed = [
            json!({"email": "a@x", "manager_email": "z@x"}),
            json!({"email": "b@x"}),
        ];
        assert_eq!(letters(&verdicts(&managed, answer(1, 1, &["z@x"]))), "uu");
    }

    #[test]
    fn a_fallback_names_a_record_without_an_identity() {
        let phones = [json!({"phone": "+1 555 1"}), json!({"phone": "+1 555 2"})];
        assert_eq!(
            letters(&verdicts(&phones, answer(1, 1, &["+1 555 2"]))),
            "pf"
        );
        let named = [
            json!({"email": "a@x", "phone": "+1 555 1"}),
            json!({"email": "b@x"}),
        ];
        assert_eq!(
            letters(&verdicts(&named, answer(1, 1, &["+1 555 1"]))),
            "uu"
        );
    }

    #[test]
    fn an_unmatched_error_leaves_the_rest_unknown() {
        let data = json!({"pushed_count": 1, "failed_count": 2, "errors": [
            {"record": "a@x", "error": "bad"}, {"record": null, "error": "who?"}]});
        let verdicts = verdicts(&people(&["a@x", "b@x", "c@x"]), data);
        assert_eq!(letters(&verdicts), "fuu");
        assert!(matches!(&verdicts[1], Verdict::Unknown(message) if message.contains("who?")));
    }

    #[test]
    fn when_the_counts_agree_that_all_failed_all_failed() {
        let data = json!({"pushed_count": 0, "failed_count": 2, "errors": [{"error": "x"}, {"error": "y"}]});
        assert_eq!(letters(&verdicts(&people(&["a@x", "b@x"]), data)), "ff");
    }

    #[test]
    fn an_answer_that_contradicts_itself_settles_nobody() {
        for data in [
            answer(3, 1, &["a@x"]),
            answer(1, 2, &["a@x"]),
            answer(0, 0, &["a@x"]),
            answer(3, 0, &["a@x", "b@x", "c@x"]),
            answer(3, 0, &["a@x"]),
        ] {
            assert_eq!(
                letters(&verdicts(&people(&["a@x", "b@x", "c@x"]), data)),
                "uuu"
            );
        }
    }

    #[test]
    fn negative_counts_and_foreign_forms_are_not_read() {
        for data in [
            json!({"pushed_count": -1}),
            json!({"errors": "no"}),
            json!([]),
        ] {
            let read = settled(Provider::Hubspot, PushKind::Contacts, &[], &data);
            assert!(read.is_err(), "{data}");
        }
    }

    #[test]
    fn what_the_crms_own_limit_kept_out_is_held_back() {
        let data = json!({"pushed_count": 1, "failed_count": 2, "errors": [
            {"record": "a@x", "error": "You have reached your ten_secondly_rolling limit."},
            {"record": "b@x", "error": {"code": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access"}}]});
        let verdicts = verdicts(&people(&["a@x", "b@x", "c@x"]), data);
        assert_eq!(letters(&verdicts), "hfp");
        assert!(matches!(
            verdicts[1],
            Verdict::Failed {
                retryable: true,
                ..
            }
        ));
    }

    fn changes(data: &Value) -> Result<String, String> {
        let changes = [
            json!({"list_id": "7", "add_contact_ids": ["1", "2"], "remove_contact_ids": []}),
            json!({"list_id": "8", "add_contact_ids": ["3"], "remove_contact_ids": []}),
        ];
        settled(Provider::Hubspot, PushKind::Lists, &changes, data)
            .map(|verdicts| letters(&verdicts))
    }

    #[test]
    fn a_list_change_may_draw_several_errors() {
        let told = |errors: Value| changes(&json!({"added": 1, "removed": 0, "errors": errors}));
        let both = json!([{"record": "7", "error": "x"}, {"record": "7", "error": "y"}]);
        assert_eq!(told(both).as_deref(), Ok("fp"));
        let by_member = json!([{"record": "3", "error": "unknown contact"}]);
        assert_eq!(told(by_member).as_deref(), Ok("pf"));
        // A member's id, or a position?
        let by_number = json!([{"record": "2", "error": "unknown contact"}]);
        assert_eq!(told(by_number).as_deref(), Ok("uu"));
    }

    #[test]
    fn counts_of_members_that_can_not_be_are_not_read() {
        for data in [
            json!({}),
            json!({"removed": 0}),
            json!({"added": -1, "removed": 0}),
            json!({"added": 4, "removed": 0}),
            json!({"added": 3, "removed": 1}),
            json!({"added": 1.5}),
            json!({"added": 1e300}),
        ] {
            assert!(changes(&data).is_err(), "{data}");
        }
        assert_eq!(changes(&json!({"added": 3})).as_deref(), Ok("pp"));
        assert_eq!(
            changes(&json!({"added": 0, "removed": 0, "errors": []})).as_deref(),
            Ok("pp")
        );
    }

    #[test]
    fn errors_without_number_neither_fill_memory_nor_hide_that_they_are_there() {
        let many = vec![json!({"record": "z@x", "error": "x".repeat(900)}); MOST_ERRORS + 7];
        let data = json!({"pushed_count": 1, "failed_count": many.len(), "errors": many});
        for verdict in verdicts(&people(&["a@x", "b@x"]), data) {
            let Verdict::Unknown(message) = verdict else {
                panic!("{verdict:?}");
            };
            assert!(message.chars().count() < 2_000, "{} bytes", message.len());
        }
        // A change's own errors may be beyond those that are kept.
        let many = vec![json!({"record": "7", "error": "no"}); MOST_ERRORS + 1];
        let told = changes(&json!({"added": 1, "removed": 0, "errors": many}));
        assert_eq!(told.as_deref(), Ok("fu"));
    }

    #[test]
    fn an_error_of_any_length_is_read_and_its_message_cut() {
        let long = format!("data value too large: {}", "x".repeat(70_000));
        for error in [json!(long), json!({"message": long})] {
            let data = json!({"pushed_count": 1, "failed_count": 1, "errors": [{"record": "a@x", "error": error, "value": long}]});
            let verdicts = verdicts(&people(&["a@x", "b@x"]), data);
            assert_eq!(letters(&verdicts), "fp");
            assert!(
                matches!(&verdicts[0], Verdict::Failed { message, .. } if message.len() < 2_000)
            );
        }
    }

    proptest! {
        /// Whatever the answer says, nobody is pushed beyond what it counts.
        #[test]
        fn never_more_pushed_than_the_answer_counts(
            emails in proptest::collection::vec("[ab]{1,2}", 1..8),
            pushed in 0_i64..9,
            failed in 0_i64..9,
            named in proptest::collection::vec("[abc]{1,2}", 0..8),
        ) {
            let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
            let named: Vec<&str> = named.iter().map(String::as_str).collect();
            let settled = letters(&verdicts(&people(&emails), answer(pushed, failed, &named)));
            prop_assert_eq!(settled.len(), emails.len());
            let counted = |letter| i64::try_from(settled.matches(letter).count()).unwrap();
            prop_assert!(counted('p') <= pushed, "{} of {}", settled, pushed);
            prop_assert!(counted('f') <= failed, "{} of {}", settled, failed);
            let records = i64::try_from(emails.len()).unwrap();
            if pushed + failed != records {
                prop_assert_eq!(counted('u'), records);
            }
        }
    }
}
