//! Floats as they travel, also those within what serde encodes.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter};

/// From here on not every whole number is a float.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The whole number that a float is, if it is one below 2^53.
#[expect(clippy::cast_possible_truncation, reason = "compared with what it was")]
#[inline]
pub(super) fn whole(number: f64) -> Option<i64> {
    let is_whole = number.abs() < EXACT && number.trunc().total_cmp(&number).is_eq();
    is_whole.then_some(number as i64)
}

/// The number of fewest digits that is nearer to a float of 16 bits than to any other of them. Neither 0 nor
/// infinite.
pub(super) fn shortest_of_half(half: f64) -> f64 {
    /// So many digits tell any two of them apart.
    const MOST_DIGITS: usize = 5;
    // 11 binary digits, fewer below the least exponent.
    let exponent = half.abs().log2().floor().max(-14.0);
    let to_next = (exponent - 10.0).exp2();
    // Below a power of two they lie half as far apart.
    let is_power = half.abs().total_cmp(&exponent.exp2()).is_eq() && exponent > -14.0;
    let to_previous = if is_power { to_next / 2.0 } else { to_next };
    let is_nearest = |number: f64| {
        let ahead = number.abs() - half.abs();
        ahead < to_next / 2.0 && -ahead < to_previous / 2.0
    };
    (0..MOST_DIGITS)
        .filter_map(|digits| format!("{half:.digits$e}").parse().ok())
        .find(|number| is_nearest(*number))
        .unwrap_or(half)
}

/// As `serde_json::to_writer`, with floats as [`write_float`](super::write_float) writes them.
pub(crate) fn to_writer<T: Serialize + ?Sized>(
    json: &mut Vec<u8>,
    value: &T,
) -> serde_json::Result<()> {
    value.serialize(&mut serde_json::Serializer::with_formatter(
        json,
        WholeFloats,
    ))
}

struct WholeFloats;

impl Formatter for WholeFloats {
    fn write_f32<W: ?Sized + Write>(&mut self, writer: &mut W, number: f32) -> io::Result<()> {
        match whole(f64::from(number)) {
            Some(whole) => self.write_i64(writer, whole),
            None => CompactFormatter.write_f32(writer, number),
        }
    }

    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, number: f64) -> io::Result<()> {
        match whole(number) {
            Some(whole) => self.write_i64(writer, whole),
            None => CompactFormatter.write_f64(writer, number),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The float of 16 bits that is nearest.
    fn half(number: f64) -> f64 {
        let exponent = number.abs().log2().floor().max(-14.0);
        let step = (exponent - 10.0).exp2();
        (number / step).round_ties_even() * step
    }

    fn is_same(a: f64, b: f64) -> bool {
        (a - b).abs() == 0.0
    }

    #[test]
    fn floats_of_16_bits_have_the_fewest_digits_that_mean_them() {
        for (number, wanted) in [
            (0.1, 0.1),
            (-0.1, -0.1),
            (0.3, 0.3),
            (3.14159, 3.14),
            (1.0 / 3.0, 0.3333),
            (0.25, 0.25),
            (1023.5, 1023.5),
            (5.960_464_5e-8, 6e-8),
            (6.104e-5, 6.104e-5),
        ] {
            let shown = shortest_of_half(half(number));
            assert!(is_same(shown, wanted), "{number} as {shown}");
        }
        // All that are positive and below 2048; whole ones are written as such.
        for bits in 1_u32..0x6800 {
            let (exponent, fraction) = (bits >> 10, f64::from(bits & 0x3ff));
            let number = match exponent {
                0 => fraction * (-24.0_f64).exp2(),
                _ => (1.0 + fraction / 1024.0) * (f64::from(exponent) - 15.0).exp2(),
            };
            let shown = shortest_of_half(number);
            assert!(is_same(half(shown), number), "{number} as {shown}");
            assert!(is_same(shortest_of_half(-number), -shown));
        }
    }

    proptest! {
        #[test]
        fn serde_writes_every_float_as_columns_do(
            number in any::<f64>(),
            scaled in -1e16_f64..1e16,
            single in any::<f32>(),
        ) {
            for number in [number, scaled, scaled.trunc(), f64::from(single)] {
                let (mut ours, mut serdes) = (Vec::new(), Vec::new());
                let is_finite = super::super::write_float(&mut ours, number);
                to_writer(&mut serdes, &number).unwrap();
                if is_finite {
                    prop_assert_eq!(&ours, &serdes);
                    let read: f64 = std::str::from_utf8(&ours).unwrap().parse().unwrap();
                    prop_assert!((read - number).abs() == 0.0);
                } else {
                    prop_assert_eq!(serdes, b"null");
                }
            }
        }
    }
}
