//! A row of the SBOM without a file.

use super::{Apply, change_sbom};
use serde_json::json;

pub(super) const CODE: &str = "E_SBOM_NO_FILE";
pub(super) const APPLY: Apply = Apply::Sealed(|files| {
    change_sbom(files, |rows| {
        rows.push(json!({ "path": "ghost.txt", "size": 0, "hash_blake3": "00".repeat(32), "media_type": "text/plain" }))
    });
});
