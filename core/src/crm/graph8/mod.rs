//! graph8's own rows in the form of a CRM.

mod fields;
#[rustfmt::skip]
mod table;
mod values;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

pub use fields::{Graph8Field, Graph8Takes, graph8_fields};
use table::HUBSPOT_INDUSTRIES;
use values::{Given, Text, bare_domain, number, option_of, trimmed};

use crate::crm::rules::bare;
use crate::error::{Error, Result};
use crate::names::{Provider, PushKind};
use crate::quote::{quote, quote_exactly};
use crate::records::json;
use crate::report::FindingCode;

/// What stands before the name of a member of `custom_fields`.
const CUSTOM_PREFIX: &str = "custom_fields.";
const CUSTOM_FIELDS: &str = "custom_fields";

/// Something of a row that is left out.
pub(crate) struct LeftOut {
    /// Why.
    pub(crate) code: FindingCode,
    /// The field by its name in graph8; `None` for those that no CRM has a place for.
    pub(crate) field: Option<String>,
    pub(crate) value: Option<String>,
    /// A sentence.
    pub(crate) message: String,
    /// The name that was probably meant.
    pub(crate) hint: Option<String>,
}

impl LeftOut {
    fn of(code: FindingCode, field: &str, value: &Given<'_>, message: String) -> Self {
        Self {
            code,
            field: Some(field.to_owned()),
            value: Some(value.shown().into_owned()),
            message,
            hint: None,
        }
    }
}

/// Takes what is left out of a row.
pub(crate) type Note<'a> = dyn FnMut(LeftOut) + 'a;

/// Turns graph8's own rows into records of a CRM.
///
/// Of a shape's options, `columns` and `nan` come before it and name graph8's fields. `rename` is the form's
/// own: it gives a field of graph8 another place in the CRM, or one at all (`custom_fields.NAME` is a member
/// of `custom_fields`), so that the shape must not rename before. `drop_nulls` changes nothing, since what is
/// empty is left out in any case.
pub(crate) struct Graph8Form {
    provider: Provider,
    kind: PushKind,
    targets: Vec<Target>,
    /// The number of each field of a row that has a place.
    slots: HashMap<String, usize>,
    /// Fields of graph8's that no CRM has a place for and rename gives none, such as its own ids and owners.
    own: Vec<&'static str>,
}

/// A field of the CRM.
struct Target {
    name: String,
    /// `None` for a field that only `rename` names: it takes values as they are.
    takes: Option<Graph8Takes>,
    parts: Vec<Part>,
}

/// A field of a row, and what it is in its target.
struct Part {
    source: String,
    slot: usize,
    role: Role,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// All of the target, before whatever else has its place there: `rename` asks for it.
    Renamed,
    /// All of the target, unless a part before it is.
    Whole,
    /// One of those that make up the target, with its label or key.
    Piece(&'static str),
}

/// A part and its value.
type Filled<'a, 'r> = (&'a Part, Given<'r>);

impl Graph8Form {
    /// The form of a CRM's contacts or companies.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) for lists, which are no rows of graph8's, and for a name in
    /// `rename` that is empty.
    pub(crate) fn new(
        provider: Provider,
        kind: PushKind,
        rename: &BTreeMap<String, String>,
    ) -> Result<Self> {
        if kind == PushKind::Lists {
            return Err(Error::config(
                "the form graph8 goes with contacts and companies, not with lists",
            ));
        }
        let mut form = Self {
            provider,
            kind,
            targets: Vec::new(),
            slots: HashMap::new(),
            own: Vec::new(),
        };
        let table = graph8_fields(provider, kind);
        for row in table {
            let (Some(name), Some(takes)) = (row.field, row.takes) else {
                continue;
            };
            // Also one that keeps no part of its own: how it takes values holds for what is renamed to it.
            let target = form.target(name, Some(takes));
            if rename.get(row.name).is_none_or(|renamed| renamed == name) {
                let role = match row.part {
                    Some(part) if takes.has_pieces() => Role::Piece(part),
                    _ => Role::Whole,
                };
                form.place(row.name, target, role);
            }
        }
        for (source, name) in rename {
            let is_empty = [source, name].iter().any(|name| name.is_empty());
            if is_empty || source == CUSTOM_PREFIX {
                return Err(Error::config(format!(
                    "rename makes '{}' of '{}': neither name may be empty",
                    quote(name.as_bytes()),
                    quote(source.as_bytes()),
                )));
            }
            if !form.slots.contains_key(source) {
                let target = form.target(name, None);
                let is_list = form.targets[target].takes.is_some_and(Graph8Takes::is_list);
                let own = table.iter().find(|row| row.name == source);
                let label = own.and_then(|row| row.part).unwrap_or("other");
                let role = if is_list {
                    Role::Piece(label)
                } else {
                    Role::Renamed
                };
                form.place(source, target, role);
            }
        }
        let names = table.iter().map(|row| row.name);
        form.own = names
            .filter(|name| is_graph8s_own(kind, name) && !form.slots.contains_key(*name))
            .collect();
        Ok(form)
    }

