//! What needs a registry, in a build without them.

use crate::attached::Attached;
use crate::error::RegistryError;
use crate::names::{Image, Reference};
use crate::pattern::Pattern;
use crate::pull::Pulled;
use crate::registries::Registries;
use provision_core::codes::RegistryCode;

fn unavailable<T>() -> Result<T, RegistryError> {
    let message = "this program was built without registries; build it with the feature \
                   `registry`, or use oci-layout:FOLDER";
    Err(RegistryError::new(RegistryCode::Unavailable, message))
}

impl Registries {
    pub(crate) fn pull_image(&self, _: &Reference, _: &Image) -> Result<Pulled, RegistryError> {
        unavailable()
    }

    /// Refuses: registries are not in this build.
    ///
    /// # Errors
    /// Always [`RegistryCode::Unavailable`].
    pub fn list(&self, _: &Pattern, _: Option<usize>) -> Result<Vec<Image>, RegistryError> {
        unavailable()
    }

    /// Refuses: registries are not in this build.
    ///
    /// # Errors
    /// Always [`RegistryCode::Unavailable`].
    pub fn attach(&self, _: &Image, _: &[u8]) -> Result<String, RegistryError> {
        unavailable()
    }

    /// Refuses: registries are not in this build.
    ///
    /// # Errors
    /// Always [`RegistryCode::Unavailable`].
    pub fn attached(&self, _: &Image) -> Result<Vec<Attached>, RegistryError> {
        unavailable()
    }
}
