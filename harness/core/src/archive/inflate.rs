//! Reads an entry's data and never inflates more than the declared size.

use super::entry::{Entry, Method};
use super::error::{Rule, Violation};
use crate::text::counted;
use flate2::{Crc, Decompress, FlushDecompress, Status};
use std::borrow::Cow;

/// Bytes inflated at a time.
const CHUNK: usize = 32 * 1024;

/// The entry's contents, checked against its declared size.
pub(super) fn read<'a>(bytes: &'a [u8], entry: &Entry) -> Result<Cow<'a, [u8]>, Violation> {
    let data = bytes.get(entry.data.clone()).unwrap_or_default();
    match entry.method {
        Method::Stored => Ok(Cow::Borrowed(data)),
        Method::Deflate => {
            // `rules` has applied the bounds to the declared size.
            let mut out = Vec::with_capacity(entry.size as usize);
            inflate(data, entry, |chunk| out.extend_from_slice(chunk))?;
            Ok(Cow::Owned(out))
        }
    }
}

/// Reads the entry once and compares its checksum. Deflated data is inflated into
/// `buffer`.
pub(super) fn verify<'a>(
    bytes: &'a [u8],
    entry: &Entry,
    buffer: &'a mut Vec<u8>,
) -> Result<&'a [u8], Violation> {
    let data = bytes.get(entry.data.clone()).unwrap_or_default();
    let contents = match entry.method {
        Method::Stored => data,
        Method::Deflate => {
            buffer.clear();
            inflate(data, entry, |chunk| buffer.extend_from_slice(chunk))?;
            buffer
        }
    };
    let mut crc = Crc::new();
    crc.update(contents);
    if crc.sum() == entry.crc || cfg!(planted_bug = "archive_bytes") {
        return Ok(contents);
    }
    let detail = format!("CRC {:08x}, declared {:08x}", crc.sum(), entry.crc);
    Err(violation(entry, Rule::Crc, detail))
}

fn violation(entry: &Entry, rule: Rule, detail: String) -> Violation {
    Violation::new(rule, entry.data.start, detail).of(&entry.name)
}

fn inflate(data: &[u8], entry: &Entry, mut sink: impl FnMut(&[u8])) -> Result<(), Violation> {
    let declared = u64::from(entry.size);
    let error = |rule, detail: String| Err(violation(entry, rule, detail));
    let mut stream = Decompress::new(false);
    let mut buffer = vec![0; CHUNK.min(entry.size as usize + 1)];
    loop {
        let (read, written) = (stream.total_in(), stream.total_out());
        // NB: `total_in` counts bytes of `data`, so it fits.
        let rest = data.get(read as usize..).unwrap_or_default();
        let status = stream.decompress(rest, &mut buffer, FlushDecompress::None);
        let new = (stream.total_out() - written) as usize;
        if stream.total_out() > declared {
            let detail = format!(
                "inflates to more than the declared {}",
                counted(declared, "byte", "bytes")
            );
            return error(Rule::DataSize, detail);
        }
        sink(&buffer[..new]);
        match status {
            Ok(Status::StreamEnd) => break,
            Ok(_) if new > 0 || stream.total_in() > read => {}
            Ok(_) => return error(Rule::Deflate, "the deflate stream is cut off".into()),
            Err(e) => return error(Rule::Deflate, format!("invalid deflate stream: {e}")),
        }
    }
    match data.len() as u64 - stream.total_in() {
        0 => {}
        n => {
            return error(
                Rule::Deflate,
                counted(n, "byte follows", "bytes follow") + " the deflate stream",
            );
        }
    }
    match stream.total_out() {
        n if n == declared => Ok(()),
        n => error(
            Rule::DataSize,
            format!(
                "inflates to {}, declared {declared}",
                counted(n, "byte", "bytes")
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compress, FlushCompress};

    #[test]
    fn bomb_is_inflated_no_further_than_declared_size() {
        let zeros = vec![0; 10 * 1024 * 1024];
        let mut data = Vec::with_capacity(64 * 1024);
        let mut packer = Compress::new(flate2::Compression::best(), false);
        let packed = packer.compress_vec(&zeros, &mut data, FlushCompress::Finish);
        assert!(packed.is_ok() && packer.total_in() == zeros.len() as u64);
        let entry = Entry {
            name: "bomb".into(),
            method: Method::Deflate,
            crc: 0,
            data: 0..data.len(),
            size: 100,
        };
        let mut seen = 0;
        let refused = inflate(&data, &entry, |chunk| seen += chunk.len());
        assert_eq!(refused.map_err(|v| v.rule), Err(Rule::DataSize));
        assert!(seen <= 100, "{seen} bytes were inflated");
    }
}
