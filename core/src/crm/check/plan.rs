//! Records that are plainly right, settled in one pass over their bytes.
//!
//! Most records have the names of the record before in the same order, and nothing in them is wrong. Such a record
//! is compared with what is expected next, byte by byte, and needs no look-up, no note and no memory of its own.
//! Any other record goes the long way, which alone says what is wrong.

use super::email::is_email;
use super::identities::find_names;
use super::names::{KINDS, Names, TEXT, is_filled, kind_of};
use super::values::judge;
use crate::crm::rules::{FieldRule, Kind, Rules};
use crate::names::Provider;
use crate::records::json::scan::{Cursor, Opening, Value};

/// Longest text that is right without a closer look, where its field has no shorter limit.
const SHORT: usize = 1_000;
/// Most names that a record may lack; a record with few of many names is faster looked up name by name.
const MOST_ABSENT: usize = 32;
/// Most names of a plan.
const MOST_STEPS: usize = 1_000;
/// Most records that go the long way before the plan is made anew.
const LONGEST_PAUSE: usize = 4_096;
/// In place of a kind of value: the record does not have the name.
const ABSENT: usize = KINDS.len();

/// The names that are expected, in their order; a record may lack some.
pub(super) struct Plan {
    steps: Vec<Step>,
    /// A record needs a value in one of the fields that `is_alternative`.
    needs_alternative: bool,
    /// A record needs a value by which errors can name it.
    needs_identity: bool,
    /// Records that were settled since the plan was made.
    settled: usize,
    /// What is no filled text in the record at hand: a step's place and a kind.
    odd: Vec<(usize, usize)>,
    /// Records that go the long way until the plan is made anew.
    pause: usize,
    next_pause: usize,
}

/// A member that is expected.
struct Step {
    /// The name in its quotes, and the colon.
    opening: Opening,
    /// Its place among the names, and that of its field.
    name: usize,
    field: usize,
    plain: Plain,
    most: usize,
    is_identity: bool,
    /// A record without a value in it goes the long way.
    is_needed: bool,
    is_alternative: bool,
    /// Of the text values, in characters.
    longest: usize,
    /// Values of each kind but filled texts, and records without the name.
    counts: [usize; ABSENT + 1],
}

/// Which short ASCII texts every CRM takes in a field.
#[derive(Clone, Copy)]
enum Plain {
    /// Those that neither begin nor end with a blank.
    Line,
    /// Those, unless they end like a number that became text.
    Digits,
    Email,
    Option,
    /// None is known.
    Nothing,
}

impl Plan {
    pub(super) fn new(needs_identity: bool) -> Self {
        Self {
            steps: Vec::new(),
            needs_alternative: false,
            needs_identity,
            settled: 0,
            odd: Vec::new(),
            pause: 0,
            next_pause: 0,
        }
    }

    #[cfg(test)]
    pub(super) fn settled(&self) -> usize {
        self.settled
    }

    /// Whether the record is plainly right; then it is counted, and `hashes` has its identities.
    pub(super) fn settle(
        &mut self,
        json: &[u8],
        rules: &Rules,
        hashes: &mut Vec<u64>,
        scratch: &mut Vec<u8>,
    ) -> bool {
        self.odd.clear();
        hashes.clear();
        if self.is_right(json, rules, hashes, scratch) != Some(true) {
            return false;
        }
        self.settled += 1;
        for (step, kind) in &self.odd {
            if let Some(step) = self.steps.get_mut(*step)
                && let Some(count) = step.counts.get_mut(*kind)
            {
                *count += 1;
            }
        }
        true
    }

    /// `None` and `false` when it has to go the long way.
    fn is_right(
        &mut self,
        json: &[u8],
        rules: &Rules,
        hashes: &mut Vec<u64>,
        scratch: &mut Vec<u8>,
    ) -> Option<bool> {
        let mut cursor = Cursor::inside(json)?;
        let mut has_alternative = !self.needs_alternative;
        let mut place = 0;
        loop {
            let step = loop {
                let step = self.steps.get_mut(place)?;
                if cursor.take_opening(&step.opening) {
                    break step;
                }
                if step.is_needed || self.odd.len() >= MOST_ABSENT {
                    return None;
                }
                self.odd.push((place, ABSENT));
                place += 1;
            };
            let value = cursor.value()?;
            match value {
                Value::Text(text)
                    if let Some(plain) = text.plain()
                        && step.is_plainly_right(rules, plain) =>
                {
                    step.longest = step.longest.max(plain.len());
                    has_alternative |= step.is_alternative;
                    if step.is_identity {
                        find_names(value, hashes, scratch);
                    }
                }
                _ => {
                    let rule = rules.fields().get(step.field)?;
                    if judge(rules, rule, value).is_some() {
                        return None;
                    }
                    let kind = kind_of(&value);
                    if is_filled(kind) {
                        has_alternative |= step.is_alternative;
                        if step.is_identity {
                            find_names(value, hashes, scratch);
                        }
                    } else if step.is_needed {
                        return None;
                    }
                    if let Value::Text(text) = value
                        && kind == TEXT
                    {
                        step.longest = step.longest.max(text.length());
                    } else {
                        self.odd.push((place, kind));
                    }
                }
            }
            place += 1;
            if !cursor.next()? {
                break;
            }
        }
        for (place, step) in self.steps.iter().enumerate().skip(place) {
            if step.is_needed {
                return None;
            }
            self.odd.push((place, ABSENT));
        }
        Some(has_alternative && !(self.needs_identity && hashes.is_empty()))
    }

