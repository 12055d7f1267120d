//! A valid signature holds, and each kind of invalid signature is refused.
//!
//! The certificates in `certificates/` belong to keys with the seeds below. They are
//! valid from 2020 to 2060 unless their name says otherwise.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use provision_core::integrity::sbom::Row;
use provision_core::integrity::signature::{Signed, TrustedKey, verify};
use serde_json::{Value, json};

const ROOT: &str = include_str!("certificates/root.pem");
const ROOT_KEY: &str = include_str!("certificates/root.pub.pem");
const STRANGER: &str = include_str!("certificates/stranger.pub.pem");
const INTERMEDIATE: &str = include_str!("certificates/intermediate.pem");
const NO_AUTHORITY: &str = include_str!("certificates/intermediate-no-authority.pem");
const LEAF: &str = include_str!("certificates/leaf.pem");
const SELF_SIGNED: &str = include_str!("certificates/leaf-self-signed.pem");
const BY_LEAF: &str = include_str!("certificates/by-leaf.pem");
const EXPIRED: &str = include_str!("certificates/leaf-expired.pem");

/// 2026-11-01, in seconds of Unix time.
const NOW: u64 = 1_793_491_200;

const MANIFEST: &[u8] = b"the manifest";
const SBOM: &[u8] = b"the sbom";

fn rows() -> Vec<Row> {
    let row = |path: &str, digit: &str| Row {
        path: path.into(),
        size: 1,
        blake3: digit.repeat(64),
    };
    vec![row("b", "0"), row("a", "1")]
}

/// The signed digest, computed here as the format defines it, without the crate's own
/// code.
fn digest() -> blake3::Hash {
    let rows = [("a", "1".repeat(64)), ("b", "0".repeat(64))];
    let rows = rows
        .map(|(path, digest)| format!("{path}\n{digest}"))
        .concat();
    blake3::hash(&[MANIFEST, SBOM, rows.as_bytes()].concat())
}

fn envelope(seed: u8) -> Value {
    let signature = SigningKey::from_bytes(&[seed; 32]).sign(digest().as_bytes());
    json!({
        "alg": "ed25519",
        "sig": URL_SAFE_NO_PAD.encode(signature.to_bytes()),
        "digest": digest().to_hex().to_string(),
        "signed_at_utc": "2026-11-01T00:00:00Z",
    })
}

/// The code that verifying `envelope` and `chain` with the trusted keys gives, or
/// `holds`.
fn code(envelope: &Value, chain: &[&str], trusted: &[&str]) -> &'static str {
    let trusted: Vec<TrustedKey> = trusted
        .iter()
        .map(|pem| TrustedKey::from_pem(pem).expect("a key"))
        .collect();
    let (envelope, chain) = (envelope.to_string(), chain.concat());
    let signed = Signed {
        manifest: MANIFEST,
        sbom: SBOM,
        rows: &rows(),
        envelope: envelope.as_bytes(),
        chain: chain.as_bytes(),
    };
    verify(&signed, &trusted, 64, NOW).map_or_else(|e| e.code().code(), |()| "holds")
}

#[test]
fn chain_holds_if_it_contains_or_is_signed_by_a_trusted_key() {
    let good = envelope(3);
    assert_eq!(code(&good, &[LEAF, INTERMEDIATE], &[ROOT]), "holds");
    assert_eq!(code(&good, &[LEAF, INTERMEDIATE], &[ROOT_KEY]), "holds");
    assert_eq!(
        code(&good, &[LEAF, INTERMEDIATE, ROOT], &[STRANGER, ROOT]),
        "holds"
    );
    assert_eq!(code(&good, &[LEAF], &[INTERMEDIATE]), "holds");
    assert_eq!(
        code(&good, &[SELF_SIGNED], &[LEAF]),
        "holds",
        "the trusted key itself signs"
    );
}

