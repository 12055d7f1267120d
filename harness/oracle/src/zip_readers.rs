//! Differential oracles: the files that other zip readers extract from an archive.
//!
//! A strict reader is right only if every other reader extracts the same files from
//! an archive that it accepts. Contents are compared by digest and never kept.

use provision_core::archive::Archive;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A file as a reader extracts it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Extracted {
    /// Its name, as the reader gives it.
    pub name: String,
    /// Bytes of the contents.
    pub size: u64,
    /// Lower-case hex BLAKE3 of the contents.
    pub blake3: String,
}

/// The files that one reader extracts from an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Name of the reader.
    pub reader: &'static str,
    /// The files in the order in which they are extracted: a later file replaces an
    /// earlier one of the same name. Or why the reader refuses the archive.
    pub files: Result<Vec<Extracted>, String>,
}

/// Bytes that each reader may inflate, over all entries.
const INFLATED: u64 = 64 * 1024 * 1024;

/// The files that three readers extract from `bytes`: the `zip` crate, `rc-zip`, and
/// one that reads local records in sequence and keeps the last of each name.
#[must_use]
pub fn readings(bytes: &[u8]) -> Vec<Reading> {
    let readers: [(&'static str, Reader); 3] =
        [("zip", zip), ("rc-zip", rc_zip), ("sequential", sequential)];
    let read = |(reader, read): (&'static str, Reader)| Reading {
        reader,
        // Hostile archives make other readers panic, which is no defect of the harness.
        files: catch_unwind(AssertUnwindSafe(|| read(bytes)))
            .unwrap_or_else(|_| Err("the reader panicked".into())),
    };
    readers.into_iter().map(read).collect()
}

type Found = Vec<Extracted>;
type Reader = fn(&[u8]) -> Result<Found, String>;

/// Reads one entry to its end, within the rest of the budget.
fn digest(name: &str, mut reader: impl Read, budget: &mut u64) -> Result<Extracted, String> {
    let mut hasher = blake3::Hasher::new();
    let mut buffer = [0; 8192];
    let mut size = 0u64;
    loop {
        let n = reader.read(&mut buffer).map_err(|e| e.to_string())?;
        if n == 0 {
            break;
        }
        size += n as u64;
        hasher.update(&buffer[..n]);
        *budget = budget
            .checked_sub(n as u64)
            .ok_or_else(|| format!("stopped after {INFLATED} inflated bytes"))?;
    }
    Ok(Extracted {
        name: name.to_owned(),
        size,
        blake3: hasher.finalize().to_hex().to_string(),
    })
}

/// The `zip` crate, entry by entry of the directory.
fn zip(bytes: &[u8]) -> Result<Found, String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| e.to_string())?;
    let (mut found, mut budget) = (Found::new(), INFLATED);
    for i in 0..archive.len() {
        let entry = archive.by_index(i).map_err(|e| e.to_string())?;
        let name = entry.name().map_err(|e| e.to_string())?.into_owned();
        if !entry.is_dir() {
            found.push(digest(&name, entry, &mut budget)?);
        }
    }
    Ok(found)
}

/// `rc-zip`, entry by entry of the directory.
fn rc_zip(bytes: &[u8]) -> Result<Found, String> {
    use rc_zip_sync::ReadZip;
    let archive = bytes.read_zip().map_err(|e| e.to_string())?;
    let (mut found, mut budget) = (Found::new(), INFLATED);
    for entry in archive.entries() {
        // NB: rc-zip does not check the offset at which it starts to read.
        if entry.header_offset > bytes.len() as u64 {
            return Err(format!("{}: offset beyond the file", entry.name));
        }
        // NB: rc-zip takes the kind from the mode alone; FAT archives have no mode.
        if !entry.kind().is_dir() && !entry.name.ends_with('/') {
            found.push(digest(&entry.name, entry.reader(), &mut budget)?);
        }
    }
    Ok(found)
}

