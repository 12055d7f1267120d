//! [`Snapshot`]: the packs that are there now, and what identifies their bytes.

use crate::bundle_packs::beside;
use crate::discover::{Discovered, Marker, PackRef, discover};
use crate::exit::Error;
use crate::out_folder::MARKER;
use crate::parallel::par_map;
use crate::source;
use blake3::Hash;
use provision_core::Source;
use provision_core::limits::ArchiveLimits;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The packs below some roots at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Snapshot {
    /// Each pack with the fingerprint of its bytes, and of the other packs of its bundle.
    pub(super) packs: Vec<(PackRef, Hash)>,
    /// Files outside of the packs that decide what their bundles have.
    pub(super) bundles: BTreeSet<PathBuf>,
    /// Folders that were not searched.
    pub(super) skipped: Vec<PathBuf>,
}

impl Snapshot {
    /// Looks at the packs below those `roots` that exist.
    ///
    /// # Errors
    /// [`Error::Io`] for a folder that cannot be read.
    pub(super) fn take(
        roots: &[PathBuf],
        wanted: impl Fn(&PackRef) -> bool,
        limits: &ArchiveLimits,
    ) -> Result<Self, Error> {
        let there: Vec<PathBuf> = roots.iter().filter(|root| root.exists()).cloned().collect();
        let Discovered { packs, skipped } = discover(&there, Marker::Manifest)?;
        let packs: Vec<PackRef> = packs.into_iter().filter(wanted).collect();
        let prints = par_map(&packs, &|pack| fingerprint(&pack.path, limits));
        let mut others = Bundles::default();
        let mut found = Vec::new();
        for (pack, print) in packs.into_iter().zip(prints) {
            // It has gone since the search.
            let Some(own) = print else {
                continue;
            };
            let print = others.with(&pack.path, own, limits);
            found.push((pack, print));
        }
        Ok(Self {
            packs: found,
            bundles: others.files,
            skipped,
        })
    }
}

/// What identifies the pack at `path`; `None` if nothing is there.
fn fingerprint(path: &Path, limits: &ArchiveLimits) -> Option<Hash> {
    match source::load(path, limits) {
        Ok(source) => Some(without_leftovers(source).fingerprint()),
        Err(_) if !path.exists() => None,
        Err(error) => Some(blake3::hash(error.to_string().as_bytes())),
    }
}

/// A folder without what editors leave beside a file while it is open, and without what
/// this program writes: neither is a change of the pack.
fn without_leftovers(source: Source) -> Source {
    let Source::Folder { files, manifest } = source else {
        return source;
    };
    let marks = files.keys().filter_map(|name| name.strip_suffix(MARKER));
    let outputs: Vec<String> = marks
        .filter(|at| !at.is_empty())
        .map(str::to_owned)
        .collect();
    let is_output = |name: &str| {
        outputs
            .iter()
            .any(|folder| name.starts_with(folder.as_str()))
    };
    let kept = files
        .into_iter()
        .filter(|(name, _)| !is_of_editor(name) && !is_output(name));
    Source::Folder {
        files: kept.collect(),
        manifest,
    }
}

/// Whether an editor makes files of such a name: vim, Emacs, Kate, GNOME.
fn is_of_editor(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name);
    let by_end = [".swp", ".swo", ".swx", ".kate-swp", "~"];
    let by_start = [".#", ".goutputstream-"];
    name == "4913"
        || by_end.iter().any(|end| name.ends_with(end))
        || by_start.iter().any(|start| name.starts_with(start))
}

/// The bundles of the packs, each read once.
#[derive(Default)]
struct Bundles {
    known: BTreeMap<PathBuf, Hash>,
    files: BTreeSet<PathBuf>,
}

impl Bundles {
    /// The fingerprint `own` of the pack at `path`, with that of its bundle if it lies in
    /// one: what the pack requires may be in another pack.
    fn with(&mut self, path: &Path, own: Hash, limits: &ArchiveLimits) -> Hash {
        let Some((root, files)) = beside(path) else {
            return own;
        };
        let bundle = *self.known.entry(root).or_insert_with(|| {
            let mut hash = blake3::Hasher::new();
            for file in &files {
                let print = fingerprint(file, limits).unwrap_or_else(|| blake3::hash(b""));
                hash.update(file.as_os_str().as_encoded_bytes());
                hash.update(print.as_bytes());
            }
            hash.finalize()
        });
        self.files.extend(files);
        let mut both = blake3::Hasher::new();
        both.update(own.as_bytes()).update(bundle.as_bytes());
        both.finalize()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provision_core::Limits;
    use std::fs;

    fn taken(root: &Path) -> Vec<(String, Hash)> {
        let roots = [root.to_owned()];
        let limits = Limits::default().archive;
        let taken = Snapshot::take(&roots, |_| true, &limits).expect("readable");
        let packs = taken.packs.into_iter();
        packs.map(|(pack, print)| (pack.label, print)).collect()
    }

    #[test]
    fn only_other_bytes_of_the_pack_change_its_fingerprint() {
        let temp = tempfile::tempdir().expect("a folder");
        let at = |name: &str| temp.path().join(name);
        fs::create_dir_all(at("p/out")).expect("creates");
        fs::write(at("p/pack.json"), "{}").expect("writes");
        let before = taken(temp.path());
        for leftover in [
            "p/.pack.json.swp",
            "p/pack.json~",
            "p/4913",
            "p/.#pack.json",
        ] {
            fs::write(at(leftover), "x").expect("writes");
        }
        fs::write(at("p/out").join(MARKER), "").expect("writes");
        fs::write(at("p/out/events.jsonl"), "x").expect("writes");
        fs::write(at("p/pack.json"), "{}").expect("writes");
        assert_eq!(taken(temp.path()), before);
        fs::write(at("p/notes"), "x").expect("writes");
        assert_ne!(taken(temp.path()), before);
    }

    #[test]
    fn another_pack_of_the_bundle_changes_the_fingerprint() {
        let temp = tempfile::tempdir().expect("a folder");
        let at = |name: &str| temp.path().join(name);
        fs::create_dir_all(at("packs")).expect("creates");
        fs::write(at("packs/a.gtpack"), "a").expect("writes");
        fs::write(at("packs/b.gtpack"), "b").expect("writes");
        let alone = taken(&at("packs/a.gtpack"));
        fs::write(at("packs/b.gtpack"), "c").expect("writes");
        assert_eq!(taken(&at("packs/a.gtpack")), alone, "no bundle.yaml");
        fs::write(at("bundle.yaml"), "").expect("writes");
        let bundled = taken(&at("packs/a.gtpack"));
        assert_ne!(bundled, alone);
        fs::write(at("packs/b.gtpack"), "d").expect("writes");
        assert_ne!(taken(&at("packs/a.gtpack")), bundled);
    }
}
