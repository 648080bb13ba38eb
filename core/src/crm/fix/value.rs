//! One value, made right for its field where nothing is lost and nothing guessed.

use std::borrow::Cow;
use std::ops::Range;

use super::blanks::cleaned;
use super::members::{Edits, Walk};
use super::moment::{Moment, is_day};
use super::number::Number;
use super::options::{Choice, Options};
use super::target::{Form, Target};
use crate::names::Provider;
use crate::quote::is_blank;
use crate::records::json;
use crate::report::FixKind;

/// What was made right in a value; none where it stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fixes(u16);

impl Fixes {
    pub(super) const NONE: Self = Self(0);

    pub(super) fn of(kind: FixKind) -> Self {
        Self(1 << kind as u16)
    }

    pub(super) fn is_none(self) -> bool {
        self == Self::NONE
    }

    pub(super) fn has(self, kind: FixKind) -> bool {
        self.0 & (1 << kind as u16) != 0
    }

    fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Mends values for one CRM.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mender {
    provider: Provider,
}

/// The separators of options in one text, where a list is wanted.
const OPTION_SEPARATORS: [char; 2] = [';', ','];

impl Mender {
    pub(super) const fn new(provider: Provider) -> Self {
        Self { provider }
    }

    /// Appends the mended value; nothing where it stays as it is.
    pub(super) fn mend(self, target: &Target, value: &[u8], out: &mut Vec<u8>) -> Fixes {
        let start = out.len();
        let fixes = self.try_to(target, value, out).unwrap_or(Fixes::NONE);
        if fixes.is_none() {
            out.truncate(start);
        }
        fixes
    }

    /// `None` where it stays as it is; what was appended then is worth nothing.
    fn try_to(self, target: &Target, value: &[u8], out: &mut Vec<u8>) -> Option<Fixes> {
        match value.first()? {
            b'"' if matches!(target.form, Form::Any | Form::Text)
                || is_plain(target.form, value) =>
            {
                None
            }
            b'"' => self.mend_text(target, &read_text(value)?, out),
            b'-' | b'0'..=b'9' => self.mend_number(target, std::str::from_utf8(value).ok()?, out),
            b't' | b'f' => self.mend_boolean(target, value, out),
            b'[' => self.mend_list(target, value, out),
            b'{' => self.mend_object(target, value, out),
            _ => None,
        }
    }

    fn mend_text(self, target: &Target, text: &str, out: &mut Vec<u8>) -> Option<Fixes> {
        let trimmed = text.trim_matches(is_blank);
        let start = out.len();
        let fixes = self.mend_trimmed(target, text, trimmed, out);
        let is_one_line = !matches!(
            target.form,
            Form::Entries { .. }
                | Form::EmailEntries
                | Form::Tags
                | Form::Names
                | Form::Place
                | Form::OptionList
                | Form::Lookup
        );
        if fixes.is_none() && is_one_line {
            out.truncate(start);
            return write_trimmed(text, trimmed, out);
        }
        fixes
    }

