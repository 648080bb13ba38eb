//! Fields as the customer's CRM tells of them, which overrule the facts.

use super::choices::{Choice, Choices};
use super::field::FieldRule;
use super::from_facts::{from_facts, max_digits, on_other_choice, with_limits};
use super::kind::{Kind, Treatment};
use crate::crm::live;
use crate::crm::standard::StandardField;
use crate::names::Provider;
use crate::reads::{Field, FieldOption};

pub(super) fn from_live(
    provider: Provider,
    field: &Field,
    standard: Option<&StandardField>,
) -> FieldRule {
    let label = field.label.as_deref().unwrap_or(&field.name);
    let facts = standard.map(|standard| from_facts(provider, standard));
    let type_name = field.field_type.as_deref().unwrap_or_default();
    let is_same_type = type_name.is_empty()
        || standard.is_some_and(|standard| standard.type_name.eq_ignore_ascii_case(type_name));
    let own_kind = (!is_same_type).then(|| live::kind(provider, type_name, &field.extra));
    let mut rule = match (facts, own_kind) {
        // The same type, or one that tells nothing: what the facts say of the field still holds.
        (Some(facts), None | Some(Kind::Any)) => facts,
        // E-mails and the like are text to the CRM.
        (Some(facts), Some(Kind::Text)) if facts.kind.is_text() => facts,
        (Some(facts), Some(kind)) => FieldRule {
            kind,
            max_length: None,
            max_digits: None,
            max_decimals: None,
            choices: Choices::default(),
            references: Vec::new(),
            ..facts
        },
        (None, kind) => FieldRule::new(&field.slug, label, type_name, kind.unwrap_or(Kind::Any)),
    };
    rule.slug = field.slug.as_str().into();
    if !type_name.is_empty() {
        rule.type_name = type_name.into();
    }
    if !label.is_empty() {
        rule.label = label.into();
    }
    overrule(provider, &mut rule, field);
    let is_defaulted = standard.is_some_and(|standard| standard.is_defaulted)
        || live::flag(&field.extra, &["defaultedOnCreate", "default_on_create"]) == Some(true);
    rule.is_required = field.required == Some(true) && !is_defaulted && !rule.is_read_only;
    with_limits(provider, rule)
}

/// What the live answer's further keys say.
fn overrule(provider: Provider, rule: &mut FieldRule, field: &Field) {
    let extra = &field.extra;
    let options = field.options();
    rule.on_other_choice = on_other_choice(provider, live::is_closed_list(extra));
    if !options.is_empty() {
        rule.choices = Choices::new(options.into_iter().map(choice).collect());
    } else if !rule.choices.is_empty() {
        // The CRM's defaults, which the customer may have added to.
        rule.has_default_choices = true;
        rule.on_other_choice = Treatment::Spoils;
    }
    if let Some(length) = live::length(extra) {
        match rule.kind {
            // Zoho tells the digits of a number as its length.
            Kind::Integer | Kind::Number if provider == Provider::Zoho => {
                rule.max_digits = Some(length);
            }
            Kind::Integer | Kind::Number => {}
            _ => rule.max_length = Some(length),
        }
    }
    let digits = |name| live::number(extra, &[name]).unwrap_or(0);
    if let Some(most) = max_digits(digits("digits"), digits("precision"), digits("scale")) {
        rule.max_digits = Some(most);
    }
    if let Some(is_read_only) = live::is_read_only(extra) {
        rule.is_read_only = is_read_only;
    }
    rule.is_read_only |= field.is_read_only();
    if let Some(is_unique) = live::is_unique(extra) {
        rule.is_unique = is_unique;
    }
    if let Some(references) = live::references(extra) {
        rule.references = references;
    }
}

fn choice(option: FieldOption) -> Choice {
    let value = option.text();
    Choice {
        label: option.label.unwrap_or_else(|| value.clone()).into(),
        value: value.into(),
    }
}
