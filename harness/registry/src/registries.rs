//! Everything that this crate does, behind one value.

use crate::cache::Cache;
use crate::credentials::Credentials;
use crate::error::RegistryError;
#[cfg(feature = "http")]
use crate::http::Http;
use crate::layout::OpenLayout;
use crate::pattern::Pattern;
use crate::pull::{Pulled, Puller};
use crate::reference::{Host, Image, Reference};
#[cfg(not(feature = "http"))]
use provision_core::codes::RegistryCode;
use provision_core::limits::ArchiveLimits;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

/// How registries are asked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who the user is.
    pub credentials: Credentials,
    /// Speak plain HTTP to registries on this machine. All others are asked over TLS.
    pub plain_http: bool,
    /// Hosts of token services that get the credentials of registries which ask for it.
    pub auth_hosts: Vec<Host>,
    /// How long an answer may take. Blobs get a second more for each 256 KiB.
    pub timeout: Duration,
    /// The folder that keeps what was fetched; `None` keeps nothing.
    pub cache: Option<PathBuf>,
    /// The bounds of archives.
    pub limits: ArchiveLimits,
}

impl Default for Settings {
    /// Anonymous, over TLS, and nothing is kept.
    fn default() -> Self {
        Self {
            credentials: Credentials::default(),
            plain_http: false,
            auth_hosts: Vec::new(),
            timeout: Duration::from_secs(30),
            cache: None,
            limits: provision_core::Limits::default().archive,
        }
    }
}

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
    cache: Option<Cache>,
    #[cfg(feature = "http")]
    http: OnceLock<Http>,
    #[cfg(not(feature = "http"))]
    http: OnceLock<()>,
}

impl Registries {
    /// Opens nothing yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            cache: settings.cache.clone().map(Cache::in_folder),
            settings,
            http: OnceLock::new(),
        }
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
}

#[cfg(feature = "http")]
impl Registries {
    pub(crate) fn http(&self) -> &Http {
        self.http.get_or_init(|| Http::new(&self.settings))
    }

    pub(crate) fn puller<'s>(&'s self, blobs: &'s dyn crate::pull::Blobs) -> Puller<'s> {
        Puller {
            blobs,
            cache: self.cache.as_ref(),
            limits: &self.settings.limits,
        }
    }

    fn pull_image(&self, reference: &Reference, image: &Image) -> Result<Pulled, RegistryError> {
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

#[cfg(not(feature = "http"))]
impl Registries {
    fn unavailable<T>() -> Result<T, RegistryError> {
        let message = "this program was built without registries; build it with the feature \
                       `registry`, or use oci-layout:FOLDER";
        Err(RegistryError::new(RegistryCode::Unavailable, message))
    }

    fn pull_image(&self, _: &Reference, _: &Image) -> Result<Pulled, RegistryError> {
        let _ = (&self.http, &self.cache);
        Self::unavailable()
    }

    /// Refuses: registries are not in this build.
    ///
    /// # Errors
    /// Always [`RegistryCode::Unavailable`].
    pub fn list(&self, _: &Pattern, _: Option<usize>) -> Result<Vec<Image>, RegistryError> {
        Self::unavailable()
    }
}
