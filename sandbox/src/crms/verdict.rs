//! What a CRM does with one value.

use serde_json::Value;

use crate::facts::Field;

/// What becomes of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// The CRM takes it for a field that is not given.
    Absent,
    /// It is stored like this.
    Kept(Value),
    /// This is stored in its place, or nothing, and nobody is told; what is wrong is for `strict`.
    Swallowed(Option<Value>, String),
    /// The record is refused with this message once its values are looked at.
    Refused(String),
    /// The record is refused with this message before anything else is looked at.
    Unreadable(String),
}

impl Verdict {
    /// A value that is stored as it is, which nobody should rely on.
    pub fn kept_though(value: &Value, wrong: impl Into<String>) -> Self {
        Self::Swallowed(Some(value.clone()), wrong.into())
    }

    /// A value that is dropped.
    pub fn dropped(wrong: impl Into<String>) -> Self {
        Self::Swallowed(None, wrong.into())
    }
}

/// A text's length is counted in characters.
pub fn is_too_long(field: &Field, text: &str) -> Option<usize> {
    field
        .max_length
        .filter(|limit| text.chars().count() > *limit)
}

/// The choices that a field with known options does not have.
pub fn unknown_option<'a>(
    field: &Field,
    mut choices: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let options = field.options.as_ref()?;
    choices.find(|choice| !options.iter().any(|option| option == choice))
}
