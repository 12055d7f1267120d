//! The check table: one file for each stage, one row for each requirement.

mod abi;
mod answers;
mod apply;
mod archive;
mod capability;
mod compare;
mod deploy;
mod determinism;
mod flow;
pub(crate) mod hygiene;
pub(crate) mod integrity;
mod manifest;
mod plan;
mod registry;
mod requirements;
mod sandbox;
mod scenario;
mod secrets;
mod setup;
mod span;
mod tenant;
mod trace;
mod validators;
pub(crate) mod wizard;

use crate::check::Check;
pub use compare::{Way, ways};
pub(crate) use plan::unsettled;

const STAGES: [&[Check]; 22] = [
    registry::CHECKS,
    archive::CHECKS,
    manifest::CHECKS,
    integrity::CHECKS,
    abi::CHECKS,
    flow::CHECKS,
    setup::CHECKS,
    wizard::CHECKS,
    requirements::CHECKS,
    plan::CHECKS,
    apply::CHECKS,
    secrets::CHECKS,
    sandbox::CHECKS,
    determinism::CHECKS,
    tenant::CHECKS,
    answers::CHECKS,
    deploy::CHECKS,
    validators::CHECKS,
    hygiene::CHECKS,
    scenario::CHECKS,
    capability::CHECKS,
    compare::CHECKS,
];

/// The checks of recordings, which are no packs.
const OF_RECORDINGS: [&[Check]; 2] = [trace::CHECKS, span::CHECKS];

/// Every check of packs, in the order in which they are judged and reported.
pub fn all() -> impl Iterator<Item = &'static Check> {
    STAGES.into_iter().flatten()
}

/// Every check of recordings, in the order in which they are judged and reported.
pub fn of_recordings() -> impl Iterator<Item = &'static Check> {
    OF_RECORDINGS.into_iter().flatten()
}

/// Every check, those of packs first.
pub fn catalogue() -> impl Iterator<Item = &'static Check> {
    all().chain(of_recordings())
}

/// The check with this id.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static Check> {
    catalogue().find(|check| check.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Stage;
    use std::collections::BTreeSet;

    #[test]
    fn ids_are_unique_slugs_of_their_stage() {
        let mut seen = BTreeSet::new();
        for check in catalogue() {
            let (stage, slug) = check.id.split_once('.').expect("stage.slug");
            let plain =
                |s: &str| !s.is_empty() && s.chars().all(|c| c.is_ascii_lowercase() || c == '-');
            assert!(plain(stage) && plain(slug), "{}", check.id);
            assert_eq!(stage, check.stage.name(), "{}", check.id);
            assert_eq!(Stage::of(check.id), Some(check.stage));
            assert!(seen.insert(check.id), "{} is there twice", check.id);
            assert!(check.requirement.ends_with('.'), "{}", check.id);
        }
    }
}
