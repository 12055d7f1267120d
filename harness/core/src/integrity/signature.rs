//! `signatures/pack.sig` and `chain.pem`: Ed25519 over manifest, SBOM and rows.
//!
//! The signed digest is BLAKE3 over the manifest's bytes, the SBOM's bytes, and,
//! for every row sorted by path: `path`, a line feed, `blake3`.
//! Source: greentic-pack's description of its format, section on signing.

use super::DocumentError;
use super::certificate::{Link, certificates};
use super::sbom::Row;
use crate::codes::CheckCode;
use crate::json;
use crate::text::inert;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::pkcs8::DecodePublicKey as _;
use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// File name of the signature's envelope.
pub const SIGNATURE_FILE: &str = "signatures/pack.sig";
/// File name of the certificates. The signer's certificate comes first.
pub const CHAIN_FILE: &str = "signatures/chain.pem";
/// A public key that the user trusts, by itself or as a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKey {
    key: VerifyingKey,
    /// The rules of its certificate hold as well. A bare key may certify any chain.
    certificate: Option<Box<Link>>,
}

impl TrustedKey {
    /// Reads one Ed25519 key from PEM: a public key, or a certificate.
    ///
    /// # Errors
    /// [`DocumentError`] describes the defect.
    pub fn from_pem(text: &str) -> Result<Self, DocumentError> {
        if let Ok(key) = VerifyingKey::from_public_key_pem(text.trim()) {
            return Ok(Self {
                key,
                certificate: None,
            });
        }
        let mut links = certificates(text.as_bytes())?;
        match (links.pop(), links.is_empty()) {
            (Some(one), true) => Ok(Self {
                key: one.key,
                certificate: Some(Box::new(one)),
            }),
            _ => Err("neither one Ed25519 public key nor one certificate in PEM".into()),
        }
    }

    /// Whether `signature` over `message` is of this key.
    pub(super) fn signed(&self, message: &[u8], signature: &Signature) -> bool {
        self.key.verify_strict(message, signature).is_ok()
    }

    /// Whether its certificate, if it has one, allows it to sign now.
    pub(super) fn may_sign(&self, now: u64) -> Result<(), String> {
        self.holds(None, now)
    }

    /// Why the key may not certify a chain with `below` authorities below it, the last of
    /// which is `link`; `None` if it may, or if it did not sign `link` at all.
    fn certifies(&self, link: &Link, below: usize, now: u64) -> Option<Result<(), String>> {
        let names = |certificate: &Link| link.names_issuer(certificate);
        let is_issuer = self.certificate.as_deref().is_none_or(names);
        (is_issuer && link.is_signed_by(&self.key)).then(|| self.holds(Some(below), now))
    }

    /// Whether the rules of the trusted certificate hold, for an authority or a signer.
    fn holds(&self, below: Option<usize>, now: u64) -> Result<(), String> {
        let Some(certificate) = &self.certificate else {
            return Ok(());
        };
        let own = match below {
            Some(below) => certificate.refusal_as_authority(below),
            None => certificate.refusal_as_signer(),
        };
        let refusal = certificate.refusal(now).or(own);
        refusal.map_or(Ok(()), |why| Err(format!("the trusted certificate {why}")))
    }
}

/// Why a signature is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Envelope, certificates or keys are malformed.
    #[error(transparent)]
    Decode(#[from] DocumentError),
    /// The envelope's digest differs from that of manifest, SBOM and rows.
    #[error("the signed digest is {signed}, the pack's is {actual}")]
    Digest {
        /// The digest in the envelope, escaped.
        signed: String,
        /// The digest of the pack, lower-case hex.
        actual: String,
    },
    /// The signer did not sign that digest.
    #[error("the signature does not verify under the first certificate's key")]
    Invalid,
    /// The certificates do not form a valid chain.
    #[error("certificate {index}: {detail}")]
    Chain {
        /// Position in the chain, from 0.
        index: usize,
        /// What is wrong.
        detail: String,
    },
    /// The user trusts neither a key of the chain nor its last issuer.
    #[error("no key of the chain is among the {0} trusted keys")]
    Untrusted(usize),
}

impl SignatureError {
    /// The stable code, `E_…`.
    #[must_use]
    pub fn code(&self) -> CheckCode {
        match self {
            Self::Decode(_) => CheckCode::SignatureDecode,
            Self::Digest { .. } => CheckCode::SignatureDigest,
            Self::Invalid => CheckCode::SignatureInvalid,
            Self::Chain { .. } => CheckCode::SignatureChain,
            Self::Untrusted(_) => CheckCode::SignatureUntrusted,
        }
    }
}

