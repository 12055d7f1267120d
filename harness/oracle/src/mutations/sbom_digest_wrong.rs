//! A row with another digest.

use super::{Apply, change_sbom};
use serde_json::json;

pub(super) const CODE: &str = "E_SBOM_DIGEST";
pub(super) const APPLY: Apply = Apply::Sealed(|files| {
    change_sbom(files, |rows| {
        if let Some(row) = rows.first_mut() {
            row["hash_blake3"] = json!("00".repeat(32));
        }
    });
});