    fn mend_trimmed(
        self,
        target: &Target,
        text: &str,
        trimmed: &str,
        out: &mut Vec<u8>,
    ) -> Option<Fixes> {
        match target.form {
            Form::Phone | Form::Entries { are_emails: false } => mend_phone(text, trimmed, out),
            Form::Id | Form::BigInteger => {
                mend_phone(text, &cleaned(text).unwrap_or(Cow::Borrowed(text)), out)
            }
            Form::Email | Form::Site | Form::Entries { are_emails: true } => {
                write_cleaned(text, out)
            }
            Form::Lookup => write_lookup(&cleaned(text).unwrap_or(Cow::Borrowed(text)), out),
            Form::Number | Form::Integer => mend_digits(trimmed, target.form, out),
            Form::Boolean => {
                out.extend_from_slice(flag(trimmed)?.as_bytes());
                Some(Fixes::of(FixKind::BooleanFromText))
            }
            Form::Date => mend_day(text, trimmed, out),
            Form::DateTime => self.mend_moment(text, trimmed, out),
            Form::Option => self.write_choice(&target.options, text, out),
            Form::JoinedOptions => mend_joined(&target.options, text, out),
            Form::OptionList => self.listed(&target.options, text, out),
            Form::EmailEntries => {
                out.push(b'[');
                write_email_entry(text, true, out)?;
                out.push(b']');
                Some(Fixes::of(FixKind::ListForm))
            }
            Form::Tags | Form::Names
                if !trimmed.is_empty() && !text.contains(OPTION_SEPARATORS) =>
            {
                out.push(b'[');
                if target.form == Form::Tags {
                    write_tag(trimmed, out);
                } else {
                    json::write_str(out, trimmed);
                }
                out.push(b']');
                Some(Fixes::of(FixKind::ListForm))
            }
            Form::Place if !trimmed.is_empty() => {
                out.extend_from_slice(br#"{"value":"#);
                json::write_str(out, trimmed);
                out.push(b'}');
                Some(Fixes::of(FixKind::ListForm))
            }
            Form::Any
            | Form::Text
            | Form::Line
            | Form::Tags
            | Form::Names
            | Form::Place
            | Form::Members => None,
        }
    }

    fn mend_moment(self, text: &str, trimmed: &str, out: &mut Vec<u8>) -> Option<Fixes> {
        let keeps_fraction = !matches!(self.provider, Provider::Pipedrive | Provider::Zoho);
        // Without an offset it may be any of a day's moments.
        let moment = Moment::parse(trimmed).filter(|moment| moment.offset().is_some())?;
        let mut whole = String::new();
        moment.write_moment(&mut whole, keeps_fraction);
        if whole == trimmed {
            return write_trimmed(text, trimmed, out);
        }
        json::write_str(out, &whole);
        Some(Fixes::of(FixKind::DateTime))
    }

    /// Whether the CRM takes numbers and flags as text alone where it takes text.
    fn is_strict(self) -> bool {
        matches!(self.provider, Provider::Salesforce | Provider::Zoho)
    }

    /// The value that a text stands for, where it is not that value itself.
    fn write_choice(self, options: &Options, text: &str, out: &mut Vec<u8>) -> Option<Fixes> {
        match options.choose(text) {
            Choice::Value if self.is_number(text) => {
                out.extend_from_slice(text.as_bytes());
                Some(Fixes::of(FixKind::NumberFromText))
            }
            Choice::Means(value) => {
                self.write_option(value, out);
                let is_same = text.trim_matches(is_blank) == value;
                Some(Fixes::of(match (is_same, self.is_number(value)) {
                    (true, true) => FixKind::NumberFromText,
                    (true, false) => FixKind::Blanks,
                    (false, _) => FixKind::OptionLabel,
                }))
            }
            Choice::Value | Choice::Unknown => None,
        }
    }

    fn write_option(self, value: &str, out: &mut Vec<u8>) {
        if self.is_number(value) {
            out.extend_from_slice(value.as_bytes());
        } else {
            json::write_str(out, value);
        }
    }

    /// Whether the CRM takes an option with this value as a number.
    fn is_number(self, value: &str) -> bool {
        self.provider == Provider::Pipedrive
            && Number::parse(value).is_some_and(|number| {
                number.is_integer() && number.to_whole().is_some() && !value.starts_with('-')
            })
    }

    /// One text as a list, where each of its parts is an option.
    fn listed(self, options: &Options, text: &str, out: &mut Vec<u8>) -> Option<Fixes> {
        let parts: Vec<&str> = if options.choose(text) != Choice::Unknown {
            vec![text]
        } else if self.provider == Provider::Pipedrive && !text.contains(';') {
            text.split(',').collect()
        } else {
            text.split(';').collect()
        };
        let mut fixes = Fixes::of(FixKind::ListForm);
        for (place, part) in parts.into_iter().enumerate() {
            out.push(if place == 0 { b'[' } else { b',' });
            match options.choose(part) {
                Choice::Unknown => return None,
                Choice::Value => self.write_option(part, out),
                Choice::Means(value) => {
                    self.write_option(value, out);
                    if part.trim_matches(is_blank) != value {
                        fixes = fixes.and(Fixes::of(FixKind::OptionLabel));
                    }
                }
            }
        }
        out.push(b']');
        Some(fixes)
    }

    fn mend_number(self, target: &Target, digits: &str, out: &mut Vec<u8>) -> Option<Fixes> {
        let number = Number::parse(digits)?;
        let whole_float = || number.to_whole().filter(|_| !number.is_integer());
        match target.form {
            Form::Lookup if number.is_integer() => write_lookup(digits, out),
            Form::Text
            | Form::Line
            | Form::Phone
            | Form::Id
            | Form::Site
            | Form::Entries { are_emails: false } => write_as_text(number, digits, out),
            Form::Integer | Form::BigInteger => {
                json::write_int(out, whole_float()?);
                Some(Fixes::of(FixKind::WholeFloat))
            }
            Form::Boolean => {
                let flag = match number.to_whole()? {
                    0 => "false",
                    1 => "true",
                    _ => return None,
                };
                out.extend_from_slice(flag.as_bytes());
                Some(Fixes::of(FixKind::BooleanFromText))
            }
            Form::Date | Form::DateTime if self.provider == Provider::Hubspot => {
                json::write_int(out, whole_float()?);
                Some(Fixes::of(FixKind::WholeFloat))
            }
            Form::Option | Form::JoinedOptions => {
                self.mend_number_option(&target.options, number, digits, out)
            }
            Form::OptionList => {
                let text = to_text(number, digits)?;
                self.listed(&target.options, &text, out)
            }
            Form::Any
            | Form::Email
            | Form::Number
            | Form::Date
            | Form::DateTime
            | Form::Entries { .. }
            | Form::EmailEntries
            | Form::Lookup
            | Form::Tags
            | Form::Names
            | Form::Place
            | Form::Members => None,
        }
    }

    fn mend_number_option(
        self,
        options: &Options,
        number: Number<'_>,
        digits: &str,
        out: &mut Vec<u8>,
    ) -> Option<Fixes> {
        let text = to_text(number, digits)?;
        match options.choose(&text) {
            Choice::Means(value) => {
                self.write_option(value, out);
                Some(Fixes::of(FixKind::OptionLabel))
            }
            Choice::Value if self.is_number(&text) => {
                out.extend_from_slice(text.as_bytes());
                (!number.is_integer()).then_some(Fixes::of(FixKind::WholeFloat))
            }
            Choice::Value => write_as_text(number, digits, out),
            // An owner's id, where the owners are not known; or a CRM that takes other options too.
            Choice::Unknown if self.is_strict() || options.is_empty() => {
                write_as_text(number, digits, out)
            }
            Choice::Unknown => None,
        }
    }

    fn mend_boolean(self, target: &Target, flag: &[u8], out: &mut Vec<u8>) -> Option<Fixes> {
        let flag = std::str::from_utf8(flag).ok()?;
        let becomes_text = match target.form {
            Form::Text | Form::Line | Form::Phone | Form::Site => true,
            Form::Option => self.is_strict() || target.options.choose(flag) == Choice::Value,
            _ => false,
        };
        if !becomes_text {
            return None;
        }
        json::write_str(out, flag);
        Some(Fixes::of(FixKind::TextFromBoolean))
    }

    fn mend_list(self, target: &Target, list: &[u8], out: &mut Vec<u8>) -> Option<Fixes> {
        match target.form {
            Form::JoinedOptions => join(&target.options, list, out),
            Form::OptionList => mend_entries(list, out, |entry, _, out| {
                self.mend_entry_option(&target.options, entry, out)
            }),
            Form::Entries { .. } => {
                mend_entries(list, out, |entry, _, out| match entry.first()? {
                    b'{' => self.mend_parts(target.form, entry, out),
                    b'[' => None,
                    _ => self.try_to(target, entry, out),
                })
            }
            Form::EmailEntries => {
                mend_entries(list, out, |entry, place, out| match entry.first()? {
                    b'{' => self.mend_parts(target.form, entry, out),
                    b'"' => {
                        write_email_entry(&read_text(entry)?, place == 0, out)?;
                        Some(Fixes::of(FixKind::ListForm))
                    }
                    _ => None,
                })
            }
            Form::Tags => mend_entries(list, out, |entry, _, out| {
                let text = read_text(entry)?;
                let trimmed = text.trim_matches(is_blank);
                if trimmed.is_empty() {
                    return None;
                }
                write_tag(trimmed, out);
                Some(Fixes::of(FixKind::ListForm))
            }),
            _ => None,
        }
    }

    fn mend_entry_option(
        self,
        options: &Options,
        entry: &[u8],
        out: &mut Vec<u8>,
    ) -> Option<Fixes> {
        match entry.first()? {
            b'"' => self.write_choice(options, &read_text(entry)?, out),
            b'-' | b'0'..=b'9' => {
                let digits = std::str::from_utf8(entry).ok()?;
                self.mend_number_option(options, Number::parse(digits)?, digits, out)
            }
            _ => None,
        }
    }

    /// An entry of addresses or numbers: its value and its flags.
    fn mend_parts(self, form: Form, entry: &[u8], out: &mut Vec<u8>) -> Option<Fixes> {
        mend_members(entry, out, |member, value, out| {
            let part = match (member, form) {
                ("value", Form::Entries { are_emails: false }) => Form::Phone,
                ("value", Form::Entries { .. }) | ("email_address", Form::EmailEntries) => {
                    Form::Email
                }
                (
                    "primary" | "primary_address" | "opt_out" | "invalid_email"
                    | "reply_to_address",
                    _,
                ) => Form::Boolean,
                _ => return None,
            };
            self.try_to(&Target::part(part), value, out)
        })
    }

    fn mend_object(self, target: &Target, object: &[u8], out: &mut Vec<u8>) -> Option<Fixes> {
        match target.form {
            Form::Lookup => mend_members(object, out, |member, value, out| {
                let id = Target::part(Form::Id);
                (member == "id")
                    .then(|| self.try_to(&id, value, out))
                    .flatten()
            }),
            Form::Entries { .. } => self.wrap(target.form, "value", object, out),
            Form::EmailEntries => self.wrap(target.form, "email_address", object, out),
            _ => None,
        }
    }

    /// One entry as a list of one.
    fn wrap(self, form: Form, name: &str, entry: &[u8], out: &mut Vec<u8>) -> Option<Fixes> {
        let mut has_value = false;
        let mut walk = Walk::object(entry)?;
        while let Some(member) = walk.member() {
            has_value |= read_text(entry.get(member.name)?)? == name;
        }
        if !has_value {
            return None;
        }
        out.push(b'[');
        let start = out.len();
        let inner = self.mend_parts(form, entry, out);
        if inner.is_none() {
            out.truncate(start);
            out.extend_from_slice(entry);
        }
        out.push(b']');
        Some(
            inner
                .unwrap_or(Fixes::NONE)
                .and(Fixes::of(FixKind::ListForm)),
        )
    }
}

/// A list as options joined by `;`.
fn join(options: &Options, list: &[u8], out: &mut Vec<u8>) -> Option<Fixes> {
    let mut fixes = Fixes::of(FixKind::ListJoined);
    let mut joined = String::new();
    let mut walk = Walk::array(list)?;
    let mut is_empty = true;
    while let Some(part) = walk.entry() {
        let entry = list.get(part)?;
        let text = match entry.first()? {
            b'"' => read_text(entry)?,
            b'-' | b'0'..=b'9' => {
                let digits = std::str::from_utf8(entry).ok()?;
                to_text(Number::parse(digits)?, digits)?
            }
            _ => return None,
        };
        let value = match options.choose(&text) {
            Choice::Value => &text,
            Choice::Means(value) => {
                if text.trim_matches(is_blank) != value {
                    fixes = fixes.and(Fixes::of(FixKind::OptionLabel));
                }
                value
            }
            Choice::Unknown => text.trim_matches(is_blank),
        };
        if value.contains(';') || value.is_empty() {
            return None;
        }
        if !is_empty {
            joined.push(';');
        }
        joined.push_str(value);
        is_empty = false;
    }
    if is_empty {
        return None;
    }
    json::write_str(out, &joined);
    Some(fixes)
}

/// `a; b` as `a;b`, labels as values.
fn mend_joined(options: &Options, text: &str, out: &mut Vec<u8>) -> Option<Fixes> {
    if options.is_empty() || options.choose(text) == Choice::Value {
        return None;
    }
    let mut fixes = Fixes::NONE;
    let mut joined = String::with_capacity(text.len());
    for (place, part) in text.split(';').enumerate() {
        if place > 0 {
            joined.push(';');
        }
        joined.push_str(match options.choose(part) {
            Choice::Means(value) if !value.contains(';') => {
                let is_same = part.trim_matches(is_blank) == value;
                let kind = if is_same {
                    FixKind::Blanks
                } else {
                    FixKind::OptionLabel
                };
                fixes = fixes.and(Fixes::of(kind));
                value
            }
            _ => part,
        });
    }
    json::write_str(out, &joined);
    (!fixes.is_none()).then_some(fixes)
}

/// Whether one line of text is seen to need no mending without being decoded: it has no escapes and
/// neither begins nor ends with anything but letters, digits and signs of ASCII.
fn is_plain(form: Form, json: &[u8]) -> bool {
    let is_seen = |byte: &u8| (b'!'..=b'~').contains(byte);
    form == Form::Line
        && matches!(json, [b'"', first, .., last, b'"'] if is_seen(first) && is_seen(last))
        && memchr::memchr(b'\\', json).is_none()
}

/// The text of a JSON string.
pub(super) fn read_text(json: &[u8]) -> Option<Cow<'_, str>> {
    let inner = json.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    if memchr::memchr(b'\\', inner).is_none() {
        return Some(Cow::Borrowed(std::str::from_utf8(inner).ok()?));
    }
    serde_json::from_slice(json).ok().map(Cow::Owned)
}

/// The digits that people would write; `None` for a number that needs an exponent.
fn to_text<'a>(number: Number<'_>, digits: &'a str) -> Option<Cow<'a, str>> {
    match number.to_whole() {
        Some(whole) if !number.is_integer() => Some(Cow::Owned(whole.to_string())),
        _ => number
            .without_zeros(digits)
            .or_else(|| number.is_plain().then_some(digits))
            .map(Cow::Borrowed),
    }
}

fn flag(text: &str) -> Option<&'static str> {
    if text.eq_ignore_ascii_case("true") || text == "1" {
        Some("true")
    } else if text.eq_ignore_ascii_case("false") || text == "0" {
        Some("false")
    } else {
        None
    }
}

