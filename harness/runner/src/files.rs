//! Writes files so that no reader sees a partial one.

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

/// Calls `fill` to write the file at `path`, whole or not at all: into a temporary
/// file beside it, which is synced and renamed. If `path` exists and is not a regular
/// file (`/dev/stdout`, a pipe), writes to it directly, because a rename would replace
/// it.
pub(crate) fn write_with(
    path: &Path,
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
    file.sync_all().map_err(error)?;
    beside.persist()
}

/// A temporary file beside its target, which it replaces once it is complete. If
/// dropped before that, it is removed.
pub(crate) struct Beside {
    target: PathBuf,
    file: tempfile::NamedTempFile,
}

impl Beside {
    /// Creates an empty file in the folder of `target`, which must exist.
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

    /// The path of the temporary file.
    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Replaces the target.
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

/// Refuses outputs that are the same file as an input: the output would overwrite
/// the input before it is fully read.
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
                "{}: is read as {}, so it cannot be an output; name another file",
                show(output),
                show(input)
            )));
        }
    }
    Ok(())
}

/// Whether two paths name the same file, also through links.
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

/// Checks that [`write`] can work, so that a run fails at its start and not at its end.
pub(crate) fn check_writable(path: &Path) -> Result<(), Error> {
    let error = |e| Error::io("write", path, e);
    match fs::metadata(path) {
        Ok(m) if m.is_dir() => Err(error(std::io::ErrorKind::IsADirectory.into())),
        Ok(m) if !m.is_file() => Ok(()),
        _ => {
            sweep(folder(path));
            // NB: a missing folder is an error. Creating it would hide a mistyped
            // path.
            tempfile::tempfile_in(folder(path)).map(drop).map_err(error)
        }
    }
}

/// Prefix of the names of temporary files.
const PREFIX: &str = ".greentic-provision-";

/// Removes temporary files of killed processes. A file that is younger than an hour
/// may belong to another run that is still writing it.
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
        // NB: a file that cannot be removed does not prevent writing beside it.
        let _ = fs::remove_file(entry.path());
    }
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Makes a file readable for every user who can enter its folder: a temporary file is
/// private.
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
    fn output_that_is_an_input_through_a_link_is_refused() {
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
    fn sweep_removes_only_old_temporary_files() {
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
