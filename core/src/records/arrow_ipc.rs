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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{
        ArrayRef, DictionaryArray, Int8Array, Int64Array, StringArray, types::Int8Type,
    };
    use arrow_ipc::writer::{FileWriter, StreamWriter};
    use arrow_schema::Schema;
    use proptest::prelude::*;

    use super::*;

    fn batch(start: i64, rows: i64) -> RecordBatch {
        // Of the same values throughout: a file has one dictionary.
        let keys: Int8Array = (0..rows)
            .map(|row| i8::try_from(row % 3).ok().filter(|key| *key > 0))
            .collect();
        let values = StringArray::from(vec!["ada", "bob", "cyd"]);
        let words = DictionaryArray::<Int8Type>::new(keys, Arc::new(values));
        let names = StringArray::from_iter_values((0..rows).map(|row| format!("{row}@b.io")));
        let columns: [(&str, ArrayRef); 3] = [
            ("n", Arc::new((start..start + rows).collect::<Int64Array>())),
            ("email", Arc::new(names)),
            ("word", Arc::new(words)),
        ];
        // Nullable throughout, so that all batches are of one schema.
        RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true)))
            .unwrap()
    }

    fn batches() -> Vec<RecordBatch> {
        vec![batch(0, 5), batch(5, 0), batch(5, 7)]
    }

    fn stream(schema: &Schema, batches: &[RecordBatch]) -> Vec<u8> {
        let mut writer = StreamWriter::try_new(Vec::new(), schema).unwrap();
        for batch in batches {
            writer.write(batch).unwrap();
        }
        writer.into_inner().unwrap()
    }

    fn file(schema: &Schema, batches: &[RecordBatch]) -> Vec<u8> {
        let mut writer = FileWriter::try_new(Vec::new(), schema).unwrap();
        for batch in batches {
            writer.write(batch).unwrap();
        }
        writer.into_inner().unwrap()
    }

    fn both() -> [Vec<u8>; 2] {
        let batches = batches();
        let schema = batches[0].schema();
        [stream(&schema, &batches), file(&schema, &batches)]
    }

    /// What comes of bytes in pieces, and of their end.
    fn taken(pieces: &[&[u8]]) -> (Vec<RecordBatch>, Result<()>, Option<SchemaRef>) {
        let mut bytes = ArrowBytes::of(pieces[0]).expect("these are Arrow's");
        let mut taken = Vec::new();
        for (place, piece) in pieces.iter().enumerate() {
            let (batches, end) = bytes.take(piece, place + 1 == pieces.len());
            taken.extend(batches);
            if end.is_err() || place + 1 == pieces.len() {
                return (taken, end, bytes.schema());
            }
        }
        unreachable!("the last piece returns")
    }

    fn rows(batches: &[RecordBatch]) -> Vec<i64> {
        let numbers = batches
            .iter()
            .map(|batch| batch.column_by_name("n").unwrap());
        let numbers = numbers.flat_map(|column| {
            column
                .as_any()
                .downcast_ref::<Int64Array>()
                .unwrap()
                .values()
                .to_vec()
        });
        numbers.collect()
    }

    proptest! {
        #[test]
        fn pieces_of_any_size_give_what_the_whole_gives(size in 8_usize..400) {
            for bytes in both() {
                let pieces: Vec<_> = bytes.chunks(size).collect();
                let (taken, end, schema) = taken(&pieces);
                prop_assert!(end.is_ok());
                prop_assert_eq!(schema, Some(batches()[0].schema()));
                prop_assert_eq!(rows(&taken), (0..12).collect::<Vec<_>>());
                let whole: Vec<_> = taken.into_iter().filter(|batch| batch.num_rows() > 0).collect();
                prop_assert_eq!(&whole[..], &[batch(0, 5), batch(5, 7)][..]);
            }
        }

        #[test]
        fn what_ends_too_early_is_told_behind_the_batches_that_were_whole(cut in any::<prop::sample::Index>()) {
            // A stream may end behind any message, without a mark of its end.
            for (bytes, may_end) in both().into_iter().zip([true, false]) {
                let end = 8 + cut.index(bytes.len() - 16);
                let (taken, told, _) = taken(&[&bytes[..end]]);
                prop_assert!(may_end || told.is_err());
                if let Err(error) = told {
                    let message = error.message();
                    prop_assert!(message.starts_with("the records can't be read from Arrow's bytes: "));
                }
                prop_assert!((0..12).collect::<Vec<_>>().starts_with(&rows(&taken)));
            }
        }

        #[test]
        fn bytes_of_which_one_is_wrong_never_end_the_process(place in any::<prop::sample::Index>(), flip in 1_u8..=255) {
            for mut bytes in both() {
                let place = 8 + place.index(bytes.len() - 8);
                bytes[place] ^= flip;
                let _ = taken(&[&bytes]);
            }
        }
    }

    #[test]
    fn without_batches_there_is_a_schema_all_the_same() {
        let schema = batches()[0].schema();
        for bytes in [stream(&schema, &[]), file(&schema, &[])] {
            let (taken, end, told) = taken(&[&bytes]);
            assert!(taken.is_empty() && end.is_ok());
            assert_eq!(told, Some(Arc::clone(&schema)));
        }
    }

    #[test]
    fn other_bytes_are_none_of_arrows() {
        for head in [
            &b""[..],
            b"{\"email\":1}",
            b"PAR1",
            b"ARROW",
            b"\xff\xff\xff",
        ] {
            assert!(ArrowBytes::of(head).is_none(), "{head:?}");
        }
    }
}
