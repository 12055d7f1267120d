//! What a pack says of its own bytes: SBOM, lock and signature, decoded
//! strictly. Whether it is true is the oracle's to judge.

pub mod lock;
pub mod sbom;
pub mod signature;

use crate::{cbor, json};
use serde_json::Value;

/// A document of the pack as JSON, by the extension of its name.
fn document(file: &str, bytes: &[u8], depth: usize) -> Result<Value, String> {
    match file.ends_with(".cbor") {
        true => {
            let tree = cbor::parse(bytes, depth).map_err(|e| e.to_string())?;
            cbor::to_json(&tree).map_err(|e| e.to_string())
        }
        false => json::parse(bytes, depth).map_err(|e| e.to_string()),
    }
}

/// Lower-case hex of `len` bytes.
fn is_hex(text: &str, len: usize) -> bool {
    text.len() == 2 * len && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
