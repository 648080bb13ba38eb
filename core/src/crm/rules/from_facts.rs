//! Fields as the facts tell of them, and what a CRM has in common for all fields of a kind.

use super::choices::{Choice, Choices};
use super::field::FieldRule;
use super::kind::{Kind, Treatment};
use crate::crm::live;
use crate::crm::standard::StandardField;
use crate::names::Provider;

pub(super) fn from_facts(provider: Provider, standard: &StandardField) -> FieldRule {
    let kind = standard_kind(provider, standard);
    let mut rule = FieldRule::new(standard.slug, standard.label, standard.type_name, kind);
    rule.max_length = (standard.max_length > 0).then_some(standard.max_length);
    rule.max_digits = max_digits(standard.digits, standard.precision, standard.scale);
    rule.takes_text_ids = standard.json != "integer";
    rule.choices = standard_choices(standard);
    rule.on_other_choice = on_other_choice(provider, false);
    rule.is_read_only = standard.is_read_only;
    rule.is_unique = standard.is_unique;
    rule.references = standard
        .references
        .iter()
        .map(|&name| name.into())
        .collect();
    with_limits(provider, rule)
}

/// Most digits before the point.
pub(super) fn max_digits(digits: usize, precision: usize, scale: usize) -> Option<usize> {
    if digits > 0 {
        Some(digits)
    } else {
        (precision > scale).then(|| precision - scale)
    }
}

/// The limits that a CRM has for all fields of a kind.
pub(super) fn with_limits(provider: Provider, mut rule: FieldRule) -> FieldRule {
    let is_money = rule.type_name.eq_ignore_ascii_case("currency");
    match provider {
        Provider::Hubspot if rule.kind.is_text() => {
            rule.max_length.get_or_insert(65_536);
        }
        Provider::Zoho if is_money => {
            rule.max_decimals.get_or_insert(9);
            rule.max_digits.get_or_insert(16);
        }
        Provider::Zoho if rule.kind == Kind::Integer => {
            rule.max_digits.get_or_insert(9);
        }
        Provider::Sugarcrm if rule.kind == Kind::Reference => {
            rule.max_length.get_or_insert(36);
        }
        Provider::Hubspot
        | Provider::Salesforce
        | Provider::Pipedrive
        | Provider::Zoho
        | Provider::Sugarcrm => {}
    }
    rule
}

pub(super) fn on_other_choice(provider: Provider, is_closed: bool) -> Treatment {
    match provider {
        Provider::Hubspot | Provider::Pipedrive => Treatment::Refuses,
        Provider::Salesforce | Provider::Zoho if is_closed => Treatment::Refuses,
        Provider::Salesforce | Provider::Zoho | Provider::Sugarcrm => Treatment::Spoils,
    }
}

fn standard_choices(standard: &StandardField) -> Choices {
    let labels = standard.option_labels;
    Choices::new(
        standard
            .options
            .iter()
            .enumerate()
            .map(|(place, &value)| Choice {
                value: value.into(),
                label: labels.get(place).copied().unwrap_or(value).into(),
            })
            .collect(),
    )
}

fn standard_kind(provider: Provider, standard: &StandardField) -> Kind {
    match (provider, standard.format, standard.shape) {
        (Provider::Pipedrive | Provider::Sugarcrm, "email", "array") => return Kind::Emails,
        (_, "email", _) => return Kind::Email,
        // The second address is checked like the first.
        (Provider::Sugarcrm, ..) if standard.slug == "email2" => return Kind::Email,
        (_, "domain", _) => return Kind::Domain,
        _ => {}
    }
    match (provider, standard.type_name) {
        (Provider::Pipedrive, "phone" | "varchar") if standard.shape == "array" => Kind::Entries,
        // Pipedrive's type of both.
        (Provider::Pipedrive, "date") if !standard.json.is_empty() => Kind::DateTime,
        (Provider::Zoho, "text") if standard.shape == "array" || standard.json == "array" => {
            Kind::Tags
        }
        // SugarCRM's type of a name and of an id.
        (Provider::Sugarcrm, "relate") if standard.slug.ends_with("_id") => Kind::Reference,
        (Provider::Sugarcrm, "relate") if standard.slug == "team_name" => Kind::Teams,
        (Provider::Hubspot, "enumeration") if standard.is_multiple => Kind::Options,
        (Provider::Hubspot, "enumeration") => Kind::Option,
        _ => live::kind_of(provider, standard.type_name, standard.input),
    }
}
