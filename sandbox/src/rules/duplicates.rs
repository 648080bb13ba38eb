//! Which records a CRM takes for the same.

use serde_json::{Map, Value};

use super::Rules;
use super::texts::addresses;

impl Rules<'_> {
    /// The keys by which the CRM would find a duplicate of this record.
    pub fn unique_keys(&self, fields: &Map<String, Value>) -> Vec<String> {
        let folded = |slug: &str| {
            fields
                .get(slug)
                .and_then(|value| addresses(value).into_iter().next())
                .map(|text| text.trim().to_lowercase())
                .filter(|text| !text.is_empty())
        };
        let together = (self.crm.unique_together)(self.entity_name, self.strict);
        let custom = self.custom.iter().filter(|field| field.unique);
        std::iter::once(together.to_vec())
            .chain(custom.map(|field| vec![field.slug.as_str()]))
            .filter(|slugs| !slugs.is_empty())
            .filter_map(|slugs| {
                let parts: Option<Vec<String>> = slugs.iter().map(|slug| folded(slug)).collect();
                Some(format!("{}\n{}", slugs.join("+"), parts?.join("\n")))
            })
            .collect()
    }

    /// The refusal of a record whose key another record has.
    pub fn duplicate(&self, key: &str, existing: &str) -> String {
        let slugs = key.split('\n').next().unwrap_or_default();
        let message = self.crm.facts.message(
            "duplicate",
            "Record already exists. Existing ID: {id}",
            &[("id", existing)],
        );
        (self.crm.messages.duplicate)(message, slugs, existing)
    }
}
