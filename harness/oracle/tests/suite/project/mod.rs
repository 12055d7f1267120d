//! The files of the packs in this project.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The files of a pack, by name.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// The files of the pack folder `pack` below `packs/`, without its expectation.
pub(crate) fn files_of(pack: &str) -> Files {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    let root = root.join(pack);
    let mut files = Files::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("readable") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(&root).expect("inside");
            let name = name.to_str().expect("UTF-8").replace('\\', "/");
            files.insert(name, fs::read(&path).expect("readable"));
        }
    }
    files.remove("expect.toml");
    files
}
