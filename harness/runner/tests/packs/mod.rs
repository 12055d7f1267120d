//! The packs of the project, for the tests that use all of them.

use std::path::{Path, PathBuf};

/// The packs in `folder` below `packs`, sorted.
pub(crate) fn packs(folder: &str) -> Vec<PathBuf> {
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    let entries = std::fs::read_dir(packs.join(folder)).expect("a folder of packs");
    let paths = entries.map(|e| e.expect("an entry").path());
    let is_pack = |p: &PathBuf| p.is_dir() || p.extension().is_some_and(|e| e == "gtpack");
    let mut paths: Vec<_> = paths.filter(is_pack).collect();
    paths.sort();
    paths
}
