//! What needs a registry.

use crate::error::RegistryError;
use crate::http::Http;
use crate::names::{Image, Reference};
use crate::pattern::Pattern;
use crate::pull::{Blobs, Pulled, Puller};
use crate::registries::Registries;

impl Registries {
    pub(crate) fn http(&self) -> &Http {
        self.http.get_or_init(|| Http::new(&self.settings))
    }

    pub(crate) fn puller<'s>(&'s self, blobs: &'s dyn Blobs) -> Puller<'s> {
        Puller {
            blobs,
            cache: self.cache.as_ref(),
            limits: &self.settings.limits,
        }
    }

    pub(crate) fn pull_image(
        &self,
        reference: &Reference,
        image: &Image,
    ) -> Result<Pulled, RegistryError> {
        let repository = self.http().repository(image);
        self.puller(&repository).pull(reference, &image.which)
    }

    /// The images that `pattern` matches now, sorted by repository; of each repository the
    /// newest version first, and at most `latest`.
    ///
    /// # Errors
    /// [`RegistryError`] of the registry; a pattern that matches nothing gives no image.
    pub fn list(
        &self,
        pattern: &Pattern,
        latest: Option<usize>,
    ) -> Result<Vec<Image>, RegistryError> {
        self.http().list(pattern, latest)
    }
}
