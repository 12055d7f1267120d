//! Reads an entry's data with hard stops: never more output than was declared.

use super::{ArchiveError, Entry, Method, Rule};
use flate2::{Crc, Decompress, FlushDecompress, Status};
use std::borrow::Cow;

/// The entry's contents, checked against its declared size.
pub(super) fn read<'a>(bytes: &'a [u8], entry: &Entry) -> Result<Cow<'a, [u8]>, ArchiveError> {
    let data = bytes.get(entry.data.clone()).unwrap_or_default();
    match entry.method {
        Method::Stored => Ok(Cow::Borrowed(data)),
        Method::Deflate => inflate(data, entry).map(Cow::Owned),
    }
}

fn inflate(data: &[u8], entry: &Entry) -> Result<Vec<u8>, ArchiveError> {
    let error = |rule, detail: String| {
        Err(ArchiveError::new(rule, entry.data.start, detail).of(&entry.name))
    };
    // The walk has bounded the declared size, and one byte more than it shows
    // whether the stream wants to go on.
    let mut out = vec![0; entry.size as usize + 1];
    let mut stream = Decompress::new(false);
    let status = stream.decompress(data, &mut out, FlushDecompress::Finish);
    let (read, written) = (stream.total_in(), stream.total_out());
    if written > u64::from(entry.size) {
        let detail = format!("inflates to more than the declared {} bytes", entry.size);
        return error(Rule::DataSize, detail);
    }
    match status {
        Ok(Status::StreamEnd) => {}
        Ok(_) => return error(Rule::Deflate, "the deflate stream is cut off".into()),
        Err(e) => return error(Rule::Deflate, format!("invalid deflate stream: {e}")),
    }
    if read != data.len() as u64 {
        let detail = format!(
            "{} bytes follow the deflate stream",
            data.len() as u64 - read
        );
        return error(Rule::Deflate, detail);
    }
    if written != u64::from(entry.size) {
        let detail = format!("inflates to {written} bytes, declared {}", entry.size);
        return error(Rule::DataSize, detail);
    }
    out.truncate(entry.size as usize);
    Ok(out)
}

/// Reads the entry once and compares its checksum.
pub(super) fn verify(bytes: &[u8], entry: &Entry) -> Result<(), ArchiveError> {
    let contents = read(bytes, entry)?;
    let mut crc = Crc::new();
    crc.update(&contents);
    if crc.sum() == entry.crc {
        return Ok(());
    }
    let detail = format!("CRC {:08x}, declared {:08x}", crc.sum(), entry.crc);
    Err(ArchiveError::new(Rule::Crc, entry.data.start, detail).of(&entry.name))
}
