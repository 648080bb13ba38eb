//! What the five CRMs hold.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use fastrand::Rng;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::facts::{self, Field, PROVIDERS};
use crate::ids::{self, IdKind};
use crate::rules::{self, Rules};

/// State of a CRM's connection to graph8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Connection {
    /// Pushes work.
    #[default]
    Connected,
    /// The CRM's token has expired: each record is refused.
    Expired,
    /// Never connected: 404.
    Absent,
}

/// A record as its CRM keeps it.
#[derive(Clone, Serialize)]
pub struct Stored {
    pub id: String,
    pub fields: Map<String, Value>,
}

/// A list and its members by contact id.
#[derive(Clone, Serialize)]
pub struct List {
    pub id: String,
    pub name: String,
    pub members: BTreeSet<String>,
}

/// Records of one entity and what must be unique among them.
#[derive(Default)]
pub struct Table {
    pub records: Vec<Stored>,
    by_id: HashMap<String, usize>,
    by_unique: HashMap<String, String>,
}

impl Table {
    pub fn has(&self, id: &str) -> bool {
        self.by_id.contains_key(id)
    }
}

/// One CRM.
pub struct Crm {
    pub provider: &'static str,
    pub connection: Connection,
    pub contacts: Table,
    pub companies: Table,
    pub lists: Vec<List>,
    pub custom: BTreeMap<String, Vec<Field>>,
    rng: Rng,
}

impl Crm {
    fn new(provider: &'static str, seed: u64) -> Self {
        let mut crm = Self {
            provider,
            connection: Connection::Connected,
            contacts: Table::default(),
            companies: Table::default(),
            lists: Vec::new(),
            custom: BTreeMap::new(),
            rng: Rng::with_seed(seed),
        };
        crm.add_list(None, Some("Newsletter".to_owned()));
        crm.add_list(None, Some("Customers".to_owned()));
        crm
    }

    pub fn add_list(&mut self, id: Option<String>, name: Option<String>) -> String {
        let number = self.lists.len() as u64 + 1;
        let id =
            id.unwrap_or_else(|| ids::next(self.provider, IdKind::List, number, &mut self.rng));
        self.lists.push(List {
            name: name.unwrap_or_else(|| format!("List {number}")),
            id: id.clone(),
            members: BTreeSet::new(),
        });
        id
    }

    pub fn list(&mut self, id: &str) -> Option<&mut List> {
        self.lists.iter_mut().find(|list| list.id == id)
    }

    pub fn table(&self, entity: &str) -> Option<&Table> {
        match entity {
            "contacts" => Some(&self.contacts),
            "companies" => Some(&self.companies),
            _ => None,
        }
    }

    pub fn rules<'a>(&'a self, entity: &'a str, strict: bool) -> Option<Rules<'a>> {
        let facts = facts::of(self.provider)?;
        Some(Rules {
            facts,
            entity: facts.entities.get(entity)?,
            entity_name: entity,
            custom: self.custom.get(entity).map_or(&[], Vec::as_slice),
            strict,
        })
    }

    /// Creates a record, or gives the CRM's refusal.
    pub fn create(
        &mut self,
        entity: &str,
        record: &Map<String, Value>,
        strict: bool,
    ) -> Result<String, String> {
        let rules = self.rules(entity, strict).ok_or("no such entity")?;
        let facts = rules.facts;
        let fields = rules.check(record)?;
        let keys = unique_keys(&rules, entity, &fields, strict);
        let table = self.table(entity).ok_or("no such entity")?;
        if let Some((key, existing)) = keys
            .iter()
            .find_map(|key| table.by_unique.get_key_value(key))
        {
            return Err(duplicate(facts, key, existing));
        }
        let number = table.records.len() as u64 + 1;
        let kind = if entity == "contacts" {
            IdKind::Contact
        } else {
            IdKind::Company
        };
        let own_id = (self.provider == "sugarcrm")
            .then(|| record.get("id").and_then(Value::as_str).map(str::to_owned))
            .flatten();
        if let Some(id) = own_id.as_ref().filter(|id| table.has(id)) {
            let module = &facts.entities[entity].native_object;
            return Err(format!("Record already exists: {id} in module: {module}"));
        }
        let id = own_id.unwrap_or_else(|| ids::next(self.provider, kind, number, &mut self.rng));
        let table = if entity == "contacts" {
            &mut self.contacts
        } else {
            &mut self.companies
        };
        table.by_id.insert(id.clone(), table.records.len());
        for key in keys {
            table.by_unique.insert(key, id.clone());
        }
        table.records.push(Stored {
            id: id.clone(),
            fields,
        });
        Ok(id)
    }

    /// The fields as discovery tells them.
    pub fn describe(&self, entity: &str) -> Option<Vec<Value>> {
        let rules = self.rules(entity, false)?;
        let fields = rules.entity.fields.iter().chain(rules.custom);
        Some(
            fields
                .map(|field| {
                    json!({
                        "name": field.display_name(),
                        "slug": field.slug,
                        "type": field.field_type,
                        "required": field.required,
                        "label": field.label.as_deref().unwrap_or(field.display_name()),
                        "read_only": field.read_only,
                        "max_length": field.max_length,
                        "options": field.options,
                    })
                })
                .collect(),
        )
    }
}

/// The keys by which the CRM would find a duplicate of this record.
fn unique_keys(
    rules: &Rules<'_>,
    entity: &str,
    fields: &Map<String, Value>,
    strict: bool,
) -> Vec<String> {
    let folded = |slug: &str| {
        fields
            .get(slug)
            .and_then(|value| rules::addresses(value).into_iter().next())
            .map(|text| text.trim().to_lowercase())
            .filter(|text| !text.is_empty())
    };
    let mut keys = Vec::new();
    let mut unique_on = |slugs: &[&str]| {
        let parts: Option<Vec<String>> = slugs.iter().map(|slug| folded(slug)).collect();
        if let Some(parts) = parts {
            keys.push(format!("{}\n{}", slugs.join("+"), parts.join("\n")));
        }
    };
    match (rules.facts.provider.as_str(), entity) {
        ("hubspot", "contacts") => unique_on(&["email"]),
        // The standard rules of new orgs, which match names with another value.
        ("salesforce", "contacts") => unique_on(&["LastName", "Email"]),
        ("salesforce", "companies") => unique_on(&["Name", "Website"]),
        ("zoho", "contacts") if strict => unique_on(&["Email"]),
        _ => {}
    }
    for field in rules.custom.iter().filter(|field| field.unique) {
        unique_on(&[&field.slug]);
    }
    keys
}

fn duplicate(facts: &facts::Facts, key: &str, existing: &str) -> String {
    let slug = key.split('\n').next().unwrap_or_default();
    let template = facts
        .errors
        .get("duplicate")
        .map_or("Record already exists. Existing ID: {id}", String::as_str);
    let words = template.replace("{id}", existing);
    if facts.provider == "zoho" {
        return format!("DUPLICATE_DATA: {words} (api_name: {slug}, id: {existing})");
    }
    words
}

/// All five CRMs.
pub struct World {
    crms: Vec<Crm>,
}

impl World {
    pub fn new(seed: u64) -> Self {
        let crms = PROVIDERS
            .iter()
            .zip(1_u64..)
            .map(|(provider, number)| {
                Crm::new(provider, seed.wrapping_mul(31).wrapping_add(number))
            })
            .collect();
        Self { crms }
    }

    pub fn crm(&mut self, provider: &str) -> Option<&mut Crm> {
        self.crms.iter_mut().find(|crm| crm.provider == provider)
    }

    pub fn crms(&self) -> &[Crm] {
        &self.crms
    }
}
