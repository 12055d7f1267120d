//! Paths in messages.

use provision_core::text::inert;
use std::path::Path;

/// A path as messages show it.
#[must_use]
pub fn show(path: &Path) -> String {
    inert(&path.to_string_lossy(), 400)
}
