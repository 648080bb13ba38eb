//! The options of a field, found by their values and by their labels.

use std::collections::{HashMap, HashSet};

use crate::records::identity::fold;

/// Values and labels, ready to be looked up.
#[derive(Clone, Debug, Default)]
pub(super) struct Options {
    values: HashSet<Box<str>>,
    /// Values by label; `None` where two options share it.
    labels: HashMap<Box<str>, Option<Box<str>>>,
    /// Values by folded value and label; `None` where two options share it.
    folded: HashMap<String, Option<Box<str>>>,
}

/// What a text is among the options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice<'a> {
    /// A value, as the CRM takes it.
    Value,
    /// It means this value.
    Means(&'a str),
    Unknown,
}

impl Options {
    /// Of pairs of value and label.
    pub(super) fn new<'a>(options: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut known = Self::default();
        for (value, label) in options {
            known.values.insert(value.into());
            if !label.is_empty() {
                enter(&mut known.labels, label.into(), value);
                enter(&mut known.folded, fold(label), value);
            }
            enter(&mut known.folded, fold(value), value);
        }
        known
    }

    /// Whether no option is known.
    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// By value, else by label, else by the only option that differs in case, blanks or the composition
    /// of its characters alone.
    pub(super) fn choose(&self, text: &str) -> Choice<'_> {
        if self.values.contains(text) {
            return Choice::Value;
        }
        let found = match self.labels.get(text) {
            Some(value) => value.as_deref(),
            None if self.is_empty() => None,
            None => self.folded.get(&fold(text)).and_then(Option::as_deref),
        };
        found.map_or(Choice::Unknown, Choice::Means)
    }
}

fn enter<K: std::hash::Hash + Eq>(map: &mut HashMap<K, Option<Box<str>>>, key: K, value: &str) {
    map.entry(key)
        .and_modify(|known| {
            if known.as_deref() != Some(value) {
                *known = None;
            }
        })
        .or_insert_with(|| Some(value.into()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_means_its_value_unless_it_is_one_or_means_two() {
        let options = Options::new([
            ("open", "New"),
            ("New", "Old"),
            ("a", "Same"),
            ("b", "Same"),
            ("IN_PROGRESS", "In progress"),
            ("c", "Twice"),
            ("d", "TWICE"),
        ]);
        for (text, choice) in [
            ("New", Choice::Value),
            ("Old", Choice::Means("New")),
            ("In progress", Choice::Means("IN_PROGRESS")),
            (" in  progress", Choice::Unknown),
            ("in PROGRESS ", Choice::Means("IN_PROGRESS")),
            ("in_progress", Choice::Means("IN_PROGRESS")),
            ("Same", Choice::Unknown),
            ("Twice", Choice::Means("c")),
            ("twice", Choice::Unknown),
            ("new", Choice::Unknown),
            ("", Choice::Unknown),
        ] {
            assert_eq!(options.choose(text), choice, "{text}");
        }
    }
}
