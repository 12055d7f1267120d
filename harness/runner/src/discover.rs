//! Finds packs: sorted by label, each once. A root that does not exist is an error.

use crate::exit::{Error, show};
use crate::out_folder::MARKER;
use crate::place::{self, Place};
use provision_core::manifest;
use provision_core::pack::digest;
use provision_core::text::inert;
use provision_registry::Reference;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// A pack that was found, not yet read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackRef {
    /// Its name in reports: the path below the root that was given, with `/`.
    pub label: String,
    /// Where it is; of a pack in a registry, the reference.
    pub path: PathBuf,
    /// The reference to the registry or the layout that it is in.
    pub reference: Option<Reference>,
}

impl PackRef {
    /// The pack at `path`, of this machine.
    #[must_use]
    pub fn local(label: String, path: PathBuf) -> Self {
        Self {
            label,
            path,
            reference: None,
        }
    }

    /// The pack that `reference` names.
    #[must_use]
    pub fn of(reference: Reference) -> Self {
        let label = place::label(&reference);
        let Place { path, reference } = Place::of(reference);
        Self {
            label,
            path,
            reference,
        }
    }

    /// Its label if the pack itself is the root.
    #[must_use]
    pub fn own_label(&self) -> String {
        match &self.reference {
            Some(reference) => place::label(reference),
            None => name_of(&self.path),
        }
    }

    /// Whether `name` is its label, or the name of its provider.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        let provider = match &self.reference {
            Some(reference) => Some(place::provider(reference)),
            None => self
                .path
                .file_stem()
                .map(|s| s.to_string_lossy().into_owned()),
        };
        provider.as_deref() == Some(name) || self.label == name
    }
}

/// The files that make a folder a pack instead of a folder of packs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marker {
    /// A manifest.
    Manifest,
    /// A manifest, or an `expect.toml`: fixtures may lack a manifest on purpose.
    ManifestOrExpectation,
}

/// The packs that a search found.
#[derive(Debug, Default)]
pub struct Discovered {
    /// The packs, sorted by label.
    pub packs: Vec<PackRef>,
    /// Folders that were not searched, and links that were not followed: those out of a
    /// root, and those into a folder that is not searched.
    pub skipped: Vec<PathBuf>,
}

/// All packs below `roots`.
///
/// A root may be a `.gtpack` file, a manifest, a folder with a manifest, or a
/// folder that is searched. Symbolic links to folders are not followed. Output folders of
/// this program, and folders that other tools fill, are not searched, unless they are
/// roots.
///
/// # Errors
/// [`Error::Usage`] for a root that does not exist, [`Error::Io`] for a folder
/// that cannot be read.
pub fn discover(roots: &[PathBuf], marker: Marker) -> Result<Discovered, Error> {
    let mut discovered = Discovered::default();
    let found = &mut discovered.packs;
    for root in roots {
        if !root.exists() {
            return Err(Error::missing(root));
        }
        if root.join(LAYOUT).is_file() && !is_pack_folder(root, marker) {
            return Err(Error::Usage(format!(
                "{}: an OCI layout; name what is in it as oci-layout:FOLDER or \
                 oci-layout:FOLDER:TAG",
                show(root)
            )));
        }
        if root.is_file() || is_pack_folder(root, marker) {
            let label = name_of(root);
            found.push(PackRef::local(label, root.clone()));
        } else {
            search(root, marker, found, &mut discovered.skipped)?;
        }
    }
    settle(found);
    Ok(discovered)
}

/// Sorts packs and gives each a label of its own.
pub(crate) fn settle(found: &mut Vec<PackRef>) {
    found.sort_by(|a, b| (&a.label, &a.path).cmp(&(&b.label, &b.path)));
    found.dedup_by(|a, b| a.path == b.path);
    make_labels_unique(found);
}

/// Says on standard error what a search left out; `how` says how to name one of them. Every
/// repository has a folder `.git`, and nobody keeps packs there.
pub fn say_skipped(skipped: &[PathBuf], how: &str) {
    let mut skipped = skipped.iter().filter(|path| !path.ends_with(".git"));
    let Some(first) = skipped.next() else {
        return;
    };
    let more = match skipped.count() {
        0 => String::new(),
        count => format!(" and {count} more"),
    };
    anstream::eprintln!(
        "skipped: {}{more}: output of tools, or links to what is not searched; name one {how} to \
         judge what is in it",
        show(first)
    );
}

