//! What one field takes.

use super::choices::Choices;
use super::kind::{Kind, Treatment};

/// What one field takes.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "fields have these one by one"
)]
pub(crate) struct FieldRule {
    /// The name by which a record has it.
    pub(crate) slug: Box<str>,
    /// The name that people read.
    pub(crate) label: Box<str>,
    /// The CRM's own name of the type.
    pub(crate) type_name: Box<str>,
    pub(crate) kind: Kind,
    /// Most characters of its text.
    pub(crate) max_length: Option<usize>,
    /// Most digits of a number before the point.
    pub(crate) max_digits: Option<usize>,
    /// Most digits of a number behind the point.
    pub(crate) max_decimals: Option<usize>,
    pub(crate) choices: Choices,
    /// `choices` are the CRM's defaults: the customer's own are not known.
    pub(crate) has_default_choices: bool,
    /// Ids of options may be text (Pipedrive).
    pub(crate) takes_text_ids: bool,
    /// What the CRM does with a value that is none of `choices`.
    pub(crate) on_other_choice: Treatment,
    pub(crate) is_read_only: bool,
    /// A create needs it.
    pub(crate) is_required: bool,
    /// The CRM refuses a second record with the same value.
    pub(crate) is_unique: bool,
    /// Its value names the record in the CRM's errors.
    pub(crate) is_identity: bool,
    /// The kinds of record whose id it takes, in the CRM's words; empty where it is not told.
    pub(crate) references: Vec<Box<str>>,
    /// It stands in no list of fields: a second name, or a way to write another field.
    pub(crate) is_implied: bool,
    /// The field that it is another name of.
    pub(crate) stands_for: Option<Box<str>>,
}

impl FieldRule {
    pub(super) fn new(slug: &str, label: &str, type_name: &str, kind: Kind) -> Self {
        Self {
            slug: slug.into(),
            label: label.into(),
            type_name: type_name.into(),
            kind,
            max_length: None,
            max_digits: None,
            max_decimals: None,
            choices: Choices::default(),
            has_default_choices: false,
            takes_text_ids: true,
            on_other_choice: Treatment::Takes,
            is_read_only: false,
            is_required: false,
            is_unique: false,
            is_identity: false,
            references: Vec::new(),
            is_implied: false,
            stands_for: None,
        }
    }

    pub(super) fn implied(slug: &str, kind: Kind, of: &Self) -> Self {
        Self {
            slug: slug.into(),
            kind,
            is_implied: true,
            is_required: false,
            stands_for: Some(of.slug.clone()),
            ..of.clone()
        }
    }
}
