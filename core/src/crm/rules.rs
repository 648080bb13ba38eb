//! What one CRM takes of one kind of record: what is known of the CRM, overruled by the customer's own fields.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::facts::naming_fields;
use super::live;
use super::standard::{self, StandardField};
use crate::names::{Provider, PushKind};
use crate::quote::is_blank;
use crate::reads::{Field, FieldOption};

/// How close a name must be (0 to 1) to be suggested.
const SUGGESTION_SIMILARITY: f64 = 0.86;

/// What a CRM does with something that it should not get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Treatment {
    /// It takes it, and nothing is lost.
    Takes,
    /// It takes the record, and cuts or drops the value, or stores what it should not.
    Spoils,
    /// It refuses the record.
    Refuses,
}

/// What values a field takes, whatever the CRM calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One line of text.
    Text,
    /// Text of several lines.
    LongText,
    Phone,
    /// One e-mail address as text.
    Email,
    Domain,
    Url,
    /// E-mail addresses as a list: Pipedrive's `[{value, primary, label}]`, SugarCRM's `[{email_address, …}]`.
    Emails,
    /// Pipedrive's phones and messengers: `[{value, primary, label}]`.
    Entries,
    Integer,
    /// A whole number that may be larger than JSON readers take exactly, so it is text as well (Zoho).
    BigInteger,
    Number,
    Boolean,
    Date,
    DateTime,
    Time,
    /// One of the field's options.
    Option,
    /// Several options: joined by `;` in HubSpot and Salesforce, a list elsewhere.
    Options,
    /// The id of a record or user; Zoho's is an object `{id}`.
    Reference,
    /// A record named by a field of its own: Salesforce's `{"Account": {"External__c": "x"}}`.
    Related,
    /// Pipedrive's object of address parts.
    Address,
    /// Pipedrive's object of amount and currency.
    Money,
    /// Names or `{name}` objects.
    Tags,
    /// SugarCRM's list of `{id, primary}`.
    Teams,
    /// Set by an upload, never by a create.
    File,
    /// Pipedrive's object of values by the hashes of the customer's own fields.
    CustomFields,
    /// What the type does not tell.
    Any,
}

/// Hashes short bytes at once.
#[derive(Clone, Default)]
pub(crate) struct ShortHasher(u64);

impl Hasher for ShortHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64_with_seed(bytes, self.0);
    }

    fn write_usize(&mut self, length: usize) {
        self.0 ^= length as u64;
    }
}

pub(crate) type ShortHash = BuildHasherDefault<ShortHasher>;

/// An option of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    /// As it is stored.
    pub(crate) value: Box<str>,
    /// As people see it; the value itself where the CRM tells none.
    pub(crate) label: Box<str>,
}

/// The options of a field; none where any value is taken or where they are not known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choices {
    all: Vec<Choice>,
    by_value: HashMap<Box<[u8]>, usize, ShortHash>,
}

impl Choices {
    pub(crate) fn new(all: Vec<Choice>) -> Self {
        let by_value = all
            .iter()
            .enumerate()
            .map(|(place, choice)| (choice.value.as_bytes().into(), place))
            .collect();
        Self { all, by_value }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn has(&self, value: &[u8]) -> bool {
        self.by_value.contains_key(value)
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Choice> {
        self.all.iter()
    }

    /// The option that is labelled so and no other.
    pub(crate) fn labelled(&self, label: &str) -> Option<&Choice> {
        let mut found = self.all.iter().filter(|choice| *choice.label == *label);
        found.next().filter(|_| found.next().is_none())
    }
}

/// What one field takes.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "fields have these one by one"
)]
pub(crate) struct FieldRule {
    /// The name by which a record has it.
    pub(crate) slug: Box<str>,
    /// The name that people read.
    pub(crate) label: Box<str>,
    /// The CRM's own name of the type.
    pub(crate) type_name: Box<str>,
    pub(crate) kind: Kind,
    /// Most characters of its text.
    pub(crate) max_length: Option<usize>,
    /// Most digits of a number before the point.
    pub(crate) max_digits: Option<usize>,
    /// Most digits of a number behind the point.
    pub(crate) max_decimals: Option<usize>,
    pub(crate) choices: Choices,
    /// `choices` are the CRM's defaults: the customer's own are not known.
    pub(crate) has_default_choices: bool,
    /// Ids of options may be text (Pipedrive).
    pub(crate) takes_text_ids: bool,
    /// What the CRM does with a value that is none of `choices`.
    pub(crate) on_other_choice: Treatment,
    pub(crate) is_read_only: bool,
    /// A create needs it.
    pub(crate) is_required: bool,
    /// The CRM refuses a second record with the same value.
    pub(crate) is_unique: bool,
    /// Its value names the record in the CRM's errors.
    pub(crate) is_identity: bool,
    /// The kinds of record whose id it takes, in the CRM's words; empty where it is not told.
    pub(crate) references: Vec<Box<str>>,
    /// It stands in no list of fields: a second name, or a way to write another field.
    pub(crate) is_implied: bool,
    /// The field that it is another name of.
    pub(crate) stands_for: Option<Box<str>>,
}

