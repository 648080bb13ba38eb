//! How a push goes.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;

use crate::crm::fix::Empty;
use crate::error::{Error, Result};
use crate::files::journal;
use crate::files::private_file;
use crate::names::{EntityType, Provider, PushKind};
use crate::push::sizing::BatchSize;
use crate::quote::quote;
use crate::reads::Fields;
use crate::records::{RecordForm, RecordShape};

/// Most records of one request.
pub const MAX_BATCH_SIZE: usize = 1_000;
/// Most requests of one push at a time.
pub const MAX_CONCURRENCY: usize = 64;
/// How long requests under way may answer after a stop: less than the 30 s that orchestrators leave a process.
pub const DEFAULT_GRACE: Duration = Duration::from_secs(25);
const DEFAULT_BATCH_BYTES: usize = 1024 * 1024;
/// A share of failures is not judged before so many records were tried.
const FEWEST_FOR_A_SHARE: usize = 100;

/// What to do with a batch that was sent and got no trustworthy answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnUnknown {
    /// Report its records as unknown.
    #[default]
    Report,
    /// Send it again with the same idempotency key, at the risk of duplicates.
    Retry,
}

/// What to do with a record whose key the journal knows as pushed, and that is another record by now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnChange {
    /// Count it in the [report](crate::PushReport::changed) and send nothing: the service can create records, not
    /// update them.
    #[default]
    Report,
    /// Create it again, beside what is in the CRM under its key, once the source was read; not one that an earlier
    /// run found there, nor one that shares its key with another. A push that would do so with 20 records or more,
    /// and with half of those met whose keys were pushed, is an error, and sends none of them: most likely the
    /// values have another form than before.
    Push,
    /// As [`Push`](Self::Push), however many there are, and at once.
    PushAll,
}

/// What to do when a record fails or its outcome is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnError {
    /// Go on with the others.
    #[default]
    Continue,
    /// End the push: no further batch leaves.
    Stop,
}

/// What becomes of records that share an identity with an earlier record of the same push: an e-mail address,
/// a company's domain or name, whichever the CRM's errors name records by. Letter case and blanks around it
/// make no difference, and of several e-mail addresses of a record any counts.
///
/// The first of them travels, also when it fails later; one that our own check refused is not the first.
/// Records without an identity all travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unique {
    /// They end [skipped](crate::Outcome::Skipped).
    First,
    /// They end [failed](crate::Outcome::Failed).
    Error,
}

/// How to end the doubt about records whose outcome is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResolveUnknown {
    /// Look them up in the CRM by their e-mail addresses, once the service can no longer be at work on them
    /// (see [`PushOptions::resolve_unknown_after`]). Not there: not sent. There: pushed, if the push had looked
    /// before and it was not there (see [`PushOptions::skip_existing`]); else still unknown. Records without
    /// an e-mail address, and all whose look-up fails, stay unknown.
    LookUp,
}

/// How many failed records a push bears; one more ends it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum MaxFailures {
    /// So many records.
    Count(usize),
    /// This share of the records tried, between 0 and 1; judged from 100 records on.
    Share(f64),
}

/// A list of a CRM, by its id or its name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TargetList {
    /// The list's id in the CRM.
    Id(String),
    /// The list's name in the CRM, which must be the name of one list.
    Name(String),
}

impl MaxFailures {
    /// A whole number is a count; one between 0 and 1 is a share.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) for any other number.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be a whole number in range"
    )]
    pub fn from_number(number: f64) -> Result<Self> {
        if number > 0.0 && number < 1.0 {
            return Ok(Self::Share(number));
        }
        if number >= 0.0 && number.fract() == 0.0 && number <= 9e15 {
            return Ok(Self::Count(number as usize));
        }
        Err(Error::config(format!(
            "max_failures is {number}: use a whole number of records, or a share between 0 and 1"
        )))
    }

    #[expect(clippy::cast_precision_loss, reason = "a share needs no exact counts")]
    pub(crate) fn are_exceeded(self, failed: usize, tried: usize) -> bool {
        match self {
            Self::Count(most) => failed > most,
            Self::Share(share) => {
                tried >= FEWEST_FOR_A_SHARE && failed as f64 > share * tried as f64
            }
        }
    }
}

impl FromStr for OnUnknown {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        one_of(
            "on_unknown",
            name,
            [("report", Self::Report), ("retry", Self::Retry)],
        )
    }
}

impl FromStr for OnChange {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        one_of(
            "on_change",
            name,
            [
                ("report", Self::Report),
                ("push", Self::Push),
                ("push_all", Self::PushAll),
            ],
        )
    }
}

impl FromStr for OnError {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        one_of(
            "on_error",
            name,
            [("continue", Self::Continue), ("stop", Self::Stop)],
        )
    }
}

