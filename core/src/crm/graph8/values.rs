//! Values of graph8's rows: what is empty, what is a number, what is a bare domain.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::quote::is_blank;

/// Whole floats below it are whole numbers without doubt.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A value that is not empty.
#[derive(Clone)]
pub(super) enum Given<'a> {
    Text(Cow<'a, str>, &'a str),
    /// A number's JSON.
    Number(&'a str),
    /// The JSON of anything else, such as a list, or a text that is no Unicode.
    Other(&'a str),
}

impl<'a> Given<'a> {
    /// The value; `None` for null, text of blanks alone, `[]` and `{}`.
    pub(super) fn of(raw: &'a RawValue) -> Option<Self> {
        let json = raw.get();
        let inside = |json: &str| {
            json.get(1..json.len() - 1)
                .is_some_and(|s| !s.trim().is_empty())
        };
        match json.as_bytes().first()? {
            b'n' => None,
            b'"' => match serde_json::from_str::<Text<'a>>(json) {
                Ok(Text(text)) => (!trimmed(&text).is_empty()).then_some(Self::Text(text, json)),
                Err(_) => Some(Self::Other(json)),
            },
            b'[' | b'{' => inside(json).then_some(Self::Other(json)),
            b't' | b'f' => Some(Self::Other(json)),
            _ => Some(Self::Number(json)),
        }
    }

    /// The value's JSON as it came.
    pub(super) fn json(&self) -> &'a str {
        match self {
            Self::Text(_, json) | Self::Number(json) | Self::Other(json) => json,
        }
    }

    /// The value as text; `None` for what is neither text nor a number.
    pub(super) fn as_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text, _) => Some(Cow::Borrowed(text)),
            Self::Number(digits) => Some(without_point_zero(digits)),
            Self::Other(_) => None,
        }
    }

    /// For a message.
    pub(super) fn shown(&self) -> Cow<'_, str> {
        self.as_text().unwrap_or(Cow::Borrowed(self.json()))
    }
}

/// A text that is borrowed where it has no escapes.
#[derive(serde::Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(is_blank)
}

/// A number's digits; of a whole float without the fraction that it does not have.
fn without_point_zero(digits: &str) -> Cow<'_, str> {
    if digits
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'-')
    {
        return Cow::Borrowed(digits);
    }
    whole_float(digits).map_or(Cow::Borrowed(digits), Cow::Owned)
}

fn whole_float(digits: &str) -> Option<String> {
    let number: f64 = digits.parse().ok()?;
    (number.fract() == 0.0 && number.abs() < EXACT).then(|| format!("{number:.0}"))
}

/// The JSON of the number that `text` is without doubt, whole if need be: `1,200` is one, `51-200` and
/// `1.2M` are none, nor is `1.200`, which many write for 1200.
pub(super) fn number(text: &str, must_be_whole: bool) -> Option<String> {
    let text = trimmed(text);
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(end) => text.split_at(end),
        None => (text, ""),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let may_be_group = (1..=3).contains(&whole.len()) && !whole.starts_with('0');
    if may_be_group && fraction.is_some_and(|fraction| fraction.len() == 3) && exponent.is_empty() {
        return None;
    }
    let whole = ungrouped(whole)?;
    let are_digits =
        |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if !are_digits(&whole) || !fraction.is_none_or(are_digits) {
        return None;
    }
    if let Some(exponent) = exponent.get(1..)
        && !are_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
    {
        return None;
    }
    let significant = match whole.trim_start_matches('0') {
        "" => "0",
        significant => significant,
    };
    let fraction = fraction
        .map(|digits| format!(".{digits}"))
        .unwrap_or_default();
    let digits = format!("{sign}{significant}{fraction}{exponent}");
    if must_be_whole {
        let is_plain = fraction.is_empty() && exponent.is_empty();
        return if is_plain {
            digits.parse::<i64>().ok().map(|number| number.to_string())
        } else {
            whole_float(&digits)
        };
    }
    let is_finite = digits.parse::<f64>().is_ok_and(f64::is_finite);
    is_finite.then_some(digits)
}

/// Digits without the commas between their groups of three.
fn ungrouped(digits: &str) -> Option<Cow<'_, str>> {
    if !digits.contains(',') {
        return Some(Cow::Borrowed(digits));
    }
    let mut groups = digits.split(',');
    let first = groups.next()?;
    let are_grouped = (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3);
    are_grouped.then(|| Cow::Owned(digits.replace(',', "")))
}