/// The text without blanks around it, where it has some.
fn write_trimmed(text: &str, trimmed: &str, out: &mut Vec<u8>) -> Option<Fixes> {
    if trimmed.len() == text.len() {
        return None;
    }
    json::write_str(out, trimmed);
    Some(Fixes::of(FixKind::Blanks))
}

/// `5550100.0` as text, as a table's column of numbers leaves it.
fn mend_phone(text: &str, cleaned: &str, out: &mut Vec<u8>) -> Option<Fixes> {
    let float = Number::parse(cleaned).filter(|number| number.is_plain() && !number.is_integer());
    let whole = float.and_then(|number| match number.to_whole() {
        Some(whole) => Some(Cow::Owned(whole.to_string())),
        None => number.without_zeros(cleaned).map(Cow::Borrowed),
    });
    match whole {
        Some(whole) => {
            json::write_str(out, &whole);
            Some(Fixes::of(FixKind::WholeFloat))
        }
        None => write_trimmed(text, cleaned, out),
    }
}

/// Digits as text, in a field of numbers.
fn mend_digits(trimmed: &str, form: Form, out: &mut Vec<u8>) -> Option<Fixes> {
    let number = Number::parse(trimmed)?;
    if form == Form::Integer {
        json::write_int(out, number.to_whole()?);
    } else if number.is_exact() {
        out.extend_from_slice(trimmed.as_bytes());
    } else {
        return None;
    }
    Some(Fixes::of(FixKind::NumberFromText))
}