impl FieldRule {
    fn new(slug: &str, label: &str, type_name: &str, kind: Kind) -> Self {
        Self {
            slug: slug.into(),
            label: label.into(),
            type_name: type_name.into(),
            kind,
            max_length: None,
            max_digits: None,
            max_decimals: None,
            choices: Choices::default(),
            has_default_choices: false,
            takes_text_ids: true,
            on_other_choice: Treatment::Takes,
            is_read_only: false,
            is_required: false,
            is_unique: false,
            is_identity: false,
            references: Vec::new(),
            is_implied: false,
            stands_for: None,
        }
    }

    fn implied(slug: &str, kind: Kind, of: &Self) -> Self {
        Self {
            slug: slug.into(),
            kind,
            is_implied: true,
            is_required: false,
            stands_for: Some(of.slug.clone()),
            ..of.clone()
        }
    }
}

/// What one CRM takes of one kind of record.
pub(crate) struct Rules {
    provider: Provider,
    kind: PushKind,
    fields: Vec<FieldRule>,
    by_name: HashMap<Box<str>, usize>,
    /// Slugs without blanks and in lower case.
    by_bare_name: HashMap<String, usize>,
    /// A create needs one of these, by place.
    any_of: Vec<usize>,
}

impl Rules {
    /// The rules of the CRM's standard fields, overruled by what the customer's CRM says of its `live` fields.
    /// Without live fields the standard ones are all that there is.
    pub(crate) fn new(provider: Provider, kind: PushKind, live: &[Field]) -> Self {
        let entity = standard::entity(provider, kind);
        let known = entity.map_or(&[][..], |entity| entity.fields);
        let all_of = entity.map_or(&[][..], |entity| entity.all_of);
        let any_of = entity.map_or(&[][..], |entity| entity.any_of);
        let is_same = |one: &str, other: &str| match provider {
            Provider::Salesforce => one.eq_ignore_ascii_case(other),
            Provider::Hubspot | Provider::Pipedrive | Provider::Zoho | Provider::Sugarcrm => {
                one == other
            }
        };
        let mut fields: Vec<FieldRule> = Vec::new();
        if live.iter().all(|field| field.slug.is_empty()) {
            fields.extend(known.iter().map(|standard| from_facts(provider, standard)));
        } else {
            for field in live.iter().filter(|field| !field.slug.is_empty()) {
                let standard = known.iter().find(|standard| {
                    is_same(standard.slug, &field.slug)
                        || (!standard.write_slug.is_empty() && standard.write_slug == field.slug)
                });
                fields.push(from_live(provider, field, standard));
            }
        }
        for field in &mut fields {
            if all_of.iter().any(|slug| is_same(slug, &field.slug)) {
                field.is_required = true;
            }
        }
        let implied = implied(provider, known, &fields);
        fields.extend(implied);
        let naming = naming_fields(provider, kind);
        for field in &mut fields {
            field.is_identity = naming.identity.iter().any(|path| {
                let root = path.split(['.', '[']).next().unwrap_or(path);
                is_same(root, &field.slug)
            });
        }
        let mut by_name = HashMap::new();
        let mut by_bare_name = HashMap::new();
        for (place, field) in fields.iter().enumerate() {
            by_name.entry(key(provider, &field.slug)).or_insert(place);
            by_bare_name.entry(bare(&field.slug)).or_insert(place);
        }
        let any_of = any_of
            .iter()
            .filter_map(|slug| by_name.get(&key(provider, slug)).copied())
            .collect();
        Self {
            provider,
            kind,
            fields,
            by_name,
            by_bare_name,
            any_of,
        }
    }

