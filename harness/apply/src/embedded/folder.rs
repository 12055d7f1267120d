//! The private folder of a store, its lock, and how its file comes into being.

use crate::error::StoreError;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Error as IoError, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A folder that no other user may enter.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// The folder at `path`, which is made if it is missing.
    pub(super) fn create(path: &Path) -> Result<Self, StoreError> {
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(path).map_err(io("create", path))?;
        Self::existing(path)
    }

    /// The folder at `path`, which has to be private.
    pub(super) fn existing(path: &Path) -> Result<Self, StoreError> {
        let found = fs::metadata(path).map_err(io("open", path))?;
        if found.permissions().mode() & 0o077 != 0 {
            let message = "other users may use it; set its mode to 0700";
            let source = IoError::new(ErrorKind::PermissionDenied, message);
            return Err(io("use", path)(source));
        }
        Ok(Self(path.to_owned()))
    }

    /// The file of the key, if `named` is none.
    pub(super) fn key(&self, named: Option<&Path>) -> PathBuf {
        named.map_or_else(|| self.0.join("key.age"), Path::to_owned)
    }

    /// The file of the store.
    pub(super) fn store(&self) -> PathBuf {
        self.0.join("store.redb")
    }

    /// Locks the store against all other processes, and waits for them.
    pub(super) fn lock(&self, waiting: Option<fn(&Path)>) -> Result<File, StoreError> {
        let path = self.0.join("lock");
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).mode(0o600);
        let file = options.truncate(false).open(&path);
        let file = file.map_err(io("open", &path))?;
        hold(&path, waiting, || file.try_lock(), || file.lock())?;
        Ok(file)
    }

    /// Locks the store against writers, and waits for them.
    pub(super) fn lock_shared(&self, waiting: Option<fn(&Path)>) -> Result<File, StoreError> {
        let path = self.0.join("lock");
        let file = File::open(&path).map_err(io("open", &path))?;
        hold(
            &path,
            waiting,
            || file.try_lock_shared(),
            || file.lock_shared(),
        )?;
        Ok(file)
    }

    /// Opens the file of the store.
    pub(super) fn open_store(&self, write: bool) -> Result<File, StoreError> {
        let path = self.store();
        let mut options = OpenOptions::new();
        let file = options.read(true).write(write).open(&path);
        file.map_err(io("open", &path))
    }

    /// Makes the file of the store in one step: a crash leaves no store or a whole one.
    pub(super) fn create_store(
        &self,
        fill: impl FnOnce(File) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let new = self.0.join("store.redb.new");
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(true);
        let file = options.mode(0o600).open(&new).map_err(io("create", &new))?;
        let same = file.try_clone().map_err(io("open", &new))?;
        fill(file)?;
        same.sync_all().map_err(io("write", &new))?;
        let path = self.store();
        fs::rename(&new, &path).map_err(io("rename", &new))?;
        sync_parent(&path)
    }
}

/// Takes a lock at once, else says so and waits for it without spinning.
fn hold(
    path: &Path,
    waiting: Option<fn(&Path)>,
    now: impl Fn() -> Result<(), TryLockError>,
    wait: impl Fn() -> Result<(), IoError>,
) -> Result<(), StoreError> {
    match now() {
        Ok(()) => return Ok(()),
        Err(TryLockError::WouldBlock) => {}
        Err(TryLockError::Error(error)) => return Err(io("lock", path)(error)),
    }
    if let Some(say) = waiting {
        say(path);
    }
    loop {
        match wait() {
            // A signal that the process survives interrupts the call.
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result.map_err(io("lock", path)),
        }
    }
}

/// Makes a new name in the folder of `path` durable.
pub(super) fn sync_parent(path: &Path) -> Result<(), StoreError> {
    let parent = match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => return Ok(()),
    };
    let folder = File::open(parent).map_err(io("open", parent))?;
    folder.sync_all().map_err(io("write", parent))
}

fn io(action: &'static str, path: &Path) -> impl FnOnce(IoError) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::Io {
        action,
        path,
        source,
    }
}
