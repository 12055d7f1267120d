//! `signatures/pack.sig` and `chain.pem`: Ed25519 over manifest, SBOM and rows.
//!
//! The signed digest is BLAKE3 over the manifest's bytes, the SBOM's bytes, and,
//! for every row sorted by path: `path`, a line feed, `blake3`.
//! Source: greentic-pack's description of its format, section on signing.

use super::DocumentError;
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
use x509_cert::Certificate;
use x509_cert::der::{Decode as _, Encode as _, pem};
use x509_cert::ext::pkix::BasicConstraints;

/// File name of the signature's envelope.
pub const SIGNATURE_FILE: &str = "signatures/pack.sig";
/// File name of the certificates. The signer's certificate comes first.
pub const CHAIN_FILE: &str = "signatures/chain.pem";
/// Most certificates of a chain.
const MAX_CHAIN: usize = 8;
/// Object identifier of Ed25519 (RFC 8410).
const ED25519: &str = "1.3.101.112";

/// A public key that the user trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKey {
    key: VerifyingKey,
    /// Whether it may certify other keys. A bare key may; a certificate may only if
    /// it is an authority's.
    may_certify: bool,
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
                may_certify: true,
            });
        }
        match certificates(text.as_bytes())?.as_slice() {
            [one] => Ok(Self {
                key: key_of(&one.certificate)?,
                may_certify: one.may_certify(),
            }),
            _ => Err("neither one Ed25519 public key nor one certificate in PEM".into()),
        }
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

/// Verifies the signature and its chain up to a trusted key. Certificates have to
/// be valid at the time that the envelope claims.
///
/// # Errors
/// The first [`SignatureError`] in the order: envelope, digest, signature,
/// chain, trust.
pub fn verify(
    signed: &Signed<'_>,
    trusted: &[TrustedKey],
    depth: usize,
) -> Result<(), SignatureError> {
    let envelope = Envelope::decode(signed.envelope, depth)?;
    let digest = digest(signed);
    let actual = digest.to_hex().to_string();
    if !actual.eq_ignore_ascii_case(&envelope.digest) {
        let signed = inert(&envelope.digest, 80);
        return Err(SignatureError::Digest { signed, actual });
    }
    let chain = certificates(signed.chain)?;
    let keys = chain.iter().map(|c| key_of(&c.certificate));
    let keys: Vec<VerifyingKey> = keys.collect::<Result<_, _>>()?;
    let signer = keys.first().ok_or(SignatureError::Invalid)?;
    // Strict: refuses small-order keys and points, with which one signature can fit
    // many messages.
    signer
        .verify_strict(digest.as_bytes(), &envelope.signature)
        .map_err(|_| SignatureError::Invalid)?;
    // A trusted key vouches for the certificates before it, so the loop checks each
    // certificate until it reaches a trusted key.
    for (index, link) in chain.iter().enumerate() {
        let broken = |detail: &str| SignatureError::Chain {
            index,
            detail: detail.to_owned(),
        };
        if !link.is_valid_at(envelope.signed_at) {
            return Err(broken(
                "was not valid at the signing time that the envelope claims",
            ));
        }
        if index > 0 && !link.may_certify() {
            return Err(broken(
                "certifies another, but is not a certificate authority",
            ));
        }
        if trusted.iter().any(|t| t.key == keys[index]) {
            return Ok(());
        }
        let mut authorities = trusted.iter().filter(|t| t.may_certify);
        if authorities.any(|t| link.signed_by(&t.key)) {
            return Ok(());
        }
        if let Some(issuer) = keys.get(index + 1)
            && !link.signed_by(issuer)
        {
            return Err(broken("is not signed by the next certificate"));
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
    signed_at: OffsetDateTime,
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
        let signed_at = OffsetDateTime::parse(text("signed_at_utc")?, &Rfc3339);
        Ok(Self {
            signature: Signature::from_slice(&signature)
                .map_err(|_| "`sig` is not 64 bytes".to_owned())?,
            digest: text("digest")?.to_owned(),
            signed_at: signed_at.map_err(|e| format!("`signed_at_utc`: {e}"))?,
        })
    }
}

/// A certificate, and the bytes of it that its issuer signed.
struct Link {
    certificate: Certificate,
    to_be_signed: Vec<u8>,
}

impl Link {
    fn signed_by(&self, key: &VerifyingKey) -> bool {
        let algorithm = self.certificate.signature_algorithm();
        let signature = self.certificate.signature().as_bytes();
        let signature = signature.and_then(|s| Signature::from_slice(s).ok());
        algorithm.oid.to_string() == ED25519
            && signature.is_some_and(|s| key.verify_strict(&self.to_be_signed, &s).is_ok())
    }

    fn is_valid_at(&self, time: OffsetDateTime) -> bool {
        let validity = self.certificate.tbs_certificate().validity();
        let seconds = u64::try_from(time.unix_timestamp()).unwrap_or_default();
        let from = validity.not_before.to_unix_duration().as_secs();
        let to = validity.not_after.to_unix_duration().as_secs();
        (from..=to).contains(&seconds)
    }

    fn may_certify(&self) -> bool {
        let constraints = self
            .certificate
            .tbs_certificate()
            .get_extension::<BasicConstraints>();
        matches!(constraints, Ok(Some((_, constraints))) if constraints.ca)
    }
}

fn certificates(text: &[u8]) -> Result<Vec<Link>, DocumentError> {
    let text = std::str::from_utf8(text).map_err(|_| "the PEM is not UTF-8")?;
    let mut links = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        const END: &str = "-----END CERTIFICATE-----";
        let end = rest
            .find(END)
            .ok_or("neither a key nor certificates in PEM")?;
        let (one, tail) = rest.split_at(end + END.len());
        if links.len() == MAX_CHAIN {
            return Err(format!("more than {MAX_CHAIN} certificates").into());
        }
        let (label, der) = pem::decode_vec(one.as_bytes()).map_err(|e| format!("PEM: {e}"))?;
        if label != "CERTIFICATE" {
            return Err(format!("PEM of a {}, not a CERTIFICATE", inert(label, 40)).into());
        }
        links.push(link(&der)?);
        rest = tail.trim_start();
    }
    if links.is_empty() {
        return Err("no certificate".into());
    }
    Ok(links)
}

fn link(der: &[u8]) -> Result<Link, DocumentError> {
    let bad = |e: x509_cert::der::Error| format!("not a certificate: {e}");
    let certificate = Certificate::from_der(der).map_err(bad)?;
    // DER has exactly one encoding, so a certificate that encodes differently was not
    // DER.
    if certificate.to_der().map_err(bad)? != der {
        return Err("the certificate is not in canonical DER".into());
    }
    let to_be_signed = certificate.tbs_certificate().to_der().map_err(bad)?;
    Ok(Link {
        certificate,
        to_be_signed,
    })
}

fn key_of(certificate: &Certificate) -> Result<VerifyingKey, DocumentError> {
    let info = certificate.tbs_certificate().subject_public_key_info();
    if info.algorithm.oid.to_string() != ED25519 {
        return Err("a certificate's key is not Ed25519".into());
    }
    let bytes = info.subject_public_key.as_bytes().unwrap_or_default();
    let bytes = bytes
        .try_into()
        .map_err(|_| "a certificate's key is not 32 bytes")?;
    VerifyingKey::from_bytes(bytes)
        .map_err(|_| "a certificate's key is not a point of the curve".into())
}
