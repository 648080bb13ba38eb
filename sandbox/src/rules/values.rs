//! What a CRM stores of each value, or why it refuses it.

use serde_json::{Map, Value};

use super::Rules;
use super::email::is_email;
use super::texts::{addresses, chosen, is_empty, plain};
use crate::crms::InvalidEmail;
use crate::crms::Treatment::{Refuse, Swallow};
use crate::facts::Field;
use crate::kind::Kind;

impl Rules<'_> {
    pub(super) fn check_values(
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
        let crm = self.crm;
        if field.is_email() {
            return self.check_emails(field, value, only_types);
        }
        let kind = Kind::of(&field.field_type);
        let replaced;
        let value = if kind.takes(value) {
            value
        } else {
            replaced = (crm.fields.wrong_type)(kind, value)
                .filter(|_| !self.strict)
                .ok_or_else(|| self.wrong_type(field, kind, value))?;
            &replaced
        };
        if only_types {
            return Ok(Some(value.clone()));
        }
        if kind == Kind::Option
            && let Some(options) = &field.options
            && let Some(unknown) = chosen(value)
                .into_iter()
                .find(|choice| !options.contains(choice))
            && self.treatment(crm.fields.unknown_option) == Refuse
        {
            return Err(crm.facts.message(
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
        let crm = self.crm;
        let Value::String(text) = value else {
            return Ok(Some((crm.fields.stored)(value)));
        };
        if let Some(limit) = (crm.fields.max_bytes)(field) {
            if text.len() > limit {
                let fill = [("field", field.slug.as_str())];
                return Err(crm.facts.message("too_long_text", "", &fill));
            }
            return Ok(Some(value.clone()));
        }
        let limit = field.max_length.or(crm.fields.max_length);
        let Some(limit) = limit.filter(|limit| text.chars().count() > *limit) else {
            return Ok(Some((crm.fields.stored)(value)));
        };
        if self.treatment(crm.fields.too_long) == Swallow {
            return Ok(Some(Value::String(text.chars().take(limit).collect())));
        }
        let message = crm.facts.message(
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
        Err(self.refusal(field, message, &format!("maximum_length: {limit}")))
    }

    fn check_emails(
        &self,
        field: &Field,
        value: &Value,
        only_types: bool,
    ) -> Result<Option<Value>, String> {
        let crm = self.crm;
        if only_types {
            return Ok(Some(value.clone()));
        }
        if (crm.fields.ignores_email)(field, value) {
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
        match (crm.fields.invalid_email)(field) {
            InvalidEmail::Drop if !self.strict => return Ok(None),
            InvalidEmail::Store if !self.strict => return Ok(Some(value.clone())),
            InvalidEmail::Drop | InvalidEmail::Store | InvalidEmail::Refuse => {}
        }
        let message = crm.facts.message(
            "invalid_email",
            "{value} is no e-mail address",
            &[("value", &invalid), ("Label", field.display_name())],
        );
        Err(self.refusal(field, message, "expected_data_type: email"))
    }

    fn wrong_type(&self, field: &Field, kind: Kind, value: &Value) -> String {
        let message = self.crm.facts.message(
            (self.crm.messages.wrong_type)(kind),
            "{key} has the wrong type: {type} expected",
            &[
                ("value", &plain(value)),
                ("key", &field.slug),
                ("field", &field.slug),
                ("type", &field.field_type),
                ("line", "1"),
                ("column", "1"),
            ],
        );
        let details = format!("expected_data_type: {}", field.field_type);
        self.refusal(field, message, &details)
    }

    /// With what the CRM adds to its message.
    fn refusal(&self, field: &Field, message: String, details: &str) -> String {
        (self.crm.messages.invalid_value)(message, &field.slug, details)
    }
}
