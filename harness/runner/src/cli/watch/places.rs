//! [`Places`]: the folders in which `watch` listens, and the paths in them that matter.

use crate::discover::{Marker, is_no_source, is_pack_folder};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Links of one path that are followed, at most: as many as the system follows.
const LINKS: usize = 40;

/// Where to listen. All paths are absolute.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Places {
    /// The folders, each without those below it.
    pub(super) folders: BTreeSet<PathBuf>,
    /// What is judged, and what decides the result: a change elsewhere in the folders does
    /// not matter.
    pub(super) named: BTreeSet<PathBuf>,
}

impl Places {
    /// The places of packs below `roots` and of the other files.
    pub(super) fn of(roots: &[PathBuf], files: &BTreeSet<PathBuf>) -> Self {
        let mut places = Self::default();
        for path in roots.iter().chain(files) {
            places.name(path);
        }
        for root in roots {
            places.search(root);
        }
        places
    }

    /// Whether a change at `path` matters: at what is named, below it, or above it.
    pub(super) fn matter(named: &BTreeSet<PathBuf>, path: &Path) -> bool {
        let is_near = |one: &PathBuf| path.starts_with(one) || one.starts_with(path);
        named.iter().any(is_near)
    }

    /// Adds the folder of `path`, the links on the way to it, and those of its folders that
    /// may be replaced.
    fn name(&mut self, path: &Path) {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let current = std::env::current_dir().unwrap_or_default();
        // NB: nothing tells the folder `a/b` that another one takes the place of `a`.
        let mut above = path.ancestors().skip(1);
        let folders = above
            .by_ref()
            .take_while(|folder| folder.starts_with(&current));
        self.folders.extend(folders.map(Path::to_owned));
        let mut existing = path.ancestors().skip(1).filter(|folder| folder.is_dir());
        self.folders.extend(existing.next().map(Path::to_owned));
        for link in links(&path) {
            self.folders.extend(link.parent().map(Path::to_owned));
            self.named.insert(link);
        }
        if let Ok(real) = path.canonicalize() {
            self.folders.extend(real.parent().map(Path::to_owned));
            self.named.insert(real);
        }
        self.named.insert(path);
    }

    /// Adds the folders that are searched for packs, and all those of a pack.
    fn search(&mut self, root: &Path) {
        let root = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
        let of_pack = is_manifest(&root).then(|| root.parent()).flatten();
        let mut todo = vec![(of_pack.map_or_else(|| root.clone(), Path::to_owned), false)];
        while let Some((folder, in_pack)) = todo.pop() {
            let Ok(entries) = folder.read_dir() else {
                continue;
            };
            let in_pack = in_pack || is_pack_folder(&folder, Marker::Manifest);
            let is_folder = |entry: &std::fs::DirEntry| entry.file_type().is_ok_and(|t| t.is_dir());
            let below = entries
                .flatten()
                .filter(is_folder)
                .map(|entry| entry.path());
            let skipped = |path: &Path| {
                if in_pack {
                    is_output(path)
                } else {
                    is_no_source(path)
                }
            };
            todo.extend(
                below
                    .filter(|path| !skipped(path))
                    .map(|path| (path, in_pack)),
            );
            self.folders.insert(folder);
        }
        if let Some(folder) = of_pack {
            self.named.insert(folder.to_owned());
        }
    }
}

/// Whether a path names a manifest, whose folder is the pack.
pub(super) fn is_manifest(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| provision_core::manifest::FILE_NAMES.contains(&name)) && !path.is_dir()
}

/// Whether this program writes into the folder.
fn is_output(folder: &Path) -> bool {
    folder.join(crate::out_folder::MARKER).is_file()
}

/// The links on the way to `path`, which is absolute.
fn links(path: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut todo = vec![path.to_owned()];
    while let Some(path) = todo.pop() {
        let mut folders: Vec<&Path> = path.ancestors().collect();
        folders.reverse();
        let Some(link) = folders.into_iter().find(|at| at.is_symlink()) else {
            continue;
        };
        let target = link.read_link().unwrap_or_default();
        let rest = path.strip_prefix(link).unwrap_or(Path::new(""));
        let folder = link.parent().unwrap_or(link);
        if found.len() < LINKS {
            todo.push(folder.join(target).join(rest));
            found.push(link.to_owned());
        }
    }
    found
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn every_link_on_the_way_is_listened_at() {
        let temp = tempfile::tempdir().expect("a folder");
        let at = temp.path().canonicalize().expect("a path");
        fs::create_dir_all(at.join("releases/2/packs")).expect("creates");
        fs::write(at.join("releases/2/packs/a.gtpack"), "").expect("writes");
        fs::create_dir(at.join("site")).expect("creates");
        symlink("../releases/2", at.join("site/current")).expect("links");
        symlink("site/current/packs/a.gtpack", at.join("a.gtpack")).expect("links");
        let places = Places::of(&[at.join("a.gtpack")], &BTreeSet::new());
        for folder in ["", "site", "releases/2/packs"] {
            let folder: PathBuf = at.join(folder).components().collect();
            assert!(places.folders.contains(&folder), "{folder:?} {places:#?}");
        }
        for (path, matters) in [
            ("a.gtpack", true),
            ("site/current", true),
            ("releases/2/packs/a.gtpack", true),
            ("releases/2", true),
            ("releases/2/packs/b.gtpack", false),
            ("b.gtpack", false),
        ] {
            let path = at.join(path);
            assert_eq!(Places::matter(&places.named, &path), matters, "{path:?}");
        }
        symlink("loop", at.join("loop")).expect("links");
        assert!(links(&at.join("loop")).len() <= LINKS);
    }

    #[test]
    fn folders_of_tools_are_left_out_except_in_a_pack() {
        let temp = tempfile::tempdir().expect("a folder");
        let at = temp.path().canonicalize().expect("a path");
        for folder in [
            ".git/objects",
            "node_modules/x",
            "sub/p/node_modules",
            "sub/p/out",
        ] {
            fs::create_dir_all(at.join(folder)).expect("creates");
        }
        fs::write(at.join("sub/p/pack.json"), "{}").expect("writes");
        fs::write(at.join("sub/p/out").join(crate::out_folder::MARKER), "").expect("writes");
        let places = Places::of(std::slice::from_ref(&at), &BTreeSet::new());
        let below = places
            .folders
            .iter()
            .filter_map(|f| f.strip_prefix(&at).ok());
        let below: Vec<&str> = below.filter_map(Path::to_str).collect();
        assert_eq!(below, ["", "sub", "sub/p", "sub/p/node_modules"]);
    }

    #[test]
    fn missing_root_is_awaited_in_the_folder_above_it() {
        let temp = tempfile::tempdir().expect("a folder");
        let at = temp.path().canonicalize().expect("a path");
        let places = Places::of(&[at.join("dist/packs")], &BTreeSet::new());
        assert!(places.folders.contains(&at), "{places:#?}");
        assert!(Places::matter(&places.named, &at.join("dist")));
        assert!(!Places::matter(&places.named, &at.join("other")));
    }
}
