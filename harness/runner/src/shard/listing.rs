//! What each pack of a run is, without running it: its fingerprint, and the components that
//! have to be compiled for it. Every shard lists all packs, so only the directory of an
//! archive is read, and nothing of it is inflated.

use crate::discover::PackRef;
use crate::parallel::par_map;
use crate::read_file::open_regular;
use crate::source;
use provision_core::Source;
use provision_core::archive::{Declared, END_BYTES, crc32, declared, directory_start};
use provision_core::limits::Limits;
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::{Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// A component as a cut knows it: two that agree in size and CRC-32 count as one. A
/// collision, also one that was made on purpose, makes shards weigh less alike and changes
/// no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Component {
    /// Its size, in bytes.
    pub bytes: u64,
    /// The CRC-32 of its bytes.
    pub crc32: u32,
}

/// A pack of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its label.
    pub label: String,
    /// Identifies its contents, in hex: BLAKE3 of the length of an archive and of its
    /// directory, which has the CRC-32 of each file; of the names and contents of a folder.
    /// Empty if it cannot be read or is above the bound, and for a pack of a registry.
    pub fingerprint: String,
    /// The components that it contains.
    pub components: BTreeSet<Component>,
}

/// Bytes of the directory of an archive, at most. More is read by no listing.
const DIRECTORY_BYTES: u64 = 16 * 1024 * 1024;

/// Lists `packs`, in their order, on all processors.
#[must_use]
pub fn list(packs: &[PackRef], limits: &Limits) -> Vec<Listed> {
    par_map(packs, &|pack: &PackRef| listed(pack, limits))
}

/// NB: nothing is fetched: each shard would fetch all packs. A pack of a registry weighs what
/// every pack weighs, and is in a group of its own.
fn listed(pack: &PackRef, limits: &Limits) -> Listed {
    let local = pack.reference.is_none();
    let contents = || {
        if source::is_archive(&pack.path) {
            of_archive(&pack.path, limits)
        } else {
            of_folder(&pack.path, limits)
        }
    };
    // A panic of a reader is an error of this pack; judging it reports the error.
    let contents = local.then(|| catch_unwind(AssertUnwindSafe(contents)).ok());
    let (fingerprint, components) = contents.flatten().flatten().unwrap_or_default();
    let most = limits.step.component_bytes as u64;
    Listed {
        label: pack.label.clone(),
        fingerprint,
        // One above the bound is refused before it is compiled.
        components: components.into_iter().filter(|c| c.bytes <= most).collect(),
    }
}

fn is_code(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    ending.is_some_and(|e| e.eq_ignore_ascii_case("wasm") || e.eq_ignore_ascii_case("wat"))
}

/// Fingerprint and components of the archive at `path`.
///
/// NB: reads its end and its directory alone: every shard lists all packs, and reading and
/// hashing whole archives took a thirtieth of the processor time of 16 shards.
fn of_archive(path: &Path, limits: &Limits) -> Option<(String, Vec<Component>)> {
    let mut file = open_regular(path).ok()?;
    let len = file.metadata().ok()?.len();
    if len > limits.archive.archive_bytes {
        return None;
    }
    let mut hash = blake3::Hasher::new();
    hash.update(&len.to_le_bytes());
    let end_at = len.saturating_sub(END_BYTES as u64);
    let mut read = |from: u64, until: u64| {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(from)).ok()?;
        let part = (&mut file).take(until - from);
        { part }.read_to_end(&mut bytes).ok()?;
        Some(bytes)
    };
    let end = read(end_at, len)?;
    hash.update(&end);
    let start = directory_start(&end, len);
    // An archive without a directory is refused, and nothing of it is compiled.
    let start = start.filter(|start| end_at - start <= DIRECTORY_BYTES);
    let directory = match start {
        Some(start) => read(start, end_at)?,
        None => Vec::new(),
    };
    hash.update(&directory);
    let files = declared(&directory, &limits.archive).into_iter();
    let code = files.filter(|file| is_code(&file.name));
    let component = |file: Declared| Component {
        bytes: file.bytes,
        crc32: file.crc32,
    };
    Some((
        hash.finalize().to_hex().to_string(),
        code.map(component).collect(),
    ))
}

