//! The size of a cache, and the eviction of its least recently used artifacts.

use super::artifact::{ENDING, OBSOLETE_ENDING};
use super::private_dir::{CacheError, SECRET, UNFINISHED, io};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// The age after which an unfinished file counts as abandoned by its writer.
const ABANDONED: Duration = Duration::from_secs(60 * 60);

/// The contents of a cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Compiled steps.
    pub artifacts: u64,
    /// Bytes of all artifacts.
    pub bytes: u64,
}

/// The bound on a cache, and its size as far as this process knows it.
#[derive(Debug)]
pub(super) struct Eviction {
    limit: u64,
    /// Bytes of all artifacts; `None` until this process has read the folder.
    used: Option<u64>,
}

impl Eviction {
    pub(super) fn of(limit: u64) -> Self {
        Self { limit, used: None }
    }
}

struct Entry {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
}

/// The artifacts in `folder`, and the paths of files to remove: unfinished ones
/// that a writer abandoned, and obsolete ones.
fn entries(folder: &Path) -> Result<(Vec<Entry>, Vec<PathBuf>), CacheError> {
    let (mut kept, mut abandoned) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder).map_err(io("read", folder))? {
        let entry = entry.map_err(io("read", folder))?;
        let path = entry.path();
        // Another process may have removed it meanwhile.
        let Ok(metadata) = entry.metadata() else {
            continue;
        };
        let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        let ends = |ending: &str| path.extension().is_some_and(|e| e == ending);
        if ends(ENDING) {
            kept.push(Entry {
                path,
                bytes: metadata.len(),
                used,
            });
        } else if ends(OBSOLETE_ENDING)
            || entry.file_name().to_string_lossy().starts_with(UNFINISHED)
                && used.elapsed().is_ok_and(|age| age > ABANDONED)
        {
            abandoned.push(path);
        }
    }
    Ok((kept, abandoned))
}

fn sum(entries: &[Entry]) -> Usage {
    Usage {
        artifacts: entries.len() as u64,
        bytes: entries.iter().map(|e| e.bytes).sum(),
    }
}

pub(super) fn usage(folder: &Path) -> Result<Usage, CacheError> {
    entries(folder).map(|(artifacts, _)| sum(&artifacts))
}

/// Notes that `bytes` were added, and evicts artifacts if the cache is over its
/// limit now. A file that cannot be removed stays: a cache that is too large is
/// no error.
pub(super) fn added(eviction: &Mutex<Eviction>, folder: &Path, bytes: u64) {
    let mut eviction = eviction.lock().unwrap_or_else(PoisonError::into_inner);
    eviction.used = eviction.used.map(|used| used.saturating_add(bytes));
    if eviction.used.is_some_and(|used| used <= eviction.limit) {
        return;
    }
    // NB: other processes write to the folder too, so it is read again.
    let Ok((mut artifacts, abandoned)) = entries(folder) else {
        return;
    };
    abandoned
        .iter()
        .for_each(|path| drop(fs::remove_file(path)));
    let mut used = sum(&artifacts).bytes;
    if used > eviction.limit {
        artifacts.sort_by(|a, b| (a.used, &a.path).cmp(&(b.used, &b.path)));
        for entry in artifacts {
            // Evicts a quarter at a time, so that eviction is rare.
            if used <= eviction.limit / 4 * 3 {
                break;
            }
            if fs::remove_file(&entry.path).is_ok() {
                used -= entry.bytes;
            }
        }
    }
    eviction.used = Some(used);
}

/// Removes the files of a cache from `folder`, and then the folder if it is empty.
pub(super) fn clean(folder: &Path) -> Result<Usage, CacheError> {
    let (artifacts, mut paths) = entries(folder)?;
    let usage = sum(&artifacts);
    paths.extend(artifacts.into_iter().map(|e| e.path));
    for entry in fs::read_dir(folder).map_err(io("read", folder))? {
        let entry = entry.map_err(io("read", folder))?;
        let name = entry.file_name();
        if name == SECRET || name.to_string_lossy().starts_with(UNFINISHED) {
            paths.push(entry.path());
        }
    }
    for path in paths {
        match fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(io("remove", &path)(e));
            }
            _ => {}
        }
    }
    // NB: fails if other files are in the folder; they stay.
    drop(fs::remove_dir(folder));
    Ok(usage)
}
