//! Dates and times as text.

/// A date, or a date and time, that exists in the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    /// `None` for a date alone.
    pub(super) time: Option<Time>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "what CRMs ask of a text, one by one"
)]
pub(super) struct Time {
    /// Since midnight.
    pub(super) seconds: u32,
    pub(super) has_fraction: bool,
    /// Whether the fraction, if any, is zero.
    pub(super) is_whole: bool,
    /// Seconds east of UTC; `None` where the text has no zone.
    pub(super) offset: Option<i32>,
    /// Whether it has the form of RFC 3339: `T`, seconds, and a zone such as `Z` or `+02:00`.
    pub(super) is_rfc3339: bool,
    /// Whether `T` stands between date and time.
    pub(super) has_t: bool,
}

impl Time {
    /// Whether it is midnight in UTC.
    pub(super) fn is_midnight(self) -> bool {
        let here = i64::from(self.seconds) - i64::from(self.offset.unwrap_or(0));
        here.rem_euclid(86_400) == 0 && self.is_whole
    }
}

/// Reads `YYYY-MM-DD`, or that with a time by ISO 8601: `T` or a blank, seconds and their fraction if any, a
/// zone if any.
pub(super) fn moment(text: &[u8]) -> Option<Moment> {
    let (date, rest) = text.split_at_checked(10)?;
    if !is_date(date) {
        return None;
    }
    let time = match rest {
        [] => None,
        [separator @ (b'T' | b't' | b' '), time @ ..] => Some(clock(time, *separator == b'T')?),
        _ => return None,
    };
    Some(Moment { time })
}

/// Whether the text is `YYYY-MM-DD`, and such a day exists.
pub(super) fn is_date(text: &[u8]) -> bool {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else {
        return false;
    };
    let Some((((century, years), month), day)) = pair(*y1, *y2)
        .zip(pair(*y3, *y4))
        .zip(pair(*m1, *m2))
        .zip(pair(*d1, *d2))
    else {
        return false;
    };
    let year = century * 100 + years;
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => return false,
    };
    year > 0 && (1..=days).contains(&day)
}

/// Whether the text is a time of day such as `09:30` or `09:30:00Z`.
pub(super) fn is_time(text: &[u8]) -> bool {
    clock(text, true).is_some()
}

fn clock(text: &[u8], has_t: bool) -> Option<Time> {
    let (h1, h2, m1, m2, mut rest) = match text {
        [h1, h2, b':', m1, m2, rest @ ..] => (*h1, *h2, *m1, *m2, rest),
        _ => return None,
    };
    let (hour, minute) = (pair(h1, h2)?, pair(m1, m2)?);
    let mut second = 0;
    let mut has_seconds = false;
    let mut has_fraction = false;
    let mut is_whole = true;
    if let [b':', s1, s2, after @ ..] = rest {
        second = pair(*s1, *s2)?;
        has_seconds = true;
        rest = after;
        if let [b'.', fraction @ ..] = rest {
            let digits = fraction
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .count();
            if digits == 0 {
                return None;
            }
            has_fraction = true;
            is_whole = fraction.iter().take(digits).all(|digit| *digit == b'0');
            rest = fraction.get(digits..)?;
        }
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    Some(Time {
        seconds: hour * 3600 + minute * 60 + second,
        has_fraction,
        is_whole,
        offset: if rest.is_empty() {
            None
        } else {
            Some(zone(rest)?)
        },
        is_rfc3339: has_t && has_seconds && matches!(rest, [b'Z'] | [_, _, _, b':', _, _]),
        has_t,
    })
}

/// The offset in seconds. No CRM is known to take one without minutes, as Postgres writes it: `+01`.
fn zone(text: &[u8]) -> Option<i32> {
    let (sign, h1, h2, m1, m2) = match text {
        [b'Z'] => return Some(0),
        [sign, h1, h2, b':', m1, m2] | [sign, h1, h2, m1, m2] => (*sign, *h1, *h2, *m1, *m2),
        _ => return None,
    };
    let (hours, minutes) = (pair(h1, h2)?, pair(m1, m2)?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let seconds = i32::try_from(hours * 3600 + minutes * 60).ok()?;
    match sign {
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}

fn pair(tens: u8, ones: u8) -> Option<u32> {
    (tens.is_ascii_digit() && ones.is_ascii_digit())
        .then(|| u32::from(tens - b'0') * 10 + u32::from(ones - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_days_that_exist() {
        for good in ["2026-01-31", "2024-02-29", "2000-02-29", "0001-01-01"] {
            assert!(is_date(good.as_bytes()), "{good}");
        }
        for bad in [
            "2026-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-01-00",
            "0000-01-01",
            "26-01-31",
            "2026-1-31",
            "31.01.2026",
            "2026/01/31",
            "2026-01-31 ",
            "20260131",
            "",
        ] {
            assert!(!is_date(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn reads_times_with_and_without_zone() {
        let time = |text: &str| moment(text.as_bytes()).and_then(|moment| moment.time);
        let midnight = time("2026-01-31T00:00:00Z").unwrap();
        assert!(midnight.is_midnight() && midnight.offset == Some(0));
        assert!(time("2026-01-31T02:00:00+02:00").unwrap().is_midnight());
        assert!(time("2026-01-31T00:00:00.000Z").unwrap().is_midnight());
        assert!(!time("2026-01-31T00:00:00.5Z").unwrap().is_midnight());
        assert!(!time("2026-01-31T02:00:00Z").unwrap().is_midnight());
        assert_eq!(time("2026-01-31T10:00").unwrap().offset, None);
        assert_eq!(
            time("2026-01-31 10:00:00-0330").unwrap().offset,
            Some(-12_600)
        );
        for bad in [
            "2026-01-31T",
            "2026-01-31T25:00:00Z",
            "2026-01-31T10:60",
            "2026-01-31T10:00:00.Z",
            "2026-01-31T10:00:00 Z",
            "2026-01-31T10:00:00z",
            "2026-01-31X10:00",
            "2026-02-30T10:00:00Z",
        ] {
            assert_eq!(time(bad), None, "{bad}");
        }
    }
}
