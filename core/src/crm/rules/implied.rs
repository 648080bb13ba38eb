//! Names that stand in no list of fields.

use super::field::FieldRule;
use super::kind::Kind;
use crate::crm::standard::StandardField;
use crate::names::Provider;

/// Names that a record may have beside those of the list of fields.
pub(super) fn implied(
    provider: Provider,
    known: &[StandardField],
    fields: &[FieldRule],
) -> Vec<FieldRule> {
    let has = |name: &str| fields.iter().any(|field| &*field.slug == name);
    match provider {
        Provider::Hubspot | Provider::Zoho | Provider::Sugarcrm => Vec::new(),
        Provider::Pipedrive => {
            let second_names = known.iter().filter_map(|standard| {
                let (name, of) = match (has(standard.slug), has(standard.write_slug)) {
                    (true, false) if !standard.write_slug.is_empty() => {
                        (standard.write_slug, standard.slug)
                    }
                    (false, true) => (standard.slug, standard.write_slug),
                    _ => return None,
                };
                let of = fields.iter().find(|field| &*field.slug == of)?;
                Some(FieldRule::implied(name, of.kind, of))
            });
            let custom = FieldRule {
                is_implied: true,
                ..FieldRule::new("custom_fields", "", "object", Kind::CustomFields)
            };
            second_names.chain([custom]).collect()
        }
        Provider::Salesforce => fields
            .iter()
            .filter(|field| field.kind == Kind::Reference && !field.is_read_only)
            .filter_map(|field| {
                let name = match field.slug.strip_suffix("__c") {
                    Some(custom) => format!("{custom}__r"),
                    None => field
                        .slug
                        .strip_suffix("Id")
                        .filter(|name| !name.is_empty())?
                        .to_owned(),
                };
                (!has(&name)).then(|| FieldRule::implied(&name, Kind::Related, field))
            })
            .collect(),
    }
}
