//! A binary manifest that nests 100 000 deep.

use super::{Apply, without_manifest};

pub(super) const CODE: &str = "E_MANIFEST_CBOR";
pub(super) const APPLY: Apply = Apply::Files(|files| {
    without_manifest(files);
    // Maps of one key that changes, so that it is no bomb when it is deflated.
    let one = |i: u32| [0xa1, 0x19, (i % 251) as u8, (i % 241) as u8];
    let deep: Vec<u8> = (0..100_000).flat_map(one).collect();
    files.insert("manifest.cbor".into(), deep);
});