    pub(crate) fn provider(&self) -> Provider {
        self.provider
    }

    pub(crate) fn kind(&self) -> PushKind {
        self.kind
    }

    /// All fields, those that are implied behind the others.
    pub(crate) fn fields(&self) -> &[FieldRule] {
        &self.fields
    }

    /// The field of that name as a record has it; Salesforce's names are not case-sensitive.
    pub(crate) fn field(&self, name: &str) -> Option<&FieldRule> {
        self.place(name).and_then(|place| self.fields.get(place))
    }

    /// The field's place in [`fields`](Self::fields).
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.by_name
            .get(name)
            .or_else(|| match self.provider {
                Provider::Salesforce => self.by_name.get(&key(self.provider, name)),
                Provider::Hubspot | Provider::Pipedrive | Provider::Zoho | Provider::Sugarcrm => {
                    None
                }
            })
            .copied()
    }

    /// The places of the fields of which a create needs at least one; empty where it needs none of them.
    pub(crate) fn any_of(&self) -> &[usize] {
        &self.any_of
    }

    /// The field whose name is nearest to `name`, by its slug or its label, if any is near.
    pub(crate) fn nearest(&self, name: &str) -> Option<&str> {
        let wanted = bare(name);
        if wanted.is_empty() {
            return None;
        }
        if let Some(field) = self.similar(name) {
            return Some(field);
        }
        let plain = plain(&wanted);
        self.fields
            .iter()
            .filter(|field| !field.is_read_only && !field.is_implied)
            .map(|field| {
                let by_slug = strsim::jaro_winkler(&plain, &self::plain(&bare(&field.slug)));
                let by_label = strsim::jaro_winkler(&plain, &self::plain(&bare(&field.label)));
                (by_slug.max(by_label), &*field.slug)
            })
            .filter(|(similarity, _)| *similarity >= SUGGESTION_SIMILARITY)
            // The first of those that are equally near.
            .reduce(|best, other| if other.0 > best.0 { other } else { best })
            .map(|(_, slug)| slug)
    }

    /// The field whose name differs from `name` by letter case, blanks or a byte order mark alone.
    pub(crate) fn similar(&self, name: &str) -> Option<&str> {
        let place = *self.by_bare_name.get(&bare(name))?;
        let slug = &*self.fields.get(place)?.slug;
        (key(self.provider, slug) != key(self.provider, name)).then_some(slug)
    }

    /// What the CRM does with a field that it does not have.
    pub(crate) fn on_unknown_field(&self, name: &str) -> Treatment {
        match self.provider {
            Provider::Hubspot | Provider::Salesforce => Treatment::Refuses,
            Provider::Pipedrive if is_pipedrive_hash(name) => Treatment::Refuses,
            Provider::Pipedrive | Provider::Zoho | Provider::Sugarcrm => Treatment::Spoils,
        }
    }

    /// What the CRM does with a value for a field that can't be set.
    pub(crate) fn on_read_only(&self) -> Treatment {
        match self.provider {
            Provider::Hubspot | Provider::Salesforce => Treatment::Refuses,
            Provider::Pipedrive | Provider::Zoho | Provider::Sugarcrm => Treatment::Spoils,
        }
    }

    /// What the CRM does with a record that lacks a field which is required.
    pub(crate) fn on_missing(&self, field: &FieldRule) -> Treatment {
        match self.provider {
            // What an administrator requires binds Pipedrive's interface alone.
            Provider::Pipedrive if &*field.slug != "name" => Treatment::Spoils,
            Provider::Hubspot | Provider::Salesforce | Provider::Pipedrive | Provider::Zoho => {
                Treatment::Refuses
            }
            Provider::Sugarcrm => Treatment::Spoils,
        }
    }
}

