//! Refuses outputs that are inputs, and outputs that are each other, before a command
//! writes anything: the later write would destroy what the earlier one wrote, or what is
//! still to be read.

use crate::discover::PackRef;
use crate::exit::{Error, show};
use provision_core::manifest;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Files of a folder pack that hosts or this program read under these names. A report of
/// an earlier run may also be in the folder, and is replaced.
const READ: [&str; 3] = ["expect.toml", "setup.yaml", "setup.yml"];

/// The same by the end of the name. No report has such a name.
const READ_EXTENSIONS: [&str; 4] = ["wasm", "wat", "cbor", "gtpack"];

/// Where outputs go, by the identity of each file.
pub(crate) struct Outputs<'p> {
    by_place: BTreeMap<Place, &'p Path>,
}

/// What makes two paths the same file.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// The device and the number of a file that exists.
    File(u64, u64),
    /// The canonical path of a file that does not exist.
    Path(PathBuf),
}

impl<'p> Outputs<'p> {
    /// The files at `paths`.
    ///
    /// # Errors
    /// [`Error::Usage`] if two are the same file. Two may be the same device.
    pub(crate) fn of(paths: impl Iterator<Item = &'p Path>) -> Result<Self, Error> {
        let mut by_place = BTreeMap::new();
        for path in paths {
            let is_device = fs::metadata(path).is_ok_and(|m| !m.is_file() && !m.is_dir());
            let other = by_place.insert(place(path), path);
            if let Some(other) = other.filter(|_| !is_device) {
                return Err(Error::Usage(format!(
                    "{}: is also the output {}; name another file",
                    show(path),
                    show(other)
                )));
            }
        }
        Ok(Self { by_place })
    }

    /// Refuses an output that is one of `inputs`.
    ///
    /// # Errors
    /// [`Error::Usage`] names the first.
    pub(crate) fn apart_from<'i>(
        &self,
        inputs: impl IntoIterator<Item = &'i Path>,
    ) -> Result<(), Error> {
        for input in inputs {
            if let Some(output) = self.by_place.get(&place(input)) {
                return Err(is_read(output, input));
            }
        }
        Ok(())
    }

    /// Refuses an output that is one of `packs`, or one of the files of a folder that is
    /// a pack.
    ///
    /// # Errors
    /// [`Error::Usage`] names the first.
    pub(crate) fn apart_from_packs(&self, packs: &[PackRef]) -> Result<(), Error> {
        let existing = self.by_place.values().filter(|path| path.exists());
        let existing: Vec<(&Path, PathBuf)> = existing.map(|p| (*p, resolved(p))).collect();
        let local = packs.iter().filter(|pack| pack.reference.is_none());
        for PackRef { path, .. } in local {
            self.apart_from([path.as_path()])?;
            let folder = match path.is_dir() {
                true => path.as_path(),
                false if is_manifest(path) => path.parent().unwrap_or(path),
                false => continue,
            };
            let at = resolved(folder);
            for name in manifest::FILE_NAMES {
                // NB: resolving the folder for each name again takes ten system calls.
                let place = existing_place(&at.join(name));
                let place = place.unwrap_or_else(|| Place::Path(at.join(name)));
                if let Some(output) = self.by_place.get(&place) {
                    return Err(is_read(output, &folder.join(name)));
                }
            }
            let mut inside = existing
                .iter()
                .filter(|(_, output)| output.starts_with(&at));
            if let Some((output, _)) = inside.find(|(_, at)| is_of_a_pack(at)) {
                return Err(is_read(output, path));
            }
        }
        Ok(())
    }
}

fn is_manifest(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| manifest::FILE_NAMES.contains(&name))
}

/// Whether a file is a pack or belongs to one, by its name.
pub(crate) fn is_of_a_pack(path: &Path) -> bool {
    let is_read = path
        .file_name()
        .is_some_and(|n| READ.iter().any(|r| n == *r));
    let extension = path.extension();
    let is_code =
        extension.is_some_and(|e| READ_EXTENSIONS.iter().any(|r| e.eq_ignore_ascii_case(r)));
    is_read || is_code || is_manifest(path)
}

fn is_read(output: &Path, input: &Path) -> Error {
    Error::Usage(format!(
        "{}: is read as {}, so it cannot be an output; name another file",
        show(output),
        show(input)
    ))
}

fn place(path: &Path) -> Place {
    existing_place(path).unwrap_or_else(|| Place::Path(resolved(path)))
}

/// `None` if nothing is there, or if the system has no numbers for files.
fn existing_place(path: &Path) -> Option<Place> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let found = fs::metadata(path).ok()?;
        Some(Place::File(found.dev(), found.ino()))
    }
    #[cfg(not(unix))]
    None
}

/// The canonical path, also if its last components do not exist.
fn resolved(path: &Path) -> PathBuf {
    if let Ok(canonical) = path.canonicalize() {
        return canonical;
    }
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) if parent.as_os_str().is_empty() => {
            resolved(Path::new(".")).join(name)
        }
        (Some(parent), Some(name)) => resolved(parent).join(name),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn output_that_is_an_input_through_a_link_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("a"), "a").expect("writes");
        fs::write(at("b"), "a").expect("writes");
        fs::hard_link(at("a"), at("hard")).expect("links");
        std::os::unix::fs::symlink("a", at("soft")).expect("links");
        let (a, dotted) = (at("a"), folder.path().join(".").join("a"));
        let check = |output: &Path| Outputs::of([output].into_iter())?.apart_from([a.as_path()]);
        for same in [&a, &at("hard"), &at("soft"), &dotted] {
            let refused = check(same);
            assert!(matches!(refused, Err(Error::Usage(_))), "{same:?}");
        }
        for other in ["b", "new", "no/folder"] {
            check(&at(other)).expect("another file");
        }
    }

    #[test]
    fn two_outputs_that_are_one_file_are_refused_also_before_it_exists() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("sub")).expect("creates");
        let check = |a: &str, b: &str| {
            let (a, b) = (at(a), at(b));
            Outputs::of([a.as_path(), &b].into_iter()).map(drop)
        };
        for (a, b) in [("r", "r"), ("r", "sub/../r"), ("new/r", "./new/r")] {
            assert!(matches!(check(a, b), Err(Error::Usage(_))), "{a} {b}");
        }
        check("r", "sub/r").expect("two files");
        check("new/r", "other/r").expect("two files");
        let null = Path::new("/dev/null");
        if null.exists() {
            Outputs::of([null, null].into_iter()).expect("a device takes both");
        }
    }

    #[test]
    fn output_that_belongs_to_a_pack_is_refused_and_an_earlier_report_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("p/components")).expect("creates");
        for file in [
            "p/pack.json",
            "p/components/a.wasm",
            "p/report.json",
            "q.gtpack",
        ] {
            fs::write(at(file), "{}").expect("writes");
        }
        let packs = ["p", "q.gtpack"].map(|name| PackRef {
            reference: None,
            label: name.into(),
            path: at(name),
        });
        let check = |name: &str| {
            let path = at(name);
            Outputs::of([path.as_path()].into_iter())?.apart_from_packs(&packs)
        };
        for refused in [
            "p/pack.json",
            "p/components/a.wasm",
            "q.gtpack",
            "p/./pack.json",
            // The name would make it the pack's manifest.
            "p/manifest.json",
            "p/../p/manifest.cbor",
        ] {
            assert!(matches!(check(refused), Err(Error::Usage(_))), "{refused}");
        }
        for fine in ["p/report.json", "p/new.json", "report.json"] {
            check(fine).expect("no file of a pack");
        }
    }
}
