//! What is lossless is made right by the field's type before a record travels; what could be read in two
//! ways stays as it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use self::fixes::Fixes;
use self::members::{Edits, Walk};
use self::target::{Form, Target};
use self::texts::read_text;
use self::value::Mender;
use super::check::has_fault;
use super::rules::Rules;
use crate::quote::is_blank;
use crate::report::FixKind;

mod blanks;
#[cfg(test)]
mod cases;
mod entries;
mod fixes;
mod joined;
mod members;
mod moment;
mod number;
mod options;
mod parts;
mod target;
mod texts;
mod value;

/// What becomes of texts that hold nothing but blanks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Empty {
    /// They travel as they are.
    #[default]
    Keep,
    /// They travel as null, which clears the field in most CRMs.
    Null,
    /// Their fields are left out.
    Drop,
}

/// Mends record after record, and counts what it mended.
pub(crate) struct Fixer {
    mending: Option<Mending>,
    empty: Empty,
    counts: Counts,
    value: Vec<u8>,
}

/// Values mended, by the kind's place in [`FixKind::ALL`].
#[derive(Default)]
struct Counts([usize; FixKind::ALL.len()]);

/// What is known of the fields.
struct Mending {
    rules: Arc<Rules>,
    mender: Mender,
    /// In the order of the rules' fields.
    targets: Vec<Target>,
    /// The members of the last record, by place: most records have the same.
    recent: Vec<Recent>,
}

struct Recent {
    name: Box<[u8]>,
    target: Option<usize>,
}

/// Members of a record that are remembered.
const MOST_RECENT: usize = 256;

/// What becomes of a member.
enum Fate {
    Stays,
    Goes,
    /// The new value was written.
    Changes,
}

impl Fixer {
    /// Without rules `empty` alone is applied.
    pub(crate) fn new(rules: Option<Arc<Rules>>, empty: Empty) -> Self {
        Self {
            mending: rules.map(Mending::new),
            empty,
            counts: Counts::default(),
            value: Vec::new(),
        }
    }

    /// Appends the record as it travels; false, and nothing was appended, when it stays as it is.
    pub(crate) fn fix(&mut self, record: &[u8], json: &mut Vec<u8>) -> bool {
        if self.mending.is_none() && self.empty == Empty::Keep {
            return false;
        }
        let mut value = std::mem::take(&mut self.value);
        let is_changed = self.fix_members(record, json, &mut value, false);
        self.value = value;
        is_changed
    }

    /// How many values were mended, by kind.
    pub(crate) fn fixed(&self) -> BTreeMap<FixKind, usize> {
        let kinds = FixKind::ALL.iter().copied().zip(self.counts.0);
        kinds.filter(|(_, count)| *count > 0).collect()
    }

    /// Of a record, or of the customer's own fields inside of one.
    fn fix_members(
        &mut self,
        object: &[u8],
        json: &mut Vec<u8>,
        new: &mut Vec<u8>,
        is_inner: bool,
    ) -> bool {
        let Some(mut walk) = Walk::object(object) else {
            return false;
        };
        let mut edits = Edits::new(object, json);
        // Where the first member begins, while all before were left out.
        let mut leading = None;
        let mut end_of_kept = None;
        let mut end = 0;
        let mut place = 0;
        while let Some(member) = walk.member() {
            let (Some(name), Some(value)) = (
                object.get(member.name.clone()),
                object.get(member.value.clone()),
            ) else {
                break;
            };
            new.clear();
            let fate = self.settle(place, name, value, new, is_inner);
            place += 1;
            end = member.value.end;
            if matches!(fate, Fate::Goes) {
                match end_of_kept {
                    Some(kept) => edits.cut(kept..end),
                    None => leading = leading.or(Some(member.name.start)),
                }
                continue;
            }
            if let Some(start) = leading.take() {
                edits.cut(start..member.name.start);
            }
            if matches!(fate, Fate::Changes) {
                edits.replace(member.value, new);
            }
            end_of_kept = Some(end);
        }
        if let Some(start) = leading {
            edits.cut(start..end);
        }
        edits.finish()
    }

