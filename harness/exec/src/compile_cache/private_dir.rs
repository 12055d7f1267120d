//! The folder of a cache: it must belong to this user and be closed to others.

use provision_core::text::inert;
use rustix::fs::OFlags;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// The file with the secret.
pub(super) const SECRET: &str = "secret";
/// The prefix of files that are still being written.
pub(super) const UNFINISHED: &str = "unfinished-";

/// Why a cache cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// A file operation failed.
    #[error("compile cache: cannot {action} {}: {source}", show(path))]
    Io {
        /// The operation.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// Another user may read or change the cache, which holds machine code.
    #[error(
        "compile cache: {} {why}; the harness would run code from there without checking it: \
         remove it, or name another folder with --cache",
        show(path)
    )]
    NotPrivate {
        /// The file or folder that is not private.
        path: PathBuf,
        /// Why it is not.
        why: String,
    },
}

/// `path` as messages show it.
fn show(path: &Path) -> String {
    inert(&path.to_string_lossy(), 400)
}

pub(super) fn io(
    action: &'static str,
    path: &Path,
) -> impl FnOnce(std::io::Error) -> CacheError + use<> {
    let path = path.to_owned();
    move |source| CacheError::Io {
        action,
        path,
        source,
    }
}

/// The real path of `folder`, which is created if it does not exist.
pub(super) fn private(folder: &Path) -> Result<PathBuf, CacheError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(io("create", folder))?;
    let real = folder.canonicalize().map_err(io("read", folder))?;
    let metadata = fs::symlink_metadata(&real).map_err(io("read", &real))?;
    closed(&real, &metadata)?;
    Ok(real)
}

/// Checks that a file or folder belongs to this user and is closed to all others.
fn closed(path: &Path, metadata: &fs::Metadata) -> Result<(), CacheError> {
    let not = |why: String| {
        Err(CacheError::NotPrivate {
            path: path.to_owned(),
            why,
        })
    };
    let me = rustix::process::geteuid().as_raw();
    if metadata.uid() != me {
        return not(format!("belongs to user {}, not to {me}", metadata.uid()));
    }
    match metadata.mode() & 0o777 {
        mode if mode & 0o077 != 0 => not(format!("has mode {mode:03o}; others may enter")),
        _ => Ok(()),
    }
}

/// The secret of the cache in `folder`, which is created if it does not exist.
pub(super) fn secret(folder: &Path) -> Result<[u8; 32], CacheError> {
    let path = folder.join(SECRET);
    // Several attempts, because another process may create or remove the secret
    // meanwhile.
    for _ in 0..3 {
        match read_secret(&path)? {
            Some(secret) => return Ok(secret),
            None => make_secret(folder, &path)?,
        }
    }
    Err(CacheError::NotPrivate {
        path,
        why: "is removed again and again".into(),
    })
}

/// The secret at `path`, if there is one. Removes a secret of another length.
fn read_secret(path: &Path) -> Result<Option<[u8; 32]>, CacheError> {
    let mut options = OpenOptions::new();
    options.read(true);
    options.custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
    let mut file = match options.open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(io("read", path)(e)),
    };
    closed(path, &file.metadata().map_err(io("read", path))?)?;
    let mut bytes = Vec::new();
    let limit = 33;
    let read = Read::by_ref(&mut file).take(limit).read_to_end(&mut bytes);
    read.map_err(io("read", path))?;
    match bytes.try_into() {
        Ok(secret) => Ok(Some(secret)),
        Err(_) => {
            fs::remove_file(path).map_err(io("remove", path))?;
            Ok(None)
        }
    }
}

fn make_secret(folder: &Path, path: &Path) -> Result<(), CacheError> {
    let mut secret = [0; 32];
    let source = Path::new("/dev/urandom");
    File::open(source)
        .and_then(|mut file| file.read_exact(&mut secret))
        .map_err(io("read", source))?;
    let (unfinished, mut file) = unfinished(folder)?;
    let written = file.write_all(&secret).and_then(|()| file.sync_all());
    written.map_err(io("write", &unfinished))?;
    // Unlike renaming, linking fails if another process was faster.
    let linked = fs::hard_link(&unfinished, path);
    let removed = fs::remove_file(&unfinished);
    match linked {
        Err(e) if e.kind() != ErrorKind::AlreadyExists => Err(io("create", path)(e)),
        _ => removed.map_err(io("remove", &unfinished)),
    }
}

/// Writes `parts` to `path` atomically.
pub(super) fn write(folder: &Path, path: &Path, parts: &[&[u8]]) -> Result<(), CacheError> {
    let (unfinished, mut file) = unfinished(folder)?;
    let written = parts.iter().try_for_each(|part| file.write_all(part));
    let written = written.map_err(io("write", &unfinished));
    let done = written.and_then(|()| fs::rename(&unfinished, path).map_err(io("write", path)));
    if done.is_err() {
        // NB: if this fails, eviction removes the file once it is old.
        drop(fs::remove_file(&unfinished));
    }
    done
}

/// Creates a file that no other process writes to.
fn unfinished(folder: &Path) -> Result<(PathBuf, File), CacheError> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    // A process of another container may have the same process id.
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed();
    let now = now.map_or(0, |now| now.as_nanos());
    let name = format!("{UNFINISHED}{}-{next}-{now:x}", std::process::id());
    let path = folder.join(name);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let file = options.open(&path).map_err(io("create", &path))?;
    Ok((path, file))
}