#[test]
fn chain_without_a_trusted_authority_is_untrusted() {
    for (chain, trusted) in [
        (&[LEAF, INTERMEDIATE][..], &[][..]),
        (&[LEAF, INTERMEDIATE], &[STRANGER]),
        (&[SELF_SIGNED], &[ROOT]),
        (&[LEAF, INTERMEDIATE, ROOT], &[STRANGER]),
        // The root did not sign the leaf, and the intermediate certificate is missing.
        (&[LEAF], &[ROOT]),
    ] {
        assert_eq!(code(&envelope(3), chain, trusted), "E_SIGNATURE_UNTRUSTED");
    }
    // A publisher certificate is not an authority, even if it is trusted.
    assert_eq!(code(&envelope(4), &[BY_LEAF], &[LEAF]), "E_SIGNATURE_CHAIN");
}

#[test]
fn unlinked_unauthorised_or_out_of_date_chain_is_refused() {
    let good = envelope(3);
    for chain in [
        &[LEAF, NO_AUTHORITY][..],
        &[LEAF, ROOT],
        &[SELF_SIGNED, INTERMEDIATE],
        &[EXPIRED, INTERMEDIATE],
    ] {
        assert_eq!(code(&good, chain, &[ROOT]), "E_SIGNATURE_CHAIN");
    }
    // The time that the signer claims changes nothing.
    for claimed in ["2019-12-31T23:59:59Z", "2021-06-01T00:00:00Z"] {
        let mut other = good.clone();
        other["signed_at_utc"] = json!(claimed);
        assert_eq!(code(&other, &[LEAF, INTERMEDIATE], &[ROOT]), "holds");
        let expired = code(&other, &[EXPIRED, INTERMEDIATE], &[ROOT]);
        assert_eq!(expired, "E_SIGNATURE_CHAIN");
    }
}

#[test]
fn wrong_signature_or_digest_is_refused() {
    let chain = [LEAF, INTERMEDIATE];
    assert_eq!(code(&envelope(4), &chain, &[ROOT]), "E_SIGNATURE_INVALID");
    let mut other = envelope(3);
    other["digest"] = json!("0".repeat(64));
    assert_eq!(code(&other, &chain, &[ROOT]), "E_SIGNATURE_DIGEST");
    let mut zero = envelope(3);
    zero["sig"] = json!(URL_SAFE_NO_PAD.encode([0; 64]));
    assert_eq!(code(&zero, &chain, &[ROOT]), "E_SIGNATURE_INVALID");
}

#[test]
fn undecodable_envelope_chain_or_key_is_refused() {
    let good = envelope(3);
    for (key, value) in [
        ("alg", json!("rsa")),
        ("alg", json!(null)),
        ("sig", json!("!")),
        ("sig", json!("AAAA")),
        ("signed_at_utc", json!("yesterday")),
        ("digest", json!(7)),
    ] {
        let mut bad = good.clone();
        bad[key] = value;
        assert_eq!(code(&bad, &[LEAF], &[ROOT]), "E_SIGNATURE_DECODE", "{key}");
    }
    let long = vec![INTERMEDIATE; 9];
    for chain in [&[][..], &["junk"], &[ROOT_KEY], &[&LEAF[..200]], &long] {
        assert_eq!(code(&good, chain, &[ROOT]), "E_SIGNATURE_DECODE");
    }
    for (bad, expected) in [
        ("", "no certificate"),
        ("junk", "neither a key nor certificates in PEM"),
        (
            LEAF.trim_end_matches("-----\n"),
            "neither a key nor certificates in PEM",
        ),
        (
            &[LEAF, ROOT].concat(),
            "neither one Ed25519 public key nor one certificate in PEM",
        ),
    ] {
        let refused = TrustedKey::from_pem(bad).expect_err("refused");
        assert_eq!(refused.to_string(), expected);
    }
}

#[test]
fn changed_sbom_row_is_refused() {
    let trusted = [TrustedKey::from_pem(ROOT).expect("a key")];
    let mut other = rows();
    other[0].blake3 = "2".repeat(64);
    let (envelope, chain) = (envelope(3).to_string(), [LEAF, INTERMEDIATE].concat());
    let signed = Signed {
        manifest: MANIFEST,
        sbom: SBOM,
        rows: &other,
        envelope: envelope.as_bytes(),
        chain: chain.as_bytes(),
    };
    let refused = verify(&signed, &trusted, 64, NOW).expect_err("another row");
    assert_eq!(refused.code().code(), "E_SIGNATURE_DIGEST");
}