    fn settle(
        &mut self,
        place: usize,
        name: &[u8],
        value: &[u8],
        new: &mut Vec<u8>,
        is_inner: bool,
    ) -> Fate {
        if self.empty != Empty::Keep && is_empty_text(value) {
            if self.empty == Empty::Drop {
                self.counts.add(FixKind::EmptyDropped);
                return Fate::Goes;
            }
            self.counts.add(FixKind::EmptyNulled);
            new.extend_from_slice(b"null");
            return Fate::Changes;
        }
        let Some(mending) = &mut self.mending else {
            return Fate::Stays;
        };
        let place = (!is_inner).then_some(place);
        let Some(place) = mending.find(place, name) else {
            return Fate::Stays;
        };
        let is_changed = if mending.is_object_of_fields(place) {
            // The customer's own fields of Pipedrive, which hold no such object themselves.
            !is_inner && self.fix_members(value, new, &mut Vec::new(), true)
        } else {
            let fixes = mending.mend(place, value, new);
            self.counts.add_all(fixes);
            !fixes.is_none()
        };
        if is_changed {
            Fate::Changes
        } else {
            Fate::Stays
        }
    }
}

impl Mending {
    fn new(rules: Arc<Rules>) -> Self {
        let provider = rules.provider();
        let targets = rules.fields().iter();
        Self {
            mender: Mender::new(provider),
            targets: targets.map(|rule| Target::new(provider, rule)).collect(),
            recent: Vec::new(),
            rules,
        }
    }

    fn is_object_of_fields(&self, place: usize) -> bool {
        let target = self.targets.get(place);
        target.is_some_and(|target| target.form == Form::Members)
    }

    /// Appends the mended value of the field at that place in the rules; nothing where it stays as it is.
    fn mend(&self, place: usize, value: &[u8], new: &mut Vec<u8>) -> Fixes {
        let Some((target, rule)) = self.targets.get(place).zip(self.rules.fields().get(place))
        else {
            return Fixes::NONE;
        };
        let start = new.len();
        let fixes = self.mender.mend(target, value, new);
        if fixes.is_none() {
            return fixes;
        }
        // What the CRM takes as it is, nobody has to touch; nor what would be as wrong without its blanks.
        let is_empty = new.get(start..) == Some(b"\"\"");
        if !has_fault(&self.rules, rule, value)
            || (is_empty && has_fault(&self.rules, rule, b"\"\""))
        {
            new.truncate(start);
            return Fixes::NONE;
        }
        fixes
    }

    /// The place in the rules of the field of that name, which stands in its quotes; `place` is where a
    /// member of a record stands.
    fn find(&mut self, place: Option<usize>, name: &[u8]) -> Option<usize> {
        let recent = place.and_then(|place| self.recent.get(place));
        match recent {
            Some(recent) if *recent.name == *name => recent.target,
            _ => {
                let target = read_text(name).and_then(|name| self.rules.place(&name));
                self.remember(place, name, target);
                target
            }
        }
    }

    fn remember(&mut self, place: Option<usize>, name: &[u8], target: Option<usize>) {
        let Some(place) = place.filter(|place| *place < MOST_RECENT) else {
            return;
        };
        let now = || Recent {
            name: name.into(),
            target,
        };
        let known = self.recent.len();
        match self.recent.get_mut(place) {
            Some(recent) => *recent = now(),
            None if place == known => self.recent.push(now()),
            None => {}
        }
    }
}

/// Whether a value is a text without anything that is seen.
fn is_empty_text(value: &[u8]) -> bool {
    match value {
        b"\"\"" => true,
        // Whatever is not ASCII may be a blank.
        [b'"', b' ' | b'\\' | 0x80.., ..] => {
            read_text(value).is_some_and(|text| text.chars().all(is_blank))
        }
        _ => false,
    }
}

impl Counts {
    fn add(&mut self, kind: FixKind) {
        if let Some(count) = self.0.get_mut(kind as usize) {
            *count += 1;
        }
    }

