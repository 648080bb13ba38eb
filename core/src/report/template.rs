//! What messages that differ in their values alone have in common.

use std::ops::Range;

/// Stands in a template for a value.
pub(crate) const MASK: &str = "…";
/// Numbers up to this many digits are shown of a single message too: they are counts and states, not ids.
const SHORT_NUMBER: usize = 3;
const QUOTES: [(char, char); 7] = [
    ('"', '"'),
    ('\'', '\''),
    ('`', '`'),
    ('“', '”'),
    ('‘', '’'),
    ('„', '“'),
    ('«', '»'),
];

/// Units that are written right behind their number and have more letters than those of three.
const LONG_UNITS: [&str; 10] = [
    "secs", "mins", "hours", "days", "bytes", "second", "seconds", "minute", "minutes", "records",
];
/// Letters of other units, such as `ms`, `MB` or `px`.
const UNIT_LETTERS: usize = 3;
/// More digits than these with letters behind them are an id.
const DIGITS_OF_A_QUANTITY: usize = 9;
const DATE_NAMES: [&str; 19] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];
/// Such a name has so many letters at least where it is cut.
const DATE_LETTERS: usize = 3;

/// Where a message has values: e-mail addresses, ids, numbers, dates, times and texts in quotes.
fn values(message: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut before = None;
    while let Some(first) = message[at..].chars().next() {
        let is_start = !before.is_some_and(char::is_alphanumeric);
        let quoted = if is_start { quoted(message, at) } else { None };
        let end = if let Some(inner) = quoted {
            found.push(inner.clone());
            inner.end
                + message[inner.end..]
                    .chars()
                    .next()
                    .map_or(0, char::len_utf8)
        } else if is_start && in_token(first) {
            let token = token(message, at);
            let text = &message[token.clone()];
            if let Some(number) = number_of_quantity(text) {
                found.push(token.start..token.start + number);
            } else if is_value(text) || is_of_date(message, &token) {
                found.push(token.clone());
            }
            token.end
        } else {
            at + first.len_utf8()
        };
        before = message[..end].chars().next_back();
        at = end;
    }
    found
}

/// The text in the quotes that open at `at`. One that was cut with its message has no closing quote.
fn quoted(message: &str, at: usize) -> Option<Range<usize>> {
    let open = message[at..].chars().next()?;
    let (_, close) = QUOTES.iter().find(|(quote, _)| *quote == open)?;
    let start = at + open.len_utf8();
    let end = message[start..]
        .match_indices(*close)
        .map(|(place, _)| start + place)
        .find(|end| {
            let after = message[*end + close.len_utf8()..].chars().next();
            !after.is_some_and(char::is_alphanumeric)
        });
    let end = end.or_else(|| message.ends_with(MASK).then_some(message.len()))?;
    (end > start).then_some(start..end)
}

/// The word, address, number or id that begins at `at`, without the punctuation behind it.
fn token(message: &str, at: usize) -> Range<usize> {
    let rest = &message[at..];
    let mut length = 0;
    let mut is_number = false;
    for (place, next) in rest.char_indices() {
        if place == 0 || place == 1 && rest.starts_with(['+', '-']) {
            is_number = next.is_ascii_digit();
        }
        // `10:30:05` and `1,234` are one value.
        let goes_on = |separator: char| {
            let is_digit =
                |character: Option<char>| character.is_some_and(|it| it.is_ascii_digit());
            is_number
                && ":,".contains(separator)
                && is_digit(rest[..place].chars().next_back())
                && is_digit(rest[place + 1..].chars().next())
        };
        if !in_token(next) && !goes_on(next) {
            break;
        }
        length = place + next.len_utf8();
    }
    let token = &rest[..length];
    let bare = token.trim_end_matches(|last: char| !last.is_alphanumeric() && last != '@');
    // Of punctuation alone nothing is left; the scan must go on all the same.
    let length = if bare.is_empty() {
        token.len()
    } else {
        bare.len()
    };
    at..at + length
}

fn in_token(character: char) -> bool {
    character.is_alphanumeric() || "@._-+/%".contains(character)
}

