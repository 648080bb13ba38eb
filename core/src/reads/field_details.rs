//! What a CRM tells of a field beside its name and type: options, length, whether it can be set.
//!
//! Each CRM has its own words for these, and the service hands them on as it gets them. Whatever has
//! another form than these counts as not told.

use serde_json::{Map, Value};

use crate::reads::{Field, FieldKind};

/// One of the values that a field takes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FieldOption {
    /// What records hold: a text, or a number where the CRM counts its options (Pipedrive).
    pub value: Value,
    /// What people see, when the CRM tells it.
    pub label: Option<String>,
}

impl FieldOption {
    /// The value as text, whatever its type.
    pub fn text(&self) -> String {
        text_of(&self.value).unwrap_or_default()
    }
}

impl Field {
    /// The values that it takes, in the CRM's order; empty when the CRM tells none. Those that the CRM
    /// no longer offers are left out.
    ///
    /// Understood are HubSpot's and Pipedrive's `options`, Salesforce's `picklistValues`, Zoho's
    /// `pick_list_values`, SugarCRM's `options` (an object of labels), and plain lists of values.
    pub fn options(&self) -> Vec<FieldOption> {
        let names = ["options", "picklistvalues", "enum", "allowedvalues"];
        self.told(&names)
            .map(options_in)
            .find(|options| !options.is_empty())
            .unwrap_or_default()
    }

    /// Whether a value may hold several of the options: joined with `;` as text, or as a list where
    /// [`kind`](Self::kind) is a list.
    pub fn is_multiple(&self) -> bool {
        let own = self.field_type.as_deref().unwrap_or_default();
        self.kind() == FieldKind::List
            || own.eq_ignore_ascii_case("multipicklist")
            || self
                .told(&["fieldtype"])
                .any(|shown| shown.as_str() == Some("checkbox"))
                && own.eq_ignore_ascii_case("enumeration")
    }

    /// The most characters that a text may have. `None` when the CRM does not tell, and for fields
    /// that take no text, whose length counts something else.
    pub fn max_length(&self) -> Option<usize> {
        match self.kind() {
            FieldKind::Text | FieldKind::List | FieldKind::Any => self
                .told(&["length", "len", "maxlength"])
                .find_map(whole_number)
                // Salesforce writes 0 for a type that has no length.
                .filter(|length| *length > 0),
            _ => None,
        }
    }

    /// Whether the CRM says that a create cannot set it. `false` when it says nothing, which
    /// `GET fields` is free to do.
    pub fn is_read_only(&self) -> bool {
        let says = |names: &[&str], answer: bool| {
            self.told(names).any(|value| flag_of(value) == Some(answer))
        };
        let cannot = ["readonly", "isreadonly", "readonlyvalue", "fieldreadonly"];
        let can = ["createable", "creatable", "writable", "writeable"];
        let is_calculated = ["calculated", "autonumber"];
        // SugarCRM overwrites a calculated field only where its formula is enforced.
        let is_free = says(&["enforced"], false);
        says(&cannot, true)
            || says(&can, false)
            || (says(&is_calculated, true) && !is_free)
            || self
                .nested("modificationmetadata", "readonlyvalue")
                .or_else(|| self.nested("operationtype", "apicreate").map(|can| !can))
                .unwrap_or(false)
    }

    /// The values of the extra keys of these names, which are written without `_` and capitals, in the
    /// order of the names.
    fn told<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = &'a Value> {
        names.iter().flat_map(|name| {
            self.extra
                .iter()
                .filter(|(key, _)| plain_name(key) == **name)
                .map(|(_, value)| value)
        })
    }

    /// The flag of that name in an object of that name.
    fn nested(&self, object: &str, name: &str) -> Option<bool> {
        self.told(&[object])
            .filter_map(Value::as_object)
            .flatten()
            .find(|(key, _)| plain_name(key) == name)
            .and_then(|(_, value)| flag_of(value))
    }
}

/// A key's name, however it is spelled: `picklistValues` and `pick_list_values` are one.
fn plain_name(key: &str) -> String {
    key.chars()
        .filter(|c| *c != '_' && *c != '-')
        .flat_map(char::to_lowercase)
        .collect()
}