    fn add_all(&mut self, fixes: Fixes) {
        if !fixes.is_none() {
            for &kind in FixKind::ALL.iter().filter(|kind| fixes.has(**kind)) {
                self.add(kind);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::crm::check::Checker;
    use crate::names::{Provider, PushKind};
    use crate::report::{Finding, FindingCode};

    fn emptied(empty: Empty, record: &str) -> Option<String> {
        let mut json = Vec::new();
        let is_changed = Fixer::new(None, empty).fix(record.as_bytes(), &mut json);
        is_changed.then(|| String::from_utf8(json).unwrap())
    }

    #[test]
    fn empty_texts_are_dropped_or_nulled_wherever_they_stand() {
        for (record, dropped, nulled) in [
            (r#"{"a":""}"#, "{}", r#"{"a":null}"#),
            (
                r#"{ "a" : "" , "b":1}"#,
                r#"{ "b":1}"#,
                r#"{ "a" : null , "b":1}"#,
            ),
            (
                r#"{"a":1,"b":" \u00a0"}"#,
                r#"{"a":1}"#,
                r#"{"a":1,"b":null}"#,
            ),
            (
                r#"{"a":"","b":"","c":2,"d":"","e":"","f":3}"#,
                r#"{"c":2,"f":3}"#,
                r#"{"a":null,"b":null,"c":2,"d":null,"e":null,"f":3}"#,
            ),
            (r#"{"a":"","a":1}"#, r#"{"a":1}"#, r#"{"a":null,"a":1}"#),
        ] {
            assert_eq!(emptied(Empty::Drop, record).as_deref(), Some(dropped));
            assert_eq!(emptied(Empty::Null, record).as_deref(), Some(nulled));
            assert_eq!(emptied(Empty::Keep, record), None);
        }
        for record in [
            r#"{"a":" x","b":{"c":""},"d":[""],"e":null,"f":"\n.","g":"é"}"#,
            "[]",
            "{}",
            "7",
        ] {
            assert_eq!(emptied(Empty::Drop, record), None, "{record}");
        }
    }

    #[test]
    fn names_are_read_as_json_and_a_record_may_change_its_members() {
        let rules = Arc::new(Rules::new(Provider::Salesforce, PushKind::Contacts, &[]));
        let mut fixer = Fixer::new(Some(rules), Empty::Keep);
        for (record, mended) in [
            (
                r#"{"Phone":1,"EMAIL":" a@b.test"}"#,
                r#"{"Phone":"1","EMAIL":"a@b.test"}"#,
            ),
            (
                r#"{"\u0045mail":" a@b.test","x":1}"#,
                r#"{"\u0045mail":"a@b.test","x":1}"#,
            ),
            (
                r#"{"x":1,"Phone":2,"Phone":3}"#,
                r#"{"x":1,"Phone":"2","Phone":"3"}"#,
            ),
        ] {
            let mut json = b"before".to_vec();
            assert!(fixer.fix(record.as_bytes(), &mut json), "{record}");
            assert_eq!(String::from_utf8(json).unwrap(), format!("before{mended}"));
        }
        assert_eq!(
            fixer.fixed(),
            [(FixKind::Blanks, 2), (FixKind::TextFromNumber, 3)].into()
        );
    }

    const PROVIDERS: [Provider; 5] = [
        Provider::Hubspot,
        Provider::Salesforce,
        Provider::Pipedrive,
        Provider::Zoho,
        Provider::Sugarcrm,
    ];

    /// Values as tables, exports and programs have them.
    fn any_value() -> impl Strategy<Value = String> {
        let texts = cases::CASES.iter().map(|case| case.from.to_owned());
        let known: Vec<String> = texts.collect();
        let scalar = prop_oneof![
            proptest::sample::select(known),
            "[ 0-9a-z;,@.\u{a0}\u{200b}\\\\\"T:Z+/-]{0,12}".prop_map(|text| Value::from(text).to_string()),
            "-?(0|[1-9][0-9]{0,17})(\\.[0-9]{1,3})?(e[+-]?[0-9]{1,2})?",
            "20[0-9]{2}[-/.][0-9]{2}[-/.][0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,6})?)?( ?(Z|UTC|[+-][0-9]{2}:?[0-9]{2}))?)?"
                .prop_map(|text| format!("\"{text}\"")),
            proptest::sample::select(vec!["null", "true", "false", "\"true\"", "1", "{}", "[]"]).prop_map(str::to_owned),
        ];
        prop_oneof![
            4 => scalar.clone(),
            1 => proptest::collection::vec(scalar.clone(), 0..3)
                .prop_map(|entries| format!("[{}]", entries.join(" , "))),
            1 => ("(value|id|email_address|primary|x)", scalar)
                .prop_map(|(name, value)| format!("{{\"{name}\":{value}}}")),
        ]
    }

    /// Of each CRM and entity, with a customer's own fields.
    static RULES: LazyLock<Vec<Arc<Rules>>> = LazyLock::new(|| {
        let entities = [PushKind::Contacts, PushKind::Companies];
        let pairs = PROVIDERS
            .iter()
            .flat_map(|&provider| entities.map(|entity| (provider, entity)));
        pairs
            .map(|(provider, entity)| {
                let live = cases::live_fields(provider, entity, cases::custom_fields(provider));
                Arc::new(Rules::new(provider, entity, &live))
            })
            .collect()
    });

    fn any_record() -> impl Strategy<Value = (usize, String)> {
        (0..RULES.len())
            .prop_flat_map(|rules| {
                let names = RULES[rules]
                    .fields()
                    .iter()
                    .map(|rule| rule.slug.to_string());
                let names = proptest::sample::select(names.collect::<Vec<_>>());
                let members = proptest::collection::vec((names, any_value()), 0..8);
                (Just(rules), members)
            })
            .prop_map(|(rules, members)| {
                let members: Vec<String> = members
                    .into_iter()
                    .map(|(name, value)| match name.len() {
                        40 => format!("\"custom_fields\":{{{}:{value}}}", json!(name)),
                        _ => format!("{} : {value}", json!(name)),
                    })
                    .collect();
                (rules, format!("{{{}}}", members.join(", ")))
            })
    }

    fn found(rules: &Arc<Rules>, record: &str) -> Vec<Finding> {
        let mut checker = Checker::new(Arc::clone(rules));
        checker.check(0, record.as_bytes());
        checker.findings()
    }

    /// Whether a finding is about no value.
    fn is_about_the_record(code: FindingCode) -> bool {
        matches!(
            code,
            FindingCode::MissingRequired | FindingCode::NoIdentity | FindingCode::ReadOnly
        )
    }

    fn has_repeated_names(record: &str) -> bool {
        let mut walk = Walk::object(record.as_bytes()).unwrap();
        let names: Vec<&str> = std::iter::from_fn(|| walk.member())
            .map(|member| &record[member.name])
            .collect();
        names.iter().collect::<std::collections::HashSet<_>>().len() < names.len()
    }

    fn any_empty() -> impl Strategy<Value = Empty> {
        proptest::sample::select(vec![Empty::Keep, Empty::Null, Empty::Drop])
    }

    proptest! {
        #[test]
        fn what_was_mended_is_json_and_needs_no_more((rules, record) in any_record(), empty in any_empty()) {
            let mut fixer = Fixer::new(Some(Arc::clone(&RULES[rules])), empty);
            let mut mended = Vec::new();
            let is_changed = fixer.fix(record.as_bytes(), &mut mended);
            prop_assert_eq!(is_changed, !mended.is_empty());
            prop_assert_eq!(is_changed, !fixer.fixed().is_empty());
            if is_changed {
                prop_assert!(serde_json::from_slice::<Value>(&mended).is_ok(), "{}", record);
                prop_assert_ne!(&mended, record.as_bytes());
                let mut again = Vec::new();
                prop_assert!(!fixer.fix(&mended, &mut again), "{} {} {}", record,
                    String::from_utf8_lossy(&mended), String::from_utf8_lossy(&again));
            }
        }

        #[test]
        fn what_a_check_finds_nothing_in_stays((rules, record) in any_record()) {
            // Of two members of one name a check judges the last alone.
            let is_once = !has_repeated_names(&record);
            if is_once && found(&RULES[rules], &record).iter().all(|finding| is_about_the_record(finding.code)) {
                let mut fixer = Fixer::new(Some(Arc::clone(&RULES[rules])), Empty::Keep);
                prop_assert!(!fixer.fix(record.as_bytes(), &mut Vec::new()), "{}", record);
            }
        }

        #[test]
        fn what_is_always_mended_is_found_no_more((rules, record) in any_record()) {
            let rules = &RULES[rules];
            let mut fixer = Fixer::new(Some(Arc::clone(rules)), Empty::Keep);
            let mut mended = Vec::new();
            if fixer.fix(record.as_bytes(), &mut mended) {
                let mended = String::from_utf8(mended).unwrap();
                let left = found(rules, &mended);
                let is_left = |finding: &Finding| {
                    matches!(finding.code, FindingCode::SurroundingBlanks | FindingCode::NumberAsFloat)
                };
                prop_assert!(!left.iter().any(is_left), "{} {:?}", mended, left);
            }
        }

        #[test]
        fn any_bytes_are_survived(record in proptest::collection::vec(any::<u8>(), 0..60), empty in any_empty()) {
            let mut json = b"{\"email\":\" ".to_vec();
            json.extend_from_slice(&record);
            let mut fixer = Fixer::new(Some(Arc::clone(&RULES[0])), empty);
            for record in [&json, &record] {
                let mut out = Vec::new();
                let is_changed = fixer.fix(record, &mut out);
                prop_assert_eq!(is_changed, !out.is_empty());
            }
        }
    }
}
