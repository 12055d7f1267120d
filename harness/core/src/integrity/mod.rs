//! Strict decoders for what a pack claims about its own bytes: SBOM, lock and
//! signature. The oracle judges whether the claims are true.

pub mod lock;
pub mod sbom;
pub mod signature;

use crate::{cbor, json};
use serde_json::Value;

/// A document of the pack as JSON. The extension of its name selects the decoder.
fn document(file: &str, bytes: &[u8], depth: usize) -> Result<Value, String> {
    if file.ends_with(".cbor") {
        let tree = cbor::parse(bytes, depth).map_err(|e| e.to_string())?;
        cbor::to_json(&tree).map_err(|e| e.to_string())
    } else {
        json::parse(bytes, depth).map_err(|e| e.to_string())
    }
}

/// Whether `text` is the lower-case hex of `len` bytes.
fn is_hex(text: &str, len: usize) -> bool {
    text.len() == 2 * len && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
