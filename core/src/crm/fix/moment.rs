//! Dates and times in the forms that leave no doubt, and in those that CRMs take.

use std::fmt::Write;

use time::{Date, Month};

/// A day, with the time of day where the text has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment<'a> {
    day: Date,
    clock: Option<Clock<'a>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Clock<'a> {
    hour: u8,
    minute: u8,
    second: u8,
    /// The digits behind the second's point.
    fraction: &'a str,
    /// Minutes that it is ahead of UTC; `None` where the text does not tell.
    offset: Option<i16>,
}

impl<'a> Moment<'a> {
    /// `None` for what can be read in two ways, such as 01/02/2026, and for what is no date.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let end = text
            .bytes()
            .position(|byte| matches!(byte, b'T' | b't' | b' '))
            .unwrap_or(text.len());
        let (day, rest) = text.split_at_checked(end)?;
        let day = parse_day(day)?;
        let clock = match rest.get(1..) {
            Some(time) => Some(Clock::parse(time)?),
            None => None,
        };
        Some(Self { day, clock })
    }

    /// Appends the day: `2026-01-31`.
    pub(super) fn write_day(&self, text: &mut String) {
        let (year, month, day) = self.day.to_calendar_date();
        // Writing to a String can't fail.
        let _ = write!(text, "{year:04}-{:02}-{day:02}", u8::from(month));
    }

    /// Appends `2026-01-31T10:00:00+01:00`; nothing where time or offset are not known.
    pub(super) fn write_moment(&self, text: &mut String, keeps_fraction: bool) {
        let Some(Clock {
            hour,
            minute,
            second,
            fraction,
            offset: Some(offset),
        }) = self.clock
        else {
            return;
        };
        self.write_day(text);
        let _ = write!(text, "T{hour:02}:{minute:02}:{second:02}");
        if keeps_fraction && !fraction.is_empty() {
            let _ = write!(text, ".{fraction}");
        }
        let sign = if offset < 0 { '-' } else { '+' };
        let ahead = offset.unsigned_abs();
        let _ = write!(text, "{sign}{:02}:{:02}", ahead / 60, ahead % 60);
    }

    /// Minutes that it is ahead of UTC, where the text tells.
    pub(super) fn offset(&self) -> Option<i16> {
        self.clock?.offset
    }
}

/// Whether the text is a real day as all CRMs write it: `2026-01-31`.
pub(super) fn is_day(text: &str) -> bool {
    let shape = |text: &[u8]| matches!(text, [_, _, _, _, b'-', _, _, b'-', _, _]);
    shape(text.as_bytes()) && parse_day(text).is_some()
}

fn parse_day(text: &str) -> Option<Date> {
    let separator = text.bytes().find(|byte| !byte.is_ascii_digit())?;
    if !matches!(separator, b'-' | b'/' | b'.') {
        return None;
    }
    let mut parts = text.split(char::from(separator));
    let (first, second, third) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    if first.len() == 4 {
        return to_day(first, second, third);
    }
    // Day first or month first: only what is the same day either way, or a day in one way alone.
    match (to_day(third, second, first), to_day(third, first, second)) {
        (Some(one), Some(other)) if one != other => None,
        (one, other) => one.or(other),
    }
}

fn to_day(year: &str, month: &str, day: &str) -> Option<Date> {
    if year.len() != 4 || month.len() > 2 || day.len() > 2 {
        return None;
    }
    let year = number(year).filter(|year| *year > 0)?;
    let month = Month::try_from(u8::try_from(number(month)?).ok()?).ok()?;
    let day = u8::try_from(number(day)?).ok()?;
    Date::from_calendar_date(i32::from(year), month, day).ok()
}

/// Digits alone: a sign is none.
fn number(text: &str) -> Option<u16> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

impl<'a> Clock<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (hour, rest) = two_digits(text, 23)?;
        let (minute, rest) = two_digits(rest.strip_prefix(':')?, 59)?;
        let (second, rest) = match rest.strip_prefix(':') {
            Some(rest) => two_digits(rest, 59)?,
            None => (0, rest),
        };
        let (fraction, zone) = match rest.strip_prefix('.') {
            Some(rest) => {
                let is_digit = |byte: u8| byte.is_ascii_digit();
                let end = rest.bytes().position(|byte| !is_digit(byte));
                rest.split_at_checked(end.unwrap_or(rest.len()))
                    .filter(|(fraction, _)| !fraction.is_empty())?
            }
            None => ("", rest),
        };
        Some(Self {
            hour,
            minute,
            second,
            fraction,
            offset: parse_zone(zone)?,
        })
    }
}

