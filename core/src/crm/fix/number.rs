//! Numbers by their digits, so that nothing of them is lost.

/// Up to this every whole number is exact as a JSON number, whoever reads it.
const MOST_EXACT: i64 = 1 << 53;

/// Most digits that a JSON number keeps, whoever reads it.
const EXACT_DIGITS: usize = 15;

/// The parts of a number that is written as JSON writes one.
#[derive(Clone, Copy)]
pub(super) struct Number<'a> {
    is_negative: bool,
    whole: &'a str,
    fraction: &'a str,
    exponent: Option<&'a str>,
}

impl<'a> Number<'a> {
    /// `None` for anything else, such as `1,200`, `007`, `+5` or `.5`.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (is_negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (digits, None),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) if are_digits(fraction) => (whole, fraction),
            Some(_) => return None,
            None => (mantissa, ""),
        };
        let is_whole = are_digits(whole) && (whole == "0" || !whole.starts_with('0'));
        let is_exponent = exponent.is_none_or(|exponent| {
            are_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
        });
        (is_whole && is_exponent).then_some(Self {
            is_negative,
            whole,
            fraction,
            exponent,
        })
    }

    /// Whether it is written without point and exponent.
    pub(super) fn is_integer(self) -> bool {
        self.fraction.is_empty() && self.exponent.is_none()
    }

    /// Whether it is written with digits and a point alone.
    pub(super) fn is_plain(self) -> bool {
        self.exponent.is_none()
    }

    /// Whether its point may part groups of digits: `1.000` is a thousand to many.
    pub(super) fn may_be_grouped(self) -> bool {
        self.is_plain() && self.fraction.len() == 3 && self.whole.len() <= 3 && self.whole != "0"
    }

    /// `digits`, which it was read from, without a fraction of zeros; of any size, since it stays text.
    pub(super) fn without_zeros(self, digits: &str) -> Option<&str> {
        let (whole, fraction) = digits.split_once('.')?;
        (self.is_plain() && fraction.bytes().all(|digit| digit == b'0')).then_some(whole)
    }

    /// The whole number that it is, when it is one that is exact as a JSON number.
    pub(super) fn to_whole(self) -> Option<i64> {
        let shift: i32 = self.exponent.map_or(Ok(0), str::parse).ok()?;
        let point = i32::try_from(self.whole.len()).ok()?.checked_add(shift)?;
        let mut number: i64 = 0;
        let mut place = 0;
        for digit in self.whole.bytes().chain(self.fraction.bytes()) {
            let digit = i64::from(digit - b'0');
            if place < point {
                number = number.checked_mul(10)?.checked_add(digit)?;
            } else if digit != 0 {
                return None;
            }
            place += 1;
        }
        while number != 0 && place < point {
            number = number.checked_mul(10)?;
            place += 1;
        }
        (number <= MOST_EXACT).then_some(if self.is_negative { -number } else { number })
    }

    /// Whether it stays what it is when it is read as a JSON number.
    pub(super) fn is_exact(self) -> bool {
        self.to_whole().is_some()
            || (self.is_plain() && {
                let digits = self.whole.len() + self.fraction.len();
                let zeros = [self.whole, self.fraction].concat();
                digits - zeros.bytes().take_while(|digit| *digit == b'0').count() <= EXACT_DIGITS
            })
    }
}

fn are_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whole(text: &str) -> Option<i64> {
        Number::parse(text)?.to_whole()
    }

    #[test]
    fn zeros_behind_the_point_go_from_text_of_any_size() {
        let cut = |text| Number::parse(text).and_then(|number| number.without_zeros(text));
        assert_eq!(cut("10000000000000000.0"), Some("10000000000000000"));
        assert_eq!(cut("-5.00"), Some("-5"));
        for text in ["5", "5.01", "1.0e3"] {
            assert_eq!(cut(text), None, "{text}");
        }
    }

    #[test]
    fn whole_numbers_are_found_by_their_digits() {
        for (text, number) in [
            ("5550100.0", 5_550_100),
            ("0", 0),
            ("-0.0", 0),
            ("-12.000", -12),
            ("1e3", 1000),
            ("1.5E+2", 150),
            ("1200e-2", 12),
            ("9007199254740992", MOST_EXACT),
            ("0e999999999", 0),
        ] {
            assert_eq!(whole(text), Some(number), "{text}");
        }
        for text in [
            "5550100.0000000001",
            "9007199254740993",
            "1e300",
            "1e-1",
            "1e99999999999",
            "5.55e-17",
        ] {
            assert!(Number::parse(text).is_some(), "{text}");
            assert_eq!(whole(text), None, "{text}");
        }
    }

    #[test]
    fn what_json_does_not_write_is_no_number() {
        for text in [
            "", "-", "007", "+5", ".5", "5.", "1,200", "1 200", "1_000", "0x10", "1e", "1e+",
            "Inf", "NaN", "½", "٣", "1.2.3", "--1",
        ] {
            assert!(Number::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn digits_that_a_reader_would_lose_are_not_exact() {
        for (text, is_exact) in [
            ("12.50", true),
            ("0.000123", true),
            ("123456789012345.5", false),
            ("0.1234567890123456", false),
            ("9007199254740993", false),
            ("1e-3", false),
        ] {
            assert_eq!(Number::parse(text).unwrap().is_exact(), is_exact, "{text}");
        }
    }

    proptest! {
        #[test]
        fn numbers_are_read_as_serde_reads_them(text in "-?[0-9]{1,4}(\\.[0-9]{0,3})?([eE][+-]?[0-9]{0,2})?") {
            let read = serde_json::from_str::<f64>(&text);
            prop_assert_eq!(Number::parse(&text).is_some(), read.is_ok());
            if let (Some(number), Ok(read)) = (whole(&text), read) {
                #[expect(clippy::cast_precision_loss, reason = "whole numbers to 2^53 are exact")]
                let number = number as f64;
                prop_assert_eq!(number.to_bits() << 1, read.to_bits() << 1); // -0 is 0
            }
        }
    }
}
