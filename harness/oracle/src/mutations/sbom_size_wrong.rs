//! A row with another size.

use super::{Apply, change_sbom};
use serde_json::json;

pub(super) const CODE: &str = "E_SBOM_SIZE";
pub(super) const APPLY: Apply = Apply::Sealed(|files| {
    change_sbom(files, |rows| {
        if let Some(row) = rows.first_mut() {
            row["size"] = json!(1_000_000);
        }
    });
});