fn search(
    root: &Path,
    marker: Marker,
    found: &mut Vec<PackRef>,
    skipped: &mut Vec<PathBuf>,
) -> Result<(), Error> {
    let inside = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let mut walk = WalkDir::new(root)
        .min_depth(1)
        .sort_by_file_name()
        .into_iter();
    while let Some(entry) = walk.next() {
        let entry = entry.map_err(|e| unread(root, e))?;
        let path = entry.path();
        if entry.file_type().is_dir() && is_no_source(path) {
            walk.skip_current_dir();
            skipped.push(path.to_owned());
            continue;
        }
        // Files of macOS beside others, which have their names.
        if entry.file_name().to_string_lossy().starts_with("._") {
            continue;
        }
        let named = path.extension().is_some_and(|e| e == "gtpack");
        let is_dir = entry.file_type().is_dir();
        if named && entry.path_is_symlink() && !is_searched(path, &inside) {
            skipped.push(path.to_owned());
            continue;
        }
        if named || (is_dir && is_pack_folder(path, marker)) {
            let below = path.strip_prefix(root).unwrap_or(path);
            let layout = path.join(LAYOUT).is_file();
            found.push(PackRef {
                label: slashed(below),
                path: path.to_owned(),
                // A fixture with an expectation may be a layout.
                reference: (is_dir && layout).then(|| Reference::of_layout(path.to_owned())),
            });
            if is_dir {
                walk.skip_current_dir();
            }
        }
    }
    Ok(())
}

/// The error for what a search of the folder `root` cannot read.
pub(crate) fn unread(root: &Path, error: walkdir::Error) -> Error {
    let path = error.path().unwrap_or(root).to_owned();
    let source = error.into_io_error();
    let source = source.unwrap_or_else(|| std::io::Error::other("a loop of links"));
    Error::io("read", &path, source)
}

/// Whether the target of the link at `path` is in the folder `root`, and in none of the
/// folders below it that are not searched. `.git/config` may hold a token.
fn is_searched(path: &Path, root: &Path) -> bool {
    let Ok(target) = path.canonicalize() else {
        return false;
    };
    let mut folders = target.ancestors().take_while(|folder| *folder != root);
    target.starts_with(root) && !folders.any(|folder| folder.is_dir() && is_no_source(folder))
}

/// The file that makes a folder an OCI layout.
const LAYOUT: &str = "oci-layout";

/// Folders that hold what tools made or fetched, and no packs of their owner.
const NO_SOURCES: [&str; 5] = [".git", "node_modules", ".venv", "venv", "__pycache__"];

/// Whether a folder below a root is not searched: an output folder of this program, or
/// one that another tool fills.
pub(crate) fn is_no_source(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    let of_cargo = || name == "target" && path.join("CACHEDIR.TAG").is_file();
    path.join(MARKER).is_file() || NO_SOURCES.iter().any(|n| name == *n) || of_cargo()
}

pub(crate) fn is_pack_folder(path: &Path, marker: Marker) -> bool {
    let has = |name: &str| path.join(name).is_file();
    manifest::FILE_NAMES.into_iter().any(has)
        || (marker == Marker::ManifestOrExpectation && has("expect.toml"))
}

/// The last component, also of `.` and of `a/..`. A manifest is named after
/// its folder.
pub(crate) fn name_of(path: &Path) -> String {
    let absolute = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let is_manifest = |p: &Path| {
        p.file_name()
            .is_some_and(|n| manifest::FILE_NAMES.into_iter().any(|m| n == m))
    };
    let named = match absolute.parent() {
        Some(folder) if absolute.is_file() && is_manifest(&absolute) => folder,
        _ => &absolute,
    };
    let name = named.file_name().unwrap_or(named.as_os_str());
    inert(&name.to_string_lossy(), 200)
}

pub(crate) fn slashed(path: &Path) -> String {
    let parts = path
        .components()
        .map(|c| c.as_os_str().to_string_lossy().into_owned());
    inert(&parts.collect::<Vec<_>>().join("/"), 400)
}

/// Replaces equal labels by the paths of their packs: two roots may contain packs of
/// the same name, and reports need unique names. Paths whose texts are equal too, because
/// they differ only in bytes that are no UTF-8 or in what [`inert`] cuts off, get a digest
/// of their bytes, which does not depend on the packs beside them.
fn make_labels_unique(found: &mut [PackRef]) {
    relabel(found, |pack| slashed(&pack.path));
    relabel(found, |pack| {
        let bytes = pack.path.as_os_str().as_encoded_bytes();
        let digest = digest(bytes);
        format!("{}-{}", pack.label, digest.get(..16).unwrap_or(&digest))
    });
}