impl FromStr for Unique {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        one_of(
            "unique",
            name,
            [("first", Self::First), ("error", Self::Error)],
        )
    }
}

impl FromStr for ResolveUnknown {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        one_of("resolve_unknown", name, [("lookup", Self::LookUp)])
    }
}

impl FromStr for BatchSize {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        if name == "auto" {
            return Ok(Self::Auto);
        }
        Err(Error::config(format!(
            "batch_size is '{}': use auto or a number",
            quote(name.as_bytes())
        )))
    }
}

pub(crate) fn one_of<T, const N: usize>(
    option: &str,
    name: &str,
    known: [(&str, T); N],
) -> Result<T> {
    let names = known.each_ref().map(|(known, _)| *known);
    known
        .into_iter()
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value)
        .ok_or_else(|| {
            Error::config(format!(
                "{option} is '{}': use {}",
                quote(name.as_bytes()),
                names.join(" or ")
            ))
        })
}

/// How a push goes.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option that a caller names"
)]
pub struct PushOptions {
    /// Records per request, up to [`MAX_BATCH_SIZE`]. Default: [`Auto`](BatchSize::Auto).
    pub batch_size: BatchSize,
    /// Most bytes of a request's records; a larger record travels alone. Default: 1 MiB.
    pub batch_bytes: usize,
    /// Requests at a time, 1 to [`MAX_CONCURRENCY`]; list changes always go one request at a time, in
    /// order. Default: 4.
    pub concurrency: usize,
    /// What to do in doubt. Default: report it. List changes are idempotent and always repeated.
    pub on_unknown: OnUnknown,
    /// With a journal and a primary key: what to do with records that were pushed and are others by now.
    /// Default: report them.
    pub on_change: OnChange,
    /// What to do when a record fails or its outcome is unknown. Default: go on.
    pub on_error: OnError,
    /// More failed records than this end the push. Default: none do.
    pub max_failures: Option<MaxFailures>,
    /// So many batches in a row without a trustworthy answer end the push; 0 never does.
    /// Default: 3.
    pub max_consecutive_unknown: u32,
    /// An object handed through to the service untouched as `provider_fields`. Default: none.
    pub provider_fields: Option<Box<RawValue>>,
    /// Longest time for the push as a whole. Default: none.
    pub deadline: Option<Duration>,
    /// How long requests under way may answer after a [stop](crate::StopHandle::stop); what is unanswered then
    /// is in doubt. Default: [`DEFAULT_GRACE`].
    pub grace: Duration,
    /// A file to which failed and unknown records are added as NDJSON as the push goes; the last line of
    /// a record is its outcome, also when a later run of a journal changes it. It holds customers' data and
    /// is made for its owner alone (0600). A regular file, not a symbolic link to one. Default: none.
    pub dead_letter: Option<PathBuf>,
    /// A file that lets the same push go on after a crash: run again with the same source and it
    /// sends what was not sent. One push at a time, by whatever name: a symbolic link is followed to the file
    /// itself, hard links are refused. Made for its owner alone (0600).
    ///
    /// With [`RecordShape::primary_key`] it belongs to a stream of keys, not to one source: whatever the order,
    /// growth or shrinkage of the source, what any earlier run pushed is not sent again and counts as pushed.
    /// Default: none.
    pub journal: Option<PathBuf>,
    /// What to do with contacts or companies that share an identity with an earlier record of this push, whose
    /// index their message names. Keeps 16 bytes or more per identity in memory. Default: all travel.
    pub unique: Option<Unique>,
    /// Look contacts up by their e-mail addresses before they leave: those that the CRM has are
    /// [skipped](crate::Outcome::Skipped), with the CRM's ids in [`Skip::existing`](crate::Skip::existing). One
    /// more request per 100 addresses, beside those that create. Contacts without an address by itself travel, counted in
    /// a [warning](crate::PushReport::warnings); those whose look-up fails are not sent. Two records of one
    /// push with the same address are no matter of this, but of `unique`. Default: false.
    pub skip_existing: bool,
    /// How to end the doubt about records whose outcome is unknown. Default: not at all.
    pub resolve_unknown: Option<ResolveUnknown>,
    /// How long after the last request in doubt has left the service can still be at work on it, and its search
    /// can lag behind; with [`add_to_list`](Self::add_to_list), how long after the last contact was created. Default:
    /// twice the time after which a silent request is given up.
    pub resolve_unknown_after: Option<Duration>,
    /// Make a list that a change, or `add_to_list`, names and the CRM does not have, once a member of it is found.
    /// Default: nobody is added.
    pub create_list: bool,
    /// After the push, add the contacts that were pushed and those that were skipped to this list: they are looked
    /// up in the CRM by their e-mail addresses, for up to half a minute where the CRM's search lags. They are
    /// looked up before the push as well, unless the CRM refuses a second contact of an address as `HubSpot` does, so
    /// that no older one is taken for them. What became of that is told [apart](crate::PushReport::added_to_list) and
    /// changes no outcome. A name that no list has, or several, ends the push before anything is sent. Keeps the e-mail
    /// address of each record in memory. Default: none.
    pub add_to_list: Option<TargetList>,
    /// Which fields of contacts and companies travel, and under what names. Default: as they are.
    pub shape: RecordShape,
    /// Check contacts and companies as [`Client::check`](crate::Client::check) does before they leave: a record
    /// with an error ends as failed and is not sent, warnings are counted in the
    /// [report](crate::PushReport::warnings). Default: false.
    pub check: bool,
    /// Make right by the customer's fields what can be made right without loss, and count it in the
    /// [report](crate::PushReport::fixed). Default: false.
    pub fix: bool,
    /// What becomes of empty texts. Default: they travel as they are.
    pub empty: Empty,
    /// The customer's fields, for `check` and `fix`. Default: they are asked for, once in five minutes per
    /// client and CRM.
    pub fields: Option<Arc<Fields>>,
}

