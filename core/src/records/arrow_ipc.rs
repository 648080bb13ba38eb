//! Record batches of Arrow's stream and file format, out of bytes as they come.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::reader::StreamDecoder;
use arrow_schema::{ArrowError, SchemaRef};

use crate::error::{Error, Result};

/// A file begins and ends with it.
const FILE: &[u8] = b"ARROW1";
/// What stands before the messages of a file: the mark, and two bytes more.
const FILE_HEAD: usize = 8;
/// The beginning of each message of a stream.
const STREAM: &[u8] = b"\xff\xff\xff\xff";

/// Bytes of Arrow's stream format, or of its file format, which has the same messages between its head and its
/// footer.
pub(crate) struct ArrowBytes {
    decoder: StreamDecoder,
    is_file: bool,
    /// Bytes that are to be left out.
    skipped: usize,
    /// The messages have ended; of a file, a footer may follow.
    is_done: bool,
    /// The last bytes, where they are the end of a file.
    tail: Vec<u8>,
}

impl ArrowBytes {
    /// A decoder of bytes that begin with `head`; `None` when Arrow's do not.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        let is_file = head.starts_with(FILE);
        (is_file || head.starts_with(STREAM)).then(|| Self {
            decoder: StreamDecoder::new(),
            is_file,
            skipped: if is_file { FILE_HEAD } else { 0 },
            is_done: false,
            tail: Vec::new(),
        })
    }

    /// Known as soon as enough has come.
    pub(crate) fn schema(&self) -> Option<SchemaRef> {
        self.decoder.schema()
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
        self.tail
            .extend_from_slice(&bytes[bytes.len().saturating_sub(FILE.len())..]);
        self.tail
            .drain(..self.tail.len().saturating_sub(FILE.len()));
        let skipped = self.skipped.min(bytes.len());
        self.skipped -= skipped;
        let mut bytes = Buffer::from(&bytes[skipped..]);
        while !self.is_done && !bytes.is_empty() {
            match self.decoder.decode(&mut bytes) {
                Ok(batch) => batches.extend(batch),
                // The decoder goes on after the end of the messages, where the footer is.
                Err(_) if self.is_file && self.decoder.finish().is_ok() => self.is_done = true,
                Err(error) => return Err(message_of(&error)),
            }
        }
        if !is_end {
            return Ok(());
        }
        let is_cut = self.is_file && self.tail != FILE;
        if is_cut || self.schema().is_none() || (!self.is_done && self.decoder.finish().is_err()) {
            return Err("they end too early".to_owned());
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