    /// The number of the target with that name, which is made where there is none.
    fn target(&mut self, name: &str, takes: Option<Graph8Takes>) -> usize {
        let known = self.targets.iter().position(|target| target.name == name);
        known.unwrap_or_else(|| {
            self.targets.push(Target {
                name: name.to_owned(),
                takes,
                parts: Vec::new(),
            });
            self.targets.len() - 1
        })
    }

    fn place(&mut self, source: &str, target: usize, role: Role) {
        let slot = self.slots.len();
        self.slots.insert(source.to_owned(), slot);
        self.targets[target].parts.push(Part {
            source: source.to_owned(),
            slot,
            role,
        });
    }

    /// Appends the CRM's own form of a graph8 row; what is no object stays as it is. `note` is told what was
    /// left out, each field once.
    ///
    /// # Errors
    ///
    /// Why the row can't be pushed, as a sentence.
    pub(crate) fn rewrite(
        &self,
        row: &[u8],
        json: &mut Vec<u8>,
        note: &mut Note<'_>,
    ) -> Result<(), String> {
        if row.first() != Some(&b'{') {
            json.extend_from_slice(row);
            return Ok(());
        }
        let mut given = self.read(row, note)?;
        let start = json.len();
        for target in &self.targets {
            let filled = target.parts.iter().filter_map(|part| {
                let value = given.get_mut(part.slot)?.take()?;
                Some((part, value))
            });
            let filled: Vec<Filled<'_, '_>> = filled.collect();
            if !filled.is_empty() {
                self.write(target, filled, json, note)?;
            }
        }
        json::end_object(json, start);
        Ok(())
    }

