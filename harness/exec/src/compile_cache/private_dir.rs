//! The folder of a cache: this user's alone, or it is not used.

use rustix::fs::OFlags;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// The file with the secret.
pub(super) const SECRET: &str = "secret";
/// What names of files begin with that are not yet whole.
pub(super) const UNFINISHED: &str = "unfinished-";

/// Why there is no cache.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The system refuses.
    #[error("compile cache: cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Somebody else may read or change it; what is in it is code.
    #[error(
        "compile cache: {} {why}; code from there would be run as it is: remove it, or name \
         another folder with --cache",
        path.display()
    )]
    NotPrivate {
        /// What is not private.
        path: PathBuf,
        /// In which way.
        why: String,
    },
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

/// The real path of `folder`, which is made where it is not there.
pub(super) fn private(folder: &Path) -> Result<PathBuf, CacheError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(io("create", folder))?;
    let real = folder.canonicalize().map_err(io("read", folder))?;
    let metadata = fs::symlink_metadata(&real).map_err(io("read", &real))?;
    closed(&real, &metadata)?;
    Ok(real)
}

/// Whether a file or folder is this user's, and closed to all others.
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

/// The secret of the cache in `folder`, which is made where it is not there.
pub(super) fn secret(folder: &Path) -> Result<[u8; 32], CacheError> {
    let path = folder.join(SECRET);
    // Twice at most: somebody else may make it, or take it away, meanwhile.
    for _ in 0..3 {
        match read_secret(&path)? {
            Some(secret) => return Ok(secret),
            None => make_secret(folder, &path)?,
        }
    }
    Err(CacheError::NotPrivate {
        path,
        why: "is taken away again and again".into(),
    })
}

/// The secret at `path`, if there is one; what was cut off is removed.
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
    // Unlike renaming, linking fails where somebody was faster.
    let linked = fs::hard_link(&unfinished, path);
    let removed = fs::remove_file(&unfinished);
    match linked {
        Err(e) if e.kind() != ErrorKind::AlreadyExists => Err(io("create", path)(e)),
        _ => removed.map_err(io("remove", &unfinished)),
    }
}

/// Writes `parts` to `path`, all of them or none.
pub(super) fn write(folder: &Path, path: &Path, parts: &[&[u8]]) -> Result<(), CacheError> {
    let (unfinished, mut file) = unfinished(folder)?;
    let written = parts.iter().try_for_each(|part| file.write_all(part));
    let written = written.map_err(io("write", &unfinished));
    let done = written.and_then(|()| fs::rename(&unfinished, path).map_err(io("write", path)));
    if done.is_err() {
        // NB: of no consequence where it fails; what is old is removed later.
        drop(fs::remove_file(&unfinished));
    }
    done
}

/// A new file that nobody else writes to.
fn unfinished(folder: &Path) -> Result<(PathBuf, File), CacheError> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    // A process of another container may have the same number.
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed();
    let now = now.map_or(0, |now| now.as_nanos());
    let name = format!("{UNFINISHED}{}-{next}-{now:x}", std::process::id());
    let path = folder.join(name);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let file = options.open(&path).map_err(io("create", &path))?;
    Ok((path, file))
}
