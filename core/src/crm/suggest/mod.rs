//! Which field of a CRM a table's columns belong to.
//!
//! Each name has candidates, better and worse ones. They are given out best first, and no field twice;
//! a name whose candidates are all given away has no field, and its reason says so.

mod ideas;
mod read_only;
mod spelling;

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use crate::crm::rules::crm_name;
use crate::error::{Error, Result};
use crate::names::{EntityType, Provider};
use crate::quote::quote;
use crate::reads::{Field, Fields};
use ideas::{BESIDE, Home, Idea, Otherwise};
use spelling::{is_slip, plain, words};

/// Where one name of a table belongs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Suggestion {
    /// The name, as it was given.
    pub name: String,
    /// The field to send it as; `None` when there is none.
    pub field: Option<String>,
    /// That field's label, when it has one.
    pub label: Option<String>,
    /// Why this field, or why none: "same name", "usual name for the e-mail address".
    pub reason: String,
}

/// Where the names of a table belong, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Suggestions(Vec<Suggestion>);

impl Suggestions {
    /// The option `rename` of a push: the fields by the names that have one and are spelled otherwise.
    pub fn rename(&self) -> BTreeMap<String, String> {
        self.0
            .iter()
            .filter_map(|found| Some((found.name.clone(), found.field.clone()?)))
            .filter(|(name, field)| name != field)
            .collect()
    }

    /// The option `columns` of a push: the names that have a field.
    pub fn columns(&self) -> Vec<String> {
        self.0
            .iter()
            .filter(|found| found.field.is_some())
            .map(|found| found.name.clone())
            .collect()
    }
}

impl std::ops::Deref for Suggestions {
    type Target = [Suggestion];

    fn deref(&self) -> &[Suggestion] {
        &self.0
    }
}

impl IntoIterator for Suggestions {
    type Item = Suggestion;
    type IntoIter = std::vec::IntoIter<Suggestion>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Suggestions {
    type Item = &'a Suggestion;
    type IntoIter = std::slice::Iter<'a, Suggestion>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl Fields {
    /// The field that each name of a table belongs to, with the reason, or why it belongs to none.
    ///
    /// No field is given to two names, and none that a create cannot set. The names alone decide: look
    /// at the result before a push.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) when the fields do not say whose they are.
    pub fn suggest<N: AsRef<str>>(
        &self,
        names: impl IntoIterator<Item = N>,
    ) -> Result<Suggestions> {
        let (Some(provider), Some(entity_type)) = (self.provider(), self.entity_type()) else {
            return Err(Error::config(
                "these fields do not say of which CRM and entity they are, which suggest needs: \
                 get them by client.fields(provider, entity_type), or give both to Fields",
            ));
        };
        let given: Vec<String> = names
            .into_iter()
            .map(|name| name.as_ref().to_owned())
            .collect();
        // A mapping has each name once: the second of a name could only take the first's place.
        let mut known = HashSet::new();
        let names: Vec<String> = given
            .iter()
            .filter(|name| known.insert(name.as_str()))
            .cloned()
            .collect();
        let target = Target::new(self, provider, entity_type);
        let mut of_names = target.suggest(&names).into_iter();
        known.clear();
        let suggestions = given.iter().filter_map(|name| {
            if known.insert(name.as_str()) {
                return of_names.next();
            }
            Some(Suggestion {
                name: name.clone(),
                field: None,
                label: None,
                reason: "the name stands before: give each column a name of its own".to_owned(),
            })
        });
        Ok(Suggestions(suggestions.collect()))
    }
}

/// How good a match is, the best first; in brackets the name's place among the idea's usual names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Match {
    SameName,
    SameSpelling,
    SameLabel,
    /// Where the CRM keeps what the name stands for.
    Idea(usize),
    /// Where the CRM keeps it too.
    OtherHome(usize),
    /// A field whose label says the same in other words.
    IdeaOfLabel(usize),
    NearLabel,
    NearIdea,
    /// Where it goes when nothing that belongs there does.
    LastResort(usize),
}

struct Candidate {
    name: usize,
    field: usize,
    quality: Match,
    reason: String,
}

/// A name of the table.
struct Column<'a> {
    name: &'a str,
    plain: String,
    meaning: Meaning,
    /// Whether it means something else beside another column.
    is_renamed: bool,
    /// Whether it asks for an id.
    is_id: bool,
}

