//! Files of an archive as its directory declares them, without inflating any.

use super::raw::RawArchive;
use crate::limits::ArchiveLimits;
use flate2::Crc;

/// A file of an archive as the directory declares it. The data may contradict it, so it is
/// good for estimates alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// Its name.
    pub name: String,
    /// Its inflated size, in bytes.
    pub bytes: u64,
    /// The CRC-32 of its inflated bytes.
    pub crc32: u32,
}

/// The files in the directory of the archive `bytes`, in its order. None if the archive is
/// above its bound, or if its records are not where a reader expects them: nothing of such
/// an archive is compiled.
#[must_use]
pub fn declared(bytes: &[u8], limits: &ArchiveLimits) -> Vec<Declared> {
    if bytes.len() as u64 > limits.archive_bytes {
        return Vec::new();
    }
    let raw = RawArchive::scan(bytes, limits.entries);
    if !raw.violations.is_empty() {
        return Vec::new();
    }
    let file = |common: &super::record::Common<'_>| {
        let name = std::str::from_utf8(common.name).ok()?;
        let bytes = u64::from(common.fixed.size);
        let is_file = !name.ends_with('/') && bytes <= limits.entry_bytes;
        is_file.then(|| Declared {
            name: name.to_owned(),
            bytes,
            crc32: common.fixed.crc,
        })
    };
    let centrals = raw.centrals.iter();
    centrals.filter_map(|c| file(&c.common)).collect()
}

/// The CRC-32 of `bytes`, as an archive declares it.
#[must_use]
pub fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use std::io::Write;

    fn archive() -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        for (name, contents) in [("a.wasm", &b"one"[..]), ("b/c.txt", b"three")] {
            writer.start_file(name, options).expect("starts");
            writer.write_all(contents).expect("writes");
        }
        writer.finish().expect("finishes").into_inner()
    }

    #[test]
    fn directory_declares_the_names_sizes_and_checksums_of_the_files() {
        let limits = Limits::default().archive;
        let file = |name: &str, contents: &[u8]| Declared {
            name: name.to_owned(),
            bytes: contents.len() as u64,
            crc32: crc32(contents),
        };
        let expected = [file("a.wasm", b"one"), file("b/c.txt", b"three")];
        assert_eq!(declared(&archive(), &limits), expected);
    }

    #[test]
    fn archive_that_is_cut_off_or_above_its_bound_declares_nothing() {
        let limits = Limits::default().archive;
        let whole = archive();
        assert_eq!(declared(&whole[..whole.len() - 1], &limits), []);
        let limits = ArchiveLimits {
            archive_bytes: whole.len() as u64 - 1,
            ..limits
        };
        assert_eq!(declared(&whole, &limits), []);
    }
}
