//! The forms of dates, times and numbers in records.

use serde_json::Value;

const DAYS: [u32; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const DAY_MS: i64 = 86_400_000;

/// A date and time of ISO 8601, as far as the CRMs care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    pub has_seconds: bool,
    pub has_fraction: bool,
    pub offset: Option<Offset>,
    /// Since midnight, by its own clock, in milliseconds.
    of_day: i64,
}

/// How far a clock is from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offset {
    minutes: i64,
    /// Whether it is `Z` or has its colon.
    pub is_extended: bool,
}

impl Moment {
    /// `YYYY-MM-DDThh:mm`, with or without seconds, their fraction and an offset.
    pub fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.split_once('T')?;
        if !is_date(date) {
            return None;
        }
        let end = time.find(['Z', '+', '-']).unwrap_or(time.len());
        let (clock, offset) = time.split_at(end);
        let (clock, fraction) = match clock.split_once('.') {
            Some((clock, fraction)) => (clock, Some(fraction)),
            None => (clock, None),
        };
        let parts: Vec<i64> = clock
            .split(':')
            .map(|part| number(part, 2))
            .collect::<Option<_>>()?;
        let (hours, minutes, seconds) = match parts[..] {
            [hours, minutes] if fraction.is_none() => (hours, minutes, 0),
            [hours, minutes, seconds] => (hours, minutes, seconds),
            _ => return None,
        };
        if hours > 23 || minutes > 59 || seconds > 59 {
            return None;
        }
        let digits = fraction.unwrap_or("0");
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        // What is left of a day's start only has to be told from nothing.
        let rest = i64::from(digits.bytes().any(|byte| byte != b'0'));
        Some(Self {
            has_seconds: parts.len() == 3,
            has_fraction: fraction.is_some(),
            offset: Offset::parse(offset)?,
            of_day: ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest,
        })
    }

    /// Whether a day begins with it in UTC.
    pub fn is_midnight_utc(&self) -> bool {
        self.offset
            .is_some_and(|offset| (self.of_day - offset.minutes * 60_000) % DAY_MS == 0)
    }
}

impl Offset {
    /// The offset; nothing for none. `None` for what is no offset.
    #[expect(clippy::option_option, reason = "a text without an offset is none too")]
    fn parse(text: &str) -> Option<Option<Self>> {
        let Some(sign) = text.chars().next() else {
            return Some(None);
        };
        if text == "Z" {
            let utc = Self {
                minutes: 0,
                is_extended: true,
            };
            return Some(Some(utc));
        }
        let is_extended = text.contains(':');
        let (hours, minutes) = if is_extended {
            text.get(1..)?.split_once(':')?
        } else {
            (text.get(1..3)?, text.get(3..)?)
        };
        let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
        let size = hours * 60 + minutes;
        (hours < 24 && minutes < 60).then_some(Some(Self {
            minutes: if sign == '-' { -size } else { size },
            is_extended,
        }))
    }
}

/// Whether it is a day of the calendar, `YYYY-MM-DD`.
pub fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else {
        return false;
    };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2))
    else {
        return false;
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match (month, is_leap) {
        (2, true) => 29,
        (1..=12, _) => i64::from(DAYS[usize::try_from(month - 1).unwrap_or_default()]),
        _ => return false,
    };
    year > 0 && (1..=days).contains(&day)
}

/// A number of exactly so many digits.
fn number(text: &str, digits: usize) -> Option<i64> {
    (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

/// Milliseconds since 1970: a whole number, or its digits as text.
pub fn epoch_ms(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|_| is_plain)
        }
        other => other.as_i64(),
    }
}

/// Whether a day begins at it in UTC.
pub fn is_midnight(epoch_ms: i64) -> bool {
    epoch_ms % DAY_MS == 0
}

/// Whether it is a number without an exponent.
pub fn is_plain_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.bytes().any(|byte| byte.is_ascii_digit())
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.')
        && digits.matches('.').count() <= 1
}

/// Whether it is a JSON number without a fraction: `250` and `250.0`.
pub fn is_whole(value: &Value) -> bool {
    value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
}

/// Whether it is a JSON number that is written without a fraction.
pub fn is_integer(value: &Value) -> bool {
    value.is_i64() || value.is_u64()
}

/// How many digits a number has before its point, and after it.
pub fn digits(value: &Value) -> (usize, usize) {
    // Unlike JSON's, this text never has an exponent.
    let text = match value.as_f64() {
        Some(number) if value.is_f64() => number.to_string(),
        _ => value.to_string(),
    };
    let text = text.trim_start_matches('-');
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    (whole.trim_start_matches('0').len(), fraction.len())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dates_are_days_of_the_calendar() {
        for good in ["2026-01-31", "2024-02-29", "2000-02-29"] {
            assert!(is_date(good), "{good}");
        }
        for bad in [
            "2026-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-1-1",
            "26-01-01",
            "2026-04-31",
            "",
            "2026-01-00",
            "2026/01/01",
            "0000-01-01",
        ] {
            assert!(!is_date(bad), "{bad}");
        }
    }

    #[test]
    fn moments_have_a_date_a_time_and_perhaps_an_offset() {
        for (text, is_midnight) in [
            ("2026-02-01T00:00:00Z", true),
            ("2026-02-01T01:00:00+01:00", true),
            ("2026-01-31T22:30-0130", true),
            ("2026-02-01T00:00:00.000Z", true),
            ("2026-02-01T00:00:00.001Z", false),
            ("2026-02-01T10:00:00Z", false),
            ("2026-02-01T00:00:00", false),
        ] {
            let moment = Moment::parse(text).unwrap();
            assert_eq!(moment.is_midnight_utc(), is_midnight, "{text}");
        }
        for bad in [
            "2026-02-01",
            "2026-02-01 10:00:00",
            "2026-02-30T10:00:00Z",
            "2026-02-01T24:00:00Z",
            "2026-02-01T10",
            "2026-02-01T10:00:00+1",
            "2026-02-01T10:00:00.Z",
            "T",
            "",
            "2026-02-01T10:00:00ZZ",
            "2026-02-01T10:00:00+ä:00",
        ] {
            assert_eq!(Moment::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn digits_are_counted_on_both_sides_of_the_point() {
        assert_eq!(digits(&json!(-12_345)), (5, 0));
        assert_eq!(digits(&json!(0.25)), (0, 2));
        assert_eq!(digits(&json!(1e16)), (17, 0));
        assert_eq!(digits(&json!(5.55e-17)).1, 19);
    }
}
