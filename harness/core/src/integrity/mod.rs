//! Strict decoders for what a pack claims about its own bytes: SBOM, lock and
//! signature. The oracle judges whether the claims are true.

mod certificate;
pub mod dsse;
pub mod lock;
pub mod sbom;
pub mod signature;

use crate::cbor::{self, CborError};
use crate::json::{self, JsonError};
use serde_json::Value;

/// Why a document about the pack's bytes does not decode.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// It is not strict JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// It is not strict CBOR.
    #[error(transparent)]
    Cbor(#[from] CborError),
    /// It does not have the shape of its format; the text says where.
    #[error("{0}")]
    Shape(String),
}

impl From<String> for DocumentError {
    fn from(detail: String) -> Self {
        Self::Shape(detail)
    }
}

impl From<&str> for DocumentError {
    fn from(detail: &str) -> Self {
        Self::Shape(detail.to_owned())
    }
}

/// A document of the pack as JSON. The extension of its name selects the decoder.
fn document(file: &str, bytes: &[u8], depth: usize) -> Result<Value, DocumentError> {
    if file.ends_with(".cbor") {
        let tree = cbor::parse(bytes, depth)?;
        Ok(cbor::to_json(&tree)?)
    } else {
        Ok(json::parse(bytes, depth)?)
    }
}

/// Whether `text` is the lower-case hex of `len` bytes.
fn is_hex(text: &str, len: usize) -> bool {
    text.len() == 2 * len && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