/// What a name stands for.
#[derive(Clone, Copy)]
enum Meaning {
    /// An idea, and which of its names it is.
    Of(&'static Idea, usize),
    /// The same, but mistyped.
    Near(&'static Idea),
    Unknown,
}

impl Meaning {
    fn idea(self) -> Option<&'static Idea> {
        match self {
            Self::Of(idea, _) | Self::Near(idea) => Some(idea),
            Self::Unknown => None,
        }
    }
}

/// A field as names are compared with it.
struct Known<'a> {
    field: &'a Field,
    plain: String,
    labels: Vec<String>,
    meaning: Option<&'static Idea>,
    is_read_only: bool,
    takes_id: bool,
    takes_list: bool,
}

/// Where a CRM keeps what a name stands for, as far as its fields are there.
#[derive(Default)]
struct ReachableHome<'a> {
    fields: Vec<&'a str>,
    last_resort: Option<&'a str>,
}

struct Target<'a> {
    provider: Provider,
    entity_type: EntityType,
    fields: Vec<Known<'a>>,
}

impl<'a> Target<'a> {
    fn new(fields: &'a [Field], provider: Provider, entity_type: EntityType) -> Self {
        let known = fields
            .iter()
            .map(|field| Known::new(field, provider, entity_type));
        Self {
            provider,
            entity_type,
            fields: known.collect(),
        }
    }

    fn suggest(&self, names: &[String]) -> Vec<Suggestion> {
        let columns = self.columns(names);
        let mut candidates: Vec<Candidate> = columns
            .iter()
            .enumerate()
            .flat_map(|(number, column)| self.candidates(number, column))
            .collect();
        // Of equals the first column wins.
        candidates.sort_by_key(|candidate| (candidate.quality, candidate.name, candidate.field));
        let mut given: Vec<Option<&Candidate>> = columns.iter().map(|_| None).collect();
        let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
        for candidate in &candidates {
            if let Some(place @ None) = given.get_mut(candidate.name)
                && !taken.contains_key(&candidate.field)
            {
                *place = Some(candidate);
                taken.insert(candidate.field, candidate.name);
            }
        }
        let mut seen = HashSet::new();
        columns
            .iter()
            .enumerate()
            .zip(given)
            .map(|((number, column), candidate)| {
                let is_repeated = !seen.insert(column.name);
                let found = candidate.and_then(|candidate| {
                    let known = self.fields.get(candidate.field)?;
                    Some((known.field, candidate.reason.clone()))
                });
                let (field, reason) = match found {
                    Some((field, reason)) => (Some(field), reason),
                    None if is_repeated => (None, String::from("the name stands here twice")),
                    None => {
                        let best = candidates.iter().find(|other| other.name == number);
                        let winner = best.and_then(|best| {
                            let winner = columns.get(*taken.get(&best.field)?)?;
                            let known = self.fields.get(best.field)?;
                            Some((known.field.slug.as_str(), winner.name))
                        });
                        (None, self.why_none(column, winner))
                    }
                };
                Suggestion {
                    name: column.name.to_owned(),
                    field: field.map(|field| field.slug.clone()),
                    label: field.and_then(|field| field.label.clone()),
                    reason,
                }
            })
            .collect()
    }

