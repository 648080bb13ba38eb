//! The five CRMs, each in a file of its own.

mod crm;
mod hubspot;
mod native;
mod pipedrive;
mod salesforce;
mod sugarcrm;
mod verdict;
mod zoho;

pub use crm::{Crm, Treatment};
pub use verdict::Verdict;

/// The enum from one list, so that no CRM can be missing from `ALL`.
macro_rules! providers {
    ($($provider:ident: $module:ident,)+) => {
        /// The CRMs, in the service's order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Provider {
            $($provider,)+
        }

        impl Provider {
            pub const ALL: &[Self] = &[$(Self::$provider),+];

            pub fn crm(self) -> &'static Crm {
                match self {
                    $(Self::$provider => &$module::CRM,)+
                }
            }
        }
    };
}

providers! {
    HubSpot: hubspot,
    Salesforce: salesforce,
    Pipedrive: pipedrive,
    Zoho: zoho,
    SugarCrm: sugarcrm,
}

impl Provider {
    /// Its name in the service's paths.
    pub fn name(self) -> &'static str {
        self.crm().name
    }

    /// The names of all.
    pub fn names() -> Vec<&'static str> {
        Self::ALL.iter().map(|provider| provider.name()).collect()
    }
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;
    use crate::ids::IdKind;

    #[test]
    fn all_five_parse_and_have_contacts_and_companies() {
        for &provider in Provider::ALL {
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
