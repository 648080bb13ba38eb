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
