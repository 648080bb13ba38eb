//! The commands that look at a sandbox and change it.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::accounts::{Account, Connection, Description};
use crate::facts::Field;
use crate::faults::Planned;
use crate::graph8::{Paging, Row, RowKind};
use crate::keys::KeyState;
use crate::openapi;
use crate::rate::{Limiter, RateLimit};
use crate::siblings::Siblings;
use crate::state::State;
use crate::view;

/// What a test or a user asks of the sandbox itself.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
#[expect(missing_docs, reason = "each variant says what its fields are")]
pub enum Command {
    /// What a CRM holds.
    Records {
        provider: String,
        entity: String,
    },
    /// What a CRM would answer to each record by itself, which is not created: null, or its refusal. Whether it
    /// has the record already is not looked at.
    Judge {
        provider: String,
        entity: String,
        records: Vec<Map<String, Value>>,
        #[serde(default)]
        strict: bool,
    },
    /// A CRM's lists with their members.
    Lists {
        provider: String,
    },
    AddList {
        provider: String,
        #[serde(default)]
        id: Option<String>,
        #[serde(default)]
        name: Option<String>,
    },
    /// The requests seen so far.
    Requests,
    /// Everything as at the start.
    Reset,
    /// The faults still to come.
    Faults,
    FailNext(Planned),
    /// Takes back the faults still to come.
    ClearFaults,
    /// Takes back one of them, by its number in the overview.
    Disarm {
        number: u64,
    },
    /// How many requests are held now.
    Held,
    /// Lets all requests go that are held.
    Release,
    AddCustomField {
        provider: String,
        entity: String,
        field: Box<Field>,
    },
    SetConnection {
        provider: String,
        state: Connection,
    },
    SetKey {
        key: String,
        state: KeyState,
    },
    SetRateLimit {
        rate_limit: Option<RateLimit>,
    },
    /// How much discovery tells of a field.
    SetDescription {
        description: Description,
    },
    /// graph8's own rows, as `SetGraph8Rows` takes them.
    #[serde(rename = "graph8_rows")]
    Graph8Rows {
        kind: RowKind,
    },
    /// These rows in the place of those that graph8 holds.
    #[serde(rename = "set_graph8_rows")]
    SetGraph8Rows {
        kind: RowKind,
        rows: Vec<Row>,
    },
    /// The members of a list of graph8's own, by the ids of their rows.
    #[serde(rename = "set_graph8_list")]
    SetGraph8List {
        list_id: i64,
        contact_ids: Vec<Value>,
    },
    /// How the pages of graph8's rows are cut; what is not given is as at the start.
    #[serde(rename = "set_graph8_paging")]
    SetGraph8Paging(Paging),
    /// How the look-ups of contacts and lists answer; what is not given is as at the start.
    SetSiblings(Siblings),
    /// Creates contacts as if somebody else had.
    AddContacts {
        provider: String,
        records: Vec<Map<String, Value>>,
    },
    /// The OpenAPI document.
    Openapi,
    /// What the page shows at first sight.
    Overview,
    /// A part of what a CRM holds, newest first: those in whose id or fields the text stands, among the records below
    /// `before`. Looks at a few thousand records; `next` is where to go on.
    FindRecords {
        provider: String,
        entity: String,
        #[serde(default)]
        search: String,
        #[serde(default)]
        before: Option<usize>,
        limit: usize,
    },
    /// A CRM's lists with how many members each has.
    ListSizes {
        provider: String,
    },
    /// A part of a list's members, by id, with the contacts that they are.
    Members {
        provider: String,
        list_id: String,
        #[serde(default)]
        after: Option<String>,
        limit: usize,
    },
    /// A part of the requests in a few words each, newest first.
    RequestLines {
        #[serde(default)]
        before: Option<usize>,
        limit: usize,
    },
    /// One request as it came, by its number among the lines.
    Request {
        number: usize,
    },
}

