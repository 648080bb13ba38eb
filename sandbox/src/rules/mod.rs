//! What a CRM does with a new record: it refuses it, or stores what is left of it.

mod duplicates;
mod email;
mod identity;
mod texts;
mod values;
#[cfg(test)]
mod values_tests;

use serde_json::{Map, Value};

use crate::crms::Crm;
use crate::crms::Treatment::{self, Refuse};
use crate::facts::{Entity, Field};

pub use email::is_email;
pub use identity::identity;
pub use texts::emails_of;
use texts::is_empty;

/// The rules of one entity of one CRM, custom fields included.
pub struct Rules<'a> {
    pub crm: &'static Crm,
    pub entity: &'static Entity,
    pub entity_name: &'a str,
    pub custom: &'a [Field],
    /// Whether to refuse what the real CRM swallows silently.
    pub strict: bool,
}

/// A member of a record.
struct Member<'a> {
    /// Its name, as the CRM spells it.
    slug: &'a str,
    value: &'a Value,
    /// `None` for a name that the CRM does not know.
    field: Option<&'a Field>,
    /// Whether it stands in the record's member for custom fields.
    is_inside: bool,
    /// Whether it names the other record by a field of that.
    is_relation: bool,
}

impl Rules<'_> {
    /// What would be stored, or the CRM's refusal. Duplicates are not looked at here.
    pub fn check(&self, record: &Map<String, Value>) -> Result<Map<String, Value>, String> {
        let members = self.members(record)?;
        if self.crm.fields.types_before_required {
            self.check_names(&members)?;
            self.check_readable(&members)?;
            self.check_required(&members)?;
        } else {
            self.check_required(&members)?;
            self.check_names(&members)?;
        }
        self.check_values(&members)
    }

    /// The record's members, those inside of its member for custom fields among them.
    fn members<'a>(&'a self, record: &'a Map<String, Value>) -> Result<Vec<Member<'a>>, String> {
        let mut members = Vec::with_capacity(record.len());
        for (name, value) in record {
            if self.crm.fields.custom_fields != Some(name.as_str()) {
                let field = self.field(name);
                let related = field.is_none().then(|| self.relation(name)).flatten();
                // One field may be spelled in two ways, and those that ignore case in many.
                let slug = field
                    .filter(|_| self.crm.fields.ignores_case)
                    .map_or(name.as_str(), |field| &field.slug);
                members.push(Member {
                    slug,
                    value,
                    field: field.or(related),
                    is_inside: false,
                    is_relation: related.is_some(),
                });
                continue;
            }
            match value {
                Value::Null => {}
                Value::Object(inside) => {
                    members.extend(inside.iter().map(|(slug, value)| Member {
                        slug,
                        value,
                        field: self.custom.iter().find(|field| field.slug == *slug),
                        is_inside: true,
                        is_relation: false,
                    }));
                }
                _ => {
                    let fill = [("key", name.as_str()), ("type", "object")];
                    return Err(self.crm.facts.message("wrong_type", "", &fill));
                }
            }
        }
        Ok(members)
    }

    fn field(&self, name: &str) -> Option<&Field> {
        let is_named = |slug: &str| {
            slug == name || (self.crm.fields.ignores_case && slug.eq_ignore_ascii_case(name))
        };
        self.entity.fields.iter().chain(self.custom).find(|field| {
            is_named(&field.slug) || field.write_slug.as_deref().is_some_and(is_named)
        })
    }

    /// The field of which `name` is the relation.
    fn relation(&self, name: &str) -> Option<&Field> {
        let is_named = |field: &&Field| {
            field.field_type == "reference"
                && !field.read_only
                && (self.crm.fields.relation)(&field.slug)
                    .is_some_and(|relation| relation.eq_ignore_ascii_case(name))
        };
        self.entity.fields.iter().chain(self.custom).find(is_named)
    }

    fn treatment(&self, usual: Treatment) -> Treatment {
        if self.strict { Refuse } else { usual }
    }

    fn check_required(&self, members: &[Member]) -> Result<(), String> {
        let facts = &self.crm.facts;
        if !facts.required_enforced && !self.strict {
            return Ok(());
        }
        let Some(required) = facts.required_on_create.get(self.entity_name) else {
            return Ok(());
        };
        let has = |slug: &String| {
            members
                .iter()
                .any(|member| member.slug == slug && !is_empty(member.value))
        };
        let mut missing: Vec<&str> = required
            .all_of
            .iter()
            .filter(|slug| !has(slug))
            .map(String::as_str)
            .collect();
        if !required.any_of.is_empty() && !required.any_of.iter().any(has) {
            missing.extend(required.any_of.iter().map(String::as_str));
        }
        for field in self
            .custom
            .iter()
            .filter(|field| field.required && !has(&field.slug))
        {
            missing.push(&field.slug);
        }
        if missing.is_empty() {
            return Ok(());
        }
        let slugs = missing.join(", ");
        let object = self.entity.label.to_uppercase();
        let message = facts.message(
            "missing_required",
            "Required fields are missing: [{slugs}]",
            &[("slugs", &slugs), ("OBJECT", &object)],
        );
        Err((self.crm.messages.missing_required)(message, &slugs))
    }

    fn check_names(&self, members: &[Member]) -> Result<(), String> {
        let crm = self.crm;
        for Member {
            slug,
            field,
            is_inside,
            ..
        } in members
        {
            let (treatment, name, own) = match field {
                None => (
                    // No other name than a custom field's belongs there.
                    if *is_inside {
                        Refuse
                    } else {
                        (crm.fields.unknown)(slug)
                    },
                    "unknown_field",
                    "field {slug} does not exist",
                ),
                Some(field) if field.read_only => (
                    crm.fields.read_only,
                    "read_only_field",
                    "field {slug} is read-only",
                ),
                Some(_) => continue,
            };
            if self.treatment(treatment) == Refuse {
                let fill = [
                    ("property", *slug),
                    ("slug", slug),
                    ("slugs", slug),
                    ("key", slug),
                    ("Object", &self.entity.native_object),
                ];
                return Err(crm.facts.message(name, own, &fill));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::crms::Provider;

    fn check(
        provider: Provider,
        entity: &str,
        record: Value,
        strict: bool,
    ) -> Result<Value, String> {
        let crm = provider.crm();
        let rules = Rules {
            crm,
            entity: &crm.facts.entities[entity],
            entity_name: entity,
            custom: &[],
            strict,
        };
        rules.check(record.as_object().unwrap()).map(Value::Object)
    }

    #[test]
    fn salesforce_takes_a_relation_by_external_id_as_an_object_under_its_own_name() {
        let of = |record| check(Provider::Salesforce, "contacts", record, true);
        let named = json!({"LastName": "A", "Account": {"External__c": "x"}});
        assert_eq!(of(named.clone()).unwrap()["Account"], named["Account"]);
        assert!(of(json!({"LastName": "A", "Account": "001D000000IRFmaIAH"})).is_err());
        assert!(of(json!({"LastName": "A", "AccountId": {"External__c": "x"}})).is_err());
        assert!(of(json!({"LastName": "A", "Accounts": {"External__c": "x"}})).is_err());
    }

    #[test]
    fn each_crm_refuses_with_its_own_message() {
        for (provider, entity, record, message) in [
            (
                Provider::HubSpot,
                "contacts",
                json!({"email": "nope"}),
                "Email address nope is invalid",
            ),
            (
                Provider::HubSpot,
                "contacts",
                json!({"email": "a@b.co", "x": 1}),
                "Property \"x\" does not exist",
            ),
            (
                Provider::HubSpot,
                "contacts",
                json!({"phone": "1"}),
                "Some required properties were not set",
            ),
            (
                Provider::HubSpot,
                "companies",
                json!({"name": "A", "industry": "NOPE"}),
                "NOPE was not one of the allowed options",
            ),
            (
                Provider::HubSpot,
                "companies",
                json!({"name": "A", "annualrevenue": "much"}),
                "much was not a valid number.",
            ),
            (
                Provider::Salesforce,
                "contacts",
                json!({"Email": "a@b.co"}),
                "Required fields are missing: [LastName]",
            ),
            (
                Provider::Salesforce,
                "contacts",
                json!({"LastName": "x".repeat(81)}),
                "data value too large",
            ),
            (
                Provider::Salesforce,
                "contacts",
                json!({"LastName": "A", "Nope": 1}),
                "No such column 'Nope' on sobject of type Contact",
            ),
            (
                Provider::Pipedrive,
                "contacts",
                json!({"email": "a@b.co"}),
                "Name must be given.",
            ),
            (
                Provider::Zoho,
                "contacts",
                json!({"Email": "a@b.co"}),
                "required field not found",
            ),
            (
                Provider::Zoho,
                "contacts",
                json!({"Last_Name": "A", "Email": "nope"}),
                "api_name: Email",
            ),
            (
                Provider::SugarCrm,
                "contacts",
                json!({"email": [{"email_address": "nope"}]}),
                "nope is an invalid email address",
            ),
        ] {
            let error = check(provider, entity, record.clone(), false).unwrap_err();
            assert!(error.contains(message), "{provider:?} {record}: {error}");
        }
    }

    #[test]
    fn what_a_crm_swallows_is_refused_only_when_strict() {
        for (provider, record, stored) in [
            (
                Provider::SugarCrm,
                json!({"title": "x".repeat(120)}),
                json!({"title": "x".repeat(100)}),
            ),
            (
                Provider::SugarCrm,
                json!({"last_name": "A", "email1": "nope"}),
                json!({"last_name": "A"}),
            ),
            (
                Provider::SugarCrm,
                json!({"last_name": "A", "nope": 1}),
                json!({"last_name": "A"}),
            ),
            (
                Provider::Zoho,
                json!({"Last_Name": "A", "Nope": 1}),
                json!({"Last_Name": "A"}),
            ),
            (
                Provider::Pipedrive,
                json!({"name": "A", "email": "nope"}),
                json!({"name": "A", "email": "nope"}),
            ),
            (
                Provider::Salesforce,
                json!({"LastName": "A", "Salutation": "Sir"}),
                json!({"LastName": "A", "Salutation": "Sir"}),
            ),
        ] {
            assert_eq!(
                check(provider, "contacts", record.clone(), false),
                Ok(stored),
                "{provider:?}"
            );
            assert!(
                check(provider, "contacts", record.clone(), true).is_err(),
                "{provider:?} {record}"
            );
        }
    }
}
