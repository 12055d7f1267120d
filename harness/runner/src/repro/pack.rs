//! Loads the pack of a bundle, and verifies that it is the one that failed.

use super::error::BundleError;
use crate::discover::PackRef;
use crate::exit::Error;
use crate::place::{Place, Read as Loading};
use crate::read_file::open_regular;
use crate::source;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use provision_core::limits::ArchiveLimits;
use provision_core::pack::digest;
use provision_core::{OpenError, Source, manifest};
use provision_registry::Registries;
use serde::{Deserialize, Serialize};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// Most bytes of an archive that a bundle contains.
const CARRIED: u64 = 256 * 1024;

/// The pack of a bundle.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundledPack {
    /// Its label in the run.
    pub label: String,
    /// The path that it was read from.
    pub path: String,
    /// Lower-case hex SHA-256.
    pub digest: String,
    /// The archive in base64, if it is a small readable pack and no link; else the pack is
    /// read from `path`.
    pub bytes: Option<String>,
}

/// A pack that was read, or why it could not be.
pub(super) type Loaded = Result<Loading, OpenError>;

impl BundledPack {
    /// Reads the pack: from `given`, else from the bundle itself, else from the path
    /// in the bundle, relative to the current folder or to `folder`, the bundle's
    /// own.
    ///
    /// The bundle may name any path of this machine. The file there is read only if
    /// it looks like a pack, and within bounds. It is decoded only if it has the
    /// digest of the bundle: that reveals nothing that the bundle's author did not
    /// know.
    ///
    /// # Errors
    /// [`Error::Bundle`] if there is no such pack.
    pub(super) fn load(
        &self,
        given: Option<&Place>,
        registries: &Registries,
        folder: &Path,
        limits: &ArchiveLimits,
    ) -> Result<Loaded, Error> {
        if let Some(place) = given {
            if place.is_missing() {
                return Err(BundleError::NoPack(place.path.clone()).into());
            }
            let loaded = place.read(registries, limits);
            self.check(&loaded, limits)?;
            return Ok(loaded);
        }
        if let Some(bytes) = self.carried()? {
            let loaded = Ok(Loading {
                source: Source::Archive(Arc::from(bytes)),
                origin: None,
            });
            self.check(&loaded, limits)?;
            return Ok(loaded);
        }
        let path = Path::new(&self.path);
        // NB: joining an absolute path gives that path.
        let mut candidates = vec![path.to_owned(), folder.join(path)];
        candidates.dedup();
        let mut refused = None;
        for path in candidates {
            match self.load_own(&path, limits) {
                Ok(loaded) => return Ok(loaded),
                // Try the other candidate; if both fail, report the first error.
                Err(why) => drop(refused.get_or_insert(why)),
            }
        }
        let none = || BundleError::NoPack(path.to_owned());
        Err(refused.unwrap_or_else(none).into())
    }

    /// The pack that the bundle itself contains.
    ///
    /// # Errors
    /// [`BundleError::PackBytes`] if it is not base64.
    pub fn carried(&self) -> Result<Option<Vec<u8>>, BundleError> {
        let bytes = self.bytes.as_ref().map(|bytes| STANDARD.decode(bytes));
        Ok(bytes.transpose()?)
    }

    /// The pack at `path`, which the bundle names.
    fn load_own(&self, path: &Path, limits: &ArchiveLimits) -> Result<Loaded, BundleError> {
        if !path.exists() {
            return Err(BundleError::NoPack(path.to_owned()));
        }
        if !looks_like_a_pack(path) {
            return Err(BundleError::NotAPack(path.to_owned()));
        }
        let loaded = source::load(path, limits).map(|source| Loading {
            source,
            origin: None,
        });
        self.check(&loaded, limits)?;
        Ok(loaded)
    }

    /// Refuses a pack with another digest.
    fn check(&self, loaded: &Loaded, limits: &ArchiveLimits) -> Result<(), BundleError> {
        let actual = match loaded.as_ref().map(|read| &read.source) {
            // As in a run: a pack that was not fully read has no digest.
            Err(_) => String::new(),
            Ok(Source::Archive(bytes)) if bytes.len() as u64 > limits.archive_bytes => {
                String::new()
            }
            Ok(source) => source.digest(),
        };
        if actual == self.digest {
            return Ok(());
        }
        Err(BundleError::OtherPack {
            actual,
            expected: self.digest.clone(),
        })
    }
}

/// Whether a run over `path` would treat it as one pack.
fn looks_like_a_pack(path: &Path) -> bool {
    let is_manifest = |name: &str| path.file_name().is_some_and(|n| n == name);
    if path.is_dir() {
        return (manifest::FILE_NAMES.into_iter()).any(|name| path.join(name).is_file());
    }
    let is_archive = path.extension().is_some_and(|e| e == "gtpack");
    path.is_file() && (is_archive || manifest::FILE_NAMES.into_iter().any(is_manifest))
}

/// The pack at `pack.path`, whose SHA-256 is `digest`, for a bundle.
///
/// The bundle contains bytes only if the pack `is_readable` and its path is no link. CI
/// publishes bundles, and a checkout can name any file of the machine `x.gtpack`.
#[must_use]
pub fn bundled(pack: &PackRef, digest: &str, is_readable: bool) -> BundledPack {
    let is_archive = pack.path.extension().is_some_and(|e| e == "gtpack");
    // Checks of registries judge more than the bytes, so the reference is followed again.
    let is_local = pack.reference.is_none();
    let carries = is_archive && is_local && is_readable && !pack.path.is_symlink();
    let bytes = carries.then(|| small(&pack.path, digest)).flatten();
    BundledPack {
        label: pack.label.clone(),
        path: pack.path.to_string_lossy().into_owned(),
        digest: digest.to_owned(),
        bytes: bytes.map(|bytes| STANDARD.encode(bytes)),
    }
}

/// The bytes of the archive at `path`, if they are few, and still those that the run
/// judged.
fn small(path: &Path, wanted: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = open_regular(path).ok()?;
    file.take(CARRIED + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= CARRIED && digest(&bytes) == wanted).then_some(bytes)
}