/// A domain without scheme, `www.`, port and path; what does not look like one stays as it is.
pub(super) fn bare_domain(text: &str) -> &str {
    let given = trimmed(text);
    let without_scheme = match given.split_once("//") {
        Some(("" | "http:" | "https:" | "HTTP:" | "HTTPS:" | "Http:" | "Https:", rest)) => rest,
        _ => given,
    };
    let host = match without_scheme.find(['/', '?', '#']) {
        Some(end) => &without_scheme[..end],
        None => without_scheme,
    };
    let host = match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => host,
    };
    let host = host.strip_suffix('.').unwrap_or(host);
    let bare = match host.get(..4) {
        Some(www) if www.eq_ignore_ascii_case("www.") && host[4..].contains('.') => &host[4..],
        _ => host,
    };
    let is_domain = bare.contains('.') && !bare.contains(|c: char| c.is_whitespace() || c == '@');
    if is_domain { bare } else { given }
}

/// The option that HubSpot has for a label such as `Oil & Energy`: the same words, in which `and` does not
/// count.
pub(super) fn option_of(label: &str, options: &'static [&'static str]) -> Option<&'static str> {
    let label = label.to_uppercase();
    let label_words = words(&label);
    let mut options = options.iter();
    options.find(|option| words(option) == label_words).copied()
}

fn words(text: &str) -> Vec<&str> {
    let words = text.split(|character: char| !character.is_alphanumeric());
    words.filter(|word| !matches!(*word, "" | "AND")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_is_a_number_without_doubt_becomes_one() {
        for (text, as_number, as_whole) in [
            ("1200", Some("1200"), Some("1200")),
            ("1,200", Some("1200"), Some("1200")),
            ("12,345,678.90", Some("12345678.90"), None),
            (" 1200 ", Some("1200"), Some("1200")),
            ("+7", Some("7"), Some("7")),
            ("-0.5", Some("-0.5"), None),
            ("007", Some("7"), Some("7")),
            ("0", Some("0"), Some("0")),
            ("1200.0", Some("1200.0"), Some("1200")),
            ("1200.500", Some("1200.500"), None),
            ("1,200.000", Some("1200.000"), Some("1200")),
            ("0.125", Some("0.125"), None),
            ("1.2e6", Some("1.2e6"), Some("1200000")),
            ("1E+3", Some("1E+3"), Some("1000")),
            ("99999999999999999999", Some("99999999999999999999"), None),
        ] {
            assert_eq!(number(text, false).as_deref(), as_number, "{text}");
            assert_eq!(number(text, true).as_deref(), as_whole, "{text}");
        }
    }

    #[test]
    fn what_may_be_another_number_or_none_stays_text() {
        for text in [
            "51-200",
            "1,20",
            "1,2000",
            ",200",
            "1200,",
            "1.200.000",
            "1.200",
            "-12.000",
            "1.2M",
            "$5",
            "5%",
            "10+",
            "",
            "-",
            ".5",
            "5.",
            "1e",
            "1e999",
            "e3",
            "0x10",
            "1_000",
            "1 200",
            "NaN",
            "inf",
            "١٢",
            "1,200e",
            "--5",
        ] {
            assert_eq!(number(text, false), None, "{text}");
            assert_eq!(number(text, true), None, "{text}");
        }
    }

    #[test]
    fn a_domain_loses_what_stands_around_it() {
        for (given, bare) in [
            ("acme.test", "acme.test"),
            (" https://www.acme.test/about?x#y ", "acme.test"),
            ("HTTP://Acme.test:8080", "Acme.test"),
            ("//acme.test.", "acme.test"),
            ("WWW.acme.test", "acme.test"),
            ("www.test", "www.test"),
            ("no domain", "no domain"),
            ("mail@acme.test", "mail@acme.test"),
            ("ftp://acme.test", "ftp://acme.test"),
            ("ümläut.test/ä", "ümläut.test"),
            ("äää", "äää"),
            ("https://", "https://"),
        ] {
            assert_eq!(bare_domain(given), bare, "{given}");
        }
    }

    #[test]
    fn a_label_finds_its_option() {
        let options = &[
            "OIL_ENERGY",
            "NON_PROFIT_ORGANIZATION_MANAGEMENT",
            "INFORMATION_TECHNOLOGY_AND_SERVICES",
        ];
        for label in ["Oil & Energy", "oil_energy", " Oil/Energy ", "OIL_ENERGY"] {
            assert_eq!(option_of(label, options), Some("OIL_ENERGY"), "{label}");
        }
        let label = "Non-Profit Organization Management";
        assert_eq!(option_of(label, options), Some(options[1]));
        let label = "information technology & services";
        assert_eq!(option_of(label, options), Some(options[2]));
        assert_eq!(option_of("Energy", options), None);
        assert_eq!(option_of("&", options), None);
    }
}
