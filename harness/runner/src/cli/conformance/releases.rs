//! The releases before the packs of a run: `--previous`.

use super::wanted::WantedReleases;
use crate::discover::PackRef;
use crate::evidence::quoted;
use crate::exit::{Error, show};
use crate::previous::Releases;
use provision_oracle::{Conditions, Level};
use provision_registry::Registries;

/// The packs of a run, and the releases that were found for them.
pub(super) struct Found<'f> {
    pub(super) wanted: &'f [WantedReleases],
    pub(super) packs: &'f [PackRef],
    /// The number of packs of all shards.
    pub(super) all: usize,
    pub(super) previous: &'f [PackRef],
}

/// The releases that the flags name; `None` if they name none.
///
/// # Errors
/// [`Error::Usage`] if `auto` is not alone, or if a pack comes from no registry.
pub(super) fn of(
    found: &Found<'_>,
    registries: &Registries,
    conditions: &Conditions,
    level: Level,
) -> Result<Option<Releases>, Error> {
    let is_auto = |one: &WantedReleases| one.packs().is_none();
    if found.wanted.is_empty() {
        return Ok(None);
    }
    if level < Level::Publish {
        anstream::eprintln!(
            "warning: the profile core requires none of the checks that --previous is for; \
             --profile publish does"
        );
    }
    if !found.wanted.iter().any(is_auto) {
        let previous = Releases::named(found.previous, found.all, registries, conditions);
        return Ok(Some(previous));
    }
    if found.wanted.len() > 1 {
        let why = "--previous auto stands alone; name either `auto` or packs";
        return Err(Error::Usage(why.into()));
    }
    if let Some(local) = found.packs.iter().find(|pack| pack.reference.is_none()) {
        let message = format!(
            "--previous auto looks beside packs that come from a registry or a layout, and {} \
             does not; name the release before it",
            show(&local.path)
        );
        return Err(Error::Usage(message));
    }
    Ok(Some(Releases::same_place()))
}

/// The same flags again.
pub(super) fn flags(wanted: &[WantedReleases]) -> String {
    if wanted.is_empty() {
        return String::new();
    }
    let shown = wanted.iter().map(|one| quoted(&one.typed()));
    format!(" --previous {}", shown.collect::<Vec<_>>().join(" "))
}
