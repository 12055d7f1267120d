//! A row with another size.

use serde_json::json;
use super::{Apply, change_sbom};

pub(super) const CODE: &str = "E_SBOM_SIZE";
pub(super) const APPLY: Apply = Apply::Sealed(|files| {
change_sbom(files, |rows| rows[0]["size"] = json!(1_000_000));
});
