//! Differential oracles: the files that other zip readers extract from an archive.
//!
//! A strict reader is right only if every other reader extracts the same files from
//! an archive that it accepts. Contents are compared by digest and never kept.

use provision_core::archive::Archive;
use serde::Serialize;
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

/// Receives each file of an archive: its name, and its contents.
pub type Visit<'v> = dyn FnMut(&str, &mut dyn Read) -> Result<(), String> + 'v;

/// Another zip reader.
#[derive(Clone, Copy)]
pub struct Reader {
    /// Its name.
    pub name: &'static str,
    /// Passes each file of an archive to the visitor, in the order of extraction.
    ///
    /// # Errors
    /// Why it refuses the archive, and each error of the visitor.
    pub each_file: fn(&[u8], &mut Visit<'_>) -> Result<(), String>,
}

/// The `zip` crate, and a reader of local records in sequence.
pub const READERS: [Reader; 2] = [
    Reader {
        name: "zip",
        each_file: zip,
    },
    Reader {
        name: "sequential",
        each_file: sequential,
    },
];

/// Bytes that each reader may inflate, over all entries.
const INFLATED: u64 = 64 * 1024 * 1024;

/// The files that each of `readers` extracts from `bytes`.
#[must_use]
pub fn readings(bytes: &[u8], readers: &[Reader]) -> Vec<Reading> {
    let read = |reader: &Reader| Reading {
        reader: reader.name,
        // Hostile archives make other readers panic, which is no defect of the harness.
        files: catch_unwind(AssertUnwindSafe(|| extracted(bytes, reader)))
            .unwrap_or_else(|_| Err("the reader panicked".into())),
    };
    readers.iter().map(read).collect()
}

fn extracted(bytes: &[u8], reader: &Reader) -> Result<Vec<Extracted>, String> {
    let (mut found, mut budget) = (Vec::new(), INFLATED);
    (reader.each_file)(bytes, &mut |name, contents| {
        found.push(digest(name, contents, &mut budget)?);
        Ok(())
    })?;
    Ok(found)
}

/// Reads one entry to its end, within the rest of the budget.
fn digest(name: &str, contents: &mut dyn Read, budget: &mut u64) -> Result<Extracted, String> {
    let mut hasher = blake3::Hasher::new();
    let mut buffer = [0; 8192];
    let mut size = 0u64;
    loop {
        let n = contents.read(&mut buffer).map_err(|e| e.to_string())?;
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
fn zip(bytes: &[u8], visit: &mut Visit<'_>) -> Result<(), String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| e.to_string())?;
    for i in 0..archive.len() {
        let mut entry = archive.by_index(i).map_err(|e| e.to_string())?;
        let name = entry.name().map_err(|e| e.to_string())?.into_owned();
        if !entry.is_dir() {
            visit(&name, &mut entry)?;
        }
    }
    Ok(())
}

/// Searches for the signatures of local records and ignores the directory, as readers
/// do that stream or repair.
fn sequential(bytes: &[u8], visit: &mut Visit<'_>) -> Result<(), String> {
    let mut at = 0;
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
        let visited = match short(8) {
            8 => visit(&name, &mut flate2::read::DeflateDecoder::new(contents)),
            _ => visit(&name, &mut { contents }),
        };
        visited.map_err(|e| format!("{name}: {e}"))?;
    }
    Ok(())
}

fn sorted(files: &[Extracted]) -> Vec<&Extracted> {
    let mut sorted: Vec<_> = files.iter().collect();
    sorted.sort_unstable();
    sorted
}

/// The first of `readers` that extracts other files than `archive` holds, if any, and
/// the difference.
#[must_use]
pub fn disagreement(archive: &Archive, readers: &[Reader]) -> Option<String> {
    let ours: Vec<Extracted> = archive
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
    let readings = readings(archive.bytes(), readers);
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
        let read = readings(&archive.write(), &READERS);
        let counts: Vec<_> = read
            .iter()
            .map(|r| (r.reader, r.files.as_ref().map(Vec::len)))
            .collect();
        assert_eq!(counts, [("zip", Ok(4)), ("sequential", Ok(5))]);
    }
}