impl Default for PushOptions {
    fn default() -> Self {
        Self {
            batch_size: BatchSize::Auto,
            batch_bytes: DEFAULT_BATCH_BYTES,
            concurrency: 4,
            on_unknown: OnUnknown::Report,
            on_change: OnChange::Report,
            on_error: OnError::Continue,
            max_failures: None,
            max_consecutive_unknown: 3,
            provider_fields: None,
            deadline: None,
            grace: DEFAULT_GRACE,
            dead_letter: None,
            journal: None,
            unique: None,
            skip_existing: false,
            resolve_unknown: None,
            resolve_unknown_after: None,
            create_list: false,
            add_to_list: None,
            shape: RecordShape::default(),
            check: false,
            fix: false,
            empty: Empty::Keep,
            fields: None,
        }
    }
}

impl PushOptions {
    /// Whether a look at the end tells contacts of this push from older ones, by what a look before has not found.
    pub(crate) fn tells_new_from_old(&self) -> bool {
        self.add_to_list.is_some() || (self.skip_existing && self.resolve_unknown.is_some())
    }

    fn check_primary_key(&self, kind: PushKind) -> Result<()> {
        let wrong = |message: &str| Err(Error::config(message));
        let names = &self.shape.primary_key;
        if names.is_empty() {
            if self.on_change != OnChange::Report {
                return wrong(
                    "on_change goes with primary_key: name the fields that are a record's key",
                );
            }
            return Ok(());
        }
        if kind == PushKind::Lists {
            return wrong("primary_key goes with contacts and companies, not with lists");
        }
        if names.iter().any(String::is_empty) {
            return wrong(
                "primary_key has an empty name: use the names that the source has for its fields",
            );
        }
        let twice = (1..names.len()).find(|place| names[..*place].contains(&names[*place]));
        match twice.and_then(|place| names.get(place)) {
            Some(name) => wrong(&format!(
                "primary_key has '{}' twice: name each field once",
                quote(name.as_bytes())
            )),
            None => Ok(()),
        }
    }

    fn check_lists(&self, kind: PushKind) -> Result<()> {
        let wrong = |message: &str| Err(Error::config(message));
        if kind != PushKind::Lists && self.create_list && self.add_to_list.is_none() {
            return wrong(&format!(
                "create_list goes with changes of lists and with add_to_list, not with {kind} alone"
            ));
        }
        match &self.add_to_list {
            Some(_) if kind != PushKind::Contacts => wrong(&format!(
                "add_to_list goes with contacts: {kind} can't be looked up"
            )),
            Some(TargetList::Id(text) | TargetList::Name(text)) if text.trim().is_empty() => {
                wrong("add_to_list is empty: pass the list's name or its id")
            }
            _ => Ok(()),
        }
    }

    /// Checks what only a push needs, not a check.
    pub(crate) fn check_for_push(&self, kind: PushKind) -> Result<()> {
        let has_key = kind != PushKind::Lists && !self.shape.primary_key.is_empty();
        if has_key && self.journal.is_none() {
            return Err(Error::config(
                "primary_key goes with journal: name a file that keeps the keys from run to run",
            ));
        }
        if self.skip_existing && self.on_change != OnChange::Report {
            return Err(Error::config(
                "on_change = push creates changed records beside those in the CRM, which skip_existing leaves out \
                 as there already: use one of the two",
            ));
        }
        if self.skip_existing && self.on_unknown == OnUnknown::Retry {
            return Err(Error::config(
                "on_unknown = retry sends records in doubt again without a look, which skip_existing promises: \
                 use resolve_unknown = lookup, which ends the doubt, and push again what is not_sent",
            ));
        }
        if self.resolve_unknown.is_some() && self.on_unknown == OnUnknown::Retry {
            return Err(Error::config(
                "on_unknown = retry sends records in doubt again before resolve_unknown = lookup could look for \
                 them: use one of the two",
            ));
        }
        Ok(())
    }