fn mend_day(text: &str, trimmed: &str, out: &mut Vec<u8>) -> Option<Fixes> {
    if is_day(trimmed) {
        return write_trimmed(text, trimmed, out);
    }
    let mut day = String::new();
    Moment::parse(trimmed)?.write_day(&mut day);
    json::write_str(out, &day);
    Some(Fixes::of(FixKind::Date))
}

/// A number in a field of text.
fn write_as_text(number: Number<'_>, digits: &str, out: &mut Vec<u8>) -> Option<Fixes> {
    json::write_str(out, &to_text(number, digits)?);
    let is_whole = number.to_whole().is_some() || number.without_zeros(digits).is_some();
    let is_float = !number.is_integer() && is_whole;
    Some(Fixes::of(if is_float {
        FixKind::WholeFloat
    } else {
        FixKind::TextFromNumber
    }))
}

fn write_cleaned(text: &str, out: &mut Vec<u8>) -> Option<Fixes> {
    json::write_str(out, &cleaned(text)?);
    Some(Fixes::of(FixKind::Blanks))
}

/// The entries of a list, each mended; `None` where all stay as they are.
fn mend_entries(
    list: &[u8],
    out: &mut Vec<u8>,
    mut mend: impl FnMut(&[u8], usize, &mut Vec<u8>) -> Option<Fixes>,
) -> Option<Fixes> {
    let mut fixes = Fixes::NONE;
    let mut edits = Edits::new(list, out);
    let mut walk = Walk::array(list)?;
    let mut place = 0;
    while let Some(part) = walk.entry() {
        let more = mend_part_of(list, part, &mut edits, |entry, out| mend(entry, place, out))?;
        fixes = fixes.and(more);
        place += 1;
    }
    edits.finish().then_some(fixes)
}

