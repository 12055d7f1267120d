//! Finds recordings: files, and the files in folders whose names say that they hold JSON.

use crate::discover::{Discovered, PackRef, is_no_source, name_of, settle, slashed, unread};
use crate::exit::Error;
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
            return Err(Error::missing(root));
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
        let entry = entry.map_err(|e| unread(root, e))?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::out_folder::MARKER;
    use std::fs;

    #[test]
    fn files_with_json_are_found_and_links_and_output_are_skipped() {
        let root = tempfile::tempdir().expect("a folder");
        let path = |name: &str| root.path().join(name);
        for folder in ["sub", "out", "node_modules", "in.json"] {
            fs::create_dir(path(folder)).expect("a folder");
        }
        fs::write(path("out").join(MARKER), "").expect("a file");
        for file in [
            "b.json",
            "sub/a.jsonl",
            "c.ndjson",
            "d.txt",
            "out/e.json",
            "in.json/f.json",
        ] {
            fs::write(path(file), "{}").expect("a file");
        }
        fs::write(path("node_modules/g.json"), "{}").expect("a file");
        #[cfg(unix)]
        std::os::unix::fs::symlink(path("d.txt"), path("h.json")).expect("links");
        let found = find(&[root.path().to_owned()]).expect("a folder");
        let labels: Vec<&str> = found.packs.iter().map(|r| r.label.as_str()).collect();
        assert_eq!(
            labels,
            ["b.json", "c.ndjson", "in.json/f.json", "sub/a.jsonl"]
        );
        let skipped: Vec<_> = found.skipped.iter().filter_map(|p| p.file_name()).collect();
        let expected: &[&str] = if cfg!(unix) {
            &["h.json", "node_modules", "out"]
        } else {
            &["node_modules", "out"]
        };
        assert_eq!(skipped, expected);
        // A file that is named is a recording, whatever its name is.
        let named = find(&[path("d.txt")]).expect("a file");
        assert_eq!(named.packs.len(), 1);
    }
}
