//! Notes on packs in the compile cache, and which program they are of.

use provision_exec::CompileCache;
use provision_oracle::Earlier;
use std::sync::Arc;

/// Notes that this very program has written, and writes.
#[derive(Debug)]
pub struct Notes {
    cache: Arc<CompileCache>,
    program: Vec<u8>,
}

impl Notes {
    /// The notes in `cache`; none where the system does not tell which program
    /// this is.
    #[must_use]
    pub fn of(cache: Arc<CompileCache>) -> Option<Self> {
        let program = identity()?;
        Some(Self { cache, program })
    }
}

/// What changes whenever the file of this program does, also where its version
/// does not: what a changed check has to say of a pack, no note can tell.
#[cfg(unix)]
fn identity() -> Option<Vec<u8>> {
    use std::os::unix::fs::MetadataExt;
    let file = std::fs::metadata(crate::executors::program().ok()?).ok()?;
    let times = [
        (file.mtime(), file.mtime_nsec()),
        // NB: nobody can set this one.
        (file.ctime(), file.ctime_nsec()),
    ];
    let version = env!("CARGO_PKG_VERSION");
    let told = (version, file.dev(), file.ino(), file.size(), times);
    serde_json::to_vec(&told).ok()
}

#[cfg(not(unix))]
fn identity() -> Option<Vec<u8>> {
    None
}

impl Earlier for Notes {
    fn program(&self) -> &[u8] {
        &self.program
    }

    fn find(&self, name: &blake3::Hash) -> Option<Vec<u8>> {
        self.cache.note(name)
    }

    fn keep(&self, name: &blake3::Hash, note: &[u8]) {
        self.cache.keep_note(name, note);
    }
}
