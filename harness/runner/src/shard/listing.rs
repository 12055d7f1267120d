//! What each pack of a run is, without running it: its hash, and the components that have
//! to be compiled for it. Every shard lists all packs, so a pack costs one read and one hash,
//! and nothing of it is inflated.

use crate::discover::PackRef;
use crate::parallel::par_map;
use crate::source;
use provision_core::Source;
use provision_core::archive::{crc32, declared};
use provision_core::limits::Limits;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

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
    /// Its BLAKE3, in hex; empty if it cannot be read or is above the bound. Every shard
    /// hashes all packs, and BLAKE3 is several times as fast as the SHA-256 in reports.
    pub blake3: String,
    /// The components that it contains.
    pub components: BTreeSet<Component>,
}

/// Lists `packs`, in their order, on all processors.
#[must_use]
pub fn list(packs: &[PackRef], limits: &Limits) -> Vec<Listed> {
    par_map(packs, &|pack: &PackRef| listed(pack, limits))
}

/// NB: nothing is fetched: each shard would fetch all packs. A pack of a registry weighs what
/// every pack weighs, and is in a group of its own.
fn listed(pack: &PackRef, limits: &Limits) -> Listed {
    let local = pack.reference.is_none();
    let source = local.then(|| source::load(&pack.path, &limits.archive).ok());
    let source = source.flatten();
    // An archive above the bound was read in part, so it has no hash.
    let is_whole = |source: &Source| source.bytes() <= limits.archive.archive_bytes;
    let whole = source.as_ref().filter(|s| !s.is_archive() || is_whole(s));
    let hash = whole.map(|source| source.fingerprint().to_hex().to_string());
    // A panic of the reader is an error of this pack; judging it reports the error.
    let of = |source: &Source| {
        let components = AssertUnwindSafe(|| components(source, limits));
        catch_unwind(components).unwrap_or_default()
    };
    Listed {
        label: pack.label.clone(),
        blake3: hash.unwrap_or_default(),
        components: source.as_ref().map(of).unwrap_or_default(),
    }
}

/// The components in `source`, without those above the bound, which are refused before they
/// are compiled.
fn components(source: &Source, limits: &Limits) -> BTreeSet<Component> {
    let is_code = |name: &str| {
        let ending = name.rsplit_once('.').map(|(_, ending)| ending);
        ending.is_some_and(|e| e.eq_ignore_ascii_case("wasm") || e.eq_ignore_ascii_case("wat"))
    };
    let most = limits.step.component_bytes as u64;
    let all: Vec<Component> = match source {
        Source::Archive(archive) => {
            let files = declared(archive, &limits.archive).into_iter();
            let code = files.filter(|file| is_code(&file.name));
            let component = |file: provision_core::archive::Declared| Component {
                bytes: file.bytes,
                crc32: file.crc32,
            };
            code.map(component).collect()
        }
        Source::Folder { files, .. } => of_folder(files, is_code),
    };
    all.into_iter().filter(|c| c.bytes <= most).collect()
}

fn of_folder(files: &BTreeMap<String, Vec<u8>>, is_code: impl Fn(&str) -> bool) -> Vec<Component> {
    let code = files.iter().filter(|(name, _)| is_code(name));
    let component = |(_, bytes): (&String, &Vec<u8>)| Component {
        bytes: bytes.len() as u64,
        crc32: crc32(bytes),
    };
    code.map(component).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

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
        let bytes = fs::read(&archive).expect("reads");
        assert_eq!(a.blake3, blake3::hash(&bytes).to_hex().as_str());
        assert_ne!(a.blake3, f.blake3);
    }

    #[test]
    fn pack_that_cannot_be_read_and_component_above_the_bound_weigh_nothing() {
        let temp = tempfile::tempdir().expect("a folder");
        let mut limits = Limits::default();
        let gone = listed(&pack(&temp.path().join("gone.gtpack")), &limits);
        assert_eq!((gone.blake3.as_str(), gone.components.len()), ("", 0));
        let path = temp.path().join("p.gtpack");
        zipped(&path, &[("a.wasm", b"four"), ("b.wasm", b"fives")]);
        limits.step.component_bytes = 4;
        assert_eq!(listed(&pack(&path), &limits).components.len(), 1);
        limits.archive.archive_bytes = 10;
        let large = listed(&pack(&path), &limits);
        assert_eq!((large.blake3.as_str(), large.components.len()), ("", 0));
    }
}