    /// Takes note of the names of a record that went the long way, in their order: the next one may be like it.
    pub(super) fn learn(&mut self, order: &[usize], names: &mut Names, rules: &Rules) {
        if self.pause > 0 {
            self.pause -= 1;
            return;
        }
        let Some(order) = self.merged_with(order) else {
            return;
        };
        self.pause = self.next_pause;
        self.next_pause = (self.next_pause * 2 + 1).min(LONGEST_PAUSE);
        self.count_in(names);
        self.make(&order, names, rules);
    }

    /// The order of the plan with the names of a record put in; that of the record where the two contradict each
    /// other. `None` where the record has no name that is new, or out of order.
    fn merged_with(&self, order: &[usize]) -> Option<Vec<usize>> {
        let mut merged: Vec<usize> = self.steps.iter().map(|step| step.name).collect();
        let mut from = 0;
        for name in order {
            match merged.iter().position(|known| known == name) {
                Some(place) if place >= from => from = place + 1,
                Some(_) => return Some(order.to_vec()),
                None => {
                    merged.insert(from, *name);
                    from += 1;
                }
            }
        }
        (merged.len() > self.steps.len()).then_some(merged)
    }

    /// Expects the names of that order; nothing where each record with them has something to be told.
    fn make(&mut self, order: &[usize], names: &Names, rules: &Rules) {
        self.steps.clear();
        if order.len() > MOST_STEPS {
            return;
        }
        let steps: Option<Vec<Step>> = order
            .iter()
            .map(|name| {
                let known = names.get(*name).filter(|_| Names::is_lasting(*name))?;
                let field = known.place?;
                let rule = rules.fields().get(field)?;
                (!rule.is_read_only)
                    .then(|| Step::new(rules.provider(), rule, *name, field, known.quoted()))
            })
            .collect();
        let mut steps = steps.unwrap_or_default();
        // A record may have both: two names of one field, in another letter case.
        let is_doubled = |(place, step): (usize, &Step)| {
            steps
                .iter()
                .take(place)
                .any(|other| other.field == step.field)
        };
        if steps.iter().enumerate().any(is_doubled) {
            return;
        }
        self.needs_alternative = !rules.any_of().is_empty();
        for step in &mut steps {
            step.is_alternative = rules.any_of().contains(&step.field);
        }
        let required = rules.fields().iter().filter(|field| field.is_required);
        let has_all = required
            .into_iter()
            .all(|rule| need(&mut steps, rule, rules).is_some());
        if has_all {
            self.steps = steps;
        }
    }

    /// Counts the values of the settled records among those of the others.
    pub(super) fn count_in(&mut self, names: &mut Names) {
        let settled = std::mem::take(&mut self.settled);
        for step in &mut self.steps {
            let mut counts = std::mem::take(&mut step.counts);
            let odd: usize = counts.iter().sum();
            if let Some(texts) = counts.get_mut(TEXT) {
                *texts += settled.saturating_sub(odd);
            }
            names.add(step.name, &counts, std::mem::take(&mut step.longest));
        }
    }
}

/// Marks the step without which a required field has no value; `None` where it is not one.
fn need(steps: &mut [Step], required: &FieldRule, rules: &Rules) -> Option<()> {
    let place = rules.place(&required.slug)?;
    let stands_for_it = |step: &Step| {
        let rule = rules.fields().get(step.field);
        rule.is_some_and(|rule| rule.stands_for.as_deref() == Some(&*required.slug))
    };
    let mut itself = steps.iter_mut().filter(|step| step.field == place);
    let step = match (itself.next(), itself.next()) {
        (Some(step), None) => step,
        (Some(_), Some(_)) => return None,
        (None, _) => {
            let mut others = steps.iter_mut().filter(|step| stands_for_it(step));
            others.next().filter(|_| others.next().is_none())?
        }
    };
    step.is_needed = true;
    Some(())
}

impl Step {
    fn new(provider: Provider, rule: &FieldRule, name: usize, field: usize, quoted: &[u8]) -> Self {
        let plain = match rule.kind {
            Kind::Text | Kind::LongText | Kind::Domain | Kind::Url => Plain::Line,
            Kind::Phone => Plain::Digits,
            Kind::Email => Plain::Email,
            Kind::Option if provider != Provider::Pipedrive => Plain::Option,
            _ => Plain::Nothing,
        };
        Self {
            opening: Opening::new(&[quoted, b":"].concat()),
            name,
            field,
            plain,
            most: rule.max_length.unwrap_or(SHORT).min(SHORT),
            is_identity: rule.is_identity,
            is_needed: false,
            is_alternative: false,
            longest: 0,
            counts: [0; ABSENT + 1],
        }
    }

    /// Whether every CRM takes this ASCII text, as nearly all text is: an answer without a call.
    #[inline]
    fn is_plainly_right(&self, rules: &Rules, text: &[u8]) -> bool {
        let (Some(first), Some(last)) = (text.first(), text.last()) else {
            return false;
        };
        if text.len() > self.most {
            return false;
        }
        match self.plain {
            Plain::Line => *first > b' ' && *last > b' ',
            Plain::Digits => *first > b' ' && *last > b' ' && !text.ends_with(b".0"),
            Plain::Email => is_email(text, true),
            Plain::Option => {
                let rule = rules.fields().get(self.field);
                rule.is_some_and(|rule| rule.choices.has(text))
            }
            Plain::Nothing => false,
        }
    }
}
