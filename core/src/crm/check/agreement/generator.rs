//! Random records: what each field takes, and damage to it.

use fastrand::Rng;
use serde_json::{Map, Value, json};

use super::values::{base, option_values, values};
use crate::crm::rules::{FieldRule, Kind, Rules, is_pipedrive_hash};

/// What a field takes, one of several.
pub(super) fn right_value(rule: &FieldRule, random: &mut Rng, name: &str) -> Value {
    let choice = |random: &mut Rng| {
        let all: Vec<&str> = rule.choices.iter().map(|choice| &*choice.value).collect();
        match random.choice(&all) {
            Some(value) => (*value).to_owned(),
            None => "x".to_owned(),
        }
    };
    let email = format!("{name}@right.test");
    match rule.kind {
        Kind::Email => json!(email),
        Kind::Emails => json!([{"value": email, "email_address": email}]),
        Kind::Entries => json!([{"value": "+1 555 0100", "primary": true, "label": "work"}]),
        Kind::Integer | Kind::Number => json!(random.u16(1..999)),
        Kind::BigInteger => json!("554023000000527002"),
        Kind::Boolean => json!(random.bool()),
        Kind::Date => json!("2026-01-31"),
        Kind::DateTime => json!("2026-01-31T10:00:00+00:00"),
        Kind::Time => json!("09:30:00"),
        Kind::Option => match choice(random).parse::<u32>() {
            Ok(id) => json!(id),
            Err(_) => json!(choice(random)),
        },
        Kind::Options => {
            let (one, other) = (choice(random), choice(random));
            match (one.parse::<u32>(), other.parse::<u32>()) {
                (Ok(one), Ok(other)) => json!([one, other]),
                _ if random.bool() => json!([one, other]),
                _ => json!(format!("{one};{other}")),
            }
        }
        Kind::Reference => random
            .choice([
                json!("001D000000IRFmaIAH"),
                json!("003g5000002Dp5OAAS"),
                json!({"id": "554023000000527002"}),
                json!(48213),
                json!("f3a3c5c2-6f0b-11ee-9a4d-0242ac120003"),
            ])
            .unwrap_or_default(),
        Kind::Address => json!({"value": "1 Main Street, London"}),
        Kind::Money => json!({"amount": 5, "currency": "EUR"}),
        Kind::Tags => json!([{"name": "x"}]),
        Kind::Teams => json!([{"id": "x"}]),
        Kind::CustomFields => json!({format!("{:040x}", random.u32(1..14)): "x"}),
        Kind::Related => json!({"External__c": "x"}),
        Kind::Text
        | Kind::LongText
        | Kind::Phone
        | Kind::Domain
        | Kind::Url
        | Kind::File
        | Kind::Any => {
            json!(name)
        }
    }
}

pub(super) struct Generator<'a> {
    rules: &'a Rules,
    /// Values of all kinds, by the place of the field that they are meant for.
    wrong: Vec<Vec<Value>>,
}

impl<'a> Generator<'a> {
    pub(super) fn new(rules: &'a Rules) -> Self {
        let common = values();
        let wrong = rules
            .fields()
            .iter()
            .map(|rule| {
                let options: Vec<String> = rule
                    .choices
                    .iter()
                    .map(|choice| choice.value.to_string())
                    .collect();
                let near = rule
                    .max_length
                    .filter(|most| *most < 1000)
                    .into_iter()
                    .flat_map(|most| [most, most + 1].map(|length| json!("\u{e9}".repeat(length))));
                let short = common
                    .iter()
                    .filter(|value| value.as_str().is_none_or(|text| text.len() < 500));
                short
                    .cloned()
                    .chain(option_values(&options))
                    .chain(near)
                    .collect()
            })
            .collect();
        Self { rules, wrong }
    }

