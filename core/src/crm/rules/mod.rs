//! What one CRM takes of one kind of record: what is known of the CRM, overruled by the customer's own fields.

mod choices;
mod field;
mod from_facts;
mod from_live;
mod implied;
mod kind;
mod names;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

pub(crate) use self::field::FieldRule;
use self::from_facts::from_facts;
use self::from_live::from_live;
use self::implied::implied;
pub(crate) use self::kind::{Kind, Treatment};
pub(super) use self::names::bare;
pub(crate) use self::names::{crm_name, is_pipedrive_hash};
use self::names::{key, plain};
use super::facts::naming_fields;
use super::standard;
use crate::names::{Provider, PushKind};
use crate::reads::Field;

/// How close a name must be (0 to 1) to be suggested.
const SUGGESTION_SIMILARITY: f64 = 0.86;

/// What one CRM takes of one kind of record.
pub(crate) struct Rules {
    provider: Provider,
    kind: PushKind,
    fields: Vec<FieldRule>,
    by_name: HashMap<Box<str>, usize>,
    /// Slugs without blanks and in lower case.
    by_bare_name: HashMap<String, usize>,
    /// A create needs one of these, by place.
    any_of: Vec<usize>,
}

impl Rules {
    /// The rules of the CRM's standard fields, overruled by what the customer's CRM says of its `live` fields.
    /// Without live fields the standard ones are all that there is.
    pub(crate) fn new(provider: Provider, kind: PushKind, live: &[Field]) -> Self {
        let entity = standard::entity(provider, kind);
        let known = entity.map_or(&[][..], |entity| entity.fields);
        let all_of = entity.map_or(&[][..], |entity| entity.all_of);
        let any_of = entity.map_or(&[][..], |entity| entity.any_of);
        let is_same = |one: &str, other: &str| match provider {
            Provider::Salesforce => one.eq_ignore_ascii_case(other),
            Provider::Hubspot | Provider::Pipedrive | Provider::Zoho | Provider::Sugarcrm => {
                one == other
            }
        };
        let mut fields: Vec<FieldRule> = Vec::new();
        if live.iter().all(|field| field.slug.is_empty()) {
            fields.extend(known.iter().map(|standard| from_facts(provider, standard)));
        } else {
            for field in live.iter().filter(|field| !field.slug.is_empty()) {
                let standard = known.iter().find(|standard| {
                    is_same(standard.slug, &field.slug)
                        || (!standard.write_slug.is_empty() && standard.write_slug == field.slug)
                });
                fields.push(from_live(provider, field, standard));
            }
        }
        for field in &mut fields {
            if all_of.iter().any(|slug| is_same(slug, &field.slug)) {
                field.is_required = true;
            }
        }
        let implied = implied(provider, known, &fields);
        fields.extend(implied);
        let naming = naming_fields(provider, kind);
        for field in &mut fields {
            field.is_identity = naming.identity.paths.iter().any(|path| {
                let root = path.split(['.', '[']).next().unwrap_or(path);
                is_same(root, &field.slug)
            });
        }
        let mut by_name = HashMap::new();
        let mut by_bare_name = HashMap::new();
        for (place, field) in fields.iter().enumerate() {
            by_name.entry(key(provider, &field.slug)).or_insert(place);
            by_bare_name.entry(bare(&field.slug)).or_insert(place);
        }
        let any_of = any_of
            .iter()
            .filter_map(|slug| by_name.get(&key(provider, slug)).copied())
            .collect();
        Self {
            provider,
            kind,
            fields,
            by_name,
            by_bare_name,
            any_of,
        }
    }

    pub(crate) fn provider(&self) -> Provider {
        self.provider
    }

    pub(crate) fn kind(&self) -> PushKind {
        self.kind
    }

    /// All fields, those that are implied behind the others.
    pub(crate) fn fields(&self) -> &[FieldRule] {
        &self.fields
    }

    /// The field of that name as a record has it; Salesforce's names are not case-sensitive.
    pub(crate) fn field(&self, name: &str) -> Option<&FieldRule> {
        self.place(name).and_then(|place| self.fields.get(place))
    }

    /// The field's place in [`fields`](Self::fields).
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.by_name
            .get(name)
            .or_else(|| match self.provider {
                Provider::Salesforce => self.by_name.get(&key(self.provider, name)),
                Provider::Hubspot | Provider::Pipedrive | Provider::Zoho | Provider::Sugarcrm => {
                    None
                }
            })
            .copied()
    }

    /// The places of the fields of which a create needs at least one; empty where it needs none of them.
    pub(crate) fn any_of(&self) -> &[usize] {
        &self.any_of
    }

    /// The field whose name is nearest to `name`, by its slug or its label, if any is near.
    pub(crate) fn nearest(&self, name: &str) -> Option<&str> {
        let wanted = bare(name);
        if wanted.is_empty() {
            return None;
        }
        if let Some(field) = self.similar(name) {
            return Some(field);
        }
        let plain = plain(&wanted);
        self.fields
            .iter()
            .filter(|field| !field.is_read_only && !field.is_implied)
            .map(|field| {
                let by_slug = strsim::jaro_winkler(&plain, &names::plain(&bare(&field.slug)));
                let by_label = strsim::jaro_winkler(&plain, &names::plain(&bare(&field.label)));
                (by_slug.max(by_label), &*field.slug)
            })
            .filter(|(similarity, _)| *similarity >= SUGGESTION_SIMILARITY)
            // The first of those that are equally near.
            .reduce(|best, other| if other.0 > best.0 { other } else { best })
            .map(|(_, slug)| slug)
    }

    /// The field whose name differs from `name` by letter case, blanks or a byte order mark alone.
    pub(crate) fn similar(&self, name: &str) -> Option<&str> {
        let place = *self.by_bare_name.get(&bare(name))?;
        let slug = &*self.fields.get(place)?.slug;
        (key(self.provider, slug) != key(self.provider, name)).then_some(slug)
    }

    /// What the CRM does with a field that it does not have.
    pub(crate) fn on_unknown_field(&self, name: &str) -> Treatment {
        match self.provider {
            Provider::Hubspot | Provider::Salesforce => Treatment::Refuses,
            Provider::Pipedrive if is_pipedrive_hash(name) => Treatment::Refuses,
            Provider::Pipedrive | Provider::Zoho | Provider::Sugarcrm => Treatment::Spoils,
        }
    }

    /// What the CRM does with a value for a field that can't be set.
    pub(crate) fn on_read_only(&self) -> Treatment {
        match self.provider {
            Provider::Hubspot | Provider::Salesforce => Treatment::Refuses,
            Provider::Pipedrive | Provider::Zoho | Provider::Sugarcrm => Treatment::Spoils,
        }
    }

    /// What the CRM does with a record that lacks a field which is required.
    pub(crate) fn on_missing(&self, field: &FieldRule) -> Treatment {
        match self.provider {
            // What an administrator requires binds Pipedrive's interface alone.
            Provider::Pipedrive if &*field.slug != "name" => Treatment::Spoils,
            Provider::Hubspot | Provider::Salesforce | Provider::Pipedrive | Provider::Zoho => {
                Treatment::Refuses
            }
            Provider::Sugarcrm => Treatment::Spoils,
        }
    }
}
