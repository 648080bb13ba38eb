//! What each CRM does with a record on create: refuse it in its own words, or store it, with all
//! that it swallows silently.

use serde_json::{Map, Value};

use crate::facts::{Entity, Facts, Field};

/// Longest value of a HubSpot text property, in characters.
const HUBSPOT_MAX: usize = 65_536;
/// Longest value of a Sugar text field, in bytes.
const SUGAR_TEXT_MAX: usize = 65_535;

/// How a CRM treats what it could refuse.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Treatment {
    Refuse,
    /// The field is dropped, or the value stored as it is or cut; nobody is told.
    Swallow,
}

use Treatment::{Refuse, Swallow};

struct Dialect {
    unknown_field: Treatment,
    read_only_field: Treatment,
    invalid_email: Treatment,
    unknown_option: Treatment,
    too_long: Treatment,
    wrong_type: Treatment,
}

fn dialect(provider: &str) -> Dialect {
    match provider {
        "hubspot" => Dialect {
            unknown_field: Refuse,
            read_only_field: Refuse,
            invalid_email: Refuse,
            unknown_option: Refuse,
            too_long: Refuse,
            wrong_type: Refuse,
        },
        "salesforce" => Dialect {
            unknown_field: Refuse,
            read_only_field: Refuse,
            invalid_email: Refuse,
            unknown_option: Swallow,
            too_long: Refuse,
            wrong_type: Refuse,
        },
        "pipedrive" => Dialect {
            unknown_field: Swallow,
            read_only_field: Swallow,
            invalid_email: Swallow,
            unknown_option: Refuse,
            too_long: Refuse,
            wrong_type: Refuse,
        },
        "zoho" => Dialect {
            unknown_field: Swallow,
            read_only_field: Swallow,
            invalid_email: Refuse,
            unknown_option: Swallow,
            too_long: Refuse,
            wrong_type: Refuse,
        },
        _ => Dialect {
            unknown_field: Swallow,
            read_only_field: Swallow,
            invalid_email: Swallow,
            unknown_option: Swallow,
            too_long: Swallow,
            wrong_type: Swallow,
        },
    }
}

/// The rules of one entity of one CRM, custom fields included.
pub struct Rules<'a> {
    pub facts: &'static Facts,
    pub entity: &'static Entity,
    pub entity_name: &'a str,
    pub custom: &'a [Field],
    /// Refuse what the real CRM swallows.
    pub strict: bool,
}

