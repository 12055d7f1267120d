//! Paths in messages.

use provision_core::text::inert;
use std::path::Path;

/// `path` as messages show it: escaped and cut.
#[must_use]
pub fn show(path: &Path) -> String {
    inert(&path.to_string_lossy(), 400)
}
