//! Mutations of the manifest.

use super::mutation::{Apply, Mutation, without_manifest};
use provision_core::codes::FindingCode::{Archive, Check};
use provision_core::codes::{CheckCode, Rule};

pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        id: "duplicate_manifest",
        doc: "A second manifest with the same name as the first.",
        code: Archive(Rule::Duplicate),
        apply: Apply::Archive(|archive| {
            let name = archive.entries[0].local.name.clone();
            let at = archive.fresh(b"{}", false);
            archive.rename(at, &name);
        }),
    },
    Mutation {
        id: "manifest_missing",
        doc: "There is no manifest.",
        code: Check(CheckCode::ManifestMissing),
        apply: Apply::Files(|files| {
            without_manifest(files);
        }),
    },
    Mutation {
        id: "manifest_duplicate_key",
        doc: "A manifest with one key twice.",
        code: Check(CheckCode::ManifestJson),
        apply: Apply::Files(|files| {
            without_manifest(files);
            files.insert(
                "pack.json".into(),
                br#"{"id":"a","id":"b","version":"1.0.0"}"#.to_vec(),
            );
        }),
    },
    Mutation {
        id: "manifest_duplicate_key_escaped",
        doc: "A manifest with one key twice, once written with escapes.",
        code: Check(CheckCode::ManifestJson),
        apply: Apply::Files(|files| {
            without_manifest(files);
            files.insert(
                "pack.json".into(),
                br#"{"id":"a","\u0069d":"b","version":"1.0.0"}"#.to_vec(),
            );
        }),
    },
    Mutation {
        id: "manifest_deep",
        doc: "A manifest with 100 000 nested levels.",
        code: Check(CheckCode::ManifestJson),
        apply: Apply::Files(|files| {
            without_manifest(files);
            // The keys vary, so that the deflated entry is no bomb.
            let deep: String = (0..100_000)
                .map(|i| format!("{{\"{}\":", i % 9973))
                .collect();
            files.insert("pack.json".into(), deep.into_bytes());
        }),
    },
    Mutation {
        id: "manifest_trailing",
        doc: "A manifest followed by another.",
        code: Check(CheckCode::ManifestJson),
        apply: Apply::Files(|files| {
            without_manifest(files);
            files.insert(
                "pack.json".into(),
                br#"{"id":"a","version":"1.0.0"}{}"#.to_vec(),
            );
        }),
    },
    Mutation {
        id: "manifest_not_utf8",
        doc: "A manifest that is not UTF-8.",
        code: Check(CheckCode::ManifestJson),
        apply: Apply::Files(|files| {
            without_manifest(files);
            files.insert(
                "pack.json".into(),
                b"{\"id\":\"\xe9\",\"version\":\"1.0.0\"}".to_vec(),
            );
        }),
    },
    Mutation {
        id: "manifest_utf16",
        doc: "A manifest in UTF-16.",
        code: Check(CheckCode::ManifestJson),
        apply: Apply::Files(|files| {
            without_manifest(files);
            files.insert("pack.json".into(), b"\xff\xfe{\0}\0".to_vec());
        }),
    },
    Mutation {
        id: "manifest_byte_order_mark",
        doc: "A manifest after a byte order mark.",
        code: Check(CheckCode::ManifestJson),
        apply: Apply::Files(|files| {
            without_manifest(files);
            files.insert(
                "pack.json".into(),
                b"\xef\xbb\xbf{\"id\":\"a\",\"version\":\"1.0.0\"}".to_vec(),
            );
        }),
    },
    Mutation {
        id: "manifest_surrogate",
        doc: "A manifest with half of a surrogate pair.",
        code: Check(CheckCode::ManifestJson),
        apply: Apply::Files(|files| {
            without_manifest(files);
            files.insert(
                "pack.json".into(),
                br#"{"id":"\ud800","version":"1.0.0"}"#.to_vec(),
            );
        }),
    },
    Mutation {
        id: "manifest_number",
        doc: "A manifest with a number that no reader can hold.",
        code: Check(CheckCode::ManifestJson),
        apply: Apply::Files(|files| {
            without_manifest(files);
            files.insert(
                "pack.json".into(),
                br#"{"id":"a","version":"1.0.0","x":1e400}"#.to_vec(),
            );
        }),
    },
    Mutation {
        id: "manifest_no_object",
        doc: "A manifest that is a list.",
        code: Check(CheckCode::ManifestShape),
        apply: Apply::Files(|files| {
            without_manifest(files);
            files.insert("pack.json".into(), b"[]".to_vec());
        }),
    },
    Mutation {
        id: "manifest_empty",
        doc: "An empty manifest.",
        code: Check(CheckCode::ManifestJson),
        apply: Apply::Files(|files| {
            without_manifest(files);
            files.insert("pack.json".into(), Vec::new());
        }),
    },
    Mutation {
        id: "manifest_cbor_duplicate_key",
        doc: "A binary manifest with one key twice.",
        code: Check(CheckCode::ManifestCbor),
        apply: Apply::Files(|files| {
            without_manifest(files);
            files.insert("manifest.cbor".into(), b"\xa2\x61a\x01\x61a\x02".to_vec());
        }),
    },
    Mutation {
        id: "manifest_cbor_duplicate_key_long",
        doc: "A binary manifest with one key twice, once with a needlessly long head.",
        code: Check(CheckCode::ManifestCbor),
        apply: Apply::Files(|files| {
            without_manifest(files);
            files.insert(
                "manifest.cbor".into(),
                b"\xa2\x61a\x01\x78\x01a\x02".to_vec(),
            );
        }),
    },
    Mutation {
        id: "manifest_cbor_duplicate_key_chunked",
        doc: "A binary manifest with one key twice, once in chunks.",
        code: Check(CheckCode::ManifestCbor),
        apply: Apply::Files(|files| {
            without_manifest(files);
            files.insert(
                "manifest.cbor".into(),
                b"\xa2\x62ab\x01\x7f\x61a\x61b\xff\x02".to_vec(),
            );
        }),
    },
    Mutation {
        id: "manifest_cbor_deep",
        doc: "A binary manifest with 100 000 nested levels.",
        code: Check(CheckCode::ManifestCbor),
        apply: Apply::Files(|files| {
            without_manifest(files);
            // Maps with one key that varies, so that the deflated entry is no bomb.
            let one = |i: u32| [0xa1, 0x19, (i % 251) as u8, (i % 241) as u8];
            let deep: Vec<u8> = (0..100_000).flat_map(one).collect();
            files.insert("manifest.cbor".into(), deep);
        }),
    },
    Mutation {
        id: "manifest_cbor_huge_length",
        doc: "A binary manifest that claims 2^63 items.",
        code: Check(CheckCode::ManifestCbor),
        apply: Apply::Files(|files| {
            without_manifest(files);
            files.insert("manifest.cbor".into(), b"\x9b\x80\0\0\0\0\0\0\0".to_vec());
        }),
    },
    Mutation {
        id: "manifest_cbor_huge_text",
        doc: "A binary manifest that claims a text of 2^63 bytes.",
        code: Check(CheckCode::ManifestCbor),
        apply: Apply::Files(|files| {
            without_manifest(files);
            files.insert("manifest.cbor".into(), b"\x7b\x80\0\0\0\0\0\0\0".to_vec());
        }),
    },
    Mutation {
        id: "manifest_cbor_trailing",
        doc: "A binary manifest followed by bytes.",
        code: Check(CheckCode::ManifestCbor),
        apply: Apply::Files(|files| {
            without_manifest(files);
            files.insert("manifest.cbor".into(), b"\xa0\xa0".to_vec());
        }),
    },
    Mutation {
        id: "manifest_cbor_not_utf8",
        doc: "A binary manifest with text that is not UTF-8.",
        code: Check(CheckCode::ManifestCbor),
        apply: Apply::Files(|files| {
            without_manifest(files);
            files.insert("manifest.cbor".into(), b"\xa1\x62\xff\xfe\x01".to_vec());
        }),
    },
    Mutation {
        id: "manifest_cbor_cut_off",
        doc: "A binary manifest that ends early.",
        code: Check(CheckCode::ManifestCbor),
        apply: Apply::Files(|files| {
            without_manifest(files);
            files.insert("manifest.cbor".into(), b"\xa2\x61a\x01".to_vec());
        }),
    },
    Mutation {
        id: "manifest_cbor_odd_key",
        doc: "A binary manifest with a list as a key.",
        code: Check(CheckCode::ManifestCbor),
        apply: Apply::Files(|files| {
            without_manifest(files);
            files.insert("manifest.cbor".into(), b"\xa1\x80\x01".to_vec());
        }),
    },
    Mutation {
        id: "manifest_cbor_reserved",
        doc: "A binary manifest with a reserved head.",
        code: Check(CheckCode::ManifestCbor),
        apply: Apply::Files(|files| {
            without_manifest(files);
            files.insert("manifest.cbor".into(), b"\xa1\x61a\x1c".to_vec());
        }),
    },
    Mutation {
        id: "id_is_path",
        doc: "An id that is a path.",
        code: Check(CheckCode::PackId),
        apply: Apply::Files(|files| {
            without_manifest(files);
            files.insert(
                "pack.json".into(),
                br#"{"id":"../../etc","version":"1.0.0"}"#.to_vec(),
            );
        }),
    },
    Mutation {
        id: "id_missing",
        doc: "A manifest without an id.",
        code: Check(CheckCode::PackId),
        apply: Apply::Files(|files| {
            without_manifest(files);
            files.insert("pack.json".into(), br#"{"version":"1.0.0"}"#.to_vec());
        }),
    },
    Mutation {
        id: "version_is_word",
        doc: "A version that is not a semantic version.",
        code: Check(CheckCode::PackVersion),
        apply: Apply::Files(|files| {
            without_manifest(files);
            files.insert(
                "pack.json".into(),
                br#"{"id":"a","version":"latest"}"#.to_vec(),
            );
        }),
    },
    Mutation {
        id: "flow_name_is_path",
        doc: "A flow whose name is a path.",
        code: Check(CheckCode::FlowName),
        apply: Apply::Files(|files| {
            without_manifest(files);
            files.insert(
                "pack.json".into(),
                br#"{"id":"a","version":"1.0.0","flows":[{"id":"../setup","entry":"setup"}]}"#
                    .to_vec(),
            );
        }),
    },
    Mutation {
        id: "entry_flow_is_path",
        doc: "An entry flow whose name is a path.",
        code: Check(CheckCode::FlowName),
        apply: Apply::Files(|files| {
            without_manifest(files);
            files.insert(
                "pack.json".into(),
                br#"{"id":"a","version":"1.0.0","meta":{"entry_flows":{"setup":"a/b"}}}"#.to_vec(),
            );
        }),
    },
    Mutation {
        id: "manifests_disagree",
        doc: "Two manifests of different packs.",
        code: Check(CheckCode::ManifestDisagrees),
        apply: Apply::Files(|files| {
            without_manifest(files);
            files.insert(
                "pack.json".into(),
                br#"{"id":"a","version":"1.0.0"}"#.to_vec(),
            );
            files.insert(
                "manifest.json".into(),
                br#"{"id":"b","version":"1.0.0"}"#.to_vec(),
            );
        }),
    },
    Mutation {
        id: "second_manifest_broken",
        doc: "A second manifest that does not decode.",
        code: Check(CheckCode::ManifestJson),
        apply: Apply::Files(|files| {
            without_manifest(files);
            files.insert(
                "pack.json".into(),
                br#"{"id":"a","version":"1.0.0"}"#.to_vec(),
            );
            files.insert("manifest.json".into(), b"{".to_vec());
        }),
    },
];
