//! Chains of certificates, made here, against the path rules of RFC 5280.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::Signer as _;
use provision_core::integrity::signature::{Signed, TrustedKey, verify};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyIdMethod, KeyUsagePurpose, PKCS_ED25519, PublicKeyData, SignatureAlgorithm,
    SigningKey, date_time_ymd,
};
use serde_json::json;

/// A key whose seed is its number.
struct Key(ed25519_dalek::SigningKey, [u8; 32]);

impl Key {
    fn new(seed: u8) -> Self {
        let key = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]);
        let public = key.verifying_key().to_bytes();
        Self(key, public)
    }
}

impl PublicKeyData for Key {
    fn der_bytes(&self) -> &[u8] {
        &self.1
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ED25519
    }
}

impl SigningKey for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Ok(self.0.sign(message).to_bytes().to_vec())
    }
}

/// What a certificate says.
#[derive(Clone)]
struct Says {
    name: &'static str,
    ca: IsCa,
    years: (i32, i32),
    usages: Vec<KeyUsagePurpose>,
    purposes: Vec<ExtendedKeyUsagePurpose>,
    extensions: Vec<CustomExtension>,
}

impl Says {
    fn authority(name: &'static str) -> Self {
        Self {
            ca: IsCa::Ca(BasicConstraints::Unconstrained),
            usages: vec![KeyUsagePurpose::KeyCertSign],
            ..Self::signer(name)
        }
    }

    fn signer(name: &'static str) -> Self {
        Self {
            name,
            ca: IsCa::NoCa,
            years: (2020, 2060),
            usages: vec![KeyUsagePurpose::DigitalSignature],
            purposes: Vec::new(),
            extensions: Vec::new(),
        }
    }

    fn params(&self) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params
            .distinguished_name
            .push(DnType::CommonName, self.name);
        params.is_ca = self.ca;
        params.not_before = date_time_ymd(self.years.0, 1, 1);
        params.not_after = date_time_ymd(self.years.1, 1, 1);
        params.key_usages = self.usages.clone();
        params.extended_key_usages = self.purposes.clone();
        params.custom_extensions = self.extensions.clone();
        params.serial_number = Some(7.into());
        params.key_identifier_method = KeyIdMethod::PreSpecified(vec![1, 2, 3]);
        params
    }
}

/// Certificates in PEM from the signer up to the root; each is signed by the next, the
/// last by itself. The key of the signer has the seed 1, the next one 2, and so on.
fn chain(says: &[Says]) -> Vec<String> {
    let certificate = |(index, own): (usize, &Says)| {
        let seed = u8::try_from(index + 1).expect("few");
        let above = says.get(index + 1);
        let issuer = Issuer::new(
            above.unwrap_or(own).params(),
            Key::new(if above.is_some() { seed + 1 } else { seed }),
        );
        let made = own.params().signed_by(&Key::new(seed), &issuer);
        made.expect("a certificate").pem()
    };
    says.iter().enumerate().map(certificate).collect()
}

/// 2026-06-01, in seconds of Unix time.
const NOW: u64 = 1_780_272_000;

/// What verifying a pack gives that the key with the seed 1 signed; `holds` if it does.
fn verified(chain: &[String], trusted: &str) -> String {
    let digest = blake3::hash(b"manifestsbom");
    let signature = Key::new(1).0.sign(digest.as_bytes());
    // The signer claims a time at which every certificate of these tests is valid.
    let envelope = json!({
        "alg": "ed25519",
        "sig": URL_SAFE_NO_PAD.encode(signature.to_bytes()),
        "digest": digest.to_hex().to_string(),
        "signed_at_utc": "2021-06-01T00:00:00Z",
    })
    .to_string();
    let chain = chain.concat();
    let signed = Signed {
        manifest: b"manifest",
        sbom: b"sbom",
        rows: &[],
        envelope: envelope.as_bytes(),
        chain: chain.as_bytes(),
    };
    let trusted = TrustedKey::from_pem(trusted).expect("a key");
    verify(&signed, &[trusted], 64, NOW).map_or_else(|e| e.to_string(), |()| "holds".into())
}

/// Signer, two authorities, root.
fn long() -> [Says; 4] {
    [
        Says::signer("signer"),
        Says::authority("issuing"),
        Says::authority("policy"),
        Says::authority("root"),
    ]
}

/// The result for the chain without its root, which is trusted; and with it.
fn both(says: &[Says]) -> [String; 2] {
    let made = chain(says);
    let (root, below) = made.split_last().expect("a root");
    [verified(below, root), verified(&made, root)]
}

fn refused(says: &[Says], why: &str) {
    for result in both(says) {
        assert!(result.contains(why), "{result}, not {why}");
    }
}

