//! Writes the event stream to a file, and to a second output if there is one.

use super::Event;
use crate::exit::Error;
use crate::out_folder::OutFolder;
use provision_core::text::inert_json;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Writes events to a file, one per line.
pub struct EventLog {
    path: PathBuf,
    inner: Mutex<Inner>,
}

struct Inner {
    file: File,
    /// A second output: standard output with `--json`.
    also: Option<Box<dyn Write + Send>>,
    /// The first output that failed, and how.
    failed: Option<(PathBuf, std::io::Error)>,
}

impl EventLog {
    /// Creates an empty log at `path`. Events also go to `also`, if there is one.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be created.
    pub fn create(path: &Path, also: Option<Box<dyn Write + Send>>) -> Result<Self, Error> {
        let error = |e| Error::io("write", path, e);
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(error)?;
        }
        let file = File::create(path).map_err(error)?;
        Ok(Self::of(path.to_owned(), file, also))
    }

    /// Creates an empty log in an output folder.
    ///
    /// # Errors
    /// See [`OutFolder::create_file`].
    pub fn within(
        folder: &OutFolder,
        name: &str,
        also: Option<Box<dyn Write + Send>>,
    ) -> Result<Self, Error> {
        let file = folder.create_file(name)?;
        Ok(Self::of(folder.path().join(name), file, also))
    }

    fn of(path: PathBuf, file: File, also: Option<Box<dyn Write + Send>>) -> Self {
        let inner = Inner {
            file,
            also,
            failed: None,
        };
        Self {
            path,
            inner: Mutex::new(inner),
        }
    }

    /// The file that events go to.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds an event. [`EventLog::finish`] returns the first write error.
    pub fn emit(&self, event: &Event) {
        self.emit_all(std::slice::from_ref(event));
    }

    /// Adds events without events of other threads between them.
    pub fn emit_all(&self, events: &[Event]) {
        let mut lines = Vec::new();
        for event in events {
            let line = serde_json::to_string(event).unwrap_or_default();
            lines.extend(inert_json(&line).into_bytes());
            lines.push(b'\n');
        }
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(e) = inner.file.write_all(&lines) {
            inner.failed.get_or_insert((self.path.clone(), e));
        }
        if let Some(also) = &mut inner.also
            && let Err(e) = also.write_all(&lines).and_then(|()| also.flush())
        {
            inner.also = None;
            // NB: a reader that closes the second output does not fail the run; a full
            // disk does, because the reader lacks events.
            if e.kind() != std::io::ErrorKind::BrokenPipe {
                inner.failed.get_or_insert(("standard output".into(), e));
            }
        }
    }

    /// Syncs the log.
    ///
    /// # Errors
    /// [`Error::Io`], the first of all writes, or that of the sync.
    pub fn finish(&self) -> Result<(), Error> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        match inner.failed.take() {
            Some((output, e)) => Err(Error::io("write", &output, e)),
            None => inner
                .file
                .sync_all()
                .or_else(|e| match e.kind() {
                    // A pipe or a device cannot be synced.
                    std::io::ErrorKind::InvalidInput => Ok(()),
                    _ => Err(e),
                })
                .map_err(|e| Error::io("write", &self.path, e)),
        }
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn failed_write_is_reported_by_finish() {
        let full = EventLog::create(Path::new("/dev/full"), None).expect("opens");
        full.emit(&Event::RunFinished { exit_code: 0 });
        assert!(matches!(full.finish(), Err(Error::Io { .. })));
        let fine = EventLog::create(Path::new("/dev/null"), None).expect("opens");
        fine.emit(&Event::RunFinished { exit_code: 0 });
        assert!(fine.finish().is_ok());
        let full = File::options().write(true).open("/dev/full");
        let also = Box::new(full.expect("opens"));
        let second = EventLog::create(Path::new("/dev/null"), Some(also)).expect("opens");
        second.emit(&Event::RunFinished { exit_code: 0 });
        assert!(matches!(second.finish(), Err(Error::Io { .. })));
    }
}
