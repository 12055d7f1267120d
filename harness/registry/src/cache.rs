//! Keeps what registries sent, by digest. Nothing in it is trusted: the reader of a blob
//! hashes it again.

use crate::digest::Digest;
use crate::error::RegistryError;
use crate::files;
use provision_core::codes::RegistryCode;
use std::io::Write as _;
use std::path::PathBuf;

/// A folder of blobs.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// The cache in `folder`, which is created when the first blob is stored.
    pub(crate) fn in_folder(folder: PathBuf) -> Self {
        Self { folder }
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        self.folder.join("sha256").join(digest.hex())
    }

    /// The blob with `digest`, if the cache has it, it is within `bound`, and its bytes
    /// still have this digest. A damaged blob counts as absent, so that it is replaced.
    pub(crate) fn get(&self, digest: &Digest, bound: u64) -> Option<Vec<u8>> {
        let bytes = files::read(&self.path(digest), false, bound).ok()??;
        (Digest::of(&bytes) == *digest).then_some(bytes)
    }

    /// Stores `bytes`, whose digest the caller has checked.
    pub(crate) fn put(&self, digest: &Digest, bytes: &[u8]) -> Result<(), RegistryError> {
        let path = self.path(digest);
        let failed = |e: &std::io::Error| RegistryError::io(RegistryCode::Cache, &path, e);
        let folder = path.parent().unwrap_or(&self.folder);
        std::fs::create_dir_all(folder).map_err(|e| failed(&e))?;
        // NB: a reader sees a whole blob or none.
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|e| failed(&e))?;
        file.write_all(bytes).map_err(|e| failed(&e))?;
        file.persist(&path).map_err(|e| failed(&e.error))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_blob_counts_as_absent_and_is_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::in_folder(folder.path().join("cache"));
        let digest = Digest::of(b"blob");
        assert_eq!(cache.get(&digest, 10), None);
        cache.put(&digest, b"blob").expect("written");
        assert_eq!(cache.get(&digest, 4).as_deref(), Some(&b"blob"[..]));
        assert_eq!(cache.get(&digest, 3), None);
        std::fs::write(cache.path(&digest), b"bl0b").expect("damaged");
        assert_eq!(cache.get(&digest, 10), None);
        cache.put(&digest, b"blob").expect("replaced");
        assert_eq!(cache.get(&digest, 10).as_deref(), Some(&b"blob"[..]));
    }
}
