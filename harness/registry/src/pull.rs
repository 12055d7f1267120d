//! From a reference to the bytes of a pack: manifest, layers, the one that is a pack.

use crate::cache::Cache;
use crate::digest::Digest;
use crate::error::RegistryError;
use crate::manifest::{Descriptor, Document, MANIFEST_BYTES, Manifest};
use crate::names::{Reference, Which};
use crate::zip_probe::{Kind, kind};
use provision_core::codes::RegistryCode;
use provision_core::limits::ArchiveLimits;
use provision_core::pack::RegistryOrigin;
use provision_core::text::{counted, inert};
use std::collections::BTreeSet;

/// Indexes on the way to a manifest, at most.
const NESTED: usize = 3;

/// Where manifests and layers come from. An implementation bounds what it reads; it need
/// not verify the digest of a blob.
pub trait Blobs {
    /// The bytes of a manifest or an index, at most 4 MiB. Those asked for by digest have it.
    ///
    /// # Errors
    /// [`RegistryError`] says why there are none.
    fn manifest(&self, which: &Which) -> Result<Vec<u8>, RegistryError>;

    /// The bytes of a layer: at most one more than its descriptor says.
    ///
    /// # Errors
    /// [`RegistryError`] says why there are none.
    fn blob(&self, layer: &Descriptor) -> Result<Vec<u8>, RegistryError>;
}

/// A pack, and where in a registry it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// The bytes of the archive.
    pub bytes: Vec<u8>,
    /// Where they come from, and under which names.
    pub origin: RegistryOrigin,
}

/// Pulls one reference.
pub struct Puller<'p> {
    pub(crate) blobs: &'p dyn Blobs,
    pub(crate) cache: Option<&'p Cache>,
    pub(crate) limits: &'p ArchiveLimits,
}

impl<'p> Puller<'p> {
    /// Pulls from `blobs`, and keeps nothing.
    #[must_use]
    pub fn new(blobs: &'p dyn Blobs, limits: &'p ArchiveLimits) -> Self {
        Self {
            blobs,
            cache: None,
            limits,
        }
    }
}

