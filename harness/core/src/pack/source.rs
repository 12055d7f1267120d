//! The unverified bytes of a pack, and their digests.

use crate::limits::ArchiveLimits;
use crate::text::hex;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The unverified bytes of a pack. The caller reads them, because this crate does no
/// IO.
#[derive(Debug)]
pub enum Source {
    /// A `.gtpack` file.
    Archive(Arc<Vec<u8>>),
    /// A folder: names relative to it, with `/`, and contents.
    Folder {
        /// The files of the folder.
        files: BTreeMap<String, Vec<u8>>,
        /// The manifest to use, if the user named one.
        manifest: Option<String>,
    },
}

impl Source {
    /// Lower-case hex SHA-256 of the archive file, or of a folder's names and
    /// contents, each preceded by its length.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        self.each_part(|part| hash.update(part));
        hex(&hash.finalize())
    }

    /// BLAKE3 of the same bytes. It identifies a pack, and is many times faster than
    /// [`Source::digest`].
    #[must_use]
    pub fn fingerprint(&self) -> blake3::Hash {
        let mut hash = blake3::Hasher::new();
        self.each_part(|part| {
            hash.update(part);
        });
        hash.finalize()
    }

    fn each_part(&self, mut add: impl FnMut(&[u8])) {
        match self {
            Self::Archive(bytes) => add(bytes),
            Self::Folder { files, .. } => {
                for (name, bytes) in files {
                    for part in [name.as_bytes(), bytes] {
                        add(&(part.len() as u64).to_le_bytes());
                        add(part);
                    }
                }
            }
        }
    }

    /// Whether it is an archive, not a folder.
    #[must_use]
    pub fn is_archive(&self) -> bool {
        matches!(self, Self::Archive(_))
    }

    /// Its size in bytes, over all files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        match self {
            Self::Archive(bytes) => bytes.len() as u64,
            Self::Folder { files, .. } => files.values().map(|f| f.len() as u64).sum(),
        }
    }
}

/// A source with its digests, so that its bytes are hashed once.
#[derive(Debug)]
pub struct Hashed {
    pub(super) source: Source,
    pub(super) fingerprint: blake3::Hash,
    pub(super) digest: String,
}

impl From<Source> for Hashed {
    fn from(source: Source) -> Self {
        let digest = source.digest();
        Self {
            digest,
            ..Self::fingerprint_only(source)
        }
    }
}

impl Hashed {
    /// Hashes `source`. An archive above the bound gets no digest: the caller has read
    /// only a part of it, so the digest would not be that of the file.
    #[must_use]
    pub fn within(source: Source, limits: &ArchiveLimits) -> Self {
        let hashed = Self::fingerprint_only(source);
        let digest = match &hashed.source {
            Source::Archive(bytes) if bytes.len() as u64 > limits.archive_bytes => String::new(),
            source => source.digest(),
        };
        Self { digest, ..hashed }
    }

    /// Computes the fingerprint alone, for callers that do not report the digest.
    #[must_use]
    pub fn fingerprint_only(source: Source) -> Self {
        Self {
            fingerprint: source.fingerprint(),
            digest: String::new(),
            source,
        }
    }

    /// The digest, as [`Source::digest`] defines it; empty if there is none.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// See [`Source::fingerprint`].
    #[must_use]
    pub fn fingerprint(&self) -> &blake3::Hash {
        &self.fingerprint
    }
}

/// Lower-case hex SHA-256 of `bytes`.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
