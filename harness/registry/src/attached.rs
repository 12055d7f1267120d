//! What is attached to packs.

/// The media type of a signed statement, and of the artifact that holds one.
pub const ATTESTATION_TYPE: &str = "application/vnd.dsse.envelope.v1+json";

/// A signed statement that is attached to a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// The digest of the manifest of the referrer.
    pub manifest_digest: String,
    /// The bytes of the signed statement.
    pub envelope: Vec<u8>,
}
