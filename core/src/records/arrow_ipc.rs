//! Record batches of Arrow's stream and file format, out of bytes as they come.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::reader::{FileReader, StreamDecoder};
use arrow_schema::{ArrowError, SchemaRef};

use crate::error::{Error, Result};

/// The beginning of a file.
const FILE: &[u8] = b"ARROW1";
/// The beginning of each message of a stream.
const STREAM: &[u8] = b"\xff\xff\xff\xff";

/// Bytes of Arrow's stream format, or of its file format.
pub(crate) enum ArrowBytes {
    Stream(Box<StreamDecoder>),
    /// What came of a file so far: its columns may be told in its footer alone.
    File {
        bytes: Vec<u8>,
        schema: Option<SchemaRef>,
    },
}

impl ArrowBytes {
    /// A decoder of bytes that begin with `head`; `None` when Arrow's do not.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        if head.starts_with(STREAM) {
            return Some(Self::Stream(Box::default()));
        }
        head.starts_with(FILE).then(|| Self::File {
            bytes: Vec::new(),
            schema: None,
        })
    }

    /// Known as soon as enough has come.
    pub(crate) fn schema(&self) -> Option<SchemaRef> {
        match self {
            Self::Stream(decoder) => decoder.schema(),
            Self::File { schema, .. } => schema.clone(),
        }
    }

    /// The batches that are whole with these bytes; `is_end` says that no more come.
    ///
    /// # Errors
    ///
    /// [`Source`](crate::ErrorKind::Source) for what is no Arrow data, or ends within a message. The batches
    /// before it are given all the same.
    pub(crate) fn take(&mut self, bytes: &[u8], is_end: bool) -> (Vec<RecordBatch>, Result<()>) {
        let mut batches = Vec::new();
        // The bytes are from outside, and the decoder asserts some of what they should be.
        let decoded = catch_unwind(AssertUnwindSafe(|| {
            self.decode(bytes, is_end, &mut batches)
        }))
        .unwrap_or_else(|_| Err("the data contradicts itself".to_owned()));
        let decoded = decoded.map_err(|what| {
            Error::unreadable(format!(
                "the records can't be read from Arrow's bytes: {what}"
            ))
        });
        (batches, decoded)
    }

    fn decode(
        &mut self,
        bytes: &[u8],
        is_end: bool,
        batches: &mut Vec<RecordBatch>,
    ) -> std::result::Result<(), String> {
        match self {
            Self::Stream(decoder) => {
                let mut bytes = Buffer::from(bytes);
                while !bytes.is_empty() {
                    let batch = decoder.decode(&mut bytes);
                    batches.extend(batch.map_err(|error| message_of(&error))?);
                }
                if is_end && (decoder.schema().is_none() || decoder.finish().is_err()) {
                    return Err("they end too early".to_owned());
                }
            }
            Self::File {
                bytes: whole,
                schema,
            } => {
                whole.extend_from_slice(bytes);
                if is_end {
                    let whole = Cursor::new(std::mem::take(whole));
                    let reader =
                        FileReader::try_new(whole, None).map_err(|error| message_of(&error))?;
                    *schema = Some(reader.schema());
                    for batch in reader {
                        batches.push(batch.map_err(|error| message_of(&error))?);
                    }
                }
            }
        }
        Ok(())
    }
}

fn message_of(error: &ArrowError) -> String {
    let message = error.to_string();
    if message.contains("feature") {
        return format!("they are compressed, write them without compression ({message})");
    }
    message
}
