//! What a field takes, as far as mending needs to know.

use super::options::Options;
use crate::crm::rules::{FieldRule, Kind};
use crate::names::Provider;

/// A field of the CRM.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) form: Form,
    pub(super) options: Options,
}

impl Target {
    pub(super) fn new(provider: Provider, rule: &FieldRule) -> Self {
        let form = if rule.is_read_only {
            Form::Any
        } else {
            Form::of(provider, rule)
        };
        let choices = rule.choices.iter();
        Self {
            form,
            options: Options::new(choices.map(|choice| (&*choice.value, &*choice.label))),
        }
    }

    /// Of a part of a composite value.
    pub(super) fn part(form: Form) -> Self {
        Self {
            form,
            options: Options::default(),
        }
    }
}

/// What a field's values are on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Nothing is known that could be mended.
    Any,
    /// Text of several lines, blanks around it included.
    Text,
    /// One line of text.
    Line,
    Phone,
    /// An e-mail address.
    Email,
    /// The id of a record or a user, as text.
    Id,
    /// A domain or the address of a page.
    Site,
    Number,
    Integer,
    /// A whole number, or its digits as text.
    BigInteger,
    Boolean,
    Date,
    DateTime,
    /// One option.
    Option,
    /// Options joined by `;`.
    JoinedOptions,
    /// A list of options.
    OptionList,
    /// Pipedrive's list of addresses or numbers, each with a label.
    Entries {
        are_emails: bool,
    },
    /// SugarCRM's list of e-mail addresses.
    EmailEntries,
    /// Zoho's `{"id": …}`.
    Lookup,
    /// Zoho's list of `{"name": …}`.
    Tags,
    /// SugarCRM's list of names.
    Names,
    /// Pipedrive's `{"value": …}`.
    Place,
    /// Pipedrive's fields of the customer, by their keys.
    Members,
}

impl Form {
    fn of(provider: Provider, rule: &FieldRule) -> Self {
        match (rule.kind, provider) {
            (Kind::Text, _) => Self::Line,
            (Kind::LongText, _) => Self::Text,
            (Kind::Phone, _) => Self::Phone,
            (Kind::Email, _) => Self::Email,
            (Kind::Domain | Kind::Url, _) => Self::Site,
            (Kind::Emails, Provider::Sugarcrm) => Self::EmailEntries,
            (Kind::Emails, _) => Self::Entries { are_emails: true },
            (Kind::Entries, _) => Self::Entries { are_emails: false },
            (Kind::Integer, _) | (Kind::Reference, Provider::Pipedrive) => Self::Integer,
            (Kind::BigInteger, _) => Self::BigInteger,
            (Kind::Number, _) => Self::Number,
            (Kind::Boolean, _) => Self::Boolean,
            (Kind::Date, _) => Self::Date,
            (Kind::DateTime, _) => Self::DateTime,
            (Kind::Option, _) => Self::Option,
            (Kind::Options, Provider::Hubspot | Provider::Salesforce) => Self::JoinedOptions,
            (Kind::Options, _) => Self::OptionList,
            (Kind::Reference, Provider::Zoho) => Self::Lookup,
            (Kind::Reference, _) => Self::Id,
            (Kind::Address, _) => Self::Place,
            (Kind::Tags, Provider::Zoho) => Self::Tags,
            (Kind::Tags, _) => Self::Names,
            (Kind::CustomFields, _) => Self::Members,
            (
                Kind::Time | Kind::Related | Kind::Money | Kind::Teams | Kind::File | Kind::Any,
                _,
            ) => Self::Any,
        }
    }
}