    /// A record, and by what it is damaged.
    pub(super) fn record(&self, random: &mut Rng, number: usize) -> String {
        let name = format!("n{number}");
        let mut members: Vec<(String, Value)> =
            base(self.rules.provider(), self.rules.kind(), &name)
                .into_iter()
                .collect();
        let damages = match random.u8(0..10) {
            0..=3 => 0,
            4..=7 => 1,
            _ => random.usize(2..5),
        };
        for _ in 0..random.usize(0..8) {
            let place = random.usize(0..self.rules.fields().len());
            let Some(rule) = self.rules.fields().get(place) else {
                continue;
            };
            if rule.is_read_only {
                continue;
            }
            let mut value = right_value(rule, random, &name);
            if rule.kind == Kind::CustomFields {
                value = self.own_fields(random, &name);
            }
            members.push((rule.slug.to_string(), value));
        }
        for _ in 0..damages {
            self.damage(&mut members, random);
        }
        let mut names: Vec<String> = Vec::new();
        // The sandbox reads names in any case as one field, so no record has one in two spellings.
        members.retain(|(name, _)| {
            let is_new = !names.contains(&name.to_lowercase());
            names.push(name.to_lowercase());
            is_new
        });
        // One without members never leaves.
        if members.is_empty() {
            members.push((self.rules.fields()[0].slug.to_string(), json!(null)));
        }
        written(&members, random)
    }

    pub(super) fn damage(&self, members: &mut Vec<(String, Value)>, random: &mut Rng) {
        let fields = self.rules.fields();
        let place = random.usize(0..fields.len());
        let Some(rule) = fields.get(place).filter(|rule| rule.kind != Kind::Related) else {
            return;
        };
        match random.u8(0..12) {
            // Nothing that it needs.
            0 => members.clear(),
            1 if !members.is_empty() => {
                members.remove(random.usize(0..members.len()));
            }
            2 if !members.is_empty() => {
                let place = random.usize(0..members.len());
                members[place].1 = random
                    .choice([json!(null), json!(""), json!(" ")])
                    .unwrap_or_default();
            }
            // A name that is none.
            3 => {
                let name = match random.u8(0..6) {
                    0 => "no_such_field".to_owned(),
                    1 => rule.slug.to_uppercase(),
                    2 => format!(" {}", rule.slug),
                    3 => format!("\u{feff}{}", rule.slug),
                    4 => format!("{:040x}", random.u32(1..20)),
                    _ => format!("{}x", rule.slug),
                };
                members.insert(
                    0,
                    (
                        name,
                        random
                            .choice([json!("x"), json!(null), json!(5)])
                            .unwrap_or_default(),
                    ),
                );
            }
            // A value that is wrong, or one that can't be set.
            _ => {
                let value = match self.wrong.get(place).and_then(|wrong| random.choice(wrong)) {
                    Some(value) => value.clone(),
                    None => json!(null),
                };
                members.insert(0, (rule.slug.to_string(), value));
            }
        }
    }

    /// Pipedrive's object of the customer's own values.
    pub(super) fn own_fields(&self, random: &mut Rng, name: &str) -> Value {
        let own: Vec<usize> = (0..self.rules.fields().len())
            .filter(|place| is_pipedrive_hash(&self.rules.fields()[*place].slug))
            .collect();
        let mut members = Map::new();
        for _ in 0..random.usize(0..4) {
            let Some(&place) = random.choice(&own) else {
                continue;
            };
            let rule = &self.rules.fields()[place];
            let value = if random.u8(0..4) == 0 {
                random
                    .choice(&self.wrong[place])
                    .cloned()
                    .unwrap_or_default()
            } else {
                right_value(rule, random, name)
            };
            members.insert(rule.slug.to_string(), value);
        }
        if random.u8(0..10) == 0 {
            members.insert(format!("{:040x}", 99), json!("x"));
        }
        Value::Object(members)
    }
}

/// The record as one of those who hand in JSON text may write it.
pub(super) fn written(members: &[(String, Value)], random: &mut Rng) -> String {
    let is_spaced = random.u8(0..8) == 0;
    let is_escaped = random.u8(0..8) == 0;
    let is_repeated = random.u8(0..12) == 0;
    let mut texts: Vec<String> = Vec::new();
    let mut member = |name: &str, value: &Value| {
        let mut name = json!(name).to_string();
        if is_escaped {
            name = name.replacen('a', "\\u0061", 1).replacen('e', "\\u0065", 1);
        }
        texts.push(if is_spaced {
            format!("{name} : \n{value}\t")
        } else {
            format!("{name}:{value}")
        });
    };
    if is_repeated && let Some((name, _)) = members.first() {
        // The one behind it counts.
        member(name, &json!([{"never": 1}]));
    }
    for (name, value) in members {
        member(name, value);
    }
    format!("{{{}}}", texts.join(if is_spaced { " , " } else { "," }))
}