fn options_in(told: &Value) -> Vec<FieldOption> {
    match told {
        Value::Array(entries) => entries.iter().filter_map(option_in).collect(),
        // SugarCRM: the labels by their values.
        Value::Object(labels) => labels
            .iter()
            .filter(|(_, label)| label.is_string())
            .map(|(value, label)| FieldOption {
                value: Value::String(value.clone()),
                label: text_of(label),
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn option_in(entry: &Value) -> Option<FieldOption> {
    match entry {
        Value::String(_) | Value::Number(_) => Some(FieldOption {
            value: entry.clone(),
            label: None,
        }),
        Value::Object(entry) if !is_gone(entry) => {
            let names = ["actualvalue", "value", "id", "key", "name", "label"];
            let value = first_of(entry, &names).filter(|value| text_of(value).is_some())?;
            Some(FieldOption {
                value: value.clone(),
                label: first_of(entry, &["displayvalue", "label", "name"]).and_then(text_of),
            })
        }
        _ => None,
    }
}

/// Whether the CRM has put an option aside (Salesforce: not active; Zoho: not used).
fn is_gone(entry: &Map<String, Value>) -> bool {
    first_of(entry, &["active"]).and_then(flag_of) == Some(false)
        || first_of(entry, &["type"]).and_then(Value::as_str) == Some("unused")
}

/// The value of the first of these names that is there and not null.
fn first_of<'a>(entry: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| {
        entry
            .iter()
            .find(|(key, value)| plain_name(key) == *name && !value.is_null())
            .map(|(_, value)| value)
    })
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn whole_number(value: &Value) -> Option<usize> {
    match value {
        Value::Number(number) => number.as_u64().and_then(|number| number.try_into().ok()),
        // SugarCRM writes text, and `26,6` for digits before and after the point.
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A flag, which older CRMs write as a number or as text.
fn flag_of(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => number.as_u64().map(|number| number != 0),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => Some(true),
            "false" | "0" | "no" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn field(type_name: &str, extra: Value) -> Field {
        let field = json!({"name": "F", "slug": "f", "type": type_name, "extra": extra});
        serde_json::from_value(field).unwrap()
    }

    fn pairs(type_name: &str, extra: Value) -> Vec<(Value, Option<String>)> {
        field(type_name, extra)
            .options()
            .into_iter()
            .map(|option| (option.value, option.label))
            .collect()
    }

    #[test]
    fn reads_the_options_of_each_crm() {
        let some = |label: &str| Some(label.to_owned());
        let hubspot = json!({"options": [
            {"label": "Lead in", "value": "lead", "displayOrder": 0, "hidden": false},
        ]});
        assert_eq!(
            pairs("enumeration", hubspot),
            [(json!("lead"), some("Lead in"))]
        );
        let salesforce = json!({"picklistValues": [
            {"active": true, "defaultValue": false, "label": "Hot!", "validFor": null, "value": "Hot"},
            {"active": false, "label": "Cold", "value": "Cold"},
        ]});
        assert_eq!(
            pairs("picklist", salesforce),
            [(json!("Hot"), some("Hot!"))]
        );
        let zoho = json!({"pick_list_values": [
            {"display_value": "Einzelhandel", "actual_value": "Retail", "id": "57", "type": "used"},
            {"display_value": "Old", "actual_value": "Old", "id": "58", "type": "unused"},
        ]});
        assert_eq!(
            pairs("picklist", zoho),
            [(json!("Retail"), some("Einzelhandel"))]
        );
        let pipedrive = json!({"options": [{"id": 12, "label": "Warm", "color": null}]});
        assert_eq!(pairs("enum", pipedrive), [(json!(12), some("Warm"))]);
        let sugar = json!({"options": {"": "", "Banking": "Bank"}});
        assert_eq!(
            pairs("enum", sugar),
            [(json!(""), some("")), (json!("Banking"), some("Bank"))]
        );
        assert_eq!(
            pairs("picklist", json!({"options": ["a", 2]})),
            [(json!("a"), None), (json!(2), None)]
        );
    }

    #[test]
    fn what_has_another_form_is_not_told() {
        for extra in [
            json!({}),
            json!({"options": null}),
            json!({"options": []}),
            json!({"options": "industry_dom"}),
            json!({"options": [null, [], {}, {"value": null}, {"value": {"a": 1}}]}),
            json!({"options": {"a": {"b": 1}}}),
        ] {
            assert!(pairs("enum", extra.clone()).is_empty(), "{extra}");
        }
        for length in [json!(0), json!(-1), json!("26,6"), json!(null), json!(1.5)] {
            assert_eq!(field("text", json!({"len": length})).max_length(), None);
        }
    }

    #[test]
    fn reads_the_length_of_texts() {
        assert_eq!(
            field("string", json!({"length": 80})).max_length(),
            Some(80)
        );
        assert_eq!(
            field("varchar", json!({"len": "255"})).max_length(),
            Some(255)
        );
        assert_eq!(
            field("text", json!({"max_length": 9})).max_length(),
            Some(9)
        );
        assert_eq!(field("int", json!({"len": "11"})).max_length(), None);
        assert_eq!(field("date", json!({"length": 20})).max_length(), None);
    }

    #[test]
    fn reads_whether_it_can_be_set() {
        for extra in [
            json!({"read_only": true}),
            json!({"readonly": "1"}),
            json!({"createable": false}),
            json!({"calculated": true}),
            json!({"modificationMetadata": {"archivable": true, "readOnlyValue": true}}),
            json!({"operation_type": {"api_create": false, "web_create": true}}),
            json!({"calculated": true, "enforced": true}),
        ] {
            assert!(field("text", extra.clone()).is_read_only(), "{extra}");
        }
        for extra in [
            json!({}),
            json!({"read_only": false, "createable": true}),
            json!({"modificationMetadata": {"readOnlyDefinition": true, "readOnlyValue": false}}),
            json!({"calculated": "1", "enforced": false}),
            json!({"read_only": "perhaps"}),
        ] {
            assert!(!field("text", extra.clone()).is_read_only(), "{extra}");
        }
    }

    #[test]
    fn tells_which_fields_hold_several_options() {
        assert!(field("multienum", json!({})).is_multiple());
        assert!(field("multipicklist", json!({})).is_multiple());
        assert!(field("enumeration", json!({"fieldType": "checkbox"})).is_multiple());
        assert!(!field("enumeration", json!({"fieldType": "select"})).is_multiple());
        assert!(!field("bool", json!({"fieldType": "booleancheckbox"})).is_multiple());
    }
}
