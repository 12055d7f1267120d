//! X.509 certificates and the path rules of RFC 5280, section 6.1, for Ed25519 chains
//! that sign code. Names are compared byte by byte, as section 7.1 allows; certificates
//! with name constraints, policies or other critical extensions are refused.

use super::DocumentError;
use crate::text::inert;
use ed25519_dalek::{Signature, VerifyingKey};
use x509_cert::Certificate;
use x509_cert::certificate::Version;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::oid::AssociatedOid;
use x509_cert::der::{Decode, Encode as _, pem};
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage};

/// Most certificates of a chain.
const MAX_CHAIN: usize = 8;
/// Ed25519 (RFC 8410).
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
/// The purposes that allow a key to sign code (RFC 5280, section 4.2.1.12).
const CODE_SIGNING: [ObjectIdentifier; 2] = [
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.3"),
    ObjectIdentifier::new_unwrap("2.5.29.37.0"),
];

/// A certificate, and what the path rules need of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    certificate: Certificate,
    /// The bytes that its issuer signed.
    to_be_signed: Vec<u8>,
    /// Its key.
    pub(super) key: VerifyingKey,
    constraints: Option<BasicConstraints>,
    usage: Option<KeyUsage>,
    purposes: Option<ExtendedKeyUsage>,
}

impl Link {
    fn decode(der: &[u8]) -> Result<Self, DocumentError> {
        let bad = |e: x509_cert::der::Error| format!("not a certificate: {e}");
        let certificate = Certificate::from_der(der).map_err(bad)?;
        // DER has exactly one encoding, so a certificate that encodes differently was not
        // DER.
        if certificate.to_der().map_err(bad)? != der {
            return Err("the certificate is not in canonical DER".into());
        }
        let to_be_signed = certificate.tbs_certificate().to_der().map_err(bad)?;
        Ok(Self {
            key: key_of(&certificate)?,
            constraints: extension(&certificate)?,
            usage: extension(&certificate)?,
            purposes: extension(&certificate)?,
            to_be_signed,
            certificate,
        })
    }

    /// Whether `key` signed the certificate.
    pub(super) fn is_signed_by(&self, key: &VerifyingKey) -> bool {
        let outer = self.certificate.signature_algorithm();
        let inner = self.certificate.tbs_certificate().signature();
        let signature = self.certificate.signature().as_bytes();
        let signature = signature.and_then(|s| Signature::from_slice(s).ok());
        outer.oid == ED25519
            && inner == outer
            && signature.is_some_and(|s| key.verify_strict(&self.to_be_signed, &s).is_ok())
    }

    /// Whether the certificate names `issuer` as its issuer.
    pub(super) fn names_issuer(&self, issuer: &Self) -> bool {
        self.certificate.tbs_certificate().issuer()
            == issuer.certificate.tbs_certificate().subject()
    }

    /// Why the certificate may be in no chain at `now`, in seconds of Unix time.
    pub(super) fn refusal(&self, now: u64) -> Option<String> {
        let tbs = self.certificate.tbs_certificate();
        let validity = tbs.validity();
        if now < validity.not_before.to_unix_duration().as_secs() {
            return Some(format!("is not valid before {}", validity.not_before));
        }
        if now > validity.not_after.to_unix_duration().as_secs() {
            return Some(format!("expired at {}", validity.not_after));
        }
        let extensions = tbs.extensions().map(Vec::as_slice).unwrap_or_default();
        let known = [BasicConstraints::OID, KeyUsage::OID, ExtendedKeyUsage::OID];
        let mut critical = extensions.iter().filter(|e| e.critical);
        if let Some(unknown) = critical.find(|e| !known.contains(&e.extn_id)) {
            let oid = unknown.extn_id;
            return Some(format!(
                "has the critical extension {oid}, which is not supported"
            ));
        }
        let signs_code = |purposes: &ExtendedKeyUsage| {
            purposes
                .0
                .iter()
                .any(|purpose| CODE_SIGNING.contains(purpose))
        };
        if self.purposes.as_ref().is_some_and(|p| !signs_code(p)) {
            return Some("has an extended key usage, and none for signing code".into());
        }
        None
    }

    /// Why the certificate's key may not sign packs.
    pub(super) fn refusal_as_signer(&self) -> Option<String> {
        let usage = self.usage.as_ref();
        usage
            .is_some_and(|usage| !usage.digital_signature())
            .then(|| "has a key usage without digitalSignature".into())
    }

    /// Why the certificate may not certify a chain with `below` authorities between it
    /// and the signer.
    pub(super) fn refusal_as_authority(&self, below: usize) -> Option<String> {
        if self.certificate.tbs_certificate().version() != Version::V3 {
            return Some("certifies another, but is not of version 3".into());
        }
        let Some(constraints) = self.constraints.as_ref().filter(|c| c.ca) else {
            return Some("certifies another, but is not a certificate authority".into());
        };
        let usage = self.usage.as_ref();
        if usage.is_some_and(|usage| !usage.key_cert_sign()) {
            return Some("certifies another, but its key usage has no keyCertSign".into());
        }
        let most = constraints.path_len_constraint.map(usize::from);
        most.filter(|most| below > *most).map(|most| {
            format!("allows {most} authorities below it (pathLenConstraint), and there are {below}")
        })
    }

    /// Whether subject and issuer are the same, which RFC 5280 does not count as a step of
    /// the path.
    pub(super) fn is_self_issued(&self) -> bool {
        self.names_issuer(self)
    }
}

/// The certificates in a PEM text, in its order.
pub(super) fn certificates(text: &[u8]) -> Result<Vec<Link>, DocumentError> {
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
        links.push(Link::decode(&der)?);
        rest = tail.trim_start();
    }
    if links.is_empty() {
        return Err("no certificate".into());
    }
    Ok(links)
}

/// The extension of this type; RFC 5280 allows one of each.
fn extension<T>(certificate: &Certificate) -> Result<Option<T>, DocumentError>
where
    T: for<'a> Decode<'a> + AssociatedOid,
    for<'a> <T as Decode<'a>>::Error: std::fmt::Display,
{
    let extensions = certificate.tbs_certificate().extensions();
    let mut of_type = extensions
        .into_iter()
        .flatten()
        .filter(|extension| extension.extn_id == T::OID);
    let Some(one) = of_type.next() else {
        return Ok(None);
    };
    if of_type.next().is_some() {
        return Err(format!("a certificate has the extension {} twice", T::OID).into());
    }
    let decoded = T::from_der(one.extn_value.as_bytes());
    decoded
        .map(Some)
        .map_err(|e| format!("the extension {} of a certificate: {e}", T::OID).into())
}

fn key_of(certificate: &Certificate) -> Result<VerifyingKey, DocumentError> {
    let info = certificate.tbs_certificate().subject_public_key_info();
    if info.algorithm.oid != ED25519 {
        return Err("a certificate's key is not Ed25519".into());
    }
    let bytes = info.subject_public_key.as_bytes().unwrap_or_default();
    let bytes = bytes
        .try_into()
        .map_err(|_| "a certificate's key is not 32 bytes")?;
    VerifyingKey::from_bytes(bytes)
        .map_err(|_| "a certificate's key is not a point of the curve".into())
}
