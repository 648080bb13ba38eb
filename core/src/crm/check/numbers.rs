//! Numbers as text.

use std::borrow::Cow;

/// What a number's text is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Digits {
    /// Digits before the point, without leading zeros; at least one.
    pub(super) before: usize,
    /// Digits behind it, without trailing zeros.
    pub(super) behind: usize,
    /// Whether there is a point at all.
    pub(super) has_point: bool,
    pub(super) has_exponent: bool,
}

impl Digits {
    /// A whole number that is written as one.
    pub(super) fn is_integer(self) -> bool {
        !self.has_point && !self.has_exponent
    }

    /// A whole number, however it is written.
    pub(super) fn is_whole(self) -> bool {
        self.behind == 0
    }

    /// A whole number that is written with `.0`.
    pub(super) fn is_whole_float(self) -> bool {
        self.has_point && self.behind == 0 && !self.has_exponent
    }
}

/// The number with a digit on either side of its point, which not every CRM asks for: `.5` and `1.` are numbers
/// to some.
pub(super) fn completed(text: &[u8]) -> Cow<'_, [u8]> {
    let mut parts = text.splitn(2, |byte| *byte == b'.');
    let (Some(before), Some(after)) = (parts.next(), parts.next()) else {
        return text.into();
    };
    let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    match (is_digit(before.last()), is_digit(after.first())) {
        (false, true) => [before, b"0.", after].concat().into(),
        (true, false) => [before, b".0", after].concat().into(),
        _ => text.into(),
    }
}

/// Reads `-12.50` or `1e5`; `None` where the text is no such number.
pub(super) fn digits(text: &[u8]) -> Option<Digits> {
    let unsigned = text.strip_prefix(b"-").unwrap_or(text);
    let whole = count_digits(unsigned);
    let (integer, mut rest) = unsigned.split_at_checked(whole)?;
    if whole == 0 {
        return None;
    }
    let mut fraction: &[u8] = &[];
    if let [b'.', after @ ..] = rest {
        let count = count_digits(after);
        if count == 0 {
            return None;
        }
        (fraction, rest) = after.split_at_checked(count)?;
    }
    let mut exponent = None;
    if let [b'e' | b'E', after @ ..] = rest {
        exponent = Some(read_exponent(after)?);
        rest = &[];
    }
    if !rest.is_empty() {
        return None;
    }
    let has_point = !fraction.is_empty();
    let leading = integer
        .iter()
        .chain(fraction)
        .take_while(|digit| **digit == b'0')
        .count();
    let trailing = integer
        .iter()
        .chain(fraction)
        .rev()
        .take_while(|digit| **digit == b'0')
        .count();
    let is_zero = leading == integer.len() + fraction.len();
    // Places of the point and of the last digit that counts, from the first digit.
    let point = count(integer.len()) + exponent.unwrap_or(0);
    let last = count(integer.len() + fraction.len() - trailing);
    Some(Digits {
        before: if is_zero {
            1
        } else {
            usize::try_from(point - count(leading)).unwrap_or(0).max(1)
        },
        behind: if is_zero {
            0
        } else {
            usize::try_from(last - point).unwrap_or(0)
        },
        has_point,
        has_exponent: exponent.is_some(),
    })
}

fn count_digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn count(digits: usize) -> i64 {
    i64::try_from(digits).unwrap_or(i64::MAX / 4)
}

fn read_exponent(text: &[u8]) -> Option<i64> {
    let (sign, digits) = match text {
        [b'-', digits @ ..] => (-1, digits),
        [b'+', digits @ ..] | digits => (1, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let size = std::str::from_utf8(digits).ok()?.parse::<i32>();
    Some(sign * i64::from(size.unwrap_or(i32::MAX)))
}

/// The number, when it is whole and small enough to be one exactly.
pub(super) fn whole(text: &[u8]) -> Option<i64> {
    if text.starts_with(b"+") {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_may_stand_without_digits_before_or_behind() {
        for (text, wanted) in [
            (".5", "0.5"),
            ("-.5", "-0.5"),
            ("1.", "1.0"),
            ("1.e5", "1.0e5"),
            ("1.5", "1.5"),
            ("15", "15"),
        ] {
            assert_eq!(&*completed(text.as_bytes()), wanted.as_bytes());
        }
        for bad in [".", "-.", "..5", "1..5", "1.-", "a.5"] {
            assert_eq!(digits(&completed(bad.as_bytes())), None, "{bad}");
        }
    }

    #[test]
    fn tells_the_forms_of_numbers() {
        assert!(digits(b"120").unwrap().is_integer());
        assert_eq!(digits(b"-00120.50").unwrap().before, 3);
        assert!(digits(b"5550100.0").unwrap().is_whole_float());
        assert!(digits(b"5.55e-17").unwrap().has_exponent);
        assert!(digits(b"1E5").unwrap().has_exponent);
        for bad in [
            "", "-", "1,200", "1.", ".5", "1e", "0x10", " 1", "1 ", "NaN", "+1",
        ] {
            assert_eq!(digits(bad.as_bytes()), None, "{bad}");
        }
    }
}