fn is_value(token: &str) -> bool {
    let is_address = token.contains('@') && token.len() > 1;
    let digits = token.chars().filter(char::is_ascii_digit).count();
    let has_letters = token.chars().any(char::is_alphabetic);
    let begins_with_digit = token.starts_with(|first: char| first.is_ascii_digit());
    // `address2`, `HTTP/2` and `v3` are names; `003xx000004TmiQ` is an id, `2m30s` a time.
    is_address
        || digits > 0 && (!has_letters || digits > 1 && (begins_with_digit || token.len() > 5))
}

/// How long the number of a quantity is whose unit stands right behind it: `12ms`, `3.5s`, `5MB`. The unit is no
/// value.
fn number_of_quantity(token: &str) -> Option<usize> {
    let unit =
        token.trim_start_matches(|next: char| next.is_ascii_digit() || "+-.,".contains(next));
    let number = token.len() - unit.len();
    let digits = token[..number].bytes().filter(u8::is_ascii_digit).count();
    let is_unit = !unit.is_empty()
        && unit.chars().all(char::is_alphabetic)
        && (unit.chars().count() <= UNIT_LETTERS || LONG_UNITS.contains(&unit));
    let is_quantity = is_unit && (1..=DIGITS_OF_A_QUANTITY).contains(&digits);
    is_quantity.then_some(number)
}

/// Whether a word is the name of a month or day that stands beside a number or another such name.
fn is_of_date(message: &str, token: &Range<usize>) -> bool {
    let is_name = |word: &str| {
        word.len() >= DATE_LETTERS && DATE_NAMES.iter().any(|name| name.starts_with(word))
    };
    if !is_name(&message[token.clone()]) {
        return false;
    }
    let between = |character: char| " ,.".contains(character);
    let behind = message[token.end..].trim_start_matches(between);
    let next = behind
        .split(|next| !in_token(next))
        .next()
        .unwrap_or(behind);
    let before = message[..token.start].trim_end_matches(between);
    let is_digit = |character: char| character.is_ascii_digit();
    next.starts_with(is_digit) || before.ends_with(is_digit) || is_name(next)
}

/// What messages have in common that differ in their values alone.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    /// What is around the values.
    parts: Vec<String>,
    /// The values, as far as all messages have the same.
    values: Vec<Option<String>>,
}

impl Template {
    pub(crate) fn of(message: &str) -> Self {
        let mut parts = Vec::new();
        let mut shown = Vec::new();
        let mut from = 0;
        for value in values(message) {
            parts.push(message[from..value.start].to_owned());
            shown.push(Some(message[value.clone()].to_owned()));
            from = value.end;
        }
        parts.push(message[from..].to_owned());
        Self {
            parts,
            values: shown,
        }
    }

    /// The same for messages that differ in values alone.
    pub(crate) fn key(&self) -> String {
        self.parts.join(MASK)
    }

    /// Takes in another message of the same key: values that it has otherwise are shown no more.
    pub(crate) fn widen(&mut self, other: &Self) {
        for (ours, theirs) in self.values.iter_mut().zip(&other.values) {
            if ours != theirs {
                *ours = None;
            }
        }
    }

    /// The message for `count` records: with the values that all have in common, but never an address, which
    /// is a customer's; nor, of a single record, what may be an id or a value of it.
    pub(crate) fn message(&self, count: usize) -> String {
        let mut message = String::new();
        let mut values = self.values.iter();
        for part in &self.parts {
            message.push_str(part);
            if let Some(value) = values.next() {
                let shown = value.as_deref().filter(|value| may_be_shown(value, count));
                message.push_str(shown.unwrap_or(MASK));
            }
        }
        message
    }
}

fn may_be_shown(value: &str, count: usize) -> bool {
    let is_short_number =
        value.len() <= SHORT_NUMBER && value.bytes().all(|digit| digit.is_ascii_digit());
    !value.contains('@') && (count > 1 || is_short_number)
}