    fn columns<'n>(&self, names: &'n [String]) -> Vec<Column<'n>> {
        let all: HashSet<String> = names.iter().map(|name| plain(name)).collect();
        names
            .iter()
            .map(|name| {
                let plain = plain(name);
                let other = BESIDE
                    .iter()
                    .find(|(own, beside, _)| plain == *own && all.contains(*beside));
                let is_renamed = other.is_some();
                let plain = other.map_or(plain, |(_, _, meaning)| String::from(*meaning));
                let words = words(name);
                Column {
                    name,
                    meaning: self.meaning(&plain, &words),
                    plain,
                    is_renamed,
                    is_id: words.last().is_some_and(|word| word == "id"),
                }
            })
            .collect()
    }

    fn meaning(&self, plain: &str, words: &[String]) -> Meaning {
        let ideas = ideas_of(self.entity_type);
        if let Some((idea, place)) = find_idea(ideas, plain, words, self.entity_type) {
            return Meaning::Of(idea, place);
        }
        ideas
            .iter()
            .find(|idea| idea.names.iter().any(|usual| is_slip(usual, plain)))
            .map_or(Meaning::Unknown, Meaning::Near)
    }

    /// The fields that a column may be sent as.
    fn candidates(&self, number: usize, column: &Column<'_>) -> Vec<Candidate> {
        let home = self.reachable_home(column.meaning.idea());
        self.fields
            .iter()
            .enumerate()
            .filter(|(_, known)| !known.is_read_only && !known.field.slug.is_empty())
            .filter_map(|(field, known)| {
                let (quality, reason) = self.compare(column, known, &home)?;
                Some(Candidate {
                    name: number,
                    field,
                    quality,
                    reason,
                })
            })
            .collect()
    }

    fn compare(
        &self,
        column: &Column<'_>,
        known: &Known<'_>,
        home: &ReachableHome<'_>,
    ) -> Option<(Match, String)> {
        let slug = known.field.slug.as_str();
        let own = self.own_match(column, known);
        let named = match own {
            Some(Match::SameLabel) => "same label",
            Some(_) if known.takes_id => "same name; it takes an id",
            Some(_) if known.takes_list => "same name; it takes a list",
            _ => "same name",
        };
        let is_best = home.fields.first() == Some(&slug);
        let is_other = !is_best && home.fields.contains(&slug);
        match (own, column.meaning) {
            // The CRM keeps it elsewhere first, whatever this field is called.
            (Some(_), Meaning::Of(_, rank)) if is_other => {
                Some((Match::OtherHome(rank), named.to_owned()))
            }
            (Some(own), _) => Some((own, named.to_owned())),
            (None, Meaning::Of(idea, rank)) => {
                let usual = format!("usual name for {}", idea.what);
                if is_best {
                    Some((Match::Idea(rank), usual))
                } else if known.takes_text_of(idea) {
                    Some((Match::IdeaOfLabel(rank), usual))
                } else if home.last_resort == Some(slug) {
                    let crm = crm_name(self.provider);
                    let reason = format!("{crm} keeps {} here too", idea.what);
                    Some((Match::LastResort(rank), reason))
                } else {
                    None
                }
            }
            (None, Meaning::Near(idea)) if is_best => {
                let reason = format!("close to a usual name for {}", idea.what);
                Some((Match::NearIdea, reason))
            }
            (None, _) => {
                let is_near = known.takes_text() && known.is_near(&column.plain);
                is_near.then(|| (Match::NearLabel, String::from("nearest label")))
            }
        }
    }

    fn own_match(&self, column: &Column<'_>, known: &Known<'_>) -> Option<Match> {
        if column.is_renamed {
            return None;
        }
        // `Owner`, one of Zoho's slugs, is what any CRM's export calls a column of names.
        let is_any_word = known.takes_id && !column.is_id && !column.name.contains(['_', '-']);
        if self.is_same_slug(column.name, &known.field.slug) && !is_any_word {
            return Some(Match::SameName);
        }
        if known.takes_id {
            // The id of what, in which system: only the label's own words tell.
            let label = known.field.label.as_ref().unwrap_or(&known.field.name);
            let is_its = column.name.trim().to_lowercase() == label.to_lowercase();
            return (column.is_id && is_its).then_some(Match::SameLabel);
        }
        if known.takes_list || column.plain.is_empty() {
            None
        } else if column.plain == known.plain {
            Some(Match::SameSpelling)
        } else if known.labels.contains(&column.plain) {
            Some(Match::SameLabel)
        } else {
            None
        }
    }

    fn home(&self, idea: &Idea) -> Home {
        match self.entity_type {
            EntityType::Contacts | EntityType::Companies => idea.home(self.provider),
            // Their fields tell by their labels what they are.
            EntityType::Leads | EntityType::Deals => Home {
                fields: &[],
                last_resort: None,
                otherwise: Otherwise::Nothing,
            },
        }
    }

    /// An idea's home as far as these fields have it.
    fn reachable_home(&self, idea: Option<&Idea>) -> ReachableHome<'_> {
        let Some(home) = idea.map(|idea| self.home(idea)) else {
            return ReachableHome::default();
        };
        let reachable = |slug: &str| {
            let found = self
                .fields
                .iter()
                .find(|known| !known.is_read_only && self.is_same_slug(slug, &known.field.slug));
            found.map(|known| known.field.slug.as_str())
        };
        ReachableHome {
            fields: home
                .fields
                .iter()
                .filter_map(|slug| reachable(slug))
                .collect(),
            last_resort: home.last_resort.and_then(reachable),
        }
    }

    fn is_same_slug(&self, one: &str, other: &str) -> bool {
        one == other || (self.provider == Provider::Salesforce && one.eq_ignore_ascii_case(other))
    }

    /// Why a column has no field; `winner` are the field that it wanted most and who has it.
    fn why_none(&self, column: &Column<'_>, winner: Option<(&str, &str)>) -> String {
        let crm = crm_name(self.provider);
        let because = column
            .meaning
            .idea()
            .and_then(|idea| match self.home(idea).otherwise {
                Otherwise::Because(reason) => Some(reason.to_owned()),
                Otherwise::AtCompany => Some(format!(
                    "{crm} keeps {} with the company, not with the contact",
                    idea.what
                )),
                Otherwise::Nothing => None,
            });
        if let Some(because) = because {
            return because;
        }
        if let Some((slug, winner)) = winner {
            return format!(
                "{slug} is taken by '{}', which fits it better",
                quote(winner.as_bytes())
            );
        }
        let filled = self.fields.iter().find(|known| {
            let is_its = known.plain == column.plain || known.labels.contains(&column.plain);
            is_its || column.meaning.idea().is_some_and(|idea| known.means(idea))
        });
        match (filled, column.meaning.idea()) {
            (Some(known), _) if known.is_read_only => {
                format!("{} cannot be set: {crm} fills it itself", known.field.slug)
            }
            (Some(known), _) if known.takes_id => {
                format!("{} takes an id, not a name", known.field.slug)
            }
            (_, Some(idea)) => format!(
                "{crm} has no standard field for {}, and no custom one has its name",
                idea.what
            ),
            (_, None) => String::from("no field has this name or label"),
        }
    }
}

