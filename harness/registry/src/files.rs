//! Reads files that strangers may have made: plain files only, and within a bound.

use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Read, Result};
use std::path::Path;

/// Opens the plain file at `path`. A link is followed only with `links`.
pub(crate) fn open(path: &Path, links: bool) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        // NB: opening a pipe would wait for a writer.
        let follow = if links { 0 } else { libc::O_NOFOLLOW };
        options.custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC | follow);
    }
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(Error::new(ErrorKind::InvalidInput, "not a plain file"));
    }
    Ok(file)
}

/// The bytes of the file at `path`; `None` if it has more than `bound`.
pub(crate) fn read(path: &Path, links: bool, bound: u64) -> Result<Option<Vec<u8>>> {
    let file = open(path, links)?;
    let mut bytes = Vec::new();
    file.take(bound.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= bound).then_some(bytes))
}
