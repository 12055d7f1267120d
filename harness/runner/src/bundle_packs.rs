//! The other packs of a pack's bundle: a folder with a `bundle.yaml`, and packs below
//! `packs/` and `providers/<domain>/`, where hosts look for them.

use crate::source;
use provision_core::{BundlePacks, Limits, Pack};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use walkdir::WalkDir;

/// The bundles of a run, each read once.
#[derive(Default)]
pub(crate) struct Bundles(Mutex<BTreeMap<PathBuf, Arc<BundlePacks>>>);

impl Bundles {
    /// The packs of the bundle in which the pack at `path` lies, if it lies in one.
    pub(crate) fn of(&self, path: &Path, limits: &Limits) -> Option<Arc<BundlePacks>> {
        let root = root(path)?;
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bundle = known.entry(root.clone());
        let bundle = bundle.or_insert_with(|| Arc::new(read(&root, limits)));
        Some(Arc::clone(bundle))
    }
}

/// The files that decide what the bundle of the pack at `path` has, and its folder, if the
/// pack lies in one.
pub(crate) fn beside(path: &Path) -> Option<(PathBuf, Vec<PathBuf>)> {
    let root = root(path)?;
    let mut files: Vec<PathBuf> = packs(&root).collect();
    files.push(root.join(BUNDLE));
    Some((root, files))
}

/// The file that makes a folder a bundle.
const BUNDLE: &str = "bundle.yaml";

/// The folder of the bundle: the parent of `packs`, or of `providers/<domain>`.
fn root(path: &Path) -> Option<PathBuf> {
    let path = path.canonicalize().ok()?;
    let folder = path.parent()?;
    let is = |folder: &Path, name: &str| folder.file_name().is_some_and(|n| n == name);
    let root = if is(folder, "packs") {
        folder.parent()?
    } else {
        folder.parent().filter(|f| is(f, "providers"))?.parent()?
    };
    root.join(BUNDLE).is_file().then(|| root.to_owned())
}

/// The archives of a bundle.
fn packs(root: &Path) -> impl Iterator<Item = PathBuf> {
    let walk = |folder: &str, depth: usize| {
        WalkDir::new(root.join(folder))
            .min_depth(depth)
            .max_depth(depth)
            .sort_by_file_name()
    };
    let files = walk("packs", 1).into_iter().chain(walk("providers", 2));
    let files = files.flatten().map(walkdir::DirEntry::into_path);
    files.filter(|path| path.extension().is_some_and(|e| e == "gtpack"))
}

/// Reads the manifests of all packs of a bundle. A pack that cannot be opened provides
/// nothing; its own checks say why.
fn read(root: &Path, limits: &Limits) -> BundlePacks {
    let mut bundle = BundlePacks::default();
    for path in packs(root) {
        let source = source::load(&path, &limits.archive);
        if let Ok(pack) = source.and_then(|source| Pack::open(source, limits)) {
            bundle.add(&pack);
        }
    }
    bundle
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundle_is_found_where_hosts_look_for_packs() {
        let temp = tempfile::tempdir().expect("a folder");
        let at = temp.path().canonicalize().expect("a path");
        for folder in ["packs/deep", "providers/messaging", "other"] {
            std::fs::create_dir_all(at.join(folder)).expect("creates");
        }
        let files = [
            ("packs/a.gtpack", true),
            ("providers/messaging/b.gtpack", true),
            ("packs/deep/c.gtpack", false),
            ("providers/d.gtpack", false),
            ("other/e.gtpack", false),
            ("f.gtpack", false),
        ];
        for (file, _) in files {
            std::fs::write(at.join(file), "").expect("writes");
            assert_eq!(root(&at.join(file)), None, "{file}: no bundle.yaml");
        }
        std::fs::write(at.join("bundle.yaml"), "").expect("writes");
        for (file, found) in files {
            let expected = found.then(|| at.clone());
            assert_eq!(root(&at.join(file)), expected, "{file}");
        }
    }
}