/// The signed files, and the files with their signature.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// The manifest's bytes.
    pub manifest: &'a [u8],
    /// The SBOM's bytes.
    pub sbom: &'a [u8],
    /// The SBOM's rows.
    pub rows: &'a [Row],
    /// `signatures/pack.sig`.
    pub envelope: &'a [u8],
    /// `signatures/chain.pem`.
    pub chain: &'a [u8],
}

/// Verifies the signature and its chain up to a trusted key. Each certificate has to be
/// valid at `now`, in seconds of Unix time: the time that the envelope claims is the
/// signer's word, and nothing proves it.
///
/// # Errors
/// The first [`SignatureError`] in the order: envelope, digest, signature,
/// chain, trust.
pub fn verify(
    signed: &Signed<'_>,
    trusted: &[TrustedKey],
    depth: usize,
    now: u64,
) -> Result<(), SignatureError> {
    let envelope = Envelope::decode(signed.envelope, depth)?;
    let digest = digest(signed);
    let actual = digest.to_hex().to_string();
    if !actual.eq_ignore_ascii_case(&envelope.digest) {
        let signed = inert(&envelope.digest, 80);
        return Err(SignatureError::Digest { signed, actual });
    }
    let chain = certificates(signed.chain)?;
    let signer = chain.first().ok_or(SignatureError::Invalid)?;
    // Strict: refuses small-order keys and points, with which one signature can fit
    // many messages.
    signer
        .key
        .verify_strict(digest.as_bytes(), &envelope.signature)
        .map_err(|_| SignatureError::Invalid)?;
    trusted_path(&chain, trusted, now)
}

/// Follows the chain from the signer until a trusted key vouches for it.
fn trusted_path(chain: &[Link], trusted: &[TrustedKey], now: u64) -> Result<(), SignatureError> {
    // Authorities between the certificate at hand and the signer.
    let mut below = 0;
    for (index, link) in chain.iter().enumerate() {
        let broken = |detail: String| SignatureError::Chain { index, detail };
        let own = match index {
            0 => link.refusal_as_signer(),
            _ => link.refusal_as_authority(below),
        };
        if let Some(detail) = link.refusal(now).or(own) {
            return Err(broken(detail));
        }
        // The certificate of a trusted key is the one that the user gave.
        if let Some(same) = trusted.iter().find(|t| t.key == link.key) {
            let place = (index > 0).then_some(below);
            return same.holds(place, now).map_err(broken);
        }
        if index > 0 && !link.is_self_issued() {
            below += 1;
        }
        let certified: Vec<Result<(), String>> = trusted
            .iter()
            .filter_map(|t| t.certifies(link, below, now))
            .collect();
        if certified.contains(&Ok(())) {
            return Ok(());
        }
        let next = chain.get(index + 1);
        if let Some(issuer) = next
            && !link.names_issuer(issuer)
        {
            return Err(broken(
                "names another issuer than the next certificate".into(),
            ));
        }
        if let Some(issuer) = next
            && !link.is_signed_by(&issuer.key)
        {
            return Err(broken("is not signed by the next certificate".into()));
        }
        if let (None, Some(Err(detail))) = (next, certified.into_iter().next()) {
            return Err(broken(detail));
        }
    }
    Err(SignatureError::Untrusted(trusted.len()))
}

fn digest(signed: &Signed<'_>) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(signed.manifest);
    hasher.update(signed.sbom);
    let mut rows: Vec<&Row> = signed.rows.iter().collect();
    rows.sort_by(|a, b| a.path.cmp(&b.path));
    for row in rows {
        hasher.update(row.path.as_bytes());
        hasher.update(b"\n");
        hasher.update(row.blake3.as_bytes());
    }
    hasher.finalize()
}

/// `signatures/pack.sig`, decoded.
struct Envelope {
    signature: Signature,
    digest: String,
}

impl Envelope {
    fn decode(bytes: &[u8], depth: usize) -> Result<Self, DocumentError> {
        let value = json::parse(bytes, depth)?;
        let text = |key: &str| {
            let text = value.get(key).and_then(Value::as_str);
            text.ok_or_else(|| format!("`{key}` is missing or not text"))
        };
        let alg = text("alg")?;
        if !alg.eq_ignore_ascii_case("ed25519") {
            return Err(format!("algorithm `{}`, not ed25519", inert(alg, 40)).into());
        }
        let signature = URL_SAFE_NO_PAD.decode(text("sig")?);
        let signature = signature.map_err(|e| format!("`sig` is not URL-safe base64: {e}"))?;
        // Only its form matters: nothing proves the time.
        OffsetDateTime::parse(text("signed_at_utc")?, &Rfc3339)
            .map_err(|e| format!("`signed_at_utc`: {e}"))?;
        Ok(Self {
            signature: Signature::from_slice(&signature)
                .map_err(|_| "`sig` is not 64 bytes".to_owned())?,
            digest: text("digest")?.to_owned(),
        })
    }
}