impl Rules<'_> {
    /// What would be stored, or the CRM's words of refusal. Duplicates are not looked at here.
    pub fn check(&self, record: &Map<String, Value>) -> Result<Map<String, Value>, String> {
        if self.facts.provider == "salesforce" {
            // Its parser stops at unknown fields and values before anything else is looked at.
            self.check_names(record)?;
            self.check_values(record, true)?;
            self.check_required(record)?;
            return self.check_values(record, false);
        }
        self.check_required(record)?;
        self.check_names(record)?;
        self.check_values(record, false)
    }

    pub fn field(&self, slug: &str) -> Option<&Field> {
        self.entity
            .fields
            .iter()
            .chain(self.custom)
            .find(|field| field.slug == slug || field.write_slug.as_deref() == Some(slug))
    }

    fn treatment(&self, usual: Treatment) -> Treatment {
        if self.strict { Refuse } else { usual }
    }

    /// The CRM's own words, or ours where it has none and only `strict` refuses.
    fn words(&self, case: &str, own: &str, fill: &[(&str, &str)]) -> String {
        let template = self.facts.errors.get(case).map_or(own, String::as_str);
        let mut words = template.to_owned();
        for (name, value) in fill {
            words = words.replace(&format!("{{{name}}}"), value);
        }
        words
    }

    fn check_required(&self, record: &Map<String, Value>) -> Result<(), String> {
        if !self.facts.required_enforced && !self.strict {
            return Ok(());
        }
        let Some(required) = self.facts.required_on_create.get(self.entity_name) else {
            return Ok(());
        };
        let has = |slug: &String| record.get(slug).is_some_and(|value| !is_empty(value));
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
        let words = self.words(
            "missing_required",
            "Required fields are missing: [{slugs}]",
            &[("slugs", &slugs), ("OBJECT", &object)],
        );
        Err(match self.facts.provider.as_str() {
            "zoho" => format!("MANDATORY_NOT_FOUND: {words} ({slugs})"),
            "hubspot" => format!("{words} ({slugs})"),
            _ => words,
        })
    }

    fn check_names(&self, record: &Map<String, Value>) -> Result<(), String> {
        let dialect = dialect(&self.facts.provider);
        for slug in record.keys() {
            let fill = [
                ("property", slug.as_str()),
                ("slug", slug),
                ("slugs", slug),
                ("key", slug),
                ("Object", &self.entity.native_object),
            ];
            match self.field(slug) {
                None => {
                    let custom_key = self.facts.provider == "pipedrive"
                        && slug.len() == 40
                        && slug.bytes().all(|byte| byte.is_ascii_hexdigit());
                    if custom_key || self.treatment(dialect.unknown_field) == Refuse {
                        return Err(self.words(
                            "unknown_field",
                            "field {slug} does not exist",
                            &fill,
                        ));
                    }
                }
                Some(field) if field.read_only => {
                    if self.treatment(dialect.read_only_field) == Refuse {
                        return Err(self.words(
                            "read_only_field",
                            "field {slug} is read-only",
                            &fill,
                        ));
                    }
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    fn check_values(
        &self,
        record: &Map<String, Value>,
        only_types: bool,
    ) -> Result<Map<String, Value>, String> {
        let mut stored = Map::new();
        for (slug, value) in record {
            let Some(field) = self.field(slug).filter(|field| !field.read_only) else {
                continue;
            };
            if is_empty(value) {
                continue;
            }
            if let Some(value) = self.check_value(field, value, only_types)? {
                stored.insert(slug.clone(), value);
            }
        }
        Ok(stored)
    }

    /// The value as stored; `None` when the CRM drops it.
    fn check_value(
        &self,
        field: &Field,
        value: &Value,
        only_types: bool,
    ) -> Result<Option<Value>, String> {
        let dialect = dialect(&self.facts.provider);
        if field.is_email() {
            return self.check_emails(field, value, only_types);
        }
        let kind = Kind::of(&field.field_type);
        if !kind.takes(value) {
            if self.facts.provider == "sugarcrm" && kind == Kind::Integer && !self.strict {
                return Ok(Some(Value::from(0)));
            }
            let is_date = matches!(kind, Kind::Date | Kind::DateTime);
            if self.treatment(dialect.wrong_type) == Refuse || is_date {
                return Err(self.wrong_type(field, kind, value));
            }
        }
        if only_types {
            return Ok(Some(value.clone()));
        }
        if kind == Kind::Option
            && let Some(options) = &field.options
            && let Some(unknown) = chosen(value)
                .into_iter()
                .find(|choice| !options.contains(choice))
            && self.treatment(dialect.unknown_option) == Refuse
        {
            return Err(self.words(
                "invalid_option",
                "{value} is not an option of {key}",
                &[
                    ("value", &unknown),
                    ("options", &options.join(", ")),
                    ("key", &field.slug),
                    ("Label", field.display_name()),
                ],
            ));
        }
        self.check_length(field, value)
    }

    fn check_length(&self, field: &Field, value: &Value) -> Result<Option<Value>, String> {
        let Value::String(text) = value else {
            return Ok(Some(self.as_stored(value)));
        };
        let provider = self.facts.provider.as_str();
        if provider == "sugarcrm" && field.field_type == "text" {
            return if text.len() > SUGAR_TEXT_MAX {
                Err(self.words("too_long_text", "", &[("field", &field.slug)]))
            } else {
                Ok(Some(value.clone()))
            };
        }
        let limit = field
            .max_length
            .or((provider == "hubspot").then_some(HUBSPOT_MAX));
        let Some(limit) = limit.filter(|limit| text.chars().count() > *limit) else {
            return Ok(Some(self.as_stored(value)));
        };
        if self.treatment(dialect(provider).too_long) == Swallow {
            return Ok(Some(Value::String(text.chars().take(limit).collect())));
        }
        let words = self.words(
            "too_long",
            "{key} is longer than {max} characters",
            &[
                ("property", &field.slug),
                ("key", &field.slug),
                ("Label", field.display_name()),
                ("value", text),
                ("max", &limit.to_string()),
            ],
        );
        Err(self.with_field(words, field, &format!("maximum_length: {limit}")))
    }

    fn check_emails(
        &self,
        field: &Field,
        value: &Value,
        only_types: bool,
    ) -> Result<Option<Value>, String> {
        let provider = self.facts.provider.as_str();
        if only_types {
            return Ok(Some(value.clone()));
        }
        let is_array_field = provider == "sugarcrm" && field.shape.as_deref() == Some("array");
        if is_array_field && !value.is_array() {
            // Sugar ignores a plain string where the array belongs.
            return if self.strict {
                Err(format!("{} is not an array", field.slug))
            } else {
                Ok(None)
            };
        }
        let Some(invalid) = addresses(value)
            .into_iter()
            .find(|address| !is_email(address))
        else {
            return self.check_length(field, value);
        };
        let swallowed = dialect(provider).invalid_email == Swallow && !is_array_field;
        if swallowed && !self.strict {
            // Sugar drops the address of its flat field; Pipedrive stores whatever it is.
            return Ok((provider != "sugarcrm").then(|| value.clone()));
        }
        let words = self.words(
            "invalid_email",
            "{value} is no e-mail address",
            &[("value", &invalid), ("Label", field.display_name())],
        );
        Err(self.with_field(words, field, "expected_data_type: email"))
    }

    fn wrong_type(&self, field: &Field, kind: Kind, value: &Value) -> String {
        let case = match (self.facts.provider.as_str(), kind) {
            ("hubspot", Kind::Number) => "wrong_type_number",
            ("hubspot", Kind::Date) => "wrong_type_date",
            ("hubspot", Kind::Boolean) => "wrong_type_boolean",
            ("pipedrive", Kind::DateTime) => "wrong_type_datetime",
            _ => "wrong_type",
        };
        let shown = plain(value);
        let words = self.words(
            case,
            "{key} has the wrong type: {type} expected",
            &[
                ("value", &shown),
                ("key", &field.slug),
                ("field", &field.slug),
                ("type", &field.field_type),
                ("line", "1"),
                ("column", "1"),
            ],
        );
        self.with_field(
            words,
            field,
            &format!("expected_data_type: {}", field.field_type),
        )
    }

    /// Zoho's words name neither field nor value; its details name the field.
    fn with_field(&self, words: String, field: &Field, details: &str) -> String {
        if self.facts.provider == "zoho" {
            format!(
                "INVALID_DATA: {words} (api_name: {}, {details})",
                field.slug
            )
        } else {
            words
        }
    }

    /// HubSpot reads every value back as a string.
    fn as_stored(&self, value: &Value) -> Value {
        match value {
            Value::Number(_) | Value::Bool(_) if self.facts.provider == "hubspot" => {
                Value::String(value.to_string())
            }
            _ => value.clone(),
        }
    }
}

/// The values of a record by which it is known, the identifying field first.
pub fn identity(facts: &Facts, entity: &str, record: &Map<String, Value>) -> String {
    let field = facts.identifier_field.get(entity);
    let other_spellings = match (facts.provider.as_str(), entity) {
        ("pipedrive", "contacts") => vec!["emails".to_owned()],
        ("sugarcrm", "contacts") => vec!["email".to_owned()],
        _ => Vec::new(),
    };
    let fallbacks = facts.identifier_fallbacks.get(entity).into_iter().flatten();
    field
        .into_iter()
        .chain(&other_spellings)
        .chain(fallbacks)
        .filter_map(|slug| record.get(slug))
        .flat_map(addresses)
        .find(|text| !text.is_empty())
        .unwrap_or_default()
}

/// A value's texts: itself, or those inside an array of entries.
pub fn addresses(value: &Value) -> Vec<String> {
    match value {
        Value::Array(entries) => entries.iter().flat_map(addresses).collect(),
        Value::Object(entry) => ["value", "email_address"]
            .iter()
            .filter_map(|key| entry.get(*key))
            .map(plain)
            .collect(),
        Value::Null => Vec::new(),
        other => vec![plain(other)],
    }
}

pub fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(entries) => entries.is_empty(),
        _ => false,
    }
}

/// The options that a value chooses: an array, or texts joined with `;`.
fn chosen(value: &Value) -> Vec<String> {
    match value {
        Value::Array(choices) => choices.iter().map(plain).collect(),
        Value::String(text) => text.split(';').map(str::to_owned).collect(),
        other => vec![plain(other)],
    }
}

/// One @, a name before it, a domain with a dot behind it, nothing odd inside.
fn is_email(text: &str) -> bool {
    let Some((name, domain)) = text.split_once('@') else {
        return false;
    };
    let odd = |character: char| {
        character.is_whitespace() || character.is_control() || "(),:;<>[]\\\"@".contains(character)
    };
    let labels: Vec<&str> = domain.split('.').collect();
    !name.is_empty()
        && !name.contains(odd)
        && !name.starts_with('.')
        && !name.ends_with('.')
        && !name.contains("..")
        && labels.len() >= 2
        && labels.iter().all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .chars()
                    .all(|character| character.is_alphanumeric() || character == '-')
        })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Integer,
    Boolean,
    Date,
    DateTime,
    Option,
    Other,
}

