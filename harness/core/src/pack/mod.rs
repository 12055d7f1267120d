//! A verified pack. Executors accept no other form.

mod origin;
mod source;

pub use origin::RegistryOrigin;
pub use source::{Hashed, Source, digest};

use crate::archive::{Archive, ArchiveError, Rule, Violation, names};
use crate::codes::{CheckCode, FindingCode, RegistryCode};
use crate::limits::{ArchiveLimits, Limits};
use crate::manifest::{self, Manifest, ManifestError};
use crate::wasm::component_exports;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Why a source is not a valid pack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The caller could not read the pack's bytes.
    #[error("E_IO: {0}")]
    Unread(String),
    /// A registry or an OCI layout did not give the pack.
    #[error("{}: {message}", code.code())]
    Registry {
        /// Why.
        code: RegistryCode,
        /// Where, and what to do.
        message: String,
    },
    /// The archive, or a folder's set of names, is refused.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The manifest is missing or refused.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

impl OpenError {
    /// The code of the finding.
    #[must_use]
    pub fn code(&self) -> FindingCode {
        match self {
            Self::Unread(_) => CheckCode::Io.into(),
            Self::Registry { code, .. } => (*code).into(),
            Self::Archive(e) => e.rule().into(),
            Self::Manifest(e) => e.code().into(),
        }
    }
}

#[derive(Debug)]
enum Contents {
    Archive(Archive),
    Folder(BTreeMap<String, Vec<u8>>),
    /// The files are in another process; these are their sizes.
    Remote(BTreeMap<String, u64>),
}

/// A verified pack. Its file names are keys of a map, never paths on a disk.
#[derive(Debug)]
pub struct Pack {
    digest: String,
    fingerprint: blake3::Hash,
    contents: Contents,
    manifest_file: String,
    manifest: Manifest,
    others: Vec<(&'static str, Result<Manifest, ManifestError>)>,
    infos: BTreeMap<String, FileInfo>,
}

/// Facts about one file of a pack, kept so that the file is read once: a step runs
/// hundreds of times, and its file may have megabytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileInfo {
    /// BLAKE3 of its bytes.
    pub blake3: blake3::Hash,
    /// Its exports, if it is a component.
    pub exports: BTreeSet<String>,
}

impl FileInfo {
    fn of(bytes: &[u8]) -> Self {
        Self {
            blake3: blake3::hash(bytes),
            exports: component_exports(bytes),
        }
    }
}

impl Pack {
    /// Verifies `source` and decodes its manifest.
    ///
    /// # Errors
    /// [`OpenError`] names the rule that was broken.
    pub fn open(source: impl Into<Hashed>, limits: &Limits) -> Result<Self, OpenError> {
        let Hashed {
            source,
            fingerprint,
            digest,
        } = source.into();
        let mut infos = BTreeMap::new();
        let mut info = |name: &str, bytes: &[u8]| {
            infos.insert(name.to_owned(), FileInfo::of(bytes));
        };
        let (contents, named) = match source {
            Source::Archive(bytes) => {
                let archive = Archive::open_and_visit(bytes, &limits.archive, info)?;
                (Contents::Archive(archive), None)
            }
            Source::Folder { files, manifest } => {
                check_folder(&files, &limits.archive)?;
                files.iter().for_each(|(name, bytes)| info(name, bytes));
                (Contents::Folder(files), manifest)
            }
        };
        let read = |name: &str| contents.read(name);
        let manifest_file = match &named {
            Some(name) => Some(name.as_str()),
            None => manifest::FILE_NAMES.into_iter().find(|n| contents.has(n)),
        };
        let manifest_file = manifest_file.ok_or(if contents.has("pack.yaml") {
            ManifestError::SourceFolder
        } else {
            ManifestError::Missing
        })?;
        let bytes = read(manifest_file).ok_or(ManifestError::Missing)?;
        let manifest = manifest::decode(manifest_file, &bytes, |n| contents.has(n), limits.depth)?;
        drop(bytes);
        let others = manifest::FILE_NAMES.into_iter().filter_map(|name| {
            let bytes = read(name).filter(|_| name != manifest_file)?;
            let has = |n: &str| contents.has(n);
            Some((name, manifest::decode(name, &bytes, has, limits.depth)))
        });
        let others = others.collect();
        let manifest_file = manifest_file.to_owned();
        Ok(Self {
            digest,
            fingerprint,
            contents,
            manifest_file,
            manifest,
            others,
            infos,
        })
    }

    /// The metadata of the pack with this `fingerprint`: size and BLAKE3 of each file,
    /// by name. That is enough to run compiled steps. Another process has verified
    /// the pack and has its manifest and contents, so this one cannot read files.
    #[must_use]
    pub fn metadata_only(
        fingerprint: blake3::Hash,
        files: impl IntoIterator<Item = (String, u64, blake3::Hash)>,
    ) -> Self {
        let (mut sizes, mut infos) = (BTreeMap::new(), BTreeMap::new());
        for (name, size, blake3) in files {
            let exports = BTreeSet::new();
            infos.insert(name.clone(), FileInfo { blake3, exports });
            sizes.insert(name, size);
        }
        Self {
            digest: String::new(),
            fingerprint,
            contents: Contents::Remote(sizes),
            manifest_file: String::new(),
            manifest: Manifest::default(),
            others: Vec::new(),
            infos,
        }
    }

