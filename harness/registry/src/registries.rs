//! Everything that this crate does, behind one value.

use crate::cache::Cache;
use crate::error::RegistryError;
#[cfg(feature = "http")]
use crate::http::Http;
use crate::layout::OpenLayout;
use crate::names::{Layout, Reference, Which};
use crate::pattern::{Pattern, Repositories, Tags};
use crate::pull::{Pulled, Puller};
use crate::settings::Settings;

impl Default for Registries {
    /// With the default settings.
    fn default() -> Self {
        Self::new(Settings::default())
    }
}

/// Registries and layouts. No connection is made before one is needed.
#[derive(Debug)]
pub struct Registries {
    pub(crate) settings: Settings,
    pub(crate) cache: Option<Cache>,
    #[cfg(feature = "http")]
    pub(crate) http: std::sync::OnceLock<Http>,
}

impl Registries {
    /// Opens nothing yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            cache: settings.cache.clone().map(Cache::in_folder),
            settings,
            #[cfg(feature = "http")]
            http: std::sync::OnceLock::new(),
        }
    }

    /// How registries are asked.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The pack that `reference` names.
    ///
    /// # Errors
    /// [`RegistryError`] says what is wrong with the answer or on the way to it.
    pub fn pull(&self, reference: &Reference) -> Result<Pulled, RegistryError> {
        match reference {
            Reference::Layout(layout) => {
                let opened = OpenLayout::open(layout)?;
                let which = opened.find(layout.which.as_ref())?;
                Puller::new(&opened, &self.settings.limits).pull(reference, &which)
            }
            Reference::Registry(image) => self.pull_image(reference, image),
        }
    }

    /// A reference for each tag of the repository, or of the layout, that `reference`
    /// names.
    ///
    /// # Errors
    /// [`RegistryError`] of the registry or the layout.
    pub fn tagged(&self, reference: &Reference) -> Result<Vec<Reference>, RegistryError> {
        match reference {
            Reference::Layout(layout) => {
                let tags = OpenLayout::open(layout)?.tags();
                let of = |tag: String| Layout {
                    path: layout.path.clone(),
                    which: Some(Which::Tag(tag)),
                };
                Ok(tags.into_iter().map(of).map(Reference::Layout).collect())
            }
            Reference::Registry(image) => {
                let pattern = Pattern {
                    host: image.host.clone(),
                    repositories: Repositories::One(image.repository.clone()),
                    tags: Tags::All,
                };
                let images = self.list(&pattern, None)?;
                Ok(images.into_iter().map(Reference::Registry).collect())
            }
        }
    }
}
