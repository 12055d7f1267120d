//! Bytes as a binary manifest: every manifest that decodes is strict CBOR, its names
//! are safe, and it decodes to the same manifest after it is encoded again.

use crate::manifest_json::names_are_safe;
use crate::target::{Attacker, Seeds, Target};
use ciborium::Value;
use provision_core::cbor;
use provision_core::manifest::decode;

pub(crate) const TARGET: Target = Target {
    name: "manifest_cbor",
    attacker: Attacker::Manifest,
    boundary: "the binary manifest decoder",
    oracle: "every manifest that decodes is strict CBOR with safe names; encoded again, it decodes to the same manifest",
    max_len: 4096,
    seeds: Seeds::Files,
    body,
    show: crate::as_text,
    mutator: None,
};

const DEPTH: usize = 64;

fn body(data: &[u8]) {
    let Ok(tree) = cbor::parse(data, DEPTH) else {
        assert!(decode("manifest.cbor", data, |_| false, DEPTH).is_err());
        return;
    };
    keys_are_unique(&tree);
    let Ok(manifest) = decode("manifest.cbor", data, |_| false, DEPTH) else {
        return;
    };
    names_are_safe(&manifest);
    let mut bytes = Vec::new();
    ciborium::into_writer(&tree, &mut bytes).expect("writes");
    let again = decode("manifest.cbor", &bytes, |_| false, DEPTH).expect("decodes again");
    // NB: compares texts, because a float may be NaN, which is unequal to itself.
    assert_eq!(format!("{again:?}"), format!("{manifest:?}"));
}

/// No two keys of a map are equal, however they are encoded.
fn keys_are_unique(tree: &Value) {
    match tree {
        Value::Array(items) => items.iter().for_each(keys_are_unique),
        Value::Tag(_, item) => keys_are_unique(item),
        Value::Map(entries) => {
            for (i, (key, value)) in entries.iter().enumerate() {
                assert!(
                    entries[..i].iter().take(100).all(|(k, _)| k != key),
                    "{key:?} twice"
                );
                keys_are_unique(value);
            }
        }
        _ => {}
    }
}
