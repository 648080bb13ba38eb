//! One value, made right for its field where nothing is lost and nothing guessed.

use std::borrow::Cow;

use super::blanks::cleaned;
use super::entries::{write_email_entry, write_lookup, write_tag};
use super::fixes::Fixes;
use super::joined::{join, mend_joined};
use super::members::Walk;
use super::moment::Moment;
use super::number::Number;
use super::options::{Choice, Options};
use super::parts::{mend_entries, mend_members};
use super::target::{Form, Target};
use super::texts::{
    flag, is_plain, mend_day, mend_digits, mend_phone, read_text, to_text, write_as_text,
    write_cleaned, write_trimmed,
};
use crate::names::Provider;
use crate::quote::is_blank;
use crate::records::json;
use crate::report::FixKind;

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
