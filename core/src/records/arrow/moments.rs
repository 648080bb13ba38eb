//! Dates, times and durations as text, without a calendar library: Arrow counts from 1970.

use std::io::Write as _;

const SECONDS_A_DAY: i64 = 86_400;

/// What one count of a column is worth.
#[derive(Clone, Copy)]
pub(super) struct Unit {
    /// Counts per second.
    pub(super) per_second: i64,
    digits: usize,
}

impl Unit {
    pub(super) const SECOND: Self = Self::new(1, 0);
    pub(super) const MILLISECOND: Self = Self::new(1_000, 3);
    pub(super) const MICROSECOND: Self = Self::new(1_000_000, 6);
    pub(super) const NANOSECOND: Self = Self::new(1_000_000_000, 9);

    const fn new(per_second: i64, digits: usize) -> Self {
        Self { per_second, digits }
    }
}

/// A day by its number since 1970; false, and nothing, for one beyond the years 1 to 9999.
pub(super) fn write_date(json: &mut Vec<u8>, day: i64) -> bool {
    // Days from 0000-03-01 on, so that a leap day ends its year (the civil calendar of H. Hinnant).
    let Some(day) = day.checked_add(719_468) else {
        return false;
    };
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    if !(1..=9_999).contains(&year) {
        return false;
    }
    padded(json, year, 4);
    json.push(b'-');
    padded(json, month, 2);
    json.push(b'-');
    padded(json, day, 2);
    true
}

/// A time of day by its counts since midnight; false, and nothing, for one that no day has.
pub(super) fn write_time(json: &mut Vec<u8>, count: i64, unit: Unit) -> bool {
    let (second, fraction) = (
        count.div_euclid(unit.per_second),
        count.rem_euclid(unit.per_second),
    );
    if !(0..SECONDS_A_DAY).contains(&second) {
        return false;
    }
    padded(json, second / 3_600, 2);
    json.push(b':');
    padded(json, second / 60 % 60, 2);
    json.push(b':');
    padded(json, second % 60, 2);
    if fraction != 0 {
        json.push(b'.');
        if unit.digits == 9 && fraction % 1_000 == 0 {
            padded(json, fraction / 1_000, 6);
        } else if unit.digits == 3 {
            padded(json, fraction * 1_000, 6);
        } else {
            padded(json, fraction, unit.digits);
        }
    }
    true
}

/// A moment by its counts since 1970, with its offset from UTC in minutes if it has a zone; false, and
/// maybe a part of it, for one beyond the years 1 to 9999.
pub(super) fn write_moment(
    json: &mut Vec<u8>,
    count: i64,
    unit: Unit,
    offset: Option<i32>,
) -> bool {
    let a_day = SECONDS_A_DAY * unit.per_second;
    if !write_date(json, count.div_euclid(a_day)) {
        return false;
    }
    json.push(b'T');
    write_time(json, count.rem_euclid(a_day), unit);
    if let Some(minutes) = offset {
        json.push(if minutes < 0 { b'-' } else { b'+' });
        padded(json, i64::from(minutes / 60), 2);
        json.push(b':');
        padded(json, i64::from(minutes % 60), 2);
    }
    true
}

/// A duration as a number of seconds, exactly.
pub(super) fn write_seconds(json: &mut Vec<u8>, count: i64, unit: Unit) {
    if count < 0 {
        json.push(b'-');
    }
    let per_second = unit.per_second.unsigned_abs();
    let (seconds, fraction) = (
        count.unsigned_abs() / per_second,
        count.unsigned_abs() % per_second,
    );
    crate::records::json::write_int(json, seconds);
    if fraction != 0 {
        json.push(b'.');
        let start = json.len();
        // Writing to a Vec can't fail.
        let _ = write!(json, "{fraction:0width$}", width = unit.digits);
        let zeros = json[start..]
            .iter()
            .rev()
            .take_while(|digit| **digit == b'0')
            .count();
        json.truncate(json.len() - zeros);
    }
}

fn padded(json: &mut Vec<u8>, number: i64, width: usize) {
    let mut digits = [b'0'; 9];
    let mut rest = number.unsigned_abs();
    for digit in digits.iter_mut().rev().take(width) {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
    }
    json.extend_from_slice(&digits[digits.len() - width..]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::format_description::well_known::Rfc3339;
    use time::{Date, OffsetDateTime};

    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>) -> bool) -> Option<String> {
        let mut json = Vec::new();
        write(&mut json).then(|| String::from_utf8(json).unwrap())
    }

    proptest! {
        #[test]
        fn every_moment_is_the_one_that_the_calendar_has(
            seconds in -62_135_596_800_i64..=253_402_300_799,
            micros in 0_i64..1_000_000,
        ) {
            let count = seconds * 1_000_000 + micros;
            let shown = text(|json| write_moment(json, count, Unit::MICROSECOND, Some(0))).unwrap();
            let read = OffsetDateTime::parse(&shown, &Rfc3339).unwrap();
            prop_assert_eq!(read.unix_timestamp_nanos(), i128::from(count) * 1_000);
        }

        #[test]
        fn every_duration_keeps_all_digits(count in any::<i64>()) {
            let shown = text(|json| { write_seconds(json, count, Unit::NANOSECOND); true }).unwrap();
            let (whole, fraction) = shown.split_once('.').unwrap_or((&shown, ""));
            let digits = format!("{whole}{fraction:0<9}");
            prop_assert_eq!(digits.parse::<i64>().unwrap(), count);
        }
    }

    #[test]
    fn fractions_are_written_as_pythons_isoformat_does() {
        let time = |count, unit| text(|json| write_time(json, count, unit));
        assert_eq!(time(1, Unit::SECOND).unwrap(), "00:00:01");
        assert_eq!(time(1_500, Unit::MILLISECOND).unwrap(), "00:00:01.500000");
        assert_eq!(
            time(1_500_000_000, Unit::NANOSECOND).unwrap(),
            "00:00:01.500000"
        );
        assert_eq!(
            time(1_500_000_001, Unit::NANOSECOND).unwrap(),
            "00:00:01.500000001"
        );
        assert_eq!(time(86_400, Unit::SECOND), None);
        assert_eq!(time(-1, Unit::SECOND), None);
    }

    #[test]
    fn days_beyond_the_calendar_are_refused() {
        let day = |date: Date| i64::from(date.to_julian_day()) - 2_440_588;
        let first = Date::from_calendar_date(1, time::Month::January, 1).unwrap();
        assert_eq!(
            text(|json| write_date(json, day(first))).unwrap(),
            "0001-01-01"
        );
        assert_eq!(text(|json| write_date(json, day(first) - 1)), None);
        assert_eq!(
            text(|json| write_date(json, day(Date::MAX))).unwrap(),
            "9999-12-31"
        );
        for beyond in [day(Date::MAX) + 1, i64::MAX, i64::MIN] {
            assert_eq!(text(|json| write_date(json, beyond)), None);
        }
    }
}