/// The members of an object, each mended; `None` where all stay as they are.
fn mend_members(
    object: &[u8],
    out: &mut Vec<u8>,
    mut mend: impl FnMut(&str, &[u8], &mut Vec<u8>) -> Option<Fixes>,
) -> Option<Fixes> {
    let mut fixes = Fixes::NONE;
    let mut edits = Edits::new(object, out);
    let mut walk = Walk::object(object)?;
    while let Some(member) = walk.member() {
        let Some(name) = object.get(member.name).and_then(read_text) else {
            continue;
        };
        let more = mend_part_of(object, member.value, &mut edits, |value, out| {
            mend(&name, value, out)
        })?;
        fixes = fixes.and(more);
    }
    edits.finish().then_some(fixes)
}

fn mend_part_of(
    whole: &[u8],
    part: Range<usize>,
    edits: &mut Edits<'_>,
    mend: impl FnOnce(&[u8], &mut Vec<u8>) -> Option<Fixes>,
) -> Option<Fixes> {
    let mut mended = Vec::new();
    let fixes = mend(whole.get(part.clone())?, &mut mended).unwrap_or(Fixes::NONE);
    if !fixes.is_none() {
        edits.replace(part, &mended);
    }
    Some(fixes)
}

/// Whether a text is one address alone: several in one text are somebody's to tell apart.
fn is_one_address(text: &str) -> bool {
    let is_part = |character: char| !is_blank(character) && !";,<>()".contains(character);
    text.matches('@').count() == 1
        && text.chars().all(is_part)
        && !text.starts_with('@')
        && !text.ends_with('@')
}

/// SugarCRM's form of an e-mail address.
fn write_email_entry(text: &str, is_primary: bool, out: &mut Vec<u8>) -> Option<()> {
    let cleaned = cleaned(text);
    let text = cleaned.as_deref().unwrap_or(text);
    if !is_one_address(text) {
        return None;
    }
    out.extend_from_slice(br#"{"email_address":"#);
    json::write_str(out, text);
    out.extend_from_slice(if is_primary {
        br#","primary_address":true}"#
    } else {
        br#","primary_address":false}"#
    });
    Some(())
}

/// Zoho's form of an id, which has 18 or 19 digits.
fn write_lookup(id: &str, out: &mut Vec<u8>) -> Option<Fixes> {
    if !matches!(id.len(), 18 | 19) || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    out.extend_from_slice(br#"{"id":"#);
    json::write_str(out, id);
    out.push(b'}');
    Some(Fixes::of(FixKind::ListForm))
}

fn write_tag(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"name":"#);
    json::write_str(out, text);
    out.push(b'}');
}