/// The CRM's name in a message.
pub(crate) const fn crm_name(provider: Provider) -> &'static str {
    match provider {
        Provider::Hubspot => "HubSpot",
        Provider::Salesforce => "Salesforce",
        Provider::Pipedrive => "Pipedrive",
        Provider::Zoho => "Zoho",
        Provider::Sugarcrm => "SugarCRM",
    }
}

/// Whether `name` is the key of a customer's own field in Pipedrive: 40 hexadecimal digits.
pub(crate) fn is_pipedrive_hash(name: &str) -> bool {
    name.len() == 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A name as the CRM compares it.
fn key(provider: Provider, name: &str) -> Box<str> {
    match provider {
        Provider::Salesforce => name.to_ascii_lowercase().into(),
        Provider::Hubspot | Provider::Pipedrive | Provider::Zoho | Provider::Sugarcrm => {
            name.into()
        }
    }
}

/// A name without blanks and byte order mark, in lower case.
pub(super) fn bare(name: &str) -> String {
    // A mark that was read as Latin-1.
    let name = name.strip_prefix("\u{ef}\u{bb}\u{bf}").unwrap_or(name);
    name.chars()
        .filter(|character| !is_blank(*character))
        .flat_map(char::to_lowercase)
        .collect()
}

/// A bare name without what only separates words.
fn plain(bare: &str) -> String {
    bare.chars()
        .filter(|character| character.is_alphanumeric())
        .collect()
}

fn from_facts(provider: Provider, standard: &StandardField) -> FieldRule {
    let kind = standard_kind(provider, standard);
    let mut rule = FieldRule::new(standard.slug, standard.label, standard.type_name, kind);
    rule.max_length = (standard.max_length > 0).then_some(standard.max_length);
    rule.max_digits = max_digits(standard.digits, standard.precision, standard.scale);
    rule.takes_text_ids = standard.json != "integer";
    rule.choices = standard_choices(standard);
    rule.on_other_choice = on_other_choice(provider, false);
    rule.is_read_only = standard.is_read_only;
    rule.is_unique = standard.is_unique;
    rule.references = standard
        .references
        .iter()
        .map(|&name| name.into())
        .collect();
    with_limits(provider, rule)
}

fn from_live(provider: Provider, field: &Field, standard: Option<&StandardField>) -> FieldRule {
    let label = field.label.as_deref().unwrap_or(&field.name);
    let facts = standard.map(|standard| from_facts(provider, standard));
    let type_name = field.field_type.as_deref().unwrap_or_default();
    let is_same_type = type_name.is_empty()
        || standard.is_some_and(|standard| standard.type_name.eq_ignore_ascii_case(type_name));
    let own_kind = (!is_same_type).then(|| live::kind(provider, type_name, &field.extra));
    let mut rule = match (facts, own_kind) {
        // The same type, or one that tells nothing: what the facts say of the field still holds.
        (Some(facts), None | Some(Kind::Any)) => facts,
        // E-mails and the like are text to the CRM.
        (Some(facts), Some(Kind::Text)) if is_text(facts.kind) => facts,
        (Some(facts), Some(kind)) => FieldRule {
            kind,
            max_length: None,
            max_digits: None,
            max_decimals: None,
            choices: Choices::default(),
            references: Vec::new(),
            ..facts
        },
        (None, kind) => FieldRule::new(&field.slug, label, type_name, kind.unwrap_or(Kind::Any)),
    };
    rule.slug = field.slug.as_str().into();
    if !type_name.is_empty() {
        rule.type_name = type_name.into();
    }
    if !label.is_empty() {
        rule.label = label.into();
    }
    overrule(provider, &mut rule, field);
    let is_defaulted = standard.is_some_and(|standard| standard.is_defaulted)
        || live::flag(&field.extra, &["defaultedOnCreate", "default_on_create"]) == Some(true);
    rule.is_required = field.required == Some(true) && !is_defaulted && !rule.is_read_only;
    with_limits(provider, rule)
}

/// What the live answer's further keys say.
fn overrule(provider: Provider, rule: &mut FieldRule, field: &Field) {
    let extra = &field.extra;
    let options = field.options();
    rule.on_other_choice = on_other_choice(provider, live::is_closed_list(extra));
    if !options.is_empty() {
        rule.choices = Choices::new(options.into_iter().map(choice).collect());
    } else if !rule.choices.is_empty() {
        // The CRM's defaults, which the customer may have added to.
        rule.has_default_choices = true;
        rule.on_other_choice = Treatment::Spoils;
    }
    if let Some(length) = live::length(extra) {
        match rule.kind {
            // Zoho tells the digits of a number as its length.
            Kind::Integer | Kind::Number if provider == Provider::Zoho => {
                rule.max_digits = Some(length);
            }
            Kind::Integer | Kind::Number => {}
            _ => rule.max_length = Some(length),
        }
    }
    let digits = |name| live::number(extra, &[name]).unwrap_or(0);
    if let Some(most) = max_digits(digits("digits"), digits("precision"), digits("scale")) {
        rule.max_digits = Some(most);
    }
    if let Some(is_read_only) = live::is_read_only(extra) {
        rule.is_read_only = is_read_only;
    }
    rule.is_read_only |= field.is_read_only();
    if let Some(is_unique) = live::is_unique(extra) {
        rule.is_unique = is_unique;
    }
    if let Some(references) = live::references(extra) {
        rule.references = references;
    }
}

fn choice(option: FieldOption) -> Choice {
    let value = option.text();
    Choice {
        label: option.label.unwrap_or_else(|| value.clone()).into(),
        value: value.into(),
    }
}

/// Most digits before the point.
fn max_digits(digits: usize, precision: usize, scale: usize) -> Option<usize> {
    if digits > 0 {
        Some(digits)
    } else {
        (precision > scale).then(|| precision - scale)
    }
}

fn is_text(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Text
            | Kind::LongText
            | Kind::Phone
            | Kind::Email
            | Kind::Domain
            | Kind::Url
            | Kind::Emails
            | Kind::Entries
    )
}