fn two_digits(text: &str, most: u8) -> Option<(u8, &str)> {
    let (digits, rest) = text.split_at_checked(2)?;
    let number = u8::try_from(number(digits)?).ok()?;
    (number <= most).then_some((number, rest))
}

/// Minutes ahead of UTC; nothing for no text. `None` for what is no zone.
#[expect(clippy::option_option, reason = "a text without a zone is none too")]
fn parse_zone(text: &str) -> Option<Option<i16>> {
    let zone = text.strip_prefix(' ').unwrap_or(text);
    let ahead = match zone {
        "" => return text.is_empty().then_some(None),
        "Z" | "z" | "UTC" | "GMT" => 0,
        _ => {
            let sign = match zone.bytes().next()? {
                b'+' => 1,
                b'-' => -1,
                _ => return None,
            };
            let (hours, minutes) = two_digits(zone.get(1..)?, 14)?;
            let minutes = minutes.strip_prefix(':').unwrap_or(minutes);
            let (minutes, rest) = match minutes {
                "" if zone.len() == 3 => (0, ""),
                minutes => two_digits(minutes, 59)?,
            };
            if !rest.is_empty() {
                return None;
            }
            sign * (i16::from(hours) * 60 + i16::from(minutes))
        }
    };
    Some(Some(ahead))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Option<String> {
        let mut day = String::new();
        Moment::parse(text)?.write_day(&mut day);
        Some(day)
    }

    fn moment(text: &str, keeps_fraction: bool) -> Option<String> {
        let mut moment = String::new();
        Moment::parse(text)?.write_moment(&mut moment, keeps_fraction);
        Some(moment)
    }

    #[test]
    fn days_that_can_be_read_in_one_way_are_read() {
        for text in [
            "2026-01-31",
            "2026/1/31",
            "2026.01.31",
            "31/01/2026",
            "01/31/2026",
            "31.1.2026",
            "31-01-2026",
            "2026-01-31T23:59:59-08:00",
            "2026-01-31 00:00:00",
        ] {
            assert_eq!(day(text).as_deref(), Some("2026-01-31"), "{text}");
        }
        assert_eq!(day("02/02/2026").as_deref(), Some("2026-02-02"));
        for text in [
            "01/02/2026",
            "1.2.2026",
            "31/01/26",
            "20260131",
            "2026-02-30",
            "2025-02-29",
            "0000-01-01",
            "2026-13-01",
            "32/13/2026",
            "2026-01",
            "2026-01-31-1",
            "2026-1/31",
            "2026-+1-31",
            "31 Jan 2026",
            "",
            "soon",
            "2026-01-31T",
            "2026-01-31 evening",
            "2026-01-31T25:00:00",
        ] {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn moments_keep_their_own_offset() {
        for (text, whole) in [
            ("2026-01-31T10:00:00+01:00", "2026-01-31T10:00:00+01:00"),
            (
                "2026-01-31 10:00:00.123456+0100",
                "2026-01-31T10:00:00+01:00",
            ),
            ("2026-01-31t10:00:00z", "2026-01-31T10:00:00+00:00"),
            ("2026-01-31 10:00 UTC", "2026-01-31T10:00:00+00:00"),
            ("2026-01-31T10:00:00-03:30", "2026-01-31T10:00:00-03:30"),
            ("2026-01-31T10:00:00-03", "2026-01-31T10:00:00-03:00"),
            ("2026-01-31T10:00:00", ""),
            ("2026-01-31", ""),
        ] {
            assert_eq!(moment(text, false).as_deref(), Some(whole), "{text}");
        }
        assert_eq!(
            moment("2026-01-31 10:00:00.50Z", true).as_deref(),
            Some("2026-01-31T10:00:00.50+00:00")
        );
        for text in [
            "2026-01-31T10:00:00+1",
            "2026-01-31T10:00:00+01:",
            "2026-01-31T10:00:00+01:000",
            "2026-01-31T10:00:00 PM",
            "2026-01-31T10:00:00.Z",
            "2026-01-31T10:00:00 ",
            "2026-01-31T10:00:00+15:00",
        ] {
            assert_eq!(moment(text, false), None, "{text}");
        }
    }

    #[test]
    fn days_in_the_form_of_all_crms_are_told() {
        assert!(is_day("2026-01-31"));
        assert!(!is_day("2026/01/31") && !is_day("2026-02-30") && !is_day("2026-1-31"));
    }
}