/// Searches for the signatures of local records, ignores the directory, and keeps
/// the last entry of each name, as readers do that stream or repair.
fn sequential(bytes: &[u8]) -> Result<Found, String> {
    let (mut found, mut budget, mut at) = (BTreeMap::new(), INFLATED, 0);
    let signature = |rest: &[u8]| rest.windows(4).position(|w| w == b"PK\x03\x04");
    while let Some(next) = bytes.get(at..).and_then(signature) {
        let record = &bytes[at + next..];
        let Some(fields) = record.get(..30) else {
            break;
        };
        let short = |i: usize| usize::from(u16::from_le_bytes([fields[i], fields[i + 1]]));
        let long = |i: usize| short(i) | short(i + 2) << 16;
        let data = 30 + short(26) + short(28);
        let Some(contents) = record.get(data..) else {
            break;
        };
        let contents = contents.get(..long(18)).unwrap_or(contents);
        at += next + data + contents.len();
        let name = record.get(30..30 + short(26)).unwrap_or_default();
        let name = String::from_utf8_lossy(name).into_owned();
        if name.ends_with('/') {
            continue;
        }
        let extracted = match short(8) {
            8 => {
                let inflating = flate2::read::DeflateDecoder::new(contents);
                digest(&name, inflating, &mut budget)
            }
            _ => digest(&name, contents, &mut budget),
        };
        let extracted = extracted.map_err(|e| format!("{name}: {e}"))?;
        found.insert(name, extracted);
    }
    Ok(found.into_values().collect())
}

fn sorted(files: &[Extracted]) -> Vec<&Extracted> {
    let mut sorted: Vec<_> = files.iter().collect();
    sorted.sort_unstable();
    sorted
}

/// The first reader that extracts other files than `archive` holds, if any, and the
/// difference.
#[must_use]
pub fn disagreement(archive: &Archive) -> Option<String> {
    let ours: Found = archive
        .names()
        .filter_map(|name| {
            let contents = archive.read(name)?;
            Some(Extracted {
                name: name.to_owned(),
                size: contents.len() as u64,
                blake3: blake3::hash(&contents).to_hex().to_string(),
            })
        })
        .collect();
    let readings = readings(archive.bytes());
    readings.iter().find_map(|reading| differs(reading, &ours))
}

/// The difference between `reading` and `ours`, if there is one.
fn differs(reading: &Reading, ours: &[Extracted]) -> Option<String> {
    let how = match &reading.files {
        Err(why) => why.clone(),
        Ok(files) if sorted(files) == sorted(ours) => return None,
        Ok(files) => format!("sees {files:?}, not {ours:?}"),
    };
    Some(format!("{}: {how}", reading.reader))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reader_that_sees_other_files_disagrees() {
        let file = |name: &str, contents: &[u8]| Extracted {
            name: name.into(),
            size: contents.len() as u64,
            blake3: blake3::hash(contents).to_hex().to_string(),
        };
        let ours = [file("a", b"1"), file("b", b"2")];
        let disagrees = |files: Result<Vec<Extracted>, String>| {
            let reader = "other";
            differs(&Reading { reader, files }, &ours).is_some()
        };
        assert!(!disagrees(Ok(vec![file("b", b"2"), file("a", b"1")])));
        assert!(disagrees(Err("refused".into())));
        assert!(disagrees(Ok(vec![file("a", b"1")])));
        assert!(disagrees(Ok(vec![file("a", b"1"), file("b", b"3")])));
        let twice = [&ours[..], &[file("a", b"1")]].concat();
        assert!(disagrees(Ok(twice)));
    }

    #[test]
    fn sequential_reader_finds_unlisted_entry() {
        let mut pack = crate::generators::pack::ValidPack::plain();
        let limits = provision_core::Limits::default().archive;
        pack.seal();
        let mut archive = pack.builder(&limits);
        archive.fresh(b"hidden", false);
        archive.directory.pop();
        let read = readings(&archive.write());
        let counts: Vec<_> = read
            .iter()
            .map(|r| (r.reader, r.files.as_ref().map(Vec::len)))
            .collect();
        assert_eq!(
            counts,
            [("zip", Ok(4)), ("rc-zip", Ok(4)), ("sequential", Ok(5))]
        );
    }
}
