//! Bytes as an SBOM, a lock or a signature: a decoded SBOM survives encoding in JSON
//! and in CBOR, and no signature verifies without a trusted key.

use crate::target::{Attacker, Seeds, Target};
use provision_core::integrity::sbom::{self, Sbom};
use provision_core::integrity::{lock, signature};
use serde_json::json;

pub(crate) const TARGET: Target = Target {
    name: "sbom",
    attacker: Attacker::Manifest,
    boundary: "the decoders of SBOMs, locks and signatures",
    oracle: "every SBOM that decodes has the same rows after encoding in JSON and in CBOR; digests have their full length; no signature verifies without a trusted key",
    max_len: 4096,
    seeds: Seeds::Files,
    body,
    show: crate::as_text,
    mutator: Some(crate::mutators::json),
};

const DEPTH: usize = 64;

fn body(data: &[u8]) {
    for file in sbom::FILE_NAMES {
        if let Ok(decoded) = sbom::decode(file, data, DEPTH) {
            same_in_both_forms(&decoded);
        }
    }
    for file in lock::FILE_NAMES {
        for pin in lock::decode(file, data, DEPTH).into_iter().flatten() {
            assert_eq!(pin.sha256.len(), 64);
        }
    }
    let envelope = data.split(|b| *b == 0).next().unwrap_or_default();
    let signed = signature::Signed {
        manifest: b"manifest",
        sbom: b"sbom",
        rows: &[],
        envelope,
        chain: data.get(envelope.len() + 1..).unwrap_or_default(),
    };
    assert!(
        signature::verify(&signed, &[], DEPTH, 0).is_err(),
        "a signature verifies without a trusted key"
    );
    let _ = signature::TrustedKey::from_pem(&String::from_utf8_lossy(data));
}

fn same_in_both_forms(decoded: &Sbom) {
    let rows = decoded.rows.iter().map(|row| {
        assert_eq!(row.blake3.len(), 64);
        json!({ "path": row.path, "size": row.size, "hash_blake3": row.blake3 })
    });
    let rows: Vec<_> = rows.collect();
    let document = json!({ "format": "greentic-sbom-v1", "files": rows });
    let mut bytes = Vec::new();
    ciborium::into_writer(&document, &mut bytes).expect("writes");
    for (file, bytes) in [
        ("sbom.json", document.to_string().into_bytes()),
        ("sbom.cbor", bytes),
    ] {
        let again = sbom::decode(file, &bytes, DEPTH).expect("decodes again");
        assert_eq!(again.rows, decoded.rows, "{file}");
    }
}
