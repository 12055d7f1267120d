//! The path of a pack in its repository: the same on every machine and from every working
//! folder, so that histories of results by this path go on.

use provision_core::manifest;
use provision_core::text::inert;
use std::path::{Path, PathBuf};

/// Characters of a path, at most.
const CHARS: usize = 1_000;

/// The file that stands for the pack at `path`: the archive, or the manifest in the folder.
/// Its path below the folder with the nearest `.git`, else below the working folder, else
/// the absolute path.
pub(crate) fn file_of(path: &Path) -> String {
    let absolute = absolute(path).unwrap_or_else(|| path.to_owned());
    let working = std::env::current_dir().and_then(|folder| folder.canonicalize());
    let root = repository(&absolute).or(working.ok());
    let mut file = absolute;
    if file.is_dir() {
        let mut names = manifest::FILE_NAMES.into_iter();
        // A folder without a manifest is a pack that fails; its file would be there.
        let name = names.find(|name| file.join(name).is_file());
        file.push(name.unwrap_or(manifest::FILE_NAMES[0]));
    }
    let below = root.and_then(|root| file.strip_prefix(root).ok());
    slashed(below.unwrap_or(&file))
}

/// The path without links in its folders. NB: a link to a pack is a file of its own.
fn absolute(path: &Path) -> Option<PathBuf> {
    let Some(name) = path.file_name() else {
        return path.canonicalize().ok();
    };
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new(".")).canonicalize().ok()?;
    Some(folder.join(name))
}

/// The nearest folder above `path` with a `.git`, which is a file in a work tree of its own.
fn repository(path: &Path) -> Option<PathBuf> {
    let mut above = path.ancestors().skip(1);
    above
        .find(|folder| folder.join(".git").exists())
        .map(Path::to_owned)
}

fn slashed(path: &Path) -> String {
    let text = path.to_string_lossy();
    let text = if std::path::MAIN_SEPARATOR == '/' {
        text.into_owned()
    } else {
        text.replace(std::path::MAIN_SEPARATOR, "/")
    };
    inert(&text, CHARS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn path_begins_at_the_repository_whatever_names_the_pack() {
        let temp = tempfile::tempdir().expect("a folder");
        let root = temp.path().join("repo");
        fs::create_dir_all(root.join("packs/folder")).expect("creates");
        fs::create_dir_all(root.join("packs/broken")).expect("creates");
        fs::write(root.join("packs/folder/manifest.cbor"), "").expect("writes");
        fs::write(root.join("packs/a b.gtpack"), "").expect("writes");
        let outside = file_of(&root.join("packs/a b.gtpack"));
        assert!(outside.ends_with("/repo/packs/a b.gtpack"), "{outside}");
        // A work tree of its own has a file.
        for name in [".git", "packs/.git"] {
            let below = if name == ".git" { "packs/" } else { "" };
            fs::write(root.join(name), "gitdir: elsewhere").expect("writes");
            for (path, expected) in [
                ("packs/a b.gtpack", "a b.gtpack"),
                ("packs/../packs/./a b.gtpack", "a b.gtpack"),
                ("packs/folder", "folder/manifest.cbor"),
                ("packs/folder/manifest.cbor", "folder/manifest.cbor"),
            ] {
                assert_eq!(file_of(&root.join(path)), format!("{below}{expected}"));
            }
            let broken = file_of(&root.join("packs/broken"));
            assert!(broken.starts_with(&format!("{below}broken/")), "{broken}");
        }
    }
}
