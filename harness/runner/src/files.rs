//! Writing files so that no reader ever sees half of one.

use crate::exit::{Error, show};
use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes `bytes` to `path` whole or not at all, see `write_with`.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    write_with(path, |out| {
        out.write_all(bytes)
            .map_err(|e| Error::io("write", path, e))
    })
}

/// Writes `bytes` to `path`, whole or not at all for every reader, and
/// without waiting for the disk: a failing pack leaves dozens of files as
/// evidence, which the next run would write again.
pub(crate) fn write_evidence(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    put(path, OnDisk::Sometime, |out| {
        out.write_all(bytes)
            .map_err(|e| Error::io("write", path, e))
    })
}

/// Whether a file has to be on the disk before it has its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OnDisk {
    First,
    Sometime,
}

/// Lets `fill` write what is to be at `path`, whole or not at all: into a file
/// beside it, synced and renamed. What exists and is no regular file
/// (`/dev/stdout`, a pipe) is written to directly, because a rename would
/// replace it.
pub(crate) fn write_with(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), Error>,
) -> Result<(), Error> {
    put(path, OnDisk::First, fill)
}

fn put(
    path: &Path,
    on_disk: OnDisk,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), Error>,
) -> Result<(), Error> {
    let error = |e| Error::io("write", path, e);
    if fs::metadata(path).is_ok_and(|m| !m.is_file() && !m.is_dir()) {
        let file = fs::OpenOptions::new().write(true).open(path);
        let mut out = BufWriter::new(file.map_err(error)?);
        fill(&mut out)?;
        return out.flush().map_err(error);
    }
    let beside = Beside::create(path)?;
    let mut out = BufWriter::new(beside.file.as_file());
    fill(&mut out)?;
    let file = out.into_inner().map_err(|e| error(e.into_error()))?;
    if on_disk == OnDisk::First {
        file.sync_all().map_err(error)?;
    }
    beside.persist()
}

/// A new file beside the one whose place it takes once it is whole. Dropped
/// before, it is removed.
pub(crate) struct Beside {
    target: PathBuf,
    file: tempfile::NamedTempFile,
}

impl Beside {
    /// An empty file in the folder of `target`, which has to exist.
    ///
    /// # Errors
    /// [`Error::Io`] names the target.
    pub(crate) fn create(target: &Path) -> Result<Self, Error> {
        let file = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempfile_in(folder(target))
            .map_err(|e| Error::io("write", target, e))?;
        Ok(Self {
            target: target.to_owned(),
            file,
        })
    }

    /// Where it is for now.
    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Puts it in the place of the target.
    ///
    /// # Errors
    /// [`Error::Io`] names the target.
    pub(crate) fn persist(self) -> Result<(), Error> {
        let error = |e| Error::io("write", &self.target, e);
        self.file
            .persist(&self.target)
            .map_err(|e| error(e.error))?;
        make_readable(&self.target).map_err(error)
    }
}

/// Refuses outputs that are the same file as an input: the input would be lost
/// before all of it is read.
///
/// # Errors
/// [`Error::Usage`] names the first.
pub(crate) fn check_apart<'p>(
    inputs: impl Iterator<Item = &'p Path> + Clone,
    outputs: impl Iterator<Item = &'p Path>,
) -> Result<(), Error> {
    for output in outputs {
        if let Some(input) = inputs.clone().find(|input| is_same(input, output)) {
            return Err(Error::Usage(format!(
                "{}: is read as {}, and cannot be written as well; name another file",
                show(output),
                show(input)
            )));
        }
    }
    Ok(())
}

/// Whether two paths name one file, by whatever links.
fn is_same(a: &Path, b: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let identity = |path| fs::metadata(path).map(|m| (m.dev(), m.ino()));
        if let (Ok(a), Ok(b)) = (identity(a), identity(b)) {
            return a == b;
        }
    }
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

/// Whether [`write`] could work, found out before the work and not after it.
pub(crate) fn check_writable(path: &Path) -> Result<(), Error> {
    let error = |e| Error::io("write", path, e);
    match fs::metadata(path) {
        Ok(m) if m.is_dir() => Err(error(std::io::ErrorKind::IsADirectory.into())),
        Ok(m) if !m.is_file() => Ok(()),
        _ => {
            sweep(folder(path));
            // NB: a missing folder is an error. A mistyped path must not grow
            // folders somewhere and look like a success.
            tempfile::tempfile_in(folder(path)).map(drop).map_err(error)
        }
    }
}

/// How the names of files begin that are still being written.
const PREFIX: &str = ".greentic-provision-";

/// Removes what processes have left that were killed while they wrote. What is
/// younger than an hour may be another run's, and in use.
fn sweep(folder: &Path) {
    let hour = std::time::Duration::from_secs(3600);
    let old = |entry: &fs::DirEntry| {
        let modified = entry.metadata().and_then(|m| m.modified());
        let age = modified.ok().and_then(|m| m.elapsed().ok());
        let name = entry.file_name();
        name.to_string_lossy().starts_with(PREFIX) && age.is_some_and(|age| age > hour)
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries.filter(old) {
        // NB: a process that may not remove it may still write beside it.
        let _ = fs::remove_file(entry.path());
    }
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Temporary files are private; a report is for everybody the folder is for.
fn make_readable(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o644))?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// `value` as JSON for people, with a trailing newline.
pub(crate) fn pretty<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|e| Error::Format {
        format: "JSON",
        detail: e.to_string(),
    })?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn output_that_is_an_input_by_any_link_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("a"), "a").expect("writes");
        fs::write(at("b"), "a").expect("writes");
        fs::hard_link(at("a"), at("hard")).expect("links");
        std::os::unix::fs::symlink("a", at("soft")).expect("links");
        let (a, dotted) = (at("a"), folder.path().join(".").join("a"));
        let input = || [a.as_path()].into_iter();
        for same in [&a, &at("hard"), &at("soft"), &dotted] {
            let refused = check_apart(input(), [same.as_path()].into_iter());
            assert!(matches!(refused, Err(Error::Usage(_))), "{same:?}");
        }
        for other in ["b", "new", "no/folder"] {
            let other = at(other);
            check_apart(input(), [other.as_path()].into_iter()).expect("another file");
        }
    }

    #[test]
    fn only_what_is_old_and_ours_is_swept() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str, old: bool| {
            let path = folder.path().join(name);
            let file = fs::File::create(&path).expect("creates");
            let hours = std::time::Duration::from_secs(if old { 7200 } else { 0 });
            let then = std::time::SystemTime::now() - hours;
            file.set_modified(then).expect("dates it");
            path
        };
        let ours = file(".greentic-provision-old", true);
        let kept = [
            file(".greentic-provision-new", false),
            file("report.json", true),
        ];
        sweep(folder.path());
        assert!(!ours.exists());
        assert!(kept.iter().all(|path| path.exists()));
    }
}
