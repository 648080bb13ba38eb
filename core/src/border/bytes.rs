//! Records of bytes as they come: NDJSON text, or Arrow's stream and file format.

use crate::error::Result;
#[cfg(feature = "arrow-ipc")]
use crate::records::arrow_ipc::ArrowBytes;
use crate::records::format::{check_bytes, is_enough};
use crate::records::{Ndjson, Records};

/// NDJSON text taken in at a time, in bytes.
const PIECE: usize = 64 * 1024;

/// Bytes whose first tell what they are.
pub(super) enum Bytes {
    /// Too few so far.
    Head(Vec<u8>),
    Lines(Ndjson),
    #[cfg(feature = "arrow-ipc")]
    Arrow(Box<ArrowBytes>),
}

/// What came of more bytes.
pub(super) enum Found {
    Records(Vec<Records>),
    /// Batches of the schema, which is known once enough has come; an error comes after the batches.
    #[cfg(feature = "arrow-ipc")]
    Batches {
        schema: Option<arrow_schema::SchemaRef>,
        batches: Vec<arrow_array::RecordBatch>,
        end: Result<()>,
    },
}

impl Default for Bytes {
    fn default() -> Self {
        Self::Head(Vec::new())
    }
}

impl Bytes {
    /// Takes more bytes; `is_end` says that no more come.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) when they are neither, with what to do instead.
    pub(super) fn take(&mut self, bytes: &[u8], is_end: bool) -> Result<Found> {
        let Self::Head(head) = self else {
            return Ok(self.take_known(bytes, is_end));
        };
        head.extend_from_slice(bytes);
        let head = std::mem::take(head);
        #[cfg(feature = "arrow-ipc")]
        if let Some(arrow) = ArrowBytes::of(&head) {
            *self = Self::Arrow(Box::new(arrow));
            return Ok(self.take_known(&head, is_end));
        }
        if !is_end && !is_enough(&head) {
            *self = Self::Head(head);
            return Ok(Found::Records(Vec::new()));
        }
        check_bytes(&head, is_end)?;
        *self = Self::Lines(Ndjson::new());
        Ok(self.take_known(&head, is_end))
    }

    fn take_known(&mut self, bytes: &[u8], is_end: bool) -> Found {
        match self {
            Self::Head(_) => Found::Records(Vec::new()),
            Self::Lines(lines) => {
                // In pieces, so that a large buffer is not taken in at once.
                let mut found: Vec<_> =
                    bytes.chunks(PIECE).map(|piece| lines.take(piece)).collect();
                if is_end {
                    found.push(lines.finish());
                }
                Found::Records(found)
            }
            #[cfg(feature = "arrow-ipc")]
            Self::Arrow(arrow) => {
                let (batches, end) = arrow.take(bytes, is_end);
                let schema = arrow.schema();
                Found::Batches {
                    schema,
                    batches,
                    end,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fed(pieces: &[&[u8]]) -> Result<Vec<String>> {
        let mut bytes = Bytes::default();
        let mut lines = Vec::new();
        for (place, piece) in pieces.iter().enumerate() {
            #[cfg_attr(
                not(feature = "arrow-ipc"),
                expect(
                    clippy::infallible_destructuring_match,
                    reason = "with Arrow there are two"
                )
            )]
            let found = match bytes.take(piece, place + 1 == pieces.len())? {
                Found::Records(found) => found,
                #[cfg(feature = "arrow-ipc")]
                Found::Batches { .. } => panic!("this is text"),
            };
            for records in found {
                let chunk = records.into_chunk();
                lines.extend(chunk.records().map(|slot| match slot {
                    Ok(json) => String::from_utf8(json.to_vec()).unwrap(),
                    Err(message) => message.to_owned(),
                }));
            }
        }
        Ok(lines)
    }

    const TEXT: &[u8] = b" \n{\"n\":1}\n{\"n\":2}\n{\"n\":3}";

    #[test]
    fn lines_are_the_same_in_pieces_of_any_size() {
        let wanted = [r#"{"n":1}"#, r#"{"n":2}"#, r#"{"n":3}"#];
        for size in 1..=TEXT.len() {
            let pieces: Vec<_> = TEXT.chunks(size).collect();
            assert_eq!(fed(&pieces).unwrap(), wanted, "{size}");
        }
        assert!(fed(&[b""]).unwrap().is_empty());
    }

    #[test]
    fn what_is_no_text_of_records_is_told_before_a_record_is_taken() {
        for (bytes, told) in [
            (&b"[{\"n\":1}]"[..], "JSON array"),
            (b"\x1f\x8b\x08", "gzipped"),
            (b"a,b\n1,2\n", "seems to be CSV"),
            (b"PAR1\x15\x04", "Parquet"),
        ] {
            for pieces in [vec![bytes], bytes.chunks(1).collect()] {
                let message = fed(&pieces).unwrap_err().message().to_owned();
                assert!(message.contains(told), "{message}");
            }
        }
    }

    #[cfg(feature = "arrow-ipc")]
    #[test]
    fn arrows_bytes_are_known_however_few_come_at_first() {
        use arrow_ipc::writer::StreamWriter;
        use arrow_schema::{DataType, Field, Schema};

        let schema = Schema::new(vec![Field::new("n", DataType::Int8, true)]);
        let writer = StreamWriter::try_new(Vec::new(), &schema).unwrap();
        let stream = writer.into_inner().unwrap();
        for size in 1..20 {
            let mut bytes = Bytes::default();
            let mut known = None;
            for piece in stream.chunks(size) {
                if let Found::Batches { schema, end, .. } = bytes.take(piece, false).unwrap() {
                    end.unwrap();
                    known = schema;
                }
            }
            assert_eq!(known.as_deref(), Some(&schema), "{size}");
        }
    }
}
