//! What the client must know of each CRM.

use crate::names::{Provider, PushKind};

/// The fields by whose text a CRM's errors name a record, as paths; `[]` is any entry of an array.
#[derive(Clone, Copy)]
pub(crate) struct NamingFields {
    /// What names a record: its e-mail, a company's domain or name, a list's id.
    pub(crate) identity: Paths,
    /// What may stand in for it where a record has no identity.
    pub(crate) fallback: Paths,
}

/// Paths of fields, as the CRM tells their names apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paths {
    pub(crate) paths: &'static [&'static str],
    /// Salesforce takes `email` for `Email`.
    pub(crate) ignores_case: bool,
}

impl Paths {
    pub(crate) fn contains(self, path: &str) -> bool {
        let is_same =
            |one: &&str| *one == path || (self.ignores_case && one.eq_ignore_ascii_case(path));
        self.paths.iter().any(is_same)
    }
}

/// The naming fields of a CRM's records.
pub(crate) fn naming_fields(provider: Provider, kind: PushKind) -> NamingFields {
    let (identity, fallback): (&[_], &[_]) = match (kind, provider) {
        (PushKind::Contacts, Provider::Hubspot) => (&["email"], &["phone"]),
        (PushKind::Contacts, Provider::Salesforce) => (&["Email"], &["LastName"]),
        (PushKind::Contacts, Provider::Pipedrive) => (
            &[
                "email",
                "emails",
                "email[]",
                "emails[]",
                "email[].value",
                "emails[].value",
            ],
            &["name"],
        ),
        (PushKind::Contacts, Provider::Zoho) => (&["Email"], &["Last_Name"]),
        (PushKind::Contacts, Provider::Sugarcrm) => (
            &["email1", "email", "email[].email_address"],
            &["last_name"],
        ),
        (PushKind::Companies, Provider::Hubspot) => (&["domain"], &["name", "website"]),
        (PushKind::Companies, Provider::Salesforce) => (&["Name"], &["Website", "AccountNumber"]),
        (PushKind::Companies, Provider::Pipedrive) => (&["name"], &[]),
        (PushKind::Companies, Provider::Zoho) => (&["Account_Name"], &["Website"]),
        (PushKind::Companies, Provider::Sugarcrm) => (&["name"], &["website"]),
        (PushKind::Lists, _) => (&["list_id", "list_name"], &[]),
    };
    let ignores_case = provider == Provider::Salesforce && kind != PushKind::Lists;
    let paths = |paths| Paths {
        paths,
        ignores_case,
    };
    NamingFields {
        identity: paths(identity),
        fallback: paths(fallback),
    }
}

/// Whether the CRM refuses each contact whose e-mail address another one has, so that one that it has created is the
/// only one with its address.
pub(crate) fn refuses_same_address(provider: Provider) -> bool {
    match provider {
        Provider::Hubspot => true,
        // The others do so only where the organisation has set that up.
        Provider::Salesforce | Provider::Pipedrive | Provider::Zoho | Provider::Sugarcrm => false,
    }
}

/// Members that one request may name: what the CRM takes in one call of its own, or where it takes them
/// one by one, what it can work off within a request's time-out.
pub(crate) fn most_list_members(provider: Provider) -> usize {
    match provider {
        Provider::Hubspot => 100_000, // ids in one call of memberships/add (documented second hand)
        Provider::Salesforce => 200,  // rows of one call
        // Zoho: members of a campaign in one call (500 for a tag). Pipedrive: one call per person.
        // SugarCRM: one call per member that is removed.
        Provider::Zoho | Provider::Pipedrive | Provider::Sugarcrm => 100,
    }
}
