//! Whose matter a failure at a registry is.

use super::RegistryCode;

impl RegistryCode {
    /// Whether it says that what is published is wrong, and not the way to it.
    #[must_use]
    pub fn is_of_content(self) -> bool {
        match self {
            Self::Unreachable
            | Self::Timeout
            | Self::Auth
            | Self::Realm
            | Self::Credentials
            | Self::Redirect
            | Self::NotFound
            | Self::Status
            | Self::Layout
            | Self::Cache
            | Self::Unavailable => false,
            Self::Encoding
            | Self::Bound
            | Self::Length
            | Self::Digest
            | Self::Manifest
            | Self::Nesting
            | Self::NoPack
            | Self::Ambiguous
            | Self::MediaType
            | Self::Unpinned => true,
        }
    }
}
