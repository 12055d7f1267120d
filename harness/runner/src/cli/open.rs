//! Opens the pack that a command names.

use super::registry::RegistryFlags;
use crate::exit::{Error, Exit, exit_of, show};
use crate::place::Place;
use crate::source;
use provision_core::limits::ArchiveLimits;
use provision_core::wizard::WizardKind;
use provision_core::{Limits, OpenError, Pack, Source};
use provision_registry::Registries;
use std::path::Path;
use std::sync::Arc;

/// The bytes of the archive that `command` takes from `place`, whatever the name of its
/// file is.
///
/// # Errors
/// [`Error::Usage`] if nothing is there, or a folder.
pub(super) fn archive(
    command: &str,
    place: &Place,
    registries: &RegistryFlags,
    limits: &ArchiveLimits,
) -> Result<Result<Vec<u8>, OpenError>, Error> {
    let path = show(&place.path);
    if place.reference.is_none() && place.path.is_dir() {
        let message = format!("{path} is a folder; {command} takes a .gtpack file: name one");
        return Err(Error::Usage(message));
    }
    if place.is_missing() {
        return Err(Error::missing(&place.path));
    }
    if place.reference.is_none() {
        return Ok(source::archive(&place.path, limits));
    }
    let registries = registries.open(&place.reference)?;
    let read = place.read(&registries, limits);
    Ok(read.map(|read| match read.source {
        Source::Archive(bytes) => Arc::unwrap_or_clone(bytes),
        // A reference leads to an archive.
        Source::Folder { .. } => Vec::new(),
    }))
}

/// The pack at `place`; or, after an error message, the exit code of a command that cannot
/// use it.
///
/// # Errors
/// [`Error::Usage`] if nothing is there.
pub(super) fn open(
    place: &Place,
    registries: &Registries,
    limits: &Limits,
) -> Result<Result<Pack, Exit>, Error> {
    let path = &place.path;
    if place.is_missing() {
        return Err(Error::missing(path));
    }
    let read = place.read(registries, &limits.archive);
    let opened = read.and_then(|read| Pack::open(read.source, limits));
    Ok(opened.map_err(|error| {
        refusal(path, &error);
        exit_of(&error)
    }))
}

/// Says why the pack at `path` is refused, and where it says what to do.
pub(super) fn refusal(path: &Path, error: &OpenError) {
    let (path, code) = (show(path), error.code());
    anstream::eprintln!(
        "error: {path}: {error}\n`greentic-provision explain {code}` says what to do"
    );
}

/// The exit code, after an error message, if `pack` has no wizard of this kind.
pub(super) fn without_wizard(pack: &Pack, path: &Path, kind: WizardKind) -> Exit {
    let (path, kind) = (show(path), kind.entry());
    if pack.declares_no_provisioning() {
        anstream::eprintln!(
            "error: {path}: the pack has no {kind} wizard, and says that it needs none"
        );
        return Exit::Nothing;
    }
    anstream::eprintln!(
        "error: {path}: the pack has no {kind} wizard; `pack inspect` lists its wizards, and \
         --wizard names one"
    );
    Exit::Fails
}
