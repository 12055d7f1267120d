//! Where a pack is: a path on this machine, or a reference to a registry or a layout.

use crate::exit::show;
use crate::source;
use provision_core::limits::ArchiveLimits;
use provision_core::pack::RegistryOrigin;
use provision_core::{OpenError, Source};
use provision_registry::{Named, Reference, Registries};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where one pack is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The path, or the reference as a text.
    pub path: PathBuf,
    /// The reference, if it is one.
    pub reference: Option<Reference>,
}

/// A pack that was read, and where in a registry it was.
#[derive(Debug)]
pub struct Read {
    /// Its bytes.
    pub source: Source,
    /// Where in a registry or a layout it was; `None` for a file or a folder.
    pub origin: Option<RegistryOrigin>,
}

impl Place {
    /// The file or folder at `path`.
    #[must_use]
    pub fn local(path: PathBuf) -> Self {
        Self {
            path,
            reference: None,
        }
    }

    /// What `reference` names.
    #[must_use]
    pub fn of(reference: Reference) -> Self {
        Self {
            path: PathBuf::from(reference.to_string()),
            reference: Some(reference),
        }
    }

    /// Reads an argument that names one pack.
    ///
    /// # Errors
    /// A message for a malformed reference, and for one that names several packs.
    pub fn parse(text: OsString) -> Result<Self, String> {
        match text.to_str().and_then(Named::parse) {
            None => Ok(Self::local(PathBuf::from(text))),
            Some(Err(why)) => Err(why.to_string()),
            Some(Ok(Named::One(reference))) => Ok(Self::of(reference)),
            Some(Ok(Named::Many(_))) => Err(
                "a pattern names many packs, and this command takes one; name a tag or a digest"
                    .into(),
            ),
        }
    }

    /// Whether nothing is at the path, or at that of the layout. What is in a registry is only
    /// known later.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        match &self.reference {
            None => !self.path.exists(),
            Some(Reference::Layout(layout)) => !layout.path.exists(),
            Some(Reference::Registry(_)) => false,
        }
    }

    /// Reads the pack. No connection is made for a path.
    ///
    /// # Errors
    /// See [`source::load`]; [`OpenError::Registry`] for a reference.
    pub fn read(&self, registries: &Registries, limits: &ArchiveLimits) -> Result<Read, OpenError> {
        read(&self.path, self.reference.as_ref(), registries, limits)
    }
}

/// Reads the pack that `reference` names, or else the one at `path`.
///
/// # Errors
/// As [`Place::read`].
pub fn read(
    path: &Path,
    reference: Option<&Reference>,
    registries: &Registries,
    limits: &ArchiveLimits,
) -> Result<Read, OpenError> {
    let Some(reference) = reference else {
        return source::load(path, limits).map(|source| Read {
            source,
            origin: None,
        });
    };
    let pulled = registries.pull(reference);
    let pulled = pulled.map_err(|e| OpenError::Registry {
        code: e.code,
        message: e.message,
    })?;
    Ok(Read {
        source: Source::Archive(Arc::new(pulled.bytes)),
        origin: Some(pulled.origin),
    })
}

/// The name of what `reference` names, in reports.
pub(crate) fn label(reference: &Reference) -> String {
    match reference {
        Reference::Registry(image) => {
            format!("{}/{}{}", image.host, image.repository, image.which)
        }
        Reference::Layout(layout) => {
            let name = layout.path.file_name().unwrap_or(layout.path.as_os_str());
            let which = layout.which.as_ref();
            let which = which.map_or_else(String::new, ToString::to_string);
            format!("{}{which}", show(Path::new(name)))
        }
    }
}

/// The name of the provider that `reference` names, without registry and tag.
pub(crate) fn provider(reference: &Reference) -> String {
    match reference {
        Reference::Registry(image) => {
            let last = image.repository.rsplit('/').next();
            last.unwrap_or(&image.repository).to_owned()
        }
        Reference::Layout(layout) => {
            let stem = layout.path.file_stem().unwrap_or(layout.path.as_os_str());
            stem.to_string_lossy().into_owned()
        }
    }
}
