//! Writes files so that no reader sees a partial one.

use crate::advice::plain;
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
/// file (`/dev/stdout`, a device), writes to it directly, because a rename would replace
/// it. A named pipe is refused, because opening it waits for its reader.
pub(crate) fn write_with(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), Error>,
) -> Result<(), Error> {
    let error = |e| Error::io("write", path, e);
    if fs::metadata(path).is_ok_and(|m| !m.is_file() && !m.is_dir()) {
        refuse_named_pipe(path)?;
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

/// Writes a new file at `path`, whole or not at all. What is there stays.
///
/// # Errors
/// [`Error::Io`], also if there is something at `path`.
pub(crate) fn create(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let error = |e| Error::io("write", path, e);
    let beside = Beside::create(path)?;
    let mut file = beside.file.as_file();
    file.write_all(bytes).map_err(error)?;
    file.sync_all().map_err(error)?;
    #[cfg(unix)]
    file.set_permissions(permissions(path)).map_err(error)?;
    let created = beside.file.persist_noclobber(path);
    created.map(drop).map_err(|e| error(e.error))
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
        let io = |e| Error::io("write", target, e);
        fs::metadata(folder(target)).map_err(io)?;
        let file = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempfile_in(folder(target))
            .map_err(|e| io(plain(e)))?;
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
        #[cfg(unix)]
        {
            let permissions = permissions(&self.target);
            self.file
                .as_file()
                .set_permissions(permissions)
                .map_err(error)?;
        }
        let persisted = self.file.persist(&self.target);
        persisted.map(drop).map_err(|e| error(e.error))
    }
}

/// Checks that [`write`] can work, so that a run fails at its start and not at its end.
pub(crate) fn check_writable(path: &Path) -> Result<(), Error> {
    let error = |e| Error::io("write", path, e);
    match fs::metadata(path) {
        Ok(m) if m.is_dir() => Err(error(std::io::ErrorKind::IsADirectory.into())),
        Ok(m) if !m.is_file() => refuse_named_pipe(path),
        _ => {
            // NB: a missing folder is an error. Creating it would hide a mistyped
            // path.
            tempfile::tempfile_in(folder(path)).map(drop).map_err(error)
        }
    }
}

/// Prefix of the names of temporary files.
const PREFIX: &str = ".greentic-provision-";

/// Refuses a pipe in the file system. `/dev/stdout` and `/dev/fd/3` name pipes that this
/// process has open already; they are in no folder, so they have no canonical path.
fn refuse_named_pipe(path: &Path) -> Result<(), Error> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let is_pipe = fs::metadata(path).is_ok_and(|m| m.file_type().is_fifo());
        if is_pipe && path.canonicalize().is_ok() {
            return Err(Error::Usage(format!(
                "{}: a named pipe, which cannot be an output; name a regular file",
                show(path)
            )));
        }
    }
    let _ = path;
    Ok(())
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The permissions of a file that replaces the one at `path`: the same. A new file is
/// readable for every user who can enter its folder: a temporary file is private.
#[cfg(unix)]
fn permissions(path: &Path) -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    let replaced = fs::metadata(path).map(|m| m.permissions().mode() & 0o777);
    fs::Permissions::from_mode(replaced.unwrap_or(0o644))
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
    fn replaced_file_keeps_its_mode_and_a_new_one_is_readable() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let mode = |path: &Path| {
            let mode = fs::metadata(path).expect("exists").permissions().mode();
            mode & 0o777
        };
        let path = folder.path().join("f");
        write(&path, b"new").expect("writes");
        assert_eq!(mode(&path), 0o644);
        for kept in [0o600, 0o640, 0o444, 0o755] {
            fs::set_permissions(&path, fs::Permissions::from_mode(kept)).expect("sets");
            write(&path, b"replaced").expect("writes");
            assert_eq!(mode(&path), kept);
        }
    }

    #[test]
    fn file_that_looks_like_a_temporary_one_is_left() {
        let folder = tempfile::tempdir().expect("a folder");
        let notes = folder.path().join(".greentic-provision-notes.txt");
        let file = fs::File::create(&notes).expect("creates");
        let day = std::time::Duration::from_secs(24 * 3600);
        let yesterday = std::time::SystemTime::now() - day;
        file.set_modified(yesterday).expect("dates it");
        check_writable(&folder.path().join("report.json")).expect("writable");
        assert!(notes.exists());
    }

    #[test]
    #[cfg(unix)]
    fn named_pipe_is_refused_without_waiting_for_a_reader() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.expect("mkfifo runs").success());
        std::os::unix::fs::symlink("pipe", folder.path().join("link")).expect("links");
        for path in [&pipe, &folder.path().join("link")] {
            for refused in [check_writable(path), write(path, b"text")] {
                assert!(matches!(refused, Err(Error::Usage(_))), "{refused:?}");
            }
        }
    }
}