impl<'a> Known<'a> {
    fn new(field: &'a Field, provider: Provider, entity_type: EntityType) -> Self {
        let labels: Vec<String> = [field.label.as_deref(), Some(field.name.as_str())]
            .into_iter()
            .flatten()
            .map(plain)
            .filter(|label| !label.is_empty())
            .collect();
        let ideas = ideas_of(entity_type);
        let meaning = [field.label.as_deref(), Some(field.name.as_str())]
            .into_iter()
            .flatten()
            .find_map(|label| find_idea(ideas, &plain(label), &words(label), entity_type))
            .map(|(idea, _)| idea);
        let fact = read_only::is_read_only(provider, entity_type, &field.slug);
        Self {
            field,
            plain: plain(&field.slug),
            labels,
            meaning,
            // A create is not meant to bring its id, though SugarCRM would take one.
            is_read_only: fact || field.is_read_only() || field.slug.eq_ignore_ascii_case("id"),
            takes_id: takes_id(field),
            takes_list: takes_list(provider, field),
        }
    }

    fn means(&self, idea: &Idea) -> bool {
        self.meaning.is_some_and(|own| std::ptr::eq(own, idea))
    }

    fn takes_text(&self) -> bool {
        !self.takes_id && !self.takes_list
    }

    fn takes_text_of(&self, idea: &Idea) -> bool {
        self.takes_text() && self.means(idea)
    }

    fn is_near(&self, name: &str) -> bool {
        is_slip(&self.plain, name) || self.labels.iter().any(|label| is_slip(label, name))
    }
}

/// Whether its values are ids of other records.
fn takes_id(field: &Field) -> bool {
    let own = field.field_type.as_deref().unwrap_or_default();
    matches!(
        own.to_ascii_lowercase().as_str(),
        "id" | "reference" | "lookup" | "ownerlookup" | "relate" | "org" | "user" | "people"
    ) || field.slug == "hubspot_owner_id"
        || field.slug.ends_with("_ids")
}

/// Whether a text in it is ignored or refused, so that no column of a table fits.
fn takes_list(provider: Provider, field: &Field) -> bool {
    match provider {
        Provider::Sugarcrm => field.slug == "email" || field.slug == "tag",
        Provider::Zoho => field.slug == "Tag",
        _ => false,
    }
}

fn ideas_of(entity_type: EntityType) -> &'static [Idea] {
    match entity_type {
        EntityType::Contacts | EntityType::Leads => ideas::CONTACTS,
        EntityType::Companies => ideas::COMPANIES,
        EntityType::Deals => &[],
    }
}

/// The idea that a name stands for, and which of its names it is.
fn find_idea(
    ideas: &'static [Idea],
    plain: &str,
    words: &[String],
    entity_type: EntityType,
) -> Option<(&'static Idea, usize)> {
    let named = |name: &str| {
        ideas.iter().find_map(|idea| {
            let place = idea.names.iter().position(|usual| *usual == name)?;
            Some((idea, place))
        })
    };
    if let Some(found) = named(plain) {
        return Some(found);
    }
    let idle = match entity_type {
        EntityType::Companies => ideas::COMPANYS_WORDS,
        _ => ideas::PERSONS_WORDS,
    };
    let (first, rest) = words.split_first()?;
    if !idle.contains(&first.as_str()) || rest.is_empty() {
        return None;
    }
    // Behind the names that need no word before them.
    named(&rest.concat()).map(|(idea, place)| (idea, place + idea.names.len()))
}