    /// The values of the fields that have a place, by their numbers.
    fn read<'r>(
        &self,
        row: &'r [u8],
        note: &mut Note<'_>,
    ) -> Result<Vec<Option<Given<'r>>>, String> {
        let members = |json: &'r [u8]| {
            serde_json::from_slice::<Members<'r>>(json)
                .map_err(|error| format!("can't be read: {error}"))
        };
        let mut given: Vec<Option<Given<'r>>> = vec![None; self.slots.len()];
        let mut strays: BTreeMap<String, Given<'r>> = BTreeMap::new();
        let mut sort = |name: &str, raw: &'r RawValue, strays: &mut BTreeMap<String, Given<'r>>| {
            let value = Given::of(raw);
            match (
                self.slots.get(name).and_then(|slot| given.get_mut(*slot)),
                value,
            ) {
                (Some(slot), value) => *slot = value,
                (None, Some(value)) => drop(strays.insert(name.to_owned(), value)),
                (None, None) => drop(strays.remove(name)),
            }
        };
        for (name, raw) in members(row)?.0 {
            let is_opened = name == CUSTOM_FIELDS && raw.get().starts_with('{');
            if !is_opened || self.slots.contains_key(CUSTOM_FIELDS) {
                sort(&name, raw, &mut strays);
            }
            if is_opened {
                for (member, raw) in members(raw.get().as_bytes())?.0 {
                    let name = format!("{CUSTOM_PREFIX}{member}");
                    sort(&name, raw, &mut strays);
                }
            }
        }
        let mut is_own = false;
        for (name, value) in &strays {
            // A member goes with the whole.
            let is_of_whole =
                name.starts_with(CUSTOM_PREFIX) && self.slots.contains_key(CUSTOM_FIELDS);
            if self.own.contains(&name.as_str()) {
                is_own = true;
            } else if !is_of_whole {
                let meant = self.similar(name).filter(|meant| {
                    let slot = self.slots.get(*meant).and_then(|slot| given.get(*slot));
                    // Both spellings in one row are two fields.
                    slot.is_none_or(Option::is_none) && !strays.contains_key(*meant)
                });
                self.note_homeless(name, value, meant, note);
            }
        }
        if is_own {
            self.note_own(note);
        }
        Ok(given)
    }

    /// graph8's field whose name differs from `name` by letter case, blanks or a byte order mark alone.
    fn similar(&self, name: &str) -> Option<&'static str> {
        let bare_name = bare(name);
        // graph8's names are bare as they are: a test looks at each.
        let mut table = graph8_fields(self.provider, self.kind).iter();
        let meant = table.find(|row| row.name != name && row.name == bare_name);
        meant.map(|row| row.name)
    }

    /// One finding for all of them: nothing is lost that a CRM could have.
    fn note_own(&self, note: &mut Note<'_>) {
        note(LeftOut {
            code: FindingCode::LeftOut,
            field: None,
            value: None,
            message: format!(
                "no CRM has a place for these fields of graph8's, which are left out: {}; where one is wanted, \
                 give it one with rename",
                self.own.join(", ")
            ),
            hint: None,
        });
    }

    fn note_homeless(
        &self,
        name: &str,
        value: &Given<'_>,
        meant: Option<&'static str>,
        note: &mut Note<'_>,
    ) {
        let shown = quote_exactly(name);
        let (provider, kind) = (self.provider, self.kind);
        if let Some(meant) = meant {
            let message = format!(
                "'{shown}' is no field of graph8's {kind}, but '{meant}' is, so that it is left out: spell it \
                 so in the source, or give it a place with rename"
            );
            return note(LeftOut {
                hint: Some(meant.to_owned()),
                ..LeftOut::of(FindingCode::SimilarName, name, value, message)
            });
        }
        let is_known = name.starts_with(CUSTOM_PREFIX)
            || graph8_fields(provider, kind)
                .iter()
                .any(|row| row.name == name);
        let message = if is_known {
            format!(
                "{provider} has no place for graph8's '{shown}', which is left out: give it one with rename"
            )
        } else {
            format!(
                "'{shown}' is no field of graph8's {kind} and is left out: give it a place with rename"
            )
        };
        note(LeftOut::of(FindingCode::LeftOut, name, value, message));
    }

    /// Writes a target of which some part has a value.
    fn write(
        &self,
        target: &Target,
        filled: Vec<Filled<'_, '_>>,
        json: &mut Vec<u8>,
        note: &mut Note<'_>,
    ) -> Result<(), String> {
        let renamed = |(part, _): &Filled<'_, '_>| part.role == Role::Renamed;
        if filled.iter().filter(|part| renamed(part)).count() > 1 {
            return Err(both_become(&target.name));
        }
        let whole = filled
            .iter()
            .find(|part| renamed(part))
            .or_else(|| filled.iter().find(|(part, _)| part.role == Role::Whole));
        let start = json.len();
        json.push(b',');
        json::write_str(json, &target.name);
        json.push(b':');
        let Some((part, value)) = whole else {
            match target.takes {
                Some(Graph8Takes::Name) => self.write_name(target, &filled, json, note),
                Some(Graph8Takes::Address) => write_address(&filled, json),
                Some(Graph8Takes::EmailEntries) => {
                    write_list(&filled, json, ("email_address", "primary_address", false));
                }
                _ => write_list(&filled, json, ("value", "primary", true)),
            }
            return Ok(());
        };
        for (other, left) in &filled {
            if other.slot != part.slot && !holds(value, left) {
                let (name, taken) = (quote(target.name.as_bytes()), quote(part.source.as_bytes()));
                let message = format!(
                    "{}'s '{name}' takes graph8's '{taken}', so that '{}' is left out: give it another place with rename",
                    self.provider,
                    quote(other.source.as_bytes()),
                );
                note(LeftOut::of(
                    FindingCode::LeftOut,
                    &other.source,
                    left,
                    message,
                ));
            }
        }
        if !write_value(value, target.takes, json) {
            json.truncate(start);
            let message = format!(
                "graph8's '{}' is '{}', and {}'s '{}' takes a {}number: it is left out",
                quote(part.source.as_bytes()),
                quote(value.shown().as_bytes()),
                self.provider,
                quote(target.name.as_bytes()),
                if target.takes == Some(Graph8Takes::Integer) {
                    "whole "
                } else {
                    ""
                },
            );
            note(LeftOut::of(
                FindingCode::NotANumber,
                &part.source,
                value,
                message,
            ));
        }
        Ok(())
    }

    /// The texts with a blank between them.
    fn write_name(
        &self,
        target: &Target,
        filled: &[Filled<'_, '_>],
        json: &mut Vec<u8>,
        note: &mut Note<'_>,
    ) {
        let whole = joined(filled, " ");
        let mut others = filled
            .iter()
            .filter(|(_, value)| matches!(value, Given::Other(_)));
        if !whole.is_empty() {
            json::write_str(json, &whole);
        } else if let Some((_, only)) = others.next() {
            json.extend_from_slice(only.json().as_bytes());
        }
        for (part, value) in others {
            let message = format!(
                "graph8's '{}' is no text to make {}'s '{}' of: it is left out",
                quote(part.source.as_bytes()),
                self.provider,
                quote(target.name.as_bytes()),
            );
            note(LeftOut::of(
                FindingCode::LeftOut,
                &part.source,
                value,
                message,
            ));
        }
    }
}