#[test]
fn chain_that_follows_every_rule_holds() {
    assert_eq!(both(&long()), ["holds", "holds"]);
    let mut says = long();
    says[0].purposes = vec![ExtendedKeyUsagePurpose::CodeSigning];
    says[1].purposes = vec![ExtendedKeyUsagePurpose::Any];
    says[1].ca = IsCa::Ca(BasicConstraints::Constrained(0));
    says[2].ca = IsCa::Ca(BasicConstraints::Constrained(1));
    says[3].ca = IsCa::Ca(BasicConstraints::Constrained(2));
    assert_eq!(both(&says), ["holds", "holds"]);
    // Without usages, a key may be used for everything.
    says.iter_mut().for_each(|says| says.usages.clear());
    assert_eq!(both(&says), ["holds", "holds"]);
}

#[test]
fn path_longer_than_an_authority_allows_is_refused() {
    for (authority, most) in [(2, 0), (3, 1), (3, 0)] {
        let mut says = long();
        says[authority].ca = IsCa::Ca(BasicConstraints::Constrained(most));
        refused(&says, "pathLenConstraint");
    }
}

#[test]
fn self_issued_authority_counts_as_no_step_of_the_path() {
    let mut says = long();
    says[1].name = "policy";
    says[3].ca = IsCa::Ca(BasicConstraints::Constrained(1));
    assert_eq!(both(&says), ["holds", "holds"]);
}

#[test]
fn authority_without_the_right_to_certify_is_refused() {
    for authority in [1, 2, 3] {
        let mut says = long();
        says[authority].usages = vec![KeyUsagePurpose::DigitalSignature];
        refused(&says, "keyCertSign");
        for ca in [IsCa::NoCa, IsCa::ExplicitNoCa] {
            says[authority] = Says {
                ca,
                ..long()[authority].clone()
            };
            refused(&says, "not a certificate authority");
        }
    }
}

#[test]
fn certificate_for_another_purpose_is_refused() {
    for index in [0, 1, 2, 3] {
        let mut says = long();
        says[index].purposes = vec![ExtendedKeyUsagePurpose::ServerAuth];
        refused(&says, "none for signing code");
    }
    let mut says = long();
    says[0].usages = vec![KeyUsagePurpose::KeyCertSign];
    refused(&says, "digitalSignature");
}

#[test]
fn expired_or_future_certificate_is_refused_whatever_time_the_signer_claims() {
    for index in [0, 1, 2, 3] {
        let mut says = long();
        says[index].years = (2020, 2025);
        refused(&says, "expired at 2025-01-01");
        says[index].years = (2030, 2060);
        refused(&says, "is not valid before 2030-01-01");
    }
}

#[test]
fn certificate_that_names_another_issuer_is_refused() {
    let mut made = chain(&long());
    let mut renamed = long();
    renamed[2].name = "other";
    made[2].clone_from(&chain(&renamed)[2]);
    let root = made.pop().expect("a root");
    assert!(verified(&made, &root).contains("names another issuer"));
    // The same key under another name is no issuer either.
    let alone = &made[..1];
    assert_eq!(verified(alone, &made[1]), "holds");
    renamed[1].name = "other";
    assert!(verified(alone, &chain(&renamed)[1]).contains("no key of the chain"));
}

#[test]
fn unknown_critical_extension_is_refused_and_others_are_not() {
    for (critical, index) in [(true, 0), (true, 2), (false, 0), (false, 2)] {
        let mut says = long();
        // Name constraints, which limit whom an authority may certify.
        let mut extension = CustomExtension::from_oid_content(&[2, 5, 29, 30], vec![0x30, 0]);
        extension.set_criticality(critical);
        says[index].extensions = vec![extension];
        if critical {
            refused(&says, "critical extension 2.5.29.30")
        } else {
            assert_eq!(both(&says), ["holds", "holds"])
        }
    }
}

#[test]
fn extension_that_occurs_twice_is_refused() {
    let mut says = long();
    let usage = CustomExtension::from_oid_content(&[2, 5, 29, 15], vec![3, 2, 1, 6]);
    says[1].extensions = vec![usage];
    refused(&says, "2.5.29.15 twice");
}

#[test]
fn trusted_certificate_of_a_signer_vouches_for_itself_only() {
    let made = chain(&long());
    assert_eq!(verified(&made[..1], &made[0]), "holds");
    let mut says = long();
    says[1].ca = IsCa::NoCa;
    let made = chain(&says);
    let refused = verified(&made[..1], &made[1]);
    assert!(refused.contains("not a certificate authority"), "{refused}");
}
