//! A file that is about to be read: unzipped, and its beginning at hand.

use std::fs::File;
#[cfg(feature = "gzip")]
use std::io::BufRead;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

#[cfg(feature = "gzip")]
use flate2::bufread::GzDecoder;
use memchr::memchr;

use crate::error::{Error, Result};

const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];
#[cfg(feature = "gzip")]
const READ_SIZE: usize = 64 * 1024;
/// Bytes of a file that are looked at before it is read.
pub(super) const HEAD: usize = 64 * 1024;

/// A file before it is read.
pub(super) struct Opened {
    pub(super) path: PathBuf,
    /// Its first bytes; of a pipe those that came first.
    pub(super) head: Vec<u8>,
    /// What follows them.
    pub(super) rest: Box<dyn Read + Send>,
    pub(super) is_gzipped: bool,
    /// Whether `head` is all of it.
    pub(super) is_whole: bool,
    /// Whether it can be opened again, which a pipe can't.
    pub(super) is_regular: bool,
}

impl Opened {
    /// Opens a file; gzip is known by its first bytes.
    ///
    /// # Errors
    ///
    /// [`Source`](crate::ErrorKind::Source) when it can't be opened or unzipped, [`Config`](crate::ErrorKind::Config)
    /// when it is a folder.
    pub(super) fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_path_buf();
        if path.is_dir() {
            return Err(Error::config(format!(
                "{} is a folder: name a file in it",
                path.display()
            )));
        }
        Self::open_file(path.clone()).map_err(|error| unreadable(&path, &error))
    }

    fn open_file(path: PathBuf) -> io::Result<Self> {
        let mut file = File::open(&path)?;
        let is_regular = file.metadata()?.is_file();
        let mut magic = Vec::new();
        (&mut file).take(2).read_to_end(&mut magic)?;
        let is_gzipped = magic == GZIP_MAGIC;
        let whole = io::Cursor::new(magic).chain(file);
        let mut rest: Box<dyn Read + Send> = if is_gzipped {
            unzipped(whole)?
        } else {
            Box::new(whole)
        };
        let mut head = vec![0; HEAD];
        let mut len = 0;
        let mut is_whole = false;
        // More than a line of a pipe may take for ever to come.
        while len < HEAD && (is_regular || memchr(b'\n', &head[..len]).is_none()) {
            match rest.read(&mut head[len..]) {
                Ok(0) => {
                    is_whole = true;
                    break;
                }
                Ok(read) => len += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // What came before it is read first.
                Err(error) if len > 0 => {
                    rest = Box::new(Broken(Some(error)));
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        head.truncate(len);
        Ok(Self {
            path,
            head,
            rest,
            is_gzipped,
            is_whole,
            is_regular,
        })
    }

    /// Bytes that no file has, under a name for messages.
    #[cfg(feature = "bindings")]
    pub(super) fn bytes(name: &str, head: Vec<u8>, is_whole: bool) -> Self {
        Self {
            path: name.into(),
            head,
            rest: Box::new(io::empty()),
            is_gzipped: false,
            is_whole,
            is_regular: false,
        }
    }

    /// All bytes, and the path.
    pub(super) fn into_bytes(self) -> (Box<dyn Read + Send>, PathBuf) {
        (
            Box::new(io::Cursor::new(self.head).chain(self.rest)),
            self.path,
        )
    }
}

#[cfg(feature = "gzip")]
#[expect(
    clippy::unnecessary_wraps,
    reason = "without the feature it is an error"
)]
fn unzipped(zipped: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    let zipped = io::BufReader::with_capacity(READ_SIZE, zipped);
    Ok(Box::new(Unzipped(Some(GzDecoder::new(zipped)))))
}

/// What gzip's members hold, one after another; zeros behind one are padding, as to Python's gzip.
#[cfg(feature = "gzip")]
struct Unzipped<R>(Option<GzDecoder<R>>);

#[cfg(feature = "gzip")]
impl<R: BufRead> Read for Unzipped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.0 {
            let read = member.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let zipped = member.get_mut();
            skip_zeros(zipped)?;
            match zipped.fill_buf()? {
                [] => self.0 = None,
                // A buffer may end between the two.
                [0x1f] | [0x1f, 0x8b, ..] => {
                    self.0 = self
                        .0
                        .take()
                        .map(|ended| GzDecoder::new(ended.into_inner()));
                }
                _ => {
                    self.0 = None;
                    return Err(io::Error::new(io::ErrorKind::InvalidData, AFTER_END));
                }
            }
        }
        Ok(0)
    }
}

#[cfg(feature = "gzip")]
const AFTER_END: &str = "bytes that are no gzip come after the end of what is zipped; what is before them was read: \
    remove them, or copy or download the file again";

#[cfg(feature = "gzip")]
fn skip_zeros(zipped: &mut impl BufRead) -> io::Result<()> {
    loop {
        let ahead = zipped.fill_buf()?;
        let zeros = ahead.iter().take_while(|byte| **byte == 0).count();
        let is_all = zeros == ahead.len();
        zipped.consume(zeros);
        if zeros == 0 || !is_all {
            return Ok(());
        }
    }
}

#[cfg(not(feature = "gzip"))]
fn unzipped(_: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    Err(io::Error::other(
        "it is gzipped: unzip it, or turn the cargo feature 'gzip' of graph8-crm on",
    ))
}

/// What comes after the bytes that could be read.
struct Broken(Option<io::Error>);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// The error about a file that can't be read on.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> Error {
    let why = match error.kind() {
        // Only what is zipped says where it ends.
        io::ErrorKind::UnexpectedEof => "the file is cut off: copy or download it again".to_owned(),
        _ => error.to_string(),
    };
    Error::unreadable(format!(
        "the records can't be read from {}: {why}",
        path.display()
    ))
}
