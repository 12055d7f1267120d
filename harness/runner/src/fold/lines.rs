//! Reads the complete lines of an event stream, within bounds.

use crate::exit::{Error, show};
use crate::read_file::{EVENT_LINE_BYTES, open_regular};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// Bytes after which a batch is full. All processors work on the same batch.
pub(super) const AT_ONCE: usize = 1024 * 1024;

/// The lines of an event stream, from its beginning.
pub(crate) struct EventLines {
    path: PathBuf,
    reader: BufReader<File>,
    /// Lines that were read so far.
    count: usize,
}

impl EventLines {
    /// Opens the stream at `path`.
    ///
    /// # Errors
    /// [`Error::Io`], and [`Error::File`] if it is not a regular file: a fold reads
    /// the stream several times.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        Ok(Self {
            path: path.to_owned(),
            reader: BufReader::new(open_regular(path)?),
            count: 0,
        })
    }

    /// The next batch of complete lines, with their line breaks; empty at the end of
    /// the stream. Leaves out the text after the last line break.
    ///
    /// # Errors
    /// [`Error::Io`], and [`Error::Usage`] if a line is too long.
    pub(crate) fn next_lines(&mut self) -> Result<Vec<Vec<u8>>, Error> {
        let (mut lines, mut bytes) = (Vec::new(), 0);
        while bytes < AT_ONCE {
            match next_line(&mut self.reader, EVENT_LINE_BYTES) {
                Ok(Some(line)) => {
                    bytes += line.len();
                    lines.push(line);
                    self.count += 1;
                }
                Ok(None) => break,
                Err(LineError::Io(e)) => return Err(Error::io("read", &self.path, e)),
                Err(LineError::TooLong) => {
                    let (path, line) = (show(&self.path), self.count + 1);
                    return Err(Error::Usage(format!(
                        "{path}, line {line}: longer than {EVENT_LINE_BYTES} bytes, the bound on \
                         an event; the file is not an event stream of this harness"
                    )));
                }
            }
        }
        Ok(lines)
    }
}

/// Why there is no next line.
#[derive(Debug)]
enum LineError {
    Io(std::io::Error),
    TooLong,
}

/// The next line with its line break, of at most `most` bytes; `None` if the file ends
/// before the line does.
fn next_line(reader: &mut impl BufRead, most: u64) -> Result<Option<Vec<u8>>, LineError> {
    let mut line = Vec::new();
    let mut bounded = reader.take(most + 1);
    let read = bounded.read_until(b'\n', &mut line);
    read.map_err(LineError::Io)?;
    if line.len() as u64 > most {
        return Err(LineError::TooLong);
    }
    Ok((line.last() == Some(&b'\n')).then_some(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_above_the_bound_is_refused_and_cut_line_is_left_out() {
        let mut reader = &b"abc\n\nabcd\nab"[..];
        let mut next = |most| next_line(&mut reader, most);
        assert_eq!(next(4).expect("a line"), Some(b"abc\n".to_vec()));
        assert_eq!(next(4).expect("a line"), Some(b"\n".to_vec()));
        assert_eq!(next(5).expect("a line"), Some(b"abcd\n".to_vec()));
        assert_eq!(next(4).expect("the end"), None);
        let mut endless = BufReader::new(std::io::repeat(b'a'));
        assert!(matches!(
            next_line(&mut endless, 1_000),
            Err(LineError::TooLong)
        ));
    }
}
