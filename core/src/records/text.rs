//! The text of a file, whatever its encoding.

use std::io::{self, Read};
use std::path::PathBuf;
use std::str;

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use memchr::memchr;

use super::opened::{Opened, unreadable};
use crate::error::{Error, Result};
use crate::quote::quote;

const READ_SIZE: usize = 64 * 1024;

/// Names of encodings that others have, and ours for them.
const ALIASES: &[(&str, &str)] = &[
    ("latin-1", "latin1"),
    ("latin-9", "iso-8859-15"),
    ("utf-8-sig", "utf-8"),
    ("mac-roman", "macintosh"),
    ("cp932", "shift_jis"),
    ("cp936", "gbk"),
    ("cp949", "euc-kr"),
    ("cp950", "big5"),
    ("ansi", "windows-1252"),
];

/// What is read, as a message lists it; names that are in use for the same are taken as well.
const READ: &str = "utf-8, utf-16le, utf-16be, windows-1250 to windows-1258 (windows-1252 is also latin1), \
                    windows-874, iso-8859-2 to iso-8859-8, iso-8859-10, iso-8859-13 to iso-8859-16, macintosh, \
                    x-mac-cyrillic, ibm866, koi8-r, koi8-u, shift_jis, euc-jp, iso-2022-jp, euc-kr, gbk, gb18030 \
                    and big5";

/// The encoding of this name.
///
/// # Errors
///
/// [`Config`](crate::ErrorKind::Config) when there is none.
pub(super) fn encoding_named(name: &str) -> Result<&'static Encoding> {
    let lower = name.trim().to_lowercase().replace('_', "-");
    let alias = ALIASES.iter().find(|(alias, _)| *alias == lower);
    let label = alias.map_or(lower.as_str(), |(_, label)| label);
    Encoding::for_label_no_replacement(label.as_bytes())
        .or_else(|| Encoding::for_label_no_replacement(name.as_bytes()))
        .ok_or_else(|| {
            Error::config(format!(
                "encoding is '{}', which is none that we read: those are {READ}. Save a file in another one, \
                 such as cp437 or cp850 of DOS, as utf-8, or decode it and pass its rows",
                quote(name.as_bytes())
            ))
        })
}

/// The text of a file, piece by piece.
pub(super) struct TextReader {
    bytes: Box<dyn Read + Send>,
    path: PathBuf,
    encoding: &'static Encoding,
    /// Whether the file itself says the encoding.
    has_mark: bool,
    /// `None` for UTF-8, which is only checked.
    decoder: Option<Decoder>,
    block: Vec<u8>,
    /// Bytes of a character whose end has not come yet, at the start of the block.
    held: usize,
    /// Bytes that became text so far.
    taken: u64,
    is_at_end: bool,
    /// What ended the text after what was given.
    broken: Option<Error>,
    /// Whether it has bytes that are no text, rather than can't be read.
    is_no_text: bool,
}

impl TextReader {
    /// Reads in the encoding of the byte order mark, else in that given, else in UTF-8.
    pub(super) fn new(mut file: Opened, given: Option<&'static Encoding>) -> Self {
        let (encoding, mark) = Encoding::for_bom(&file.head).unwrap_or((given.unwrap_or(UTF_8), 0));
        file.head.drain(..mark);
        let (bytes, path) = file.into_bytes();
        Self {
            bytes,
            path,
            encoding,
            has_mark: mark > 0,
            decoder: (encoding != UTF_8).then(|| encoding.new_decoder_without_bom_handling()),
            block: vec![0; READ_SIZE],
            held: 0,
            taken: mark as u64,
            is_at_end: false,
            broken: None,
            is_no_text: false,
        }
    }

    /// Whether what ended it is bytes that are no text.
    pub(super) fn is_no_text(&self) -> bool {
        self.is_no_text
    }

    /// Ends the text with an error that came too early for its caller.
    pub(super) fn end_with(&mut self, error: Error) {
        self.broken = Some(error);
    }

    /// Appends more text, unless there is none.
    ///
    /// # Errors
    ///
    /// [`Source`](crate::ErrorKind::Source) when the file can't be read on, or has bytes that are no text in its
    /// encoding.
    pub(super) fn read_on(&mut self, text: &mut String) -> Result<()> {
        if let Some(error) = self.broken.take() {
            return Err(error);
        }
        let before = text.len();
        let result = self.read_piece(text);
        if text.len() == before {
            return result;
        }
        self.broken = result.err();
        Ok(())
    }

