//! The fields that each CRM has before its customer adds any.
//!
//! All but this file is made from `facts/` by `scripts/generate_standard_fields.py`.

mod hubspot;
mod pipedrive;
mod salesforce;
mod sugarcrm;
mod zoho;

use crate::names::{Provider, PushKind};

/// What one CRM takes of one kind of record.
pub(crate) struct StandardEntity {
    /// Fields that a create needs, all of them.
    pub(crate) all_of: &'static [&'static str],
    /// Fields of which a create needs at least one.
    pub(crate) any_of: &'static [&'static str],
    pub(crate) fields: &'static [StandardField],
}

/// A field as the CRM's documentation has it; empty texts and zeros are what it does not tell.
#[expect(
    clippy::struct_excessive_bools,
    reason = "the facts have them one by one"
)]
pub(crate) struct StandardField {
    pub(crate) slug: &'static str,
    pub(crate) label: &'static str,
    /// The CRM's own name of the type.
    pub(crate) type_name: &'static str,
    /// What the CRM's interface shows for it (HubSpot's `fieldType`).
    pub(crate) input: &'static str,
    /// `email` or `domain`, where the type does not say so.
    pub(crate) format: &'static str,
    /// `array` or `object`, where a value is no plain one.
    pub(crate) shape: &'static str,
    /// The JSON type of a value, where the type's name does not tell.
    pub(crate) json: &'static str,
    /// The name that a create takes beside `slug`.
    pub(crate) write_slug: &'static str,
    /// In characters.
    pub(crate) max_length: usize,
    /// Most digits of a whole number.
    pub(crate) digits: usize,
    /// Most digits of a number.
    pub(crate) precision: usize,
    /// How many of `precision` stand behind the point.
    pub(crate) scale: usize,
    pub(crate) is_read_only: bool,
    /// The CRM fills it where a create does not.
    pub(crate) is_defaulted: bool,
    /// Takes several options.
    pub(crate) is_multiple: bool,
    /// The CRM refuses a second record with the same value.
    pub(crate) is_unique: bool,
    pub(crate) options: &'static [&'static str],
    /// In the order of `options`; empty where they are the options themselves.
    pub(crate) option_labels: &'static [&'static str],
    /// The kinds of record whose id it takes.
    pub(crate) references: &'static [&'static str],
}

impl StandardField {
    const NONE: Self = Self {
        slug: "",
        label: "",
        type_name: "",
        input: "",
        format: "",
        shape: "",
        json: "",
        write_slug: "",
        max_length: 0,
        digits: 0,
        precision: 0,
        scale: 0,
        is_read_only: false,
        is_defaulted: false,
        is_multiple: false,
        is_unique: false,
        options: &[],
        option_labels: &[],
        references: &[],
    };
}

/// What `provider` takes of `kind`; lists have no fields.
pub(crate) fn entity(provider: Provider, kind: PushKind) -> Option<&'static StandardEntity> {
    match (kind, provider) {
        (PushKind::Contacts, Provider::Hubspot) => Some(&hubspot::CONTACTS),
        (PushKind::Contacts, Provider::Salesforce) => Some(&salesforce::CONTACTS),
        (PushKind::Contacts, Provider::Pipedrive) => Some(&pipedrive::CONTACTS),
        (PushKind::Contacts, Provider::Zoho) => Some(&zoho::CONTACTS),
        (PushKind::Contacts, Provider::Sugarcrm) => Some(&sugarcrm::CONTACTS),
        (PushKind::Companies, Provider::Hubspot) => Some(&hubspot::COMPANIES),
        (PushKind::Companies, Provider::Salesforce) => Some(&salesforce::COMPANIES),
        (PushKind::Companies, Provider::Pipedrive) => Some(&pipedrive::COMPANIES),
        (PushKind::Companies, Provider::Zoho) => Some(&zoho::COMPANIES),
        (PushKind::Companies, Provider::Sugarcrm) => Some(&sugarcrm::COMPANIES),
        (PushKind::Lists, _) => None,
    }
}