impl Kind {
    fn of(field_type: &str) -> Self {
        match field_type {
            "string" | "varchar" | "text" | "textarea" | "name" | "phone" | "phone_number"
            | "url" | "website" | "id" | "reference" | "username" => Self::Text,
            "number" | "double" | "currency" | "percent" | "float" | "decimal" => Self::Number,
            "int" | "integer" | "bigint" => Self::Integer,
            "bool" | "boolean" => Self::Boolean,
            "date" => Self::Date,
            "datetime" => Self::DateTime,
            "enumeration"
            | "picklist"
            | "enum"
            | "set"
            | "multienum"
            | "multipicklist"
            | "multiselectpicklist" => Self::Option,
            _ => Self::Other,
        }
    }

    fn takes(self, value: &Value) -> bool {
        let text = value.as_str();
        match self {
            Self::Other => true,
            Self::Text => {
                matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_))
                    || value.is_array()
            }
            Self::Option => !value.is_object(),
            Self::Number => {
                value.is_number()
                    || text.is_some_and(|text| text.parse::<f64>().is_ok_and(f64::is_finite))
            }
            Self::Integer => {
                value.as_i64().is_some() || text.is_some_and(|text| text.parse::<i64>().is_ok())
            }
            Self::Boolean => value.is_boolean() || matches!(text, Some("true" | "false")),
            Self::Date => {
                value.is_i64() || text.is_some_and(|text| is_date(text) || is_datetime(text))
            }
            Self::DateTime => {
                value.is_i64()
                    || text.is_some_and(|text| {
                        is_datetime(text) || is_date(text) || text.parse::<i64>().is_ok()
                    })
            }
        }
    }
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |part: &str, digits: usize, most: u32| {
        part.len() == digits
            && part
                .parse::<u32>()
                .is_ok_and(|number| (1..=most).contains(&number))
    };
    matches!(parts[..], [year, month, day] if number(year, 4, 9999) && number(month, 2, 12) && number(day, 2, 31))
}

