//! The options of a field.

use std::collections::HashMap;

use crate::short_hash::ShortHash;

/// An option of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    /// As it is stored.
    pub(crate) value: Box<str>,
    /// As people see it; the value itself where the CRM tells none.
    pub(crate) label: Box<str>,
}

/// The options of a field; none where any value is taken or where they are not known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choices {
    all: Vec<Choice>,
    by_value: HashMap<Box<[u8]>, usize, ShortHash>,
}

impl Choices {
    pub(crate) fn new(all: Vec<Choice>) -> Self {
        let by_value = all
            .iter()
            .enumerate()
            .map(|(place, choice)| (choice.value.as_bytes().into(), place))
            .collect();
        Self { all, by_value }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn has(&self, value: &[u8]) -> bool {
        self.by_value.contains_key(value)
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Choice> {
        self.all.iter()
    }

    /// The option that is labelled so and no other.
    pub(crate) fn labelled(&self, label: &str) -> Option<&Choice> {
        let mut found = self.all.iter().filter(|choice| *choice.label == *label);
        found.next().filter(|_| found.next().is_none())
    }
}