impl Puller<'_> {
    /// The pack that `which` names; `reference` is for messages and reports.
    ///
    /// # Errors
    /// [`RegistryError`] says what is wrong with the answers.
    pub fn pull(&self, reference: &Reference, which: &Which) -> Result<Pulled, RegistryError> {
        let what = reference.to_string();
        let (top, manifest) = self.artifact(&what, which)?;
        let (layer, bytes) = self.pack(&what, &manifest)?;
        let others = manifest
            .layers
            .iter()
            .filter(|other| other.digest != layer.digest);
        Ok(Pulled {
            origin: RegistryOrigin {
                reference: what,
                manifest_digest: top.to_string(),
                content_digest: layer.digest.to_string(),
                media_type: layer.media_type.clone(),
                artifact_type: manifest.artifact_type.clone(),
                other_layers: others.map(|other| other.media_type.clone()).collect(),
            },
            bytes,
        })
    }

    /// The digest of the manifest or index that `which` names.
    pub(crate) fn digest(&self, which: &Which) -> Result<Digest, RegistryError> {
        self.document(which).map(|bytes| Digest::of(&bytes))
    }

    /// The digest of what `which` names, and the manifest that it is or leads to.
    fn artifact(&self, what: &str, which: &Which) -> Result<(Digest, Manifest), RegistryError> {
        let mut bytes = self.document(which)?;
        let top = Digest::of(&bytes);
        let mut passed = BTreeSet::from([top.clone()]);
        for _ in 0..=NESTED {
            let entries = match Document::parse(&bytes, what)? {
                Document::Manifest(manifest) => return Ok((top, manifest)),
                Document::Index(entries) => entries,
            };
            let one = only(&entries, what)?;
            if !passed.insert(one.digest.clone()) {
                let message = format!("{what}: the index {} leads to itself", one.digest);
                return Err(RegistryError::new(RegistryCode::Nesting, message));
            }
            bytes = self.document(&Which::Digest(one.digest.clone()))?;
        }
        let message = format!("{what}: more than {NESTED} indexes lead to the manifest");
        Err(RegistryError::new(RegistryCode::Nesting, message))
    }

    /// A manifest, from the cache if it is asked for by its digest.
    fn document(&self, which: &Which) -> Result<Vec<u8>, RegistryError> {
        let Which::Digest(digest) = which else {
            return self.blobs.manifest(which);
        };
        if let Some(bytes) = self
            .cache
            .and_then(|cache| cache.get(digest, MANIFEST_BYTES))
        {
            return Ok(bytes);
        }
        let bytes = self.blobs.manifest(which)?;
        if let Some(cache) = self.cache {
            cache.put(digest, &bytes)?;
        }
        Ok(bytes)
    }

    /// The bytes of a layer, which have its digest.
    pub(crate) fn layer(&self, what: &str, layer: &Descriptor) -> Result<Vec<u8>, RegistryError> {
        let bound = self.limits.archive_bytes;
        let what = format!("{what}, layer {}", layer.digest);
        if layer.size > bound {
            let message = format!("{what}: {} bytes; at most {bound}", layer.size);
            return Err(RegistryError::new(RegistryCode::Bound, message));
        }
        if let Some(bytes) = self
            .cache
            .and_then(|cache| cache.get(&layer.digest, layer.size))
        {
            return self.of_size(&what, layer, bytes);
        }
        let bytes = self.of_size(&what, layer, self.blobs.blob(layer)?)?;
        layer.digest.check(&bytes, &what)?;
        if let Some(cache) = self.cache {
            cache.put(&layer.digest, &bytes)?;
        }
        Ok(bytes)
    }

    fn of_size(
        &self,
        what: &str,
        layer: &Descriptor,
        bytes: Vec<u8>,
    ) -> Result<Vec<u8>, RegistryError> {
        let found = bytes.len() as u64;
        if found == layer.size {
            return Ok(bytes);
        }
        let beyond = if found > layer.size {
            "or more"
        } else {
            "only"
        };
        let said = layer.size;
        let message = format!(
            "{what}: {} {beyond}, and the manifest says {said}",
            counted(found, "byte", "bytes")
        );
        Err(RegistryError::new(RegistryCode::Length, message))
    }

    /// The layer that is a pack, whatever it is said to be.
    fn pack<'m>(
        &self,
        what: &str,
        manifest: &'m Manifest,
    ) -> Result<(&'m Descriptor, Vec<u8>), RegistryError> {
        let (mut found, mut several) = (None, false);
        let mut lines = Vec::new();
        let mut total = 0u64;
        for layer in &manifest.layers {
            total = total.saturating_add(layer.size);
            if total > self.limits.total_bytes {
                let bound = self.limits.total_bytes;
                let message = format!("{what}: layers of more than {bound} bytes together");
                return Err(RegistryError::new(RegistryCode::Bound, message));
            }
            let bytes = self.layer(what, layer)?;
            let kind = kind(&bytes);
            lines.push(line(layer, kind));
            // NB: the same layer twice is one pack.
            let is_new = found
                .as_ref()
                .is_none_or(|(other, _): &(&Descriptor, _)| other.digest != layer.digest);
            if kind == Kind::Pack && is_new {
                several |= found.is_some();
                found = Some((layer, bytes));
            }
        }
        let layers = if lines.is_empty() {
            "it has no layers".into()
        } else {
            lines.join("; ")
        };
        match found {
            Some(pack) if !several => Ok(pack),
            Some(_) => Err(RegistryError::new(
                RegistryCode::Ambiguous,
                format!(
                    "{what}: several layers are packs, publish each under its own tag: {layers}"
                ),
            )),
            None => Err(RegistryError::new(
                RegistryCode::NoPack,
                format!("{what}: no layer is a zip with a manifest: {layers}"),
            )),
        }
    }
}

fn line(layer: &Descriptor, kind: Kind) -> String {
    let kind = match kind {
        Kind::Pack => "a pack",
        Kind::OtherZip => "a zip without a manifest",
        Kind::Other => "no zip",
    };
    let said = if layer.media_type.is_empty() {
        "no media type"
    } else {
        &layer.media_type
    };
    format!(
        "{} ({}, {}) is {kind}",
        layer.digest,
        inert(said, 100),
        counted(layer.size, "byte", "bytes")
    )
}

/// The one entry of an index that is no evidence about another one.
fn only<'d>(entries: &'d [Descriptor], what: &str) -> Result<&'d Descriptor, RegistryError> {
    // Source: BuildKit's documentation of attestation storage.
    let is_evidence = |d: &&Descriptor| d.annotations.contains_key("vnd.docker.reference.type");
    let mut distinct: Vec<&Descriptor> = Vec::new();
    for entry in entries.iter().filter(|d| !is_evidence(d)) {
        if distinct.iter().all(|other| other.digest != entry.digest) {
            distinct.push(entry);
        }
    }
    let list = || {
        let one = |d: &&Descriptor| format!("{} ({})", d.digest, inert(&d.media_type, 100));
        distinct.iter().map(one).collect::<Vec<_>>().join("; ")
    };
    match distinct.as_slice() {
        [one] => Ok(one),
        [] => Err(RegistryError::new(
            RegistryCode::NoPack,
            format!("{what}: an index without manifests"),
        )),
        _ => Err(RegistryError::new(
            RegistryCode::Ambiguous,
            format!(
                "{what}: an index of several manifests; name one by its digest: {}",
                list()
            ),
        )),
    }
}
