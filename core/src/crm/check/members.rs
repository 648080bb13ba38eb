//! Judging a record member by member.

use std::collections::HashMap;
use std::sync::Arc;

use super::Checker;
use super::identities::find_names;
use super::telling::{Found, read_only, unknown_field};
use super::values::{self, judge, shown};
use crate::crm::rules::Kind;
use crate::records::json::scan::{Cursor, Value};

impl Checker {
    /// Judges each member; whether a name stands there twice.
    pub(super) fn members(&mut self, json: &[u8]) -> Option<bool> {
        let mut cursor = Cursor::inside(json)?;
        self.names.begin();
        let mut is_repeated = false;
        loop {
            let place = self.names.read(&mut cursor, &self.rules)?;
            let value = cursor.value()?;
            let name = self.names.get_mut(place)?;
            if name.seen == self.record {
                is_repeated = true;
            } else {
                name.seen = self.record;
                self.order.push(place);
                let is_filled = name.count(&value);
                self.member(place, value, is_filled);
            }
            if !cursor.next()? {
                return Some(is_repeated);
            }
        }
    }

    /// Judges a record in which names stand twice: the last of each counts, as for JSON readers.
    pub(super) fn members_once(&mut self, json: &[u8]) {
        self.faults.clear();
        self.hashes.clear();
        self.filled.fill(0);
        let mut last: HashMap<usize, Value<'_>> = HashMap::new();
        let mut order = Vec::new();
        self.names.begin();
        let Some(mut cursor) = Cursor::inside(json) else {
            return;
        };
        while let Some(place) = self.names.read(&mut cursor, &self.rules) {
            let Some(value) = cursor.value() else { break };
            if last.insert(place, value).is_none() {
                order.push(place);
            }
            if cursor.next() != Some(true) {
                break;
            }
        }
        for place in order {
            if let Some(value) = last.get(&place) {
                let is_filled = !matches!(value, Value::Null)
                    && !matches!(value, Value::Text(text) if text.is_empty());
                self.member(place, *value, is_filled);
            }
        }
    }

    fn member(&mut self, place: usize, value: Value<'_>, is_filled: bool) {
        let Some(name) = self.names.get_mut(place) else {
            return;
        };
        let Some((place, rule)) = name
            .place
            .and_then(|place| Some((place, self.rules.fields().get(place)?)))
        else {
            let Some(unknown) = &name.unknown else { return };
            self.faults.push(Found {
                field: Arc::clone(&name.text),
                fault: unknown_field(&self.rules, unknown),
                value: shown(value),
            });
            return;
        };
        if is_filled {
            if let Some(filled) = self.filled.get_mut(place) {
                *filled = self.record;
            }
            if rule.kind == Kind::CustomFields
                && let Value::Object(object) = value
            {
                for (inner, value) in values::members(object) {
                    let place = self.rules.place(&inner.lossy());
                    if let Some(filled) = place.and_then(|place| self.filled.get_mut(place))
                        && value != Value::Null
                    {
                        *filled = self.record;
                    }
                }
            }
            if rule.is_identity {
                find_names(value, &mut self.hashes, &mut self.scratch);
            }
        }
        let fault = if rule.is_read_only {
            Some(read_only(&self.rules))
        } else {
            judge(&self.rules, rule, value)
        };
        if let Some(fault) = fault {
            self.faults.push(Found {
                field: Arc::clone(&name.text),
                fault,
                value: shown(value),
            });
        }
    }
}
