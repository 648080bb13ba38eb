//! The five CRMs, each in a file of its own.

mod crm;
mod hubspot;
mod pipedrive;
mod salesforce;
mod sugarcrm;
mod zoho;

pub use crm::{Crm, InvalidEmail, Treatment};

/// The CRMs, in the service's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[deny(dead_code, reason = "a CRM that is missing from ALL must not compile")]
pub enum Provider {
    HubSpot,
    Salesforce,
    Pipedrive,
    Zoho,
    SugarCrm,
}

impl Provider {
    pub const ALL: [Self; 5] = [
        Self::HubSpot,
        Self::Salesforce,
        Self::Pipedrive,
        Self::Zoho,
        Self::SugarCrm,
    ];

    pub fn crm(self) -> &'static Crm {
        match self {
            Self::HubSpot => &hubspot::CRM,
            Self::Salesforce => &salesforce::CRM,
            Self::Pipedrive => &pipedrive::CRM,
            Self::Zoho => &zoho::CRM,
            Self::SugarCrm => &sugarcrm::CRM,
        }
    }

    /// Its name in the service's paths.
    pub fn name(self) -> &'static str {
        self.crm().name
    }

    /// The names of all, as messages list them.
    pub fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;
    use crate::ids::IdKind;

    #[test]
    fn all_five_parse_and_have_contacts_and_companies() {
        for provider in Provider::ALL {
            let facts = &provider.crm().facts;
            assert!(facts.entities["contacts"].fields.len() > 30, "{provider:?}");
            assert!(
                facts.entities["companies"].fields.len() > 30,
                "{provider:?}"
            );
        }
    }

    #[test]
    fn ids_have_their_native_form() {
        let mut rng = Rng::with_seed(1);
        let mut next = |provider: Provider, number| {
            (provider.crm().next_id)(IdKind::Contact, number, &mut rng)
        };
        assert_eq!(next(Provider::Salesforce, 1).len(), 18);
        assert_eq!(next(Provider::Zoho, 1).len(), 19);
        assert_eq!(next(Provider::Pipedrive, 7), "7");
        assert_eq!(next(Provider::SugarCrm, 1).len(), 36);
        assert_eq!(next(Provider::HubSpot, 1), "512345678001");
    }
}
