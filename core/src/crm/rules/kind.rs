//! What values a field takes, and what a CRM does with others.

/// What a CRM does with something that it should not get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Treatment {
    /// It takes it, and nothing is lost.
    Takes,
    /// It takes the record, and cuts or drops the value, or stores what it should not.
    Spoils,
    /// It refuses the record.
    Refuses,
}

/// What values a field takes, whatever the CRM calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One line of text.
    Text,
    /// Text of several lines.
    LongText,
    Phone,
    /// One e-mail address as text.
    Email,
    Domain,
    Url,
    /// E-mail addresses as a list: Pipedrive's `[{value, primary, label}]`, SugarCRM's `[{email_address, …}]`.
    Emails,
    /// Pipedrive's phones and messengers: `[{value, primary, label}]`.
    Entries,
    Integer,
    /// A whole number that may be larger than JSON readers take exactly, so it is text as well (Zoho).
    BigInteger,
    Number,
    Boolean,
    Date,
    DateTime,
    Time,
    /// One of the field's options.
    Option,
    /// Several options: joined by `;` in HubSpot and Salesforce, a list elsewhere.
    Options,
    /// The id of a record or user; Zoho's is an object `{id}`.
    Reference,
    /// A record named by a field of its own: Salesforce's `{"Account": {"External__c": "x"}}`.
    Related,
    /// Pipedrive's object of address parts.
    Address,
    /// Pipedrive's object of amount and currency.
    Money,
    /// Names or `{name}` objects.
    Tags,
    /// SugarCRM's list of `{id, primary}`.
    Teams,
    /// Set by an upload, never by a create.
    File,
    /// Pipedrive's object of values by the hashes of the customer's own fields.
    CustomFields,
    /// What the type does not tell.
    Any,
}

impl Kind {
    /// Whether the CRM takes it as text, whatever is meant.
    pub(super) fn is_text(self) -> bool {
        matches!(
            self,
            Self::Text
                | Self::LongText
                | Self::Phone
                | Self::Email
                | Self::Domain
                | Self::Url
                | Self::Emails
                | Self::Entries
        )
    }
}
