//! Why a registry or a layout did not give what was asked for.

use provision_core::codes::RegistryCode;
use std::path::Path;

/// Why a registry or a layout did not give what was asked for. The message names no
/// credential and no query of a URL, which may hold one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", code.code())]
pub struct RegistryError {
    /// Its code.
    pub code: RegistryCode,
    /// What happened where, and what to do, in one line.
    pub message: String,
}

impl RegistryError {
    /// An error with `code`.
    pub(crate) fn new(code: RegistryCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// An error of the file system on the way to a layout or in the cache.
    pub(crate) fn io(code: RegistryCode, path: &Path, error: &std::io::Error) -> Self {
        let path = provision_core::text::inert(&path.to_string_lossy(), 400);
        Self::new(code, format!("{path}: {error}"))
    }

    /// Whether what the registry publishes is wrong, and not the way to it.
    #[must_use]
    pub fn is_of_content(&self) -> bool {
        self.code.is_of_content()
    }
}