/// The first `most` characters of a text at most, cut between words where it has any.
pub(crate) fn cut_between_words(text: &str, most: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(most) else {
        return text.to_owned();
    };
    let head = &text[..end];
    let is_between = text[end..].starts_with(char::is_whitespace);
    let kept = match head.rfind(char::is_whitespace) {
        Some(blank) if !is_between => &head[..blank],
        _ => head,
    };
    let kept = kept.trim_end();
    // One word alone that is too long has no other place to be cut.
    let kept = if kept.is_empty() { head } else { kept };
    format!("{}{MASK}", kept.trim_end_matches(MASK))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_masked() {
        for (message, template) in [
            (
                "Contact already exists. Existing ID: 51842",
                "Contact already exists. Existing ID: …",
            ),
            ("Email a.b+c@d.test is invalid", "Email … is invalid"),
            ("'N/A' is no number: use 5", "'…' is no number: use …"),
            (
                "can't find owner \"Ana O'Neil\" (id=003xx000004TmiQ)",
                "can't find owner \"…\" (id=…)",
            ),
            ("address2 of HTTP/2 v3", "address2 of HTTP/2 v3"),
            (
                "a value that is cut: \"far too lo…",
                "a value that is cut: \"…",
            ),
            ("no values.", "no values."),
            ("Email person7@ is bad", "Email … is bad"),
            (
                "bad date 2026-01-05T10:00, phone +49.30/55 is bad",
                "bad date …, phone … is bad",
            ),
            ("no answer after 12 ms", "no answer after … ms"),
            ("took 3.5s, at most 900ms", "took …s, at most …ms"),
            ("1234567ms of 5seconds", "…ms of …seconds"),
            ("at 10:30:05Z and 2026-01-05T10:30:00.123Z", "at … and …"),
            ("1,234,567 of 999 rows", "… of … rows"),
            ("wait 2m30s or 2m", "wait … or …m"),
            (
                "again at Mon, 30 Nov 2026 02:22:00 GMT",
                "again at …, … … … … GMT",
            ),
            ("from 5 Sept. on", "from … …. on"),
            ("You May not go on a Sunday", "You May not go on a Sunday"),
            ("db5:80 is no host", "db5:… is no host"),
            ("field_a1 or b2 of 12,x", "field_a1 or b2 of …,x"),
            ("", ""),
            ("@ -- ''", "@ -- ''"),
            ("5'10\" tall", "…'…\" tall"),
        ] {
            assert_eq!(Template::of(message).key(), template, "{message}");
        }
    }

    #[test]
    fn what_all_have_in_common_is_shown() {
        let mut template = Template::of("'Gold' is no option of field 7 (a@b.test)");
        assert_eq!(template.message(1), "'…' is no option of field 7 (…)");
        assert_eq!(template.message(9), "'Gold' is no option of field 7 (…)");
        template.widen(&Template::of("'Tin' is no option of field 7 (a@b.test)"));
        assert_eq!(template.message(9), "'…' is no option of field 7 (…)");
    }

    #[test]
    fn words_stay_whole() {
        assert_eq!(cut_between_words("one two three", 9), "one two…");
        assert_eq!(cut_between_words("one two three", 7), "one two…");
        assert_eq!(cut_between_words("one two", 7), "one two");
        assert_eq!(cut_between_words("Donaudampfschiff", 5), "Donau…");
        assert_eq!(
            cut_between_words("Existing ID: … and", 14),
            "Existing ID: …"
        );
    }

    proptest! {
        #[test]
        fn any_message_has_a_template(message in "\\PC{0,40}", count in 1_usize..3) {
            let template = Template::of(&message);
            let shown = template.message(count);
            prop_assert!(!shown.contains('@') || template.key().contains('@'));
            prop_assert_eq!(template.parts.len(), template.values.len() + 1);
            prop_assert!(cut_between_words(&message, 10).chars().count() <= 11);
        }

        #[test]
        fn messages_that_differ_in_a_value_alone_have_one(
            one in "[0-9]{1,12}|[a-z.]{1,9}[a-z]@[a-z]{1,9}\\.test",
            other in "[0-9]{1,12}|[a-z.]{1,9}[a-z]@[a-z]{1,9}\\.test",
        ) {
            let said = |value: &str| Template::of(&format!("record {value} is there, as '{value}'")).key();
            prop_assert_eq!(said(&one), said(&other));
        }
    }
}
