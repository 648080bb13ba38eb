//! Names of CRMs and of fields, and how they are compared.

use crate::names::Provider;
use crate::quote::is_blank;

/// The CRM's name in a message.
pub(crate) const fn crm_name(provider: Provider) -> &'static str {
    match provider {
        Provider::Hubspot => "HubSpot",
        Provider::Salesforce => "Salesforce",
        Provider::Pipedrive => "Pipedrive",
        Provider::Zoho => "Zoho",
        Provider::Sugarcrm => "SugarCRM",
    }
}

/// Whether `name` is the key of a customer's own field in Pipedrive: 40 hexadecimal digits.
pub(crate) fn is_pipedrive_hash(name: &str) -> bool {
    name.len() == 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A name as the CRM compares it.
pub(super) fn key(provider: Provider, name: &str) -> Box<str> {
    match provider {
        Provider::Salesforce => name.to_ascii_lowercase().into(),
        Provider::Hubspot | Provider::Pipedrive | Provider::Zoho | Provider::Sugarcrm => {
            name.into()
        }
    }
}

/// A name without blanks and byte order mark, in lower case.
pub(in crate::crm) fn bare(name: &str) -> String {
    // A mark that was read as Latin-1.
    let name = name.strip_prefix("\u{ef}\u{bb}\u{bf}").unwrap_or(name);
    name.chars()
        .filter(|character| !is_blank(*character))
        .flat_map(char::to_lowercase)
        .collect()
}

/// A bare name without what only separates words.
pub(super) fn plain(bare: &str) -> String {
    bare.chars()
        .filter(|character| character.is_alphanumeric())
        .collect()
}