    fn read_piece(&mut self, text: &mut String) -> Result<()> {
        let read = loop {
            match self.bytes.read(&mut self.block[self.held..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read.map_err(|error| unreadable(&self.path, &error))?,
            }
        };
        self.is_at_end = read == 0;
        let len = self.held + read;
        if self.decoder.is_some() {
            self.decode(len, text)
        } else {
            self.check(len, text)
        }
    }

    /// Whether all text was read.
    pub(super) fn is_at_end(&self) -> bool {
        self.is_at_end && self.broken.is_none()
    }

    fn check(&mut self, len: usize, text: &mut String) -> Result<()> {
        let bytes = &self.block[..len];
        let (good, is_bad) = match str::from_utf8(bytes) {
            Ok(whole) => (whole, false),
            Err(error) => {
                let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
                let is_bad = error.error_len().is_some() || self.is_at_end;
                (str::from_utf8(good).unwrap_or_default(), is_bad)
            }
        };
        let nul = memchr(0, good.as_bytes());
        let good = nul.and_then(|nul| good.get(..nul)).unwrap_or(good);
        text.push_str(good);
        let used = good.len();
        self.taken += used as u64;
        if nul.is_some() {
            return Err(self.nul(self.taken));
        }
        if is_bad {
            let bad = bytes.get(used).copied().unwrap_or_default();
            return Err(self.wrong_byte(self.taken, Some(bad)));
        }
        self.block.copy_within(used..len, 0);
        self.held = len - used;
        Ok(())
    }

    fn decode(&mut self, len: usize, text: &mut String) -> Result<()> {
        let Some(decoder) = &mut self.decoder else {
            return Ok(());
        };
        let bytes = &self.block[..len];
        // More than any text has; None only where a usize can't count it.
        let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len());
        text.reserve(room.unwrap_or(bytes.len()));
        let start = text.len();
        let (result, used) =
            decoder.decode_to_string_without_replacement(bytes, text, self.is_at_end);
        if let Some(nul) = memchr(0, &text.as_bytes()[start..]) {
            text.truncate(start + nul);
            return Err(self.nul(self.taken));
        }
        if let DecoderResult::Malformed(bad, after) = result {
            let end = self.taken + used as u64;
            let at = end.saturating_sub(u64::from(bad) + u64::from(after));
            let bad = usize::try_from(at.saturating_sub(self.taken)).ok();
            let bad = bad.and_then(|place| bytes.get(place)).copied();
            return Err(self.wrong_byte(at, bad));
        }
        self.taken += used as u64;
        self.block.copy_within(used..len, 0);
        self.held = len - used;
        Ok(())
    }

    /// The error about a character that is none, from byte `at` on.
    fn nul(&mut self, at: u64) -> Error {
        self.is_no_text = true;
        Error::unreadable(format!(
            "the records can't be read from {}: from byte {at} on it has NUL, which stands in no text: is it a \
             binary file, or damaged? Save it as CSV again",
            self.path.display()
        ))
    }

    fn wrong_byte(&mut self, at: u64, byte: Option<u8>) -> Error {
        self.is_no_text = true;
        let is_utf_16 = [UTF_16LE, UTF_16BE].contains(&self.encoding);
        if is_utf_16 && self.is_at_end {
            return Error::unreadable(format!(
                "the records can't be read from {}: it ends within a character of {} (byte {at}), so it is cut \
                 off: copy or download it again",
                self.path.display(),
                self.encoding.name()
            ));
        }
        let value = byte
            .map(|byte| format!(" (0x{byte:02X})"))
            .unwrap_or_default();
        let advice = if self.has_mark {
            // It counts more than the option.
            "the file begins as such and goes on otherwise: save it again, as UTF-8"
        } else if is_utf_16 || self.encoding == UTF_8 {
            "set the option encoding to that of the file, for example windows-1252 for what Excel saves in \
             Western Europe, or save it as UTF-8"
        } else {
            "is it the encoding that the file has? See the option encoding"
        };
        Error::unreadable(format!(
            "the records can't be read from {}: byte {at}{value} is not {}: {advice}",
            self.path.display(),
            self.encoding.name()
        ))
    }
}
