//! Where in a registry the bytes of a pack were, and under which names.

use serde::{Deserialize, Serialize};

/// Where in a registry, or in an OCI layout, the bytes of a pack were. The two digests are
/// of different bytes: references and lock files name the manifest, signatures and
/// attestations the content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryOrigin {
    /// The reference that was followed.
    pub reference: String,
    /// The digest of the manifest or index that the reference names, `sha256:…`.
    pub manifest_digest: String,
    /// The digest of the layer that is the pack, `sha256:…`.
    pub content_digest: String,
    /// The media type of this layer; empty if it has none.
    pub media_type: String,
    /// What the artifact is said to be.
    pub artifact_type: Option<String>,
    /// The media types of the other layers, in the order of the manifest.
    pub other_layers: Vec<String>,
}
