//! The accounts at the CRMs, and what each holds.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Instant;

use fastrand::Rng;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::crms::{Crm, Provider};
use crate::facts::Field;
use crate::ids::IdKind;
use crate::rules::Rules;

/// State of an account's connection to graph8.
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

/// What discovery tells of a field beside its name, type, label and whether it is required.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Description {
    /// Options, length, and whether it can be set, in all CRMs alike.
    #[default]
    Plain,
    /// The same and more, as each CRM's own metadata has it.
    Native,
    /// Nothing.
    Bare,
}

/// A record as its CRM keeps it.
#[derive(Clone, Serialize)]
pub struct Record {
    pub id: String,
    pub fields: Map<String, Value>,
    #[serde(skip)]
    pub created: Instant,
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
    pub records: Vec<Record>,
    /// The place of the record that has each id.
    by_id: HashMap<String, usize>,
    /// The id of the record that has each key.
    by_unique: HashMap<String, String>,
}

impl Table {
    pub fn has(&self, id: &str) -> bool {
        self.by_id.contains_key(id)
    }

    pub fn with_id(&self, id: &str) -> Option<&Record> {
        self.records.get(*self.by_id.get(id)?)
    }
}

/// The account at one CRM.
pub struct Account {
    pub provider: Provider,
    pub connection: Connection,
    pub contacts: Table,
    pub companies: Table,
    pub lists: Vec<List>,
    pub custom: BTreeMap<String, Vec<Field>>,
    rng: Rng,
}

impl Account {
    fn new(provider: Provider, seed: u64) -> Self {
        let mut account = Self {
            provider,
            connection: Connection::Connected,
            contacts: Table::default(),
            companies: Table::default(),
            lists: Vec::new(),
            custom: BTreeMap::new(),
            rng: Rng::with_seed(seed),
        };
        account.add_list(None, Some("Newsletter".to_owned()));
        account.add_list(None, Some("Customers".to_owned()));
        account
    }

    fn crm(&self) -> &'static Crm {
        self.provider.crm()
    }

    pub fn add_list(&mut self, id: Option<String>, name: Option<String>) -> String {
        let number = self.lists.len() as u64 + 1;
        let next_id = self.crm().next_id;
        let id = id.unwrap_or_else(|| next_id(IdKind::List, number, &mut self.rng));
        self.lists.push(List {
            name: name.unwrap_or_else(|| format!("List {number}")),
            id: id.clone(),
            members: BTreeSet::new(),
        });
        id
    }

    pub fn has_list(&self, id: &str) -> bool {
        self.lists.iter().any(|list| list.id == id)
    }

    /// A list to change, with the contacts that it may have.
    pub fn list_and_contacts(&mut self, id: &str) -> Option<(&mut List, &Table)> {
        let list = self.lists.iter_mut().find(|list| list.id == id)?;
        Some((list, &self.contacts))
    }

    pub fn table(&self, entity: &str) -> Option<&Table> {
        match entity {
            "contacts" => Some(&self.contacts),
            "companies" => Some(&self.companies),
            _ => None,
        }
    }

    pub fn rules<'a>(&'a self, entity: &'a str, strict: bool) -> Option<Rules<'a>> {
        let crm = self.crm();
        Some(Rules {
            crm,
            entity: crm.facts.entities.get(entity)?,
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
        let crm = self.crm();
        let rules = self.rules(entity, strict).ok_or("no such entity")?;
        let fields = rules.check(record)?;
        let keys = rules.unique_keys(&fields);
        let table = self.table(entity).ok_or("no such entity")?;
        if let Some((key, existing)) = keys
            .iter()
            .find_map(|key| table.by_unique.get_key_value(key))
        {
            return Err(rules.duplicate(key, existing));
        }
        let number = table.records.len() as u64 + 1;
        let kind = if entity == "contacts" {
            IdKind::Contact
        } else {
            IdKind::Company
        };
        let own_id = record
            .get("id")
            .and_then(Value::as_str)
            .filter(|_| crm.takes_own_ids);
        if let Some(id) = own_id.filter(|id| table.has(id)) {
            let module = &rules.entity.native_object;
            return Err(format!("Record already exists: {id} in module: {module}"));
        }
        let id = own_id.map_or_else(|| (crm.next_id)(kind, number, &mut self.rng), str::to_owned);
        let table = if entity == "contacts" {
            &mut self.contacts
        } else {
            &mut self.companies
        };
        table.by_id.insert(id.clone(), table.records.len());
        for key in keys {
            table.by_unique.insert(key, id.clone());
        }
        table.records.push(Record {
            id: id.clone(),
            fields,
            created: Instant::now(),
        });
        Ok(id)
    }

    /// The fields as discovery tells them.
    pub fn describe(&self, entity: &str, description: Description) -> Option<Vec<Value>> {
        let rules = self.rules(entity, false)?;
        let fields = rules.entity.fields.iter().chain(rules.custom);
        Some(
            fields
                .map(|field| {
                    let mut described = json!({
                        "name": field.display_name(),
                        "slug": field.slug,
                        "type": field.field_type,
                        "required": field.required,
                        "label": field.label.as_deref().unwrap_or(field.display_name()),
                    });
                    let more = match description {
                        Description::Plain => json!({
                            "read_only": field.read_only,
                            "max_length": field.max_length,
                            "options": field.options,
                        }),
                        Description::Native => (self.crm().describe)(field),
                        Description::Bare => json!({}),
                    };
                    if let (Value::Object(described), Value::Object(more)) = (&mut described, more)
                    {
                        described.extend(more);
                    }
                    described
                })
                .collect(),
        )
    }
}

/// The CRM's own message when its token has expired.
pub fn expired(account: &Account) -> Option<String> {
    let facts = &account.provider.crm().facts;
    (account.connection == Connection::Expired).then(|| {
        let fill = [("n", "2"), ("unit", "hour")];
        facts.message("expired_token", "token expired", &fill)
    })
}

/// One account at each CRM.
pub struct Accounts(Vec<Account>);

impl Accounts {
    pub fn new(seed: u64) -> Self {
        let accounts = Provider::ALL
            .iter()
            .zip(1_u64..)
            .map(|(&provider, number)| {
                Account::new(provider, seed.wrapping_mul(31).wrapping_add(number))
            })
            .collect();
        Self(accounts)
    }

    pub fn all(&self) -> &[Account] {
        &self.0
    }

    /// The account at the CRM of that name.
    pub fn named(&mut self, provider: &str) -> Option<&mut Account> {
        self.0
            .iter_mut()
            .find(|account| account.provider.name() == provider)
    }
}
