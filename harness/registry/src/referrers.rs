//! Evidence about a pack, attached to its manifest as an OCI referrer.
//!
//! Source: OCI Distribution Specification 1.1, "Pushing Manifests with Subject" and
//! "Referrers Tag Schema"; OCI Image Specification 1.1, "Guidance for an Empty Descriptor".

use crate::attached::{ATTESTATION_TYPE, Attached};
use crate::digest::Digest;
use crate::error::RegistryError;
use crate::http::Repository;
use crate::manifest::{Descriptor, Document, Manifest, REFERRERS};
use crate::names::{Image, Which};
use crate::pull::Blobs as _;
use crate::registries::Registries;
use provision_core::codes::RegistryCode;
use serde_json::{Value, json};

/// Bytes of a signed statement, at most.
const EVIDENCE_BYTES: u64 = 16 * 1024 * 1024;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const EMPTY: &str = "application/vnd.oci.empty.v1+json";

impl Registries {
    /// Attaches the signed statement `envelope` to the manifest that `image` names.
    /// Returns the digest of the referrer's manifest.
    ///
    /// # Errors
    /// [`RegistryError`] of the registry.
    pub fn attach(&self, image: &Image, envelope: &[u8]) -> Result<String, RegistryError> {
        let repository = self.http().repository(image);
        let subject = self.subject(&repository, image)?;
        let config = repository.put_blob(b"{}")?;
        let layer = repository.put_blob(envelope)?;
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": ATTESTATION_TYPE,
            "config": { "mediaType": EMPTY, "digest": config.to_string(), "size": 2 },
            "layers": [{
                "mediaType": ATTESTATION_TYPE,
                "digest": layer.to_string(),
                "size": envelope.len(),
            }],
            "subject": subject,
        });
        let bytes = manifest.to_string().into_bytes();
        let digest = Digest::of(&bytes);
        let listed = repository.put_manifest(&digest.to_string(), &bytes, MANIFEST)?;
        if !listed {
            let descriptor = json!({
                "mediaType": MANIFEST,
                "artifactType": ATTESTATION_TYPE,
                "digest": digest.to_string(),
                "size": bytes.len(),
            });
            list_by_tag(&repository, &subject_digest(&subject)?, &digest, descriptor)?;
        }
        Ok(digest.to_string())
    }

    /// The descriptor of the manifest that `image` names.
    fn subject(&self, repository: &Repository<'_>, image: &Image) -> Result<Value, RegistryError> {
        let bytes = repository.manifest(&image.which)?;
        let parsed: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let is_index = matches!(
            Document::parse(&bytes, &image.to_string())?,
            Document::Index(_)
        );
        let named = parsed.get("mediaType").and_then(Value::as_str);
        Ok(json!({
            "mediaType": named.unwrap_or(if is_index { INDEX } else { MANIFEST }),
            "digest": Digest::of(&bytes).to_string(),
            "size": bytes.len(),
        }))
    }

    /// The signed statements that are attached to the manifest that `image` names.
    ///
    /// # Errors
    /// [`RegistryError`] of the registry. What is attached and is no signed statement is
    /// left out.
    pub fn attached(&self, image: &Image) -> Result<Vec<Attached>, RegistryError> {
        let repository = self.http().repository(image);
        let puller = self.puller(&repository);
        let subject = puller.digest(&image.which)?;
        let what = format!("{image}: referrers");
        let listed = match repository.referrers(&subject)? {
            Some(index) => Some(index),
            None => repository.tagged(&fallback(&subject))?,
        };
        let Some(listed) = listed else {
            return Ok(Vec::new());
        };
        let Document::Index(entries) = Document::parse_within(&listed, &what, REFERRERS)? else {
            let message = format!("{what}: a manifest in the place of an index");
            return Err(RegistryError::new(RegistryCode::Manifest, message));
        };
        let mut found = Vec::new();
        // An entry need not say what it is; one that says so is believed.
        let may_be = |d: &&Descriptor| {
            d.artifact_type
                .as_deref()
                .is_none_or(|t| t == ATTESTATION_TYPE)
        };
        for entry in entries.iter().filter(may_be) {
            let bytes = repository.manifest(&Which::Digest(entry.digest.clone()))?;
            let Document::Manifest(manifest) = Document::parse(&bytes, &what)? else {
                continue;
            };
            let Some(layer) = evidence(&manifest, &subject) else {
                continue;
            };
            if layer.size > EVIDENCE_BYTES {
                let message = format!("{what}: {} bytes; at most {EVIDENCE_BYTES}", layer.size);
                return Err(RegistryError::new(RegistryCode::Bound, message));
            }
            found.push(Attached {
                manifest_digest: entry.digest.to_string(),
                envelope: puller.layer(&what, layer)?,
            });
        }
        Ok(found)
    }
}

fn subject_digest(subject: &Value) -> Result<Digest, RegistryError> {
    let digest = subject
        .get("digest")
        .and_then(Value::as_str)
        .unwrap_or_default();
    Digest::parse(digest).map_err(|why| RegistryError::new(RegistryCode::Manifest, why))
}

/// Adds a referrer to the index at the tag for registries that list none themselves.
fn list_by_tag(
    repository: &Repository<'_>,
    subject: &Digest,
    digest: &Digest,
    descriptor: Value,
) -> Result<(), RegistryError> {
    let tag = fallback(subject);
    let mut index = match repository.tagged(&tag)? {
        Some(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
        None => json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [] }),
    };
    let Some(entries) = index.get_mut("manifests").and_then(Value::as_array_mut) else {
        let message = format!("the tag {tag} does not name an index, so no referrer can be added");
        return Err(RegistryError::new(RegistryCode::Manifest, message));
    };
    let is_same =
        |entry: &Value| entry.get("digest").and_then(Value::as_str) == Some(&digest.to_string());
    if !entries.iter().any(is_same) {
        entries.push(descriptor);
    }
    repository.put_manifest(&tag, index.to_string().as_bytes(), INDEX)?;
    Ok(())
}

fn fallback(subject: &Digest) -> String {
    format!("sha256-{}", subject.hex())
}

/// The signed statement of a manifest that refers to `subject`.
fn evidence<'m>(manifest: &'m Manifest, subject: &Digest) -> Option<&'m Descriptor> {
    if manifest.subject.as_ref() != Some(subject) {
        return None;
    }
    manifest
        .layers
        .iter()
        .find(|layer| layer.media_type == ATTESTATION_TYPE)
}