impl Command {
    /// Carries out the command; the error says why it cannot be done.
    #[expect(clippy::too_many_lines, reason = "one arm for each command")]
    pub fn run(self, state: &mut State) -> Result<Value, String> {
        match self {
            Self::Records { provider, entity } => {
                let table = view::table(state.account(&provider)?, &entity)?;
                Ok(json!(table.records))
            }
            Self::Judge {
                provider,
                entity,
                records,
                strict,
            } => {
                let rules = state.account(&provider)?.rules(&entity, strict);
                let rules = rules.ok_or_else(|| format!("no entity '{entity}'"))?;
                let refusals = records.iter().map(|record| rules.check(record).err());
                Ok(json!(refusals.collect::<Vec<_>>()))
            }
            Self::Lists { provider } => Ok(json!(state.account(&provider)?.lists)),
            Self::AddList { provider, id, name } => {
                let account = state.account(&provider)?;
                if let Some(taken) = id.as_ref().filter(|id| account.has_list(id)) {
                    return Err(format!("list {taken} exists already"));
                }
                Ok(json!({"id": account.add_list(id, name)}))
            }
            Self::Requests => Ok(json!(state.requests)),
            Self::Reset => {
                state.reset();
                Ok(Value::Null)
            }
            Self::Faults => Ok(json!(state.faults.planned())),
            Self::ClearFaults => {
                state.faults.clear();
                Ok(Value::Null)
            }
            Self::FailNext(planned) => {
                state.faults.add(planned);
                Ok(Value::Null)
            }
            Self::Held => Ok(json!(state.holds.count())),
            Self::Release => {
                state.holds.release();
                Ok(Value::Null)
            }
            Self::AddCustomField {
                provider,
                entity,
                field,
            } => {
                add_custom_field(state.account(&provider)?, entity, *field)?;
                Ok(Value::Null)
            }
            Self::SetConnection {
                provider,
                state: connection,
            } => {
                state.account(&provider)?.connection = connection;
                Ok(Value::Null)
            }
            Self::SetKey {
                key,
                state: key_state,
            } => {
                state.keys.insert(key, key_state);
                Ok(Value::Null)
            }
            Self::SetRateLimit { rate_limit } => {
                state.limiter = rate_limit.map(Limiter::new);
                Ok(Value::Null)
            }
            Self::SetDescription { description } => {
                state.description = description;
                Ok(Value::Null)
            }
            Self::Graph8Rows { kind } => Ok(json!(state.graph8.rows(kind))),
            Self::SetGraph8Rows { kind, rows } => {
                state.graph8.set_rows(kind, rows);
                Ok(Value::Null)
            }
            Self::SetGraph8List {
                list_id,
                contact_ids,
            } => {
                state.graph8.set_list(list_id, &contact_ids);
                Ok(Value::Null)
            }
            Self::SetGraph8Paging(paging) => {
                state.graph8.paging = paging;
                Ok(Value::Null)
            }
            Self::SetSiblings(siblings) => {
                state.siblings = siblings;
                Ok(Value::Null)
            }
            Self::AddContacts { provider, records } => {
                let is_strict = state.is_strict();
                let ids = add_contacts(state.account(&provider)?, &records, is_strict)?;
                Ok(json!(ids))
            }
            Self::Openapi => Ok(openapi::document().clone()),
            Self::Disarm { number } => Ok(json!(state.faults.disarm(number))),
            Self::Overview => Ok(view::overview(state)),
            Self::FindRecords {
                provider,
                entity,
                search,
                before,
                limit,
            } => view::find_records(state, &provider, &entity, &search, before, limit),
            Self::ListSizes { provider } => view::list_sizes(state, &provider),
            Self::Members {
                provider,
                list_id,
                after,
                limit,
            } => view::members(state, &provider, &list_id, after, limit),
            Self::RequestLines { before, limit } => Ok(view::request_lines(state, before, limit)),
            Self::Request { number } => view::request(state, number),
        }
    }
}

fn add_custom_field(account: &mut Account, entity: String, field: Field) -> Result<(), String> {
    if account.rules(&entity, false).is_none() {
        return Err(format!("no entity '{entity}'"));
    }
    account.custom.entry(entity).or_default().push(field);
    Ok(())
}

/// Their ids.
fn add_contacts(
    account: &mut Account,
    records: &[Map<String, Value>],
    is_strict: bool,
) -> Result<Vec<String>, String> {
    records
        .iter()
        .map(|record| account.create("contacts", record, is_strict))
        .collect()
}
