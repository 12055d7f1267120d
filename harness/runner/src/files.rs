//! Writing files so that no reader ever sees half of one.

use crate::exit::Error;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Writes `bytes` to `path` whole or not at all, see [`write_with`].
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    write_with(path, |out| {
        out.write_all(bytes)
            .map_err(|e| Error::io("write", path, e))
    })
}

/// Writes `bytes` to `path`, whole or not at all for whoever reads it, and
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
    let folder = folder(path);
    let file = tempfile::Builder::new()
        .prefix(PREFIX)
        .tempfile_in(folder)
        .map_err(error)?;
    let mut out = BufWriter::new(file);
    fill(&mut out)?;
    let file = out.into_inner().map_err(|e| error(e.into_error()))?;
    if on_disk == OnDisk::First {
        file.as_file().sync_all().map_err(error)?;
    }
    file.persist(path).map_err(|e| error(e.error))?;
    make_readable(path).map_err(error)
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
        // NB: whoever may not remove it may still write beside it.
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