/// Whether it is a field of graph8's that no CRM has a place for, such as its own ids and owners.
fn is_graph8s_own(kind: PushKind, name: &str) -> bool {
    let is_homeless = |provider: &Provider| {
        let mut table = graph8_fields(*provider, kind).iter();
        table.any(|row| row.name == name && row.field.is_none())
    };
    name != CUSTOM_FIELDS && Provider::ALL.iter().all(is_homeless)
}

/// The message about two fields that would have one name.
fn both_become(name: &str) -> String {
    format!(
        "two of its fields would be '{}': rename or leave out one",
        quote(name.as_bytes())
    )
}

/// Whether `value` has the text of `other` in it, as a website has its domain.
fn holds(value: &Given<'_>, other: &Given<'_>) -> bool {
    match (value.as_text(), other.as_text()) {
        (Some(value), Some(other)) => {
            let other = bare_domain(&other).to_lowercase();
            value.to_lowercase().contains(&other)
        }
        _ => false,
    }
}

fn joined(filled: &[Filled<'_, '_>], separator: &str) -> String {
    let mut joined = String::new();
    for text in filled.iter().filter_map(|(_, value)| value.as_text()) {
        if !joined.is_empty() {
            joined.push_str(separator);
        }
        joined.push_str(trimmed(&text));
    }
    joined
}

/// False, and nothing written, for text that is not the number which the field takes.
fn write_value(value: &Given<'_>, takes: Option<Graph8Takes>, json: &mut Vec<u8>) -> bool {
    match (takes, value) {
        (None, _) | (Some(_), Given::Other(_)) => json.extend_from_slice(value.json().as_bytes()),
        (Some(Graph8Takes::Number | Graph8Takes::Integer), Given::Number(digits)) => {
            json.extend_from_slice(digits.as_bytes());
        }
        (Some(Graph8Takes::Number | Graph8Takes::Integer), Given::Text(text, _)) => {
            let Some(number) = number(text, takes == Some(Graph8Takes::Integer)) else {
                return false;
            };
            json.extend_from_slice(number.as_bytes());
        }
        (Some(Graph8Takes::Domain), Given::Text(text, _)) => {
            json::write_str(json, bare_domain(text));
        }
        (Some(Graph8Takes::Option), Given::Text(text, _)) => {
            match option_of(text, HUBSPOT_INDUSTRIES) {
                Some(option) => json::write_str(json, option),
                None => write_text(value, json),
            }
        }
        (Some(_), _) => write_text(value, json),
    }
    true
}

/// Text as it came, a number as its digits, anything else as it is.
fn write_text(value: &Given<'_>, json: &mut Vec<u8>) {
    match (value, value.as_text()) {
        (Given::Number(_), Some(digits)) => json::write_str(json, &digits),
        _ => json.extend_from_slice(value.json().as_bytes()),
    }
}

fn write_list(
    filled: &[Filled<'_, '_>],
    json: &mut Vec<u8>,
    (value_key, primary_key, has_label): (&str, &str, bool),
) {
    json.push(b'[');
    for (position, (part, value)) in filled.iter().enumerate() {
        if position > 0 {
            json.push(b',');
        }
        let start = json.len();
        write_key(json, value_key);
        write_text(value, json);
        write_key(json, primary_key);
        json.extend_from_slice(if position == 0 { b"true" } else { b"false" });
        if let Role::Piece(label) = part.role
            && has_label
        {
            write_key(json, "label");
            json::write_str(json, label);
        }
        json::end_object(json, start);
    }
    json.push(b']');
}

/// The whole address as one text, and its parts.
fn write_address(filled: &[Filled<'_, '_>], json: &mut Vec<u8>) {
    let start = json.len();
    let whole = joined(filled, ", ");
    if !whole.is_empty() {
        write_key(json, "value");
        json::write_str(json, &whole);
    }
    for (part, value) in filled {
        if let Role::Piece(key) = part.role {
            write_key(json, key);
            write_text(value, json);
        }
    }
    json::end_object(json, start);
}

fn write_key(json: &mut Vec<u8>, key: &str) {
    json.push(b',');
    json::write_str(json, key);
    json.push(b':');
}

/// The members of an object, in their order.
struct Members<'r>(Vec<(Cow<'r, str>, &'r RawValue)>);

impl<'de: 'r, 'r> Deserialize<'de> for Members<'r> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfObject;

        impl<'de> Visitor<'de> for OfObject {
            type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((Text(name), value)) = map.next_entry()? {
                    members.push((name, value));
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(OfObject).map(Members)
    }
}

#[cfg(test)]
mod tests;