    pub(crate) fn check(&self, provider: Provider, kind: PushKind) -> Result<()> {
        let wrong = |message: String| Err(Error::config(message));
        if let Some(fields) = &self.fields {
            check_owner(fields, provider, kind)?;
        }
        if let BatchSize::Fixed(size) = self.batch_size
            && !(1..=MAX_BATCH_SIZE).contains(&size)
        {
            return wrong(format!("batch_size is {size}: use 1 to {MAX_BATCH_SIZE}"));
        }
        if let Some(path) = &self.dead_letter {
            private_file::check_path("dead-letter file", path)?;
        }
        if let Some(path) = &self.journal {
            journal::check_paths(path, self.dead_letter.as_deref())?;
        }
        if self.batch_bytes == 0 {
            return wrong("batch_bytes is 0: use a number of bytes".to_owned());
        }
        if !(1..=MAX_CONCURRENCY).contains(&self.concurrency) {
            return wrong(format!(
                "concurrency is {}: use 1 to {MAX_CONCURRENCY} requests at a time",
                self.concurrency
            ));
        }
        if let Some(MaxFailures::Share(share)) = self.max_failures
            && !(share > 0.0 && share < 1.0)
        {
            return wrong(format!(
                "max_failures is the share {share}: use one between 0 and 1"
            ));
        }
        self.check_primary_key(kind)?;
        let is_plain = self.shape.is_plain() && self.shape.form == RecordForm::Crm;
        if kind == PushKind::Lists && !is_plain {
            return wrong(
                "columns, rename, drop_nulls, nan and form go with contacts and companies, not with lists"
                    .to_owned(),
            );
        }
        if kind == PushKind::Lists && self.unique.is_some() {
            return wrong("unique goes with contacts and companies, not with lists".to_owned());
        }
        if kind == PushKind::Lists && (self.check || self.fix || self.empty != Empty::Keep) {
            return wrong(
                "check, fix and empty go with contacts and companies, not with lists".to_owned(),
            );
        }
        if kind != PushKind::Contacts && (self.skip_existing || self.resolve_unknown.is_some()) {
            return wrong(format!(
                "skip_existing and resolve_unknown = \"lookup\" go with contacts: {kind} can't be looked up"
            ));
        }
        self.check_lists(kind)?;
        let looks_later = self.resolve_unknown.is_some() || self.add_to_list.is_some();
        if self.resolve_unknown_after.is_some() && !looks_later {
            return wrong(
                "resolve_unknown_after goes with resolve_unknown = \"lookup\" and with add_to_list"
                    .to_owned(),
            );
        }
        if self.shape.columns.as_ref().is_some_and(Vec::is_empty) {
            return wrong(
                "columns is empty: name the fields that travel, or leave it out".to_owned(),
            );
        }
        if let Some(fields) = &self.provider_fields {
            if kind == PushKind::Lists {
                return wrong(
                    "provider_fields goes with contacts and companies, not with lists".to_owned(),
                );
            }
            if !fields.get().starts_with('{') {
                return wrong("provider_fields is not an object of field names".to_owned());
            }
        }
        Ok(())
    }
}

/// Fields of which is known that they are others than those of the push judge its records wrongly.
fn check_owner(fields: &Fields, provider: Provider, kind: PushKind) -> Result<()> {
    let entity_type = EntityType::of(kind);
    let theirs = (
        fields.provider().unwrap_or(provider),
        fields.entity_type().unwrap_or(entity_type),
    );
    if theirs == (provider, entity_type) {
        return Ok(());
    }
    Err(Error::config(format!(
        "fields are those of {}'s {}, and the records are {provider}'s {entity_type}: use the fields of \
         {provider} for {entity_type}",
        theirs.0, theirs.1,
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_is_a_count_of_failures_and_a_fraction_a_share() {
        assert_eq!(
            MaxFailures::from_number(0.0).unwrap(),
            MaxFailures::Count(0)
        );
        assert_eq!(
            MaxFailures::from_number(1.0).unwrap(),
            MaxFailures::Count(1)
        );
        assert_eq!(
            MaxFailures::from_number(0.1).unwrap(),
            MaxFailures::Share(0.1)
        );
        for wrong in [-1.0, 1.5, f64::NAN, f64::INFINITY] {
            assert!(MaxFailures::from_number(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_share_is_not_judged_by_the_first_records() {
        let share = MaxFailures::Share(0.1);
        assert!(!share.are_exceeded(99, 99));
        assert!(!share.are_exceeded(10, 100));
        assert!(share.are_exceeded(11, 100));
    }
}
