//! Mutations of the SBOM.

use super::mutation::{Apply, Mutation, change_sbom};
use provision_core::codes::CheckCode;
use provision_core::codes::FindingCode::Check;
use serde_json::json;

pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        id: "sbom_missing",
        doc: "There is no SBOM.",
        code: Check(CheckCode::SbomMissing),
        apply: Apply::Sealed(|files| {
            files.remove("sbom.json");
            files.remove("sbom.cbor");
        }),
    },
    Mutation {
        id: "sbom_misses_file",
        doc: "A file without a row in the SBOM.",
        code: Check(CheckCode::SbomUnlisted),
        apply: Apply::Sealed(|files| {
            files.insert("smuggled.txt".into(), b"x".to_vec());
        }),
    },
    Mutation {
        id: "sbom_lists_nothing",
        doc: "A row of the SBOM without a file.",
        code: Check(CheckCode::SbomNoFile),
        apply: Apply::Sealed(|files| {
            change_sbom(files, |rows| {
                rows.push(json!({ "path": "ghost.txt", "size": 0, "hash_blake3": "00".repeat(32), "media_type": "text/plain" }))
            });
        }),
    },
    Mutation {
        id: "sbom_size_wrong",
        doc: "A row with another size.",
        code: Check(CheckCode::SbomSize),
        apply: Apply::Sealed(|files| {
            change_sbom(files, |rows| {
                if let Some(row) = rows.first_mut() {
                    row["size"] = json!(1_000_000);
                }
            });
        }),
    },
    Mutation {
        id: "sbom_digest_wrong",
        doc: "A row with another digest.",
        code: Check(CheckCode::SbomDigest),
        apply: Apply::Sealed(|files| {
            change_sbom(files, |rows| {
                if let Some(row) = rows.first_mut() {
                    row["hash_blake3"] = json!("00".repeat(32));
                }
            });
        }),
    },
    Mutation {
        id: "sbom_digest_short",
        doc: "A row with half a digest.",
        code: Check(CheckCode::SbomDecode),
        apply: Apply::Sealed(|files| {
            change_sbom(files, |rows| {
                if let Some(row) = rows.first_mut() {
                    row["hash_blake3"] = json!("00");
                }
            });
        }),
    },
    Mutation {
        id: "sbom_row_twice",
        doc: "A file that the SBOM lists twice.",
        code: Check(CheckCode::SbomDuplicate),
        apply: Apply::Sealed(|files| {
            change_sbom(files, |rows| rows.extend(rows.first().cloned()));
        }),
    },
    Mutation {
        id: "sbom_path_leaves",
        doc: "A row whose path leaves the pack.",
        code: Check(CheckCode::SbomPath),
        apply: Apply::Sealed(|files| {
            change_sbom(files, |rows| {
                rows.push(json!({ "path": "../x", "size": 0, "hash_blake3": "00".repeat(32), "media_type": "text/plain" }))
            });
        }),
    },
    Mutation {
        id: "sbom_key_twice",
        doc: "An SBOM with one key twice.",
        code: Check(CheckCode::SbomDecode),
        apply: Apply::Sealed(|files| {
            files.remove("sbom.cbor");
            files.insert(
                "sbom.json".into(),
                br#"{"format":"greentic-sbom-v1","files":[],"files":[]}"#.to_vec(),
            );
        }),
    },
    Mutation {
        id: "sbom_trailing",
        doc: "An SBOM followed by more bytes.",
        code: Check(CheckCode::SbomDecode),
        apply: Apply::Sealed(|files| {
            for name in ["sbom.json", "sbom.cbor"] {
                if let Some(sbom) = files.get_mut(name) {
                    sbom.extend(b"{}");
                }
            }
        }),
    },
    Mutation {
        id: "sbom_of_other_format",
        doc: "An SBOM of an unknown format.",
        code: Check(CheckCode::SbomDecode),
        apply: Apply::Sealed(|files| {
            files.remove("sbom.cbor");
            files.insert(
                "sbom.json".into(),
                br#"{"format":"other","files":[]}"#.to_vec(),
            );
        }),
    },
    Mutation {
        id: "sbom_no_list",
        doc: "An SBOM without a list of files.",
        code: Check(CheckCode::SbomDecode),
        apply: Apply::Sealed(|files| {
            files.remove("sbom.cbor");
            files.insert(
                "sbom.json".into(),
                br#"{"format":"greentic-sbom-v1"}"#.to_vec(),
            );
        }),
    },
    Mutation {
        id: "sboms_disagree",
        doc: "Two SBOMs that list different files.",
        code: Check(CheckCode::SbomAmbiguous),
        apply: Apply::Sealed(|files| {
            let empty = br#"{"format":"greentic-sbom-v1","files":[]}"#;
            let cbor = files.remove("sbom.cbor");
            if cbor.is_some() {
                files.insert("sbom.json".into(), empty.to_vec());
                files.insert("sbom.cbor".into(), cbor.unwrap_or_default());
            } else {
                let mut cbor = Vec::new();
                let _ = ciborium::into_writer(
                    &json!({ "format": "greentic-sbom-v1", "files": [] }),
                    &mut cbor,
                );
                files.insert("sbom.cbor".into(), cbor);
            }
        }),
    },
];
