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