/// Fingerprint and components of the folder, or of the folder with the manifest, at `path`.
fn of_folder(path: &Path, limits: &Limits) -> Option<(String, Vec<Component>)> {
    let source = source::load(path, &limits.archive).ok()?;
    let fingerprint = source.fingerprint().to_hex().to_string();
    let Source::Folder { files, .. } = source else {
        return None;
    };
    let code = files.iter().filter(|(name, _)| is_code(name));
    let component = |(_, bytes): (&String, &Vec<u8>)| Component {
        bytes: bytes.len() as u64,
        crc32: crc32(bytes),
    };
    Some((fingerprint, code.map(component).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn pack(path: &Path) -> PackRef {
        PackRef::local("p".into(), path.to_owned())
    }

    fn zipped(path: &Path, files: &[(&str, &[u8])]) {
        let mut writer = zip::ZipWriter::new(fs::File::create(path).expect("creates"));
        let options = zip::write::SimpleFileOptions::default();
        for (name, contents) in files {
            writer.start_file(*name, options).expect("starts");
            std::io::Write::write_all(&mut writer, contents).expect("writes");
        }
        writer.finish().expect("finishes");
    }

    #[test]
    fn archive_and_folder_with_the_same_files_list_the_same_components() {
        let temp = tempfile::tempdir().expect("a folder");
        let files = [
            ("pack.json", &b"{}"[..]),
            ("components/a.wasm", b"one"),
            ("components/again.wasm", b"one"),
            ("b.WAT", b"(module)"),
        ];
        let (archive, folder) = (temp.path().join("p.gtpack"), temp.path().join("p"));
        zipped(&archive, &files);
        for (name, contents) in files {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("creates");
            fs::write(path, contents).expect("writes");
        }
        let limits = Limits::default();
        let [a, f] = [&archive, &folder].map(|path| listed(&pack(path), &limits));
        let of = |bytes: &[u8]| Component {
            bytes: bytes.len() as u64,
            crc32: crc32(bytes),
        };
        assert_eq!(a.components, BTreeSet::from([of(b"one"), of(b"(module)")]));
        assert_eq!(a.components, f.components);
        assert_ne!(a.fingerprint, f.fingerprint);
        assert_eq!((a.fingerprint.len(), f.fingerprint.len()), (64, 64));
        // Another file of the same length, and one more byte.
        let mut others = files;
        others[1].1 = b"two";
        zipped(&archive, &others);
        let other = listed(&pack(&archive), &limits);
        assert_ne!(other.fingerprint, a.fingerprint);
        let mut bytes = fs::read(&archive).expect("reads");
        bytes.push(0);
        fs::write(&archive, bytes).expect("writes");
        let trailing = listed(&pack(&archive), &limits);
        assert_ne!(trailing.fingerprint, other.fingerprint);
        assert_eq!(trailing.components.len(), 0);
    }

    #[test]
    fn pack_that_cannot_be_read_and_component_above_the_bound_weigh_nothing() {
        let temp = tempfile::tempdir().expect("a folder");
        let mut limits = Limits::default();
        let gone = listed(&pack(&temp.path().join("gone.gtpack")), &limits);
        assert_eq!((gone.fingerprint.as_str(), gone.components.len()), ("", 0));
        let path = temp.path().join("p.gtpack");
        zipped(&path, &[("a.wasm", b"four"), ("b.wasm", b"fives")]);
        limits.step.component_bytes = 4;
        assert_eq!(listed(&pack(&path), &limits).components.len(), 1);
        limits.archive.archive_bytes = 10;
        let large = listed(&pack(&path), &limits);
        assert_eq!(
            (large.fingerprint.as_str(), large.components.len()),
            ("", 0)
        );
    }
}
