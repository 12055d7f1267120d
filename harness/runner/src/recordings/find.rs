//! Finds recordings: files, and the files in folders whose names say that they hold JSON.

use crate::discover::{Discovered, PackRef, is_no_source, name_of, settle, slashed};
use crate::exit::{Error, show};
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// The endings of files in a folder that are recordings.
const ENDINGS: [&str; 3] = ["json", "jsonl", "ndjson"];

/// The path that names the standard input.
pub(super) const STDIN: &str = "-";

/// All recordings below `roots`, sorted by label, each once. A file that is a root is one
/// whatever its name is. Symbolic links, output folders of this program and folders that
/// other tools fill are skipped, unless they are roots. The root `-` is the standard input.
///
/// # Errors
/// [`Error::Usage`] for a root that does not exist, [`Error::Io`] for a folder that cannot
/// be read.
pub fn find(roots: &[PathBuf]) -> Result<Discovered, Error> {
    let mut discovered = Discovered::default();
    for root in roots {
        if root == Path::new(STDIN) {
            let found = PackRef::local("stdin".into(), root.clone());
            discovered.packs.push(found);
            continue;
        }
        if !root.exists() {
            let why = format!("no such file or folder: {}", show(root));
            return Err(Error::Usage(why));
        }
        if root.is_dir() {
            search(root, &mut discovered)?;
        } else {
            let found = PackRef::local(name_of(root), root.clone());
            discovered.packs.push(found);
        }
    }
    settle(&mut discovered.packs);
    Ok(discovered)
}

fn search(root: &Path, discovered: &mut Discovered) -> Result<(), Error> {
    let mut walk = WalkDir::new(root)
        .min_depth(1)
        .sort_by_file_name()
        .into_iter();
    while let Some(entry) = walk.next() {
        let entry = entry.map_err(|e| {
            let path = e.path().unwrap_or(root).to_owned();
            let source = e.into_io_error();
            let source = source.unwrap_or_else(|| std::io::Error::other("a loop of links"));
            Error::io("read", &path, source)
        })?;
        let path = entry.path();
        if entry.file_type().is_dir() && is_no_source(path) {
            walk.skip_current_dir();
            discovered.skipped.push(path.to_owned());
            continue;
        }
        let ending = path.extension().and_then(|e| e.to_str());
        if entry.file_type().is_dir() || !ending.is_some_and(|e| ENDINGS.contains(&e)) {
            continue;
        }
        if entry.path_is_symlink() {
            discovered.skipped.push(path.to_owned());
            continue;
        }
        let label = slashed(path.strip_prefix(root).unwrap_or(path));
        let found = PackRef::local(label, path.to_owned());
        discovered.packs.push(found);
    }
    Ok(())
}