    /// The facts about the file `name` from when the pack was verified.
    #[must_use]
    pub fn info(&self, name: &str) -> Option<&FileInfo> {
        self.infos.get(name)
    }

    /// Lower-case hex SHA-256, as [`Source::digest`] defines it; empty if it was not
    /// computed ([`Hashed::fingerprint_only`]).
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// BLAKE3 of the same bytes.
    #[must_use]
    pub fn fingerprint(&self) -> &blake3::Hash {
        &self.fingerprint
    }

    /// The decoded manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Further manifests of the pack, by file. The harness does not use them, but
    /// another reader may prefer them.
    pub fn other_manifests(&self) -> &[(&'static str, Result<Manifest, ManifestError>)] {
        &self.others
    }

    /// The name of the manifest in the pack.
    #[must_use]
    pub fn manifest_file(&self) -> &str {
        &self.manifest_file
    }

    /// The files, if the pack is a folder.
    #[must_use]
    pub fn folder(&self) -> Option<&BTreeMap<String, Vec<u8>>> {
        match &self.contents {
            Contents::Archive(_) | Contents::Remote(_) => None,
            Contents::Folder(files) => Some(files),
        }
    }

    /// The archive, if the pack is an archive.
    #[must_use]
    pub fn archive(&self) -> Option<&Archive> {
        match &self.contents {
            Contents::Archive(archive) => Some(archive),
            Contents::Folder(_) | Contents::Remote(_) => None,
        }
    }

    /// The pack's files, sorted.
    pub fn files(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        match &self.contents {
            Contents::Archive(archive) => Box::new(archive.names()),
            Contents::Folder(files) => Box::new(files.keys().map(String::as_str)),
            Contents::Remote(files) => Box::new(files.keys().map(String::as_str)),
        }
    }

    /// Whether the pack has the file `name`.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.contents.has(name)
    }

    /// Size of the file `name`, in bytes.
    #[must_use]
    pub fn size(&self, name: &str) -> Option<u64> {
        match &self.contents {
            Contents::Archive(archive) => archive.size(name),
            Contents::Folder(files) => files.get(name).map(|f| f.len() as u64),
            Contents::Remote(files) => files.get(name).copied(),
        }
    }

    /// Contents of the file `name`.
    #[must_use]
    pub fn read(&self, name: &str) -> Option<Cow<'_, [u8]>> {
        self.contents.read(name)
    }

    /// The fixture `name` from `fixtures/` or `assets/fixtures/`: its full name and
    /// its contents.
    #[must_use]
    pub fn fixture(&self, name: &str) -> Option<(String, Cow<'_, [u8]>)> {
        ["fixtures", "assets/fixtures"].iter().find_map(|dir| {
            let path = format!("{dir}/{name}");
            let bytes = self.read(&path)?;
            Some((path, bytes))
        })
    }

    /// Whether the manifest declares that there is nothing to provision.
    #[must_use]
    pub fn declares_no_provisioning(&self) -> bool {
        self.manifest.capabilities.contains("provisioning:none")
    }
}

impl Contents {
    fn has(&self, name: &str) -> bool {
        match self {
            Self::Archive(archive) => archive.size(name).is_some(),
            Self::Folder(files) => files.contains_key(name),
            Self::Remote(files) => files.contains_key(name),
        }
    }

    fn read(&self, name: &str) -> Option<Cow<'_, [u8]>> {
        match self {
            Self::Archive(archive) => archive.read(name),
            Self::Folder(files) => files.get(name).map(|f| Cow::Borrowed(f.as_slice())),
            Self::Remote(_) => None,
        }
    }
}

/// Applies the bounds and the rules on names of an archive to a folder.
fn check_folder(
    files: &BTreeMap<String, Vec<u8>>,
    limits: &ArchiveLimits,
) -> Result<(), ArchiveError> {
    let bound = |rule, detail| Err(Violation::new(rule, 0, detail).into());
    if files.len() > limits.entries {
        return bound(Rule::Entries, format!("more than {} files", limits.entries));
    }
    let (mut names, mut total) = (names::Seen::default(), 0u64);
    for (name, bytes) in files {
        names::check(name, 0, limits)?;
        names.add(name, 0)?;
        let size = bytes.len() as u64;
        total += size;
        if size > limits.entry_bytes || total > limits.total_bytes {
            let detail = format!("{size} bytes, {total} in total");
            return Err(Violation::new(Rule::Inflate, 0, detail).of(name).into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_only_pack_has_digests_but_no_contents() {
        let (whole, one) = (blake3::hash(b"all"), blake3::hash(b"one"));
        let pack = Pack::metadata_only(whole, [("a.wasm".to_owned(), 3, one)]);
        assert_eq!(pack.fingerprint(), &whole);
        assert_eq!(pack.info("a.wasm").map(|info| info.blake3), Some(one));
        assert_eq!((pack.size("a.wasm"), pack.size("b.wasm")), (Some(3), None));
        assert!(pack.has("a.wasm") && !pack.has("b.wasm"));
        assert_eq!(pack.files().collect::<Vec<_>>(), ["a.wasm"]);
        assert!(pack.read("a.wasm").is_none() && pack.archive().is_none());
    }
}