/// The limits that a CRM has for all fields of a kind.
fn with_limits(provider: Provider, mut rule: FieldRule) -> FieldRule {
    let is_money = rule.type_name.eq_ignore_ascii_case("currency");
    match provider {
        Provider::Hubspot if is_text(rule.kind) => {
            rule.max_length.get_or_insert(65_536);
        }
        Provider::Zoho if is_money => {
            rule.max_decimals.get_or_insert(9);
        }
        Provider::Sugarcrm if rule.kind == Kind::Reference => {
            rule.max_length.get_or_insert(36);
        }
        Provider::Hubspot
        | Provider::Salesforce
        | Provider::Pipedrive
        | Provider::Zoho
        | Provider::Sugarcrm => {}
    }
    rule
}

fn on_other_choice(provider: Provider, is_closed: bool) -> Treatment {
    match provider {
        Provider::Hubspot | Provider::Pipedrive => Treatment::Refuses,
        Provider::Salesforce | Provider::Zoho if is_closed => Treatment::Refuses,
        Provider::Salesforce | Provider::Zoho | Provider::Sugarcrm => Treatment::Spoils,
    }
}

fn standard_choices(standard: &StandardField) -> Choices {
    let labels = standard.option_labels;
    Choices::new(
        standard
            .options
            .iter()
            .enumerate()
            .map(|(place, &value)| Choice {
                value: value.into(),
                label: labels.get(place).copied().unwrap_or(value).into(),
            })
            .collect(),
    )
}

fn standard_kind(provider: Provider, standard: &StandardField) -> Kind {
    match (provider, standard.format, standard.shape) {
        (Provider::Pipedrive | Provider::Sugarcrm, "email", "array") => return Kind::Emails,
        (_, "email", _) => return Kind::Email,
        // The second address is checked like the first.
        (Provider::Sugarcrm, ..) if standard.slug == "email2" => return Kind::Email,
        (_, "domain", _) => return Kind::Domain,
        _ => {}
    }
    match (provider, standard.type_name) {
        (Provider::Pipedrive, "phone" | "varchar") if standard.shape == "array" => Kind::Entries,
        // Pipedrive's type of both.
        (Provider::Pipedrive, "date") if !standard.json.is_empty() => Kind::DateTime,
        (Provider::Zoho, "text") if standard.shape == "array" || standard.json == "array" => {
            Kind::Tags
        }
        // SugarCRM's type of a name and of an id.
        (Provider::Sugarcrm, "relate") if standard.slug.ends_with("_id") => Kind::Reference,
        (Provider::Sugarcrm, "relate") if standard.slug == "team_name" => Kind::Teams,
        (Provider::Hubspot, "enumeration") if standard.is_multiple => Kind::Options,
        (Provider::Hubspot, "enumeration") => Kind::Option,
        _ => live::kind_of(provider, standard.type_name, standard.input),
    }
}