fn is_datetime(text: &str) -> bool {
    let Some((date, time)) = text.split_once(['T', ' ']) else {
        return false;
    };
    let clock: String = time
        .chars()
        .take_while(|character| character.is_ascii_digit() || *character == ':')
        .collect();
    is_date(date) && clock.split(':').count() >= 2
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::facts;

    fn check(provider: &str, entity: &str, record: Value, strict: bool) -> Result<Value, String> {
        let facts = facts::of(provider).unwrap();
        let rules = Rules {
            facts,
            entity: &facts.entities[entity],
            entity_name: entity,
            custom: &[],
            strict,
        };
        rules.check(record.as_object().unwrap()).map(Value::Object)
    }

    #[test]
    fn each_crm_refuses_in_its_own_words() {
        for (provider, entity, record, words) in [
            (
                "hubspot",
                "contacts",
                json!({"email": "nope"}),
                "Email address nope is invalid",
            ),
            (
                "hubspot",
                "contacts",
                json!({"email": "a@b.co", "x": 1}),
                "Property \"x\" does not exist",
            ),
            (
                "hubspot",
                "contacts",
                json!({"phone": "1"}),
                "Some required properties were not set",
            ),
            (
                "hubspot",
                "companies",
                json!({"name": "A", "industry": "NOPE"}),
                "NOPE was not one of the allowed options",
            ),
            (
                "hubspot",
                "companies",
                json!({"name": "A", "annualrevenue": "much"}),
                "much was not a valid number.",
            ),
            (
                "salesforce",
                "contacts",
                json!({"Email": "a@b.co"}),
                "Required fields are missing: [LastName]",
            ),
            (
                "salesforce",
                "contacts",
                json!({"LastName": "x".repeat(81)}),
                "data value too large",
            ),
            (
                "salesforce",
                "contacts",
                json!({"LastName": "A", "Nope": 1}),
                "No such column 'Nope' on sobject of type Contact",
            ),
            (
                "pipedrive",
                "contacts",
                json!({"email": "a@b.co"}),
                "Name must be given.",
            ),
            (
                "zoho",
                "contacts",
                json!({"Email": "a@b.co"}),
                "required field not found",
            ),
            (
                "zoho",
                "contacts",
                json!({"Last_Name": "A", "Email": "nope"}),
                "api_name: Email",
            ),
            (
                "sugarcrm",
                "contacts",
                json!({"email": [{"email_address": "nope"}]}),
                "nope is an invalid email address",
            ),
        ] {
            let error = check(provider, entity, record.clone(), false).unwrap_err();
            assert!(error.contains(words), "{provider} {record}: {error}");
        }
    }

    #[test]
    fn what_a_crm_swallows_is_refused_only_when_strict() {
        for (provider, record, stored) in [
            (
                "sugarcrm",
                json!({"title": "x".repeat(120)}),
                json!({"title": "x".repeat(100)}),
            ),
            (
                "sugarcrm",
                json!({"last_name": "A", "email1": "nope"}),
                json!({"last_name": "A"}),
            ),
            (
                "sugarcrm",
                json!({"last_name": "A", "nope": 1}),
                json!({"last_name": "A"}),
            ),
            (
                "zoho",
                json!({"Last_Name": "A", "Nope": 1}),
                json!({"Last_Name": "A"}),
            ),
            (
                "pipedrive",
                json!({"name": "A", "email": "nope"}),
                json!({"name": "A", "email": "nope"}),
            ),
            (
                "salesforce",
                json!({"LastName": "A", "Salutation": "Sir"}),
                json!({"LastName": "A", "Salutation": "Sir"}),
            ),
        ] {
            assert_eq!(
                check(provider, "contacts", record.clone(), false),
                Ok(stored),
                "{provider}"
            );
            assert!(
                check(provider, "contacts", record.clone(), true).is_err(),
                "{provider} {record}"
            );
        }
    }

    #[test]
    fn addresses_are_judged_by_their_form() {
        for good in ["a@b.co", "o'neil+x@sub.example.com", "käthe@bücher.example"] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "", "a", "a@b", "a b@c.de", "a@@b.co", "a@b..co", ".a@b.co", "a@-b.co",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
