//! Files of an archive as its directory declares them, without inflating any.

use super::record::{self, Cursor};
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

/// Bytes of an end record without a comment, which no pack has.
pub const END_BYTES: usize = 22;

/// Where the directory of an archive begins: the offset in the file, if the last
/// [`END_BYTES`] of an archive of `len` bytes say so and the directory reaches up to them.
#[must_use]
pub fn directory_start(end: &[u8], len: u64) -> Option<u64> {
    let mut cursor = Cursor { bytes: end, at: 0 };
    if end.len() != END_BYTES || cursor.signature() != Some(record::END) {
        return None;
    }
    let end = record::end(&mut cursor).ok()?;
    let start = u64::from(end.directory);
    (start + u64::from(end.size) + END_BYTES as u64 == len).then_some(start)
}

/// The files that `directory` declares, in its order: the bytes from the directory of an
/// archive to its end record. None if they are not directory records alone: nothing of such an
/// archive is compiled.
#[must_use]
pub fn declared(directory: &[u8], limits: &ArchiveLimits) -> Vec<Declared> {
    let mut cursor = Cursor {
        bytes: directory,
        at: 0,
    };
    let mut all = Vec::new();
    for _ in 0..limits.entries {
        if cursor.left().is_empty() {
            return all;
        }
        if cursor.signature() != Some(record::CENTRAL) {
            return Vec::new();
        }
        let Ok(central) = record::central(&mut cursor) else {
            return Vec::new();
        };
        let fixed = &central.common.fixed;
        let bytes = u64::from(fixed.size);
        let name = std::str::from_utf8(central.common.name).ok();
        let name = name.filter(|name| !name.ends_with('/') && bytes <= limits.entry_bytes);
        all.extend(name.map(|name| Declared {
            name: name.to_owned(),
            bytes,
            crc32: fixed.crc,
        }));
    }
    if cursor.left().is_empty() {
        all
    } else {
        Vec::new()
    }
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

    /// The bytes from the directory to the end record.
    fn directory(archive: &[u8]) -> Option<&[u8]> {
        let end = archive.len().checked_sub(END_BYTES)?;
        let start = directory_start(&archive[end..], archive.len() as u64)?;
        archive.get(usize::try_from(start).ok()?..end)
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
        let archive = archive();
        let directory = directory(&archive).expect("a directory");
        assert_eq!(declared(directory, &limits), expected);
    }

    #[test]
    fn archive_that_is_cut_off_or_above_a_bound_declares_nothing() {
        let limits = Limits::default().archive;
        let whole = archive();
        assert_eq!(directory(&whole[..whole.len() - 1]), None);
        assert_eq!(directory(&[&whole[..], b"x"].concat()), None);
        assert_eq!(directory(b"PK"), None);
        let records = directory(&whole).expect("a directory");
        for cut in 1..records.len() {
            let files = declared(&records[..cut], &limits);
            assert!(files.len() < 2, "{cut}: {files:?}");
        }
        assert_eq!(declared(&[records, b"x"].concat(), &limits), []);
        let limits = ArchiveLimits {
            entries: 1,
            ..limits
        };
        assert_eq!(declared(records, &limits), []);
    }
}