/// Names that a record may have beside those of the list of fields.
fn implied(provider: Provider, known: &[StandardField], fields: &[FieldRule]) -> Vec<FieldRule> {
    let has = |name: &str| fields.iter().any(|field| &*field.slug == name);
    match provider {
        Provider::Hubspot | Provider::Zoho | Provider::Sugarcrm => Vec::new(),
        Provider::Pipedrive => {
            let second_names = known.iter().filter_map(|standard| {
                let (name, of) = match (has(standard.slug), has(standard.write_slug)) {
                    (true, false) if !standard.write_slug.is_empty() => {
                        (standard.write_slug, standard.slug)
                    }
                    (false, true) => (standard.slug, standard.write_slug),
                    _ => return None,
                };
                let of = fields.iter().find(|field| &*field.slug == of)?;
                Some(FieldRule::implied(name, of.kind, of))
            });
            let custom = FieldRule {
                is_implied: true,
                ..FieldRule::new("custom_fields", "", "object", Kind::CustomFields)
            };
            second_names.chain([custom]).collect()
        }
        Provider::Salesforce => fields
            .iter()
            .filter(|field| field.kind == Kind::Reference && !field.is_read_only)
            .filter_map(|field| {
                let name = match field.slug.strip_suffix("__c") {
                    Some(custom) => format!("{custom}__r"),
                    None => field
                        .slug
                        .strip_suffix("Id")
                        .filter(|name| !name.is_empty())?
                        .to_owned(),
                };
                (!has(&name)).then(|| FieldRule::implied(&name, Kind::Related, field))
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::*;

    fn live(fields: Value) -> Vec<Field> {
        let fields: Vec<Map<String, Value>> = serde_json::from_value(fields).unwrap();
        fields
            .into_iter()
            .map(|mut field| {
                let known = ["name", "slug", "type", "required", "label"];
                let extra: Map<String, Value> = field
                    .iter()
                    .filter(|(name, _)| !known.contains(&name.as_str()))
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect();
                field.insert("extra".to_owned(), Value::Object(extra));
                serde_json::from_value(Value::Object(field)).unwrap()
            })
            .collect()
    }

    fn rules(provider: Provider, fields: Value) -> Rules {
        Rules::new(provider, PushKind::Contacts, &live(fields))
    }

    #[test]
    fn names_are_exact_but_in_salesforce() {
        let salesforce = rules(Provider::Salesforce, json!([]));
        assert_eq!(&*salesforce.field("LASTNAME").unwrap().slug, "LastName");
        for (provider, name) in [
            (Provider::Hubspot, "Email"),
            (Provider::Pipedrive, "Name"),
            (Provider::Zoho, "email"),
            (Provider::Sugarcrm, "Last_Name"),
        ] {
            let rules = rules(provider, json!([]));
            assert!(rules.field(name).is_none(), "{provider}");
            assert!(rules.similar(name).is_some(), "{provider}");
        }
    }

    #[test]
    fn similar_names_differ_by_case_blanks_and_a_mark() {
        let hubspot = rules(Provider::Hubspot, json!([]));
        for name in [
            "Email",
            " email",
            "\u{feff}email",
            "\u{ef}\u{bb}\u{bf}email",
            "First Name",
        ] {
            assert!(hubspot.similar(name).is_some(), "{name:?}");
        }
        for name in ["email", "e-mail", "mail", ""] {
            assert_eq!(hubspot.similar(name), None, "{name:?}");
        }
        let salesforce = rules(Provider::Salesforce, json!([]));
        assert_eq!(salesforce.similar("email"), None);
        assert_eq!(salesforce.similar("email "), Some("Email"));
    }

    #[test]
    fn the_nearest_name_is_found_by_slug_and_label() {
        let hubspot = rules(Provider::Hubspot, json!([]));
        assert_eq!(hubspot.nearest("jobtitl"), Some("jobtitle"));
        assert_eq!(hubspot.nearest("e-mail"), Some("email"));
        assert_eq!(hubspot.nearest("Mobile Phone Number"), Some("mobilephone"));
        assert_eq!(hubspot.nearest("first_name"), Some("firstname"));
        assert_eq!(hubspot.nearest("qqqq"), None);
        let zoho = rules(Provider::Zoho, json!([]));
        assert_eq!(zoho.nearest("lastname"), Some("Last_Name"));
    }

    #[test]
    fn live_fields_win_over_facts() {
        let rules = rules(
            Provider::Hubspot,
            json!([
                {"slug": "email", "type": "string"},
                {"slug": "jobtitle", "type": "enumeration", "fieldType": "select", "required": true,
                 "options": [{"label": "Boss", "value": "boss"}, {"label": "Hand", "value": "hand"}]},
                {"slug": "score", "type": "number", "label": "Score"},
            ]),
        );
        assert_eq!(rules.field("email").unwrap().kind, Kind::Email);
        let title = rules.field("jobtitle").unwrap();
        assert_eq!(title.kind, Kind::Option);
        assert!(title.is_required);
        assert!(title.choices.has(b"boss"));
        assert_eq!(&*title.choices.labelled("Hand").unwrap().value, "hand");
        assert_eq!(rules.field("score").unwrap().kind, Kind::Number);
        assert!(rules.field("lastname").is_none(), "not among the live ones");
    }

    #[test]
    fn lengths_and_options_come_in_each_crms_shape() {
        let salesforce = rules(
            Provider::Salesforce,
            json!([
                {"slug": "Tier__c", "type": "picklist", "length": 40, "restrictedPicklist": true,
                 "picklistValues": [{"value": "A", "label": "First", "active": true},
                                    {"value": "B", "active": false}]},
                {"slug": "Owner__c", "type": "reference", "referenceTo": ["User"], "createable": false},
            ]),
        );
        let tier = salesforce.field("tier__c").unwrap();
        assert_eq!(tier.max_length, Some(40));
        assert_eq!(tier.on_other_choice, Treatment::Refuses);
        assert!(tier.choices.has(b"A") && !tier.choices.has(b"B"));
        assert!(salesforce.field("Owner__c").unwrap().is_read_only);

        let zoho = rules(
            Provider::Zoho,
            json!([{"slug": "Grade", "type": "picklist", "length": "120",
                    "pick_list_values": [{"display_value": "Top", "actual_value": "top"}]}]),
        );
        assert!(zoho.field("Grade").unwrap().choices.has(b"top"));

        let pipedrive = rules(
            Provider::Pipedrive,
            json!([{"slug": "0123456789abcdef0123456789abcdef01234567", "type": "enum",
                    "options": [{"id": 7, "label": "Seven"}]}]),
        );
        let field = pipedrive
            .field("0123456789abcdef0123456789abcdef01234567")
            .unwrap();
        assert!(field.choices.has(b"7"));

        let sugar = rules(
            Provider::Sugarcrm,
            json!([{"slug": "tier_c", "type": "enum", "len": 50, "options": {"a": "First", "": ""}},
                   {"slug": "kind_c", "type": "enum", "options": "kind_dom"}]),
        );
        assert!(sugar.field("tier_c").unwrap().choices.has(b"a"));
        assert!(sugar.field("kind_c").unwrap().choices.is_empty());
    }

    #[test]
    fn a_requirement_of_the_crm_itself_stays() {
        let pipedrive = rules(
            Provider::Pipedrive,
            json!([{"slug": "name", "type": "varchar", "required": false},
                   {"slug": "email", "type": "varchar"}]),
        );
        assert!(pipedrive.field("name").unwrap().is_required);
        assert!(pipedrive.field("emails").unwrap().is_implied);
        let salesforce = rules(
            Provider::Salesforce,
            json!([{"slug": "LastName", "type": "string", "required": true},
                   {"slug": "DoNotCall", "type": "boolean", "required": true}]),
        );
        let do_not_call = salesforce.field("DoNotCall").unwrap();
        assert!(!do_not_call.is_required, "Salesforce fills it");
    }
}