/// Gives each pack whose label another pack has too its label by `other`.
fn relabel(found: &mut [PackRef], other: impl Fn(&PackRef) -> String) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for pack in found.iter() {
        *counts.entry(pack.label.clone()).or_default() += 1;
    }
    for pack in found {
        if counts.get(&pack.label).is_some_and(|count| *count > 1) {
            pack.label = other(pack);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn labels(roots: &[PathBuf]) -> Vec<String> {
        let found = discover(roots, Marker::Manifest).expect("readable");
        let packs = found.packs.into_iter();
        packs.map(|p| p.label).collect()
    }

    #[test]
    fn what_tools_made_and_links_out_of_the_folder_are_skipped() {
        let root = tempfile::tempdir().expect("a folder");
        let dir = root.path().join("root");
        for folder in [".git", "node_modules/a", "target", "out", "sub/target"] {
            let folder = dir.join(folder);
            fs::create_dir_all(&folder).expect("a folder");
            fs::write(folder.join("p.gtpack"), "{}").expect("a file");
        }
        fs::write(dir.join("target/CACHEDIR.TAG"), "").expect("a file");
        fs::write(dir.join("out").join(MARKER), "").expect("a file");
        fs::write(dir.join("._q.gtpack"), "{}").expect("a file");
        fs::write(dir.join("q.gtpack"), "{}").expect("a file");
        fs::write(root.path().join("secret"), "{}").expect("a file");
        let mut expected = vec!["q.gtpack", "sub/target/p.gtpack"];
        let mut left_out = vec![".git", "node_modules", "out", "target"];
        if cfg!(unix) {
            #[cfg(unix)]
            {
                use std::os::unix::fs::symlink;
                symlink(root.path().join("secret"), dir.join("away.gtpack")).expect("links");
                symlink(dir.join("q.gtpack"), dir.join("here.gtpack")).expect("links");
                fs::write(dir.join(".git/config"), "token").expect("a file");
                symlink(".git/config", dir.join("token.gtpack")).expect("links");
                symlink("node_modules/a", dir.join("tool.gtpack")).expect("links");
            }
            expected.insert(0, "here.gtpack");
            left_out.insert(1, "away.gtpack");
            left_out.extend(["token.gtpack", "tool.gtpack"]);
        }
        let found = discover(std::slice::from_ref(&dir), Marker::Manifest).expect("readable");
        let labels: Vec<&str> = found.packs.iter().map(|p| p.label.as_str()).collect();
        assert_eq!(labels, expected);
        let skipped: Vec<PathBuf> = left_out.iter().map(|name| dir.join(name)).collect();
        assert_eq!(found.skipped, skipped);
        // A folder that is named is searched.
        assert_eq!(labels_of(&dir.join("out")), ["p.gtpack"]);
    }

    fn labels_of(root: &Path) -> Vec<String> {
        labels(&[root.to_owned()])
    }

    #[test]
    fn folder_with_a_manifest_is_one_pack_and_is_not_searched() {
        let root = tempfile::tempdir().expect("a folder");
        let dir = root.path();
        for folder in ["b/inner", "a", "empty", "c.gtpack"] {
            fs::create_dir_all(dir.join(folder)).expect("a folder");
        }
        for file in [
            "b/pack.json",
            "b/inner/pack.json",
            "a/manifest.cbor",
            "z.gtpack",
            "z.txt",
        ] {
            fs::write(dir.join(file), "{}").expect("a file");
        }
        assert_eq!(
            labels(&[dir.to_owned()]),
            ["a", "b", "c.gtpack", "z.gtpack"]
        );
        assert_eq!(labels(&[dir.join("b")]), ["b"]);
        assert_eq!(labels(&[dir.join("b/pack.json")]), ["b"]);
        assert_eq!(labels(&[dir.join("empty")]), [""; 0]);
        assert_eq!(labels(&[dir.join("b"), dir.join("b")]), ["b"]);
        let missing = discover(&[dir.join("nowhere")], Marker::Manifest);
        assert!(matches!(missing, Err(Error::Usage(_))));
    }

    #[test]
    fn packs_of_one_name_from_two_roots_get_different_labels() {
        let root = tempfile::tempdir().expect("a folder");
        for folder in ["x/p", "y/p"] {
            fs::create_dir_all(root.path().join(folder)).expect("a folder");
            fs::write(root.path().join(folder).join("pack.json"), "{}").expect("a file");
        }
        let labels = labels(&[root.path().join("x"), root.path().join("y")]);
        assert_eq!(labels.len(), 2);
        assert_ne!(labels[0], labels[1]);
    }

    #[cfg(unix)]
    #[test]
    fn names_that_differ_in_bytes_that_are_no_text_get_different_stable_labels() {
        use std::os::unix::ffi::OsStrExt;
        let root = tempfile::tempdir().expect("a folder");
        let file = |name: &[u8]| root.path().join(std::ffi::OsStr::from_bytes(name));
        let names = [&b"p\xfe.gtpack"[..], b"p\xff.gtpack"];
        for name in names {
            if fs::write(file(name), "{}").is_err() {
                // This file system takes no such names, so there is nothing to tell apart.
                return;
            }
        }
        let both = labels(&[root.path().to_owned()]);
        assert_eq!(both.len(), 2);
        assert_ne!(both[0], both[1]);
        fs::write(file(b"p\xfd.gtpack"), "{}").expect("a file");
        let three = labels(&[root.path().to_owned()]);
        assert!(both.iter().all(|label| three.contains(label)), "{three:?}");
    }
}
